package app

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// asked is a field with its label above, and below it a help or, where what was
// typed can't be, the reason.
type asked struct {
	box     *fyne.Container
	field   *field
	row     *fyne.Container
	help    *para
	message *para
	reason  *fyne.Container
}

func newAsked(id string, fl *field, changed func()) *asked {
	a := newAskedFor(words.Say("app.form."+id), words.Say("app.form."+id+".help"), fl)
	a.field = fl
	fl.OnChanged = func(string) { changed() }
	return a
}

// newAskedFor is newAsked for o of any kind; help may be empty.
func newAskedFor(title, help string, o fyne.CanvasObject) *asked {
	a := &asked{help: newCaption(help), message: newPara("", theme.ColorNameError)}
	show(a.help.box, help != "")
	label := newLine(title, theme.ColorNameForeground, theme.SizeNameText).bold()
	a.message.seg.Style.SizeName = theme.SizeNameCaptionText
	a.reason = edges(nil, nil, padTop(newPicture(lookOf(companion.Failing).icon, 15).box), nil, padded(0, 2, a.message.box))
	a.reason.Hide()
	a.row = container.NewStack(o)
	a.box = stack(5, label, a.row, a.help.box, a.reason)
	return a
}

// beside puts a button to the right of the field.
func (a *asked) beside(b fyne.CanvasObject) {
	a.row.Objects = []fyne.CanvasObject{edges(nil, nil, nil, b, a.field)}
}

// complain shows the reason under the field; "" takes it away.
func (a *asked) complain(text string) {
	a.message.set(text)
	show(a.reason, text != "")
	show(a.help.box, text == "" && a.help.seg.Text != "")
}

// draft is the form as it stands.
func (f *form) draft() companion.Draft {
	d := companion.Draft{Was: f.was, Name: f.typedName(), Server: f.orig.Server}
	s := &d.Server
	s.Command, s.Args, s.Cwd, s.Env, s.URL, s.Headers = "", nil, "", nil, "", nil
	if f.isRemote() {
		s.URL = strings.TrimSpace(f.url.field.Text)
		s.Headers, d.Headers = readBoth(f.headers, f.headKey)
	} else {
		s.Command = strings.TrimSpace(f.command.field.Text)
		s.Cwd = strings.TrimSpace(f.cwd.field.Text)
		s.Args = f.orig.Server.Args
		if f.args.field.Text != f.loadedArgs { // else kept, even one with a line end in it
			s.Args = lines(f.args.field.Text)
		}
		s.Env, d.Env = readBoth(f.env, f.envKeys)
	}
	if s.SignIn = nil; f.isRemote() {
		s.SignIn, d.ClientSecret = f.signin.read(f.orig.Server.SignIn)
	}
	f.more.read(s)
	d.Sets, d.Apps = f.where.chosenSets(), f.where.chosenApps()
	return d
}

// readBoth gives what a file may hold of plain and keys, nil for nothing, and
// what was typed for the store.
func readBoth(plain, keys *valueRows) (map[string]string, map[string]companion.Secret) {
	values, _ := plain.read()
	kept, typed := keys.read()
	for name, ref := range kept {
		values[name] = ref
	}
	if len(values) == 0 {
		values = nil
	}
	return values, typed
}

func (f *form) typedName() string { return strings.TrimSpace(f.name.field.Text) }

// onChanged says under each field what can't be, and beside Save what is missing.
func (f *form) onChanged() {
	if f.more == nil {
		return // still being built
	}
	name, start, values, limits := f.nameComplaint(), f.startComplaint(), f.valuesComplaint(), f.limitsComplaint()
	f.name.complain(name)
	if f.isRemote() {
		f.url.complain(start)
	} else {
		f.command.complain(start)
	}
	f.offerSplit()
	reason := firstOf(f.wrong(name, start), values, limits, f.missing())
	f.reason.set(reason, colorMuted)
	if f.busy.cancel == nil {
		f.save.enable(reason == "")
		f.look.enable(start == "" && strings.TrimSpace(f.url.field.Text) != "")
	}
	if f.looked != "" && f.looked != strings.TrimSpace(f.url.field.Text) { // of another address
		f.looked = ""
		f.needs.set("")
	}
}

func (f *form) limitsComplaint() string {
	if f.isRemote() {
		return firstOf(f.signin.complaint(), f.more.complaint())
	}
	return f.more.complaint()
}

// wrong is what stands beside Save where a field below has the whole reason.
func (f *form) wrong(name, start string) string {
	switch {
	case name != "":
		return words.Say("app.form.wrong.name")
	case start != "":
		return words.Say("app.form.wrong.start")
	}
	return ""
}

// missing is what is required and not there yet.
func (f *form) missing() string {
	switch {
	case f.typedName() == "":
		return words.Say("app.form.missing.name")
	case f.isRemote() && strings.TrimSpace(f.url.field.Text) == "":
		return words.Say("app.form.missing.url")
	case !f.isRemote() && strings.TrimSpace(f.command.field.Text) == "":
		return words.Say("app.form.missing.command")
	}
	return ""
}

func (f *form) nameComplaint() string { return f.w.nameComplaint(f.typedName(), f.was) }

// nameComplaint says why a server that is called was can't be called name, "" where
// it can.
func (w *Window) nameComplaint(name, was string) string {
	if name == "" || name == was {
		return ""
	}
	if err := servers.CheckName(name); err != nil {
		return said(err)
	}
	for _, s := range w.state.Servers {
		if s.Name != was && strings.EqualFold(s.Name, name) {
			return words.Say("app.form.name.taken", "Name", s.Name)
		}
	}
	return ""
}

// freeName is name, with a number where there is such a server already, or taken
// has it.
func (w *Window) freeName(name string, taken ...string) string {
	if servers.CheckName(name) != nil {
		return name // its user has to see what is wrong with it
	}
	return servers.FreeName(name, func(free string) bool {
		return w.nameComplaint(free, "") != "" || slices.ContainsFunc(taken, func(n string) bool { return strings.EqualFold(n, free) })
	})
}

// startComplaint is what of the command or address can't be, once there is one.
func (f *form) startComplaint() string {
	s := servers.Server{Command: strings.TrimSpace(f.command.field.Text)}
	if f.isRemote() {
		s = servers.Server{URL: strings.TrimSpace(f.url.field.Text)}
	}
	if s.Command == "" && s.URL == "" {
		return ""
	}
	if err := s.Check(); err != nil {
		return said(err)
	}
	return ""
}

func (f *form) valuesComplaint() string {
	plain, keys := f.env, f.envKeys
	if f.isRemote() {
		plain, keys = f.headers, f.headKey
	}
	taken := map[string]bool{}
	return firstOf(keys.complaint(taken), plain.complaint(taken))
}

// offerSplit shows how a pasted line would be taken apart.
func (f *form) offerSplit() {
	text := f.command.field.Text
	c, ok := companion.SplitLine(text)
	if !looksLikeLine(text) || !ok || len(c.Args)+len(c.Env) == 0 {
		f.split.Hide()
		return
	}
	parts := []string{}
	for _, v := range c.Env {
		parts = append(parts, v.Name)
	}
	f.splits.set(strings.Join(append(append(parts, c.Command), c.Args...), "  ·  "))
	show(f.split, true)
}

// said is an error as one line under a field.
func said(err error) string {
	p := words.For(err)
	return firstOf(p.Detail, p.Title)
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// snapshot is all that is typed, to tell whether anything was.
func (f *form) snapshot() string {
	parts := []string{f.kind.Selected, f.name.field.Text, f.command.field.Text, f.args.field.Text, f.cwd.field.Text, f.url.field.Text, f.more.snapshot(), f.signin.snapshot()}
	for _, v := range []*valueRows{f.env, f.envKeys, f.headers, f.headKey} {
		parts = append(parts, v.snapshot())
	}
	return strings.Join(append(parts, f.where.snapshot()), "\x02")
}
