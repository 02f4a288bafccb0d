package app

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"mcp-companion/servers"
	"mcp-companion/words"
)

// formMore is the form's folded part: what hardly any server needs.
type formMore struct {
	folded
	start     *asked
	call      *asked
	notes     *check // lines that are no messages are left out
	hide      *asked // tools that the apps don't see
	unwatched *check
	watching  *fyne.Container // what a program alone has
}

func newFormMore(changed func()) *formMore {
	m := &formMore{}
	m.start = newAsked("start", newField(words.Say("app.form.start.hint")), changed)
	m.call = newAsked("call", newField(words.Say("app.form.call.hint")), changed)
	m.unwatched = newCheck(words.Say("app.form.unwatched"), func(bool) { changed() })
	m.notes = newCheck(words.Say("app.form.notes"), func(bool) { changed() })
	m.hide = newAsked("hide", newLines(words.Say("app.form.hide.hint"), 2), changed)
	m.watching = stack(16,
		stack(3, container.NewHBox(m.notes), newCaption(words.Say("app.form.notes.help")).box),
		m.hide.box,
		stack(3, container.NewHBox(m.unwatched), newCaption(words.Say("app.form.unwatched.help")).box))
	m.folded = newFolded(words.Say("app.form.more"), stack(16, m.start.box, m.call.box, m.watching))
	return m
}

// fill puts the server in, and unfolds where something of it is set.
func (m *formMore) fill(s servers.Server) {
	m.start.field.SetText(limitText(s.StartTimeout))
	m.call.field.SetText(limitText(s.CallTimeout))
	m.unwatched.put(s.NoWatching)
	m.notes.put(s.DropNotes)
	m.hide.field.SetText(strings.Join(s.HideTools, "\n"))
	if s.StartTimeout != 0 || s.CallTimeout != 0 || s.NoWatching || s.DropNotes || len(s.HideTools) > 0 {
		m.unfold()
	}
}

// read puts what stands here into s. What can't be was complained about.
func (m *formMore) read(s *servers.Server) {
	s.StartTimeout, _ = limitOf(m.start.field.Text)
	s.CallTimeout, _ = limitOf(m.call.field.Text)
	if m.watching.Visible() {
		s.NoWatching, s.DropNotes, s.HideTools = m.unwatched.Checked, m.notes.Checked, m.hidden()
	}
}

// hidden are the tools to hide, one a line.
func (m *formMore) hidden() []string {
	var names []string
	for _, l := range lines(m.hide.field.Text) {
		if l = strings.TrimSpace(l); l != "" {
			names = append(names, l)
		}
	}
	return names
}

// complaint says under a field what can't be; beside Save what to change.
func (m *formMore) complaint() string {
	filters := m.watching.Visible() && (m.notes.Checked || len(m.hidden()) > 0)
	m.hide.complain("")
	if filters && m.unwatched.Checked {
		m.hide.complain(words.Say("app.form.hide.unwatched"))
		return words.Say("app.form.wrong.watching")
	}
	reason := ""
	for _, limit := range []*asked{m.start, m.call} {
		limit.complain("")
		if _, ok := limitOf(limit.field.Text); !ok {
			limit.complain(words.Say("app.form.seconds", "Most", mostSeconds))
			reason = words.Say("app.form.wrong.limit")
		}
	}
	if unwatched := m.watching.Visible() && m.unwatched.Checked; unwatched && reason == "" && limitSet(m.call.field.Text) {
		reason = words.Say("app.form.call.unwatched")
		m.call.complain(reason)
	}
	return reason
}

func (m *formMore) snapshot() string {
	return strings.Join([]string{m.start.field.Text, m.call.field.Text, m.hide.field.Text, strconv.FormatBool(m.unwatched.Checked), strconv.FormatBool(m.notes.Checked)}, "\x00")
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

func limitSet(text string) bool {
	n, ok := limitOf(text)
	return ok && n > 0
}

func limitText(seconds int) string {
	if seconds == 0 {
		return ""
	}
	return strconv.Itoa(seconds)
}
