package app

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
)

// setShapes are the marks of sets, by their names in the library.
var setShapes = map[string]string{
	"code":   `<path d="M8.4 6.2L10 7.8L5.8 12L10 16.2L8.4 17.8L2.6 12z M15.6 6.2L21.4 12L15.6 17.8L14 16.2L18.2 12L14 7.8z"/>`,
	"search": `<path d="M10 3a7 7 0 0 1 0 14a7 7 0 0 1 0 -14z M10 5.3a4.7 4.7 0 0 0 0 9.4a4.7 4.7 0 0 0 0 -9.4z M15 13.3L21.5 19.8L19.8 21.5L13.3 15z"/>`,
	"data":   `<path d="M4 3.6L20 3.6a1 1 0 0 1 1 1L21 7.4a1 1 0 0 1 -1 1L4 8.4a1 1 0 0 1 -1 -1L3 4.6a1 1 0 0 1 1 -1z M4 9.8L20 9.8a1 1 0 0 1 1 1L21 13.2a1 1 0 0 1 -1 1L4 14.2a1 1 0 0 1 -1 -1L3 10.8a1 1 0 0 1 1 -1z M4 15.6L20 15.6a1 1 0 0 1 1 1L21 19.4a1 1 0 0 1 -1 1L4 20.4a1 1 0 0 1 -1 -1L3 16.6a1 1 0 0 1 1 -1z"/>`,
	"work":   `<path d="M9 3.6L15 3.6a2 2 0 0 1 2 2L17 7L20 7a2 2 0 0 1 2 2L22 18.4a2 2 0 0 1 -2 2L4 20.4a2 2 0 0 1 -2 -2L2 9a2 2 0 0 1 2 -2L7 7L7 5.6a2 2 0 0 1 2 -2z M9.2 5.8L9.2 7L14.8 7L14.8 5.8z M4.2 12L4.2 13.8L19.8 13.8L19.8 12z"/>`,
	"home":   `<path d="M12 2.8L22.4 12.2L20.9 13.8L19 12.1L19 21L14.2 21L14.2 14.6L9.8 14.6L9.8 21L5 21L5 12.1L3.1 13.8L1.6 12.2z"/>`,
	"star":   `<path d="M12.0 2.6L14.4 9.3L21.5 9.5L15.9 13.9L17.9 20.7L12.0 16.7L6.1 20.7L8.1 13.9L2.5 9.5L9.6 9.3z"/>`,
	"heart":  `<path d="M12 20.8L3.4 12.1A5.4 5.4 0 0 1 11 4.5L12 5.5L13 4.5A5.4 5.4 0 0 1 20.6 12.1z"/>`,
	"sun":    `<path d="M12 6.8a5.2 5.2 0 0 1 0 10.4a5.2 5.2 0 0 1 0 -10.4z M19.2 10.9L22.6 10.9L22.6 13.1L19.2 13.1z M17.9 16.3L20.3 18.7L18.7 20.3L16.3 17.9z M13.1 19.2L13.1 22.6L10.9 22.6L10.9 19.2z M7.7 17.9L5.3 20.3L3.7 18.7L6.1 16.3z M4.8 13.1L1.4 13.1L1.4 10.9L4.8 10.9z M6.1 7.7L3.7 5.3L5.3 3.7L7.7 6.1z M10.9 4.8L10.9 1.4L13.1 1.4L13.1 4.8z M16.3 6.1L18.7 3.7L20.3 5.3L17.9 7.7z"/>`,
}

// setIcons are the marks as they are drawn. They are made once: Fyne caches drawings
// by a resource's name.
var setIcons = func() map[string]fyne.Resource {
	all := map[string]fyne.Resource{}
	for name, body := range setShapes {
		all[name] = shape("set-"+name, body, theme.ColorNameForeground)
	}
	return all
}()

// iconOfSet is the mark with this name; the general one for none, and for one of a
// later version.
func iconOfSet(name string) fyne.Resource {
	if r, ok := setIcons[name]; ok {
		return r
	}
	return iconSets
}

// marks choose a set's mark, the general one first.
type marks struct {
	box    *fyne.Container
	list   []*mark
	chosen string // its name; "" for the general one, one that is unknown stays

	changed func()
}

func newMarks(chosen string, changed func()) *marks {
	m := &marks{box: stack(2), chosen: chosen, changed: changed}
	names := []string{""}
	for _, i := range companion.SetIcons {
		names = append(names, i.Name)
	}
	for line := range slices.Chunk(names, 5) {
		r := row(2)
		for _, name := range line {
			one := newMark(name, func() { m.choose(name) })
			m.list = append(m.list, one)
			r.Add(one)
		}
		m.box.Add(r)
	}
	m.draw()
	return m
}

func (m *marks) choose(name string) {
	m.chosen = name
	m.draw()
	m.changed()
}

func (m *marks) draw() {
	for _, one := range m.list {
		one.choose(one.name == m.chosen || one.name == "" && setIcons[m.chosen] == nil)
	}
}
