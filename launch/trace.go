package launch

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
)

// The words of Event.Kind.
const (
	EventStart      = "start"
	EventRequest    = "request"     // the client's, with its answer
	EventNotice     = "notice"      // the client's
	EventFromServer = "from-server" // a notice or a request of the server's
	EventStderr     = "stderr"      // a line of it
	EventStray      = "stray"       // a line on stdout that is not the protocol's
	EventExit       = "exit"
	EventSkipped    = "skipped" // events that came faster than they could be kept
)

// Event is one line of a session's trace: what happened, never what was said. A
// request is told once, when it was answered, cancelled or, without an answer,
// when the session ended; a batch and subscriptions/listen when they were sent.
type Event struct {
	N      int64     `json:"n,omitempty"` // counts the session's events
	Time   time.Time `json:"t,omitzero"`  // of a request, when it was over: Took before that it began
	Kind   string    `json:"k,omitempty"`
	Method string    `json:"m,omitempty"`
	ID     string    `json:"id,omitempty"`   // as it was spelled
	Took   float64   `json:"ms,omitempty"`   // milliseconds until the answer
	Sent   int       `json:"sent,omitempty"` // bytes from the client
	Got    int       `json:"got,omitempty"`  // bytes from the server; 0 for a request without an answer

	Cancelled bool   `json:"cancelled,omitempty"` // by the client, before an answer
	Error     bool   `json:"err,omitempty"`       // the answer was an error
	Code      int    `json:"code,omitempty"`      // the error's, where it stands at its beginning; the exit's
	Text      string `json:"text,omitempty"`      // a line of stderr or a stray one, redacted; an exit's signal
	Count     int64  `json:"count,omitempty"`     // of skipped events

	// What was said, redacted and cut, while the user wants it recorded (RecordPayloads).
	Body  string `json:"body,omitempty"`  // by the client, or by the server on its own
	Reply string `json:"reply,omitempty"` // by the server, to it

	// Told by Trace for each event; in a file, by its first line.
	Session string `json:"session,omitempty"`
	Client  string `json:"client,omitempty"`
}

const (
	maxMarks   = 1024                   // events between two looks
	maxHeld    = 128 << 10              // bytes of bodies kept at one time
	maxBody    = 16 << 10               // bytes of one body
	maxLines   = 200                    // of stderr between two looks
	maxLineLen = 32 << 10               // and their bytes
	maxPart    = 32 << 10               // written at once, and one event more
	traceEvery = 250 * time.Millisecond // the least time between two looks
)

// mark is an event as the stream's own goroutines leave it: nothing is spelled
// out, hidden or written there.
type mark struct {
	kind, method, id string
	at               time.Time
	took             time.Duration
	sent, got        int
	code             int
	failed           bool
	cancelled        bool
	said             *said // nil for nothing
}

// said is what a mark holds of the stream itself.
type said struct {
	text        []byte // a stray line's
	cut         bool
	body, reply *payload // nil for nothing
}

// payload is the beginning of a message.
type payload struct {
	text []byte
	cut  bool
}

// journal collects marks in bounded memory; its owner's mutex guards it.
type journal struct {
	marks   []mark
	skipped int64
	held    int // bytes of payloads, those of pending requests included
	off     bool
	news    chan struct{} // the first mark since the last take
}

func (j *journal) note(m *mark) {
	switch {
	case j.off:
		return
	case len(j.marks) >= maxMarks:
		j.skipped++
		j.release(m)
		return
	}
	j.marks = append(j.marks, *m)
	if len(j.marks) == 1 {
		tell(j.news)
	}
}

// hold keeps the beginning of l while there is room for it.
func (j *journal) hold(l line) *payload {
	text := l.first[:min(len(l.first), maxBody)]
	if j.off || j.held+len(text) > maxHeld {
		return nil
	}
	j.held += len(text)
	return &payload{bytes.Clone(text), len(text) < l.length}
}

// release makes room for what m holds.
func (j *journal) release(m *mark) {
	if m.said == nil {
		return
	}
	for _, p := range []*payload{m.said.body, m.said.reply} {
		if p != nil {
			j.held -= len(p.text)
		}
	}
}

// take returns what was noted, for spare, which is empty.
func (j *journal) take(spare []mark) (marks []mark, skipped int64) {
	marks, skipped = j.marks, j.skipped
	j.marks, j.skipped = spare, 0
	for i := range marks {
		j.release(&marks[i])
	}
	return marks, skipped
}

// trace writes a session's events to its file, a few times a second at most and
// only while something happens. All methods of nil work, and do nothing.
type trace struct {
	home  files.Home
	watch *watch
	file  traceFile
	count int64
	lines int64 // of stderr, so far
	spare []mark
}

// newTrace returns nil where no trace is kept.
func newTrace(home files.Home, w *watch, off bool) *trace {
	s := w.snapshot(0)
	if off || !isFolderName(s.Server) {
		w.noTrace()
		return nil
	}
	return &trace{home: home, watch: w, file: traceFile{dir: home.Logs(s.Server), base: s.base(), head: Event{Session: s.ID, Client: s.Client}}}
}

// keep writes until stop is closed; the last events are for finish.
func (t *trace) keep(stop <-chan struct{}) {
	if t == nil {
		return
	}
	t.lookForPayloads()
	for {
		select {
		case <-stop:
			return
		case <-t.watch.journal.news:
		}
		select {
		case <-stop:
			return
		case <-time.After(traceEvery):
		}
		t.write()
		t.lookForPayloads()
	}
}

// finish writes what is left, the exit last.
func (t *trace) finish(exit Exit) {
	if t == nil {
		return
	}
	t.watch.stderr.end()
	t.watch.over(exit)
	t.write()
	t.file.close()
}

func (t *trace) lookForPayloads() {
	t.watch.record(PayloadsUntil(t.home, t.watch.server))
}

func (t *trace) write() {
	marks, skipped := t.watch.take(t.spare[:0])
	list := make([]Event, 0, len(marks)+1)
	for _, m := range marks {
		list = append(list, t.event(m))
	}
	clear(marks) // let go of what they hold
	t.spare = marks
	lines, missed := t.watch.stderr.since(&t.lines)
	for _, l := range lines {
		list = append(list, Event{Time: l.at, Kind: EventStderr, Text: t.watch.shown(l.text, len(l.text) >= rawLen)})
	}
	slices.SortStableFunc(list, func(a, b Event) int { return a.Time.Compare(b.Time) })
	if skipped += missed; skipped > 0 {
		list = append(list, Event{Time: time.Now(), Kind: EventSkipped, Count: skipped})
	}
	t.append(list)
}

func (t *trace) append(list []Event) {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	for _, e := range list {
		t.count++
		e.N, e.Time = t.count, e.Time.UTC().Truncate(time.Microsecond)
		to.Encode(e)
		if b.Len() > maxPart {
			t.file.write(b.Bytes())
			b.Reset()
		}
	}
	t.file.write(b.Bytes())
}

// event spells m out, without secrets.
func (t *trace) event(m mark) Event {
	w := t.watch
	e := Event{
		Time: m.at, Kind: m.kind, Method: w.word(m.method), ID: w.word(m.id), Took: milliseconds(m.took),
		Sent: m.sent, Got: m.got, Cancelled: m.cancelled, Error: m.failed, Code: m.code,
	}
	if s := m.said; s != nil {
		e.Text = w.shown(string(s.text), s.cut)
		e.Body, e.Reply = s.body.shown(w.hide), s.reply.shown(w.hide)
	}
	return e
}

func (p *payload) shown(hide secrets.Redactor) string {
	if p == nil {
		return ""
	}
	return hide.Text(string(p.text), p.cut)
}

// word is a method or an id: names, mostly, but a stranger chose them.
func (w *watch) word(s string) string {
	if len(s) <= 64 && isPlain(s) {
		return s
	}
	return w.shown(s[:min(len(s), 200)], len(s) > 200)
}

func isPlain(s string) bool {
	for _, c := range []byte(s) {
		if !isBare(c) && c != '/' && c != '_' && c != '"' {
			return false
		}
	}
	return true
}

// Mark says how far a reader of a server's trace has come. The zero one is the
// beginning.
type Mark struct{ seen map[string]place }

// Trace returns the newest events of all the server's sessions, at most max,
// oldest first, and of those only what came after the mark; and the mark to go on
// from. Files are read from their ends, as far as needed.
func Trace(home files.Home, serverID string, after Mark, max int) ([]Event, Mark, error) {
	bases, err := traceBases(home, serverID)
	if err != nil {
		return nil, after, err
	}
	next := Mark{seen: map[string]place{}}
	var all []Event
	for _, base := range bases {
		list, at := readTrace(home.Logs(serverID), base, after.seen[base], max)
		next.seen[base] = at
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return all[len(all)-min(len(all), max):], next, nil
}
