package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
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
	list     *fyne.Container
	undo     *button
	servers  *button
	drawn    []companion.PendingState
}

func (v *moved) build(w *Window) view {
	v.w = w
	v.frame = newFrame(w, words.Say("app.moved.title", "Count", v.proposal.Servers))
	v.icon.set(lookOf(companion.Healthy).icon)
	v.icon.box.Show()
	w.offerRest(v, v.busy, v.told, v.record)
	v.list = stack(10)
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
	body.Add(card(v.list))
	body.Add(note(words.Say("app.moved.undo.about")))
	v.draw(nil)
	v.lay(nil, nil, scrolled(720, body), v.foot(gap(0, 0), v.undo, v.servers))
	return v
}

func (v *moved) record() companion.Record {
	return companion.Record{ID: v.result.ID, Reason: v.proposal.Reason}
}

// render follows which apps still have to be restarted.
func (v *moved) render(s companion.State) {
	if !slices.Equal(s.Pending, v.drawn) {
		v.draw(s.Pending)
	}
}

// draw says for each app when it notices.
func (v *moved) draw(pending []companion.PendingState) {
	v.drawn = pending
	v.list.RemoveAll()
	v.list.Add(cardTitle(words.Say("app.moved.next")))
	var told []string
	for _, f := range v.proposal.Files {
		if f.Client == "" || slices.Contains(told, f.Client) {
			continue
		}
		told = append(told, f.Client)
		status, text := companion.Healthy, v.applies(f.Client)
		if slices.ContainsFunc(pending, func(p companion.PendingState) bool { return p.Title == f.Client }) {
			status, text = companion.NeedsYou, words.Say("app.restart.waits", "Client", f.Client)
		}
		v.list.Add(edges(nil, nil, padTop(newPicture(lookOf(status).icon, 18).box), nil,
			padded(0, 8, stack(1, newLine(f.Client, theme.ColorNameForeground, theme.SizeNameText).bold(), newCaption(text).box))))
	}
}

// applies is what makes the app with this title notice a change.
func (v *moved) applies(title string) string {
	for _, c := range v.w.state.Clients {
		if c.Title == title {
			return c.Applies
		}
	}
	return ""
}

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
