package app

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"mcp-companion/words"
)

func TestSettingsAreMadeAtOnceAndAFailureIsTakenBack(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("settings")
	p := w.options
	if !p.login.Checked || !p.notify.Checked {
		t.Fatal("it does not show what is")
	}
	test.Tap(p.login)
	test.Tap(p.notify)
	p.lang.SetSelected("English")
	p.size.SetSelected("130 %")
	f.did(t, "autostart false", "quiet true", "language en", "size 130")
	f.restart = words.New(words.Busy, nil, "File", "x")
	test.Tap(p.login)
	if !p.login.Checked || !p.told.box.Visible() {
		t.Error("the box says what is not so")
	}
	test.Tap(p.file)
	test.Tap(w.ask.no)
	if f.usedFile {
		t.Error("the store was changed without a yes")
	}
	test.Tap(p.file)
	test.Tap(w.ask.yes)
	if !f.usedFile {
		t.Error("the store was not changed")
	}
}
