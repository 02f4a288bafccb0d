package app

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// switching is one switch to a set on its way. Where nothing is unusual it is done
// at once; else its user is asked first.
type switching struct {
	w      *Window
	tab    string
	from   view // shown again afterwards, and where the outcome is told
	busy   *busy
	set    string
	client string // for this AI app alone; "" for all
}

// start switches, or asks.
func (s switching) start() {
	s.from.notices().clear()
	var list []companion.Unusual
	var r companion.Result
	s.busy.run(s.doing(), func(ctx context.Context) (err error) {
		if list, err = s.w.actions.Unusual(ctx, s.set); err != nil || len(list) > 0 {
			return err
		}
		r, err = s.w.actions.UseSet(ctx, s.set, s.client)
		return err
	}, func(err error) {
		switch {
		case err == nil && len(list) > 0:
			if s.w.open[s.tab] == s.from { // else the user went elsewhere meanwhile
				s.w.put(s.tab, newUnusual(s, list))
			}
		default:
			s.done(r, err)
		}
	})
}

// use switches without asking, with progress in b, and then does next.
func (s switching) use(b *busy, next func()) {
	var r companion.Result
	b.run(s.doing(), func(ctx context.Context) (err error) {
		r, err = s.w.actions.UseSet(ctx, s.set, s.client)
		return err
	}, func(err error) {
		next()
		s.done(r, err)
	})
}

func (s switching) doing() string { return words.Say("tray.switching", "Set", setName(s.set)) }

// done tells the outcome, with Undo one click away.
func (s switching) done(r companion.Result, err error) {
	told := s.from.notices()
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		told.failed(err)
	default:
		buttons := []fyne.CanvasObject{newButton(words.Say("app.close"), told.clear)}
		if r.ID != "" {
			buttons = append([]fyne.CanvasObject{newButton(words.Say("app.history.undo"), func() { s.undo(r.ID) })}, buttons...)
		}
		told.tell(companion.Healthy, s.outcome(), "", "", buttons...)
		s.w.finish(r.Waiting)
	}
}

func (s switching) outcome() string {
	if s.client == "" {
		return words.Say("tray.switched", "Set", setName(s.set))
	}
	return words.Say("app.switched.one", "Client", s.w.titleOf(s.client), "Set", setName(s.set))
}

// undo takes the switch back. Where a part of it was changed since, the rest can
// be.
func (s switching) undo(id string) {
	told := s.from.notices()
	told.clear()
	var r companion.Result
	s.busy.run(words.Say("app.doing.undo"), func(ctx context.Context) (err error) {
		r, err = s.w.actions.Undo(ctx, id)
		return err
	}, func(err error) {
		switch {
		case words.Has(err, words.UndoConflict):
			told.failed(err)
			told.offer(newButton(words.Say("app.history.rest"), func() { s.w.walk(s.busy, s.rest(id)) }))
		case err != nil:
			told.failed(err)
		default:
			told.done(words.Say("app.history.undone"), "")
			s.w.finish(r.Waiting)
		}
	})
}

func (s switching) rest(id string) change {
	c := s.w.undoing(s.from, companion.Record{ID: id, Reason: words.Say("app.sets.switch", "Set", setName(s.set))}, true)
	c.tab, c.done = s.tab, func() view { return s.from }
	return c
}

// unusual shows what will not work in a set, before it is switched to.
type unusual struct {
	*frame
	s       switching
	list    *fyne.Container
	shown   []companion.Unusual
	mends   []*button // one for each that is shown
	anyway  *button
	cancel  *button
	looking bool
}

func newUnusual(s switching, list []companion.Unusual) *unusual {
	title := words.Say("app.sets.switch", "Set", setName(s.set))
	if s.client != "" {
		title = words.Say("app.apps.switch", "Client", s.w.titleOf(s.client), "Set", setName(s.set))
	}
	v := &unusual{frame: newFrame(s.w, title), s: s, list: stack(10)}
	v.anyway = newButton("", v.onAnyway).primary()
	v.cancel = newButton(words.Say("app.cancel"), v.onEscape)
	v.busy.locked = []*button{v.anyway}
	v.lay(nil, nil, scrolled(720, v.list), v.foot(gap(0, 0), v.cancel, v.anyway))
	v.draw(list)
	return v
}

// draw shows the list, each with what ends it.
func (v *unusual) draw(list []companion.Unusual) {
	v.shown, v.mends = list, nil
	v.list.RemoveAll()
	for _, u := range list {
		id := "app.details.key"
		if u.SignIn {
			id = "app.signins.in"
		}
		mend := newButton(words.Say(id), func() { v.s.w.visit(u.Page) })
		v.mends = append(v.mends, mend)
		v.list.Add(bar(companion.NeedsYou, u.Text, mend))
	}
	if len(list) == 0 {
		v.subtitle(words.Say("app.switch.ready"), colorMuted)
		v.anyway.SetText(words.Say("app.sets.use"))
		return
	}
	v.subtitle(words.Say("app.switch.about", "Count", len(list)), colorMuted)
	v.anyway.SetText(words.Say("app.switch.anyway"))
}

// render looks again: a key may have been entered meanwhile.
func (v *unusual) render(companion.State) {
	if v.looking || v.busy.cancel != nil {
		return
	}
	v.looking = true
	v.s.w.opts.Go(func() {
		list, err := v.s.w.actions.Unusual(context.Background(), v.s.set)
		fyne.Do(func() {
			v.looking = false
			if err == nil && !slices.Equal(list, v.shown) {
				v.draw(list)
			}
		})
	})
}

func (v *unusual) onAnyway() { v.s.use(v.busy, v.back) }

func (v *unusual) onEnter() {
	if !v.anyway.Disabled() {
		v.onAnyway()
	}
}

func (v *unusual) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.back()
}

func (v *unusual) back() {
	if v.s.w.open[v.s.tab] == view(v) {
		v.s.w.put(v.s.tab, v.s.from)
	}
}
