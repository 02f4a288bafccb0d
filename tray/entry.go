package tray

import (
	"sync/atomic"

	"fyne.io/systray"
)

// entry is one place of the menu: an item made once, and the line it shows.
type entry struct {
	item     *systray.MenuItem
	box      bool
	shown    bool
	label    string
	checked  bool
	children []*entry

	do    atomic.Value // action
	stale atomic.Bool  // the desktop may have toggled the box by itself
	tray  *tray
}

// build makes every place of the menu, hidden. Submenus get theirs as they are
// needed: they only grow at their end.
func (t *tray) build() {
	for i, g := range groups {
		if g.ruled {
			systray.AddSeparator()
		}
		for range g.places {
			e := t.entry(addItem(g.boxes), g.boxes)
			e.item.Hide()
			t.places[i] = append(t.places[i], e)
		}
	}
}

func addItem(box bool) *systray.MenuItem {
	if box {
		return systray.AddMenuItemCheckbox("", "", false)
	}
	return systray.AddMenuItem("", "")
}

// entry makes a place of the item; its clicks are heard until the tray's end.
func (t *tray) entry(item *systray.MenuItem, box bool) *entry {
	e := &entry{item: item, box: box, tray: t}
	go func() {
		for {
			select {
			case <-t.ctx.Done():
				return
			case <-item.ClickedCh:
				e.clicked()
			}
		}
	}()
	return e
}

// clicked never waits: systray drops a click that nobody takes at once.
func (e *entry) clicked() {
	if e.box {
		e.stale.Store(true)
		e.tray.redraw()
	}
	if do, ok := e.do.Load().(action); ok {
		e.tray.start(do)
	}
}

// show makes the entry show l. On Windows any change of a hidden item shows it,
// so an entry is never changed to be hidden.
func (e *entry) show(l line) {
	e.do.Store(l.do)
	if l.label != e.label {
		e.label = l.label
		e.item.SetTitle(literal(l.label))
	}
	if stale := e.stale.Swap(false); l.checked != e.checked || stale {
		e.check(l.checked)
	}
	if !e.shown {
		e.shown = true
		e.item.Show()
	}
	for i, child := range l.lines {
		if i == len(e.children) {
			e.children = append(e.children, e.child(i, child))
		}
		e.children[i].show(child)
	}
	for _, c := range e.children[min(len(l.lines), len(e.children)):] {
		c.hide()
	}
}

// child makes the i-th place of the submenu. One beyond maxChildren says how
// many more there are, and has no box.
func (e *entry) child(i int, l line) *entry {
	box := i < maxChildren
	add := e.item.AddSubMenuItem
	if box {
		add = func(title, tooltip string) *systray.MenuItem {
			return e.item.AddSubMenuItemCheckbox(title, tooltip, l.checked)
		}
	}
	c := e.tray.entry(add(literal(l.label), ""), box)
	c.label, c.checked, c.shown = l.label, l.checked, true
	return c
}

func (e *entry) check(on bool) {
	e.checked = on
	if on {
		e.item.Check()
	} else {
		e.item.Uncheck()
	}
}

func (e *entry) hide() {
	e.do.Store(action{})
	if e.shown {
		e.shown = false
		e.item.Hide()
	}
}
