package companion

import (
	"encoding/json"
	"fmt"
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
	"mcp-companion/launch"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// service is a remote server with a sign-in of its own, in which everybody who comes
// is let in.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	scopes []string // that were asked for
	given  []string // the access tokens, the newest last
	asked  []string // the Authorization headers at the server
	keys   []string // the client secrets that tokens were asked for with
	ended  int      // revocations
	closed bool     // nobody may come in without a sign-in
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{closed: true}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	type object = map[string]any
	mux.HandleFunc("/.well-known/oauth-protected-resource", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{"resource": s.URL + "/mcp", "authorization_servers": []string{s.URL}})
	})
	mux.HandleFunc("/.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{
			"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token",
			"registration_endpoint": s.URL + "/register", "revocation_endpoint": s.URL + "/revoke",
			"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
		})
	})
	mux.HandleFunc("/register", func(w http.ResponseWriter, r *http.Request) {
		var asked object
		_ = json.NewDecoder(r.Body).Decode(&asked)
		asked["client_id"] = "client"
		answer(w, 201, asked)
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.scopes = append(s.scopes, r.FormValue("scope"))
		s.mu.Unlock()
		back, _ := url.Parse(r.FormValue("redirect_uri"))
		back.RawQuery = url.Values{"code": {"c"}, "state": {r.FormValue("state")}}.Encode()
		http.Redirect(w, r, back.String(), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, key, ok := r.BasicAuth()
		if !ok {
			key = r.FormValue("client_secret")
		}
		s.keys = append(s.keys, key)
		token := fmt.Sprintf("t0ken-%d", len(s.given)+1)
		s.given = append(s.given, token)
		answer(w, 200, object{"access_token": token, "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r-" + token})
	})
	mux.HandleFunc("/revoke", func(http.ResponseWriter, *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended++
	})
	mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		s.asked = append(s.asked, token)
		if s.closed && !slices.Contains(s.given, token) {
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="`+s.URL+`/.well-known/oauth-protected-resource"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var m struct {
			ID     json.RawMessage
			Method string
		}
		_ = json.NewDecoder(r.Body).Decode(&m)
		switch m.Method {
		case "initialize":
			answer(w, 200, object{"jsonrpc": "2.0", "id": m.ID, "result": object{"protocolVersion": "2025-11-25", "capabilities": object{"tools": object{}}, "serverInfo": object{"name": "s", "version": "1"}}})
		case "tools/list":
			answer(w, 200, object{"jsonrpc": "2.0", "id": m.ID, "result": object{"tools": []object{{"name": "whoami", "inputSchema": object{"type": "object"}}}}})
		case "server/discover":
			answer(w, 200, object{"jsonrpc": "2.0", "id": m.ID, "error": object{"code": -32601, "message": "unknown"}})
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// remote is the desk with the service added as "far", and a browser.
func (d *desk) remote(t *testing.T, s *service) {
	t.Helper()
	p, err := d.ProposeServer(t.Context(), Draft{Name: "far", Server: servers.Server{URL: s.URL + "/mcp"}})
	d.must(t, p, err)
	d.system.Browser = func(address string) error {
		go func() {
			if r, err := http.Get(address); err == nil {
				_ = r.Body.Close()
			}
		}()
		return nil
	}
}

func (d *desk) look(t *testing.T) {
	t.Helper()
	if _, err := d.Probe(t.Context(), "far"); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) far(t *testing.T) ServerState {
	t.Helper()
	for _, v := range d.State(t.Context()).Servers {
		if v.Name == "far" {
			return v
		}
	}
	t.Fatal("there is no far")
	return ServerState{}
}

func TestASignInIsUsedShownAndEnded(t *testing.T) {
	d, s := newDesk(t), newService(t)
	d.remote(t, s)
	d.look(t)
	if v := d.far(t); v.Status != NeedsYou || !v.WantsSignIn() {
		t.Fatalf("%v %v", v.Status, v.Problem)
	}
	d.manage(t, "claude-code")
	urgent := d.State(t.Context()).Attention()
	if len(urgent) != 1 || urgent[0].Page != "servers/far/sign-in" || urgent[0].Text != "Sign in to far…" {
		t.Errorf("%+v", urgent)
	}
	var steps []string
	g, err := d.SignIn(t.Context(), "far", SignInHow{}, func(s Step) { steps = append(steps, string(s.Kind)) })
	if err != nil || g.Server != "far" || !g.Used || g.Ended || len(steps) < 3 {
		t.Fatalf("%+v %v %q", g, err, steps)
	}
	d.look(t)
	if v := d.far(t); v.Status != Healthy || v.Tools != 1 {
		t.Errorf("%v %v", v.Status, v.Problem)
	}
	if err := filepath.WalkDir(filepath.Dir(string(d.home)), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && strings.Contains(text(t, path), "t0ken-") {
			t.Errorf("%s holds the token", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if err := d.SignOut(t.Context(), g.ID); err != nil {
		t.Fatal(err)
	}
	d.look(t)
	if v := d.far(t); !v.WantsSignIn() || s.ended == 0 || len(d.State(t.Context()).Grants) != 0 {
		t.Errorf("%v, %d revoked", v.Status, s.ended)
	}
}

func TestASetsAccountIsUsedByItsApps(t *testing.T) {
	d, s := newDesk(t), newService(t)
	d.remote(t, s)
	first, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) {})
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.SignIn(t.Context(), "far", SignInHow{Another: true}, func(Step) {})
	if err != nil || first.ID == second.ID {
		t.Fatalf("%v, %q and %q", err, first.ID, second.ID)
	}
	d.manage(t, "claude-code")
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Work", Servers: []string{"far"}, Accounts: map[string]string{"far": first.ID}})
	d.must(t, p, err)
	p, err = d.ProposeUse(t.Context(), "Work", "claude-code")
	d.must(t, p, err)
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	used := func(client string) string {
		t.Helper()
		plan := launch.Plan{URL: s.URL + "/mcp", Name: "far"}
		authorize(&plan, d.home, d.store, lib, lib.Servers["far"], client)
		header, err := plan.Auth.Header(t.Context())
		if err != nil {
			t.Error(err)
		}
		return header
	}
	if got := used("claude-code"); got != "Bearer t0ken-1" {
		t.Errorf("in the set %q", got)
	}
	if got := used("cursor"); got != "Bearer t0ken-2" {
		t.Errorf("elsewhere %q", got)
	}
	again := func() {
		t.Helper()
		if lib, err = d.Library(); err != nil {
			t.Fatal(err)
		}
	}

	// The one that ended is the one that a sign-in is for.
	file := filepath.Join(string(d.home), "grants", first.ID+".json")
	if err := os.WriteFile(file, []byte(strings.Replace(text(t, file), "{", `{"ended": "2026-01-01T00:00:00Z", `, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if v := d.far(t); v.Status != NeedsYou || v.Problem.Code != words.SignInExpired {
		t.Errorf("%v %v", v.Status, v.Problem)
	}
	if g, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) {}); err != nil || g.ID != first.ID || g.Ended {
		t.Errorf("%+v %v", g, err)
	}

	// Where it is gone nobody else's is taken, and a sign-out forgets the choice.
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	if got := used("claude-code"); got != "" {
		t.Errorf("in place of one that is gone %q", got)
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	if err := d.SignOut(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if again(); len(lib.Sets["Work"].Accounts) != 0 || used("claude-code") != "Bearer t0ken-2" {
		t.Errorf("%v, used is %q", lib.Sets["Work"].Accounts, used("claude-code"))
	}
	p, err = d.ProposeAccount(t.Context(), "far", "Work", second.ID)
	d.must(t, p, err)
	p, err = d.ProposeAccount(t.Context(), "far", "Work", "")
	d.must(t, p, err)
	if again(); len(lib.Sets["Work"].Accounts) != 0 {
		t.Error("the choice was not taken away")
	}
}

// A library that a hand wrote has no id until we write it: the tokens are found
// again all the same.
func TestALibraryWithoutAnIDKeepsItsSignIns(t *testing.T) {
	d, s := newDesk(t), newService(t)
	d.remote(t, s)
	if err := os.WriteFile(d.home.Library(), []byte(`{"servers": {"far": {"id": "s1", "url": "`+s.URL+`/mcp"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) {}); err != nil {
		t.Fatal(err)
	}
	d.look(t)
	if v := d.far(t); v.Status != Healthy {
		t.Errorf("%v %v", v.Status, v.Problem)
	}
}

// What is tidied after a sign-in is none of its user's business.
func TestASignInIsDoneThoughAStaleChoiceCantBeTakenBack(t *testing.T) {
	d, s := newDesk(t), newService(t)
	d.remote(t, s)
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Work", Servers: []string{"far"}, Accounts: map[string]string{"far": "gone"}})
	d.must(t, p, err)
	whole := text(t, d.home.Library())
	broken := func() {
		if err := os.WriteFile(d.home.Library(), []byte(whole+"}"), 0o600); err != nil {
			t.Error(err)
		}
	}
	g, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) { broken() })
	if err != nil || g.ID == "" {
		t.Fatalf("%+v %v", g, err)
	}
	if err := os.WriteFile(d.home.Library(), []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.SignOut(t.Context(), g.ID); err != nil {
		t.Error(err)
	}
}

func TestANewClientSecretCountsFromTheNextRenewal(t *testing.T) {
	for name, machine := range map[string]bool{"of a person's sign-in": false, "of a machine's": true} {
		t.Run(name, func(t *testing.T) {
			d, s := newDesk(t), newService(t)
			d.remote(t, s)
			p, err := d.ProposeServer(t.Context(), Draft{
				Was: "far", Name: "far", ClientSecret: NewSecret("old-secret"),
				Server: servers.Server{URL: s.URL + "/mcp", SignIn: &servers.SignIn{ClientID: "abc", Machine: machine}},
			})
			d.must(t, p, err)
			g, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) {})
			if err != nil {
				t.Fatal(err)
			}
			lib, err := d.Library()
			if err != nil {
				t.Fatal(err)
			}
			p, err = d.ProposeKey(t.Context(), lib.Servers["far"].SecretIDs()[0], NewSecret("new-secret"))
			if err != nil {
				t.Fatal(err)
			}
			done, err := d.Apply(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			d.renewed(t, lib, g.ID)
			if _, err := d.Undo(t.Context(), done.ID); err != nil {
				t.Fatal(err)
			}
			d.renewed(t, lib, g.ID)
			if want := []string{"old-secret", "new-secret", "old-secret"}; !slices.Equal(s.keys, want) {
				t.Errorf("asked with %q", s.keys)
			}
		})
	}
}

// renewed has the grant's token run out and be renewed.
func (d *desk) renewed(t *testing.T, lib *servers.Library, grant string) {
	t.Helper()
	at := secrets.Ref{Library: lib.ID, ID: "grant-" + grant}
	kept, err := d.store.Get(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	var tokens map[string]any
	if err := json.Unmarshal([]byte(kept.Reveal()), &tokens); err != nil {
		t.Fatal(err)
	}
	tokens["obtained"], tokens["expires"] = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	old, err := json.Marshal(tokens)
	if err == nil {
		err = d.store.Set(t.Context(), at, secrets.New(string(old)))
	}
	if err != nil {
		t.Fatal(err)
	}
	plan := launch.Plan{URL: lib.Servers["far"].URL, Name: "far"}
	authorize(&plan, d.home, d.store, lib, lib.Servers["far"], "")
	if _, err := plan.Auth.Header(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whoever changes a server's address does not send its tokens there.
func TestTokensGoToTheirOwnServerOnly(t *testing.T) {
	d, s, other := newDesk(t), newService(t), newService(t)
	d.remote(t, s)
	if _, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) {}); err != nil {
		t.Fatal(err)
	}
	p, err := d.ProposeServer(t.Context(), Draft{Was: "far", Name: "far", Server: servers.Server{URL: other.URL + "/mcp"}})
	d.must(t, p, err)
	d.look(t)
	if v := d.far(t); !v.WantsSignIn() {
		t.Errorf("%v %v", v.Status, v.Problem)
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	if len(other.asked) == 0 || slices.ContainsFunc(other.asked, func(s string) bool { return s != "" }) {
		t.Errorf("the other server got %q", other.asked)
	}
}

// A server that wants more allowed gets it at the next sign-in.
func TestASignInAsksForWhatWasNotAllowed(t *testing.T) {
	d, s := newDesk(t), newService(t)
	d.remote(t, s)
	if _, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) {}); err != nil {
		t.Fatal(err)
	}
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.home.Sessions(), "x.json")
	lock, err := files.TryLock(path) // as a running session does
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	x := launch.Session{Version: 1, ID: "x", Server: lib.Servers["far"].ID, Name: "far", Status: launch.Healthy, Started: time.Now().Add(-time.Hour), Updated: time.Now(), Remote: launch.Remote{Problem: words.KeyTooWeak, At: time.Now(), Status: 403, Challenge: `Bearer error="insufficient_scope", scope="write"`}}
	data, err := json.Marshal(x)
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if v := d.far(t); v.Status != NeedsYou || !v.WantsSignIn() {
		t.Errorf("%v %v", v.Status, v.Problem)
	}
	if _, err := d.SignIn(t.Context(), "far", SignInHow{}, func(Step) {}); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.scopes) != 2 || s.scopes[1] != "write" {
		t.Errorf("asked for %q", s.scopes)
	}
}

// A key that is refused is the key's trouble, where no sign-in is told of.
func TestARefusedKeyOfAnyHeaderIsNotASignIn(t *testing.T) {
	d := newDesk(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(s.Close)
	p, err := d.ProposeServer(t.Context(), Draft{Name: "far", Server: servers.Server{URL: s.URL + "/mcp"}, Headers: map[string]Secret{"X-Api-Key": NewSecret("hunter2-hunter2")}})
	d.must(t, p, err)
	d.look(t)
	if v := d.far(t); v.Status != NeedsYou || v.Problem.Code != words.KeyRefused {
		t.Errorf("%v %v", v.Status, v.Problem)
	}
}

func TestAnAppOfTheUsersOwnKeepsItsSecretInTheStore(t *testing.T) {
	d := newDesk(t)
	draft := Draft{Name: "far", Server: servers.Server{URL: "https://mcp.example.com/mcp", SignIn: &servers.SignIn{ClientID: "abc"}}, ClientSecret: NewSecret("hunter2")}
	p, err := d.ProposeServer(t.Context(), draft)
	d.must(t, p, err)
	if draft.Server.SignIn.ClientSecret != "" {
		t.Error("the form's own was changed")
	}
	lib, err := d.Library()
	if err != nil {
		t.Fatal(err)
	}
	ids := lib.Servers["far"].SecretIDs()
	if len(ids) != 1 || lib.Servers["far"].SignIn.ClientSecret != servers.SecretRef(ids[0]) {
		t.Errorf("%+v", lib.Servers["far"].SignIn)
	}
	if strings.Contains(text(t, files.Home(d.home).Library()), "hunter2") {
		t.Error("the secret is in the library")
	}
}

func TestWhatCantBeSignedInTo(t *testing.T) {
	d := newDesk(t)
	d.add(t, "one")
	if _, err := d.SignIn(t.Context(), "one", SignInHow{}, func(Step) {}); !words.Has(err, words.NoSignIn) {
		t.Error(err)
	}
	if _, err := d.SignIn(t.Context(), "two", SignInHow{}, func(Step) {}); !words.Has(err, words.ServerUnknown) {
		t.Error(err)
	}
}

func TestAnAddressIsLookedAtBeforeItIsAdded(t *testing.T) {
	d, s := newDesk(t), newService(t)
	n, err := d.Look(t.Context(), s.URL+"/mcp")
	if err != nil || !n.SignIn || n.Service != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("%+v %v", n, err)
	}
	s.mu.Lock()
	s.closed = false
	s.mu.Unlock()
	if n, err = d.Look(t.Context(), s.URL+"/mcp"); err != nil || n.SignIn || n.Key || !n.MCP {
		t.Errorf("%+v %v", n, err)
	}
}
