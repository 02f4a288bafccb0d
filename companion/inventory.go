package companion

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"mcp-companion/clients"
	"mcp-companion/clients/imports"
	"mcp-companion/companion/doctor"
	"mcp-companion/configs"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// Inventory is what the AI apps on this computer hold that could be ours, and what
// of helper programs that needs. It holds no key's value.
type Inventory struct {
	Apps    []AppHolds // the installed ones that have a file of their own, in the table's order
	Known   []string   // titles of all apps we know
	Servers int        // that can be taken over; one that several apps have counts once
	Keys    int        // of these, that move to the store
	Needs   []Need     // Node.js and uv first
}

// Need is a helper program that servers are started with.
type Need = doctor.Need

// AppHolds is what one AI app holds.
type AppHolds struct {
	ID, Title, File string

	Unread  bool           // its file was not looked into: LookInto has it done
	Problem *words.Problem // its file can't be read
	Waits   bool           // it runs, and its file is written after its exit
	// Unverified says that what we know of the app comes from others' reports.
	Unverified bool
	Holds      []Holding // the user's own, in the file's order, then those of other places
}

// Holding is an entry of the user's own.
type Holding struct {
	Key   string // in the app's file
	Title string // of what the catalogue knows it as; "" for what it doesn't
	Runs  string // its command line or address, with keys masked
	Keys  []HeldKey
	Off   bool   // switched off in the app; it stays so
	Also  string // title of an app before this one that has the same server; "" for none
	Stays string // why it can't be taken over, in words; "" where it can
}

// HeldKey is a key in plain text.
type HeldKey struct {
	Name string // of its variable, header or flag
	Mask string // its last four characters; "" where there is none yet
}

// Inventory looks into the AI apps' files. It writes nothing, starts nothing and
// asks no keychain.
func (c *Companion) Inventory(context.Context) (Inventory, error) {
	lib, err := c.Library()
	if err != nil {
		return Inventory{}, err
	}
	inv, seen := Inventory{}, &holdings{home: c.system.Home, first: map[string]string{}, programs: map[string]servers.Server{}}
	for _, client := range clients.All() {
		inv.Known = append(inv.Known, client.Title)
	}
	for _, client := range c.ownFiles(lib) {
		inv.Apps = append(inv.Apps, c.holds(lib, client, seen))
	}
	inv.Servers, inv.Keys = seen.servers, seen.keys
	inv.Needs = doctor.Needs(doctor.This(), seen.programs)
	return inv, nil
}

// ownFiles lists the installed clients, each with a file that no other one before it
// has: where two share one, the first looks after it.
func (c *Companion) ownFiles(lib *servers.Library) []*clients.Client {
	system := c.system.Once()
	had := c.owners(lib, system)
	var list []*clients.Client
	for _, client := range clients.All() {
		if !client.Installed(system) {
			continue
		}
		own := false
		for _, path := range client.Files(system, chosenFile(lib, client.ID)) {
			at := linked(path)
			if had[at] == "" {
				had[at] = client.ID
			}
			own = own || had[at] == client.ID
		}
		if own {
			list = append(list, client)
		}
	}
	return list
}

// holdings are all that were seen so far.
type holdings struct {
	home     string            // of the account
	first    map[string]string // what a server says, to the title of the app that had it first
	programs map[string]servers.Server

	servers, keys int
}

func (c *Companion) holds(lib *servers.Library, client *clients.Client, seen *holdings) AppHolds {
	system := c.system.Once()
	a := AppHolds{ID: client.ID, Title: client.Title, Unverified: client.Unverified, Waits: client.Rewrites && len(client.Running(system)) > 0}
	if paths := client.Files(system, chosenFile(lib, client.ID)); len(paths) > 0 {
		a.File = paths[0]
	}
	lc := lib.Clients[client.ID]
	if a.Unread = (lc == nil || !lc.Managed) && !c.mayLookInto(client.ID); a.Unread {
		return a
	}
	entries, err := c.usersEntries(lib, client.ID)
	if err == nil && client.Locked(system) {
		err = words.New(words.AppLocked, nil, "Client", client.Title)
	}
	if err != nil {
		a.Problem = words.For(err)
		return a
	}
	for _, e := range entries {
		a.Holds = append(a.Holds, seen.add(client, e))
	}
	for _, e := range c.elsewhereStates(client, a.File, nil) {
		a.Holds = append(a.Holds, Holding{Key: e.Key, Stays: e.Words})
	}
	return a
}

// add tells of an entry, and notes it.
func (h *holdings) add(client *clients.Client, e clients.Entry) Holding {
	t := imports.Take(e.Key, e.Raw, h.home)
	x := Holding{Key: e.Key, Off: e.Off}
	if t.Stays != "" {
		x.Stays = staysWords(t.Stays, client.ID)
		return x
	}
	x.Runs = runs(t)
	if m, ok := catalog.Recognise(t.Server); ok && !m.LooksAlike {
		x.Title = m.Offer.Title
	}
	valued := 0
	for _, k := range t.Keys {
		held := HeldKey{Name: k.Name}
		if k.Value != "" {
			held.Mask = configs.MaskValue(k.Value)
			valued++
		}
		x.Keys = append(x.Keys, held)
	}
	said := saying(t)
	if title, ok := h.first[said]; ok && title != client.Title { // twice in one app it is two
		x.Also = title
		return x
	}
	h.first[said] = client.Title
	h.servers++
	h.keys += valued
	h.programs[freeAmong(slices.Sorted(maps.Keys(h.programs)), e.Key)] = t.Server
	return x
}

// runs is what a server is started with, with its keys masked.
func runs(t imports.Taken) string {
	text := t.Server.URL
	if !t.Server.IsRemote() {
		text = strings.Join(append([]string{t.Server.Command}, t.Server.Args...), " ")
	}
	return configs.Mask(servers.Expand(text, func(id string) string { return configs.MaskValue(t.Value(id)) }))
}

// saying is all that a server says, its keys included: never to be shown or kept.
func saying(t imports.Taken) string {
	s := t.Server
	s.StartTimeout, s.CallTimeout = 0, 0
	b, err := json.Marshal(s)
	if err != nil {
		return t.Name
	}
	return servers.Expand(string(b), t.Value)
}

// TakeOver is what is to be taken over from AI apps.
type TakeOver struct {
	Entries map[string][]string // the entries' keys, by the app's id; no key means none of the app's
	// Everywhere gives every one of these apps the servers of all; else each keeps the
	// ones it has.
	Everywhere bool
}

// ProposeTakeOver computes what taking these entries over would change, in all apps
// at once: one transaction, which one Undo takes back. Where keys are to move and
// there is no store to move them to, that is the error, and nothing was written.
func (c *Companion) ProposeTakeOver(ctx context.Context, t TakeOver) (*Proposal, error) {
	var ids []string
	for _, client := range clients.All() {
		if len(t.Entries[client.ID]) > 0 {
			ids = append(ids, client.ID)
		}
	}
	if len(ids) == 0 {
		return nil, words.New(words.ImportNothing, nil)
	}
	return c.propose("", func(lib *servers.Library, p *Proposal) error {
		var all []adoption
		for _, id := range ids {
			a, err := c.adoptFrom(lib, p, id, t.Entries[id])
			if err != nil {
				return err
			}
			all = append(all, a)
		}
		for _, a := range all { // now that the library has all of them
			a.settle(lib, !t.Everywhere)
		}
		if err := p.adopted(); err != nil {
			return err
		}
		p.Reason = words.Say("reason.take", "Count", p.Servers)
		if p.Keys == 0 {
			return nil
		}
		return c.storeAnswers(ctx, lib)
	}, scope{also: ids})
}

// Everything is all that the inventory could take over.
func (v Inventory) Everything() TakeOver {
	t := TakeOver{Entries: map[string][]string{}}
	for _, a := range v.Apps {
		for _, h := range a.Holds {
			if h.Stays == "" {
				t.Entries[a.ID] = append(t.Entries[a.ID], h.Key)
			}
		}
	}
	return t
}

// storeAnswers is the Problem of a store that can't be reached. The keychain may ask
// its user.
func (c *Companion) storeAnswers(ctx context.Context, lib *servers.Library) error {
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	_, err := c.store().Get(limited, c.history(lib).Key)
	if err == nil || errors.Is(err, secrets.ErrNotFound) {
		return nil
	}
	return secrets.Problem(err)
}
