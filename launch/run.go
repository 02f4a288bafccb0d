package launch

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"time"

	"mcp-companion/files"
)

// How long the server has after its stdin was closed, and after the SIGTERM that
// follows. With the guard's own times (guard_unix.go) all is over within two seconds.
const (
	graceClosed = 1000 * time.Millisecond
	graceTerm   = 400 * time.Millisecond
	quiet       = 100 * time.Millisecond // without output after the exit: nothing more will come
)

// Run is the launcher's whole life: it starts the server, forwards its streams,
// watches, and ends it with itself or the client. It returns the server's exit
// code, 128 and the number for a signal; the caller leaves with it. client is the
// client's id, "" when unknown. An error means that nothing was started (a
// words.Problem, for Refuse); the home folder is a help, not a need.
//
// Run takes over the process: its signals, its stdin, stdout and stderr. It does
// not return while a NoWatching server runs, where the system can exec.
func (p *Plan) Run(ctx context.Context, home files.Home, client string) (int, error) {
	if p.NoWatching {
		if err := p.become(); !errors.Is(err, errors.ErrUnsupported) {
			return 1, p.problem(err)
		}
	}
	c, err := p.start(blockingPipe)
	if err != nil {
		return 1, err
	}
	w := newWatch(Session{
		Version: 1, ID: c.id, Server: p.ServerID, Name: p.Name, Client: client,
		PID: os.Getpid(), Started: time.Now(), Status: Starting,
	}, p.hidden)

	in := newStream(os.Stdin, c.stdin)
	in.lines, in.early = &lines{see: w.fromClient}, true
	out := newStream(c.stdout, os.Stdout)
	out.lines = &lines{see: w.fromServer, want: w.want}
	notes := newStream(c.stderr, os.Stderr)
	notes.copied = &w.stderr
	for _, s := range []*stream{in, out, notes} {
		go s.run()
	}
	c.startGuard()

	kept := make(chan struct{})
	stop := make(chan struct{})
	var file *sheet
	go func() {
		defer close(kept)
		file = openSheet(home, c.id)
		file.keep(w, stop)
	}()

	asked := c.tend(ctx, in, out)
	hurry := make(chan struct{})
	if asked {
		time.AfterFunc(2*quiet, func() { close(hurry) })
	}
	out.settle(quiet, hurry)
	notes.settle(quiet/4, hurry)

	close(stop)
	<-kept
	finish(home, file, w, c.exit, asked)
	return c.exit.Code, nil
}

// tend passes signals on and waits until the server has ended, by itself or, once
// the client is gone or asks, with ever more force. It reports whether it was asked to.
func (c *child) tend(ctx context.Context, in, out *stream) (asked bool) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, endingSignals()...)
	defer signal.Stop(signals)
	// Without this a write to a client that is gone would end us at once, and with
	// Ignore the server would inherit the ignoring.
	if len(brokenPipe) > 0 { // none would mean all
		signal.Notify(make(chan os.Signal, 1), brokenPipe...)
	}

	parent := parentGone()
	stdin, ended, lost := in.done, out.done, out.lost
	var closed <-chan time.Time
	done := ctx.Done()
	var steps <-chan time.Time
	force := []struct {
		use  func()
		then time.Duration
	}{{c.tree.terminate, graceTerm}, {c.tree.kill, graceTerm}, {c.tree.kill, time.Hour}}
	begin := func() {
		if !asked {
			asked = true
			c.stdin.Close()
			steps = time.After(graceClosed)
		}
	}
	for {
		select {
		case <-c.exited:
			return asked
		case s := <-signals:
			c.tree.pass(s)
			begin()
		case <-stdin:
			stdin = nil
			begin()
		case <-parent:
			parent = nil
			begin()
		case <-lost:
			lost = nil
			begin()
		case <-done:
			done = nil
			begin()
		case <-ended:
			ended = nil
			closed = time.After(quiet) // mostly the server is about to exit
		case <-closed:
			closeStdout() // the client shall see that no answer will come
		case <-steps:
			step := force[0]
			if len(force) > 1 {
				force = force[1:]
			}
			c.guard.hurry()
			step.use()
			steps = time.After(step.then)
		}
	}
}

// finish writes the session's last state where ended ones are kept.
func finish(home files.Home, file *sheet, w *watch, exit Exit, asked bool) {
	s := w.snapshot(tailLines)
	s.EndedAt, s.Exit, s.Signal, s.Status = s.Updated, &exit.Code, exit.Signal, Failed
	if asked || exit.Code == 0 {
		s.Status = Ended
	}
	logSession(home, s)
	file.end()
}
