package companion

import (
	"os"
	"slices"
	"sync"
	"time"

	"mcp-companion/clients"
	"mcp-companion/launch"
	"mcp-companion/servers"
)

// past is what was read of ended sessions and of the clients' logs, kept while the
// files stay as they are: a State is made often, and they change seldom.
type past struct {
	sync.Mutex
	ended map[string]endedAt  // by the server's id
	logs  map[string]loggedAt // by the client's id
}

type endedAt struct {
	at   time.Time // of the folder
	list []launch.Session
}

type loggedAt struct {
	mark string
	list []clients.LogEvent
}

func newPast() *past { return &past{ended: map[string]endedAt{}, logs: map[string]loggedAt{}} }

// What a verdict needs of the past, no more: the resident keeps it in memory.
const (
	endedKept  = 5
	endedLines = 3
	logsSince  = 6 * time.Hour
	logsKept   = 200
)

// ended lists the server's last ended sessions, newest first.
func (c *Companion) ended(id string) []launch.Session {
	var at time.Time
	if i, err := os.Stat(c.home.Logs(id)); err == nil {
		at = i.ModTime()
	}
	c.past.Lock()
	defer c.past.Unlock()
	if was, ok := c.past.ended[id]; ok && was.at.Equal(at) {
		return was.list
	}
	list, _ := launch.EndedSessions(c.home, id) // what can't be read is not known
	list = slices.Clone(list[:min(len(list), endedKept)])
	for i, s := range list {
		list[i].Stderr = slices.Clone(s.Stderr[max(0, len(s.Stderr)-endedLines):])
	}
	c.past.ended[id] = endedAt{at, list}
	return list
}

// logged is what the managed clients' own logs tell of each server, by its id.
func (c *Companion) logged(lib *servers.Library, now time.Time) map[string][]clients.LogEvent {
	events := map[string][]clients.LogEvent{}
	for _, client := range clients.All() {
		lc := lib.Clients[client.ID]
		if lc == nil || !lc.Managed {
			continue
		}
		ids := map[string]string{}
		for key, entry := range lc.Entries {
			ids[client.LogKey(key)] = entry.Server
		}
		for _, e := range c.clientLog(client, now) {
			if id := ids[client.LogKey(e.Key)]; id != "" {
				events[id] = append(events[id], e)
			}
		}
	}
	return events
}

// clientLog is what the client's own logs tell of the last hours, without the lines
// that servers wrote.
func (c *Companion) clientLog(client *clients.Client, now time.Time) []clients.LogEvent {
	mark := client.LogMark(c.system)
	c.past.Lock()
	defer c.past.Unlock()
	if was, ok := c.past.logs[client.ID]; ok && was.mark == mark {
		return was.list
	}
	list := client.LogEvents(c.system, "", now.Add(-logsSince), 10*logsKept)
	list = slices.DeleteFunc(list, func(e clients.LogEvent) bool { return e.Kind == clients.LogSaid || e.Kind == clients.LogOther })
	list = slices.Clone(list[max(0, len(list)-logsKept):])
	for i := range list {
		list[i].Text = "" // the verdict says it in words of its own
	}
	c.past.logs[client.ID] = loggedAt{mark, list}
	return list
}
