package app

import (
	"context"
	"strings"

	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// leave is the step that asks how the AI apps, or one of them, shall go on
// without us.
type leave struct {
	*frame
	w      *Window
	id     string // of the AI app; "" for all that are kept in step
	name   string // of the page
	what   *para
	how    *picks
	next   *button
	cancel *button
}

// newLeave is about the AI app c, or about all of them where c is nil.
func newLeave(w *Window, c *companion.ClientState) *leave {
	v := &leave{w: w, name: words.Say("app.leave.title")}
	if c != nil {
		v.id, v.name = c.ID, words.Say("app.leave.title.app", "Client", c.Title)
	}
	v.frame = newFrame(w, v.name)
	v.what = newPara("", theme.ColorNameForeground)
	v.how = newPicks(
		[2]string{words.Say("app.leave.names"), words.Say("app.leave.names.about")},
		[2]string{words.Say("app.leave.plain"), words.Say("app.leave.plain.about")})
	v.next = newButton(words.Say("app.leave.next"), v.onNext).primary()
	v.cancel = newButton(words.Say("app.cancel"), v.onEscape)
	v.busy.locked = []*button{v.next, v.cancel}
	title := newLine(words.Say("app.leave.keys"), theme.ColorNameForeground, theme.SizeNameText).bold()
	body := stack(12, card(stack(8, v.what.box, newPara(words.Say("app.leave.stays"), theme.ColorNameForeground).box)),
		card(stack(6, title, v.how.box)))
	v.lay(nil, nil, scrolled(720, body), v.foot(gap(0, 0), v.cancel, v.next))
	return v
}

// render names the AI apps; where none is kept in step any more, nothing is left
// to do here.
func (v *leave) render(s companion.State) {
	titles := v.titles(s)
	if len(titles) == 0 {
		v.w.put(tabApps, v.w.apps)
		return
	}
	if v.id != "" {
		v.what.set(words.Say("app.leave.what.app", "Client", titles[0]))
		return
	}
	v.what.set(words.Say("app.leave.what", "Clients", strings.Join(titles, ", ")))
}

func (v *leave) titles(s companion.State) []string {
	var titles []string
	for _, c := range s.Clients {
		if c.Managed && (v.id == "" || v.id == c.ID) {
			titles = append(titles, c.Title)
		}
	}
	return titles
}

func (v *leave) onNext() {
	if v.next.Disabled() {
		return
	}
	withKeys := v.how.chosen == 1
	var ids []string
	if v.id != "" {
		ids = []string{v.id}
	}
	c := change{
		tab: tabApps, from: v, danger: true,
		title: v.name, verb: words.Say("app.leave.yes"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return v.w.actions.ProposeEject(ctx, withKeys, ids...)
		},
		done: func() view { return v.w.apps.say(words.Say("app.leave.done"), words.Say("app.leave.stays")) },
	}
	if withKeys {
		c.risk = words.Say("app.leave.risk")
	}
	v.w.walk(v.busy, c)
}

func (v *leave) onEnter() { v.onNext() }

func (v *leave) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.w.put(tabApps, v.w.apps)
}
