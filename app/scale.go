package app

import (
	"cmp"
	"os"
	"strconv"

	"fyne.io/fyne/v2"
)

// scaleVar is what Fyne asks how large to draw, each time its settings change.
const scaleVar = "FYNE_SCALE"

// scale draws the window larger or smaller than the system has it, text, buttons
// and all, and keeps what its user says to Fyne.
type scale struct {
	was  string  // scaleVar, as the program was started with it
	base float64 // what the user says to Fyne; 1 for nothing
	now  int     // in percent
}

func newScale() *scale {
	s := &scale{was: os.Getenv(scaleVar), now: 100}
	own, _ := strconv.ParseFloat(s.was, 64)
	s.base = cmp.Or(max(own, 0), max(float64(fyne.CurrentApp().Settings().Scale()), 0), 1)
	return s
}

// set draws at percent from now on; 0 is 100.
func (s *scale) set(percent int) {
	if percent = cmp.Or(percent, 100); percent == s.now {
		return
	}
	s.now = percent
	to := strconv.FormatFloat(s.base*float64(percent)/100, 'f', 2, 64)
	if percent == 100 {
		to = s.was
	}
	if to == "" {
		os.Unsetenv(scaleVar)
	} else {
		os.Setenv(scaleVar, to)
	}
	fyne.CurrentApp().Settings().SetTheme(newLook()) // has every window look
}

// setScale draws at percent from now on, in a window as large as it is.
func (w *Window) setScale(percent int) {
	was, size := w.scale.now, w.win.Canvas().Size()
	if w.scale.set(percent); w.scale.now != was {
		part := float32(was) / float32(w.scale.now)
		w.win.Resize(fyne.NewSize(size.Width*part, size.Height*part))
	}
}
