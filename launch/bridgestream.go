package launch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// waiting holds the requests whose answers come on one stream for all.
type waiting struct {
	mu  sync.Mutex
	all map[string]chan []byte
}

func (w *waiting) add(id string) chan []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := make(chan []byte, 1)
	if w.all == nil {
		w.all = map[string]chan []byte{}
	}
	w.all[id] = got
	return got
}

func (w *waiting) remove(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, id)
}

// take hands an answer to whoever waits for it; it reports whether somebody does.
// An error without an id is for the only one who can be meant.
func (w *waiting) take(m message, text []byte) bool {
	if m.kind != answer && m.kind != refusal {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := w.all[m.id]; got != nil {
		got <- text
		delete(w.all, m.id)
		return true
	}
	for id, got := range w.all {
		if isSameID(id, m.id) || m.id == "" && len(w.all) == 1 {
			got <- text
			delete(w.all, id)
			return true
		}
	}
	return false
}

// end tells all that no answer will come.
func (w *waiting) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, got := range w.all {
		close(got)
	}
	clear(w.all)
}

// line is a connection whose answers come on one stream: of one session.
type oneStream struct {
	send func(ctx context.Context, body []byte) error
	stop func()
	over chan struct{} // closed when the stream has ended
	waiting
}

// hear passes on what came on the stream.
func (l *oneStream) hear(b *bridge, text []byte) {
	if text = flat(text); len(text) > 0 && !l.take(lookWhole(text), text) {
		b.pass(text)
	}
}

// streamed is a tube over such connections; dial makes one.
type streamed struct {
	b       *bridge
	dial    func(ctx context.Context, b *bridge) (*oneStream, error)
	dropped func() // a connection broke

	mu  sync.Mutex
	now *oneStream
}

func (s *streamed) connect(ctx context.Context) error {
	s.mu.Lock()
	old := s.now
	s.now = nil
	s.mu.Unlock()
	if old != nil {
		old.stop()
	}
	l, err := s.dial(ctx, s.b)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.now = l
	s.mu.Unlock()
	s.b.busy.Go(func() {
		<-l.over
		l.end()
		s.mu.Lock()
		mine := s.now == l
		s.mu.Unlock()
		if mine && s.b.life.Err() == nil && s.dropped != nil {
			s.dropped()
		}
	})
	return nil
}

// open is the connection, nil where there is none any more.
func (s *streamed) open() *oneStream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return nil
	}
	select {
	case <-s.now.over:
		return nil
	default:
		return s.now
	}
}

func (s *streamed) exchange(c *call, body []byte) ([]byte, error) {
	l := s.open()
	if l == nil {
		return nil, errGone
	}
	if c.kind == batch {
		return nil, l.send(c.ctx, body)
	}
	got := l.add(c.id)
	defer l.remove(c.id)
	if err := l.send(c.ctx, body); err != nil {
		var r *refused
		if errors.As(err, &r) && r.status == http.StatusNotFound {
			return nil, errors.Join(errGone, err)
		}
		return nil, err
	}
	select {
	case text, ok := <-got:
		if !ok {
			return nil, errCut
		}
		return text, nil
	case <-l.over:
		select {
		case text, ok := <-got:
			if ok {
				return text, nil
			}
		default:
		}
		return nil, errCut
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

func (s *streamed) send(ctx context.Context, body []byte) error {
	l := s.open()
	if l == nil {
		return nil // what it was about is gone as well
	}
	return l.send(ctx, body)
}

func (s *streamed) speaks(string) {}
func (s *streamed) listen()       {}

func (s *streamed) close(context.Context) {
	if l := s.open(); l != nil {
		l.stop()
	}
}

// newStreamed is a session over one stream for all answers.
func newStreamed(b *bridge, dial func(context.Context, *bridge) (*oneStream, error)) *session {
	t := &streamed{b: b, dial: dial}
	s := newSession(b, t)
	t.dropped = s.lost
	return s
}

// dialEvents opens HTTP+SSE of 2024-11-05: the stream's first event names the
// address that messages are posted to; all answers come on the stream.
func dialEvents(ctx context.Context, b *bridge) (*oneStream, error) {
	life, stop := context.WithCancel(b.life)
	unhook := context.AfterFunc(ctx, stop)
	resp, err := b.wire.send(life, parcel{method: http.MethodGet, url: b.wire.url, header: map[string]string{
		"Accept": eventStream, "Accept-Encoding": "identity",
	}})
	if err != nil {
		stop()
		return nil, err
	}
	e := newEvents(resp.Body)
	to, err := endpointOf(b.wire.url, resp, e)
	if err != nil || !unhook() {
		stop()
		resp.Body.Close()
		return nil, errAway
	}
	l := &oneStream{stop: stop, over: make(chan struct{})}
	l.send = func(ctx context.Context, body []byte) error {
		p := b.wire.post(body, nil)
		p.url = to
		resp, err := b.wire.send(ctx, p)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	b.busy.Go(func() {
		defer close(l.over)
		defer resp.Body.Close()
		for {
			ev, err := e.next()
			if err != nil {
				return
			}
			l.hear(b, ev.data)
		}
	})
	return l, nil
}

// endpointOf is the address that the stream's first event names, of the same origin.
func endpointOf(base string, resp *http.Response, e *events) (string, error) {
	if !isStream(resp.Header) {
		return "", errAway
	}
	ev, err := e.next()
	if err != nil || ev.name != "endpoint" {
		return "", errAway
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	to, err := u.Parse(string(ev.data))
	if err != nil || originOf(to.String()) != originOf(base) {
		return "", errAway
	}
	return to.String(), nil
}

// pingEvery finds out that a WebSocket's other end is gone.
const pingEvery = 30 * time.Second

// dialSocket opens a WebSocket, each message of which is one of the protocol's.
func dialSocket(ctx context.Context, b *bridge) (*oneStream, error) {
	authorization, err := b.wire.authorization(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := b.wire.socket(ctx, authorization)
	if err != nil && statusOf(err) != 0 && b.plan.Auth != nil && isAuth(statusOf(err)) {
		var r *refused
		errors.As(err, &r)
		again, refusal := b.plan.Auth.Refused(ctx, r.status, r.challenge, authorization)
		if refusal != nil {
			return nil, &unsigned{r, refusal}
		}
		if again {
			if authorization, err = b.wire.authorization(ctx); err != nil {
				return nil, err
			}
			conn, err = b.wire.socket(ctx, authorization)
		}
	}
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	life, stop := context.WithCancel(b.life)
	l := &oneStream{over: make(chan struct{})}
	l.stop = func() {
		conn.Close(websocket.StatusNormalClosure, "")
		stop()
	}
	l.send = func(ctx context.Context, body []byte) error {
		if err := conn.Write(ctx, websocket.MessageText, body); err != nil {
			return errors.Join(errCut, err)
		}
		return nil
	}
	b.busy.Go(func() {
		defer close(l.over)
		defer stop()
		defer conn.CloseNow()
		for {
			_, text, err := conn.Read(life)
			if err != nil {
				return
			}
			l.hear(b, text)
		}
	})
	b.busy.Go(func() {
		for pause(life, pingEvery) {
			ctx, cancel := context.WithTimeout(life, pingEvery/2)
			err := conn.Ping(ctx)
			cancel()
			if err != nil {
				stop()
			}
		}
	})
	return l, nil
}

// socket opens a WebSocket. It needs HTTP/1.1, so it has a transport of its own.
func (w *wire) socket(ctx context.Context, authorization string) (*websocket.Conn, error) {
	t := newTransport()
	t.ForceAttemptHTTP2, t.HTTP2, t.Protocols = false, nil, new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	header := http.Header{}
	w.sign(header, authorization)
	conn, resp, err := websocket.Dial(ctx, w.url, &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: t, Jar: w.http.Jar, CheckRedirect: checkRedirect},
		HTTPHeader:   header,
		Subprotocols: []string{"mcp"},
	})
	if err != nil && resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, refusedBy(resp)
	}
	return conn, err
}
