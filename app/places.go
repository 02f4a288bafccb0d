package app

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// places asks where a server shall be: in which sets, and, for a new one, in which AI
// apps that are not kept in step yet. Without the second a first server would be in
// none.
type places struct {
	cards []fyne.CanvasObject
	sets  []*check
	apps  []*check
	ids   []string // the apps'
}

// newPlaces asks about a new server.
func (w *Window) newPlaces(changed func()) *places {
	p := w.placesOf(changed)
	for _, c := range p.sets {
		c.put(w.joins(c.Text))
	}
	grid, have := container.NewGridWithColumns(2), []string(nil)
	for _, a := range w.state.Clients {
		switch {
		case a.Managed:
			have = append(have, a.Title)
		case a.Installed && a.Project == "" && a.Problem == nil:
			c := newCheck(a.Title, func(bool) { changed() })
			p.apps, p.ids = append(p.apps, c), append(p.ids, a.ID)
			grid.Add(c)
		}
	}
	if len(p.apps) == 0 {
		return p
	}
	help := words.Say("app.form.apps.help")
	if len(have) > 0 {
		help += " " + words.Say("app.form.apps.have", "Names", strings.Join(have, ", "))
	}
	for _, c := range p.apps {
		c.put(len(have) == 0)
	}
	p.add(words.Say("app.form.apps"), help, grid)
	return p
}

// placesOf asks about the sets alone.
func (w *Window) placesOf(changed func()) *places {
	p := &places{}
	grid := container.NewGridWithColumns(2)
	for _, s := range w.state.Sets {
		c := newCheck(s.Name, func(bool) { changed() })
		p.sets = append(p.sets, c)
		grid.Add(c)
	}
	if len(p.sets) > 0 {
		p.add(words.Say("app.form.sets"), words.Say("app.form.sets.help"), grid)
	}
	return p
}

func (p *places) add(title, help string, grid fyne.CanvasObject) {
	name := newLine(title, theme.ColorNameForeground, theme.SizeNameText).bold()
	p.cards = append(p.cards, card(stack(6, stack(3, name, newCaption(help).box), grid)))
}

// joins reports whether a new server goes into the set, unless its user says
// otherwise: those in use, so that it can be used at once.
func (w *Window) joins(set string) bool {
	return slices.ContainsFunc(w.state.Sets, func(s companion.SetState) bool { return s.Name == set && (s.Current || s.InUse) })
}

// in ticks these sets and no others.
func (p *places) in(sets []string) {
	for _, c := range p.sets {
		c.put(slices.Contains(sets, c.Text))
	}
}

// none unticks all: a server that was off where it came from.
func (p *places) none() {
	for _, c := range slices.Concat(p.sets, p.apps) {
		c.put(false)
	}
}

func (p *places) chosenSets() (names []string) {
	for _, c := range p.sets {
		if c.Checked {
			names = append(names, c.Text)
		}
	}
	return names
}

func (p *places) chosenApps() (ids []string) {
	for i, c := range p.apps {
		if c.Checked {
			ids = append(ids, p.ids[i])
		}
	}
	return ids
}

func (p *places) snapshot() string { return fmt.Sprint(p.chosenSets(), p.chosenApps()) }
