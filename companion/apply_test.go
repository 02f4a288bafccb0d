package companion

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

func TestAnAppThatStartsAfterThePreviewIsNotWrittenWhileItRuns(t *testing.T) {
	d := newDesk(t)
	d.add(t, "one")
	p, err := d.ProposeManage(t.Context(), "claude-desktop", true)
	if err != nil || len(p.Waiting) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	before := text(t, d.desktop)
	d.open.Store(true) // while its user looked at the preview
	if _, err := d.Apply(t.Context(), p); !words.Has(err, words.FileChanged) || text(t, d.desktop) != before {
		t.Errorf("%v\n%s", err, text(t, d.desktop))
	}
	p, err = d.ProposeManage(t.Context(), "claude-desktop", true)
	if r := d.must(t, p, err); !slices.Equal(r.Waiting, []string{"Claude Desktop"}) {
		t.Errorf("proposed anew, %v waits", r.Waiting)
	}
}

func TestAnOldPreviewTakesNothingAwayThatWaits(t *testing.T) {
	d := newDesk(t)
	d.add(t, "one")
	d.manage(t, "claude-desktop")
	old, err := d.propose("nothing", nil, scope{}) // changes nothing
	if err != nil || !old.IsEmpty() {
		t.Fatalf("%+v, %v", old, err)
	}
	d.open.Store(true)
	d.add(t, "two")
	if len(d.State(t.Context()).Pending) != 1 {
		t.Fatal("nothing waits")
	}
	if _, err := d.Apply(t.Context(), old); !words.Has(err, words.FileChanged) {
		t.Errorf("it is applied: %v", err)
	}
	if len(d.State(t.Context()).Pending) != 1 {
		t.Error("what waited is forgotten")
	}
}

// asking is a store whose keychain asks its user at its first use, who looks around
// meanwhile.
type asking struct {
	*secrets.Memory
	look func()
}

func (a asking) Get(ctx context.Context, r secrets.Ref) (secrets.Secret, error) {
	a.look()
	return a.Memory.Get(ctx, r)
}

func (a asking) Set(ctx context.Context, r secrets.Ref, v secrets.Secret) error {
	a.look()
	return a.Memory.Set(ctx, r, v)
}

func (a asking) Delete(ctx context.Context, r secrets.Ref) error {
	a.look()
	return a.Memory.Delete(ctx, r)
}

func TestNobodyWaitsWhileTheKeychainAsksItsUser(t *testing.T) {
	draft := Draft{Name: "a", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"K": NewSecret("v")}}
	for name, act := range map[string]func(d *desk) error{
		"a new server": func(d *desk) error {
			_, _, err := d.Do(t.Context(), func() (*Proposal, error) { return d.ProposeServer(t.Context(), draft) })
			return err
		},
		"an entry taken over": func(d *desk) error {
			os.WriteFile(d.code, []byte(`{"mcpServers": {"github": `+githubEntry+`}}`), 0o600)
			_, _, err := d.Do(t.Context(), func() (*Proposal, error) { return d.ProposeAdopt(t.Context(), "claude-code") })
			return err
		},
		"what is not used": func(d *desk) error {
			_, err := d.ForgetUnused(t.Context())
			return err
		},
		"an undo": func(d *desk) error {
			_, err := d.Undo(t.Context(), "")
			return err
		},
	} {
		d := newDesk(t)
		p, err := d.ProposeServer(t.Context(), Draft{Name: "first", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"K": NewSecret("v")}})
		d.must(t, p, err) // the history's own key is made with it
		p, err = d.ProposeRemove(t.Context(), "first")
		d.must(t, p, err)
		var once sync.Once
		asked, held := false, false
		d.Companion.open = func() (secrets.Store, error) {
			return asking{d.store, func() { once.Do(func() { asked, held = true, files.IsLocked(d.home.ChangeLock()) }) }}, nil
		}
		if err := act(d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !asked || held {
			t.Errorf("%s: asked %v, while others waited: %v", name, asked, held)
		}
	}
}
