package launch

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mcp-companion/words"
)

const patience = 20 * time.Second // for what must happen; no promise

// remote is a remote server of the test's: it keeps what it was sent, and answers
// as the test says.
type remote struct {
	*httptest.Server
	mu   sync.Mutex
	got  []sent
	news chan struct{}
}

// sent is one request that came.
type sent struct {
	verb, path, method, id, body string
	header                       http.Header
}

func startRemote(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, s sent)) *remote {
	t.Helper()
	s := &remote{news: make(chan struct{}, 1000)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m := lookWhole(body)
		one := sent{r.Method, r.URL.Path, m.method, m.id, string(body), r.Header.Clone()}
		s.mu.Lock()
		s.got = append(s.got, one)
		s.mu.Unlock()
		s.news <- struct{}{}
		answer(w, r, one)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// all are the requests with this verb, and method if it is not "".
func (s *remote) all(verb, method string) (list []sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.got {
		if one.verb == verb && (method == "" || one.method == method) {
			list = append(list, one)
		}
	}
	return list
}

// await waits for the nth request with this verb and method.
func (s *remote) await(t testing.TB, n int, verb, method string) sent {
	t.Helper()
	late := time.After(patience)
	for {
		if list := s.all(verb, method); len(list) >= n {
			return list[n-1]
		}
		select {
		case <-s.news:
		case <-late:
			t.Fatalf("no %s %s came %d times; came: %+v", verb, method, n, s.all(verb, ""))
		}
	}
}

const opened = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"r","version":"1"}}`

// ordinary answers as a small server of 2025-11-25 does; it reports whether it did.
func ordinary(w http.ResponseWriter, s sent) bool {
	switch {
	case s.verb != http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case s.id == "":
		w.WriteHeader(http.StatusAccepted)
	case s.method == "initialize":
		w.Header().Set("Mcp-Session-Id", "s1")
		reply(w, s.id, opened)
	default:
		return false
	}
	return true
}

func reply(w http.ResponseWriter, id, result string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, id, result)
}

// say writes a stream's events.
func say(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/event-stream")
	io.WriteString(w, text)
	w.(http.Flusher).Flush()
}

// talker is a client that talks through a bridge.
type talker struct {
	t     testing.TB
	p     *Process
	lines chan string
}

func talk(t testing.TB, plan *Plan) *talker {
	t.Helper()
	if plan.Name == "" {
		plan.Name, plan.ServerID = "test", "srv"
	}
	p, err := plan.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	k := &talker{t, p, make(chan string, 100)}
	go func() {
		r := bufio.NewReader(p.Stdout)
		for {
			text, err := r.ReadString('\n')
			if err != nil {
				close(k.lines)
				return
			}
			k.lines <- strings.TrimSuffix(text, "\n")
		}
	}()
	return k
}

func (k *talker) say(text string) {
	k.t.Helper()
	if _, err := io.WriteString(k.p.Stdin, text+"\n"); err != nil {
		k.t.Fatal(err)
	}
}

func (k *talker) line() string {
	k.t.Helper()
	select {
	case text, ok := <-k.lines:
		if !ok {
			k.t.Fatal("the bridge ended")
		}
		return text
	case <-time.After(patience):
		k.t.Fatalf("no answer; stderr %q", k.p.Stderr())
	}
	return ""
}

func (k *talker) ask(text string) string {
	k.t.Helper()
	k.say(text)
	return k.line()
}

const (
	sayInit  = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
	sayReady = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	sayCall  = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{}}}`
)

// open opens as a client of 2025-11-25 does.
func (k *talker) open() {
	k.t.Helper()
	if got := k.ask(sayInit); got != `{"jsonrpc":"2.0","id":0,"result":`+opened+`}` {
		k.t.Fatalf("opened with %s", got)
	}
	k.say(sayReady)
}

// isProblem fails the test if text is not our error with this id and code.
func (k *talker) isProblem(text, id string, code words.Code) {
	k.t.Helper()
	if !strings.HasPrefix(text, `{"jsonrpc":"2.0","id":`+id+`,"error":{"code":-32000,"message":"`) || !strings.HasSuffix(text, `"data":{"problem":"`+string(code)+`"}}}`) {
		k.t.Errorf("want %s to %s, got %s", code, id, text)
	}
}

func TestBridgeFollowsTheLegacyProtocol(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if !ordinary(w, s) {
			reply(w, s.id, `{"content":[]}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL + "/mcp", Headers: map[string]string{"X-Key": "v"}})
	k.open()
	if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{"content":[]}}` {
		t.Error(got)
	}
	s.await(t, 1, http.MethodGet, "")
	k.p.Stop()
	first, call := s.all(http.MethodPost, "initialize")[0], s.all(http.MethodPost, "tools/call")[0]
	for _, one := range s.all(http.MethodPost, "") {
		if one.header.Get("Accept") != "application/json, text/event-stream" || one.header.Get("Content-Type") != "application/json" || one.header.Get("X-Key") != "v" {
			t.Errorf("%s with %v", one.method, one.header)
		}
	}
	if first.header.Get(sessionHeader) != "" || first.header.Get(versionHeader) != "" || first.body != sayInit {
		t.Errorf("opened with %+v", first)
	}
	for _, one := range []sent{call, s.await(t, 1, http.MethodPost, "notifications/initialized"), s.await(t, 1, http.MethodGet, ""), s.await(t, 1, http.MethodDelete, "")} {
		if one.header.Get(sessionHeader) != "s1" || one.header.Get(versionHeader) != "2025-11-25" || one.path != "/mcp" {
			t.Errorf("%s %s with %v", one.verb, one.method, one.header)
		}
	}
	if call.header.Get("Mcp-Method") != "" || call.body != sayCall {
		t.Errorf("%+v", call)
	}
}

func TestBytesPassABridgeUnharmed(t *testing.T) {
	const ask = `{"x-later":{"a":[]},"id":9007199254740993,"jsonrpc":"2.0","method":"x","params":{"n":1.50,"m":1e400,"s":"\u003c\/<>&é"}}`
	const said = `{"result":{"n":1.50,"m":1e400,"s":"\u003c\/` + "\u2028" + `"},"x-later":{"b":null},"jsonrpc":"2.0","id":9007199254740993}`
	for name, answer := range map[string]func(w http.ResponseWriter){
		"JSON": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, said)
		},
		"no type":   func(w http.ResponseWriter) { w.Header()["Content-Type"] = nil; io.WriteString(w, said) },
		"events":    func(w http.ResponseWriter) { say(w, ": comment\nevent: message\nid: 1\ndata: "+said+"\n\n") },
		"CRLF":      func(w http.ResponseWriter) { say(w, ":\r\nevent:message\r\ndata:"+said+"\r\n\r\n") },
		"CR":        func(w http.ResponseWriter) { say(w, "event:message\rdata:"+said+"\r\r") },
		"byte mark": func(w http.ResponseWriter) { say(w, "\ufeffdata: "+said+"\n\n") },
	} {
		t.Run(name, func(t *testing.T) {
			s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
				if !ordinary(w, s) {
					answer(w)
				}
			})
			k := talk(t, &Plan{URL: s.URL})
			k.open()
			if got := k.ask(ask); got != said {
				t.Errorf("came back %s", got)
			}
			if got := s.all(http.MethodPost, "x")[0].body; got != ask {
				t.Errorf("went as %s", got)
			}
		})
	}
	t.Run("several lines", func(t *testing.T) {
		s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
			if !ordinary(w, s) {
				say(w, "data: {\"jsonrpc\":\"2.0\",\ndata:  \"id\":1,\ndata\ndata: \"result\":{}}\n\n")
			}
		})
		k := talk(t, &Plan{URL: s.URL})
		k.open()
		if got := k.ask(`{"jsonrpc":"2.0","id":1,"method":"x"}`); got != `{"jsonrpc":"2.0",  "id":1,  "result":{}}` {
			t.Errorf("%q", got)
		}
	})
}

func TestWhatComesBeforeAnAnswerIsPassedOn(t *testing.T) {
	const progress = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`
	const question = `{"jsonrpc":"2.0","id":"q","method":"roots/list"}`
	answered := make(chan struct{})
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case strings.Contains(s.body, `"roots":[]`):
			w.WriteHeader(http.StatusAccepted)
			close(answered)
		case !ordinary(w, s):
			say(w, "data: "+progress+"\n\ndata: "+question+"\n\n")
			<-answered
			say(w, `data: {"jsonrpc":"2.0","id":7,"result":{}}`+"\n\n")
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	if got := k.ask(sayCall); got != progress {
		t.Error(got)
	}
	if got := k.line(); got != question {
		t.Error(got)
	}
	if got := k.ask(`{"jsonrpc":"2.0","id":"q","result":{"roots":[]}}`); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
}

func TestServerMessagesComeOnTheListeningStreamAndAfterItBroke(t *testing.T) {
	const note = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	var gets int
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if s.verb != http.MethodGet {
			ordinary(w, s)
			return
		}
		gets++
		say(w, fmt.Sprintf("id: e%d\nretry: 1\ndata: %s\n\n", gets, note))
		if gets == 2 {
			<-r.Context().Done()
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	for range 2 {
		if got := k.line(); got != note {
			t.Error(got)
		}
	}
	first, second := s.await(t, 1, http.MethodGet, ""), s.await(t, 2, http.MethodGet, "")
	if first.header.Get(lastHeader) != "" || second.header.Get(lastHeader) != "e1" || second.header.Get("Accept") != "text/event-stream" || second.header.Get("Accept-Encoding") != "identity" {
		t.Errorf("%v, %v", first.header, second.header)
	}
}

func TestABrokenAnswerIsTakenUpAgainWhereItBroke(t *testing.T) {
	began := make(chan time.Time, 1)
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.verb == http.MethodGet && s.header.Get(lastHeader) == "e1":
			if took := time.Since(<-began); took < 40*time.Millisecond {
				t.Errorf("came back after %v", took)
			}
			say(w, `data: {"jsonrpc":"2.0","id":7,"result":{}}`+"\n\n")
		case s.method == "tools/call":
			say(w, "id: e1\nretry: 40\ndata:\n\n")
			began <- time.Now()
		default:
			ordinary(w, s)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
	if n := len(s.all(http.MethodPost, "tools/call")); n != 1 {
		t.Errorf("called %d times", n)
	}
}

func TestACallThatMayHaveHappenedIsNotRunAgain(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request){
		"cut before the answer": func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
		"cut in the stream":     func(w http.ResponseWriter, r *http.Request) { say(w, "data: {\"jsonrpc\"") },
		"stream without answer": func(w http.ResponseWriter, r *http.Request) { say(w, ": nothing\n\n") },
		"accepted, and no more": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusAccepted) },
	} {
		t.Run(name, func(t *testing.T) {
			s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
				if !ordinary(w, s) {
					answer(w, r)
				}
			})
			k := talk(t, &Plan{URL: s.URL})
			k.open()
			k.isProblem(k.ask(sayCall), "7", words.ConnectionLost)
			if n := len(s.all(http.MethodPost, "tools/call")); n != 1 {
				t.Errorf("called %d times", n)
			}
		})
	}
}

func TestAForgottenSessionIsOpenedAnew(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusBadRequest} {
		var mu sync.Mutex
		sessions := 0
		s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case s.method == "initialize":
				sessions++
				w.Header().Set("Mcp-Session-Id", fmt.Sprint("s", sessions))
				reply(w, s.id, opened)
			case s.verb == http.MethodPost && s.header.Get(sessionHeader) == "s1" && s.method == "tools/call":
				w.WriteHeader(status)
				io.WriteString(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}`)
			case !ordinary(w, s):
				reply(w, s.id, `{}`)
			}
		})
		k := talk(t, &Plan{URL: s.URL})
		k.open()
		for i := range 8 { // all at once: one new session
			k.say(strings.Replace(sayCall, `"id":7`, fmt.Sprint(`"id":`, 10+i), 1))
		}
		var got []string
		for range 8 {
			got = append(got, k.line())
		}
		slices.Sort(got)
		for i, text := range got {
			if text != fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{}}`, 10+i) {
				t.Errorf("%d: %s", status, text)
			}
		}
		k.p.Stop()
		opens := s.all(http.MethodPost, "initialize")
		if len(opens) != 2 || !strings.HasPrefix(opens[1].id, `"mcp-companion-`) || opens[1].header.Get(sessionHeader) != "" {
			t.Fatalf("%d: opened by %+v", status, opens)
		}
		if strings.Replace(opens[1].body, opens[1].id, "0", 1) != sayInit {
			t.Errorf("%d: opened by %s", status, opens[1].body)
		}
		if list := s.all(http.MethodPost, "notifications/initialized"); len(list) != 2 || list[1].header.Get(sessionHeader) != "s2" {
			t.Errorf("%d: initialized %+v", status, list)
		}
	}
}

func TestEveryRequestIsAnsweredWithItsOwnID(t *testing.T) {
	const own = `{"jsonrpc":"2.0","id":null,"error":{"code":-32099,"message":"own words","data":{"n":1.50}}}`
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		code   words.Code // "" for the body itself
	}{
		"own error":          {400, "application/json", own, ""},
		"own error, 200":     {200, "application/json", own, ""},
		"own error, 500":     {500, "application/json", "{\n  \"jsonrpc\": \"2.0\",\n  \"error\": {\"code\": -32099, \"message\": \"own words\"}\n}\n", ""},
		"401":                {401, "application/json", own, words.SignIn},
		"401 page":           {401, "text/html", "<html>", words.SignIn},
		"403":                {403, "text/plain", "no", words.ServiceRefused},
		"404":                {404, "text/plain", "not found", words.WrongAddress},
		"405":                {405, "", "", words.WrongAddress},
		"422":                {422, "application/json", `{"error":"odd"}`, words.ServiceRefused},
		"429":                {429, "text/plain", "slow down", words.TooMany},
		"500":                {500, "text/html", "<html>", words.ServiceTrouble},
		"503":                {503, "", "", words.ServiceTrouble},
		"511":                {511, "text/html", "<html>", words.WebPage},
		"a page":             {200, "text/html; charset=utf-8", "<html>sign in to the wifi</html>", words.WebPage},
		"not the protocol":   {200, "application/json", `{"hello":1}`, words.WrongAddress},
		"not JSON":           {200, "application/json", `hello`, words.WrongAddress},
		"nothing":            {200, "application/json", ``, words.ConnectionLost},
		"half an answer":     {200, "application/json", `{"jsonrpc":"2.0","id":7,"result":`, ""},
		"redirect elsewhere": {302, "text/html", "http://portal.invalid/", words.WebPage},
		"redirect to a GET":  {302, "text/html", "/other", words.WrongAddress},
	} {
		t.Run(name, func(t *testing.T) {
			s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
				if ordinary(w, s) {
					return
				}
				if c.status == 302 {
					w.Header().Set("Location", c.body)
				}
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			})
			k := talk(t, &Plan{URL: s.URL})
			k.open()
			got := k.ask(sayCall)
			switch {
			case c.code != "":
				k.isProblem(got, "7", c.code)
			case c.body == own && got != strings.Replace(own, "null", "7", 1):
				t.Error(got)
			case !strings.Contains(got, `"id":7`):
				t.Error(got)
			}
			if got := k.ask(strings.Replace(sayCall, `"id":7`, `"id":"8"`, 1)); !strings.Contains(got, `"id":"8"`) && !strings.Contains(name, "half") {
				t.Errorf("then %s", got)
			}
		})
	}
}

func TestAnAnswerThatCantBeDeliveredIsDropped(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case strings.Contains(s.body, `"roots"`):
			w.WriteHeader(http.StatusInternalServerError)
		case !ordinary(w, s):
			reply(w, s.id, `{}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	k.say(`{"jsonrpc":"2.0","id":"q","result":{"roots":[]}}`)
	if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
}

// keys is an Authorizer whose tokens are taken in turn.
type keys struct {
	mu      sync.Mutex
	now     string
	next    string
	err     error
	refused []string
}

func (k *keys) Header(context.Context) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now, k.err
}

func (k *keys) Refused(_ context.Context, status int, challenge, used string) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refused = append(k.refused, fmt.Sprint(status, " ", challenge, " ", used))
	if k.next == "" {
		return false, nil
	}
	k.now, k.next = k.next, ""
	return true, nil
}

func (k *keys) signIn(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now, k.err = token, nil
}

// guarded answers those who bring the token.
func guarded(t testing.TB, token string) *remote {
	return startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.header.Get("Authorization") != token:
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="https://x/y"`)
			w.WriteHeader(http.StatusUnauthorized)
		case !ordinary(w, s):
			reply(w, s.id, `{}`)
		}
	})
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	s := guarded(t, "Bearer new")
	auth := &keys{now: "Bearer old", next: "Bearer new"}
	k := talk(t, &Plan{URL: s.URL, Auth: auth})
	k.open()
	if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
	if want := []string{`401 Bearer resource_metadata="https://x/y" Bearer old`}; !slices.Equal(auth.refused, want) {
		t.Errorf("heard of %q", auth.refused)
	}
	if n := len(s.all(http.MethodPost, "initialize")); n != 2 {
		t.Errorf("opened %d times", n)
	}
}

func TestASignInDoneMeanwhileWorksWithoutARestart(t *testing.T) {
	problem := words.New(words.SignInExpired, nil, "Name", "test")
	for name, auth := range map[string]*keys{
		"refused":   {now: "Bearer old"},
		"no grant":  {err: problem},
		"no header": {},
	} {
		t.Run(name, func(t *testing.T) {
			s := guarded(t, "Bearer new")
			k := talk(t, &Plan{URL: s.URL, Auth: auth})
			want := words.SignIn
			if auth.err != nil {
				want = words.SignInExpired
			}
			k.isProblem(k.ask(sayInit), "0", want)
			k.isProblem(k.ask(sayCall), "7", want)
			if p := k.p.Problem(); !words.Has(p, want) {
				t.Errorf("problem %v", p)
			}
			auth.signIn("Bearer new")
			if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
				t.Error(got)
			}
			if p := k.p.Problem(); p != nil {
				t.Errorf("still %v", p)
			}
			if list := s.all(http.MethodPost, "notifications/initialized"); len(list) != 1 {
				t.Errorf("initialized %d times", len(list))
			}
		})
	}
}

func TestTheAuthorizationStaysWithItsServer(t *testing.T) {
	other := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) { reply(w, s.id, opened) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
			http.Redirect(w, r, other.URL, status)
		})
		k := talk(t, &Plan{URL: s.URL, Auth: &keys{now: "Bearer t"}})
		if got := k.ask(sayInit); !strings.Contains(got, `"error"`) {
			t.Errorf("%d: %s", status, got)
		}
	}
	if list := other.all(http.MethodPost, ""); len(list)+len(other.all(http.MethodGet, "")) > 0 {
		t.Errorf("went elsewhere: %+v", list)
	}
	for _, status := range []int{307, 308} {
		s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
			if s.path == "/a" {
				http.Redirect(w, r, "/b", status)
				return
			}
			ordinary(w, s)
		})
		k := talk(t, &Plan{URL: s.URL + "/a", Auth: &keys{now: "Bearer t"}})
		k.open()
		if list := s.all(http.MethodPost, "initialize"); len(list) != 2 || list[1].body != sayInit || list[1].header.Get("Authorization") != "Bearer t" {
			t.Errorf("%d: %+v", status, list)
		}
	}
}

func TestAShortWaitIsWaitedForOnceALongOneIsTold(t *testing.T) {
	asked := 0
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if ordinary(w, s) {
			return
		}
		if asked++; asked == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if asked > 2 {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		reply(w, s.id, `{}`)
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
	began := time.Now()
	k.isProblem(k.ask(sayCall), "7", words.TooMany)
	if time.Since(began) > maxWait || asked != 3 {
		t.Errorf("asked %d times in %v", asked, time.Since(began))
	}
}

func TestCookiesAreKeptForTheirServer(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if s.method == "initialize" {
			http.SetCookie(w, &http.Cookie{Name: "stick", Value: "node7", Path: "/"})
		}
		if !ordinary(w, s) {
			reply(w, s.id, `{}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	k.ask(sayCall)
	if got := s.all(http.MethodPost, "tools/call")[0].header.Get("Cookie"); got != "stick=node7" {
		t.Errorf("%q", got)
	}
}

func TestACallInTimeoutIsAnsweredAndCancelled(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if !ordinary(w, s) {
			<-r.Context().Done()
		}
	})
	k := talk(t, &Plan{URL: s.URL, CallTimeout: 30 * time.Millisecond})
	k.open()
	k.isProblem(k.ask(sayCall), "7", words.NoAnswer)
	if got := s.await(t, 1, http.MethodPost, "notifications/cancelled"); !strings.Contains(got.body, `"requestId":7`) {
		t.Error(got.body)
	}
}

func TestAServerThatNeverOpensIsTold(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) { <-r.Context().Done() })
	k := talk(t, &Plan{URL: s.URL, StartTimeout: 30 * time.Millisecond})
	k.isProblem(k.ask(sayInit), "0", words.NoAnswer)
}

func TestACancelledCallIsPassedOnAndNotAnswered(t *testing.T) {
	cancelled := make(chan struct{})
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.method == "notifications/cancelled":
			close(cancelled)
			w.WriteHeader(http.StatusAccepted)
		case s.method == "tools/call":
			<-cancelled // and no answer
		case !ordinary(w, s):
			reply(w, s.id, `{}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	k.say(sayCall)
	s.await(t, 1, http.MethodPost, "tools/call")
	k.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
	s.await(t, 1, http.MethodPost, "notifications/cancelled")
	if got := k.ask(`{"jsonrpc":"2.0","id":8,"method":"x"}`); got != `{"jsonrpc":"2.0","id":8,"result":{}}` {
		t.Error(got)
	}
}

func TestWithoutANetworkEachRequestIsAnsweredQuickly(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	for address, code := range map[string]words.Code{
		gone.URL:                      words.NoAnswer,
		"http://no-such-host.invalid": words.Offline,
		"ws" + gone.URL[4:]:           words.NoAnswer,
	} {
		began := time.Now()
		k := talk(t, &Plan{URL: address})
		k.isProblem(k.ask(sayInit), "0", code)
		k.isProblem(k.ask(sayCall), "7", code)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: %v", address, took)
		}
		if n := len(k.p.Stderr()); n != 1 {
			t.Errorf("%s: said %q", address, k.p.Stderr())
		}
	}
}

func TestMessagesTooLongAreRefused(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if !ordinary(w, s) {
			w.Header().Set("Content-Type", "application/json")
			part := strings.Repeat(" ", 1<<20)
			for range maxMessage>>20 + 1 {
				io.WriteString(w, part)
			}
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	k.isProblem(k.ask(sayCall), "7", words.LineTooLong)
	go func() {
		io.WriteString(k.p.Stdin, `{"jsonrpc":"2.0","method":"x","params":"`)
		part := strings.Repeat("x", 1<<20)
		for range maxMessage>>20 + 1 {
			io.WriteString(k.p.Stdin, part)
		}
		io.WriteString(k.p.Stdin, "\",\"id\":8}\n")
	}()
	k.isProblem(k.line(), "8", words.LineTooLong)
}

func TestLongMessagesPassBothWays(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<20)
	for _, stream := range []bool{false, true} {
		s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
			if ordinary(w, s) {
				return
			}
			if stream {
				say(w, `data: {"jsonrpc":"2.0","id":1,"result":"`+big+"\"}\n\n")
			} else {
				reply(w, s.id, `"`+big+`"`)
			}
		})
		k := talk(t, &Plan{URL: s.URL})
		k.open()
		ask := `{"jsonrpc":"2.0","params":"` + big + `","method":"x","id":1}`
		go k.say(ask)
		if got := k.line(); got != `{"jsonrpc":"2.0","id":1,"result":"`+big+`"}` {
			t.Errorf("%d bytes came", len(got))
		}
		if got := s.all(http.MethodPost, "x"); len(got) != 1 || got[0].body != ask {
			t.Errorf("%d came", len(got))
		}
	}
}

func TestAClientMayOpenAgain(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if !ordinary(w, s) {
			reply(w, s.id, `{}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	k.open()
	s.await(t, 1, http.MethodDelete, "")
	k.ask(sayCall)
}

func TestABatchIsPassedOnAndAnsweredAlsoByUs(t *testing.T) {
	fails := false
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case !strings.HasPrefix(s.body, "["):
			ordinary(w, s)
		case fails:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `[{"jsonrpc":"2.0","id":1,"result":{}},`+"\n"+`{"jsonrpc":"2.0","id":2,"result":{}}]`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	const two = `[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","id":2,"method":"b"}]`
	if got := k.ask(two); got != `[{"jsonrpc":"2.0","id":1,"result":{}}, {"jsonrpc":"2.0","id":2,"result":{}}]` {
		t.Error(got)
	}
	fails = true
	var list []struct {
		ID    int
		Error struct{ Code int }
	}
	if err := json.Unmarshal([]byte(k.ask(two)), &list); err != nil || len(list) != 2 || list[1].ID != 2 || list[0].Error.Code != refusalCode {
		t.Errorf("%+v %v", list, err)
	}
}

func TestNoSecretStandsInAnError(t *testing.T) {
	const secret = "s3cret/value"
	s := httptest.NewServer(nil)
	s.Close()
	p := &Plan{URL: s.URL + "/" + secret, Headers: map[string]string{"X-Key": secret}, hidden: []string{secret}}
	k := talk(t, p)
	text := k.ask(sayInit) + strings.Join(k.p.Stderr(), "\n")
	for err := k.p.Problem(); err != nil; err = errors.Unwrap(err) {
		text += err.Error()
	}
	if strings.Contains(text, secret) {
		t.Error(text)
	}
}

func TestGzippedAnswersAreRead(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if ordinary(w, s) {
			return
		}
		if !strings.Contains(s.header.Get("Accept-Encoding"), "gzip") {
			t.Errorf("%v", s.header)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, `{"jsonrpc":"2.0","id":7,"result":{}}`)
		z.Close()
	})
	k := talk(t, &Plan{URL: s.URL})
	k.open()
	if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
}

func TestACertificateThatIsNotTrustedIsTold(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	k := talk(t, &Plan{URL: s.URL})
	k.isProblem(k.ask(sayInit), "0", words.Certificate)
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	for _, stream := range []bool{false, true} {
		var mu sync.Mutex
		from := map[string]bool{}
		s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
			if ordinary(w, s) {
				return
			}
			mu.Lock()
			from[r.RemoteAddr] = true
			mu.Unlock()
			if stream {
				say(w, `data: {"jsonrpc":"2.0","id":7,"result":{}}`+"\n\n")
			} else {
				reply(w, s.id, `{}`)
			}
		})
		k := talk(t, &Plan{URL: s.URL})
		k.open()
		for range 50 {
			k.ask(sayCall)
		}
		if len(from) > 10 { // one, mostly; a stream's end may come after the next call
			t.Errorf("streams %v: %d connections", stream, len(from))
		}
	}
}
