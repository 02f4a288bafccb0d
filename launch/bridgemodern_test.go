package launch

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"mcp-companion/words"
)

const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}}`

const sayDiscover = `{"jsonrpc":"2.0","id":0,"method":"server/discover","params":{` + meta + `}}`

const discovered = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"instructions":"do","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"m","version":"2"}},"ttlMs":0,"cacheScope":"private"}`

func rpcError(w http.ResponseWriter, status int, id string, code int, more string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":"no"%s}}`, id, code, more)
}

// modernly answers as a server does that knows only 2026-07-28; it reports whether it did.
func modernly(w http.ResponseWriter, s sent) bool {
	m := lookWhole([]byte(s.body))
	switch {
	case s.verb != http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case wordAt([]byte(s.body), "params", "_meta", metaVersion) == "" && m.kind == request:
		rpcError(w, http.StatusBadRequest, s.id, -32602, "")
	case s.header.Get(versionHeader) != "2026-07-28" || s.header.Get("Mcp-Method") != s.method:
		rpcError(w, http.StatusBadRequest, s.id, headerMismatch, "")
	case s.method == "server/discover":
		reply(w, s.id, discovered)
	case s.method == "initialize" || s.method == "ping":
		rpcError(w, http.StatusNotFound, s.id, -32601, "")
	default:
		return false
	}
	return true
}

func (k *talker) discover() {
	k.t.Helper()
	if got := k.ask(sayDiscover); got != `{"jsonrpc":"2.0","id":0,"result":`+discovered+`}` {
		k.t.Fatalf("discovered %s", got)
	}
}

// modernCall calls tool name.
func modernCall(id int, name, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s,%s}}`, id, name, arguments, meta)
}

func TestModernRequestsSayAllInTheirHeaders(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if !modernly(w, s) {
			w.Header().Set("Mcp-Session-Id", "no such thing")
			reply(w, s.id, `{}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.discover()
	for text, want := range map[string]string{
		`"method":"tools/list","params":{`:                                  "",
		`"method":"tools/call","params":{"name":"get_weather",`:             "get_weather",
		`"method":"prompts/get","params":{"name":"Hello, 世界",`:              "=?base64?SGVsbG8sIOS4lueVjA==?=",
		`"method":"resources/read","params":{"uri":"file:\/\/\/a b\u0041",`: "file:///a bA",
		`"method":"resources/read","params":{"uri":" padded ",`:             "=?base64?IHBhZGRlZCA=?=",
		`"method":"tools/call","params":{"name":"line1\nline2",`:            "=?base64?bGluZTEKbGluZTI=?=",
		`"method":"tools/call","params":{"name":"=?base64?literal?=",`:      "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
	} {
		ask := `{"jsonrpc":"2.0","id":5,` + text + meta + `}}`
		if got := k.ask(ask); got != `{"jsonrpc":"2.0","id":5,"result":{}}` {
			t.Error(got)
		}
		all := s.all(http.MethodPost, "")
		last := all[len(all)-1]
		if last.body != ask || last.header.Get("Mcp-Name") != want || last.header.Get("Mcp-Method") != last.method || last.header.Get(sessionHeader) != "" {
			t.Errorf("%s: %v", last.body, last.header)
		}
	}
	k.p.Stop()
	if n := len(s.all(http.MethodGet, "")) + len(s.all(http.MethodDelete, "")); n > 0 {
		t.Errorf("%d requests of the old protocol", n)
	}
}

// tool is one of a list, with this schema.
func tool(name, schema string) string {
	return fmt.Sprintf(`{"name":%q,"inputSchema":%s}`, name, schema)
}

func TestAnnotatedArgumentsAreMirrored(t *testing.T) {
	list := `{"tools":[` + tool("sql", `{"type":"object","properties":{
		"region":{"type":"string","x-mcp-header":"Region"},"n":{"type":"integer","x-mcp-header":"N"},
		"b":{"type":"boolean","x-mcp-header":"B"},"in":{"type":"object","properties":{"ner":{"type":"string","x-mcp-header":"Inner"}}}}}`) + `]}`
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case modernly(w, s):
		case s.method == "tools/list":
			reply(w, s.id, list)
		default:
			reply(w, s.id, `{}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.discover()
	k.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + meta + `}}`)
	for arguments, want := range map[string]map[string]string{
		`{"region":"us-west1","n":42,"b":false,"in":{"ner":"x"}}`: {"Region": "us-west1", "N": "42", "B": "false", "Inner": "x"},
		`{"region":null,"n":4.2e1}`:                               {"N": "42"},
		`{"region":"é","n":9007199254740993,"in":7}`:              {"Region": "=?base64?w6k=?="},
		`{}`: {},
	} {
		k.ask(modernCall(2, "sql", arguments))
		all := s.all(http.MethodPost, "tools/call")
		got := map[string]string{}
		for name, v := range all[len(all)-1].header {
			if rest, ok := strings.CutPrefix(name, "Mcp-Param-"); ok {
				got[rest] = v[0]
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v", arguments, got)
		}
	}
}

func TestToolsWithAWrongAnnotationAreLeftOut(t *testing.T) {
	property := func(p string) string { return `{"type":"object","properties":{"a":` + p + `}}` }
	bad := map[string]string{
		"empty":     property(`{"type":"string","x-mcp-header":""}`),
		"no token":  property(`{"type":"string","x-mcp-header":"a b"}`),
		"no string": property(`{"type":"string","x-mcp-header":7}`),
		"number":    property(`{"type":"number","x-mcp-header":"A"}`),
		"object":    property(`{"type":"object","x-mcp-header":"A"}`),
		"root":      `{"type":"string","x-mcp-header":"A"}`,
		"items":     property(`{"type":"array","items":{"type":"string","x-mcp-header":"A"}}`),
		"oneOf":     property(`{"oneOf":[{"type":"string","x-mcp-header":"A"}]}`),
		"$defs":     `{"$defs":{"a":{"type":"string","x-mcp-header":"A"}}}`,
		"twice":     `{"properties":{"a":{"type":"string","x-mcp-header":"Ab"},"b":{"type":"string","x-mcp-header":"aB"}}}`,
	}
	good := map[string]string{
		"plain":             property(`{"type":"string"}`),
		"right":             property(`{"type":"string","x-mcp-header":"A"}`),
		"a property's name": `{"properties":{"x-mcp-header":{"type":"string"}}}`,
		"a default":         property(`{"type":"object","default":{"x-mcp-header":""}}`),
	}
	var tools []string
	for name, schema := range bad {
		tools = append(tools, tool("bad "+name, schema))
	}
	for name, schema := range good {
		tools = append(tools, tool(name, schema))
	}
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if !modernly(w, s) {
			reply(w, s.id, `{"tools":[`+strings.Join(tools, ",")+`]}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.discover()
	var got struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(k.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`)), &got); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, one := range got.Result.Tools {
		names = append(names, one.Name)
	}
	slices.Sort(names)
	if want := slices.Sorted(maps.Keys(good)); !slices.Equal(names, want) {
		t.Errorf("listed %q", names)
	}
	if notes := k.p.Stderr(); len(notes) != len(bad) || !strings.Contains(notes[0], "the tool bad ") {
		t.Errorf("said %q", notes)
	}
}

func TestAHeaderMismatchHasTheToolsListedAgain(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case modernly(w, s):
		case s.method == "tools/list" && !strings.Contains(s.body, `"cursor"`):
			reply(w, s.id, `{"tools":[],"nextCursor":"2"}`)
		case s.method == "tools/list":
			reply(w, s.id, `{"tools":[`+tool("sql", `{"properties":{"r":{"type":"string","x-mcp-header":"R"}}}`)+`]}`)
		case s.header.Get("Mcp-Param-R") == "":
			rpcError(w, http.StatusBadRequest, "null", headerMismatch, "")
		default:
			reply(w, s.id, `{}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.discover()
	if got := k.ask(modernCall(2, "sql", `{"r":"x"}`)); got != `{"jsonrpc":"2.0","id":2,"result":{}}` {
		t.Error(got)
	}
	if n := len(s.all(http.MethodPost, "tools/call")); n != 2 {
		t.Errorf("called %d times", n)
	}
	if got := k.ask(modernCall(3, "other", `{"r":"x"}`)); got != `{"jsonrpc":"2.0","id":3,"error":{"code":-32020,"message":"no"}}` {
		t.Error(got)
	}
}

func TestClosingTheStreamIsTheModernCancellation(t *testing.T) {
	for name, late := range map[string]bool{"cancelled": false, "in time-out": true} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan struct{})
			s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
				switch {
				case modernly(w, s):
				case s.method == "tools/call":
					say(w, ": wait\n\n")
					<-r.Context().Done()
					close(closed)
				default:
					reply(w, s.id, `{}`)
				}
			})
			p := &Plan{URL: s.URL}
			if late {
				p.CallTimeout = 50e6
			}
			k := talk(t, p)
			k.discover()
			k.say(modernCall(7, "x", `{}`))
			s.await(t, 1, http.MethodPost, "tools/call")
			if late {
				k.isProblem(k.line(), "7", words.NoAnswer)
			} else {
				k.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
			}
			<-closed
			if got := k.ask(`{"jsonrpc":"2.0","id":8,"method":"x","params":{` + meta + `}}`); got != `{"jsonrpc":"2.0","id":8,"result":{}}` {
				t.Error(got)
			}
			if n := len(s.all(http.MethodPost, "notifications/cancelled")); n > 0 {
				t.Error("a notification went out")
			}
		})
	}
}

const (
	listenTo   = `{"jsonrpc":"2.0","id":"sub","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + meta + `}}`
	ackOf      = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s},"notifications":{"toolsListChanged":true}}}`
	changeFor  = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`
	plainEvent = "data: %s\n\n"
)

func TestASubscriptionOutlastsTimeoutsAndBrokenStreams(t *testing.T) {
	closed, n := make(chan struct{}), 0
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if modernly(w, s) {
			return
		}
		n++
		say(w, fmt.Sprintf(plainEvent+plainEvent, fmt.Sprintf(ackOf, s.id), fmt.Sprintf(changeFor, s.id)))
		if n == 2 {
			<-r.Context().Done()
			close(closed)
		}
	})
	k := talk(t, &Plan{URL: s.URL, CallTimeout: 1e6})
	k.discover()
	k.say(listenTo)
	for _, want := range []string{fmt.Sprintf(ackOf, `"sub"`), fmt.Sprintf(changeFor, `"sub"`), fmt.Sprintf(changeFor, `"sub"`)} {
		if got := k.line(); got != want {
			t.Error(got)
		}
	}
	k.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"sub"}}`)
	<-closed
}

func TestALegacyClientSpeaksToAModernServer(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case modernly(w, s):
		case s.method == "subscriptions/listen":
			say(w, fmt.Sprintf(plainEvent+plainEvent, fmt.Sprintf(ackOf, s.id), fmt.Sprintf(changeFor, s.id)))
			<-r.Context().Done()
		default:
			reply(w, s.id, `{"n":1.50}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	got := k.ask(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"roots":{"x":1.0}},"clientInfo":{"name":"old","version":"1"}}}`)
	if got != `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"m","version":"2"},"instructions":"do"}}` {
		t.Error(got)
	}
	k.say(sayReady)
	if got := k.line(); !strings.Contains(got, "notifications/tools/list_changed") {
		t.Error(got)
	}
	const mean = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{"x":1.0}},"io.modelcontextprotocol/clientInfo":{"name":"old","version":"1"}`
	for ask, want := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"method":"a"}`:                                                          `{"params":{"_meta":{` + mean + `}},"jsonrpc":"2.0","id":1,"method":"a"}`,
		`{"jsonrpc":"2.0","id":1,"method":"b","params":{}}`:                                              `{"jsonrpc":"2.0","id":1,"method":"b","params":{"_meta":{` + mean + `}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"c","params":{"x":1.50,"_meta":{"progressToken":1e0}},"y":[]}`: `{"jsonrpc":"2.0","id":1,"method":"c","params":{"x":1.50,"_meta":{` + mean + `,"progressToken":1e0}},"y":[]}`,
	} {
		if got := k.ask(ask); got != `{"jsonrpc":"2.0","id":1,"result":{"n":1.50}}` {
			t.Error(got)
		}
		all := s.all(http.MethodPost, "")
		if got := all[len(all)-1].body; got != want {
			t.Errorf("went as %s\nwant    %s", got, want)
		}
	}
	if got := k.ask(`{"jsonrpc":"2.0","id":2,"method":"ping"}`); got != `{"jsonrpc":"2.0","id":2,"result":{}}` {
		t.Error(got)
	}
	k.ask(`{"jsonrpc":"2.0","id":3,"method":"logging/setLevel","params":{"level":"info"}}`)
	k.ask(sayCall)
	if got := s.all(http.MethodPost, "tools/call")[0].body; !strings.Contains(got, `"io.modelcontextprotocol/logLevel":"info"`) {
		t.Error(got)
	}
	k.ask(`{"jsonrpc":"2.0","id":4,"method":"resources/subscribe","params":{"uri":"file:///a"}}`)
	if got := s.await(t, 2, http.MethodPost, "subscriptions/listen").body; !strings.Contains(got, `"resourceSubscriptions":["file:///a"]`) {
		t.Error(got)
	}
	if n := len(s.all(http.MethodGet, "")) + len(s.all(http.MethodPost, "notifications/initialized")); n > 0 {
		t.Errorf("%d requests of the old protocol", n)
	}
}

func TestWhatAModernServerWantsToKnowIsAskedOfALegacyClient(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case modernly(w, s):
		case s.method == "tools/call" && !strings.Contains(s.body, "inputResponses"):
			reply(w, s.id, `{"resultType":"input_required","inputRequests":{"who":{"method":"elicitation/create","params":{"message":"who?","n":1.0}},"r":{"method":"roots/list"}},"requestState":"st\u0061te"}`)
		case s.method == "tools/call":
			reply(w, s.id, `{"content":[],"resultType":"complete"}`)
		}
	})
	k := talk(t, &Plan{URL: s.URL})
	k.ask(sayInit)
	k.say(sayReady)
	k.say(sayCall)
	for range 2 {
		text := []byte(k.line())
		m := lookWhole(text)
		switch m.method {
		case "elicitation/create":
			if got := string(valueAt(text, "params")); got != `{"message":"who?","n":1.0}` {
				t.Error(got)
			}
			k.say(`{"jsonrpc":"2.0","id":` + m.id + `,"result":{"action":"accept","content":{"n":2.50}}}`)
		case "roots/list":
			k.say(`{"jsonrpc":"2.0","id":` + m.id + `,"result":{"roots":[]}}`)
		default:
			t.Fatalf("%s", text)
		}
	}
	if got := k.line(); got != `{"jsonrpc":"2.0","id":7,"result":{"content":[],"resultType":"complete"}}` {
		t.Error(got)
	}
	calls := s.all(http.MethodPost, "tools/call")
	if len(calls) != 2 || calls[1].id == calls[0].id {
		t.Fatalf("%+v", calls)
	}
	again := []byte(calls[1].body)
	if string(valueAt(again, "params", "requestState")) != `"st\u0061te"` || string(valueAt(again, "params", "inputResponses", "who")) != `{"action":"accept","content":{"n":2.50}}` ||
		string(valueAt(again, "params", "inputResponses", "r")) != `{"roots":[]}` || wordAt(again, "params", "name") != "x" {
		t.Errorf("%s", again)
	}
	k.say(sayCall)
	for range 2 {
		m := lookWhole([]byte(k.line()))
		k.say(`{"jsonrpc":"2.0","id":` + m.id + `,"error":{"code":-1,"message":"the user said no"}}`)
	}
	if got := k.line(); got != `{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"the user said no"}}` {
		t.Error(got)
	}
}

// strictLegacy refuses all that comes without a session, as many servers do.
func strictLegacy(more func(w http.ResponseWriter, r *http.Request, s sent) bool) func(w http.ResponseWriter, r *http.Request, s sent) {
	return func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.method != "initialize" && s.header.Get(sessionHeader) == "":
			rpcError(w, http.StatusBadRequest, "null", -32000, "")
		case more(w, r, s), ordinary(w, s):
		default:
			reply(w, s.id, `{"x":1.50}`)
		}
	}
}

func TestAModernClientSpeaksToALegacyServer(t *testing.T) {
	const change = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	go_, pinged := make(chan struct{}), make(chan struct{})
	s := startRemote(t, strictLegacy(func(w http.ResponseWriter, r *http.Request, s sent) bool {
		switch {
		case s.verb == http.MethodGet:
			say(w, ":\n\n")
			<-go_
			say(w, "data: "+change+"\n\ndata: "+`{"jsonrpc":"2.0","id":99,"method":"ping"}`+"\n\n")
			<-r.Context().Done()
		case s.id == "99":
			w.WriteHeader(http.StatusAccepted)
			close(pinged)
		default:
			return false
		}
		return true
	}))
	k := talk(t, &Plan{URL: s.URL})
	got := k.ask(sayDiscover)
	if got != `{"jsonrpc":"2.0","id":0,"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"r","version":"1"}}}}` {
		t.Error(got)
	}
	init := s.all(http.MethodPost, "initialize")[0]
	if string(valueAt([]byte(init.body), "params", "clientInfo")) != `{"name":"c","version":"1"}` || string(valueAt([]byte(init.body), "params", "capabilities")) != `{}` {
		t.Error(init.body)
	}
	if got := k.ask(modernCall(7, "x", `{"n":1.50}`)); got != `{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","x":1.50}}` {
		t.Error(got)
	}
	if got := s.all(http.MethodPost, "tools/call")[0]; got.body != `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{"n":1.50}}}` || got.header.Get(versionHeader) != "2025-11-25" {
		t.Errorf("%+v", got)
	}
	k.ask(`{"jsonrpc":"2.0","id":8,"method":"y","params":{"_meta":{"progressToken":"p",` + meta[len(`"_meta":{`):] + `}}`)
	if got := s.all(http.MethodPost, "y")[0].body; got != `{"jsonrpc":"2.0","id":8,"method":"y","params":{"_meta":{"progressToken":"p"}}}` {
		t.Error(got)
	}
	if got := k.ask(listenTo); got != fmt.Sprintf(ackOf, `"sub"`) {
		t.Error(got)
	}
	close(go_)
	if got := k.line(); got != `{"params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"sub"}},"jsonrpc":"2.0","method":"notifications/tools/list_changed"}` {
		t.Error(got)
	}
	<-pinged
}

// A request of the new protocol says from which level on it wants to hear of logs;
// without one it must hear of none (server/utilities/logging).
func TestAModernClientsLogLevelReachesALegacyServer(t *testing.T) {
	s := startRemote(t, strictLegacy(func(w http.ResponseWriter, r *http.Request, s sent) bool {
		if s.method != "tools/call" {
			return false
		}
		w.Header().Set("Content-Type", "text/event-stream")
		say(w, `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`+"\n\n")
		say(w, `data: {"jsonrpc":"2.0","id":`+s.id+`,"result":{}}`+"\n\n")
		return true
	}))
	k := talk(t, &Plan{URL: s.URL})
	k.ask(sayDiscover)
	answerTo := func(id int) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"resultType":"complete"}}`, id)
	}
	if got := k.ask(modernCall(1, "x", `{}`)); got != answerTo(1) {
		t.Errorf("heard without having asked: %s", got)
	}
	loud := strings.Replace(meta, "{", `{"io.modelcontextprotocol/logLevel":"debug",`, 1)
	for id := 2; id < 4; id++ {
		if got := k.ask(strings.Replace(modernCall(id, "x", `{}`), meta, loud, 1)); !strings.Contains(got, "notifications/message") {
			t.Error(got)
		}
		if got := k.line(); got != answerTo(id) {
			t.Error(got)
		}
	}
	set := s.all(http.MethodPost, "logging/setLevel")
	if len(set) != 1 || string(valueAt([]byte(set[0].body), "params")) != `{"level":"debug"}` {
		t.Errorf("told %+v", set)
	}
}

func TestAModernClientMayBeginWithAnyRequest(t *testing.T) {
	for name, s := range map[string]*remote{
		"modern": startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
			if !modernly(w, s) {
				reply(w, s.id, `{"resultType":"complete","x":1.50}`)
			}
		}),
		"legacy":        startRemote(t, strictLegacy(func(http.ResponseWriter, *http.Request, sent) bool { return false })),
		"refuses -3202": startRemote(t, strictLegacy(func(w http.ResponseWriter, r *http.Request, s sent) bool { return false })),
	} {
		t.Run(name, func(t *testing.T) {
			k := talk(t, &Plan{URL: s.URL})
			if got := k.ask(modernCall(7, "x", `{}`)); got != `{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","x":1.50}}` {
				t.Error(got)
			}
		})
	}
}

func TestAServerOfBothErasIsTakenAsItsClientComes(t *testing.T) {
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		if s.header.Get(versionHeader) == "2026-07-28" {
			modernly(w, s)
			return
		}
		ordinary(w, s)
	})
	talk(t, &Plan{URL: s.URL}).open()
	talk(t, &Plan{URL: s.URL}).discover()
	if a, b := len(s.all(http.MethodPost, "initialize")), len(s.all(http.MethodPost, "server/discover")); a != 1 || b != 1 {
		t.Errorf("opened %d times, discovered %d times", a, b)
	}
}

func TestASplicedMessageKeepsItsOtherBytes(t *testing.T) {
	for _, c := range []struct {
		got, want []byte
	}{
		{set([]byte(`{}`), []string{"a", "b"}, member{"c", []byte("1")}), []byte(`{"a":{"b":{"c":1}}}`)},
		{set([]byte(`{ "a" : {"c":2 , "d":3} }`), []string{"a"}, member{"c", []byte("[]")}, member{"e", []byte("0")}), []byte(`{ "a" : {"e":0,"c":[] , "d":3} }`)},
		{set([]byte(`{"a":7}`), []string{"a"}, member{"c", []byte("1")}), []byte(`{"a":{"c":1}}`)},
		{drop([]byte(`{"p":{"a":1, "b":2, "c":3}}`), []string{"p"}, func(k string) bool { return k != "b" }), []byte(`{"p":{"b":2}}`)},
		{drop([]byte(`{"p":{"a":1}}`), []string{"p"}, func(string) bool { return true }), []byte(`{"p":{}}`)},
		{withID([]byte(`{"id":null,"x":1.50}`), `"q"`), []byte(`{"id":"q","x":1.50}`)},
		{withID([]byte(`{"x":{"id":3}}`), `1`), []byte(`{"id":1,"x":{"id":3}}`)},
		{flat([]byte("\ufeff {\r\n\t\"a\": 1\n} \n")), []byte("{  \t\"a\": 1 }")},
	} {
		if string(c.got) != string(c.want) {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}

func FuzzSplicingKeepsJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"params":{"_meta":{"a":1}}}`, `{"params":[1]}`, `{"id":1,"params":null}`, ` {"a":"\"}{","params":{}} `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := flat([]byte(text))
		if !json.Valid(in) || len(in) == 0 || in[0] != '{' {
			t.Skip()
		}
		out := set(in, []string{"params", "_meta"}, member{metaVersion, []byte(`"x"`)})
		if !json.Valid(out) {
			t.Fatalf("%s became %s", in, out)
		}
		back := plainly(out)
		if !json.Valid(back) || !json.Valid(withID(in, "7")) {
			t.Fatalf("%s became %s", out, back)
		}
	})
}

func FuzzEventsNeverBreak(f *testing.F) {
	f.Add("data: a\n\n")
	f.Add("id: 1\r\ndata\r\n\r\n: c\rretry: 5\rdata:x\r\r")
	f.Fuzz(func(t *testing.T, text string) {
		e := newEvents(strings.NewReader(text))
		total := 0
		for {
			ev, err := e.next()
			if err != nil {
				if err != io.EOF {
					t.Fatal(err)
				}
				return
			}
			if total += len(ev.data); total > len(text) {
				t.Fatal("more came out than went in")
			}
		}
	})
}

func TestWhatALegacyServerAsksIsAskedOfAModernClientInAResult(t *testing.T) {
	answered := make(chan string, 2)
	s := startRemote(t, strictLegacy(func(w http.ResponseWriter, r *http.Request, s sent) bool {
		switch {
		case s.method == "tools/call":
			for i := range 2 {
				say(w, fmt.Sprintf("data: {\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"elicitation/create\",\"params\":{\"message\":\"who?\",\"n\":1.0}}\n\n", 50+i))
				say(w, fmt.Sprintf("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"heard\":%s}}\n\n", <-answered))
			}
			say(w, `data: {"jsonrpc":"2.0","id":7,"result":{"content":[]}}`+"\n\n")
		case strings.Contains(s.body, `"action"`):
			w.WriteHeader(http.StatusAccepted)
			answered <- string(valueAt([]byte(s.body), "result", "content")) + `,"id":` + s.id
		default:
			return false
		}
		return true
	}))
	k := talk(t, &Plan{URL: s.URL})
	can := strings.Replace(sayDiscover, `clientCapabilities":{}`, `clientCapabilities":{"elicitation":{}}`, 1)
	k.ask(can)
	if got := s.all(http.MethodPost, "initialize")[0].body; !strings.Contains(got, `"capabilities":{"elicitation":{}}`) {
		t.Error(got)
	}
	got := []byte(k.ask(modernCall(7, "x", `{}`)))
	for i := range 2 {
		if lookWhole(got).id != fmt.Sprint(7+i) || wordAt(got, "result", "resultType") != "input_required" || string(valueAt(got, "result", "inputRequests", question)) != `{"method":"elicitation/create","params":{"message":"who?","n":1.0}}` {
			t.Fatalf("%s", got)
		}
		back := set([]byte(modernCall(8+i, "x", `{}`)), []string{"params"}, member{"requestState", valueAt(got, "result", "requestState")},
			member{"inputResponses", []byte(`{"question":{"action":"accept","content":{"n":2.50}}}`)})
		if got := k.ask(string(back)); got != fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"heard":{"n":2.50},"id":%d}}`, 50+i) {
			t.Fatal(got)
		}
		got = []byte(k.line())
	}
	if string(got) != `{"jsonrpc":"2.0","id":9,"result":{"resultType":"complete","content":[]}}` {
		t.Errorf("%s", got)
	}
	if n := len(s.all(http.MethodPost, "tools/call")); n != 1 {
		t.Errorf("called %d times", n)
	}
}
