package tray

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"mcp-companion/companion"
	"mcp-companion/words"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMenuSaysTheState(t *testing.T) {
	const golden = "testdata/menus.txt"
	var b strings.Builder
	for _, c := range cases() {
		fmt.Fprintf(&b, "== %s\ntooltip: %s\nicon: %v\n%s\n", c.name, tooltipFor(c.state, c.note), statusOf(c.state), menuFor(c.state, c.note))
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the menus are not those of %s (-update rewrites it):\n%s", golden, b.String())
	}
}

func TestMenuFitsItsPlaces(t *testing.T) {
	for _, c := range cases() {
		for i, lines := range menuFor(c.state, c.note) {
			if len(lines) > groups[i].places {
				t.Errorf("%s: group %d has %d lines for %d places", c.name, i, len(lines), groups[i].places)
			}
			for _, l := range lines {
				if len(l.lines) > maxChildren+1 {
					t.Errorf("%s: %q has %d lines", c.name, l.label, len(l.lines))
				}
				for _, l := range append(l.lines, l) {
					if utf8.RuneCountInString(l.label) > maxLabel || l.label == "" {
						t.Errorf("%s: label %q", c.name, l.label)
					}
				}
			}
		}
		if n := utf8.RuneCountInString(tooltipFor(c.state, c.note)); n > maxTooltip {
			t.Errorf("%s: tooltip of %d characters", c.name, n)
		}
	}
}

func TestShortCutsInTheMiddle(t *testing.T) {
	for _, c := range []struct {
		text, want string
		limit      int
	}{
		{"abc", "abc", 3},
		{"abcdef", "ab…f", 4},
		{"äöüß€", "äö…€", 4},
	} {
		if got := short(c.text, c.limit); got != c.want {
			t.Errorf("short(%q, %d) = %q, not %q", c.text, c.limit, got, c.want)
		}
	}
}

type testCase struct {
	name, note string
	state      companion.State
}

func cases() []testCase {
	calm := state(companion.Healthy, "files", "github", "notion")
	calm.Sets = sets("Development", "Data")
	calm.Set, calm.Sets[0].Current = "Development", true
	calm.Servers[2].InUse = false

	several := state(companion.Healthy, "files", "notion", "slack")
	several.Servers[1].Status, several.Servers[1].Summary = companion.NeedsYou, "Sign in again"
	several.Servers[2].Status, several.Servers[2].Summary = companion.Failing, "Not working"
	several.Status = companion.Failing
	several.Pending = []companion.PendingState{{Client: "claude-desktop", Title: "Claude Desktop"}, {Client: "cursor", Title: "Cursor"}}

	starting := state(companion.Starting, "files", "a-server-with-a-name-that-is-much-too-long-for-any-menu")
	for i := range starting.Servers {
		starting.Servers[i].Summary = "Starting…"
	}

	waiting := state(companion.Unknown, "files")
	waiting.Pending = []companion.PendingState{{Client: "claude-desktop", Title: "Claude Desktop"}}

	var names []string
	for i := range 18 {
		names = append(names, fmt.Sprintf("server-%02d", i))
	}
	many := state(companion.Unknown, names...)
	many.Sets = sets("A", "B", "C", "D", "E", "F")
	many.Set = companion.Mixed

	marked := state(companion.Healthy, "files")
	marked.Sets = sets("A", "B", "C", "D", "E", "F")
	marked.Sets[0].Icon, marked.Sets[1].Icon, marked.Sets[2].Icon = "code", "home", "of-a-later-version"
	marked.Set, marked.Sets[0].Current = "A", true

	off := state(companion.Off, "files")
	off.Servers[0].InUse = false

	broken := companion.State{Problem: words.For(errors.New("library.json: line 3"))}

	return []testCase{
		{name: "nothing yet"},
		{name: "all well in a set", state: calm},
		{name: "switching", state: calm, note: "Switching to Data…"},
		{name: "several things", state: several},
		{name: "starting", state: starting},
		{name: "only a restart", state: waiting},
		{name: "too many", state: many},
		{name: "sets with marks", state: marked},
		{name: "all off", state: off},
		{name: "a broken library", state: broken},
	}
}

// state has the servers, all in use and of one status.
func state(status companion.Status, names ...string) companion.State {
	s := companion.State{Status: status}
	for _, n := range names {
		s.Servers = append(s.Servers, companion.ServerState{Name: n, Status: status, InUse: true})
	}
	return s
}

func sets(names ...string) []companion.SetState {
	var list []companion.SetState
	for _, n := range names {
		list = append(list, companion.SetState{Name: n})
	}
	return list
}

// String draws the menu with what each click does.
func (m menu) String() string {
	var b strings.Builder
	for i, lines := range m {
		if groups[i].ruled {
			b.WriteString("    --------\n")
		}
		for _, l := range lines {
			l.draw(&b, groups[i].boxes, 0)
		}
	}
	return b.String()
}

func (l line) draw(b *strings.Builder, box bool, depth int) {
	mark := map[bool]string{true: "[ ]"}[box]
	if l.checked {
		mark = "[x]"
	}
	text := fmt.Sprintf("%s%-3s %-42s%s %s", strings.Repeat("    ", depth), mark, l.label, l.do.verb, l.do.arg)
	b.WriteString(strings.TrimRight(text, " ") + "\n")
	for i, c := range l.lines {
		c.draw(b, i < maxChildren, depth+1)
	}
}
