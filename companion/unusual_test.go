package companion

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/secrets/oauth"
	"mcp-companion/servers"
	"mcp-companion/words"
)

func TestWhatIsUnusualInASetIsKnownBeforeItIsSwitchedTo(t *testing.T) {
	d := newDesk(t)
	for _, s := range []Draft{
		{Name: "files", Server: servers.Server{Command: "x"}},
		{Name: "github", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"GITHUB_TOKEN": NewSecret("hunter2hunter2")}},
		{Name: "linear", Server: servers.Server{URL: "https://mcp.linear.app/mcp"}},
		{Name: "open", Server: servers.Server{URL: "https://open.example.com/mcp"}},
		{Name: "old", Server: servers.Server{URL: "https://old.example.com/mcp"}},
		{Name: "elsewhere", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"TOKEN": NewSecret("hunter2hunter2")}},
	} {
		p, err := d.ProposeServer(t.Context(), s)
		d.must(t, p, err)
	}
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Dev", Servers: []string{"files", "github", "linear", "open", "old"}})
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"github", "elsewhere"} {
		for _, id := range lib.Servers[name].SecretIDs() {
			if err := d.store.Delete(t.Context(), secrets.Ref{Library: lib.ID, ID: id}); err != nil {
				t.Fatal(err)
			}
		}
	}
	grant := func(g oauth.Grant) {
		t.Helper()
		writeGrant(t, d.home, g)
	}
	grant(oauth.Grant{ID: "g1", Server: lib.Servers["old"].ID, Address: "https://old.example.com/mcp", Ended: time.Now()})

	list, err := d.Unusual(t.Context(), "Dev")
	if err != nil {
		t.Fatal(err)
	}
	want := []Unusual{
		{"github", false, words.Say("unusual.key", "Name", "github", "Key", "GITHUB_TOKEN"), "servers/github/key"},
		{"linear", true, words.Say("unusual.sign-in", "Name", "linear"), "servers/linear/sign-in"},
		{"old", true, words.Say("unusual.sign-in", "Name", "old"), "servers/old/sign-in"},
	}
	if !slices.Equal(list, want) {
		t.Errorf("it tells\n%+v\nwant\n%+v", list, want)
	}
	grant(oauth.Grant{ID: "g1", Server: lib.Servers["old"].ID, Address: "https://old.example.com/mcp"})
	grant(oauth.Grant{ID: "g2", Server: lib.Servers["linear"].ID, Address: "https://mcp.linear.app/mcp"})
	key := lib.Servers["github"].SecretIDs()[0]
	p, err = d.ProposeKey(t.Context(), key, NewSecret("hunter3hunter3"))
	d.must(t, p, err)
	if list, err = d.Unusual(t.Context(), "Dev"); err != nil || len(list) != 0 {
		t.Errorf("after all is there it tells %+v (%v)", list, err)
	}
	if list, _ = d.Unusual(t.Context(), AllServers); len(list) != 1 || list[0].Server != "elsewhere" {
		t.Errorf("of all servers it tells %+v", list)
	}
	if _, err := d.Unusual(t.Context(), "None"); !words.Has(err, words.SetUnknown) {
		t.Errorf("of an unknown set: %v", err)
	}
}

// A set may use an account of its own, which has ended while the server's has not.
func TestASignInIsDueWhereTheSetsAccountHasEnded(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeServer(t.Context(), Draft{Name: "notes", Server: servers.Server{URL: "https://notes.example.com/mcp"}})
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	id := lib.Servers["notes"].ID
	writeGrant(t, d.home, oauth.Grant{ID: "good", Server: id, Address: "https://notes.example.com/mcp"})
	writeGrant(t, d.home, oauth.Grant{ID: "ended", Server: id, Address: "https://notes.example.com/mcp", Ended: time.Now()})
	p, err = d.ProposeSet(t.Context(), SetDraft{Name: "Work", Servers: []string{"notes"}, Accounts: map[string]string{"notes": "ended"}})
	d.must(t, p, err)
	for set, want := range map[string]int{"Work": 1, AllServers: 0} {
		if list, err := d.Unusual(t.Context(), set); err != nil || len(list) != want {
			t.Errorf("%q: %+v (%v)", set, list, err)
		}
	}
}

// writeGrant makes a sign-in as it lies on the disk; its tokens are never asked for.
func writeGrant(t *testing.T, home files.Home, g oauth.Grant) {
	t.Helper()
	data, err := json.Marshal(g)
	if err == nil {
		err = files.WriteOwn(filepath.Join(home.Grants(), g.ID+".json"), data)
	}
	if err != nil {
		t.Fatal(err)
	}
}
