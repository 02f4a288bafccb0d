package launch

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const (
	tailLines = 200  // of stderr, kept in memory and in an ended session's file
	liveLines = 10   // of stderr, in a running session's file
	rawLen    = 4096 // of a line, kept until it is asked for
	shownLen  = 1000 // of a line, shown
)

// tail keeps the last lines a server wrote to stderr, redacted when they are read.
type tail struct {
	hide  redactor
	mu    sync.Mutex
	lines []string // a ring
	next  int
	part  []byte // the unfinished line, at most rawLen
}

// Write takes what was written; it never fails and never waits for a reader.
func (t *tail) Write(chunk []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := chunk; ; {
		end := bytes.IndexByte(rest, '\n')
		text := rest
		if end >= 0 {
			text = rest[:end]
		}
		t.part = append(t.part, text[:min(len(text), rawLen-len(t.part))]...)
		if end < 0 {
			return len(chunk), nil
		}
		t.add(string(t.part))
		t.part, rest = t.part[:0], rest[end+1:]
	}
}

func (t *tail) add(text string) {
	if text = strings.TrimRight(text, "\r"); strings.TrimSpace(text) == "" {
		return
	}
	if len(t.lines) < tailLines {
		t.lines = append(t.lines, text)
		return
	}
	t.lines[t.next] = text
	t.next = (t.next + 1) % tailLines
}

// last returns the last n lines, oldest first, the unfinished one included.
func (t *tail) last(n int) []string {
	t.mu.Lock()
	list := slices.Concat(t.lines[t.next:], t.lines[:t.next])
	if len(t.part) > 0 {
		list = append(list, string(t.part))
	}
	t.mu.Unlock()
	list = list[max(0, len(list)-n):]
	for i, text := range list {
		list[i] = t.hide.text(text, len(text) >= rawLen)
	}
	return list
}

// redactor takes secrets out of what is written down.
type redactor []string

const redacted = "[secret]"

// newRedactor hides these values, and what JSON and addresses make of them.
// A value too short to be told from ordinary text is left.
func newRedactor(values []string) redactor {
	var list redactor
	add := func(v string) {
		if len(v) >= 4 && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	for _, v := range values {
		for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' }) {
			add(part)
			add(url.QueryEscape(part))
			add(url.PathEscape(part))
			if quoted, err := json.Marshal(part); err == nil {
				add(string(quoted[1 : len(quoted)-1]))
			}
		}
	}
	// The longest first: one value may be the beginning of another.
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}

// tokenRule knows the keys that name themselves, and those that follow a word
// which does. It is compiled when the first line is shown.
var tokenRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:sk-|sk_live_|sk_test_|rk_live_|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|xox[abeoprs]-|xapp-|hf_|npm_|pypi-|AKIA|ASIA|AIza|ya29\.|ntn_|lin_api_|figd_|shpat_|dop_v1_|pk_live_|tvly-|BSA)[A-Za-z0-9_\-./+=]{12,}` +
		`|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?` +
		`|(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9_\-./+=~]{12,}`)
})

// text returns s without secrets, at most shownLen long. cut says that s ends
// before its line did, so that its end may be a secret's beginning.
func (r redactor) text(s string, cut bool) string {
	for _, v := range r {
		s = strings.ReplaceAll(s, v, redacted)
	}
	if cut {
		s = r.trimBeginning(s)
	}
	s = tokenRule().ReplaceAllString(s, redacted)
	if len(s) > shownLen {
		s = s[:shownLen] + "..."
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// trimBeginning cuts off the end of s where it is a secret's beginning.
func (r redactor) trimBeginning(s string) string {
	for _, v := range r {
		for n := min(len(v)-1, len(s)); n >= 4; n-- {
			if strings.HasSuffix(s, v[:n]) {
				return s[:len(s)-n] + redacted
			}
		}
	}
	return s
}
