package app

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// settingsPage shows the program's own choices. Each is done as soon as it is made.
type settingsPage struct {
	*frame
	w      *Window
	login  *check
	notify *check
	lang   *choice
	size   *choice // how large the window draws
	file   *button // keeps keys in the encrypted file
	look   *button // for servers in the AI apps
	about  *facts
	moving *moving
}

func newSettingsPage(w *Window) *settingsPage {
	p := &settingsPage{frame: newFrame(w, words.Say("app.tab.settings")), w: w, about: newFacts()}
	p.login = newCheck(words.Say("app.settings.login"), func(on bool) {
		p.set(func(context.Context) error { return w.actions.SetAutostart(on) })
	})
	p.notify = newCheck(words.Say("app.settings.notify"), func(on bool) {
		p.set(func(ctx context.Context) error { return w.actions.SetQuiet(ctx, !on) })
	})
	p.lang = newChoice(func(string) {
		tag := ""
		if i := p.lang.SelectedIndex(); i > 0 {
			tag = words.Languages()[i-1].Tag
		}
		p.set(func(ctx context.Context) error { return w.actions.SetLanguage(ctx, tag) })
	})
	p.size = newChoice(func(chosen string) {
		percent, _ := strconv.Atoi(strings.TrimSuffix(chosen, percentSign))
		p.set(func(ctx context.Context) error { return w.actions.SetTextSize(ctx, percent) })
	})
	p.file = newButton(words.Say("app.settings.keys.change"), p.onFile)
	p.look = newButton(words.Say("app.welcome.open"), w.showWelcome)
	p.busy.locked = []*button{p.file}
	p.moving = newMoving(w)
	helped := func(o fyne.CanvasObject, help string) fyne.CanvasObject {
		return stack(3, o, newCaption(words.Say(help)).box)
	}
	chosen := func(title string, c *choice) fyne.CanvasObject {
		return stack(5, newLine(words.Say(title), theme.ColorNameForeground, theme.SizeNameText).bold(), framed(260, c))
	}
	p.lay(nil, nil, scrolled(720, stack(12,
		card(stack(16, helped(row(0, p.login), "app.settings.login.help"), helped(row(0, p.notify), "app.settings.notify.help"))),
		card(stack(16, helped(chosen("app.settings.language", p.lang), "app.settings.language.help"), chosen("app.settings.size", p.size))),
		card(stack(10, cardTitle(words.Say("app.tab.apps")), helped(row(0, p.look), "app.welcome.open.help"))),
		card(p.moving.box),
		card(stack(12, p.about.box, row(0, p.file))))), nil)
	return p
}

// sizeNames are the sizes of text and all else to choose from. One that a hand wrote
// is shown, too.
var sizeNames = []string{"90 %", "100 %", "115 %", "130 %", "150 %", "175 %"}

const percentSign = " %"

// set makes a choice; where that fails the page says so and shows what is.
func (p *settingsPage) set(do func(context.Context) error) {
	p.told.clear()
	p.busy.run(words.Say("app.doing.apply"), do, func(err error) {
		p.told.failed(err)
		p.render(p.w.state)
	})
}

func (p *settingsPage) render(s companion.State) {
	now := s.Settings
	if p.busy.cancel == nil {
		p.login.put(now.Autostart)
		p.notify.put(!now.Quiet)
	}
	names := []string{words.Say("app.settings.language.system")}
	chosen := names[0]
	for _, l := range words.Languages() {
		names = append(names, l.Name)
		if l.Tag == now.Language {
			chosen = l.Name
		}
	}
	p.lang.put(names, chosen)
	p.size.put(sizeNames, strconv.Itoa(cmp.Or(now.TextSize, 100))+percentSign)
	where := "app.settings.keys.keychain"
	if now.InFile {
		where = "app.settings.keys.file"
	}
	show(p.file, !now.InFile)
	p.about.set([]fact{
		{name: words.Say("app.settings.keys"), text: words.Say(where)},
		{name: words.Say("app.settings.home"), text: now.Home, mono: true},
		{name: words.Say("app.settings.version"), text: companion.Version},
	})
}

func (p *settingsPage) onFile() {
	p.w.question(question{
		title: words.Say("app.settings.keys.title"), text: words.Say("app.settings.keys.text"),
		yes: words.Say("app.settings.keys.yes"), danger: true,
		onYes: func() { p.set(p.w.actions.UseFileStore) },
	})
}
