package launch

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The headers of Streamable HTTP.
const (
	versionHeader = "MCP-Protocol-Version"
	sessionHeader = "Mcp-Session-Id"
	lastHeader    = "Last-Event-ID"
)

const (
	maxTries  = 6                      // to take up a stream again
	firstWait = 500 * time.Millisecond // before the second try, then twice as long each time
	longWait  = time.Minute            // at most
	steady    = 5 * time.Second        // a stream that lasted so long did not fail at once
)

// streamable is Streamable HTTP as it was until 2025-11-25: a POST for each
// message, a session, a GET stream for what the server says of itself, and streams
// that can be taken up again where they broke.
type streamable struct {
	b *bridge

	mu       sync.Mutex
	session  string
	version  string
	unlisten context.CancelFunc // nil while nothing listens
}

func (s *streamable) connect(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session, s.version = "", ""
	if s.unlisten != nil {
		s.unlisten()
		s.unlisten = nil
	}
	return nil
}

func (s *streamable) speaks(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// header is what tells the server which session is meant.
func (s *streamable) header() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := map[string]string{}
	if s.version != "" {
		h[versionHeader] = s.version
	}
	if s.session != "" {
		h[sessionHeader] = s.session
	}
	return h
}

func (s *streamable) exchange(c *call, body []byte) ([]byte, error) {
	header := s.header()
	resp, err := s.b.ask(c, s.b.wire.post(body, header))
	switch {
	case err != nil && isGone(err, header[sessionHeader]):
		return nil, errors.Join(errGone, err)
	case err != nil:
		return nil, err
	}
	if c.method == "initialize" {
		s.mu.Lock()
		s.session = resp.Header.Get(sessionHeader)
		s.mu.Unlock()
	}
	return s.b.receive(c, resp, func(text []byte) { s.b.passFrom(c, text) }, s.resume)
}

// isGone reports whether the server says that it knows the session no more: 404 by
// the specification; some say 400, and then which.
func isGone(err error, session string) bool {
	var r *refused
	if session == "" || !errors.As(err, &r) {
		return false
	}
	text := strings.ToLower(string(r.body))
	switch r.status {
	case http.StatusNotFound:
		return !strings.Contains(text, "-32601")
	case http.StatusBadRequest:
		return strings.Contains(text, "session")
	}
	return false
}

func (s *streamable) send(ctx context.Context, body []byte) error {
	resp, err := s.b.wire.send(ctx, s.b.wire.post(body, s.header()))
	if err != nil {
		return err
	}
	io.CopyN(io.Discard, resp.Body, maxRefuse)
	return resp.Body.Close()
}

// resume takes a broken stream up again after its last event.
func (s *streamable) resume(ctx context.Context, e *events) (io.ReadCloser, error) {
	if e.id == "" {
		return nil, errCut
	}
	for n := 0; n < maxTries; n++ {
		wait := backoff(n)
		if e.asked {
			wait = max(e.retry, backoff(n-1)) // the server's wish, and no less
		}
		if !pause(ctx, wait) {
			return nil, ctx.Err()
		}
		resp, err := s.get(ctx, e.id)
		var r *refused
		switch {
		case err == nil:
			return resp.Body, nil
		case errors.As(err, &r) && r.status/100 == 4, errors.Is(err, errAway):
			return nil, errCut
		}
	}
	return nil, errCut
}

// backoff is the wait before try n, with jitter; none before the first.
func backoff(n int) time.Duration {
	if n < 0 {
		return 0
	}
	d := min(firstWait<<min(n, 10), longWait)
	return d/2 + rand.N(d/2+1)
}

// get asks for a stream, from after the event with this id.
func (s *streamable) get(ctx context.Context, last string) (*http.Response, error) {
	header := s.header()
	header["Accept"], header["Accept-Encoding"] = eventStream, "identity"
	if last != "" {
		header[lastHeader] = last
	}
	resp, err := s.b.wire.send(ctx, parcel{method: http.MethodGet, url: s.b.wire.url, header: header})
	if err != nil {
		return nil, err
	}
	if !isStream(resp.Header) {
		resp.Body.Close()
		return nil, errAway
	}
	return resp, nil
}

const eventStream = "text/event-stream"

func isStream(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), eventStream)
}

// listen hears what the server says of itself, for as long as the session lasts; a
// server that offers no such stream is not asked again.
func (s *streamable) listen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unlisten != nil {
		return
	}
	ctx, cancel := context.WithCancel(s.b.life)
	s.unlisten = cancel
	s.b.busy.Go(func() {
		defer cancel()
		last := ""
		var retry time.Duration
		s.b.again(ctx, func() (time.Duration, error) {
			resp, err := s.get(ctx, last)
			if err != nil {
				return 0, err
			}
			defer resp.Body.Close()
			e := newEvents(resp.Body)
			e.id, e.retry = last, retry
			for {
				ev, err := e.next()
				if err != nil {
					last, retry = e.id, e.retry
					return retry, errCut
				}
				if text := flat(ev.data); len(text) > 0 {
					s.b.pass(text)
				}
			}
		})
	})
}

// again does try again and again, with longer and longer waits between failures,
// until ctx ends or the server refuses. try tells how long the server wants us to
// wait. Where no connection was to be had, a request that is answered meanwhile
// ends the wait.
func (b *bridge) again(ctx context.Context, try func() (time.Duration, error)) error {
	kicked := false
	for n := 0; ; n++ {
		began := time.Now()
		least, err := try()
		if time.Since(began) > steady {
			n = 0
		}
		var r *refused
		var u *unsigned
		isAuth := errors.As(err, &u) || errors.As(err, &r) && isAuth(r.status)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil, errors.Is(err, errAway), errors.Is(err, errTooLong):
			return err
		case r != nil && !isAuth && r.status/100 == 4 && r.status != http.StatusTooManyRequests:
			return err
		}
		alive := b.alive
		select {
		case <-alive: // told before this failure
		default:
		}
		if errors.Is(err, errCut) || kicked {
			alive = nil // it was there, and is again; or what is answered tells nothing of this
		}
		kicked = false
		wait := time.NewTimer(max(least, backoff(n)))
		select {
		case <-ctx.Done():
		case <-wait.C:
		case <-alive:
			kicked = true
		}
		wait.Stop()
	}
}

func (s *streamable) close(ctx context.Context) {
	header := s.header()
	if header[sessionHeader] == "" {
		return
	}
	if resp, err := s.b.wire.send(ctx, parcel{method: http.MethodDelete, url: s.b.wire.url, header: header}); err == nil {
		resp.Body.Close()
	}
}

// ask sends c's parcel. The request ends with c, unless its answer has come: what
// is left of the stream is then read, so that the connection can be used again.
func (b *bridge) ask(c *call, p parcel) (*http.Response, error) {
	ctx, cancel := context.WithCancel(b.life)
	unhook := context.AfterFunc(c.ctx, cancel)
	resp, err := b.wire.send(ctx, p)
	if err != nil {
		unhook()
		cancel()
		return nil, err
	}
	resp.Body = &leftover{resp.Body, unhook, cancel}
	return resp, nil
}

// leftover is a response's body that is read to its end when it is closed.
type leftover struct {
	io.ReadCloser
	unhook func() bool
	cancel context.CancelFunc
}

func (l *leftover) Close() error {
	if !l.unhook() { // the call is over already
		l.cancel()
		return l.ReadCloser.Close()
	}
	go func() {
		late := time.AfterFunc(time.Second, l.cancel)
		io.CopyN(io.Discard, l.ReadCloser, maxRefuse)
		l.ReadCloser.Close()
		late.Stop()
		l.cancel()
	}()
	return nil
}

// receive reads the answer to c out of the response, and closes it. each gets what
// the server says besides; resume takes a broken stream up again, nil where none can be.
func (b *bridge) receive(c *call, resp *http.Response, each func([]byte), resume func(context.Context, *events) (io.ReadCloser, error)) ([]byte, error) {
	if !isStream(resp.Header) {
		defer resp.Body.Close()
		return b.readAnswer(c, resp)
	}
	body := resp.Body
	e := newEvents(body)
	for {
		text, err := follow(c, e, each)
		body.Close()
		switch {
		case err == nil, !errors.Is(err, errCut):
			return text, err
		case c.ctx.Err() != nil:
			return nil, c.ctx.Err()
		case c.kind == batch:
			return nil, nil // each answer was passed on
		case resume == nil:
			return nil, err
		}
		if body, err = resume(c.ctx, e); err != nil {
			return nil, err
		}
		next := newEvents(body)
		next.id, next.retry, next.asked = e.id, e.retry, e.asked
		e = next
	}
}

// follow reads events until the answer to c comes.
func follow(c *call, e *events, each func([]byte)) ([]byte, error) {
	for {
		ev, err := e.next()
		switch {
		case errors.Is(err, errTooLong):
			return nil, err
		case err != nil:
			return nil, errors.Join(errCut, err)
		}
		text := flat(ev.data)
		if len(text) == 0 {
			continue
		}
		if m := lookWhole(text); (m.kind == answer || m.kind == refusal) && c.kind != batch && (m.id == "" || isSameID(m.id, c.id)) {
			return text, nil
		}
		each(text)
	}
}

// readAnswer reads an answer that is the whole response.
func (b *bridge) readAnswer(c *call, resp *http.Response) ([]byte, error) {
	text, err := readBody(resp)
	switch {
	case err != nil:
		return nil, err
	case isPage(resp.Header, text):
		return nil, errPage
	}
	text = flat(text)
	switch k := lookWhole(text).kind; {
	case len(text) == 0 && c.kind == batch:
		return nil, nil
	case len(text) == 0:
		return nil, errCut
	case k != answer && k != refusal && k != batch:
		return nil, errStrange
	}
	return text, nil
}

// readBody reads a whole body, into as much memory as it needs.
func readBody(resp *http.Response) ([]byte, error) {
	if n := resp.ContentLength; n > 0 && n <= maxMessage {
		text := make([]byte, n, n+1) // and a line feed
		_, err := io.ReadFull(resp.Body, text)
		return text, err
	}
	var g gather
	part := make([]byte, 16<<10)
	for {
		n, err := resp.Body.Read(part)
		g.add(part[:n])
		switch {
		case g.length > maxMessage:
			return nil, errTooLong
		case errors.Is(err, io.EOF):
			return g.text(nil), nil
		case err != nil:
			return nil, err
		}
	}
}
