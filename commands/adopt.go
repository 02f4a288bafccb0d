package commands

import (
	"context"
	"fmt"

	"mcp-companion/companion"
	"mcp-companion/words"
)

func adopt(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	client := f.String("client", "", "")
	dry := f.Bool("dry-run", false, "")
	keys, _, err := parse(f, args)
	if err != nil {
		return err
	}
	if *client == "" {
		return usage(words.Say("cmd.few"))
	}
	return e.actOrShow(ctx, *dry, func() (*companion.Proposal, error) { return e.ProposeAdopt(ctx, *client, keys...) })
}

func eject(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	var ids many
	f.Var(&ids, "client", "")
	withKeys := f.Bool("with-keys", false, "")
	dry := f.Bool("dry-run", false, "")
	rest, _, err := parse(f, args)
	if err == nil {
		err = exactly(rest, 0, 0)
	}
	if err != nil {
		return err
	}
	if *withKeys && !*dry {
		fmt.Fprintln(e.Err, words.Say("cmd.withkeys"))
	}
	return e.actOrShow(ctx, *dry, func() (*companion.Proposal, error) { return e.ProposeEject(ctx, *withKeys, ids...) })
}

// actOrShow is act, or only shows what it would change.
func (e *Env) actOrShow(ctx context.Context, dry bool, propose func() (*companion.Proposal, error)) error {
	if !dry {
		return e.act(ctx, propose)
	}
	p, err := propose()
	if err != nil {
		return err
	}
	for _, v := range p.Files {
		fmt.Fprint(e.Out, v.Diff)
	}
	return nil
}
