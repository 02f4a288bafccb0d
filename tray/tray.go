// Package tray is the icon and its menu, through fyne.io/systray alone.
//
// Its rules: the menu is made once and changed in place, entry by entry, since
// a rebuilt one loses clicks while it is open; what it says is a pure function
// of the State (menu.go, icon.go), and only what differs is sent to the
// desktop; a status is a shape and words, never colour alone; nothing ticks
// while nothing changes.
package tray

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"mcp-companion/companion"
	"mcp-companion/files"

	"fyne.io/systray"
)

// Name is the tray item's, and never changes: panels remember items by it.
const Name = "MCP Companion"

// Actions is what the tray shows and asks for; *companion.Companion has it.
type Actions interface {
	Subscribe(show func(companion.State)) (stop func())
	Unusual(ctx context.Context, set string) ([]companion.Unusual, error)
	UseSet(ctx context.Context, set, client string) (companion.Result, error)
	Check(ctx context.Context, names ...string) error
	Restart(ctx context.Context, client string) error
	OpenWindow(page string) error
}

// Run shows the tray until Quit is chosen in it or ctx ends, and the actions
// under way have ended. It must be called from the program's first goroutine,
// on macOS on the main thread, and once in a process. Where no desktop hosts
// tray icons it waits for one: see HasHost.
func Run(ctx context.Context, c Actions) {
	debug.SetGCPercent(30) // a resident has time, and should be small
	ctx, cancel := context.WithCancel(ctx)
	t := &tray{ctx: ctx, actions: c, states: make(chan companion.State, 1), wake: make(chan struct{}, 1), followed: make(chan struct{})}
	stop := c.Subscribe(t.offer)
	t.state = <-t.states
	t.news.began = time.Now()
	t.report()
	t.prepare()
	systray.Run(func() {
		t.build()
		t.draw()
		go func() {
			t.follow()
			close(t.followed)
			systray.Quit()
		}()
	}, func() { // macOS may not come back from Run, but does this.
		stop()
		t.mu.Lock()
		cancel() // nothing is started from now on
		t.mu.Unlock()
		select { // systray must not be called once it has ended,
		case <-t.followed:
		case <-time.After(time.Second): // but on macOS such a call may be waiting for this thread
		}
		t.running.Wait()
	})
}

type tray struct {
	ctx     context.Context
	actions Actions
	notices notices
	news    news

	states   chan companion.State // one place, the newest
	wake     chan struct{}        // one place: the note changed, or a box was clicked
	followed chan struct{}        // closed when follow has ended

	// Only follow, and before it build, touch these.
	state   companion.State
	places  [len(groups)][]*entry
	icon    companion.Status
	panel   panel
	tooltip string
	drawn   bool // icon and tooltip are the desktop's

	mu      sync.Mutex
	note    string
	failed  bool // the note says what went wrong
	busy    map[action]bool
	turn    map[verb]*sync.Mutex
	running sync.WaitGroup
}

// offer hands the newest State to follow, in place of one not yet taken.
func (t *tray) offer(s companion.State) {
	for {
		select {
		case t.states <- s:
			return
		default:
		}
		select {
		case <-t.states:
		default:
		}
	}
}

// rest is the time between two redraws, so that a burst of States is one.
const rest = 300 * time.Millisecond

// settle is when all is drawn a second time: what systray is told while it
// joins the bus can be lost (systray_unix.go: nativeStart reads the icon before
// it is ready to be sent the next one).
const settle = time.Second

// quietAfter is how long nothing happens before the resident makes itself small.
const quietAfter = time.Minute

// follow draws until the tray's context ends.
func (t *tray) follow() {
	settled, quiet := time.After(settle), time.NewTimer(quietAfter)
	defer quiet.Stop()
	for {
		select {
		case <-quiet.C:
			debug.FreeOSMemory()
			files.DropPages()
			continue
		case <-t.ctx.Done():
			return
		case t.state = <-t.states:
			t.report()
		case <-t.wake:
		case <-settled:
			t.drawn = false
			t.draw()
			continue
		}
		t.draw()
		quiet.Reset(quietAfter)
		select {
		case <-t.ctx.Done():
		case <-time.After(rest):
		}
	}
}

// report notifies of what got worse.
func (t *tray) report() {
	title, text := t.news.of(t.state, time.Now())
	if t.state.Settings.Quiet {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if title != "" && t.ctx.Err() == nil {
		t.running.Go(func() { t.notices.show(title, text) })
	}
}

// draw shows the State and the note; only what differs is sent.
func (t *tray) draw() {
	note := t.said()
	t.drawIcon(statusOf(t.state), currentPanel())
	t.drawTooltip(tooltipFor(t.state, note))
	t.drawn = true
	for i, lines := range menuFor(t.state, note) {
		for j, e := range t.places[i] {
			if j < len(lines) {
				e.show(lines[j])
			} else {
				e.hide()
			}
		}
	}
}

func (t *tray) drawIcon(status companion.Status, p panel) {
	if t.drawn && status == t.icon && p == t.panel {
		return
	}
	t.icon, t.panel = status, p
	setIcon(iconFor(status, p, iconKind))
}

func (t *tray) drawTooltip(text string) {
	if t.drawn && text == t.tooltip {
		return
	}
	t.tooltip = text
	systray.SetTooltip(text)
}

// say shows a note until the next one, failed ones until the next action.
func (t *tray) say(note string, failed bool) {
	t.mu.Lock()
	t.note, t.failed = note, failed
	t.mu.Unlock()
	t.redraw()
}

func (t *tray) said() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.note
}

func (t *tray) redraw() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}
