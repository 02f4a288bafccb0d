package main

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// contactSheet shows every status on every panel at every size, enlarged; the
// last rows have no colour.
func contactSheet() image.Image {
	const zoom, cell, row = 4, 270, 104
	backs := []struct {
		panel string
		back  color.NRGBA
		grey  bool
	}{
		{"dark", rgb(0x1e1e1e), false},
		{"light", rgb(0xf3f3f3), false},
		{"any", rgb(0x1e1e1e), false},
		{"any", rgb(0xf3f3f3), false},
		{"any", rgb(0x1e1e1e), true},
	}
	sizes, lefts := []int{16, 24, 22}, []int{0, 70, 172}
	order := []string{"healthy", "starting", "needs-you", "failing", "off"}
	out := image.NewNRGBA(image.Rect(0, 0, cell*len(order), row*len(backs)))
	for line, b := range backs {
		for col, status := range order {
			x, y := col*cell, line*row
			draw.Draw(out, image.Rect(x, y, x+cell, y+row), image.NewUniform(b.back), image.Point{}, draw.Src)
			for i, size := range sizes {
				icon := shownAt(trayIcon(badges[status]), panels[b.panel], size)
				if b.grey {
					icon = greyed(icon)
				}
				at := image.Rect(0, 0, size*zoom, size*zoom).Add(image.Pt(x+4+lefts[i], y+4))
				xdraw.NearestNeighbor.Scale(out, at, icon, icon.Bounds(), draw.Over, nil)
			}
		}
	}
	return out
}

// shownAt is the icon as a panel shows it: drawn for 16 and 24 pixels, scaled
// down from Linux's size for 22.
func shownAt(d drawing, colours palette, size int) image.Image {
	if size != 22 {
		return d.picture(size, colours)
	}
	big := d.picture(linuxSize, colours)
	small := image.NewNRGBA(image.Rect(0, 0, size, size))
	xdraw.BiLinear.Scale(small, small.Bounds(), big, big.Bounds(), draw.Src, nil)
	return small
}

func greyed(m image.Image) image.Image {
	out := image.NewNRGBA(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			l := uint8((299*uint32(c.R) + 587*uint32(c.G) + 114*uint32(c.B)) / 1000)
			out.SetNRGBA(x, y, color.NRGBA{l, l, l, c.A})
		}
	}
	return out
}
