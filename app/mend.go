package app

import (
	"context"
	"net/url"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// mending does what a Mend's button says, from the view that shows it.
type mending struct {
	w     *Window
	from  view
	tab   string
	busy  *busy
	after func() // what was mended: look again
}

// buttons are the first few mends, the best one first.
func (m mending) buttons(list []companion.Mend) []fyne.CanvasObject {
	var all []fyne.CanvasObject
	for i, x := range list[:min(len(list), mostMends)] {
		b := newButton(x.Label, func() { m.do(x) })
		if i == 0 {
			b.primary()
		}
		m.busy.locked = append(m.busy.locked, b)
		all = append(all, b)
	}
	return all
}

// mostMends is how many ways are offered for one trouble.
const mostMends = 3

func (m mending) do(x companion.Mend) {
	switch x.Do {
	case companion.Edit:
		m.edit(x.Label, x)
	case companion.OpenPage:
		m.w.visit(x.Arg)
	case companion.ShowLog:
		m.w.visit("servers/" + x.Arg + "/logs")
	case companion.OpenURL:
		if u, err := url.Parse(x.Arg); err == nil {
			_ = fyne.CurrentApp().OpenURL(u) // without a browser there is nothing to say it in
		}
	case companion.Restart:
		m.w.strip.onRestart(x.Arg, m.w.titleOf(x.Arg))
	case companion.CopyText:
		m.copy(x)
	case companion.ClearDownload, companion.Permit, companion.MakeFolder:
		m.w.question(question{
			title: x.Label, text: words.Say("app.mend.path", "Path", x.Arg), yes: x.Label,
			danger: true, onYes: func() { m.run(x) },
		})
	default:
		m.run(x)
	}
}

// run does a deed of the companion's.
func (m mending) run(x companion.Mend) {
	m.from.notices().clear()
	m.busy.run(words.Say("app.mend.doing", "What", strings.TrimSuffix(x.Label, "…")), func(ctx context.Context) error {
		return m.w.actions.Mend(ctx, x)
	}, func(err error) {
		m.from.notices().failed(err)
		m.after()
	})
}

// edit shows what the edits would change, and does it after a yes.
func (m mending) edit(title string, list ...companion.Mend) {
	m.w.walk(m.busy, change{
		tab: m.tab, from: m.from, title: title, verb: words.Say("app.mend.yes"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return m.w.actions.ProposeMend(ctx, list...)
		},
		done: func() view { m.after(); return m.from },
	})
}

func (m mending) copy(x companion.Mend) {
	if x.Arg != "" {
		m.copied(x.Arg)
		return
	}
	var text string
	m.busy.run(words.Say("app.doing.read"), func(ctx context.Context) (err error) {
		text, err = m.w.actions.Report(ctx)
		return err
	}, func(err error) {
		if err != nil {
			m.from.notices().failed(err)
			return
		}
		m.copied(text)
	})
}

func (m mending) copied(text string) {
	fyne.CurrentApp().Clipboard().SetContent(text)
	m.from.notices().done(words.Say("app.logs.copied"), words.Say("app.logs.copied.about"))
}

// titleOf is what its user calls the app with this id.
func (w *Window) titleOf(id string) string {
	for _, c := range w.state.Clients {
		if c.ID == id {
			return c.Title
		}
	}
	return id
}

// narrow is the room for buttons in a card of the least window.
const narrow = 420

// flow puts buttons into as many rows as they need; width is what is reckoned with
// until they are laid out.
func flow(width float32, buttons []fyne.CanvasObject) *fyne.Container {
	return container.New(&flowing{width: width}, buttons...)
}
