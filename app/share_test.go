package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"mcp-companion/words"
)

func TestASetIsSharedAfterAllOfItWasShown(t *testing.T) {
	f := &fake{shared: someShared()}
	w := open(t, f, sample())
	w.pickSave = func(name string, chosen func(string)) {
		if name != "Development.json" {
			t.Errorf("the file is called %s", name)
		}
		chosen("/home/u/x.json")
	}
	w.Show("sets")
	w.sets.menu(w.state.Sets[1])[0].Action()
	v, ok := w.open[tabSets].(*sharing)
	if !ok {
		t.Fatalf("it shows %T", w.open[tabSets])
	}
	if v.text.seg.Text+"\n" != f.shared.Text {
		t.Error("what is shown is not what is written")
	}
	f.did(t, "share Development")
	test.Tap(v.save)
	f.did(t, "share Development", "write /home/u/x.json over=true")
	if w.open[tabSets] != view(w.sets) || w.sets.told.title.seg.Text != words.Say("app.share.done") {
		t.Error("the outcome is not told")
	}
	if items := w.sets.menu(w.sets.cards[0].set); items[0].Label == words.Say("app.sets.share") {
		t.Error("all servers can be shared as a set")
	}
}

func TestASetIsImportedAfterItsProgramsWereShown(t *testing.T) {
	f := &fake{imported: someImport()}
	w := open(t, f, sample())
	w.pickFile = func(chosen func(string)) { chosen("/home/u/work.json") }
	w.Show("sets")
	test.Tap(w.sets.file)
	v, ok := w.open[tabSets].(*setImport)
	if !ok {
		t.Fatalf("it shows %T", w.open[tabSets])
	}
	if len(v.fields) != 3 || !v.fields["NOTES_TOKEN"].Password || v.fields["team"].Password {
		t.Errorf("the fields are %v", v.fields)
	}
	v.name.field.SetText("data")
	if !v.next.Disabled() {
		t.Error("it takes another set's name")
	}
	v.name.field.SetText("Work")
	test.Type(v.fields["NOTES_TOKEN"], "hunter2")
	test.Tap(v.next)
	d := f.importing
	if d.Name != "Work" || d.Icon != "work" || !d.Use["github"] || d.Values["NOTES_TOKEN"].Reveal() != "hunter2" || d.Values["team"].Reveal() != "core" || len(d.Values) != 2 {
		t.Errorf("the draft is %+v", d)
	}
	p := previewed(t, w, tabSets)
	if !strings.Contains(p.change.command, "@acme/notes-mcp") || strings.Contains(p.change.command, "server-filesystem") || strings.Contains(p.change.command, "\u202e") {
		t.Errorf("of the programs it says %q", p.change.command)
	}
	test.Tap(p.back)
	v.uses["github"].SetChecked(false)
	test.Tap(v.next)
	if f.importing.Use["github"] {
		t.Error("the user's own server is used all the same")
	}
	test.Tap(previewed(t, w, tabSets).apply)
	f.did(t, "read set /home/u/work.json", "propose import of Work", "propose import of Work", "apply")
	if w.open[tabSets] != view(w.sets) || v.fields["NOTES_TOKEN"].Text != "" {
		t.Error("the form is not done with")
	}
}

func TestASetThatIsNoneSaysSo(t *testing.T) {
	f := &fake{read: words.New(words.SetFileBad, nil)}
	w := open(t, f, sample())
	w.Show("sets")
	w.sets.onImport("/home/u/x.json")
	if w.open[tabSets] != view(w.sets) || w.sets.told.title.seg.Text != words.For(f.read).Title {
		t.Error("it does not say so")
	}
}

func TestAFileDroppedOnTheSetsIsASet(t *testing.T) {
	f := &fake{imported: someImport()}
	w := open(t, f, sample())
	drop := func() { w.onDropAnywhere(fyne.Position{}, []fyne.URI{storage.NewFileURI("/home/u/work.json")}) }
	w.Show("sets")
	drop()
	f.did(t, "read set /home/u/work.json")
	w.Show("apps")
	drop()
	f.did(t, "read set /home/u/work.json", "offers in /home/u/work.json")
}

// Fyne's dialogs are as they are: they must open at all.
func TestTheDialogsForFilesOpen(t *testing.T) {
	w := open(t, &fake{}, sample())
	for name, ask := range map[string]func(){
		"save":   func() { w.askSave("x.json", func(string) {}) },
		"open":   func() { w.askFile(func(string) {}) },
		"folder": func() { w.askFolder(func(string) {}) },
	} {
		ask()
		top := w.win.Canvas().Overlays().Top()
		if top == nil {
			t.Fatalf("%s: none", name)
		}
		w.win.Canvas().Overlays().Remove(top)
	}
}
