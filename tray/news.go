package tray

import (
	"time"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// news finds in each State what is worth a notification: a server in use that
// got worse and now needs the user or fails. It keeps still at first, when
// servers and networks wake up, and never says much.
type news struct {
	began time.Time
	was   map[string]companion.Status // by server, as last known for sure
	told  map[string]time.Time        // by server
	said  []time.Time                 // notifications of the last hour
	last  time.Time                   // a State was looked at
}

const (
	quietAtFirst  = 2 * time.Minute
	quietOnServer = 6 * time.Hour
	mostAnHour    = 3
)

// of returns the notification's title and text, "" for none.
func (n *news) of(s companion.State, now time.Time) (title, text string) {
	worse := n.worse(s)
	if !n.last.IsZero() && slept(now.Round(0).Sub(n.last.Round(0)), now.Sub(n.last)) {
		n.began = now // servers and networks wake up again
	}
	n.last = now
	if now.Sub(n.began) < quietAtFirst || n.isLoud(now) {
		return "", ""
	}
	var list []companion.ServerState
	for _, v := range worse {
		if last, ok := n.told[v.Name]; !ok || now.Sub(last) >= quietOnServer {
			list = append(list, v)
			n.told[v.Name] = now
		}
	}
	if len(list) == 0 {
		return "", ""
	}
	n.said = append(n.said, now)
	if len(list) == 1 {
		return list[0].Name, list[0].Summary
	}
	return Name, words.Say("tray.summary.needs-you", "Count", len(list))
}

// slept reports whether the computer slept between two looks: the wall's clock went
// on, and the one that counts went slower.
func slept(wall, counted time.Duration) bool { return wall-counted > time.Minute }

// worse lists the servers that were better when they were last known.
func (n *news) worse(s companion.State) []companion.ServerState {
	if n.was == nil {
		n.was, n.told = map[string]companion.Status{}, map[string]time.Time{}
	}
	var list []companion.ServerState
	for _, v := range inUse(s) {
		if v.Status == companion.Unknown || v.Status == companion.Starting {
			continue // on the way to something
		}
		before, known := n.was[v.Name]
		n.was[v.Name] = v.Status
		if known && v.Status > before && v.Status >= companion.NeedsYou {
			list = append(list, v)
		}
	}
	return list
}

func (n *news) isLoud(now time.Time) bool {
	for len(n.said) > 0 && now.Sub(n.said[0]) >= time.Hour {
		n.said = n.said[1:]
	}
	return len(n.said) >= mostAnHour
}
