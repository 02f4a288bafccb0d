package app

import (
	"slices"
	"strings"
	"time"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// allText tells in a few words how the servers in use are.
func allText(s companion.State) string {
	count := map[companion.Status]int{}
	used := 0
	for _, v := range s.Servers {
		if v.InUse {
			used++
			count[v.Status]++
		}
	}
	switch {
	case used == 0:
		return words.Say("app.all.none")
	case count[companion.Failing] > 0:
		return words.Say("app.all.failing", "Count", count[companion.Failing])
	case count[companion.NeedsYou] > 0:
		return words.Say("app.all.needs-you", "Count", count[companion.NeedsYou])
	case count[companion.Starting] > 0:
		return words.Say("app.all.starting", "Count", count[companion.Starting])
	case count[companion.Healthy] == used:
		return words.Say("app.all.healthy", "Count", used)
	default:
		return words.Say("app.all.unknown", "Count", used)
	}
}

// setText names the current set.
func setText(set string) string {
	switch set {
	case companion.AllServers:
		return words.Say("app.set.all")
	case companion.Mixed:
		return words.Say("app.set.mixed")
	default:
		return words.Say("app.set.one", "Set", set)
	}
}

// setName is a set as lists and drop-downs spell it.
func setName(set string) string {
	if set == companion.AllServers {
		return words.Say("app.sets.all")
	}
	return set
}

// when is t as a person says it, seen from now.
func when(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	clock := t.Format("15:04")
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	switch days := int(day(now).Sub(day(t)).Hours()+12) / 24; {
	case t.IsZero():
		return ""
	case days == 0:
		return words.Say("app.when.today", "Time", clock)
	case days == 1:
		return words.Say("app.when.yesterday", "Time", clock)
	default:
		return words.Say("app.when.date", "Date", t.Format("2006-01-02"), "Time", clock)
	}
}

// ago is how long before now t was.
func ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return words.Say("app.ago.never")
	case d < time.Minute:
		return words.Say("app.ago.now")
	case d < time.Hour:
		return words.Say("app.ago.minutes", "Count", int(d.Minutes()))
	case d < 24*time.Hour:
		return words.Say("app.ago.hours", "Count", int(d.Hours()))
	default:
		return when(t, now)
	}
}

// matches reports whether the server has every word of query, in its name, its
// line of state, what it starts or the apps it is in.
func matches(s companion.ServerState, query string) bool {
	return holdsWords(strings.Join(slices.Concat(
		[]string{s.Name, s.Summary, s.Server.Command, s.Server.URL}, s.Server.Args, s.Clients, s.Sets), " "), query)
}

// holdsWords reports whether text has every word of query.
func holdsWords(text, query string) bool {
	text = strings.ToLower(text)
	for _, w := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// shortPath is path with the home folder as ~.
func shortPath(path, home string) string {
	if home != "" && strings.HasPrefix(path, home) && len(path) > len(home) && strings.ContainsRune(`/\`, rune(path[len(home)])) {
		return "~" + path[len(home):]
	}
	return path
}

func equal(a, b []string) bool { return slices.Equal(a, b) }
