package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// logs shows what happened to one server, as it happens: its own words, the
// messages, what the AI apps noted, in one order of time.
type logs struct {
	*frame
	w      *Window
	name   string // the server's
	search *field
	source *choice
	copy   *button
	record *check // contents of messages too, for ten minutes
	list   *rows
	none   *fyne.Container
	full   *fyne.Container
	whole  *fyne.Container // the chosen line, uncut
	text   *para

	all   []companion.LogLine
	shown []companion.LogLine
	stop  context.CancelFunc
}

// maxLines is how many lines are kept for the list, the newest.
const maxLines = 5000

// sources are what the drop-down offers; "" is all.
var sources = []companion.LogSource{"", companion.ServerSaid, companion.Message, companion.AppSaid}

func newLogs(w *Window, name string) *logs {
	v := &logs{frame: newFrame(w, words.Say("app.logs.title", "Name", name)), w: w, name: name}
	v.subtitle(words.Say("app.logs.about"), colorMuted)
	v.search = newField(words.Say("app.logs.search"))
	v.search.SetIcon(tinted(theme.SearchIcon(), colorMuted))
	v.search.OnChanged = func(string) { v.filter() }
	var names []string
	for _, s := range sources {
		names = append(names, words.Say("app.logs.source."+string(s)))
	}
	v.source = newChoice(func(string) { v.filter() })
	v.source.put(names, names[0])
	v.copy = newIconButton(words.Say("app.logs.copy"), theme.ContentCopyIcon(), v.onCopy)
	v.record = newCheck(words.Say("app.logs.record"), v.onRecord)
	v.list = newRows(func() int { return len(v.shown) },
		func() fyne.CanvasObject { return newLogRow() },
		func(i int, o fyne.CanvasObject) { o.(*logRow).set(v.shown[i], v.w.opts.Now()) })
	v.list.OnSelected = v.onLine
	v.none = container.NewVBox(card(newPara(words.Say("app.logs.none"), colorMuted).box))
	v.text = newMono("")
	v.whole = card(v.text.box)
	v.whole.Hide()
	find := edges(nil, nil, nil, framed(190, v.source), v.search)
	v.full = edges(container.NewVBox(find, v.record, gap(0, 4)), padded(8, 0, v.whole), nil, nil,
		container.NewStack(newGround(colorSurface, colorBorder, 10), padded(6, 6, v.list)))
	v.full.Hide()
	v.lay(newIconButton(name, iconBack, v.onEscape).quiet(), []fyne.CanvasObject{v.copy}, container.NewStack(v.full, v.none), nil)
	return v
}

// follow begins to show the lines, until the view is left.
func (v *logs) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	v.stop = cancel
	v.w.opts.Go(func() {
		on := v.w.actions.Recording(v.name)
		fyne.Do(func() { v.record.put(on) })
		err := v.w.actions.Follow(ctx, v.name, func(lines []companion.LogLine) {
			fyne.Do(func() { v.add(lines) })
		})
		if err != nil && ctx.Err() == nil {
			fyne.Do(func() { v.told.failed(err) })
		}
	})
}

// add takes new lines in, in the order of time.
func (v *logs) add(lines []companion.LogLine) {
	if v.w.open[tabServers] != view(v) {
		v.stop()
		return
	}
	v.all = append(v.all, lines...)
	slices.SortStableFunc(v.all, func(a, b companion.LogLine) int { return a.Time.Compare(b.Time) })
	v.all = v.all[max(0, len(v.all)-maxLines):]
	show(v.full, len(v.all) > 0)
	show(v.none, len(v.all) == 0)
	v.filter()
}

func (v *logs) filter() {
	find, source := strings.ToLower(strings.TrimSpace(v.search.Text)), sources[max(0, v.source.SelectedIndex())]
	atEnd := len(v.shown) == 0 || v.list.GetScrollOffset() >= v.list.MinSize().Height*float32(len(v.shown))-v.list.Size().Height-40
	v.shown = v.shown[:0:0]
	for _, l := range v.all {
		own := l.Source == source || source == companion.ServerSaid && l.Source == companion.Launcher
		if (source == "" || own) && strings.Contains(strings.ToLower(l.Text+" "+l.Body+" "+l.Client), find) {
			v.shown = append(v.shown, l)
		}
	}
	v.list.UnselectAll()
	v.list.Refresh()
	if atEnd {
		v.list.ScrollToBottom()
	}
}

// onLine shows the line uncut below the list.
func (v *logs) onLine(i widget.ListItemID) {
	if i >= len(v.shown) {
		return
	}
	l := v.shown[i]
	text := l.Text
	if l.Body != "" {
		text += "\n" + l.Body
	}
	if r := []rune(text); len(r) > maxShownLine {
		text = string(r[:maxShownLine]) + "…"
	}
	v.text.set(text)
	v.whole.Show()
	v.box.Refresh()
}

// maxShownLine is how much of a line is drawn below the list.
const maxShownLine = 1500

// onCopy copies what the list shows.
func (v *logs) onCopy() {
	var b strings.Builder
	for _, l := range v.shown {
		b.WriteString(l.Time.Format("2006-01-02 15:04:05.000") + "  " + logFrom(l) + "  " + l.Text + "\n")
		if l.Body != "" {
			b.WriteString("    " + l.Body + "\n")
		}
	}
	fyne.CurrentApp().Clipboard().SetContent(b.String())
	v.told.done(words.Say("app.logs.copied"), words.Say("app.logs.copied.about"))
}

// onRecord has the contents of messages recorded, after saying what that means.
func (v *logs) onRecord(on bool) {
	set := func() {
		v.busy.run(words.Say("app.doing.apply"), func(ctx context.Context) error {
			return v.w.actions.Record(ctx, v.name, on)
		}, func(err error) {
			if err != nil {
				v.record.put(!on)
				v.told.failed(err)
			}
		})
	}
	if !on {
		set()
		return
	}
	v.w.question(question{
		title: words.Say("app.logs.record.title"), text: words.Say("app.logs.record.text"),
		yes: words.Say("app.logs.record.yes"), danger: true,
		onYes: set, onNo: func() { v.record.put(false) },
	})
}

func (v *logs) render(companion.State) {}
func (v *logs) onEnter()               {}

func (v *logs) onEscape() {
	if v.stop != nil {
		v.stop()
	}
	v.w.openServer(v.name)
}

// logRow is one line of the log.
type logRow struct {
	widget.BaseWidget
	when, from, text *line
	content          *fyne.Container
}

func newLogRow() *logRow {
	r := &logRow{
		when: newLine("", colorMuted, theme.SizeNameCaptionText),
		from: newLine("", colorMuted, theme.SizeNameCaptionText),
		text: newLine("", theme.ColorNameForeground, theme.SizeNameCaptionText).mono(),
	}
	height := r.when.MinSize().Height
	r.content = padded(3, 6, edges(nil, nil, row(8,
		container.NewGridWrap(fyne.NewSize(62, height), r.when), container.NewGridWrap(fyne.NewSize(110, height), r.from)), nil, padded(0, 6, r.text)))
	r.ExtendBaseWidget(r)
	return r
}

func (r *logRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

func (r *logRow) set(l companion.LogLine, now time.Time) {
	format := "15:04:05"
	if now.Sub(l.Time) > 12*time.Hour {
		format = "Jan 2 15:04"
	}
	r.when.set(l.Time.Local().Format(format), colorMuted)
	r.from.set(logFrom(l), colorMuted)
	color := theme.ColorNameForeground
	if l.Bad {
		color = theme.ColorNameError
	}
	text, _, _ := strings.Cut(l.Text, "\n")
	r.text.set(fitRunes(text, 300), color)
}

// logFrom says who a line is from.
func logFrom(l companion.LogLine) string {
	if l.Client != "" && (l.Source == companion.AppSaid || l.Source == companion.Message) {
		return l.Client
	}
	return words.Say("app.logs.from." + string(l.Source))
}
