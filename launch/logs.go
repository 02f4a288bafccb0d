package launch

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mcp-companion/files"
)

const (
	logExt      = ".json"
	maxLogs     = 20      // sessions kept, a server
	maxLogBytes = 5 << 20 // and the bytes of their files and traces
)

// EndedSessions lists what is left of the server's ended sessions, newest first.
func EndedSessions(home files.Home, server string) ([]Session, error) {
	names, err := logNames(home, server)
	if err != nil {
		return nil, err
	}
	var list []Session
	for _, n := range names {
		if filepath.Ext(n) != logExt {
			continue
		}
		if s, err := readSession(filepath.Join(home.Logs(server), n)); err == nil {
			list = append(list, s)
		}
	}
	return list, nil
}

// logSession keeps an ended session, and the number and size of them in bounds.
func logSession(home files.Home, s Session) {
	if !isFolderName(s.Server) {
		return
	}
	dir := home.Logs(s.Server)
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil || os.MkdirAll(dir, 0o700) != nil {
		return
	}
	// Not flushed: after a power failure nobody asks why a server ended.
	if os.WriteFile(filepath.Join(dir, s.base()+logExt), append(data, '\n'), 0o600) == nil {
		prune(home, s.Server)
	}
}

// base is the base name of a session's files in the logs. Such names are in the
// order of time.
func (s Session) base() string {
	return s.Started.UTC().Format("20060102T150405.000") + "-" + s.ID
}

// isFolderName reports whether a server's id can name a folder of the logs.
func isFolderName(id string) bool {
	return id != "" && id == filepath.Base(id) && id != "." && id != ".."
}

// prune keeps the last sessions of the server, those that run now before all
// others. What belongs to one goes together, also where a trace is all there is.
func prune(home files.Home, server string) {
	names, _ := logNames(home, server)
	lives := map[string]bool{}
	var bases []string
	for _, n := range names {
		base := logBase(n)
		if _, ok := lives[base]; !ok {
			lives[base] = files.IsLocked(filepath.Join(home.Sessions(), idOf(base)+logExt))
			bases = append(bases, base)
		}
	}
	slices.SortStableFunc(bases, func(a, b string) int { return rank(lives[a]) - rank(lives[b]) })
	var bytes int64
	for n, base := range bases {
		for _, name := range names {
			if logBase(name) != base {
				continue
			}
			path := filepath.Join(home.Logs(server), name)
			if i, err := os.Stat(path); err == nil {
				bytes += i.Size()
			}
			if n >= maxLogs || bytes > maxLogBytes {
				os.Remove(path)
			}
		}
	}
}

func rank(alive bool) int {
	if alive {
		return 0
	}
	return 1
}

// logBase is the base name of a file in the logs.
func logBase(name string) string {
	for _, ext := range []string{olderExt, traceExt, logExt} {
		if base, ok := strings.CutSuffix(name, ext); ok {
			return base
		}
	}
	return name
}

// idOf is the id of the session that a base name tells.
func idOf(base string) string { return base[strings.LastIndexByte(base, '-')+1:] }

// logNames lists the server's log files and traces, newest first.
func logNames(home files.Home, server string) ([]string, error) {
	list, err := os.ReadDir(home.Logs(server))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range list {
		if ext := filepath.Ext(e.Name()); ext == logExt || ext == traceExt {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	return names, nil
}
