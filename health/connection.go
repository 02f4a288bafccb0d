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

// The revisions a connection opens with: the newest that begins with initialize,
// and the newest without.
const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// How much of a list is asked for.
const (
	maxTools = 10_000 // entries
	maxPages = 1_000
	maxList  = 64 << 20 // bytes
)

// connection is a server started for us alone, and the talk with it once it is
// open.
type connection struct {
	*talk
	opening
	era string // launch.Legacy or launch.Modern
}

// opening is what both eras' first answers have in common.
type opening struct {
	ProtocolVersion   string            `json:"protocolVersion"`
	SupportedVersions []string          `json:"supportedVersions"`
	Info              launch.ServerInfo `json:"serverInfo"`
	Capabilities      struct {
		Tools     json.RawMessage `json:"tools"`
		Prompts   json.RawMessage `json:"prompts"`
		Resources json.RawMessage `json:"resources"`
	} `json:"capabilities"`
}

// protocol is the revision that is spoken.
func (c *connection) protocol() string {
	switch {
	case c.era == launch.Legacy:
		return c.ProtocolVersion
	case len(c.SupportedVersions) > 0 && !slices.Contains(c.SupportedVersions, modern):
		return slices.Max(c.SupportedVersions)
	}
	return modern
}

// ending is what is left of a connection.
type ending struct {
	heard
	opened bool
	stderr []string // redacted
}

// meet starts the server, opens a connection, has do use it, and ends the server.
//
// initialize is tried first, and server/discover in a fresh process where the
// answer names a newer revision: some servers exit on server/discover, others
// never answer it (specification 2026-07-28, basic/versioning).
func meet(ctx context.Context, plan *launch.Plan, do func(*connection) error) (ending, error) {
	e, err := meetAs(ctx, plan, openLegacy, do)
	if !e.opened && isModernOnly(err) {
		e, err = meetAs(ctx, plan, openModern, do)
	}
	return e, err
}

func meetAs(ctx context.Context, plan *launch.Plan, open func(context.Context, *connection) error, do func(*connection) error) (e ending, err error) {
	process, err := plan.Start(ctx)
	if err != nil {
		return e, err
	}
	c := &connection{talk: newTalk(process.Stdin, process.Stdout, process.Exited())}
	defer func() {
		process.Stop()
		e.heard, e.stderr = c.soFar(), process.Stderr()
	}()
	if err = open(ctx, c); err == nil {
		e.opened = true
		err = do(c)
	}
	if p := process.Problem(); err != nil && p != nil {
		return e, p
	}
	return e, early(process, err)
}

func openLegacy(ctx context.Context, c *connection) error {
	c.era = launch.Legacy
	err := c.ask(ctx, "initialize", map[string]any{
		"protocolVersion": legacy,
		"capabilities":    struct{}{},
		"clientInfo":      whoWeAre,
	}, &c.opening)
	if err != nil {
		return err
	}
	return c.tell("notifications/initialized")
}

func openModern(ctx context.Context, c *connection) error {
	c.era = launch.Modern
	c.meta = map[string]any{
		"io.modelcontextprotocol/protocolVersion":    modern,
		"io.modelcontextprotocol/clientCapabilities": struct{}{},
		"io.modelcontextprotocol/clientInfo":         whoWeAre,
	}
	return c.ask(ctx, "server/discover", map[string]any{}, &c.opening)
}

var whoWeAre = map[string]string{"name": "mcp-companion", "version": "1"}

// errEndless says that a list has no last page.
var errEndless = errors.New("the list has no end")

// list asks for a list page by page and calls each with every entry.
func (c *connection) list(ctx context.Context, method, member string, each func(json.RawMessage)) error {
	params := map[string]any{}
	last, bytes := "", 0
	for page, n := 0, 0; n < maxTools; page++ {
		var result map[string]json.RawMessage
		if err := c.ask(ctx, method, params, &result); err != nil {
			return err
		}
		var entries []json.RawMessage
		if raw := result[member]; raw != nil {
			if err := json.Unmarshal(raw, &entries); err != nil {
				return err
			}
		}
		for _, entry := range entries {
			each(entry)
		}
		n, bytes = n+len(entries), bytes+len(result[member])
		cursor := ""
		_ = json.Unmarshal(result["nextCursor"], &cursor) // absent, null: the last page
		switch {
		case cursor == "":
			return nil
		case cursor == last, page == maxPages:
			return errEndless
		case bytes > maxList:
			return errLong
		}
		params["cursor"], last = cursor, cursor
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
	if !errors.As(err, &refused) {
		return false
	}
	return refused.Code == unsupportedVersion || refused.Code == methodUnknown || strings.Contains(refused.Message+string(refused.Data), modern[:5])
}

// JSON-RPC's and the protocol's codes that tell something here.
const (
	unsupportedVersion = -32022
	methodUnknown      = -32601
)

// why puts what went wrong with the server called name into the user's words; the
// server's own last words beat ours. since is when it was started.
func (e ending) why(ctx context.Context, err error, plan *launch.Plan, since time.Time) *words.Problem {
	var p *words.Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errLong):
		return words.New(words.LineTooLong, err, "Name", plan.Name, "Megabytes", maxLine>>20)
	case errors.Is(err, errEndless):
		return words.New(words.ListEndless, err, "Name", plan.Name)
	case ctx.Err() != nil && e.answers == 0 && e.stray > 0:
		return words.New(words.Chatter, err, "Name", plan.Name, "Text", plan.Hide(e.strayLine))
	case ctx.Err() != nil:
		return words.New(words.NoAnswer, err, "Name", plan.Name, "Seconds", int(time.Since(since).Round(time.Second).Seconds()))
	case errors.Is(err, errClosed):
		return words.New(words.ClosedEarly, err, "Name", plan.Name, "Text", e.lastWords(plan))
	}
	text := plan.Hide(err.Error())
	return words.New(words.Unknown, errors.New(text), "Text", text)
}

// lastWords are the last that the server said: on stderr, else where only messages
// should be.
func (e ending) lastWords(plan *launch.Plan) string {
	for _, line := range slices.Backward(e.stderr) {
		if s := strings.TrimSpace(line); s != "" {
			return s
		}
	}
	if e.stray > 0 {
		return plan.Hide(e.strayLine)
	}
	return words.Say("health.silent")
}
