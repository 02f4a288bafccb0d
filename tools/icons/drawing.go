package main

import (
	"fmt"
	"image"
	"image/color"
	"strings"
)

// grid is the width of a drawing: one unit is one pixel of the smallest icon,
// so whole numbers are sharp there.
const grid = 16

// drawing is layers, the first one lowest.
type drawing []layer

// layer fills its path with the palette's colour of that name, or, with none,
// takes away what lies below.
type layer struct {
	path  path
	paint string
}

// palette gives the names of a drawing's colours.
type palette map[string]color.NRGBA

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// picture is d in size x size pixels.
func (d drawing) picture(size int, p palette) *image.NRGBA {
	out := image.NewRGBA(image.Rect(0, 0, size, size))
	for _, l := range d {
		m := l.path.mask(size)
		for i, covered := range m.Pix {
			l.blend(out.Pix[i*4:i*4+4], covered, p)
		}
	}
	return unmultiplied(out)
}

// blend puts the layer over one premultiplied pixel, or takes it away there.
func (l layer) blend(pixel []uint8, covered uint8, p palette) {
	a, rest := uint32(covered), uint32(255-covered)
	var c color.NRGBA
	if l.paint != "" {
		c = p[l.paint]
	}
	for i, v := range [4]uint8{c.R, c.G, c.B, c.A} {
		pixel[i] = uint8((uint32(v)*a*uint32(c.A)/255 + uint32(pixel[i])*rest + 127) / 255)
	}
}

func unmultiplied(in *image.RGBA) *image.NRGBA {
	out := image.NewNRGBA(in.Bounds())
	for i := 0; i < len(in.Pix); i += 4 {
		a := uint32(in.Pix[i+3])
		if a == 0 {
			continue
		}
		for j := range 3 {
			out.Pix[i+j] = uint8(min(255, (uint32(in.Pix[i+j])*255+a/2)/a))
		}
		out.Pix[i+3] = uint8(a)
	}
	return out
}

// svg is d as a file. What a layer takes away is a mask over those below it.
func (d drawing) svg(size int, p palette) string {
	var body string
	for i, l := range d {
		if l.paint != "" {
			c := p[l.paint]
			body += fmt.Sprintf("<path fill=\"#%02x%02x%02x\" d=\"%s\"/>\n", c.R, c.G, c.B, l.path.svg())
			continue
		}
		body = fmt.Sprintf("<mask id=\"m%d\" maskUnits=\"userSpaceOnUse\" x=\"0\" y=\"0\" width=\"%d\" height=\"%[2]d\">"+
			"<path fill=\"#fff\" d=\"M0 0H%[2]dV%[2]dH0Z\"/><path d=\"%s\"/></mask>\n<g mask=\"url(#m%[1]d)\">\n%[4]s</g>\n",
			i, grid, l.path.svg(), body)
	}
	head := fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%[1]d\" viewBox=\"0 0 %d %[2]d\">\n", size, grid)
	return strings.Join([]string{head, body, "</svg>\n"}, "")
}
