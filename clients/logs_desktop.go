package clients

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mcp-companion/configs"
)

// Claude Desktop's logs: main.log is the app's, mcp.log what becomes of connections,
// mcp-server-NAME.log a server's events and its stderr. Four ways to begin a line
// are met, whatever the file:
//
//	2026-03-10T15:19:49.827Z [weather] [info] Initializing server... { metadata: undefined }
//	2026-06-05T19:21:19.779Z [info] [obsidian] Initializing server...
//	2024-11-28T09:27:43.719Z [info] Attempting to connect to MCP server neo4j...
//	2026-09-28 20:48:13 [info] Windows session ending (close-app) - quitting the app
//
// A line that begins with no time goes on with the one before, or is the server's
// stderr. Older builds write whole messages, with the user's data in them.

// desktopLogFolders lists where the app may write them.
func desktopLogFolders(s System) []string {
	var list []string
	if dir := s.Getenv("CLAUDE_USER_DATA_DIR"); dir != "" {
		list = append(list, filepath.Join(dir, "Logs"), filepath.Join(dir, "logs"))
	}
	switch s.OS {
	case "darwin":
		return append(list, s.home("Library", "Logs", "Claude"))
	case "windows":
		local := s.env("LOCALAPPDATA")
		list = append(list, filepath.Join(local, "Claude", "logs"))
		for _, dir := range desktopFolders(s) {
			list = append(list, filepath.Join(dir, "logs"))
		}
		for _, family := range []string{"Claude_*", "AnthropicPBC.Claude_*"} {
			for _, p := range glob(filepath.Join(local, "Packages", family)) {
				list = append(list, filepath.Join(p, "LocalCache", "Local", "Claude", "logs"))
			}
		}
		return list
	}
	for _, dir := range desktopFolders(s) {
		list = append(list, filepath.Join(dir, "logs"))
	}
	return list
}

// desktopLogs are the files of the folder where the newest main.log is: the app
// leaves old folders behind when it moves.
func desktopLogs(s System, key string) []logFile {
	dir := desktopLogFolder(s)
	if dir == "" {
		return nil
	}
	var list []logFile
	for _, path := range append(glob(filepath.Join(dir, "main*.log")), glob(filepath.Join(dir, "mcp*.log"))...) {
		name := strings.TrimSuffix(filepath.Base(path), ".log")
		own, isServers := strings.CutPrefix(name, "mcp-server-")
		switch {
		case !isServers:
			list = append(list, logFile{path: path, read: readDesktop})
		case key == "" || own == key || strings.HasPrefix(own, key): // a rotated one ends in a number
			list = append(list, logFile{path: path, key: own, read: readDesktop})
		}
	}
	return list
}

func desktopLogFolder(s System) string {
	var best string
	var newest time.Time
	for _, dir := range desktopLogFolders(s) {
		for _, name := range []string{"main.log", "mcp.log"} {
			i, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			if i.ModTime().After(newest) {
				best, newest = dir, i.ModTime()
			}
			break // mcp.log tells only where there is no main.log
		}
	}
	return best
}

// record is one entry of such a log: its first line and those that go on with it.
type record struct {
	at    time.Time
	key   string
	text  string
	lines []string // that follow and are not its own: the server's stderr
}

func readDesktop(text string, f logFile) []LogEvent {
	var list []LogEvent
	var p patience
	for _, r := range desktopRecords(text, f) {
		list = append(list, p.seen(desktopEvents(r))...)
		if len(r.lines) > 0 && f.key != "" {
			list = append(list, said(r.at, r.key, strings.Join(r.lines, "\n")))
		}
	}
	return list
}

// desktopRecords puts lines together. What comes before the first time is left out:
// nobody knows when it was.
func desktopRecords(text string, f logFile) []record {
	var list []record
	for _, line := range linesOf(text) {
		at, rest, ok := stamp(line)
		if ok {
			r := record{at: at, key: f.key}
			var named string
			if named, r.text = desktopHead(rest); named != "" && !strings.HasPrefix(filepath.Base(f.path), "main") {
				r.key = named
			} else if named != "" {
				r.text = "[" + named + "] " + r.text
			}
			list = append(list, r)
			continue
		}
		if len(list) == 0 {
			continue
		}
		last := &list[len(list)-1]
		switch {
		case len(last.lines) == 0 && (f.key == "" || isOpen(last.text)):
			if len(last.text) < logText {
				last.text += "\n" + line
			}
		case strings.TrimSpace(line) != "":
			last.lines = append(last.lines, line)
		}
	}
	return list
}

// isOpen reports whether a record's text has a bracket that later lines close.
func isOpen(text string) bool {
	return strings.Count(text, "{") > strings.Count(text, "}") || strings.HasSuffix(text, "[")
}

var levels = []string{"[info]", "[warn]", "[error]", "[debug]", "[verbose]", "[silly]"}

// desktopHead takes the level and the server's name off a line, in either order.
func desktopHead(rest string) (key, text string) {
	for _, level := range levels {
		if text, ok := strings.CutPrefix(rest, level); ok {
			text = strings.TrimPrefix(text, " ")
			if name, after, ok := strings.Cut(text, "] "); ok && strings.HasPrefix(name, "[") {
				return name[1:], after
			}
			return "", text
		}
	}
	if !strings.HasPrefix(rest, "[") {
		return "", rest
	}
	for _, level := range levels { // a name may hold brackets of its own
		if name, text, ok := strings.Cut(rest[1:], "] "+level+" "); ok {
			return name, text
		}
	}
	return "", rest
}

// desktopEvents are what one record says: one event, one for each name in a list of
// skipped ones.
func desktopEvents(r record) []LogEvent {
	const skipped = "Skipped invalid MCP server config entries"
	if strings.HasPrefix(r.text, skipped) {
		var list []LogEvent
		for _, m := range quoted().FindAllStringSubmatch(r.text, -1) {
			list = append(list, LogEvent{Time: r.at, Key: m[1] + m[2], Kind: LogSkipped, Text: skipped})
		}
		return list
	}
	text := withoutPayload(withoutMetadata(r.text))
	if r.key == "" {
		r.key = nameIn(text)
	}
	return []LogEvent{event(r.at, r.key, text)}
}

var quoted = configs.Pattern(`'([^']+)'|"([^"]+)"`)

// withoutMetadata drops what the app adds for its developers: of a command it holds
// all arguments.
func withoutMetadata(text string) string {
	for _, mark := range []string{"{ metadata:", "{\n  metadata:"} {
		if i := strings.Index(text, mark); i >= 0 {
			text = text[:i]
		}
	}
	return strings.TrimRight(text, " \n")
}

// nameSign finds the server in the oldest lines, and in those of main.log.
var nameSign = configs.Pattern(`(?:MCP Server: |MCP server |connection to server )(.+?)(?:\.\.\.|: .*)?$`)

func nameIn(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	if m := nameSign().FindStringSubmatch(first); m != nil {
		return strings.Trim(m[1], `"`)
	}
	return ""
}

// withoutPayload cuts a whole message to its method and id, as newer builds write it.
func withoutPayload(text string) string {
	for _, from := range []string{"Message from client: ", "Message from server: "} {
		rest, ok := strings.CutPrefix(text, from)
		if !ok || !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, "[") {
			continue
		}
		var m struct {
			Method string          `json:"method"`
			ID     json.RawMessage `json:"id"`
			Error  json.RawMessage `json:"error"`
		}
		if json.NewDecoder(strings.NewReader(rest)).Decode(&m) != nil {
			return strings.TrimRight(from, ": ")
		}
		said := strings.TrimRight(from, " ")
		if m.Method != "" {
			said += fmt.Sprintf(" method=%q", m.Method)
		}
		if m.ID != nil && len(m.ID) < 64 {
			said += " id=" + string(m.ID)
		}
		if m.Error != nil {
			said += " error"
		}
		return said
	}
	return text
}

// patience finds where the app gave up: it takes its first question back, sixty
// seconds after it was asked, and nothing was answered before.
// Source: anthropics/claude-code#84136, modelcontextprotocol/servers#4153.
type patience struct {
	asked    map[string]time.Time // since when a server has answered nothing
	answered map[string]bool
}

func (p *patience) seen(events []LogEvent) []LogEvent {
	if p.asked == nil {
		p.asked, p.answered = map[string]time.Time{}, map[string]bool{}
	}
	for i := range events {
		e := &events[i]
		began := e.Kind == LogStarting || strings.HasPrefix(e.Text, `Message from client: method="initialize"`)
		switch {
		case began:
			p.asked[e.Key], p.answered[e.Key] = e.Time, false
		case strings.HasPrefix(e.Text, "Message from server"):
			p.answered[e.Key] = true
		case strings.HasPrefix(e.Text, `Message from client: method="notifications/cancelled"`) && !p.answered[e.Key] && !p.asked[e.Key].IsZero():
			e.Kind = LogGaveUp
			e.Seconds = int(e.Time.Sub(p.asked[e.Key]).Round(time.Second).Seconds())
			delete(p.asked, e.Key)
		}
	}
	return events
}
