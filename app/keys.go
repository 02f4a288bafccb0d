package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Fyne gives a key to the widget that has the focus and to nobody else. These
// widgets hand Esc and the window's shortcuts on to the canvas, so that they
// work wherever the cursor is, and let Enter press a button.

// passOn gives the canvas a key its focused widget has no use for.
func passOn(o fyne.CanvasObject, key *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	if f := c.OnTypedKey(); f != nil {
		f(key)
	}
}

// field is an entry.
type field struct {
	widget.Entry
	secret bool // what is pasted goes from the clipboard

	// paste takes what is pasted, and reports whether it did; nil for nobody.
	paste func(fyne.Clipboard) bool
}

func newField(hint string) *field {
	f := &field{}
	f.PlaceHolder = hint
	f.ExtendBaseWidget(f)
	return f
}

// newLines is a field of several lines.
func newLines(hint string, rows int) *field {
	f := &field{}
	f.PlaceHolder = hint
	f.MultiLine = true
	f.Wrapping = fyne.TextWrapOff
	f.SetMinRowsVisible(rows)
	f.ExtendBaseWidget(f)
	return f
}

// newMasked is a field for a key, with an eye to look at what was typed.
func newMasked(hint string) *field {
	f := &field{secret: true}
	f.PlaceHolder = hint
	f.Password = true
	f.ExtendBaseWidget(f)
	return f
}

// AcceptsTab is false: Tab leaves a field of several lines too, or the keyboard
// would be caught in it.
func (f *field) AcceptsTab() bool { return false }

func (f *field) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		passOn(f, key)
		return
	}
	f.Entry.TypedKey(key)
}

func (f *field) TypedShortcut(s fyne.Shortcut) {
	p, pastes := s.(*fyne.ShortcutPaste)
	if pastes && p.Clipboard != nil && f.paste != nil && f.paste(p.Clipboard) {
		return
	}
	f.Entry.TypedShortcut(s)
	if pastes && f.secret && f.Text != "" && p.Clipboard != nil {
		p.Clipboard.SetContent("")
	}
	if _, ok := s.(*desktop.CustomShortcut); !ok {
		return
	}
	if c, ok := fyne.CurrentApp().Driver().CanvasForObject(f).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}

// button is a button that Enter presses when it has the focus.
type button struct{ widget.Button }

func newButton(text string, tapped func()) *button {
	b := &button{}
	b.Text, b.OnTapped = text, tapped
	b.ExtendBaseWidget(b)
	return b
}

func newIconButton(text string, icon fyne.Resource, tapped func()) *button {
	b := newButton(text, tapped)
	b.Icon = icon
	return b
}

// primary makes b the one to press on its page.
func (b *button) primary() *button { b.Importance = widget.HighImportance; return b }

// quiet draws b without a ground.
func (b *button) quiet() *button { b.Importance = widget.LowImportance; return b }

func (b *button) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	case fyne.KeyEscape:
		passOn(b, key)
	default:
		b.Button.TypedKey(key)
	}
}

// MinSize leaves more room beside the text than above it.
func (b *button) MinSize() fyne.Size {
	s := b.Button.MinSize()
	if b.Text != "" && b.Importance != widget.LowImportance {
		s.Width += 12
	}
	return s
}

// enable is Enable or Disable, without a redraw where it is so already.
func (b *button) enable(on bool) {
	if on == b.Disabled() {
		if on {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

// check is a check box.
type check struct{ widget.Check }

func newCheck(text string, changed func(bool)) *check {
	c := &check{}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// put sets the mark without telling OnChanged.
func (c *check) put(on bool) {
	if c.Checked != on {
		c.Checked = on
		c.Refresh()
	}
}

func (c *check) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		passOn(c, key)
		return
	}
	c.Check.TypedKey(key)
}

// choice is a drop-down.
type choice struct{ widget.Select }

func newChoice(changed func(string)) *choice {
	c := &choice{}
	c.OnChanged = changed
	c.ExtendBaseWidget(c)
	return c
}

// put sets options and selection without telling OnChanged.
func (c *choice) put(options []string, selected string) {
	c.Options, c.Selected = options, selected
	c.Refresh()
}

func (c *choice) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		passOn(c, key)
		return
	}
	c.Select.TypedKey(key)
}

// rows is a list whose highlighted row Enter opens.
type rows struct{ widget.List }

func newRows(length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *rows {
	r := &rows{}
	r.Length, r.CreateItem, r.UpdateItem = length, create, update
	r.ExtendBaseWidget(r)
	return r
}

func (r *rows) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		r.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeyEscape:
		passOn(r, key)
	default:
		r.List.TypedKey(key)
	}
}
