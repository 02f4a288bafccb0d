package launch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"mcp-companion/words"
)

// oldServer speaks HTTP+SSE of 2024-11-05: what is posted to /messages is answered
// on the stream.
type oldServer struct {
	*remote
	mu      sync.Mutex
	streams int
	out     chan string // to the newest stream
	end     chan struct{}
}

func startOld(t *testing.T, answer func(s sent) string) *oldServer {
	o := &oldServer{}
	o.remote = startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.verb == http.MethodGet && s.path == "/sse":
			o.mu.Lock()
			o.streams++
			out, end := make(chan string, 10), make(chan struct{})
			o.out, o.end = out, end
			o.mu.Unlock()
			say(w, fmt.Sprintf(": hello\n\nevent: endpoint\ndata: /messages?session=%d\n\n", o.streams))
			for {
				select {
				case text := <-out:
					say(w, "event: message\ndata: "+text+"\n\n")
				case <-end:
					return
				case <-r.Context().Done():
					return
				}
			}
		case s.verb == http.MethodPost && s.path == "/messages":
			w.WriteHeader(http.StatusAccepted)
			if text := answer(s); text != "" {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.out <- text
			}
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
	return o
}

// oldAnswers answers everything.
func oldAnswers(s sent) string {
	switch {
	case s.id == "":
		return ""
	case s.method == "initialize":
		return `{"jsonrpc":"2.0","id":` + s.id + `,"result":` + opened + `}`
	}
	return `{"jsonrpc":"2.0","id":` + s.id + `,"result":{}}`
}

func TestAServerOf2024IsFoundOutAndSpokenTo(t *testing.T) {
	o := startOld(t, oldAnswers)
	k := talk(t, &Plan{URL: o.URL + "/sse", Headers: map[string]string{"X-Key": "v"}})
	k.open()
	if got := k.ask(sayCall); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
	for _, one := range o.all(http.MethodPost, "tools/call") {
		if one.path != "/messages" || one.header.Get("X-Key") != "v" || one.body != sayCall {
			t.Errorf("%+v", one)
		}
	}
}

func TestABrokenStreamOf2024AnswersWhoWaitsAndIsOpenedAnew(t *testing.T) {
	o := startOld(t, func(s sent) string {
		if s.id == "7" {
			return ""
		}
		return oldAnswers(s)
	})
	k := talk(t, &Plan{URL: o.URL + "/sse"})
	k.open()
	k.say(sayCall)
	o.await(t, 1, http.MethodPost, "tools/call")
	close(o.end)
	k.isProblem(k.line(), "7", words.ConnectionLost)
	if got := k.ask(`{"jsonrpc":"2.0","id":8,"method":"x"}`); got != `{"jsonrpc":"2.0","id":8,"result":{}}` {
		t.Error(got)
	}
	opens := o.all(http.MethodPost, "initialize")
	if len(opens) != 3 || opens[0].path != "/sse" || !strings.HasPrefix(opens[2].id, `"mcp-companion-`) {
		t.Errorf("%+v", opens)
	}
	o.mu.Lock()
	o.out <- `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	o.mu.Unlock()
	if got := k.line(); got != `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}` {
		t.Error(got)
	}
}

func TestAnEndpointElsewhereIsNotTaken(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if s.verb == http.MethodGet {
			say(w, "event: endpoint\ndata: http://example.invalid/messages\n\n")
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	k := talk(t, &Plan{URL: s.URL})
	k.isProblem(k.ask(sayInit), "0", words.WrongAddress)
}

// socketServer answers on WebSockets.
func socketServer(t *testing.T, hear func(c *websocket.Conn, r *http.Request, text []byte)) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer new" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mcp"}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(maxMessage)
		for {
			_, text, err := c.Read(r.Context())
			if err != nil {
				return
			}
			hear(c, r, text)
		}
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func TestAWebSocketIsSpokenTo(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<17)
	s := socketServer(t, func(c *websocket.Conn, r *http.Request, text []byte) {
		m := lookWhole(text)
		switch {
		case c.Subprotocol() != "mcp" || r.Header.Get("X-Key") != "v":
			t.Errorf("%q %v", c.Subprotocol(), r.Header)
		case m.id == "7":
			c.CloseNow()
		case m.id == "8":
			c.Write(r.Context(), websocket.MessageText, []byte(`{"jsonrpc":"2.0","id":8,"result":"`+big+`"}`))
		default:
			if reply := oldAnswers(sent{id: m.id, method: m.method}); reply != "" {
				c.Write(r.Context(), websocket.MessageText, []byte(reply))
			}
		}
	})
	auth := &keys{now: "Bearer old", next: "Bearer new"}
	k := talk(t, &Plan{URL: "ws" + s.URL[4:], Headers: map[string]string{"X-Key": "v"}, Auth: auth})
	k.open()
	if got := k.ask(`{"jsonrpc":"2.0","id":8,"method":"x","params":"` + big + `"}`); got != `{"jsonrpc":"2.0","id":8,"result":"`+big+`"}` {
		t.Errorf("%d bytes", len(got))
	}
	k.isProblem(k.ask(sayCall), "7", words.ConnectionLost)
	if got := k.ask(`{"jsonrpc":"2.0","id":9,"method":"x"}`); got != `{"jsonrpc":"2.0","id":9,"result":{}}` {
		t.Error(got)
	}
	if len(auth.refused) != 1 {
		t.Errorf("refused %q", auth.refused)
	}
}

func TestAModernClientSpeaksToAWebSocketAndTo2024(t *testing.T) {
	s := socketServer(t, func(c *websocket.Conn, r *http.Request, text []byte) {
		m := lookWhole(text)
		if reply := oldAnswers(sent{id: m.id, method: m.method}); reply != "" {
			c.Write(r.Context(), websocket.MessageText, []byte(reply))
		}
	})
	o := startOld(t, oldAnswers)
	for _, address := range []string{"ws" + s.URL[4:], o.URL + "/sse"} {
		k := talk(t, &Plan{URL: address, Auth: &keys{now: "Bearer new"}})
		if got := k.ask(sayDiscover); !strings.Contains(got, `"supportedVersions":["2026-07-28"]`) {
			t.Error(got)
		}
		if got := k.ask(modernCall(7, "x", `{}`)); got != `{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete"}}` {
			t.Error(got)
		}
	}
}
