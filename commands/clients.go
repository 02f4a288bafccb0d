package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"

	"golang.org/x/term"
)

func clients(ctx context.Context, e *Env, args []string) error {
	asJSON, err := onlyJSON(args)
	if err != nil {
		return err
	}
	s := e.Closely().State(ctx)
	if s.Problem != nil && s.Clients == nil {
		return s.Problem
	}
	type row struct {
		ID        string         `json:"id"`
		Title     string         `json:"title"`
		Installed bool           `json:"installed"`
		Running   bool           `json:"running"`
		Managed   bool           `json:"managed"`
		Set       string         `json:"set,omitempty"`
		Files     []string       `json:"files"`
		Entries   map[string]int `json:"entries"`
		Waits     bool           `json:"waits"`
		Problem   string         `json:"problem,omitempty"`
	}
	rows, text := []row{}, [][]string{}
	for _, c := range s.Clients {
		r := row{ID: c.ID, Title: c.Title, Installed: c.Installed, Running: c.Running, Managed: c.Managed, Set: c.Set, Files: []string{}, Entries: map[string]int{}, Waits: c.Restart}
		if c.File != "" {
			r.Files = append([]string{c.File}, c.Others...)
		}
		for _, entry := range c.Entries {
			r.Entries[string(entry.Kind)]++
		}
		if c.Problem != nil {
			r.Problem = c.Problem.Error()
		}
		rows = append(rows, r)
		if c.Installed || c.Managed {
			text = append(text, []string{c.ID, clientWords(c), strconv.Itoa(len(c.Entries)), c.File})
		}
	}
	if asJSON {
		return printJSON(e.Out, map[string]any{"clients": rows})
	}
	if len(text) == 0 {
		fmt.Fprintln(e.Out, words.Say("cmd.noclients"))
		return nil
	}
	return columns(e.Out, text)
}

func clientWords(c companion.ClientState) string {
	switch {
	case c.Problem != nil:
		return c.Problem.Title
	case c.Restart:
		return words.Say("cmd.client.waits")
	case c.Managed && c.Running:
		return words.Say("cmd.client.managedrunning")
	case c.Managed:
		return words.Say("cmd.client.managed")
	case c.Running:
		return words.Say("cmd.client.running")
	}
	return words.Say("cmd.client.found")
}

func apply(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	var ids, projects many
	f.Var(&ids, "client", "")
	f.Var(&projects, "project", "")
	dry := f.Bool("dry-run", false, "")
	wait := f.Bool("wait", false, "")
	restart := f.String("restart", "later", "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 0, 0)
	}
	if err == nil {
		ids, err = inProjects(ids, projects)
	}
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"ask", "yes", "no", "later"}, *restart) {
		return usage(words.Say("cmd.many", "Text", "--restart="+*restart))
	}
	propose := func() (*companion.Proposal, error) { return e.ProposeApply(ctx, ids...) }
	if *dry {
		return e.actOrShow(ctx, true, propose)
	}
	p, err := propose()
	if err != nil {
		return err
	}
	if len(p.Waiting) > 0 && *restart == "no" {
		return words.New(words.AppRunning, nil, "Client", strings.Join(p.Waiting, ", "))
	}
	p, r, err := e.Do(ctx, propose)
	if err != nil {
		return err
	}
	e.say(p, r)
	return e.finish(ctx, r, *restart, *wait)
}

// inProjects makes of the clients those in the projects, where there are any;
// Claude Code where no client is named.
func inProjects(ids, projects []string) ([]string, error) {
	if len(projects) == 0 {
		return ids, nil
	}
	if len(ids) == 0 {
		ids = []string{"claude-code"}
	}
	var list []string
	for _, dir := range projects {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			list = append(list, id+":"+dir)
		}
	}
	return list, nil
}

// finish restarts the clients whose exit is waited for, or waits for it, and then
// for the second look at what they made of it, which a tray takes by itself.
func (e *Env) finish(ctx context.Context, r companion.Result, restart string, wait bool) error {
	if len(r.Waiting) > 0 && (restart == "yes" || restart == "ask" && e.yes(ctx, words.Say("cmd.restart", "Client", strings.Join(r.Waiting, ", ")))) {
		var errs []error
		for _, w := range e.State(ctx).Pending {
			errs = append(errs, e.Restart(ctx, w.Client))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	} else if len(r.Waiting) > 0 && (wait || restart == "ask" && !e.HasResident() && e.yes(ctx, words.Say("cmd.wait", "Client", strings.Join(r.Waiting, ", ")))) {
		fmt.Fprintln(e.Err, words.Say("cmd.waiting", "Client", strings.Join(r.Waiting, ", ")))
		if err := e.WaitForClients(ctx); err != nil {
			return err
		}
		fmt.Fprintln(e.Out, words.Say("cmd.written"))
	}
	if e.HasResident() || !wait && restart != "yes" {
		return nil
	}
	return e.secondLook(ctx)
}

// secondLook waits until the clients have settled after their start, and tells
// what they dropped.
func (e *Env) secondLook(ctx context.Context) error {
	due := e.LooksDue()
	if len(due) == 0 {
		return nil
	}
	fmt.Fprintln(e.Err, words.Say("cmd.looking", "Client", strings.Join(due, ", ")))
	if err := e.WaitForLooks(ctx); err != nil {
		return err
	}
	for _, c := range e.State(ctx).Clients {
		if len(c.Vanished) > 0 {
			return words.New(words.Undone, nil, "Client", c.Title, "ID", c.ID, "Names", strings.Join(c.Vanished, ", "))
		}
	}
	fmt.Fprintln(e.Out, words.Say("cmd.looked", "Client", strings.Join(due, ", ")))
	return nil
}

// yes asks a question on a terminal; elsewhere the answer is no.
func (e *Env) yes(ctx context.Context, question string) bool {
	if !term.IsTerminal(int(e.In.Fd())) {
		return false
	}
	fmt.Fprint(e.Err, question+" [y/N] ")
	line := ""
	err := await(ctx, func() (err error) {
		line, err = bufio.NewReader(e.In).ReadString('\n')
		return err
	})
	return err == nil && strings.EqualFold(strings.TrimSpace(line), "y")
}
