package app

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// addPage is where a server is looked for: in the catalogue, or in whatever was
// pasted or dropped.
type addPage struct {
	*frame
	w        *Window
	search   *field
	clip     fyne.Clipboard // that the text was pasted from
	kind     *choice
	back     *button
	file     *button
	hand     *button
	own      *button
	list     *rows
	several  *fyne.Container // adds all that were found at once
	together *button
	none     *para
	noneBox  *fyne.Container
	text     string          // what is searched for or was pasted, the whole of it
	found    []catalog.Offer // in what was pasted
	shown    []*catalog.Offer
	kinds    []catalog.Category
	many     string // stands in the field for what was pasted; "" for none
	searched int    // counts the texts, so that a late answer is known
}

func newAddPage(w *Window) *addPage {
	p := &addPage{frame: newFrame(w, words.Say("app.add.title")), w: w, kinds: catalog.Categories()}
	p.build()
	p.filter()
	return p
}

func (p *addPage) build() {
	p.back = newIconButton(words.Say("app.tab.servers"), iconBack, p.onEscape).quiet()
	p.file = newIconButton(words.Say("app.add.file"), theme.FolderOpenIcon(), p.onFile)
	p.hand = newIconButton(words.Say("app.add.hand"), theme.DocumentCreateIcon(), p.onHand)
	p.own = newButton(words.Say("app.add.own"), p.onOwn)
	p.busy.locked = []*button{p.file}
	p.search = newField(words.Say("app.add.search"))
	p.search.paste = p.onPaste
	p.search.SetIcon(tinted(theme.SearchIcon(), colorMuted))
	p.search.OnChanged = p.onText
	p.search.OnSubmitted = func(string) { p.onEnter() }
	p.kind = newChoice(func(string) { p.filter() })
	options := []string{words.Say("app.add.all")}
	for _, c := range p.kinds {
		options = append(options, c.Title)
	}
	p.kind.put(options, options[0])
	p.list = newRows(func() int { return len(p.shown) },
		func() fyne.CanvasObject { return newOfferRow() },
		func(i int, o fyne.CanvasObject) { o.(*offerRow).set(p.shown[i]) })
	p.list.OnSelected = p.onOpen
	p.none = newPara("", colorMuted)
	p.noneBox = padded(22, 22, container.NewVBox(p.none.box))
	p.several = container.NewStack()
	p.together = newButton(words.Say("app.many.open"), p.onTogether)
	own := container.NewVBox(gap(0, 4), edges(nil, nil, nil, p.own, middle(newLine(words.Say("app.add.own.about"), colorMuted, theme.SizeNameText))))
	top := container.NewVBox(edges(nil, nil, nil, framed(160, p.kind), p.search), gap(0, 6), p.several)
	p.lay(p.back, []fyne.CanvasObject{p.file, p.hand}, edges(top, own, nil, nil,
		container.NewStack(newGround(colorSurface, colorBorder, 10), padded(6, 6, p.list), p.noneBox)), nil)
}

// onText searches, and reads what may have been pasted.
func (p *addPage) onText(text string) {
	if p.many != "" { // what is typed or pasted now takes the place of the lines
		rest := strings.Replace(text, p.many, "", 1)
		if rest == text {
			rest = ""
		}
		p.many = ""
		p.search.SetText(rest)
		p.search.CursorColumn = len([]rune(rest))
		text = rest
	}
	p.look(text)
}

// onPaste takes a text of several lines, which the field can't hold: how many they
// are stands there for it. It reports whether it did.
func (p *addPage) onPaste(clip fyne.Clipboard) bool {
	p.clip = clip
	text := strings.TrimSpace(clip.Content())
	if !strings.ContainsAny(text, "\r\n") {
		return false
	}
	p.standIn(text)
	p.look(text)
	return true
}

// standIn shows of a pasted text only how many lines it has.
func (p *addPage) standIn(text string) {
	p.many = words.Say("app.add.lines", "Count", strings.Count(text, "\n")+1)
	p.search.OnChanged = nil
	p.search.SetText(p.many)
	p.search.CursorColumn = len([]rune(p.many))
	p.search.OnChanged = p.onText
}

// look shows what text finds. A pasted one is read off the window's thread: it
// may be long.
func (p *addPage) look(text string) {
	if text == p.text && p.searched > 0 {
		return
	}
	p.text, p.found = text, nil
	p.searched++
	n := p.searched
	p.told.clear()
	p.filter()
	if strings.TrimSpace(text) == "" || !looksPasted(text) && len(p.shown) > 0 {
		return
	}
	p.w.opts.Go(func() {
		list, err := p.w.actions.Offers(text)
		fyne.Do(func() {
			if n == p.searched {
				p.read(list, err)
			}
		})
	})
}

// read shows the offers of what was pasted, or why there are none.
func (p *addPage) read(list []catalog.Offer, err error) {
	if err == nil && len(list) > 0 {
		p.found = list
		p.filter()
		if holdsKey(list) && p.clip != nil {
			p.clip.SetContent("")
			p.standIn(p.text) // nobody who looks on shall read it
		}
		p.clip = nil
		return
	}
	if err != nil && !words.Has(err, words.ImportNothing) {
		problem := words.For(err)
		p.none.set(strings.TrimSpace(problem.Title + " " + firstOf(problem.Do, problem.Detail)))
	}
}

// looksPasted reports whether a text is rather a link, a command or a snippet than
// something to search for.
func looksPasted(text string) bool {
	first, rest, several := strings.Cut(strings.TrimSpace(text), " ")
	return strings.ContainsAny(text, "/:{}@=\"\n") || several && strings.TrimSpace(rest) != "" && slices.Contains(starters, first)
}

// starters are the programs that command lines of servers begin with.
var starters = []string{"npx", "uvx", "uv", "docker", "podman", "claude", "code", "codex", "gemini", "bunx", "pnpm", "yarn", "pipx", "python", "python3", "node", "npm"}

// holdsKey reports whether an offer came with a key in it.
func holdsKey(list []catalog.Offer) bool {
	return slices.ContainsFunc(list, func(o catalog.Offer) bool {
		return slices.ContainsFunc(o.Options, func(p catalog.Option) bool {
			return slices.ContainsFunc(p.Fields, func(f catalog.Field) bool { return f.Kind == catalog.Secret && len(f.Given) > 0 })
		})
	})
}

// filter lists what was found in the paste, then the catalogue.
func (p *addPage) filter() {
	p.shown = nil
	for i := range p.found {
		p.shown = append(p.shown, &p.found[i])
	}
	kind := ""
	if i := p.kind.SelectedIndex(); i > 0 {
		kind = p.kinds[i-1].ID
	}
	if len(p.found) == 0 && !strings.Contains(p.text, "\n") {
		for _, o := range catalog.Search(p.text) {
			if kind == "" || o.Category == kind {
				p.shown = append(p.shown, o)
			}
		}
	}
	p.several.Objects = nil
	if n := len(p.found); n > 1 {
		p.several.Objects = []fyne.CanvasObject{container.NewVBox(news(words.Say("app.many.found", "Count", n), p.together), gap(0, 2))}
	}
	p.several.Refresh()
	p.none.set(words.Say("app.add.nothing"))
	show(p.noneBox, len(p.shown) == 0)
	p.list.UnselectAll()
	p.list.Refresh()
	p.list.ScrollToTop()
}

func (p *addPage) onOpen(i widget.ListItemID) {
	p.list.UnselectAll()
	if i < len(p.shown) {
		p.choose(*p.shown[i])
	}
}

// choose opens the offer's form.
func (p *addPage) choose(o catalog.Offer) {
	f := newOfferForm(p.w, p, o)
	p.w.put(tabServers, f)
	f.begin()
}

// added takes an offer that was added off what was pasted, and says how many are
// left.
func (p *addPage) added(name string) int {
	p.found = slices.DeleteFunc(p.found, func(o catalog.Offer) bool { return name != "" && o.Name == name })
	p.filter()
	return len(p.found)
}

// onTogether adds several of what was found.
func (p *addPage) onTogether() { p.w.put(tabServers, newManyForm(p.w, p)) }

// onHand opens the form for who knows what to enter.
func (p *addPage) onHand() {
	f := newForm(p.w, companion.ServerState{})
	f.from = p
	p.w.put(tabServers, f)
	p.w.win.Canvas().Focus(f.name.field)
}

// onOwn begins a server of the user's own.
func (p *addPage) onOwn() {
	f := newProjectForm(p.w, p)
	p.w.put(tabServers, f)
	p.w.win.Canvas().Focus(f.name.field)
}

func (p *addPage) onFile() { p.w.pickFile(p.onDropped) }

// onDropped shows what a file offers.
func (p *addPage) onDropped(path string) {
	p.told.clear()
	var list []catalog.Offer
	p.busy.run(words.Say("app.add.reading"), func(context.Context) (err error) {
		list, err = p.w.actions.OffersIn(path)
		return err
	}, func(err error) {
		if err != nil {
			p.told.failed(err)
			return
		}
		p.search.SetText("")
		p.text, p.found = "", list
		p.searched++
		p.filter()
		if len(list) == 1 && p.w.open[tabServers] == view(p) {
			p.choose(list[0])
		}
	})
}

// again shows the page as it was left, the cursor in the search.
func (p *addPage) again() {
	p.w.tab = tabServers
	p.w.put(tabServers, p)
	p.w.win.Canvas().Focus(p.search)
}

func (p *addPage) render(companion.State) {}

// onEnter opens the first that was found.
func (p *addPage) onEnter() {
	if p.text != "" || len(p.found) > 0 {
		p.onOpen(0)
	}
}

// onEscape stops reading, then leaves.
func (p *addPage) onEscape() {
	if p.busy.cancel != nil {
		p.busy.onStop()
		return
	}
	p.w.put(tabServers, p.w.servers)
}

// onDrop takes a file that was dropped anywhere onto the window.
func (w *Window) onDrop(_ fyne.Position, list []fyne.URI) {
	if len(list) == 0 || list[0].Scheme() != "file" || w.ask != nil {
		return
	}
	w.leave(tabServers, func() {
		p := newAddPage(w)
		p.again()
		p.onDropped(list[0].Path())
	})
}

// askFile shows Fyne's dialog for a file.
func (w *Window) askFile(chosen func(string)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err == nil && r != nil {
			_ = r.Close() // only its path is asked for
			chosen(r.URI().Path())
		}
	}, w.win)
	d.SetTitleText(words.Say("app.choose.file"))
	d.Show()
	d.Resize(fyne.NewSize(760, 520)) // before Show, Fyne 2.8 has nothing to resize yet and panics
}
