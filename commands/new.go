package commands

import (
	"context"
	"fmt"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// newProject begins a server of one's own. One that can't be prepared now is made
// and added all the same: what is missing can be fetched later.
func newProject(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	template := f.String("template", "", "")
	folder := f.String("folder", "", "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 1, 1)
	}
	if err == nil && *template == "" {
		err = usage(words.Say("cmd.few"))
	}
	if err != nil {
		return err
	}
	r := companion.ProjectRequest{Template: *template, Name: rest[0], Folder: *folder}
	if r.Folder == "" {
		r.Folder = companion.ProjectFolder(r.Name)
	}
	p, err := e.NewProject(ctx, r)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Out, words.Say("cmd.new.made", "Folder", p.Folder))
	ready := e.PrepareProject(ctx, p, func(line string) {
		fmt.Fprintln(e.Err, words.Say("cmd.new.preparing", "Line", line))
	}, e.Err)
	kept := context.WithoutCancel(ctx) // an interrupt ends the preparing, not what is already made
	if err := e.act(kept, func() (*companion.Proposal, error) {
		return e.LibraryOnly().ProposeServer(kept, companion.DraftOf(p))
	}); err != nil {
		return err
	}
	if ready == nil {
		fmt.Fprintln(e.Out, words.Say("cmd.new.next", "File", p.Open, "Name", p.Name))
		return nil
	}
	if ctx.Err() == nil {
		tell(e.Err, ready)
	}
	for _, line := range p.Prepare {
		fmt.Fprintln(e.Err, words.Say("cmd.new.later", "Line", strings.Join(line, " "), "Folder", p.Folder, "Name", p.Name))
	}
	return errSilent
}
