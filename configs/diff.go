package configs

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is the Change as a unified diff, with what looks like a key masked. It is
// empty where nothing changes.
func (c *Change) Diff() string {
	text := string(diff.Diff("", []byte(Mask(string(c.Before))), "", []byte(Mask(string(c.After)))))
	if i := strings.Index(text, "@@"); i > 0 { // whoever shows it names the file
		return "--- " + c.Path + "\n+++ " + c.Path + "\n" + text[i:]
	}
	return text
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

// lazy compiles a pattern when it is first asked for: every `run` carries this
// package, and uses none.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// secretName is how variables that hold keys are called, and secretValue how
// well-known services' keys begin.
var (
	secretName  = lazy(`(?i)(api[_-]?key|token|secret|passw(or)?d|credential|private[_-]?key|access[_-]?key|authorization|\bpat\b|dsn|connection[_-]?string)`)
	secretValue = lazy(`\b(sk-|ghp_|gho_|github_pat_|glpat-|xox[bpcd]-|AKIA|AIza|eyJ|ntn_|hf_|glsa_|figd_)[A-Za-z0-9_.\-]{6,}`)
	memberText  = lazy(`("([^"\\]|\\.)*"\s*:\s*)"(([^"\\]|\\.)*)"`)
)

// LooksSecret reports whether a variable of this name and value holds a key.
func LooksSecret(name, value string) bool {
	return secretName().MatchString(name) || secretValue().MatchString(value)
}

// Mask hides what looks like a key in text: the values of members whose names
// say so, and well-known services' keys anywhere. References (${...}) stay.
func Mask(text string) string {
	text = memberText().ReplaceAllStringFunc(text, func(m string) string {
		p := memberText().FindStringSubmatch(m)
		if p[3] == "" || !secretName().MatchString(p[1]) || reference().MatchString(p[3]) {
			return m
		}
		return p[1] + `"` + masked(p[3]) + `"`
	})
	return secretValue().ReplaceAllStringFunc(text, masked)
}

var reference = lazy(`^(Bearer )?\$?\{[^}]*\}$`)

// masked shows a value's last four characters, if it is long enough not to give
// it away.
func masked(v string) string {
	if len(v) < 12 {
		return "••••"
	}
	return "••••" + v[len(v)-4:]
}
