package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

const navWidth = 196

// nav is the navigation at the left, with the whole in one line at its foot.
type nav struct {
	box   *fyne.Container
	items map[string]*navItem
	icon  *picture
	all   *line
	set   *line
	mark  *picture // of the set
}

func newNav(w *Window) *nav {
	n := &nav{
		items: map[string]*navItem{},
		icon:  newPicture(lookOf(companion.Off).icon, 18),
		all:   newLine("", theme.ColorNameForeground, theme.SizeNameCaptionText),
		set:   newLine("", colorMuted, theme.SizeNameCaptionText),
		mark:  newPicture(iconSets, 14),
	}
	icons := map[string]fyne.Resource{tabServers: iconServers, tabSets: iconSets, tabApps: iconApps, tabKeys: iconKeys, tabSignins: theme.AccountIcon(), tabDoctor: iconDoctor, tabHistory: theme.HistoryIcon(), tabOptions: theme.SettingsIcon()}
	list := stack(3)
	for _, t := range tabs {
		n.items[t] = newNavItem(words.Say("app.tab."+t), icons[t], func() { w.onNav(t) })
		list.Add(n.items[t])
	}
	name := newLine(words.Say("app.title"), theme.ColorNameForeground, sizeTitle).bold()
	foot := stack(2,
		container.New(beside{gap: 8}, n.icon.box, n.all),
		container.New(beside{gap: 10}, padded(0, 2, n.mark.box), n.set))
	body := edges(padded(2, 10, name), padded(4, 8, foot), nil, nil, padded(14, 0, list))
	n.box = container.NewStack(newGround(colorSide, "", 0), gap(navWidth, 0), padded(20, 12, body))
	return n
}

func (n *nav) choose(tab string) {
	for t, i := range n.items {
		i.choose(t == tab)
	}
}

func (n *nav) render(s companion.State) {
	look := lookOf(s.Status)
	n.icon.set(look.icon)
	n.all.set(allText(s), theme.ColorNameForeground)
	n.set.set(setText(s.Set), colorMuted)
	n.mark.set(iconOfSet(iconIn(s)))
}

// iconIn names the mark of the set that is in use, "" for the general one.
func iconIn(s companion.State) string {
	for _, set := range s.Sets {
		if set.Current {
			return set.Icon
		}
	}
	return ""
}

// navItem is one entry of the navigation.
type navItem struct {
	widget.BaseWidget
	tapped           func()
	chosen, on, over bool
	ground           *ground
	label            *line
	content          *fyne.Container
}

func newNavItem(text string, icon fyne.Resource, tapped func()) *navItem {
	i := &navItem{
		tapped: tapped,
		ground: newGround(colorSide, "", 8),
		label:  newLine(text, theme.ColorNameForeground, theme.SizeNameText),
	}
	i.content = container.NewStack(i.ground, padded(9, 10,
		edges(nil, nil, container.NewCenter(newPicture(tinted(icon, theme.ColorNameForeground), 18).box), nil,
			container.New(layout.NewCustomPaddedLayout(0, 0, 6, 0), i.label))))
	i.ExtendBaseWidget(i)
	return i
}

func (i *navItem) choose(on bool) {
	i.chosen = on
	i.label.style.Bold = on
	i.label.Refresh()
	i.paint()
}

func (i *navItem) paint() {
	switch {
	case i.on:
		i.ground.set(theme.ColorNameFocus)
	case i.chosen:
		i.ground.set(theme.ColorNameSelection)
	case i.over:
		i.ground.set(theme.ColorNameHover)
	default:
		i.ground.set(colorSide)
	}
}

func (i *navItem) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(i.content) }
func (i *navItem) AccessibilityLabel() string          { return i.label.text }
func (i *navItem) Tapped(*fyne.PointEvent)             { i.tapped() }
func (i *navItem) FocusGained()                        { i.on = true; i.paint() }
func (i *navItem) FocusLost()                          { i.on = false; i.paint() }
func (i *navItem) MouseIn(*desktop.MouseEvent)         { i.over = true; i.paint() }
func (i *navItem) MouseMoved(*desktop.MouseEvent)      {}
func (i *navItem) MouseOut()                           { i.over = false; i.paint() }
func (i *navItem) TypedRune(rune)                      {}

// AccessibilityRole says that it is pressed like a button.
func (i *navItem) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (i *navItem) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		i.tapped()
	case fyne.KeyEscape:
		passOn(i, key)
	}
}
