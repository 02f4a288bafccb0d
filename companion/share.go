package companion

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/clients/imports"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// SharedSet is a set made ready for somebody else: the file, and what its owner should
// know of it.
type SharedSet struct {
	Name  string
	Text  string   // the file, exactly as it is written
	Keys  []string // what the keys are called that it asks for
	Paths []string // places on this computer that it names
	Local []string // its servers whose program came with a file that isn't in it
}

// setFileMost is how long a set's file may be, in bytes.
const setFileMost = 4 << 20

// ShareSet makes a file of the set. No key is in it: those in the store are not asked
// for, others are left out by what they look like, and where a text holds a value that
// the store keeps it is left out as well. The user's own folder is ${userHome}.
func (c *Companion) ShareSet(ctx context.Context, set string) (SharedSet, error) {
	lib, err := c.Library()
	if err != nil {
		return SharedSet{}, err
	}
	if lib.Sets[set] == nil {
		return SharedSet{}, words.New(words.SetUnknown, nil, "Set", set)
	}
	names, _ := lib.In(set)
	s := c.sharing(lib)
	s.known = c.knownValues(ctx, lib)
	f := imports.SetFile{Name: set, Icon: lib.Sets[set].Icon, Servers: map[string]servers.Server{}}
	shared := SharedSet{Name: set}
	for _, n := range names {
		one := s.server(*lib.Servers[n])
		f.Servers[n] = one
		if slices.ContainsFunc(textsOf(*lib.Servers[n]), func(t string) bool { return strings.Contains(t, c.home.Bundles()) }) {
			shared.Local = append(shared.Local, n)
		}
		shared.Paths = append(shared.Paths, pathsOf(one)...)
	}
	f.Asks = slices.SortedFunc(slices.Values(s.asks), func(a, b imports.Ask) int { return strings.Compare(a.ID, b.ID) })
	for _, a := range f.Asks {
		shared.Keys = append(shared.Keys, a.Label)
	}
	slices.Sort(shared.Paths)
	shared.Paths = slices.Compact(shared.Paths)
	shared.Text, err = f.Text()
	return shared, err
}

// WriteShared writes the file at path. One that is there is only replaced where over
// says so.
func (c *Companion) WriteShared(path string, s SharedSet, over bool) error {
	return writeNew(path, []byte(s.Text), 0o644, over)
}

// writeNew writes a file for the user, whole or not at all.
func writeNew(path string, data []byte, mode os.FileMode, over bool) error {
	if _, err := os.Lstat(path); err == nil && !over {
		return words.New(words.FileExists, nil, "File", path)
	}
	return files.WriteFile(path, data, mode)
}

// sharing makes servers into what may be shown to others, and gathers what is to be
// asked for in place of their keys.
type sharing struct {
	lib   *servers.Library
	home  string // the user's folder
	known []knownValue
	asks  []imports.Ask
	ids   map[string]string // of the asks, by the secret or the value they stand for
}

// knownValue is a secret's value and its id.
type knownValue struct{ value, id string }

func (c *Companion) sharing(lib *servers.Library) *sharing {
	return &sharing{lib: lib, home: c.system.Home, ids: map[string]string{}}
}

// knownValues are the values in the store, the longest first. One too short to be told
// from any word is left; what can't be read is in no text that we wrote.
func (c *Companion) knownValues(ctx context.Context, lib *servers.Library) []knownValue {
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	var list []knownValue
	for id := range lib.Secrets {
		v, err := c.store().Get(limited, secrets.Ref{Library: lib.ID, ID: id})
		if err == nil && len(v.Reveal()) >= 6 {
			list = append(list, knownValue{v.Reveal(), id})
		}
	}
	slices.SortFunc(list, func(a, b knownValue) int { return len(b.value) - len(a.value) })
	return list
}

// server is s for others.
func (s *sharing) server(one servers.Server) servers.Server {
	known := s.known
	for _, id := range secretsIn(one) {
		known = append([]knownValue{{servers.SecretRef(id), id}}, known...)
	}
	one = imports.Each(one, func(text string) string { return s.without(text, known) })
	one = imports.Hide(one, func(name, key string) string {
		if name == "" {
			name = words.Say("import.field.key")
		}
		return s.ask("\x00"+key, name)
	})
	return imports.Each(one, func(text string) string { return withoutHome(text, s.home) })
}

// without is text with asks in the place of known values. A value that is a part of what
// was put in stays out of it.
func (s *sharing) without(text string, known []knownValue) string {
	for i, k := range known {
		if before, after, ok := strings.Cut(text, k.value); ok {
			return s.without(before, known[i+1:]) + s.ask(k.id, s.lib.LabelOf(k.id)) + s.without(after, known[i:])
		}
	}
	return text
}

// ask is the text in the place of a key. One key is asked for once.
func (s *sharing) ask(key, label string) string {
	if id, ok := s.ids[key]; ok {
		return imports.Input(id)
	}
	base := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, label)
	base = base[:min(len(base), 60)]
	if strings.Trim(base, "-") == "" {
		base = "key"
	}
	id := base
	for n := 2; slices.ContainsFunc(s.asks, func(a imports.Ask) bool { return a.ID == id }); n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	s.ids[key] = id
	s.asks = append(s.asks, imports.Ask{ID: id, Label: label, Secret: true})
	return imports.Input(id)
}

// userHome is what stands for the user's own folder, as other programs spell it too.
const userHome = "${userHome}"

// withoutHome is text with the user's folder left out of its paths, wherever it stands.
func withoutHome(text, home string) string { return otherHome(text, home, userHome, true) }

// otherHome is text with by in the place of the folder home, with either kind of
// slashes. Unless anywhere, only where a path begins.
func otherHome(text, home, by string, anywhere bool) string {
	if len(home) < 2 {
		return text
	}
	text = replaceFolder(text, home, by, anywhere)
	if slashed := strings.ReplaceAll(home, `\`, "/"); slashed != home {
		text = replaceFolder(text, slashed, by, anywhere)
	}
	return text
}

func replaceFolder(text, folder, by string, anywhere bool) string {
	var b strings.Builder
	for before := byte(0); ; {
		i := indexFolder(text, folder)
		if i < 0 {
			return b.String() + text
		}
		if i > 0 {
			before = text[i-1]
		}
		rest := text[i+len(folder):]
		b.WriteString(text[:i])
		if ends := rest == "" || !isNameByte(rest[0]); ends && (anywhere || !isNameByte(before)) {
			b.WriteString(by)
		} else { // another's, whose name begins like it
			b.WriteString(text[i : i+len(folder)])
		}
		text, before = rest, folder[len(folder)-1]
	}
}

// indexFolder finds a folder in text. A drive's letter says that the case of letters
// doesn't count.
func indexFolder(text, folder string) int {
	if len(folder) < 2 || folder[1] != ':' {
		return strings.Index(text, folder)
	}
	return strings.Index(lower(text), lower(folder))
}

// lower is text with small letters for A to Z alone, so that it is as long.
func lower(text string) string {
	return string(bytes.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, []byte(text)))
}

func isNameByte(c byte) bool {
	return c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}

// pathsOf lists the places on this computer that a server names, but for those of
// programs.
func pathsOf(s servers.Server) []string {
	var list []string
	for _, text := range textsOf(s) {
		if i := strings.LastIndexByte(text, '='); i >= 0 && i+1 < len(text) && isPath(text[i+1:]) {
			text = text[i+1:]
		}
		if isPath(text) && !isOfPrograms(text) {
			list = append(list, text)
		}
	}
	return list
}

func isPath(text string) bool {
	return strings.HasPrefix(text, userHome) || strings.HasPrefix(text, "/") && len(text) > 1 && !strings.HasPrefix(text, "//") ||
		len(text) > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/')
}

func isOfPrograms(path string) bool {
	for _, list := range staying {
		if slices.ContainsFunc(list, func(dir string) bool { return strings.HasPrefix(path, dir) }) {
			return true
		}
	}
	return strings.HasPrefix(path, "/bin/")
}

// textsOf are the values of a server.
func textsOf(s servers.Server) []string {
	var list []string
	imports.Each(s, func(text string) string {
		list = append(list, text)
		return text
	})
	return list
}
