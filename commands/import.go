package commands

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// maxImport is the longest text import reads, in bytes.
const maxImport = 32 << 20

// importAny adds what a text, a file or an AI app's settings name: all of it, or
// nothing. A text comes on stdin, never as an argument: it may hold a key.
func importAny(ctx context.Context, e *Env, args []string) error {
	if err := exactly(args, 0, 1); err != nil {
		return err
	}
	if len(args) == 1 && args[0] != "-" && !exists(args[0]) {
		return importClient(ctx, e, args[0])
	}
	var offers []catalog.Offer
	err := await(ctx, func() (err error) {
		if len(args) == 1 && args[0] != "-" {
			offers, err = e.OffersIn(args[0])
			return err
		}
		text, err := io.ReadAll(io.LimitReader(e.In, maxImport))
		if err == nil {
			offers, err = e.Offers(string(text))
		}
		return err
	})
	if err != nil {
		return err
	}
	var added []companion.Imported
	if err := e.act(ctx, func() (p *companion.Proposal, err error) {
		p, added, err = e.LibraryOnly().ProposeImport(ctx, offers)
		return p, err
	}); err != nil {
		return err
	}
	for i, a := range added {
		for _, note := range offers[i].Notes {
			fmt.Fprintf(e.Err, "%s: %s\n", a.Name, note)
		}
	}
	for _, a := range added {
		e.sayNeeds(a)
	}
	return nil
}

// sayNeeds tells what is still to be filled in, and the command that does.
func (e *Env) sayNeeds(a companion.Imported) {
	for _, k := range a.Keys {
		fmt.Fprintln(e.Out, plain(words.Say("cmd.keymissing", "Name", a.Name, "Key", quoted(k))))
	}
	if len(a.Values) == 0 {
		return
	}
	line := []string{"mcp-companion", "edit", a.Name}
	flag, values := "--env", a.Server.Env
	if a.Server.IsRemote() {
		flag, values = "--header", a.Server.Headers
	}
	for _, n := range a.Names {
		line = append(line, flag, n+"="+values[n])
	}
	switch {
	case a.Rest && a.Server.IsRemote():
		line = append(line, a.Server.URL)
	case a.Rest:
		line = append(append(line, "--", a.Server.Command), a.Server.Args...)
	}
	for i, text := range line {
		line[i] = quoted(text)
	}
	fmt.Fprintln(e.Out, plain(words.Say("cmd.valuemissing", "Name", a.Name, "Values", strings.Join(a.Values, ", "), "Line", strings.Join(line, " "))))
}

// quoted is text as a shell reads it as one word.
func quoted(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\n\"'`$&|;<>(){}[]*?!#~\\") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// importClient adds a client's own entries, which stay as they are.
func importClient(ctx context.Context, e *Env, id string) error {
	drafts, err := e.ImportClient(id)
	if err != nil {
		return err
	}
	if err := e.act(ctx, func() (*companion.Proposal, error) { return e.LibraryOnly().ProposeServers(ctx, drafts) }); err != nil {
		return err
	}
	for _, d := range drafts {
		keys := d.Env
		if d.Server.IsRemote() {
			keys = d.Headers
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			if keys[k].IsEmpty() {
				fmt.Fprintln(e.Out, words.Say("cmd.keymissing", "Name", d.Name, "Key", k))
			}
		}
	}
	return nil
}

// exists reports whether path is a file; a folder may have a client's name.
func exists(path string) bool {
	i, err := os.Stat(path)
	return err == nil && !i.IsDir()
}
