package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// picks are a few ways of which one is chosen, each with a word about it.
type picks struct {
	box    *fyne.Container
	list   []*pick
	chosen int

	changed func() // another one is chosen; may be nil
}

// newPicks makes one pick of each pair of title and word; the first is chosen.
func newPicks(pairs ...[2]string) *picks {
	p := &picks{box: stack(4)}
	for i, pair := range pairs {
		one := newPick(pair[0], pair[1], func(step int) { p.choose(i + step) })
		p.list = append(p.list, one)
		p.box.Add(one)
	}
	p.choose(0)
	return p
}

// choose takes the pick at i, the nearest one where there is none.
func (p *picks) choose(i int) {
	was := p.chosen
	p.chosen = max(0, min(i, len(p.list)-1))
	for at, one := range p.list {
		one.choose(at == p.chosen)
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.box); c != nil {
		c.Focus(p.list[p.chosen])
	}
	if p.chosen != was && p.changed != nil {
		p.changed()
	}
}

// pick is one of several ways.
type pick struct {
	widget.BaseWidget
	hover   *ground
	focus   *ground // text of second rank can be read on it, other than on the theme's
	icon    *picture
	title   string
	content *fyne.Container
	step    func(int) // chooses it, or one so far below it
}

var (
	iconPicked   = stock(theme.IconNameRadioButtonChecked, theme.ColorNamePrimary)
	iconUnpicked = stock(theme.IconNameRadioButton, colorMuted)
)

func newPick(title, about string, step func(int)) *pick {
	p := &pick{
		hover: newGround(theme.ColorNameHover, "", 7), focus: newGround(colorAccentSoft, theme.ColorNamePrimary, 7),
		icon: newPicture(iconUnpicked, 20), title: title, step: step,
	}
	p.hover.Hide()
	p.focus.Hide()
	text := stack(2, newPara(title, theme.ColorNameForeground).box, newCaption(about).box)
	p.content = container.NewStack(p.hover, p.focus, padded(7, 8, edges(nil, nil, padTop(p.icon.box), nil, padded(0, 6, text))))
	p.ExtendBaseWidget(p)
	return p
}

func (p *pick) choose(on bool) {
	if on {
		p.icon.set(iconPicked)
	} else {
		p.icon.set(iconUnpicked)
	}
}

func (p *pick) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }
func (p *pick) AccessibilityLabel() string          { return p.title }
func (p *pick) Tapped(*fyne.PointEvent)             { p.step(0) }
func (p *pick) FocusGained()                        { p.focus.Show(); reveal(p) }
func (p *pick) FocusLost()                          { p.focus.Hide() }
func (p *pick) MouseIn(*desktop.MouseEvent)         { p.hover.Show() }
func (p *pick) MouseMoved(*desktop.MouseEvent)      {}
func (p *pick) MouseOut()                           { p.hover.Hide() }
func (p *pick) TypedRune(rune)                      {}

// AccessibilityRole says that it is pressed like a button.
func (p *pick) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (p *pick) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace:
		p.step(0)
	case fyne.KeyUp:
		p.step(-1)
	case fyne.KeyDown:
		p.step(1)
	default:
		passOn(p, key)
	}
}
