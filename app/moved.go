package app

import (
	"context"

	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// moved tells what came of a move from the AI apps, and takes it back at one click.
type moved struct {
	*frame
	w        *Window
	proposal *companion.Proposal
	result   companion.Result
	apps     *written
	undo     *button
	servers  *button
}

func (v *moved) build(w *Window) view {
	v.w = w
	v.frame = newFrame(w, words.Say("app.moved.title", "Count", v.proposal.Servers))
	v.icon.set(lookOf(companion.Healthy).icon)
	v.icon.box.Show()
	w.offerRest(v, v.busy, v.told, v.record)
	v.apps = newWritten(w, v.proposal)
	v.undo = newIconButton(words.Say("app.moved.undo"), theme.ContentUndoIcon(), v.onUndo)
	v.servers = newButton(words.Say("app.moved.show"), v.onServers).primary()
	v.busy.locked = []*button{v.undo, v.servers}
	body := stack(12)
	if n := v.proposal.Keys; n > 0 {
		id := "app.moved.keys"
		if w.state.Settings.InFile {
			id += ".file"
		}
		body.Add(card(point(tinted(iconKeys, theme.ColorNamePrimary), words.Say(id, "Count", n))))
	}
	body.Add(card(v.apps.box))
	body.Add(note(words.Say("app.moved.undo.about")))
	v.lay(nil, nil, scrolled(720, body), v.foot(gap(0, 0), v.undo, v.servers))
	return v
}

func (v *moved) record() companion.Record {
	return companion.Record{ID: v.result.ID, Reason: v.proposal.Reason}
}

// render follows which apps still have to be restarted.
func (v *moved) render(s companion.State) { v.apps.render(s.Pending) }

// onUndo takes all of it back at once: what it does stands beside it.
func (v *moved) onUndo() {
	v.told.clear()
	var r companion.Result
	v.busy.run(words.Say("app.doing.undo"), func(ctx context.Context) (err error) {
		r, err = v.w.actions.Undo(ctx, v.result.ID)
		return err
	}, func(err error) {
		if err != nil {
			v.told.failed(err)
			return
		}
		back := newWelcome(v.w)
		back.told.done(words.Say("app.moved.undone"), "")
		v.w.put(tabServers, back)
		v.w.finish(r.Waiting)
	})
}

func (v *moved) onServers() { v.w.put(tabServers, v.w.servers) }
func (v *moved) onEnter()   { v.onServers() }

func (v *moved) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.onServers()
}
