package launch

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxPending = 256       // requests remembered until they are answered
	maxTimes   = 128       // answers whose time is kept
	maxIDLen   = 128       // an id longer than this is not remembered
	maxWanted  = 256 << 10 // bytes of an answer that is read whole, for the tools it lists
)

// watch is what the launcher learns of a running server by looking on. Both
// directions call it, for every line; it never waits for anything slow.
type watch struct {
	stderr tail
	hide   redactor

	changed chan struct{} // a word of the status changed: write it at once
	counted chan struct{} // a number changed: write it some time

	mu      sync.Mutex
	now     Session
	pending map[string]asked
	times   []time.Duration // a ring
	next    int
	wanted  atomic.Int32 // pending requests whose answer is read whole
}

// asked is a request that waits for its answer.
type asked struct {
	at     time.Time
	method string
	more   bool // it asks for a further page of a list
}

func newWatch(s Session, hidden []string) *watch {
	w := &watch{
		hide:    newRedactor(hidden),
		changed: make(chan struct{}, 1),
		counted: make(chan struct{}, 1),
		now:     s,
		pending: map[string]asked{},
	}
	w.stderr.hide = w.hide
	return w
}

// want is for lines: answers are read whole only while one is due that tells
// about the server.
func (w *watch) want() int {
	if w.wanted.Load() > 0 {
		return maxWanted
	}
	return 0
}

// fromClient looks at a line before it is forwarded, so that no answer comes
// before its request is known.
func (w *watch) fromClient(l line) {
	m := look(l)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m.kind {
	case request:
		w.now.Requests++
		w.speaks(m)
		w.forget(m.id)
		if len(w.pending) < maxPending && len(m.id) <= maxIDLen && m.method != "subscriptions/listen" {
			if tells(m.method) {
				w.wanted.Add(1)
			}
			w.pending[m.id] = asked{time.Now(), m.method, bytes.Contains(l.head, []byte(`"cursor"`))}
		}
	case notice:
		if m.method == "notifications/cancelled" {
			w.forget(cancelled(l.head))
		}
	case batch:
		w.now.Requests++
	default:
		return
	}
	tell(w.counted)
}

// fromServer looks at a line after it was forwarded.
func (w *watch) fromServer(l line) {
	m := look(l)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m.kind {
	case stray:
		w.now.Stray++
		if w.now.Stray == 1 {
			w.now.StrayLine = w.hide.text(string(l.head), l.length > len(l.head))
			tell(w.changed)
		}
	case refusal, answer, batch:
		w.now.Answers++
		if m.kind == refusal {
			w.now.Errors++
		}
		w.healthy()
		if a, ok := w.pending[m.id]; ok {
			w.forget(m.id)
			w.took(time.Since(a.at))
			if m.kind == answer && tells(a.method) && l.text != nil {
				go w.learn(a, bytes.Clone(l.text))
			}
		}
	default:
		return
	}
	tell(w.counted)
}

// tells reports whether an answer to method tells about the server itself.
func tells(method string) bool {
	return method == "initialize" || method == "server/discover" || method == "tools/list"
}

// healthy: from the first answered request, whatever it was.
func (w *watch) healthy() {
	if w.now.Status == Starting {
		w.now.Status = Healthy
		tell(w.changed)
	}
}

// speaks notes the protocol's era and version that a request shows.
func (w *watch) speaks(m message) {
	era, version := w.now.Era, w.now.Protocol
	switch {
	case m.method == "initialize":
		era = Legacy
	case m.version != nil:
		era, version = Modern, string(m.version)
	}
	if era != w.now.Era || version != w.now.Protocol {
		w.now.Era, w.now.Protocol = era, version
		tell(w.changed)
	}
}

func (w *watch) forget(id string) {
	if a, ok := w.pending[id]; ok {
		delete(w.pending, id)
		if tells(a.method) {
			w.wanted.Add(-1)
		}
	}
}

func (w *watch) took(d time.Duration) {
	if len(w.times) < maxTimes {
		w.times = append(w.times, d)
		return
	}
	w.times[w.next] = d
	w.next = (w.next + 1) % maxTimes
}

// learn reads an answer that tells about the server, away from the stream.
func (w *watch) learn(a asked, text []byte) {
	var m struct {
		Result struct {
			ProtocolVersion string
			ServerInfo      ServerInfo
			Tools           []struct{}
			Meta            struct {
				ServerInfo ServerInfo `json:"io.modelcontextprotocol/serverInfo"`
			} `json:"_meta"`
		}
	}
	if json.Unmarshal(text, &m) != nil {
		return
	}
	r := m.Result
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.method == "initialize" {
		w.now.Protocol = r.ProtocolVersion
	}
	for _, info := range []ServerInfo{r.ServerInfo, r.Meta.ServerInfo} {
		if info.Name != "" {
			w.now.Info = ServerInfo{w.hide.text(info.Name, false), w.hide.text(info.Version, false)}
		}
	}
	if a.method == "tools/list" {
		if !a.more {
			w.now.Tools = 0
		}
		w.now.Tools += len(r.Tools)
	}
	tell(w.changed)
}

// snapshot is the session as it is now, with at most n lines of stderr.
func (w *watch) snapshot(n int) Session {
	w.mu.Lock()
	s := w.now
	times := slices.Clone(w.times)
	s.Pending = len(w.pending)
	w.mu.Unlock()
	if len(times) > 0 {
		slices.Sort(times)
		s.P50, s.P95 = milliseconds(times[len(times)/2]), milliseconds(times[len(times)*95/100])
	}
	s.Stderr = w.stderr.last(n)
	s.Updated = time.Now()
	return s
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// tell leaves a word for whoever looks at c; one is enough.
func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// cancelled is the id that a cancelling notification names.
func cancelled(head []byte) (id string) {
	members(bytes.TrimLeft(head, " \t\r\ufeff"), func(key, value []byte, cut bool) {
		if string(key) != "params" || len(value) == 0 || value[0] != '{' {
			return
		}
		members(value, func(key, value []byte, cut bool) {
			if string(key) == "requestId" && !cut {
				id = string(value)
			}
		})
	})
	return id
}
