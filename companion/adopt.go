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
	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// ProposeAdopt computes what taking the user's own entries of a client's file over
// would change, all of them or those with these keys: each becomes a server of the
// library, its keys go to the store, and ours stands in its place. An entry that
// is the same as a server of the library becomes that server's; one that is switched
// off in the client stays so. One that is of no use without its client stays where
// it is: named by its key, that is the EntryStays Problem.
func (c *Companion) ProposeAdopt(_ context.Context, id string, keys ...string) (*Proposal, error) {
	if err := known(id); err != nil {
		return nil, err
	}
	return c.propose(words.Say("reason.adopt", "Client", titleOf(id)), func(lib *servers.Library, p *Proposal) error {
		a, err := c.adoptFrom(lib, p, id, keys)
		if err == nil {
			a.settle(lib, false)
			err = p.adopted()
		}
		return err
	}, scope{also: []string{id}})
}

// adoption is what was taken over from one client: its servers' names.
type adoption struct {
	client  string // id
	on, off []string
}

// adoptFrom makes servers of the client's entries, all or those with these keys.
func (c *Companion) adoptFrom(lib *servers.Library, p *Proposal, id string, keys []string) (adoption, error) {
	a := adoption{client: id}
	entries, err := c.usersEntries(lib, id)
	if err != nil {
		return a, err
	}
	for _, key := range keys {
		if !slices.ContainsFunc(entries, func(e clients.Entry) bool { return e.Key == key }) {
			return a, words.New(words.ServerUnknown, nil, "Name", key)
		}
	}
	if p.adopt == nil {
		p.adopt = map[string]map[string]clients.Entry{}
	}
	p.adopt[id] = map[string]clients.Entry{}
	for _, e := range entries {
		chosen := slices.Contains(keys, e.Key)
		if len(keys) > 0 && !chosen {
			continue
		}
		t := imports.Take(e.Key, e.Raw, c.system.Home)
		if t.Stays != "" {
			if chosen {
				return a, words.New(words.EntryStays, nil, "Name", e.Key, "Client", titleOf(id), "Reason", staysWords(t.Stays, id))
			}
			continue
		}
		name, err := c.adoptOne(lib, p, id, t)
		if err != nil {
			return a, err
		}
		p.adopt[id][lib.Servers[name].ID] = e
		if e.Off {
			a.off = append(a.off, name)
		} else {
			a.on = append(a.on, name)
		}
	}
	return a, nil
}

// adopted counts what p takes over, and is the ImportNothing Problem where that is
// nothing.
func (p *Proposal) adopted() error {
	// What has no value is not stored: the key is then known to be missing.
	maps.DeleteFunc(p.secrets, func(_ string, s secrets.Secret) bool { return s.IsEmpty() })
	all := map[string]bool{}
	for _, entries := range p.adopt {
		for id := range entries {
			all[id] = true
		}
	}
	p.Servers, p.Keys = len(all), len(p.secrets)
	if p.Servers == 0 {
		return words.New(words.ImportNothing, nil)
	}
	return nil
}

// staysWords says why an entry stays where it is; "" where it need not.
func staysWords(why imports.Stay, client string) string {
	if why == "" {
		return ""
	}
	return words.Say("stays."+string(why), "Client", titleOf(client))
}

// settle keeps the client in step from now on, with the servers that were taken over
// from it. One that was in step already keeps its set. keep gives a new one the
// servers it had and no others; else it gets the usual set. What was switched off
// stays so.
func (a adoption) settle(lib *servers.Library, keep bool) {
	lc := lib.Client(a.client)
	switch {
	case lc.Managed:
	case keep:
		lc.Managed, lc.Set = true, setFor(lib, titleOf(a.client), a.on)
	default:
		lc.Managed, lc.Set = true, usual(lib)
	}
	if set := lib.Sets[lc.Set]; set != nil {
		for _, name := range a.on {
			if !slices.Contains(set.Servers, name) {
				set.Servers = append(set.Servers, name)
			}
		}
	}
	members, _ := lib.In(lc.Set)
	isOff := func(name string) bool { return slices.Contains(a.off, name) && !slices.Contains(a.on, name) }
	if slices.ContainsFunc(members, isOff) {
		lc.Set = setFor(lib, titleOf(a.client), slices.DeleteFunc(slices.Clone(members), isOff))
	}
}

// setFor is a set of exactly these servers, named after a client: AllServers where
// they are all.
func setFor(lib *servers.Library, title string, names []string) string {
	all := lib.Names()
	if !slices.ContainsFunc(all, func(n string) bool { return !slices.Contains(names, n) }) {
		return AllServers
	}
	name := freeAmong(lib.SetNames(), imports.Name(title))
	lib.Sets[name] = &servers.Set{Servers: append([]string{}, names...)}
	return name
}

// adoptOne makes a server of what an entry of the client's says, or finds the one it
// is. Two entries of one client are two servers, also where they say the same: each
// has its own place in the file.
func (c *Companion) adoptOne(lib *servers.Library, p *Proposal, client string, t imports.Taken) (string, error) {
	has := map[string]bool{}
	for id := range p.adopt[client] {
		has[id] = true
	}
	if lc := lib.Clients[client]; lc != nil {
		for _, e := range lc.Entries {
			has[e.Server] = true
		}
	}
	for _, name := range lib.Names() {
		if s := lib.Servers[name]; !has[s.ID] {
			if same, _ := c.isSame(lib, p, s, t); same { // what can't be compared is one of its own
				return name, nil
			}
		}
	}
	ids := map[string]string{}
	for _, k := range t.Keys {
		id := files.NewID()
		ids[k.ID], lib.Secrets[id], p.secrets[id] = id, &servers.Label{Label: k.Name}, secrets.New(k.Value)
		p.shown = append(p.shown, k.Value)
	}
	d := Draft{Name: freeName(lib, t.Name), Server: catalog.Relabel(t.Server, func(id string) string { return ids[id] })}
	return d.Name, putServer(lib, p, d)
}

// isSame reports whether an entry says the same as a server, its keys included. The
// error is a Problem of the store.
func (c *Companion) isSame(lib *servers.Library, p *Proposal, s *servers.Server, t imports.Taken) (same bool, err error) {
	if !alike(s, &t.Server, func(string, string) bool { return true }) {
		return false, nil // without asking for a key
	}
	ctx, cancel := context.WithTimeout(context.Background(), secretLimit)
	defer cancel()
	value := func(id string) string {
		if v, ok := p.secrets[id]; ok {
			return v.Reveal()
		}
		v, failed := c.store().Get(ctx, secrets.Ref{Library: lib.ID, ID: id})
		if failed != nil && !errors.Is(failed, secrets.ErrNotFound) {
			err = secrets.Problem(failed)
			return "\x00" // unknown is the same as nothing
		}
		return v.Reveal()
	}
	same = alike(s, &t.Server, func(have, said string) bool { return servers.Expand(have, value) == servers.Expand(said, t.Value) })
	return same, err
}

// alike compares what two servers start; equal compares those of their values in
// which keys may stand.
func alike(a, b *servers.Server, equal func(x, y string) bool) bool {
	return a.Command == b.Command && a.Cwd == b.Cwd && a.IsRemote() == b.IsRemote() &&
		slices.EqualFunc(a.Args, b.Args, equal) && equal(a.URL, b.URL) &&
		maps.EqualFunc(a.Env, b.Env, equal) && maps.EqualFunc(a.Headers, b.Headers, equal)
}

// usersEntries are the entries of a client's files that are its user's own. Its files
// are kept alike: of two with one key, that of the main file counts.
func (c *Companion) usersEntries(lib *servers.Library, id string) ([]clients.Entry, error) {
	client, l := clients.Find(id), c.launcherNow()
	lc := lib.Clients[id]
	if lc == nil {
		lc = &servers.Client{}
	}
	paths := client.Files(c.system, lc.File)
	if len(paths) == 0 {
		return nil, words.New(words.AppMissing, nil, "Client", client.Title)
	}
	var all []clients.Entry
	for _, path := range paths {
		entries, err := client.Entries(path, l, lc.Entries)
		if err != nil {
			return nil, fileProblem(client, path, err)
		}
		for _, e := range entries {
			if e.Kind == clients.Users && !slices.ContainsFunc(all, func(x clients.Entry) bool { return x.Key == e.Key }) {
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// ProposeEject computes what leaving would change: in the files of the named
// clients, or all managed ones, each entry of ours becomes the server's own again,
// with the names of its keys and no values; with keys, with their values in plain
// text. The clients are not kept in step any more; library and store stay. What a
// client can't express stays ours and is listed in the Proposal's words.
func (c *Companion) ProposeEject(ctx context.Context, withKeys bool, ids ...string) (*Proposal, error) {
	return c.propose(words.Say("reason.eject"), func(lib *servers.Library, p *Proposal) error {
		for _, id := range ids {
			if err := known(id); err != nil {
				return err
			}
		}
		how := ejectNames
		if withKeys {
			how = ejectKeys
		}
		if err := c.ejectAll(ctx, lib, p, how); err != nil {
			return err
		}
		for id, lc := range lib.Clients {
			if lc.Managed && (len(ids) == 0 || slices.Contains(ids, id)) {
				lc.Managed = false
				p.only = append(p.only, id)
			}
		}
		return nil
	}, scope{})
}

// ejection is how a client's entries become plain ones.
type ejection string

const (
	notEjected ejection = ""
	ejectNames ejection = "names" // of the keys, without values
	ejectKeys  ejection = "keys"
)

// ejectAll puts into p what each server is without us.
func (c *Companion) ejectAll(ctx context.Context, lib *servers.Library, p *Proposal, how ejection) error {
	p.eject, p.plain = how, map[string]servers.Server{}
	for _, name := range lib.Names() {
		s, values, err := c.plainServer(ctx, lib, *lib.Servers[name], how == ejectKeys)
		if err != nil {
			return err
		}
		p.plain[s.ID] = s
		p.shown = append(p.shown, values...)
	}
	return nil
}

// adopting are the entries that p takes over in the client's file, and those that
// an earlier one was to and that waited for the client's exit: they still have to
// say what their server does. Where that can't be told, for the store doesn't answer,
// they go on waiting.
func (c *Companion) adopting(lib *servers.Library, p *Proposal, id string) (map[string]clients.Entry, error) {
	w, _ := c.waitsFor(id)
	if len(w.Adopt) == 0 {
		return p.adopt[id], nil
	}
	entries, err := c.usersEntries(lib, id)
	if err != nil {
		return nil, err
	}
	all := map[string]clients.Entry{}
	for _, e := range entries {
		t := imports.Take(e.Key, e.Raw, c.system.Home)
		for _, s := range lib.Servers {
			if t.Stays != "" || w.Adopt[s.ID] != e.Key {
				continue
			}
			same, err := c.isSame(lib, p, s, t)
			if err != nil && !c.mustExit(id) {
				return nil, err
			}
			if same {
				all[s.ID] = e
			}
		}
	}
	maps.Copy(all, p.adopt[id])
	return all, nil
}

// plainServer is the server with its keys' values, or without, and these values; a
// key that was never entered has none.
func (c *Companion) plainServer(ctx context.Context, lib *servers.Library, s servers.Server, withKeys bool) (servers.Server, []string, error) {
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	values := map[string]string{}
	for _, id := range s.SecretIDs() {
		if !withKeys {
			continue
		}
		v, err := c.store().Get(limited, secrets.Ref{Library: lib.ID, ID: id})
		if err != nil && !errors.Is(err, secrets.ErrNotFound) {
			return s, nil, secrets.Problem(err)
		}
		values[id] = v.Reveal()
	}
	fill := func(text string) string { return servers.Expand(text, func(id string) string { return values[id] }) }
	s.Env, s.Headers, s.Args = maps.Clone(s.Env), maps.Clone(s.Headers), slices.Clone(s.Args)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for k, v := range m {
			if full := fill(v); full != v {
				m[k] = strings.TrimSpace(full) // "Bearer " without its key
			}
		}
	}
	for i, a := range s.Args {
		s.Args[i] = fill(a)
	}
	s.URL = fill(s.URL)
	return s, slices.Collect(maps.Values(values)), nil
}

// maskValues takes the keys' values out of a difference that is shown, whatever
// their variables are called.
func maskValues(diff string, values []string) string {
	for _, v := range values {
		if v == "" {
			continue
		}
		quoted, err := json.Marshal(v)
		if err != nil {
			continue
		}
		diff = strings.ReplaceAll(diff, v, configs.MaskValue(v))
		diff = strings.ReplaceAll(diff, string(quoted[1:len(quoted)-1]), configs.MaskValue(v))
	}
	return diff
}
