package app

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// offerField asks for one field of an offer.
type offerField struct {
	*asked
	f       catalog.Field
	w       *Window
	changed func()

	text   *field   // all kinds but these
	choice *choice  // one of a few
	checks []*check // several of a few
	yes    *check
	warn   *para
	warned *fyne.Container
	get    *button // where to get a key

	own  *ownKeys // keys that are there already; nil where there are none
	kept string   // the id of the one that was chosen

	// keep makes the field a key's, which the keychain holds; nil where it can't be.
	keep  func()
	like  *fyne.Container // "this looks like a key", of a plain text
	moved *button
}

func newOfferField(w *Window, f catalog.Field, values []string, changed func()) *offerField {
	o := &offerField{f: f, w: w, changed: changed}
	o.asked = newAskedFor(o.label(), o.about(), o.build(values))
	o.warn = newCaption("")
	o.warned = edges(nil, nil, padTop(newPicture(lookOf(companion.NeedsYou).icon, 15).box), nil, padded(0, 2, o.warn.box))
	o.warned.Hide()
	o.box.Add(o.warned)
	if strings.HasPrefix(f.KeyURL, "https://") {
		o.get = newButton(words.Say("app.offer.get"), func() { openPage(f.KeyURL) }).quiet()
		o.box.Add(flush(o.get))
	}
	if f.Kind == catalog.YesNo {
		o.label0().Hide() // it stands beside the mark
	}
	if f.Kind == catalog.Text && !f.Multiple {
		o.moved = newButton(words.Say("app.form.key.move"), func() { o.keep() })
		o.like = edges(nil, nil, container.NewCenter(newPicture(lookOf(companion.NeedsYou).icon, 18).box), o.moved,
			padded(0, 6, middle(newLine(words.Say("app.form.key.like"), theme.ColorNameForeground, theme.SizeNameText))))
		o.like.Hide()
		o.box.Add(o.like)
	}
	return o
}

// onLook offers the keychain for what looks like a key.
func (o *offerField) onLook() {
	if o.like != nil {
		show(o.like, o.keep != nil && looksSecret(o.f.Label, o.text.Text))
	}
}

// label0 is the line above the field.
func (o *offerField) label0() fyne.CanvasObject { return o.box.Objects[0] }

func (o *offerField) label() string {
	label := visible(o.f.Label)
	if o.f.Required {
		return words.Say("app.try.required", "Title", label)
	}
	return label
}

// about is the help, and what to know of a key that others can see.
func (o *offerField) about() string {
	about := visible(o.f.Help)
	if o.f.Kind == catalog.Secret {
		about = strings.TrimSpace(about + " " + words.Say("app.offer.clipboard"))
	}
	if o.f.Kind == catalog.Secret && o.f.Exposed {
		about = strings.TrimSpace(about + " " + words.Say("app.offer.exposed"))
	}
	return about
}

// build makes what is typed into or chosen from, with values in it.
func (o *offerField) build(values []string) fyne.CanvasObject {
	first := strings.Join(values, "\n")
	tell := func(string) { o.changed() }
	switch {
	case o.f.Kind == catalog.YesNo:
		o.yes = newCheck(o.label(), func(bool) { o.changed() })
		o.yes.put(slices.Equal(values, []string{"true"}))
		return container.NewHBox(o.yes)
	case o.f.Kind == catalog.Choice && o.f.Multiple:
		list := container.NewGridWithColumns(2)
		for _, c := range o.f.Choices {
			one := newCheck(c.Label, func(bool) { o.changed() })
			one.put(slices.Contains(values, c.Value))
			o.checks = append(o.checks, one)
			list.Add(one)
		}
		return list
	case o.f.Kind == catalog.Choice:
		o.choice = newChoice(tell)
		options, chosen := []string{words.Say("app.try.unset")}, 0
		for i, c := range o.f.Choices {
			options = append(options, c.Label)
			if first == c.Value {
				chosen = i + 1
			}
		}
		o.choice.put(options, options[chosen])
		return container.NewHBox(framed(240, o.choice))
	case o.f.Kind == catalog.Secret:
		o.text = newMasked(o.f.Placeholder)
		o.text.paste = o.onPaste
		if o.f.OAuthClient == "" { // that is no key of a server's
			o.own = newOwnKeys(o.w.state.Keys, o.use)
		}
	case o.f.Multiple:
		o.text = newLines(firstOf(o.f.Placeholder, words.Say("app.try.hint.lines")), 3)
	default:
		o.text = newField(o.f.Placeholder)
	}
	o.text.SetText(first)
	o.text.OnChanged = tell
	if o.own != nil {
		return stack(6, o.text, o.own.box)
	}
	return o.withPicker()
}

// use takes a key that is there already, or with "" asks for a new one.
func (o *offerField) use(id string) {
	o.kept = id
	o.own.put(id)
	if id != "" {
		o.text.SetText("")
	}
	show(o.text, id == "")
	o.changed()
}

// canShare offers the keys that are there only while none is typed.
func (o *offerField) canShare() {
	if o.own != nil {
		show(o.own.box, o.text.Text == "")
	}
}

// withPicker is the field, and for a folder or a file a button beside it.
func (o *offerField) withPicker() fyne.CanvasObject {
	pick := map[catalog.Kind]func(func(string)){
		catalog.Folder: func(chosen func(string)) { o.w.pickFolder(chosen) },
		catalog.File:   func(chosen func(string)) { o.w.pickFile(chosen) },
	}[o.f.Kind]
	if pick == nil {
		return o.text
	}
	icon := map[catalog.Kind]fyne.Resource{catalog.Folder: theme.FolderOpenIcon(), catalog.File: theme.FileIcon()}[o.f.Kind]
	b := newIconButton(words.Say("app.form.cwd.pick"), icon, func() { pick(o.onPicked) })
	return edges(nil, nil, nil, container.NewVBox(b), o.text)
}

// onPicked takes a path: in a field of several it joins the others.
func (o *offerField) onPicked(path string) {
	if before := strings.TrimSpace(o.text.Text); o.f.Multiple && before != "" {
		path = before + "\n" + path
	}
	o.text.SetText(path)
}

// onPaste keeps the lines of a key that has several, as those of files do.
func (o *offerField) onPaste(clip fyne.Clipboard) bool {
	text := strings.TrimSpace(clip.Content())
	if !strings.Contains(text, "\n") {
		return false
	}
	o.text.SetText(text)
	clip.SetContent("")
	return true
}

// values are what is typed or chosen, none for nothing.
func (o *offerField) values() []string {
	list := []string{}
	switch {
	case o.yes != nil:
		if o.yes.Checked || len(o.f.Given) > 0 || o.f.Default != "" || o.f.EmitFalse && o.f.Required {
			list = append(list, map[bool]string{true: "true", false: "false"}[o.yes.Checked])
		}
	case o.choice != nil:
		if i := o.choice.SelectedIndex(); i > 0 {
			list = append(list, o.f.Choices[i-1].Value)
		}
	case o.checks != nil:
		for i, c := range o.checks {
			if c.Checked {
				list = append(list, o.f.Choices[i].Value)
			}
		}
	case o.f.Multiple && o.f.Kind != catalog.Secret:
		for _, l := range lines(o.text.Text) {
			if l = strings.TrimSpace(l); l != "" {
				list = append(list, l)
			}
		}
	case strings.TrimSpace(o.text.Text) != "":
		list = append(list, o.text.Text)
	}
	return list
}

// check says under the field what can't be, and reports whether all can; what is
// merely odd is looked for on the disk, off the window's thread.
func (o *offerField) check() bool {
	values := o.values()
	reason := ""
	for _, v := range values {
		if err := o.f.Check(v); err != nil && reason == "" {
			reason = said(err)
		}
	}
	o.complain(reason)
	o.onLook()
	o.canShare()
	o.w.opts.Go(func() {
		warning := ""
		for _, v := range values {
			warning = firstOf(warning, o.f.Warn(v))
		}
		fyne.Do(func() {
			if equal(values, o.values()) {
				o.warn.set(warning)
				show(o.warned, warning != "")
			}
		})
	})
	return reason == ""
}

// forget empties a field that a key was typed into.
func (o *offerField) forget() {
	if o.f.Kind == catalog.Secret && o.text != nil {
		o.text.Password = true
		o.text.SetText("")
	}
}

// prefilled are the values a field begins with.
func prefilled(f catalog.Field) []string {
	if len(f.Given) > 0 {
		return f.Given
	}
	if f.Default != "" {
		return []string{f.Default}
	}
	return nil
}
