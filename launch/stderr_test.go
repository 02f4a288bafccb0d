package launch

import (
	"fmt"
	"strings"
	"testing"
)

func TestTailKeepsTheLastLinesInBounds(t *testing.T) {
	var w tail
	for n := range 1000 {
		fmt.Fprintf(&w, "line %d\n", n)
	}
	fmt.Fprint(&w, "part")
	if got := w.last(3); strings.Join(got, ",") != "line 998,line 999,part" {
		t.Errorf("%q", got)
	}
	if got := w.last(10000); len(got) != tailLines+1 || got[0] != "line 800" {
		t.Errorf("%d, first %q", len(got), got[0])
	}
	fmt.Fprint(&w, strings.Repeat("x", 1<<20)+"\nnext\r\n")
	got := w.last(2)
	if len(got[0]) > shownLen+3 || got[1] != "next" || len(w.part) > rawLen {
		t.Errorf("%d, %q", len(got[0]), got[1])
	}
}

func TestRedactionHoldsWhereverTheSecretStands(t *testing.T) {
	const secret = "hunter2/+& \"quoted\""
	for name, c := range map[string]struct{ line, want string }{
		"plain":         {"key is " + secret + ".", "key is [secret]."},
		"in JSON":       {`{"k":"hunter2/+\u0026 \"quoted\""}`, `{"k":"[secret]"}`},
		"in an address": {"GET /?k=hunter2%2F%2B%26+%22quoted%22", "GET /?k=[secret]"},
		"twice":         {secret + secret, "[secret][secret]"},
		"a longer one":  {"longer than hunter2/+& \"quoted\" itself", "[secret] itself"},
		"a line of it":  {"BEGIN first line of it END", "BEGIN [secret] END"},
		"known kind":    {"Authorization: Bearer abcdefghijklmnop and sk-abcdefghijklmnop", "Authorization: [secret] and [secret]"},
		"JWT":           {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[secret]"},
		"no secret":     {"basic setup of bearer tokens, sk-1, task-abcdefghijklmnop", "basic setup of bearer tokens, sk-1, task-abcdefghijklmnop"},
	} {
		w := tail{hide: newRedactor([]string{secret, "longer than " + secret, "first line of it\nsecond line", "ab"})}
		fmt.Fprintln(&w, c.line)
		if got := w.last(1)[0]; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for at := rawLen - len(secret) - 3; at < rawLen; at++ { // over the place where a line is cut
		w := tail{hide: newRedactor([]string{secret})}
		fmt.Fprintln(&w, strings.Repeat("x", at)+secret)
		if strings.Contains(w.hide.text(w.lines[0], true), "hunter") || strings.Contains(w.last(1)[0], "hunt") {
			t.Errorf("a part got out at %d", at)
		}
	}
}
