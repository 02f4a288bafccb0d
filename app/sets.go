package app

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// setsPage shows the sets as cards, "All servers" first.
type setsPage struct {
	*frame
	w     *Window
	add   *button
	file  *button // imports a set
	list  *fyne.Container
	cards []*setCard
	drag  *drag
	drawn []any // what the cards show
}

func newSetsPage(w *Window) *setsPage {
	p := &setsPage{frame: newFrame(w, words.Say("app.tab.sets")), w: w}
	p.add = newIconButton(words.Say("app.sets.add"), theme.ContentAddIcon(), p.onAdd).primary()
	p.file = newIconButton(words.Say("app.sets.import"), theme.FolderOpenIcon(), func() { w.pickFile(p.onImport) })
	p.list = container.New(tiles{least: 222, gap: 12})
	p.drag = newDrag(p)
	p.lay(nil, []fyne.CanvasObject{p.file, p.add}, container.NewStack(scrolled(1100, p.list), p.drag.layer), nil)
	return p
}

func (p *setsPage) render(s companion.State) {
	now := []any{s.Sets, s.Set, memberNames(s.Servers), setsOfApps(s)}
	if reflect.DeepEqual(now, p.drawn) {
		return
	}
	p.drawn = now
	about := "app.sets.about"
	if s.Set == companion.Mixed {
		about = "app.sets.mixed"
	}
	p.subtitle(words.Say(about), colorMuted)
	p.drag.light(nil) // a card that goes takes nothing
	p.cards, p.busy.locked = nil, []*button{p.file}
	p.list.RemoveAll()
	all := companion.SetState{Name: companion.AllServers, Servers: memberNames(s.Servers), Current: s.Set == companion.AllServers}
	for i, set := range append([]companion.SetState{all}, s.Sets...) {
		c := p.card(set, i+1)
		p.cards = append(p.cards, c)
		p.list.Add(c.box)
	}
}

func memberNames(list []companion.ServerState) []string {
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}

// setsOfApps lists the AI apps that are kept in step, each with its set.
func setsOfApps(s companion.State) []companion.ClientState {
	var list []companion.ClientState
	for _, c := range s.Clients {
		if c.Managed {
			list = append(list, companion.ClientState{ID: c.ID, Title: c.Title, Set: c.Set})
		}
	}
	return list
}

// setCard is one set.
type setCard struct {
	box    *fyne.Container
	ground *ground
	set    companion.SetState
	use    *button
	edit   *further
	more   *further
}

// further is a button of an icon alone, for where words have no room.
type further struct {
	button
	name string // said by a screen reader
}

func newFurther(name string, icon fyne.Resource, tapped func()) *further {
	f := &further{name: name}
	f.Icon, f.OnTapped = icon, tapped
	f.ExtendBaseWidget(f)
	return f
}

// AccessibilityLabel says what the icon stands for.
func (f *further) AccessibilityLabel() string { return f.name }

// cardMembers is how many servers a card names.
const cardMembers = 5

// card draws a set, the number-th of the page.
func (p *setsPage) card(s companion.SetState, number int) *setCard {
	c := &setCard{set: s}
	c.use = newButton(words.Say("app.sets.use"), func() { p.onUse(s.Name) })
	c.edit = newFurther(words.Say("app.form.edit", "Name", setName(s.Name)), theme.DocumentCreateIcon(), func() { p.onEdit(s) })
	c.more = newFurther(words.Say("app.sets.further", "Set", setName(s.Name)), theme.MoreHorizontalIcon(), func() { p.onMore(c) })
	c.more.Importance = widget.LowImportance
	p.busy.locked = append(p.busy.locked, c.use, &c.edit.button, &c.more.button)
	show(c.edit, s.Name != companion.AllServers)
	show(c.use, !s.Current)
	show(c.more, len(p.menu(s)) > 0)

	title := newLine(setName(s.Name), theme.ColorNameForeground, theme.SizeNameSubHeadingText).bold()
	head := container.NewStack(gap(0, c.more.MinSize().Height), // also where there is no menu
		edges(nil, nil, middle(newPicture(iconOfSet(s.Icon), 20).box), c.more, padded(0, 4, middle(title))))
	count := newLine(words.Say("app.sets.count", "Count", len(s.Servers)), colorMuted, theme.SizeNameText)
	users := newCaption("")
	users.set(p.users(s))
	keys := newLine(setKeys(number), colorMuted, theme.SizeNameCaptionText).fixed()
	mark := middle(container.NewStack(newGround(colorSuccessSoft, "", 9), padded(5, 10,
		row(4, container.NewCenter(newPicture(lookOf(companion.Healthy).icon, 14).box),
			newLine(words.Say("app.sets.current"), theme.ColorNameForeground, theme.SizeNameText).fixed()))))
	show(mark, s.Current)
	foot := row(8, mark, c.use, c.edit)
	c.ground = newGround(colorSurface, colorBorder, 10)
	c.box = container.NewStack(c.ground, padded(16, 18, edges(stack(2, head, edges(nil, nil, nil, keys, count), users.box), container.NewVBox(gap(0, 6), foot), nil, nil,
		padded(10, 0, p.members(s.Servers)))))
	return c
}

// users says which AI apps use the set, "" where all do or none.
func (p *setsPage) users(s companion.SetState) string {
	var names []string
	for _, c := range setsOfApps(p.w.state) {
		if c.Set == s.Name && !s.Current {
			names = append(names, c.Title)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return words.Say("app.sets.used", "Names", strings.Join(names, ", "))
}

// menu is what else can be done with a set: it can be used in one AI app alone, and
// shared.
func (p *setsPage) menu(s companion.SetState) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	if s.Name != companion.AllServers {
		items = append(items, fyne.NewMenuItem(words.Say("app.sets.share"), func() { p.onShare(s.Name) }))
	}
	if apps := setsOfApps(p.w.state); len(apps) > 1 {
		if len(items) > 0 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		for _, c := range apps {
			item := fyne.NewMenuItem(words.Say("app.sets.only", "Client", c.Title), func() { p.useIn(s.Name, c.ID) })
			item.Checked = c.Set == s.Name
			items = append(items, item)
		}
	}
	return items
}

func (p *setsPage) onMore(c *setCard) {
	menu := widget.NewPopUpMenu(fyne.NewMenu("", p.menu(c.set)...), p.w.win.Canvas())
	menu.ShowAtRelativePosition(fyne.NewPos(0, c.more.Size().Height), c.more)
	p.w.win.Canvas().Focus(menu)
}

// members names the first few members, each with a check mark, to be dragged.
func (p *setsPage) members(names []string) fyne.CanvasObject {
	list := stack(5)
	for i, n := range names {
		if i == cardMembers {
			list.Add(newLine(words.Say("app.sets.more", "Count", len(names)-i), colorMuted, theme.SizeNameText))
			break
		}
		list.Add(newMember(n, p.drag))
	}
	return list
}

// onUse switches all AI apps to the set.
func (p *setsPage) onUse(set string) { p.useIn(set, "") }

// useIn switches one AI app, or all where client is "".
func (p *setsPage) useIn(set, client string) {
	switching{w: p.w, tab: tabSets, from: p, busy: p.busy, set: set, client: client}.start()
}

// use switches to the set, from wherever the window is.
func (w *Window) use(set string) {
	w.leave(tabSets, func() {
		w.put(tabSets, w.sets)
		w.goTo(tabSets)
		w.sets.onUse(set)
	})
}

// useNumber switches to the number-th set of the page.
func (w *Window) useNumber(number int) {
	switch {
	case number == 1:
		w.use(companion.AllServers)
	case number-2 < len(w.state.Sets):
		w.use(w.state.Sets[number-2].Name)
	}
}

// macKeys is how a Mac writes what is Ctrl+Shift elsewhere.
var macKeys = map[string]string{"darwin": "⇧⌘"}

// setKeys names the keys that switch to the number-th set, "" for none.
func setKeys(number int) string {
	if number > len(digits) {
		return ""
	}
	if keys := macKeys[runtime.GOOS]; keys != "" {
		return keys + strconv.Itoa(number)
	}
	return words.Say("app.sets.keys", "Number", number)
}

func (p *setsPage) onAdd() { p.onEdit(companion.SetState{}) }

func (p *setsPage) onEdit(s companion.SetState) {
	f := newSetForm(p.w, s)
	p.w.put(tabSets, f)
	if s.Name == "" {
		p.w.win.Canvas().Focus(f.name.field)
	}
}

// tiles lays cards side by side, at least so wide, equally high in a row.
type tiles struct{ least, gap float32 }

func (t tiles) columns(width float32) int {
	return max(1, int((width+t.gap)/(t.least+t.gap)))
}

func (t tiles) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := t.columns(size.Width)
	width := (size.Width - t.gap*float32(n-1)) / float32(n)
	y := float32(0)
	for i := 0; i < len(objects); i += n {
		line := objects[i:min(i+n, len(objects))]
		height := tallest(line)
		for j, o := range line {
			o.Move(fyne.NewPos(float32(j)*(width+t.gap), y))
			o.Resize(fyne.NewSize(width, height))
		}
		y += height + t.gap
	}
}

// MinSize is for two columns, which the window's least width has room for: a
// layout isn't told the width it is measured for.
func (t tiles) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := float32(0)
	for i := 0; i < len(objects); i += 2 {
		height += tallest(objects[i:min(i+2, len(objects))]) + t.gap
	}
	return fyne.NewSize(t.least, height)
}

func tallest(objects []fyne.CanvasObject) float32 {
	height := float32(0)
	for _, o := range objects {
		height = max(height, o.MinSize().Height)
	}
	return height
}
