package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// member is a server as a set's card names it. It can be dragged onto another card,
// which then has it too; ticking it in that set's form does the same.
type member struct {
	widget.BaseWidget
	name    string
	drag    *drag
	content *fyne.Container
}

func newMember(name string, d *drag) *member {
	tick := newPicture(tinted(theme.ConfirmIcon(), theme.ColorNamePrimary), 16)
	m := &member{name: name, drag: d, content: edges(nil, nil, container.NewCenter(tick.box), nil,
		newLine(name, theme.ColorNameForeground, theme.SizeNameText))}
	m.ExtendBaseWidget(m)
	return m
}

func (m *member) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(m.content) }
func (m *member) Dragged(e *fyne.DragEvent)           { m.drag.move(m.name, e.AbsolutePosition) }
func (m *member) DragEnd()                            { m.drag.drop() }

// Cursor is a hand: there is something to take.
func (m *member) Cursor() desktop.Cursor { return desktop.PointerCursor }

// drag is a server on its way from card to card.
type drag struct {
	page   *setsPage
	layer  *fyne.Container // over the page
	ghost  *fyne.Container // what is seen under the pointer
	label  *line
	server string   // "" for none
	over   *setCard // that would take it; nil for none
}

func newDrag(p *setsPage) *drag {
	d := &drag{page: p, label: newLine("", theme.ColorNameForeground, theme.SizeNameText).fixed()}
	d.ghost = container.NewStack(newGround(colorAccentSoft, theme.ColorNamePrimary, 8), padded(5, 10, d.label))
	d.ghost.Hide()
	d.layer = container.NewWithoutLayout(d.ghost)
	return d
}

// move takes the server to a place of the window.
func (d *drag) move(server string, at fyne.Position) {
	if d.page.busy.cancel != nil || d.page.w.ask != nil {
		return
	}
	d.server = server
	d.label.set(server, theme.ColorNameForeground)
	d.ghost.Resize(d.ghost.MinSize())
	d.ghost.Move(at.Subtract(placeOf(d.layer)).AddXY(8, 8))
	d.ghost.Show()
	d.light(d.target(at))
}

// target is the card at that place, if its set could take the server.
func (d *drag) target(at fyne.Position) *setCard {
	if !isWithin(d.layer, at) { // scrolled out of sight
		return nil
	}
	for _, c := range d.page.cards {
		if isWithin(c.box, at) && c.set.Name != companion.AllServers && !slices.Contains(c.set.Servers, d.server) {
			return c
		}
	}
	return nil
}

func placeOf(o fyne.CanvasObject) fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
}

// isWithin reports whether a place of the window is within o.
func isWithin(o fyne.CanvasObject, at fyne.Position) bool {
	from, size := placeOf(o), o.Size()
	return at.X >= from.X && at.Y >= from.Y && at.X < from.X+size.Width && at.Y < from.Y+size.Height
}

// light shows which card would take it.
func (d *drag) light(c *setCard) {
	if d.over == c {
		return
	}
	for _, one := range []*setCard{d.over, c} {
		if one == nil {
			continue
		}
		one.ground.fill, one.ground.edge = colorSurface, colorBorder
		if one == c {
			one.ground.fill, one.ground.edge = colorAccentSoft, theme.ColorNamePrimary
		}
		one.ground.Refresh()
	}
	d.over = c
}

// drop adds the server to the set it was dropped on, after showing what that changes.
func (d *drag) drop() {
	server, c := d.server, d.over
	d.ghost.Hide()
	d.light(nil)
	if d.server = ""; c == nil || server == "" {
		return
	}
	p, set := d.page, c.set
	draft := companion.SetDraft{Was: set.Name, Name: set.Name, Icon: set.Icon, Accounts: set.Accounts, Servers: append(slices.Clone(set.Servers), server)}
	slices.Sort(draft.Servers)
	p.w.walk(p.busy, change{
		tab: tabSets, from: p,
		title: words.Say("app.sets.into", "Name", server, "Set", set.Name), verb: words.Say("app.save"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return p.w.actions.ProposeSet(ctx, draft)
		},
		done: func() view { return p },
	})
}
