package app

import "fyne.io/fyne/v2"

// Fyne doesn't tell a layout the width that it is measured for. These remember the
// one they were laid out in last; the canvas measures again before it paints.

// abreast lays a text and buttons side by side, or the buttons below where the text
// would be cut: what is read comes before what is pressed. A second text stands under
// the first, over the whole width.
type abreast struct {
	gap   float32     // between text and buttons
	right bool        // where buttons that are below stand
	one   func() bool // reports that there is one line whatever is cut; nil for never
	width float32
}

// underGap is between the two texts.
const underGap = 3

func (a *abreast) below(text, buttons fyne.CanvasObject) bool {
	width := buttons.MinSize().Width
	switch {
	case a.width == 0, width == 0, a.one != nil && a.one():
		return false
	default:
		return uncut(text)+a.gap+width > a.width
	}
}

func (a *abreast) MinSize(o []fyne.CanvasObject) fyne.Size {
	text, buttons := o[0].MinSize(), o[1].MinSize()
	size := fyne.NewSize(max(text.Width, buttons.Width), max(text.Height, buttons.Height))
	if a.below(o[0], o[1]) {
		size.Height = text.Height + a.gap + buttons.Height
	}
	if len(o) > 2 && o[2].Visible() {
		under := underGap + o[2].MinSize().Height
		if a.below(o[0], o[1]) {
			size.Height += under
		} else {
			size.Height = max(buttons.Height, text.Height+under)
		}
	}
	return size
}

func (a *abreast) Layout(o []fyne.CanvasObject, size fyne.Size) {
	a.width = size.Width
	text, buttons := o[0].MinSize(), o[1].MinSize()
	isBelow := a.below(o[0], o[1])
	line, room := size.Height, size.Width
	if !isBelow && buttons.Width > 0 {
		room -= buttons.Width + a.gap
	}
	if len(o) > 2 {
		line = max(text.Height, buttons.Height)
	}
	if isBelow || len(o) > 2 && o[2].Visible() {
		line = text.Height
	}
	o[0].Resize(fyne.NewSize(room, text.Height))
	o[0].Move(fyne.NewPos(0, (line-text.Height)/2))
	y := line
	if len(o) > 2 && o[2].Visible() {
		under := o[2].MinSize().Height
		o[2].Resize(fyne.NewSize(size.Width, under))
		o[2].Move(fyne.NewPos(0, line+underGap))
		y += underGap + under
	}
	o[1].Resize(buttons)
	switch {
	case !isBelow:
		o[1].Move(fyne.NewPos(size.Width-buttons.Width, max(0, (line-buttons.Height)/2)))
	case a.right:
		o[1].Move(fyne.NewPos(size.Width-buttons.Width, y+a.gap))
	default:
		o[1].Move(fyne.NewPos(0, y+a.gap))
	}
}

// uncut is the width that o takes where nothing of it is cut.
func uncut(o fyne.CanvasObject) float32 {
	if l, ok := o.(*line); ok {
		return fyne.MeasureText(l.text, l.Theme().Size(l.size), l.style).Width
	}
	return o.MinSize().Width
}

// flowing puts buttons into as many rows as they need.
type flowing struct{ width float32 }

const flowGap = 8

// place gives each button its place, and returns the height of all.
func (f *flowing) place(o []fyne.CanvasObject, put func(fyne.CanvasObject, fyne.Position)) float32 {
	x, y, height := float32(0), float32(0), float32(0)
	for _, b := range o {
		if !b.Visible() {
			continue
		}
		size := b.MinSize()
		if x > 0 && x+size.Width > f.width {
			x, y = 0, y+size.Height+flowGap
		}
		put(b, fyne.NewPos(x, y))
		x += size.Width + flowGap
		height = y + size.Height
	}
	return height
}

func (f *flowing) MinSize(o []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	height := f.place(o, func(b fyne.CanvasObject, _ fyne.Position) { widest = max(widest, b.MinSize().Width) })
	return fyne.NewSize(widest, height)
}

func (f *flowing) Layout(o []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	f.place(o, func(b fyne.CanvasObject, at fyne.Position) {
		b.Resize(b.MinSize())
		b.Move(at)
	})
}
