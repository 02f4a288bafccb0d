package launch

import (
	"sync"
	"sync/atomic"
	"time"

	"mcp-companion/words"
)

// limits answers, in the place of a server here, a request that it leaves without
// an answer for longer than its user wants to wait. The server is told that nobody
// waits any more (basic/utilities/cancellation; never of initialize), and what it
// answers later is left out. All other lines pass as they came; batches are not
// measured. An answer whose id stands at its end is held back while one that comes
// too late may come.
type limits struct {
	plan   *Plan
	clocks clocks
	out    *outlet // to the client
	in     *outlet // to the server
	watch  *watch
	sift   *filters // nil for none

	mu   sync.Mutex
	gone map[string]bool // ids of requests that were answered in the server's place
	late atomic.Int32    // their number
}

// limit puts the plan's time limits between the streams, after its filters; without
// any these stay just as they are.
func (p *Plan) limit(in, out *stream, w *watch, f *filters) {
	if p.CallTimeout == 0 && p.StartTimeout == 0 {
		return
	}
	l := &limits{plan: p, watch: w, sift: f, gone: map[string]bool{}, in: &outlet{put: in.send}}
	in.send = l.in.write
	if f != nil {
		f.answered = l.clocks.stop
		l.out = f.out
	}
	if l.out == nil {
		l.out = outletOf(out)
	}
	// What comes from the server is looked at before it is forwarded: an answer that
	// the client has can't come too late.
	out.early = true
	out.lines.see = l.watched(w.seesServer, l.ofServerWhole)
	in.lines.see = l.watched(w.seesClient, func(m message, line line) {
		if f != nil {
			f.asks(m, line)
		}
		l.ofClient(m, line)
	})
	judge := l.ofServer
	if out.sieve != nil {
		filter := out.sieve.judge
		judge = func(text []byte, whole bool) ([]byte, fate) {
			if _, fate := l.ofServer(text, whole); fate != passed {
				return nil, fate
			}
			return filter(text, whole)
		}
	}
	out.sieve = &sieve{judge: judge}
}

// watched has both look at each line.
func (l *limits) watched(first, then func(message, line)) func(line) {
	return func(line line) {
		m := look(line)
		first(m, line)
		then(m, line)
	}
}

// of is how long a request of this method may wait, 0 for as long as it likes.
func (l *limits) of(method string) time.Duration {
	switch method {
	case "initialize", "server/discover":
		return l.plan.StartTimeout
	case "subscriptions/listen": // a stream that lasts
		return 0
	}
	return l.plan.CallTimeout
}

// ofClient looks at a line before it is forwarded.
func (l *limits) ofClient(m message, line line) {
	switch m.kind {
	case request:
		l.forgive(m.id)
		if limit := l.of(m.method); limit > 0 && len(m.id) <= maxIDLen {
			l.clocks.start(m.id, limit, func() { l.over(m, limit) })
		}
	case notice:
		if m.method == "notifications/cancelled" {
			l.clocks.stop(cancelled(line.head))
		}
	case answer, refusal:
		l.clocks.replied(m.id)
	}
}

// ofServerWhole looks at a line at its end, before that is forwarded.
func (l *limits) ofServerWhole(m message, line line) {
	switch m.kind {
	case answer, refusal, someword:
		l.clocks.stop(m.id)
	case request:
		l.clocks.asked(m.id, m.method)
	case notice:
		if m.method == "notifications/cancelled" {
			l.clocks.replied(cancelled(line.head))
		}
	}
	l.clocks.sure()
}

// ofServer judges the server's lines: what comes too late is dropped.
func (l *limits) ofServer(text []byte, whole bool) ([]byte, fate) {
	if whole && l.late.Load() == 0 {
		return nil, passed
	}
	line, ok := lineOf(text, whole)
	if !ok {
		return nil, unknown
	}
	m := look(line)
	switch {
	case m.kind != answer && m.kind != refusal && m.kind != someword:
		return nil, passed
	case m.id != "":
		if l.forgive(m.id) {
			return nil, dropped
		}
		l.clocks.stop(m.id)
		return nil, passed
	case whole:
		return nil, passed
	}
	l.clocks.doubt()
	if l.late.Load() > 0 && len(text) <= maxSieved {
		return nil, unknown
	}
	return nil, passed
}

// forgive reports whether the answer to id came too late; from now on it does not.
func (l *limits) forgive(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.gone[id]
	delete(l.gone, id)
	l.late.Store(int32(len(l.gone)))
	return was
}

// over answers m, whose time is over.
func (l *limits) over(m message, limit time.Duration) {
	l.mu.Lock()
	if len(l.gone) < maxPending {
		l.gone[m.id] = true
		l.late.Store(int32(len(l.gone)))
	}
	l.mu.Unlock()
	if l.sift != nil {
		l.sift.forget(m.id)
	}
	text := refusalTo([]byte(m.id), noAnswer(l.plan.Name, limit))
	l.watch.unanswered(m, len(text))
	l.out.insert(append(text, '\n'))
	if m.method != "initialize" {
		l.in.insert(append(cancelNotice(m.id), '\n'))
	}
}

func noAnswer(name string, limit time.Duration) *words.Problem {
	return words.New(words.NoAnswer, nil, "Name", name, "Seconds", int(limit.Round(time.Second).Seconds()))
}
