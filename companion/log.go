package companion

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"mcp-companion/clients"
	"mcp-companion/launch"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// LogLine is one line of what happened to a server: what it said, what was asked
// and answered, what an AI app noted about it. It holds no secret.
type LogLine struct {
	Time   time.Time
	Source LogSource
	Client string // title of the AI app, "" when unknown
	Text   string
	Bad    bool   // it tells of a failure
	Body   string // of a message, while contents were recorded
}

// LogSource is who a line is from.
type LogSource string

// The sources: the server's own words, the messages between it and the app, the
// app's log, and the launcher.
const (
	ServerSaid LogSource = "server"
	Message    LogSource = "message"
	AppSaid    LogSource = "app"
	Launcher   LogSource = "launcher"
)

// How much of a log is read, and how often it is looked at.
const (
	logMost    = 2000
	logLook    = 500 * time.Millisecond
	appLook    = 2 * time.Second // at the clients' own
	appLogDays = 7 * 24 * time.Hour
	recordTime = 10 * time.Minute
)

// Log is what happened to the server lately, oldest first, at most the last most
// lines.
func (c *Companion) Log(ctx context.Context, name string, most int) ([]LogLine, error) {
	r, err := c.logReader(ctx, name)
	if err != nil {
		return nil, err
	}
	lines, err := r.next(time.Now())
	return lines[max(0, len(lines)-most):], err
}

// Follow calls show with what happened to the server lately, which may be nothing,
// and then with what comes, oldest first, until ctx ends.
func (c *Companion) Follow(ctx context.Context, name string, show func([]LogLine)) error {
	r, err := c.logReader(ctx, name)
	if err != nil {
		return err
	}
	tick := time.NewTicker(logLook)
	defer tick.Stop()
	for first := true; ; first = false {
		lines, err := r.next(time.Now())
		if err != nil {
			return err
		}
		if first || len(lines) > 0 {
			show(lines)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Record has the contents of the server's messages kept in its log for ten minutes,
// or no longer.
func (c *Companion) Record(_ context.Context, name string, on bool) error {
	lib, err := c.Library()
	if err != nil {
		return err
	}
	_, s, ok := lib.Find(name)
	if !ok {
		return words.New(words.ServerUnknown, nil, "Name", name)
	}
	until := time.Time{}
	if on {
		until = time.Now().Add(recordTime)
	}
	return launch.RecordPayloads(c.home, s.ID, until)
}

// Recording reports whether contents are kept now.
func (c *Companion) Recording(name string) bool {
	lib, _ := c.libraryToShow()
	if lib == nil {
		return false
	}
	_, s, ok := lib.Find(name)
	return ok && launch.PayloadsUntil(c.home, s.ID).After(time.Now())
}

// logReader reads one server's log, from where it left off.
type logReader struct {
	c      *Companion
	id     string
	keys   map[*clients.Client]string // its key in each managed client's file
	hide   secrets.Redactor
	mark   launch.Mark
	looked time.Time // at the clients' logs
	last   map[*clients.Client]time.Time
	marks  map[*clients.Client]string
}

func (c *Companion) logReader(ctx context.Context, name string) (*logReader, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	_, s, ok := lib.Find(name)
	if !ok {
		return nil, words.New(words.ServerUnknown, nil, "Name", name)
	}
	r := &logReader{c: c, id: s.ID, keys: map[*clients.Client]string{}, last: map[*clients.Client]time.Time{}, marks: map[*clients.Client]string{}}
	r.hide = secrets.NewRedactor(c.values(ctx, lib, s))
	for _, client := range clients.All() {
		if lc := lib.Clients[client.ID]; lc != nil && lc.Managed {
			for key, e := range lc.Entries {
				if e.Server == s.ID {
					r.keys[client] = key
				}
			}
		}
	}
	return r, nil
}

// values are the server's keys, to be kept out of what is shown. What can't be read
// is hidden by its look alone.
func (c *Companion) values(ctx context.Context, lib *servers.Library, s *servers.Server) []string {
	limited, cancel := context.WithTimeout(ctx, secretLimit)
	defer cancel()
	var list []string
	for _, id := range s.SecretIDs() {
		if v, err := c.store().Get(limited, secrets.Ref{Library: lib.ID, ID: id}); err == nil {
			list = append(list, v.Reveal())
		}
	}
	return list
}

// next is what came since the last time.
func (r *logReader) next(now time.Time) ([]LogLine, error) {
	events, mark, err := launch.Trace(r.c.home, r.id, r.mark, logMost)
	if err != nil {
		return nil, err
	}
	r.mark = mark
	var lines []LogLine
	for _, e := range events {
		lines = append(lines, lineOf(e))
	}
	if now.Sub(r.looked) >= appLook {
		r.looked = now
		for client, key := range r.keys {
			lines = append(lines, r.clientLines(client, key, now)...)
		}
	}
	slices.SortStableFunc(lines, func(a, b LogLine) int { return a.Time.Compare(b.Time) })
	return lines, nil
}

// clientLines is what came into the client's own log. The server's stderr is in
// ours already.
func (r *logReader) clientLines(client *clients.Client, key string, now time.Time) []LogLine {
	mark := client.LogMark(r.c.system)
	if mark == r.marks[client] {
		return nil
	}
	r.marks[client] = mark
	since := now.Add(-appLogDays)
	if last := r.last[client]; !last.IsZero() {
		since = last
	}
	var lines []LogLine
	for _, e := range client.LogEvents(r.c.system, key, since, logMost) {
		if !e.Time.After(r.last[client]) {
			continue
		}
		r.last[client] = e.Time
		if e.Kind != clients.LogSaid {
			bad := e.Kind == clients.LogGaveUp || e.Kind == clients.LogSpawnFailed || e.Kind == clients.LogClosed || e.Kind == clients.LogSkipped
			lines = append(lines, LogLine{Time: e.Time, Source: AppSaid, Client: client.Title, Text: r.hide.Text(e.Text, false), Bad: bad})
		}
	}
	return lines
}

// lineOf puts an event into words.
func lineOf(e launch.Event) LogLine {
	l := LogLine{Time: e.Time, Source: Message, Client: titleOf(e.Client), Bad: e.Error}
	for _, body := range []string{e.Body, e.Reply} {
		if l.Body != "" && body != "" {
			l.Body += "\n"
		}
		l.Body += body
	}
	took := Took(e.Took)
	switch e.Kind {
	case launch.EventStart:
		l.Source, l.Text = Launcher, words.Say("log.start", "Client", l.Client)
		if e.Client == "" {
			l.Text = words.Say("log.start.alone")
		}
	case launch.EventRequest:
		switch {
		case e.Error:
			l.Text = words.Say("log.request.failed", "Method", e.Method, "Took", took, "Sent", size(e.Sent), "Code", e.Code)
		case e.Cancelled:
			l.Text, l.Bad = words.Say("log.request.cancelled", "Method", e.Method, "Took", took), true
		case e.Got == 0:
			l.Text = words.Say("log.request.unanswered", "Method", e.Method, "Sent", size(e.Sent))
		default:
			l.Text = words.Say("log.request", "Method", e.Method, "Took", took, "Sent", size(e.Sent), "Got", size(e.Got))
		}
	case launch.EventNotice:
		l.Text = words.Say("log.sent", "Method", e.Method, "Sent", size(e.Sent))
	case launch.EventFromServer:
		l.Text = words.Say("log.fromserver", "Method", e.Method, "Got", size(e.Got))
	case launch.EventStderr:
		l.Source, l.Text = ServerSaid, e.Text
	case launch.EventStray:
		l.Source, l.Text, l.Bad = ServerSaid, words.Say("log.stray", "Text", e.Text), true
	case launch.EventExit:
		l.Source, l.Bad = Launcher, e.Code != 0
		l.Text = words.Say("log.exit", "Code", e.Code)
		if e.Text != "" {
			l.Text = words.Say("log.exit.signal", "Text", e.Text)
		}
	case launch.EventSkipped:
		l.Source, l.Text = Launcher, words.Say("log.skipped", "Count", e.Count)
	default: // of a later version
		l.Source, l.Text = Launcher, cmp.Or(e.Text, e.Method, e.Kind)
	}
	return l
}

// size is a number of bytes, short.
func size(n int) string {
	switch {
	case n < 1<<10:
		return strconv.Itoa(n) + " B"
	case n < 1<<20:
		return strconv.Itoa((n+1<<9)>>10) + " KB"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// Took is a time in milliseconds, short.
func Took(ms float64) string {
	switch {
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}
