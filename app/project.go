package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// projectForm asks what a server of the user's own is to be, makes its folder, has
// what it is built from downloaded, and saves it like any other.
type projectForm struct {
	*frame
	w     *Window
	from  *addPage
	kinds []companion.ProjectTemplate

	kind    *picks
	kindBox *fyne.Container
	need    *fyne.Container  // that a helper program is missing, and where it is to be had
	absent  map[string]error // what was found of the helpers, by template
	name    *asked
	folder  *asked
	own     bool // the folder was typed or chosen, and no longer follows the name
	where   *places
	reason  *line
	save    *button
	cancel  *button
	initial string

	made  *companion.Project // its folder is there; nil before
	ready bool               // and what it is built from
}

func newProjectForm(w *Window, from *addPage) *projectForm {
	f := &projectForm{frame: newFrame(w, words.Say("app.project.title")), w: w, from: from, kinds: companion.ProjectTemplates(), absent: map[string]error{}}
	f.build()
	f.initial = f.snapshot()
	f.onKind()
	f.onChanged()
	return f
}

func (f *projectForm) build() {
	f.subtitle(words.Say("app.project.about"), colorMuted)
	var pairs [][2]string
	for _, k := range f.kinds {
		pairs = append(pairs, [2]string{k.Title, k.Summary + " " + words.Say("app.offer.needs", "Name", strings.TrimSuffix(k.Needs, "."))})
	}
	f.kind = newPicks(pairs...)
	f.kind.changed = f.onKind
	f.need = stack(4)
	f.kindBox = card(stack(6, newLine(words.Say("app.project.kind"), theme.ColorNameForeground, theme.SizeNameText).bold(), f.kind.box, f.need))
	f.name = newAsked("name", newField(words.Say("app.form.name.hint")), f.onName)
	f.folder = newAsked("projectfolder", newField(""), f.onFolder)
	f.folder.beside(newIconButton(words.Say("app.form.cwd.pick"), theme.FolderOpenIcon(), f.onPick))
	f.reason = newLine("", colorMuted, theme.SizeNameText)
	f.save = newButton(words.Say("app.project.create"), f.onSave).primary()
	f.cancel = newButton(words.Say("app.cancel"), f.onEscape)
	f.busy.locked = []*button{f.save, f.cancel}

	body := stack(12, card(stack(16, f.name.box, f.folder.box)), f.kindBox)
	f.where = f.w.newPlaces(f.onChanged)
	body.Objects = append(body.Objects, f.where.cards...)
	back := newIconButton(words.Say("app.servers.add"), iconBack, f.onEscape).quiet()
	f.lay(back, nil, scrolled(720, body), f.foot(f.reason, f.cancel, f.save))
	f.follow()
}

func (f *projectForm) template() companion.ProjectTemplate { return f.kinds[f.kind.chosen] }
func (f *projectForm) typedName() string                   { return strings.TrimSpace(f.name.field.Text) }

func (f *projectForm) typedFolder() string { return strings.TrimSpace(f.folder.field.Text) }

// onKind looks whether the helper program of the kind is there.
func (f *projectForm) onKind() {
	t := f.template()
	f.need.RemoveAll()
	if err, known := f.absent[t.ID]; known {
		f.drawNeed(t, err)
		return
	}
	f.w.opts.Go(func() {
		err := f.w.actions.ProjectHelper(context.Background(), t.ID)
		fyne.Do(func() {
			f.absent[t.ID] = err
			if f.template().ID == t.ID {
				f.drawNeed(t, err)
			}
		})
	})
}

func (f *projectForm) drawNeed(t companion.ProjectTemplate, err error) {
	f.need.RemoveAll()
	if err == nil {
		return
	}
	f.need.Add(hint(words.For(err).Title))
	helper := map[string]string{"node": "Node.js", "python": "uv"}[t.ID]
	f.need.Add(flush(newButton(words.Say("app.project.get", "Name", helper), func() { openPage(t.Get) }).quiet()))
}

// onName has the folder follow, until it is chosen.
func (f *projectForm) onName() {
	if !f.own {
		f.follow()
	}
	f.onChanged()
}

// follow makes the folder the usual one of what is typed as the name.
func (f *projectForm) follow() {
	home, _ := os.UserHomeDir()
	f.folder.field.SetText(filepath.Join(home, "mcp-servers", companion.ProjectFolder(f.typedName())))
	f.own = false
}

func (f *projectForm) onFolder() {
	f.own = true
	f.onChanged()
}

// onPick takes the folder that the project's own is made in.
func (f *projectForm) onPick() {
	f.w.pickFolder(func(path string) {
		f.folder.field.SetText(filepath.Join(path, companion.ProjectFolder(f.typedName())))
	})
}

// onChanged says under each field what can't be, and beside the button what is
// missing.
func (f *projectForm) onChanged() {
	if f.save == nil || f.busy.cancel != nil {
		return // still being built, or the line tells of the download
	}
	name, folder := f.w.nameComplaint(f.typedName(), ""), ""
	if err := (&catalog.Field{Kind: catalog.Folder, Label: words.Say("field.folder")}).Check(f.typedFolder()); err != nil {
		folder = said(err)
	}
	f.name.complain(name)
	f.folder.complain(folder)
	reason := ""
	switch {
	case name != "":
		reason = words.Say("app.form.wrong.name")
	case f.typedName() == "":
		reason = words.Say("app.form.missing.name")
	case folder != "" || f.typedFolder() == "":
		reason = words.Say("app.offer.wrong")
	}
	f.reason.set(reason, colorMuted)
	f.save.enable(reason == "")
}

// onSave goes on where it stands: to what will happen, to another try at the
// download, to what changes for the AI apps.
func (f *projectForm) onSave() {
	switch {
	case f.save.Disabled():
	case f.ready:
		f.register()
	case f.made != nil:
		f.prepare()
	default:
		f.confirm()
	}
}

// confirm says what will happen. Enter means no: programs are run.
func (f *projectForm) confirm() {
	f.w.question(question{
		title: words.Say("app.project.ask", "Name", f.typedName()),
		text:  words.Say("app.project.ask.text", "Folder", visible(f.typedFolder()), "Lines", strings.Join(f.template().Prepare, "\n")),
		yes:   words.Say("app.project.ask.yes"),
		onYes: f.create,
	})
	f.w.win.Canvas().Focus(f.w.ask.no)
}

func (f *projectForm) create() {
	f.told.clear()
	r := companion.ProjectRequest{Template: f.template().ID, Name: f.typedName(), Folder: f.typedFolder()}
	var p *companion.Project
	f.busy.run(words.Say("app.project.making"), func(ctx context.Context) (err error) {
		p, err = f.w.actions.NewProject(ctx, r)
		return err
	}, func(err error) {
		f.onChanged()
		if err != nil {
			f.told.failed(err)
			return
		}
		f.made = p
		f.settle()
		f.prepare()
	})
}

// settle holds what the folder was made with.
func (f *projectForm) settle() {
	f.name.field.Disable()
	f.folder.field.Disable()
	f.folder.row.Objects = []fyne.CanvasObject{f.folder.field}
	f.folder.row.Refresh()
	f.kindBox.Hide()
}

// prepare downloads what the project is built from, its last line of output beside
// the button.
func (f *projectForm) prepare() {
	f.told.clear()
	p := f.made
	say := func(text string) { fyne.Do(func() { f.reason.set(text, colorMuted) }) }
	out := &lastLines{show: say}
	f.busy.run(words.Say("app.project.preparing"), func(ctx context.Context) error {
		return f.w.actions.PrepareProject(ctx, p, say, out)
	}, func(err error) {
		f.onChanged()
		if err != nil {
			f.stuck(err, out.text())
			return
		}
		f.ready = true
		f.save.SetText(words.Say("app.project.go"))
		f.register()
	})
}

// stuck tells why what the project needs isn't there, with what was printed. Its
// folder stays.
func (f *projectForm) stuck(err error, printed string) {
	f.save.SetText(words.Say("app.again"))
	folder := newButton(words.Say("app.project.folder"), func() { f.w.showFolder(f.told, f.made.Folder) })
	stays := words.Say("app.project.stays", "Folder", f.made.Folder)
	if errors.Is(err, context.Canceled) {
		f.told.tell(companion.NeedsYou, words.Say("app.project.stopped"), stays, "", folder)
		return
	}
	p := *words.For(err)
	if p.Code == words.ProjectUnready {
		p.Detail, p.Do = words.Say("app.project.look"), ""
	}
	p.Do = strings.TrimSpace(p.Do + " " + stays)
	if printed != "" {
		p.Err = errors.New(printed)
	}
	f.told.problem(&p, companion.Failing)
	f.told.offer(folder)
}

// register saves the project's server like any other.
func (f *projectForm) register() {
	d := companion.DraftOf(f.made)
	d.Sets, d.Apps = f.where.chosenSets(), f.where.chosenApps()
	f.w.walk(f.busy, change{
		tab: tabServers, from: f,
		title: words.Say("app.preview.title"),
		verb:  words.Say("app.save"),
		risk:  words.Say("app.preview.risk"), command: startText(d.Server),
		propose: func(ctx context.Context) (*companion.Proposal, error) {
			return f.w.actions.ProposeServer(ctx, d)
		},
		done: f.saved,
	})
}

// saved has the server looked at, and says where to go on.
func (f *projectForm) saved() view {
	p := f.made
	f.made, f.initial = nil, f.snapshot()
	v := newDetails(f.w, p.Name)
	v.subtitle(words.Say("app.form.saved"), colorMuted)
	v.onCheck()
	v.next.Add(bar(companion.Healthy, words.Say("app.project.done", "File", filepath.Base(p.Open)),
		newButton(words.Say("app.project.edit"), func() { f.w.openEditor(v.told, p) }),
		newButton(words.Say("app.project.folder"), func() { f.w.showFolder(v.told, p.Folder) })))
	v.next.Show()
	return v
}

// openEditor opens the project where it is to be changed, and tells why it can't.
func (w *Window) openEditor(told *notice, p *companion.Project) {
	w.opts.Go(func() {
		err := w.actions.OpenInEditor(context.Background(), p)
		fyne.Do(func() { told.failed(err) })
	})
}

func (w *Window) showFolder(told *notice, folder string) {
	w.opts.Go(func() {
		err := w.actions.ShowFolder(folder)
		fyne.Do(func() {
			if err != nil {
				told.failed(err)
			}
		})
	})
}

func (f *projectForm) render(companion.State) { f.onChanged() }
func (f *projectForm) onEnter()               { f.onSave() }

// dirty reports whether something was typed, or is on its way.
func (f *projectForm) dirty() bool {
	return f.made != nil || f.busy.cancel != nil || f.snapshot() != f.initial
}

// onEscape stops what is under way, else goes back to the offers, asking first where
// something was typed.
func (f *projectForm) onEscape() {
	if f.busy.cancel != nil {
		f.busy.onStop()
		return
	}
	f.w.leave(tabServers, f.from.again)
}

// snapshot is all that is typed, to tell whether anything was.
func (f *projectForm) snapshot() string {
	parts := []string{f.template().ID, f.name.field.Text, f.folder.field.Text}
	return strings.Join(append(parts, f.where.snapshot()), "\x02")
}
