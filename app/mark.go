package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// mark is one of the marks that a set can have, to be chosen.
type mark struct {
	widget.BaseWidget
	name             string
	tapped           func()
	chosen, on, over bool
	ground           *ground
	content          *fyne.Container
}

func newMark(name string, tapped func()) *mark {
	m := &mark{name: name, tapped: tapped, ground: newGround(colorSurface, "", 7)}
	m.content = container.NewStack(m.ground, padded(5, 5, newPicture(iconOfSet(name), 18).box))
	m.ExtendBaseWidget(m)
	return m
}

func (m *mark) choose(on bool) {
	m.chosen = on
	m.paint()
}

// paint frames what is chosen, and grounds what has the focus: both can be seen at
// once.
func (m *mark) paint() {
	m.ground.edge, m.ground.fill = "", colorSurface
	if m.chosen {
		m.ground.edge, m.ground.fill = theme.ColorNamePrimary, colorAccentSoft
	}
	switch {
	case m.on:
		m.ground.fill = theme.ColorNameFocus
	case m.over && !m.chosen:
		m.ground.fill = theme.ColorNameHover
	}
	m.ground.Refresh()
}

// AccessibilityLabel is what the mark is called.
func (m *mark) AccessibilityLabel() string {
	if m.name == "" {
		return words.Say("set.icon.none")
	}
	return companion.SetIcon{Name: m.name}.Say()
}

// AccessibilityRole says that it is pressed like a button.
func (m *mark) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (m *mark) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(m.content) }
func (m *mark) Tapped(*fyne.PointEvent)             { m.tapped() }
func (m *mark) FocusGained()                        { m.on = true; m.paint(); reveal(m) }
func (m *mark) FocusLost()                          { m.on = false; m.paint() }
func (m *mark) MouseIn(*desktop.MouseEvent)         { m.over = true; m.paint() }
func (m *mark) MouseMoved(*desktop.MouseEvent)      {}
func (m *mark) MouseOut()                           { m.over = false; m.paint() }
func (m *mark) TypedRune(rune)                      {}

func (m *mark) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace:
		m.tapped()
	default:
		passOn(m, key)
	}
}
