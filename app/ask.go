package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/words"
)

// question is asked over the page and must be answered.
type question struct {
	title, text string
	yes, no     string // the buttons; no is words.Say("app.cancel") when empty
	danger      bool   // yes loses something: Enter means no
	onYes, onNo func()
}

// ask is a question that is open.
type ask struct {
	w        *Window
	q        question
	popup    *widget.PopUp
	yes, no  *button
	answered bool
}

func (w *Window) question(q question) {
	if w.ask != nil {
		w.ask.onNo()
	}
	a := &ask{w: w, q: q}
	w.ask = a
	a.build()
	a.popup.Show()
	a.popup.Resize(fyne.NewSize(min(440, w.win.Canvas().Size().Width-40), a.popup.MinSize().Height))
	if q.danger {
		w.win.Canvas().Focus(a.no)
	} else {
		w.win.Canvas().Focus(a.yes)
	}
}

func (a *ask) build() {
	no := a.q.no
	if no == "" {
		no = words.Say("app.cancel")
	}
	a.no = newButton(no, a.onNo)
	a.yes = newButton(a.q.yes, a.onYes).primary()
	if a.q.danger {
		a.yes.Importance = widget.DangerImportance
	}
	title := newPara(a.q.title, theme.ColorNameForeground).bold()
	title.seg.Style.SizeName = theme.SizeNameSubHeadingText
	text := newPara(a.q.text, theme.ColorNameForeground)
	body := stack(10, gap(392, 0), title.box, text.box, gap(0, 4),
		row(8, layout.NewSpacer(), a.no, a.yes))
	a.popup = widget.NewModalPopUp(container.NewStack(padded(18, 20, body)), a.w.win.Canvas())
}

func (a *ask) close(then func()) {
	if a.answered {
		return
	}
	a.answered = true
	a.w.ask = nil
	a.popup.Hide()
	if then != nil {
		then()
	}
}

func (a *ask) onYes() { a.close(a.q.onYes) }
func (a *ask) onNo()  { a.close(a.q.onNo) }
