package app

import (
	"context"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// setsPage shows the sets as cards, "All servers" first.
type setsPage struct {
	*frame
	w     *Window
	add   *button
	list  *fyne.Container
	cards []*setCard
	drawn []any // what the cards show
}

func newSetsPage(w *Window) *setsPage {
	p := &setsPage{frame: newFrame(w, words.Say("app.tab.sets")), w: w}
	p.add = newIconButton(words.Say("app.sets.add"), theme.ContentAddIcon(), p.onAdd).primary()
	p.list = container.New(tiles{least: 222, gap: 12})
	p.lay(nil, []fyne.CanvasObject{p.add}, scrolled(1100, p.list), nil)
	return p
}

func (p *setsPage) render(s companion.State) {
	now := []any{s.Sets, s.Set, memberNames(s.Servers)}
	if reflect.DeepEqual(now, p.drawn) {
		return
	}
	p.drawn = now
	about := "app.sets.about"
	if s.Set == companion.Mixed {
		about = "app.sets.mixed"
	}
	p.subtitle(words.Say(about), colorMuted)
	p.cards, p.busy.locked = nil, nil
	p.list.RemoveAll()
	all := companion.SetState{Name: companion.AllServers, Servers: memberNames(s.Servers), Current: s.Set == companion.AllServers}
	for _, set := range append([]companion.SetState{all}, s.Sets...) {
		c := p.card(set)
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

// setCard is one set.
type setCard struct {
	box       *fyne.Container
	set       companion.SetState
	use, edit *button
}

// cardMembers is how many servers a card names.
const cardMembers = 5

func (p *setsPage) card(s companion.SetState) *setCard {
	c := &setCard{set: s}
	c.use = newButton(words.Say("app.sets.use"), func() { p.onUse(s.Name) })
	c.edit = newButton(words.Say("app.edit"), func() { p.onEdit(s) })
	p.busy.locked = append(p.busy.locked, c.use, c.edit)
	show(c.edit, s.Name != companion.AllServers)

	mark := container.NewStack(newGround(colorSuccessSoft, "", 9), padded(2, 8,
		row(4, container.NewCenter(newPicture(lookOf(companion.Healthy).icon, 14).box),
			newLine(words.Say("app.sets.current"), theme.ColorNameForeground, theme.SizeNameCaptionText).fixed())))
	show(mark, s.Current)
	show(c.use, !s.Current)
	title := newLine(setName(s.Name), theme.ColorNameForeground, theme.SizeNameSubHeadingText).bold()
	head := edges(nil, nil, nil, middle(mark), title)
	count := newLine(words.Say("app.sets.count", "Count", len(s.Servers)), colorMuted, theme.SizeNameText)
	foot := row(8, c.use, c.edit)
	c.box = card(edges(stack(3, head, count), container.NewVBox(gap(0, 6), foot), nil, nil,
		padded(10, 0, memberList(s.Servers))))
	return c
}

// memberList names the first few members, each with a check mark.
func memberList(names []string) fyne.CanvasObject {
	list := stack(5)
	for i, n := range names {
		if i == cardMembers {
			list.Add(newLine(words.Say("app.sets.more", "Count", len(names)-i), colorMuted, theme.SizeNameText))
			break
		}
		tick := newPicture(tinted(theme.ConfirmIcon(), theme.ColorNamePrimary), 16)
		list.Add(edges(nil, nil, container.NewCenter(tick.box), nil,
			newLine(n, theme.ColorNameForeground, theme.SizeNameText)))
	}
	return list
}

func (p *setsPage) onUse(set string) {
	p.w.walk(p.busy, change{
		tab: tabSets, from: p,
		title: words.Say("app.sets.switch", "Set", setName(set)),
		verb:  words.Say("app.sets.use"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return p.w.actions.ProposeUse(ctx, set, "")
		},
		done: func() view { return p },
	})
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
