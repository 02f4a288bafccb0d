package clients

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// Claude Code writes one file of JSON lines for each conversation, project and
// server: CACHE/claude-cli-nodejs/PROJECT/mcp-logs-SERVER/TIME.jsonl, where all but
// letters and digits of the names is "-". Source: seen with 2.1.330.

const (
	codeLogFolders = 500 // folders that are looked into
	codePart       = 200 // of a longer name the beginning is kept, and a hash added
)

// codeCache is the folder of all projects' logs.
func codeCache(s System) string {
	switch s.OS {
	case "darwin":
		return s.home("Library", "Caches", "claude-cli-nodejs")
	case "windows":
		return filepath.Join(s.env("LOCALAPPDATA"), "claude-cli-nodejs", "Cache")
	}
	return filepath.Join(cmp.Or(s.Getenv("XDG_CACHE_HOME"), s.home(".cache")), "claude-cli-nodejs")
}

// codeLogs is the newest file of each server over all projects.
func codeLogs(s System, key string) []logFile {
	newest := map[string]string{}
	for i, project := range glob(filepath.Join(codeCache(s), "*")) {
		if i == codeLogFolders {
			break
		}
		for _, dir := range glob(filepath.Join(project, "mcp-logs-*")) {
			server := strings.TrimPrefix(filepath.Base(dir), "mcp-logs-")
			if key != "" && !isDashed(server, key) {
				continue
			}
			if path := lastName(dir); path != "" && filepath.Base(path) > filepath.Base(newest[server]) {
				newest[server] = path
			}
		}
	}
	var list []logFile
	for server, path := range newest {
		list = append(list, logFile{path: path, key: cmp.Or(key, server), read: readCode})
	}
	return list
}

// lastName is the file with the greatest name in dir: names are times.
func lastName(dir string) string {
	f, err := os.Open(dir)
	if err != nil {
		return ""
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	last := ""
	for _, n := range names {
		if filepath.Ext(n) == ".jsonl" {
			last = max(last, n)
		}
	}
	if last == "" {
		return ""
	}
	return filepath.Join(dir, last)
}

// isDashed reports whether a folder's part is how key is spelled there.
func isDashed(part, key string) bool {
	want := dashed(key)
	if short := codePart - len("mcp-logs-"); len(want) > short {
		return strings.HasPrefix(part, want[:short])
	}
	return part == want
}

// dashed is key with all but letters and digits made "-".
func dashed(key string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, key)
}

func readCode(text string, f logFile) []LogEvent {
	const stderr = "Server stderr: "
	var list []LogEvent
	for _, line := range linesOf(text) {
		var r struct {
			Debug, Error string
			Timestamp    time.Time
		}
		if json.Unmarshal([]byte(line), &r) != nil || r.Timestamp.IsZero() {
			continue
		}
		message := cmp.Or(r.Error, r.Debug)
		if words, ok := strings.CutPrefix(message, stderr); ok {
			list = append(list, said(r.Timestamp, f.key, words))
			continue
		}
		list = append(list, event(r.Timestamp, f.key, message))
	}
	return list
}
