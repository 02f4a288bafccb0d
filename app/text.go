package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// line is one line of text without a label's padding. Where it doesn't fit it
// ends in "…", unless whole, which makes it claim its width.
type line struct {
	widget.BaseWidget
	text  string
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
	style fyne.TextStyle
	whole bool
}

func newLine(text string, color fyne.ThemeColorName, size fyne.ThemeSizeName) *line {
	l := &line{text: text, color: color, size: size}
	l.ExtendBaseWidget(l)
	return l
}

func (l *line) bold() *line  { l.style.Bold = true; return l }
func (l *line) mono() *line  { l.style.Monospace = true; return l }
func (l *line) fixed() *line { l.whole = true; return l }

// set changes text and colour, and redraws if that is a difference.
func (l *line) set(text string, color fyne.ThemeColorName) {
	if l.text != text || l.color != color {
		l.text, l.color = text, color
		l.Refresh()
	}
}

func (l *line) CreateRenderer() fyne.WidgetRenderer {
	r := &lineRenderer{line: l, drawn: canvas.NewText("", nil)}
	r.Refresh()
	return r
}

type lineRenderer struct {
	line  *line
	drawn *canvas.Text
}

func (r *lineRenderer) Layout(size fyne.Size) {
	r.drawn.Text = r.line.text
	if !r.line.whole {
		r.drawn.Text = fit(r.line.text, size.Width, r.drawn.TextSize, r.line.style)
	}
	r.drawn.Resize(size)
}

func (r *lineRenderer) MinSize() fyne.Size {
	text := r.line.text
	if text == "" {
		text = "x"
	}
	s := fyne.MeasureText(text, r.line.Theme().Size(r.line.size), r.line.style)
	if !r.line.whole {
		s.Width = min(s.Width, 24)
	}
	return s
}

func (r *lineRenderer) Refresh() {
	th := r.line.Theme()
	r.drawn.Color = th.Color(r.line.color, fyne.CurrentApp().Settings().ThemeVariant())
	r.drawn.TextSize = th.Size(r.line.size)
	r.drawn.TextStyle = r.line.style
	r.Layout(r.line.Size())
	r.drawn.Refresh()
}

func (r *lineRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.drawn} }
func (r *lineRenderer) Destroy()                     {}

// fit is text, or as much of it as is width wide, with "…".
func fit(text string, width, size float32, style fyne.TextStyle) string {
	if width <= 0 || fyne.MeasureText(text, size, style).Width <= width+0.5 {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if fyne.MeasureText(string(runes[:mid])+"…", size, style).Width <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return string(runes[:low]) + "…"
}

// para is text that wraps, in a colour of the theme, without padding.
type para struct {
	box  *fyne.Container // what goes into a layout
	rich *widget.RichText
	seg  *widget.TextSegment
}

func newPara(text string, color fyne.ThemeColorName) *para {
	seg := &widget.TextSegment{Text: text, Style: widget.RichTextStyle{ColorName: color, SizeName: theme.SizeNameText}}
	p := &para{rich: widget.NewRichText(seg), seg: seg}
	p.rich.Wrapping = fyne.TextWrapWord
	p.box = container.New(snug{}, p.rich)
	return p
}

func newCaption(text string) *para {
	p := newPara(text, colorMuted)
	p.seg.Style.SizeName = theme.SizeNameCaptionText
	return p
}

func newMono(text string) *para {
	p := newPara(text, theme.ColorNameForeground)
	p.seg.Style.TextStyle.Monospace = true
	return p
}

func (p *para) bold() *para { p.seg.Style.TextStyle.Bold = true; return p }

// set changes the text; an empty one takes no room.
func (p *para) set(text string) { p.setIn(text, p.seg.Style.ColorName) }

func (p *para) setIn(text string, color fyne.ThemeColorName) {
	show(p.box, text != "")
	if p.seg.Text == text && p.seg.Style.ColorName == color {
		return
	}
	p.seg.Text, p.seg.Style.ColorName = text, color
	p.rich.Refresh()
}

// snug takes away the padding Fyne's texts have around them.
type snug struct{}

func (snug) MinSize(objects []fyne.CanvasObject) fyne.Size {
	inset := theme.InnerPadding() * 2
	return objects[0].MinSize().SubtractWidthHeight(inset, inset)
}

func (snug) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	inset := theme.InnerPadding()
	objects[0].Move(fyne.NewPos(-inset, -inset))
	objects[0].Resize(size.AddWidthHeight(inset*2, inset*2))
}

// Small names for Fyne's layouts, so that a view reads like what it draws.

func stack(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

func row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), objects...)
}

func padded(vertical, horizontal float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(vertical, vertical, horizontal, horizontal), o)
}

// edges is Fyne's border layout with its parts in reading order, which is the
// order Tab walks them in; each may be nil.
func edges(top, bottom, left, right, center fyne.CanvasObject) *fyne.Container {
	c := container.New(layout.NewBorderLayout(top, bottom, left, right))
	for _, o := range []fyne.CanvasObject{top, left, center, right, bottom} {
		if o != nil {
			c.Objects = append(c.Objects, o)
		}
	}
	return c
}

// middle centres o between top and bottom, at its own height.
func middle(o fyne.CanvasObject) *fyne.Container {
	return container.NewVBox(layout.NewSpacer(), o, layout.NewSpacer())
}

// headHeight is that of a title with a line under it: a picture stays beside those
// where there is more.
const headHeight = 54

// beside puts a picture, where it is visible, to the left of a text.
type beside struct{ gap float32 }

func (b beside) indent(o fyne.CanvasObject) float32 {
	if !o.Visible() {
		return 0
	}
	return o.MinSize().Width + b.gap
}

func (b beside) MinSize(o []fyne.CanvasObject) fyne.Size {
	text := o[1].MinSize()
	return fyne.NewSize(text.Width+b.indent(o[0]), max(text.Height, o[0].MinSize().Height))
}

func (b beside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	icon, text, x := o[0].MinSize(), o[1].MinSize(), b.indent(o[0])
	o[0].Resize(icon)
	o[0].Move(fyne.NewPos(0, (min(size.Height, headHeight)-icon.Height)/2))
	o[1].Resize(fyne.NewSize(size.Width-x, text.Height))
	o[1].Move(fyne.NewPos(x, (size.Height-text.Height)/2))
}

// flush lines a quiet button's text up with the text above and below it.
func flush(b *button) *fyne.Container { return container.New(flushed{}, b) }

type flushed struct{}

func (flushed) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (flushed) Layout(o []fyne.CanvasObject, _ fyne.Size) {
	o[0].Resize(o[0].MinSize())
	o[0].Move(fyne.NewPos(-theme.InnerPadding(), 0))
}

func gap(w, h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}

func show(o fyne.CanvasObject, visible bool) {
	switch {
	case visible && !o.Visible():
		o.Show()
	case !visible && o.Visible():
		o.Hide()
	}
}
