package tray

import (
	"strings"

	"mcp-companion/assets"
	"mcp-companion/companion"
	"mcp-companion/words"
)

// panel says what the icon is shown on, as assets names it.
type panel string

const (
	anyPanel   panel = "any" // not known: an icon that stands out from both
	darkPanel  panel = "dark"
	lightPanel panel = "light"
	template   panel = "template" // macOS takes the shape and colours it itself
)

// panelFor tells the panel of a Linux desktop, from XDG_CURRENT_DESKTOP: only
// GNOME's is always dark, the others' follow themes nobody can ask for.
func panelFor(desktop string) panel {
	for name := range strings.SplitSeq(desktop, ":") {
		if name == "GNOME" || name == "Unity" {
			return darkPanel
		}
	}
	return anyPanel
}

// iconFor is the icon of a status on a panel, of the kind the system takes
// (".png" or ".ico"). Servers not yet looked at are no news, so Unknown looks
// like Healthy; the words tell them apart.
func iconFor(status companion.Status, p panel, kind string) []byte {
	if status == companion.Unknown {
		status = companion.Healthy
	}
	data, err := assets.Icons.ReadFile("icons/" + string(p) + "/" + status.String() + kind)
	if err != nil {
		panic(err) // embedded: only a broken build has none
	}
	return data
}

// statusOf is what the icon shows: the servers' status, and at least NeedsYou
// while anything waits for the user, a restart for example.
func statusOf(s companion.State) companion.Status {
	if len(s.Attention()) > 0 {
		return max(s.Status, companion.NeedsYou)
	}
	return s.Status
}

// maxTooltip is ours; Windows cuts at 127 UTF-16 units.
const maxTooltip = 63

// tooltipFor is the state in one short line, or the tray's own note.
func tooltipFor(s companion.State, note string) string {
	if note == "" {
		note = summary(s)
	}
	return short(words.Say("tray.tooltip", "Text", note), maxTooltip)
}

// summary says in a few words how things are.
func summary(s companion.State) string {
	on := inUse(s)
	switch statusOf(s) {
	case companion.Off:
		if len(s.Servers) == 0 {
			return words.Say("tray.summary.none")
		}
		return words.Say("tray.summary.off")
	case companion.Starting:
		return words.Say("tray.summary.starting", "Count", count(on, companion.Starting))
	case companion.NeedsYou:
		urgent := s.Attention()
		if len(urgent) == 1 {
			return urgent[0].Text
		}
		return words.Say("tray.summary.needs-you", "Count", len(urgent))
	case companion.Failing:
		return words.Say("tray.summary.failing", "Count", count(on, companion.Failing))
	case companion.Unknown:
		return inSet(s, words.Say("tray.summary.unknown", "Count", len(on)))
	}
	return inSet(s, words.Say("tray.summary.healthy", "Count", len(on)))
}

// inSet puts the set before what is said of its servers.
func inSet(s companion.State, text string) string {
	if s.Set == companion.AllServers || s.Set == companion.Mixed {
		return text
	}
	return words.Say("tray.summary.in-set", "Set", s.Set, "Text", text)
}

func count(list []companion.ServerState, status companion.Status) (n int) {
	for _, v := range list {
		if v.Status == status {
			n++
		}
	}
	return n
}
