package commands

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"mcp-companion/companion"
	"mcp-companion/servers"
)

func TestAnInterruptEndsTheWaitForAPerson(t *testing.T) {
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := &Env{In: in, Out: io.Discard, Err: io.Discard}
	if _, err := newAsker(e).secret(ctx, "one", "KEY"); !errors.Is(err, context.Canceled) {
		t.Errorf("secret: %v", err)
	}
	for _, args := range [][]string{{"secret", "set", "one", "KEY"}, {"import", "-"}} {
		if code := Run(ctx, e, args); code != 1 {
			t.Errorf("%v: %d", args, code)
		}
	}
}

// What is printed was pasted: a terminal obeys none of it.
func TestWhatIsStillNeededIsPrintedWithoutWhatATerminalObeys(t *testing.T) {
	var out strings.Builder
	e := &Env{Out: &out, Err: io.Discard}
	e.sayNeeds(companion.Imported{
		Name: "a", Keys: []string{"K\x1b[2J"}, Values: []string{"V\x1b]0;x\a"}, Rest: true,
		Server: servers.Server{Command: "x", Args: []string{"\x1b[31m", "a\u202eb"}},
	})
	if strings.ContainsAny(out.String(), "\x1b\a\u202e") {
		t.Errorf("%q", out.String())
	}
}
