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
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// ProposeAdopt computes what taking the user's own entries of a client's file over
// would change, all of them or those with these keys: each becomes a server of the
// library, its keys go to the store, and ours stands in its place. An entry that
// is the same as a server of the library becomes that server's.
func (c *Companion) ProposeAdopt(_ context.Context, id string, keys ...string) (*Proposal, error) {
	if err := known(id); err != nil {
		return nil, err
	}
	return c.propose(words.Say("reason.adopt", "Client", titleOf(id)), func(lib *servers.Library, p *Proposal) error {
		entries, err := c.usersEntries(lib, id)
		if err != nil {
			return err
		}
		p.adopt = map[string]map[string]clients.Entry{id: {}}
		lc := lib.Client(id)
		if !lc.Managed {
			lc.Managed, lc.Set = true, usual(lib)
		}
		for _, key := range keys {
			if !slices.ContainsFunc(entries, func(e clients.Entry) bool { return e.Key == key }) {
				return words.New(words.ServerUnknown, nil, "Name", key)
			}
		}
		for _, e := range entries {
			f, ok := imports.Entry(e.Key, e.Raw)
			if !ok || len(keys) > 0 && !slices.Contains(keys, e.Key) {
				continue
			}
			name, err := c.adoptOne(lib, p, f)
			if err != nil {
				return err
			}
			if set := lib.Sets[lc.Set]; set != nil && !slices.Contains(set.Servers, name) {
				set.Servers = append(set.Servers, name)
			}
			p.adopt[id][lib.Servers[name].ID] = e
		}
		if len(p.adopt[id]) == 0 {
			return words.New(words.ImportNothing, nil)
		}
		return nil
	}, scope{also: []string{id}})
}

// adoptOne makes a server of what an entry says, or finds the one it is.
func (c *Companion) adoptOne(lib *servers.Library, p *Proposal, f imports.Found) (string, error) {
	for _, name := range lib.Names() {
		if c.isSame(lib, p, lib.Servers[name], f) {
			return name, nil
		}
	}
	d := draftsOf([]imports.Found{f})[0]
	d.Name = freeName(lib, d.Name)
	if err := putServer(lib, p, d); err != nil {
		return "", err
	}
	maps.DeleteFunc(p.secrets, func(_ string, s secrets.Secret) bool { return s.IsEmpty() })
	return d.Name, nil
}

// isSame reports whether an entry says the same as a server, its keys included.
func (c *Companion) isSame(lib *servers.Library, p *Proposal, s *servers.Server, f imports.Found) bool {
	if s.Command != f.Server.Command || !slices.Equal(s.Args, f.Server.Args) || s.URL != f.Server.URL || s.Cwd != f.Server.Cwd {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), secretLimit)
	defer cancel()
	value := func(id string) string {
		if v, ok := p.secrets[id]; ok {
			return v.Reveal()
		}
		v, err := c.store().Get(ctx, secrets.Ref{Library: lib.ID, ID: id})
		if err != nil {
			return "\x00" // unknown is the same as nothing
		}
		return v.Reveal()
	}
	same := func(have map[string]string, plain, keys map[string]string) bool {
		if len(have) != len(plain)+len(keys) {
			return false
		}
		for k, v := range have {
			want, ok := plain[k]
			if !ok {
				want, ok = keys[k]
			}
			if !ok || servers.Expand(v, value) != want {
				return false
			}
		}
		return true
	}
	return same(s.Env, f.Server.Env, f.Env) && same(s.Headers, f.Server.Headers, f.Headers)
}

// usersEntries are the entries of a client's main file that are its user's own.
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
	entries, err := client.Entries(paths[0], l, lc.Entries)
	if err != nil {
		return nil, fileProblem(client, paths[0], err)
	}
	return slices.DeleteFunc(entries, func(e clients.Entry) bool { return e.Kind != clients.Users }), nil
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
// say what their server does.
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
		f, ok := imports.Entry(e.Key, e.Raw)
		for _, s := range lib.Servers {
			if ok && w.Adopt[s.ID] == e.Key && c.isSame(lib, p, s, f) {
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
