package main

// mark is the program's sign, a plug with a face: two prongs, a body with two
// eyes, a cord.
var mark = drawing{
	{path: join(
		box(4, 0, 6, 5, 0.8, 0),
		box(10, 0, 12, 5, 0.8, 0),
		box(2, 4, 14, 14, 1.5, 5.5),
		box(7, 13, 9, 16, 0, 0),
	), paint: "ink"},
	{path: join(box(5, 5.5, 7, 8, 0.9, 0.9), box(9, 5.5, 11, 8, 0.9, 0.9))},
}

// A badge is a shape at the bottom right, with the gap around it.
type badge struct {
	gap, shape, hole path
	paint            string
}

// cord is where a badge leaves too little of the cord to keep it.
var cord = box(6.5, 13.9, 9.5, 17, 0, 0)

var badges = map[string]*badge{
	"healthy": nil,
	"starting": {
		gap:   box(5, 11.5, 17, 17, 1, 0),
		shape: join(box(6, 13, 8.4, 15.4, 1.2, 1.2), box(9.6, 13, 12, 15.4, 1.2, 1.2), box(13.2, 13, 15.6, 15.4, 1.2, 1.2)),
		paint: "ink",
	},
	"needs-you": {
		gap:   join(polygon(11, 6.2, 12, 6.2, 17.6, 17, 5.4, 17), cord),
		shape: polygon(11.1, 8, 11.9, 8, 16, 16, 7, 16),
		hole:  join(box(11, 10.4, 12, 13, 0, 0), box(11, 14, 12, 15, 0, 0)),
		paint: "amber",
	},
	"failing": {
		gap:   join(box(8, 8, 17, 17, 2, 0), cord),
		shape: join(bar(9.4, 9.4, 15.2, 15.2, 2.4), bar(9.4, 15.2, 15.2, 9.4, 2.4)),
		paint: "red",
	},
	"off": {
		gap:   join(circle(12, 12, 5), cord),
		shape: circle(12, 12, 4),
		hole:  circle(12, 12, 2.1),
		paint: "ink",
	},
}

func trayIcon(b *badge) drawing {
	if b == nil {
		return mark
	}
	d := append(drawing{}, mark...)
	// The hole shows the panel, not the mark: it is cut out of both.
	return append(d, layer{path: b.gap}, layer{path: b.shape, paint: b.paint}, layer{path: b.hole})
}

// panels gives the colours for a panel that is dark, light, or not known: those
// of any stand out from black and white alike, by 3:1 and more.
var panels = map[string]palette{
	"any":   {"ink": rgb(0x6078e8), "amber": rgb(0xc77700), "red": rgb(0xe03131)},
	"dark":  {"ink": rgb(0xffffff), "amber": rgb(0xffc53d), "red": rgb(0xff6b6b)},
	"light": {"ink": rgb(0x1f2430), "amber": rgb(0xa85f00), "red": rgb(0xc62828)},
}

// black is for macOS, which takes the shape alone and colours it itself.
var black = palette{"ink": rgb(0), "amber": rgb(0), "red": rgb(0)}

// appIcon is the mark, white on a tile.
var appIcon = drawing{
	{path: box(0.5, 0.5, 15.5, 15.5, 3.5, 3.5), paint: "tile"},
	{path: mark[0].path.moved(0.64, 2.88, 2.88), paint: "ink"},
	{path: mark[1].path.moved(0.64, 2.88, 2.88), paint: "tile"},
}

var appColours = palette{"tile": rgb(0x4557c9), "ink": rgb(0xffffff)}
