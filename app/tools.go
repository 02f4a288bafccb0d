package app

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// tools lists what a server can do. The server is started for it.
type tools struct {
	*frame
	w      *Window
	name   string // the server's
	search *field
	list   *rows
	none   *line
	full   *fyne.Container
	all    []companion.Tool
	shown  []companion.Tool
	tried  map[string]*try // those that were opened, with what is typed there
}

func newTools(w *Window, name string) *tools {
	v := &tools{frame: newFrame(w, words.Say("app.tools.title", "Name", name)), w: w, name: name}
	v.subtitle(words.Say("app.tools.about"), colorMuted)
	v.search = newField(words.Say("app.tools.search"))
	v.search.SetIcon(tinted(theme.SearchIcon(), colorMuted))
	v.search.OnChanged = func(string) { v.filter() }
	v.search.OnSubmitted = func(string) { v.onEnter() }
	v.none = newLine("", colorMuted, theme.SizeNameText)
	v.list = newRows(func() int { return len(v.shown) },
		func() fyne.CanvasObject { return newToolRow() },
		func(i int, o fyne.CanvasObject) { o.(*toolRow).set(v.shown[i]) })
	v.list.OnSelected = v.onOpen
	v.full = edges(container.NewVBox(v.search, gap(0, 6)), nil, nil, nil,
		container.NewStack(newGround(colorSurface, colorBorder, 10), padded(6, 6, v.list), padded(22, 22, container.NewVBox(v.none))))
	v.full.Hide()
	v.lay(newIconButton(name, iconBack, v.onEscape).quiet(), nil, v.full, nil)
	return v
}

// load starts the server and asks it.
func (v *tools) load() {
	v.told.clear()
	var list []companion.Tool
	v.busy.run(words.Say("app.tools.doing", "Name", v.name), func(ctx context.Context) (err error) {
		list, err = v.w.actions.Tools(ctx, v.name)
		return err
	}, func(err error) {
		if err != nil {
			v.told.failed(err)
			v.told.offer(newButton(words.Say("app.again"), v.load))
			return
		}
		v.all, v.tried = list, map[string]*try{}
		show(v.full, true)
		v.filter()
	})
}

func (v *tools) filter() {
	v.shown = v.shown[:0:0]
	for _, t := range v.all {
		if holdsWords(t.Name+" "+t.Title+" "+t.About, v.search.Text) {
			v.shown = append(v.shown, t)
		}
	}
	v.none.set(words.Say(map[bool]string{true: "app.tools.none", false: "app.tools.nothing"}[len(v.all) == 0]), colorMuted)
	show(v.none, len(v.shown) == 0)
	v.list.Refresh()
}

func (v *tools) onOpen(i widget.ListItemID) {
	v.list.UnselectAll()
	if i >= len(v.shown) {
		return
	}
	t := v.shown[i]
	if v.tried[t.Name] == nil {
		v.tried[t.Name] = newTry(v, t)
	}
	v.w.put(tabServers, v.tried[t.Name])
}

// onEnter opens the one tool that the search leaves.
func (v *tools) onEnter() {
	if len(v.shown) == 1 {
		v.onOpen(0)
	}
}

func (v *tools) render(companion.State) {}

func (v *tools) onEscape() {
	if v.busy.cancel != nil {
		v.busy.onStop()
	}
	v.w.openServer(v.name)
}

// toolRow is one tool in the list.
type toolRow struct {
	widget.BaseWidget
	name    *line
	about   *line
	content *fyne.Container
}

func newToolRow() *toolRow {
	r := &toolRow{
		name:  newLine("", theme.ColorNameForeground, sizeTitle).bold(),
		about: newLine("", colorMuted, theme.SizeNameText),
	}
	r.content = padded(8, 10, edges(nil, nil, nil, container.NewCenter(newPicture(iconNext, 18).box), stack(2, r.name, r.about)))
	r.ExtendBaseWidget(r)
	return r
}

func (r *toolRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

func (r *toolRow) set(t companion.Tool) {
	name := t.Name
	if t.Title != t.Name {
		name = t.Title + "  ·  " + t.Name
	}
	r.name.set(name, theme.ColorNameForeground)
	about, _, _ := strings.Cut(t.About, "\n")
	r.about.set(about, colorMuted)
}
