package app

import (
	"context"
	"errors"
	"net/url"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// signing is a sign-in under way: what it waits for, the address to open, the code
// to enter, or a place for the address at which another computer's browser ended.
type signing struct {
	*frame
	w    *Window
	tab  string
	from view
	name string
	how  companion.SignInHow
	next *companion.SignInHow // the way to go on, once the present one has ended
	left bool                 // the user doesn't want to sign in any more

	card    *fyne.Container // what to do now; hidden where that is nothing
	step    *para
	where   *fyne.Container // the address
	address *para
	open    *button
	copy    *button
	code    *line
	codeBox *fyne.Container
	paste   *asked
	goOn    *button
	pasted  chan string

	browser, device, elsewhere *button // the ways
	ways                       *fyne.Container
	again, cancel              *button
}

// signIn signs in to the server called name, and comes back to from. There is one at
// a time: while one waits it is shown instead.
func (w *Window) signIn(tab string, from view, name string, how companion.SignInHow) {
	from.notices().clear()
	if v := w.signing; v != nil {
		if v.name != name {
			v.frame.told.tell(companion.NeedsYou, words.Say("app.signin.first"), "", "")
		}
		w.tab = v.tab
		w.put(v.tab, v)
		return
	}
	v := newSigning(w, tab, from, name, how)
	w.put(tab, v)
	v.begin(how)
}

func newSigning(w *Window, tab string, from view, name string, how companion.SignInHow) *signing {
	v := &signing{frame: newFrame(w, words.Say("app.signin.title", "Name", name)), w: w, tab: tab, from: from, name: name, how: how}
	v.subtitle(words.Say("app.signin.about"), colorMuted)
	v.step = newPara("", theme.ColorNameForeground).bold()
	v.address = newMono("")
	v.open = newButton(words.Say("app.signin.open"), v.onOpen)
	v.copy = newButton(words.Say("app.signin.copy"), v.onCopy)
	v.code = newLine("", theme.ColorNameForeground, theme.SizeNameHeadingText).bold()
	v.codeBox = stack(3, newLine(words.Say("app.signin.code"), colorMuted, theme.SizeNameText), v.code)
	v.where = stack(8, newLine(words.Say("app.signin.address"), colorMuted, theme.SizeNameText), v.address.box, row(8, v.open, v.copy))
	v.paste = newAsked("paste", newField(words.Say("app.form.paste.hint")), func() { v.goOn.enable(v.paste.field.Text != "") })
	v.goOn = newButton(words.Say("app.signin.go-on"), v.onPaste).primary()
	v.paste.beside(v.goOn)
	v.paste.field.OnSubmitted = func(string) { v.onPaste() }
	v.browser = newButton(words.Say("app.signin.browser"), func() { v.onWay(companion.SignInHow{}) }).quiet()
	v.device = newButton(words.Say("app.signin.device"), func() { v.onWay(companion.SignInHow{Device: true}) }).quiet()
	v.elsewhere = newButton(words.Say("app.signin.elsewhere"), func() { v.onWay(companion.SignInHow{Paste: v.takePasted}) }).quiet()
	v.ways = stack(6)
	v.again = newButton(words.Say("app.signin.again"), func() { v.begin(v.how) }).primary()
	v.cancel = newButton(words.Say("app.cancel"), v.onEscape)
	v.paste.box.Hide()
	v.again.Hide()
	v.card = card(stack(14, v.step.box, v.codeBox, v.where, v.paste.box))
	v.lay(nil, nil, scrolled(720, stack(12, v.card, v.ways)), v.foot(gap(0, 0), v.cancel, v.again))
	return v
}

// begin walks the way how.
func (v *signing) begin(how companion.SignInHow) {
	v.how, v.next = how, nil
	v.pasted = make(chan string, 1)
	v.frame.told.clear()
	v.paste.field.SetText("")
	show(v.paste.box, how.Paste != nil)
	v.goOn.enable(false)
	v.ways.Objects = []fyne.CanvasObject{newCaption(words.Say("app.signin.ways")).box}
	present := v.browser
	switch {
	case how.Device:
		present = v.device
	case how.Paste != nil:
		present = v.elsewhere
	}
	for _, b := range []*button{v.browser, v.elsewhere, v.device} {
		if b != present {
			v.ways.Add(flush(b))
		}
	}
	v.again.Hide()
	v.told(companion.Step{})
	v.w.signing = v
	v.busy.run(words.Say("app.signin.doing"), func(ctx context.Context) error {
		_, err := v.w.actions.SignIn(ctx, v.name, how, func(s companion.Step) { fyne.Do(func() { v.told(s) }) })
		return err
	}, v.ended)
	v.busy.stop.Hide() // Cancel stands beside it
}

// told shows what the sign-in does now.
func (v *signing) told(s companion.Step) {
	v.step.set(s.Text)
	v.address.set(s.URL)
	show(v.where, s.URL != "")
	show(v.open, v.how.Paste == nil && !v.how.Device)
	v.code.set(s.Code, theme.ColorNameForeground)
	show(v.codeBox, s.Code != "")
	show(v.card, s.Text+s.URL+s.Code != "" || v.paste.box.Visible())
	v.box.Refresh()
}

func (v *signing) ended(err error) {
	v.w.signing = nil
	switch {
	case err == nil:
		v.leave()
		v.from.notices().done(words.Say("app.signin.done", "Name", v.name), words.Say("app.signin.done.about"))
	case v.left:
		v.leave()
	case v.next != nil:
		v.begin(*v.next)
	case errors.Is(err, context.Canceled):
		v.leave()
	default:
		v.paste.box.Hide()
		v.told(companion.Step{})
		v.frame.told.failed(err)
		v.frame.told.do.set("") // the buttons are here
		v.again.Show()
		v.box.Refresh()
	}
}

// leave goes back to where the sign-in began, unless its user went elsewhere.
func (v *signing) leave() {
	if v.w.open[v.tab] == view(v) {
		v.w.put(v.tab, v.from)
	}
}

// onWay goes another way, for the same account.
func (v *signing) onWay(how companion.SignInHow) {
	how.Another, how.Grant = v.how.Another, v.how.Grant
	if v.busy.cancel == nil {
		v.begin(how)
		return
	}
	v.next = &how
	v.busy.onStop()
}

// takePasted waits for what the user pastes.
func (v *signing) takePasted(ctx context.Context) (string, error) {
	select {
	case text := <-v.pasted:
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (v *signing) onPaste() {
	if v.goOn.Disabled() {
		return
	}
	select {
	case v.pasted <- v.paste.field.Text:
	default: // one is being looked at
	}
	v.paste.field.SetText("")
}

func (v *signing) onOpen() {
	if u, err := url.Parse(v.address.seg.Text); err == nil {
		_ = fyne.CurrentApp().OpenURL(u) // the address stands there to be copied
	}
}

func (v *signing) onCopy() { fyne.CurrentApp().Clipboard().SetContent(v.address.seg.Text) }

func (v *signing) notices() *notice       { return v.frame.told }
func (v *signing) render(companion.State) {}

// onEscape gives the sign-in up.
func (v *signing) onEscape() {
	v.left = true
	if v.busy.cancel == nil {
		v.leave()
		return
	}
	v.busy.onStop()
}
