package health

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"mcp-companion/launch"
	"mcp-companion/words"
)

// Tool is one thing a server can do, as it describes it.
type Tool struct {
	Name        string          `json:"name"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"inputSchema,omitempty"`
	Annotations Hints           `json:"annotations,omitzero"`
}

// Hints are what a server says of a tool; nil where it doesn't. They are claims.
type Hints struct {
	Title       string `json:"title,omitempty"`
	ReadOnly    *bool  `json:"readOnlyHint,omitempty"`
	Destructive *bool  `json:"destructiveHint,omitempty"`
	Idempotent  *bool  `json:"idempotentHint,omitempty"`
	OpenWorld   *bool  `json:"openWorldHint,omitempty"`
}

// Tools starts the server and lists its tools, at most 10,000. ctx bounds it; an
// error is a words.Problem.
func Tools(ctx context.Context, plan *launch.Plan) ([]Tool, error) {
	var tools []Tool
	err := use(ctx, plan, func(c *connection) error { return c.tools(ctx, &tools) })
	return tools, err
}

// Result is what a tool answered.
type Result struct {
	Raw     json.RawMessage // whole, as it came
	IsError bool            // the tool says that it failed
	// Text is the result for a terminal: its texts, other contents described, without
	// control characters.
	Text string
}

// Call starts the server and has it use the tool with these arguments, a JSON object,
// nil for none. ctx bounds it; an error is a words.Problem. The server may do in
// earnest what the tool is for.
func Call(ctx context.Context, plan *launch.Plan, tool string, args json.RawMessage) (Result, error) {
	if args == nil {
		args = json.RawMessage("{}")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(args, &object); err != nil || object == nil {
		return Result{}, words.New(words.ValueBad, err, "Field", words.Say("field.args"), "Value", cut(string(args), 100))
	}
	var r Result
	err := use(ctx, plan, func(c *connection) error {
		var tools []Tool
		if err := c.tools(ctx, &tools); err != nil {
			return err
		}
		if !slices.ContainsFunc(tools, func(t Tool) bool { return t.Name == tool }) {
			return unknownTool(plan.Name, tool, tools)
		}
		return c.call(ctx, plan, tool, args, &r)
	})
	return r, err
}

// use has do use a connection, and puts what goes wrong into the user's words.
func use(ctx context.Context, plan *launch.Plan, do func(*connection) error) error {
	begun := time.Now()
	e, err := meet(ctx, plan, do)
	if err != nil {
		return e.why(ctx, err, plan, begun)
	}
	return nil
}

func (c *connection) tools(ctx context.Context, list *[]Tool) error {
	if c.Capabilities.Tools == nil {
		return nil
	}
	return c.list(ctx, "tools/list", "tools", func(raw json.RawMessage) {
		var t Tool
		if json.Unmarshal(raw, &t) == nil && t.Name != "" {
			*list = append(*list, t)
		}
	})
}

func (c *connection) call(ctx context.Context, plan *launch.Plan, tool string, args json.RawMessage, r *Result) error {
	err := c.ask(ctx, "tools/call", map[string]any{"name": tool, "arguments": args}, &r.Raw)
	var refused *refusal
	if errors.As(err, &refused) {
		return words.New(words.ToolRefused, nil, "Name", plan.Name, "Tool", tool, "Text", plan.Hide(refused.Message))
	}
	if err != nil {
		return err
	}
	var answer struct {
		ResultType string          `json:"resultType"`
		IsError    bool            `json:"isError"`
		Content    []content       `json:"content"`
		Structured json.RawMessage `json:"structuredContent"`
	}
	_ = json.Unmarshal(r.Raw, &answer) // what is understood of it is shown
	if answer.ResultType == "input_required" {
		return words.New(words.ToolAsks, nil, "Name", plan.Name, "Tool", tool)
	}
	r.IsError = answer.IsError
	var texts []string
	for _, part := range answer.Content {
		texts = append(texts, part.text())
	}
	if len(texts) == 0 && answer.Structured != nil {
		var b bytes.Buffer
		if json.Indent(&b, answer.Structured, "", "  ") == nil {
			texts = append(texts, b.String())
		}
	}
	r.Text = plain(strings.Join(texts, "\n"))
	return nil
}

// content is one part of a result.
type content struct {
	Type, Text, Data, MimeType, URI, Name string
	Resource                              struct{ URI, MimeType, Text, Blob string }
}

// text is the part's own text, or what it is.
func (c content) text() string {
	switch {
	case c.Type == "text":
		return c.Text
	case c.Type == "resource" && c.Resource.Blob == "":
		return c.Resource.Text
	case c.Type == "resource":
		return described(cmp.Or(c.Resource.MimeType, c.Resource.URI), c.Resource.Blob)
	case c.Type == "resource_link":
		return cmp.Or(c.URI, c.Name)
	}
	return described(cmp.Or(c.MimeType, c.Type), c.Data)
}

// described is what some bytes, written in base64, are and how many.
func described(kind, base64 string) string {
	n := len(strings.TrimRight(base64, "=")) * 3 / 4
	if n < 1024 {
		return words.Say("health.content.small", "Kind", kind, "Count", n)
	}
	return words.Say("health.content", "Kind", kind, "Kilobytes", (n+512)/1024)
}

// plain is a text without what would steer a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// unknownTool names those that are called alike.
func unknownTool(server, tool string, tools []Tool) *words.Problem {
	if len(tools) == 0 {
		return words.New(words.ToolUnknown, nil, "Name", server, "Tool", tool, "Known", words.Say("health.notools"))
	}
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.Name
	}
	return words.New(words.ToolUnknown, nil, "Name", server, "Tool", tool, "Known", strings.Join(alike(tool, names), ", "))
}

// alike are the names nearest to want, at most five.
func alike(want string, names []string) []string {
	want = strings.ToLower(want)
	far := map[string]int{}
	for _, n := range names {
		low := strings.ToLower(n)
		if far[n] = distance(want, cut(low, nameLen)); strings.Contains(low, want) || strings.Contains(want, low) {
			far[n] = min(far[n], 1)
		}
	}
	list := slices.Clone(names)
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
	list = list[:min(len(list), 5)]
	near := slices.DeleteFunc(slices.Clone(list), func(n string) bool { return far[n] > max(3, len(want)/2) })
	if len(near) > 0 {
		return near
	}
	return list
}

// distance is how many letters are put in, left out or changed between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = min(before, row[j], row[j+1]) + 1
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
