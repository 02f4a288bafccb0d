package app

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/servers"
	"mcp-companion/words"
)

// formMore is the form's folded part: what hardly any server needs.
type formMore struct {
	box       *fyne.Container
	fold      *button
	body      *fyne.Container
	start     *asked
	unwatched *check
	watching  *fyne.Container // unwatched with a word about it
}

func newFormMore(changed func()) *formMore {
	m := &formMore{}
	m.start = newAsked("start", newField(words.Say("app.form.start.hint")), changed)
	m.unwatched = newCheck(words.Say("app.form.unwatched"), func(bool) { changed() })
	m.watching = stack(3, container.NewHBox(m.unwatched), newCaption(words.Say("app.form.unwatched.help")).box)
	m.body = stack(16, m.start.box, m.watching)
	m.fold = newIconButton(words.Say("app.form.more"), theme.MenuDropDownIcon(), m.onFold).quiet()
	m.body.Hide()
	m.box = stack(10, flush(m.fold), m.body)
	return m
}

func (m *formMore) onFold() {
	visible := m.body.Visible()
	show(m.body, !visible)
	m.fold.SetIcon(map[bool]fyne.Resource{true: theme.MenuDropDownIcon(), false: theme.MenuDropUpIcon()}[visible])
	m.box.Refresh()
}

// fill puts the server in, and unfolds where something of it is set.
func (m *formMore) fill(s servers.Server) {
	m.start.field.SetText(limitText(s.StartTimeout))
	m.unwatched.put(s.NoWatching)
	if s.StartTimeout != 0 || s.NoWatching {
		m.onFold()
	}
}

// read puts what stands here into s. What can't be was complained about.
func (m *formMore) read(s *servers.Server) {
	s.StartTimeout, _ = limitOf(m.start.field.Text)
	if m.watching.Visible() {
		s.NoWatching = m.unwatched.Checked
	}
}

// complaint says under the limit whether it can't be; beside Save what to change.
func (m *formMore) complaint() string {
	if _, ok := limitOf(m.start.field.Text); ok {
		m.start.complain("")
		return ""
	}
	m.start.complain(words.Say("app.form.seconds", "Most", mostSeconds))
	return words.Say("app.form.wrong.limit")
}

func (m *formMore) snapshot() string {
	return m.start.field.Text + "\x00" + strconv.FormatBool(m.unwatched.Checked)
}

// mostSeconds is a day.
const mostSeconds = 24 * 60 * 60

// limitOf reads a time limit in seconds; empty is 0, the program's own.
func limitOf(text string) (int, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= mostSeconds
}

func limitText(seconds int) string {
	if seconds == 0 {
		return ""
	}
	return strconv.Itoa(seconds)
}
