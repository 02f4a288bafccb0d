//go:build unix

package launch

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mcp-companion/servers"
	"mcp-companion/words"
)

// bridged is a remote server as the library holds it.
func bridged(url string) *servers.Server { return &servers.Server{ID: "srv", URL: url} }

// open opens as a client of 2025-11-25 does.
func (l *launcher) open() {
	l.t.Helper()
	l.say(sayInit + "\n")
	if got := l.line(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":0,"result":`) {
		l.t.Fatalf("opened with %s", got)
	}
	l.say(sayReady + "\n")
}

func TestARemoteServerIsRunAsALocalOneIs(t *testing.T) {
	const secret = "s3cret-header-value"
	list := `{"tools":[` + tool("t0", "{}") + `,` + tool("t1", "{}") + `]}`
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.header.Get("X-Key") != secret || !strings.HasSuffix(r.URL.RawQuery, secret):
			w.WriteHeader(http.StatusForbidden)
		case ordinary(w, s):
		case s.method == "tools/list":
			reply(w, s.id, list)
		case s.method == "fail":
			rpcError(w, 200, s.id, -32050, "")
		default:
			reply(w, s.id, `{}`)
		}
	})
	server := bridged(s.URL + "/mcp?k=" + servers.SecretRef("one"))
	server.Headers = map[string]string{"X-Key": servers.SecretRef("one")}
	server.HideTools = []string{"t0"}
	l := startRun(t, server, map[string]string{"one": secret})
	if s := l.session(func(Session) bool { return true }); s.Status != Starting || s.Client != "test-client" || s.PID != l.cmd.Process.Pid {
		t.Errorf("at first %+v", s)
	}
	l.open()
	l.session(func(s Session) bool {
		return s.Status == Healthy && s.Era == Legacy && s.Protocol == "2025-11-25" && s.Info == ServerInfo{"r", "1"}
	})
	l.say(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}` + "\n")
	if got := l.line(); got != `{"jsonrpc":"2.0","id":1,"result":{"tools":[`+tool("t1", "{}")+`]}}` {
		t.Error(got)
	}
	l.say(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t0"}}` + "\n")
	if got := l.line(); got != `{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Unknown tool: t0"}}` {
		t.Error(got)
	}
	l.say(`{"jsonrpc":"2.0","id":3,"method":"fail"}` + "\n")
	l.line()
	l.session(func(s Session) bool { return s.Tools == 2 })
	s.await(t, 1, http.MethodGet, "")
	if code, rest := l.end(); code != 0 || rest != "" {
		t.Errorf("exit %d, %q", code, rest)
	}
	if s := l.ended(); s.Status != Ended || s.Requests != 4 || s.Calls != 1 || s.Answers != 3 || s.Errors != 1 || s.Pending != 0 || s.P50 <= 0 || s.Exit == nil {
		t.Errorf("ended %+v", s)
	}
	if n := len(s.all(http.MethodDelete, "")); n != 1 {
		t.Errorf("ended %d sessions", n)
	}
	events := l.events(6)
	if e := events[len(events)-1]; e.Kind != EventExit {
		t.Errorf("last event %+v", e)
	}
	noSecret(t, l.home, secret)
	if l.stderr.String() != "" {
		t.Errorf("stderr %s", l.stderr)
	}
}

func TestTheSessionTellsWhyARemoteServerFails(t *testing.T) {
	status, body := http.StatusUnauthorized, ""
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.method == "x" && status != 0:
			w.Header().Set("WWW-Authenticate", `Bearer scope="a"`)
			w.Header().Set("Retry-After", "3600")
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			io.WriteString(w, body)
		case !ordinary(w, s):
			reply(w, s.id, `{}`)
		}
	})
	l := startRun(t, bridged(s.URL), nil)
	l.open()
	ask := func() {
		t.Helper()
		l.say(`{"jsonrpc":"2.0","id":5,"method":"x"}` + "\n")
		l.line()
	}
	ask()
	l.session(func(s Session) bool {
		since := time.Since(s.Remote.At)
		s.Remote.At = time.Time{}
		return s.Remote == Remote{Problem: words.SignIn, Status: 401, Challenge: `Bearer scope="a"`, RetryAfter: "3600", Page: true} && since < time.Minute && s.Status == Healthy && s.Errors == 1 && s.Answers == 1
	})
	status = http.StatusTooManyRequests
	ask()
	l.session(func(s Session) bool { return s.Remote.Problem == words.TooMany && s.Remote.RetryAfter == "3600" })
	status = 0
	ask()
	l.session(func(s Session) bool { return s.Remote == Remote{} })
	for _, e := range l.events(6) {
		if e.Method == "x" && (!e.Error || e.Code != refusalCode) && e.Got > 50 { // the last one was answered
			t.Errorf("%+v", e)
		}
	}
	if n := strings.Count(l.stderr.String(), "mcp-companion: "); n != 2 {
		t.Errorf("said %s", l.stderr)
	}
}

func TestABridgeEndsWithItsClientWithinTwoSeconds(t *testing.T) {
	for name, end := range map[string]func(l *launcher){
		"stdin closed": func(l *launcher) { l.in.Close() },
		"SIGTERM":      func(l *launcher) { l.cmd.Process.Signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
				switch {
				case s.method == "slow":
					time.Sleep(100 * time.Millisecond) // the grace is for such
					reply(w, s.id, `{}`)
				case s.method == "never" || s.verb == http.MethodGet:
					<-r.Context().Done()
				default:
					ordinary(w, s)
				}
			})
			t.Parallel()
			for _, method := range []string{"slow", "never"} {
				l := startRun(t, bridged(s.URL), nil)
				l.open()
				l.say(`{"jsonrpc":"2.0","id":5,"method":"` + method + `"}` + "\n")
				s.await(t, 1, http.MethodPost, method)
				at := time.Now()
				end(l)
				rest, _ := io.ReadAll(l.out)
				l.cmd.Wait()
				if took := time.Since(at); took > 2*time.Second {
					t.Errorf("%s: took %v", method, took)
				}
				if code := l.cmd.ProcessState.ExitCode(); code != 0 {
					t.Errorf("%s: exit %d", method, code)
				}
				want := `{"jsonrpc":"2.0","id":5,"result":{}}`
				if method == "never" {
					want = `{"jsonrpc":"2.0","id":5,"error":{"code":-32000,`
				}
				if !strings.HasPrefix(string(rest), want) {
					t.Errorf("%s: %s", method, rest)
				}
			}
			if n := len(s.all(http.MethodDelete, "")); n != 2 {
				t.Errorf("ended %d sessions", n)
			}
		})
	}
}

func TestWhatAServerSpeaksIsRemembered(t *testing.T) {
	modernOnly := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) { modernly(w, s) })
	old := startOld(t, oldAnswers)
	legacyOnly := startRemote(t, strictLegacy(func(http.ResponseWriter, *http.Request, sent) bool { return false }))
	for name, c := range map[string]struct {
		s           *remote
		path, first string
		want        speech
		refused     func() int // requests of the wrong kind
	}{
		"modern": {modernOnly, "", sayInit, speech{Transport: overHTTP, Only: Modern}, func() int { return len(modernOnly.all(http.MethodPost, "initialize")) }},
		"2024": {old.remote, "/sse", sayInit, speech{Transport: overEvents}, func() (n int) {
			for _, one := range old.all(http.MethodPost, "initialize") {
				if one.path == "/sse" {
					n++
				}
			}
			return n
		}},
		"legacy": {legacyOnly, "", sayDiscover, speech{Transport: overHTTP, Only: Legacy}, func() int { return len(legacyOnly.all(http.MethodPost, "server/discover")) }},
	} {
		t.Run(name, func(t *testing.T) {
			home := ""
			for range 2 {
				env := []string{}
				if home != "" {
					env = append(env, homeVar+"="+home)
				}
				l := startRun(t, bridged(c.s.URL+c.path), nil, env...)
				l.say(c.first + "\n")
				if got := l.line(); !strings.Contains(got, `"result"`) {
					t.Fatal(got)
				}
				l.end()
				if home == "" {
					home = string(l.home)
				}
			}
			data, err := os.ReadFile(filepath.Join(home, "logs", "srv", "transport"))
			var got speech
			if err != nil || json.Unmarshal(data, &got) != nil || got.Of == "" {
				t.Fatalf("%s %v", data, err)
			}
			if got.Of, got.Version = "", 0; got != c.want {
				t.Errorf("%+v", got)
			}
			if n := c.refused(); n != 1 {
				t.Errorf("%d were refused", n)
			}
		})
	}
}

func TestAWrongMemoryIsNoHindrance(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) { ordinary(w, s) })
	for _, wrong := range []speech{{Transport: overEvents}, {Transport: overHTTP, Only: Modern}} {
		l := startRun(t, bridged(s.URL), nil)
		l.open()
		l.end()
		data, _ := os.ReadFile(filepath.Join(string(l.home), "logs", "srv", "transport"))
		var now speech
		if err := json.Unmarshal(data, &now); err != nil {
			t.Fatal(err)
		}
		wrong.Version, wrong.Of = now.Version, now.Of
		data, _ = json.Marshal(wrong)
		os.WriteFile(filepath.Join(string(l.home), "logs", "srv", "transport"), data, 0o600)
		again := startRun(t, bridged(s.URL), nil, fmt.Sprint(homeVar, "=", l.home))
		again.open()
		again.end()
	}
}

func TestAKeyThatIsMissingForARemoteServerIsNamed(t *testing.T) {
	s := bridged("https://example.com/mcp")
	s.Headers = map[string]string{"X-Key": servers.SecretRef("none")}
	l := startRun(t, s, nil)
	l.say(sayInit + "\n")
	if got := l.line(); !strings.Contains(got, `"problem":"key-missing"`) || !strings.Contains(got, "X-Key") {
		t.Error(got)
	}
}

func TestHTTP2IsSpokenWhereTheServerDoes(t *testing.T) {
	var protocol atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(int32(r.ProtoMajor))
		body, _ := io.ReadAll(r.Body)
		m := lookWhole(body)
		ordinary(w, sent{verb: r.Method, method: m.method, id: m.id})
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	trust := filepath.Join(t.TempDir(), "cert.pem")
	os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600)
	if runtime.GOOS != "linux" {
		t.Skip("certificates are the system's here")
	}
	l := startRun(t, bridged(s.URL), nil, "SSL_CERT_FILE="+trust)
	l.open()
	l.end()
	if protocol.Load() != 2 {
		t.Errorf("spoke HTTP/%d", protocol.Load())
	}
}

func TestWhatWasSaidBeforeStdinClosedIsAnswered(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if !ordinary(w, s) {
			reply(w, s.id, `{}`)
		}
	})
	for range 10 {
		l := startRun(t, bridged(s.URL), nil)
		l.say(sayInit + "\n" + sayReady + "\n" + sayCall) // and no line feed
		if code, rest := l.end(); code != 0 || strings.Count(rest, `"result"`) != 2 {
			t.Errorf("exit %d, %s", code, rest)
		}
	}
}
