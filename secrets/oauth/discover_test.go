package oauth

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"mcp-companion/words"
)

func TestPoint01ChallengesInAnyShape(t *testing.T) {
	const at = "https://h/prm"
	for header, want := range map[string]challenge{
		``:       {},
		`Bearer`: {bearer: true},
		`Bearer resource_metadata="https://h/prm", scope="a b", error="invalid_token"`: {at, []string{"a", "b"}, "invalid_token", true},
		`bEaReR Resource_Metadata=https://h/prm,SCOPE=a`:                               {at, []string{"a"}, "", true},
		`Basic realm="x, Bearer y", Bearer scope=a`:                                    {"", []string{"a"}, "", true},
		`Negotiate abc==, Bearer resource_metadata = "https://h/prm"`:                  {at, nil, "", true},
		`Bearer realm="a\"b" scope="a"  resource_metadata="https://h/prm"`:             {at, []string{"a"}, "", true}, // no commas
		`Bearer error="", scope="a"`:                                                   {"", []string{"a"}, "", true},
		`Bearer error=, scope=a`:                                                       {"", []string{"a"}, "", true},
		`Bearer resource_metadata="https://h/prm`:                                      {at, nil, "", true}, // no end
		`DPoP scope="no", Bearer scope="yes"`:                                          {"", []string{"yes"}, "", true},
		`Bearer realm="x", Bearer resource_metadata="https://h/prm"`:                   {at, nil, "", true},
		`Basic resource_metadata="https://evil/"`:                                      {},
		`,, = "" Bearer ;; scope="a"`:                                                  {"", []string{"a"}, "", true},
	} {
		got := readChallenge(header)
		if got.metadata != want.metadata || !slices.Equal(got.scope, want.scope) || got.err != want.err || got.bearer != want.bearer {
			t.Errorf("%s: got %+v, want %+v", header, got, want)
		}
	}
}

func FuzzPoint01ChallengeNeverFails(f *testing.F) {
	f.Add(`Bearer a="b\`)
	f.Add(`Bearer a=b c, =`)
	f.Fuzz(func(t *testing.T, header string) { readChallenge(header) })
}

func TestPoint02MetadataInThreePlacesInOrder(t *testing.T) {
	const known = "/.well-known/oauth-protected-resource"
	for name, c := range map[string]struct {
		at, challenge string
		asked         []string
	}{
		"where the challenge says": {"/elsewhere/doc", "", []string{"/elsewhere/doc"}},
		"with the path":            {known + "/mcp", "Bearer", []string{known + "/mcp"}},
		"without the path":         {known, "Bearer", []string{known + "/mcp", known}},
		"no challenge's document":  {known, "Bearer resource_metadata=ORIGIN/gone", []string{"/gone", known + "/mcp", known}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.prmAt, w.challenge = c.at, strings.ReplaceAll(c.challenge, "ORIGIN", w.rs.URL)
			w.mustSignIn()
			var asked []string
			for _, call := range w.calls {
				if path, ok := strings.CutSuffix(call, " (server)"); ok && strings.HasPrefix(path, "GET ") {
					asked = append(asked, strings.TrimPrefix(path, "GET "))
				}
			}
			if !slices.Equal(asked, c.asked) {
				t.Errorf("asked %v, want %v", asked, c.asked)
			}
		})
	}
}

func TestPoint03ResourceIsTheServersOwn(t *testing.T) {
	for resource, ok := range map[string]bool{
		"RS/mcp": true, "RS/mcp/": true, "RS": true, "RS/": true, "RS/mcp?x=1": true,
		"RS/mc": false, "RS/other": false, "RS/mcp/deeper": false, "AS/mcp": false, "https://evil.example/mcp": false, "": false, "not an address": false,
	} {
		w := newWorld(t)
		resource = strings.NewReplacer("RS", w.rs.URL, "AS", w.as.URL).Replace(resource)
		w.prm = map[string]any{"resource": resource}
		_, err := w.signIn()
		if ok && err != nil {
			t.Errorf("%s: %v", resource, err)
		}
		if !ok {
			wantCode(t, err, words.SignInUnsafe)
			if len(w.opens) != 0 || w.called("POST /register") != 0 {
				t.Errorf("%s: went on to register or to open a browser", resource)
			}
		}
	}
}

func TestPoint04SeveralIssuersAreKeptApart(t *testing.T) {
	w := newWorld(t)
	w.prm = map[string]any{"authorization_servers": []string{w.as.URL + "/gone", w.issuerURL()}}
	first := w.mustSignIn()
	other := newWorld(t)
	w.prm = map[string]any{"authorization_servers": []string{other.issuerURL()}}
	second := w.mustSignIn()
	if first.Issuer != w.as.URL || second.Issuer != other.as.URL || first.ID == second.ID || first.ClientID == second.ClientID {
		t.Errorf("got %+v and %+v", first, second)
	}
	if other.called("POST /register") != 1 || other.lastForm().Get("client_id") == first.ClientID {
		t.Error("the first issuer's registration went to the second")
	}
}

func TestPoint05IssuersDocumentInOrder(t *testing.T) {
	const as, oidc = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	for _, c := range []struct{ path, at string }{
		{"", as}, {"", oidc}, {"/", as}, {"/t", as + "/t"}, {"/t", oidc + "/t"}, {"/t", "/t" + oidc}, {"/t/", as + "/t"},
	} {
		w := newWorld(t)
		w.path, w.metaAt = c.path, c.at
		w.mustSignIn()
		places := map[bool][]string{true: {as, oidc}, false: {as + "/t", oidc + "/t", "/t" + oidc}}[strings.Trim(c.path, "/") == ""]
		want := places[:slices.Index(places, c.at)+1]
		var asked []string
		for _, call := range w.calls {
			if path, ok := strings.CutPrefix(call, "GET "); ok && strings.Contains(path, "well-known") && !strings.Contains(path, "resource") {
				asked = append(asked, path)
			}
		}
		if !slices.Equal(asked, want) {
			t.Errorf("%q at %s: asked %v, want %v", c.path, c.at, asked, want)
		}
	}
}

func TestPoint06IssuerIsTheOneAsked(t *testing.T) {
	for said, ok := range map[string]bool{
		"AS": true, "AS/": true, "AS//": false, "AS/t": false, "https://evil.example": false, "": false, "asas": false,
	} {
		w := newWorld(t)
		w.meta = map[string]any{"issuer": strings.ReplaceAll(said, "AS", w.as.URL)}
		_, err := w.signIn()
		if ok && err != nil {
			t.Errorf("%q: %v", said, err)
		}
		if !ok {
			wantCode(t, err, words.SignInUnsafe)
			if len(w.opens) != 0 {
				t.Errorf("%q: opened the browser", said)
			}
		}
	}
}

// single is one origin that is the server and its own authorization server, as in
// 2025-03-26.
func single(t *testing.T) *world {
	w := newWorld(t)
	w.rs.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/mcp" || strings.Contains(req.URL.Path, "protected-resource") {
			w.serveRS(rw, req)
			return
		}
		w.serveAS(rw, req)
	})
	w.as, w.noPRM = w.rs, true
	return w
}

func TestPoint07WithoutMetadataTheOriginIsTheIssuer(t *testing.T) {
	for name, noMeta := range map[string]bool{"its document": false, "the old places": true} {
		t.Run(name, func(t *testing.T) {
			w := single(t)
			w.noMeta = noMeta
			g := w.mustSignIn()
			if g.Issuer != w.rs.URL || w.lastAsked().Get("resource") != w.r.URL {
				t.Errorf("got %+v", g)
			}
		})
	}
	t.Run("not where the metadata is wrong", func(t *testing.T) {
		for name, prm := range map[string]map[string]any{
			"another's": {"resource": "https://evil.example/"}, "of another shape": {"resource": 5}, "issuer without a document": {"authorization_servers": []string{"http://127.0.0.1:1/x"}},
		} {
			w := single(t)
			w.noPRM, w.prm = false, prm
			if _, err := w.signIn(); err == nil || len(w.opens) != 0 {
				t.Errorf("%s: got %v, opened %v", name, err, w.opens)
			}
		}
	})
}

func TestPoint08WithoutS256NothingIsDone(t *testing.T) {
	for _, methods := range []any{nil, []string{}, []string{"plain"}} {
		w := newWorld(t)
		w.meta = map[string]any{"code_challenge_methods_supported": methods}
		_, err := w.signIn()
		wantCode(t, err, words.SignInUnsafe)
		if len(w.opens) != 0 {
			t.Error("opened the browser")
		}
	}
	w := newWorld(t)
	w.mustSignIn()
	if q := w.lastAsked(); q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 {
		t.Errorf("asked with %v", q)
	}
}

// What a server or an issuer may put into its documents to lead us astray.
func TestHostileDocuments(t *testing.T) {
	long := `{"resource":"` + strings.Repeat("x", 10<<20) + `"}`
	for name, set := range map[string]func(w *world){
		"metadata of another origin":          func(w *world) { w.prm = map[string]any{"resource": "https://other.example/mcp"} },
		"an issuer over http":                 func(w *world) { w.prm = map[string]any{"authorization_servers": []string{"http://as.example"}} },
		"a token endpoint over http":          func(w *world) { w.meta = map[string]any{"token_endpoint": "http://as.example/token"} },
		"an authorization endpoint over http": func(w *world) { w.meta = map[string]any{"authorization_endpoint": "http://as.example/a"} },
		"javascript: to open":                 func(w *world) { w.meta = map[string]any{"authorization_endpoint": "javascript:alert(1)"} },
		"file: to open":                       func(w *world) { w.meta = map[string]any{"authorization_endpoint": "file:///etc/passwd"} },
		"javascript: metadata":                func(w *world) { w.challenge = `Bearer resource_metadata="javascript:alert(1)"` },
		"metadata redirected to another origin": func(w *world) {
			w.redirect = map[string]string{"/.well-known/oauth-protected-resource/mcp": w.as.URL + "/x"}
		},
		"the issuer's document redirected": func(w *world) {
			w.redirect = map[string]string{"/.well-known/oauth-authorization-server": w.rs.URL + "/x"}
		},
		"10 MB of metadata":                          func(w *world) { w.raw = map[string]string{"/.well-known/oauth-protected-resource/mcp": long} },
		"10 MB of the issuer's":                      func(w *world) { w.raw = map[string]string{"/.well-known/oauth-authorization-server": long} },
		"an issuer's document of another shape":      func(w *world) { w.raw = map[string]string{"/.well-known/oauth-authorization-server": `{"issuer":[1]}`} },
		"a registration endpoint that is no address": func(w *world) { w.meta = map[string]any{"registration_endpoint": "::"} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			set(w)
			_, err := w.signIn()
			wantCode(t, err, words.SignInUnsafe)
			if len(w.opens) != 0 || w.called("POST /register") != 0 || w.called("POST /token") != 0 {
				t.Errorf("went on: %v, opened %v", w.calls, w.opens)
			}
		})
	}
}

func TestRedirectsWithinTheOriginAreFollowed(t *testing.T) {
	w := newWorld(t)
	w.prmAt = "/real"
	w.challenge = "Bearer"
	w.redirect = map[string]string{"/.well-known/oauth-protected-resource/mcp": "/real"}
	w.mustSignIn()
}

// Across several hops each must be the first one's origin, and they end.
func TestRedirectsAreCheckedHopByHop(t *testing.T) {
	w := newWorld(t)
	w.redirect = map[string]string{"/.well-known/oauth-protected-resource/mcp": "/hop", "/hop": w.as.URL + "/x"}
	_, err := w.signIn()
	wantCode(t, err, words.SignInUnsafe)
	w.redirect = map[string]string{"/.well-known/oauth-protected-resource/mcp": "/hop", "/hop": "/hop"}
	if _, err := w.signIn(); err == nil {
		t.Error("went round for ever")
	}
}

func TestPoint32OnlyHTTPSOrThisComputer(t *testing.T) {
	for raw, ok := range map[string]bool{
		"https://h/x": true, "http://127.0.0.1:1/x": true, "http://localhost/x": true, "http://[::1]:5/": true, "wss://h/x": true, "ws://localhost": true,
		"http://h/x": false, "ws://h": false, "http://127.0.0.1.evil.example/": false, "http://localhost.evil.example": false, "ftp://h": false, "javascript:x": false,
		"https:x": false, "https://": false, "//h/x": false, "data:text/html,x": false, "http://0.0.0.0/": false,
	} {
		if _, err := parseAddress(raw); (err == nil) != ok {
			t.Errorf("%s: %v", raw, err)
		}
	}
	outside, inside := mustParse("https://mcp.example.com/mcp"), mustParse("http://127.0.0.1:3000/mcp")
	for raw, ok := range map[string]bool{
		"https://as.example.com": true, "https://10.0.0.1/x": false, "https://192.168.1.1": false, "http://127.0.0.1:8080/": false, "https://localhost/": false,
		"https://[fd00::1]/": false, "https://169.254.169.254/latest": false, "https://8.8.8.8/": true,
	} {
		if _, err := named(outside, raw); (err == nil) != ok {
			t.Errorf("a server outside names %s: %v", raw, err)
		}
		if _, err := named(inside, raw); err != nil {
			t.Errorf("a server inside names %s: %v", raw, err)
		}
	}
}

func TestProbeSaysWhatAnAddressNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(w *world)
		want Needs
	}{
		"a sign-in":               {func(w *world) {}, Needs{Need: SignIn, MCP: true, Status: 401, Register: true}},
		"a sign-in by an own app": {func(w *world) { w.meta = map[string]any{"registration_endpoint": nil} }, Needs{Need: SignIn, MCP: true, Status: 401}},
		"our document will do": {func(w *world) {
			w.meta = map[string]any{"registration_endpoint": nil, "client_id_metadata_document_supported": true}
			w.r.CIMD = "https://us.example/id"
		}, Needs{Need: SignIn, MCP: true, Status: 401, Register: true}},
		"a key":                       {func(w *world) { w.noPRM, w.noMeta = true, true }, Needs{Need: Key, MCP: true, Status: 401}},
		"nothing, and it is a server": {func(w *world) { w.raw = map[string]string{"/mcp": `{"jsonrpc":"2.0","id":1,"result":{}}`} }, Needs{Need: Nothing, MCP: true, Status: 200}},
		"nothing, and it is a page":   {func(w *world) { w.raw = map[string]string{"/mcp": "<html>hello"} }, Needs{Need: Nothing, Status: 200}},
		"nobody is there":             {func(w *world) { w.r.URL = w.rs.URL + "/nothing" }, Needs{Need: Nothing, Status: 404}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.set(w)
			got, err := w.c.Probe(t.Context(), w.r)
			if err != nil {
				t.Fatal(w.note(err))
			}
			if got.Need != c.want.Need || got.MCP != c.want.MCP || got.Status != c.want.Status || got.Register != c.want.Register {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if (got.Problem != nil) != (got.Need == SignIn && !got.Register) || got.Need == SignIn && got.Issuer != w.as.URL {
				t.Errorf("got %+v", got)
			}
			if w.called("POST /register") != 0 || len(w.opens) != 0 {
				t.Error("did more than look")
			}
		})
	}
	w := newWorld(t)
	w.r.URL = "https://127.0.0.1:1/mcp"
	if _, err := w.c.Probe(t.Context(), w.r); w.note(err) == nil {
		t.Error("an address where nobody listens is no trouble")
	}
}

// A stream may never end; the first event says enough.
func TestProbeReadsTheFirstEventAlone(t *testing.T) {
	w := newWorld(t)
	block := make(chan struct{})
	t.Cleanup(func() { close(block) })
	w.rs.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			http.Error(rw, "no", http.StatusMethodNotAllowed)
			return
		}
		rw.Header().Set("Content-Type", "text/event-stream")
		rw.Write([]byte("event: endpoint\ndata: /messages\n\n"))
		rw.(http.Flusher).Flush()
		select {
		case <-block:
		case <-req.Context().Done():
		}
	})
	got, err := w.c.Probe(t.Context(), w.r)
	if err != nil || !got.MCP || got.Need != Nothing {
		t.Errorf("got %+v, %v", got, err)
	}
}
