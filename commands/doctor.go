package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// doctor looks for what is wrong, in everything or with one server, and mends with
// --fix what can be mended without a choice.
func doctor(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	asJSON, fix, report := f.Bool("json", false, ""), f.Bool("fix", false, ""), f.Bool("report", false, "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 0, 1)
	}
	if err != nil {
		return err
	}
	c := *e
	c.Companion = e.Closely() // every app's file is looked at
	switch {
	case *report:
		text, err := c.Report(ctx)
		fmt.Fprint(e.Out, text)
		return err
	case len(rest) == 1:
		return c.printChecklist(ctx, rest[0], *asJSON)
	}
	list, err := c.Troubles(ctx)
	if err != nil {
		return err
	}
	if *fix {
		if err := c.mend(ctx, list); err != nil {
			return err
		}
		if list, err = c.Troubles(ctx); err != nil {
			return err
		}
	}
	return c.printTroubles(list, *asJSON)
}

// mend does what is safe.
func (e *Env) mend(ctx context.Context, list []companion.Trouble) error {
	edits, deeds := companion.SafeMends(list)
	if len(edits)+len(deeds) == 0 {
		fmt.Fprintln(e.Out, words.Say("cmd.doctor.nofix"))
		return nil
	}
	for _, m := range slices.Concat(edits, deeds) {
		fmt.Fprintln(e.Out, words.Say("cmd.doctor.mends", "What", m.Label))
	}
	var errs []error
	if len(edits) > 0 {
		errs = append(errs, e.act(ctx, func() (*companion.Proposal, error) { return e.ProposeMend(ctx, edits...) }))
		var names []string
		for _, t := range list {
			if t.Server != "" && t.Status == companion.Failing && len(t.Mends) > 0 && t.Mends[0].Safe {
				names = append(names, t.Server)
			}
		}
		if len(names) > 0 {
			errs = append(errs, e.Check(ctx, slices.Compact(names)...))
		}
	}
	for _, m := range deeds {
		errs = append(errs, e.Mend(ctx, m))
	}
	return errors.Join(errs...)
}

func (e *Env) printTroubles(list []companion.Trouble, asJSON bool) error {
	type fix struct {
		ID    string `json:"id"`
		Label string `json:"label"`
		Do    string `json:"do,omitempty"`
		Arg   string `json:"arg,omitempty"`
		Safe  bool   `json:"safe"`
	}
	type row struct {
		Code   string `json:"code"`
		Status string `json:"status"`
		Server string `json:"server,omitempty"`
		Client string `json:"client,omitempty"`
		Title  string `json:"title"`
		Detail string `json:"detail,omitempty"`
		Do     string `json:"do,omitempty"`
		Fixes  []fix  `json:"fixes"`
	}
	rows := []row{}
	for _, t := range list {
		r := row{string(t.Problem.Code), t.Status.String(), t.Server, t.Client, t.Problem.Title, t.Problem.Detail, t.Problem.Do, []fix{}}
		for _, m := range t.Mends {
			r.Fixes = append(r.Fixes, fix{m.ID, m.Label, string(m.Do), m.Arg, m.Safe})
		}
		rows = append(rows, r)
	}
	if asJSON {
		if err := printJSON(e.Out, map[string]any{"findings": rows}); err != nil {
			return err
		}
	} else {
		e.printRows(list)
	}
	if len(rows) > 0 {
		return errSilent
	}
	return nil
}

func (e *Env) printRows(list []companion.Trouble) {
	if len(list) == 0 {
		fmt.Fprintln(e.Out, words.Say("cmd.doctor.well"))
		return
	}
	for i, t := range list {
		if i > 0 {
			fmt.Fprintln(e.Out)
		}
		fmt.Fprintf(e.Out, "%s  %s\n", words.Say("status."+t.Status.String()), t.Problem.Title)
		for _, s := range []string{t.Problem.Detail, t.Problem.Do} {
			if s != "" {
				fmt.Fprintln(e.Out, "  "+strings.ReplaceAll(printable(s), "\n", "\n  "))
			}
		}
		for _, m := range t.Mends {
			if line := mendLine(m); line != "" {
				fmt.Fprintln(e.Out, "  - "+line)
			}
		}
	}
	if edits, deeds := companion.SafeMends(list); len(edits)+len(deeds) > 0 {
		fmt.Fprintln(e.Out, "\n"+words.Say("cmd.doctor.fix", "Count", len(edits)+len(deeds)))
	}
}

// mendLine says how a Mend is done from a terminal, "" where it is not.
func mendLine(m companion.Mend) string {
	switch m.Do {
	case companion.Edit, companion.PutBack, companion.Apply:
		if m.Safe {
			return words.Say("cmd.doctor.byfix", "What", m.Label)
		}
		return m.Label
	case companion.OpenURL, companion.ClearDownload:
		return m.Label + ": " + m.Arg
	case companion.CopyText:
		if m.Arg == "" {
			return m.Label + ": mcp-companion doctor --report"
		}
		return m.Label + ": " + m.Arg
	case companion.CheckAgain:
		return m.Label + ": mcp-companion check " + m.Arg
	case companion.ShowLog:
		return m.Label + ": mcp-companion logs " + m.Arg
	case companion.OpenPage:
		return m.Label + ": mcp-companion window " + m.Arg
	case companion.Restart:
		return m.Label + ": mcp-companion apply --client " + m.Arg + " --restart=yes"
	}
	return m.Label
}

func (e *Env) printChecklist(ctx context.Context, name string, asJSON bool) error {
	list, err := e.Checklist(ctx, name)
	if err != nil {
		return err
	}
	type row struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
		Status   string `json:"status"`
	}
	rows, text, bad := []row{}, [][]string{}, false
	for _, r := range list {
		rows = append(rows, row{r.Question, r.Answer, r.Status.String()})
		mark := map[companion.Status]string{companion.Healthy: "+", companion.Failing: "!"}[r.Status]
		if mark == "" {
			mark = "?"
		}
		text = append(text, []string{mark, r.Question, printable(r.Answer)})
		bad = bad || r.Status == companion.Failing
	}
	if asJSON {
		err = printJSON(e.Out, map[string]any{"questions": rows})
	} else {
		err = columns(e.Out, text)
	}
	if err == nil && bad {
		return errSilent
	}
	return err
}
