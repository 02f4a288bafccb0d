package app

import (
	"context"

	"fyne.io/fyne/v2"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// record shows one transaction of the history: what it did to each file.
type record struct {
	*frame
	w       *Window
	rec     companion.Record
	list    *fyne.Container
	files   []*fileCard
	undo    *button
	destroy *button
}

func newRecord(w *Window, rec companion.Record) *record {
	v := &record{frame: newFrame(w, rec.Reason), w: w, rec: rec}
	about := when(rec.Time, w.opts.Now())
	if rec.Undone {
		about = words.Say("app.record.undone", "When", about)
	}
	v.subtitle(about, colorMuted)
	v.undo = newButton(words.Say("app.record.undo"), v.onUndo).primary()
	show(v.undo, !rec.Undone && !rec.Destroyed)
	v.destroy = newButton(words.Say("app.record.destroy"), v.onDestroy)
	v.busy.locked = []*button{v.undo, v.destroy}
	v.list = stack(10)
	w.offerRest(v, v.busy, v.told, func() companion.Record { return v.rec })
	back := newIconButton(words.Say("app.tab.history"), iconBack, v.onEscape).quiet()
	v.lay(back, []fyne.CanvasObject{v.destroy, v.undo}, scrolled(720, v.list), nil)
	return v
}

// load reads what the transaction did: it is no part of the State.
func (v *record) load() {
	var files []companion.FileView
	v.busy.run(words.Say("app.doing.read"), func(ctx context.Context) (err error) {
		files, err = v.w.actions.HistoryDetail(ctx, v.rec.ID)
		return err
	}, func(err error) { v.loaded(files, err) })
}

func (v *record) loaded(files []companion.FileView, err error) {
	switch {
	case words.Has(err, words.UndoUnknown):
		v.undo.Hide()
		v.destroy.Hide()
		v.told.tell(companion.Unknown, words.Say("app.record.gone"), words.Say("app.record.gone.detail"), "")
	case err != nil:
		v.told.failed(err)
	case len(files) == 0:
		v.list.Add(card(newPara(words.Say("app.record.none"), colorMuted).box))
	}
	for _, f := range files {
		c := newFileCard(f)
		v.files = append(v.files, c)
		v.list.Add(c.box)
	}
}

func (v *record) onUndo() { v.w.walk(v.busy, v.w.undoing(v, v.rec, false)) }

// offerRest lets a page take the rest of rec back, where a part of it was changed
// since.
func (w *Window) offerRest(from view, b *busy, n *notice, rec func() companion.Record) {
	n.mend = func(p *words.Problem) fyne.CanvasObject {
		if p == nil || p.Code != words.UndoConflict {
			return nil
		}
		return newButton(words.Say("app.history.rest"), func() { w.walk(b, w.undoing(from, rec(), true)) })
	}
}

// undoing is the way to take rec back, or the rest of it, from the page that offers
// it.
func (w *Window) undoing(from view, rec companion.Record, rest bool) change {
	propose, undo := w.actions.ProposeUndo, w.actions.Undo
	if rest {
		propose, undo = w.actions.ProposeUndoRest, w.actions.UndoRest
	}
	title := words.Say("app.history.undo.title", "Reason", rec.Reason)
	return change{
		tab: tabHistory, from: from,
		title: title, verb: words.Say("app.history.undo"), doing: words.Say("app.doing.undo"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			files, err := propose(ctx, rec.ID)
			return &companion.Proposal{Reason: title, Files: files}, err
		},
		apply: func(ctx context.Context, _ *companion.Proposal) (companion.Result, error) {
			return undo(ctx, rec.ID)
		},
		done: func() view { return w.history },
	}
}

// onDestroy asks, and destroys what the history keeps of the transaction.
func (v *record) onDestroy() {
	v.w.question(question{
		title:  words.Say("app.record.destroy.title"),
		text:   words.Say("app.record.destroy.text", "Reason", v.rec.Reason),
		yes:    words.Say("app.record.destroy.yes"),
		danger: true, onYes: v.scrub,
	})
}

func (v *record) scrub() {
	v.told.clear()
	v.busy.run(words.Say("app.doing.destroy"), func(ctx context.Context) error {
		return v.w.actions.Scrub(ctx, v.rec.ID)
	}, func(err error) {
		if err != nil {
			v.told.failed(err)
			return
		}
		v.w.history.told.done(words.Say("app.record.destroyed"), "")
		if v.w.open[tabHistory] == view(v) {
			v.w.put(tabHistory, v.w.history)
		}
	})
}

func (v *record) render(companion.State) {}

// onEscape goes back to the list, or stops what is under way.
func (v *record) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.w.put(tabHistory, v.w.history)
}
