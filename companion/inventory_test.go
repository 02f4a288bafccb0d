package companion

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mcp-companion/clients"
	"mcp-companion/clients/imports"
	"mcp-companion/configs"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// samples are files as every client has them, each once, by client, and where each
// stands on Linux.
func samples(t *testing.T) map[string]struct{ Sample, Place string } {
	t.Helper()
	list := map[string]struct{ Sample, Place string }{}
	data, err := os.ReadFile("../clients/testdata/linux.json")
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []string{"kilo-code-old", "boltai", "copilot-cli", "qwen-code", "kiro", "antigravity", "trae", "factory", "kimi"} {
		delete(list, again)
	}
	return list
}

// keyed are entries with keys wherever one can stand, put first in these samples.
var keyed = map[string]string{
	"claude-desktop": `{"command": "npx", "args": ["a", "--api-key", "sk-aaaaaaaaaaaaaaaa01"], "env": {"A_TOKEN": "first-token-of-all", "MODE": "x"}}`,
	"cursor":         `{"url": "https://c.example/mcp?api_key=c-key-in-the-query&x=1", "headers": {"Authorization": "Bearer c-token-of-cursor"}}`,
	"windsurf":       `{"command": "docker", "args": ["run", "-e", "W_TOKEN=w-token-for-docker", "image"], "disabled": true, "alwaysAllow": ["t"]}`,
	"junie":          `{"command": "npx", "args": ["a", "--api-key", "sk-aaaaaaaaaaaaaaaa01"], "env": {"A_TOKEN": "first-token-of-all", "MODE": "x"}}`,
}

// put writes a file below the desk's home.
func (d *desk) put(t *testing.T, path, text string) string {
	t.Helper()
	full := filepath.Join(d.system.Home, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return full
}

// fullDesk is a desk with every client's sample.
func fullDesk(t *testing.T) (*desk, map[string][]byte) {
	t.Helper()
	d := newDesk(t)
	before := map[string][]byte{}
	for id, s := range samples(t) {
		data, err := os.ReadFile(filepath.Join("../configs/testdata/clients", s.Sample))
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := keyed[id]; ok {
			data = []byte(strings.Replace(string(data), `"mcpServers": {`, `"mcpServers": {"keyed": `+key+",", 1))
		}
		before[d.put(t, s.Place, string(data))] = data
	}
	return d, before
}

// without is a file without these entries: what is left must be the same before and
// after.
func without(t *testing.T, client *clients.Client, path string, data []byte, keys []string) string {
	t.Helper()
	doc, err := configs.Parse(path, data, client.Format)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if _, ok := doc.Value(append(slices.Clone(client.Key), k)...); !ok {
			continue
		}
		if err := doc.Remove(append(slices.Clone(client.Key), k)...); err != nil {
			t.Fatalf("%s: %s: %v", path, k, err)
		}
	}
	return string(doc.Bytes())
}

// moving are the values that move out of these entries.
func (d *desk) moving(entries []clients.Entry) (values []string) {
	for _, e := range entries {
		for _, k := range imports.Take(e.Key, e.Raw, d.system.Home).Keys {
			if k.Value != "" {
				values = append(values, k.Value)
			}
		}
	}
	return values
}

func TestEveryAppsServersAreTakenOverAtOnceAndGivenBack(t *testing.T) {
	d, before := fullDesk(t)
	inv, err := d.Inventory(t.Context())
	if err != nil || len(inv.Apps) < len(samples(t))-1 || inv.Servers < 10 {
		t.Fatalf("%d apps, %d servers, %v", len(inv.Apps), inv.Servers, err)
	}
	lib, _ := d.Library()
	var values []string
	off, projects := map[string]int{}, false
	for _, a := range inv.Apps {
		if a.Problem != nil {
			t.Errorf("%s: %v", a.ID, a.Problem)
		}
		entries, err := d.usersEntries(lib, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, d.moving(entries)...)
		for _, h := range a.Holds {
			if h.Off && h.Stays == "" {
				off[a.ID]++
			}
			projects = projects || strings.Contains(h.Stays, "/home/ana/src/shop")
		}
	}
	if len(values) < 8 || len(off) < 3 || !projects {
		t.Fatalf("the samples say too little: %q %v", values, off)
	}
	p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
	if err != nil || p.Servers < inv.Servers {
		t.Fatalf("%v: %+v", err, p)
	}
	for path, data := range before {
		if text(t, path) != string(data) {
			t.Errorf("%s was written before a yes", path)
		}
	}
	r := d.must(t, p, nil)
	for _, a := range inv.Apps {
		client := clients.Find(a.ID)
		var keys []string
		for _, h := range a.Holds {
			if h.Stays == "" {
				keys = append(keys, h.Key)
			}
		}
		ours := map[string]clients.Entry{}
		for _, path := range client.Files(d.system, "") {
			entries, err := client.Entries(path, d.launcherNow(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if x, ok := ours[e.Key]; !ok || x.Kind != clients.Ours {
					ours[e.Key] = e
				}
			}
			if before[path] == nil {
				continue // of a second editor that had none yet
			}
			now := []byte(text(t, path))
			if was, is := without(t, client, path, before[path], keys), without(t, client, path, now, keys); was != is {
				t.Errorf("%s: more was touched than our entries:\n%s\nwas\n%s", path, is, was)
			}
			for _, v := range values {
				if bytes.Contains(now, []byte(v)) && !staysWith(t, d, client, path, v) {
					t.Errorf("%s still holds a key", path)
				}
			}
		}
		for _, h := range a.Holds {
			e, ok := ours[h.Key]
			if !ok && h.Stays == "" || h.Stays == "" && (e.Kind != clients.Ours || e.Off != h.Off) || h.Stays != "" && e.Kind == clients.Ours {
				t.Errorf("%s: %s is %+v, was off: %v", a.ID, h.Key, e, h.Off)
			}
		}
	}
	if found := d.holding(t, values); len(found) > 0 {
		t.Errorf("a key stands in %q", found)
	}
	lib, _ = d.Library()
	kept := map[string]bool{}
	for id := range lib.Secrets {
		v, err := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: id})
		if err == nil {
			kept[v.Reveal()] = true
		}
	}
	for _, v := range values {
		if !kept[v] {
			t.Error("a key is not in the store")
		}
	}
	// A second look finds nothing more, and a later change leaves all as it is.
	if again, err := d.Inventory(t.Context()); err != nil || again.Servers != 0 {
		t.Errorf("left: %+v, %v", again, err)
	}
	if p, err := d.ProposeApply(t.Context()); err != nil || !p.IsEmpty() {
		t.Errorf("%v: %+v", err, p.Files)
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	for path, data := range before {
		if now := text(t, path); now != string(data) {
			t.Errorf("%s is not what it was:\n%s", path, now)
		}
	}
	if lib, _ := d.Library(); len(lib.Servers)+len(lib.Sets)+len(lib.Clients) != 0 {
		t.Errorf("left in the library: %+v", lib)
	}
}

// staysWith reports whether a value stands in an entry that was not taken over.
func staysWith(t *testing.T, d *desk, client *clients.Client, path, value string) bool {
	t.Helper()
	entries, err := client.Entries(path, d.launcherNow(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(entries, func(e clients.Entry) bool {
		return imports.Take(e.Key, e.Raw, d.system.Home).Stays != "" && bytes.Contains(e.Raw, []byte(value))
	})
}

// holding lists the files of ours that hold one of the texts.
func (d *desk) holding(t *testing.T, texts []string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(string(d.Home()), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data := text(t, path)
		if slices.ContainsFunc(texts, func(v string) bool { return strings.Contains(data, v) }) {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

const (
	filesEntry  = `{"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/tmp"]}`
	githubEntry = `{"command": "npx", "args": ["gh", "--api-key", "sk-abcdef0123456789abcd"], "env": {"GITHUB_TOKEN": "ghp_0123456789abcdefghij"}}`
)

func TestOneServerOfSeveralAppsIsOneAndItsKeysAreMasked(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.desktop, []byte(`{"mcpServers": {"files": `+filesEntry+`, "github": `+githubEntry+`}}`), 0o600)
	os.WriteFile(d.code, []byte(`{"mcpServers": {"gh": `+githubEntry+`, "files": {"command": "/bin/other"}}}`), 0o600)
	os.WriteFile(d.cline, []byte("{\n broken\n"), 0o600)
	inv, err := d.Inventory(t.Context())
	if err != nil || inv.Servers != 3 || inv.Keys != 2 || len(inv.Apps) != 3 {
		t.Fatalf("%+v %v", inv, err)
	}
	gh := inv.Apps[1].Holds[0]
	if gh.Also != "Claude Desktop" || inv.Apps[0].Holds[1].Also != "" || inv.Apps[1].Holds[1].Also != "" {
		t.Errorf("%+v", inv.Apps[1])
	}
	if want := []HeldKey{{"api-key", "••••abcd"}, {"GITHUB_TOKEN", "••••ghij"}}; !slices.Equal(gh.Keys, want) || strings.Contains(gh.Runs, "sk-abc") {
		t.Errorf("%+v", gh)
	}
	if inv.Apps[0].Holds[0].Title == "" {
		t.Errorf("the catalogue does not know it: %+v", inv.Apps[0].Holds[0])
	}
	if p := inv.Apps[2].Problem; !words.Has(p, words.FileBroken) || p.With("Line") == nil {
		t.Errorf("a broken file: %v", p)
	}
	if n := inv.Needs; len(n) < 2 || n[0].Title != "Node.js" || n[1].Title != "uv" || !slices.Equal(n[0].Servers, []string{"files", "github"}) {
		t.Errorf("%+v", n)
	}
	p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
	if err != nil || p.Servers != 3 || p.Keys != 2 {
		t.Fatalf("%v %+v", err, p)
	}
	for _, f := range p.Files {
		if strings.Contains(f.Diff, "ghp_0123") || strings.Contains(f.Diff, "sk-abcdef") {
			t.Errorf("the preview shows a key:\n%s", f.Diff)
		}
	}
	d.must(t, p, nil)
	lib, _ := d.Library()
	if got := lib.Names(); !slices.Equal(got, []string{"files", "files-2", "github"}) {
		t.Errorf("%q", got)
	}
	for _, s := range d.State(t.Context()).Sets {
		if !s.InUse || s.Current {
			t.Errorf("%+v", s)
		}
	}
	// Each app has what it had, under the names it had.
	if now := text(t, d.code); !strings.Contains(now, `"files-2"`) || strings.Count(now, `"run"`) != 2 || !strings.Contains(now, `"gh":`) {
		t.Error(now)
	}
	if now := text(t, d.desktop); strings.Count(now, `"run"`) != 2 {
		t.Error(now)
	}
}

// MARK stands in each entry's key, and nowhere else.
func TestWhatIsTakenOverTellsNoKeyAndComesBackByteForByte(t *testing.T) {
	for _, entry := range []string{
		`{"url": "https://me:MARKhunter2@x.y/mcp"}`,
		`{"url": "https://x.y/mcp?apikey=MARK%2Babc"}`,
		`{"url": "https://x.y/", "headers": {"Cookie": "s=MARKab; b=c"}}`,
		`{"command": "x", "env": {"HEADERS": "{\"Authorization\":\"Bearer MARKabcdef\",\"X\":\"y\"}"}}`,
		`{"command": "x", "env": {"A": "{\"private_key\":\"-----BEGIN PRIVATE KEY-----\\nMARK\\n\"}"}}`,
		`{"command": "x", "env": {"A": "-----BEGIN PRIVATE KEY-----\nMARK\n-----END PRIVATE KEY-----"}}`,
		`{"command": "x", "env": {"CONN": "Server=db;Password=MARK22;"}}`,
		`{"command": "x", "env": {"DB_PASS": "MARK\"q<&>\\ü"}}`,
		`{"command": "x", "args": ["--header", "Cookie: a=MARKabcd"]}`,
		`{"command": "docker", "args": ["run", "-e", "DB_PASS=MARK22", "img"]}`,
		`{"command": "sh", "args": ["-c", "TOKEN=MARK22 x --token MARK33"]}`,
	} {
		d := newDesk(t)
		before := `{"mcpServers": {"n": ` + entry + `}}`
		os.WriteFile(d.code, []byte(before), 0o600)
		inv, err := d.Inventory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
		if err != nil || p.Keys != 1 {
			t.Fatalf("%s: %d keys, %v", entry, p.Keys, err)
		}
		for what, said := range map[string]any{"the inventory": inv, "the proposal": p, "itself": *p, "the preview": p.Files} {
			if strings.Contains(fmt.Sprintf("%+v", said), "MARK") {
				t.Errorf("%s: %s tells it", entry, what)
			}
		}
		r := d.must(t, p, nil)
		if list := d.holding(t, []string{"MARK"}); len(list) > 0 {
			t.Errorf("%s: it stands in %q", entry, list)
		}
		if _, err := d.Undo(t.Context(), r.ID); err != nil || text(t, d.code) != before {
			t.Errorf("%s: undone: %v\n%s", entry, err, text(t, d.code))
		}
	}
}

func TestEveryAppGetsAllWhereThatIsAsked(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.desktop, []byte(`{"mcpServers": {"files": `+filesEntry+`}}`), 0o600)
	os.WriteFile(d.cline, []byte(`{"mcpServers": {"github": `+githubEntry+`, "late": {"command": "late", "disabled": true}, "alone": {"command": "alone", "disabled": true, "timeout": 5}}}`), 0o600)
	inv, _ := d.Inventory(t.Context())
	all := inv.Everything()
	all.Everywhere = true
	p, err := d.ProposeTakeOver(t.Context(), all)
	d.must(t, p, err)
	if now := text(t, d.desktop); strings.Count(now, `"run"`) != 4 {
		t.Error(now)
	}
	entries, _ := clients.Find("cline-cli").Entries(d.cline, d.launcherNow(), nil)
	if len(entries) != 4 || !entries[1].Off || !entries[2].Off || entries[0].Off || !bytes.Contains(entries[2].Raw, []byte(`"timeout":5`)) {
		t.Errorf("%+v", entries)
	}
	// The set says so, too: whatever is changed next leaves them off.
	d.add(t, "next")
	entries, _ = clients.Find("cline-cli").Entries(d.cline, d.launcherNow(), nil)
	if !entries[1].Off || !entries[2].Off {
		t.Errorf("%s", text(t, d.cline))
	}
}

func TestWhatAnAppFillsInStaysWhereItIs(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.code, []byte(`{"mcpServers": {"mine": {"command": "x", "env": {"A": "${A}"}}}}`), 0o600)
	if _, err := d.ProposeAdopt(t.Context(), "claude-code", "mine"); !words.Has(err, words.EntryStays) || !strings.Contains(err.Error(), "Claude Code") {
		t.Error(err)
	}
	for _, c := range d.Closely().State(t.Context()).Clients {
		if c.ID == "claude-code" && (len(c.Entries) != 1 || !strings.Contains(c.Entries[0].Stays, "Claude Code")) || c.ID == "claude-desktop" && c.Entries[0].Stays != "" {
			t.Errorf("%+v", c.Entries)
		}
	}
	if _, err := d.ProposeTakeOver(t.Context(), TakeOver{Entries: map[string][]string{"claude-code": {"mine"}}}); !words.Has(err, words.EntryStays) {
		t.Error(err)
	}
}

func TestWithoutAStoreNothingIsWritten(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.code, []byte(`{"mcpServers": {"github": `+githubEntry+`}}`), 0o600)
	d.Companion.open = func() (secrets.Store, error) { return secrets.Broken{Err: secrets.ErrUnavailable}, nil }
	inv, err := d.Inventory(t.Context())
	if err != nil || inv.Keys != 2 {
		t.Fatalf("%+v %v", inv, err)
	}
	if _, err := d.ProposeTakeOver(t.Context(), inv.Everything()); !words.Has(err, words.KeychainAbsent) {
		t.Error(err)
	}
	if _, err := os.Stat(d.Home().Library()); err == nil || strings.Contains(text(t, d.code), "run") {
		t.Error("something was written")
	}
}

func TestARunningAppsPartWaitsForItsExit(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.desktop, []byte(`{"mcpServers": {"files": `+filesEntry+`}}`), 0o600)
	os.WriteFile(d.code, []byte(`{"mcpServers": {"files": `+filesEntry+`}}`), 0o600)
	desktop, code := text(t, d.desktop), text(t, d.code)
	d.open.Store(true)
	inv, _ := d.Inventory(t.Context())
	if !inv.Apps[0].Waits || inv.Apps[1].Waits {
		t.Errorf("%+v", inv.Apps)
	}
	p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
	r := d.must(t, p, err)
	if !slices.Equal(r.Waiting, []string{"Claude Desktop"}) || text(t, d.desktop) != desktop || !strings.Contains(text(t, d.code), `"run"`) {
		t.Fatalf("%+v", r)
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil || len(d.State(t.Context()).Pending) != 0 {
		t.Fatalf("nothing is left to wait for: %v", err)
	}
	d.open.Store(false)
	if _, err := d.FinishPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text(t, d.desktop) != desktop || text(t, d.code) != code || len(d.State(t.Context()).Pending) != 0 {
		t.Errorf("%s\n%s", text(t, d.desktop), text(t, d.code))
	}
}

func TestTheFirstStartIsLeftForGoodAndNeverComesBackAfterAYes(t *testing.T) {
	d := newDesk(t)
	if !d.IsFirstStart() {
		t.Fatal("it is none")
	}
	p, err := d.ProposeAdopt(t.Context(), "claude-desktop")
	r := d.must(t, p, err)
	if d.IsFirstStart() {
		t.Error("after a yes")
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil || d.IsFirstStart() {
		t.Error("after an undo", err)
	}
	e := newDesk(t)
	if err := e.SetWelcomed(t.Context()); err != nil || e.IsFirstStart() {
		t.Error("after it was left", err)
	}
	if _, err := os.Stat(e.Home().Library()); err == nil {
		t.Error("that made a library")
	}
}

func TestUndoGivesTheEntriesBackAlsoWhereAnAppWroteMeanwhile(t *testing.T) {
	d := newDesk(t)
	before := `{"starts": 1, "mcpServers": {"github": ` + githubEntry + `, "files": ` + filesEntry + `}}`
	os.WriteFile(d.code, []byte(before), 0o600)
	desktop := text(t, d.desktop)
	inv, _ := d.Inventory(t.Context())
	p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
	r := d.must(t, p, err)
	os.WriteFile(d.code, []byte(strings.Replace(text(t, d.code), `"starts": 1`, `"starts": 2`, 1)), 0o600)
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	plain := func(text string) string { return strings.ReplaceAll(text, " ", "") } // an entry by itself comes back without blanks
	if want := strings.Replace(before, `"starts": 1`, `"starts": 2`, 1); plain(text(t, d.code)) != plain(want) || text(t, d.desktop) != desktop {
		t.Errorf("%s\nwant\n%s", text(t, d.code), want)
	}
	// What is taken over anew finds the keys where they are again.
	inv, _ = d.Inventory(t.Context())
	p, err = d.ProposeTakeOver(t.Context(), inv.Everything())
	d.must(t, p, err)
	if lib, _ := d.Library(); len(lib.Servers) != 3 || strings.Contains(text(t, d.code), "ghp_") {
		t.Errorf("%v\n%s", lib.Names(), text(t, d.code))
	}
}

func TestWhatWaitsIsNotForgottenWhileTheKeychainIsLocked(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.desktop, []byte(`{"mcpServers": {"github": `+githubEntry+`}}`), 0o600)
	before := text(t, d.desktop)
	d.open.Store(true)
	inv, _ := d.Inventory(t.Context())
	p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
	d.must(t, p, err)
	good := d.Companion.open
	d.Companion.open = func() (secrets.Store, error) { return secrets.Broken{Err: secrets.ErrLocked}, nil }
	if _, err := d.ProposeSet(t.Context(), SetDraft{Name: "Other", Servers: []string{"github"}}); err != nil {
		t.Errorf("while it runs, other things can't be done: %v", err)
	}
	d.open.Store(false)
	if _, err := d.FinishPending(t.Context()); !words.Has(err, words.KeychainLocked) || text(t, d.desktop) != before || len(d.State(t.Context()).Pending) != 1 {
		t.Errorf("%v\n%s", err, text(t, d.desktop))
	}
	d.Companion.open = good
	if _, err := d.FinishPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := text(t, d.desktop); strings.Contains(now, "ghp_") || strings.Contains(now, "github-2") || !strings.Contains(now, `"github"`) {
		t.Error(now)
	}
}

func TestTwoAppsWhoseFilesAreLinksToOneShareIt(t *testing.T) {
	d := newDesk(t)
	shared := d.put(t, "dotfiles/mcp.json", `{"mcpServers": {"github": `+githubEntry+`}}`)
	before := text(t, shared)
	for _, path := range []string{samples(t)["cursor"].Place, samples(t)["windsurf"].Place} {
		full := d.put(t, path, "")
		if err := errors.Join(os.Remove(full), os.Symlink(shared, full)); err != nil {
			t.Skip(err)
		}
	}
	inv, err := d.Inventory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owners := 0
	for _, a := range inv.Apps {
		if a.ID == "cursor" || a.ID == "windsurf" {
			owners++
		}
	}
	p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
	r := d.must(t, p, err)
	if now := text(t, shared); owners != 1 || strings.Count(now, `"run"`) != 1 || strings.Contains(now, "ghp_") {
		t.Errorf("%d have it:\n%s", owners, now)
	}
	d.manage(t, "cursor", "windsurf")
	d.add(t, "more")
	if now := text(t, shared); strings.Count(now, `"run"`) != 1 || !strings.Contains(now, `"cursor"`) {
		t.Errorf("the other one writes it too:\n%s", now)
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil || text(t, shared) != before {
		t.Errorf("%v\n%s", err, text(t, shared))
	}
}
