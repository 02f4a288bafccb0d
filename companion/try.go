package companion

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"time"

	"mcp-companion/health"
	"mcp-companion/launch"
)

// Tool is one thing a server can do, to be tried without an AI app.
type Tool struct {
	Name      string
	Title     string // Name where the server gives none
	About     string
	Arguments []Argument
	AsJSON    bool // its schema makes no form: what it is called with is typed whole
	ReadsOnly bool // it says that it changes nothing
}

// Answer is what a tool answered.
type Answer struct {
	Text   string // its texts, and a word about what is none
	Raw    string // the whole answer, indented JSON
	Failed bool   // the tool says that it failed
}

// callLimit is how long a call that is tried may take, where the server sets no
// limit itself.
const callLimit = 5 * time.Minute

// Tools starts the server and lists what it can do.
func (c *Companion) Tools(ctx context.Context, name string) ([]Tool, error) {
	var tools []Tool
	err := c.with(ctx, name, func(ctx context.Context, plan *launch.Plan) error {
		list, err := health.Tools(ctx, plan)
		for _, t := range list {
			tools = append(tools, toolOf(t))
		}
		return err
	})
	return tools, err
}

func toolOf(t health.Tool) Tool {
	args, ok := ArgumentsOf(t.InputSchema)
	reads := t.Annotations.ReadOnly
	return Tool{
		Name: t.Name, Title: cmp.Or(t.Title, t.Annotations.Title, t.Name), About: t.Description,
		Arguments: args, AsJSON: !ok, ReadsOnly: reads != nil && *reads,
	}
}

// Call starts the server and has the tool called with args, a JSON object. It is for
// real.
func (c *Companion) Call(ctx context.Context, name, tool string, args json.RawMessage) (a Answer, err error) {
	err = c.with(ctx, name, func(ctx context.Context, plan *launch.Plan) error {
		r, err := health.Call(ctx, plan, tool, args)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if json.Indent(&b, r.Raw, "", "  ") != nil {
			b.Reset()
			b.Write(r.Raw)
		}
		a = Answer{Text: r.Text, Raw: b.String(), Failed: r.IsError}
		return nil
	})
	return a, err
}

// with does what needs the server's plan, in the time that a start and a call have.
func (c *Companion) with(ctx context.Context, name string, do func(context.Context, *launch.Plan) error) error {
	lib, err := c.Library()
	if err != nil {
		return err
	}
	plan, err := c.plan(ctx, lib, name)
	if err != nil {
		return err
	}
	_, s, _ := lib.Find(name)
	limited, cancel := context.WithTimeout(ctx, s.Start(probeLimit)+s.Call(callLimit))
	defer cancel()
	return do(limited, plan)
}
