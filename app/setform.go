package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// setForm makes a set or changes one: its name, its mark and its members. A new one
// can begin with a suggestion.
type setForm struct {
	*frame
	w   *Window
	was companion.SetState

	name    *asked
	marks   *marks
	begin   []*button // one for each suggestion
	search  *field
	list    *rows
	none    *para // in the place of list
	count   *line
	reason  *line
	save    *button
	cancel  *button
	remove  *button
	members map[string]bool
	grants  map[string]string       // the accounts chosen for the set, by server
	shown   []companion.ServerState // those the search finds
	idea    *suggestion             // that was chosen; nil for none
	absent  []*catalog.Offer        // of the suggestion, that are not added yet
	offered []*catalog.Offer        // those the search finds
	initial string
}

func newSetForm(w *Window, s companion.SetState) *setForm {
	title := words.Say("app.setform.add")
	if s.Name != "" {
		title = words.Say("app.form.edit", "Name", s.Name)
	}
	f := &setForm{frame: newFrame(w, title), w: w, was: s, members: map[string]bool{}, grants: maps.Clone(s.Accounts)}
	if f.grants == nil {
		f.grants = map[string]string{}
	}
	for _, n := range s.Servers {
		f.members[n] = true
	}
	f.build()
	f.name.field.SetText(s.Name)
	f.initial = f.snapshot()
	f.filter()
	f.onChanged()
	return f
}

func (f *setForm) build() {
	f.name = newAsked("set", newField(words.Say("app.form.set.hint")), f.onChanged)
	f.search = newField(words.Say("app.servers.search"))
	f.search.SetIcon(tinted(theme.SearchIcon(), colorMuted))
	f.search.OnChanged = func(string) { f.filter() }
	f.count = newLine("", colorMuted, theme.SizeNameText)
	f.list = newRows(func() int { return len(f.shown) + len(f.offered) },
		func() fyne.CanvasObject { return newMemberRow() },
		f.drawRow)
	f.list.HideSeparators = true
	f.none = newPara("", colorMuted)
	f.list.OnSelected = f.onRow
	f.save = newButton(words.Say("app.form.save"), f.onSave).primary()
	f.cancel = newButton(words.Say("app.cancel"), f.onEscape)
	f.remove = newButton(words.Say("app.sets.remove.ask"), f.onRemove)
	show(f.remove, f.was.Name != "")
	f.busy.locked = []*button{f.save, f.cancel, f.remove}
	f.reason = newLine("", colorMuted, theme.SizeNameText)
	members := newLine(words.Say("app.setform.members"), theme.ColorNameForeground, theme.SizeNameText).bold().fixed()
	f.marks = newMarks(f.was.Icon, f.onChanged)
	icon := newLine(words.Say("app.setform.icon"), theme.ColorNameForeground, theme.SizeNameText).bold()
	top := stack(12, f.ideas(), card(container.New(share{at: 0.62, gap: 16}, f.name.box, stack(5, icon, f.marks.box))),
		edges(nil, nil, padded(0, 4, middle(members)), padded(0, 4, middle(f.count)), f.search))
	f.count.fixed()
	body := edges(container.NewVBox(top, gap(0, 4)), gap(0, 10), nil, nil,
		container.NewStack(newGround(colorSurface, colorBorder, 10), padded(6, 6, f.list), container.NewVBox(padded(14, 18, f.none.box))))
	f.lay(nil, []fyne.CanvasObject{f.remove}, container.New(column{720}, body), f.foot(f.reason, f.cancel, f.save))
}

// ideas is a line of what a new set can begin with.
func (f *setForm) ideas() fyne.CanvasObject {
	line := row(6, middle(newLine(words.Say("app.setform.begin"), colorMuted, theme.SizeNameText).fixed()))
	for _, s := range suggestions() {
		b := newIconButton(s.title, iconOfSet(s.icon), func() { f.onIdea(s) })
		f.begin = append(f.begin, b)
		line.Add(b)
	}
	show(line, f.was.Name == "")
	return line
}

// onIdea takes a suggestion over: its name, unless another one was typed, its mark,
// and those of its servers that are there.
func (f *setForm) onIdea(s suggestion) {
	typed := strings.TrimSpace(f.name.field.Text)
	if typed == "" || f.idea != nil && typed == f.idea.name {
		s.name = f.w.freeSetName(s.name)
		f.name.field.SetText(s.name)
	}
	if f.idea != nil { // what it ticked goes with it
		have, _ := f.idea.split(f.w.state.Servers)
		for _, n := range have {
			delete(f.members, n)
		}
	}
	f.idea, f.absent = &s, nil
	f.marks.choose(s.icon)
	f.search.SetText("")
	have, missing := s.split(f.w.state.Servers)
	for _, n := range have {
		f.members[n] = true
	}
	f.absent = missing
	f.filter()
	f.list.ScrollToTop()
	f.onChanged()
}

// arrived ticks what was added for the suggestion meanwhile.
func (f *setForm) arrived() {
	if f.idea == nil {
		return
	}
	_, missing := f.idea.split(f.w.state.Servers)
	if len(missing) == len(f.absent) {
		return
	}
	still := suggestion{}
	for _, o := range f.absent {
		if !slices.Contains(missing, o) {
			still.offers = append(still.offers, o)
		}
	}
	have, _ := still.split(f.w.state.Servers)
	for _, n := range have {
		f.members[n] = true
	}
	f.absent = missing
}

// onAbsent leads to the form of an offer of the suggestion. What is typed here stays.
func (f *setForm) onAbsent(o *catalog.Offer) {
	w := f.w
	w.leave(tabServers, func() {
		p := newAddPage(w)
		p.again()
		p.choose(*o)
	})
}

// memberRow is one server to tick, or one that could be added.
type memberRow struct {
	widget.BaseWidget
	check   *check
	summary *line
	account *choice // for a server with several
	framed  *fyne.Container
	title   *line   // of an offer, in the place of check
	add     *button // adds it
	content *fyne.Container
}

func newMemberRow() *memberRow {
	r := &memberRow{check: newCheck("xxxxxxxxxxxx", nil), summary: newLine("", colorMuted, theme.SizeNameCaptionText), account: newChoice(nil)}
	r.framed = framed(180, r.account)
	r.title = newLine("", colorMuted, theme.SizeNameText)
	r.add = newButton(words.Say("app.setform.absent.add"), nil)
	r.add.Hide()
	r.content = padded(0, 8, container.New(share{at: 0.5, gap: 10}, container.NewStack(r.check, padded(0, 8, middle(r.title))),
		edges(nil, nil, nil, row(0, r.framed, r.add), middle(r.summary))))
	r.ExtendBaseWidget(r)
	return r
}

func (r *memberRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

// drawRow draws the servers, then what the suggestion has besides.
func (f *setForm) drawRow(i int, o fyne.CanvasObject) {
	r := o.(*memberRow)
	isServer := i < len(f.shown)
	show(r.check, isServer)
	show(r.title, !isServer)
	show(r.add, !isServer)
	if isServer {
		f.draw(r, f.shown[i].Name)
		return
	}
	show(r.framed, false)
	if i -= len(f.shown); i < len(f.offered) {
		o := f.offered[i]
		r.title.set(o.Title, colorMuted)
		r.summary.set(o.Summary, colorMuted)
		r.add.OnTapped = func() { f.onAbsent(o) }
	}
}

func (f *setForm) draw(r *memberRow, name string) {
	if r.check.Text != name {
		r.check.SetText(name)
	}
	r.check.OnChanged = func(on bool) { f.tick(name, on) }
	r.check.put(f.members[name])
	for _, s := range f.shown {
		if s.Name == name {
			r.summary.set(s.Summary, colorMuted)
		}
	}
	f.drawAccounts(r, name)
}

// drawAccounts lets the set use another of the server's accounts.
func (f *setForm) drawAccounts(r *memberRow, name string) {
	list := accountsOf(f.w.state, name)
	show(r.framed, len(list) > 1 && f.members[name])
	options, chosen := []string{words.Say("app.setform.account.any")}, 0
	for i, a := range list {
		options = append(options, a.label)
		if a.id == f.grants[name] {
			chosen = i + 1
		}
	}
	r.account.put(options, options[chosen])
	r.account.OnChanged = func(string) {
		f.grants[name] = ""
		if i := r.account.SelectedIndex(); i > 0 {
			f.grants[name] = list[i-1].id
		}
		f.onChanged()
	}
}

func (f *setForm) onRow(i widget.ListItemID) {
	f.list.UnselectAll()
	switch {
	case i < len(f.shown):
		f.tick(f.shown[i].Name, !f.members[f.shown[i].Name])
		f.list.RefreshItem(i)
	case i-len(f.shown) < len(f.offered):
		f.onAbsent(f.offered[i-len(f.shown)])
	}
}

func (f *setForm) tick(name string, on bool) {
	if on {
		f.members[name] = true
	} else {
		delete(f.members, name)
	}
	f.onChanged()
	f.list.Refresh() // its accounts come or go
}

func (f *setForm) filter() {
	f.shown = nil
	for _, s := range f.w.state.Servers {
		if matches(s, f.search.Text) {
			f.shown = append(f.shown, s)
		}
	}
	f.offered = nil
	for _, o := range f.absent {
		if holdsWords(o.Title+" "+o.Summary, f.search.Text) {
			f.offered = append(f.offered, o)
		}
	}
	f.none.set(f.noneText())
	f.list.Refresh()
}

// noneText says why no server is listed, "" where one is.
func (f *setForm) noneText() string {
	switch {
	case len(f.shown)+len(f.offered) > 0:
		return ""
	case len(f.w.state.Servers)+len(f.absent) > 0:
		return words.Say("app.servers.nothing")
	case f.was.Name == "":
		return words.Say("app.setform.none.new")
	default:
		return words.Say("app.setform.none")
	}
}

func (f *setForm) draft() companion.SetDraft {
	d := companion.SetDraft{Was: f.was.Name, Name: strings.TrimSpace(f.name.field.Text), Icon: f.marks.chosen, Accounts: f.grants}
	for n := range f.members {
		d.Servers = append(d.Servers, n)
	}
	slices.Sort(d.Servers)
	return d
}

func (f *setForm) onChanged() {
	if f.save == nil {
		return
	}
	f.count.set(words.Say("app.setform.count", "Count", len(f.members)), colorMuted)
	complaint := f.nameComplaint()
	f.name.complain(complaint)
	missing := ""
	if f.draft().Name == "" {
		missing = words.Say("app.form.missing.name")
	}
	reason := missing
	if complaint != "" {
		reason = words.Say("app.form.wrong.name")
	}
	f.reason.set(reason, colorMuted)
	if f.busy.cancel == nil {
		f.save.enable(reason == "")
	}
}

func (f *setForm) nameComplaint() string {
	name := f.draft().Name
	if name == "" || name == f.was.Name {
		return ""
	}
	if err := servers.CheckName(name); err != nil {
		return said(err)
	}
	for _, s := range f.w.state.Sets {
		if s.Name != f.was.Name && strings.EqualFold(s.Name, name) {
			return words.Say("app.form.set.taken", "Name", s.Name)
		}
	}
	return ""
}

func (f *setForm) onSave() {
	if f.save.Disabled() {
		return
	}
	d := f.draft()
	f.w.walk(f.busy, change{
		tab: tabSets, from: f,
		title: words.Say("app.preview.title"),
		verb:  words.Say("app.save"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return f.w.actions.ProposeSet(ctx, d)
		},
		done: f.done,
	})
}

func (f *setForm) onRemove() {
	f.w.walk(f.busy, change{
		tab: tabSets, from: f, danger: true,
		title: words.Say("app.details.remove", "Name", f.was.Name),
		verb:  words.Say("app.sets.remove"),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return f.w.actions.ProposeRemoveSet(ctx, f.was.Name)
		},
		done: f.done,
	})
}

func (f *setForm) done() view {
	f.initial = f.snapshot()
	return f.w.sets
}

func (f *setForm) snapshot() string {
	d := f.draft()
	parts := append([]string{d.Name, d.Icon}, d.Servers...)
	for _, name := range sortedKeys(f.grants) {
		if f.grants[name] != "" {
			parts = append(parts, name+"="+f.grants[name])
		}
	}
	return strings.Join(parts, "\x00")
}

// render takes in what was added or removed meanwhile.
func (f *setForm) render(companion.State) {
	f.arrived()
	f.filter()
	f.onChanged()
}

func (f *setForm) dirty() bool { return f.snapshot() != f.initial }
func (f *setForm) onEnter()    { f.onSave() }

func (f *setForm) onEscape() {
	if f.busy.cancel != nil {
		f.busy.onStop()
		return
	}
	f.w.leave(tabSets, func() { f.w.put(tabSets, f.w.sets) })
}
