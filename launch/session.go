package launch

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/files"
	"mcp-companion/words"
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

	// How many the server listed, those hidden from the client included; 0 when not known.
	Tools     int `json:"tools,omitempty"`
	Prompts   int `json:"prompts,omitempty"`
	Resources int `json:"resources,omitempty"`

	Requests    int64     `json:"requests"`            // the client's
	Calls       int64     `json:"calls,omitempty"`     // those to tools
	Answers     int64     `json:"answers"`             // the server's
	AnsweredAt  time.Time `json:"answeredAt,omitzero"` // the last of them
	Errors      int64     `json:"errors"`              // answers that were errors
	TimedOut    int64     `json:"timedOut,omitempty"`  // requests cancelled, or without an answer within the server's limit
	Pending     int       `json:"pending"`             // requests without an answer yet
	P50         float64   `json:"p50ms"`               // of the last answers' times
	P95         float64   `json:"p95ms"`
	ListChanged int64     `json:"listChanged,omitempty"` // notices that a list is another now
	Stray       int64     `json:"stray,omitempty"`       // lines on stdout that are not the protocol's
	StrayLine   string    `json:"strayLine,omitempty"`   // the first, redacted
	Unfiltered  int64     `json:"unfiltered,omitempty"`  // lists of tools passed whole, though some are to be hidden
	Longest     int       `json:"longest,omitempty"`     // bytes of the longest line, in either direction
	Flood       int64     `json:"flood,omitempty"`       // bytes of stderr

	Remote Remote `json:"remote,omitzero"` // why a remote server can't be asked now; zero while it answers

	Stderr []string `json:"stderr,omitempty"` // the last lines, redacted

	EndedAt time.Time `json:"ended,omitzero"`
	Exit    *int      `json:"exit,omitempty"` // nil while it runs, and where `run` was killed
	Signal  string    `json:"signal,omitempty"`
}

// Remote is how a remote server failed a request that it then did not answer.
type Remote struct {
	Problem    words.Code `json:"problem,omitempty"`    // in the user's words
	At         time.Time  `json:"at,omitzero"`          // when it first failed so
	Status     int        `json:"status,omitempty"`     // HTTP's; 0 where nothing came
	Challenge  string     `json:"challenge,omitempty"`  // WWW-Authenticate, redacted
	RetryAfter string     `json:"retryAfter,omitempty"` // as it was spelled
	Page       bool       `json:"page,omitempty"`       // a page for people came, as from a network one has to sign in to
}

// ServerInfo is what a server calls itself.
type ServerInfo struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

const pace = 10 * time.Second // between two writings of numbers

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
	// Whoever lists the sessions holds the lock for a moment, to see whether we do.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	lock, err := files.WaitLock(ctx, path)
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
