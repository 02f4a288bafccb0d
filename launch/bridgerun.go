package launch

import (
	"bytes"
	"context"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"mcp-companion/files"
)

// bridgeRun is Run for a remote server.
func (p *Plan) bridgeRun(ctx context.Context, home files.Home, client string) (int, error) {
	parent, signals := parentGone(os.Getppid()), listen()
	id := files.NewID()
	w := newWatch(Session{
		Version: 1, ID: id, Server: p.ServerID, Name: p.Name, Client: client,
		PID: os.Getpid(), Started: time.Now(), Status: Starting,
	}, p.hidden)
	t := newTrace(home, w, p.NoWatching)
	debug.SetMemoryLimit(maxHeap)
	life, end := context.WithCancel(ctx)
	defer end()
	lost, left := make(chan struct{}), sync.Once{}
	was := 0 // stdout's own size, while it is raised for a long message
	out := func(data []byte) bool {
		if len(data) > longLine && was == 0 {
			was = enlarge(os.Stdout, longRoom)
		}
		ok := writeAll(os.Stdout, data)
		shrink(os.Stdout, &was) // where that is still full: after the next
		if !ok {
			left.Do(func() { close(lost) })
		}
		return ok
	}
	b := newBridge(p, life, home, w, out, io.MultiWriter(os.Stderr, &w.stderr))

	stop, file, traced, stdin := make(chan struct{}), make(chan *sheet), make(chan struct{}), make(chan struct{})
	go func() { b.serve(&readsFully{File: os.Stdin}); close(stdin) }()
	go func() {
		f := openSheet(home, id)
		f.keep(w, stop)
		file <- f
	}()
	go func() { t.keep(stop); close(traced) }()

	grace := graceClosed
	select {
	case <-stdin:
	case <-signals:
	case <-ctx.Done():
	case <-parent:
		grace = 0
	case <-lost:
		grace = 0
	}
	b.finish(end, grace)
	close(stop)
	<-traced
	t.finish(Exit{})
	finish(home, <-file, w, Exit{}, true)
	return 0, nil
}

// readsFully reads a descriptor that others may have made non-blocking. A pipe gets
// more room while a long line comes through it.
type readsFully struct {
	*os.File
	length int // since the last line feed
	was    int // the pipe's own size, while it is raised
}

func (r *readsFully) Read(p []byte) (int, error) {
	for {
		n, err := r.File.Read(p)
		if n == 0 && err != nil && again(r.File, err, false) {
			continue
		}
		if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
			r.length = n - end
			shrink(r.File, &r.was)
		} else if r.length += n; r.length > longLine && r.was == 0 {
			r.was = enlarge(r.File, longRoom)
		}
		return n, err
	}
}

// bridgeStart is Start for a remote server.
func (p *Plan) bridgeStart(ctx context.Context) *Process {
	life, end := context.WithCancel(ctx)
	inR, in := io.Pipe()
	out, outW := io.Pipe()
	ps := &Process{Stdin: in, Stdout: out, read: make(chan struct{}), exited: make(chan struct{}), exit: func() Exit { return Exit{} }}
	close(ps.read)
	w := newWatch(Session{}, p.hidden)
	w.noTrace()
	ps.stderr = &w.stderr
	b := newBridge(p, life, "", w, func(data []byte) bool { _, err := outW.Write(data); return err == nil }, &w.stderr)
	served := make(chan struct{})
	go func() { b.serve(inR); close(served) }()
	go func() {
		grace := graceClosed
		select {
		case <-served:
		case <-life.Done():
			grace = 0
		}
		inR.Close()
		if grace == 0 {
			out.Close() // nobody reads
		}
		b.finish(end, grace)
		outW.Close()
		close(ps.exited)
	}()
	ps.problem = b.problem
	ps.end = func() {
		end()
		in.Close()
		select {
		case <-ps.exited:
		case <-time.After(graceClosed):
		}
		out.Close()
	}
	return ps
}

// problem is why the server does not answer, nil while it does.
func (b *bridge) problem() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}
