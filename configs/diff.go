package configs

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is the Change as a unified diff, with what looks like a key masked. It is
// empty where nothing changes.
func (c *Change) Diff() string {
	before, after, skipped := c.near()
	text := string(diff.Diff("", []byte(Mask(string(before))), "", []byte(Mask(string(after)))))
	if i := strings.Index(text, "@@"); i > 0 { // whoever shows it names the file
		return "--- " + c.Path + "\n+++ " + c.Path + "\n" + shifted(text[i:], skipped)
	}
	return text
}

// around is how many lines beside what changed are looked at: more than a diff
// shows. Masking all of a file of 10 MB takes seconds.
const around = 10

// near is what differs, with the lines around it, and how many lines stand before.
func (c *Change) near() (before, after []byte, skipped int) {
	p := c.Patch()
	from, end := p.At, p.At+len(p.Old)
	for range around + 1 {
		from = max(bytes.LastIndexByte(c.Before[:from], '\n'), 0)
	}
	if from > 0 {
		from++
	}
	for range around + 1 {
		if i := bytes.IndexByte(c.Before[end:], '\n'); i >= 0 {
			end += i + 1
		} else {
			end = len(c.Before)
		}
	}
	return c.Before[from:end], c.After[from : len(c.After)-(len(c.Before)-end)], bytes.Count(c.Before[:from], []byte("\n"))
}

var hunk = Pattern(`(?m)^@@ -(\d+)(,\d+ \+)(\d+)(,\d+ @@)`)

// shifted gives a diff the line numbers of the whole file.
func shifted(text string, lines int) string {
	return hunk().ReplaceAllStringFunc(text, func(m string) string {
		p := hunk().FindStringSubmatch(m)
		a, _ := strconv.Atoi(p[1])
		b, _ := strconv.Atoi(p[3])
		return "@@ -" + strconv.Itoa(a+lines) + p[2] + strconv.Itoa(b+lines) + p[4]
	})
}

// Diff is the edit as a unified diff of its values, with what looks like a key
// masked.
func (e Edit) Diff() string {
	name := strings.Join(e.At, ".")
	text := string(diff.Diff("", pretty(e.Before), "", pretty(e.After)))
	if i := strings.Index(text, "@@"); i > 0 {
		if n := strings.IndexByte(text[i:], '\n'); n > 0 {
			text = text[i+n+1:] // line numbers within a value say nothing
		}
	}
	return name + "\n" + Mask(text)
}

func pretty(value []byte) []byte {
	var b bytes.Buffer
	if len(value) == 0 || json.Indent(&b, value, "", "  ") != nil {
		return value
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// Pattern compiles a regular expression when it is first asked for: every `run`
// carries these packages, and uses hardly any.
func Pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// secretName is how variables that hold keys are called, and secretValue how
// well-known services' keys begin.
var (
	secretName  = Pattern(`(?i)(api[_-]?key|token|secret|passw(or)?d|credential|private[_-]?key|access[_-]?key|account[_-]?key|authorization|dsn|connection[_-]?string|(^|[^a-z])(pat|pass|pwd)([^a-z]|$))`)
	secretValue = Pattern(`\b(sk-|ghp_|gho_|github_pat_|glpat-|xox[bpcd]-|AKIA|AIza|eyJ|ntn_|hf_|glsa_|figd_)[A-Za-z0-9_.\-]{6,}`)
)

// LooksSecret reports whether a variable of this name and value holds a key.
func LooksSecret(name, value string) bool {
	return secretName().MatchString(name) || secretValue().MatchString(value)
}

// Where a name stands before its value, each in two groups: members of JSON, TOML
// and YAML with their values in quotes, YAML's without, arguments after their
// flag or joined to it, and the two places in an address.
var maskRules = []func() *regexp.Regexp{
	Pattern(`((?:"(?:[^"\\]|\\.)*"|'[^'\n]*'|[\w.-]+)[ \t]*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^'\n]*')`),
	Pattern(`(?m)(^[ \t+-]*["']?[\w.-]+["']?:[ \t]+)([^\s"'{\[|>&*#][^\n]*)$`),
	Pattern(`("--?[\w-]+"\s*,[\s+-]*)("(?:[^"\\]|\\.)*")`),
	Pattern(`(--?[\w-]+=)([^"'\s,]+)`),
	Pattern(`([?&][\w.-]+=)([^&"'\s#]+)`),
}

var (
	account = Pattern(`(://[^/\s:@"']*:)([^/\s@"'$][^/\s@"']*)(@)`)
	noText  = Pattern(`^(true|false|null|-?[0-9.]+),?$`)
)

// Mask hides what looks like a key in text: the values whose names say so, the
// password in an address, and well-known services' keys anywhere. References
// (${...}) stay.
func Mask(text string) string {
	for _, rule := range maskRules {
		text = rule().ReplaceAllStringFunc(text, func(m string) string {
			p := rule().FindStringSubmatch(m)
			quote, value := "", p[2]
			if value[0] == '"' || value[0] == '\'' {
				quote, value = value[:1], value[1:len(value)-1]
			}
			if value == "" || !secretName().MatchString(p[1]) || reference().MatchString(value) || quote == "" && noText().MatchString(value) {
				return m
			}
			return p[1] + quote + MaskValue(value) + quote
		})
	}
	text = account().ReplaceAllString(text, "${1}••••${3}")
	return secretValue().ReplaceAllStringFunc(text, MaskValue)
}

var reference = Pattern(`^(Bearer )?\$?\{[^}]*\}$`)

// MaskValue shows a value's last four characters, if it is long enough not to give
// it away.
func MaskValue(v string) string {
	if len(v) < 12 || strings.HasPrefix(v, "••••") {
		return "••••"
	}
	return "••••" + v[len(v)-4:]
}
