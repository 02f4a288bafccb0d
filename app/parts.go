package app

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
)

// ground is a rounded rectangle in a colour of the theme.
type ground struct {
	widget.BaseWidget
	fill, edge fyne.ThemeColorName // edge may be ""
	radius     float32
}

func newGround(fill, edge fyne.ThemeColorName, radius float32) *ground {
	g := &ground{fill: fill, edge: edge, radius: radius}
	g.ExtendBaseWidget(g)
	return g
}

func (g *ground) set(fill fyne.ThemeColorName) {
	if g.fill != fill {
		g.fill = fill
		g.Refresh()
	}
}

func (g *ground) CreateRenderer() fyne.WidgetRenderer {
	r := &groundRenderer{ground: g, rect: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type groundRenderer struct {
	ground *ground
	rect   *canvas.Rectangle
}

func (r *groundRenderer) Refresh() {
	th, v := r.ground.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.rect.FillColor = th.Color(r.ground.fill, v)
	r.rect.CornerRadius = r.ground.radius
	r.rect.StrokeWidth = 0
	if r.ground.edge != "" {
		r.rect.StrokeColor, r.rect.StrokeWidth = th.Color(r.ground.edge, v), 1
	}
	r.rect.Refresh()
}

func (r *groundRenderer) Layout(s fyne.Size)           { r.rect.Resize(s) }
func (r *groundRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *groundRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }
func (r *groundRenderer) Destroy()                     {}

// card is a surface with room around its content.
func card(content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(newGround(colorSurface, colorBorder, 10), padded(16, 18, content))
}

// chip is a short text on a soft ground.
func chip(text string) *fyne.Container {
	l := newLine(text, theme.ColorNameForeground, theme.SizeNameCaptionText).fixed()
	return container.NewStack(newGround(colorAccentSoft, "", 9), padded(2, 8, l))
}

// chips shows the first few of some names as chips, and how many more there are.
type chips struct {
	box   *fyne.Container
	most  int
	shown []string
}

func newChips(most int) *chips { return &chips{box: row(5), most: most} }

func (c *chips) set(names []string, more func(int) string) {
	if equal(c.shown, names) {
		return
	}
	c.shown = append(c.shown[:0], names...)
	c.box.RemoveAll()
	for i, n := range names {
		if i == c.most {
			rest := newLine(more(len(names)-i), colorMuted, theme.SizeNameCaptionText).fixed()
			c.box.Add(middle(rest))
			break
		}
		c.box.Add(chip(fitRunes(n, 22)))
	}
}

// fitRunes cuts text at most runes.
func fitRunes(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// picture is an icon of a fixed size.
type picture struct {
	box *fyne.Container
	img *widget.Icon
}

func newPicture(r fyne.Resource, size float32) *picture {
	i := widget.NewIcon(r)
	return &picture{container.NewGridWrap(fyne.NewSquareSize(size), i), i}
}

func (p *picture) set(r fyne.Resource) {
	if p.img.Resource != r {
		p.img.SetResource(r)
	}
}

// framed gives a drop-down the edge that Fyne draws around entries alone.
func framed(width float32, c *choice) *fyne.Container {
	return container.NewStack(newGround(theme.ColorNameInputBackground, theme.ColorNameInputBorder, 8), gap(width, 0), padded(1, 1, c))
}

// bar is one line across the page: a status, a sentence, buttons.
func bar(status companion.Status, text string, buttons ...fyne.CanvasObject) *fyne.Container {
	look := lookOf(status)
	return barOf(look.icon, look.soft, text, buttons...)
}

// news is a bar for what is neither good nor bad.
func news(text string, buttons ...fyne.CanvasObject) *fyne.Container {
	return barOf(iconNote, colorAccentSoft, text, buttons...)
}

func barOf(icon fyne.Resource, soft fyne.ThemeColorName, text string, buttons ...fyne.CanvasObject) *fyne.Container {
	said := newPara(text, theme.ColorNameForeground)
	return container.NewStack(newGround(soft, "", 8), padded(5, 12, edges(nil, nil,
		container.NewCenter(newPicture(icon, 18).box), row(6, buttons...), padded(0, 6, middle(said.box)))))
}

// column keeps its content at most width wide, at the left.
type column struct{ width float32 }

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(min(size.Width, c.width), size.Height))
}
