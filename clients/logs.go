package clients

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"mcp-companion/configs"
)

// LogEvent is one thing that a client's own log tells of a server. Its Text is raw
// but for the payloads of messages, which are cut to their method and id: a server's
// words and a command may hold keys, and whoever shows them takes those out first.
type LogEvent struct {
	Time    time.Time
	Client  string // the client's id
	Key     string // the server's, as the log spells it; "" where it is about the client
	Kind    LogKind
	Text    string
	Seconds int // with GaveUp: how long the client waited, 0 when it is not told
}

// LogKind says what happened.
type LogKind string

const (
	LogStarting     LogKind = "starting"     // the client begins to start it
	LogConnected    LogKind = "connected"    // it runs, the client says; Claude Desktop says so before it has answered
	LogGaveUp       LogKind = "gave-up"      // the client's patience ended before the first answer
	LogSpawnFailed  LogKind = "spawn-failed" // its program can't be started
	LogClosed       LogKind = "closed"       // it ended by itself
	LogDisconnected LogKind = "disconnected" // the connection ended, by whomsoever
	LogSkipped      LogKind = "skipped"      // its entry is not understood
	LogSaid         LogKind = "said"         // lines of its stderr
	LogWritten      LogKind = "written"      // the client wrote its settings file
	LogOther        LogKind = "other"
)

// How much of logs is read: they grow to gigabytes.
const (
	logTail  = 256 << 10 // of a file
	logFiles = 40        // of a client, newest first
	logText  = 4 << 10   // of an event, its end
)

// logFile is one file of a client's and how it is read.
type logFile struct {
	path string
	key  string // of the server it is about, "" where its lines name it
	read func(text string, f logFile) []LogEvent
}

// LogEvents reads what the client's own logs tell of the server with this key, of
// all servers (and the client itself) for "", since then, oldest first, and at most
// the last most. Only the ends of the newest files are read. Nothing is told of a
// client whose logs are not known. Times without a zone are local.
func (c *Client) LogEvents(s System, key string, since time.Time, most int) []LogEvent {
	if c.logs == nil || most <= 0 {
		return nil
	}
	var list []LogEvent
	for _, f := range newest(c.logs(s, key), since) {
		for _, e := range f.read(tailOf(f.path), f) {
			if e.Time.Before(since) || key != "" && e.Key != key {
				continue
			}
			e.Client = c.ID
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b LogEvent) int { return a.Time.Compare(b.Time) })
	list = told(list)
	return list[max(0, len(list)-most):]
}

// newest keeps the files that were written since, at most logFiles of them, oldest
// first.
func newest(files []logFile, since time.Time) []logFile {
	at := map[string]time.Time{}
	files = slices.DeleteFunc(files, func(f logFile) bool {
		i, err := os.Stat(f.path)
		if err != nil || !i.Mode().IsRegular() || i.ModTime().Before(since) {
			return true
		}
		at[f.path] = i.ModTime()
		return false
	})
	slices.SortFunc(files, func(a, b logFile) int {
		return cmp.Or(at[b.path].Compare(at[a.path]), cmp.Compare(b.path, a.path))
	})
	files = files[:min(len(files), logFiles)]
	slices.Reverse(files)
	return files
}

// tailOf is the end of a file, from the beginning of a line. What can't be read is
// empty.
func tailOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return ""
	}
	from := max(0, i.Size()-logTail)
	text := make([]byte, min(i.Size(), logTail))
	n, err := f.ReadAt(text, from)
	if err != nil && err != io.EOF {
		return ""
	}
	if text = text[:n]; from > 0 {
		text = text[bytes.IndexByte(text, '\n')+1:] // a cut line could be taken for another
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}

// told drops what two files of one client tell alike, within a second of each other.
func told(list []LogEvent) []LogEvent {
	type what struct {
		key  string
		kind LogKind
		text string
	}
	last := make(map[what]time.Time, len(list))
	return slices.DeleteFunc(list, func(e LogEvent) bool {
		w := what{e.Key, e.Kind, e.Text}
		before, again := last[w]
		if again = again && e.Time.Sub(before) < time.Second; !again {
			last[w] = e.Time
		}
		return again
	})
}

// signs are what clients write, in the order they are looked for; the first that is
// found tells the kind. Sources: facts of each client beside its reader.
var signs = []struct {
	text string
	kind LogKind
}{
	{"request timed out", LogOther}, // of a call, unless nothing was answered before it: see patience
	{"timed out after", LogGaveUp},
	{"connection timeout triggered", LogGaveUp},
	{"could not attach to mcp server", LogGaveUp},
	{"enoent", LogSpawnFailed},
	{"eacces", LogSpawnFailed},
	{"spawn einval", LogSpawnFailed},
	{"spawn unknown", LogSpawnFailed},
	{"closed unexpectedly", LogClosed},
	{"connection_closed", LogClosed},
	{"-32000: connection closed", LogClosed},
	{"connection failed", LogClosed},
	{"connection dropped", LogClosed},
	{"server disconnected", LogDisconnected},
	{"transport closed", LogDisconnected},
	{"shutting down mcp server", LogDisconnected},
	{"connection closed", LogDisconnected},
	{"started and connected successfully", LogConnected},
	{"successfully connected", LogConnected},
	{"starting connection", LogStarting},
	{"initializing server", LogStarting},
	{"launching mcp server", LogStarting},
	{"attempting to connect to mcp server", LogStarting},
	{"config file written", LogWritten},
}

// kindOf is what the text of a client's own line says. ENOENT alone may be about any
// file of the server's: it counts where a program was to be started.
func kindOf(text string) LogKind {
	low := strings.ToLower(text)
	for _, s := range signs {
		if !strings.Contains(low, s.text) {
			continue
		}
		if s.kind == LogSpawnFailed && !strings.Contains(low, "spawn") {
			continue
		}
		return s.kind
	}
	return LogOther
}

var waited = configs.Pattern(`(?i)(?:after|limit:|timeout"?:)\s*(\d{1,8})\s*(ms|s\b|seconds?\b)?`)

// secondsIn is the time a client says it waited, 0 for none. A bare number is
// milliseconds, as all of them count.
func secondsIn(text string) int {
	m := waited().FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	if unit := strings.ToLower(m[2]); unit == "" || unit == "ms" {
		n = (n + 500) / 1000
	}
	return n
}

// event is what a client's line says of a server.
func event(at time.Time, key, text string) LogEvent {
	e := LogEvent{Time: at, Key: key, Kind: kindOf(text), Text: ending(text)}
	if e.Kind == LogGaveUp {
		e.Seconds = secondsIn(text)
	}
	return e
}

// said is what a server wrote to stderr.
func said(at time.Time, key, text string) LogEvent {
	return LogEvent{Time: at, Key: key, Kind: LogSaid, Text: ending(text)}
}

// ending is the end of a text that is too long: a server's last words say most.
func ending(text string) string {
	text = strings.TrimSpace(text)
	if len(text) <= logText {
		return text
	}
	return strings.ToValidUTF8(text[len(text)-logText:], "")
}

// stampForms are the times that log lines begin with; those without a zone are local.
var stampForms = []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999", "2006-01-02T15:04:05.999"}

// stamp takes the time off a line.
func stamp(line string) (at time.Time, rest string, ok bool) {
	if len(line) < 20 || line[0] < '0' || line[0] > '9' {
		return time.Time{}, line, false
	}
	end := strings.IndexByte(line, ' ')
	if end == len("2006-01-02") {
		if next := strings.IndexByte(line[end+1:], ' '); next >= 0 {
			end += 1 + next
		} else {
			end = len(line)
		}
	}
	if end < 0 || end > len(stampForms[0]) {
		return time.Time{}, line, false
	}
	for _, form := range stampForms {
		if at, err := time.ParseInLocation(form, line[:end], time.Local); err == nil {
			return at, strings.TrimPrefix(line[end:], " "), true
		}
	}
	return time.Time{}, line, false
}

// linesOf are a text's lines, without their ends.
func linesOf(text string) []string {
	list := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	for i, l := range list {
		list[i] = strings.TrimSuffix(l, "\r")
	}
	return list
}

// LogMark changes when one of the client's logs does, for who keeps what was read.
func (c *Client) LogMark(s System) string {
	if c.logs == nil {
		return ""
	}
	var b strings.Builder
	for _, f := range c.logs(s, "") {
		if i, err := os.Stat(f.path); err == nil {
			b.WriteString(f.path + strconv.FormatInt(i.Size(), 36) + "@" + strconv.FormatInt(i.ModTime().UnixNano(), 36) + ";")
		}
	}
	return b.String()
}

// LogKey is a key as the client's logs spell it, for comparing: Claude Code keeps
// only letters and digits.
func (c *Client) LogKey(key string) string {
	if c.App() == "claude-code" {
		return dashed(key)
	}
	return key
}
