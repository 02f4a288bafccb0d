package app

import (
	"context"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// moving is the part of the settings that carries everything to another computer.
type moving struct {
	box        *fyne.Container
	make, back *button
}

func newMoving(w *Window) *moving {
	m := &moving{}
	m.make = newButton(words.Say("app.backup.make"), func() { w.enter(newBackup(w)) })
	m.back = newButton(words.Say("app.backup.open"), func() {
		w.pickFile(func(path string) { w.enter(newRestore(w, path)) })
	})
	m.box = stack(10, newLine(words.Say("app.backup.title"), theme.ColorNameForeground, theme.SizeNameText).bold(),
		newCaption(words.Say("app.backup.about")).box, flow(narrow, []fyne.CanvasObject{m.make, m.back}))
	return m
}

// enter shows f, ready to be typed into.
func (w *Window) enter(f *passForm) {
	w.put(tabOptions, f)
	w.win.Canvas().Focus(f.pass.field)
}

// passForm asks for a passphrase; a new one is typed twice.
type passForm struct {
	*frame
	w      *Window
	pass   *asked
	again  *asked // nil where it is not a new one
	reason *line
	next   *button
	cancel *button
	act    func(companion.Secret)
}

func (f *passForm) build(about, verb string, isNew bool) {
	f.subtitle(about, colorMuted)
	f.next = newButton(verb, f.onNext).primary()
	f.cancel = newButton(words.Say("app.cancel"), f.onEscape)
	f.busy.locked = []*button{f.next, f.cancel}
	f.reason = newLine("", colorMuted, theme.SizeNameText)
	help := words.Say("app.backup.pass.help")
	if !isNew {
		help = ""
	}
	f.pass = f.asks("backup.passphrase", help)
	body := stack(16, f.pass.box)
	if isNew {
		f.again = f.asks("app.backup.again", "")
		body.Add(f.again.box)
	}
	f.lay(nil, nil, scrolled(720, stack(0, card(body))), f.foot(f.reason, f.cancel, f.next))
	f.onChanged()
}

func (f *passForm) asks(label, help string) *asked {
	field := newMasked("")
	a := newAskedFor(words.Say(label), help, field)
	a.field = field
	field.OnChanged = func(string) { f.onChanged() }
	field.OnSubmitted = func(string) { f.onNext() }
	return a
}

func (f *passForm) secret() companion.Secret { return companion.NewSecret(f.pass.field.Text) }

// onChanged says why it can't go on; a short passphrase is only called so once the
// second one is begun.
func (f *passForm) onChanged() {
	if f.pass == nil || f.pass.field == nil {
		return
	}
	typed, reason := f.pass.field.Text, ""
	if typed == "" {
		reason = words.Say("app.backup.missing")
	}
	if f.again != nil && reason == "" {
		err := companion.CheckPassphrase(f.secret())
		switch {
		case err != nil:
			reason = words.For(err).Title
		case f.again.field.Text != typed:
			reason = words.Say("backup.differ")
		}
		if f.again.field.Text == "" && err == nil {
			reason = words.Say("app.backup.twice")
		}
	}
	f.reason.set(reason, colorMuted)
	if f.busy.cancel == nil {
		f.next.enable(reason == "")
	}
}

func (f *passForm) onNext() {
	if !f.next.Disabled() {
		f.told.clear()
		f.act(f.secret())
	}
}

func (f *passForm) render(companion.State) { f.onChanged() }
func (f *passForm) onEnter()               { f.onNext() }
func (f *passForm) dirty() bool            { return f.busy.cancel != nil || f.pass.field.Text != "" }

func (f *passForm) onEscape() {
	if f.busy.cancel != nil {
		f.busy.onStop()
		return
	}
	f.w.leave(tabOptions, func() {
		f.forget()
		f.w.put(tabOptions, f.w.options)
	})
}

// forget empties the fields.
func (f *passForm) forget() {
	f.pass.field.SetText("")
	if f.again != nil {
		f.again.field.SetText("")
	}
}

// newBackup makes a backup.
func newBackup(w *Window) *passForm {
	f := &passForm{frame: newFrame(w, words.Say("app.backup.make.title")), w: w}
	f.act = func(pass companion.Secret) {
		w.pickSave("mcp-companion.age", func(path string) { f.backup(path, pass) })
	}
	f.build(words.Say("app.backup.make.about"), words.Say("app.backup.where"), true)
	return f
}

func (f *passForm) backup(path string, pass companion.Secret) {
	var done companion.BackupDone
	f.busy.run(words.Say("app.backup.doing"), func(ctx context.Context) (err error) {
		done, err = f.w.actions.Backup(ctx, path, pass, true) // the dialog has asked
		return err
	}, func(err error) {
		if err != nil {
			f.told.failed(err)
			return
		}
		f.forget()
		home, _ := os.UserHomeDir()
		f.w.put(tabOptions, f.w.options)
		f.w.options.told.done(words.Say("app.backup.made"), words.Say("backup.done", "File", shortPath(path, home))+"\n"+done.Say())
	})
}

// newRestore opens the backup at path and shows what it brings.
func newRestore(w *Window, path string) *passForm {
	f := &passForm{frame: newFrame(w, words.Say("app.backup.open.title")), w: w}
	f.act = func(pass companion.Secret) { f.restore(path, pass) }
	f.build(filepath.Base(path), words.Say("app.backup.next"), false)
	return f
}

func (f *passForm) restore(path string, pass companion.Secret) {
	var r *companion.Restore
	f.busy.run(words.Say("app.backup.opening"), func(ctx context.Context) (err error) {
		r, err = f.w.actions.OpenBackup(ctx, path, pass)
		return err
	}, func(err error) {
		if err != nil {
			f.told.failed(err)
			return
		}
		f.w.walk(f.busy, change{
			tab: tabOptions, from: f,
			title: words.Say("app.preview.title"), verb: words.Say("app.backup.bring"),
			risk: words.Say("app.backup.risk"), says: r.Say(),
			propose: func(ctx context.Context) (*companion.Proposal, error) {
				return f.w.actions.ProposeRestore(ctx, r)
			},
			done: func() view {
				f.forget()
				told := f.w.options.told
				told.tell(companion.Healthy, words.Say("app.backup.brought"), words.Say("app.backup.brought.about"), "",
					newButton(words.Say("app.tab.apps"), func() { told.clear(); f.w.goTo(tabApps) }), newButton(words.Say("app.close"), told.clear))
				return f.w.options
			},
		})
	})
}
