package tray

import (
	"unicode/utf8"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// menu is what the tray's menu says, a value: for each of groups its lines. The
// rest of the program makes it, this file alone decides what is in it.
type menu [len(groups)][]line

// groups are the parts of the menu, top to bottom. Each has places for so many
// lines, made once and hidden while unused; those with boxes show check boxes.
// What opens a submenu has a place of its own, for it can do nothing else ever.
// A ruled group has a separator above it, which can't be hidden: it or those
// after it up to the next ruled one always have a line.
var groups = [...]struct {
	places       int
	boxes, ruled bool
}{
	{places: maxAttention + 1},                  // what needs the user; else how all is
	{places: maxSets, boxes: true, ruled: true}, // the sets,
	{places: 1},              // or a submenu of them, when they are many,
	{places: 1},              // or how to make one
	{places: 1, ruled: true}, // the servers
	{places: 3},              // what to do
	{places: 1, ruled: true}, // quit
}

// How much a menu shows before a line says how many more there are.
const (
	maxAttention = 3
	maxSets      = 6
	maxChildren  = 15
	maxLabel     = 40
)

// line is one entry. An entry with lines of its own opens those.
type line struct {
	label   string
	checked bool
	do      action
	lines   []line // boxes all, but for one after maxChildren
}

// action is what a click on an entry asks for.
type action struct {
	verb verb
	arg  string
}

type verb string

const (
	nothing verb = ""
	open    verb = "open"    // the window, at the page arg
	use     verb = "use"     // the set arg
	check   verb = "check"   // the servers in use
	restart verb = "restart" // the client arg
	quit    verb = "quit"
)

// menuFor makes the menu of a State. A note is what the tray itself has to say,
// of an action under way or one that went wrong; "" for nothing.
func menuFor(s companion.State, note string) menu {
	sets, submenu, newSet := setLines(s)
	return menu{
		topLines(s, note),
		sets, submenu, newSet,
		serversLine(s),
		doLines(s),
		{{label: words.Say("tray.quit"), do: action{verb: quit}}},
	}
}

// topLines is what needs the user, most urgent first; when nothing does, one
// line says how things are: not every desktop shows tooltips.
func topLines(s companion.State, note string) []line {
	var list []line
	if note != "" {
		list = append(list, line{label: short(note, maxLabel), do: action{verb: open}})
	}
	urgent := s.Attention()
	for i, a := range urgent {
		if i == maxAttention {
			list = append(list, line{label: words.Say("tray.more", "Count", len(urgent)-i), do: action{verb: open}})
			break
		}
		do := action{open, a.Page}
		if a.Client != "" {
			do = action{restart, a.Client}
		}
		list = append(list, line{label: short(words.Say("tray.attention", "Text", a.Text), maxLabel), do: do})
	}
	if len(list) == 0 {
		list = append(list, line{label: short(summary(s), maxLabel), do: action{verb: open}})
	}
	return list[:min(len(list), maxAttention+1)]
}

// setLines lists the sets in place, or in a submenu when they are many; where
// there are none it offers to make one.
func setLines(s companion.State) (sets, submenu, newSet []line) {
	if len(s.Sets) == 0 {
		return nil, nil, []line{{label: words.Say("tray.set.new"), do: action{open, "sets/new"}}}
	}
	sets = []line{{label: words.Say("tray.set.all"), checked: s.Set == companion.AllServers, do: action{use, companion.AllServers}}}
	for _, set := range s.Sets {
		sets = append(sets, line{label: short(set.Line(), maxLabel), checked: set.Current, do: action{use, set.Name}})
	}
	if len(sets) <= maxSets {
		return sets, nil, nil
	}
	return nil, []line{{label: short(setsLabel(s), maxLabel), lines: childLines(sets, "sets")}}, nil
}

func setsLabel(s companion.State) string {
	switch s.Set {
	case companion.Mixed:
		return words.Say("tray.set.mixed")
	case companion.AllServers:
		return words.Say("tray.set.current", "Set", words.Say("tray.set.all"))
	}
	for _, set := range s.Sets {
		if set.Current {
			return words.Say("tray.set.current", "Set", set.Line())
		}
	}
	return words.Say("tray.set.current", "Set", s.Set)
}

func serversLine(s companion.State) []line {
	if len(s.Servers) == 0 {
		return nil
	}
	label := words.Say("tray.servers", "On", len(inUse(s)), "All", len(s.Servers))
	return []line{{label: label, lines: childLines(serverLines(s), "servers")}}
}

func doLines(s companion.State) []line {
	list := []line{
		{label: words.Say("tray.add"), do: action{open, "add"}},
		{label: words.Say("tray.open"), do: action{verb: open}},
	}
	if len(inUse(s)) > 0 {
		list = append(list, line{label: words.Say("tray.check"), do: action{verb: check}})
	}
	return list
}

// serverLines has a line for each server, checked when it is in use, with its
// state in words unless it is well.
func serverLines(s companion.State) []line {
	var list []line
	for _, v := range s.Servers {
		label := v.Name
		if v.InUse && v.Status >= companion.Starting && v.Summary != "" {
			label = v.Line()
		}
		list = append(list, line{label: short(label, maxLabel), checked: v.InUse, do: action{open, "servers/" + v.Name}})
	}
	return list
}

// childLines keeps what fits into a submenu; a last line opens the page that
// has all.
func childLines(all []line, page string) []line {
	if len(all) <= maxChildren {
		return all
	}
	more := line{label: words.Say("tray.more", "Count", len(all)-maxChildren), do: action{open, page}}
	return append(all[:maxChildren:maxChildren], more)
}

func inUse(s companion.State) []companion.ServerState {
	var on []companion.ServerState
	for _, v := range s.Servers {
		if v.InUse {
			on = append(on, v)
		}
	}
	return on
}

// short is text in at most limit characters, cut in the middle: names often
// differ at their ends.
func short(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	r := []rune(text)
	left := limit / 2
	return string(r[:left]) + "…" + string(r[len(r)-(limit-left-1):])
}
