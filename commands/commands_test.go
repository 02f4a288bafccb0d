package commands

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
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
