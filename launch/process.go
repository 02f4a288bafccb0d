package launch

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"mcp-companion/secrets"
)

// Process is a server started for a probe: whoever started it talks to it. A
// remote server is talked to in the same way; there is no process then, and its
// end is the end of the talk.
type Process struct {
	Stdin  io.WriteCloser // closed by Stop
	Stdout io.ReadCloser  // ends with the server; closed by Stop

	child   *child // nil for a remote server
	exited  chan struct{}
	exit    func() Exit // once exited is closed
	stderr  *tail
	read    chan struct{} // closed when stderr was read to its end
	end     func()
	once    sync.Once
	problem func() error // nil for a program
}

// Start starts the server for a probe, with the same care for its processes as
// Run and without a session. When ctx ends it is stopped. The caller calls Stop.
func (p *Plan) Start(ctx context.Context) (*Process, error) {
	if p.URL != "" {
		return p.bridgeStart(ctx), nil
	}
	c, err := p.start(os.Pipe)
	if err != nil {
		return nil, err
	}
	c.startGuard()
	ps := &Process{
		Stdin: c.stdin, Stdout: c.stdout, child: c, exited: c.exited, exit: func() Exit { return c.exit },
		stderr: &tail{hide: secrets.NewRedactor(p.hidden)}, read: make(chan struct{}),
	}
	ps.end = ps.endChild
	go func() {
		defer close(ps.read)
		io.Copy(ps.stderr, c.stderr)
	}()
	if ctx.Done() != nil {
		unhook := context.AfterFunc(ctx, ps.Stop)
		go func() { <-c.exited; unhook() }()
	}
	return ps, nil
}

// Stderr returns the last lines the server wrote there, redacted, oldest first.
func (ps *Process) Stderr() []string { return ps.stderr.last(tailLines) }

// Problem is why a remote server doesn't answer, a words.Problem; nil while it
// does, and for a program.
func (ps *Process) Problem() error {
	if ps.problem == nil {
		return nil
	}
	return ps.problem()
}

// Exited is closed when the server has ended.
func (ps *Process) Exited() <-chan struct{} { return ps.exited }

// Wait waits until the server has ended by itself or by Stop, and what it wrote to
// stderr was read.
func (ps *Process) Wait() Exit {
	<-ps.exited
	select {
	case <-ps.read:
	case <-time.After(quiet):
	}
	return ps.exit()
}

// Stop ends the server and all it started: its stdin is closed, then it is
// terminated, then killed. It returns within two seconds, and may be called more
// than once, from any goroutine.
func (ps *Process) Stop() { ps.once.Do(ps.end) }

func (ps *Process) endChild() {
	c := ps.child
	c.stdin.Close()
	select {
	case <-c.exited:
	case <-time.After(graceClosed / 2):
	}
	c.tree.end()
	c.guard.release()
	select {
	case <-c.exited:
	case <-time.After(graceTerm):
	}
	c.stdout.Close()
	select {
	case <-ps.read:
	case <-time.After(quiet):
	}
	c.stderr.Close()
}
