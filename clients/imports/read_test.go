package imports

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// told is an Offer on a few lines: what it would run, what it asks, what it says.
func told(o catalog.Offer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", o.Name)
	for i := range o.Options {
		p := &o.Options[i]
		s, keys, err := p.Sketch("linux", nil)
		if err != nil {
			return err.Error()
		}
		fmt.Fprintf(&b, "  %s: %s", p.Transport, s.Command+s.URL)
		for _, a := range s.Args {
			fmt.Fprintf(&b, " %s", quoted(a))
		}
		if s.Cwd != "" {
			fmt.Fprintf(&b, " in %s", s.Cwd)
		}
		b.WriteString("\n")
		for _, m := range []map[string]string{s.Env, s.Headers} {
			for _, k := range slices.Sorted(maps.Keys(m)) {
				fmt.Fprintf(&b, "    %s=%s\n", k, m[k])
			}
		}
		for _, f := range p.Fields {
			fmt.Fprintf(&b, "    ? %s %s %q", f.ID, f.Kind, f.Label)
			for word, is := range map[string]bool{"required": f.Required} {
				if is {
					b.WriteString(" " + word)
				}
			}
			if f.Exposed {
				b.WriteString(" seen")
			}
			if f.Advanced {
				b.WriteString(" advanced")
			}
			if f.Multiple {
				b.WriteString(" list")
			}
			if f.Default != "" {
				fmt.Fprintf(&b, " default %s", f.Default)
			}
			if keys[f.ID] != "" {
				b.WriteString(" given")
			}
			b.WriteString("\n")
		}
	}
	if o.Off {
		b.WriteString("  off\n")
	}
	for _, n := range o.Notes {
		fmt.Fprintf(&b, "  - %s\n", n)
	}
	return b.String()
}

func quoted(a string) string {
	if a == "" || strings.ContainsAny(a, " '\"") {
		return fmt.Sprintf("%q", a)
	}
	return a
}

// The samples stand in testdata, each with what is made of it below.
func TestTextsOfEveryKindAreRead(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("USERPROFILE", "/home/somebody")
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	cases := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out txtar.Archive
		want := map[string]string{}
		for _, f := range archive.Files {
			want[f.Name] = string(f.Data)
		}
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, " => ") || strings.HasSuffix(f.Name, " =>") {
				continue
			}
			cases++
			got := toldOf(string(f.Data))
			out.Files = append(out.Files, f, txtar.File{Name: f.Name + " =>", Data: []byte(got)})
			if !*update && got != want[f.Name+" =>"] {
				t.Errorf("%s: %s:\n got %s\nwant %s", file, f.Name, got, want[f.Name+" =>"])
			}
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(&out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cases < 80 {
		t.Errorf("only %d samples", cases)
	}
}

func toldOf(text string) string {
	list, err := Read(text)
	if err != nil {
		return "! " + words.For(err).Title + "\n"
	}
	var b strings.Builder
	for _, o := range list {
		b.WriteString(told(o))
	}
	return b.String()
}

// Whatever was read can be added once its fields are filled in, on every system,
// and its keys are all in the secrets.
func TestEverySampleCanBeAdded(t *testing.T) {
	samples := map[catalog.Kind]string{
		catalog.Text: "text1", catalog.Secret: "a typed key", catalog.Folder: "/a/folder", catalog.File: "/a/file.txt",
		catalog.Number: "1", catalog.YesNo: "true", catalog.Address: "https://a.example",
	}
	files, _ := filepath.Glob("testdata/*.txtar")
	built := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			list, _ := Read(string(f.Data))
			if strings.HasSuffix(f.Name, " =>") {
				continue
			}
			for _, o := range list {
				for i := range o.Options {
					p, values := &o.Options[i], map[string][]string{}
					for _, x := range p.Fields {
						if x.Kind == catalog.Choice {
							values[x.ID] = []string{x.Choices[0].Value}
						} else if len(x.Given) == 0 && x.Default == "" && x.Pattern == "" {
							values[x.ID] = []string{samples[x.Kind]}
						}
					}
					for _, system := range []string{"windows", "darwin", "linux"} {
						s, keys, err := p.Build(system, values)
						if err != nil {
							t.Errorf("%s: %s: %v", file, f.Name, err)
							continue
						}
						built++
						for _, id := range s.SecretIDs() {
							if keys[id] == "" {
								t.Errorf("%s: %s: no value for %s", file, f.Name, id)
							}
						}
					}
					if err := servers.CheckName(o.ProposedName()); err != nil {
						t.Errorf("%s: %s: %v", file, f.Name, err)
					}
				}
			}
		}
	}
	if built < 300 {
		t.Errorf("only %d", built)
	}
}

// A text can't make a form say something else than it seems to.
func TestWhatIsShownIsWhatItLooksLike(t *testing.T) {
	list, err := Read("{\"name\":\"a/b\",\"title\":\"Safe\\u202egpj.exe\\u0007\\nTool\",\"description\":\"x\\u200by\",\"remotes\":[{\"type\":\"sse\",\"url\":\"https://b.example/sse\"}]}")
	if err != nil || list[0].Title != "Safegpj.exe Tool" || list[0].Summary != "xy" {
		t.Errorf("%+v %v", list, err)
	}
}

// Whoever shares a text in another coding shares the same servers.
func TestEveryCodingIsRead(t *testing.T) {
	text := "{\r\n\"mcpServers\": {\"ü\u00e9a\": {\"command\": \"uvx\",\r\n\"args\": [\"a-mcp\"]}}}\r\n"
	utf16 := func(big bool) string {
		b := []byte{0xff, 0xfe}
		if big {
			b = []byte{0xfe, 0xff}
		}
		for _, r := range text {
			if big {
				b = append(b, byte(r>>8), byte(r))
			} else {
				b = append(b, byte(r), byte(r>>8))
			}
		}
		return string(b)
	}
	want := toldOf(text)
	for name, in := range map[string]string{"mark": "\xef\xbb\xbf" + text, "utf-16": utf16(false), "utf-16 big": utf16(true), "utf-16 without a mark": utf16(false)[2:], "blanks that are none": strings.ReplaceAll(text, " ", "\u00a0")} {
		if got := toldOf(in); got != want || !strings.HasPrefix(got, "a\n") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// What was found is built with what the user fills in.
func TestAFilledFormStartsTheServer(t *testing.T) {
	list, err := Read(`{"mcpServers":{"t":{"command":"npx","args":["-y","t-mcp","--token=<token>","/path/to/dir","-v","/Users/you/x:/data"],"env":{"T_URL":"https://your-team.example","T_KEY_TOKEN":"tok-1234567890"}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	p := list[0].Recommended()
	values := map[string][]string{}
	for _, f := range p.Fields {
		switch f.Kind {
		case catalog.Folder:
			values[f.ID] = []string{"/real/" + f.ID}
		case catalog.Secret:
			if len(f.Given) == 0 {
				values[f.ID] = []string{"typed"}
			}
		default:
			values[f.ID] = []string{"blue"}
		}
	}
	s, keys, err := p.Build("linux", values)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal([]any{s.Args, s.Env, keys})
	if want := `[["-y","t-mcp","--token=${secret:token}","/real/dir","-v","/real/x:/data"],{"T_KEY_TOKEN":"${secret:tKeyToken}","T_URL":"https://blue.example"},{"tKeyToken":"tok-1234567890","token":"typed"}]`; string(b) != want {
		t.Errorf("%s", b)
	}
}

func TestLinesAreSplitAsATerminalWould(t *testing.T) {
	for text, want := range map[string]string{
		`npx -y "a b" 'c "d"' e\ f`: `[] npx [-y|a b|c "d"|e f]`,
		`A=1 B="x y" cmd`:           `[A=1 B=x y] cmd []`,
		`C:\a\b.exe C:\d "C:\p q"`:  `[] C:\a\b.exe [C:\d|C:\p q]`,
		"a \\\n b ^\n c `\r\n d":    `[] a [b|c|d]`,
		`export K=v && npx x`:       `[K=v] npx [x]`,
		`$env:K="v"; npx x`:         `[K=v] npx [x]`,
		`env K=v npx x`:             `[K=v] npx [x]`,
		`a ""`:                      `[] a []`,
		`A=1`:                       `false`,
		`a "b`:                      `false`,
		``:                          `false`,
	} {
		l, ok := SplitLine(text)
		got := "false"
		if ok {
			var env []string
			for _, v := range l.Env {
				env = append(env, v.Name+"="+v.Value)
			}
			got = fmt.Sprintf("[%s] %s [%s]", strings.Join(env, " "), l.Command, strings.Join(l.Args, "|"))
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"server.json":        {`{"name":"a/b","remotes":[{"type":"streamable-http","url":"https://b.example/mcp"}]}`, "b"},
		"mcp.json":           {"\xef\xbb\xbf{\"servers\":{\"x\":{\"url\":\"https://x.example/mcp\"}}}", "x"},
		"config.toml":        {"[mcp_servers.c]\ncommand = \"c-mcp\"\n", "c"},
		"config.yaml":        {"extensions:\n  g:\n    cmd: g-mcp\n", "g"},
		"a.mcpb":             {"no archive", "! " + words.New(words.BundleBroken, nil).Title},
		"empty.json":         {"", "! " + words.New(words.ImportNothing, nil).Title},
		"half an archive.gz": {"PK\x03\x04 and no more", "! " + words.New(words.BundleBroken, nil).Title},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := File(path, dir)
		got := ""
		if err != nil {
			got = "! " + words.For(err).Title
		} else {
			got = list[0].Name
		}
		if got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, err := File(filepath.Join(dir, "none"), dir); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// knownKey is put into any text at any place: it must come out as a secret or
// not at all.
const knownKey = "ghp_0123456789abcdefABCDEF0123456789abcd"

func FuzzReadNeitherFailsNorTellsAKey(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range archive.Files {
			if !strings.HasSuffix(x.Name, "=>") {
				for part := range 8 {
					f.Add(string(x.Data), len(x.Data)*part/8)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		if len(text) > 0 {
			at = max(at, -at) % (len(text) + 1)
		}
		if at < 0 || at > len(text) {
			at = 0
		}
		list, err := Read(text[:at] + knownKey + text[at:])
		if err != nil {
			p := words.For(err)
			if told := fmt.Sprint(p.Title, p.Detail, p.Do, p.Err); strings.Contains(told, knownKey) {
				t.Errorf("told in %q", told)
			}
			return
		}
		for _, o := range list {
			for i := range o.Options {
				for _, system := range []string{"linux", "windows"} {
					s, _, err := o.Options[i].Sketch(system, nil)
					b, _ := json.Marshal(s)
					if err != nil || strings.Contains(string(b), knownKey) {
						t.Errorf("%v: %s", err, b)
					}
				}
			}
			if text := fmt.Sprintf("%+v", o); strings.Contains(text, knownKey) {
				t.Errorf("printed in %s", text)
			}
		}
	})
}

// Several values become several arguments, with their flag where it belongs to
// each.
func TestListsBecomeArguments(t *testing.T) {
	docker, err := txtar.ParseFile("testdata/docker.txtar")
	if err != nil {
		t.Fatal(err)
	}
	folders := docker.Files[slices.IndexFunc(docker.Files, func(f txtar.File) bool { return f.Name == "folders" })]
	optional := docker.Files[slices.IndexFunc(docker.Files, func(f txtar.File) bool { return f.Name == "an optional folder" })]
	registry := func(argument string) string {
		return `{"name":"a/b","packages":[{"registryType":"npm","identifier":"b-mcp","version":"1.0.0","packageArguments":[` + argument + `]}]}`
	}
	for name, c := range map[string]struct{ text, field, want string }{
		"volumes":         {string(folders.Data), "paths", "docker run -i --rm -v /a:/a -v /b:/b mcp/filesystem /a /b"},
		"one volume":      {string(optional.Data), "folder", "docker run -i --rm -v /a:/notes mcp/notes"},
		"named, repeated": {registry(`{"type":"named","name":"--dir","isRepeated":true,"description":"Where"}`), "dir", "npx -y b-mcp@1.0.0 --dir /a --dir /b"},
		"in a row":        {registry(`{"type":"positional","valueHint":"dirs","isRepeated":true}`), "dirs", "npx -y b-mcp@1.0.0 /a /b"},
		"named, once":     {registry(`{"type":"named","name":"--dir","description":"Where"}`), "dir", "npx -y b-mcp@1.0.0 --dir /a"},
	} {
		list, err := Read(c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p := list[0].Recommended()
		f := p.Field(c.field)
		if f == nil {
			t.Errorf("%s: no field %s: %+v", name, c.field, p.Fields)
			continue
		}
		values := []string{"/a"}
		if f.Multiple {
			values = append(values, "/b")
		}
		s, _, err := p.Build("linux", map[string][]string{c.field: values})
		if got := s.Command + " " + strings.Join(s.Args, " "); err != nil || got != c.want {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
}

// A text can be anything, of any length: it is read in a time that its user does
// not notice, or not at all.
func TestLongTextsAreReadOrGivenUp(t *testing.T) {
	for name, text := range map[string]string{
		"placeholders":  `{"command":"x-mcp","args":["` + strings.Repeat("<a> ", 20_000) + `"]}`,
		"arguments":     `{"command":"x-mcp","args":["` + strings.Repeat(`<a>","`, 5_000) + `"]}`,
		"in an address": "https://x.example/?" + strings.Repeat("key=a&", 10_000),
		"braces":        strings.Repeat("{ ", 50_000),
		"lines":         strings.Repeat("npx a-mcp\n", 5_000),
		"links":         strings.Repeat("cursor://x?config=e30 ", 5_000),
	} {
		done := make(chan struct{})
		go func() { _, _ = Read(text); close(done) }()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Errorf("%s: still reading", name)
		}
	}
}
