package secrets

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Redactor takes secrets out of what is written down: the values it was made of,
// in whatever spelling, keys that name themselves, and what stands behind a name
// that a key has. It is safe from several goroutines; the zero one knows no
// values.
type Redactor struct {
	values []string // the longest first: one may be the beginning of another
}

// NewRedactor hides these values, each line of them, and what JSON and addresses
// make of them. A value too short to be told from ordinary text is left.
func NewRedactor(values []string) Redactor {
	var r Redactor
	for _, v := range values {
		for _, part := range strings.FieldsFunc(v, func(c rune) bool { return c == '\n' || c == '\r' }) {
			r.add(part)
			r.add(url.QueryEscape(part))
			r.add(url.PathEscape(part))
			for _, quoted := range []string{quote(part, true), quote(part, false)} {
				r.add(quoted)
				r.add(quote(quoted, false)) // JSON within JSON
			}
		}
	}
	slices.SortFunc(r.values, func(a, b string) int { return len(b) - len(a) })
	return r
}

func (r *Redactor) add(v string) {
	if len(v) >= 4 && !slices.Contains(r.values, v) {
		r.values = append(r.values, v)
	}
}

// quote is v as JSON spells it between the quotes; html says whether <, > and &
// are spelled as Go does it, or as all others do.
func quote(v string, html bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	if e.Encode(v) != nil {
		return v
	}
	return strings.TrimSuffix(b.String(), "\"\n")[1:]
}

// Text returns s without secrets, as valid UTF-8. cut says that s ends before
// what it was taken from did, so that its end may be a secret's beginning.
func (r Redactor) Text(s string, cut bool) string {
	for _, v := range r.values {
		s = strings.ReplaceAll(s, v, shown)
	}
	if cut {
		s = r.trimBeginning(s)
	}
	low := strings.ToLower(s)
	for _, rule := range redactRules() {
		if rule.concerns(low) {
			s = rule.hide(s)
		}
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// trimBeginning cuts off the end of s where it is a value's beginning.
func (r Redactor) trimBeginning(s string) string {
	for _, v := range r.values {
		for n := min(len(v)-1, len(s)); n >= 4; n-- {
			if strings.HasSuffix(s, v[:n]) {
				return s[:len(s)-n] + shown
			}
		}
	}
	return s
}

// redactRule hides what a group of its pattern finds. The pattern is
// slow: only text that has one of its words, in small letters, is looked at.
type redactRule struct {
	pattern *regexp.Regexp
	words   []string
}

// keyPrefixes begin keys that name themselves.
var keyPrefixes = []string{
	"sk-", "sk_live_", "sk_test_", "rk_live_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
	"xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "hf_", "npm_", "pypi-", "AKIA", "ASIA", "AIza", "ya29.",
	"ntn_", "lin_api_", "figd_", "shpat_", "dop_v1_", "pk_live_", "tvly-", "BSA",
}

// keyName is a name that a key has, at its end: max_tokens is none.
const keyName = `(?:api[_\-]?key|access[_\-]?key|private[_\-]?key|secret[_\-]?key|token|passw(?:or)?d|passphrase|secret|authorization|credentials?)`

var keyWords = []string{"key", "token", "passw", "passphrase", "secret", "authorization", "credential"}

// redactRules are compiled when the first text is shown. Between a name and its
// value may stand quotes, themselves escaped where JSON holds JSON.
var redactRules = sync.OnceValue(func() []redactRule {
	var prefixes, small []string
	for _, p := range keyPrefixes {
		prefixes, small = append(prefixes, regexp.QuoteMeta(p)), append(small, strings.ToLower(p))
	}
	return []redactRule{
		{regexp.MustCompile(`\b((?:` + strings.Join(prefixes, "|") + `)[A-Za-z0-9_\-./+=]{12,})`), small},
		{regexp.MustCompile(`\b(eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?)`), []string{"eyj"}},
		{regexp.MustCompile(`(?i)\b((?:bearer|basic)\s+[A-Za-z0-9_\-./+=~]{12,})`), []string{"bearer", "basic"}},
		{regexp.MustCompile(`(?i)` + keyName + `(?:\\*["'])?\s*[:=]\s*(?:` +
			`\\+"([^"\\]+)\\*"|"((?:[^"\\]|\\.)+)"?|'([^'\n]+)'?|((?:(?:bearer|basic|token)\s+)?[^\s,;&"'(){}\[\]<>\\]+))`), keyWords},
		{regexp.MustCompile(`(?i)(?:^|[\s"'\[])--?[\w.\-]*` + keyName + `(?:\s+|["'],\s*["'])([^\s"',\-][^\s"',]*)`), keyWords},
		{regexp.MustCompile(`(?i)[?&](?:(?:key|sig|signature|auth|code|jwt|session|sid|sas|pat)=([^&\s"'<>#]{8,})|[\w.\-]+=([\w.~%+/=\-]{32,}))`), []string{"?", "&"}},
		{regexp.MustCompile(`://[^/\s:@"']*:([^/\s@"']+)@`), []string{"://"}},
	}
})

func (r redactRule) concerns(low string) bool {
	return slices.ContainsFunc(r.words, func(w string) bool { return strings.Contains(low, w) })
}

func (r redactRule) hide(s string) string {
	found := r.pattern.FindAllStringSubmatchIndex(s, -1)
	if found == nil {
		return s
	}
	var b strings.Builder
	last := 0
	for _, m := range found {
		for g := 2; g < len(m); g += 2 { // one has matched
			if m[g] < 0 || isPlainWord(s[m[g]:m[g+1]]) {
				continue
			}
			b.WriteString(s[last:m[g]])
			b.WriteString(shown)
			last = m[g+1]
		}
	}
	return b.String() + s[last:]
}

// isPlainWord reports whether a value says that there is none, or was hidden.
func isPlainWord(v string) bool {
	switch strings.ToLower(strings.TrimRight(v, ".!")) {
	case shown, "", "null", "none", "nil", "undefined", "true", "false", "missing", "required", "expired", "invalid", "empty", "not", "is":
		return true
	}
	return false
}
