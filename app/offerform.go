package app

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// offerForm asks what an offer needs to become a server.
type offerForm struct {
	*frame
	w     *Window
	from  *addPage
	offer catalog.Offer

	name    *asked
	options *picks // nil where there is no choice
	about   *fyne.Container
	asks    *fyne.Container // the card of the fields
	fields  []*offerField
	typed   map[string][]string // of the option that was chosen before, by field
	kept    map[string]string   // keys that were chosen, likewise
	more    *button             // unfolds the advanced fields
	rest    *fyne.Container
	runs    *line
	command *para
	where   *places
	reason  *line
	save    *button
	cancel  *button
	initial string
}

func newOfferForm(w *Window, from *addPage, o catalog.Offer) *offerForm {
	f := &offerForm{frame: newFrame(w, visible(o.Title)), w: w, from: from, offer: o, typed: map[string][]string{}, kept: map[string]string{}}
	f.build()
	f.name.field.SetText(w.freeName(o.ProposedName()))
	f.onOption()
	f.initial = f.snapshot()
	f.onChanged()
	return f
}

func (f *offerForm) build() {
	f.name = newAsked("name", newField(words.Say("app.form.name.hint")), f.onChanged)
	f.about = stack(10)
	f.asks = stack(16)
	f.runs = newLine("", theme.ColorNameForeground, theme.SizeNameText).bold()
	f.command = newMono("")
	f.command.seg.Style.SizeName = theme.SizeNameCaptionText
	f.save = newButton(words.Say("app.form.save"), f.onSave).primary()
	f.cancel = newButton(words.Say("app.cancel"), f.onEscape)
	f.busy.locked = []*button{f.save, f.cancel}
	f.reason = newLine("", colorMuted, theme.SizeNameText)

	back := newIconButton(words.Say("app.servers.add"), iconBack, f.onEscape).quiet()
	var buttons []fyne.CanvasObject
	if page := firstOf(f.offer.Docs, f.offer.Homepage); strings.HasPrefix(page, "https://") {
		buttons = append(buttons, newButton(words.Say("app.offer.page"), func() { openPage(page) }))
	}
	body := stack(12, card(f.about))
	if p := f.optionPicks(); p != nil {
		body.Add(card(p))
	}
	body.Add(card(stack(16, f.name.box, f.asks)))
	body.Add(card(stack(6, f.runs, f.command.box)))
	if f.where = f.w.newPlaces(f.onChanged); f.offer.Off {
		f.where.none()
	}
	body.Objects = append(body.Objects, f.where.cards...)
	f.lay(back, buttons, scrolled(720, body), f.foot(f.reason, f.cancel, f.save))
}

// optionPicks asks which way to run it, the recommended one first; nil where there
// is one way only.
func (f *offerForm) optionPicks() fyne.CanvasObject {
	if len(f.offer.Options) < 2 {
		return nil
	}
	best := f.offer.Recommended()
	order := []catalog.Option{*best}
	for _, o := range f.offer.Options {
		if o.ID != best.ID {
			order = append(order, o)
		}
	}
	f.offer.Options = order
	var pairs [][2]string
	for i, o := range order {
		about := o.Badge().Say()
		if i == 0 && o.Recommended {
			about = strings.Trim(words.Say("app.offer.recommended")+" · "+about, " ·")
		}
		pairs = append(pairs, [2]string{visible(o.Label), about})
	}
	f.options = newPicks(pairs...)
	f.options.changed = func() { f.onOption(); f.onChanged() }
	return stack(6, newLine(words.Say("app.offer.way"), theme.ColorNameForeground, theme.SizeNameText).bold(), f.options.box)
}

func (f *offerForm) option() *catalog.Option {
	if f.options == nil {
		return f.offer.Recommended()
	}
	return &f.offer.Options[f.options.chosen]
}

// begin puts the cursor where the first thing is to be decided.
func (f *offerForm) begin() {
	if f.options != nil {
		f.w.win.Canvas().Focus(f.options.list[f.options.chosen])
		return
	}
	for _, o := range f.fields {
		if o.text != nil && o.text.Text == "" && o.f.Required {
			f.w.win.Canvas().Focus(o.text)
			return
		}
	}
}

// onOption draws what the chosen way asks. What was typed for another way stays
// where the two have a field in common.
func (f *offerForm) onOption() {
	for _, o := range f.fields {
		f.typed[o.f.ID], f.kept[o.f.ID] = o.values(), o.kept
	}
	f.fields, f.rest = nil, stack(16)
	f.asks.RemoveAll()
	for _, field := range f.option().Fields {
		values, ok := f.typed[field.ID]
		if !ok {
			values = prefilled(field)
		}
		o := newOfferField(f.w, field, values, f.onChanged)
		if f.canKeep(field.ID) {
			o.keep = func() { f.keep(field.ID) }
		}
		f.fields = append(f.fields, o)
		if id := f.kept[field.ID]; id != "" && o.own != nil {
			o.use(id)
		}
		if field.Advanced {
			f.rest.Add(o.box)
		} else {
			f.asks.Add(o.box)
		}
	}
	f.more = newIconButton(words.Say("app.form.more"), theme.MenuDropDownIcon(), f.onMore).quiet()
	if len(f.rest.Objects) > 0 {
		f.rest.Hide()
		f.asks.Add(stack(10, flush(f.more), f.rest))
	}
	show(f.asks, len(f.asks.Objects) > 0)
	f.describe()
}

func (f *offerForm) onMore() {
	visible := f.rest.Visible()
	show(f.rest, !visible)
	f.more.SetIcon(map[bool]fyne.Resource{true: theme.MenuDropDownIcon(), false: theme.MenuDropUpIcon()}[visible])
	f.asks.Refresh()
}

// describe says what the offer is, who made it and what to know before.
func (f *offerForm) describe() {
	f.about.RemoveAll()
	o, p := &f.offer, f.option()
	if o.Summary != "" {
		f.about.Add(newPara(visible(o.Summary), theme.ColorNameForeground).box)
	}
	if note := o.Status.Note; note != "" && o.Status.State != "active" {
		f.about.Add(hint(note))
	}
	if o.Risk.Level == "high" {
		f.about.Add(hint(riskText(o)))
	}
	for _, note := range o.Notes {
		f.about.Add(hint(visible(note)))
	}
	if m := o.Match; m != nil && m.Move != nil && m.MoveTo != nil && !m.LooksAlike {
		f.about.Add(container.NewHBox(newButton(words.Say("app.offer.instead", "Title", m.MoveTo.Title), func() { f.moveTo(m) })))
	}
	f.tell(publisherText(o))
	if o.Risk.Level != "high" {
		f.tell(riskText(o))
	}
	f.tell(o.Privacy)
	f.tell(p.Note)
	f.tell(p.Auth.Note)
	for _, r := range p.Requires {
		f.tell(needText(r))
	}
	if p.SlowStart {
		f.tell(words.Say("app.offer.slow"))
	}
	if b := o.Bundle; b != nil {
		f.tell(words.Say("app.offer.bundle", "Size", strconv.FormatInt(b.Size>>20+1, 10), "Folder", b.Folder))
	}
	f.about.Refresh()
}

// tell adds a sentence to what is said of the offer.
func (f *offerForm) tell(text string) {
	if text != "" {
		f.about.Add(padded(0, 4, note(visible(text))))
	}
}

func publisherText(o *catalog.Offer) string {
	name := o.Publisher.Name
	switch {
	case name == "":
		return words.Say("app.offer.by.nobody")
	case o.Publisher.Kind == "vendor":
		return words.Say("app.offer.by.vendor", "Name", name)
	case o.Publisher.Kind == "reference":
		return words.Say("app.offer.by.reference", "Name", name)
	case o.Publisher.Kind == "community":
		return words.Say("app.offer.by.community", "Name", name)
	}
	return words.Say("app.offer.by.unknown", "Name", name)
}

func riskText(o *catalog.Offer) string {
	level, ok := map[string]string{
		"low": words.Say("app.offer.risk.low"), "medium": words.Say("app.offer.risk.medium"), "high": words.Say("app.offer.risk.high"),
	}[o.Risk.Level]
	if !ok {
		return ""
	}
	return strings.TrimSpace(level + " " + o.Risk.Note)
}

// needText says what must be there already.
func needText(r catalog.Requirement) string {
	name := firstOf(r.Name, map[string]string{"node": "Node.js", "uv": "uv", "docker": "Docker"}[r.Kind])
	switch {
	case name == "" && r.Note != "":
		return words.Say("app.offer.have", "Note", r.Note)
	case name == "":
		return ""
	}
	return strings.TrimSpace(words.Say("app.offer.needs", "Name", name) + " " + r.Note)
}

// values is what stands in the fields, by field.
func (f *offerForm) values() companion.Values {
	values := companion.Values{}
	for _, o := range f.fields {
		values[o.f.ID] = o.values()
	}
	return values
}

// filled is values, with the keys that were chosen, as a Sketch or a Build takes it.
func (f *offerForm) filled() companion.Values {
	values := f.values()
	for _, o := range f.fields {
		if o.kept != "" {
			values[o.f.ID] = []string{servers.SecretRef(o.kept)}
		}
	}
	return values
}

func (f *offerForm) typedName() string { return strings.TrimSpace(f.name.field.Text) }

// onChanged says under each field what can't be, beside Save what is missing, and
// what would run.
func (f *offerForm) onChanged() {
	if f.initial == "" {
		return // still being built
	}
	name := f.w.nameComplaint(f.typedName(), "")
	f.name.complain(name)
	right := true
	for _, o := range f.fields {
		right = o.check() && right
	}
	values := f.filled()
	f.sketch(values)
	reason, waits := f.missing(name, right, values)
	f.reason.set(firstOf(reason, waits), colorMuted)
	if f.busy.cancel == nil {
		f.save.enable(reason == "")
	}
}

// missing is why it can't be saved yet, "" where it can, and what it then waits for.
func (f *offerForm) missing(name string, right bool, values companion.Values) (reason, waits string) {
	switch {
	case name != "":
		return words.Say("app.form.wrong.name"), ""
	case !right:
		return words.Say("app.offer.wrong"), ""
	case f.typedName() == "":
		return words.Say("app.form.missing.name"), ""
	}
	_, _, waiting, err := f.option().BuildWaiting(runtime.GOOS, values)
	if err != nil {
		return words.For(err).Title, ""
	}
	return "", waitsText(f.option(), waiting)
}

// waitsText says for which keys a server will wait, "" for none.
func waitsText(p *catalog.Option, waiting []string) string {
	if len(waiting) == 0 {
		return ""
	}
	var labels []string
	for _, id := range waiting {
		labels = append(labels, visible(p.Field(id).Label))
	}
	return words.Say("app.offer.waits", "Keys", strings.Join(labels, ", "))
}

// sketch shows what would run. A key stands there as dots.
func (f *offerForm) sketch(values companion.Values) {
	s, _, err := f.option().Sketch(runtime.GOOS, values)
	text := ""
	if err == nil {
		text = startText(s)
	}
	if f.option().IsRemote() {
		f.runs.set(words.Say("app.offer.connects"), theme.ColorNameForeground)
	} else {
		f.runs.set(words.Say("app.offer.runs"), theme.ColorNameForeground)
	}
	f.command.set(text)
}

// startText is the program or address of a server as it can be shown.
func startText(s servers.Server) string {
	hide := func(text string) string {
		return visible(servers.Expand(text, func(string) string { return "••••" }))
	}
	if s.IsRemote() {
		return hide(s.URL)
	}
	var args []string
	for _, a := range s.Args {
		args = append(args, hide(a))
	}
	return shownCommand(visible(s.Command), args)
}

// visible is text with what can't be seen, or turns its direction, spelled out.
func visible(text string) string {
	if !strings.ContainsFunc(text, unseen) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unseen(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unseen(r rune) bool {
	return r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
}

// draft is the form as it stands.
func (f *offerForm) draft() companion.OfferDraft {
	d := companion.OfferDraft{Name: f.typedName(), Offer: f.offer, Option: f.option().ID, Values: f.values()}
	for _, o := range f.fields {
		if o.kept != "" {
			if d.Kept == nil {
				d.Kept = map[string]string{}
			}
			d.Kept[o.f.ID] = o.kept
		}
	}
	d.Sets, d.Apps = f.where.chosenSets(), f.where.chosenApps()
	return d
}

// onSave asks what adding it would change, and shows it.
func (f *offerForm) onSave() {
	if f.save.Disabled() {
		return
	}
	d := f.draft()
	s, _, _, err := f.option().BuildWaiting(runtime.GOOS, f.filled())
	if err != nil {
		f.told.failed(err)
		return
	}
	c := change{
		tab: tabServers, from: f,
		title: words.Say("app.preview.title"),
		verb:  words.Say("app.save"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return f.w.actions.ProposeOffer(ctx, d)
		},
		done: func() view { return f.saved(d) },
	}
	if !s.IsRemote() {
		c.risk, c.command = words.Say("app.preview.risk"), startText(s)
	}
	f.w.walk(f.busy, c)
}

// saved forgets what was typed, and has the server looked at.
func (f *offerForm) saved(d companion.OfferDraft) view {
	clear(d.Values)
	clear(f.typed)
	for _, o := range f.fields {
		o.forget()
	}
	f.initial = f.snapshot()
	v := newDetails(f.w, d.Name)
	v.subtitle(words.Say("app.form.saved"), colorMuted)
	v.onCheck()
	if n := f.from.added(f.offer.Name); n > 0 {
		v.next.Add(bar(companion.Starting, words.Say("app.add.more", "Count", n), newButton(words.Say("app.add.next"), f.from.again)))
		v.next.Show()
	}
	return v
}

func (f *offerForm) render(companion.State) { f.onChanged() }
func (f *offerForm) dirty() bool            { return f.snapshot() != f.initial }
func (f *offerForm) onEnter()               { f.onSave() }

// onEscape goes back to the offers, asking first where something was typed.
func (f *offerForm) onEscape() {
	if f.busy.cancel != nil {
		f.busy.onStop()
		return
	}
	f.w.leave(tabServers, f.from.again)
}

// snapshot is all that is typed, to tell whether anything was.
func (f *offerForm) snapshot() string {
	parts := []string{f.option().ID, f.name.field.Text}
	for _, o := range f.fields {
		parts = append(parts, o.f.ID, strings.Join(o.values(), "\x01"), o.kept)
	}
	return strings.Join(append(parts, f.where.snapshot()), "\x02")
}

// openPage opens a web page in the browser.
func openPage(address string) {
	if u, err := url.Parse(address); err == nil && u.Scheme == "https" {
		_ = fyne.CurrentApp().OpenURL(u) // without a browser there is nothing to say it in
	}
}
