package companion

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"mcp-companion/clients/imports"
	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Restore is a backup that was opened, and what becomes of what is in it.
type Restore struct {
	Made    time.Time
	Servers []RestoreItem // by name
	Sets    []RestoreItem
	Keys    int      // with a value
	Missing []string // keys without one
	Local   []string // servers whose program files aren't in it

	file *backupFile // by pointer: fmt prints what is in a struct, and not this
}

// RestoreItem is a server or a set of a backup.
type RestoreItem struct {
	Name string
	As   string // the name it gets: another one where Name is taken
	Same bool   // it is there already, and stays as it is
}

// Say tells what comes back, under which name, a sentence for each thing.
func (r *Restore) Say() []string {
	lines := []string{words.Say("restore.made", "Date", r.Made.Local().Format("2006-01-02 15:04"))}
	for _, part := range []struct {
		id    string
		items []RestoreItem
	}{{"restore.server", r.Servers}, {"restore.set", r.Sets}} {
		for _, i := range part.items {
			lines = append(lines, i.say(part.id))
		}
	}
	lines = append(lines, words.Say("backup.signins"))
	return append(lines, lacks(r.Missing, r.Local)...)
}

func (i RestoreItem) say(id string) string {
	switch {
	case i.Same:
		id += ".same"
	case i.As != i.Name:
		id += ".as"
	}
	return words.Say(id, "Name", i.Name, "As", i.As)
}

// OpenBackup opens the file at path. Nothing is changed. A passphrase that doesn't fit,
// a file that is none or is damaged, and one of a later version are Problems.
func (c *Companion) OpenBackup(ctx context.Context, path string, pass Secret) (*Restore, error) {
	data, err := readAtMost(path, backupMost+backupMost/100) // encrypted, it is a little more
	if err != nil {
		return nil, err
	}
	f, err := unseal(data, pass)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	r := &Restore{Made: f.Made, Keys: len(f.Values), Local: f.Local, file: &f}
	for id, label := range f.Secrets {
		if _, ok := f.Values[id]; !ok && f.isUsed(id) {
			r.Missing = append(r.Missing, label.Label)
		}
	}
	slices.Sort(r.Missing)
	n := c.restoring(lib, f, nil)
	n.servers(nil)
	n.sets()
	r.Servers, r.Sets = n.items, n.setItems
	return r, nil
}

func (f *backupFile) isUsed(id string) bool {
	for _, s := range f.Servers {
		if slices.Contains(s.SecretIDs(), id) {
			return true
		}
	}
	return false
}

// unseal decrypts and checks a backup. Whoever knows a passphrase may have written it:
// nothing in it is believed.
func unseal(data []byte, pass Secret) (f backupFile, err error) {
	text, err := secrets.Unseal(data, pass, backupMost)
	switch {
	case errors.Is(err, secrets.ErrPassphrase):
		return f, words.New(words.BackupPassphrase, nil)
	case err != nil:
		return f, words.New(words.BackupBad, nil)
	}
	var version struct{ Version int }
	if json.Unmarshal(text, &version) == nil && version.Version > backupVersion {
		return f, words.New(words.FileNewer, nil)
	}
	if json.Unmarshal(text, &f) != nil || f.Version < 1 { // the cause may quote a key
		return f, words.New(words.BackupBad, nil)
	}
	f.clean()
	return f, nil
}

// clean takes out what is nothing. What a hand wrote into the library comes back as it
// was, as it counted there.
func (f *backupFile) clean() {
	maps.DeleteFunc(f.Servers, func(_ string, s *servers.Server) bool { return s == nil })
	maps.DeleteFunc(f.Sets, func(_ string, s *servers.Set) bool { return s == nil })
	maps.DeleteFunc(f.Secrets, func(_ string, l *servers.Label) bool { return l == nil })
}

// ProposeRestore computes what bringing back the backup would change. Nothing that is
// there is overwritten: a server or set that is the same stays, also one that an earlier
// restore gave a new name; another of its name makes it take a new one. Keys get new
// ids; where a server that stays has no value for its key, it gets the backup's.
func (c *Companion) ProposeRestore(ctx context.Context, r *Restore) (*Proposal, error) {
	return c.propose(words.Say("reason.restore"), func(lib *servers.Library, p *Proposal) error {
		n := c.restoring(lib, *r.file, p)
		n.servers(c.hasKey(ctx, lib))
		n.sets()
		return c.restoreChoices(*r.file, p)
	}, scope{})
}

// restoring puts a backup into a library.
type restoring struct {
	lib      *servers.Library
	file     backupFile
	home     string
	p        *Proposal         // nil to find out only
	names    map[string]string // of servers, by the backup's
	ids      map[string]string // of secrets, by the backup's
	items    []RestoreItem
	setItems []RestoreItem
}

func (c *Companion) restoring(lib *servers.Library, f backupFile, p *Proposal) *restoring {
	return &restoring{lib: lib, file: f, home: c.system.Home, p: p, names: map[string]string{}, ids: map[string]string{}}
}

// servers adds those that are not there. hasKey tells which keys have a value; nil
// where nobody asks.
func (n *restoring) servers(hasKey func(string) (bool, error)) {
	places := placesFor(n.lib.Names(), n.file.Servers)
	for _, name := range slices.Sorted(maps.Keys(n.file.Servers)) {
		s := n.moved(*n.file.Servers[name])
		at := places.of(name, func(mine string) bool {
			return sameServer(*n.lib.Servers[mine], s, n.lib.LabelOf, n.label)
		})
		n.names[name] = at.As
		n.items = append(n.items, at)
		if at.Same {
			n.fill(*n.lib.Servers[at.As], s, hasKey)
			continue
		}
		one := imports.Each(s, func(text string) string {
			return servers.Expand(text, func(id string) string { return servers.SecretRef(n.secret(id)) })
		})
		if one.SignIn != nil {
			one.SignIn.ClientSecret = servers.Expand(one.SignIn.ClientSecret, func(id string) string { return servers.SecretRef(n.secret(id)) })
		}
		n.lib.Servers[at.As] = &one
	}
}

// moved is a server as it is on this computer: with an id of its own, in this user's
// folder, without sign-ins of the other one.
func (n *restoring) moved(s servers.Server) servers.Server {
	if n.file.Home != n.home && len(n.file.Home) > 1 {
		s = imports.Each(s, func(text string) string { return otherHome(text, n.file.Home, n.home, false) })
	}
	s.ID, s.Formerly = files.NewID(), nil
	if s.SignIn != nil {
		s.SignIn = s.SignIn.Clone()
		if s.SignIn.Grant = ""; s.SignIn.IsZero() {
			s.SignIn = nil
		}
	}
	return s
}

func (n *restoring) label(id string) string {
	if l := n.file.Secrets[id]; l != nil {
		return l.Label
	}
	return id
}

// secret is the new id of a secret of the backup.
func (n *restoring) secret(id string) string {
	if n.ids[id] == "" {
		n.ids[id] = files.NewID()
		n.lib.Secrets[n.ids[id]] = &servers.Label{Label: n.label(id)}
		if v, ok := n.file.Values[id]; ok && v != "" && n.p != nil {
			n.p.secrets[n.ids[id]] = NewSecret(v)
		}
	}
	return n.ids[id]
}

// fill gives the backup's values to keys of a server that have none here.
func (n *restoring) fill(mine, s servers.Server, hasKey func(string) (bool, error)) {
	if hasKey == nil || n.p == nil {
		return
	}
	own, theirs := secretsIn(mine), secretsIn(s)
	for i := range min(len(own), len(theirs)) {
		if _, ok := n.p.secrets[own[i]]; ok { // it shares one that was filled already
			continue
		}
		has, err := hasKey(own[i])
		if _, ok := n.file.Values[theirs[i]]; err == nil && !has && ok {
			n.lib.ReplaceSecret(own[i], n.secret(theirs[i]))
		}
	}
}

// secretsIn lists the secrets that a server names, in the order of their places.
func secretsIn(s servers.Server) []string {
	var ids []string
	see := func(text string) string {
		servers.Expand(text, func(id string) string { ids = append(ids, id); return "" })
		return text
	}
	imports.Each(s, see)
	if s.SignIn != nil {
		see(s.SignIn.ClientSecret)
	}
	return ids
}

// sameServer reports whether two servers do the same, whatever their keys' ids.
func sameServer(a, b servers.Server, labelA, labelB func(string) string) bool {
	plain := func(s servers.Server, label func(string) string) string {
		named := func(text string) string {
			return servers.Expand(text, func(id string) string { return "\x00" + label(id) })
		}
		s = imports.Each(s, named)
		s.ID, s.Formerly = "", nil
		if s.SignIn != nil {
			s.SignIn = s.SignIn.Clone()
			s.SignIn.Grant, s.SignIn.ClientSecret = "", named(s.SignIn.ClientSecret)
			if s.SignIn.IsZero() {
				s.SignIn = nil
			}
		}
		data, _ := json.Marshal(s) // texts and numbers: it can't fail
		return string(data)
	}
	return plain(a, labelA) == plain(b, labelB)
}

// sets adds those that are not there, with the names their servers have here.
func (n *restoring) sets() {
	places := placesFor(n.lib.SetNames(), n.file.Sets)
	for _, name := range slices.Sorted(maps.Keys(n.file.Sets)) {
		set := *n.file.Sets[name]
		var members []string
		for _, m := range set.Servers {
			if own, ok := n.names[m]; ok {
				members = append(members, own)
			}
		}
		slices.Sort(members)
		set.Servers, set.Accounts = append([]string{}, slices.Compact(members)...), nil
		at := places.of(name, func(mine string) bool {
			has := n.lib.Sets[mine]
			return has.Icon == set.Icon && slices.Equal(slices.Sorted(slices.Values(has.Servers)), set.Servers)
		})
		if n.setItems = append(n.setItems, at); !at.Same {
			n.lib.Sets[at.As] = &set
		}
	}
}

// places are the names that what is in a backup gets: one that is there before is
// taken for one of the backup's alone.
type places struct {
	before []string // that were there
	theirs []string // the backup's own
	taken  []string // by now, those of before that are the same among them
	met    []string // of before: the same as one of the backup's
}

func placesFor[V any](before []string, file map[string]V) *places {
	p := &places{before: before, taken: slices.Clone(before)}
	for name := range file {
		p.theirs = append(p.theirs, imports.CheckedName(name))
	}
	return p
}

// of is where what the backup calls name comes to. same tells whether it is what is
// called mine here.
func (p *places) of(name string, same func(mine string) bool) RestoreItem {
	name = imports.CheckedName(name)
	for _, fits := range []func(mine string) bool{
		func(mine string) bool { return mine == name },
		func(mine string) bool { return strings.EqualFold(mine, name) },
		func(mine string) bool { return isNumbered(mine, name) && !slices.Contains(p.theirs, mine) },
	} {
		for _, mine := range p.before {
			if fits(mine) && !slices.Contains(p.met, mine) && same(mine) {
				p.met = append(p.met, mine)
				return RestoreItem{mine, mine, true}
			}
		}
	}
	as := freeAmong(p.taken, name)
	if as != name { // nor one that another of the backup's has
		as = freeAmong(slices.Concat(p.taken, p.theirs), name)
	}
	p.taken = append(p.taken, as)
	return RestoreItem{name, as, false}
}

// restoreChoices adds the program's choices that were not made here.
func (c *Companion) restoreChoices(f backupFile, p *Proposal) error {
	change, d, err := configs.Read(c.home.Settings(), configs.JSON)
	if err != nil {
		return err
	}
	for _, name := range carried {
		value, ok := f.Settings[name]
		if _, has := d.Value(name); !ok || has {
			continue
		}
		var s Settings
		if text, err := json.Marshal(map[string]json.RawMessage{name: value}); err != nil || json.Unmarshal(text, &s) != nil {
			continue // of another kind than we know
		}
		if err := d.Set(value, name); err != nil {
			return err
		}
	}
	if change.Done(d); change.IsEmpty() {
		return nil
	}
	p.changes = append(p.changes, change)
	p.Files = append(p.Files, FileView{Path: change.Path, Words: words.Say("change.settings"), Diff: change.Diff()})
	return nil
}
