package app

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// valueRows is a list of names and values that grows and shrinks: variables,
// headers, or keys, whose values are typed once and never shown again.
type valueRows struct {
	box     *fyne.Container
	list    *fyne.Container
	rows    []*valueRow
	add     *button
	words   string // its sentences are "app.form.WORDS...."
	secret  bool
	changed func()
	toKeys  func(*valueRow) // moves a plain row to the keys

	keys   func() []companion.KeyState // the user has already; nil for none
	others func(id string) []string    // that use a key as well; nil for none
}

func newValueRows(id string, secret bool, changed func()) *valueRows {
	v := &valueRows{list: stack(8), words: id, secret: secret, changed: changed}
	v.add = newIconButton(words.Say("app.form."+id+".add"), theme.ContentAddIcon(), func() { v.onAdd() })
	title := newLine(words.Say("app.form."+id), theme.ColorNameForeground, theme.SizeNameText).bold()
	v.box = stack(8, stack(3, title, newCaption(words.Say("app.form."+id+".help")).box), v.list, container.NewHBox(v.add))
	return v
}

// put adds a row that holds a value already.
func (v *valueRows) put(name, value string) *valueRow {
	r := newValueRow(v, name)
	switch {
	case v.secret && servers.HasSecret(value):
		r.kept, r.first = value, value
		r.keep()
	default:
		r.value.SetText(value)
	}
	v.rows = append(v.rows, r)
	v.list.Add(r.box)
	v.box.Refresh()
	return r
}

func (v *valueRows) onAdd() {
	r := v.put("", "")
	v.changed()
	if c := fyne.CurrentApp().Driver().CanvasForObject(v.box); c != nil {
		c.Focus(r.name)
	}
}

func (v *valueRows) remove(r *valueRow) {
	for i, x := range v.rows {
		if x == r {
			v.rows = append(v.rows[:i:i], v.rows[i+1:]...)
		}
	}
	v.list.Remove(r.box)
	v.box.Refresh()
	v.changed()
}

// read gives what a file may hold, and what was typed for the store.
func (v *valueRows) read() (plain map[string]string, typed map[string]companion.Secret) {
	plain, typed = map[string]string{}, map[string]companion.Secret{}
	for _, r := range v.rows {
		name := strings.TrimSpace(r.name.Text)
		switch {
		case name == "":
		case !v.secret:
			plain[name] = r.value.Text
		default:
			if r.kept != "" {
				plain[name] = r.kept
			}
			if r.typing() {
				typed[name] = companion.NewSecret(trimKey(r.value.Text))
			}
		}
	}
	return plain, typed
}

// complaint says what of the rows can't be, "" for nothing. taken are names that
// stand elsewhere in the form already.
func (v *valueRows) complaint(taken map[string]bool) string {
	for _, r := range v.rows {
		name := strings.TrimSpace(r.name.Text)
		switch {
		case name == "" && r.empty():
		case name == "":
			return words.Say("app.form.value.nameless")
		case strings.ContainsAny(name, "= \t"):
			return words.Say("app.form.value.name", "Name", name)
		case taken[name]:
			return words.Say("app.form.value.twice", "Name", name)
		case v.secret && r.kept == "" && trimKey(r.value.Text) == "":
			return words.Say("app.form.value.key", "Name", name)
		}
		if name != "" {
			taken[name] = true
		}
	}
	return ""
}

// forget empties every field that a key was typed into.
func (v *valueRows) forget() {
	for _, r := range v.rows {
		if v.secret {
			r.value.Password = true
			r.value.SetText("")
		}
	}
}

// snapshot is all that is typed, to tell whether anything was.
func (v *valueRows) snapshot() string {
	var b strings.Builder
	for _, r := range v.rows {
		if r.name.Text != "" || !r.empty() {
			b.WriteString(r.name.Text + "\x00" + r.kept + "\x00" + r.value.Text + "\x01")
		}
	}
	return b.String()
}

// valueRow is one name and value.
type valueRow struct {
	list  *valueRows
	box   *fyne.Container
	name  *field
	value *field
	kept  string // the reference to a value that lies in the keychain, or ""
	first string // kept, as the row began

	saved   *fyne.Container // stands for a kept value
	shared  *para           // who uses it as well
	chosen  bool            // the kept value is another's key, chosen just now
	use     *ownKeys        // keys that are there already; nil for none
	replace *button
	old     *button // goes back to the kept value
	cut     *button
	offer   *fyne.Container // "this looks like a key"
	moved   *button
}

func newValueRow(list *valueRows, name string) *valueRow {
	r := &valueRow{list: list}
	r.name = newField(words.Say("app.form." + list.words + ".name"))
	r.name.SetText(name)
	r.value = newField(words.Say("app.form." + list.words + ".value"))
	if list.secret {
		r.value = newMasked(words.Say("app.form." + list.words + ".value"))
	}
	r.name.OnChanged = func(string) { r.onChanged() }
	r.value.OnChanged = func(string) { r.onChanged() }
	r.replace = newButton(words.Say("app.form.key.replace"), r.onReplace)
	r.old = newButton(words.Say("app.form.key.old"), r.keep).quiet()
	r.old.Hide()
	remove := words.Say("app.remove")
	r.cut = newButton(remove, func() { list.remove(r) }).quiet()
	lock := newPicture(tinted(theme.ConfirmIcon(), theme.ColorNameSuccess), 18)
	r.saved = edges(nil, nil, container.NewCenter(lock.box), r.replace,
		middle(newLine(words.Say("app.form.key.kept"), theme.ColorNameForeground, theme.SizeNameText)))
	r.saved.Hide()
	r.moved = newButton(words.Say("app.form.key.move"), func() { list.toKeys(r) })
	r.offer = edges(nil, nil, container.NewCenter(newPicture(lookOf(companion.NeedsYou).icon, 18).box), r.moved,
		padded(0, 6, middle(newLine(words.Say("app.form.key.like"), theme.ColorNameForeground, theme.SizeNameText))))
	r.offer.Hide()
	value := edges(nil, nil, nil, row(4, r.old, r.cut), container.NewStack(r.value, r.saved))
	r.shared = newCaption("")
	r.shared.box.Hide()
	r.box = stack(6, container.New(share{at: 0.36, gap: 8}, r.name, value), r.shared.box, r.offer)
	if list.secret && list.keys != nil {
		if r.use = newOwnKeys(list.keys(), r.take); r.use != nil {
			r.box.Add(r.use.box)
		}
	}
	r.onLook()
	return r
}

func (r *valueRow) typing() bool { return r.value.Visible() && trimKey(r.value.Text) != "" }
func (r *valueRow) empty() bool  { return r.kept == "" && r.value.Text == "" }

func (r *valueRow) onChanged() {
	r.onLook()
	r.list.changed()
}

// onLook offers the keychain for what looks like a key.
func (r *valueRow) onLook() {
	show(r.offer, !r.list.secret && looksSecret(r.name.Text, r.value.Text))
	if r.use != nil {
		show(r.use.box, r.value.Visible() && r.value.Text == "")
	}
}

// take uses a key that is there already.
func (r *valueRow) take(id string) {
	if id == "" {
		return
	}
	r.kept, r.chosen = servers.SecretRef(id), true
	if strings.TrimSpace(r.name.Text) == "" {
		r.name.SetText(r.use.label(id))
	}
	r.keep()
	r.onChanged()
}

// keep shows that the value lies in the keychain.
func (r *valueRow) keep() {
	r.value.SetText("")
	r.value.Hide()
	r.old.Hide()
	r.tellOthers("app.form.key.shared")
	r.saved.Show()
	r.onLook()
	r.box.Refresh()
}

// tellOthers says the sentence about who else uses the kept value, where somebody
// does.
func (r *valueRow) tellOthers(sentence string) {
	others := r.sharedWith()
	r.shared.set(words.Say(sentence, "Names", strings.Join(others, ", ")))
	show(r.shared.box, len(others) > 0)
}

// sharedWith are the servers besides this one that use the kept value.
func (r *valueRow) sharedWith() []string {
	_, id, _, ok := servers.CutSecret(r.kept)
	if !ok || r.list.others == nil {
		return nil
	}
	return r.list.others(id)
}

// onReplace asks for another value. One that others use is replaced for them, too;
// one that was only just chosen is left to them.
func (r *valueRow) onReplace() {
	if r.chosen {
		r.kept, r.chosen = r.first, false
		r.use.put("")
	}
	r.tellOthers("app.form.key.others")
	r.saved.Hide()
	r.value.Show()
	show(r.old, r.kept != "")
	r.onChanged()
	r.box.Refresh()
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.value); c != nil {
		c.Focus(r.value)
	}
}

// share gives two objects a width each, the first at's part of it.
type share struct{ at, gap float32 }

func (s share) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+b.Width+s.gap, max(a.Height, b.Height))
}

func (s share) Layout(o []fyne.CanvasObject, size fyne.Size) {
	first := (size.Width - s.gap) * s.at
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(first, size.Height))
	o[1].Move(fyne.NewPos(first+s.gap, 0))
	o[1].Resize(fyne.NewSize(size.Width-first-s.gap, size.Height))
}
