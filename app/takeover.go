package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// takeover is the step that lists the user's own servers of one AI app, to make
// them servers of ours.
type takeover struct {
	*frame
	w       *Window
	client  companion.ClientState
	what    *para
	list    *fyne.Container
	checks  []*check
	left    map[string]bool // those the user unticked
	drawn   []string
	entries []companion.EntryState // as drawn
	reason  *line
	next    *button
	cancel  *button
}

func newTakeover(w *Window, c companion.ClientState) *takeover {
	v := &takeover{frame: newFrame(w, words.Say("app.take.title", "Client", c.Title)), w: w, client: c, left: map[string]bool{}}
	v.subtitle(words.Say("app.take.about"), colorMuted)
	v.what = newPara("", theme.ColorNameForeground)
	v.list = stack(0)
	v.next = newButton(words.Say("app.take.next"), v.onNext).primary()
	v.cancel = newButton(words.Say("app.cancel"), v.onEscape)
	v.busy.locked = []*button{v.next, v.cancel}
	v.reason = newLine("", colorMuted, theme.SizeNameText)
	title := newLine(words.Say("app.take.list", "Client", c.Title), theme.ColorNameForeground, theme.SizeNameText).bold()
	body := stack(12, card(v.what.box), card(stack(6, title, v.list)))
	v.lay(nil, nil, scrolled(720, body), v.foot(v.reason, v.cancel, v.next))
	return v
}

// render follows the file: what is no longer the user's own goes from the list.
func (v *takeover) render(s companion.State) {
	c, found := clientOf(s, v.client.ID)
	keys := takeable(c.Entries)
	if !found || len(keys) == 0 {
		v.w.put(tabApps, v.w.apps)
		return
	}
	v.client = c
	id := "app.take.what.new"
	if c.Managed {
		id = "app.take.what"
	}
	v.what.set(words.Say(id, "Client", c.Title))
	if !slices.Equal(c.Entries, v.entries) || v.drawn == nil {
		v.entries = c.Entries
		v.draw(keys)
	}
	v.onTicked()
}

func (v *takeover) draw(keys []string) {
	v.drawn, v.checks = keys, nil
	v.list.RemoveAll()
	for _, key := range keys {
		c := newCheck(key, func(on bool) { v.left[key] = !on; v.onTicked() })
		c.put(!v.left[key])
		v.checks = append(v.checks, c)
		v.list.Add(c)
	}
	var stay []companion.Holding
	for _, e := range v.entries {
		if e.Stays != "" {
			stay = append(stay, companion.Holding{Key: e.Key, Stays: e.Stays})
		}
	}
	if len(stay) > 0 {
		v.list.Add(stayList(stay).box)
	}
}

func (v *takeover) ticked() []string {
	var keys []string
	for _, c := range v.checks {
		if c.Checked {
			keys = append(keys, c.Text)
		}
	}
	return keys
}

// onTicked says beside the button what is missing.
func (v *takeover) onTicked() {
	reason := ""
	if len(v.ticked()) == 0 {
		reason = words.Say("app.take.missing")
	}
	v.reason.set(reason, colorMuted)
	if v.busy.cancel == nil {
		v.next.enable(reason == "")
	}
}

func (v *takeover) onNext() {
	keys := v.ticked()
	if len(keys) == 0 || v.next.Disabled() {
		return // no key would mean all of them
	}
	v.w.walk(v.busy, change{
		tab: tabApps, from: v,
		title: words.Say("app.take.title", "Client", v.client.Title),
		verb:  words.Say("app.take.yes"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return v.w.actions.ProposeAdopt(ctx, v.client.ID, keys...)
		},
		done: func() view { return v.w.apps.say(words.Say("app.take.done"), "") },
	})
}

func (v *takeover) onEnter() { v.onNext() }

func (v *takeover) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.w.put(tabApps, v.w.apps)
}

// takeable are the keys of the user's own entries that can be taken over.
func takeable(list []companion.EntryState) []string {
	var keys []string
	for _, e := range list {
		if e.Kind == companion.Users && e.Stays == "" {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// clientOf is the AI app with this id, as s has it.
func clientOf(s companion.State, id string) (companion.ClientState, bool) {
	i := slices.IndexFunc(s.Clients, func(c companion.ClientState) bool { return c.ID == id && c.Installed })
	if i < 0 {
		return companion.ClientState{}, false
	}
	return s.Clients[i], true
}
