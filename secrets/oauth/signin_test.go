package oauth

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

func contextOf(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func TestPoint15ResourceCharacterForCharacterInAllRequests(t *testing.T) {
	for name, c := range map[string]struct {
		prm     string // resource; "" for no document
		url     string
		without bool
		want    string
	}{
		"as the document spells it":   {"RS", "RS/mcp", false, "RS"},
		"with its slash":              {"RS/", "RS/mcp", false, "RS/"},
		"the address without a slash": {"", "RS", false, "RS"},
		"the address's fragment goes": {"", "RS/mcp#frag", false, "RS/mcp"},
		"left out":                    {"RS/mcp", "RS/mcp", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := single(t)
			w.noPRM = c.prm == ""
			w.prm = map[string]any{"resource": strings.ReplaceAll(c.prm, "RS", w.rs.URL)}
			w.prmAt = "/prm"
			w.r.URL, w.r.NoResource = strings.ReplaceAll(c.url, "RS", w.rs.URL), c.without
			w.r.Challenge = "Bearer"
			if c.prm != "" {
				w.r.Challenge = `Bearer resource_metadata="` + w.rs.URL + `/prm"`
				w.rs.Config.Handler = route(w.serveAS, w.serveRS, "/mcp", "/prm")
			}
			g := w.mustSignIn()
			want := strings.ReplaceAll(c.want, "RS", w.rs.URL)
			if got := w.lastAsked(); got.Get("resource") != want || got.Has("resource") == c.without {
				t.Errorf("authorization asked for %q, want %q", got["resource"], want)
			}
			if got := w.lastForm(); got.Get("resource") != want || got.Has("resource") == c.without {
				t.Errorf("exchange asked for %q, want %q", got["resource"], want)
			}
			w.advance(50 * time.Minute)
			if _, err := w.c.Source(g.ID, "notion").Header(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.lastForm(); got.Get("grant_type") != "refresh_token" || got.Get("resource") != want || got.Has("resource") == c.without {
				t.Errorf("refresh asked for %q, want %q", got["resource"], want)
			}
		})
	}
}

func route(other, some http.HandlerFunc, paths ...string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if slices.Contains(paths, req.URL.Path) {
			some(rw, req)
			return
		}
		other(rw, req)
	})
}

func TestPoint15AKeyInTheAddressStaysOutOfFiles(t *testing.T) {
	w := single(t)
	key := secretValue("key")
	w.r.URL += "?api_key=" + key
	g := w.mustSignIn()
	if w.lastForm().Get("resource") != w.r.URL || strings.Contains(g.Resource+g.Address, key) {
		t.Errorf("asked for %q, wrote %q and %q", w.lastForm().Get("resource"), g.Resource, g.Address)
	}
	w.advance(50 * time.Minute)
	w.mustCall(w.c.Source(g.ID, "notion"))
	if w.lastForm().Get("resource") != w.r.URL {
		t.Error("the refresh asked for something else")
	}
}

func TestPoint15ServiceThatRefusesResourceIsToldApart(t *testing.T) {
	w := newWorld(t)
	w.authError = url.Values{"error": {"invalid_request"}, "error_description": {"AADSTS9010010: The resource parameter ..."}}
	_, err := w.signIn()
	wantCode(t, err, words.SignInRefused)
	if p := words.For(err); !strings.Contains(p.Do, "without naming its address") {
		t.Errorf("says %q", p.Do)
	}
}

func TestPoint16Scopes(t *testing.T) {
	for name, c := range map[string]struct {
		challenge string
		prm       any
		asked     []string
		want      string
	}{
		"the challenge's":          {`Bearer scope="a b"`, []string{"c"}, nil, "a b"},
		"else the resource's":      {"Bearer", []string{"c", "d"}, nil, "c d"},
		"else none":                {"Bearer", nil, nil, ""},
		"an empty list is none":    {"Bearer", []string{}, nil, ""},
		"the user's":               {"Bearer", []string{"c"}, []string{"x"}, "x"},
		"the user's and challenge": {`Bearer scope="a"`, []string{"c"}, []string{"x", "a"}, "x a"},
	} {
		w := newWorld(t)
		w.challenge, w.prm, w.r.Scopes = c.challenge, map[string]any{"scopes_supported": c.prm}, c.asked
		w.meta = map[string]any{"scopes_supported": []string{"everything", "openid"}}
		w.mustSignIn()
		if got := w.lastAsked(); got.Get("scope") != c.want || got.Has("scope") != (c.want != "") {
			t.Errorf("%s: asked for %q", name, got["scope"])
		}
	}
}

func TestPoint17OfflineAccessOnlyWhereOffered(t *testing.T) {
	for name, c := range map[string]struct {
		offered, scopes any
		want            string
	}{
		"offered":              {[]string{"offline_access"}, []string{"a"}, "a offline_access"},
		"asked for already":    {[]string{"offline_access"}, []string{"offline_access", "a"}, "offline_access a"},
		"not offered":          {[]string{"b"}, []string{"a"}, "a"},
		"no scopes, so no one": {[]string{"offline_access"}, nil, ""}, // it would replace the default
	} {
		w := newWorld(t)
		w.meta, w.prm = map[string]any{"scopes_supported": c.offered}, map[string]any{"scopes_supported": c.scopes}
		w.mustSignIn()
		if got := w.lastAsked().Get("scope"); got != c.want {
			t.Errorf("%s: asked for %q", name, got)
		}
	}
}

func TestPoint17ExtraParametersAndNeverOurOwn(t *testing.T) {
	w := newWorld(t)
	w.meta = map[string]any{"authorization_endpoint": w.as.URL + "/authorize?tenant=a%26b"}
	w.r.Extra = map[string]string{"access_type": "offline", "prompt": "consent", "state": "mine", "redirect_uri": "https://evil.example", "code_challenge_method": "plain"}
	w.mustSignIn()
	q := w.lastAsked()
	if q.Get("access_type") != "offline" || q.Get("prompt") != "consent" || q.Get("tenant") != "a&b" {
		t.Errorf("asked with %v", q)
	}
	if q.Get("state") == "mine" || q.Get("code_challenge_method") != "S256" || strings.Contains(q.Get("redirect_uri"), "evil") {
		t.Errorf("a parameter of ours was replaced: %v", q)
	}
}

func TestPoint18StateIsFreshAndChecked(t *testing.T) {
	w := newWorld(t)
	w.mustSignIn()
	first := w.lastAsked()
	w.mustSignIn()
	if second := w.lastAsked(); first.Get("state") == second.Get("state") || first.Get("code_challenge") == second.Get("code_challenge") || len(first.Get("state")) < 20 {
		t.Errorf("states %s and %s", first.Get("state"), second.Get("state"))
	}
}

// A callback with a wrong state is dropped and the right one still counts; the
// right one twice counts once.
func TestPoint18CallbackWithAWrongStateAndTwice(t *testing.T) {
	w := newWorld(t)
	type seen struct {
		status int
		page   string
	}
	var wrong, none, post seen
	w.c.Open = func(address string) error {
		back := mustParse(address).Query().Get("redirect_uri")
		for query, into := range map[string]*seen{"?code=evil&state=wrong": &wrong, "": &none} {
			into.status, _ = w.open(back + query)
			w.mu.Lock()
			into.page = w.pages[len(w.pages)-1]
			w.mu.Unlock()
		}
		resp, err := http.PostForm(back, url.Values{"code": {"evil"}})
		if err == nil {
			post.status = resp.StatusCode
			resp.Body.Close()
		}
		return w.browse(address)
	}
	w.mustSignIn()
	if wrong.status != 400 || none.status != 400 || post.status != 404 || !strings.Contains(wrong.page, "waiting for this sign-in") {
		t.Errorf("got %+v, %+v, %+v", wrong, none, post)
	}
	if w.called("POST /token") != 1 {
		t.Errorf("exchanged %d codes", w.called("POST /token"))
	}
}

func TestPoint19Issuer(t *testing.T) {
	for name, c := range map[string]struct {
		advertised bool
		iss        string // "-" for absent
		ok         bool
	}{
		"advertised and missing":    {true, "-", false},
		"advertised and different":  {true, "https://evil.example", false},
		"advertised and equal":      {true, "AS", true},
		"not advertised, different": {false, "https://evil.example", false},
		"not advertised, equal":     {false, "AS", true},
		"not advertised, absent":    {false, "-", true},
		"one slash more is another": {true, "AS/", false},
		"empty is different":        {false, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.meta = map[string]any{"authorization_response_iss_parameter_supported": c.advertised}
			if iss := strings.ReplaceAll(c.iss, "AS", w.as.URL); iss != "-" {
				w.iss = &iss
			}
			_, err := w.signIn()
			if c.ok {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantCode(t, err, words.SignInUnsafe)
			if w.called("POST /token") != 0 {
				t.Error("sent the code to the token endpoint")
			}
			w.authError = url.Values{"error": {"evil_error"}, "error_description": {"call +1 555"}}
			_, err = w.signIn()
			if text := err.Error() + words.For(err).Err.Error() + strings.Join(w.shown(), ""); strings.Contains(text, "evil_error") || strings.Contains(text, "555") {
				t.Errorf("shows what a stranger says: %s", text)
			}
		})
	}
}

func TestPoint20OpensOnlyWhatABrowserMayOpen(t *testing.T) {
	for _, at := range []string{"javascript:alert(1)", "file:///etc/passwd", "http://as.example/authorize", "ms-settings:", "https:", "-x", " https://as.example"} {
		w := newWorld(t)
		w.meta = map[string]any{"authorization_endpoint": at}
		_, err := w.signIn()
		if !words.Has(err, words.SignInUnsafe) || len(w.opens) != 0 {
			t.Errorf("%s: got %v, opened %v", at, err, w.opens)
		}
	}
}

func TestPoint21ListensBeforeTheBrowserOpens(t *testing.T) {
	w := newWorld(t)
	answered := false
	w.c.Open = func(address string) error {
		at := mustParse(mustParse(address).Query().Get("redirect_uri"))
		conn, err := net.Dial("tcp", at.Host)
		if answered = err == nil; answered {
			conn.Close()
		}
		return w.browse(address)
	}
	w.mustSignIn()
	if !answered {
		t.Error("nobody listened")
	}
}

func TestPoint22ReturnAddressByNumberOrByName(t *testing.T) {
	w := newWorld(t)
	w.mustSignIn()
	if at := mustParse(w.lastAsked().Get("redirect_uri")); at.Scheme != "http" || at.Hostname() != "127.0.0.1" || at.Port() == "" || at.Path != "/callback" {
		t.Errorf("comes back at %s", at)
	}
	w.r.RedirectHost = "localhost"
	w.c.Open = func(address string) error {
		at := mustParse(mustParse(address).Query().Get("redirect_uri"))
		for _, ip := range []string{"127.0.0.1", "::1"} {
			if ip == "::1" && !hasIPv6() {
				continue
			}
			conn, err := net.Dial("tcp", net.JoinHostPort(ip, at.Port()))
			if err != nil {
				t.Errorf("nobody listens at %s", ip)
				continue
			}
			conn.Close()
		}
		return w.browse(address)
	}
	w.mustSignIn()
	if at := mustParse(w.lastAsked().Get("redirect_uri")); at.Hostname() != "localhost" || w.called("POST /register") != 2 {
		t.Errorf("comes back at %s after %d registrations", at, w.called("POST /register"))
	}
}

// Nobody but this computer can reach the door.
func TestPoint22DoorIsForThisComputer(t *testing.T) {
	for _, host := range []string{"", "localhost"} {
		d, err := openDoor(Request{RedirectHost: host}, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer d.close()
		addrs, _ := net.InterfaceAddrs()
		for _, a := range addrs {
			ip, _, _ := net.ParseCIDR(a.String())
			if ip == nil || ip.IsLoopback() || ip.To4() == nil {
				continue
			}
			if conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), strconv.Itoa(portOf(d.uri))), time.Second); err == nil {
				conn.Close()
				t.Errorf("listens at %s", ip)
			}
		}
		req, _ := http.NewRequest("GET", d.uri, nil)
		req.Host = "evil.example:" + strconv.Itoa(portOf(d.uri))
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != 404 {
			t.Errorf("a name made to mean this computer: %v, %v", resp, err)
		}
		resp.Body.Close()
	}
}

func TestPoint23PortStaysWithTheRegistration(t *testing.T) {
	w := newWorld(t)
	w.mustSignIn()
	first := w.lastAsked().Get("redirect_uri")
	w.mustSignIn()
	if again := w.lastAsked().Get("redirect_uri"); again != first || w.called("POST /register") != 1 {
		t.Errorf("came back at %s, then at %s; %d registrations", first, again, w.called("POST /register"))
	}
	taken, err := net.Listen("tcp4", mustParse(first).Host)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	g := w.mustSignIn() // the double refuses an address that was not registered
	if other := w.lastAsked().Get("redirect_uri"); other == first || w.called("POST /register") != 2 || g.Registration.RedirectURI != other {
		t.Errorf("with the port taken: %s, %d registrations", other, w.called("POST /register"))
	}
}

func TestPoint23TakenPortOfAnOwnAppIsSaid(t *testing.T) {
	for _, cimd := range []bool{false, true} {
		w := newWorld(t)
		w.own(methodNone)
		if cimd {
			w.r.ClientID, w.r.CIMD = "", "https://us.example/id"
			w.meta = map[string]any{"client_id_metadata_document_supported": true}
		}
		taken, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(w.r.Port))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.signIn()
		taken.Close()
		wantCode(t, err, words.PortBusy)
		if p := words.For(err); p.With("Port") != w.r.Port || len(w.opens) != 0 || w.called("POST /register") != 0 {
			t.Errorf("says %v, opened %v", p, w.opens)
		}
	}
}

func TestPoint24OneDoorServesEveryLoginByState(t *testing.T) {
	d, err := openDoor(Request{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	a, b := d.expect("a"), d.expect("b")
	pages := make(chan string, 2)
	get := func(query string) {
		resp, err := http.Get(d.uri + query)
		if err != nil {
			t.Error(err)
			pages <- ""
			return
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		pages <- string(body)
	}
	go get("?state=b&code=2")
	arrived := <-b
	if arrived.values.Get("code") != "2" {
		t.Errorf("b got %v", arrived.values)
	}
	arrived.done(words.New(words.SignInUnfinished, nil, "Name", "<b>x</b>"))
	if page := <-pages; !strings.Contains(page, "&lt;b&gt;x&lt;/b&gt;") || strings.Contains(page, "<b>x") {
		t.Errorf("the page of a failure: %s", page)
	}
	go get("?state=a&code=1")
	arrived = <-a
	if arrived.values.Get("code") != "1" {
		t.Errorf("a got %v", arrived.values)
	}
	arrived.done(nil)
	if page := <-pages; !strings.Contains(page, words.Say("sign-in.page.done.title")) {
		t.Errorf("the page of a success: %s", page)
	}
	go get("?state=a&code=again")
	if page := <-pages; !strings.Contains(page, words.Say("sign-in.page.again.title")) {
		t.Errorf("the page of a second arrival: %s", page)
	}
}

func TestPagesStandAlone(t *testing.T) {
	w := newWorld(t)
	var header http.Header
	w.c.Open = func(address string) error {
		_, header = w.open(mustParse(address).Query().Get("redirect_uri") + "?state=wrong&code=" + url.QueryEscape("<script>alert(1)</script>"))
		return w.browse(address)
	}
	w.mustSignIn()
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || header.Get("Cache-Control") != "no-store" || header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("header %v", header)
	}
	for _, page := range w.shown() {
		for _, no := range []string{"http://", "https://", "<script", "src=", "href=", "TITLE", "alert(1)"} {
			if strings.Contains(page, no) {
				t.Errorf("a page holds %q: %s", no, page)
			}
		}
	}
}

func TestCallbackThatNeverComes(t *testing.T) {
	w := newWorld(t)
	w.noReturn = true
	ctx, cancel := contextOf(t, 100*time.Millisecond)
	defer cancel()
	_, err := w.c.SignIn(ctx, w.r, w.step)
	wantCode(t, w.note(err), words.SignInUnfinished)
	list, _ := Grants(w.c.Home)
	if len(list) != 0 {
		t.Errorf("left %v", list)
	}
}

func TestUserWhoSaysNo(t *testing.T) {
	w := newWorld(t)
	w.authError = url.Values{"error": {"access_denied"}}
	_, err := w.signIn()
	wantCode(t, err, words.SignInUnfinished)
	w.authError = url.Values{"error": {"temporarily_unavailable"}}
	if _, err = w.signIn(); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestBrowserThatDoesNotOpenIsNotTheEnd(t *testing.T) {
	w := newWorld(t)
	w.c.Open = func(string) error { return errors.New("no browser") }
	opened := false
	_, err := w.c.SignIn(t.Context(), w.r, func(s Step) {
		w.step(s)
		if s.Text == words.Say("sign-in.open-yourself") && !opened {
			opened = true
			w.visit(s.URL) // by hand
		}
	})
	if err != nil || !opened {
		t.Errorf("got %v", err)
	}
}

func TestOneSignInAtATime(t *testing.T) {
	w := newWorld(t)
	w.c.Open = func(address string) error {
		_, err := w.c.SignIn(t.Context(), w.r, nil) // while the first one waits
		wantCode(t, w.note(err), words.SignInBusy)
		return w.browse(address)
	}
	w.mustSignIn()
	if files.IsLocked(w.c.Home.SignInLock()) {
		t.Error("the lock is still held")
	}
}

func TestManualSignInTakesThePastedAddress(t *testing.T) {
	w := newWorld(t)
	var at string
	pastes := 0
	g, err := w.c.SignInManual(t.Context(), w.r, func(s Step) { w.step(s); at = s.URL }, func(context.Context) (string, error) {
		if pastes++; pastes == 1 {
			return "http://127.0.0.1/callback?code=x&state=wrong", nil
		}
		noFollow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := noFollow.Get(at)
		if err != nil {
			return "", err
		}
		resp.Body.Close()
		return " " + resp.Header.Get("Location") + "\n", nil
	})
	if err != nil || pastes != 2 || len(w.opens) != 0 {
		t.Fatalf("got %v after %d pastes, opened %v", w.note(err), pastes, w.opens)
	}
	w.mustCall(w.c.Source(g.ID, "notion"))
	_, err = w.c.SignInManual(t.Context(), w.r, nil, func(context.Context) (string, error) { return "nonsense", nil })
	wantCode(t, w.note(err), words.SignInUnfinished)
	_, err = w.c.SignInManual(t.Context(), w.r, nil, func(context.Context) (string, error) { return "", io.EOF })
	wantCode(t, w.note(err), words.SignInUnfinished)
}

func TestDeviceSignInWaitsForTheCode(t *testing.T) {
	w := newWorld(t)
	_, err := w.c.SignInDevice(t.Context(), w.r, nil)
	wantCode(t, w.note(err), words.SignInClosedClub) // not offered
	w.meta = map[string]any{"device_authorization_endpoint": w.as.URL + "/device", "code_challenge_methods_supported": nil}
	var code, page string
	g, err := w.c.SignInDevice(t.Context(), w.r, func(s Step) {
		w.step(s)
		if s.Kind == Waiting {
			code, page = s.Code, s.URL
		}
	})
	if err != nil || code != "WDJB-MJHT" || page != w.as.URL+"/enter" || w.called("POST /token urn") != 2 {
		t.Fatalf("got %v, code %q at %q, asked %d times", w.note(err), code, page, w.called("POST /token urn"))
	}
	w.mustCall(w.c.Source(g.ID, "notion"))
	w.advance(50 * time.Minute)
	w.mustCall(w.c.Source(g.ID, "notion"))
	if w.called("POST /token refresh_token") != 1 {
		t.Error("it was not renewed")
	}
}

func TestDeviceSignInObeysThePace(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string
		want    words.Code // "" for a Grant
		pauses  []time.Duration
	}{
		"slower": {[]string{"slow_down", "authorization_pending", ""}, "", []time.Duration{time.Second, 6 * time.Second, 6 * time.Second}},
		"no":     {[]string{"access_denied"}, words.SignInUnfinished, []time.Duration{time.Second}},
		"late":   {[]string{"expired_token"}, words.SignInUnfinished, []time.Duration{time.Second}},
	} {
		w := newWorld(t)
		w.meta = map[string]any{"device_authorization_endpoint": w.as.URL + "/device"}
		var pauses []time.Duration
		w.c.pause = func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil }
		w.tokenRaw = func(rw http.ResponseWriter, _ url.Values) bool {
			say := c.answers[0]
			c.answers = c.answers[1:]
			if say == "" {
				answerJSON(rw, 200, map[string]any{"access_token": secretValue("access")})
				return true
			}
			answerJSON(rw, 400, map[string]any{"error": say})
			return true
		}
		_, err := w.c.SignInDevice(t.Context(), w.r, nil)
		if w.note(err); (c.want == "") != (err == nil) || c.want != "" && !words.Has(err, c.want) || !slices.Equal(pauses, c.pauses) {
			t.Errorf("%s: got %v after %v", name, err, pauses)
		}
	}
}

func TestMachineSignsInWithItsSecretAlone(t *testing.T) {
	w := newWorld(t)
	_, err := w.c.SignInMachine(t.Context(), w.r)
	wantCode(t, w.note(err), words.KeyMissing)
	w.own(methodBasic)
	w.r.Extra = map[string]string{"audience": "x"}
	w.r.Scopes = []string{"jobs"}
	g, err := w.c.SignInMachine(t.Context(), w.r)
	if err != nil {
		t.Fatal(w.note(err))
	}
	w.noteGrant(g)
	s := w.c.Source(g.ID, "notion")
	w.mustCall(s)
	w.advance(55 * time.Minute)
	w.mustCall(s)
	f := w.lastForm()
	if w.called("POST /token client_credentials") != 2 || f.Get("audience") != "x" || f.Get("scope") != "jobs" || f.Get("resource") != w.r.URL || f.Has("refresh_token") {
		t.Errorf("renewed with %v", f)
	}
	w.addClient("my-app", client{method: methodBasic, secret: "changed"})
	w.advance(2 * time.Hour)
	_, err = w.call(s)
	if !errors.Is(err, ErrSignIn) || !words.Has(err, words.KeyRefused) {
		t.Errorf("with the secret changed: %v", err)
	}
	w.c.OwnSecret = func(_ context.Context, serverID, clientID string) (secrets.Secret, error) {
		if serverID != w.r.ServerID || clientID != "my-app" {
			return secrets.Secret{}, errors.New("another one's")
		}
		return secrets.New("changed"), nil
	}
	w.mustCall(w.c.Source(g.ID, "notion")) // the user told us
	_, err = w.c.SignInMachine(t.Context(), w.r)
	wantCode(t, w.note(err), words.KeyRefused)
}

func TestAccountsOfOneServer(t *testing.T) {
	w := newWorld(t)
	account := func(token string) Grant {
		w.idToken = token
		return w.mustSignIn()
	}
	anna := account(`{"email":"anna@example.com","preferred_username":"anna"}`)
	bert := account(`{"preferred_username":"bert"}`)
	again := account(`{"email":"anna@example.com"}`)
	if anna.Account != "anna@example.com" || bert.Account != "bert" || anna.ID == bert.ID || again.ID != anna.ID || again.Generation <= anna.Generation {
		t.Errorf("got %+v, %+v, %+v", anna, bert, again)
	}
	one := account("")
	same := account("broken")
	w.r.Another = true
	two := account("")
	w.r.Another, w.r.Account = false, "2"
	twoAgain := account("")
	if one.Account != "1" || same.ID != one.ID || two.Account != "2" || two.ID == one.ID || twoAgain.ID != two.ID {
		t.Errorf("got %+v, %+v, %+v, %+v", one, same, two, twoAgain)
	}
	if list, err := GrantsOf(w.c.Home, "srv1"); len(list) != 4 || err != nil {
		t.Errorf("%d grants, %v", len(list), err)
	}
	if list, _ := GrantsOf(w.c.Home, "srv2"); len(list) != 0 {
		t.Errorf("another server has %v", list)
	}
}

func TestAccountFromUserInfoOnlyWhereAskedFor(t *testing.T) {
	w := newWorld(t)
	w.userinfo = `{"email":"anna@example.com"}`
	if g := w.mustSignIn(); g.Account != "1" || w.called("GET /userinfo") != 0 {
		t.Errorf("asked without openid: %+v", g)
	}
	w.r.Scopes = []string{"openid"}
	w.r.Account = "1"
	if g := w.mustSignIn(); g.Account != "anna@example.com" || w.called("GET /userinfo") != 1 {
		t.Errorf("got %+v", g)
	}
	if list, _ := Grants(w.c.Home); len(list) != 1 {
		t.Errorf("the number's grant is still there: %v", list)
	}
	w.meta = map[string]any{"userinfo_endpoint": w.rs.URL + "/userinfo"} // no place for this token
	if w.mustSignIn(); w.called("GET /userinfo") != 1 {
		t.Error("sent the token elsewhere")
	}
}

func TestSignOutRevokesAndForgets(t *testing.T) {
	w := newWorld(t)
	w.meta = map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	w.idToken = `{"email":"anna@example.com"}`
	g := w.mustSignIn()
	w.idToken = `{"email":"bert@example.com"}`
	other := w.mustSignIn()
	s := w.c.Source(g.ID, "notion")
	w.mustCall(s)
	if err := w.c.SignOut(t.Context(), g.ID); err != nil {
		t.Fatal(w.note(err))
	}
	if !slices.Equal(w.revoked, []string{"refresh_token", "access_token"}) {
		t.Errorf("revoked %v", w.revoked)
	}
	if _, err := w.store.Get(t.Context(), w.c.ref(g.ID)); !errors.Is(err, secrets.ErrNotFound) {
		t.Error("its tokens are still there")
	}
	if _, err := w.call(s); !errors.Is(err, ErrSignIn) {
		t.Errorf("got %v", err)
	}
	if len(w.c.registrations()) != 1 {
		t.Error("the registration went, which another grant uses")
	}
	w.as.Close() // a service that is gone keeps nobody signed in
	if err := w.c.SignOut(t.Context(), other.ID); err != nil {
		t.Fatal(w.note(err))
	}
	if list := files.Ending(w.c.Home.Grants(), ".json"); len(list) != 0 || len(w.c.registrations()) != 0 {
		t.Errorf("left %v and %v", list, w.c.registrations())
	}
	if err := w.c.SignOut(t.Context(), other.ID); err != nil {
		t.Errorf("a second time: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(w.c.Home.Grants(), "*", "*"))
	if len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestSignOutWithTheStoreLockedChangesNothing(t *testing.T) {
	w := newWorld(t)
	g := w.mustSignIn()
	locked := w.c
	locked.Store = secrets.Broken{Err: secrets.ErrLocked}
	err := locked.SignOut(t.Context(), g.ID)
	wantCode(t, w.note(err), words.KeychainLocked)
	w.mustCall(w.c.Source(g.ID, "notion"))
}

func TestStepsTellTheStory(t *testing.T) {
	w := newWorld(t)
	w.mustSignIn()
	var kinds []StepKind
	for _, s := range w.steps {
		kinds = append(kinds, s.Kind)
	}
	if !slices.Equal(kinds, []StepKind{Looking, Registering, Waiting, Finishing}) {
		t.Errorf("got %v", kinds)
	}
}

func TestGrantsLeavesOutWhatItCantRead(t *testing.T) {
	w := newWorld(t)
	if list, err := Grants(w.c.Home); list != nil || err != nil {
		t.Errorf("with nothing there: %v, %v", list, err)
	}
	g := w.mustSignIn()
	for name, text := range map[string]string{"broken.json": "{", "empty.json": "", "other.json": `{"id":"someone-else"}`, "note.txt": "x"} {
		if err := files.WriteOwn(filepath.Join(w.c.Home.Grants(), name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := Grants(w.c.Home); len(list) != 1 || list[0].ID != g.ID || err != nil {
		t.Errorf("got %v, %v", list, err)
	}
	for _, name := range []string{"broken", "empty", "other"} { // and they can be got rid of
		if err := w.c.SignOut(t.Context(), name); err != nil {
			t.Error(w.note(err))
		}
	}
}

// The page says what became of the sign-in, not only that the user came back.
func TestPageTellsTheTruth(t *testing.T) {
	w := newWorld(t)
	w.mustSignIn()
	if page := w.shown()[0]; !strings.Contains(page, words.Say("sign-in.page.done.title")) {
		t.Errorf("after a success: %s", page)
	}
	w.tokenRaw = func(rw http.ResponseWriter, _ url.Values) bool { rw.WriteHeader(503); return true }
	if _, err := w.signIn(); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	pages := w.shown()
	if page := pages[len(pages)-1]; strings.Contains(page, words.Say("sign-in.page.done.title")) || !strings.Contains(page, "has a problem of its own") {
		t.Errorf("after a failure: %s", page)
	}
}

func TestScopesThatWereGranted(t *testing.T) {
	for said, want := range map[string][]string{"": {"a", "b"}, "a": {"a"}, "a c": {"a", "c"}} {
		w := newWorld(t)
		w.r.Scopes, w.scope = []string{"a", "b"}, &said
		if g := w.mustSignIn(); !slices.Equal(g.Scopes, want) || !slices.Equal(g.Asked, []string{"a", "b"}) {
			t.Errorf("%q: granted %v, asked for %v", said, g.Scopes, g.Asked)
		}
	}
}

// Some ways to open a browser return when it is closed.
func TestBrowserThatStaysOpenHoldsUpNothing(t *testing.T) {
	w := newWorld(t)
	closed := make(chan struct{})
	t.Cleanup(func() { close(closed) })
	w.c.Open = func(address string) error {
		err := w.browse(address)
		<-closed
		return err
	}
	w.mustSignIn()
}
