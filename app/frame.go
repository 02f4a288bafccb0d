package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// frame is what all pages share: a heading with buttons, progress, a notice, the
// body, and perhaps a foot. A page embeds one and is then nearly a view.
type frame struct {
	box   *fyne.Container
	title *line
	sub   *para
	icon  *picture // beside the title; hidden where there is none
	told  *notice
	busy  *busy
}

// newFrame makes the parts; lay puts them together.
func newFrame(w *Window, title string) *frame {
	f := &frame{
		title: newLine(title, theme.ColorNameForeground, theme.SizeNameHeadingText).bold(),
		sub:   newPara("", colorMuted),
		icon:  newPicture(nil, 26),
		told:  newNotice(),
		busy:  newBusy(w.opts.Go),
	}
	f.told.mend = func(p *words.Problem) fyne.CanvasObject { return w.chooseFile(p, f.busy, f.chosen) }
	f.icon.box.Hide()
	f.sub.box.Hide()
	return f
}

// chooseFile is the button that keeps keys in an encrypted file, where this
// computer has no keychain: a choice that the user makes, never we. nil for another
// problem.
func (w *Window) chooseFile(p *words.Problem, b *busy, done func(error)) fyne.CanvasObject {
	if p.Code != words.KeychainAbsent {
		return nil
	}
	return newButton(words.Say("app.store.file"), func() {
		b.run(words.Say("app.store.doing"), w.actions.UseFileStore, done)
	})
}

// chosen tells that keys are kept in a file now, and to go on.
func (f *frame) chosen(err error) {
	if err != nil {
		f.told.failed(err)
		return
	}
	f.told.tell(companion.Healthy, words.Say("app.store.done"), words.Say("app.store.what"), words.Say("app.store.again"))
}

// subtitle sets the line under the title; an empty one takes no room.
func (f *frame) subtitle(text string, color fyne.ThemeColorName) {
	f.sub.setIn(text, color)
}

// lay puts heading, body and foot together. back and foot may be nil.
func (f *frame) lay(back *button, buttons []fyne.CanvasObject, body, foot fyne.CanvasObject) {
	head := container.New(beside{gap: 10}, f.icon.box,
		container.New(&abreast{gap: 10}, f.title, row(8, buttons...), f.sub.box))
	top := stack(10, head, f.told.box)
	if foot == nil { // else it stands there, beside the button that was pressed
		top = stack(10, head, f.busy.box, f.told.box)
		f.busy.moved = func() { f.box.Refresh() }
	}
	if back != nil {
		top.Objects = append([]fyne.CanvasObject{flush(back)}, top.Objects...)
	}
	f.box = container.NewStack(padded(20, 24, edges(
		container.NewVBox(top, gap(0, 8)), foot, nil, nil, body)))
}

// foot is a line at the bottom of the page: progress or said, then buttons. Progress
// changes quickly, so it stays one line and is cut.
func (f *frame) foot(said fyne.CanvasObject, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVBox(widget.NewSeparator(), padded(10, 0, edges(nil, nil, f.busy.box, nil,
		container.New(&abreast{gap: 10, right: true, one: f.busy.box.Visible}, said, row(8, buttons...)))))
}

func (f *frame) content() fyne.CanvasObject { return f.box }
func (f *frame) notices() *notice           { return f.told }
func (f *frame) onEscape()                  {}
func (f *frame) onEnter()                   {}
func (f *frame) dirty() bool                { return false }

// scrolled is a body of any height, at most width wide, with the bar clear of it.
func scrolled(width float32, content fyne.CanvasObject) *fyne.Container {
	held := container.New(column{width}, content)
	return container.New(bleed{14}, container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 12, 0, 14), held)))
}

// bleed lets its content reach into the margin at the right: the scroll bar
// stands there, and what is scrolled lines up with the heading.
type bleed struct{ right float32 }

func (b bleed) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().SubtractWidthHeight(b.right, 0)
}

func (b bleed) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Move(fyne.Position{})
	o[0].Resize(size.AddWidthHeight(b.right, 0))
}
