package app

import (
	"context"
	"encoding/json"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// try calls one tool of a server with what is typed into a form, and shows what
// it answers.
type try struct {
	*frame
	w      *Window
	list   *tools // where it came from
	tool   companion.Tool
	fields []*argument
	whole  *field // for a tool whose schema makes no form
	call   *button
	reason *line

	answer *fyne.Container
	mark   *picture
	told   *para // how the call went
	text   *para
	raw    string
	copy   *button
}

func newTry(list *tools, t companion.Tool) *try {
	v := &try{frame: newFrame(list.w, t.Title), w: list.w, list: list, tool: t}
	of := words.Say("app.try.of", "Tool", t.Name, "Name", list.name)
	if t.Title == t.Name {
		of = words.Say("app.try.one", "Name", list.name)
	}
	v.subtitle(of, colorMuted)
	body := stack(12)
	if t.About != "" {
		body.Add(newPara(t.About, theme.ColorNameForeground).box)
	}
	if !t.ReadsOnly {
		body.Add(riskCard(words.Say("app.try.real"), ""))
	}
	body.Add(v.form())
	v.build(body)
	v.onChanged()
	return v
}

// form asks for the arguments.
func (v *try) form() fyne.CanvasObject {
	if v.tool.AsJSON {
		v.whole = newLines("{}", 5)
		v.whole.OnChanged = func(string) { v.onChanged() }
		return card(stack(5, newLine(words.Say("app.try.whole"), theme.ColorNameForeground, theme.SizeNameText).bold(), v.whole))
	}
	if len(v.tool.Arguments) == 0 {
		return card(newPara(words.Say("app.try.nothing"), colorMuted).box)
	}
	list := stack(16)
	for _, a := range v.tool.Arguments {
		f := newArgument(a, v.onChanged)
		v.fields = append(v.fields, f)
		list.Add(f.box)
	}
	return card(list)
}

func (v *try) build(body *fyne.Container) {
	v.mark = newPicture(lookOf(companion.Healthy).icon, 18)
	v.told = newPara("", theme.ColorNameForeground).bold()
	v.text = newMono("")
	v.copy = newIconButton(words.Say("app.copy"), theme.ContentCopyIcon(), func() { fyne.CurrentApp().Clipboard().SetContent(v.raw) }).quiet()
	v.answer = card(stack(8, edges(nil, nil, padTop(v.mark.box), v.copy, padded(0, 6, v.told.box)), v.text.box))
	v.answer.Hide()
	body.Add(v.answer)
	v.reason = newLine("", colorMuted, theme.SizeNameText)
	v.call = newButton(words.Say("app.try.call"), v.onCall).primary()
	v.busy.locked = []*button{v.call}
	back := newIconButton(words.Say("app.tools.title", "Name", v.list.name), iconBack, v.onEscape).quiet()
	v.lay(back, nil, scrolled(720, body), v.foot(v.reason, v.call))
}

// arguments is what is typed, as the tool takes it.
func (v *try) arguments() (json.RawMessage, error) {
	if v.whole != nil {
		text := strings.TrimSpace(v.whole.Text)
		if text == "" {
			text = "{}"
		}
		if object := (map[string]json.RawMessage)(nil); json.Unmarshal([]byte(text), &object) != nil {
			return nil, words.New(words.ValueBad, nil, "Field", words.Say("app.try.whole"), "Value", text)
		}
		return json.RawMessage(text), nil
	}
	typed := map[string]string{}
	for _, f := range v.fields {
		typed[f.a.Name] = f.value()
	}
	return companion.Arguments(v.tool.Arguments, typed)
}

// onChanged says beside the button what can't be yet.
func (v *try) onChanged() {
	if v.call == nil {
		return // still being built
	}
	_, err := v.arguments()
	reason := ""
	if err != nil {
		reason = words.For(err).Title
	}
	v.reason.set(reason, colorMuted)
	if v.busy.cancel == nil {
		v.call.enable(err == nil)
	}
}

func (v *try) onCall() {
	args, err := v.arguments()
	if err != nil || v.call.Disabled() {
		return
	}
	v.frame.told.clear()
	var a companion.Answer
	v.busy.run(words.Say("app.try.doing", "Tool", v.tool.Name), func(ctx context.Context) (err error) {
		a, err = v.w.actions.Call(ctx, v.list.name, v.tool.Name, args)
		return err
	}, func(err error) {
		if err != nil {
			v.answer.Hide()
			v.frame.told.failed(err)
			return
		}
		v.answered(a)
	})
}

func (v *try) answered(a companion.Answer) {
	look, said := lookOf(companion.Healthy), "app.try.answered"
	if a.Failed {
		look, said = lookOf(companion.NeedsYou), "app.try.failed"
	}
	v.mark.set(look.icon)
	v.told.set(words.Say(said))
	text := a.Text
	if text == "" {
		text = words.Say("app.try.empty")
	}
	if r := []rune(text); len(r) > maxAnswer {
		text = string(r[:maxAnswer]) + "\n" + words.Say("app.try.cut", "Count", len(r)-maxAnswer)
	}
	v.text.set(text)
	v.raw = a.Raw
	v.answer.Show()
	v.box.Refresh()
	reveal(v.copy)
}

// maxAnswer is how many characters of an answer are drawn; all can be copied.
const maxAnswer = 20_000

func (v *try) notices() *notice       { return v.frame.told }
func (v *try) render(companion.State) {}
func (v *try) onEnter()               { v.onCall() }

func (v *try) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.w.put(tabServers, v.list)
}
