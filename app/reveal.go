package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// around is how much of what stands beside the focus is shown with it: a label
// above, a word of help below.
const around = 28

// reveal scrolls what got the focus into view. Fyne leaves it where it is, and
// the keyboard would work on what nobody sees.
func reveal(o fyne.CanvasObject) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	s := scrollOf(c.Content(), o, nil)
	if s == nil {
		return
	}
	s.Refresh() // lays out what was added just now
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	top := place(o).Y - place(s).Y
	bottom := top + o.Size().Height - s.Size().Height
	switch to := s.Offset; {
	case top < 0:
		s.ScrollToOffset(to.AddXY(0, top-around))
	case bottom > 0:
		s.ScrollToOffset(to.AddXY(0, min(bottom+around, top)))
	}
}

// scrollOf is the innermost scroll below root that o is in, or within.
func scrollOf(root, o fyne.CanvasObject, within *container.Scroll) *container.Scroll {
	switch r := root.(type) {
	case *container.Scroll:
		return scrollOf(r.Content, o, r)
	case *fyne.Container:
		for _, child := range r.Objects {
			if child == o {
				return within
			}
			if s := scrollOf(child, o, within); s != nil {
				return s
			}
		}
	}
	return nil
}

func (f *field) FocusGained()  { f.Entry.FocusGained(); reveal(f) }
func (b *button) FocusGained() { b.Button.FocusGained(); reveal(b) }
func (c *check) FocusGained()  { c.Check.FocusGained(); reveal(c) }
func (c *choice) FocusGained() { c.Select.FocusGained(); reveal(c) }
