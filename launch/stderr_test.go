package launch

import (
	"fmt"
	"strings"
	"testing"

	"mcp-companion/secrets"
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

func TestTailShowsNoPartOfASecretThatItCutsThrough(t *testing.T) {
	const secret = "hunter2/+& \"quoted\""
	for at := rawLen - len(secret) - 3; at < rawLen; at++ {
		w := tail{hide: secrets.NewRedactor([]string{secret})}
		fmt.Fprintln(&w, strings.Repeat("x", at)+secret)
		if raw := string(w.lines[0].text); strings.Contains(w.hide.Text(raw, true), "hunter") || strings.Contains(w.last(1)[0], "hunt") {
			t.Errorf("a part got out at %d", at)
		}
	}
}
