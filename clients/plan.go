package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// Want is a server that a client's file shall have. Adopt is an entry of the
// user's whose place it takes, in every file that has it and says the same; its
// Key is "" for none. Off says that it only takes that place, and stays switched
// off as the entry was: a file without the entry gets nothing.
type Want struct {
	Name, ID string
	Adopt    Entry
	Off      bool
}

func (w Want) adopts(e Entry) bool {
	return w.Adopt.Key == e.Key && bytes.Equal(defined(w.Adopt.Raw), defined(e.Raw))
}

// defined is the part of an entry that says what the server is.
func defined(raw []byte) []byte {
	m := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &m) != nil {
		return raw
	}
	if nested := m["transport"]; len(nested) > 0 && nested[0] == '{' { // Cline's other spelling
		delete(m, "transport")
		_ = json.Unmarshal(nested, &m)
	}
	maps.DeleteFunc(m, func(name string, _ json.RawMessage) bool {
		return !slices.Contains(definition, name) || name == "type" || name == "transportType"
	})
	return mustJSON(m)
}

// Outcome is what a Plan does to one file, in numbers and for the library.
type Outcome struct {
	Change  *configs.Change
	Added   []string // keys
	Removed []string
	Off     []string // kept, switched off
	Mended  []string // moved, renamed or switched on
	Adopted []string // the user's own, which are ours from now on
	Changed []string // changed outside: kept as they are
	Stays   []string // of Plain: ours still
	Left    int      // the user's own entries, left alone

	// Entries are the library's entries for the client, once Change is written.
	Entries map[string]servers.Entry
}

// Plan computes the Change that makes our entries in the file exactly those of
// want. The user's own entries, and what somebody made of ours, stay; so do the
// user's choices on our entries (autoApprove, timeout, ...): switched off where
// the client has a switch, else parked in Entries until the server comes back.
func (c *Client) Plan(path string, l Launcher, lib *servers.Library, want []Want) (*Outcome, error) {
	var known map[string]servers.Entry
	if lc := lib.Clients[c.ID]; lc != nil {
		known = lc.Entries
	}
	change, d, err := configs.Read(path, c.Format)
	if err != nil {
		return nil, err
	}
	change.Lock = c.Lock
	p := &plan{Client: c, d: d, l: l, lib: lib, known: known, out: &Outcome{Change: change, Entries: map[string]servers.Entry{}}}
	if err := p.keepOrDrop(want); err != nil {
		return nil, err
	}
	for _, w := range want {
		if err := p.put(w); err != nil {
			return nil, err
		}
	}
	change.Done(d)
	return p.out, nil
}

type plan struct {
	*Client
	d     configs.Document
	l     Launcher
	lib   *servers.Library
	known map[string]servers.Entry
	out   *Outcome
	taken []string          // keys that are not ours to use
	ours  map[string]string // a wanted server's ID: the key it has in the file
}

// keepOrDrop goes through what stands in the file: it finds the wanted servers'
// keys and takes away what is ours and no longer wanted.
func (p *plan) keepOrDrop(want []Want) error {
	p.ours = map[string]string{}
	for _, e := range p.entries(p.d, p.l, p.known) {
		k, isKnown := p.known[e.Key]
		switch e.Kind {
		case Users, Extension:
			if i := slices.IndexFunc(want, func(w Want) bool { return e.Kind == Users && w.adopts(e) }); i >= 0 {
				p.ours[want[i].ID] = e.Key
				continue
			}
			p.out.Left++
			p.taken = append(p.taken, e.Key)
			continue
		case Changed:
			p.out.Changed = append(p.out.Changed, e.Key)
			p.taken = append(p.taken, e.Key)
			p.out.Entries[e.Key] = k
			p.ours[k.Server] = e.Key // whoever changed it still has that server in mind
			continue
		}
		i := slices.IndexFunc(want, func(w Want) bool {
			return isKnown && w.ID == k.Server || w.Name == e.Run || w.ID == e.Run
		})
		if i >= 0 && p.ours[want[i].ID] == "" {
			p.ours[want[i].ID] = e.Key
			continue
		}
		if err := p.drop(e, p.existing(k.Server)); err != nil {
			return err
		}
	}
	// What is parked stays parked until its server comes back.
	for key, k := range p.known {
		if _, ok := p.out.Entries[key]; !ok && k.IsParked() && p.existing(k.Server) != "" {
			p.out.Entries[key] = k
		}
	}
	return nil
}

// existing is the id of a server that the library still has, else "": the
// choices for one that is gone are gone with it.
func (p *plan) existing(id string) string {
	if _, s, ok := p.lib.Find(id); ok && s.ID == id {
		return id
	}
	return ""
}

// drop takes an entry of ours out of the client's use.
func (p *plan) drop(e Entry, server string) error {
	choices := p.choices(e.Raw)
	if (len(choices) > 0 || e.Off) && p.Switch.Member != "" && server != "" {
		p.out.Entries[e.Key] = servers.Entry{Server: server}
		if e.Off {
			return nil
		}
		p.out.Off = append(p.out.Off, e.Key)
		return p.d.Set(mustJSON(p.Switch.Off), p.at(e.Key, p.Switch.Member)...)
	}
	p.out.Removed = append(p.out.Removed, e.Key)
	if len(choices) > 0 && server != "" {
		parked, err := json.Marshal(choices)
		if err != nil {
			return err
		}
		p.out.Entries[e.Key] = servers.Entry{Server: server, Parked: parked}
	}
	return p.d.Remove(p.at(e.Key)...)
}

// Plain puts entries of the servers themselves in the place of ours, for who
// leaves: values holds what each server is, by its ID. A server that is missing
// there, or that the client can't express, stays ours and is in Stays.
func (c *Client) Plain(path string, l Launcher, lib *servers.Library, values map[string]servers.Server) (*Outcome, error) {
	change, d, err := configs.Read(path, c.Format)
	if err != nil {
		return nil, err
	}
	change.Lock = c.Lock
	var known map[string]servers.Entry
	if lc := lib.Clients[c.ID]; lc != nil {
		known = lc.Entries
	}
	p := &plan{Client: c, d: d, l: l, lib: lib, known: known, out: &Outcome{Change: change, Entries: map[string]servers.Entry{}}}
	for _, e := range p.entries(d, l, known) {
		if e.Kind != Ours && e.Kind != Moved {
			continue
		}
		_, s, _ := lib.Find(e.Run)
		var server servers.Server
		ok := s != nil
		if ok {
			server, ok = values[s.ID]
		}
		if !ok || server.IsRemote() && !c.Remote {
			p.out.Stays = append(p.out.Stays, e.Key)
			if k, ok := known[e.Key]; ok {
				p.out.Entries[e.Key] = k
			}
			continue
		}
		if err := d.Set(p.plainEntry(e, server), p.at(e.Key)...); err != nil {
			return nil, err
		}
		p.out.Mended = append(p.out.Mended, e.Key)
	}
	change.Done(d)
	return p.out, nil
}

// plainEntry is a server as the client would have it without us, with the user's
// choices that stand on our entry.
func (p *plan) plainEntry(e Entry, s servers.Server) []byte {
	var list []member
	switch {
	case s.IsRemote():
		list = []member{{"type", p.remoteType(), false}, {"url", s.URL, false}}
		if len(s.Headers) > 0 {
			list = append(list, member{"headers", s.Headers, false})
		}
	case p.spell != nil:
		list = p.spell(e.Key, s.Command, s.Args)
	case len(s.Args) == 0:
		list = []member{{"command", s.Command, false}}
	default:
		list = plain(e.Key, s.Command, s.Args)
	}
	if len(s.Env) > 0 && !s.IsRemote() {
		name := p.EnvName
		if name == "" {
			name = "env"
		}
		list = append(list, member{name, s.Env, false})
	}
	if s.Cwd != "" {
		list = append(list, member{"cwd", s.Cwd, false})
	}
	return object(list, p.choices(e.Raw))
}

func (p *plan) remoteType() string {
	if p.RemoteType != "" {
		return p.RemoteType
	}
	return "http"
}

// put makes the file have an entry for w.
func (p *plan) put(w Want) error {
	if key, ok := p.ours[w.ID]; ok {
		if slices.Contains(p.out.Changed, key) {
			return nil
		}
		p.out.Entries[key] = servers.Entry{Server: w.ID}
		if w.Adopt.Key == key {
			return p.adopt(key, w)
		}
		return p.mend(key, w)
	}
	if w.Off {
		return nil
	}
	key := p.freeKey(w)
	value, err := p.encode(key, w, p.known[key].Parked)
	if err != nil {
		return err
	}
	p.out.Added = append(p.out.Added, key)
	p.out.Entries[key] = servers.Entry{Server: w.ID}
	return p.orPaste(p.d.Set(value, p.at(key)...), key, value)
}

// PasteError is a *configs.UnsafeError with the text that its user can put into
// the file by hand.
type PasteError struct {
	*configs.UnsafeError
	Text string
}

func (e *PasteError) Unwrap() error { return e.UnsafeError }

func (p *plan) orPaste(err error, key string, value []byte) error {
	var unsafe *configs.UnsafeError
	if !errors.As(err, &unsafe) {
		return err
	}
	fresh, parse := configs.Parse(unsafe.Path, nil, p.Format)
	if parse != nil || fresh.Set(value, p.at(key)...) != nil {
		return err
	}
	return &PasteError{unsafe, string(fresh.Bytes())}
}

// adopt puts our entry in the place of the user's own; what is not the server's
// but the user's choice (timeout, autoApprove, ...) stays on it.
func (p *plan) adopt(key string, w Want) error {
	raw, _ := p.d.Value(p.at(key)...)
	choices := p.choices(raw)
	for _, name := range definition {
		delete(choices, name)
	}
	if w.Off {
		choices[p.Switch.Member] = mustJSON(p.Switch.Off)
	}
	value, err := p.encode(key, w, mustJSON(choices))
	if err != nil {
		return err
	}
	p.out.Adopted = append(p.out.Adopted, key)
	return p.d.Set(value, p.at(key)...)
}

// definition are the members that say what a server is, in any spelling; the
// library has them once it is adopted.
var definition = []string{
	"command", "cmd", "args", "env", "environment", "envs", "cwd", "working_directory", "type", "transport", "transportType",
	"url", "serverUrl", "httpUrl", "uri", "headers", "http_headers", "name", "description",
}

// mend makes an entry of ours start what it should, and switches it on.
func (p *plan) mend(key string, w Want) error {
	before, _ := p.d.Value(p.at(key)...)
	if parseBody(before).Nested { // make it flat, which both of Cline's programs read
		value, err := p.encode(key, w, mustJSON(p.choices(before)))
		if err != nil {
			return err
		}
		if err := p.d.Set(value, p.at(key)...); err != nil {
			return err
		}
	}
	for _, m := range p.members(key, w) {
		value := mustJSON(m.value)
		if now, ok := p.d.Value(p.at(key, m.name)...); m.isDefault || ok && bytes.Equal(now, value) {
			continue
		}
		if err := p.d.Set(value, p.at(key, m.name)...); err != nil {
			return err
		}
	}
	if p.Switch.isOff(before) {
		if err := p.d.Set(mustJSON(!p.Switch.Off), p.at(key, p.Switch.Member)...); err != nil {
			return err
		}
	}
	if now, _ := p.d.Value(p.at(key)...); !bytes.Equal(now, before) {
		p.out.Mended = append(p.out.Mended, key)
	}
	return nil
}

// freeKey is the key for a server that has none in the file: the one it had, else
// that of the entry it takes over in another file of the client's, else its name,
// else its name and a number.
func (p *plan) freeKey(w Want) string {
	for _, key := range slices.Sorted(maps.Keys(p.known)) {
		if k := p.known[key]; k.Server == w.ID && !slices.Contains(p.taken, key) {
			return key
		}
	}
	key := w.Name
	if k := w.Adopt.Key; k != "" && !slices.Contains(p.taken, k) && p.out.Entries[k].Server == "" {
		key = k
	}
	for n := 2; slices.Contains(p.taken, key) || p.out.Entries[key].Server != "" && p.out.Entries[key].Server != w.ID; n++ {
		key = fmt.Sprintf("%s-%d", w.Name, n)
	}
	return key
}

// member is one member of an entry of ours. A default is written with a new
// entry, and its user's from then on.
type member struct {
	name      string
	value     any
	isDefault bool
}

// plain is an entry as most clients spell one.
func plain(_, command string, args []string) []member {
	return []member{{"command", command, false}, {"args", args, false}}
}

func (p *plan) members(key string, w Want) []member {
	command, args := p.l.line(w.Name, p.App())
	if p.spell != nil {
		return p.spell(key, command, args)
	}
	return plain(key, command, args)
}

// choices are the members of an entry of ours that are the user's or the client's
// own.
func (p *plan) choices(raw []byte) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	for _, ours := range p.members("", Want{}) {
		if !ours.isDefault || bytes.Equal(m[ours.name], mustJSON(ours.value)) {
			delete(m, ours.name)
		}
	}
	for _, name := range []string{"transport", "type", "transportType"} {
		delete(m, name)
	}
	if v := string(m[p.Switch.Member]); v == "true" || v == "false" {
		delete(m, p.Switch.Member) // ours to set
	}
	return m
}

// encode is our entry, then the parked choices.
func (p *plan) encode(key string, w Want, parked []byte) ([]byte, error) {
	choices := map[string]json.RawMessage{}
	if len(parked) > 0 && json.Unmarshal(parked, &choices) != nil {
		return nil, fmt.Errorf("the parked choices are damaged")
	}
	list := slices.DeleteFunc(p.members(key, w), func(m member) bool { return m.isDefault && choices[m.name] != nil })
	return object(list, choices), nil
}

// object is the members as JSON, in their order, then those of rest that are not
// among them.
func object(list []member, rest map[string]json.RawMessage) []byte {
	for _, m := range list {
		delete(rest, m.name)
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		list = append(list, member{name, rest[name], false})
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(mustJSON(m.name))
		b.WriteByte(':')
		b.Write(mustJSON(m.value))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// mustJSON encodes what always can be, without escapes for HTML.
func mustJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(b.Bytes())
}
