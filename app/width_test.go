package app

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"mcp-companion/companion"
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
	w.win.Resize(fyne.NewSize(720, 520)) // its width is what the heights follow from
	high := float32(520)
	if w.open[w.tab].notices().box.Visible() { // a page that tells something may make the window grow
		high = 600
	}
	if got := w.win.Content().MinSize(); got.Width > 720 || got.Height > high {
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

// What stands at the foot of the navigation is seen from every page.
func TestTheFootOfTheNavigationIsWhole(t *testing.T) {
	t.Cleanup(func() { words.Use() })
	for _, l := range words.Languages() {
		words.Use(l.Tag)
		w := open(t, &fake{}, sample())
		w.win.Resize(fyne.NewSize(720, 520))
		for _, id := range []string{"app.all.none", "app.all.failing", "app.all.needs-you", "app.all.starting", "app.all.healthy", "app.all.unknown"} {
			w.nav.all.set(words.Say(id, "Count", 12), colorMuted)
			whole(t, l.Tag, w.nav.all)
		}
		for _, set := range []string{companion.AllServers, companion.Mixed} {
			w.nav.set.set(setText(set), colorMuted)
			whole(t, l.Tag, w.nav.set)
		}
	}
}

func whole(t *testing.T, tag string, l *line) {
	t.Helper()
	if need := uncut(l); need > l.Size().Width {
		t.Errorf("%s: %q needs %v of %v", tag, l.text, need, l.Size().Width)
	}
}
