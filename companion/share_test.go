package companion

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mcp-companion/clients/imports"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// The keys of shareable: some in the store, some left in the clear where a hand wrote
// them.
var someKeys = []string{
	"ghp_storedstoredstored1", "plainhunter2", "hdr-9f8e7d6c5b", "urlkey-12ab34cd", "argkey-55aa66bb", "sk-proj-abcdefgh12345678", "pgpass77", "swordfish-again", "Zx81Zx81Zx81Zx81Zx81Zx81Zx81Zx81",
}

// shareable is a desk with a set that has a key in every place where one can be.
func shareable(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	home := d.system.Home
	for _, x := range []Draft{
		{Name: "github", Server: servers.Server{Command: "npx", Args: []string{"-y", "@modelcontextprotocol/server-github"}, Env: map[string]string{"LOG": "info", "OTHER_TOKEN": "plainhunter2"}, CallTimeout: 90, HideTools: []string{"delete_repo"}}, Env: map[string]Secret{"GITHUB_TOKEN": NewSecret(someKeys[0])}},
		{Name: "files", Server: servers.Server{Command: filepath.Join(home, "bin", "files"), Args: []string{"--root=" + filepath.Join(home, "My Documents"), home, home + "ette"}, Cwd: home}},
		{Name: "remote", Server: servers.Server{URL: "https://x.example.com/mcp?api_key=urlkey-12ab34cd&team=a", Headers: map[string]string{"Authorization": "Bearer hdr-9f8e7d6c5b", "X-Team": "a"}, SignIn: &servers.SignIn{Grant: "g-of-mine", ClientID: "own-app", Scopes: []string{"read"}}}},
		{Name: "walk", Server: servers.Server{URL: "https://y.example.com/s/Zx81Zx81Zx81Zx81Zx81Zx81Zx81Zx81/mcp"}},
		{Name: "args", Server: servers.Server{Command: "uvx", Args: []string{"tool", "--api-key", "argkey-55aa66bb", "--note", "swordfish-again", "--k=sk-proj-abcdefgh12345678", "postgres://me:pgpass77@db/x"}, Env: map[string]string{"HINT": "see swordfish-again"}}, Env: map[string]Secret{"PASSWORD": NewSecret("swordfish-again")}},
	} {
		p, err := d.ProposeServer(t.Context(), x)
		d.must(t, p, err)
	}
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Work", Icon: "code", Servers: []string{"args", "files", "github", "remote", "walk"}})
	d.must(t, p, err)
	return d
}

func TestASharedSetHoldsNoKeyAndNotItsOwnersFolder(t *testing.T) {
	d := shareable(t)
	s, err := d.ShareSet(t.Context(), "Work")
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range append(slices.Clone(someKeys), d.system.Home+"/", d.system.Home+`"`, "g-of-mine", "own-app", "${secret:") {
		if strings.Contains(s.Text, never) {
			t.Errorf("it holds %q", never)
		}
	}
	for _, want := range []string{`"mcpServers"`, `"LOG": "info"`, "team=a", "Bearer ${input:", "--root=${userHome}/My Documents", "${userHome}/bin/files", home(d) + "ette", "postgres://me:${input:", `"callTimeout": 90`, "delete_repo", `"read"`, `"GITHUB_TOKEN"`} {
		if !strings.Contains(s.Text, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	if len(s.Keys) != len(someKeys) {
		t.Errorf("it asks for %q", s.Keys)
	}
	if !slices.Contains(s.Paths, "${userHome}/My Documents") || len(s.Paths) != 4 {
		t.Errorf("the paths are %q", s.Paths)
	}
	if t.Failed() {
		t.Log(s.Text)
	}
}

func home(d *desk) string { return d.system.Home }

func TestASharedSetIsASnippetForEveryProgram(t *testing.T) {
	d := shareable(t)
	s, err := d.ShareSet(t.Context(), "Work")
	if err != nil {
		t.Fatal(err)
	}
	offers, err := d.Offers(s.Text)
	if err != nil || len(offers) != 5 {
		t.Fatalf("%d offers, %v", len(offers), err)
	}
	for _, o := range offers {
		if o.Name != "github" {
			continue
		}
		if i := slices.IndexFunc(o.Options[0].Fields, func(f catalog.Field) bool { return strings.Contains(f.Label, "GITHUB") && f.Kind == catalog.Secret }); i < 0 {
			t.Errorf("the fields are %+v", o.Options[0].Fields)
		}
	}
}

func TestASharedSetComesToAnotherComputer(t *testing.T) {
	from := shareable(t)
	s, err := from.ShareSet(t.Context(), "Work")
	if err != nil {
		t.Fatal(err)
	}
	to := newDesk(t)
	path := filepath.Join(to.system.Home, "work.json")
	if err := to.WriteShared(path, s, false); err != nil {
		t.Fatal(err)
	}
	if err := to.WriteShared(path, s, false); !words.Has(err, words.FileExists) {
		t.Errorf("it is written over: %v", err)
	}
	in, err := to.ReadSet(t.Context(), path)
	if err != nil || in.Name != "Work" || in.Icon != "code" || len(in.Members) != 5 {
		t.Fatalf("%+v, %v", in, err)
	}
	values := map[string]Secret{}
	for _, m := range in.Members {
		if m.Have != "" {
			t.Errorf("%s is taken for %s", m.Name, m.Have)
		}
		for _, a := range m.Asks {
			if a.Label != "PASSWORD" { // that one stays to be entered
				values[a.ID] = NewSecret("typed-for-" + a.ID)
			}
		}
	}
	before := text(t, to.desktop)
	p, err := to.ProposeSetImport(t.Context(), SetImportDraft{Import: in, Name: "Work", Icon: in.Icon, Values: values})
	r := to.must(t, p, err)

	lib, err := to.Library()
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(lib.Servers)); !slices.Equal(got, lib.Sets["Work"].Servers) || lib.Sets["Work"].Icon != "code" {
		t.Errorf("the set has %v of %v", lib.Sets["Work"].Servers, got)
	}
	if v, label := to.kept(t, lib.Servers["github"].Env["GITHUB_TOKEN"]); v != "typed-for-GITHUB_TOKEN" || label != "GITHUB_TOKEN" {
		t.Errorf("the key is %q, called %q", v, label)
	}
	if got := lib.Servers["files"].Command; got != filepath.Join(to.system.Home, "bin", "files") {
		t.Errorf("the program is %s", got)
	}
	if s := lib.Servers["github"]; s.CallTimeout != 90 || !slices.Equal(s.HideTools, []string{"delete_repo"}) {
		t.Errorf("github is %+v", s)
	}
	if in := lib.Servers["remote"].SignIn; in == nil || in.Grant != "" || in.ClientID != "" || !slices.Equal(in.Scopes, []string{"read"}) {
		t.Errorf("the sign-in is %+v", in)
	}
	if list, err := to.Unusual(t.Context(), "Work"); err != nil || !slices.ContainsFunc(list, func(u Unusual) bool { return u.Server == "args" && !u.SignIn }) {
		t.Errorf("nothing says that a key is missing: %+v (%v)", list, err)
	}
	again, err := to.ShareSet(t.Context(), "Work")
	if err != nil || again.Text != s.Text {
		a, b := strings.Split(s.Text, "\n"), strings.Split(again.Text, "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("shared from there (%v), line %d is %q, not %q", err, i, b[i], a[i])
			}
		}
	}
	if _, err := to.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if lib, _ := to.Library(); len(lib.Servers)+len(lib.Sets) != 0 || text(t, to.desktop) != before {
		t.Errorf("undone, there is %v %v", lib.Servers, lib.Sets)
	}
}

func TestServersThatAreThereAreRecognised(t *testing.T) {
	d := shareable(t)
	s, err := d.ShareSet(t.Context(), "Work")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.system.Home, "work.json")
	if err := d.WriteShared(path, s, false); err != nil {
		t.Fatal(err)
	}
	lib, _ := d.Library()
	other := *lib.Servers["github"]
	other.Args = append(slices.Clone(other.Args), "--verbose")
	p, err := d.ProposeServer(t.Context(), Draft{Was: "github", Name: "github", Server: other, Sets: []string{"Work"}})
	d.must(t, p, err)

	in, err := d.ReadSet(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range in.Members {
		if m.Have != m.Name || m.Same != (m.Name != "github") {
			t.Errorf("%s is taken for %q, same %v", m.Name, m.Have, m.Same)
		}
	}
	p, err = d.ProposeSetImport(t.Context(), SetImportDraft{Import: in, Name: "Again", Use: map[string]bool{"github": true}})
	d.must(t, p, err)
	lib, _ = d.Library()
	if len(lib.Servers) != 5 || len(lib.Sets["Again"].Servers) != 5 {
		t.Errorf("there are %d servers, %v in the set", len(lib.Servers), lib.Sets["Again"].Servers)
	}
	p, err = d.ProposeSetImport(t.Context(), SetImportDraft{Import: in, Name: "Mine"})
	d.must(t, p, err)
	if lib, _ = d.Library(); lib.Servers["github-2"] == nil || !slices.Contains(lib.Sets["Mine"].Servers, "github-2") {
		t.Errorf("the other one is not added: %v", lib.Sets["Mine"].Servers)
	}
	if _, err := d.ProposeSetImport(t.Context(), SetImportDraft{Import: in, Name: "work"}); !words.Has(err, words.NameTaken) {
		t.Errorf("a set takes another's place: %v", err)
	}
}

func TestAHostileSetFileChangesNothing(t *testing.T) {
	d := newDesk(t)
	ours := `"mcpCompanion":{"version":1,"set":{"name":"X"}}`
	many := strings.Builder{}
	for i := range 501 {
		many.WriteString(`"s` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + `":{"command":"x"},`)
	}
	for name, c := range map[string]struct {
		text string
		code words.Code
	}{
		"nothing":              {"", words.SetFileBad},
		"no set":               {`{"mcpServers":{"a":{"command":"x"}}}`, words.SetFileBad},
		"no servers":           {`{"mcpServers":{},` + ours + `}`, words.SetFileBad},
		"of a later version":   {`{"mcpServers":{"a":{"command":"x"}},"mcpCompanion":{"version":2,"set":{"name":"X"}}}`, words.FileNewer},
		"half":                 {`{"mcpServers":{"a":{"command":"x"`, words.FileBroken},
		"another's key":        {`{"mcpServers":{"a":{"command":"x","env":{"A":"${secret:abc}"}}},` + ours + `}`, words.SetFileBad},
		"another's key, args":  {`{"mcpServers":{"a":{"command":"x","args":["${secret:abc}"]}},` + ours + `}`, words.SetFileBad},
		"neither nor":          {`{"mcpServers":{"a":{}},` + ours + `}`, words.ServerEmpty},
		"a header of two":      {`{"mcpServers":{"a":{"url":"https://x.y/","headers":{"A":"b\r\nC: d"}}},` + ours + `}`, words.ValueBad},
		"too many":             {`{"mcpServers":{` + many.String() + `"z":{"command":"x"}},` + ours + `}`, words.SetFileBad},
		"too long":             {strings.Repeat(" ", setFileMost+1), words.FileTooBig},
		"another kind of text": {`{"mcpServers":["a"],` + ours + `}`, words.SetFileBad},
	} {
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.ReadSet(t.Context(), path); !words.Has(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.ReadSet(t.Context(), t.TempDir()); !words.Has(err, words.FileOdd) {
		t.Errorf("a folder: %v", err)
	}

	f, err := imports.ReadSetFile([]byte(`{"mcpServers":{"../../etc/passwd":{"command":"x"},"a b":{"command":"y"},"a-b":{"command":"z"}},"mcpCompanion":{"version":1,"set":{"name":"../\u202ex","icon":"` + strings.Repeat("i", 99) + `"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name := range f.Servers {
		if servers.CheckName(name) != nil {
			t.Errorf("a server is called %q", name)
		}
	}
	if len(f.Servers) != 3 || servers.CheckName(f.Name) != nil || f.Icon != "" {
		t.Errorf("%+v", f)
	}
}

func TestTheUsersFolderIsFoundInEverySpelling(t *testing.T) {
	for _, c := range []struct {
		text, home, anywhere, atStart string
	}{
		{"/home/ann/x", "/home/ann", "~/x", "~/x"},
		{"--dir=/home/ann", "/home/ann", "--dir=~", "--dir=~"},
		{"/home/anna:/home/ann:/home/ann.b", "/home/ann", "/home/anna:~:/home/ann.b", "/home/anna:~:/home/ann.b"},
		{"/mnt/home/ann/x", "/home/ann", "/mnt~/x", "/mnt/home/ann/x"},
		{"file:///home/ann/x", "/home/ann", "file://~/x", "file://~/x"},
		{`C:\Users\Ann\x`, `C:\Users\Ann`, `~\x`, `~\x`},
		{`c:\users\ann\x;C:/Users/Ann/y`, `C:\Users\Ann`, `~\x;~/y`, `~\x;~/y`},
		{`C:\Users\Änn\É`, `C:\Users\Änn`, `~\É`, `~\É`},
		{"/x", "/", "/x", "/x"},
		{"/x", "", "/x", "/x"},
	} {
		if got := otherHome(c.text, c.home, "~", true); got != c.anywhere {
			t.Errorf("%s: %s", c.text, got)
		}
		if got := otherHome(c.text, c.home, "~", false); got != c.atStart {
			t.Errorf("%s, where a path begins: %s", c.text, got)
		}
	}
}

func TestAKeyThatIsAPartOfWhatStandsForItIsSharedWhole(t *testing.T) {
	d := newDesk(t)
	for _, x := range []Draft{
		{Name: "db", Server: servers.Server{Command: "db", Args: []string{"--login=password:secret"}}, Env: map[string]Secret{"password": NewSecret("password"), "B": NewSecret("secret"), "C": NewSecret("input:B")}},
		{Name: "long", Server: servers.Server{Command: "x", Env: map[string]string{"PRIVATE_KEY": strings.Repeat("0123456789abcdef", 2000)}}},
	} {
		p, err := d.ProposeServer(t.Context(), x)
		d.must(t, p, err)
	}
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Work", Servers: []string{"db", "long"}})
	d.must(t, p, err)
	s, err := d.ShareSet(t.Context(), "Work")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"password": "${input:password}"`, `"B": "${input:B}"`, `"C": "${input:C}"`, `"--login=${input:password}:${input:B}"`, `"PRIVATE_KEY": "${input:PRIVATE_KEY}"`} {
		if !strings.Contains(s.Text, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	if t.Failed() {
		t.Log(s.Text[:min(len(s.Text), 2000)])
	}
}

// A file of somebody else's, or of another program that knows no keys: what is typed
// for a key's place is a key.
func TestWhatIsAskedForAKeysPlaceIsAKey(t *testing.T) {
	d := newDesk(t)
	path := filepath.Join(d.system.Home, "x.json")
	if err := os.WriteFile(path, []byte(`{
		"mcpServers": {
			"a": {"command": "x", "args": ["--token", "${input:flag}", "--dir", "${input:dir}"], "env": {"OPENAI_API_KEY": "${input:plain}", "B": "${input:twice}"}},
			"b": {"url": "https://x.y/mcp?api_key=${input:query}", "headers": {"Authorization": "Bearer ${input:bearer}", "X-Team": "${input:team}"}}
		},
		"inputs": [
			{"id": "plain", "description": "one", "default": "d"}, {"id": "twice", "password": true}, {"id": "twice", "default": "d"},
			{"id": "flag"}, {"id": "dir"}, {"id": "query"}, {"id": "bearer"}, {"id": "team", "description": "Team"}
		],
		"mcpCompanion": {"version": 1, "set": {"name": "X"}}
	}`), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := d.ReadSet(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	values, asks := map[string]Secret{}, []string{}
	for _, m := range in.Members {
		for _, a := range m.Asks {
			values[a.ID], asks = NewSecret("typed-"+a.ID), append(asks, a.ID)
			if a.Secret == (a.ID == "dir" || a.ID == "team") || a.Secret && a.Default != "" {
				t.Errorf("%+v", a)
			}
		}
	}
	if want := []string{"plain", "twice", "flag", "dir", "query", "bearer", "team"}; !slices.Equal(asks, want) {
		t.Errorf("it asks for %v", asks)
	}
	p, err := d.ProposeSetImport(t.Context(), SetImportDraft{Import: in, Name: "X", Values: values})
	d.must(t, p, err)
	for _, never := range []string{"typed-plain", "typed-twice", "typed-flag", "typed-query", "typed-bearer"} {
		if strings.Contains(text(t, d.home.Library()), never) {
			t.Errorf("the library holds %s", never)
		}
	}
}

// A file four times as long takes about four times as long to read, not sixteen times.
func TestASetFileThatAsksForVeryMuchHoldsNobodyUp(t *testing.T) {
	took := func(n int) time.Duration {
		var inputs strings.Builder
		for i := range n {
			fmt.Fprintf(&inputs, `{"id":"i%d"},`, i)
		}
		file := []byte(`{"mcpServers":{"a":{"command":"x","args":["` + strings.Repeat("${input:x}", n) + `"]}},"inputs":[` + inputs.String() + `{"id":"x"}],"mcpCompanion":{"version":1,"set":{"name":"X"}}}`)
		best := time.Hour
		for range 5 {
			start := time.Now()
			if _, err := imports.ReadSetFile(file); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	if one, four := took(2000), took(8000); four > 10*one {
		t.Errorf("%v for one length, %v for four", one, four)
	}
}

func TestASetIsShownWithAllThatRuns(t *testing.T) {
	d := newDesk(t)
	path := filepath.Join(d.system.Home, "x.json")
	if err := os.WriteFile(path, []byte(`{"mcpServers": {"a": {"command": "npx", "args": ["good", "two words"], "cwd": "/tmp/x", "env": {"NODE_OPTIONS": "--require=/tmp/evil.js", "A": "${input:k}", "B": "${input:d}"}}}, "inputs": [{"id": "d", "default": "a b"}], "mcpCompanion": {"version": 1, "set": {"name": "X"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := d.ReadSet(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if want := `cd /tmp/x; B="a b" NODE_OPTIONS=--require=/tmp/evil.js npx good "two words"`; in.Members[0].Program != want {
		t.Errorf("it says %s", in.Members[0].Program)
	}
}
