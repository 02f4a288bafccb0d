package launch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mcp-companion/secrets"
	"mcp-companion/words"
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
	hide   secrets.Redactor
	server string // its id

	changed chan struct{} // a word of the status changed: write it at once
	counted chan struct{} // a number changed: write it some time

	mu      sync.Mutex
	now     Session
	stray   string // the first, as it came
	pending map[string]asked
	times   []time.Duration // a ring
	next    int
	journal journal

	wanted    atomic.Int32 // pending requests whose answer is read whole
	recording atomic.Int64 // until when payloads are kept, in Unix nanoseconds; 0 for not
}

// asked is a request that waits for its answer.
type asked struct {
	at     time.Time
	method string
	more   bool // it asks for a further page of a list
	sent   int
	body   *payload
}

func newWatch(s Session, hidden []string) *watch {
	w := &watch{
		hide:    secrets.NewRedactor(hidden),
		server:  s.Server,
		changed: make(chan struct{}, 1),
		counted: make(chan struct{}, 1),
		now:     s,
		pending: map[string]asked{},
		journal: journal{news: make(chan struct{}, 1)},
	}
	w.stderr = tail{hide: w.hide, counted: w.counted, news: w.journal.news}
	w.journal.note(&mark{kind: EventStart, at: s.Started})
	return w
}

// want is for lines: answers are read whole only while one is due that tells
// about the server.
func (w *watch) want() int {
	if w.wanted.Load() > 0 {
		return maxWanted
	}
	return w.wantBody()
}

// wantBody is for lines: their beginnings, while payloads are recorded.
func (w *watch) wantBody() int {
	if w.recording.Load() != 0 {
		return maxBody
	}
	return 0
}

// record has payloads kept until then; the zero time ends it.
func (w *watch) record(until time.Time) {
	var at int64
	if !until.IsZero() {
		at = until.UnixNano()
	}
	w.recording.Store(at)
}

// body is what is kept of l now: mostly nothing.
func (w *watch) body(l line, now time.Time) *payload {
	if until := w.recording.Load(); until == 0 || now.UnixNano() >= until {
		return nil
	}
	return w.journal.hold(l)
}

// saying is the bodies of a mark, nil for none.
func saying(body, reply *payload) *said {
	if body == nil && reply == nil {
		return nil
	}
	return &said{body: body, reply: reply}
}

// take is the journal's.
func (w *watch) take(spare []mark) ([]mark, int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.journal.take(spare)
}

// noTrace has the journal keep nothing.
func (w *watch) noTrace() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.journal = journal{off: true}
}

// unfiltered counts a list of tools that was passed whole.
func (w *watch) unfiltered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Unfiltered++
	tell(w.counted)
}

// refused notes a call that did not reach the server, and our answer's length.
func (w *watch) refused(id string, got int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answeredByUs(message{id: id, method: "tools/call"}, got, badParamsCode)
}

// undelivered notes a request that a remote server did not answer, and the length
// of the error it got instead. It says nothing good of the server.
func (w *watch) undelivered(m message, got int, r Remote) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answeredByUs(m, got, refusalCode)
	if r.Problem == words.NoAnswer {
		w.now.TimedOut++
	} else {
		w.now.Errors++
	}
	if r.At = w.now.Remote.At; w.now.Remote != r {
		r.At = time.Now()
		w.now.Remote = r
		tell(w.changed)
	}
}

// unanswered notes a request that the server left without an answer for too long,
// and the length of the error it got instead.
func (w *watch) unanswered(m message, got int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answeredByUs(m, got, refusalCode)
	w.now.TimedOut++
}

// answeredByUs notes a request that got an error of ours.
func (w *watch) answeredByUs(m message, got, code int) {
	a, ok := w.forget(m.id)
	if !ok { // its beginning did not tell
		a = asked{at: time.Now(), method: m.method}
	}
	e := a.mark(m.id, time.Now())
	e.got, e.failed, e.code = got, true, code
	w.journal.note(e)
	tell(w.counted)
}

// reached notes that a remote server answers.
func (w *watch) reached() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now.Remote != (Remote{}) {
		w.now.Remote = Remote{}
		tell(w.changed)
	}
}

// over notes what never was answered, and the exit.
func (w *watch) over(exit Exit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for id, a := range w.pending {
		w.journal.note(a.mark(id, now))
	}
	m := &mark{kind: EventExit, at: now, code: exit.Code}
	if exit.Signal != "" {
		m.said = &said{text: []byte(exit.Signal)}
	}
	w.journal.note(m)
}

// mark is the event of a request that is over.
func (a asked) mark(id string, now time.Time) *mark {
	return &mark{kind: EventRequest, method: a.method, id: id, at: now, took: now.Sub(a.at), sent: a.sent, said: saying(a.body, nil)}
}

// fromClient looks at a line before it is forwarded, so that no answer comes
// before its request is known.
func (w *watch) fromClient(l line) { w.seesClient(look(l), l) }

func (w *watch) seesClient(m message, l line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Longest = max(w.now.Longest, l.length)
	switch m.kind {
	case request:
		w.asked(m, l)
	case notice:
		now := time.Now()
		if m.method == "notifications/cancelled" {
			w.cancel(cancelled(l.head), now)
		}
		w.journal.note(&mark{kind: EventNotice, method: m.method, at: now, sent: l.length, said: saying(w.body(l, now), nil)})
	case batch:
		w.now.Requests++
		now := time.Now()
		w.journal.note(&mark{kind: EventRequest, method: batchMethod, at: now, sent: l.length, said: saying(w.body(l, now), nil)})
	default:
		return
	}
	tell(w.counted)
}

// batchMethod stands for the methods of a batch.
const batchMethod = "batch"

// asked takes a request of the client's.
func (w *watch) asked(m message, l line) {
	now := time.Now()
	w.now.Requests++
	if m.method == "tools/call" {
		w.now.Calls++
	}
	w.speaks(m)
	if a, ok := w.forget(m.id); ok { // the id is used anew
		w.journal.note(a.mark(m.id, now))
	}
	a := asked{now, m.method, bytes.Contains(l.head, []byte(`"cursor"`)), l.length, w.body(l, now)}
	if len(w.pending) >= maxPending || len(m.id) > maxIDLen || m.method == "subscriptions/listen" {
		w.journal.note(a.mark(m.id, now))
		return
	}
	if tells(m.method) {
		w.wanted.Add(1)
	}
	w.pending[m.id] = a
}

// cancel ends a request that the client no longer waits for.
func (w *watch) cancel(id string, now time.Time) {
	if a, ok := w.forget(id); ok {
		w.now.TimedOut++
		m := a.mark(id, now)
		m.cancelled = true
		w.journal.note(m)
	}
}

// fromServer looks at a line after it was forwarded.
func (w *watch) fromServer(l line) { w.seesServer(look(l), l) }

func (w *watch) seesServer(m message, l line) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Longest = max(w.now.Longest, l.length)
	switch m.kind {
	case stray:
		w.now.Stray++
		if w.now.Stray == 1 {
			w.stray = string(l.head)
			tell(w.changed)
		}
		w.journal.note(&mark{kind: EventStray, at: now, got: l.length, said: &said{text: bytes.Clone(l.head), cut: l.length > len(l.head)}})
	case request, notice:
		if strings.HasSuffix(m.method, "/list_changed") {
			w.now.ListChanged++
		}
		w.journal.note(&mark{kind: EventFromServer, method: m.method, id: m.id, at: now, got: l.length, said: saying(w.body(l, now), nil)})
	case refusal, answer, batch:
		w.answered(m, l, now)
	default:
		return
	}
	tell(w.counted)
}

// answered takes an answer of the server's.
func (w *watch) answered(m message, l line, now time.Time) {
	w.now.Answers++
	w.now.AnsweredAt = now
	if m.kind == refusal {
		w.now.Errors++
	}
	w.healthy()
	if m.kind == batch {
		w.journal.note(&mark{kind: EventFromServer, method: batchMethod, at: now, got: l.length, said: saying(w.body(l, now), nil)})
		return
	}
	a, ok := w.forget(m.id)
	if !ok {
		return
	}
	took := now.Sub(a.at)
	w.took(took)
	if m.kind == answer && tells(a.method) && l.text != nil {
		go w.learn(a, bytes.Clone(l.text))
	}
	w.journal.note(&mark{
		kind: EventRequest, method: a.method, id: m.id, at: now, took: took, sent: a.sent, got: l.length,
		failed: m.kind == refusal, code: m.code, said: saying(a.body, w.body(l, now)),
	})
}

// tells reports whether an answer to method tells about the server itself.
func tells(method string) bool {
	switch method {
	case "initialize", "server/discover", "tools/list", "prompts/list", "resources/list":
		return true
	}
	return false
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

// forget takes the request out of those that wait.
func (w *watch) forget(id string) (a asked, ok bool) {
	if a, ok = w.pending[id]; ok {
		delete(w.pending, id)
		if tells(a.method) {
			w.wanted.Add(-1)
		}
	}
	return a, ok
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
			Prompts         []struct{}
			Resources       []struct{}
			Meta            struct {
				ServerInfo ServerInfo `json:"io.modelcontextprotocol/serverInfo"`
			} `json:"_meta"`
		}
	}
	if json.Unmarshal(text, &m) != nil {
		return
	}
	r := m.Result
	info := cmp.Or(r.Meta.ServerInfo, r.ServerInfo)
	info = ServerInfo{w.shown(info.Name, false), w.shown(info.Version, false)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if info.Name != "" {
		w.now.Info = info
	}
	switch a.method {
	case "initialize":
		w.now.Protocol = r.ProtocolVersion
	case "tools/list":
		a.count(&w.now.Tools, len(r.Tools))
	case "prompts/list":
		a.count(&w.now.Prompts, len(r.Prompts))
	case "resources/list":
		a.count(&w.now.Resources, len(r.Resources))
	}
	tell(w.changed)
}

// count adds a page of a list to the pages before it.
func (a asked) count(sum *int, n int) {
	if !a.more {
		*sum = 0
	}
	*sum += n
}

// shown is text of a stranger's, as it may be written down.
func (w *watch) shown(text string, cut bool) string { return showLine(w.hide, text, cut) }

// snapshot is the session as it is now, with at most n lines of stderr.
func (w *watch) snapshot(n int) Session {
	w.mu.Lock()
	s := w.now
	times, stray := slices.Clone(w.times), w.stray
	s.Pending = len(w.pending)
	w.mu.Unlock()
	if stray != "" {
		s.StrayLine = w.shown(stray, len(stray) >= headLen)
	}
	if len(times) > 0 {
		slices.Sort(times)
		s.P50, s.P95 = milliseconds(times[len(times)/2]), milliseconds(times[len(times)*95/100])
	}
	s.Stderr, s.Flood = w.stderr.last(n), w.stderr.flood()
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
