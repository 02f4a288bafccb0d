package commands

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// exportSet prints the set's file, or writes it where it is named.
func exportSet(ctx context.Context, e *Env, name string, rest []string) error {
	if err := exactly(rest, 0, 1); err != nil {
		return err
	}
	s, err := e.ShareSet(ctx, name)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		_, err = io.WriteString(e.Out, s.Text)
	} else {
		err = e.WriteShared(rest[0], s, false)
	}
	if err != nil {
		return err
	}
	for _, about := range []struct {
		id    string
		names []string
	}{{"cmd.set.keys", s.Keys}, {"cmd.set.paths", s.Paths}, {"cmd.set.local", s.Local}} {
		if len(about.names) > 0 {
			fmt.Fprintln(e.Err, words.Say(about.id, "Names", strings.Join(about.names, ", ")))
		}
	}
	return nil
}

// importSet shows what the set of a file brings, and adds it: on a terminal after a
// yes, for its programs are somebody else's choice. A server that is there takes the place of the
// file's.
func importSet(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	as := f.String("as", "", "")
	dry := f.Bool("dry-run", false, "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 1, 1)
	}
	if err != nil {
		return err
	}
	in, err := e.ReadSet(ctx, rest[0])
	if err != nil {
		return err
	}
	d := companion.SetImportDraft{Import: in, Name: in.Name, Icon: in.Icon, Use: map[string]bool{}}
	if *as != "" {
		d.Name = *as
	}
	for _, m := range in.Members {
		d.Use[m.Name] = m.Have != ""
		if m.Have != "" {
			fmt.Fprintln(e.Out, words.Say("cmd.set.has", "Name", m.Have))
		} else {
			fmt.Fprintln(e.Out, words.Say("cmd.set.adds", "Name", m.Name, "Program", plain(m.Program)))
		}
	}
	if *dry || newAsker(e).isTerminal() && !e.yes(ctx, words.Say("cmd.set.ask")) {
		return nil
	}
	if err := e.act(ctx, func() (*companion.Proposal, error) { return e.LibraryOnly().ProposeSetImport(ctx, d) }); err != nil {
		return err
	}
	list, err := e.Unusual(ctx, d.Name)
	for _, u := range list {
		fmt.Fprintln(e.Out, u.Text)
	}
	return err
}

// plain is somebody else's text without what a terminal would obey.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) { // Cf turns the direction of writing, or is not seen
			return '\ufffd'
		}
		return r
	}, text)
}
