package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// The test binary plays another process.
const (
	roleVar = "OAUTH_TEST_ROLE"
	taskVar = "OAUTH_TEST_TASK"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleVar) {
	case "call":
		os.Exit(playCall())
	case "probe":
		os.Exit(playProbe())
	}
	os.Exit(m.Run())
}

// task is what another process has to do.
type task struct {
	Home  files.Home
	Grant string
	URL   string
	Now   time.Time
	Start time.Time // so that all begin at once
}

func fileStore(home files.Home) secrets.Store {
	return secrets.File{Path: home.SecretsFile(), Identity: home.Identity()}
}

// playCall is a bridge with one request.
func playCall() int {
	var do task
	if err := json.Unmarshal([]byte(os.Getenv(taskVar)), &do); err != nil {
		return 3
	}
	c := Config{Home: do.Home, Store: fileStore(do.Home), Library: "lib", Now: func() time.Time { return do.Now }}
	time.Sleep(time.Until(do.Start))
	header, err := c.Source(do.Grant, "notion").Header(context.Background())
	if err != nil {
		fmt.Println(err)
		return 1
	}
	req, _ := http.NewRequest("POST", do.URL, strings.NewReader(opening))
	req.Header.Set("Authorization", header)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 200 {
		fmt.Println(resp, err)
		return 2
	}
	return 0
}

func (do task) run(role string, env ...string) ([]byte, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(do)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), roleVar+"="+role, taskVar+"="+string(text)), env...)
	return cmd.CombinedOutput()
}

// Real processes, the clock, and the encrypted file as their store: the service
// sees one refresh, and no refresh token twice.
func TestManyProcessesAndTheClockMakeOneRefresh(t *testing.T) {
	w := newWorld(t)
	w.c.Store = fileStore(w.c.Home)
	w.slow = 50 * time.Millisecond
	g := w.mustSignIn()
	w.advance(2 * time.Hour)
	do := task{Home: w.c.Home, Grant: g.ID, URL: w.r.URL, Now: w.now(), Start: time.Now().Add(200 * time.Millisecond)}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if out, err := do.run("call"); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Go(func() {
		time.Sleep(time.Until(do.Start))
		if err := NewKeeper(w.c).RefreshDue(t.Context()); err != nil {
			t.Error(w.note(err))
		}
	})
	wg.Wait()
	if w.refreshes() != 1 {
		t.Errorf("%d refreshes", w.refreshes())
	}
	for _, f := range w.family {
		if f.reused || f.gone {
			t.Error("the service ended the family")
		}
	}
}

// playProbe looks at an address through the proxy of the environment.
func playProbe() int {
	var do task
	if err := json.Unmarshal([]byte(os.Getenv(taskVar)), &do); err != nil {
		return 3
	}
	_, err := (Config{}).Probe(context.Background(), Request{URL: do.URL, Name: "notion"})
	fmt.Print(words.For(err).Code)
	return 0
}

func TestPoint33ProxyOfTheEnvironmentIsUsed(t *testing.T) {
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		asked <- req.Method + " " + req.Host
		http.Error(rw, "no", http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	do := task{URL: "https://mcp.example.com/mcp"}
	out, err := do.run("probe", "HTTPS_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=", "https_proxy=")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	select {
	case got := <-asked:
		if got != "CONNECT mcp.example.com:443" {
			t.Errorf("asked for %s", got)
		}
	default:
		t.Errorf("the proxy was not asked: %s", out)
	}
	do.URL = "https://nobody.invalid/mcp"
	if out, err = do.run("probe", "HTTPS_PROXY="+proxy.URL, "NO_PROXY=nobody.invalid", "no_proxy=", "https_proxy="); err != nil || len(asked) != 0 {
		t.Errorf("%v: %s; asked %d times", err, out, len(asked))
	}
}

// Every call goes through the one transport, and so do the system's certificates.
func TestPoint33OneTransportForAllCalls(t *testing.T) {
	if c := (Config{}).client(true); c.Transport != nil {
		t.Error("not Go's default transport")
	}
	w := newWorld(t)
	var paths []string
	var mu sync.Mutex
	w.c.HTTP = &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		paths = append(paths, req.URL.Path)
		mu.Unlock()
		return http.DefaultTransport.RoundTrip(req)
	})}
	w.r.Scopes, w.userinfo = []string{"openid"}, `{"email":"anna@example.com"}`
	g := w.mustSignIn()
	w.advance(50 * time.Minute)
	if _, err := w.source(g).Header(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.c.SignOut(t.Context(), g.ID); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(paths, " ")
	for _, path := range []string{"/mcp", "oauth-protected-resource", "oauth-authorization-server", "/register", "/token", "/userinfo", "/revoke"} {
		if !strings.Contains(got, path) {
			t.Errorf("%s went another way: %s", path, got)
		}
	}
	if n := len(paths); n != w.called("POST")+w.called("GET")-w.called("GET /authorize") {
		t.Errorf("%d of all calls: %v", n, w.calls)
	}
}

func TestTroublesOfTheNetworkAreToldApart(t *testing.T) {
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	for name, c := range map[string]struct {
		url  string
		want words.Code
	}{
		"a certificate nobody knows": {tls.URL, words.Certificate},
		"a name nobody knows":        {"https://nobody.invalid/mcp", words.Offline},
		"nobody answers":             {"http://" + silent.Addr().String(), words.NoAnswer},
	} {
		w := newWorld(t)
		w.c.HTTP = &http.Client{Transport: &http.Transport{}} // whatever proxy there is
		w.r.URL = c.url + "?api_key=" + secretValue("key")
		ctx, cancel := contextOf(t, 500*time.Millisecond)
		_, err := w.c.Probe(ctx, w.r)
		cancel()
		if !words.Has(w.note(err), c.want) {
			t.Errorf("%s: got %v (%v)", name, err, words.For(err).Err)
		}
	}
}
