package companion

import (
	"context"
	"slices"
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

// asking is a store whose keychain asks its user, who looks around meanwhile.
type asking struct {
	*secrets.Memory
	look func()
}

func (a asking) Set(ctx context.Context, r secrets.Ref, v secrets.Secret) error {
	a.look()
	return a.Memory.Set(ctx, r, v)
}

func TestNobodyWaitsWhileTheKeychainAsksItsUser(t *testing.T) {
	d := newDesk(t)
	asked, held := 0, false
	d.Companion.open = func() (secrets.Store, error) {
		return asking{d.store, func() { asked, held = asked+1, held || files.IsLocked(d.home.ChangeLock()) }}, nil
	}
	d.add(t, "first") // the history's own key is made with it
	asked, held = 0, false
	draft := Draft{Name: "a", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"K": NewSecret("v")}}
	if _, _, err := d.Do(t.Context(), func() (*Proposal, error) { return d.ProposeServer(t.Context(), draft) }); err != nil {
		t.Fatal(err)
	}
	if asked != 1 || held {
		t.Errorf("asked %d times, while others waited: %v", asked, held)
	}
}
