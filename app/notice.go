package app

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// notice is a card that tells what went wrong or what to know: what happened,
// why, and what to do, with the technical text folded away.
type notice struct {
	box     *fyne.Container
	ground  *ground
	icon    *picture
	title   *para
	detail  *para
	do      *para
	more    *button
	moreBox *fyne.Container
	cause   *para
	buttons *fyne.Container
	below   *fyne.Container // the buttons with room above them

	// mend gives the button that ends a problem right here, nil for none.
	mend func(*words.Problem) fyne.CanvasObject
}

func newNotice() *notice {
	n := &notice{
		ground:  newGround(colorErrorSoft, "", 10),
		icon:    newPicture(lookOf(companion.Failing).icon, 20),
		title:   newPara("", theme.ColorNameForeground).bold(),
		detail:  newPara("", theme.ColorNameForeground),
		do:      newPara("", theme.ColorNameForeground),
		cause:   newMono(""),
		buttons: flow(narrow, nil),
	}
	n.more = newButton(words.Say("app.details.show"), n.onMore).quiet()
	n.moreBox = flush(n.more)
	n.below = padded(4, 0, n.buttons)
	text := stack(4, n.title.box, n.detail.box, n.do.box, n.cause.box, n.below, n.moreBox)
	n.box = container.NewStack(n.ground, padded(14, 16, edges(nil, nil, padTop(n.icon.box), nil, padded(0, 6, text))))
	n.clear()
	return n
}

// padTop sets a picture beside the first line of a text.
func padTop(o fyne.CanvasObject) fyne.CanvasObject { return container.NewVBox(o) }

func (n *notice) clear() { n.box.Hide() }

// problem shows p; a red one failed, an amber one waits for the user.
func (n *notice) problem(p *words.Problem, status companion.Status) {
	if p == nil {
		n.clear()
		return
	}
	n.tell(status, p.Title, p.Detail, p.Do)
	cause := ""
	if p.Err != nil && p.Err.Error() != p.Detail {
		cause = p.Err.Error()
	}
	n.cause.set(cause)
	n.cause.box.Hide()
	n.more.SetText(words.Say("app.details.show"))
	show(n.moreBox, cause != "")
	if n.mend != nil {
		if button := n.mend(p); button != nil {
			n.do.set("") // it speaks of a command; here is a button
			n.offer(button)
		}
	}
}

// failed shows err, unless the user stopped the action.
func (n *notice) failed(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		n.clear()
		return
	}
	n.problem(words.For(err), companion.Failing)
}

// tell shows plain sentences in status's look, with buttons below.
func (n *notice) tell(status companion.Status, title, detail, do string, buttons ...fyne.CanvasObject) {
	look := lookOf(status)
	n.ground.set(look.soft)
	n.icon.set(look.icon)
	n.title.set(title)
	n.detail.set(detail)
	n.do.set(do)
	n.cause.set("")
	n.moreBox.Hide()
	n.box.Show()
	n.offer(buttons...)
}

// done tells that something succeeded, until it is closed.
func (n *notice) done(title, detail string) {
	n.tell(companion.Healthy, title, detail, "", newButton(words.Say("app.close"), n.clear))
}

// offer puts buttons below what is told.
func (n *notice) offer(buttons ...fyne.CanvasObject) {
	n.buttons.Objects = buttons
	show(n.below, len(buttons) > 0)
	n.box.Refresh()
}

func (n *notice) onMore() {
	visible := n.cause.box.Visible()
	show(n.cause.box, !visible)
	n.more.SetText(words.Say(map[bool]string{true: "app.details.show", false: "app.details.hide"}[visible]))
	n.box.Refresh()
}
