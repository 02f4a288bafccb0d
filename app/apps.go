package app

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// appsPage shows the AI apps found here, each with its settings file and what of
// it is ours.
type appsPage struct {
	*frame
	w      *Window
	list   *fyne.Container
	cards  map[string]*appCard // by id
	others *fyne.Container     // those not found, folded
	more   *button
	names  *para
	look   *button // for servers to take over, in all of them
	leave  *button
	leaves *fyne.Container // leave with a word about it
	drawn  []any
	unfold string // the id of the app whose servers are shown once they are known
}

func newAppsPage(w *Window) *appsPage {
	p := &appsPage{frame: newFrame(w, words.Say("app.tab.apps")), w: w, cards: map[string]*appCard{}}
	p.subtitle(words.Say("app.apps.about"), colorMuted)
	p.list = stack(12)
	p.more = newIconButton("", theme.MenuDropDownIcon(), p.onMore).quiet()
	p.names = newPara("", colorMuted)
	p.names.box.Hide()
	p.others = stack(4, flush(p.more), padded(0, 10, p.names.box))
	p.leave = newButton(words.Say("app.apps.leave.all"), func() { p.onLeave(nil) })
	p.leaves = stack(10, widget.NewSeparator(), edges(nil, nil, nil, middle(p.leave), middle(newCaption(words.Say("app.apps.leave.about")).box)))
	p.look = newButton(words.Say("app.welcome.open"), w.showWelcome)
	looks := edges(nil, nil, nil, middle(p.look), middle(newCaption(words.Say("app.welcome.open.help")).box))
	p.lay(nil, nil, scrolled(760, stack(12, p.list, p.others, stack(10, widget.NewSeparator(), looks), p.leaves)), nil)
	return p
}

func (p *appsPage) render(s companion.State) {
	now := []any{s.Clients, s.Sets}
	if reflect.DeepEqual(now, p.drawn) {
		return
	}
	p.drawn = now
	unfolded := map[string]bool{}
	for id, c := range p.cards {
		unfolded[id] = c.entries.Visible()
	}
	p.cards = map[string]*appCard{}
	p.list.RemoveAll()
	p.busy.locked = []*button{p.leave} // and the new cards' buttons
	var missing []string
	for _, c := range s.Clients {
		if !c.Installed {
			missing = append(missing, c.Title)
			continue
		}
		k := newAppCard(p, c, s.Sets)
		if unfolded[c.ID] || p.unfold == c.ID && !c.Unread {
			k.onMore()
			p.unfold = ""
		}
		p.cards[c.ID] = k
		p.list.Add(k.box)
	}
	if len(p.cards) == 0 {
		p.list.Add(card(newPara(words.Say("app.apps.none"), colorMuted).box))
	}
	show(p.others, len(missing) > 0)
	show(p.leaves, slices.ContainsFunc(s.Clients, func(c companion.ClientState) bool { return c.Managed }))
	p.more.SetText(words.Say("app.apps.others", "Count", len(missing)))
	p.names.seg.Text = strings.Join(missing, ", ")
	p.names.rich.Refresh()
}

func (p *appsPage) onMore() {
	visible := p.names.box.Visible()
	show(p.names.box, !visible)
	p.more.SetIcon(map[bool]fyne.Resource{true: theme.MenuDropDownIcon(), false: theme.MenuDropUpIcon()}[visible])
	p.others.Refresh()
}

// say tells on the page what was done, and is the page.
func (p *appsPage) say(title, detail string) view {
	p.told.done(title, detail)
	return p
}

func (p *appsPage) onTake(c companion.ClientState) { p.w.put(tabApps, newTakeover(p.w, c)) }

// onLeave begins to leave the AI app c, or all of them where c is nil.
func (p *appsPage) onLeave(c *companion.ClientState) { p.w.put(tabApps, newLeave(p.w, c)) }

// onLook has the app's file looked into, and unfolds what is found.
func (p *appsPage) onLook(c companion.ClientState) {
	p.unfold = c.ID
	p.w.opts.Go(func() { p.w.actions.LookInto(c.ID) })
}

// onProject asks for a project's folder, to keep the app in step there.
func (p *appsPage) onProject(c companion.ClientState) {
	p.w.pickFolder(func(dir string) {
		folder := filepath.Base(dir)
		p.walkTo(words.Say("app.apps.project.title", "Client", c.Title, "Folder", folder), "app.apps.keep.yes", c.ID+":"+dir, true)
	})
}

// onUndo shows what taking back the last change of c's file would do.
func (p *appsPage) onUndo(c companion.ClientState) {
	var last companion.Record
	p.told.clear()
	p.busy.run(words.Say("app.doing.read"), func(ctx context.Context) (err error) {
		last, err = p.w.actions.LastOf(ctx, c.ID)
		return err
	}, func(err error) {
		if err != nil {
			p.told.failed(err)
			return
		}
		walk := p.w.undoing(p, last, false)
		walk.tab, walk.done = tabApps, func() view { return p.say(words.Say("app.apps.undone"), last.Reason) }
		p.w.walk(p.busy, walk)
	})
}

// redraw shows the state again as it is, after a choice was taken back.
func (p *appsPage) redraw() {
	p.drawn = nil
	p.render(p.w.state)
}

// onManaged shows what keeping c's file in step, or no longer, would change. The
// switch itself follows the State.
func (p *appsPage) onManaged(c companion.ClientState, on bool) {
	p.redraw()
	title, verb := "app.apps.keep", "app.apps.keep.yes"
	if !on {
		title, verb = "app.apps.free", "app.apps.free.yes"
	}
	p.walkTo(words.Say(title, "Client", c.Title), verb, c.ID, on)
}

// walkTo proposes to keep the app with this id in step, or no longer.
func (p *appsPage) walkTo(title, verb, id string, on bool) {
	p.w.walk(p.busy, change{
		tab: tabApps, from: p,
		title: title, verb: words.Say(verb),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return p.w.actions.ProposeManage(ctx, id, on)
		},
		done: func() view { return p },
	})
}

func (p *appsPage) onSet(c companion.ClientState, set string) {
	if set == c.Set {
		return
	}
	p.redraw()
	switching{w: p.w, tab: tabApps, from: p, busy: p.busy, set: set, client: c.ID}.start()
}

// appCard is one AI app.
type appCard struct {
	box     *fyne.Container
	managed *check
	set     *choice
	restart *button
	more    *button
	entries *fyne.Container
	take    *button // the user's own servers
	project *button // in one project's folder
	undo    *button // the last change of its file
	leave   *button
	notes   *fyne.Container
}

func newAppCard(p *appsPage, c companion.ClientState, sets []companion.SetState) *appCard {
	k := &appCard{}
	k.managed = newCheck(words.Say("app.apps.managed"), func(on bool) { p.onManaged(c, on) })
	k.managed.put(c.Managed)
	k.set = newChoice(nil)
	names := []string{companion.AllServers}
	for _, s := range sets {
		names = append(names, s.Name)
	}
	k.set.put(shownSets(names), setName(c.Set))
	k.set.OnChanged = func(string) { p.onSet(c, names[max(0, k.set.SelectedIndex())]) }
	k.restart = newButton(words.Say("app.apps.restart"), func() { p.w.strip.onRestart(c.ID, c.Title) })
	show(k.restart, c.CanQuit && c.Running)
	p.busy.locked = append(p.busy.locked, k.restart)

	k.entries = entryTable(c.Entries, c.Elsewhere)
	k.entries.Hide()
	k.more = newButton(words.Say("app.apps.entries.show"), k.onMore).quiet()
	if c.Unread {
		k.more.OnTapped = func() { p.onLook(c) }
	}
	show(k.more, c.Unread || len(c.Entries)+len(c.Elsewhere) > 0)
	k.take = newButton(words.Say("app.apps.take"), func() { p.onTake(c) })
	show(k.take, len(takeable(c.Entries)) > 0)
	k.leave = newButton(words.Say("app.apps.leave"), func() { p.onLeave(&c) }).quiet()
	show(k.leave, c.Managed)
	k.project = newButton(words.Say("app.apps.project"), func() { p.onProject(c) }).quiet()
	show(k.project, c.HasProjects && c.Project == "")
	k.undo = newButton(words.Say("app.apps.undo"), func() { p.onUndo(c) }).quiet()
	show(k.undo, c.Managed)
	p.busy.locked = append(p.busy.locked, k.take, k.leave, k.project, k.undo)
	k.notes = notesOf(c)
	k.box = card(stack(10, k.head(c), k.told(c), k.choices(c), k.summary(c), k.entries, k.notes, k.foot()))
	return k
}

// foot is what can be done with what stands in the file.
func (k *appCard) foot() fyne.CanvasObject {
	foot := edges(nil, nil, k.take, row(2, k.project, k.undo, k.leave), nil)
	if foot.MinSize().Width > narrow { // in a language of long words
		var buttons []fyne.CanvasObject
		for _, b := range []*button{k.take, k.project, k.undo, k.leave} {
			if b.Visible() {
				buttons = append(buttons, b)
			}
		}
		foot = container.NewStack(flow(narrow, buttons))
	}
	show(foot, k.take.Visible() || k.leave.Visible() || k.project.Visible())
	return foot
}

// notesOf are calm sentences about the app, none where there is nothing to say.
func notesOf(c companion.ClientState) *fyne.Container {
	notes := stack(6)
	if keys := keysOf(c.Entries, companion.Changed); len(keys) > 0 {
		notes.Add(note(words.Say("app.apps.changed", "Count", len(keys), "Names", strings.Join(keys, ", "))))
	}
	for _, text := range c.Notes {
		notes.Add(note(text))
	}
	if len(c.NotWritten) > 0 {
		notes.Add(note(words.Say("app.apps.notwritten", "Files", strings.Join(c.NotWritten, ", "))))
	}
	if c.Unverified {
		notes.Add(note(words.Say("app.apps.unverified")))
	}
	show(notes, len(notes.Objects) > 0)
	return notes
}

// note is a sentence to know, no more.
func note(text string) fyne.CanvasObject {
	return edges(nil, nil, padTop(newPicture(iconNote, 18).box), nil, padded(0, 6, newPara(text, colorMuted).box))
}

// head is the title, whether it runs, and its file.
func (k *appCard) head(c companion.ClientState) fyne.CanvasObject {
	look, text := lookOf(companion.Off), words.Say("app.apps.stopped")
	if c.Running {
		look, text = lookOf(companion.Healthy), words.Say("app.apps.running")
	}
	runs := row(5, container.NewCenter(newPicture(look.icon, 14).box), middle(newLine(text, colorMuted, theme.SizeNameCaptionText).fixed()))
	home, _ := os.UserHomeDir()
	title := newLine(c.Title, theme.ColorNameForeground, theme.SizeNameSubHeadingText).bold().fixed()
	return edges(nil, nil, nil, middle(k.restart), stack(3, row(12, title, runs),
		newLine(shortPath(c.File, home), colorMuted, theme.SizeNameCaptionText)))
}

// told is what is wrong with its file, or that it has to be restarted.
func (k *appCard) told(c companion.ClientState) fyne.CanvasObject {
	n := newNotice()
	switch {
	case c.Problem != nil:
		n.problem(c.Problem, companion.NeedsYou)
	case c.Restart:
		n.tell(companion.NeedsYou, words.Say("app.restart.waits", "Client", c.Title), "", "")
	}
	return n.box
}

func (k *appCard) choices(c companion.ClientState) fyne.CanvasObject {
	label := newLine(words.Say("app.apps.set"), colorMuted, theme.SizeNameText).fixed()
	pick := row(8, middle(label), framed(200, k.set))
	show(pick, c.Managed)
	return edges(nil, nil, k.managed, pick, nil)
}

func (k *appCard) summary(c companion.ClientState) fyne.CanvasObject {
	text := entriesText(c.Entries)
	if c.Unread {
		text = words.Say("app.apps.unread")
	}
	lines := stack(3, newPara(text, theme.ColorNameForeground).box)
	if c.Applies != "" {
		lines.Add(newCaption(c.Applies).box)
	}
	return edges(nil, nil, nil, container.NewVBox(k.more), lines)
}

func (k *appCard) onMore() {
	visible := k.entries.Visible()
	show(k.entries, !visible)
	k.more.SetText(words.Say(map[bool]string{true: "app.apps.entries.show", false: "app.apps.entries.hide"}[visible]))
	k.box.Refresh()
}

func shownSets(names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = setName(n)
	}
	return list
}
