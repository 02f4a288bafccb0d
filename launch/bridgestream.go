package launch

import (
	"context"
	"errors"
	"net/http"
	"sync"
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
