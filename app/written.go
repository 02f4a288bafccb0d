package app

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// written tells of each AI app whose file a change wrote when it notices.
type written struct {
	w      *Window
	box    *fyne.Container
	titles []string // of the apps
	drawn  []companion.PendingState
}

func newWritten(w *Window, p *companion.Proposal) *written {
	l := &written{w: w, box: stack(10)}
	for _, f := range p.Files {
		if f.Client != "" && !slices.Contains(l.titles, f.Client) {
			l.titles = append(l.titles, f.Client)
		}
	}
	l.draw(nil)
	return l
}

// render follows which apps still have to be restarted.
func (l *written) render(pending []companion.PendingState) {
	if !slices.Equal(pending, l.drawn) {
		l.draw(pending)
	}
}

func (l *written) draw(pending []companion.PendingState) {
	l.drawn = pending
	l.box.RemoveAll()
	l.box.Add(cardTitle(words.Say("app.moved.next")))
	for _, title := range l.titles {
		status, text := companion.Healthy, l.applies(title)
		if slices.ContainsFunc(pending, func(p companion.PendingState) bool { return p.Title == title }) {
			status, text = companion.NeedsYou, words.Say("app.restart.waits", "Client", title)
		}
		l.box.Add(edges(nil, nil, padTop(newPicture(lookOf(status).icon, 18).box), nil,
			padded(0, 8, stack(1, newLine(title, theme.ColorNameForeground, theme.SizeNameText).bold(), newCaption(text).box))))
	}
}

// applies is what makes the app with this title notice a change.
func (l *written) applies(title string) string {
	for _, c := range l.w.state.Clients {
		if c.Title == title {
			return c.Applies
		}
	}
	return ""
}
