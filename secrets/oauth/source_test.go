package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

func (w *world) source(g Grant) *Source { return w.c.Source(g.ID, "notion") }

func (w *world) refreshes() int { return w.called("POST /token refresh_token") }

// refuseAll ends every access token at the server, as a service does that restarts.
func (w *world) refuseAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for token := range w.access {
		delete(w.access, token)
	}
}

// kept are the tokens as the store has them.
func (w *world) kept(g Grant) tokens {
	w.t.Helper()
	t, err := w.c.tokensOf(w.t.Context(), g.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func TestPoint25TokensGoToTheirServerAlone(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	for address, ok := range map[string]bool{
		w.rs.URL + "/mcp": true, w.rs.URL + "/other?x": true, w.as.URL + "/mcp": false, "https://evil.example/mcp": false,
		strings.Replace(w.rs.URL, "http:", "https:", 1) + "/mcp": false, "": false, "javascript:x": false,
	} {
		if g.Covers(address) != ok {
			t.Errorf("%s", address)
		}
	}
	header, err := w.source(g).Header(t.Context())
	if err != nil || !strings.HasPrefix(header, "Bearer access-") {
		t.Errorf("got %v", err)
	}
}

func TestPoint26RotatedTokenIsSavedBeforeTheNewOneIsUsed(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	first := w.kept(g)
	w.advance(50 * time.Minute)
	s := w.source(g)
	header, err := s.Header(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := w.kept(g)
	if second.Refresh == first.Refresh || header != "Bearer "+second.Access || second.Access == first.Access {
		t.Error("the header is not what was saved")
	}
	w.advance(50 * time.Minute)
	w.mustCall(w.source(g)) // another process, with what was saved: no reuse
	for _, f := range w.family {
		if f.reused {
			t.Error("a refresh token was used twice")
		}
	}
}

// A store that refuses to be written is noticed before the service rotates.
func TestPoint26StoreThatTakesNothingCostsNoToken(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	store := &stubborn{Store: w.store}
	w.c.Store = store
	s := w.source(g)
	w.mustCall(s)
	w.advance(61 * time.Minute)
	store.refuse(1)
	_, err := w.call(s)
	wantCode(t, err, words.KeychainLocked)
	if w.refreshes() != 0 {
		t.Error("asked for a token that could not be saved")
	}
	w.advance(time.Hour)
	w.mustCall(s)
}

// The store took the trial and then refused what the service gave: it is not used
// before it is saved, and it is not lost.
func TestPoint26TokenThatWasNotSavedIsNotUsedAndNotLost(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	store := &stubborn{Store: w.store}
	w.c.Store = store
	s := w.source(g)
	w.mustCall(s)
	w.advance(61 * time.Minute)
	store.refuse(2, 3)
	if header, err := s.Header(t.Context()); !words.Has(w.note(err), words.KeychainLocked) {
		t.Errorf("got %t, %v", header != "", err)
	}
	if _, err := s.Header(t.Context()); !words.Has(w.note(err), words.KeychainLocked) {
		t.Errorf("got %v", err)
	}
	w.mustCall(s)
	if w.refreshes() != 1 || w.kept(g).Generation != 2 {
		t.Errorf("%d refreshes, generation %d", w.refreshes(), w.kept(g).Generation)
	}
	for _, f := range w.family {
		if f.reused {
			t.Error("a refresh token was used twice")
		}
	}
}

// stubborn is a store that refuses some of the next writes, counted from one.
type stubborn struct {
	secrets.Store
	mu    sync.Mutex
	n     int
	which []int
}

func (s *stubborn) refuse(which ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.which = 0, which
}

func (s *stubborn) Set(ctx context.Context, r secrets.Ref, v secrets.Secret) error {
	s.mu.Lock()
	s.n++
	no := slices.Contains(s.which, s.n)
	s.mu.Unlock()
	if no {
		return secrets.ErrLocked
	}
	return s.Store.Set(ctx, r, v)
}

func TestPoint26NoNewRefreshTokenKeepsTheOld(t *testing.T) {
	w := newWorld(t)
	w.noRotate = true
	g := w.mustSignIn()
	s := w.source(g)
	first := w.kept(g).Refresh
	for range 3 {
		w.advance(50 * time.Minute)
		w.mustCall(s)
	}
	if w.kept(g).Refresh != first || w.refreshes() != 3 {
		t.Errorf("%d refreshes", w.refreshes())
	}
}

func TestPoint27BadAnswersOfTheTokenEndpoint(t *testing.T) {
	html := func(status int) func(http.ResponseWriter) {
		return func(rw http.ResponseWriter) { rw.WriteHeader(status); io.WriteString(rw, "<html>hello") }
	}
	say := func(status int, body any) func(http.ResponseWriter) {
		return func(rw http.ResponseWriter) { answerJSON(rw, status, body) }
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   error // of a refresh
	}{
		"200 with an error":         {say(200, map[string]any{"ok": false, "error": "invalid_grant"}), ErrSignIn},
		"200 with another error":    {say(200, map[string]any{"error": "ratelimited"}), ErrUnreachable},
		"200 with an error object":  {say(200, map[string]any{"error": map[string]any{"code": 1}}), ErrUnreachable},
		"a page":                    {html(200), ErrUnreachable},
		"a page with 400":           {html(400), ErrUnreachable},
		"a page with 502":           {html(502), ErrUnreachable},
		"nothing":                   {say(200, nil), ErrUnreachable},
		"no token":                  {say(200, map[string]any{"token_type": "bearer"}), ErrUnreachable},
		"a token with a line's end": {say(200, map[string]any{"access_token": "a\r\nEvil: x"}), ErrUnreachable},
		"a token of another kind":   {say(200, map[string]any{"access_token": "a", "token_type": "mac"}), ErrUnreachable},
		"500 that says invalid":     {say(500, map[string]any{"error": "invalid_grant"}), ErrUnreachable},
		"429":                       {say(429, map[string]any{"error": "invalid_grant"}), ErrUnreachable},
		"an endless answer": {func(rw http.ResponseWriter) {
			io.WriteString(rw, `{"access_token":"`+strings.Repeat("a", 300<<10)+`"}`)
		}, ErrUnreachable},
		"sent on to another place": {func(rw http.ResponseWriter) { rw.Header().Set("Location", "/elsewhere"); rw.WriteHeader(307) }, ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			answer := func(rw http.ResponseWriter, _ url.Values) bool { c.answer(rw); return true }
			w.tokenRaw = answer
			if _, err := w.signIn(); err == nil {
				t.Error("signed in")
			}
			w.tokenRaw = nil
			g := w.mustSignIn()
			before := w.kept(g)
			w.tokenRaw = answer
			w.advance(61 * time.Minute)
			if _, err := w.call(w.source(g)); !errors.Is(err, c.want) {
				t.Errorf("refresh: got %v, want %v", err, c.want)
			}
			if w.called("POST /elsewhere")+w.called("GET /elsewhere") != 0 {
				t.Error("followed")
			}
			w.tokenRaw = nil
			w.advance(time.Hour)
			if c.want == ErrUnreachable {
				if w.kept(g).Refresh != before.Refresh {
					t.Error("lost the refresh token")
				}
				w.mustCall(w.source(g))
			}
		})
	}
}

func TestPoint27FormAnswerIsRead(t *testing.T) {
	w := newWorld(t)
	w.tokenRaw = func(rw http.ResponseWriter, _ url.Values) bool {
		rw.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		io.WriteString(rw, "access_token="+secretValue("access")+"&scope=repo%2Cuser&token_type=bearer")
		return true
	}
	if g := w.mustSignIn(); !slices.Equal(g.Scopes, []string{"repo", "user"}) || g.Renewable {
		t.Errorf("got %+v", g)
	}
}

func TestPoint28LifeOfATokenHoweverItIsSaid(t *testing.T) {
	for text, want := range map[string]time.Duration{
		`3600`: time.Hour, `"3600"`: time.Hour, `3600.5`: 3600500 * time.Millisecond, `1e3`: 1000 * time.Second,
		`0`: 0, `-5`: 0, `null`: 0, `"soon"`: 0, `true`: 0, `1e400`: longestLife, `99999999999999999999`: longestLife, `{}`: 0,
	} {
		var doc struct {
			Life number `json:"expires_in"`
		}
		if err := json.Unmarshal([]byte(`{"expires_in":`+text+`}`), &doc); err != nil || lifeOf(doc.Life) != want {
			t.Errorf("%s: got %v, %v", text, lifeOf(doc.Life), err)
		}
	}
	for name, life := range map[string]any{"absent": nil, "zero": 0, "negative": -1, "huge": 1e300} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.life = life
			g := w.mustSignIn()
			s := w.source(g)
			w.advance(300 * 24 * time.Hour)
			for range 3 {
				w.mustCall(s)
			}
			if w.refreshes() != 0 || !NewKeeper(w.c).Due(w.now()).IsZero() && name != "huge" {
				t.Errorf("%d refreshes though nobody refused", w.refreshes())
			}
			w.refuseAll()
			w.mustCall(s)
			if w.refreshes() != 1 {
				t.Errorf("%d refreshes after it was refused", w.refreshes())
			}
		})
	}
}

func TestPoint28RefreshedAheadAtTheRightTime(t *testing.T) {
	got := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for life, want := range map[time.Duration]time.Duration{
		time.Hour:        45 * time.Minute, // 75 %
		24 * time.Hour:   18 * time.Hour,
		20 * time.Minute: 15 * time.Minute,
		12 * time.Minute: 7 * time.Minute, // 5 minutes before the end
		8 * time.Minute:  4 * time.Minute, // never in the first half
		time.Minute:      30 * time.Second,
		4 * time.Second:  2 * time.Second,
	} {
		if due := dueAt(got, got.Add(life)); due.Sub(got) != want {
			t.Errorf("%v: due after %v, want %v", life, due.Sub(got), want)
		}
	}
	w := newWorld(t)
	s := w.source(w.mustSignIn())
	w.advance(45*time.Minute - time.Second)
	w.mustCall(s)
	if w.refreshes() != 0 {
		t.Error("too early")
	}
	w.advance(time.Second)
	w.mustCall(s)
	w.mustCall(s)
	if w.refreshes() != 1 {
		t.Errorf("%d refreshes", w.refreshes())
	}
}

func TestPoint28ShortTokensMakeNoLoop(t *testing.T) {
	for _, life := range []int{1, 5, 60, 299} {
		w := newWorld(t)
		w.life = life
		s := w.source(w.mustSignIn())
		for range 20 {
			w.mustCall(s)
		}
		if w.refreshes() != 0 {
			t.Errorf("%d s: %d refreshes for 20 calls at once", life, w.refreshes())
		}
		w.advance(time.Duration(life) * time.Second)
		for range 20 {
			w.mustCall(s)
		}
		if w.refreshes() != 1 {
			t.Errorf("%d s: %d refreshes after its end", life, w.refreshes())
		}
	}
}

func TestPoint29RefusedTokenIsRefreshedOnceThenSignIn(t *testing.T) {
	w := newWorld(t)
	s := w.source(w.mustSignIn())
	w.mustCall(s)
	opens := len(w.opens)
	w.refuseAll()
	w.mustCall(s)
	if w.refreshes() != 1 || len(w.opens) != opens {
		t.Errorf("%d refreshes, %d browser windows", w.refreshes(), len(w.opens)-opens)
	}
	// A server that refuses every token: one refresh, no browser, and no loop.
	w.raw = nil
	w.rs.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		rw.WriteHeader(401)
	})
	w.advance(time.Minute)
	for range 5 {
		status, err := w.call(s)
		if !errors.Is(err, ErrSignIn) || status != 401 {
			t.Errorf("got %d, %v", status, err)
		}
	}
	if w.refreshes() != 2 || len(w.opens) != opens {
		t.Errorf("%d refreshes for 5 refused calls, %d browser windows", w.refreshes(), len(w.opens)-opens)
	}
}

func TestPoint29WithoutARefreshTokenOnlyASignInHelps(t *testing.T) {
	w := newWorld(t)
	w.noRefresh = true
	g := w.mustSignIn()
	s := w.source(g)
	w.mustCall(s)
	w.advance(2 * time.Hour)
	if _, err := s.Header(t.Context()); err != nil {
		t.Errorf("held dead by the clock alone: %v", err)
	}
	_, err := w.call(s)
	wantCode(t, err, words.SignInExpired)
	var need *NeedsSignIn
	if !errors.As(err, &need) || need.Grant != g.ID || need.Challenge == "" {
		t.Errorf("got %+v", need)
	}
	list, _ := Grants(w.c.Home)
	if len(list) != 1 || list[0].Ended.IsZero() || !words.Has(list[0].Problem(), words.SignInExpired) {
		t.Errorf("the grant says %+v", list)
	}
	calls := len(w.calls)
	if _, err := s.Header(t.Context()); !errors.Is(err, ErrSignIn) || len(w.calls) != calls {
		t.Errorf("asked on: %v", err)
	}
	w.mustSignIn()
	w.mustCall(s) // the running bridge takes up the new one
	list, _ = Grants(w.c.Home)
	if len(list) != 1 || list[0].Problem() != nil {
		t.Errorf("the grant says %+v", list)
	}
}

func TestPoint30MoreScopesNeedASignInForAllOfThem(t *testing.T) {
	w := newWorld(t)
	w.prm = map[string]any{"scopes_supported": []string{"read"}}
	g := w.mustSignIn()
	s := w.source(g)
	w.weak = true
	status, err := w.call(s)
	var need *NeedsSignIn
	if status != 403 || !errors.Is(err, ErrSignIn) || !words.Has(err, words.KeyTooWeak) || !errors.As(err, &need) || !slices.Equal(need.Scopes, []string{"read", "write"}) {
		t.Fatalf("got %d, %v, %+v", status, err, need)
	}
	if w.refreshes() != 0 || len(w.opens) != 1 {
		t.Error("did more than say so")
	}
	w.r.Scopes, w.r.Challenge = need.Scopes, need.Challenge
	if wider := w.mustSignIn(); wider.ID != g.ID || w.lastAsked().Get("scope") != "read write" {
		t.Errorf("got %+v, asked for %q", wider, w.lastAsked().Get("scope"))
	}
	w.mustCall(s) // which has the old token still
}

func TestPoint30OtherAnswersAreAnswers(t *testing.T) {
	w := newWorld(t)
	s := w.source(w.mustSignIn())
	header, _ := s.Header(t.Context())
	for _, c := range []struct {
		status    int
		challenge string
	}{{403, ""}, {403, `Bearer error="invalid_token"`}, {404, "Bearer"}, {500, ""}, {407, "Bearer"}} {
		if again, err := s.Refused(t.Context(), c.status, c.challenge, header); again || err != nil {
			t.Errorf("%d %s: %v, %v", c.status, c.challenge, again, err)
		}
	}
	if w.refreshes() != 0 {
		t.Error("refreshed")
	}
}

func TestPoint31OutageKeepsTheTokensAndBacksOff(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	before := w.kept(g)
	s := w.source(g)
	w.mustCall(s)
	w.tokenRaw = func(rw http.ResponseWriter, _ url.Values) bool { rw.WriteHeader(503); return true }
	w.advance(46 * time.Minute)
	for range 10 {
		w.mustCall(s) // due, not over: the old one is good
	}
	if w.refreshes() != 1 {
		t.Errorf("%d refreshes of a service that is down", w.refreshes())
	}
	w.advance(20 * time.Minute) // over
	if header, err := s.Header(t.Context()); err != nil || header != "Bearer "+before.Access {
		t.Errorf("held dead by the clock alone: %v", err)
	}
	for range 10 {
		if _, err := w.call(s); !errors.Is(err, ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	}
	if n := w.refreshes(); n != 2 {
		t.Errorf("%d refreshes", n)
	}
	// The pauses grow, and end.
	for _, pause := range []time.Duration{25 * time.Second, 49 * time.Second, 97 * time.Second, 193 * time.Second, 6 * time.Minute, 6 * time.Minute, 6 * time.Minute} {
		n := w.refreshes()
		w.advance(9 * time.Second)
		w.call(s)
		if w.refreshes() != n {
			t.Error("asked again too soon")
		}
		w.advance(pause)
		w.call(s)
		if w.refreshes() != n+1 {
			t.Errorf("not asked after %v", pause)
		}
	}
	if after := w.kept(g); after.Refresh != before.Refresh || after.Access != before.Access {
		t.Error("the tokens changed")
	}
	w.tokenRaw = nil
	w.advance(6 * time.Minute)
	w.mustCall(s)
}

func TestPoint31NetworkThatIsDownKeepsTheTokens(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	w.as.Close()
	s := w.source(g)
	w.advance(61 * time.Minute)
	if _, err := w.call(s); !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrSignIn) {
		t.Errorf("got %v", err)
	}
	if list, _ := Grants(w.c.Home); !list[0].Ended.IsZero() || !list[0].Renewable {
		t.Errorf("the grant says %+v", list[0])
	}
}

func TestPoint31RetryAfterIsObeyed(t *testing.T) {
	w := newWorld(t)
	s := w.source(w.mustSignIn())
	w.tokenRaw = func(rw http.ResponseWriter, _ url.Values) bool {
		rw.Header().Set("Retry-After", "600")
		rw.WriteHeader(429)
		return true
	}
	w.advance(61 * time.Minute)
	w.call(s)
	w.advance(9 * time.Minute)
	w.call(s)
	if w.refreshes() != 1 {
		t.Errorf("asked %d times", w.refreshes())
	}
	w.advance(time.Minute + time.Second)
	w.call(s)
	if w.refreshes() != 2 {
		t.Errorf("asked %d times", w.refreshes())
	}
}

func TestPoint31InvalidGrantEndsItAfterReadingAgain(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	s := w.source(g)
	w.mustCall(s)
	for _, f := range w.family {
		f.gone = true
	}
	w.advance(61 * time.Minute)
	_, err := w.call(s)
	wantCode(t, err, words.SignInExpired)
	list, _ := Grants(w.c.Home)
	if !errors.Is(err, ErrSignIn) || list[0].Ended.IsZero() || list[0].Renewable || w.kept(g).Refresh != "" {
		t.Errorf("got %v, %+v", err, list[0])
	}
	n := w.refreshes()
	w.advance(24 * time.Hour)
	w.call(s)
	w.call(w.source(g))
	if NewKeeper(w.c).RefreshDue(t.Context()); w.refreshes() != n {
		t.Error("asked again with a token that is over")
	}
}

// A loser's invalid_grant: the store holds another token meanwhile, which somebody
// wrote without the lock.
func TestPoint31LosersInvalidGrantEndsNothing(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	w.advance(61 * time.Minute)
	old := w.kept(g)
	w.tokenRaw = func(rw http.ResponseWriter, form url.Values) bool {
		if form.Get("refresh_token") != old.Refresh || form.Get("grant_type") != "refresh_token" {
			return false
		}
		w.tokenRaw = nil
		w.mu.Lock()
		f := w.family[old.Refresh]
		w.mu.Unlock()
		made := w.tokensFor(f, "", true)
		other := old
		other.Refresh, other.Generation = made["refresh_token"].(string), old.Generation+1
		if err := w.c.keepTokens(t.Context(), g.ID, other); err != nil {
			t.Error(err)
		}
		answerJSON(rw, 400, map[string]any{"error": "invalid_grant"})
		return true
	}
	w.mustCall(w.source(g))
	for _, f := range w.family {
		if f.reused {
			t.Error("a refresh token was used twice")
		}
	}
}

// An access token that outlives its refresh token is used to its end.
func TestPoint31AccessTokenOutlivesTheGrant(t *testing.T) {
	w := newWorld(t)
	s := w.source(w.mustSignIn())
	w.mustCall(s)
	w.tokenRaw = func(rw http.ResponseWriter, _ url.Values) bool {
		answerJSON(rw, 400, map[string]any{"error": "invalid_grant"})
		return true
	}
	w.advance(50 * time.Minute)
	w.mustCall(s)
	w.mustCall(s)
	if w.refreshes() != 1 {
		t.Errorf("%d refreshes", w.refreshes())
	}
	w.advance(10 * time.Minute)
	if _, err := w.call(s); !errors.Is(err, ErrSignIn) {
		t.Errorf("got %v", err)
	}
}

func TestPoint14RegistrationThatVanishedDuringRefresh(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	w.clients = map[string]client{}
	w.advance(61 * time.Minute)
	_, err := w.call(w.source(g))
	wantCode(t, err, words.SignInExpired)
	if list, _ := Grants(w.c.Home); !list[0].Ended.IsZero() {
		t.Error("ended by something else than invalid_grant")
	}
	if second := w.mustSignIn(); second.ClientID == g.ClientID || second.ID != g.ID || w.called("POST /register") != 2 {
		t.Errorf("got %+v", second)
	}
	w.mustCall(w.source(g))
}

func TestStoreThatCantBeReadIsNotSignedOut(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	c := w.c
	c.Store = secrets.Broken{Err: secrets.ErrLocked}
	if _, err := c.Source(g.ID, "notion").Header(t.Context()); !words.Has(w.note(err), words.KeychainLocked) || errors.Is(err, ErrSignIn) {
		t.Errorf("got %v", err)
	}
	if err := w.store.Delete(t.Context(), w.c.ref(g.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.source(g).Header(t.Context()); !errors.Is(w.note(err), ErrSignIn) {
		t.Errorf("with its tokens gone: %v", err)
	}
	if _, err := w.c.Source("nobody", "notion").Header(t.Context()); !words.Has(w.note(err), words.SignIn) || !errors.Is(err, ErrSignIn) {
		t.Errorf("never signed in: %v", err)
	}
}

func TestClockThatJumps(t *testing.T) {
	t.Run("back, after a sign-in in the future", func(t *testing.T) {
		w := newWorld(t)
		w.advance(10 * 365 * 24 * time.Hour)
		s := w.source(w.mustSignIn())
		w.advance(-10 * 365 * 24 * time.Hour)
		w.mustCall(s)
		w.refuseAll()
		w.mustCall(s)
		w.refuseAll() // at once again, though by the clock it was never renewed
		if w.refreshes() != 1 {
			t.Errorf("%d refreshes", w.refreshes())
		}
	})
	t.Run("forward, with no way to refresh", func(t *testing.T) {
		w := newWorld(t)
		w.life, w.noRefresh = nil, true
		g := w.mustSignIn()
		w.advance(10 * 365 * 24 * time.Hour)
		w.mustCall(w.source(g))
	})
}

func TestManyGoroutinesMakeOneRefresh(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"due":     func(w *world) { w.advance(50 * time.Minute) },
		"over":    func(w *world) { w.advance(2 * time.Hour) },
		"refused": func(w *world) { w.refuseAll() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.slow = 30 * time.Millisecond
			g := w.mustSignIn()
			two := []*Source{w.source(g), w.source(g)} // as two processes have
			for _, s := range two {
				w.mustCall(s)
			}
			prepare(w)
			keeper := NewKeeper(w.c)
			var wg sync.WaitGroup
			for i := range 24 {
				wg.Go(func() {
					if status, err := w.call(two[i%2]); status != 200 || err != nil {
						t.Errorf("got %d, %v", status, err)
					}
				})
			}
			wg.Go(func() { keeper.RefreshDue(t.Context()) })
			wg.Wait()
			if w.refreshes() != 1 {
				t.Errorf("%d refreshes", w.refreshes())
			}
			for _, f := range w.family {
				if f.reused {
					t.Error("a refresh token was used twice")
				}
			}
		})
	}
}

// Whoever asks may go away; what the service was asked for is saved all the same.
func TestRefreshGoesOnWhenItsCallerLeaves(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	w.advance(2 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	w.tokenRaw = func(http.ResponseWriter, url.Values) bool { cancel(); return false }
	s := w.source(g)
	if _, err := s.Header(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	w.mustCall(s) // waits its turn
	if w.refreshes() != 1 || w.kept(g).Generation != 2 {
		t.Errorf("%d refreshes, generation %d", w.refreshes(), w.kept(g).Generation)
	}
}

// A process that ends waits for the tokens that it asked for.
func TestSettleWaitsUntilTheNewTokensAreSaved(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	w.advance(2 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked, answer := make(chan bool), make(chan bool)
	w.tokenRaw = func(http.ResponseWriter, url.Values) bool { asked <- true; <-answer; return false }
	left := make(chan bool)
	go func() { _, _ = w.source(g).Header(ctx); close(left) }()
	<-asked
	cancel()
	<-left
	Settle(0) // doesn't wait for ever
	if w.kept(g).Generation != 1 {
		t.Error("there is nothing to wait for")
	}
	close(answer)
	Settle(time.Minute)
	if w.kept(g).Generation != 2 {
		t.Errorf("generation %d is kept: the new token is lost", w.kept(g).Generation)
	}
}

func TestTokensMoveToAnotherStoreOrHaveEnded(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	c, to := w.c, &secrets.Memory{}
	if err := c.Move(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Store.Get(t.Context(), c.ref(g.ID)); !errors.Is(err, secrets.ErrNotFound) {
		t.Errorf("left behind: %v", err)
	}
	c.Store = to
	if header, err := c.Source(g.ID, "far").Header(t.Context()); err != nil || header == "" {
		t.Errorf("%q %v", header, err)
	}
	c.Store = &secrets.Memory{} // which has none
	if err := c.Move(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if list, err := Grants(c.Home); err != nil || len(list) != 1 || list[0].Ended.IsZero() {
		t.Errorf("%+v %v", list, err)
	}
}

func TestNoRefreshWithoutTheLock(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	w.advance(61 * time.Minute)
	held, err := files.TryLock(w.c.Home.GrantLock(g.ID))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Unlock()
	ctx, cancel := contextOf(t, 50*time.Millisecond)
	defer cancel()
	if _, err := w.source(g).Header(ctx); err == nil || w.refreshes() != 0 {
		t.Errorf("got %v, %d refreshes", err, w.refreshes())
	}
}

func TestKeeperRefreshesAheadOfTime(t *testing.T) {
	w := newWorld(t)
	k := NewKeeper(w.c)
	if !k.Due(w.now()).IsZero() {
		t.Error("due with no grants")
	}
	start := w.now()
	g := w.mustSignIn()
	if due := k.Due(start); due.Sub(start) != 45*time.Minute {
		t.Errorf("due after %v", due.Sub(start))
	}
	if err := k.RefreshDue(t.Context()); err != nil || w.refreshes() != 0 {
		t.Errorf("before it is due: %v, %d refreshes", err, w.refreshes())
	}
	w.advance(8 * time.Hour) // asleep
	if due := k.Due(w.now()); !due.Equal(w.now()) {
		t.Errorf("overdue, and due at %v", due)
	}
	for range 3 {
		if err := k.RefreshDue(t.Context()); err != nil {
			t.Error(w.note(err))
		}
	}
	if list, _ := Grants(w.c.Home); w.refreshes() != 1 || !list[0].Refreshed.Equal(w.now()) || !list[0].Expires.Equal(w.now().Add(time.Hour)) {
		t.Errorf("%d refreshes, %+v", w.refreshes(), list)
	}
	w.mustCall(w.source(g))
}

func TestKeeperLeavesShortTokensToTheirUsers(t *testing.T) {
	w := newWorld(t)
	w.life = 60
	w.mustSignIn()
	k := NewKeeper(w.c)
	for range 60 { // an hour, by the minute
		w.advance(time.Minute)
		if err := k.RefreshDue(t.Context()); err != nil {
			t.Fatal(w.note(err))
		}
	}
	if w.refreshes() != 4 {
		t.Errorf("%d refreshes in an hour", w.refreshes())
	}
}

func TestKeeperMakesNoStormAfterSleep(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a", "b", "c", "d"} {
		w.r.ServerID = id
		w.mustSignIn()
	}
	k := NewKeeper(w.c)
	w.advance(8 * time.Hour)
	asked := 0
	w.c.HTTP = &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		asked++
		return nil, context.DeadlineExceeded // the network is not back
	})}
	k.c = w.c
	for range 5 {
		if err := k.RefreshDue(t.Context()); w.note(err) != nil && !errors.Is(err, ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times without a network", asked)
	}
	if due := k.Due(w.now()); due.Sub(w.now()) != keeperRest {
		t.Errorf("due again after %v", due.Sub(w.now()))
	}
	w.c.HTTP = nil
	k = NewKeeper(w.c)
	if err := k.RefreshDue(t.Context()); err != nil || w.refreshes() != 4 {
		t.Errorf("%v, %d refreshes", err, w.refreshes())
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// What a header costs a bridge, for each request.
func BenchmarkHeader(b *testing.B) {
	g := Grant{ID: "g", Address: "https://h"}
	s := Config{}.Source("g", "notion")
	s.set(g, tokens{Access: "a", Refresh: "r", Obtained: time.Now(), Expires: time.Now().Add(time.Hour)})
	for b.Loop() {
		if _, err := s.Header(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// A locked keychain may ask the user each time: the clock leaves it alone for a
// while.
func TestKeeperDoesNotAskALockedKeychainAtEachTick(t *testing.T) {
	w := newWorld(t)
	w.mustSignIn()
	w.advance(2 * time.Hour)
	store := &counting{Store: secrets.Broken{Err: secrets.ErrLocked}}
	w.c.Store = store
	k := NewKeeper(w.c)
	for range 10 {
		err := k.RefreshDue(t.Context())
		w.note(err)
		w.advance(30 * time.Second)
	}
	if store.gets > 5 || store.gets == 0 {
		t.Errorf("asked %d times in 5 minutes", store.gets)
	}
}

type counting struct {
	secrets.Store
	gets int
}

func (s *counting) Get(ctx context.Context, r secrets.Ref) (secrets.Secret, error) {
	s.gets++
	return s.Store.Get(ctx, r)
}
