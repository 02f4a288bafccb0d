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

	settled = time.Second // after its start a process needs no more what only that needed
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
	if p.URL != "" {
		return p.bridgeRun(ctx, home, client)
	}
	if p.NoWatching && !p.DropNotes && len(p.HideTools) == 0 && p.CallTimeout == 0 { // what filters or measures has to stay between
		if err := p.become(); !errors.Is(err, errors.ErrUnsupported) {
			return 1, p.problem(err)
		}
	}
	parent, signals := os.Getppid(), listen()
	c, err := p.start(blockingPipe)
	if err != nil {
		return 1, err
	}
	w := newWatch(Session{
		Version: 1, ID: c.id, Server: p.ServerID, Name: p.Name, Client: client,
		PID: os.Getpid(), Started: time.Now(), Status: Starting,
	}, p.hidden)
	t := newTrace(home, w, p.NoWatching)

	in := newStream(os.Stdin, c.stdin)
	in.lines, in.early = &lines{see: w.fromClient, want: w.wantBody}, true
	out := newStream(c.stdout, os.Stdout)
	out.lines = &lines{see: w.fromServer, want: w.want}
	p.limit(in, out, w, p.filter(in, out, w))
	notes := newStream(c.stderr, os.Stderr)
	notes.copied = &w.stderr
	for _, s := range []*stream{in, out, notes} {
		go s.run()
	}
	c.startGuard()
	stop, file, traced := make(chan struct{}), make(chan *sheet), make(chan struct{})
	go func() {
		f := openSheet(home, c.id)
		f.keep(w, stop)
		file <- f
	}()
	go func() {
		t.keep(stop)
		close(traced)
	}()

	defer time.AfterFunc(settled, files.DropPages).Stop()

	l := &life{child: c, in: in, out: out, signals: signals, parent: parentGone(parent), done: ctx.Done()}
	l.live()
	l.settle(out, quiet)
	l.settle(notes, quiet/4)
	close(stop)
	<-traced
	t.finish(c.exit)
	finish(home, <-file, w, c.exit, l.asked)
	return c.exit.Code, nil
}

// listen begins to catch the signals that are passed on: before the server is
// started, since one that came between would end us and not the server.
func listen() <-chan os.Signal {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, endingSignals()...)
	// Uncaught, a write to a client that is gone would end us at once; ignored, it
	// would be ignored by the server too.
	if len(brokenPipe) > 0 { // none would mean all
		signal.Notify(make(chan os.Signal, 1), brokenPipe...)
	}
	return signals
}

// life is a running server, and what can end it. An ended channel is nil.
type life struct {
	child   *child
	in, out *stream
	signals <-chan os.Signal
	parent  <-chan struct{}
	done    <-chan struct{}

	asked bool // the end was asked for, by whatever way
	steps <-chan time.Time
}

// live waits until the server has ended, by itself or, once the client is gone or
// asks, with ever more force. Signals are passed on.
func (l *life) live() {
	force := []func(){l.child.tree.terminate, l.child.tree.kill}
	stdin, ended, lost := l.in.done, l.out.done, l.out.lost
	var closed <-chan time.Time
	for {
		select {
		case <-l.child.exited:
			return
		case s := <-l.signals:
			l.child.tree.pass(s)
			l.end()
		case <-stdin:
			stdin = nil
			l.end()
		case <-l.parent:
			l.parent = nil
			l.end()
		case <-lost:
			lost = nil
			l.end()
		case <-l.done:
			l.done = nil
			l.end()
		case <-ended:
			ended = nil
			closed = time.After(quiet) // mostly the server is about to exit
		case <-closed:
			closeStdout() // the client shall see that no answer will come
		case <-l.steps:
			l.child.guard.hurry()
			force[0]()
			force = force[len(force)-1:]
			l.steps = time.After(graceTerm)
		}
	}
}

// end begins the end: the server's stdin is closed, and the first step set.
func (l *life) end() {
	if !l.asked {
		l.asked = true
		l.child.stdin.Close()
		l.steps = time.After(graceClosed)
	}
}

// settle waits, after the exit, until what was written is forwarded: until the
// stream ends or, since a process may be left that holds it open, nothing came for
// a while. A client that is slow to read is waited for, one that left or wants us to, not.
func (l *life) settle(s *stream, quiet time.Duration) {
	stuck := 0
	for {
		before := s.moved.Load()
		select {
		case <-s.done:
			return
		case <-l.signals:
			return
		case <-l.parent:
			return
		case <-time.After(quiet):
		}
		switch {
		case s.moved.Load() != before:
			stuck = 0
		case !s.writing.Load():
			return
		default:
			if stuck++; l.asked && stuck > 3 {
				return
			}
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
