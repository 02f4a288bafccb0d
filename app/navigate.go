package app

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// visit goes to a page by the name other processes use for it.
func (w *Window) visit(page string) {
	tab, rest, _ := strings.Cut(page, "/")
	switch {
	case page == "":
	case page == "welcome":
		w.showWelcome()
	case page == "add":
		w.servers.onAdd()
	case tab == tabServers && rest != "":
		w.leave(tabServers, func() { w.openStep(rest) })
	case tab == tabSets && rest != "":
		w.visitSet(rest)
	case tab == tabApps && rest != "":
		w.goTo(tabApps)
		if k := w.apps.cards[rest]; k != nil {
			w.win.Canvas().Focus(k.managed)
		}
	case w.open[tab] != nil:
		w.goTo(tab)
	}
}

// visitSet makes a set ("new") or switches to one ("use/NAME", "use/" for all servers),
// as soon as a State is there.
func (w *Window) visitSet(rest string) {
	if !w.told {
		w.later = func() { w.visitSet(rest) }
		return
	}
	if name, ok := strings.CutPrefix(rest, "use/"); ok {
		w.use(name)
		return
	}
	w.leave(tabSets, func() {
		w.put(tabSets, w.sets)
		w.goTo(tabSets)
		if rest == "new" {
			w.sets.onAdd()
		}
	})
}

// goTo shows the page as it was left.
func (w *Window) goTo(tab string) {
	w.tab = tab
	v := w.open[tab]
	w.center.Objects = []fyne.CanvasObject{v.content()}
	w.center.Refresh()
	w.nav.choose(tab)
	v.render(w.state)
}

// put makes v what its page shows, and shows it if that page is the one in view.
func (w *Window) put(tab string, v view) {
	w.open[tab] = v
	if tab == w.tab {
		w.win.Canvas().Unfocus()
		w.goTo(tab)
	}
}

// onNav is a click in the navigation: the page, or back to its beginning.
func (w *Window) onNav(tab string) {
	w.wanted = ""
	if w.tab != tab || w.open[tab].dirty() {
		w.goTo(tab)
		return
	}
	w.put(tab, w.base(tab))
}

// base is what the page shows at first.
func (w *Window) base(tab string) view {
	switch tab {
	case tabSets:
		return w.sets
	case tabApps:
		return w.apps
	case tabKeys:
		return w.keys
	case tabSignins:
		return w.signins
	case tabDoctor:
		return w.doctor
	case tabHistory:
		return w.history
	case tabOptions:
		return w.options
	default:
		return w.servers
	}
}

// openServer shows the details of the server with this name; the list where there
// is none, until a State has it.
func (w *Window) openServer(name string) {
	w.tab, w.wanted = tabServers, ""
	if !w.hasServer(name) {
		w.wanted = name
		w.put(tabServers, w.servers)
		return
	}
	w.put(tabServers, newDetails(w, name))
}

// openStep shows "NAME" or a step of it: key, logs, tools, questions,
// edit, folder, sign-in, own-app.
func (w *Window) openStep(rest string) {
	name, step, _ := strings.Cut(rest, "/")
	w.openServer(name)
	d, ok := w.open[tabServers].(*details)
	if !ok {
		w.wanted = rest // its State is on its way
		return
	}
	d.render(w.state)
	switch step {
	case "key":
		d.onKey()
	case "logs":
		d.onLogs()
	case "tools":
		d.onTools()
	case "questions":
		d.onQuestions()
	case "edit", "folder":
		d.onEdit()
	case "sign-in":
		d.onSignIn()
	case "own-app":
		d.onOwnApp()
	}
}

func (w *Window) hasServer(name string) bool {
	return slices.ContainsFunc(w.state.Servers, func(s companion.ServerState) bool { return s.Name == name })
}

// leave does next, which replaces what the page shows, asking first where that
// would lose something typed.
func (w *Window) leave(tab string, next func()) {
	if !w.open[tab].dirty() {
		next()
		return
	}
	w.goTo(tab)
	w.give(words.Say("app.discard.title"), next)
}

// give asks whether what was typed may be given up.
func (w *Window) give(title string, yes func()) {
	w.question(question{
		title: title, text: words.Say("app.discard.text"),
		yes: words.Say("app.discard.yes"), no: words.Say("app.discard.no"),
		danger: true, onYes: yes,
	})
}

// binding is a key that works everywhere.
type binding struct {
	modifier fyne.KeyModifier
	key      fyne.KeyName
	do       func()
}

// digits are the keys of the pages, and with Shift of the sets.
var digits = []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7, fyne.Key8, fyne.Key9}

// bindings lists the keys that work everywhere.
func (w *Window) bindings() []binding {
	const usual = fyne.KeyModifierShortcutDefault
	list := []binding{
		{usual, fyne.KeyN, func() { w.visit("add") }},
		{usual, fyne.KeyF, w.onFind},
		{usual, fyne.KeyComma, func() { w.onNav(tabOptions) }},
	}
	for i, t := range tabs {
		list = append(list, binding{usual, digits[i], func() { w.onNav(t) }})
	}
	for i, key := range digits {
		list = append(list, binding{usual | fyne.KeyModifierShift, key, func() { w.useNumber(i + 1) }})
	}
	return list
}

// addShortcuts binds the keys that work everywhere, but over a question.
func (w *Window) addShortcuts() {
	c := w.win.Canvas()
	c.SetOnTypedKey(w.onKey)
	for _, b := range w.bindings() {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: b.key, Modifier: b.modifier}, func(fyne.Shortcut) {
			if w.ask == nil && c.Overlays().Top() == nil {
				b.do()
			}
		})
	}
}

// onKey gets what no widget wanted: Esc goes a step back, Enter does the page's
// first action.
func (w *Window) onKey(key *fyne.KeyEvent) {
	switch {
	case w.ask != nil:
		if key.Name == fyne.KeyEscape {
			w.ask.onNo()
		}
	case w.win.Canvas().Overlays().Top() != nil:
	case key.Name == fyne.KeyEscape:
		w.open[w.tab].onEscape()
	case key.Name == fyne.KeyReturn || key.Name == fyne.KeyEnter:
		w.open[w.tab].onEnter()
	}
}

// onFind puts the cursor into the search, from wherever nothing is being typed.
func (w *Window) onFind() {
	if p, ok := w.open[tabServers].(*addPage); ok && w.tab == tabServers {
		w.win.Canvas().Focus(p.search)
		return
	}
	if w.open[tabServers].dirty() {
		return
	}
	w.put(tabServers, w.servers)
	w.goTo(tabServers)
	w.win.Canvas().Focus(w.servers.search)
}

// clientID is the id of the AI app with this title.
func (w *Window) clientID(title string) string {
	for _, c := range w.state.Clients {
		if c.Title == title {
			return c.ID
		}
	}
	for _, p := range w.state.Pending {
		if p.Title == title {
			return p.Client
		}
	}
	return ""
}
