package launch

import (
	"context"
	"errors"
	"sync"
	"time"

	"mcp-companion/files"
)

// tube carries the messages of a session that was opened by initialize.
type tube interface {
	// connect makes ready for a fresh session; the old one is forgotten.
	connect(ctx context.Context) error
	// exchange sends a request and returns its answer. errGone says that the server
	// knows the session no more, and that nothing was done.
	exchange(c *call, body []byte) ([]byte, error)
	send(ctx context.Context, body []byte) error
	// speaks hears the version that was agreed on.
	speaks(version string)
	// listen begins to hear what the server says of itself, if it doesn't yet.
	listen()
	close(ctx context.Context)
}

// session is a session of the client's with a server of the days before 2026-07-28.
// Where the server forgets it, it is opened anew as the client opened it, and what
// was refused is sent once more; nothing else is ever sent twice.
type session struct {
	b    *bridge
	tube tube

	renewing sync.Mutex
	mu       sync.Mutex
	opening  []byte // the client's initialize
	result   []byte // and its answer
	ready    bool   // the client said that it is initialized
	isOpen   bool
	turn     int // counts openings
}

func newSession(b *bridge, t tube) *session { return &session{b: b, tube: t} }

// ourID is an id for a request of ours, unlike any client's.
func ourID() string { return `"mcp-companion-` + files.NewID() + `"` }

// ownCall is a request of ours.
func ownCall(ctx context.Context, method string) *call {
	c := &call{message: message{kind: request, method: method, id: ourID()}}
	c.ctx, c.cancel = context.WithCancel(ctx)
	return c
}

var initialized = []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)

func (s *session) exchange(c *call, body []byte) ([]byte, error) {
	if c.method == "initialize" {
		return s.open(c, body)
	}
	turn, isOpen := s.now()
	if !isOpen {
		if err := s.renew(c.ctx, turn); err != nil {
			return nil, err
		}
		turn, _ = s.now()
	}
	text, err := s.tube.exchange(c, body)
	if !errors.Is(err, errGone) {
		return text, err
	}
	if again := s.renew(c.ctx, turn); again != nil {
		return nil, again
	}
	return s.tube.exchange(c, body)
}

func (s *session) now() (turn int, isOpen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn, s.isOpen || s.opening == nil
}

// open has the client's own initialize answered.
func (s *session) open(c *call, body []byte) ([]byte, error) {
	if err := s.tube.connect(c.ctx); err != nil {
		return nil, err
	}
	text, err := s.tube.exchange(c, body)
	if err == nil && lookWhole(text).kind == answer {
		s.opened(body, text)
	}
	return text, err
}

func (s *session) opened(opening, text []byte) {
	s.tube.speaks(wordAt(text, "result", "protocolVersion"))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opening, s.isOpen, s.result = opening, true, valueAt(text, "result")
	s.turn++
}

// renew opens the session anew, unless that was done since it had this turn. The
// answer is ours, not the client's.
func (s *session) renew(ctx context.Context, turn int) error {
	s.renewing.Lock()
	defer s.renewing.Unlock()
	s.mu.Lock()
	opening, ready, done := s.opening, s.ready, s.turn != turn
	s.mu.Unlock()
	switch {
	case done:
		return nil
	case opening == nil:
		return errGone
	}
	ctx, cancel := context.WithTimeout(ctx, s.b.startTime())
	defer cancel()
	c := ownCall(ctx, "initialize")
	defer c.cancel()
	text, err := s.open(c, withID(opening, c.id))
	if err != nil {
		return err
	}
	if lookWhole(text).kind != answer {
		return &answered{text}
	}
	s.mu.Lock()
	s.opening = opening
	s.mu.Unlock()
	if ready {
		return s.initialized(ctx, initialized)
	}
	return nil
}

// answered is a server's error, as an answer to something else.
type answered struct{ rpc []byte }

func (a *answered) Error() string { return wordAt(a.rpc, "error", "message") }

func (s *session) initialized(ctx context.Context, body []byte) error {
	err := s.tube.send(ctx, body)
	if err == nil {
		s.tube.listen()
	}
	return err
}

func (s *session) send(ctx context.Context, m message, body []byte) error {
	if m.method == "notifications/initialized" {
		s.mu.Lock()
		s.ready = true
		s.mu.Unlock()
		return s.initialized(ctx, body)
	}
	return s.tube.send(ctx, body)
}

func (s *session) cancel(c *call, notice []byte) {
	s.b.busy.Go(func() {
		ctx, cancel := context.WithTimeout(s.b.life, lingerTime)
		defer cancel()
		s.tube.send(ctx, notice)
	})
	time.AfterFunc(lingerTime, c.cancel) // a stream that ends by itself keeps its connection
}

func (s *session) close(ctx context.Context) { s.tube.close(ctx) }

// lost opens the session again after its only stream broke, so that what the
// server says of itself is heard; requests open it too, and do not wait for this.
func (s *session) lost() {
	turn, isOpen := s.now()
	if !isOpen {
		return
	}
	s.b.busy.Go(func() {
		if !pause(s.b.life, backoff(0)) {
			return
		}
		s.b.again(s.b.life, func() (time.Duration, error) { return 0, s.renew(s.b.life, turn) })
	})
}
