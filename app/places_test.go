package app

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// unmanaged is a State in which no AI app is kept in step yet.
func unmanaged() companion.State {
	return companion.State{Set: companion.AllServers, Clients: []companion.ClientState{
		{ID: "claude-code", Title: "Claude Code", Installed: true},
		{ID: "cursor", Title: "Cursor", Installed: true},
		{ID: "zed", Title: "Zed", Installed: true, Problem: words.New(words.FileBroken, nil)},
		{ID: "codex", Title: "Codex"},
		{ID: "cursor:/p", Title: "Cursor in p", Installed: true, Project: "/p"},
	}}
}

func TestAFirstServerGoesToTheAppsThatAreHere(t *testing.T) {
	f := &fake{}
	w := open(t, f, unmanaged())
	form := adding(t, w)
	form.name.field.SetText("mine")
	form.command.field.SetText("npx")
	before := form.snapshot()
	test.Tap(form.where.apps[1])
	if form.snapshot() == before {
		t.Error("an app unticked goes unnoticed")
	}
	test.Tap(form.save)
	if !slices.Equal(f.draft.Apps, []string{"claude-code"}) {
		t.Errorf("it goes to %q", f.draft.Apps)
	}
}

func TestWhereAppsAreInStepAnotherOneIsOnlyOffered(t *testing.T) {
	s := unmanaged()
	s.Clients[0].Managed = true
	w := open(t, &fake{}, s)
	p := w.newPlaces(func() {})
	if len(p.apps) != 1 || p.apps[0].Text != "Cursor" || p.apps[0].Checked {
		t.Errorf("offered are %+v", p.apps)
	}
	s.Clients[1].Managed = true
	w.Render(s)
	if p := w.newPlaces(func() {}); len(p.apps) != 0 || len(p.cards) != 0 {
		t.Error("nothing is to be asked, and is")
	}
}

func TestAnOfferThatWasOffGoesNowhereUnasked(t *testing.T) {
	w := open(t, &fake{}, unmanaged())
	o := plainOffer()
	o.Off = true
	w.Show("add")
	if form := newOfferForm(w, w.open[tabServers].(*addPage), o); len(form.where.apps) != 2 || form.where.chosenApps() != nil {
		t.Error("it goes somewhere")
	}
}

func TestAnAddedServerTellsWhenItsAppsNotice(t *testing.T) {
	f := &fake{proposal: &companion.Proposal{Files: []companion.FileView{
		{Path: "library.json"}, {Path: "a", Client: "Claude Code"}, {Path: "b", Client: "Claude Desktop"}, {Path: "c", Client: "Claude Code"},
	}}}
	s := sample()
	w := open(t, f, s)
	form := adding(t, w)
	form.name.field.SetText("files-2")
	form.command.field.SetText("npx")
	test.Tap(form.save)
	test.Tap(previewed(t, w, tabServers).apply)
	d := w.open[tabServers].(*details)
	if d.apps == nil || !slices.Equal(d.apps.titles, []string{"Claude Code", "Claude Desktop"}) || !d.next.Visible() {
		t.Fatalf("it tells of %+v", d.apps)
	}
	s.Servers[0].Name, s.Pending = "files-2", []companion.PendingState{{Title: "Claude Desktop"}}
	w.Render(s)
	if !slices.Equal(d.apps.drawn, s.Pending) {
		t.Error("a restart that is due is not told")
	}
}
