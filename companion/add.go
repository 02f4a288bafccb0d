package companion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
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
	// Kept are keys that the user has already and chose for a field, by field: ids of
	// the library's. Values can't refer to one.
	Kept map[string]string
	Sets []string // the sets it shall be in
	Apps []string // ids of AI apps that are kept in step from now on
	// Examples says that a required value which is missing stands as its example, to
	// be put right later. Otherwise it is a Problem.
	Examples bool
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

// ProposeOffer computes what adding the server that d is would change. A required
// key that has no value yet is missing until it is entered. A bundle's program is
// unpacked by Apply, before anything names it. Bad input is a Problem; nothing is
// lost from d.
func (c *Companion) ProposeOffer(_ context.Context, d OfferDraft) (*Proposal, error) {
	return c.propose(words.Say("reason.add", "Name", d.Name), func(lib *servers.Library, p *Proposal) error {
		return c.putOffer(lib, p, d)
	}, scope{})
}

// ProposeOffers is ProposeOffer for several at once: all are added, or none. One
// whose name is taken gets another, in drafts as well: "files" becomes "files-2".
func (c *Companion) ProposeOffers(_ context.Context, drafts []OfferDraft) (*Proposal, error) {
	return c.propose("", func(lib *servers.Library, p *Proposal) error { return c.putOffers(lib, p, drafts) }, scope{})
}

// putOffers puts them all into the library, under the names that drafts have then.
func (c *Companion) putOffers(lib *servers.Library, p *Proposal, drafts []OfferDraft) error {
	var names []string
	for i := range drafts {
		drafts[i].Name = freeName(lib, drafts[i].Name)
		if err := c.putOffer(lib, p, drafts[i]); err != nil {
			return err
		}
		names = append(names, drafts[i].Name)
	}
	p.Reason = words.Say("reason.import", "Names", strings.Join(names, ", "))
	return nil
}

// putOffer puts the server that d is into the library, its keys into p.
func (c *Companion) putOffer(lib *servers.Library, p *Proposal, d OfferDraft) error {
	if err := c.manage(lib, d.Apps); err != nil {
		return err
	}
	option := d.Offer.Option(d.Option)
	if option == nil {
		return fmt.Errorf("the offer has no option %q", d.Option)
	}
	values, err := chosenValues(lib, option, d)
	if err != nil {
		return err
	}
	s, typed, waiting, err := d.build(c.system.OS, option, values)
	if err != nil {
		return err
	}
	ids, err := newIDs(s, d, slices.Concat(slices.Sorted(maps.Keys(typed)), waiting))
	if err != nil {
		return err
	}
	draft := Draft{Name: d.Name, Server: catalog.Relabel(s, func(id string) string { return cmp.Or(ids[id], id) }), Sets: d.Sets}
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
		if value, ok := typed[field]; ok { // else the key is known to be missing
			// "Bearer ${secret:x}" keeps its word, whether or not it was typed again.
			p.secrets[id] = NewSecret(strings.TrimSuffix(strings.TrimPrefix(value, before), after))
		}
	}
	if b := d.Offer.Bundle; b != nil && !usesFolder(lib, d.Name, b.Folder) {
		p.bundles = append(p.bundles, b)
	}
	return nil
}

// build is the server that d is, the values of its keys by field, and the keys that
// are missing yet.
func (d OfferDraft) build(os string, option *catalog.Option, values Values) (s servers.Server, typed map[string]string, waiting []string, err error) {
	s, typed, waiting, err = option.BuildWaiting(os, values)
	if !d.Examples || !words.Has(err, words.ValueMissing) {
		return s, typed, waiting, err
	}
	missing := err
	if s, typed, err = option.Sketch(os, values); err == nil && s.Check() != nil {
		err = missing // as an address an example doesn't do
	}
	waiting, _ = option.Missing(values)
	return s, typed, waiting, err
}

// chosenValues are d's values, with references to the keys that were chosen for it.
func chosenValues(lib *servers.Library, option *catalog.Option, d OfferDraft) (Values, error) {
	if err := noReferences(option, d.Values); err != nil {
		return nil, err
	}
	values := maps.Clone(d.Values)
	for field, id := range d.Kept {
		if lib.Secrets[id] == nil {
			return nil, words.New(words.KeyUnknown, nil, "Key", id)
		}
		if values == nil {
			values = Values{}
		}
		values[field] = []string{servers.SecretRef(id)}
	}
	return values, nil
}

// newIDs gives every secret field of s the id under which it is kept. All that s
// refers to is one of them, or was chosen in d.
func newIDs(s servers.Server, d OfferDraft, fields []string) (map[string]string, error) {
	ids := map[string]string{}
	for _, field := range fields {
		ids[field] = files.NewID()
	}
	chosen := slices.Collect(maps.Values(d.Kept))
	for _, id := range s.SecretIDs() {
		if ids[id] == "" && !slices.Contains(chosen, id) {
			return nil, errors.New("a value refers to a key of another server")
		}
	}
	for field := range ids { // one of the sign-in's own, or of what was left out
		if !slices.Contains(s.SecretIDs(), field) {
			delete(ids, field)
		}
	}
	return ids, nil
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

// unpack puts the files of p's bundles where their servers expect them, or none.
func (p *Proposal) unpack() error {
	for i, b := range p.bundles {
		if err := imports.Unpack(b); err != nil {
			for _, done := range p.bundles[:i] {
				_ = os.RemoveAll(done.Folder)
			}
			return err
		}
	}
	return nil
}

// Line is a command line taken apart.
type Line = imports.Line

// SplitLine splits a pasted line as a terminal would, without running anything. ok
// is false where a quote isn't closed, and where nothing is left to run.
func SplitLine(text string) (l Line, ok bool) { return imports.SplitLine(text) }
