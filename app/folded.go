package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// folded is a part of a form that hardly anybody needs: it is a button until it is
// opened.
type folded struct {
	box  *fyne.Container
	fold *button
	body *fyne.Container
}

func newFolded(label string, body *fyne.Container) folded {
	f := folded{body: body}
	f.fold = newIconButton(label, theme.MenuDropDownIcon(), nil).quiet()
	f.body.Hide()
	f.box = stack(10, flush(f.fold), f.body)
	f.fold.OnTapped = func() { f.show(!f.body.Visible()) }
	return f
}

// unfold opens it.
func (f folded) unfold() { f.show(true) }

func (f folded) show(open bool) {
	show(f.body, open)
	f.fold.SetIcon(map[bool]fyne.Resource{false: theme.MenuDropDownIcon(), true: theme.MenuDropUpIcon()}[open])
	f.box.Refresh()
}
