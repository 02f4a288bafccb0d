package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// serversPage lists the servers.
type serversPage struct {
	*frame
	w      *Window
	search *field
	add    *button
	list   *rows
	empty  *fyne.Container // teaches, where there is no server yet
	none   *line           // where the search finds nothing
	full   *fyne.Container

	all   []companion.ServerState
	shown []companion.ServerState // those the search finds
}

func newServersPage(w *Window) *serversPage {
	p := &serversPage{frame: newFrame(w, words.Say("app.tab.servers")), w: w}
	p.build()
	return p
}

func (p *serversPage) build() {
	p.search = newField(words.Say("app.servers.search"))
	p.search.SetIcon(tinted(theme.SearchIcon(), colorMuted))
	p.search.OnChanged = func(string) { p.filter() }
	p.search.OnSubmitted = func(string) { p.onFirst() }
	p.add = newIconButton(words.Say("app.servers.add"), theme.ContentAddIcon(), p.onAdd).primary()
	p.none = newLine(words.Say("app.servers.nothing"), colorMuted, theme.SizeNameText)
	p.list = newRows(func() int { return len(p.shown) },
		func() fyne.CanvasObject { return newServerRow() },
		func(i int, o fyne.CanvasObject) { o.(*serverRow).set(p.shown[i]) })
	p.list.OnSelected = p.onOpen
	p.empty = p.lesson()
	p.full = edges(container.NewVBox(p.search, gap(0, 6)), nil, nil, nil,
		container.NewStack(newGround(colorSurface, colorBorder, 10), padded(6, 6, p.list), padded(22, 22, container.NewVBox(p.none))))
	p.lay(nil, []fyne.CanvasObject{p.add}, container.NewStack(p.full, p.empty), nil)
}

// lesson is the empty page: what a server is, and how to get one.
func (p *serversPage) lesson() *fyne.Container {
	title := newPara(words.Say("app.servers.empty.title"), theme.ColorNameForeground).bold()
	title.seg.Style.SizeName = theme.SizeNameSubHeadingText
	title.seg.Style.Alignment = fyne.TextAlignCenter
	text := newPara(words.Say("app.servers.empty.text"), colorMuted)
	text.seg.Style.Alignment = fyne.TextAlignCenter
	add := newIconButton(words.Say("app.servers.add"), theme.ContentAddIcon(), p.onAdd).primary()
	look := newButton(words.Say("app.welcome.open"), p.w.showWelcome).quiet()
	icon := newPicture(tinted(iconServers, theme.ColorNamePrimary), 44)
	return container.NewCenter(stack(14, gap(440, 0), container.NewCenter(icon.box), title.box, text.box, container.NewCenter(add), container.NewCenter(look)))
}

func (p *serversPage) render(s companion.State) {
	p.all = s.Servers
	show(p.empty, len(p.all) == 0 && p.w.told)
	show(p.full, len(p.all) > 0)
	show(p.add, len(p.all) > 0) // the lesson has its own
	p.filter()
}

func (p *serversPage) filter() {
	p.shown = p.shown[:0:0]
	for _, s := range p.all {
		if matches(s, p.search.Text) {
			p.shown = append(p.shown, s)
		}
	}
	show(p.none, len(p.shown) == 0)
	p.list.Refresh()
}

func (p *serversPage) onAdd() {
	w := p.w
	if w.adding() {
		w.goTo(tabServers) // it is being added already
		return
	}
	w.leave(tabServers, newAddPage(w).again)
}

// adding reports whether a server is being added, and how far that is.
func (w *Window) adding() bool {
	v := w.open[tabServers]
	if p, ok := v.(*preview); ok {
		v = p.change.from
	}
	switch v := v.(type) {
	case *addPage, *offerForm, *projectForm, *manyForm:
		return true
	case *form:
		return v.was == ""
	}
	return false
}

func (p *serversPage) onOpen(i widget.ListItemID) {
	p.list.UnselectAll()
	if i < len(p.shown) {
		p.w.openServer(p.shown[i].Name)
	}
}

func (p *serversPage) onFirst() {
	if len(p.shown) > 0 {
		p.onOpen(0)
	}
}

// onEscape empties the search.
func (p *serversPage) onEscape() { p.search.SetText("") }

// serverRow is one server in the list.
type serverRow struct {
	widget.BaseWidget
	icon    *picture
	name    *line
	summary *line
	apps    *chips
	content *fyne.Container
}

func newServerRow() *serverRow {
	r := &serverRow{
		icon:    newPicture(nil, 20),
		name:    newLine("", theme.ColorNameForeground, sizeTitle).bold(),
		summary: newLine("", colorMuted, theme.SizeNameText),
		apps:    newChips(2),
	}
	more := newPicture(iconNext, 18)
	r.content = padded(9, 10, edges(nil, nil, container.NewCenter(r.icon.box),
		row(10, middle(r.apps.box), container.NewCenter(more.box)),
		padded(0, 8, stack(2, r.name, r.summary))))
	r.ExtendBaseWidget(r)
	return r
}

func (r *serverRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

// AccessibilityLabel is what a screen reader says of the row.
func (r *serverRow) AccessibilityLabel() string { return r.name.text + ". " + r.summary.text }

func (r *serverRow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (r *serverRow) set(s companion.ServerState) {
	look := lookOf(s.Status)
	r.icon.set(look.icon)
	r.name.set(s.Name, theme.ColorNameForeground)
	r.summary.set(s.Summary, look.color)
	if !equal(r.apps.shown, s.Clients) {
		r.apps.set(s.Clients, func(n int) string { return words.Say("app.more", "Count", n) })
		r.content.Refresh()
	}
}
