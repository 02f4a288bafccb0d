package companion

import (
	"context"
	"os"
	"strings"
	"testing"

	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// keyed is a server with one key, in Claude Code.
func (d *desk) keyed(t *testing.T) (ref secrets.Ref) {
	t.Helper()
	p, err := d.ProposeServer(t.Context(), Draft{Name: "one", Server: servers.Server{Command: "x", Env: map[string]string{"PAD": " a "}}, Env: map[string]Secret{"TOKEN": NewSecret("hunter2")}})
	d.must(t, p, err)
	d.manage(t, "claude-code")
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	return secrets.Ref{Library: lib.ID, ID: lib.Servers["one"].SecretIDs()[0]}
}

func TestLeavingWithKeysLeavesAMissingOneEmpty(t *testing.T) {
	d := newDesk(t)
	d.keyed(t)
	p, err := d.ProposeRemove(t.Context(), "one")
	r := d.must(t, p, err)
	if n, err := d.ForgetUnused(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil { // the server is back, its key is not
		t.Fatal(err)
	}
	p, err = d.ProposeEject(t.Context(), true)
	d.must(t, p, err)
	if got := text(t, d.code); !strings.Contains(got, `"TOKEN": ""`) && !strings.Contains(got, `"TOKEN":""`) || !strings.Contains(got, `" a "`) {
		t.Error(got)
	}
}

func TestAKeyIsForgottenOnlyWhereTheLibraryCanBeWritten(t *testing.T) {
	d := newDesk(t)
	ref := d.keyed(t)
	p, err := d.ProposeRemove(t.Context(), "one")
	d.must(t, p, err)
	d.edit(t, `"version": 1`, `"version": 2`) // a later version's
	if _, err := d.ForgetUnused(t.Context()); !words.Has(err, words.LibraryNewer) {
		t.Errorf("%v", err)
	}
	if v, err := d.store.Get(t.Context(), ref); err != nil || v.Reveal() != "hunter2" {
		t.Error("the key is gone, and undo has nothing to give back")
	}
}

// edit replaces text in library.json, as a hand would.
func (d *desk) edit(t *testing.T, from, to string) {
	t.Helper()
	path := d.Home().Library()
	if now := strings.Replace(text(t, path), from, to, 1); now == text(t, path) || os.WriteFile(path, []byte(now), 0o600) != nil {
		t.Fatalf("no %s in %s", from, now)
	}
}

// silent is a keychain that asks its user, who is not there.
type silent struct{ secrets.Memory }

func (s *silent) Get(ctx context.Context, _ secrets.Ref) (secrets.Secret, error) {
	return secrets.Secret{}, s.Delete(ctx, secrets.Ref{})
}

func (s *silent) Delete(ctx context.Context, _ secrets.Ref) error {
	if _, ok := ctx.Deadline(); !ok {
		panic("waits for ever")
	}
	return secrets.ErrLocked
}

func TestAKeychainIsNeverWaitedForWithoutALimit(t *testing.T) {
	d := newDesk(t)
	d.keyed(t)
	d.Companion.open = func() (secrets.Store, error) { return &silent{}, nil }
	if _, err := d.ProposeEject(t.Context(), true); !words.Has(err, words.KeychainLocked) {
		t.Error(err)
	}
	p, err := d.ProposeForget(t.Context(), "one", "TOKEN")
	d.must(t, p, err)
	if _, err := d.ForgetUnused(t.Context()); !words.Has(err, words.KeychainLocked) {
		t.Error(err)
	}
}

func TestAnUnknownServerIsNamed(t *testing.T) {
	d := newDesk(t)
	_, secret := d.ProposeSecret(t.Context(), "nope", "K", NewSecret("v"))
	_, forget := d.ProposeForget(t.Context(), "nope", "K")
	_, probe := d.Probe(t.Context(), "nope")
	for what, err := range map[string]error{"secret": secret, "forget": forget, "probe": probe} {
		if !words.Has(err, words.ServerUnknown) || !strings.Contains(err.Error(), "nope") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestADraftCanBeProposedAgain(t *testing.T) {
	d := newDesk(t)
	ref := d.keyed(t)
	draft := Draft{Was: "one", Name: "one", Server: servers.Server{
		Command: "x", Args: []string{"--token=" + servers.SecretRef(ref.ID)}, Env: map[string]string{"TOKEN": servers.SecretRef(ref.ID)},
	}, Env: map[string]Secret{"TOKEN": NewSecret("other")}}
	if _, err := d.ProposeServer(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	if draft.Server.Args[0] != "--token="+servers.SecretRef(ref.ID) {
		t.Error("proposing changed the draft: ", draft.Server.Args)
	}
}

func TestAKeyIsReplacedForEveryServerAndForgottenAtOnce(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeServer(t.Context(), Draft{Name: "a", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"TOKEN": NewSecret("old-value")}})
	d.must(t, p, err)
	lib, _ := d.Library()
	p, err = d.ProposeServer(t.Context(), Draft{Name: "b", Server: servers.Server{Command: "y", Env: map[string]string{"OTHER": lib.Servers["a"].Env["TOKEN"]}}})
	d.must(t, p, err)
	before := d.State(t.Context()).Keys[0]
	if len(before.Servers) != 2 || before.Label != "TOKEN" {
		t.Fatalf("%+v", before)
	}
	p, err = d.ProposeKey(t.Context(), before.ID, NewSecret("new-value"))
	r := d.must(t, p, err)
	lib, _ = d.Library()
	value := func() string {
		_, id, _, _ := servers.CutSecret(lib.Servers["b"].Env["OTHER"])
		v, _ := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: id})
		return v.Reveal()
	}
	if lib.Servers["a"].Env["TOKEN"] != lib.Servers["b"].Env["OTHER"] || value() != "new-value" {
		t.Errorf("%v is %q", lib.Servers["b"].Env, value())
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if lib, _ = d.Library(); value() != "old-value" {
		t.Errorf("taken back it is %q", value())
	}
	if err := d.ForgetKey(t.Context(), before.ID); err != nil || value() != "" {
		t.Errorf("%v: %q", err, value())
	}
	if lib, _ = d.Library(); lib.Secrets[before.ID] == nil {
		t.Error("a key that is used is known no more")
	}
	for _, k := range d.State(t.Context()).Keys {
		if len(k.Servers) == 0 {
			if err := d.ForgetKey(t.Context(), k.ID); err != nil {
				t.Error(err)
			}
		}
	}
	if keys := d.State(t.Context()).Keys; len(keys) != 1 {
		t.Errorf("%+v", keys)
	}
	if err := d.ForgetKey(t.Context(), "nobody"); !words.Has(err, words.KeyUnknown) {
		t.Error(err)
	}
}

// One of two servers gets a key of its own; the other keeps what it had.
func TestAServerGetsAKeyOfItsOwn(t *testing.T) {
	d := newDesk(t)
	ref := d.keyed(t)
	p, err := d.ProposeServer(t.Context(), Draft{Name: "two", Server: servers.Server{Command: "x", Args: []string{"--key=" + servers.SecretRef(ref.ID)}, Env: map[string]string{"KEY": servers.SecretRef(ref.ID)}}})
	d.must(t, p, err)
	p, err = d.ProposeOwnKey(t.Context(), ref.ID, "two", NewSecret("other"))
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	two := lib.Servers["two"]
	if value, label := d.kept(t, two.Env["KEY"]); value != "other" || label != "TOKEN" || two.Args[0] != "--key="+two.Env["KEY"] {
		t.Errorf("two has %q as %s, and %s", value, label, two.Args[0])
	}
	if value, _ := d.kept(t, lib.Servers["one"].Env["TOKEN"]); value != "hunter2" {
		t.Errorf("one has %q", value)
	}
	if p, err = d.ProposeOwnKey(t.Context(), ref.ID, "none", NewSecret("x")); !words.Has(err, words.ServerUnknown) {
		t.Errorf("%v %v", p, err)
	}
}
