package companion

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

var goodPass = NewSecret("correct horse battery")

// backedUp is a computer with servers, sets and keys, and the path of its backup.
func backedUp(t *testing.T) (*desk, string) {
	t.Helper()
	d := shareable(t)
	d.workFactor = 8
	p, err := d.ProposeServer(t.Context(), Draft{Name: "own-app", Server: servers.Server{URL: "https://z.example.com/mcp", SignIn: &servers.SignIn{ClientID: "app", Grant: "g9"}}, ClientSecret: NewSecret("client-secret-1234")})
	d.must(t, p, err)
	p, err = d.ProposeSet(t.Context(), SetDraft{Name: "Accounts", Servers: []string{"own-app"}, Accounts: map[string]string{"own-app": "g9"}})
	d.must(t, p, err)
	if err := d.SetLanguage(t.Context(), "fr"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mine.age")
	done, err := d.Backup(t.Context(), path, goodPass, false)
	if err != nil || done.Servers != 6 || done.Sets != 2 || done.Keys != 3 || len(done.Missing) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	return d, path
}

// shape is what a library has, with the values of its keys in their places.
func shape(t *testing.T, d *desk) string {
	t.Helper()
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	for name, s := range lib.Servers {
		one := *s
		one.ID, one.Formerly = "", nil
		data, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = withoutHome(servers.Expand(string(data), func(id string) string {
			v, err := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: id})
			if errors.Is(err, secrets.ErrNotFound) {
				return "(none)"
			}
			return lib.LabelOf(id) + "=" + v.Reveal()
		}), d.system.Home)
	}
	for name, s := range lib.Sets {
		all["set "+name] = fmt.Sprint(s.Icon, s.Servers)
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestABackupIsOpenedByNothingButItsPassphrase(t *testing.T) {
	d, path := backedUp(t)
	data := text(t, path)
	for _, never := range append(slices.Clone(someKeys), "github", "Work", "client-secret", d.system.Home) {
		if strings.Contains(data, never) {
			t.Errorf("it holds %q", never)
		}
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v (%v)", i.Mode(), err)
	}
	if _, err := d.Backup(t.Context(), path, goodPass, false); !words.Has(err, words.FileExists) {
		t.Errorf("it is written over: %v", err)
	}
	if _, err := d.Backup(t.Context(), path+"2", NewSecret("  short "), false); !words.Has(err, words.BackupWeak) {
		t.Errorf("a short passphrase: %v", err)
	}
	if _, err := d.OpenBackup(t.Context(), path, NewSecret("correct horse batterY")); !words.Has(err, words.BackupPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	r, err := d.OpenBackup(t.Context(), path, goodPass)
	if err != nil || strings.Contains(fmt.Sprintf("%+v %v", r, *r), "ghp_") {
		t.Errorf("it prints its keys (%v)", err)
	}
}

func TestABackupComesBackOnANewComputer(t *testing.T) {
	from, path := backedUp(t)
	to := newDesk(t)
	before, id := shape(t, to), ""
	r, err := to.OpenBackup(t.Context(), path, goodPass)
	if err != nil || r.Keys != 3 || len(r.Servers) != 6 || len(r.Sets) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, i := range append(r.Servers, r.Sets...) {
		if i.Same || i.As != i.Name {
			t.Errorf("%+v", i)
		}
	}
	p, err := to.ProposeRestore(t.Context(), r)
	if err != nil || strings.Contains(fmt.Sprintf("%+v", p.Files), "ghp_") {
		t.Fatal(err)
	}
	result := to.must(t, p, err)
	elsewhere := strings.NewReplacer(home(from)+"ette", "X", home(to)+"ette", "X", `\"grant\":\"g-of-mine\",`, "", `\"grant\":\"g9\",`, "") // sign-ins stay behind
	if got, want := elsewhere.Replace(shape(t, to)), elsewhere.Replace(shape(t, from)); got != want {
		t.Errorf("it has\n%s\nnot\n%s", got, want)
	}
	lib, _ := to.Library()
	mine, _ := from.Library()
	if id = lib.ID; id == mine.ID || len(lib.Clients) != 0 || len(lib.Sets["Accounts"].Accounts) != 0 || lib.Servers["own-app"].SignIn.Grant != "" {
		t.Errorf("what is bound to the other computer came along: %+v", lib.Sets["Accounts"])
	}
	if s, err := ReadSettings(to.home); err != nil || s.Language != "fr" || s.Secrets != "" {
		t.Errorf("the choices are %+v (%v)", s, err)
	}
	// once more changes nothing
	if r, err = to.OpenBackup(t.Context(), path, goodPass); err != nil {
		t.Fatal(err)
	}
	if p, err = to.ProposeRestore(t.Context(), r); err != nil || !p.IsEmpty() {
		t.Errorf("again it would change %+v (%v)", p.Files, err)
	}
	if _, err := to.Undo(t.Context(), result.ID); err != nil {
		t.Fatal(err)
	}
	if got := shape(t, to); got != before {
		t.Errorf("undone, there is\n%s", got)
	}
	if lib, _ = to.Library(); lib.ID != id {
		t.Error("undone, the library has another id")
	}
	if s, _ := ReadSettings(to.home); s.Language != "" {
		t.Error("undone, the language stays")
	}
}

func TestARestoreOverwritesNothing(t *testing.T) {
	_, path := backedUp(t)
	to := newDesk(t)
	p, err := to.ProposeServer(t.Context(), Draft{Name: "GitHub", Server: servers.Server{Command: "mine"}})
	to.must(t, p, err)
	p, err = to.ProposeServer(t.Context(), Draft{Name: "walk", Server: servers.Server{Command: "mine"}})
	to.must(t, p, err)
	p, err = to.ProposeSet(t.Context(), SetDraft{Name: "Work", Servers: []string{"walk"}})
	to.must(t, p, err)
	if err := to.SetLanguage(t.Context(), "de"); err != nil {
		t.Fatal(err)
	}
	r, err := to.OpenBackup(t.Context(), path, goodPass)
	if err != nil {
		t.Fatal(err)
	}
	as := map[string]string{}
	for _, i := range append(r.Servers, r.Sets...) {
		as[i.Name] = i.As
	}
	want := map[string]string{"github": "github-2", "walk": "walk-2", "Work": "Work-2", "files": "files", "args": "args", "remote": "remote", "own-app": "own-app", "Accounts": "Accounts"}
	if !maps.Equal(as, want) {
		t.Errorf("the names are %v", as)
	}
	p, err = to.ProposeRestore(t.Context(), r)
	to.must(t, p, err)
	lib, _ := to.Library()
	if lib.Servers["walk"].Command != "mine" || lib.Servers["GitHub"].Command != "mine" || !slices.Equal(lib.Sets["Work"].Servers, []string{"walk"}) {
		t.Error("what was there is another")
	}
	if got := lib.Sets["Work-2"].Servers; !slices.Equal(got, []string{"args", "files", "github-2", "remote", "walk-2"}) {
		t.Errorf("the set has %v", got)
	}
	if s, _ := ReadSettings(to.home); s.Language != "de" {
		t.Errorf("the language is %s", s.Language)
	}
}

func TestARestoreBringsAKeyThatIsMissing(t *testing.T) {
	d, path := backedUp(t)
	lib, _ := d.Library()
	key := lib.Servers["github"].SecretIDs()[0]
	if err := d.store.Delete(t.Context(), secrets.Ref{Library: lib.ID, ID: key}); err != nil {
		t.Fatal(err)
	}
	r, err := d.OpenBackup(t.Context(), path, goodPass)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.ProposeRestore(t.Context(), r)
	d.must(t, p, err)
	lib, _ = d.Library()
	if v, label := d.kept(t, lib.Servers["github"].Env["GITHUB_TOKEN"]); v != someKeys[0] || label != "GITHUB_TOKEN" || len(lib.Servers) != 6 {
		t.Errorf("the key is %q, called %q", v, label)
	}
}

func TestABackupWithoutAKeySaysSoAndOneWithoutTheKeychainIsNone(t *testing.T) {
	d, _ := backedUp(t)
	lib, _ := d.Library()
	if err := d.store.Delete(t.Context(), secrets.Ref{Library: lib.ID, ID: lib.Servers["github"].SecretIDs()[0]}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "b.age")
	if done, err := d.Backup(t.Context(), path, goodPass, false); err != nil || !slices.Equal(done.Missing, []string{"GITHUB_TOKEN"}) {
		t.Errorf("%+v, %v", done, err)
	}
	d.Companion.open = func() (secrets.Store, error) { return secrets.Broken{Err: secrets.ErrLocked}, nil }
	if _, err := d.Backup(t.Context(), path+"2", goodPass, false); !words.Has(err, words.KeychainLocked) {
		t.Errorf("with a locked keychain: %v", err)
	}
	if _, err := os.Stat(path + "2"); err == nil {
		t.Error("half a backup is there")
	}
}

func TestAHostileBackupChangesNothing(t *testing.T) {
	d, path := backedUp(t)
	whole := []byte(text(t, path))
	sealed := func(plain string) []byte {
		data, err := secrets.Seal([]byte(plain), goodPass, 8)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	hard, err := secrets.Seal([]byte(`{"version":1}`), goodPass, 2)
	if err != nil {
		t.Fatal(err)
	}
	before := shape(t, d)
	for name, c := range map[string]struct {
		data []byte
		code words.Code
	}{
		"nothing":            {nil, words.BackupBad},
		"another kind":       {[]byte("PK\x03\x04 zip"), words.BackupBad},
		"the head alone":     {whole[:60], words.BackupBad},
		"half":               {whole[:len(whole)/2], words.BackupBad},
		"all but the end":    {whole[:len(whole)-1], words.BackupBad},
		"a byte changed":     {append(slices.Clone(whole[:len(whole)-5]), 'x', 'x', 'x', 'x', 'x'), words.BackupBad},
		"no text of ours":    {sealed("hello"), words.BackupBad},
		"no version":         {sealed("{}"), words.BackupBad},
		"of a later version": {sealed(`{"version":2,"servers":[1]}`), words.FileNewer},
		"of other types":     {sealed(`{"version":1,"servers":[1]}`), words.BackupBad},
		"too much work":      {bytes.Replace(hard, []byte(" 2\n"), []byte(" 25\n"), 1), words.BackupBad},
	} {
		file := filepath.Join(t.TempDir(), "b.age")
		if err := os.WriteFile(file, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.OpenBackup(t.Context(), file, goodPass); !words.Has(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := filepath.Join(t.TempDir(), "long.age")
	if err := errors.Join(os.WriteFile(long, whole, 0o600), os.Truncate(long, 2*backupMost)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.OpenBackup(t.Context(), long, goodPass); !words.Has(err, words.FileTooBig) {
		t.Errorf("too long: %v", err)
	}

	lib, _ := d.Library()
	own := lib.Servers["github"].SecretIDs()[0]
	file := filepath.Join(t.TempDir(), "b.age")
	nasty := sealed(`{"version":1,"home":"/","servers":{"../../evil":{"id":"../../x","command":"x","env":{"A":"${secret:` + own + `}"}},"none":null},"sets":{"..":{"servers":["../../evil","github"],"accounts":{"a":"../x"}}},"secrets":{"../y":{"label":"L"}},"values":{"../y":"v"},"settings":{"language":{"a":1},"secrets":"file","quiet":true}}`)
	if err := os.WriteFile(file, nasty, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := d.OpenBackup(t.Context(), file, goodPass)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.ProposeRestore(t.Context(), r)
	result := d.must(t, p, err)
	lib, _ = d.Library()
	for name, s := range lib.Servers {
		if servers.CheckName(name) != nil || strings.ContainsAny(s.ID, "./") {
			t.Errorf("%q has the id %q", name, s.ID)
		}
	}
	if s := lib.Servers["evil"]; s == nil || slices.Contains(s.SecretIDs(), own) {
		t.Errorf("it reads another server's key: %+v", s)
	}
	if s, _ := ReadSettings(d.home); s.Language != "fr" || s.Secrets != "" || !s.Quiet {
		t.Errorf("the choices are %+v", s)
	}
	if _, err := d.Undo(t.Context(), result.ID); err != nil {
		t.Fatal(err)
	}
	if got := shape(t, d); got != before {
		t.Errorf("undone, there is\n%s\nnot\n%s", got, before)
	}
}

func TestARestoreRunTwiceAddsNothingTwice(t *testing.T) {
	_, path := backedUp(t)
	to := newDesk(t)
	for _, name := range []string{"GitHub", "walk"} { // others of the same name
		p, err := to.ProposeServer(t.Context(), Draft{Name: name, Server: servers.Server{Command: "mine"}})
		to.must(t, p, err)
	}
	p, err := to.ProposeSet(t.Context(), SetDraft{Name: "Work", Servers: []string{"walk"}})
	to.must(t, p, err)
	for n := range 2 {
		r, err := to.OpenBackup(t.Context(), path, goodPass)
		if err != nil {
			t.Fatal(err)
		}
		p, err := to.ProposeRestore(t.Context(), r)
		if n == 0 {
			to.must(t, p, err)
			continue
		}
		for _, i := range append(r.Servers, r.Sets...) {
			if !i.Same {
				t.Errorf("%+v", i)
			}
		}
		if err != nil || !p.IsEmpty() {
			t.Errorf("the second time changes %+v (%v)", p.Files, err)
		}
	}
}

func TestARestoreTellsServersApartThatAreAlike(t *testing.T) {
	from := newDesk(t)
	from.workFactor = 8
	for _, name := range []string{"mail", "mail-2", "mail-3"} {
		p, err := from.ProposeServer(t.Context(), Draft{Name: name, Server: servers.Server{Command: "x"}, Env: map[string]Secret{"TOKEN": NewSecret("of-" + name)}})
		from.must(t, p, err)
	}
	path := filepath.Join(t.TempDir(), "mine.age")
	if _, err := from.Backup(t.Context(), path, goodPass, false); err != nil {
		t.Fatal(err)
	}
	to := newDesk(t)
	p, err := to.ProposeServer(t.Context(), Draft{Name: "mail", Server: servers.Server{Command: "mine"}})
	to.must(t, p, err)
	for range 2 {
		r, err := to.OpenBackup(t.Context(), path, goodPass)
		if err != nil {
			t.Fatal(err)
		}
		p, err := to.ProposeRestore(t.Context(), r)
		to.must(t, p, err)
	}
	lib, _ := to.Library()
	keys := map[string]bool{}
	for _, s := range lib.Servers {
		if s.Command == "x" {
			v, _ := to.kept(t, s.Env["TOKEN"])
			keys[v] = true
		}
	}
	if len(lib.Servers) != 4 || len(keys) != 3 {
		t.Errorf("there are %v, with %d keys", lib.Names(), len(keys))
	}
}

// What a hand wrote into the library is taken as it is, and so it comes back.
func TestABackupOfWhatAHandWroteComesBack(t *testing.T) {
	d := newDesk(t)
	d.workFactor = 8
	d.add(t, "good")
	odd := strings.Replace(text(t, d.home.Library()), `"servers": {`, `"servers": {"none": {"env": {"A": "b"}}, "two": {"command": "x", "url": "https://x.y/"}, "header": {"url": "https://x.y/", "headers": {"A b": "c"}},`, 1)
	if err := os.WriteFile(d.home.Library(), []byte(odd), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mine.age")
	done, err := d.Backup(t.Context(), path, goodPass, false)
	if err != nil || done.Servers != 4 {
		t.Fatalf("%+v, %v", done, err)
	}
	to := newDesk(t)
	r, err := to.OpenBackup(t.Context(), path, goodPass)
	if err != nil {
		t.Fatal(err)
	}
	p, err := to.ProposeRestore(t.Context(), r)
	to.must(t, p, err)
	if got, want := shape(t, to), shape(t, d); got != want {
		t.Errorf("it has\n%s\nnot\n%s", got, want)
	}
}
