package companion

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
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

// SetImport is a set out of a file, before it is added.
type SetImport struct {
	Name, Icon string
	Members    []SetMember
}

// SetMember is one server of a set out of a file.
type SetMember struct {
	Name    string
	Server  servers.Server // what would be added; ${input:ID} where something is asked for
	Have    string         // the user's own server that it is, or much like; "" for none
	Same    bool           // Have is exactly this one
	Asks    []SetAsk
	Program string // what will run, in which folder and with which variables, or the address, as one line
}

// SetAsk is something to be entered for a server, now or later.
type SetAsk struct {
	ID, Label string
	Secret    bool
	Default   string
}

// SetImportDraft is an import as its form holds it.
type SetImportDraft struct {
	Import SetImport
	Name   string
	Icon   string
	Use    map[string]bool   // by member: the user's own server takes its place
	Values map[string]Secret // what was entered, by SetAsk.ID; what is missing is asked for later
}

// ReadSet reads a set's file. Nothing in it is believed: see imports.ReadSetFile. The
// error is a Problem.
func (c *Companion) ReadSet(ctx context.Context, path string) (SetImport, error) {
	data, err := readAtMost(path, setFileMost)
	if err != nil {
		return SetImport{}, err
	}
	f, err := imports.ReadSetFile(data)
	if err != nil {
		return SetImport{}, err
	}
	lib, err := c.Library()
	if err != nil {
		return SetImport{}, err
	}
	in := SetImport{Name: f.Name, Icon: f.Icon}
	mine := c.plainServers(lib, c.knownValues(ctx, lib))
	for _, name := range slices.Sorted(maps.Keys(f.Servers)) {
		m := SetMember{Name: name, Server: c.atHome(f.Servers[name])}
		m.Have, m.Same = c.have(lib, mine, name, f.Servers[name])
		for _, a := range f.AsksOf(name) {
			m.Asks = append(m.Asks, SetAsk(a))
		}
		m.Program = programOf(m.Server, m.Asks)
		in.Members = append(in.Members, m)
	}
	return in, nil
}

// readAtMost reads a file of the user's that can't be longer than most bytes.
func readAtMost(path string, most int64) ([]byte, error) {
	i, err := os.Stat(path) // before it is opened: a pipe would wait for its writer
	if errors.Is(err, fs.ErrNotExist) {
		return nil, words.New(words.FolderMissing, err, "File", true, "Path", path)
	}
	if err != nil {
		return nil, err
	}
	if !i.Mode().IsRegular() {
		return nil, words.New(words.FileOdd, nil, "File", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = words.New(words.FileTooBig, nil)
	}
	return data, err
}

// atHome is s with the user's own folder where the file leaves it open.
func (c *Companion) atHome(s servers.Server) servers.Server {
	return imports.Each(s, func(text string) string { return strings.ReplaceAll(text, userHome, c.system.Home) })
}

// programOf is all that a server starts where nothing is entered, as one line of a
// terminal's: a variable or a folder can make another program of it. Variables that are
// asked for are left out.
func programOf(s servers.Server, asks []SetAsk) string {
	s = imports.Fill(s, func(id string) string {
		i := slices.IndexFunc(asks, func(a SetAsk) bool { return a.ID == id && a.Default != "" })
		if i < 0 {
			return imports.Input(id)
		}
		return asks[i].Default
	})
	if s.IsRemote() {
		return s.URL
	}
	var parts []string
	if s.Cwd != "" {
		parts = append(parts, "cd "+inLine(s.Cwd)+";")
	}
	for _, v := range sortedPairs(s.Env) {
		if !imports.IsInput(v[1]) {
			parts = append(parts, v[0]+"="+inLine(v[1]))
		}
	}
	for _, text := range append([]string{s.Command}, s.Args...) {
		parts = append(parts, inLine(text))
	}
	return strings.Join(parts, " ")
}

// inLine is text as a part of a line.
func inLine(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\"';") {
		return text
	}
	quoted, _ := json.Marshal(text) // a text: it can't fail
	return string(quoted)
}

// have finds the user's server that one of a file is: the same in all but its keys, or
// else one of the same name that runs the same.
func (c *Companion) have(lib *servers.Library, plain map[string]string, name string, s servers.Server) (own string, same bool) {
	if own, same = plain[plainOf(s)]; same {
		return own, true
	}
	mine, ok := lib.Servers[name]
	if !ok {
		return "", false
	}
	a, b := catalog.StartedBy(c.atHome(s)), catalog.StartedBy(*mine)
	if a.Kind != "" && a.Kind == b.Kind && a.Name == b.Name {
		return name, false
	}
	return "", false
}

// plainServers are the user's servers by what they do.
func (c *Companion) plainServers(lib *servers.Library, known []knownValue) map[string]string {
	plain := map[string]string{}
	for _, n := range slices.Backward(lib.Names()) { // of two alike the first counts
		share := c.sharing(lib)
		share.known = known
		plain[plainOf(share.server(*lib.Servers[n]))] = n
	}
	return plain
}

// plainOf is what a server does, whoever's keys it has.
func plainOf(s servers.Server) string {
	s = imports.Fill(s, func(string) string { return imports.Input("key") })
	data, _ := json.Marshal([]any{s.Command, append([]string{}, s.Args...), s.Cwd, s.URL, sortedPairs(s.Env), sortedPairs(s.Headers)}) // texts: it can't fail
	return string(data)
}

func sortedPairs(m map[string]string) [][2]string {
	list := [][2]string{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, [2]string{k, m[k]})
	}
	return list
}

// ProposeSetImport computes what adding the set and its servers would change. A name
// that is taken gets a number. Keys that were not entered are missing until they are.
func (c *Companion) ProposeSetImport(_ context.Context, d SetImportDraft) (*Proposal, error) {
	return c.propose(words.Say("reason.set.import", "Set", d.Name), func(lib *servers.Library, p *Proposal) error {
		name := strings.TrimSpace(d.Name)
		if err := servers.CheckName(name); err != nil {
			return err
		}
		for _, n := range lib.SetNames() {
			if strings.EqualFold(n, name) {
				return words.New(words.NameTaken, nil, "Name", n)
			}
		}
		set := &servers.Set{Servers: []string{}, Icon: d.Icon}
		ids := map[string]string{} // of the secrets, by what asks for them
		for _, m := range d.Import.Members {
			if m.Have != "" && (m.Same || d.Use[m.Name]) {
				if _, ok := lib.Servers[m.Have]; !ok {
					return words.New(words.ServerUnknown, nil, "Name", m.Have)
				}
				set.Servers = append(set.Servers, m.Have)
				continue
			}
			own, err := addShared(lib, p, m, d.Values, ids)
			if err != nil {
				return err
			}
			set.Servers = append(set.Servers, own)
		}
		slices.Sort(set.Servers)
		set.Servers = slices.Compact(set.Servers)
		lib.Sets[name] = set
		return nil
	}, scope{})
}

// addShared puts a member into the library, its keys into p.
func addShared(lib *servers.Library, p *Proposal, m SetMember, values map[string]Secret, ids map[string]string) (string, error) {
	asks := map[string]SetAsk{}
	for _, a := range m.Asks {
		asks[a.ID] = a
	}
	s := imports.Fill(m.Server, func(id string) string {
		a, ok := asks[id]
		v := values[id]
		switch {
		case !ok: // the file doesn't say what it is: as it stands
			return imports.Input(id)
		case !a.Secret && v.IsEmpty() && a.Default == "":
			return imports.Input(id)
		case !a.Secret && v.IsEmpty():
			return a.Default
		case !a.Secret:
			return v.Reveal()
		}
		if ids[id] == "" {
			ids[id] = files.NewID()
			lib.Secrets[ids[id]] = &servers.Label{Label: a.Label}
			if !v.IsEmpty() { // else it is known to be missing
				p.secrets[ids[id]] = v
			}
		}
		return servers.SecretRef(ids[id])
	})
	for _, id := range s.SecretIDs() { // what was typed can't refer to another server's key
		if !slices.Contains(slices.Collect(maps.Values(ids)), id) {
			return "", words.New(words.SetFileBad, nil)
		}
	}
	s.ID = files.NewID()
	if err := s.Check(); err != nil {
		return "", err
	}
	name := freeName(lib, m.Name)
	lib.Servers[name] = &s
	return name, nil
}
