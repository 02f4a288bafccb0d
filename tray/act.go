package tray

import (
	"strings"
	"sync"

	"mcp-companion/companion"
	"mcp-companion/words"

	"fyne.io/systray"
)

// start does what a click asked for, in a goroutine of its own. One action of a
// kind runs at a time, the next waits; the same once more, while it runs or
// waits, is a second click on one thing and does nothing.
func (t *tray) start(do action) {
	if do.verb == quit {
		go systray.Quit() // the tray's end waits for running, so this is not among it
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if do.verb == nothing || t.busy[do] || t.ctx.Err() != nil {
		return
	}
	if t.busy == nil {
		t.busy, t.turn = map[action]bool{}, map[verb]*sync.Mutex{}
	}
	if t.turn[do.verb] == nil {
		t.turn[do.verb] = new(sync.Mutex)
	}
	t.busy[do] = true
	if t.failed {
		t.note, t.failed = "", false
		t.redraw()
	}
	turn := t.turn[do.verb]
	t.running.Go(func() {
		turn.Lock()
		defer turn.Unlock()
		t.finish(do, t.act(do))
	})
}

// act does it and returns when it is done.
func (t *tray) act(do action) error {
	switch do.verb {
	case open:
		return t.actions.OpenWindow(do.arg)
	case use:
		return t.use(do.arg)
	case check:
		t.say(words.Say("tray.checking"), false)
		return t.actions.Check(t.ctx)
	case restart:
		t.say(words.Say("tray.restarting"), false)
		return t.actions.Restart(t.ctx, do.arg)
	}
	return nil
}

// use switches the set of all clients and says what is left to the user. Where
// something is unusual the window asks first.
func (t *tray) use(set string) error {
	name := set
	if set == companion.AllServers {
		name = words.Say("tray.set.all")
	}
	t.say(words.Say("tray.switching", "Set", name), false)
	unusual, err := t.actions.Unusual(t.ctx, set)
	if err != nil {
		return err
	}
	if len(unusual) > 0 && t.actions.OpenWindow("sets/use/"+set) == nil {
		return nil // without a window there is nobody to ask: it is switched, as it can be taken back
	}
	result, err := t.actions.UseSet(t.ctx, set, "")
	if err != nil {
		return err
	}
	text := words.Say("tray.switched", "Set", name)
	if len(result.Waiting) > 0 {
		text = words.Say("tray.switched.waiting", "Set", name, "Clients", strings.Join(result.Waiting, ", "))
	}
	t.notices.show(Name, text)
	return nil
}

// finish takes the action's note away, or says what went wrong: in a
// notification, and at the top of the menu where nobody may show those.
func (t *tray) finish(do action, err error) {
	t.mu.Lock()
	delete(t.busy, do)
	failed := t.failed
	t.mu.Unlock()
	switch {
	case t.ctx.Err() != nil:
	case err != nil:
		p := words.For(err)
		t.say(p.Title, true)
		t.notices.show(p.Title, strings.TrimSpace(p.Detail+"\n"+p.Do))
	case do.verb != open && !failed:
		t.say("", false)
	}
}
