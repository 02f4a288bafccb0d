package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mcp-companion/launch"
	"mcp-companion/words"
)

// The revisions a probe opens with: the newest that begins with initialize, and
// the newest without.
const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// maxTools is how many tools a probe counts.
const maxTools = 10_000

// Probe is one look at a server in a process of its own: it is started as `run`
// does, asked what it is and which tools it has, and ended. ctx bounds it all; the
// Report says what was found and never holds a secret.
//
// initialize is tried first, and server/discover in a fresh process where the
// answer names a newer revision: some servers exit on server/discover, others
// never answer it (specification 2026-07-28, basic/versioning).
func Probe(ctx context.Context, plan *launch.Plan) Report {
	begun := time.Now()
	r := Report{Version: 1, Server: plan.ServerID, Name: plan.Name, Time: begun.UTC()}
	err := r.look(ctx, plan, (*Report).openLegacy)
	if isModernOnly(err) {
		err = r.look(ctx, plan, (*Report).openModern)
	}
	r.Took = int(time.Since(begun).Milliseconds())
	r.Status = Healthy
	if err != nil {
		r.Status = Failing
		r.Problem = r.problem(ctx, err)
	}
	return r
}

// look starts the server, opens the conversation and counts its tools.
func (r *Report) look(ctx context.Context, plan *launch.Plan, open func(*Report, context.Context, *talk) (tools bool, err error)) error {
	process, err := plan.Start(ctx)
	if err != nil {
		return err
	}
	t := newTalk(process.Stdin, process.Stdout)
	defer func() {
		process.Stop()
		r.Stray, r.Stderr = t.strayed(), process.Stderr()
	}()
	tools, err := open(r, ctx, t)
	if err == nil && tools {
		err = r.countTools(ctx, t)
	}
	return early(process, err)
}

// opening is what both eras' first answers have in common.
type opening struct {
	ProtocolVersion   string            `json:"protocolVersion"`
	SupportedVersions []string          `json:"supportedVersions"`
	Info              launch.ServerInfo `json:"serverInfo"`
	Capabilities      struct {
		Tools json.RawMessage `json:"tools"`
	} `json:"capabilities"`
}

func (r *Report) openLegacy(ctx context.Context, t *talk) (bool, error) {
	var o opening
	err := t.ask(ctx, "initialize", map[string]any{
		"protocolVersion": legacy,
		"capabilities":    struct{}{},
		"clientInfo":      whoWeAre,
	}, &o)
	if err != nil {
		return false, err
	}
	r.Protocol, r.Info = o.ProtocolVersion, o.Info
	return o.Capabilities.Tools != nil, t.tell("notifications/initialized")
}

func (r *Report) openModern(ctx context.Context, t *talk) (bool, error) {
	t.meta = map[string]any{
		"io.modelcontextprotocol/protocolVersion":    modern,
		"io.modelcontextprotocol/clientCapabilities": struct{}{},
		"io.modelcontextprotocol/clientInfo":         whoWeAre,
	}
	var o opening
	if err := t.ask(ctx, "server/discover", map[string]any{}, &o); err != nil {
		return false, err
	}
	r.Protocol, r.Info = modern, o.Info
	if len(o.SupportedVersions) > 0 && !slices.Contains(o.SupportedVersions, modern) {
		r.Protocol = slices.Max(o.SupportedVersions)
	}
	return o.Capabilities.Tools != nil, nil
}

var whoWeAre = map[string]string{"name": "mcp-companion", "version": "1"}

// countTools asks for the tools, page by page.
func (r *Report) countTools(ctx context.Context, t *talk) error {
	r.Tools = 0
	params := map[string]any{}
	for r.Tools < maxTools {
		var page struct {
			Tools      []struct{} `json:"tools"`
			NextCursor string     `json:"nextCursor"`
		}
		if err := t.ask(ctx, "tools/list", params, &page); err != nil {
			return err
		}
		r.Tools += len(page.Tools)
		if page.NextCursor == "" || len(page.Tools) == 0 {
			return nil
		}
		params["cursor"] = page.NextCursor
	}
	return nil
}

// ended says that the server ended while it was asked.
type ended struct {
	launch.Exit
	err error
}

func (e *ended) Error() string { return fmt.Sprintf("exit code %d: %v", e.Code, e.err) }
func (e *ended) Unwrap() error { return e.err }

// early makes of a broken conversation what it was: the server's end.
func early(p *launch.Process, err error) error {
	if !errors.Is(err, errClosed) {
		return err
	}
	select {
	case <-p.Exited():
		return &ended{p.Wait(), err}
	case <-time.After(time.Second): // its pipes may break a moment before its end is known
		return err
	}
}

// isModernOnly reports whether the answer to initialize comes from a server that
// speaks only the revisions without it.
func isModernOnly(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && (refused.Code == unsupportedVersion || strings.Contains(refused.Message+string(refused.Data), modern[:5]))
}

// unsupportedVersion is UnsupportedProtocolVersion's code.
const unsupportedVersion = -32022

// problem puts what went wrong into the user's words; the server's own last
// words beat ours.
func (r *Report) problem(ctx context.Context, err error) *words.Problem {
	var p *words.Problem
	switch {
	case errors.As(err, &p):
		return p
	case ctx.Err() != nil:
		return words.New(words.NoAnswer, err, "Name", r.Name, "Seconds", int(time.Since(r.Time).Seconds()))
	case errors.As(err, new(*ended)), errors.Is(err, errClosed):
		return words.New(words.ClosedEarly, err, "Name", r.Name, "Text", r.lastWords())
	}
	return words.New(words.Unknown, err, "Text", err.Error())
}

func (r *Report) lastWords() string {
	for _, line := range slices.Backward(r.Stderr) {
		if s := strings.TrimSpace(line); s != "" {
			return s
		}
	}
	return words.Say("health.silent")
}
