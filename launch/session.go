package launch

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/files"
)

// The words of Session.Status, spelled as health spells its own.
const (
	Starting = "starting" // nothing was answered yet
	Healthy  = "healthy"  // a request was answered
	Ended    = "off"      // ended, because it was asked to or by itself with code 0
	Failed   = "failing"  // ended otherwise
)

// The words of Session.Era.
const (
	Legacy = "legacy" // opened by initialize
	Modern = "modern" // every request says its version, since 2026-07-28
)

// Session is one running `run`, or what is left of an ended one, as its file
// tells it. Its file is home.Sessions()/ID.json while it runs.
type Session struct {
	Version  int        `json:"version"`
	ID       string     `json:"id"`
	Server   string     `json:"server"` // the server's id
	Name     string     `json:"name"`   // and name, at its start
	Client   string     `json:"client"` // the client's id, "" when the entry names none
	PID      int        `json:"pid"`    // of `run`; says nothing about being alive
	Started  time.Time  `json:"started"`
	Updated  time.Time  `json:"updated"`
	Status   string     `json:"status"`
	Era      string     `json:"era,omitempty"`
	Protocol string     `json:"protocol,omitempty"`
	Info     ServerInfo `json:"serverInfo,omitzero"`
	Tools    int        `json:"tools,omitempty"` // 0 when not known

	Requests  int64   `json:"requests"` // the client's
	Answers   int64   `json:"answers"`  // the server's
	Errors    int64   `json:"errors"`   // answers that were errors
	Pending   int     `json:"pending"`  // requests without an answer yet
	P50       float64 `json:"p50ms"`    // of the last answers' times
	P95       float64 `json:"p95ms"`
	Stray     int64   `json:"stray,omitempty"` // lines on stdout that are not the protocol's
	StrayLine string  `json:"strayLine,omitempty"`

	Stderr []string `json:"stderr,omitempty"` // the last lines, redacted

	EndedAt time.Time `json:"ended,omitzero"`
	Exit    *int      `json:"exit,omitempty"` // nil while it runs, and where `run` was killed
	Signal  string    `json:"signal,omitempty"`
}

// ServerInfo is what a server calls itself.
type ServerInfo struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

const (
	maxLogs     = 20      // ended sessions kept, a server
	maxLogBytes = 5 << 20 // and their bytes
	pace        = 10 * time.Second
)

// sheet is a session's file. It is written in place, never renamed over, because
// it is itself the lock: a lock belongs to the file, not to its name, and on
// Windows nothing can be renamed over a file that somebody holds. Readers may
// meet it half written, and then read again; being one write of a few kilobytes,
// that is rare. A sheet that can't be had is nil, and all its methods work.
type sheet struct {
	lock *files.Lock
	path string
	len  int // of what was last written
}

func openSheet(home files.Home, id string) *sheet {
	path := filepath.Join(home.Sessions(), id+".json")
	lock, err := files.TryLock(path)
	if err != nil {
		return nil
	}
	return &sheet{lock: lock, path: path}
}

// write replaces what is written. It is padded to the former length, so that one
// write does it and no file is ever cut short.
func (f *sheet) write(s Session) {
	if f == nil {
		return
	}
	data, err := json.Marshal(s)
	if err != nil {
		return
	}
	if short := f.len - len(data) - 1; short > 0 {
		data = append(data, strings.Repeat(" ", short)...)
	}
	data = append(data, '\n')
	if _, err := f.lock.File().WriteAt(data, 0); err == nil {
		f.len = len(data)
	}
}

// end removes the file. It is unlocked first: Windows removes no open file.
func (f *sheet) end() {
	if f != nil {
		f.lock.Unlock()
		os.Remove(f.path)
	}
}

// keep writes the session's file until stop is closed: a change of status at
// once, numbers every ten seconds, and nothing while nothing happens.
func (f *sheet) keep(w *watch, stop <-chan struct{}) {
	var due <-chan time.Time
	var written time.Time
	write := func() {
		select {
		case <-w.counted: // it is in this snapshot
		default:
		}
		f.write(w.snapshot(liveLines))
		written, due = time.Now(), nil
	}
	write()
	for {
		counted := w.counted
		if due != nil {
			counted = nil
		}
		select {
		case <-stop:
			return
		case <-counted:
			due = time.After(time.Until(written.Add(pace)))
			continue
		case <-w.changed:
		case <-due:
		}
		write()
	}
}

// Sessions lists the sessions that run now, oldest first. What dead ones left
// behind is moved to their server's logs.
func Sessions(home files.Home) ([]Session, error) {
	list, err := os.ReadDir(home.Sessions())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var live []Session
	for _, e := range list {
		path := filepath.Join(home.Sessions(), e.Name())
		if filepath.Ext(path) != ".json" {
			continue
		}
		if !files.IsLocked(path) {
			bury(home, path)
			continue
		}
		if s, err := readSession(path); err == nil {
			live = append(live, s)
		}
	}
	slices.SortFunc(live, func(a, b Session) int { return a.Started.Compare(b.Started) })
	return live, nil
}

// EndedSessions lists what is left of the server's ended sessions, newest first.
func EndedSessions(home files.Home, server string) ([]Session, error) {
	names, err := logNames(home, server)
	if err != nil {
		return nil, err
	}
	var list []Session
	for _, n := range names {
		if s, err := readSession(filepath.Join(home.Logs(server), n)); err == nil {
			list = append(list, s)
		}
	}
	return list, nil
}

// readSession reads a file that may be written at this moment.
func readSession(path string) (s Session, err error) {
	for range 5 {
		var data []byte
		if data, err = os.ReadFile(path); err != nil {
			return s, err
		}
		if err = json.Unmarshal(data, &s); err == nil {
			return s, nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return s, err
}

// bury moves what matters of a dead session's file to the logs. The lock is held
// meanwhile: of two that clean up one does, and a `run` that has made its file
// and not yet locked it looks for another name.
func bury(home files.Home, path string) {
	i, err := os.Stat(path)
	if err != nil {
		return
	}
	lock, err := files.TryLock(path)
	if err != nil {
		return
	}
	defer lock.Unlock()
	data, err := io.ReadAll(lock.File())
	if err != nil || len(data) == 0 && time.Since(i.ModTime()) < time.Minute {
		return // one that begins
	}
	var s Session
	if json.Unmarshal(data, &s) == nil && s.ID != "" {
		if s.EndedAt.IsZero() {
			s.EndedAt, s.Status = s.Updated, Ended // whoever killed `run` killed no server that was failing
		}
		logSession(home, s)
	}
	lock.Unlock()
	os.Remove(path)
}

// logSession keeps an ended session, and the number and size of them in bounds.
func logSession(home files.Home, s Session) {
	if s.Server == "" || s.Server != filepath.Base(s.Server) {
		return
	}
	dir := home.Logs(s.Server)
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil || os.MkdirAll(dir, 0o700) != nil {
		return
	}
	// Named so that names are in the order of time. Not flushed: after a power
	// failure nobody asks why a server ended.
	name := s.Started.UTC().Format("20060102T150405.000") + "-" + s.ID + ".json"
	if os.WriteFile(filepath.Join(dir, name), append(data, '\n'), 0o600) == nil {
		prune(home, s.Server)
	}
}

func prune(home files.Home, server string) {
	names, _ := logNames(home, server)
	var bytes int64
	for n, name := range names {
		path := filepath.Join(home.Logs(server), name)
		if i, err := os.Stat(path); err == nil {
			bytes += i.Size()
		}
		if n >= maxLogs || bytes > maxLogBytes {
			os.Remove(path)
		}
	}
}

// logNames lists the server's log files, newest first.
func logNames(home files.Home, server string) ([]string, error) {
	list, err := os.ReadDir(home.Logs(server))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range list {
		if filepath.Ext(e.Name()) == ".json" {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	return names, nil
}
