package app

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// firstState is a State of somebody who has AI apps and nothing of ours.
func firstState() companion.State {
	s := sample()
	s.Status, s.Set, s.Servers, s.Sets, s.Keys, s.Grants, s.Pending = companion.Off, companion.AllServers, nil, nil, nil, nil, nil
	for i := range s.Clients {
		s.Clients[i].Managed = false
	}
	return s
}

// fullInventory is what such a person has in his apps.
func fullInventory() companion.Inventory {
	key := func(name, mask string) []companion.HeldKey { return []companion.HeldKey{{Name: name, Mask: mask}} }
	return companion.Inventory{
		Servers: 9, Keys: 4, Known: []string{"Claude Desktop", "Claude Code", "Cline in VS Code", "Cline CLI", "Cursor", "VS Code"},
		Apps: []companion.AppHolds{
			{ID: "claude-desktop", Title: "Claude Desktop", File: "/home/u/.config/Claude/claude_desktop_config.json", Waits: true, Holds: []companion.Holding{
				{Key: "filesystem", Title: "Files", Runs: "npx -y @modelcontextprotocol/server-filesystem /home/u/Documents /home/u/Projects"},
				{Key: "brave-search", Title: "Brave Search", Runs: "npx -y @brave/brave-search-mcp-server", Keys: key("BRAVE_API_KEY", "••••3f2a")},
				{Key: "github", Title: "GitHub", Runs: "docker run -i --rm -e GITHUB_PERSONAL_ACCESS_TOKEN ghcr.io/github/github-mcp-server", Keys: key("GITHUB_PERSONAL_ACCESS_TOKEN", "••••9QxZ")},
				{Key: "sqlite", Runs: "uvx mcp-server-sqlite --db-path /home/u/data/shop.db"},
			}},
			{ID: "claude-code", Title: "Claude Code", File: "/home/u/.claude.json", Holds: []companion.Holding{
				{Key: "github", Title: "GitHub", Runs: "docker run -i --rm -e GITHUB_PERSONAL_ACCESS_TOKEN ghcr.io/github/github-mcp-server", Keys: key("GITHUB_PERSONAL_ACCESS_TOKEN", "••••9QxZ"), Also: "Claude Desktop"},
				{Key: "notion", Title: "Notion", Runs: "https://mcp.notion.com/mcp"},
				{Key: "docs", Stays: words.Say("stays.reference", "Client", "Claude Code")},
				{Key: "legacy", Stays: words.Say("stays.extra", "Client", "Claude Code")},
			}},
			{ID: "cline-vscode", Title: "Cline in VS Code", File: "/home/u/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json", Holds: []companion.Holding{
				{Key: "github.com/modelcontextprotocol/servers/tree/main/src/git", Title: "Git", Runs: "uvx mcp-server-git --repository /home/u/Projects/shop"},
				{Key: "slack", Runs: "npx -y slack-mcp-server", Keys: []companion.HeldKey{{Name: "SLACK_MCP_XOXC_TOKEN", Mask: "••••77ab"}, {Name: "SLACK_MCP_XOXD_TOKEN"}}, Off: true},
				{Key: "postgres", Runs: "uvx postgres-mcp", Keys: key("DATABASE_URI", "••••")},
			}},
			{ID: "codex", Title: "Codex CLI", File: "/home/u/.codex/config.toml", Problem: words.New(words.FileBroken, errors.New("line 12"), "File", "/home/u/.codex/config.toml", "Line", 12, "Column", 3, "Text", "a value is missing")},
			{ID: "cursor", Title: "Cursor", File: "/home/u/.cursor/mcp.json"},
		},
		Needs: []companion.Need{
			{Title: "Node.js", Page: "https://nodejs.org/en/download", Path: "/usr/bin/npx", Servers: []string{"filesystem", "brave-search", "slack"}},
			{Title: "uv", Page: "https://docs.astral.sh/uv/getting-started/installation/", Servers: []string{"sqlite", "git", "postgres"}},
			{Title: "Docker", Page: "https://docs.docker.com/get-started/get-docker/", Path: "/usr/bin/docker", Servers: []string{"github"}},
		},
	}
}

// welcomed is the window at its first start.
func welcomed(w *Window, f *fake, inv companion.Inventory) *welcome {
	f.inv = inv
	w.Render(firstState())
	w.Show("welcome")
	return w.open[tabServers].(*welcome)
}

func emptyInventory() companion.Inventory {
	inv := fullInventory()
	inv.Servers, inv.Keys = 0, 0
	inv.Apps = []companion.AppHolds{{ID: "cursor", Title: "Cursor", File: "/home/u/.cursor/mcp.json"}}
	inv.Needs = []companion.Need{{Title: "Node.js", Page: "https://nodejs.org/en/download"}, {Title: "uv", Page: "https://docs.astral.sh/uv/getting-started/installation/"}}
	return inv
}

func unreadInventory() companion.Inventory {
	inv := emptyInventory()
	inv.Apps = []companion.AppHolds{
		{ID: "claude-desktop", Title: "Claude Desktop", File: "/Users/u/Library/Application Support/Claude/claude_desktop_config.json", Unread: true},
		{ID: "cursor", Title: "Cursor", File: "/Users/u/.cursor/mcp.json", Unread: true},
	}
	return inv
}

func movedProposal() *companion.Proposal {
	p := bigProposal()
	p.Reason, p.Servers, p.Keys = words.Say("reason.take", "Count", 9), 9, 4
	p.Files[0].Words, p.Files[1].Client = "Takes over filesystem, brave-search, github, sqlite; the originals stay in the history.", "Claude Code"
	p.Files[1].Words = "Takes over github, notion; the originals stay in the history. Leaves 2 others alone."
	return p
}

// atMoved walks from the first start through the preview to what came of it.
func atMoved(w *Window, f *fake) *moved {
	f.proposal = movedProposal()
	f.result = companion.Result{ID: "r1"}
	v := welcomed(w, f, fullInventory())
	v.onMove()
	w.open[tabServers].(*preview).onApply()
	return w.open[tabServers].(*moved)
}

func TestTheFirstStartMovesWhatIsTickedAfterAPreviewAndUndoesItAtOneClick(t *testing.T) {
	f := &fake{}
	w := open(t, f, firstState())
	v := welcomed(w, f, fullInventory())
	if len(v.apps) != 4 || !v.move.Visible() || v.add.Visible() || v.who == nil {
		t.Fatalf("%d apps", len(v.apps))
	}
	v.apps[0].checks[3].SetChecked(false)
	v.who.choose(1)
	test.Tap(v.move)
	want := map[string][]string{"claude-desktop": {"filesystem", "brave-search", "github"}, "claude-code": {"github", "notion"}, "cline-vscode": {"github.com/modelcontextprotocol/servers/tree/main/src/git", "slack", "postgres"}}
	for id, keys := range want {
		if !slices.Equal(f.take.Entries[id], keys) {
			t.Errorf("%s: %q", id, f.take.Entries[id])
		}
	}
	if len(f.take.Entries) != len(want) || !f.take.Everywhere {
		t.Errorf("%+v", f.take)
	}
	f.did(t, "propose take over from 3")
	p := previewed(t, w, tabServers)
	test.Tap(p.back)
	if w.open[tabServers] != view(v) || v.apps[0].checks[3].Checked {
		t.Fatal("Back loses what was unticked")
	}
	f.calls = nil
	m := atMovedFrom(t, w, f, v)
	if !strings.Contains(m.title.text, "9") {
		t.Error(m.title.text)
	}
	f.did(t, "propose take over from 3", "apply")
	test.Tap(m.undo)
	f.did(t, "propose take over from 3", "apply", "undo r1")
	back, ok := w.open[tabServers].(*welcome)
	if !ok || !back.told.box.Visible() || back.told.title.seg.Text != words.Say("app.moved.undone") {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func atMovedFrom(t *testing.T, w *Window, f *fake, v *welcome) *moved {
	t.Helper()
	f.proposal, f.result = movedProposal(), companion.Result{ID: "r1"}
	test.Tap(v.move)
	test.Tap(previewed(t, w, tabServers).apply)
	m, ok := w.open[tabServers].(*moved)
	if !ok {
		t.Fatalf("shows %T", w.open[tabServers])
	}
	return m
}

func TestAFailedUndoStaysAndOffersTheRest(t *testing.T) {
	f := &fake{undo: words.New(words.UndoConflict, nil, "File", "x")}
	w := open(t, f, firstState())
	m := atMoved(w, f)
	test.Tap(m.undo)
	if w.open[tabServers] != view(m) || !m.told.box.Visible() || len(m.told.buttons.Objects) != 1 {
		t.Fatalf("shows %T", w.open[tabServers])
	}
}

func TestNotNowLeadsToAnEmptyWindowThatTeaches(t *testing.T) {
	f := &fake{}
	w := open(t, f, firstState())
	v := welcomed(w, f, fullInventory())
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.open[tabServers] != view(v) {
		t.Error("Esc leaves the first page")
	}
	test.Tap(v.later)
	f.did(t, "welcomed")
	if w.open[tabServers] != view(w.servers) || !w.servers.empty.Visible() {
		t.Fatalf("shows %T", w.open[tabServers])
	}
	w.Show("settings")
	test.Tap(w.options.look)
	if _, ok := w.open[tabServers].(*welcome); !ok || w.tab != tabServers {
		t.Error("it can't be opened again")
	}
}

func TestOpenedAgainItIsNoWelcomeAndIsLeftWithoutANote(t *testing.T) {
	f := &fake{inv: fullInventory()}
	w := open(t, f, sample())
	w.Show("apps")
	test.Tap(w.apps.look)
	v := w.open[tabServers].(*welcome)
	if v.title.text != words.Say("app.welcome.title.again") {
		t.Error(v.title.text)
	}
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	f.did(t)
	if w.open[tabServers] != view(w.servers) {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func TestWithoutServersAFirstOneIsAdded(t *testing.T) {
	for name, inv := range map[string]companion.Inventory{"no servers": emptyInventory(), "no apps": {Known: []string{"Cursor"}}} {
		f := &fake{}
		w := open(t, f, firstState())
		v := welcomed(w, f, inv)
		if v.move.Visible() || !v.add.Visible() {
			t.Fatal(name)
		}
		w.onKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		if _, ok := w.open[tabServers].(*addPage); !ok {
			t.Errorf("%s: shows %T", name, w.open[tabServers])
		}
	}
}

func TestOnMacOSTheAppsAreLookedIntoWhenAsked(t *testing.T) {
	f := &fake{}
	w := open(t, f, firstState())
	v := welcomed(w, f, unreadInventory())
	if !v.look.Visible() || v.move.Visible() {
		t.Fatal("it looks unasked")
	}
	f.inv = fullInventory()
	test.Tap(v.look)
	f.did(t, "look into claude-desktop", "look into cursor")
	if v.look.Visible() || !v.move.Visible() {
		t.Error("what was found is not shown")
	}
}

func TestWithoutAKeychainTheFileIsOfferedBeforeAnythingIsWritten(t *testing.T) {
	f := &fake{propose: words.New(words.KeychainAbsent, nil)}
	w := open(t, f, firstState())
	v := welcomed(w, f, fullInventory())
	test.Tap(v.move)
	if w.open[tabServers] != view(v) || len(v.told.buttons.Objects) != 1 {
		t.Fatalf("shows %T", w.open[tabServers])
	}
	test.Tap(v.told.buttons.Objects[0].(*button))
	if !f.usedFile || slices.Contains(f.calls, "apply") {
		t.Errorf("%q", f.calls)
	}
}

func TestWhatStaysIsNotOfferedByTheAppEither(t *testing.T) {
	s := sample()
	for i, e := range s.Clients[0].Entries {
		if e.Key == "notes" {
			s.Clients[0].Entries[i].Stays = words.Say("stays.extra", "Client", "Claude Desktop")
		}
	}
	f := &fake{}
	w := open(t, f, s)
	w.Show("apps")
	test.Tap(w.apps.cards["claude-desktop"].take)
	v := w.open[tabApps].(*takeover)
	test.Tap(v.next)
	f.did(t, "propose adopt claude-desktop [my-own-tool]")
	all := sample()
	for i := range all.Clients[0].Entries {
		all.Clients[0].Entries[i].Stays = "x"
	}
	w.put(tabApps, w.apps)
	w.Render(all)
	if w.apps.cards["claude-desktop"].take.Visible() {
		t.Error("nothing can be taken over, and that is offered")
	}
}

func TestANewServerJoinsEverySetInUse(t *testing.T) {
	s := sample()
	s.Set = companion.Mixed
	for i := range s.Sets {
		s.Sets[i].Current, s.Sets[i].InUse = false, s.Sets[i].Name != "Research"
	}
	w := open(t, &fake{}, s)
	form := adding(t, w)
	for _, c := range form.where.sets {
		if c.Checked != (c.Text != "Research") {
			t.Errorf("%s: %v", c.Text, c.Checked)
		}
	}
}

func TestNothingTickedMovesNothing(t *testing.T) {
	f := &fake{}
	w := open(t, f, firstState())
	v := welcomed(w, f, fullInventory())
	for _, a := range v.apps {
		for _, c := range a.checks {
			c.SetChecked(false)
		}
	}
	if !v.move.Disabled() || v.reason.text != words.Say("app.take.missing") {
		t.Error("the button can be pressed")
	}
	v.onEnter()
	f.did(t)
}

func TestTheWelcomeFollowsTheAppsFiles(t *testing.T) {
	f := &fake{}
	w := open(t, f, firstState())
	v := welcomed(w, f, emptyInventory())
	f.inv = fullInventory()
	s := firstState()
	s.Clients[0].Entries = nil
	w.Render(s)
	if !v.move.Visible() {
		t.Fatal("what came into a file is not seen")
	}
	v.who.choose(1)
	v.apps[0].checks[0].SetChecked(false)
	f.inv.Needs = nil
	w.Render(firstState())
	if v.who.chosen != 1 || v.apps[0].checks[0].Checked || !v.apps[0].checks[1].Checked {
		t.Error("what was chosen is lost to a change outside")
	}
}
