package companion

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mcp-companion/clients/imports"
	"mcp-companion/files"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// OfferDraft is an offer as its form holds it.
type OfferDraft struct {
	Name   string
	Offer  catalog.Offer
	Option string // the id of one of its options
	Values Values
	Sets   []string // the sets it shall be in
}

// Values are what was typed, by field, as Option.Build takes them; keys among
// them. They never print themselves.
type Values map[string][]string

// Format writes how many fields have a value, whatever the verb.
func (v Values) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "[%d fields]", len(v)) }

// Offers makes offers of a pasted text of any kind; nothing is fetched. The error
// is a Problem.
func (c *Companion) Offers(text string) ([]catalog.Offer, error) { return imports.Read(text) }

// OffersIn makes offers of a file: a bundle, or what Offers reads. Nothing is
// unpacked before what the offer becomes is applied.
func (c *Companion) OffersIn(path string) ([]catalog.Offer, error) {
	return imports.File(path, c.home.Bundles())
}

// ProposeOffer computes what adding the server that d is would change. A bundle's
// program is unpacked by Apply, before anything names it. Bad input is a Problem;
// nothing is lost from d.
func (c *Companion) ProposeOffer(_ context.Context, d OfferDraft) (*Proposal, error) {
	return c.propose(words.Say("reason.add", "Name", d.Name), func(lib *servers.Library, p *Proposal) error {
		return c.putOffer(lib, p, d)
	}, scope{})
}

// putOffer puts the server that d is into the library, its keys into p.
func (c *Companion) putOffer(lib *servers.Library, p *Proposal, d OfferDraft) error {
	option := d.Offer.Option(d.Option)
	if option == nil {
		return fmt.Errorf("the offer has no option %q", d.Option)
	}
	if err := noReferences(option, d.Values); err != nil {
		return err
	}
	s, typed, err := option.Build(c.system.OS, d.Values)
	if err != nil {
		return err
	}
	ids := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(typed)) {
		ids[field] = files.NewID()
	}
	for _, id := range s.SecretIDs() {
		if ids[id] == "" {
			return errors.New("a value refers to a key of another server")
		}
	}
	draft := Draft{Name: d.Name, Server: catalog.Relabel(s, func(id string) string { return ids[id] }), Sets: d.Sets}
	if id, secret := option.Client(d.Values); id != "" {
		draft.Server.SignIn, draft.ClientSecret = &servers.SignIn{ClientID: id}, NewSecret(secret)
	}
	if err := putServer(lib, p, draft); err != nil {
		return err
	}
	for field, id := range ids {
		variable, before, after := standsIn(draft.Server, id)
		if variable == "" {
			variable = option.Field(field).Label
		}
		lib.Secrets[id] = &servers.Label{Label: variable}
		// "Bearer ${secret:x}" keeps its word, whether or not it was typed again.
		p.secrets[id] = NewSecret(strings.TrimSuffix(strings.TrimPrefix(typed[field], before), after))
	}
	if b := d.Offer.Bundle; b != nil && !usesFolder(lib, d.Name, b.Folder) {
		p.bundle = b
	}
	return nil
}

// noReferences refuses a value that refers to a kept key: what was pasted must not
// reach for another server's, and a new server has none.
func noReferences(p *catalog.Option, values Values) error {
	for id, list := range values {
		for _, v := range list {
			if f := p.Field(id); f != nil && servers.HasSecret(v) {
				return words.New(words.ValueShape, nil, "Field", f.Label, "Example", f.Placeholder)
			}
		}
	}
	return nil
}

// standsIn finds the variable or header that a secret is the value of, and what
// stands around it there; "" where it stands elsewhere.
func standsIn(s servers.Server, id string) (name, before, after string) {
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if before, found, after, ok := servers.CutSecret(m[name]); ok && found == id {
				return name, before, after
			}
		}
	}
	return "", "", ""
}

// usesFolder reports whether a server besides the named one runs from folder: what
// it runs is not replaced under it.
func usesFolder(lib *servers.Library, besides, folder string) bool {
	for name, s := range lib.Servers {
		if name == strings.TrimSpace(besides) {
			continue
		}
		if slices.ContainsFunc(append([]string{s.Command, s.Cwd}, s.Args...), func(text string) bool { return strings.Contains(text, folder) }) {
			return true
		}
	}
	return false
}

// unpack puts the files of p's bundle where its server expects them.
func (p *Proposal) unpack() error {
	if p.bundle == nil {
		return nil
	}
	return imports.Unpack(p.bundle)
}

// Line is a command line taken apart.
type Line = imports.Line

// SplitLine splits a pasted line as a terminal would, without running anything. ok
// is false where a quote isn't closed, and where nothing is left to run.
func SplitLine(text string) (l Line, ok bool) { return imports.SplitLine(text) }
