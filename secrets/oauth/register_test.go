package oauth

import (
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// own makes the user's own app at the service, with our return address.
func (w *world) own(method string) {
	w.r.ClientID, w.r.Port = "my-app", freePort(w.t)
	c := client{method: method, redirects: []string{ReturnAddress(w.r)}}
	if method != methodNone {
		c.secret = secretValue("own+secret/%")
		w.r.ClientSecret = secrets.New(c.secret)
	}
	w.addClient("my-app", c)
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestPoint09OwnThenDocumentThenRegistration(t *testing.T) {
	const document = "https://us.example/client.json"
	for name, c := range map[string]struct {
		own, cimd, dcr bool
		want           string // kind
	}{
		"own before all":          {true, true, true, kindOwn},
		"document before dynamic": {false, true, true, kindCIMD},
		"dynamic":                 {false, false, true, kindDynamic},
		"none":                    {false, false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.r.CIMD, w.r.Port = document, freePort(t)
			w.addClient(document, client{method: "none", redirects: []string{ReturnAddress(w.r)}})
			if c.own {
				w.own(methodNone)
			}
			w.meta = map[string]any{"client_id_metadata_document_supported": c.cimd}
			if !c.dcr {
				w.meta["registration_endpoint"] = nil
			}
			g, err := w.signIn()
			if c.want == "" {
				wantCode(t, err, words.SignInClosedClub)
				return
			}
			if err != nil || g.Registration.Kind != c.want || (c.want == kindDynamic) != (w.called("POST /register") == 1) {
				t.Errorf("got %+v, %v", g.Registration, err)
			}
		})
	}
}

func TestPoint10DocumentIsAnHTTPSAddressWithAPath(t *testing.T) {
	for id, ok := range map[string]bool{"https://us.example/id": true, "https://us.example": false, "https://us.example/": false, "http://127.0.0.1/id": false, "": false, "my-app": false} {
		if isDocumentID(id) != ok {
			t.Errorf("%q", id)
		}
	}
	w := newWorld(t)
	w.r.CIMD, w.r.Port = "https://us.example/id", freePort(t)
	w.addClient(w.r.CIMD, client{method: "none", redirects: []string{ReturnAddress(w.r)}})
	w.meta = map[string]any{"client_id_metadata_document_supported": true}
	w.mustSignIn()
	if f := w.lastForm(); f.Get("client_id") != w.r.CIMD || f.Has("basic") || f.Has("client_secret") || w.called("POST /token") != 1 {
		t.Errorf("showed itself as %v, %d times", f, w.called("POST /token"))
	}
}

func TestPoint11RegistrationSaysAllThatItMust(t *testing.T) {
	for name, c := range map[string]struct {
		supported any
		want      string
	}{
		"none before others":   {[]string{"client_secret_basic", "client_secret_post", "none"}, methodNone},
		"post before basic":    {[]string{"client_secret_basic", "client_secret_post"}, methodPost},
		"basic":                {[]string{"client_secret_basic", "private_key_jwt"}, methodBasic},
		"said though unlisted": {nil, methodNone},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.meta = map[string]any{"token_endpoint_auth_methods_supported": c.supported}
			w.mustSignIn()
			form := w.regs[0]
			redirects := form["redirect_uris"].([]any)
			if form["token_endpoint_auth_method"] != c.want || form["application_type"] != "native" || form["client_name"] == "" {
				t.Errorf("registered with %v", form)
			}
			if len(redirects) != 1 || redirects[0] != w.lastAsked().Get("redirect_uri") || redirects[0] != w.lastForm().Get("redirect_uri") {
				t.Errorf("registered %v, used %s", redirects, w.lastAsked().Get("redirect_uri"))
			}
			if grants := form["grant_types"].([]any); !slices.Contains(grants, "refresh_token") || !slices.Contains(grants, "authorization_code") {
				t.Errorf("registered for %v", grants)
			}
		})
	}
}

// The double refuses any method but the registered one.
func TestPoint12ReturnedMethodIsObeyed(t *testing.T) {
	for _, method := range []string{methodNone, methodPost, methodBasic} {
		w := newWorld(t)
		w.regRaw = func(rw http.ResponseWriter, form map[string]any) bool {
			made := client{method: method, redirects: []string{form["redirect_uris"].([]any)[0].(string)}}
			answer := map[string]any{"client_id": "id of:" + method, "token_endpoint_auth_method": method}
			if method != methodNone {
				made.secret = secretValue("s:%+ ")
				answer["client_secret"] = made.secret
			}
			w.addClient("id of:"+method, made)
			answerJSON(rw, 201, answer)
			return true
		}
		g := w.mustSignIn()
		if g.Registration.Method != method {
			t.Errorf("%s: got %s", method, g.Registration.Method)
		}
		w.advance(50 * 60e9)
		w.mustCall(w.c.Source(g.ID, "notion")) // the refresh obeys too
		if w.called("POST /token refresh_token") != 1 {
			t.Errorf("%s: %v", method, w.calls)
		}
	}
}

func TestPoint12SecretThatRanOutIsNotUsed(t *testing.T) {
	w := newWorld(t)
	w.meta = map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	w.regRaw = func(rw http.ResponseWriter, form map[string]any) bool {
		id, made := "id"+strconv.Itoa(len(w.regs)), client{secretValue("secret"), methodPost, []string{form["redirect_uris"].([]any)[0].(string)}}
		w.addClient(id, made)
		answerJSON(rw, 201, map[string]any{"client_id": id, "client_secret": made.secret, "client_secret_expires_at": w.now().Add(3600e9).Unix()})
		return true
	}
	first := w.mustSignIn()
	if again := w.mustSignIn(); again.ClientID != first.ClientID {
		t.Error("registered although the secret is good")
	}
	w.advance(3601e9)
	if later := w.mustSignIn(); later.ClientID == first.ClientID {
		t.Error("used a secret that ran out")
	}
}

func TestPoint13RegistrationsBelongToTheirIssuer(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	w.own(methodBasic)
	w.mustSignIn()
	w.prm = map[string]any{"authorization_servers": []string{other.issuerURL()}}
	_, err := w.signIn()
	wantCode(t, err, words.SignInMoved)
	if len(other.calls) != 0 && other.called("POST") != 0 {
		t.Errorf("tried the user's app at another issuer: %v", other.calls)
	}
	w.r.Issuer = w.as.URL // named outright, it is the same
	_, err = w.signIn()
	wantCode(t, err, words.SignInMoved)
	w.prm = nil
	w.mustSignIn()
}

func TestPoint14VanishedRegistrationIsMadeAnewOnce(t *testing.T) {
	t.Run("the token endpoint doesn't know it", func(t *testing.T) {
		w := newWorld(t)
		first := w.mustSignIn()
		gone := true
		w.tokenRaw = func(rw http.ResponseWriter, form url.Values) bool {
			if form["client_id"][0] == first.ClientID && gone {
				answerJSON(rw, 401, map[string]any{"error": "invalid_client"})
				return true
			}
			return false
		}
		second := w.mustSignIn()
		if second.ClientID == first.ClientID || w.called("POST /register") != 2 || second.ID != first.ID {
			t.Errorf("got %+v after %+v, %d registrations", second, first, w.called("POST /register"))
		}
	})
	t.Run("and no other one either", func(t *testing.T) {
		w := newWorld(t)
		w.mustSignIn()
		w.tokenRaw = func(rw http.ResponseWriter, _ url.Values) bool {
			answerJSON(rw, 401, map[string]any{"error": "invalid_client"})
			return true
		}
		_, err := w.signIn()
		wantCode(t, err, words.SignInRefused)
		if w.called("POST /register") != 2 || len(w.opens) != 3 {
			t.Errorf("%d registrations, %d browser windows", w.called("POST /register"), len(w.opens))
		}
	})
	t.Run("the browser ends at an error page", func(t *testing.T) {
		w := newWorld(t)
		first := w.mustSignIn()
		w.clients = map[string]client{} // forgotten
		ctx, cancel := contextOf(t, 300e6)
		defer cancel()
		_, err := w.c.SignIn(ctx, w.r, w.step)
		wantCode(t, w.note(err), words.SignInUnfinished)
		if w.called("POST /register") != 1 {
			t.Error("opened a second window without being asked")
		}
		if second := w.mustSignIn(); second.ClientID == first.ClientID || w.called("POST /register") != 2 {
			t.Error("the next sign-in used what the service no longer knows")
		}
	})
	t.Run("a user who stops is no sign of it", func(t *testing.T) {
		w := newWorld(t)
		w.mustSignIn()
		w.noReturn = true
		ctx, cancel := contextOf(t, 60e9)
		w.c.Open = func(string) error { cancel(); return nil }
		_, err := w.c.SignIn(ctx, w.r, w.step)
		wantCode(t, w.note(err), words.SignInUnfinished)
		w.c.Open, w.noReturn = w.browse, false
		w.mustSignIn()
		if w.called("POST /register") != 1 {
			t.Error("registered anew")
		}
	})
}

func TestRegistrationRefused(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   map[string]any
		want   words.Code
	}{
		"a club":             {403, map[string]any{"error": "access_denied"}, words.SignInClosedClub},
		"the return address": {400, map[string]any{"error": "invalid_redirect_uri"}, words.ReturnAddress},
		"another address":    {201, map[string]any{"client_id": "x", "redirect_uris": []string{"https://elsewhere"}}, words.ReturnAddress},
		"an unknown method":  {201, map[string]any{"client_id": "x", "client_secret": "y", "token_endpoint_auth_method": "private_key_jwt"}, words.SignInClosedClub},
		"no id":              {201, map[string]any{}, words.SignInClosedClub},
		"trouble":            {503, nil, words.ServiceTrouble},
	} {
		w := newWorld(t)
		w.regRaw = func(rw http.ResponseWriter, _ map[string]any) bool { answerJSON(rw, c.status, c.body); return true }
		_, err := w.signIn()
		if !words.Has(err, c.want) || len(w.opens) != 0 {
			t.Errorf("%s: got %v, opened %v", name, err, w.opens)
		}
	}
}

func TestRegistrationsSecretIsInTheStoreAlone(t *testing.T) {
	w := newWorld(t)
	w.meta = map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	w.mustSignIn()
	list := files.Ending(filepath.Join(w.c.Home.Grants(), "registrations"), ".json")
	if len(list) != 1 {
		t.Fatalf("kept %v", list)
	}
	w.mustSignIn() // with the secret read back; the double would refuse another
	if w.called("POST /register") != 1 {
		t.Error("registered again")
	}
}

// A registration that was made for less than is asked for now is made anew.
func TestPoint14RegistrationForFewerScopes(t *testing.T) {
	w := newWorld(t)
	w.prm = map[string]any{"scopes_supported": []string{"read"}}
	w.mustSignIn()
	if w.regs[0]["scope"] != "read" {
		t.Errorf("registered for %v", w.regs[0]["scope"])
	}
	w.r.Scopes, w.authError = []string{"read", "write"}, url.Values{"error": {"invalid_scope"}}
	w.regRaw = func(http.ResponseWriter, map[string]any) bool { w.authError = nil; return false }
	if g := w.mustSignIn(); w.regs[1]["scope"] != "read write" || !slices.Equal(g.Scopes, []string{"read", "write"}) {
		t.Errorf("registered for %v, got %v", w.regs[1]["scope"], g.Scopes)
	}
	w.authError = url.Values{"error": {"invalid_scope"}}
	w.regRaw = nil
	_, err := w.signIn()
	wantCode(t, err, words.SignInRefused)
	if len(w.regs) != 3 {
		t.Errorf("%d registrations", len(w.regs))
	}
}
