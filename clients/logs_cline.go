package clients

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"mcp-companion/configs"
)

// Cline's command line writes JSON lines (pino's) to DATA/logs/cline.log. Source:
// @cline/core. In an editor it writes to the output channel "Cline", which the editor
// keeps below its logs; that name is a guess, and so all that look like it are read.

func clineCLILogs(s System, _ string) []logFile {
	path := cmp.Or(s.Getenv("CLINE_LOG_PATH"), filepath.Join(clineData(s), "logs", "cline.log"))
	return []logFile{{path: path, read: readPino}}
}

// clineData is the folder of Cline's own data.
func clineData(s System) string {
	if dir := s.Getenv("CLINE_DATA_DIR"); dir != "" {
		return dir
	}
	if dir := s.Getenv("CLINE_DIR"); dir != "" {
		return filepath.Join(dir, "data")
	}
	return s.home(".cline", "data")
}

// readPino reads the lines that name a server.
func readPino(text string, _ logFile) []LogEvent {
	var list []LogEvent
	for _, line := range linesOf(text) {
		var r struct {
			Time                    json.RawMessage
			Msg, Server, ServerName string
			Err                     struct{ Message string }
		}
		if json.Unmarshal([]byte(line), &r) != nil {
			continue
		}
		at, ok := pinoTime(r.Time)
		key := cmp.Or(r.Server, r.ServerName)
		if !ok || key == "" {
			continue
		}
		if r.Err.Message != "" {
			r.Msg += ": " + r.Err.Message
		}
		list = append(list, event(at, key, r.Msg))
	}
	return list
}

// pinoTime is milliseconds since 1970, or text.
func pinoTime(raw json.RawMessage) (time.Time, bool) {
	if ms, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return time.UnixMilli(ms), true
	}
	var at time.Time
	return at, json.Unmarshal(raw, &at) == nil && !at.IsZero()
}

// clineEditorLogs are the output channel's files of each editor's last runs.
func clineEditorLogs(s System, _ string) []logFile {
	const runs = 2 // of an editor; each has a folder, named by its time
	var list []logFile
	for _, e := range editors {
		folders := glob(filepath.Join(filepath.Dir(userFolder(s, e.data)), "logs", "*"))
		slices.Sort(folders)
		for _, run := range folders[max(0, len(folders)-runs):] {
			for _, window := range glob(filepath.Join(run, "window*")) {
				for _, channel := range glob(filepath.Join(window, "exthost", "*")) {
					for _, path := range glob(filepath.Join(channel, "*Cline*.log")) {
						list = append(list, logFile{path: path, read: readChannel})
					}
				}
			}
		}
	}
	return list
}

var channelServer = configs.Pattern(`"([^"]+)"`)

// readChannel reads "<time> <LEVEL> <message>", where a server stands in quotes and a
// line without a time goes on with the one before.
func readChannel(text string, _ logFile) []LogEvent {
	var list []LogEvent
	open := false
	for _, line := range linesOf(text) {
		at, rest, ok := stamp(line)
		if !ok {
			if open && len(list[len(list)-1].Text) < logText {
				list[len(list)-1].Text += "\n" + line
			}
			continue
		}
		_, message, _ := strings.Cut(rest, " ")
		m := channelServer().FindStringSubmatch(message)
		if open = m != nil; !open {
			continue
		}
		if words, ok := strings.CutPrefix(message, "Server "+m[0]+" stderr: "); ok {
			list = append(list, said(at, m[1], words))
			continue
		}
		list = append(list, event(at, m[1], message))
	}
	return list
}
