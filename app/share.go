package app

import (
	"context"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// sharing shows the file that a set becomes, exactly as it is written, before it is.
type sharing struct {
	*frame
	w      *Window
	set    companion.SharedSet
	text   *para
	save   *button
	copy   *button
	cancel *button
}

func newShare(w *Window, s companion.SharedSet) *sharing {
	v := &sharing{frame: newFrame(w, words.Say("app.share.title", "Set", s.Name)), w: w, set: s}
	v.subtitle(words.Say("app.share.about"), colorMuted)
	v.save = newButton(words.Say("app.share.save"), v.onSave).primary()
	v.copy = newIconButton(words.Say("app.share.copy"), theme.ContentCopyIcon(), v.onCopy)
	v.cancel = newButton(words.Say("app.cancel"), v.onEscape)
	v.busy.locked = []*button{v.save, v.copy, v.cancel}
	v.text = newMono(strings.TrimRight(visibleLines(s.Text), "\n"))
	v.text.seg.Style.SizeName = theme.SizeNameCaptionText
	body := stack(12, v.notes(), card(stack(8, newLine(words.Say("app.share.text"), theme.ColorNameForeground, sizeTitle).bold(), v.text.box)))
	v.lay(nil, []fyne.CanvasObject{v.copy}, scrolled(720, body), v.foot(gap(0, 0), v.cancel, v.save))
	return v
}

// notes say what to do with the file, what is not in it, and what of this computer
// is.
func (v *sharing) notes() fyne.CanvasObject {
	list := stack(6, note(words.Say("app.share.how")))
	for _, n := range []struct {
		id    string
		names []string
	}{{"cmd.set.keys", v.set.Keys}, {"cmd.set.paths", v.set.Paths}, {"cmd.set.local", v.set.Local}} {
		if len(n.names) > 0 {
			list.Add(note(words.Say(n.id, "Names", strings.Join(n.names, ", "))))
		}
	}
	if len(v.set.Keys) == 0 {
		list.Add(note(words.Say("app.share.nokeys")))
	}
	return list
}

// visibleLines is visible for a text of several lines.
func visibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

func (v *sharing) onCopy() {
	fyne.CurrentApp().Clipboard().SetContent(v.set.Text)
	v.told.done(words.Say("app.logs.copied"), "")
}

func (v *sharing) onSave() {
	v.w.pickSave(v.set.Name+".json", func(path string) {
		v.told.clear()
		v.busy.run(words.Say("app.doing.apply"), func(context.Context) error {
			return v.w.actions.WriteShared(path, v.set, true) // the dialog has asked
		}, func(err error) {
			if err != nil {
				v.told.failed(err)
				return
			}
			v.back()
			home, _ := os.UserHomeDir()
			v.w.sets.told.done(words.Say("app.share.done"), shortPath(path, home))
		})
	})
}

func (v *sharing) render(companion.State) {}
func (v *sharing) onEnter()               { v.onSave() }

func (v *sharing) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.back()
}

func (v *sharing) back() {
	if v.w.open[tabSets] == view(v) {
		v.w.put(tabSets, v.w.sets)
	}
}

// onShare makes the set's file and shows it.
func (p *setsPage) onShare(set string) {
	var s companion.SharedSet
	p.leadTo(words.Say("app.share.doing"), func(ctx context.Context) (err error) {
		s, err = p.w.actions.ShareSet(ctx, set)
		return err
	}, func() view { return newShare(p.w, s) })
}

// leadTo does work and then shows next, unless the user went elsewhere meanwhile.
func (p *setsPage) leadTo(doing string, work func(context.Context) error, next func() view) {
	p.told.clear()
	p.busy.run(doing, work, func(err error) {
		switch {
		case err != nil:
			p.told.failed(err)
		case p.w.open[tabSets] == view(p):
			p.w.put(tabSets, next())
		}
	})
}

// askSave shows Fyne's dialog for a file to write. It asks before one is replaced.
func (w *Window) askSave(name string, chosen func(string)) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		if err == nil && f != nil {
			_ = f.Close() // only its path is asked for
			chosen(f.URI().Path())
		}
	}, w.win)
	d.SetTitleText(words.Say("app.choose.save"))
	d.SetFileName(name)
	d.Show()
	d.Resize(fyne.NewSize(760, 520)) // before Show, Fyne 2.8 has nothing to resize yet and panics
}
