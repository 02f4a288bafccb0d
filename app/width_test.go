package app

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"mcp-companion/words"
)

func TestEveryPageFitsTheLeastWindow(t *testing.T) {
	t.Cleanup(func() { words.Use() })
	for _, l := range words.Languages() {
		words.Use(l.Tag)
		t.Run(l.Tag, everyPageFits)
	}
}

func everyPageFits(t *testing.T) {
	for name, act := range shots {
		t.Run(name, func(t *testing.T) { pageFits(t, name, act) })
	}
}

func pageFits(t *testing.T, name string, act func(*Window, *fake)) {
	f := &fake{records: pastRecords()}
	w := open(t, f, sample())
	act(w, f)
	if got := w.win.Content().MinSize(); got.Width > 720 || got.Height > 520 {
		t.Errorf("%s: the page needs %v", name, got)
	}
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *container.Scroll:
			if o.Direction == container.ScrollVerticalOnly && o.Content.MinSize().Width > 720-navWidth-52+14 {
				t.Errorf("%s: what is scrolled needs a width of %v", name, o.Content.MinSize().Width)
			}
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c)
			}
		}
	}
	walk(w.open[w.tab].content())
}
