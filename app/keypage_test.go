package app

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
)

func TestAKeyIsReplacedForAllWhoUseIt(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("keys")
	r := newKeyRow()
	w.keys.draw(r, w.state.Keys[2])
	if r.used.text != "Used by github, issues" {
		t.Error(r.used.text)
	}
	test.Tap(r.replace)
	form := w.open[tabKeys].(*keyForm)
	if !form.save.Disabled() {
		t.Error("an empty key can be saved")
	}
	clipboard := fyne.CurrentApp().Clipboard()
	clipboard.SetContent("  sk-new-key\n")
	form.value.field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clipboard})
	if clipboard.Content() != "" {
		t.Error("the key stays in the clipboard")
	}
	if !form.dirty() || !form.value.field.Password {
		t.Error("what is typed can be lost, or seen")
	}
	test.Tap(form.save)
	test.Tap(previewed(t, w, tabKeys).apply)
	f.did(t, "propose key k3", "apply")
	if f.typed.Reveal() != "sk-new-key" || form.value.field.Text != "" {
		t.Errorf("%q, and the field holds %q", f.typed.Reveal(), form.value.field.Text)
	}
	if w.open[tabKeys] != view(w.keys) {
		t.Errorf("shows %T", w.open[tabKeys])
	}
}

func TestAKeyIsForgottenAfterAYes(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("keys")
	r := newKeyRow()
	w.keys.draw(r, w.state.Keys[3])
	if r.replace.Visible() {
		t.Error("a key of nobody's can be replaced")
	}
	test.Tap(r.forget)
	test.Tap(w.ask.no)
	f.did(t)
	test.Tap(r.forget)
	test.Tap(w.ask.yes)
	f.did(t, "forget key k4")
	w.Render(companion.State{})
	if w.keys.full.Visible() || !w.keys.none.Visible() {
		t.Error("an empty page teaches nothing")
	}
}
