package launch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/files"
)

const (
	traceExt     = ".jsonl"
	olderExt     = ".old.jsonl"
	maxTraceHalf = 256 << 10 // of a session's two files, each
	traceBlock   = 64 << 10  // read at once, from the end
)

// traceFile is a session's trace on disk: base.jsonl and, once that was full, the
// half before it, base.old.jsonl. The first line of each says whose it is. One
// that can't be had loses what is written to it, and is tried again.
type traceFile struct {
	dir, base string
	head      Event
	file      *os.File
	len       int64
}

func (f *traceFile) write(data []byte) {
	if len(data) == 0 {
		return
	}
	if f.file != nil && f.len+int64(len(data)) > maxTraceHalf {
		f.turn()
	}
	if f.file == nil && !f.open() {
		return
	}
	if f.len+int64(len(data)) > 2*maxTraceHalf { // it could not be turned over: a reader on Windows has it
		return
	}
	n, _ := f.file.Write(data)
	f.len += int64(n)
}

// turn makes the file the older half.
func (f *traceFile) turn() {
	f.close()
	os.Rename(filepath.Join(f.dir, f.base+traceExt), filepath.Join(f.dir, f.base+olderExt))
}

func (f *traceFile) open() bool {
	if os.MkdirAll(f.dir, 0o700) != nil {
		return false
	}
	file, err := os.OpenFile(filepath.Join(f.dir, f.base+traceExt), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return false
	}
	f.file, f.len = file, 0
	if i, err := file.Stat(); err == nil {
		f.len = i.Size()
	}
	if f.len == 0 {
		head, _ := json.Marshal(f.head)
		n, _ := file.Write(append(head, '\n'))
		f.len = int64(n)
	}
	return true
}

func (f *traceFile) close() {
	if f.file != nil {
		f.file.Close()
		f.file = nil
	}
}

// place is how far one session's trace was read: to event n, when its file was so
// long and so old.
type place struct {
	n    int64
	size int64
	at   time.Time
}

// traceBases lists the sessions of the server that have a trace, newest first, by
// their files' base names.
func traceBases(home files.Home, server string) ([]string, error) {
	names, err := logNames(home, server)
	if err != nil {
		return nil, err
	}
	var bases []string
	for _, n := range names {
		if filepath.Ext(n) == traceExt {
			bases = append(bases, logBase(n))
		}
	}
	return slices.Compact(bases), nil
}

// readTrace returns the newest events of a session after the place, at most max,
// oldest first. It may be written at this moment: a line that is torn is left,
// and read the next time.
func readTrace(dir, base string, after place, max int) ([]Event, place) {
	path := filepath.Join(dir, base+traceExt)
	now := place{n: after.n}
	if i, err := os.Stat(path); err == nil {
		now.size, now.at = i.Size(), i.ModTime()
	}
	if now == after {
		return nil, now
	}
	r := backReader{after: after.n, max: max}
	for _, ext := range []string{traceExt, olderExt} {
		if !r.full() {
			r.read(filepath.Join(dir, base+ext))
		}
	}
	slices.Reverse(r.events)
	if len(r.events) > 0 {
		now.n = r.events[len(r.events)-1].N
	}
	for i := range r.events {
		r.events[i].Session, r.events[i].Client = idOf(base), r.client
	}
	return r.events, now
}

// backReader collects events from the newest to the oldest.
type backReader struct {
	after  int64 // the newest event that is not wanted
	max    int
	events []Event
	last   bool // there is none before
	client string
}

func (r *backReader) full() bool { return r.last || len(r.events) >= r.max }

// read goes through a file from its end, as far as needed.
func (r *backReader) read(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	r.client = clientOf(f, r.client)
	at, _ := f.Seek(0, io.SeekEnd)
	var rest []byte // begins within a line
	for at > 0 && !r.full() {
		n := min(at, traceBlock)
		at -= n
		block := make([]byte, n, int(n)+len(rest))
		if _, err := f.ReadAt(block, at); err != nil && !errors.Is(err, io.EOF) {
			return
		}
		rest = r.lines(append(block, rest...), at == 0)
	}
}

// lines takes the lines off the end of text, and returns the piece of one that it
// begins with.
func (r *backReader) lines(text []byte, whole bool) []byte {
	for !r.full() {
		i := bytes.LastIndexByte(text, '\n')
		if i < 0 && !whole {
			return text
		}
		r.line(text[i+1:])
		if i < 0 {
			return nil
		}
		text = text[:i]
	}
	return nil
}

func (r *backReader) line(text []byte) {
	var e Event
	if json.Unmarshal(text, &e) != nil || e.Kind == "" {
		return
	}
	if n := len(r.events); n > 0 && e.N >= r.events[n-1].N {
		return // the file was turned over while it was read
	}
	if e.N <= r.after {
		r.last = true
		return
	}
	r.events = append(r.events, e)
}

// clientOf is the client that the first line of f tells, else the one known.
func clientOf(f *os.File, known string) string {
	var b [1024]byte
	n, _ := f.ReadAt(b[:], 0)
	first, _, _ := bytes.Cut(b[:n], []byte("\n"))
	var head Event
	if json.Unmarshal(first, &head) != nil || head.Kind != "" {
		return known
	}
	return head.Client
}

// RecordPayloads has every `run` of the server write down what is said, redacted
// and cut, until then; a time that is over ends it. They notice within a second
// of something being said.
func RecordPayloads(home files.Home, serverID string, until time.Time) error {
	if !isFolderName(serverID) {
		return fs.ErrInvalid
	}
	path := payloadsFile(home, serverID)
	if !until.After(time.Now()) {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return files.WriteOwn(path, []byte(until.UTC().Format(time.RFC3339)+"\n"))
}

// PayloadsUntil is the time until which what is said to the server is written
// down, zero where it is not.
func PayloadsUntil(home files.Home, serverID string) time.Time {
	data, err := os.ReadFile(payloadsFile(home, serverID))
	if err != nil {
		return time.Time{}
	}
	until, err := time.Parse(time.RFC3339, strings.TrimSpace(string(data)))
	if err != nil || !until.After(time.Now()) {
		return time.Time{}
	}
	return until
}

func payloadsFile(home files.Home, serverID string) string {
	return filepath.Join(home.Logs(serverID), "payloads")
}
