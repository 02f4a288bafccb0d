package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

func TestSearchFinds(t *testing.T) {
	w := open(t, &fake{}, sample())
	for query, want := range map[string]string{
		"":               "brave-search files github memory notion postgres slack",
		"FILES":          "files",
		"cursor working": "files github",
		"uvx":            "postgres",
		"nonsense":       "",
	} {
		w.servers.search.SetText(query)
		if got := strings.Join(memberNames(w.servers.shown), " "); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
		if w.servers.none.Visible() != (want == "") {
			t.Errorf("%q: says that nothing was found: %v", query, w.servers.none.Visible())
		}
	}
}

func TestTheEmptyPageTeaches(t *testing.T) {
	w := open(t, &fake{}, companion.State{})
	if !w.servers.empty.Visible() || w.servers.full.Visible() {
		t.Error("no lesson where there are no servers")
	}
	w.Render(sample())
	if w.servers.empty.Visible() || !w.servers.full.Visible() {
		t.Error("the lesson stays")
	}
}

func TestARowOpensItsServer(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.servers.list.Select(6)
	d, ok := w.open[tabServers].(*details)
	if !ok || d.name != "slack" || !d.trouble.box.Visible() {
		t.Fatalf("shows %T", w.open[tabServers])
	}
	test.Tap(d.check)
	f.did(t, "check slack")
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.open[tabServers] != view(w.servers) {
		t.Error("Esc did not go back")
	}
}

func TestAMissingKeyIsOneClickAway(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("servers/brave-search")
	d := w.open[tabServers].(*details)
	test.Tap(d.trouble.buttons.Objects[0].(*button))
	form := w.open[tabServers].(*form)
	if len(form.envKeys.rows) != 1 || w.win.Canvas().Focused() != fyne.Focusable(form.envKeys.rows[0].name) {
		t.Error("the form does not wait for the key")
	}
}

func TestAServerAskedForTooEarlyIsShownWhenItIsThere(t *testing.T) {
	w := New(test.NewTempApp(t), &fake{}, Options{Go: func(do func()) { do() }})
	w.Show("servers/slack")
	if w.servers.empty.Visible() {
		t.Error("says that there are no servers before anybody knows")
	}
	w.Render(companion.State{})
	w.Render(sample())
	if d, ok := w.open[tabServers].(*details); !ok || d.name != "slack" {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func TestAServerRemovedElsewhereClosesItsPage(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("servers/slack")
	s := sample()
	s.Servers = s.Servers[:3]
	w.Render(s)
	if w.open[tabServers] != view(w.servers) {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func TestTabWalksInReadingOrder(t *testing.T) {
	w := open(t, &fake{}, sample())
	form := adding(t, w)
	form.name.field.SetText("mine")
	form.command.field.SetText("npx")
	c := w.win.Canvas()
	c.Unfocus()
	var at []fyne.Focusable
	for range 60 {
		c.FocusNext()
		at = append(at, c.Focused())
	}
	last := -1
	for _, want := range []fyne.Focusable{w.nav.items[tabServers], w.nav.items[tabHistory], form.name.field, form.command.field, form.args.field, form.cwd.field, form.envKeys.add, form.env.add, form.where.sets[0], form.cancel, form.save} {
		i := slices.Index(at[last+1:], want)
		if i < 0 {
			t.Fatalf("%T %v is not reached in its turn", want, want)
		}
		last += i + 1
	}
}

func TestTheFocusIsAlwaysInView(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.win.Resize(fyne.NewSize(720, 520))
	form := adding(t, w)
	form.envKeys.onAdd()
	scroll := scrollOf(w.win.Canvas().Content(), form.args.field, nil)
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	c := w.win.Canvas()
	for range 30 {
		o, ok := c.Focused().(fyne.CanvasObject)
		if ok && scrollOf(c.Content(), o, nil) == scroll {
			top := place(o).Y - place(scroll).Y
			if top < 0 || top+o.Size().Height > scroll.Size().Height {
				t.Errorf("%T at %v..%v of %v", o, top, top+o.Size().Height, scroll.Size().Height)
			}
		}
		c.FocusNext()
	}
	if form.args.field.AcceptsTab() {
		t.Error("the arguments keep the Tab key")
	}
}

func TestKeysWorkFromAnywhere(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.servers.search.SetText("files")
	w.win.Canvas().Focus(w.servers.search)
	w.servers.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.servers.search.Text != "" {
		t.Error("Esc in the search does not empty it")
	}
	test.Type(w.servers.search, "sla")
	w.servers.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	d, ok := w.open[tabServers].(*details)
	if !ok || d.name != "slack" {
		t.Fatalf("Enter in the search shows %T", w.open[tabServers])
	}
	d.edit.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.open[tabServers] != view(w.servers) {
		t.Error("Esc on a button is lost")
	}
	w.servers.add.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if _, ok := w.open[tabServers].(*addPage); !ok {
		t.Error("Enter does not press a button")
	}
}

func TestTwoAppsAreRestartedOneAfterTheOther(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	var waiting []func()
	w.strip.busy.start = func(do func()) { waiting = append(waiting, do) }
	w.strip.restart("claude-desktop", "Claude Desktop")
	w.strip.restart("cursor", "Cursor")
	waiting[0]()
	waiting[1]()
	f.did(t, "restart claude-desktop", "restart cursor")
}

func TestRemovingIsPreviewedAndNeverByEnter(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("servers/slack")
	test.Tap(w.open[tabServers].(*details).remove)
	v := previewed(t, w, tabServers)
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	f.did(t, "propose remove slack")
	test.Tap(v.apply)
	f.did(t, "propose remove slack", "apply")
	if w.open[tabServers] != view(w.servers) {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func TestAWaitingAppIsOfferedARestart(t *testing.T) {
	f := &fake{result: companion.Result{ID: "1", Waiting: []string{"Claude Desktop"}}}
	w := open(t, f, sample())
	w.Show("sets")
	test.Tap(w.sets.cards[1].use)
	if w.ask == nil {
		t.Fatal("does not ask")
	}
	test.Tap(w.ask.no)
	if w.strip.waiting.Visible() || w.ask != nil {
		t.Error("reminds of what the user chose to do himself")
	}
	f.did(t, `use "Data" for ""`)

	test.Tap(w.sets.cards[3].use)
	test.Tap(w.ask.yes)
	f.did(t, `use "Data" for ""`, `use "Research" for ""`, "restart claude-desktop")
	if !w.strip.done.Visible() {
		t.Error("does not say that the app is back")
	}
}

func TestTheStripTellsWhatWaits(t *testing.T) {
	f := &fake{restart: words.New(words.AppRunning, nil, "Client", "Claude Desktop")}
	w := open(t, f, companion.State{})
	if w.strip.box.Visible() {
		t.Error("a strip where nothing waits")
	}
	s := sample()
	w.Render(s)
	if !w.strip.waiting.Visible() {
		t.Fatal("no strip where a restart waits")
	}
	w.strip.onRestart("claude-desktop", "Claude Desktop")
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	f.did(t)
	w.strip.onRestart("claude-desktop", "Claude Desktop")
	test.Tap(w.ask.yes)
	if !w.strip.result.box.Visible() || w.strip.result.title.seg.Text != words.For(f.restart).Title {
		t.Error("does not show why the app stayed")
	}
	w.strip.onLater(s.Pending[0])
	if w.strip.waiting.Visible() {
		t.Error("Later did nothing")
	}
	s.Problem = words.New(words.KeychainAbsent, nil)
	w.Render(s)
	if !w.strip.problem.box.Visible() {
		t.Error("the whole's Problem is not shown")
	}
}

func TestSets(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("sets")
	if len(w.sets.cards) != 4 || w.sets.cards[0].set.Name != companion.AllServers || w.sets.cards[2].use.Visible() {
		t.Fatal("cards are wrong")
	}
	test.Tap(w.sets.cards[0].use)
	f.did(t, `use "" for ""`)

	test.Tap(w.sets.add)
	form := w.open[tabSets].(*setForm)
	if !form.save.Disabled() {
		t.Error("a set without a name can be saved")
	}
	test.Type(form.name.field, "Play")
	form.onRow(1)
	form.onRow(2)
	form.onRow(1)
	if !form.dirty() {
		t.Error("typing is not noticed")
	}
	test.Tap(form.save)
	if d := f.setDraft; d.Name != "Play" || strings.Join(d.Servers, " ") != "github" || d.Was != "" {
		t.Errorf("draft is %+v", d)
	}
	test.Tap(previewed(t, w, tabSets).apply)
	if w.open[tabSets] != view(w.sets) {
		t.Errorf("shows %T", w.open[tabSets])
	}
}

func TestASetIsRenamedAndRemoved(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("sets")
	test.Tap(w.sets.cards[2].edit)
	form := w.open[tabSets].(*setForm)
	form.name.field.SetText("data")
	if !form.save.Disabled() {
		t.Error("takes the name of another set")
	}
	form.name.field.SetText("Work")
	test.Tap(form.save)
	if f.setDraft.Was != "Development" || f.setDraft.Name != "Work" || len(f.setDraft.Servers) != 3 {
		t.Errorf("draft is %+v", f.setDraft)
	}
	test.Tap(previewed(t, w, tabSets).back)
	test.Tap(form.remove)
	test.Tap(previewed(t, w, tabSets).apply)
	f.did(t, "propose set Work", "propose remove set Development", "apply")
}

func TestApps(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("apps")
	if len(w.apps.cards) != 5 || !strings.Contains(w.apps.names.seg.Text, "Zed") || w.apps.names.box.Visible() {
		t.Fatal("cards are wrong")
	}
	cline := w.apps.cards["cline-vscode"]
	test.Tap(cline.managed)
	f.did(t, "propose manage cline-vscode true")
	test.Tap(previewed(t, w, tabApps).back)
	if w.apps.cards["cline-vscode"].managed.Checked {
		t.Error("the switch says what was not done")
	}
	w.apps.cards["cursor"].set.SetSelected("Research")
	f.did(t, "propose manage cline-vscode true", `use "Research" for "cursor"`)
	if got := w.apps.cards["cursor"].set.Selected; got != "Development" {
		t.Errorf("the drop-down says %q", got)
	}
	cline = w.apps.cards["cline-vscode"]
	cline.onMore()
	folded := cline.more.Text
	w.apps.redraw()
	if k := w.apps.cards["cline-vscode"]; !k.entries.Visible() || k.more.Text != folded {
		t.Errorf("the list was unfolded; now visible %v, the button says %q", k.entries.Visible(), k.more.Text)
	}
	claude := w.apps.cards["claude-desktop"]
	if !claude.restart.Visible() || w.apps.cards["cline-vscode"].restart.Visible() {
		t.Error("Restart is offered wrongly")
	}
	test.Tap(claude.restart)
	if w.ask == nil {
		t.Fatal("restarts unasked")
	}
	test.Tap(w.ask.yes)
	if f.calls[len(f.calls)-1] != "restart claude-desktop" {
		t.Errorf("asked for %q", f.calls)
	}
}

func TestAnAppIsKeptInStepInAProjectsFolder(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("apps")
	if w.apps.cards["cline-vscode"].project.Visible() || w.apps.cards["claude-code:/home/u/shop"].project.Visible() {
		t.Error("a project is offered where there can be none")
	}
	w.pickFolder = func(chosen func(string)) { chosen("/home/u/blog") }
	test.Tap(w.apps.cards["claude-code"].project)
	f.did(t, "propose manage claude-code:/home/u/blog true")
	if v := previewed(t, w, tabApps); v.change.title != "Keep Claude Code in step in blog" {
		t.Error(v.change.title)
	}
}

func TestAnAppIsLookedIntoWhenAsked(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("apps")
	test.Tap(w.apps.cards["claude-code"].more)
	f.did(t, "look into claude-code")
	s := sample()
	s.Clients[2].Unread, s.Clients[2].Entries = false, []companion.EntryState{{Key: "mine", Kind: companion.Users}}
	w.Render(s)
	if k := w.apps.cards["claude-code"]; !k.entries.Visible() {
		t.Error("what was asked for is folded")
	}
}

func TestTheLastChangeOfOneAppIsTakenBack(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("apps")
	test.Tap(w.apps.cards["cursor"].undo)
	if !w.apps.told.box.Visible() {
		t.Error("nothing is said where there is nothing to take back")
	}
	f.calls, f.records = nil, pastRecords()
	test.Tap(w.apps.cards["cursor"].undo)
	test.Tap(previewed(t, w, tabApps).apply)
	f.did(t, "last of cursor", "propose undo 4", "undo 4")
	if w.open[tabApps] != view(w.apps) {
		t.Errorf("shows %T", w.open[tabApps])
	}
}

func TestHistoryIsUndone(t *testing.T) {
	f := &fake{records: []companion.Record{{ID: "2", Time: noon, Reason: "Switched"}, {ID: "1", Time: noon, Reason: "Added", Undone: true}}}
	w := open(t, f, sample())
	w.Show("history")
	if len(w.history.records) != 2 || !w.history.full.Visible() || w.history.none.Visible() {
		t.Fatal("records are missing")
	}
	r := newRecordRow()
	w.history.draw(r, w.history.records[1])
	if r.undo.Visible() || !r.undone.Visible() {
		t.Error("offers to undo what was taken back")
	}
	w.history.draw(r, w.history.records[0])
	f.files = []companion.FileView{{Path: "/home/u/a.json", Client: "Cursor", Diff: "-one"}}
	test.Tap(r.undo)
	v := previewed(t, w, tabHistory)
	if len(v.files) != 1 || !v.files[0].diff.Visible() {
		t.Error("does not show what would be taken back")
	}
	f.did(t, "propose undo 2")
	test.Tap(v.apply)
	f.did(t, "propose undo 2", "undo 2")
	if w.open[tabHistory] != view(w.history) {
		t.Errorf("shows %T", w.open[tabHistory])
	}
	f.undo = words.New(words.UndoConflict, errors.New("changed"), "File", "mcp.json")
	test.Tap(r.undo)
	test.Tap(previewed(t, w, tabHistory).apply)
	if !w.history.told.box.Visible() || w.history.told.title.seg.Text != words.For(f.undo).Title {
		t.Error("the conflict is not shown")
	}
}

func TestAnActionCanBeStopped(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("servers/files")
	d := w.open[tabServers].(*details)
	var waiting func()
	d.busy.start = func(f func()) { waiting = f }
	var got error
	d.busy.run("x", func(ctx context.Context) error { return ctx.Err() }, func(err error) { got = err; d.told.failed(err) })
	if !d.busy.box.Visible() || !d.edit.Disabled() {
		t.Error("no progress is shown")
	}
	d.busy.run("y", nil, nil) // a second one does nothing
	test.Tap(d.busy.stop)
	waiting()
	if !errors.Is(got, context.Canceled) || d.busy.box.Visible() || d.edit.Disabled() || d.told.box.Visible() {
		t.Errorf("after Cancel: %v, progress %v", got, d.busy.box.Visible())
	}
}

func TestClosingAsksWhereSomethingWasTyped(t *testing.T) {
	w := open(t, &fake{}, sample())
	closed := false
	w.win.SetOnClosed(func() { closed = true })
	form := adding(t, w)
	form.name.field.SetText("mine")
	w.Show("sets")
	w.onClose()
	if closed || w.ask == nil || w.tab != tabServers {
		t.Fatal("closed over a form")
	}
	test.Tap(w.ask.no)
	form.name.field.SetText("")
	w.onClose()
	if !closed {
		t.Error("an untouched window does not close")
	}
}

func BenchmarkFiveHundredServers(b *testing.B) {
	s := many(500)
	w := open(b, &fake{}, companion.State{})
	for b.Loop() {
		w.Render(s)
		w.servers.list.ScrollToBottom()
		w.servers.list.ScrollToTop()
	}
}
