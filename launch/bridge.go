package launch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mcp-companion/files"
)

// Authorizer gives a remote server what it wants to see. Its methods may be
// called from many goroutines at once, and block as long as ctx allows.
type Authorizer interface {
	// Header is the value of the Authorization header, "" for none. Its error is a
	// words.Problem where the user can do something.
	Header(ctx context.Context) (string, error)

	// Refused hears that a request with the header used was answered with status
	// and the challenge (WWW-Authenticate; several are joined by a comma). again says
	// that another Header may do better: the request is then sent once more.
	Refused(ctx context.Context, status int, challenge, used string) (again bool, err error)
}

// How long a bridge waits.
const (
	openTime   = 25 * time.Second       // for an opening where the server sets none: a client gives up at 30 s or later
	noticeTime = 2 * time.Second        // for a notification to be taken, before what follows it is sent
	lingerTime = 5 * time.Second        // for a cancelled request's stream to end
	farewell   = 500 * time.Millisecond // for the end of a session to be told
)

// maxHeap is from where on a bridge rather works than takes memory: without it the
// leavings of long messages pile up.
const maxHeap = 48 << 20

// maxMessage is how long a message may be, in either direction.
const maxMessage = 64 << 20

// bridge is a stdio server to the client, and a client to the remote server. Where
// both speak the same protocol the bytes of a message pass as they came; where they
// don't, only what has to be is changed. It answers every request, with an error of
// its own where the server can't be asked, and stays alive when that happens: the
// next request tries again.
type bridge struct {
	plan  *Plan
	home  files.Home // "" for none
	watch *watch
	out   *outlet
	sift  *filters // nil for none
	notes io.Writer
	wire  *wire
	life  context.Context // ends with the bridge
	alive chan struct{}   // a request was answered: whoever waits to try again does so
	tidy  *time.Timer     // runs out when nothing was said for a while
	long  atomic.Bool     // a long message was
	times clocks          // of the requests that have a limit

	// Of take's goroutine alone:
	opening []byte    // the client's initialize
	failed  time.Time // when nothing could be opened
	failure error     // and why

	mu    sync.Mutex
	heard func(message, []byte, *call) // what the server says of itself, where it is changed; nil for deliver
	link  link                         // how the server is spoken to; nil until that is known
	calls map[string]*call             // requests that wait, by their ids as spelled
	said  string                       // the last problem told on stderr
	last  error                        // the last problem, nil after an answer
	busy  sync.WaitGroup
	open  atomic.Int32 // messages and requests that are waited for at the end
}

// link is a way to speak to a server.
type link interface {
	// exchange sends a request and returns its answer as it came, on one line.
	exchange(c *call, body []byte) ([]byte, error)
	// send sends what has no answer.
	send(ctx context.Context, m message, body []byte) error
	// cancel hears that the client waits for c no longer, and what it said so with.
	cancel(c *call, notice []byte)
	// close ends the session, if there is one.
	close(ctx context.Context)
}

// call is a request of the client's that waits for its answer.
type call struct {
	message
	text   []byte
	came   time.Time
	ctx    context.Context
	cancel context.CancelFunc

	late    atomic.Bool // its time is over
	over    atomic.Bool // it was answered, or the client waits no longer
	dropped atomic.Bool // the latter
}

// isLong reports whether the request is a stream that lasts.
func (m message) isLong() bool { return m.method == "subscriptions/listen" }

func newBridge(p *Plan, life context.Context, home files.Home, w *watch, out func([]byte) bool, notes io.Writer) *bridge {
	b := &bridge{
		plan: p, home: home, watch: w, out: &outlet{put: out}, notes: notes, life: life,
		alive: make(chan struct{}, 1), calls: map[string]*call{},
	}
	b.tidy = time.AfterFunc(settled, b.rest)
	b.sift = p.sift(b.out, w)
	b.wire = newWire(p, w.hide)
	return b
}

// take handles one message of the client's. Requests are carried in goroutines of
// their own; what opens a session is waited for, and so, briefly, is what has no
// answer: it means something to what follows it.
func (b *bridge) take(l letter) {
	m, text := l.message, l.text
	b.passed(max(l.long, len(text)))
	if l.long > 0 {
		b.watch.seesClient(m, line{length: l.long})
		if m.kind == request {
			b.fail(b.newCall(m, nil), errTooLong)
		}
		return
	}
	b.watch.seesClient(m, lineOfText(text))
	if b.sift != nil {
		b.sift.asks(m, lineOfText(text))
		if _, fate := b.sift.ofClient(text, true); fate == dropped {
			return
		}
	}
	switch m.kind {
	case request:
		c := b.newCall(m, text)
		if b.to() == nil || m.method == "initialize" {
			c.came = l.came
			b.settleFirst(c)
			return
		}
		b.busy.Go(func() { b.carry(c) })
	case notice:
		if m.method == "notifications/cancelled" {
			b.cancelled(cancelled(text), text)
			return
		}
		b.sendOn(m, text)
	case answer, refusal, someword:
		b.times.replied(m.id)
		b.sendOn(m, text)
	case batch:
		b.busy.Go(func() { b.carryBatch(text) })
	}
}

// to is how the server is spoken to, nil while that is not known.
func (b *bridge) to() link {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.link
}

func (b *bridge) speak(l link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.link = l
}

// settleFirst has the server answer what opens the session. Whatever the client
// asked before that was found to fail has failed with it.
func (b *bridge) settleFirst(c *call) {
	if c.came.Before(b.failed) {
		b.fail(c, b.failure)
		return
	}
	text, err := b.openWith(c)
	if err != nil && !errors.Is(err, errLater) {
		b.failed, b.failure = time.Now(), err
	}
	b.settle(c, text, err)
}

func (b *bridge) newCall(m message, text []byte) *call {
	c := &call{message: m, text: text}
	c.ctx, c.cancel = context.WithCancel(b.life)
	if limit := b.limitOf(c); limit > 0 && !m.isLong() {
		b.times.start(m.id, limit, func() { c.late.Store(true); c.cancel() })
	}
	if !m.isLong() {
		b.open.Add(1)
	}
	b.mu.Lock()
	b.calls[m.id] = c
	b.mu.Unlock()
	return c
}

func (b *bridge) startTime() time.Duration {
	if b.plan.StartTimeout > 0 {
		return b.plan.StartTimeout
	}
	return openTime
}

// carry has the server answer c.
func (b *bridge) carry(c *call) {
	text, err := b.to().exchange(c, c.text)
	b.settle(c, text, err)
}

// settle passes c's answer on, or says why there is none.
func (b *bridge) settle(c *call, text []byte, err error) {
	if errors.Is(err, errLater) {
		return
	}
	if err != nil {
		b.fail(c, err)
		return
	}
	b.answer(c, text)
}

// answer passes the answer to c on, with the request's own id where it has none.
func (b *bridge) answer(c *call, text []byte) {
	if !b.release(c) {
		return
	}
	b.recovered()
	b.deliver(withOwnID(text, c.id))
}

// recovered notes that the server answers.
func (b *bridge) recovered() {
	b.mu.Lock()
	b.last, b.said = nil, ""
	b.mu.Unlock()
	b.watch.reached()
	tell(b.alive)
}

// fail answers c with an error of ours.
func (b *bridge) fail(c *call, err error) {
	late := c.late.Load()
	if !b.release(c) {
		return
	}
	t := b.wire.trouble(err)
	if late {
		t = b.wire.late(b.limitOf(c))
		if to := b.to(); to != nil && c.method != "initialize" {
			b.busy.Go(func() { to.cancel(c, cancelNotice(c.id)) })
		}
	}
	if b.sift != nil {
		b.sift.forget(c.id)
	}
	if t.rpc != nil { // the server's own words
		b.recovered()
		b.deliver(withOwnID(t.rpc, c.id))
		return
	}
	b.tell(t)
	text := refusalTo([]byte(c.id), t.problem)
	b.watch.undelivered(c.message, len(text), t.remote)
	b.write(text)
}

func (b *bridge) limitOf(c *call) time.Duration {
	if c.method == "initialize" || c.method == "server/discover" {
		return b.startTime()
	}
	return b.plan.CallTimeout
}

// tell says on stderr what is wrong, once.
func (b *bridge) tell(t *trouble) {
	text := t.problem.Error()
	b.mu.Lock()
	b.last = t.problem
	known := b.said == text
	b.said = text
	b.mu.Unlock()
	if !known {
		b.note(text)
	}
}

// note writes a line of ours on stderr.
func (b *bridge) note(text string) {
	io.WriteString(b.notes, "mcp-companion: "+b.watch.hide.Text(text, false)+"\n")
}

// release ends the wait for c; it reports whether the client still waits.
func (b *bridge) release(c *call) bool {
	b.mu.Lock()
	if b.calls[c.id] == c {
		delete(b.calls, c.id)
		b.times.stop(c.id)
	}
	b.mu.Unlock()
	defer c.cancel()
	if c.over.Swap(true) {
		return false
	}
	if !c.isLong() {
		b.open.Add(-1)
	}
	return !c.dropped.Load()
}

// cancelled ends the wait for the request id, which the client no longer wants.
func (b *bridge) cancelled(id string, notice []byte) {
	b.mu.Lock()
	c := b.calls[id]
	delete(b.calls, id)
	b.times.stop(id)
	b.mu.Unlock()
	to := b.to()
	if c == nil || to == nil {
		return
	}
	c.dropped.Store(true)
	if !c.over.Swap(true) && !c.isLong() {
		b.open.Add(-1)
	}
	to.cancel(c, notice)
}

// sendOn sends what has no answer. What can't be delivered is dropped: there is
// nobody to tell.
func (b *bridge) sendOn(m message, text []byte) {
	to := b.to()
	if to == nil {
		return
	}
	ctx, cancel := context.WithTimeout(b.life, b.startTime())
	done := make(chan struct{})
	b.busy.Go(func() {
		defer cancel()
		defer close(done)
		if err := to.send(ctx, m, text); err != nil && b.life.Err() == nil {
			b.tell(b.wire.trouble(err))
		}
	})
	select {
	case <-done:
	case <-time.After(noticeTime):
	}
}

// carryBatch sends several messages in one; only servers of 2025-03-26 know them.
func (b *bridge) carryBatch(text []byte) {
	fail := func(err error) {
		t := b.wire.trouble(err)
		b.tell(t)
		if reply := refusalOf(text, t.problem); reply != nil {
			b.write(bytes.TrimSuffix(reply, []byte("\n")))
		}
	}
	to := b.to()
	if to == nil {
		fail(errNotOpen)
		return
	}
	c := &call{message: message{kind: batch, method: batchMethod}, text: text}
	c.ctx, c.cancel = context.WithCancel(b.life)
	defer c.cancel()
	switch reply, err := to.exchange(c, text); {
	case err != nil:
		fail(err)
	case len(reply) > 0:
		b.pass(reply)
	}
}

// pass takes what the server says of itself.
func (b *bridge) pass(text []byte) { b.passFrom(nil, text) }

// passFrom is pass for what came on c's stream.
func (b *bridge) passFrom(c *call, text []byte) {
	m := lookWhole(text)
	if m.kind == stray {
		b.watch.fromServer(lineOfText(text))
		return // stdout carries messages only
	}
	b.mu.Lock()
	hear := b.heard
	b.mu.Unlock()
	if hear != nil {
		hear(m, text, c)
		return
	}
	b.deliver(text)
}

// deliver gives the client a message of the server's.
func (b *bridge) deliver(text []byte) {
	seen := text
	if b.sift != nil {
		kept, fate := b.sift.ofServer(text, true)
		if fate == dropped {
			return
		}
		if kept != nil {
			text = kept
		}
	}
	l := lineOfText(seen)
	m := look(l)
	switch { // no time of the client's runs while it is asked something
	case m.kind == request:
		b.times.asked(m.id, m.method)
	case m.method == "notifications/cancelled":
		b.times.replied(cancelled(l.head))
	}
	b.write(text)
	b.watch.seesServer(m, l)
}

func (b *bridge) write(text []byte) {
	b.out.line(text)
	b.passed(len(text))
}

// passed notes that a message of this length was.
func (b *bridge) passed(length int) {
	if length > longLine {
		b.long.Store(true)
	}
	b.tidy.Reset(settled)
}

// rest gives back what was needed only while something was said.
func (b *bridge) rest() {
	if b.long.Swap(false) {
		debug.FreeOSMemory()
		debug.FreeOSMemory() // what a pool holds is let go of at the second time
	}
	if b.home != "" { // the process is ours alone
		files.DropPages()
	}
}

// finish waits for what is under way, as long as grace, and ends the session.
func (b *bridge) finish(end context.CancelFunc, grace time.Duration) {
	for until := time.Now().Add(grace); b.open.Load() > 0 && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
	}
	end()
	b.tidy.Stop()
	idle := make(chan struct{})
	go func() { b.busy.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-time.After(quiet):
		return // a request that can't be called off: its session ends with its connection
	}
	if to := b.to(); to != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(b.life), farewell)
		defer cancel()
		to.close(ctx)
	}
}

// cancelNotice says that the request id is not wanted any more.
func cancelNotice(id string) []byte {
	return []byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `,"reason":"no answer in time"}}`)
}

// isNewer reports whether a protocol version is one without initialize.
func isNewer(version string) bool { return strings.Compare(version, "2026") > 0 }
