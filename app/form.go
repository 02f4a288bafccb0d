package app

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// form adds a server or changes one. What is typed stays until it is saved or
// given up on purpose.
type form struct {
	*frame
	w    *Window
	was  string                // the server's name; "" for a new one
	orig companion.ServerState // as it was when the form opened
	from *addPage              // that it was opened from; nil for none

	kind    *widget.RadioGroup
	name    *asked
	command *asked
	split   *fyne.Container // offers to split a pasted line
	splits  *para
	splitIt *button
	args    *asked
	cwd     *asked
	url     *asked
	env     *valueRows
	envKeys *valueRows
	headers *valueRows
	headKey *valueRows
	where   *places
	signin  *formSignIn
	more    *formMore

	look   *button
	needs  *para // what was seen at the address
	looked string

	local, remote *fyne.Container
	reason        *line // why it can't be saved yet
	save, cancel  *button
	loadedArgs    string
	initial       string // snapshot of the untouched form
}

func newForm(w *Window, s companion.ServerState) *form {
	title := words.Say("app.form.add")
	if s.Name != "" {
		title = words.Say("app.form.edit", "Name", s.Name)
	}
	f := &form{frame: newFrame(w, title), w: w, was: s.Name, orig: s}
	f.build()
	f.fill()
	f.initial = f.snapshot()
	f.onChanged()
	return f
}

func (f *form) build() {
	f.name = newAsked("name", newField(words.Say("app.form.name.hint")), f.onChanged)
	f.kind = widget.NewRadioGroup([]string{words.Say("app.form.local"), words.Say("app.form.remote")}, func(string) { f.onKind() })
	f.kind.Required = true
	f.command = newAsked("command", newField(words.Say("app.form.command.hint")), f.onChanged)
	f.args = newAsked("args", newLines(words.Say("app.form.args.hint"), 3), f.onChanged)
	f.cwd = newAsked("cwd", newField(words.Say("app.form.cwd.hint")), f.onChanged)
	f.url = newAsked("url", newField(words.Say("app.form.url.hint")), f.onChanged)
	f.env = newValueRows("env", false, f.onChanged)
	f.envKeys = newValueRows("keys", true, f.onChanged)
	f.headers = newValueRows("headers", false, f.onChanged)
	f.headKey = newValueRows("headkeys", true, f.onChanged)
	for _, v := range []*valueRows{f.envKeys, f.headKey} {
		v.keys = func() []companion.KeyState { return f.w.state.Keys }
		v.others = func(id string) []string { return f.w.othersOf(id, f.was) }
	}
	f.env.toKeys = func(r *valueRow) { moveToKeys(r, f.envKeys) }
	f.headers.toKeys = func(r *valueRow) { moveToKeys(r, f.headKey) }

	f.splits = newMono("")
	f.splitIt = newButton(words.Say("app.form.split.do"), f.onSplit)
	f.split = container.NewStack(newGround(colorAccentSoft, "", 8), padded(8, 12, edges(nil, nil, nil, middle(f.splitIt),
		stack(4, newPara(words.Say("app.form.split"), theme.ColorNameForeground).box, f.splits.box))))
	f.command.box.Add(f.split)
	pick := newIconButton(words.Say("app.form.cwd.pick"), theme.FolderOpenIcon(), f.onPick)
	f.cwd.beside(pick)

	f.local = stack(12, card(stack(16, f.command.box, f.args.box, f.cwd.box)), card(f.envKeys.box), card(f.env.box))
	f.signin = newFormSignIn(f.onChanged)
	f.look = newButton(words.Say("app.form.look"), f.onLook)
	f.needs = newPara("", theme.ColorNameForeground)
	f.needs.box.Hide()
	f.url.beside(f.look)
	f.url.box.Add(f.needs.box)
	f.remote = stack(12, card(f.url.box), card(f.headKey.box), card(f.headers.box), card(f.signin.box))

	f.save = newButton(words.Say("app.form.save"), f.onSave).primary()
	f.cancel = newButton(words.Say("app.cancel"), f.onEscape)
	f.busy.locked = []*button{f.save, f.cancel, f.look}
	f.reason = newLine("", colorMuted, theme.SizeNameText)
	body := stack(12, card(stack(16, f.name.box, stack(2, newLine(words.Say("app.form.kind"), theme.ColorNameForeground, theme.SizeNameText).bold(), f.kind))), f.local, f.remote)
	if f.was == "" {
		f.where = f.w.newPlaces(f.onChanged)
	} else {
		f.where = f.w.placesOf(f.onChanged)
		f.where.in(f.orig.Sets)
	}
	body.Objects = append(body.Objects, f.where.cards...)
	f.more = newFormMore(f.onChanged)
	body.Add(card(f.more.box))
	f.lay(nil, nil, scrolled(720, body), f.foot(f.reason, f.cancel, f.save))
}

// fill puts the server into the fields.
func (f *form) fill() {
	v := f.orig.Server
	f.kind.SetSelected(f.kind.Options[0])
	if v.IsRemote() {
		f.kind.SetSelected(f.kind.Options[1])
	}
	f.name.field.SetText(f.was)
	f.command.field.SetText(v.Command)
	f.args.field.SetText(strings.Join(v.Args, "\n"))
	f.loadedArgs = f.args.field.Text
	f.cwd.field.SetText(v.Cwd)
	f.url.field.SetText(v.URL)
	fillRows(v.Env, f.env, f.envKeys)
	fillRows(v.Headers, f.headers, f.headKey)
	f.signin.fill(v.SignIn)
	f.more.fill(v)
	f.onKind()
}

func fillRows(values map[string]string, plain, keys *valueRows) {
	for _, name := range sortedKeys(values) {
		if servers.HasSecret(values[name]) {
			keys.put(name, values[name])
		} else {
			plain.put(name, values[name])
		}
	}
}

// moveToKeys makes a plain row a key, which the keychain will keep.
func moveToKeys(r *valueRow, keys *valueRows) {
	keys.put(strings.TrimSpace(r.name.Text), trimKey(r.value.Text))
	forgetClip(trimKey(r.value.Text))
	r.list.remove(r)
}

func (f *form) isRemote() bool { return f.kind.Selected == f.kind.Options[1] }

func (f *form) onKind() {
	show(f.local, !f.isRemote())
	show(f.remote, f.isRemote())
	show(f.more.watching, !f.isRemote())
	f.onChanged()
}

func (f *form) onPick() {
	f.w.pickFolder(func(path string) { f.cwd.field.SetText(path) })
}

// onSplit takes a pasted line apart into the fields it is made of.
func (f *form) onSplit() {
	c, ok := companion.SplitLine(f.command.field.Text)
	if !ok {
		return
	}
	args := append(c.Args, lines(f.args.field.Text)...)
	f.args.field.SetText(strings.Join(args, "\n"))
	f.command.field.SetText(c.Command)
	for _, v := range c.Env {
		if looksSecret(v.Name, v.Value) {
			f.envKeys.put(v.Name, trimKey(v.Value))
		} else {
			f.env.put(v.Name, v.Value)
		}
	}
	f.onChanged()
}

// onSave asks what saving would change, and shows it.
func (f *form) onSave() {
	if f.save.Disabled() {
		return
	}
	d := f.draft()
	c := change{
		tab: tabServers, from: f,
		title: words.Say("app.preview.title"),
		verb:  words.Say("app.save"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return f.w.actions.ProposeServer(ctx, d)
		},
		done: func() view { return f.saved(d) },
	}
	if f.startsAnew(d) {
		c.risk, c.command = words.Say("app.preview.risk"), shownCommand(d.Server.Command, d.Server.Args)
	}
	f.w.walk(f.busy, c)
}

// onLook asks the address what it needs of its user.
func (f *form) onLook() {
	if f.look.Disabled() {
		return
	}
	address := strings.TrimSpace(f.url.field.Text)
	f.told.clear()
	var n companion.Needs
	f.busy.run(words.Say("app.form.looking"), func(ctx context.Context) (err error) {
		n, err = f.w.actions.Look(ctx, address)
		return err
	}, func(err error) {
		f.onChanged()
		if err != nil {
			f.told.failed(err)
			return
		}
		f.looked = address
		f.needs.set(needsText(n))
		if n.Key && len(f.headKey.rows) == 0 {
			f.headKey.put("Authorization", "")
		}
	})
}

// needsText says what an address asks of its user.
func needsText(n companion.Needs) string {
	switch {
	case n.Problem != nil && n.SignIn:
		return firstOf(n.Problem.Title+" "+n.Problem.Do, n.Problem.Title)
	case n.SignIn:
		return words.Say("app.form.needs.sign-in", "Service", n.Service)
	case n.Key:
		return words.Say("app.form.needs.key")
	case n.MCP:
		return words.Say("app.form.needs.nothing")
	}
	return words.Say("app.form.needs.none")
}

// startsAnew reports whether saving d makes this computer run something it did
// not run before.
func (f *form) startsAnew(d companion.Draft) bool {
	was := f.orig.Server
	return !d.Server.IsRemote() && (d.Server.Command != was.Command || !equal(d.Server.Args, was.Args))
}

// saved forgets what was typed, and has the server looked at.
func (f *form) saved(d companion.Draft) view {
	f.envKeys.forget()
	f.headKey.forget()
	f.signin.secret.field.SetText("")
	f.initial = f.snapshot()
	v := newDetails(f.w, d.Name)
	v.subtitle(words.Say("app.form.saved"), colorMuted)
	v.onCheck()
	return v
}

func (f *form) notices() *notice       { return f.told }
func (f *form) render(companion.State) { f.onChanged() }
func (f *form) dirty() bool            { return f.snapshot() != f.initial }
func (f *form) onEnter()               { f.onSave() }

// onEscape leaves the form, asking first where something was typed.
func (f *form) onEscape() {
	if f.busy.cancel != nil {
		f.busy.onStop()
		return
	}
	f.w.leave(tabServers, func() {
		if f.from != nil {
			f.from.again()
			return
		}
		f.w.openServer(f.was)
	})
}
