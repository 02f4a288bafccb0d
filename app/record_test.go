package app

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// opened is the page of the newest of two records.
func opened(t *testing.T, f *fake) (*Window, *record) {
	t.Helper()
	f.records = []companion.Record{{ID: "2", Time: noon, Reason: "Switched"}, {ID: "1", Time: noon, Reason: "Added", Undone: true}}
	w := open(t, f, sample())
	w.Show("history")
	w.history.list.Select(0)
	v, ok := w.open[tabHistory].(*record)
	if !ok {
		t.Fatalf("a row opens %T", w.open[tabHistory])
	}
	return w, v
}

func TestARecordShowsWhatItDid(t *testing.T) {
	f := &fake{files: []companion.FileView{{Path: "/home/u/a.json", Client: "Cursor", Diff: "-one\n+two"}, {Path: "/home/u/library.json"}}}
	w, v := opened(t, f)
	if v.title.text != "Switched" || len(v.files) != 2 || !v.files[0].diff.Visible() || v.files[1].more.Visible() {
		t.Error("the details are wrong")
	}
	f.did(t, "detail 2")
	w.onKey(key(fyne.KeyEscape))
	if w.open[tabHistory] != view(w.history) {
		t.Errorf("Esc shows %T", w.open[tabHistory])
	}
	w.history.list.Select(1)
	if w.open[tabHistory].(*record).undo.Visible() {
		t.Error("offers to undo what was taken back")
	}
}

func TestARecordIsUndoneAfterALook(t *testing.T) {
	f := &fake{files: []companion.FileView{{Path: "/home/u/a.json", Client: "Cursor", Diff: "-one\n+two"}}, result: companion.Result{Waiting: []string{"Claude Desktop"}}}
	w, v := opened(t, f)
	test.Tap(v.undo)
	p := previewed(t, w, tabHistory)
	f.did(t, "detail 2", "propose undo 2")
	test.Tap(p.back)
	if w.open[tabHistory] != view(v) {
		t.Errorf("Back shows %T", w.open[tabHistory])
	}
	test.Tap(v.undo)
	test.Tap(previewed(t, w, tabHistory).apply)
	f.did(t, "detail 2", "propose undo 2", "propose undo 2", "undo 2")
	if w.open[tabHistory] != view(w.history) || w.ask == nil {
		t.Errorf("shows %T, asks for the restart: %v", w.open[tabHistory], w.ask != nil)
	}
}

func TestWhatCantBeUndoneIsSaidWhereItWasAsked(t *testing.T) {
	f := &fake{}
	w, v := opened(t, f)
	f.propose = words.New(words.UndoConflict, nil, "File", "mcp.json")
	test.Tap(v.undo)
	if w.open[tabHistory] != view(v) || v.told.title.seg.Text != words.For(f.propose).Title {
		t.Errorf("shows %T", w.open[tabHistory])
	}
}

func TestARecordIsDestroyedNeverByEnter(t *testing.T) {
	f := &fake{}
	w, v := opened(t, f)
	test.Tap(v.destroy)
	if w.ask == nil || w.win.Canvas().Focused() != fyne.Focusable(w.ask.no) {
		t.Fatal("Enter would destroy")
	}
	w.ask.no.TypedKey(key(fyne.KeyReturn))
	f.did(t, "detail 2")
	f.scrub = words.New(words.Busy, nil, "File", "x")
	test.Tap(v.destroy)
	test.Tap(w.ask.yes)
	if w.open[tabHistory] != view(v) || !v.told.box.Visible() {
		t.Error("does not say that it is still there")
	}
	f.scrub = nil
	test.Tap(v.destroy)
	test.Tap(w.ask.yes)
	f.did(t, "detail 2", "scrub 2", "scrub 2")
	if w.open[tabHistory] != view(w.history) || w.history.told.title.seg.Text != words.Say("app.record.destroyed") {
		t.Errorf("shows %T", w.open[tabHistory])
	}
}

func TestADestroyedRecordSaysSo(t *testing.T) {
	f := &fake{detail: words.New(words.UndoUnknown, nil, "ID", "2")}
	_, v := opened(t, f)
	if v.undo.Visible() || v.destroy.Visible() || v.told.title.seg.Text != words.Say("app.record.gone") {
		t.Error("offers what can't be done")
	}
}

func TestTheRestIsTakenBackWhereAPartWasChanged(t *testing.T) {
	f := &fake{undo: words.New(words.UndoConflict, nil, "File", "mcp.json")}
	f.records = []companion.Record{{ID: "2", Time: noon, Reason: "Switched"}}
	w := open(t, f, sample())
	w.Show("history")
	w.history.onUndo(f.records[0])
	if v, ok := w.open[tabHistory].(*preview); ok {
		test.Tap(v.apply)
	}
	if n := len(w.history.told.buttons.Objects); n != 1 {
		t.Fatalf("%d ways out are offered", n)
	}
	f.calls = nil
	test.Tap(w.history.told.buttons.Objects[0].(*button))
	test.Tap(previewed(t, w, tabHistory).apply)
	f.did(t, "propose undo of the rest of 2", "undo the rest of 2")
}
