package servers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/words"
)

// version is the newest library.json this program writes.
const version = 1

// Library is all the user has, as library.json keeps it. It may be edited by
// hand: Change edits only what differs, so blanks, order and members we don't
// know stay. Whoever changes it holds the home's ChangeLock from Load on.
type Library struct {
	ID      string // part of every secret's place in the store
	Servers map[string]*Server
	Sets    map[string]*Set
	Secrets map[string]*Label
	Clients map[string]*Client

	path    string
	data    []byte // as loaded
	existed bool
	version int
}

// Set is a named choice of servers.
type Set struct {
	Servers []string `json:"servers"`
	Icon    string   `json:"icon,omitempty"`
	// Accounts choose, by server, the grant that is used in this set.
	Accounts map[string]string `json:"accounts,omitempty"`
	extra    extra
}

// Choose makes the account with this grant the server's in the set; "" takes the
// choice away.
func (s *Set) Choose(server, grant string) {
	if grant == "" {
		delete(s.Accounts, server)
		return
	}
	if s.Accounts == nil {
		s.Accounts = map[string]string{}
	}
	s.Accounts[server] = grant
}

// Label is what is known of a secret besides its value: the name a user sees.
type Label struct {
	Label string `json:"label"`
	extra extra
}

// Client is an AI app as far as the library is concerned.
type Client struct {
	Managed bool `json:"managed,omitempty"`
	// Set is its current set; "" means all servers.
	Set string `json:"set,omitempty"`
	// File is the settings file the user chose, where it is not the usual one.
	File string `json:"file,omitempty"`
	// Entries are the entries of ours, by the client's key for them.
	Entries map[string]Entry `json:"entries,omitempty"`
	extra   extra
}

// Entry is one entry of ours in a client's file.
type Entry struct {
	Server string `json:"server"` // the Server's ID
	// Parked holds the user's own choices for the entry while it is not in the file.
	Parked json.RawMessage `json:"parked,omitempty"`
}

// The plain structs, without the methods below, for decode and encode.
type (
	plainServer Server
	plainSet    Set
	plainLabel  Label
	plainClient Client
)

func (s *Server) UnmarshalJSON(b []byte) (err error) {
	s.extra, err = decode(b, (*plainServer)(s))
	return err
}

func (s *Set) UnmarshalJSON(b []byte) (err error) {
	s.extra, err = decode(b, (*plainSet)(s))
	return err
}

func (l *Label) UnmarshalJSON(b []byte) (err error) {
	l.extra, err = decode(b, (*plainLabel)(l))
	return err
}

func (c *Client) UnmarshalJSON(b []byte) (err error) {
	c.extra, err = decode(b, (*plainClient)(c))
	return err
}

func (s Server) MarshalJSON() ([]byte, error) { return encode(plainServer(s), s.extra) }
func (s Set) MarshalJSON() ([]byte, error)    { return encode(plainSet(s), s.extra) }
func (l Label) MarshalJSON() ([]byte, error)  { return encode(plainLabel(l), l.extra) }
func (c Client) MarshalJSON() ([]byte, error) { return encode(plainClient(c), c.extra) }

// content is library.json's shape.
type content struct {
	Version int                `json:"version"`
	ID      string             `json:"id"`
	Servers map[string]*Server `json:"servers"`
	Sets    map[string]*Set    `json:"sets"`
	Secrets map[string]*Label  `json:"secrets"`
	Clients map[string]*Client `json:"clients"`
}

// Load reads the library at home. A missing or empty file is an empty library
// with an id of its own. A broken one is a *configs.SyntaxError, in a FileBroken
// Problem.
func Load(home files.Home) (*Library, error) {
	l := &Library{path: home.Library()}
	data, err := os.ReadFile(l.path)
	switch {
	case err == nil:
		l.data, l.existed = data, true
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := l.parse(); err != nil {
		var s *configs.SyntaxError
		if errors.As(err, &s) {
			return nil, words.New(words.FileBroken, err, "File", s.Path, "Line", s.Line, "Column", s.Column, "Text", s.Msg)
		}
		return nil, err
	}
	return l, nil
}

func (l *Library) parse() error {
	c, err := l.read(l.data)
	if err != nil {
		return err
	}
	l.version = c.Version
	l.ID, l.Servers, l.Sets, l.Secrets, l.Clients = c.ID, c.Servers, c.Sets, c.Secrets, c.Clients
	if l.ID == "" {
		l.ID = files.NewID()
	}
	return nil
}

// read decodes data; every map is there and holds no nil.
func (l *Library) read(data []byte) (content, error) {
	c := content{Version: version}
	if text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))); len(text) > 0 {
		if err := json.Unmarshal(text, &c); err != nil {
			return c, l.syntax(data, err)
		}
	}
	c.Servers, c.Sets = clean(c.Servers), clean(c.Sets)
	c.Secrets, c.Clients = clean(c.Secrets), clean(c.Clients)
	seen := map[string]bool{}
	for _, name := range sorted(c.Servers) {
		// Written or copied by hand: every process must call it the same.
		if s := c.Servers[name]; s.ID == "" || seen[s.ID] {
			sum := sha256.Sum256([]byte(name))
			s.ID = hex.EncodeToString(sum[:6])
		}
		seen[c.Servers[name].ID] = true
	}
	return c, nil
}

func clean[V any](m map[string]*V) map[string]*V {
	if m == nil {
		m = map[string]*V{}
	}
	maps.DeleteFunc(m, func(_ string, v *V) bool { return v == nil })
	return m
}

// syntax gives err a line and a column, also where the JSON is right and a value
// is of the wrong type.
func (l *Library) syntax(data []byte, err error) error {
	if _, parse := configs.Parse(l.path, data, configs.JSON); parse != nil {
		return parse
	}
	s := &configs.SyntaxError{Path: l.path, Line: 1, Column: 1, Msg: err.Error()}
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		s.Msg = t.Value + " where " + t.Type.String() + " was expected: " + t.Field
		// A type error inside a value of our own Unmarshalers counts from that value:
		// find the field by name instead.
		name := t.Field[strings.LastIndexByte(t.Field, '.')+1:]
		if i := bytes.Index(data, []byte(`"`+name+`"`)); i >= 0 {
			s.Line = bytes.Count(data[:i], []byte("\n")) + 1
			s.Column = i - bytes.LastIndexByte(data[:i], '\n')
		}
	}
	return s
}

// IsNewer reports whether a later version of the program wrote the library: it
// is then read, never written.
func (l *Library) IsNewer() bool { return l.version > version }

// Change is the edit of library.json that makes it what l now is; empty when
// nothing differs.
func (l *Library) Change() (*configs.Change, error) {
	if l.IsNewer() {
		return nil, words.New(words.LibraryNewer, nil)
	}
	was, err := l.read(l.data)
	if err != nil {
		return nil, err
	}
	c := &configs.Change{Path: l.path, Format: configs.JSON, Existed: l.existed, Exists: l.existed, Before: l.data, After: l.data}
	d, err := configs.Parse(l.path, l.data, configs.JSON)
	if err != nil {
		return nil, err
	}
	for _, top := range []struct {
		name  string
		value any
	}{{"version", version}, {"id", l.ID}} {
		if _, ok := d.Value(top.name); ok && !(top.name == "id" && was.ID == "") {
			continue
		}
		if err := setValue(d, top.value, top.name); err != nil {
			return nil, err
		}
	}
	err = errors.Join(
		setMap(d, "servers", was.Servers, l.Servers),
		setMap(d, "sets", was.Sets, l.Sets),
		setMap(d, "secrets", was.Secrets, l.Secrets),
		setMap(d, "clients", was.Clients, l.Clients))
	if err != nil {
		return nil, err
	}
	c.Done(d)
	return c, nil
}

// setMap edits the members of the object name that differ.
func setMap[V any](d configs.Document, name string, was, now map[string]*V) error {
	for _, key := range slices.Sorted(maps.Keys(now)) {
		value, err := json.Marshal(now[key])
		if err != nil {
			return err
		}
		if old, ok := was[key]; ok {
			if before, err := json.Marshal(old); err == nil && bytes.Equal(before, value) {
				continue
			}
		}
		if err := d.Set(value, name, key); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(was)) {
		if _, ok := now[key]; !ok {
			if err := d.Remove(name, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func setValue(d configs.Document, v any, name string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return d.Set(text, name)
}

// Find returns the server called name, now or formerly, or with that id, and
// the name it has.
func (l *Library) Find(name string) (string, *Server, bool) {
	if s, ok := l.Servers[name]; ok {
		return name, s, true
	}
	for _, n := range slices.Sorted(maps.Keys(l.Servers)) {
		if s := l.Servers[n]; s.ID == name || slices.Contains(s.Formerly, name) {
			return n, s, true
		}
	}
	return "", nil, false
}

// Names lists the servers, sorted without regard to case.
func (l *Library) Names() []string { return sorted(l.Servers) }

// SetNames lists the sets, sorted without regard to case.
func (l *Library) SetNames() []string { return sorted(l.Sets) }

func sorted[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
}

// In lists the servers of the set, sorted; all for "". Names the set has and
// the library has not are left out. ok is false for an unknown set.
func (l *Library) In(set string) (names []string, ok bool) {
	if set == "" {
		return l.Names(), true
	}
	s, ok := l.Sets[set]
	if !ok {
		return nil, false
	}
	for _, n := range l.Names() {
		if slices.Contains(s.Servers, n) {
			names = append(names, n)
		}
	}
	return names, true
}

// Client is the client's part of the library, made when it is not there yet.
func (l *Library) Client(id string) *Client {
	c := l.Clients[id]
	if c == nil {
		c = &Client{}
		l.Clients[id] = c
	}
	return c
}

// SecretUsers lists the servers that use the secret, sorted.
func (l *Library) SecretUsers(id string) []string {
	var names []string
	for _, n := range l.Names() {
		if slices.Contains(l.Servers[n].SecretIDs(), id) {
			names = append(names, n)
		}
	}
	return names
}

// Rename gives the server from its new name to, in the sets as well, and keeps
// the old one findable.
func (l *Library) Rename(from, to string) {
	s := l.Servers[from]
	delete(l.Servers, from)
	l.Servers[to] = s
	s.Formerly = append(slices.DeleteFunc(s.Formerly, func(n string) bool { return n == to || n == from }), from)
	for _, set := range l.Sets {
		for i, n := range set.Servers {
			if n == from {
				set.Servers[i] = to
			}
		}
		if a, ok := set.Accounts[from]; ok {
			delete(set.Accounts, from)
			set.Accounts[to] = a
		}
	}
}

// Remove takes the server out of the library and its sets.
func (l *Library) Remove(name string) {
	delete(l.Servers, name)
	for _, set := range l.Sets {
		set.Servers = slices.DeleteFunc(set.Servers, func(n string) bool { return n == name })
		set.Choose(name, "")
	}
}

// IsParked reports whether the entry is not in the file now.
func (e Entry) IsParked() bool { return len(e.Parked) > 0 }

// SetsOf lists the sets the server is in, sorted.
func (l *Library) SetsOf(server string) []string {
	var names []string
	for _, n := range l.SetNames() {
		if slices.Contains(l.Sets[n].Servers, server) {
			names = append(names, n)
		}
	}
	return names
}

// RenameSet gives a set its new name, for the clients that are in it as well;
// with "" it is removed, and they get all servers. from "" does nothing.
func (l *Library) RenameSet(from, to string) {
	if from == "" {
		return
	}
	if set := l.Sets[from]; to != "" {
		l.Sets[to] = set
	}
	delete(l.Sets, from)
	for _, c := range l.Clients {
		if c.Set == from {
			c.Set = to
		}
	}
}

// LabelOf is what its user calls the secret.
func (l *Library) LabelOf(id string) string {
	if s := l.Secrets[id]; s != nil {
		return s.Label
	}
	return id
}

// ReplaceSecret makes every server that uses the secret old use now instead.
// old's label stays: its value is still in the store.
func (l *Library) ReplaceSecret(old, now string) {
	from, to := SecretRef(old), SecretRef(now)
	for _, s := range l.Servers {
		for _, m := range []map[string]string{s.Env, s.Headers} {
			for k, v := range m {
				m[k] = strings.ReplaceAll(v, from, to)
			}
		}
		s.URL = strings.ReplaceAll(s.URL, from, to)
		if s.SignIn != nil {
			s.SignIn.ClientSecret = strings.ReplaceAll(s.SignIn.ClientSecret, from, to)
		}
		for i, a := range s.Args {
			s.Args[i] = strings.ReplaceAll(a, from, to)
		}
	}
}
