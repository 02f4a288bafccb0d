package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// historyPage lists what was changed, to take it back.
type historyPage struct {
	*frame
	w       *Window
	list    *rows
	none    *fyne.Container
	full    *fyne.Container
	records []companion.Record
	loading bool
	stale   bool             // asked again while loading
	undone  companion.Record // the last one that Undo was pressed for
}

func newHistoryPage(w *Window) *historyPage {
	p := &historyPage{frame: newFrame(w, words.Say("app.tab.history")), w: w}
	p.subtitle(words.Say("app.history.about"), colorMuted)
	w.offerRest(p, p.busy, p.told, func() companion.Record { return p.undone })
	p.list = newRows(func() int { return len(p.records) },
		func() fyne.CanvasObject { return newRecordRow() },
		func(i int, o fyne.CanvasObject) { p.draw(o.(*recordRow), p.records[i]) })
	p.list.OnSelected = p.onOpen
	p.none = container.NewVBox(card(newPara(words.Say("app.history.none"), colorMuted).box))
	p.full = container.NewStack(newGround(colorSurface, colorBorder, 10), padded(6, 6, p.list))
	p.full.Hide()
	p.lay(nil, nil, container.NewStack(p.full, p.none), nil)
	return p
}

// render reads the history: it is no part of the State.
func (p *historyPage) render(companion.State) { p.load() }

func (p *historyPage) load() {
	if p.loading {
		p.stale = true
		return
	}
	p.loading = true
	p.w.opts.Go(func() {
		records, err := p.w.actions.History(context.Background())
		fyne.Do(func() { p.loaded(records, err) })
	})
}

func (p *historyPage) loaded(records []companion.Record, err error) {
	p.loading = false
	switch {
	case err != nil:
		p.told.failed(err)
	case !slices.EqualFunc(records, p.records, sameRecord):
		p.records = records
		p.list.Refresh()
	}
	show(p.full, len(p.records) > 0)
	show(p.none, len(p.records) == 0)
	p.box.Refresh()
	if p.stale {
		p.stale = false
		p.load()
	}
}

func sameRecord(a, b companion.Record) bool {
	return a.ID == b.ID && a.Undone == b.Undone && a.Destroyed == b.Destroyed
}

// recordRow is one transaction.
type recordRow struct {
	widget.BaseWidget
	reason  *line
	detail  *line
	undone  *line
	undo    *button
	content *fyne.Container
}

func newRecordRow() *recordRow {
	r := &recordRow{
		reason: newLine("", theme.ColorNameForeground, sizeTitle).bold(),
		detail: newLine("", colorMuted, theme.SizeNameText),
		undone: newLine(words.Say("app.history.undone"), colorMuted, theme.SizeNameText).fixed(),
		undo:   newIconButton(words.Say("app.record.undo"), theme.ContentUndoIcon(), nil),
	}
	more := newPicture(iconNext, 18)
	r.content = padded(8, 10, edges(nil, nil, nil,
		row(10, container.NewStack(middle(r.undone), middle(r.undo)), container.NewCenter(more.box)),
		stack(2, r.reason, r.detail)))
	r.ExtendBaseWidget(r)
	return r
}

func (r *recordRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

func (p *historyPage) draw(r *recordRow, rec companion.Record) {
	r.reason.set(rec.Reason, theme.ColorNameForeground)
	home, _ := os.UserHomeDir()
	r.detail.set(words.Say("app.history.line", "When", when(rec.Time, p.w.opts.Now()), "Files", fileNames(rec.Files, home)), colorMuted)
	show(r.undone, rec.Undone)
	show(r.undo, !rec.Undone && !rec.Destroyed)
	r.undo.OnTapped = func() { p.onUndo(rec) }
}

// fileNames are the files of a record, short.
func fileNames(files []string, home string) string {
	if len(files) == 1 {
		return shortPath(files[0], home)
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return strings.Join(names, ", ")
}

func (p *historyPage) onUndo(rec companion.Record) {
	p.undone = rec
	p.w.walk(p.busy, p.w.undoing(p, rec, false))
}

// onOpen shows what the transaction at i did.
func (p *historyPage) onOpen(i widget.ListItemID) {
	p.list.UnselectAll()
	if i >= len(p.records) {
		return
	}
	p.told.clear()
	v := newRecord(p.w, p.records[i])
	p.w.put(tabHistory, v)
	v.load()
}
