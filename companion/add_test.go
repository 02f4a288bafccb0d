package companion

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// hold reports whether a file below dir holds text.
func hold(t *testing.T, dir, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		found = found || strings.Contains(string(data), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// kept is what the store has for a reference.
func (d *desk) kept(t *testing.T, ref string) (value, label string) {
	t.Helper()
	_, id, _, ok := servers.CutSecret(ref)
	if !ok {
		t.Fatalf("%q is no reference", ref)
	}
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return v.Reveal(), lib.LabelOf(id)
}

func TestAnOfferIsAddedAndItsKeyOnlyReachesTheStore(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Work"})
	d.must(t, p, err)
	d.manage(t, "claude-code")
	draft := OfferDraft{Name: "search", Offer: *catalog.Find("brave-search"), Option: "local", Values: Values{"apiKey": {" \"hunter2hunter2\" "}}, Sets: []string{"Work"}}
	for range 2 { // as after a file changed under the preview
		p, err = d.ProposeOffer(t.Context(), draft)
		if err != nil {
			t.Fatal(err)
		}
	}
	if said := fmt.Sprintf("%v %+v %#v %v", p, p.Files, draft, draft); strings.Contains(said, "hunter2") {
		t.Errorf("a key prints itself: %s", said)
	}
	if hold(t, string(d.home), `"search"`) {
		t.Error("proposing wrote")
	}
	d.must(t, p, nil)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	s := lib.Servers["search"]
	if value, label := d.kept(t, s.Env["BRAVE_API_KEY"]); value != "hunter2hunter2" || label != "BRAVE_API_KEY" {
		t.Errorf("kept %q as %q", value, label)
	}
	if !slices.Equal(lib.Sets["Work"].Servers, []string{"search"}) {
		t.Errorf("the set has %v", lib.Sets["Work"].Servers)
	}
	if hold(t, filepath.Dir(d.code), "hunter2") {
		t.Error("a file holds the key")
	}
	if !strings.Contains(text(t, d.code), `"search"`) {
		t.Error("the client has no entry")
	}
}

func TestAPastedKeyInAnArgumentOrAnAddressReachesOnlyTheStore(t *testing.T) {
	const key = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	for name, text := range map[string]string{
		"argument": "npx -y some-mcp-server --api-key " + key,
		"variable": `{"mcpServers": {"x": {"command": "npx", "args": ["-y", "some-mcp-server"], "env": {"API_KEY": "` + key + `"}}}}`,
		"header":   `{"mcpServers": {"x": {"url": "https://mcp.example.com/mcp", "headers": {"Authorization": "Bearer ` + key + `"}}}}`,
		"address":  "https://mcp.example.com/mcp?api_key=" + key,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			list, err := d.Offers(text)
			if err != nil || len(list) != 1 {
				t.Fatalf("%d offers, %v", len(list), err)
			}
			p, err := d.ProposeOffer(t.Context(), OfferDraft{Name: "x", Offer: list[0], Option: list[0].Options[0].ID})
			if strings.Contains(fmt.Sprintf("%v %+v %#v", p, p, list), key) {
				t.Error("the key prints itself")
			}
			d.must(t, p, err)
			lib, err := d.Library()
			if err != nil {
				t.Fatal(err)
			}
			ids := lib.Servers["x"].SecretIDs()
			if len(ids) != 1 {
				t.Fatalf("refers to %v", ids)
			}
			if value, label := d.kept(t, servers.SecretRef(ids[0])); value != key || label == "" {
				t.Errorf("the store has another value, as %q", label)
			}
			if hold(t, filepath.Dir(d.code), key) {
				t.Error("a file holds the key")
			}
		})
	}
}

func TestAnOfferNeverReachesForAnothersKey(t *testing.T) {
	d := newDesk(t)
	ref := d.keyed(t)
	for _, value := range []string{servers.SecretRef(ref.ID), "Bearer " + servers.SecretRef(ref.ID)} {
		_, err := d.ProposeOffer(t.Context(), OfferDraft{Name: "thief", Offer: *catalog.Find("brave-search"), Option: "local", Values: Values{"apiKey": {value}}})
		if !words.Has(err, words.ValueShape) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestAnOfferWithAMissingValueNamesItsField(t *testing.T) {
	d := newDesk(t)
	_, err := d.ProposeOffer(t.Context(), OfferDraft{Name: "files", Offer: *catalog.Find("filesystem"), Option: "local"})
	if !words.Has(err, words.ValueMissing) {
		t.Errorf("%v", err)
	}
	d.add(t, "memory")
	_, err = d.ProposeOffer(t.Context(), OfferDraft{Name: "Memory", Offer: *catalog.Find("memory"), Option: "local"})
	if !words.Has(err, words.NameTaken) {
		t.Errorf("%v", err)
	}
}

func TestTheOwnAppOfAServiceIsKeptWithItsSecret(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeOffer(t.Context(), OfferDraft{Name: "gmail", Offer: *catalog.Find("gmail"), Option: "remote", Values: Values{"clientId": {"me.apps.googleusercontent.com"}, "clientSecret": {"hunter2hunter2"}}})
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	s := lib.Servers["gmail"]
	if s.SignIn == nil || s.SignIn.ClientID != "me.apps.googleusercontent.com" {
		t.Fatalf("%+v", s.SignIn)
	}
	if value, _ := d.kept(t, s.SignIn.ClientSecret); value != "hunter2hunter2" {
		t.Error("the store has another secret")
	}
}

// bundled is a bundle's file with a program in it.
func bundled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.mcpb")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for name, text := range map[string]string{
		"manifest.json": `{"manifest_version": "0.2", "name": "hello", "version": "1.0.0", "description": "Says hello", "author": {"name": "Ada"}, "server": {"type": "node", "entry_point": "server.js", "mcp_config": {"command": "node", "args": ["${__dirname}/server.js"]}}}`,
		"server.js":     "// hello",
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestABundleIsUnpackedWhenItsServerIsAddedAndNotBefore(t *testing.T) {
	d := newDesk(t)
	list, err := d.OffersIn(bundled(t))
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	draft := OfferDraft{Name: "hello", Offer: list[0], Option: list[0].Options[0].ID}
	p, err := d.ProposeOffer(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(list[0].Bundle.Folder, "server.js")
	if isFile(program) {
		t.Error("proposing unpacked")
	}
	d.must(t, p, nil)
	if !isFile(program) || !strings.HasPrefix(program, d.home.Bundles()) {
		t.Errorf("%s is not there", program)
	}
	if err := os.WriteFile(program, []byte("// running"), 0o600); err != nil {
		t.Fatal(err)
	}
	draft.Name = "hello-2"
	p, err = d.ProposeOffer(t.Context(), draft)
	d.must(t, p, err)
	if text(t, program) != "// running" {
		t.Error("what a server runs from was replaced under it")
	}
}

func TestNothingIsLeftOfABundleThatCouldNotBeAdded(t *testing.T) {
	d := newDesk(t)
	d.manage(t, "claude-code")
	list, err := d.OffersIn(bundled(t))
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.ProposeOffer(t.Context(), OfferDraft{Name: "hello", Offer: list[0], Option: list[0].Options[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.code, []byte(`{"other": 1, "mcpServers": {"a": {"command": "b"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Apply(t.Context(), p); !words.Has(err, words.FileChanged) {
		t.Fatalf("%v", err)
	}
	if _, err := os.Stat(list[0].Bundle.Folder); err == nil {
		t.Error("the program lies there")
	}
}

func TestAnOfferIsAddedBeforeItsKeyIsThere(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeOffer(t.Context(), OfferDraft{Name: "search", Offer: *catalog.Find("brave-search"), Option: "local"})
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	ids := lib.Servers["search"].SecretIDs()
	if len(ids) != 1 || lib.LabelOf(ids[0]) != "BRAVE_API_KEY" {
		t.Fatalf("refers to %v", ids)
	}
	if v, err := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: ids[0]}); err == nil {
		t.Errorf("the store has %d bytes for it", len(v.Reveal()))
	}
	p, err = d.ProposeSecret(t.Context(), "search", "BRAVE_API_KEY", NewSecret("hunter2"))
	d.must(t, p, err)
	if lib, err = d.Library(); err != nil {
		t.Fatal(err)
	}
	if value, _ := d.kept(t, lib.Servers["search"].Env["BRAVE_API_KEY"]); value != "hunter2" {
		t.Errorf("kept %q", value)
	}
}

func TestSeveralOffersAreAddedTogetherAndUndoneTogether(t *testing.T) {
	d := newDesk(t)
	d.add(t, "memory")
	list, err := d.Offers(`{"mcpServers": {"memory": {"command": "npx", "args": ["a"]}, "Memory": {"command": "npx", "args": ["b"], "env": {"API_KEY": "ghp_0123456789abcdefghijABCDEFGHIJ012345"}}, "notes": {"command": "npx", "args": ["c"]}}}`)
	if err != nil || len(list) != 3 {
		t.Fatalf("%d offers, %v", len(list), err)
	}
	var drafts []OfferDraft
	for _, o := range list {
		drafts = append(drafts, OfferDraft{Name: o.ProposedName(), Offer: o, Option: o.Options[0].ID})
	}
	p, err := d.ProposeOffers(t.Context(), drafts)
	r := d.must(t, p, err)
	lib, err := d.Library()
	if err != nil || len(lib.Servers) != 4 {
		t.Fatalf("there are %v, %v", lib.Names(), err)
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if lib, err = d.Library(); err != nil || len(lib.Servers) != 1 {
		t.Errorf("after undo there are %v, %v", lib.Names(), err)
	}
	bad := OfferDraft{Name: "x", Offer: *catalog.Find("filesystem"), Option: "local"} // its folder is missing
	if _, err := d.ProposeOffers(t.Context(), append(drafts[:1:1], bad)); !words.Has(err, words.ValueMissing) {
		t.Errorf("one that can't be: %v", err)
	}
}

// An offer may use a key that its user chose, and only that.
func TestAnOfferUsesAKeyThatIsThereAlready(t *testing.T) {
	d := newDesk(t)
	ref := d.keyed(t)
	draft := OfferDraft{Name: "search", Offer: *catalog.Find("brave-search"), Option: "local", Kept: map[string]string{"apiKey": ref.ID}}
	p, err := d.ProposeOffer(t.Context(), draft)
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	if got := lib.Servers["search"].Env["BRAVE_API_KEY"]; got != servers.SecretRef(ref.ID) {
		t.Errorf("has %q", got)
	}
	if n := len(lib.SecretUsers(ref.ID)); n != 2 {
		t.Errorf("%d servers use it", n)
	}
	draft.Name, draft.Kept = "other", map[string]string{"apiKey": "nothing"}
	if _, err := d.ProposeOffer(t.Context(), draft); !words.Has(err, words.KeyUnknown) {
		t.Errorf("a key that isn't there: %v", err)
	}
}

// A key in an argument has no variable's name: its label or its flag stands for it.
func TestAKeyThatStandsInAnArgumentIsEnteredByItsLabelOrFlag(t *testing.T) {
	d := newDesk(t)
	list, err := d.Offers("npx -y some-mcp-server --api-key YOUR_API_KEY")
	if err != nil {
		t.Fatal(err)
	}
	p, told, err := d.ProposeImport(t.Context(), list)
	d.must(t, p, err)
	if len(told) != 1 || len(told[0].Keys) != 1 {
		t.Fatalf("told %+v", told)
	}
	for called, value := range map[string]string{told[0].Keys[0]: "hunter2", "--api-key": "hunter3"} {
		p, err = d.ProposeSecret(t.Context(), told[0].Name, called, NewSecret(value))
		d.must(t, p, err)
		lib, err := d.Library()
		if err != nil {
			t.Fatal(err)
		}
		s := lib.Servers[told[0].Name]
		if got, _ := d.kept(t, s.Args[len(s.Args)-1]); got != value || len(s.Env) != 0 {
			t.Errorf("%s: kept %q, variables %v", called, got, s.Env)
		}
	}
}

// A first server reaches an app at once: saving it keeps the app in step.
func TestANewServerCanBringItsAppsAlong(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeServer(t.Context(), Draft{Name: "mine", Server: servers.Server{Command: "npx"}, Apps: []string{"claude-code"}})
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	if lc := lib.Clients["claude-code"]; lc == nil || !lc.Managed || len(lc.Entries) != 1 {
		t.Errorf("it is %+v", lc)
	}
	if _, err := d.ProposeServer(t.Context(), Draft{Name: "other", Server: servers.Server{Command: "npx"}, Apps: []string{"nothing"}}); !words.Has(err, words.ClientUnknown) {
		t.Errorf("an app that isn't there: %v", err)
	}
}
