package health

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"mcp-companion/launch"
	"mcp-companion/words"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// legacy is the newest revision that begins with initialize.
const legacy = "2025-11-25"

// maxTools is how many tools a probe counts.
const maxTools = 10_000

// Probe is one look at a server in a process of its own: it is started as `run`
// does, asked what it is and which tools it has, and ended. ctx bounds it all; the
// Report says what was found and never holds a secret.
//
// initialize is tried first, and server/discover in a fresh process where the
// answer names a newer revision: some servers exit on server/discover, others
// never answer it (facts: basic/versioning, stdio).
func Probe(ctx context.Context, plan *launch.Plan) Report {
	begun := time.Now()
	r := Report{Version: 1, Server: plan.ServerID, Name: plan.Name, Time: begun.UTC()}
	err := r.ask(ctx, plan, legacy)
	if err != nil && isModernOnly(err) {
		r.Stray = 0
		err = r.ask(ctx, plan, "")
	}
	r.Took = int(time.Since(begun).Milliseconds())
	r.Status = Healthy
	if err != nil {
		r.Status = Failing
		r.Problem = r.problem(ctx, err)
	}
	return r
}

// ask starts the server, connects with the revision ("" for server/discover) and
// counts its tools.
func (r *Report) ask(ctx context.Context, plan *launch.Plan, revision string) error {
	process, err := plan.Start(ctx)
	if err != nil {
		return err
	}
	defer func() {
		process.Stop()
		r.Stderr = process.Stderr()
	}()
	stdout := &messages{in: bufio.NewReaderSize(process.Stdout, 64<<10), close: process.Stdout, stray: &r.Stray}
	client := mcp.NewClient(&mcp.Implementation{Name: "mcp-companion", Version: "1"}, &mcp.ClientOptions{Capabilities: &mcp.ClientCapabilities{}})
	session, err := client.Connect(ctx, &mcp.IOTransport{Reader: stdout, Writer: process.Stdin}, &mcp.ClientSessionOptions{ProtocolVersion: revision})
	if err != nil {
		return early(process, err)
	}
	defer session.Close()
	if i := session.InitializeResult(); i != nil {
		r.Protocol = i.ProtocolVersion
		if i.ServerInfo != nil {
			r.Info = launch.ServerInfo{Name: i.ServerInfo.Name, Version: i.ServerInfo.Version}
		}
		if i.Capabilities != nil && i.Capabilities.Tools == nil {
			return nil // it has prompts or resources, and no tools
		}
	}
	r.Tools = 0
	for _, err := range session.Tools(ctx, nil) {
		if err != nil {
			return early(process, err)
		}
		if r.Tools++; r.Tools >= maxTools {
			break
		}
	}
	return nil
}

// exited says that the server ended while it was asked.
type exited struct {
	launch.Exit
	err error
}

func (e *exited) Error() string { return e.err.Error() }
func (e *exited) Unwrap() error { return e.err }

// early makes of a broken connection what it was: the server's end.
func early(p *launch.Process, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	select {
	case <-p.Exited():
		return &exited{p.Wait(), err}
	case <-time.After(200 * time.Millisecond): // its pipes may break a moment before its end is known
		return err
	}
}

// isModernOnly reports whether an error to initialize comes from a server that
// speaks only the revisions without it.
func isModernOnly(err error) bool {
	text := err.Error()
	return strings.Contains(text, "2026-") || strings.Contains(text, "-32022") || strings.Contains(text, "UnsupportedProtocolVersion") || strings.Contains(text, "nsupported protocol version")
}

// problem puts what went wrong into the user's words; the server's own last
// words beat ours.
func (r *Report) problem(ctx context.Context, err error) *words.Problem {
	var p *words.Problem
	var end *exited
	switch {
	case errors.As(err, &p):
		return p
	case ctx.Err() != nil:
		return words.New(words.NoAnswer, err, "Name", r.Name, "Seconds", int(time.Since(r.Time).Seconds()))
	case errors.As(err, &end):
		return words.New(words.ClosedEarly, err, "Name", r.Name, "Text", r.lastWords())
	}
	return words.New(words.Unknown, err, "Text", err.Error())
}

func (r *Report) lastWords() string {
	for i := len(r.Stderr) - 1; i >= 0; i-- {
		if s := strings.TrimSpace(r.Stderr[i]); s != "" {
			return s
		}
	}
	return words.Say("health.silent")
}

// messages passes on the lines that can be messages: the SDK ends a session at
// the first one that is not, and clients skip them.
type messages struct {
	in    *bufio.Reader
	close io.Closer
	rest  []byte
	more  bool // the line goes on in the next piece
	skip  bool // it is no message
	stray *int
}

func (m *messages) Read(p []byte) (int, error) {
	for len(m.rest) == 0 {
		piece, err := m.in.ReadSlice('\n')
		if len(piece) == 0 && err != nil {
			return 0, err
		}
		if !m.more {
			start := bytes.TrimLeft(piece, " \t\r\n")
			m.skip = len(start) == 0 || start[0] != '{' && start[0] != '['
			if m.skip && len(start) > 0 {
				*m.stray++
			}
		}
		m.more = errors.Is(err, bufio.ErrBufferFull)
		if !m.skip {
			m.rest = piece
		}
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

func (m *messages) Close() error { return m.close.Close() }
