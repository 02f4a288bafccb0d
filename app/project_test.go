package app

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/words"
)

// ownProject opens the form for a server of one's own.
func ownProject(t testing.TB, w *Window) *projectForm {
	t.Helper()
	w.Show("add")
	test.Tap(w.open[tabServers].(*addPage).own)
	f, ok := w.open[tabServers].(*projectForm)
	if !ok {
		t.Fatalf("the page shows %T", w.open[tabServers])
	}
	return f
}

func TestAServerOfOnesOwnIsMadeDownloadedAndSaved(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	p := ownProject(t, w)
	if p.dirty() || !p.save.Disabled() || w.win.Canvas().Focused() != fyne.Focusable(p.name.field) {
		t.Errorf("begins dirty %v, says %q", p.dirty(), p.reason.text)
	}
	test.Type(p.name.field, "Weather")
	folder := p.folder.field.Text
	if filepath.Base(folder) != "weather-server" || !filepath.IsAbs(folder) {
		t.Errorf("in %s", folder)
	}
	test.Tap(p.save)
	f.did(t) // nothing before it was said
	if w.ask == nil || !strings.Contains(w.ask.q.text, folder) || !strings.Contains(w.ask.q.text, "npm install") {
		t.Fatal("does not say what will happen")
	}
	if w.win.Canvas().Focused() != fyne.Focusable(w.ask.no) {
		t.Error("Enter runs programs")
	}
	test.Tap(w.ask.yes)
	f.did(t, "new project Weather", "prepare Weather", "propose server Weather")
	if f.project.Template != "node" || f.project.Folder != folder || !equal(f.draft.Sets, []string{"Development"}) {
		t.Errorf("made %+v in %v", f.project, f.draft.Sets)
	}
	v := previewed(t, w, tabServers)
	if v.change.command != "node "+folder+"/main.ts" {
		t.Errorf("asks for consent to %q", v.change.command)
	}
	test.Tap(v.apply)
	d, ok := w.open[tabServers].(*details)
	if !ok || !d.next.Visible() {
		t.Fatalf("shows %T", w.open[tabServers])
	}
	f.calls = nil
	w.win.Resize(fyne.NewSize(920, 640))
	press(t, d.next, words.Say("app.project.edit"))
	press(t, d.next, words.Say("app.project.folder"))
	f.did(t, "edit "+folder+"/server.ts", "show "+folder)
}

func TestWhereTheDownloadFailsTheFolderStaysAndCanBeTriedAgain(t *testing.T) {
	f := &fake{prepare: []error{words.New(words.ProjectUnready, errors.New("exit status 1"), "Name", "w", "Folder", "/x", "Line", "npm install"), context.Canceled}}
	w := open(t, f, sample())
	p := ownProject(t, w)
	p.name.field.SetText("w")
	p.create()
	if !p.told.box.Visible() || !strings.Contains(p.told.do.seg.Text, p.typedFolder()) || !strings.Contains(p.told.cause.seg.Text, "npm fetching\nnpm ERR! network") {
		t.Errorf("says %q, %q", p.told.do.seg.Text, p.told.cause.seg.Text)
	}
	if p.save.Text != words.Say("app.again") || p.save.Disabled() || !p.name.field.Disabled() {
		t.Errorf("the button says %q", p.save.Text)
	}
	f.prepare = append([]error{words.New(words.NodeOld, errors.New("exit status 1"), "Name", "w", "Needed", "22.18")}, f.prepare...)
	test.Tap(p.save)
	if text := p.told.do.seg.Text; !strings.Contains(text, "Update Node.js") || !strings.Contains(text, p.typedFolder()) {
		t.Errorf("of an old Node.js it says %q", text)
	}
	test.Tap(p.save) // stopped by its user
	if p.told.title.seg.Text != words.Say("app.project.stopped") {
		t.Errorf("says %q", p.told.title.seg.Text)
	}
	w.onKey(key(fyne.KeyEscape))
	if w.ask == nil {
		t.Fatal("leaves without asking")
	}
	test.Tap(w.ask.no)
	test.Tap(p.save)
	f.did(t, "new project w", "prepare w", "prepare w", "prepare w", "prepare w", "propose server w")
	test.Tap(previewed(t, w, tabServers).back)
	if w.open[tabServers] != view(p) || p.save.Text != words.Say("app.project.go") {
		t.Errorf("back at %T, the button says %q", w.open[tabServers], p.save.Text)
	}
}

func TestAMissingHelperIsSaidBeforeAnythingIsMade(t *testing.T) {
	f := &fake{helper: words.New(words.UVMissing, nil)}
	w := open(t, f, sample())
	p := ownProject(t, w)
	p.kind.choose(1)
	if len(p.need.Objects) != 2 || p.template().ID != "python" {
		t.Errorf("says nothing of %s", p.template().ID)
	}
	f.create = words.New(words.FolderTaken, nil, "Path", "/x")
	p.name.field.SetText("w")
	p.create()
	if p.made != nil || p.told.title.seg.Text != words.For(f.create).Title || p.name.field.Disabled() {
		t.Errorf("says %q", p.told.title.seg.Text)
	}
}

func TestAProjectsNameAndFolderAreCheckedAsTyped(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.pickFolder = func(chosen func(string)) { chosen("/work") }
	p := ownProject(t, w)
	for text, ok := range map[string]bool{"a b": false, "Files": false, "mine": true} { // there is a "files"
		p.name.field.SetText(text)
		if p.save.Disabled() == ok || p.name.reason.Visible() == ok {
			t.Errorf("%q: can be made %v", text, !p.save.Disabled())
		}
	}
	p.name.field.SetText("mine")
	p.onPick()
	p.name.field.SetText("other")
	if p.folder.field.Text != filepath.Join("/work", "mine-server") {
		t.Errorf("a chosen folder became %s", p.folder.field.Text)
	}
	p.folder.field.SetText("mine")
	if !p.folder.reason.Visible() || !p.save.Disabled() {
		t.Error("a folder without its beginning is fine")
	}
}
