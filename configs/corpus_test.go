package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/pelletier/go-toml/v2"
	"github.com/tailscale/hujson"
)

// sample is a client's file, and where its servers stand.
type sample struct {
	name   string
	data   []byte
	format Format
	key    string
}

// samples are all clients' files of testdata, each as its client reads it.
func samples(t testing.TB) (list []sample) {
	t.Helper()
	byClient := map[string]struct {
		format Format
		key    string
	}{
		"vscode": {JSONC, "servers"}, "zed": {JSONC, "context_servers"}, "gemini-cli": {JSONComments, "mcpServers"},
		"opencode": {JSONC, "mcp"}, "kilo-code": {JSONC, "mcp"}, "amp": {JSONC, "amp.mcpServers"}, "codex": {TOML, "mcp_servers"},
		"goose": {YAML, "extensions"}, "continue": {YAML, "mcpServers"},
	}
	err := filepath.WalkDir("testdata/clients", func(p string, e fs.DirEntry, err error) error {
		name := filepath.ToSlash(p)
		if err != nil || e.IsDir() || strings.Contains(name, "/logs/") || strings.HasSuffix(name, ".md") {
			return err
		}
		s := sample{name: name, format: JSON, key: "mcpServers"}
		if c, ok := byClient[strings.Split(name, "/")[2]]; ok {
			s.format, s.key = c.format, c.key
		}
		s.data, err = os.ReadFile(p)
		list = append(list, s)
		return err
	})
	if err != nil || len(list) < 40 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	for i, text := range styles {
		s := sample{name: fmt.Sprint("style ", i), data: []byte(text), format: TOML, key: "mcp_servers"}
		switch {
		case strings.Contains(text, "mcpServers:"):
			s.format, s.key = YAML, "mcpServers"
		case strings.Contains(text, "extensions"):
			s.format, s.key = YAML, "extensions"
		}
		list = append(list, s)
	}
	return list
}

// styles are ways of writing that testdata has not.
var styles = []string{
	"[mcp_servers.a]\ncommand = \"x\"\n[mcp_servers.a.env]\nK = 'v'\n\n[other]\nt = 1979-05-27T07:32:00Z\n",
	"mcp_servers = { a = { command = \"x\" } }\n[z]\na = 1\n",
	"mcp_servers.a.command = \"x\"\nmcp_servers.a.args = [\n  \"]\", # not [here]\n  '''\n[no.table]\n''' ]\n",
	"[[mcp_servers]]\ncommand = \"x\"\n[z]\n",
	"[ mcp_servers . \"b c\" ]\nx = \"\"\"\n[nor.this]\n\"\"\"\n[\"mcp_servers\".'d']\ny = 0x1F\n[mcp_servers.github]\ncommand = 'old'\n",
	"a = 1\n\n\n[mcp_servers]\n\n[mcp_servers.x]\n# end\n",
	"extensions:\n  # first\n  a: # it\n    x: |\n      one\n      # no comment\n\n      two\n    # inside\n\n# next\nb: 2\n",
	"mcpServers:\n- name: a # mine\n  command: x   # why\n  args:\n  - \"1\"\n  - two\n- name: b\n  env: {A: \"1\"}\nz: [1, 2.50]\n",
	"%YAML 1.2\n---\n'extensions':\n    \"a b\":\n        x: >-\n            long\n            text\n    github:\n        cmd: old\nz: !!str 1\n...\n",
	"extensions: {a: {x: 1}}\nb: &base\n  y: 1\nc: *base\n",
	"extensions:\n  a: &base\n    x: 1\n  b:\n    <<: *base\n",
	"mcpServers:\n  -\n    name: a\n    x: 'it''s'\n  - {name: b}\n",
	"extensions: {}\nb: 2\n",
	"? extensions\n: a: 1\n",
}

// value is an entry in the format's way: Continue's are named within.
func (s sample) value() []byte {
	if s.format == YAML && s.key == "mcpServers" {
		return []byte(`{"name":"github","command":"/usr/bin/mcp-companion","args":["run","github"]}`)
	}
	return []byte(entry)
}

// mutations are what hands, other programs and bad luck do to files.
var mutations = map[string]func(*rand.Rand, []byte) []byte{
	"byte deleted": func(r *rand.Rand, b []byte) []byte { i := at(r, b); return slices.Delete(b, i, min(i+1, len(b))) },
	"byte doubled": func(r *rand.Rand, b []byte) []byte {
		i := at(r, b)
		return slices.Insert(b, i, b[i:min(i+1, len(b))]...)
	},
	"byte inserted": func(r *rand.Rand, b []byte) []byte { return slices.Insert(b, at(r, b), odd[r.IntN(len(odd))]) },
	"byte replaced": func(r *rand.Rand, b []byte) []byte { b[at(r, b)] = odd[r.IntN(len(odd))]; return b },
	"any byte":      func(r *rand.Rand, b []byte) []byte { b[at(r, b)] = byte(r.IntN(256)); return b },
	"cut off":       func(r *rand.Rand, b []byte) []byte { return b[:at(r, b)] },
	"line deleted":  onLines(func(r *rand.Rand, l []string, i int) []string { return slices.Delete(l, i, i+1) }),
	"line doubled":  onLines(func(r *rand.Rand, l []string, i int) []string { return slices.Insert(l, i, l[i]) }),
	"line moved":    onLines(func(r *rand.Rand, l []string, i int) []string { j := r.IntN(len(l)); l[i], l[j] = l[j], l[i]; return l }),
	"line indented": onLines(func(r *rand.Rand, l []string, i int) []string {
		l[i] = []string{" ", "\t", "   "}[r.IntN(3)] + l[i]
		return l
	}),
	"line outdented": onLines(func(r *rand.Rand, l []string, i int) []string { l[i] = strings.TrimLeft(l[i], " \t"); return l }),
	"empty line": onLines(func(r *rand.Rand, l []string, i int) []string {
		return slices.Insert(l, i, []string{"", "   ", "\t"}[r.IntN(3)])
	}),
	"comment": onLines(func(r *rand.Rand, l []string, i int) []string {
		l[i] += []string{" // c", " # c", "/* c */", " /* [", "//", "#"}[r.IntN(6)]
		return l
	}),
	"comment line": onLines(func(r *rand.Rand, l []string, i int) []string {
		return slices.Insert(l, i, []string{"  // c", "# c", "      # c", "/* c", "*/"}[r.IntN(5)])
	}),
	"one line with CR":  onLines(func(r *rand.Rand, l []string, i int) []string { l[i] += "\r"; return l }),
	"all lines with CR": func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
	"no CR":             func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r"), nil) },
	"CR alone":          func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r")) },
	"one line":          func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), nil) },
	"tabs":              func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("  "), []byte("\t")) },
	"wide":              func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("  "), []byte("   ")) },
	"mark":              func(_ *rand.Rand, b []byte) []byte { return slices.Concat(bom, b) },
	"no last line end":  func(_ *rand.Rand, b []byte) []byte { return bytes.TrimRight(b, "\r\n") },
	"more line ends":    func(_ *rand.Rand, b []byte) []byte { return append(b, "\n\n  \n"...) },
	"other type": func(r *rand.Rand, b []byte) []byte {
		return swapOne(r, b, "{", "[", "}", "]", "true", "1", "\"", "", "[]", "{}", "{}", "[]", ": ", ": null, ", "=", "= 1 #", "- ", "", ":", "=")
	},
	"other name": func(r *rand.Rand, b []byte) []byte {
		return swapOne(r, b, "mcpServers", "mcp_servers", "command", "github", "args", "mcpServers", "name", "github", "extensions", "'extensions'", "mcp_servers", "\"mcp_servers\"", "[mcp_servers", "[[mcp_servers", "_", ".")
	},
}

const odd = "{}[],:\"'\\/#=.-&*!|>%@`\n\r\t \x00\x7f\xff\xc3~019aez"

func at(r *rand.Rand, b []byte) int { return r.IntN(max(len(b), 1)) }

func onLines(f func(*rand.Rand, []string, int) []string) func(*rand.Rand, []byte) []byte {
	return func(r *rand.Rand, b []byte) []byte {
		l := strings.Split(string(b), "\n")
		return []byte(strings.Join(f(r, l, r.IntN(len(l))), "\n"))
	}
}

// swapOne replaces one place of one of the pairs that occur.
func swapOne(r *rand.Rand, b []byte, pairs ...string) []byte {
	i := r.IntN(len(pairs)/2) * 2
	n := bytes.Count(b, []byte(pairs[i]))
	if n == 0 {
		return b
	}
	p := 0
	for range r.IntN(n) + 1 {
		p += bytes.Index(b[p:], []byte(pairs[i])) + 1
	}
	return slices.Concat(b[:p-1], []byte(pairs[i+1]), b[p-1+len(pairs[i]):])
}

// Thousands of files as they may really be: each is refused with the place where
// it goes wrong and left alone, or gets an entry that changes nothing else, goes
// away without a trace, and can be taken back to the byte.
func TestEveryMutatedFileIsRefusedWithItsPlaceOrEditedWithoutHarm(t *testing.T) {
	const each, limit = 200, 9 * time.Second
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{}
	for n := range mutations {
		names = append(names, n)
	}
	slices.Sort(names)
	start, counts, n := time.Now(), map[string]int{}, 0
	for _, s := range samples(t) {
		count := each
		if s.format == TOML || s.format == YAML {
			count *= 4 // fewer samples, and the harder formats
		}
		for range count {
			m, how := s, []string{}
			m.data = bytes.Clone(s.data)
			for range 1 + r.IntN(3) {
				if len(m.data) > 0 {
					name := names[r.IntN(len(names))]
					m.data, how = mutations[name](r, m.data), append(how, name)
				}
			}
			n++
			outcome, err := m.law()
			if counts[string(m.format)+" "+outcome]++; err != nil {
				t.Errorf("%s, %s: %v\n%q", s.name, strings.Join(how, ", "), err, clip(m.data))
			}
			if time.Since(start) > limit {
				t.Skipf("stopped after %d: a slow machine", n)
			}
		}
	}
	t.Log(n, counts, time.Since(start))
}

func clip(b []byte) []byte { return b[:min(len(b), 1500)] }

// law is what must hold of every file; outcome says how it ended.
func (s sample) law() (outcome string, err error) {
	const name = "github"
	d, err := Parse("x", bytes.Clone(s.data), s.format)
	if err != nil {
		return "refused", place(err)
	}
	if len(bytes.TrimSpace(bytes.TrimPrefix(s.data, bom))) > 0 && !bytes.Equal(d.Bytes(), s.data) {
		return "", fmt.Errorf("parsing changed it to %q", d.Bytes())
	}
	start := bytes.Clone(d.Bytes())
	was, err := means(start, s.format)
	if err != nil {
		return "", fmt.Errorf("read, but not by its library: %w", err)
	}
	_, present := d.Value(s.key, name)
	inside, had := d.Names(s.key)
	c := &Change{Path: "x", Format: s.format, Existed: true, Exists: true, Before: s.data, After: s.data}
	if err := d.Set(s.value(), s.key, name); err != nil {
		if !bytes.Equal(d.Bytes(), start) || len(d.Edits()) > 0 {
			return "", fmt.Errorf("refused (%v) and changed: %q", err, d.Bytes())
		}
		return "left alone", place(err)
	}
	c.Done(d)
	is, err := means(c.After, s.format)
	if err != nil {
		return "", fmt.Errorf("what we wrote can't be read: %w\n%q", err, c.After)
	}
	if err := c.reads(name, s); err != nil {
		return "", err
	}
	if a, b := without(was, s.key, name), without(is, s.key, name); a != b {
		return "", fmt.Errorf("the rest meant\n%s\nmeans\n%s", a, b)
	}
	if back, err := c.Patch().Back(c.After); err != nil || !bytes.Equal(back, s.data) || !bytes.Equal(c.Reverse().After, s.data) {
		return "", fmt.Errorf("taken back: %w %q", err, back)
	}
	if err := d.Remove(s.key, name); err != nil {
		return "added, then left alone", place(err)
	}
	is, err = means(d.Bytes(), s.format)
	if err != nil {
		return "", fmt.Errorf("after removing it can't be read: %w\n%q", err, d.Bytes())
	}
	if a, b := without(was, s.key, name), without(is, s.key, name); a != b {
		return "", fmt.Errorf("removed, the rest meant\n%s\nmeans\n%s", a, b)
	}
	if had && len(inside) > 0 && !present && !bytes.Equal(d.Bytes(), start) {
		return "", fmt.Errorf("added and removed:\n%q", d.Bytes())
	}
	return "edited", nil
}

// place checks that an error says where.
func place(err error) error {
	var s *SyntaxError
	var u *UnsafeError
	switch {
	case errors.As(err, &s) && s.Line > 0 && s.Column > 0 && s.Msg != "" && s.Path != "":
		return nil
	case errors.As(err, &u) && u.Line > 0 && u.Why != "":
		return nil
	}
	return fmt.Errorf("no place: %#v %w", err, err)
}

// reads checks that the entry is there, as the client would see it.
func (c *Change) reads(name string, s sample) error {
	d, err := Parse(c.Path, c.After, c.Format)
	if err != nil {
		return err
	}
	if v, _ := d.Value(s.key, name); !sameJSON(v, s.value()) {
		return fmt.Errorf("reads %s", v)
	}
	return nil
}

// means is what the format's library reads.
func means(data []byte, f Format) (v any, err error) {
	data = bytes.TrimPrefix(data, bom)
	switch f {
	case TOML:
		m := map[string]any{}
		err = toml.Unmarshal(data, &m)
		return m, err
	case YAML:
		err = yaml.Unmarshal(data, &v)
		return v, err
	}
	plain, err := hujson.Standardize(bytes.Clone(data))
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber()
	return v, d.Decode(&v)
}

// without prints what a file means but for one entry, and for its group where
// that is empty then.
func without(v any, key, name string) string {
	top, ok := v.(map[string]any)
	if !ok && v != nil {
		return fmt.Sprintf("%#v", v)
	}
	top = cloneMap(top)
	switch g := top[key].(type) {
	case map[string]any:
		g = cloneMap(g)
		delete(g, name)
		top[key] = g
		if len(g) == 0 {
			delete(top, key)
		}
	case []any:
		g = slices.DeleteFunc(slices.Clone(g), func(e any) bool { m, ok := e.(map[string]any); return ok && m["name"] == name })
		top[key] = g
		if len(g) == 0 {
			delete(top, key)
		}
	case nil:
		delete(top, key)
	}
	return fmt.Sprintf("%v", top) // maps are printed in the order of their keys
}

func cloneMap(m map[string]any) map[string]any {
	c := map[string]any{}
	for k, v := range m {
		c[k] = v
	}
	return c
}

func TestFilesOfNoGoodAreRefusedAtOnceOrEditedWithoutHarm(t *testing.T) {
	deep := func(open, shut string, n int) []byte {
		return []byte(strings.Repeat(open, n) + "1" + strings.Repeat(shut, n))
	}
	member := func(v []byte) []byte {
		return slices.Concat([]byte("{\"a\": "), v, []byte(", \"mcpServers\": {\"b\": {}}}"))
	}
	utf16 := func(order string) []byte {
		b := []byte(order)
		for _, c := range "{\"mcpServers\": {}}" {
			b = append(b, byte(c), 0)
		}
		return b
	}
	noise := make([]byte, 4096)
	for i, r := 0, rand.New(rand.NewPCG(3, 4)); i < len(noise); i++ {
		noise[i] = byte(r.IntN(256))
	}
	for name, data := range map[string][]byte{
		"empty":                  {},
		"blanks":                 []byte("  \n\t\r\n "),
		"a mark alone":           bom,
		"a mark twice":           slices.Concat(bom, bom, []byte("{}")),
		"noise":                  noise,
		"zeros":                  make([]byte, 4096),
		"UTF-16 little":          utf16("\xff\xfe"),
		"UTF-16 big, no mark":    utf16("\x00"),
		"Latin-1":                []byte("{\"mcpServers\": {\"caf\xe9\": {}}}"),
		"a surrogate alone":      []byte(`{"mcpServers": {"\ud800": {}}}`),
		"NUL within":             []byte("{\"mcpServers\": {\x00}}"),
		"names twice":            []byte(`{"mcpServers": {"github": {"a":1}}, "mcpServers": {"github": {"b":2}, "github": {"c":3}}}`),
		"lists 10,000 deep":      member(deep("[", "]", 10000)),
		"objects 10,000 deep":    member(deep(`{"a":`, "}", 10000)),
		"lists 3,000,000 deep":   member(deep("[", "]", 3000000)),
		"3,000,000 never closed": bytes.Repeat([]byte("["), 3000000),
		"never closed, TOML":     append([]byte("a = "), bytes.Repeat([]byte("["), 3000000)...),
		"inline, TOML":           append([]byte("a = "), bytes.Repeat([]byte("{a="), 1000000)...),
		"dashes, YAML":           append([]byte("a:\n  "), bytes.Repeat([]byte("- "), 100000)...),
		"flow, YAML":             append([]byte("a: "), bytes.Repeat([]byte("{a: "), 100000)...),
		"tags, YAML":             append([]byte("a: "), bytes.Repeat([]byte("!a "), 100000)...),
		"aliases, YAML":          []byte("a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g]\ni: [*h,*h,*h,*h,*h,*h,*h,*h]\n"),
		"a list":                 []byte("[]"),
		"a list for the map":     []byte("{\"mcpServers\": []}"),
		"null for the map":       []byte("{\"mcpServers\": null}"),
		"a text for an entry":    []byte("{\"mcpServers\": {\"github\": \"x\"}}"),
		"a long line":            []byte("{\"a\": \"" + strings.Repeat("x", 1<<20) + "\", \"mcpServers\": {\"b\": {}}}"),
	} {
		for _, f := range []struct {
			format Format
			key    string
		}{{JSON, "mcpServers"}, {JSONComments, "mcpServers"}, {JSONC, "mcpServers"}, {TOML, "mcp_servers"}, {YAML, "extensions"}} {
			if f.format != TOML && strings.HasSuffix(name, "TOML") || f.format != YAML && strings.HasSuffix(name, "YAML") {
				continue
			}
			start := time.Now()
			outcome, err := sample{name: name, data: data, format: f.format, key: f.key}.law()
			if err != nil {
				t.Errorf("%s as %s: %v", name, f.format, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s as %s (%s) took %s", name, f.format, outcome, took)
			}
		}
	}
}

// The same laws for whatever a fuzzer thinks of.
func FuzzLaws(f *testing.F) {
	formats := []Format{JSON, JSONComments, JSONC, TOML, YAML}
	for _, s := range samples(f) {
		f.Add(s.data, uint8(slices.Index(formats, s.format)), s.key)
	}
	f.Fuzz(func(t *testing.T, data []byte, format uint8, key string) {
		if !utf8.ValidString(key) {
			return // no client's key
		}
		s := sample{name: "fuzz", data: data, format: formats[int(format)%len(formats)], key: key}
		if _, err := s.law(); err != nil {
			t.Errorf("%s, %q: %v", s.format, key, err)
		}
	})
}
