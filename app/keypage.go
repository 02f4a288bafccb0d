package app

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// keysPage lists the keys, by name: which servers use each, a new value for it, or
// its end. No value is ever shown.
type keysPage struct {
	*frame
	w    *Window
	list *rows
	none *fyne.Container
	full *fyne.Container
	keys []companion.KeyState
}

func newKeysPage(w *Window) *keysPage {
	p := &keysPage{frame: newFrame(w, words.Say("app.tab.keys")), w: w}
	p.subtitle(words.Say("app.keys.about"), colorMuted)
	p.list = newRows(func() int { return len(p.keys) },
		func() fyne.CanvasObject { return newKeyRow() },
		func(i int, o fyne.CanvasObject) { p.draw(o.(*keyRow), p.keys[i]) })
	p.list.OnSelected = p.onRow
	p.none = container.NewVBox(card(newPara(words.Say("app.keys.none"), colorMuted).box))
	p.full = container.NewStack(newGround(colorSurface, colorBorder, 10), padded(6, 6, p.list))
	p.lay(nil, nil, container.NewStack(p.full, p.none), nil)
	return p
}

func (p *keysPage) render(s companion.State) {
	show(p.full, len(s.Keys) > 0)
	show(p.none, len(s.Keys) == 0 && p.w.told)
	if !slices.EqualFunc(p.keys, s.Keys, func(a, b companion.KeyState) bool {
		return a.ID == b.ID && a.Label == b.Label && slices.Equal(a.Servers, b.Servers)
	}) {
		p.keys = s.Keys
		p.list.Refresh()
	}
}

// keyRow is one key.
type keyRow struct {
	widget.BaseWidget
	label, used     *line
	replace, forget *button
	content         *fyne.Container
}

func newKeyRow() *keyRow {
	r := &keyRow{
		label:   newLine("", theme.ColorNameForeground, sizeTitle).bold(),
		used:    newLine("", colorMuted, theme.SizeNameText),
		replace: newButton(words.Say("app.keys.replace"), nil),
		forget:  newButton(words.Say("app.keys.forget"), nil).quiet(),
	}
	r.content = padded(8, 10, edges(nil, nil, nil, row(4, middle(r.forget), middle(r.replace)), stack(2, r.label, r.used)))
	r.ExtendBaseWidget(r)
	return r
}

func (r *keyRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

func (p *keysPage) draw(r *keyRow, k companion.KeyState) {
	r.label.set(k.Label, theme.ColorNameForeground)
	used := words.Say("app.keys.unused")
	if len(k.Servers) > 0 {
		used = words.Say("app.keys.used", "Names", strings.Join(k.Servers, ", "))
	}
	r.used.set(used, colorMuted)
	show(r.replace, len(k.Servers) > 0)
	r.replace.OnTapped = func() { p.w.put(tabKeys, newKeyForm(p, k)) }
	r.forget.OnTapped = func() { p.onForget(k) }
}

// onRow is Enter on a row: the key's first action.
func (p *keysPage) onRow(i widget.ListItemID) {
	p.list.UnselectAll()
	if i < len(p.keys) && len(p.keys[i].Servers) > 0 {
		p.w.put(tabKeys, newKeyForm(p, p.keys[i]))
	}
}

func (p *keysPage) onForget(k companion.KeyState) {
	p.told.clear()
	p.w.question(question{
		title: words.Say("app.keys.forget.title", "Key", k.Label),
		text:  words.Say("app.keys.forget.text", "Count", len(k.Servers)),
		yes:   words.Say("app.keys.forget.yes"), danger: true,
		onYes: func() {
			p.busy.run(words.Say("app.doing.apply"), func(ctx context.Context) error {
				return p.w.actions.ForgetKey(ctx, k.ID)
			}, func(err error) {
				if err != nil {
					p.told.failed(err)
					return
				}
				p.told.done(words.Say("app.keys.forgotten"), "")
			})
		},
	})
}

// keyForm asks for a key's new value, or for one of a single server's own.
type keyForm struct {
	*frame
	w      *Window
	page   *keysPage
	key    companion.KeyState
	server string // that gets its own; "" for all who use the key
	apart  []*button
	value  *asked
	reason *line
	save   *button
	cancel *button
}

func newKeyForm(p *keysPage, k companion.KeyState) *keyForm {
	f := &keyForm{frame: newFrame(p.w, words.Say("app.keys.form", "Key", k.Label)), w: p.w, page: p, key: k}
	f.subtitle(words.Say("app.keys.form.about"), colorMuted)
	f.value = newAsked("newkey", newMasked(words.Say("app.form.newkey.hint")), f.onChanged)
	f.value.field.OnSubmitted = func(string) { f.onEnter() }
	f.reason = newLine("", colorMuted, theme.SizeNameText)
	f.save = newButton(words.Say("app.form.save"), f.onEnter).primary()
	f.cancel = newButton(words.Say("app.cancel"), f.onEscape)
	f.busy.locked = []*button{f.save, f.cancel}
	f.lay(nil, nil, scrolled(720, stack(12, card(f.value.box), card(f.users()))), f.foot(f.reason, f.cancel, f.save))
	f.onChanged()
	return f
}

// newOwnKeyForm asks for a key of the server's own, in place of one it shares.
func newOwnKeyForm(p *keysPage, k companion.KeyState, server string) *keyForm {
	f := newKeyForm(p, k)
	f.server = server
	f.title.set(words.Say("app.keys.own.title", "Name", server), theme.ColorNameForeground)
	others := slices.DeleteFunc(slices.Clone(k.Servers), func(n string) bool { return n == server })
	f.subtitle(words.Say("app.keys.own.about", "Names", strings.Join(others, ", ")), colorMuted)
	for _, b := range f.apart {
		b.Hide()
	}
	f.onChanged()
	return f
}

// users lists who uses the key; where they are several, each can get its own.
func (f *keyForm) users() fyne.CanvasObject {
	box := stack(6, newLine(words.Say("app.keys.users"), theme.ColorNameForeground, theme.SizeNameText).bold())
	for _, name := range f.key.Servers {
		text := middle(newLine(name, theme.ColorNameForeground, theme.SizeNameText))
		if len(f.key.Servers) == 1 {
			box.Add(text)
			continue
		}
		b := newButton(words.Say("app.keys.own"), func() {
			f.w.leave(tabKeys, func() { f.w.put(tabKeys, newOwnKeyForm(f.page, f.key, name)) })
		})
		f.apart = append(f.apart, b)
		box.Add(edges(nil, nil, nil, b, text))
	}
	return box
}

func (f *keyForm) typed() string { return trimKey(f.value.field.Text) }

func (f *keyForm) onChanged() {
	if f.save == nil {
		return // still being built
	}
	reason := ""
	switch {
	case f.typed() != "":
	case f.server != "":
		reason = words.Say("app.offer.waits", "Keys", f.key.Label)
	default:
		reason = words.Say("app.keys.form.missing")
	}
	f.reason.set(reason, colorMuted)
	if f.busy.cancel == nil {
		f.save.enable(f.typed() != "" || f.server != "")
	}
}

func (f *keyForm) onEnter() {
	if f.save.Disabled() {
		return
	}
	value := companion.NewSecret(f.typed())
	f.w.walk(f.busy, change{
		tab: tabKeys, from: f, title: f.title.text, verb: words.Say("app.save"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			if f.server != "" {
				return f.w.actions.ProposeOwnKey(ctx, f.key.ID, f.server, value)
			}
			return f.w.actions.ProposeKey(ctx, f.key.ID, value)
		},
		done: func() view {
			f.value.field.SetText("")
			done := words.Say("app.keys.replaced")
			if f.server != "" {
				done = words.Say("app.keys.own.done", "Name", f.server)
			}
			f.page.told.done(done, "")
			return f.page
		},
	})
}

func (f *keyForm) render(companion.State) {}
func (f *keyForm) dirty() bool            { return f.value.field.Text != "" }

func (f *keyForm) onEscape() {
	if f.busy.cancel != nil {
		f.busy.onStop()
		return
	}
	f.w.leave(tabKeys, func() { f.w.put(tabKeys, f.page) })
}
