package commands

import (
	"context"
	"fmt"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"
)

func sets(ctx context.Context, e *Env, args []string) error {
	asJSON, err := onlyJSON(args)
	if err != nil {
		return err
	}
	s := e.State(ctx)
	if s.Problem != nil && s.Servers == nil {
		return s.Problem
	}
	type row struct {
		Name    string   `json:"name"`
		Icon    string   `json:"icon,omitempty"`
		Servers []string `json:"servers"`
		Current bool     `json:"current"`
	}
	rows, text := []row{}, [][]string{}
	for _, v := range s.Sets {
		rows = append(rows, row{v.Name, v.Icon, append([]string{}, v.Servers...), v.Current})
		text = append(text, []string{mark(v.Current) + v.Name, strings.Join(v.Servers, ", ")})
	}
	if asJSON {
		return printJSON(e.Out, map[string]any{"sets": rows})
	}
	text = append(text, []string{mark(s.Set == companion.AllServers) + words.Say("cmd.all")})
	return columns(e.Out, text)
}

func mark(on bool) string {
	if on {
		return "* "
	}
	return "  "
}

func use(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	client := f.String("client", "", "")
	all := f.Bool("all", false, "")
	rest, _, err := parse(f, args)
	if err != nil {
		return err
	}
	if *all {
		rest = append(rest, companion.AllServers)
	}
	if err := exactly(rest, 1, 1); err != nil {
		return err
	}
	unusual, err := e.Unusual(ctx, rest[0])
	if err != nil {
		return err
	}
	for _, u := range unusual { // it is said, not asked: it can be taken back
		fmt.Fprintln(e.Err, u.Text)
	}
	return e.act(ctx, func() (*companion.Proposal, error) { return e.ProposeUse(ctx, rest[0], *client) })
}

func set(ctx context.Context, e *Env, args []string) error {
	if err := exactly(args, 2, -1); err != nil {
		return err
	}
	what, name, members := args[0], args[1], args[2:]
	c := e.LibraryOnly()
	switch what {
	case "export":
		return exportSet(ctx, e, name, members)
	case "import":
		return importSet(ctx, e, args[1:])
	case "add":
		return e.act(ctx, func() (*companion.Proposal, error) {
			return c.ProposeSet(ctx, companion.SetDraft{Name: name, Servers: members})
		})
	case "edit":
		d := companion.SetDraft{Was: name, Name: name, Servers: members}
		for _, s := range e.State(ctx).Sets {
			if s.Name == name {
				d.Icon = s.Icon
			}
		}
		return e.act(ctx, func() (*companion.Proposal, error) { return c.ProposeSet(ctx, d) })
	case "remove":
		if err := exactly(members, 0, 0); err != nil {
			return err
		}
		return e.act(ctx, func() (*companion.Proposal, error) { return c.ProposeRemoveSet(ctx, name) })
	}
	return usage(words.Say("cmd.many", "Text", what))
}

func history(ctx context.Context, e *Env, args []string) error {
	if len(args) > 0 && args[0] == "scrub" {
		return scrub(ctx, e, args[1:])
	}
	f := newFlags()
	asJSON, client := f.Bool("json", false, ""), f.String("client", "", "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 0, 1)
	}
	if err != nil {
		return err
	}
	if len(rest) == 1 {
		return e.showRecord(ctx, rest[0])
	}
	records, err := e.records(ctx, *client)
	if err != nil {
		return err
	}
	type row struct {
		ID     string   `json:"id"`
		Time   string   `json:"time"`
		Reason string   `json:"reason"`
		Files  []string `json:"files"`
		Undone bool     `json:"undone"`
	}
	rows, text := []row{}, [][]string{}
	for _, r := range records {
		rows = append(rows, row{r.ID, r.Time.Format("2006-01-02T15:04:05Z07:00"), r.Reason, r.Files, r.Undone})
		note := ""
		if r.Undone {
			note = words.Say("cmd.undone")
		}
		text = append(text, []string{r.ID, r.Time.Format("2006-01-02 15:04"), r.Reason, note})
	}
	if *asJSON {
		return printJSON(e.Out, map[string]any{"history": rows})
	}
	return columns(e.Out, text)
}

// showRecord prints what one transaction did to each file.
func (e *Env) showRecord(ctx context.Context, id string) error {
	views, err := e.HistoryDetail(ctx, id)
	for _, v := range views {
		fmt.Fprintln(e.Out, v.Path)
		fmt.Fprint(e.Out, v.Diff)
	}
	return err
}

// records is the history, or the client's part of it.
func (e *Env) records(ctx context.Context, client string) ([]companion.Record, error) {
	if client == "" {
		return e.History(ctx)
	}
	return e.ClientHistory(ctx, client)
}

// scrub destroys records: all of them, or one.
func scrub(ctx context.Context, e *Env, args []string) error {
	if err := exactly(args, 0, 1); err != nil {
		return err
	}
	id := ""
	if len(args) == 1 {
		id = args[0]
	}
	if err := e.Scrub(ctx, id); err != nil {
		return err
	}
	fmt.Fprintln(e.Out, words.Say("cmd.scrubbed"))
	return nil
}

func undo(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	rest, client := f.Bool("rest", false, ""), f.String("client", "", "")
	args, _, err := parse(f, args)
	if err == nil {
		err = exactly(args, 0, 1)
	}
	if err == nil && *client != "" {
		err = exactly(args, 0, 0)
	}
	if err != nil {
		return err
	}
	id := ""
	switch {
	case *client != "":
		last, err := e.LastOf(ctx, *client)
		if err != nil {
			return err
		}
		id = last.ID
	case len(args) == 1:
		id = args[0]
	}
	do := e.Undo
	if *rest {
		do = e.UndoRest
	}
	r, err := do(ctx, id)
	if err != nil {
		return err
	}
	for _, title := range r.Waiting {
		fmt.Fprintln(e.Out, words.Say("cmd.waits", "Client", title))
	}
	fmt.Fprintln(e.Out, words.Say("cmd.tookback"))
	return nil
}
