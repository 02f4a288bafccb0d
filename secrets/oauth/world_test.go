package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// world is an MCP server, its authorization server, a browser, and a clock. What a
// test wants otherwise it sets before it begins.
type world struct {
	t      *testing.T
	as, rs *httptest.Server // two origins
	c      Config
	r      Request
	store  *secrets.Memory

	mu    sync.Mutex
	clock time.Time
	calls []string     // "POST /token refresh_token", in order
	forms []url.Values // of the token endpoint, with the Authorization header's id as "basic"
	asked []url.Values // authorization requests
	regs  []map[string]any
	pages []string // what the browser showed at last
	opens []string
	steps []Step
	texts []string // all that was said: errors, problems, grants, steps without their address

	browsing sync.WaitGroup

	clients map[string]client
	codes   map[string]url.Values
	family  map[string]*family // by access and by refresh token
	access  map[string]time.Time
	revoked []string
	devices map[string]int // device codes, by questions until they are granted

	// What the servers do, where it is not the ordinary.
	path      string         // of the issuer
	issuer    string         // what the document says instead
	prm       map[string]any // changes of the server's document; a nil value removes
	noPRM     bool           // no document
	prmAt     string         // its path, where the challenge tells
	challenge string         // instead of the ordinary one
	meta      map[string]any // changes of the issuer's document
	noMeta    bool
	metaAt    string            // the only path with the issuer's document
	redirect  map[string]string // by path: where a GET is sent
	raw       map[string]string // by path: a body instead
	iss       *string           // parameter of the redirect
	authError url.Values        // the redirect brings it instead of a code
	noReturn  bool              // the browser stays at the service
	life      any               // expires_in; nil: absent
	noRefresh bool
	noRotate  bool
	tokenRaw  func(w http.ResponseWriter, form url.Values) bool // true: it has answered
	regRaw    func(w http.ResponseWriter, form map[string]any) bool
	idToken   string
	userinfo  string
	scope     *string // of the token answer
	weak      bool    // the server wants the scope "write"
	slow      time.Duration
}

type client struct {
	secret, method string
	redirects      []string
}

// family is all tokens that came of one sign-in.
type family struct {
	refresh string // the one that is good
	gone    bool
	reused  bool
	client  string
	scope   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, store: &secrets.Memory{}, clock: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), life: 3600,
		clients: map[string]client{}, codes: map[string]url.Values{}, family: map[string]*family{}, access: map[string]time.Time{}, devices: map[string]int{},
	}
	w.as, w.rs = httptest.NewServer(http.HandlerFunc(w.serveAS)), httptest.NewServer(http.HandlerFunc(w.serveRS))
	t.Cleanup(w.as.Close)
	t.Cleanup(w.rs.Close)
	home := files.Home(t.TempDir())
	w.c = Config{Home: home, Store: w.store, Library: "lib", Now: w.now, Open: w.browse, pause: func(ctx context.Context, d time.Duration) error { w.advance(d); return ctx.Err() }}
	w.r = Request{ServerID: "srv1", Name: "notion", URL: w.rs.URL + "/mcp"}
	t.Cleanup(w.searchForSecrets)
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) called(call string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, c := range w.calls {
		if strings.HasPrefix(c, call) {
			n++
		}
	}
	return n
}

// lastForm is the last one the token endpoint got.
func (w *world) lastForm() url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.forms) == 0 {
		w.t.Fatal("the token endpoint was not asked")
	}
	return w.forms[len(w.forms)-1]
}

func (w *world) lastAsked() url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.asked) == 0 {
		w.t.Fatal("no authorization request")
	}
	return w.asked[len(w.asked)-1]
}

// issued keeps what must never be seen anywhere.
var issued struct {
	sync.Mutex
	values []string
	files  int
	texts  int
}

func secretValue(kind string) string {
	v := kind + "-" + rand.Text()
	hide(v)
	return v
}

func hide(v string) {
	issued.Lock()
	defer issued.Unlock()
	issued.values = append(issued.values, v)
}

// note collects a text that a user or a log may see, and returns err.
func (w *world) note(err error) error {
	if err == nil {
		return nil
	}
	texts := []string{err.Error(), fmt.Sprintf("%v %+v %#v", err, err, words.For(err))}
	data, _ := json.Marshal(words.For(err))
	for e := err; e != nil; e = errors.Unwrap(e) {
		texts = append(texts, e.Error())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(append(w.texts, texts...), string(data))
	return err
}

// searchForSecrets looks for every token, code, verifier and secret issued so far
// in all that this test left behind or said.
func (w *world) searchForSecrets() {
	texts := w.shown()
	w.mu.Lock()
	texts = append(append(texts, w.texts...), fmt.Sprintf("%+v", w.steps))
	w.mu.Unlock()
	filepath.WalkDir(string(w.c.Home), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			issued.files++
			texts = append(texts, path+": "+string(data))
		}
		if i, err := d.Info(); err == nil && i.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
			w.t.Errorf("%s: mode %v", path, i.Mode())
		}
		return nil
	})
	issued.Lock()
	defer issued.Unlock()
	issued.texts += len(texts)
	for _, text := range texts {
		if v := leakIn(text); v != "" {
			w.t.Errorf("leaks %s in: %s", v, text)
		}
	}
}

func leakIn(text string) string {
	for _, v := range issued.values {
		if strings.Contains(text, v) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(v))) {
			return v
		}
	}
	return ""
}

// The sign-in, as a user does it.

func (w *world) signIn() (Grant, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second) // for what must happen; no promise
	defer cancel()
	g, err := w.c.SignIn(ctx, w.r, w.step)
	return w.noteGrant(g), w.note(err)
}

func (w *world) noteGrant(g Grant) Grant {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, fmt.Sprintf("%v %+v %#v", g, g, g))
	return g
}

func (w *world) mustSignIn() Grant {
	w.t.Helper()
	g, err := w.signIn()
	if err != nil {
		w.t.Fatalf("sign in: %v (%v)", err, words.For(err).Err)
	}
	return g
}

func (w *world) step(s Step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Contains(s.Text, "{{") || s.Text == "" {
		w.t.Errorf("step %s says %q", s.Kind, s.Text)
	}
	w.steps = append(w.steps, Step{Kind: s.Kind, Text: s.Text})
}

// browse is a browser with a user who agrees to everything.
func (w *world) browse(address string) error {
	w.mu.Lock()
	w.opens = append(w.opens, address)
	stays := w.noReturn
	w.mu.Unlock()
	if stays {
		return nil
	}
	w.visit(address)
	return nil
}

// visit follows redirects to the door, and keeps the page. It waits, as a browser
// that is faster than we are, and for the door's page in the background.
func (w *world) visit(address string) {
	noFollow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := noFollow.Get(address)
	if err != nil {
		w.t.Error(err)
		return
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		return // an error page: the user stays there
	}
	back := resp.Header.Get("Location")
	w.browsing.Go(func() { w.open(back) })
}

// shown are the pages the browser has shown, the one that is on its way included.
func (w *world) shown() []string {
	w.browsing.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.pages)
}

// open shows one page.
func (w *world) open(address string) (status int, header http.Header) {
	resp, err := http.Get(address)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages = append(w.pages, string(body))
	return resp.StatusCode, resp.Header
}

// The authorization server.

func (w *world) issuerURL() string { return w.as.URL + w.path }

func (w *world) document() map[string]any {
	at := w.as.URL
	doc := map[string]any{
		"issuer": w.issuerURL(), "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token",
		"registration_endpoint": at + "/register", "revocation_endpoint": at + "/revoke", "userinfo_endpoint": at + "/userinfo",
		"code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"none", "client_secret_post", "client_secret_basic"},
	}
	if w.issuer != "" {
		doc["issuer"] = w.issuer
	}
	return change(doc, w.meta)
}

func change(doc, by map[string]any) map[string]any {
	for k, v := range by {
		if doc[k] = v; v == nil {
			delete(doc, k)
		}
	}
	return doc
}

func (w *world) log(req *http.Request, more string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, strings.TrimSpace(req.Method+" "+req.URL.Path+" "+more))
}

func (w *world) special(rw http.ResponseWriter, req *http.Request) bool {
	if to, ok := w.redirect[req.URL.Path]; ok {
		http.Redirect(rw, req, to, http.StatusFound)
		return true
	}
	if body, ok := w.raw[req.URL.Path]; ok {
		io.WriteString(rw, body)
		return true
	}
	return false
}

func answerJSON(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	json.NewEncoder(rw).Encode(v)
}

func (w *world) serveAS(rw http.ResponseWriter, req *http.Request) {
	if req.URL.Path != "/token" && req.URL.Path != "/register" {
		w.log(req, "")
	}
	if w.special(rw, req) {
		return
	}
	switch path := req.URL.Path; {
	case strings.Contains(path, "/.well-known/"):
		places := issuerPlaces(mustParse(w.issuerURL()))
		if w.noMeta || w.metaAt != "" && path != w.metaAt || w.metaAt == "" && w.as.URL+path != places[0] {
			http.Error(rw, "<html>not here</html>", http.StatusNotFound)
			return
		}
		answerJSON(rw, 200, w.document())
	case path == "/register":
		w.serveRegister(rw, req)
	case path == "/authorize":
		w.serveAuthorize(rw, req)
	case path == "/token":
		w.serveToken(rw, req)
	case path == "/revoke":
		req.ParseForm()
		w.mu.Lock()
		w.revoked = append(w.revoked, req.PostForm.Get("token_type_hint"))
		if f := w.family[req.PostForm.Get("token")]; f != nil {
			f.gone = true
		}
		w.mu.Unlock()
	case path == "/userinfo":
		if w.holder(req) == nil {
			http.Error(rw, "no", http.StatusUnauthorized)
			return
		}
		io.WriteString(rw, w.userinfo)
	case path == "/device":
		code := secretValue("device")
		w.mu.Lock()
		w.devices[code] = 2
		w.mu.Unlock()
		answerJSON(rw, 200, map[string]any{"device_code": code, "user_code": "WDJB-MJHT", "verification_uri": w.as.URL + "/enter", "expires_in": 600, "interval": 1})
	default:
		http.NotFound(rw, req)
	}
}

func mustParse(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return u
}

func (w *world) serveRegister(rw http.ResponseWriter, req *http.Request) {
	w.log(req, "")
	var form map[string]any
	json.NewDecoder(req.Body).Decode(&form)
	w.mu.Lock()
	w.regs = append(w.regs, form)
	w.mu.Unlock()
	if w.regRaw != nil && w.regRaw(rw, form) {
		return
	}
	id := "client-" + rand.Text()[:8]
	made := client{method: form["token_endpoint_auth_method"].(string)}
	list, _ := form["redirect_uris"].([]any)
	for _, r := range list {
		made.redirects = append(made.redirects, r.(string))
	}
	answer := map[string]any{"client_id": id, "redirect_uris": made.redirects, "token_endpoint_auth_method": made.method}
	if made.method != "none" {
		made.secret = secretValue("secret")
		answer["client_secret"] = made.secret
	}
	w.addClient(id, made)
	answerJSON(rw, http.StatusCreated, answer)
}

func (w *world) addClient(id string, c client) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients[id] = c
}

func (w *world) serveAuthorize(rw http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	w.mu.Lock()
	w.asked = append(w.asked, q)
	c, ok := w.clients[q.Get("client_id")]
	w.mu.Unlock()
	if !ok || !slices.Contains(c.redirects, q.Get("redirect_uri")) {
		http.Error(rw, "unknown app or return address", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	if w.iss != nil {
		back.Set("iss", *w.iss)
	}
	if w.authError != nil {
		for k, v := range w.authError {
			back[k] = v
		}
	} else {
		code := secretValue("code")
		w.mu.Lock()
		w.codes[code] = q
		w.mu.Unlock()
		back.Set("code", code)
	}
	http.Redirect(rw, req, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (w *world) serveToken(rw http.ResponseWriter, req *http.Request) {
	req.ParseForm()
	form := req.PostForm
	hide2(form.Get("code_verifier"))
	w.log(req, form.Get("grant_type"))
	id, secret, basic := req.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
		form.Set("basic", id)
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	w.mu.Lock()
	w.forms = append(w.forms, form)
	c, known := w.clients[id]
	w.mu.Unlock()
	if w.slow > 0 {
		time.Sleep(w.slow) // a slow service, so that others meet the lock
	}
	if w.tokenRaw != nil && w.tokenRaw(rw, form) {
		return
	}
	method := map[bool]string{true: "client_secret_basic"}[basic]
	if method == "" {
		method = map[bool]string{true: "client_secret_post", false: "none"}[form.Has("client_secret")]
	}
	if !known || secret != c.secret || method != c.method {
		answerJSON(rw, 401, map[string]any{"error": "invalid_client", "error_description": "who is " + secret + " by " + method})
		return
	}
	scope, f, code := "", (*family)(nil), ""
	switch form.Get("grant_type") {
	case "authorization_code":
		w.mu.Lock()
		asked, ok := w.codes[form.Get("code")]
		delete(w.codes, form.Get("code"))
		w.mu.Unlock()
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || asked.Get("redirect_uri") != form.Get("redirect_uri") || asked.Get("resource") != form.Get("resource") {
			code = "invalid_grant"
		}
		scope, f = asked.Get("scope"), &family{client: id}
	case "refresh_token":
		w.mu.Lock()
		f = w.family[form.Get("refresh_token")]
		switch {
		case f == nil || f.gone || f.client != id:
			code = "invalid_grant"
		case f.refresh != form.Get("refresh_token"):
			f.gone, f.reused, code = true, true, "invalid_grant" // it was used before: all of them end
		}
		w.mu.Unlock()
		if f != nil {
			scope = f.scope
		}
	case "client_credentials":
		scope, f = form.Get("scope"), &family{client: id}
	case "urn:ietf:params:oauth:grant-type:device_code":
		w.mu.Lock()
		w.devices[form.Get("device_code")]--
		left := w.devices[form.Get("device_code")]
		w.mu.Unlock()
		if f = (&family{client: id}); left > 0 {
			code = map[bool]string{true: "authorization_pending", false: "slow_down"}[left == 1]
		}
	}
	if code != "" {
		answerJSON(rw, 400, map[string]any{"error": code, "error_description": "no to " + form.Get("refresh_token") + form.Get("code")})
		return
	}
	answerJSON(rw, 200, w.tokensFor(f, scope, form.Get("grant_type") != "client_credentials"))
}

func hide2(v string) {
	if v != "" {
		hide(v)
	}
}

func (w *world) tokensFor(f *family, scope string, mayRefresh bool) map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.scope = scope
	access := secretValue("access")
	w.family[access], w.access[access] = f, time.Time{}
	answer := map[string]any{"access_token": access, "token_type": "bearer"}
	if w.life != nil {
		answer["expires_in"] = w.life
		if n, ok := w.life.(int); ok && n > 0 {
			w.access[access] = w.clock.Add(time.Duration(n) * time.Second)
		}
	}
	if mayRefresh && !w.noRefresh && (f.refresh == "" || !w.noRotate) {
		f.refresh = secretValue("refresh")
		w.family[f.refresh] = f
		answer["refresh_token"] = f.refresh
	}
	if w.idToken != "" {
		answer["id_token"] = "e30." + base64.RawURLEncoding.EncodeToString([]byte(w.idToken)) + ".c2ln"
	}
	if w.scope != nil {
		answer["scope"] = *w.scope
	}
	return answer
}

// The MCP server.

func (w *world) serveRS(rw http.ResponseWriter, req *http.Request) {
	w.log(req, "(server)")
	if w.special(rw, req) {
		return
	}
	known := "/.well-known/oauth-protected-resource"
	at := w.prmAt
	if at == "" {
		at = known + "/mcp"
	}
	switch req.URL.Path {
	case at:
		if w.noPRM {
			http.NotFound(rw, req)
			return
		}
		answerJSON(rw, 200, change(map[string]any{"resource": w.rs.URL + "/mcp", "authorization_servers": []string{w.issuerURL()}}, w.prm))
	case "/mcp":
		w.serveMCP(rw, req)
	default:
		http.NotFound(rw, req)
	}
}

// holder is whose token a request carries, nil for none that is good.
func (w *world) holder(req *http.Request) *family {
	token, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.family[token]
	ends, isAccess := w.access[token]
	if f == nil || f.gone || !isAccess || !ends.IsZero() && !w.clock.Before(ends) {
		return nil
	}
	return f
}

func (w *world) serveMCP(rw http.ResponseWriter, req *http.Request) {
	f := w.holder(req)
	switch {
	case f == nil:
		ch := w.challenge
		if ch == "" && w.prmAt != "" {
			ch = `Bearer resource_metadata="` + w.rs.URL + w.prmAt + `"`
		}
		if ch == "" {
			ch = "Bearer"
		}
		rw.Header().Set("WWW-Authenticate", ch)
		http.Error(rw, "sign in", http.StatusUnauthorized)
	case w.weak && !strings.Contains(f.scope, "write"):
		rw.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="write"`)
		http.Error(rw, "more", http.StatusForbidden)
	default:
		answerJSON(rw, 200, map[string]any{"jsonrpc": "2.0", "id": 1, "result": map[string]any{}})
	}
}

// call is what a bridge does with a request: once more where that helps.
func (w *world) call(s *Source) (status int, err error) {
	for range 3 {
		header, err := s.Header(w.t.Context())
		if err != nil {
			return 0, w.note(err)
		}
		req, _ := http.NewRequest("POST", w.rs.URL+"/mcp", strings.NewReader(opening))
		req.Header.Set("Authorization", header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		resp.Body.Close()
		if resp.StatusCode < 400 {
			return resp.StatusCode, nil
		}
		again, err := s.Refused(w.t.Context(), resp.StatusCode, resp.Header.Get("WWW-Authenticate"), header)
		if !again {
			return resp.StatusCode, w.note(err)
		}
	}
	return 0, errors.New("asked to go on for ever")
}

func (w *world) mustCall(s *Source) {
	w.t.Helper()
	if status, err := w.call(s); status != 200 || err != nil {
		w.t.Fatalf("call: %d, %v (%v)", status, err, words.For(err))
	}
}

func wantCode(t *testing.T, err error, code words.Code) {
	t.Helper()
	if !words.Has(err, code) {
		t.Errorf("got %v, want the problem %s", err, code)
	}
}
