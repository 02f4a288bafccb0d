package app

import (
	"slices"

	"fyne.io/fyne/v2"
)

// Where the window was left, in Fyne's preferences. Its place on the screen is the
// desktop's to choose: Fyne can't set it.
const (
	placeWidth  = "window.width"
	placeHeight = "window.height"
	placePage   = "window.page"
)

// lastSize is the window's size when it was last closed, or the first one. A size
// below or far above what a screen has is not taken.
func lastSize(p fyne.Preferences) fyne.Size {
	return fyne.NewSize(within(p.Float(placeWidth), 720, 4000, 920), within(p.Float(placeHeight), 520, 3000, 640))
}

func within(v, least, most float64, usual float32) float32 {
	if v < least || v > most {
		return usual
	}
	return float32(v)
}

// lastPage is the page that was shown when it was last closed.
func lastPage(p fyne.Preferences) string {
	if page := p.String(placePage); slices.Contains(tabs, page) {
		return page
	}
	return tabServers
}

// close remembers where the window is, and closes it.
func (w *Window) close() {
	p, size := fyne.CurrentApp().Preferences(), w.win.Canvas().Size()
	p.SetFloat(placeWidth, float64(size.Width))
	p.SetFloat(placeHeight, float64(size.Height))
	p.SetString(placePage, w.tab)
	w.win.Close()
}
