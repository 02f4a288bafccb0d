package oauth

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"mcp-companion/words"
)

const (
	// aheadOfEnd is how long before its end a token is renewed, at the latest; it is
	// so at 75 % of its life, if that is earlier, but never in its first half: a
	// token that lives shorter than this would be renewed at every call.
	aheadOfEnd = 5 * time.Minute

	// stillFresh: a token that is refused so soon after its renewal is not too old,
	// and another renewal would not help.
	stillFresh = 30 * time.Second

	firstRetry   = 10 * time.Second // doubled for each failure in a row
	longestRetry = 5 * time.Minute
	turnLimit    = lockLimit + callLimit + time.Minute // of one renewal, with a keychain that asks
)

// Source gives the token of one Grant to whoever calls the server, and renews it.
// Many goroutines may use one; many processes may have one each.
type Source struct {
	c        Config
	id, name string

	turn chan struct{} // held by the one that loads or renews

	mu       sync.Mutex // guards what follows; written with the turn held
	loaded   bool
	g        Grant
	t        tokens
	dead     string    // the header that was refused for good
	lost     *tokens   // new tokens that the store did not take
	retryAt  time.Time // no renewal before it
	failures int
	failure  error // of the last renewal
}

// Source is for the Grant with this id; name is what sentences call its server.
// Nothing is read before the first call.
func (c Config) Source(id, name string) *Source {
	return &Source{c: c, id: id, name: name, turn: make(chan struct{}, 1)}
}

// Header is the value of Authorization for the next request, "Bearer ..."; send it
// to the Grant's server alone. A token that is due is renewed before; while that
// can't be done the old one is given, whatever the clock says. Errors are ErrSignIn
// and those of the Store.
func (s *Source) Header(ctx context.Context) (string, error) {
	if header, ok := s.ready(); ok {
		return header, nil
	}
	select {
	case s.turn <- struct{}{}:
	default:
		if header, ok := s.living(); ok { // somebody is renewing, and ours is still good
			return header, nil
		}
		if err := s.takeTurn(ctx); err != nil {
			return "", err
		}
	}
	return s.hold(ctx, s.fresh)
}

// Refused is called with a 401 or 403 of the server, its WWW-Authenticate header,
// and the Authorization header that was used. again says that the request may be
// sent once more, with a new Header. No error and not again: the status is the
// server's answer, and no matter of signing in. Errors are ErrSignIn,
// ErrUnreachable, and those of the Store.
func (s *Source) Refused(ctx context.Context, status int, header, used string) (again bool, err error) {
	ch := readChallenge(header)
	weak := ch.err == "insufficient_scope"
	if status != http.StatusUnauthorized && (status != http.StatusForbidden || !weak) {
		return false, nil
	}
	if err := s.takeTurn(ctx); err != nil {
		return false, err
	}
	got, err := s.hold(ctx, func(ctx context.Context) (string, error) {
		if now := s.header(); now != "" && now != used {
			return now, nil // renewed since
		}
		if weak {
			return s.widened(ctx, header, used)
		}
		err := s.renew(ctx, used)
		var need *NeedsSignIn
		if errors.As(err, &need) {
			need.Challenge = header
		}
		return s.header(), err
	})
	return err == nil && got != used, err
}

// Grant is the public half as this Source knows it; the zero Grant before the
// first call.
func (s *Source) Grant() Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.g
}

func (s *Source) takeTurn(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hold does f with the turn, and gives it back. It returns when ctx ends, though f
// may go on: a service that was asked for new tokens has taken the old ones back.
func (s *Source) hold(ctx context.Context, f func(context.Context) (string, error)) (string, error) {
	type result struct {
		header string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, turnLimit)
		defer cancel()
		header, err := f(ctx)
		<-s.turn // before the answer: whoever has it may ask again at once
		done <- result{header, err}
	}()
	select {
	case r := <-done:
		return r.header, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// ready is the header, where there is one that nothing need be done about.
func (s *Source) ready() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.c.now()
	ok := s.loaded && s.lost == nil && s.g.Ended.IsZero() && s.dead != bearer(s.t) && (!s.g.isDue(s.t, now) || now.Before(s.retryAt))
	return bearer(s.t), ok
}

// living is the header, where its token has not come to its end.
func (s *Source) living() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bearer(s.t), s.loaded && s.lost == nil && s.dead != bearer(s.t) && !s.t.isOver(s.c.now())
}

func (s *Source) header() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bearer(s.t)
}

func bearer(t tokens) string {
	if t.Access == "" {
		return ""
	}
	return "Bearer " + t.Access
}

// fresh is Header with the turn held.
func (s *Source) fresh(ctx context.Context) (string, error) {
	if header, ok := s.ready(); ok {
		return header, nil
	}
	if s.needsLoading() {
		if err := s.load(ctx); err != nil {
			return "", err
		}
	}
	s.mu.Lock()
	g, t, dead, lost := s.g, s.t, s.dead, s.lost != nil
	s.mu.Unlock()
	now := s.c.now()
	switch {
	case bearer(t) == dead, !g.Ended.IsZero() && (t.Expires.IsZero() || t.isOver(now)):
		return "", s.expired(nil)
	case !lost && !g.isDue(t, now):
		return bearer(t), nil
	}
	err := s.renew(ctx, "")
	if err == nil || s.endsLater() || !errors.Is(err, ErrSignIn) && !s.isLost() {
		return s.header(), nil // not held dead by the clock alone
	}
	return "", err
}

// isLost reports whether new tokens wait to be saved: the old ones may be over.
func (s *Source) isLost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost != nil
}

// endsLater reports whether the token has not yet come to the end it was given.
func (s *Source) endsLater() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead != bearer(s.t) && !s.t.Expires.IsZero() && !s.t.isOver(s.c.now())
}

// needsLoading reports whether the Grant is to be read: it never was, or it ended,
// and the user may have signed in again.
func (s *Source) needsLoading() bool {
	s.mu.Lock()
	loaded, ended, generation := s.loaded, !s.g.Ended.IsZero() || s.dead != "" && s.dead == bearer(s.t), s.g.Generation
	s.mu.Unlock()
	if !loaded || !ended {
		return !loaded
	}
	g, err := readGrant(s.c.grantFile(s.id))
	return err != nil || g.Generation != generation
}

func (s *Source) load(ctx context.Context) error {
	g, t, err := s.read(ctx)
	if err == nil {
		s.set(g, t)
	}
	return err
}

// read reads both halves of the Grant. One that is gone needs a sign-in; a store
// that can't be asked is its own error.
func (s *Source) read(ctx context.Context) (Grant, tokens, error) {
	g, err := readGrant(s.c.grantFile(s.id))
	if errors.Is(err, fs.ErrNotExist) {
		return g, tokens{}, &NeedsSignIn{Problem: words.New(words.SignIn, nil, "Name", s.name)}
	}
	if err != nil {
		return g, tokens{}, err
	}
	t, err := s.c.tokensOf(ctx, s.id)
	if isMissing(err) {
		return g, t, s.expired(err)
	}
	return g, t, err
}

func (s *Source) set(g Grant, t tokens) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded && g.Generation != s.g.Generation {
		s.failures, s.retryAt = 0, time.Time{} // what failed was another one's
	}
	s.g, s.t, s.loaded = g, t, true
}

func (s *Source) expired(cause error) error {
	return &NeedsSignIn{Problem: words.New(words.SignInExpired, cause, "Name", s.name), Grant: s.id}
}

// widened answers a request for more scopes: the token that another process got for
// them, or what a sign-in has to ask for, all of before and the new ones.
func (s *Source) widened(ctx context.Context, header, used string) (string, error) {
	if err := s.load(ctx); err != nil {
		return "", err
	}
	if now := s.header(); now != used {
		return now, nil
	}
	g := s.Grant()
	return "", &NeedsSignIn{
		Problem: words.New(words.KeyTooWeak, nil, "Name", s.name), Grant: s.id,
		Scopes: union(union(g.Asked, g.Scopes), readChallenge(header).scope), Challenge: header,
	}
}

// renew gets new tokens, unless another process did since. used is the header that
// was refused, "" where the token is only due. The turn is held.
func (s *Source) renew(ctx context.Context, used string) error {
	lock, err := s.c.lock(ctx, s.id)
	if gone := ctx.Err(); gone != nil {
		lock.Unlock()
		return gone
	}
	if err != nil { // never without the lock
		return s.settle(&outage{problem: words.New(words.Busy, err, "File", s.c.Home.GrantLock(s.id))})
	}
	defer lock.Unlock()
	// From here on it is done to the end, whoever leaves: new tokens must be saved.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnLimit)
	defer cancel()
	if err := s.saveLost(ctx); err != nil {
		return s.settle(err) // whoever needs it tries again at once, the Keeper later
	}
	g, t, err := s.read(ctx)
	if err != nil {
		return s.settle(err) // a keychain that asks the user is not asked at each tick
	}
	s.set(g, t)
	now := s.c.now()
	switch {
	case used != "" && bearer(t) != used, used == "" && !g.isDue(t, now):
		s.settle(nil)
		return nil // another process was here before
	case used != "" && t.isFresh(now):
		return s.expired(nil) // for now: a server may need a moment to know its own token
	case t.Refresh == "" && !g.Machine:
		return s.end(g, used)
	case now.Before(s.retryAt):
		return s.failure
	}
	return s.settle(s.exchange(ctx, g, t))
}

// end says that only a sign-in helps: the token was refused and there is nothing to
// renew it with. Every face shall know.
func (s *Source) end(g Grant, used string) error {
	if g.Ended.IsZero() {
		g.Ended, g.Renewable = s.c.now(), false
		if err := s.c.writeGrant(g); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.dead, s.g = used, g
	s.mu.Unlock()
	return s.expired(nil)
}

// exchanges is held, shared, while a service is asked for new tokens, until they
// are saved.
var exchanges sync.RWMutex

// Settle waits until what services of this process were asked for is saved, at most
// limit. Who ends before it loses a token that is given only once: a process calls
// it last.
func Settle(limit time.Duration) {
	done := make(chan struct{})
	go func() {
		exchanges.Lock() // and nothing new begins
		defer exchanges.Unlock()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// exchange asks the service for new tokens and saves them before anybody uses them.
func (s *Source) exchange(ctx context.Context, g Grant, t tokens) error {
	exchanges.RLock()
	defer exchanges.RUnlock()
	// A store that takes nothing would lose what the service gives only once.
	if err := s.c.keepTokens(ctx, s.id, t); err != nil {
		return err
	}
	got, err := s.ask(ctx, g, t)
	if refusedAs(err) == "invalid_grant" {
		// Another token in the store means that ours was a loser's.
		g2, t2, readErr := s.read(ctx)
		switch {
		case readErr != nil:
			return readErr
		case t2.Access != t.Access:
			s.set(g2, t2)
			return nil
		case t2.Refresh != t.Refresh:
			g, t = g2, t2
			got, err = s.ask(ctx, g, t)
		}
	}
	if err != nil {
		return s.denied(ctx, g, t, err)
	}
	return s.take(ctx, g, t, got)
}

// take saves new tokens, and only then lets them be used.
func (s *Source) take(ctx context.Context, g Grant, t tokens, got answer) error {
	t.Renewed, g.Refreshed = true, s.c.now()
	if got.scopes != nil {
		g.Scopes = got.scopes
	}
	g, t, err := s.c.update(ctx, g, t, got, s.c.now())
	var lost *unsaved
	if errors.As(err, &lost) {
		s.mu.Lock()
		s.lost = &t
		s.mu.Unlock()
		return err
	}
	s.set(g, t) // the secret half is saved, whatever became of the public one
	return err
}

// denied is what a failed renewal means. Only invalid_grant ends the Grant.
func (s *Source) denied(ctx context.Context, g Grant, t tokens, err error) error {
	var no *refusal
	if !errors.As(err, &no) {
		return err
	}
	switch no.code {
	case "invalid_grant":
		return s.over(ctx, g, t, err)
	case "invalid_client", "unauthorized_client":
		return s.unknown(ctx, g, err)
	}
	return &outage{problem: words.New(words.SignInRefused, err, "Name", s.name, "Text", no.Error(), "Resource", isAboutResource(no))}
}

func (s *Source) ask(ctx context.Context, g Grant, t tokens) (answer, error) {
	form := url.Values{"grant_type": {grantRefresh}, "refresh_token": {t.Refresh}}
	if g.Machine {
		form = url.Values{}
		attempt{service: service{scopes: g.Asked}, Request: Request{NoResource: true, Extra: t.Extra}}.ask(form)
		form.Set("grant_type", grantMachine)
	}
	if !g.NoResource && t.Resource != "" {
		form.Set("resource", t.Resource)
	}
	return s.c.tokenCall(ctx, s.name, g.Endpoints.Token, s.c.holder(ctx, g, t), form)
}

// over writes down that the service ended the Grant. Its access token is kept: it
// may be good for a while.
func (s *Source) over(ctx context.Context, g Grant, t tokens, cause error) error {
	t.Refresh = ""
	g.Ended, g.Renewable = s.c.now(), false
	if err := s.c.keepTokens(ctx, s.id, t); err != nil {
		return err
	}
	err := s.c.writeGrant(g)
	s.set(g, t)
	if err != nil {
		return err
	}
	return s.expired(cause)
}

// unknown is a service that no longer knows our client id: a sign-in registers
// anew. The Grant stays, for that is no invalid_grant.
func (s *Source) unknown(ctx context.Context, g Grant, cause error) error {
	for at, r := range s.c.registrations() {
		if r.Kind == kindDynamic && r.Issuer == g.Issuer && r.ClientID == g.ClientID {
			_ = s.c.drop(ctx, at) // it is tried again at the sign-in
		}
	}
	if g.Machine {
		return &NeedsSignIn{Problem: words.New(words.KeyRefused, cause, "Name", s.name), Grant: s.id}
	}
	return s.expired(cause)
}

// saveLost saves the tokens that the store did not take before. The lock is held.
func (s *Source) saveLost(ctx context.Context) error {
	s.mu.Lock()
	lost := s.lost
	s.mu.Unlock()
	if lost == nil {
		return nil
	}
	g, t, err := s.read(ctx)
	switch {
	case errors.Is(err, ErrSignIn) && g.ID == "": // signed out meanwhile
	case err != nil && !errors.Is(err, ErrSignIn):
		return err
	case t.Generation < lost.Generation:
		if err := s.c.keepTokens(ctx, s.id, *lost); err != nil {
			return err
		}
		if _, err := s.c.publish(g, *lost); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.lost = nil
	s.mu.Unlock()
	return nil
}

// settle notes how a renewal went: after a failure the next one waits, longer each
// time, and not as long as the next process.
func (s *Source) settle(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
	if err == nil {
		s.failures, s.retryAt = 0, time.Time{}
		return nil
	}
	pause := min(firstRetry<<min(s.failures, 10), longestRetry)
	pause += time.Duration(rand.Int64N(int64(pause) / 5))
	var out *outage
	if errors.As(err, &out) {
		pause = max(pause, out.wait)
	}
	s.failures++
	s.retryAt = s.c.now().Add(pause)
	return err
}

// isDue reports whether the token is to be renewed ahead of its end.
func (g Grant) isDue(t tokens, now time.Time) bool {
	if t.Refresh == "" && !g.Machine {
		return false
	}
	due := dueAt(t.Obtained, t.Expires)
	return !due.IsZero() && !now.Before(due)
}

// dueAt is when a token got at one time, to end at another, is renewed; zero for
// never: nobody knows its end.
func dueAt(got, ends time.Time) time.Time {
	if ends.IsZero() {
		return time.Time{}
	}
	life := ends.Sub(got)
	due := got.Add(life / 4 * 3)
	if early := ends.Add(-aheadOfEnd); early.Before(due) {
		due = early
	}
	if half := got.Add(life / 2); due.Before(half) {
		return half
	}
	return due
}

// isOver reports whether the token has come to its end, as far as is known.
func (t tokens) isOver(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// isFresh reports whether the token was renewed just now.
func (t tokens) isFresh(now time.Time) bool {
	age := now.Sub(t.Obtained)
	return t.Renewed && !t.isOver(now) && age >= 0 && age < stillFresh
}
