package companion

import (
	"context"
	"maps"
	"slices"
	"strings"

	"mcp-companion/clients"
	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Draft is a server as a form holds it.
type Draft struct {
	Was    string // the name it has now; "" for a new one
	Name   string
	Server servers.Server // a kept secret stands in Env or Headers as ${secret:ID}
	// Env and Headers hold the values newly typed for secret variables and
	// headers, by name. They go to the store, never into a file.
	Env, Headers map[string]Secret
	ClientSecret Secret   // newly typed, of Server.SignIn
	Sets         []string // the sets it shall be in
	Apps         []string // ids of AI apps that are kept in step from now on
}

// SetDraft is a set as a form holds it.
type SetDraft struct {
	Was     string // the name it has now; "" for a new one
	Name    string
	Icon    string
	Servers []string
	// Accounts are the accounts to use in the set, by server; a server that is not
	// in it keeps what it has.
	Accounts map[string]string
}

// ProposeServer computes what saving d would change. Bad input is a Problem;
// nothing is lost from d.
func (c *Companion) ProposeServer(_ context.Context, d Draft) (*Proposal, error) {
	reason := words.Say("reason.add", "Name", d.Name)
	if d.Was != "" {
		reason = words.Say("reason.edit", "Name", d.Name)
	}
	return c.propose(reason, func(lib *servers.Library, p *Proposal) error {
		if err := c.manage(lib, d.Apps); err != nil {
			return err
		}
		return putServer(lib, p, d)
	}, scope{})
}

// putServer puts d into the library.
func putServer(lib *servers.Library, p *Proposal, d Draft) error {
	d.Name = strings.TrimSpace(d.Name)
	if d.Was != d.Name {
		if err := servers.CheckName(d.Name); err != nil {
			return err
		}
		for _, n := range lib.Names() {
			if strings.EqualFold(n, d.Name) && n != d.Was {
				return words.New(words.NameTaken, nil, "Name", n)
			}
		}
	}
	s := d.Server
	s.Args, s.Env, s.Headers = slices.Clone(s.Args), maps.Clone(s.Env), maps.Clone(s.Headers)
	if d.Was != "" {
		old, ok := lib.Servers[d.Was]
		if !ok {
			return words.New(words.ServerUnknown, nil, "Name", d.Was)
		}
		s.ID = old.ID
		if d.Was != d.Name {
			lib.Rename(d.Was, d.Name)
			s.Formerly = old.Formerly
		}
	} else if s.ID == "" {
		s.ID = files.NewID()
	}
	lib.Servers[d.Name] = &s
	s.Env = keep(lib, p, s.Env, d.Env)
	s.Headers = keep(lib, p, s.Headers, d.Headers)
	if s.SignIn != nil {
		s.SignIn = s.SignIn.Clone()
	}
	if s.SignIn != nil && !d.ClientSecret.IsEmpty() {
		const label = "client_secret"
		s.SignIn.ClientSecret = keep(lib, p, map[string]string{label: s.SignIn.ClientSecret}, map[string]Secret{label: d.ClientSecret})[label]
	}
	if err := s.Check(); err != nil {
		return err
	}
	for _, name := range lib.SetNames() {
		set := lib.Sets[name]
		in, want := slices.Contains(set.Servers, d.Name), slices.Contains(d.Sets, name)
		switch {
		case want && !in:
			set.Servers = append(set.Servers, d.Name)
		case in && !want:
			set.Servers = slices.DeleteFunc(set.Servers, func(n string) bool { return n == d.Name })
		}
	}
	return nil
}

// keep puts references to typed secrets in place of their values. A secret that
// is replaced gets a new id, so that undo finds the old value under the old one;
// every server that shares it then has the new one.
func keep(lib *servers.Library, p *Proposal, values map[string]string, typed map[string]Secret) map[string]string {
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		if values == nil {
			values = map[string]string{}
		}
		id, value := files.NewID(), typed[name]
		if before, old, after, ok := servers.CutSecret(values[name]); ok {
			// "Bearer ${secret:x}" keeps its word, whether or not it was typed again.
			value = NewSecret(strings.TrimSuffix(strings.TrimPrefix(value.Reveal(), before), after))
			own := values[name]
			lib.ReplaceSecret(old, id)
			for other := range typed { // one that shared it and is typed anew gets its own
				if other != name && strings.Contains(own, old) && strings.Contains(values[other], id) {
					values[other] = strings.ReplaceAll(values[other], id, old)
				}
			}
			values[name] = before + servers.SecretRef(id) + after
		} else {
			values[name] = servers.SecretRef(id)
		}
		lib.Secrets[id] = &servers.Label{Label: name}
		p.secrets[id] = value
	}
	return values
}

// ProposeRemove computes what removing the server would change.
func (c *Companion) ProposeRemove(_ context.Context, name string) (*Proposal, error) {
	return c.propose(words.Say("reason.remove", "Name", name), func(lib *servers.Library, _ *Proposal) error {
		if _, ok := lib.Servers[name]; !ok {
			return words.New(words.ServerUnknown, nil, "Name", name)
		}
		lib.Remove(name)
		return nil
	}, scope{})
}

// ProposeSecret computes what keeping value as the server's secret variable (or
// header, of a remote server) would change. A key that stands elsewhere in the
// server, in an argument or its address, is called by its label or its flag.
func (c *Companion) ProposeSecret(_ context.Context, name, variable string, value Secret) (*Proposal, error) {
	return c.propose(words.Say("reason.secret", "Name", name, "Key", variable), func(lib *servers.Library, p *Proposal) error {
		found, s, ok := lib.Find(name)
		if !ok {
			return words.New(words.ServerUnknown, nil, "Name", name)
		}
		if id := elsewhere(lib, s, variable); id != "" {
			now := files.NewID()
			lib.ReplaceSecret(id, now)
			lib.Secrets[now] = &servers.Label{Label: lib.LabelOf(id)}
			p.secrets[now] = value
			return nil
		}
		d := Draft{Was: found, Name: found, Server: *s, Sets: lib.SetsOf(found)}
		typed := map[string]Secret{variable: value}
		if s.IsRemote() {
			d.Headers = typed
		} else {
			d.Env = typed
		}
		return putServer(lib, p, d)
	}, scope{})
}

// elsewhere is the secret that the server uses in an argument or its address, by its
// label or by its flag; "" for none.
func elsewhere(lib *servers.Library, s *servers.Server, called string) string {
	for _, id := range s.SecretIDs() {
		if variable, _, _ := standsIn(*s, id); variable == "" && (lib.LabelOf(id) == called || flagOf(s, id) == called) {
			return id
		}
	}
	return ""
}

// flagOf is the flag that stands before the secret in the arguments, "" for none.
func flagOf(s *servers.Server, id string) string {
	for i, a := range s.Args {
		before, _, ok := strings.Cut(a, servers.SecretRef(id))
		switch flag, _, named := strings.Cut(before, "="); {
		case !ok:
		case named:
			return flag
		case i > 0 && strings.HasPrefix(s.Args[i-1], "-"):
			return s.Args[i-1]
		}
	}
	return ""
}

// ProposeForget computes what taking the secret variable away from the server
// would change.
func (c *Companion) ProposeForget(_ context.Context, name, variable string) (*Proposal, error) {
	return c.propose(words.Say("reason.forget", "Name", name, "Key", variable), func(lib *servers.Library, p *Proposal) error {
		_, s, ok := lib.Find(name)
		if !ok {
			return words.New(words.ServerUnknown, nil, "Name", name)
		}
		_, inEnv := s.Env[variable]
		_, inHeaders := s.Headers[variable]
		if !inEnv && !inHeaders {
			return words.New(words.KeyUnknown, nil, "Name", name, "Key", variable)
		}
		delete(s.Env, variable)
		delete(s.Headers, variable)
		return nil
	}, scope{})
}

// ForgetUnused deletes the values of secrets that no server uses any more. What
// undo could bring back with them is then without its key.
func (c *Companion) ForgetUnused(ctx context.Context) (int, error) {
	n := 0
	c.unlock(ctx)
	err := c.locked(ctx, func() error {
		lib, err := c.Library()
		if err != nil {
			return err
		}
		var unused []string
		for id := range lib.Secrets {
			if len(lib.SecretUsers(id)) == 0 {
				unused = append(unused, id)
				delete(lib.Secrets, id)
			}
		}
		change, err := lib.Change() // before any value goes: it may be a library we don't write
		if err != nil {
			return err
		}
		limited, cancel := context.WithTimeout(ctx, storeLimit)
		defer cancel()
		for _, id := range unused {
			if err := c.store().Delete(limited, secrets.Ref{Library: lib.ID, ID: id}); err != nil {
				return secrets.Problem(err)
			}
		}
		n = len(unused)
		_, err = c.write(limited, lib, words.Say("reason.unused"), []*configs.Change{change})
		return err
	})
	return n, err
}

// ProposeSet computes what saving the set would change.
func (c *Companion) ProposeSet(_ context.Context, d SetDraft) (*Proposal, error) {
	return c.propose(words.Say("reason.set", "Set", d.Name), func(lib *servers.Library, _ *Proposal) error {
		d.Name = strings.TrimSpace(d.Name)
		set := &servers.Set{}
		if d.Was != "" {
			old, ok := lib.Sets[d.Was]
			if !ok {
				return words.New(words.SetUnknown, nil, "Set", d.Was)
			}
			set = old
		}
		if d.Was != d.Name {
			if err := servers.CheckName(d.Name); err != nil {
				return err
			}
			for _, n := range lib.SetNames() {
				if strings.EqualFold(n, d.Name) && n != d.Was {
					return words.New(words.NameTaken, nil, "Name", n)
				}
			}
			lib.RenameSet(d.Was, d.Name)
		}
		for _, n := range d.Servers {
			if _, ok := lib.Servers[n]; !ok {
				return words.New(words.ServerUnknown, nil, "Name", n)
			}
		}
		set.Servers, set.Icon = append([]string{}, d.Servers...), d.Icon
		for server, grant := range d.Accounts {
			set.Choose(server, grant)
		}
		lib.Sets[d.Name] = set
		return nil
	}, scope{})
}

// ProposeRemoveSet computes what removing the set would change. Clients that are
// in it get all servers.
func (c *Companion) ProposeRemoveSet(_ context.Context, name string) (*Proposal, error) {
	return c.propose(words.Say("reason.unset", "Set", name), func(lib *servers.Library, _ *Proposal) error {
		if _, ok := lib.Sets[name]; !ok {
			return words.New(words.SetUnknown, nil, "Set", name)
		}
		lib.RenameSet(name, "")
		return nil
	}, scope{})
}

// ProposeUse computes what switching to set (AllServers for all) would change, for
// one client by id, or for all managed ones when client is "".
func (c *Companion) ProposeUse(_ context.Context, set, client string) (*Proposal, error) {
	reason := words.Say("reason.use", "Set", set)
	if set == AllServers {
		reason = words.Say("reason.use.all")
	}
	return c.propose(reason, func(lib *servers.Library, _ *Proposal) error {
		if _, ok := lib.In(set); !ok {
			return words.New(words.SetUnknown, nil, "Set", set)
		}
		if client != "" {
			return useIn(lib, set, client)
		}
		managed := false
		for _, lc := range lib.Clients {
			if lc.Managed {
				lc.Set, managed = set, true
			}
		}
		if !managed {
			return words.New(words.NoApp, nil)
		}
		return nil
	}, scope{})
}

func useIn(lib *servers.Library, set, client string) error {
	if err := known(client); err != nil {
		return err
	}
	lc := lib.Client(client)
	lc.Managed, lc.Set = true, set
	return nil
}

// ProposeManage computes what keeping the client's file in step, or no longer,
// would change.
func (c *Companion) ProposeManage(_ context.Context, client string, on bool) (*Proposal, error) {
	return c.proposeClients(words.Say(map[bool]string{true: "reason.manage", false: "reason.unmanage"}[on], "Client", titleOf(client)), []string{client}, on)
}

// ProposeApply computes what bringing the clients' files up to the library would
// change: the named ones, which are managed from then on, or all managed ones.
func (c *Companion) ProposeApply(_ context.Context, ids ...string) (*Proposal, error) {
	return c.proposeClients(words.Say("reason.apply"), ids, true)
}

func (c *Companion) proposeClients(reason string, ids []string, on bool) (*Proposal, error) {
	return c.propose(reason, func(lib *servers.Library, _ *Proposal) error {
		if on {
			return c.manage(lib, ids)
		}
		for _, id := range ids {
			if err := known(id); err != nil {
				return err
			}
			lib.Client(id).Managed = false
		}
		return nil
	}, scope{also: ids})
}

// manage keeps the clients in step from now on, each that was not in the usual set.
func (c *Companion) manage(lib *servers.Library, ids []string) error {
	for _, id := range ids {
		if err := known(id); err != nil {
			return err
		}
		if dir := clients.Find(id).Project(); dir != "" && len(clients.Find(id).Files(c.system, "")) == 0 {
			return words.New(words.FolderMissing, nil, "Name", titleOf(id), "Path", dir)
		}
		if lc := lib.Client(id); !lc.Managed {
			lc.Managed, lc.Set = true, usual(lib)
		}
	}
	return nil
}

// usual is the set that all managed clients are in, AllServers when they differ.
func usual(lib *servers.Library) string {
	if set := currentSet(lib); set != Mixed {
		return set
	}
	return AllServers
}

// UseSet is ProposeUse and Apply in one, for a face that shows no preview.
func (c *Companion) UseSet(ctx context.Context, set, client string) (Result, error) {
	_, r, err := c.Do(ctx, func() (*Proposal, error) { return c.ProposeUse(ctx, set, client) })
	return r, err
}
