package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"mcp-companion/words"
)

func TestABackupAsksTwiceForItsPassphraseAndForgetsIt(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.pickSave = func(name string, chosen func(string)) { chosen("/home/u/" + name) }
	w.Show("settings")
	test.Tap(w.options.moving.make)
	v := w.open[tabOptions].(*passForm)
	for _, c := range []struct {
		first, second string
		can           bool
	}{
		{"", "", false}, {"short", "short", false}, {"correct horse", "", false}, {"correct horse", "correct hors", false}, {"correct horse", "correct horse", true},
	} {
		v.pass.field.SetText(c.first)
		v.again.field.SetText(c.second)
		if v.next.Disabled() == c.can || (v.reason.text == "") != c.can {
			t.Errorf("%q, %q: it says %q", c.first, c.second, v.reason.text)
		}
	}
	if !v.pass.field.Password || !v.again.field.Password {
		t.Error("it can be read")
	}
	f.restart = words.New(words.KeychainLocked, nil)
	test.Tap(v.next)
	if w.open[tabOptions] != view(v) || !v.told.box.Visible() || v.pass.field.Text == "" {
		t.Error("a failure is not told, or loses what was typed")
	}
	f.restart = nil
	test.Tap(v.next)
	f.did(t, "backup /home/u/mcp-companion.age over=true", "backup /home/u/mcp-companion.age over=true")
	if f.typed.Reveal() != "correct horse" || v.pass.field.Text+v.again.field.Text != "" {
		t.Error("the passphrase is not the one typed, or stays")
	}
	if w.open[tabOptions] != view(w.options) || !strings.Contains(w.options.told.detail.seg.Text, "BRAVE_API_KEY") {
		t.Error("what it lacks is not told")
	}
}

func TestARestoreShowsWhatItBringsBeforeItDoes(t *testing.T) {
	f := &fake{read: words.New(words.BackupPassphrase, nil)}
	w := open(t, f, sample())
	openedBackup(w)
	v := w.open[tabOptions].(*passForm)
	if !v.told.box.Visible() || v.told.title.seg.Text != words.For(f.read).Title {
		t.Error("a wrong passphrase is not told")
	}
	f.read = nil
	test.Tap(v.next)
	p := previewed(t, w, tabOptions)
	if text := strings.Join(p.change.says, " "); !strings.Contains(text, "github-2") || !strings.Contains(text, "notes") {
		t.Errorf("it says %q", text)
	}
	const path = "/home/u/Downloads/mcp-companion.age"
	f.did(t, "open "+path, "open "+path, "propose restore")
	test.Tap(p.apply)
	f.did(t, "open "+path, "open "+path, "propose restore", "apply")
	if w.open[tabOptions] != view(w.options) || v.pass.field.Text != "" || !w.options.told.box.Visible() {
		t.Error("the outcome is not told, or the passphrase stays")
	}
}

func TestOpeningABackupCanBeStopped(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.opts.Go = func(func()) {} // it takes for ever
	w.pickFile = func(chosen func(string)) { chosen("/home/u/x.age") }
	w.Show("settings")
	test.Tap(w.options.moving.back)
	v := w.open[tabOptions].(*passForm)
	v.pass.field.SetText("correct horse")
	test.Tap(v.next)
	if !v.busy.box.Visible() || !v.dirty() {
		t.Fatal("it shows no progress")
	}
	v.onEscape()
	if v.busy.text.text != words.Say("app.stopping") {
		t.Errorf("it says %q", v.busy.text.text)
	}
}
