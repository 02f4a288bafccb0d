package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

func key(name fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: name} }

func TestACardTellsWhoseItsEntriesAre(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("apps")
	claude, cursor, cline := w.apps.cards["claude-desktop"], w.apps.cards["cursor"], w.apps.cards["cline-vscode"]
	if got := len(claude.entries.Objects); got != 6 { // with the line above them
		t.Errorf("%d lines for 5 entries", got)
	}
	if !claude.take.Visible() || cursor.take.Visible() || cline.take.Visible() {
		t.Error("taking over is offered wrongly")
	}
	if !claude.leave.Visible() || !cursor.leave.Visible() || cline.leave.Visible() || !w.apps.leaves.Visible() {
		t.Error("leaving is offered wrongly")
	}
	if len(claude.notes.Objects) != 1 || len(cursor.notes.Objects) != 1 || cline.notes.Visible() {
		t.Error("the notes on what was changed outside, and on reports of others, are wrong")
	}
	s := sample()
	for i := range s.Clients {
		s.Clients[i].Managed = false
	}
	w.Render(s)
	if w.apps.leaves.Visible() {
		t.Error("offers to leave where nothing is ours")
	}
}

func TestTheUsersOwnAreTakenOver(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("apps")
	test.Tap(w.apps.cards["claude-desktop"].take)
	v := w.open[tabApps].(*takeover)
	if strings.Join(v.ticked(), " ") != "my-own-tool notes" || v.what.seg.Text != words.Say("app.take.what") {
		t.Fatalf("ticked are %q; says %q", v.ticked(), v.what.seg.Text)
	}
	test.Tap(v.checks[0])
	test.Tap(v.checks[1])
	if !v.next.Disabled() || v.reason.text != words.Say("app.take.missing") {
		t.Error("nothing ticked, and it goes on")
	}
	w.onKey(key(fyne.KeyReturn))
	f.did(t)
	test.Tap(v.checks[1])
	test.Tap(v.next)
	p := previewed(t, w, tabApps)
	test.Tap(p.back)
	if w.open[tabApps] != view(v) || strings.Join(v.ticked(), " ") != "notes" {
		t.Errorf("Back shows %T with %q", w.open[tabApps], v.ticked())
	}
	test.Tap(v.next)
	test.Tap(previewed(t, w, tabApps).apply)
	f.did(t, "propose adopt claude-desktop [notes]", "propose adopt claude-desktop [notes]", "apply")
	if w.open[tabApps] != view(w.apps) || w.apps.told.title.seg.Text != words.Say("app.take.done") {
		t.Errorf("shows %T", w.open[tabApps])
	}
}

func TestTakingOverFollowsTheFile(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("apps")
	test.Tap(w.apps.cards["claude-desktop"].take)
	v := w.open[tabApps].(*takeover)
	test.Tap(v.checks[0])
	s := sample()
	s.Clients[0].Managed = false
	s.Clients[0].Entries = append(s.Clients[0].Entries, companion.EntryState{Key: "weather", Kind: companion.Users})
	w.Render(s)
	if strings.Join(v.ticked(), " ") != "notes weather" {
		t.Errorf("ticked are %q", v.ticked())
	}
	if !strings.Contains(v.what.seg.Text, "step") {
		t.Errorf("an app that is not kept in step yet: %q", v.what.seg.Text)
	}
	s.Clients = append([]companion.ClientState(nil), s.Clients[1:]...)
	w.Render(s)
	if w.open[tabApps] != view(w.apps) {
		t.Errorf("the app is gone; shows %T", w.open[tabApps])
	}
}

func TestAllIsLeftWithoutKeysAtFirst(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("apps")
	test.Tap(w.apps.leave)
	v := w.open[tabApps].(*leave)
	if !strings.Contains(v.what.seg.Text, "Claude Desktop, Cursor") || strings.Contains(v.what.seg.Text, "Cline") {
		t.Errorf("says %q", v.what.seg.Text)
	}
	w.onKey(key(fyne.KeyReturn))
	p := previewed(t, w, tabApps)
	w.onKey(key(fyne.KeyReturn)) // never leaves
	f.did(t, "propose eject false []")
	if p.change.risk != "" {
		t.Error("warns of keys that stay where they are")
	}
	test.Tap(p.apply)
	f.did(t, "propose eject false []", "apply")
	if w.open[tabApps] != view(w.apps) || !w.apps.told.box.Visible() {
		t.Errorf("shows %T", w.open[tabApps])
	}
	test.Tap(w.apps.told.buttons.Objects[0].(*button))
	if w.apps.told.box.Visible() {
		t.Error("what was done can't be closed")
	}
}

func TestOneAppIsLeftWithItsKeys(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("apps")
	test.Tap(w.apps.cards["cursor"].leave)
	v := w.open[tabApps].(*leave)
	w.win.Canvas().Focus(v.how.list[0])
	v.how.list[0].TypedKey(key(fyne.KeyDown))
	if v.how.chosen != 1 || w.win.Canvas().Focused() != fyne.Focusable(v.how.list[1]) {
		t.Fatalf("the arrow chose %d", v.how.chosen)
	}
	test.Tap(v.next)
	p := previewed(t, w, tabApps)
	if p.change.risk != words.Say("app.leave.risk") {
		t.Error("does not warn of keys in plain text")
	}
	test.Tap(p.back)
	if v.how.chosen != 1 {
		t.Error("the choice is lost")
	}
	v.how.list[1].TypedKey(key(fyne.KeyEscape))
	if w.open[tabApps] != view(w.apps) {
		t.Errorf("Esc shows %T", w.open[tabApps])
	}
	f.did(t, "propose eject true [cursor]")
}

func TestLeavingFails(t *testing.T) {
	f := &fake{propose: words.New(words.KeychainLocked, nil)}
	w := open(t, f, sample())
	w.Show("apps")
	test.Tap(w.apps.leave)
	v := w.open[tabApps].(*leave)
	test.Tap(v.next)
	if w.open[tabApps] != view(v) || v.told.title.seg.Text != words.For(f.propose).Title {
		t.Errorf("shows %T", w.open[tabApps])
	}
}
