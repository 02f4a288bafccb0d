package commands

import (
	"context"
	"fmt"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// adopt takes over what AI apps have: of one app all entries or some, of all apps
// everything that can be.
func adopt(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	client := f.String("client", "", "")
	dry := f.Bool("dry-run", false, "")
	everywhere := f.Bool("everywhere", false, "")
	list := f.Bool("list", false, "")
	asJSON := f.Bool("json", false, "")
	keys, _, err := parse(f, args)
	switch {
	case err != nil:
		return err
	case *list || *asJSON:
		if err := exactly(keys, 0, 0); err != nil {
			return err
		}
		return holds(ctx, e, *client, *asJSON)
	case *client == "" && len(keys) > 0:
		return usage(words.Say("cmd.few"))
	case *client != "":
		return e.actOrShow(ctx, *dry, func() (*companion.Proposal, error) { return e.ProposeAdopt(ctx, *client, keys...) })
	}
	return e.actOrShow(ctx, *dry, func() (*companion.Proposal, error) {
		inv, err := e.Inventory(ctx)
		if err != nil {
			return nil, err
		}
		t := inv.Everything()
		t.Everywhere = *everywhere
		return e.ProposeTakeOver(ctx, t)
	})
}

// heldEntry is an entry in --json.
type heldEntry struct {
	Client string    `json:"client"`
	Entry  string    `json:"entry"`
	Runs   string    `json:"runs,omitempty"`
	Keys   []heldKey `json:"keys,omitempty"`
	Off    bool      `json:"off,omitempty"`
	Same   string    `json:"sameAs,omitempty"`
	Stays  string    `json:"stays,omitempty"`
}

type heldKey struct {
	Name   string `json:"name"`
	Masked string `json:"masked,omitempty"`
}

// holds lists what the AI apps have, or one of them.
func holds(ctx context.Context, e *Env, client string, asJSON bool) error {
	inv, err := e.Inventory(ctx)
	if err != nil {
		return err
	}
	found, rows := []heldEntry{}, [][]string{}
	for _, a := range inv.Apps {
		if client != "" && a.ID != client {
			continue
		}
		if a.Problem != nil {
			tell(e.Err, a.Problem)
		}
		for _, h := range a.Holds {
			one := heldEntry{Client: a.ID, Entry: h.Key, Runs: h.Runs, Off: h.Off, Same: h.Also, Stays: h.Stays}
			said := []string{a.ID, h.Key, h.Stays}
			for _, k := range h.Keys {
				one.Keys = append(one.Keys, heldKey{k.Name, k.Mask})
				said[2] += k.Name + " " + k.Mask + " "
			}
			found, rows = append(found, one), append(rows, said)
		}
	}
	if asJSON {
		return printJSON(e.Out, map[string]any{"entries": found})
	}
	return columns(e.Out, rows)
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
