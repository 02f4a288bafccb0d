package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// setImport shows the set of a file before it is added: what exactly each of its
// servers runs, and what it asks for.
type setImport struct {
	*frame
	w    *Window
	from companion.SetImport

	name    *asked
	marks   *marks
	uses    map[string]*check // by member that the user has much like
	fields  map[string]*field // by what is asked for
	at      map[string]string // the member that it is entered at
	reason  *line
	next    *button
	cancel  *button
	initial string
}

func newSetImport(w *Window, in companion.SetImport) *setImport {
	v := &setImport{frame: newFrame(w, words.Say("app.setimport.title")), w: w, from: in, uses: map[string]*check{}, fields: map[string]*field{}, at: map[string]string{}}
	v.subtitle(words.Say("app.setimport.about"), colorMuted)
	v.build()
	v.name.field.SetText(w.freeSetName(in.Name))
	v.initial = v.snapshot()
	v.onChanged()
	return v
}

// freeSetName is name, or one with a number where there is such a set.
func (w *Window) freeSetName(name string) string {
	return servers.FreeName(name, w.hasSet)
}

func (w *Window) hasSet(name string) bool {
	for _, s := range w.state.Sets {
		if strings.EqualFold(s.Name, name) {
			return true
		}
	}
	return false
}

func (v *setImport) build() {
	v.name = newAsked("set", newField(words.Say("app.form.set.hint")), v.onChanged)
	v.marks = newMarks(v.from.Icon, v.onChanged)
	v.next = newButton(words.Say("app.setimport.next"), v.onNext).primary()
	v.cancel = newButton(words.Say("app.cancel"), v.onEscape)
	v.busy.locked = []*button{v.next, v.cancel}
	v.reason = newLine("", colorMuted, theme.SizeNameText)
	icon := newLine(words.Say("app.setform.icon"), theme.ColorNameForeground, theme.SizeNameText).bold()
	body := stack(12, card(container.New(share{at: 0.62, gap: 16}, v.name.box, stack(5, icon, v.marks.box))))
	for _, c := range v.members() {
		body.Add(c)
	}
	v.lay(nil, nil, scrolled(720, body), v.foot(v.reason, v.cancel, v.next))
}

// members are the cards of the servers. What is asked for once stands at one that is
// added for sure, so that it is never hidden.
func (v *setImport) members() []fyne.CanvasObject {
	cards := make([]fyne.CanvasObject, len(v.from.Members))
	for _, isNew := range []bool{true, false} {
		for i, m := range v.from.Members {
			if (m.Have == "") == isNew {
				cards[i] = v.member(m)
			}
		}
	}
	return cards
}

// member is the card of one server: what it runs, whether it is there already, and
// what it asks for.
func (v *setImport) member(m companion.SetMember) fyne.CanvasObject {
	program := newMono(visible(m.Program))
	program.seg.Style.SizeName = theme.SizeNameCaptionText
	runs := "app.offer.runs"
	if m.Server.IsRemote() {
		runs = "app.offer.connects"
	}
	title := newLine(m.Name, theme.ColorNameForeground, sizeTitle).bold()
	box := stack(8, title)
	if m.Same {
		box.Add(note(words.Say("cmd.set.has", "Name", m.Have)))
		return card(box)
	}
	box.Add(stack(3, newCaption(words.Say(runs)).box, program.box))
	asks := stack(10)
	if m.Have != "" {
		use := newCheck(words.Say("app.setimport.use", "Name", m.Have), func(on bool) {
			show(asks, !on)
			v.onChanged()
		})
		use.put(true)
		asks.Hide()
		v.uses[m.Name] = use
		box.Add(row(0, use))
	}
	for _, a := range m.Asks {
		asks.Add(v.ask(a, m.Name))
	}
	if len(m.Asks) > 0 {
		box.Add(asks)
	}
	return card(box)
}

// ask is the field for something to be entered at a member. What several ask for is
// entered once.
func (v *setImport) ask(a companion.SetAsk, member string) fyne.CanvasObject {
	if at := v.at[a.ID]; at != "" {
		return newCaption(words.Say("app.setimport.once", "Key", visible(a.Label), "Name", at)).box
	}
	v.at[a.ID] = member
	f := newField("")
	if a.Secret {
		f = newMasked("")
	}
	f.SetText(a.Default)
	f.OnChanged = func(string) { v.onChanged() }
	v.fields[a.ID] = f
	help := ""
	if a.Secret {
		help = words.Say("app.setimport.later")
	}
	return newAskedFor(visible(a.Label), help, f).box
}

func (v *setImport) draft() companion.SetImportDraft {
	d := companion.SetImportDraft{Import: v.from, Name: strings.TrimSpace(v.name.field.Text), Icon: v.marks.chosen, Use: map[string]bool{}, Values: map[string]companion.Secret{}}
	for name, c := range v.uses {
		d.Use[name] = c.Checked
	}
	for id, f := range v.fields {
		if text := strings.TrimSpace(f.Text); text != "" {
			d.Values[id] = companion.NewSecret(text)
		}
	}
	return d
}

func (v *setImport) onChanged() {
	if v.next == nil {
		return
	}
	complaint, name := "", strings.TrimSpace(v.name.field.Text)
	switch err := servers.CheckName(name); {
	case name != "" && err != nil:
		complaint = said(err)
	case v.w.hasSet(name):
		complaint = words.Say("app.form.set.taken", "Name", name)
	}
	v.name.complain(complaint)
	reason := ""
	switch {
	case name == "":
		reason = words.Say("app.form.missing.name")
	case complaint != "":
		reason = words.Say("app.form.wrong.name")
	}
	v.reason.set(reason, colorMuted)
	if v.busy.cancel == nil {
		v.next.enable(reason == "")
	}
}

func (v *setImport) onNext() {
	if v.next.Disabled() {
		return
	}
	d := v.draft()
	c := change{
		tab: tabSets, from: v,
		title: words.Say("app.preview.title"), verb: words.Say("app.setimport.yes"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return v.w.actions.ProposeSetImport(ctx, d)
		},
		done: func() view {
			for _, f := range v.fields { // keys among them
				f.SetText("")
			}
			v.initial = v.snapshot()
			v.w.sets.told.done(words.Say("app.setimport.done", "Set", d.Name), "")
			return v.w.sets
		},
	}
	if programs := v.programs(d); len(programs) > 0 {
		c.risk, c.command = words.Say("app.setimport.risk", "Count", len(programs)), strings.Join(programs, "\n")
	}
	v.w.walk(v.busy, c)
}

// programs are the command lines that come to this computer with the set.
func (v *setImport) programs(d companion.SetImportDraft) []string {
	var list []string
	for _, m := range v.from.Members {
		if !m.Same && !d.Use[m.Name] && !m.Server.IsRemote() {
			list = append(list, visible(m.Program))
		}
	}
	return list
}

// snapshot is what leaving would lose; keys count, and are not kept in it.
func (v *setImport) snapshot() string {
	d := v.draft()
	text := d.Name + "\x00" + d.Icon
	for _, id := range slices.Sorted(maps.Keys(d.Values)) {
		text += "\x00" + id
	}
	for _, name := range slices.Sorted(maps.Keys(d.Use)) {
		if !d.Use[name] {
			text += "\x01" + name
		}
	}
	return text
}

func (v *setImport) render(companion.State) { v.onChanged() }
func (v *setImport) dirty() bool            { return v.busy.cancel != nil || v.snapshot() != v.initial }
func (v *setImport) onEnter()               { v.onNext() }

func (v *setImport) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
		return
	}
	v.w.leave(tabSets, func() { v.w.put(tabSets, v.w.sets) })
}

// onImport reads the set of a file and shows it.
func (p *setsPage) onImport(path string) {
	var in companion.SetImport
	p.leadTo(words.Say("app.add.reading"), func(ctx context.Context) (err error) {
		in, err = p.w.actions.ReadSet(ctx, path)
		return err
	}, func() view { return newSetImport(p.w, in) })
}

// onDropAnywhere takes a set where the sets are shown, else a server.
func (w *Window) onDropAnywhere(at fyne.Position, list []fyne.URI) {
	isFile := len(list) > 0 && list[0].Scheme() == "file" && w.ask == nil
	if isFile && w.tab == tabSets && w.open[tabSets] == view(w.sets) {
		w.sets.onImport(list[0].Path())
		return
	}
	w.onDrop(at, list)
}
