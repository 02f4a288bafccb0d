package main

import (
	"fmt"
	"image"
	"math"
	"strings"

	"golang.org/x/image/vector"
)

// path is a filled outline on the grid, one or more closed loops.
type path []segment

// segment is one step of an outline: a start ('M'), a line ('L'), a cubic curve
// ('C', with both handles before the end) or the way back ('Z').
type segment struct {
	kind   byte
	points []float64 // x, y, ...
}

// kappa places a cubic's handles so that it is a quarter of a circle.
const kappa = 0.5523

func circle(x, y, r float64) path { return ellipse(x, y, r, r) }

func ellipse(x, y, rx, ry float64) path {
	kx, ky := rx*kappa, ry*kappa
	return path{
		{'M', []float64{x, y - ry}},
		{'C', []float64{x + kx, y - ry, x + rx, y - ky, x + rx, y}},
		{'C', []float64{x + rx, y + ky, x + kx, y + ry, x, y + ry}},
		{'C', []float64{x - kx, y + ry, x - rx, y + ky, x - rx, y}},
		{'C', []float64{x - rx, y - ky, x - kx, y - ry, x, y - ry}},
		{'Z', nil},
	}
}

// box is a rectangle with rounded corners: top ones by r, bottom ones by q.
func box(x0, y0, x1, y1, r, q float64) path {
	k, j := r*(1-kappa), q*(1-kappa)
	return path{
		{'M', []float64{x0 + r, y0}},
		{'L', []float64{x1 - r, y0}},
		{'C', []float64{x1 - k, y0, x1, y0 + k, x1, y0 + r}},
		{'L', []float64{x1, y1 - q}},
		{'C', []float64{x1, y1 - j, x1 - j, y1, x1 - q, y1}},
		{'L', []float64{x0 + q, y1}},
		{'C', []float64{x0 + j, y1, x0, y1 - j, x0, y1 - q}},
		{'L', []float64{x0, y0 + r}},
		{'C', []float64{x0, y0 + k, x0 + k, y0, x0 + r, y0}},
		{'Z', nil},
	}
}

func polygon(points ...float64) path {
	p := path{{'M', points[:2]}}
	for i := 2; i < len(points); i += 2 {
		p = append(p, segment{'L', points[i : i+2]})
	}
	return append(p, segment{'Z', nil})
}

// bar is the straight line between two points, width wide.
func bar(x0, y0, x1, y1, width float64) path {
	length := math.Hypot(x1-x0, y1-y0)
	dx, dy := (x1-x0)/length*width/2, (y1-y0)/length*width/2
	return polygon(x0+dy, y0-dx, x1+dy, y1-dx, x1-dy, y1+dx, x0-dy, y0+dx)
}

func join(all ...path) path {
	var p path
	for _, one := range all {
		p = append(p, one...)
	}
	return p
}

// moved is p scaled about the origin, then moved.
func (p path) moved(scale, dx, dy float64) path {
	out := make(path, len(p))
	for i, s := range p {
		out[i].kind = s.kind
		for j, v := range s.points {
			out[i].points = append(out[i].points, v*scale+[2]float64{dx, dy}[j%2])
		}
	}
	return out
}

// mask is p's coverage in a picture of size x size pixels.
func (p path) mask(size int) *image.Alpha {
	scale := float64(size) / grid
	r := vector.NewRasterizer(size, size)
	for _, s := range p {
		v := make([]float32, len(s.points))
		for i, f := range s.points {
			v[i] = float32(f * scale)
		}
		switch s.kind {
		case 'M':
			r.MoveTo(v[0], v[1])
		case 'L':
			r.LineTo(v[0], v[1])
		case 'C':
			r.CubeTo(v[0], v[1], v[2], v[3], v[4], v[5])
		case 'Z':
			r.ClosePath()
		}
	}
	m := image.NewAlpha(image.Rect(0, 0, size, size))
	r.Draw(m, m.Bounds(), image.Opaque, image.Point{})
	return m
}

// svg is p as the value of an SVG path's d.
func (p path) svg() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteByte(s.kind)
		for i, v := range s.points {
			if i > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%g", math.Round(v*1000)/1000)
		}
	}
	return b.String()
}
