package app

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestTheWindowComesBackAsItWasLeft(t *testing.T) {
	a := test.NewTempApp(t)
	first := New(a, &fake{}, Options{Go: func(do func()) { do() }})
	first.Show("history")
	first.win.Resize(fyne.NewSize(1000, 700))
	first.onClose()
	second := New(a, &fake{}, Options{Go: func(do func()) { do() }})
	if second.tab != tabHistory || lastSize(a.Preferences()) != fyne.NewSize(1000, 700) {
		t.Errorf("%s, %v", second.tab, lastSize(a.Preferences()))
	}
	a.Preferences().SetFloat(placeWidth, -3)
	a.Preferences().SetFloat(placeHeight, 1e9)
	a.Preferences().SetString(placePage, "nowhere")
	if lastSize(a.Preferences()) != fyne.NewSize(920, 640) || lastPage(a.Preferences()) != tabServers {
		t.Errorf("%v %s", lastSize(a.Preferences()), lastPage(a.Preferences()))
	}
}
