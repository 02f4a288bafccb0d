package app

import (
	"strings"
	"testing"
)

func TestTheLastLineOfAnOutputIsShownAsItComes(t *testing.T) {
	var shown []string
	l := &lastLines{show: func(s string) { shown = append(shown, s) }}
	for _, s := range []string{"one\ntw", "o\r\n\n", "\x1b[1mthree\x1b[0m", " and\n", "rest"} {
		_, _ = l.Write([]byte(s))
	}
	if want := []string{"one", "two", "three and"}; !equal(shown, want) || l.text() != "one\ntwo\nthree and\nrest" {
		t.Errorf("shown %q, kept %q", shown, l.text())
	}
	_, _ = l.Write([]byte(strings.Repeat("x\n", 100)))
	if n := strings.Count(l.text(), "\n"); n >= mostLines {
		t.Errorf("keeps %d lines", n)
	}
}
