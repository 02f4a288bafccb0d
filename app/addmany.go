package app

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// manyForm adds several servers of a paste at once. Those that ask for something
// besides keys are left for their own forms.
type manyForm struct {
	*frame
	w      *Window
	from   *addPage
	list   []*manyRow
	where  *places
	reason *line
	save   *button
	cancel *button
}

// manyRow is one of the servers.
type manyRow struct {
	offer   catalog.Offer
	name    string
	command string // what will run, or the address; no key in it
	local   bool   // it runs on this computer
	on      *check // disabled where it needs its own form
}

func newManyForm(w *Window, from *addPage) *manyForm {
	f := &manyForm{frame: newFrame(w, words.Say("app.many.title")), w: w, from: from}
	f.build()
	f.onChanged()
	return f
}

func (f *manyForm) build() {
	f.reason = newLine("", colorMuted, theme.SizeNameText)
	f.save = newButton(words.Say("app.form.save"), f.onEnter).primary()
	f.cancel = newButton(words.Say("app.cancel"), f.onEscape)
	f.busy.locked = []*button{f.save, f.cancel}
	body := stack(12)
	for _, o := range f.from.found {
		body.Add(card(f.row(o)))
	}
	f.where = f.w.newPlaces(f.onChanged)
	body.Objects = append(body.Objects, f.where.cards...)
	back := newIconButton(words.Say("app.servers.add"), iconBack, f.onEscape).quiet()
	f.lay(back, nil, scrolled(720, body), f.foot(f.reason, f.cancel, f.save))
}

// row is an offer with a tick before it, and below it what will run.
func (f *manyForm) row(o catalog.Offer) fyne.CanvasObject {
	var taken []string
	for _, r := range f.list {
		taken = append(taken, r.name)
	}
	r := &manyRow{offer: o, name: f.w.freeName(o.ProposedName(), taken...)}
	r.on = newCheck(r.name, func(bool) { f.onChanged() })
	f.list = append(f.list, r)
	p := o.Recommended()
	if s, _, err := p.Sketch(runtime.GOOS, nil); err == nil {
		r.command, r.local = startText(s), !s.IsRemote()
	}
	box := stack(4, r.on, padded(0, 10, newMono(r.command).box))
	for _, n := range o.Notes {
		box.Add(hint(visible(n)))
	}
	_, _, waiting, err := p.BuildWaiting(runtime.GOOS, nil)
	if err != nil {
		r.on.Disable()
		box.Add(hint(words.For(err).Title + " " + words.Say("app.many.later")))
		return box
	}
	if text := waitsText(p, waiting); text != "" {
		box.Add(hint(text))
	}
	r.on.put(true)
	return box
}

// ticked are the rows to add.
func (f *manyForm) ticked() []*manyRow {
	return slices.DeleteFunc(slices.Clone(f.list), func(r *manyRow) bool { return !r.on.Checked })
}

func (f *manyForm) onChanged() {
	if f.save == nil {
		return // still being built
	}
	n := len(f.ticked())
	reason := ""
	if n == 0 {
		reason = words.Say("app.many.none")
	}
	f.reason.set(reason, colorMuted)
	f.save.SetText(words.Say("app.many.save", "Count", n))
	if f.busy.cancel == nil {
		f.save.enable(n > 0)
	}
}

// drafts are the ticked ones, in the chosen sets; one that was switched off where it
// stood is in none.
func (f *manyForm) drafts() []companion.OfferDraft {
	var list []companion.OfferDraft
	for _, r := range f.ticked() {
		d := companion.OfferDraft{Name: r.name, Offer: r.offer, Option: r.offer.Recommended().ID, Sets: f.where.chosenSets(), Apps: f.where.chosenApps()}
		if r.offer.Off {
			d.Sets = nil
		}
		list = append(list, d)
	}
	return list
}

// onEnter shows what adding them would change, and each line that will run.
func (f *manyForm) onEnter() {
	if f.save.Disabled() {
		return
	}
	var commands, names []string
	for _, r := range f.ticked() {
		names = append(names, r.offer.Name)
		if r.local {
			commands = append(commands, r.name+":  "+r.command)
		}
	}
	drafts := f.drafts()
	c := change{
		tab: tabServers, from: f,
		title: words.Say("app.preview.title"),
		verb:  words.Say("app.save"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return f.w.actions.ProposeOffers(ctx, slices.Clone(drafts))
		},
		done: func() view { return f.saved(names, drafts) },
	}
	if len(commands) > 0 {
		c.risk, c.command = words.Say("app.many.risk", "Count", len(commands)), strings.Join(commands, "\n")
	}
	f.w.walk(f.busy, c)
}

// saved has the servers looked at, and goes on with those that ask for something.
func (f *manyForm) saved(offers []string, drafts []companion.OfferDraft) view {
	left := 0
	for _, name := range offers {
		left = f.from.added(name)
	}
	var names []string
	for _, d := range drafts {
		names = append(names, d.Name)
	}
	list := f.w.servers
	list.told.done(words.Say("app.many.saved", "Names", strings.Join(names, ", ")), "")
	if left > 0 {
		list.told.tell(companion.Healthy, words.Say("app.many.saved", "Names", strings.Join(names, ", ")), words.Say("app.add.more", "Count", left), "",
			newButton(words.Say("app.add.next"), func() { list.told.clear(); f.from.again() }), newButton(words.Say("app.close"), list.told.clear))
	}
	list.busy.run(words.Say("app.many.checking"), func(ctx context.Context) error {
		return f.w.actions.Check(ctx, names...)
	}, func(err error) {
		if err != nil {
			list.told.failed(err)
		}
	})
	return list
}

func (f *manyForm) render(companion.State) { f.onChanged() }

// dirty reports whether a tick was changed, or something is on its way.
func (f *manyForm) dirty() bool {
	changed := func(r *manyRow) bool { return !r.on.Checked && !r.on.Disabled() }
	return f.busy.cancel != nil || slices.ContainsFunc(f.list, changed)
}

func (f *manyForm) onEscape() {
	if f.busy.cancel != nil {
		f.busy.onStop()
		return
	}
	f.w.leave(tabServers, f.from.again)
}
