package app

import (
	"context"
	"reflect"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// welcome is the page of the first start: what the AI apps here hold, what becomes of
// it, and one button that shows all of that before it is written. It can be opened
// again at any time.
type welcome struct {
	*frame
	w    *Window
	inv  companion.Inventory
	body *fyne.Container
	left map[held]bool // those the user unticked
	apps []*heldApp
	who  *picks // which app gets which servers; nil where that is no question

	reason *line
	later  *button
	add    *button // where there is nothing to move
	look   *button // on macOS, before the apps' files are read
	move   *button

	read           bool // inv is known
	first, inFile  bool // as drawn: there is no server yet, keys go to the encrypted file
	loading, stale bool
	seen           []companion.ClientState // as of the last look
}

// held names an entry of an app.
type held struct{ app, key string }

func newWelcome(w *Window) *welcome {
	v := &welcome{frame: newFrame(w, words.Say("app.welcome.title")), w: w, left: map[held]bool{}}
	v.body = stack(12)
	v.reason = newLine("", colorMuted, theme.SizeNameText)
	v.later = newButton(words.Say("app.welcome.later"), v.onLater)
	v.add = newIconButton(words.Say("app.welcome.add"), theme.ContentAddIcon(), v.onAdd).primary()
	v.look = newButton(words.Say("app.welcome.look"), v.onLook).primary()
	v.move = newButton(words.Say("app.welcome.move"), v.onMove).primary()
	for _, b := range []*button{v.add, v.look, v.move} {
		b.Hide()
	}
	v.busy.locked = []*button{v.later, v.add, v.look, v.move}
	v.lay(nil, nil, scrolled(720, v.body), v.foot(v.reason, v.later, v.add, v.look, v.move))
	return v
}

// showWelcome opens the page, unless something typed would be lost.
func (w *Window) showWelcome() {
	if _, ok := w.open[tabServers].(*welcome); ok {
		w.goTo(tabServers)
		return
	}
	w.leave(tabServers, func() {
		w.tab = tabServers
		w.put(tabServers, newWelcome(w))
	})
}

// isFirst reports whether there is no server yet.
func (v *welcome) isFirst() bool { return len(v.w.state.Servers) == 0 }

// render looks again where an app came, went, or changed its file.
func (v *welcome) render(s companion.State) {
	title := "app.welcome.title"
	if !v.isFirst() {
		title = "app.welcome.title.again"
	}
	v.title.set(words.Say(title), theme.ColorNameForeground)
	if v.read && (s.Settings.InFile != v.inFile || v.isFirst() != v.first) {
		v.draw()
	}
	if !v.read || !reflect.DeepEqual(s.Clients, v.seen) {
		v.seen = s.Clients
		v.load()
	}
}

// load reads what the apps hold: it is no part of the State.
func (v *welcome) load() {
	if v.loading {
		v.stale = true
		return
	}
	v.loading = true
	if !v.read {
		v.reason.set(words.Say("app.welcome.doing"), colorMuted)
	}
	v.w.opts.Go(func() {
		inv, err := v.w.actions.Inventory(context.Background())
		fyne.Do(func() { v.loaded(inv, err) })
	})
}

func (v *welcome) loaded(inv companion.Inventory, err error) {
	v.loading = false
	if err != nil {
		v.told.failed(err)
	} else if !v.read || !reflect.DeepEqual(inv, v.inv) {
		v.read, v.inv = true, inv
		v.draw()
	}
	if v.stale {
		v.stale = false
		v.load()
	}
}

// draw makes the page of what was found.
func (v *welcome) draw() {
	v.body.RemoveAll()
	everywhere := v.everywhere()
	v.apps, v.who = nil, nil
	v.first, v.inFile = v.isFirst(), v.w.state.Settings.InFile
	unread := v.unread()
	if v.first {
		v.body.Add(v.intro())
	}
	switch {
	case len(v.inv.Apps) == 0:
		v.body.Add(v.noApp())
	case v.inv.Servers == 0 && len(unread) == 0:
		v.body.Add(lesson(words.Say("app.welcome.none.title"), words.Say("app.welcome.none.text")))
	case v.inv.Servers > 0:
		v.body.Add(v.found())
		v.body.Add(v.what())
	}
	if len(unread) > 0 {
		v.body.Add(lesson(words.Say("app.welcome.here", "Names", strings.Join(unread, ", ")), words.Say("app.welcome.unread")))
	}
	for _, a := range v.inv.Apps {
		if len(a.Holds) > 0 || a.Problem != nil {
			one := newHeldApp(v, a)
			v.apps = append(v.apps, one)
			v.body.Add(one.box)
		}
	}
	v.addChoice(everywhere)
	v.body.Add(needsCard(v.inv.Needs))
	show(v.look, len(unread) > 0)
	show(v.move, v.inv.Servers > 0)
	show(v.add, v.inv.Servers == 0 && len(unread) == 0)
	v.move.Importance = importance(len(unread) == 0)
	v.onTicked()
	v.box.Refresh()
}

// unread are the titles of the apps that were not looked into.
func (v *welcome) unread() []string {
	var titles []string
	for _, a := range v.inv.Apps {
		if a.Unread {
			titles = append(titles, a.Title)
		}
	}
	return titles
}

// everywhere reports whether every app is to get all.
func (v *welcome) everywhere() bool { return v.who != nil && v.who.chosen == 1 }

// addChoice asks who gets what, where the apps have not all the same.
func (v *welcome) addChoice(everywhere bool) {
	have, differ := 0, false
	for _, a := range v.inv.Apps {
		n := 0
		for _, h := range a.Holds {
			if h.Stays == "" {
				n++
			}
		}
		if n > 0 {
			have++
			differ = differ || n != v.inv.Servers
		}
	}
	if have < 2 || !differ {
		return
	}
	v.who = newPicks(
		[2]string{words.Say("app.welcome.spread.keep"), words.Say("app.welcome.spread.keep.about")},
		[2]string{words.Say("app.welcome.spread.all"), words.Say("app.welcome.spread.all.about")})
	if everywhere {
		v.who.choose(1)
	}
	v.body.Add(card(stack(6, cardTitle(words.Say("app.welcome.spread")), v.who.box)))
}

// ticked is what is to be moved.
func (v *welcome) ticked() companion.TakeOver {
	t := companion.TakeOver{Entries: map[string][]string{}, Everywhere: v.everywhere()}
	for _, a := range v.inv.Apps {
		for _, h := range a.Holds {
			if h.Stays == "" && !v.left[held{a.ID, h.Key}] {
				t.Entries[a.ID] = append(t.Entries[a.ID], h.Key)
			}
		}
	}
	return t
}

// onTicked says beside the button what is missing.
func (v *welcome) onTicked() {
	reason := ""
	if v.inv.Servers > 0 && len(v.ticked().Entries) == 0 {
		reason = words.Say("app.take.missing")
	}
	v.reason.set(reason, colorMuted)
	if v.busy.cancel == nil {
		v.move.enable(reason == "")
	}
}

func (v *welcome) onMove() {
	t := v.ticked()
	if len(t.Entries) == 0 || v.move.Disabled() {
		return
	}
	m := &moved{}
	v.w.walk(v.busy, change{
		tab: tabServers, from: v,
		title: words.Say("app.welcome.move.title"),
		verb:  words.Say("app.welcome.move.yes"),
		propose: func(ctx context.Context) (p *companion.Proposal, err error) {
			m.proposal, err = v.w.actions.ProposeTakeOver(ctx, t)
			return m.proposal, err
		},
		apply: func(ctx context.Context, p *companion.Proposal) (r companion.Result, err error) {
			m.result, err = v.w.actions.Apply(ctx, p)
			return m.result, err
		},
		done: func() view { return m.build(v.w) },
	})
}

// onLook has every app's file looked into.
func (v *welcome) onLook() {
	apps := v.inv.Apps
	v.w.opts.Go(func() {
		for _, a := range apps {
			if a.Unread {
				v.w.actions.LookInto(a.ID)
			}
		}
		fyne.Do(v.load)
	})
}

func (v *welcome) onAdd() {
	v.w.put(tabServers, v.w.servers)
	v.w.servers.onAdd()
}

// onLater leaves the page; at a first start it does not come back by itself then.
func (v *welcome) onLater() {
	if v.busy.cancel != nil {
		return
	}
	if v.isFirst() {
		v.w.opts.Go(func() { _ = v.w.actions.SetWelcomed(context.Background()) }) // else it comes once more
	}
	v.w.put(tabServers, v.w.servers)
}

func (v *welcome) onEnter() {
	switch {
	case v.look.Visible():
		v.onLook()
	case v.move.Visible():
		v.onMove()
	case v.add.Visible():
		v.onAdd()
	}
}

// onEscape stops what is under way, and leaves a page that was opened again.
func (v *welcome) onEscape() {
	switch {
	case v.busy.cancel != nil:
		v.busy.onStop()
	case !v.isFirst():
		v.onLater()
	}
}
