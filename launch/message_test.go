package launch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// lookAt looks at text as a stream's observer would.
func lookAt(text string) (m message) {
	l := lines{see: func(l line) { m = look(l) }}
	l.feed([]byte(text))
	l.finish()
	return m
}

func TestLookTellsWhatALineIs(t *testing.T) {
	long := strings.Repeat("x", 2000)
	for text, want := range map[string]message{
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`:                            {kind: request, method: "ping", id: "1"},
		` {"method" : "ping" , "id" : "a\"b" }`:                               {kind: request, method: "ping", id: `"a\"b"`},
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`:              {kind: notice, method: "notifications/initialized"},
		`{"jsonrpc":"2.0","id":1.5,"result":{}}`:                              {kind: answer, id: "1.5"},
		`{"result":{"id":7},"jsonrpc":"2.0","id":9007199254740993}`:           {kind: answer, id: "9007199254740993"},
		`{"jsonrpc":"2.0","id":1,"error":{"code":1}}`:                         {kind: refusal, id: "1"},
		`{"jsonrpc":"2.0","id":null,"error":{}}`:                              {kind: refusal},
		`{"result":{"text":"` + long + `"},"jsonrpc":"2.0","id":3}`:           {kind: answer, id: "3"},
		`{"result":{"text":"` + long + `"},"jsonrpc":"2.0","id":"x\\\"y"} `:   {kind: answer, id: `"x\\\"y"`},
		`{"result":{"text":"` + long + `","id":5}}`:                           {kind: answer},
		`{"method":"tools/call","params":{"a":"` + long + `"},"id":4}` + "\r": {kind: request, method: "tools/call", id: "4"},
		`{"jsonrpc":"2.0","id":4,"result":{"a":"` + long + `"}}`:              {kind: answer, id: "4"},
		`{"text":"` + long + `"}`:                                             {kind: someword},
		`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`:                          {kind: batch},
		`[INFO] up`:                         {},
		`[1,2]`:                             {},
		`Starting server...`:                {},
		`{"level":30}`:                      {},
		`{not json`:                         {},
		`{"a":1]`:                           {},
		`{"a" 1}`:                           {},
		`{"jsonrpc":"2.0"}`:                 {kind: someword},
		`{}`:                                {},
		" \t\r":                             {kind: blank},
		`"text"`:                            {},
		"\ufeff{\"id\":1,\"method\":\"x\"}": {kind: request, method: "x", id: "1"},
	} {
		got := lookAt(text + "\n")
		if got.kind != want.kind || got.method != want.method || got.id != want.id {
			t.Errorf("%.80s: %+v, want %+v", text, got, want)
		}
	}
	modern := lookAt(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}}` + "\n")
	if string(modern.version) != "2026-07-28" {
		t.Errorf("%+v", modern)
	}
}

func TestLinesAreTheSameHoweverTheChunksFall(t *testing.T) {
	var text []byte
	for n := range 60 {
		text = append(text, fmt.Sprintf(`{"result":{"a":%q},"jsonrpc":"2.0","id":%d}`+"\n", strings.Repeat("y", n*37), n)...)
	}
	text = append(text, "\n\nstray\nunfinished"...)
	cut := func(size, want int) (seen []string) {
		l := lines{see: func(l line) {
			if want > 0 && l.text == nil && l.length <= want {
				t.Errorf("chunks of %d: a line of %d was not kept", size, l.length)
			}
			seen = append(seen, fmt.Sprintf("%d %s %s", l.length, l.head, l.tail))
		}, want: func() int { return want }}
		for chunk := range slices.Chunk(text, size) {
			l.feed(chunk)
		}
		l.finish()
		return seen
	}
	whole := cut(len(text), 0)
	if len(whole) != 64 {
		t.Fatalf("%d lines", len(whole))
	}
	for _, size := range []int{1, 2, 3, 127, 128, 129, 511, 512, 513, 4096} {
		if got := cut(size, 1<<20); !slices.Equal(got, whole) {
			t.Errorf("chunks of %d: %d lines, want %d", size, len(got), len(whole))
		}
	}
}

func FuzzLookIsNeverWrongAboutAnID(f *testing.F) {
	for _, s := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`, `{"result":{"id":7},"id":"a\"b"}`, `{"id":{"a":1},"method":"x"}`,
		`[{"id":1}]`, `{"a":"\\","id":5,"result":[]}`, `{"id":1,"id":2,"result":null}`, `{"`, `{"":`, `{"a":}`,
	} {
		f.Add(s, 0)
		f.Add(s, 600)
	}
	f.Fuzz(func(t *testing.T, text string, pad int) {
		if strings.ContainsAny(text, "\n") {
			return
		}
		if pad = pad % 5000; pad > 0 { // make it long from within
			text = strings.Replace(text, `{`, `{"pad":"`+strings.Repeat("p", pad)+`",`, 1)
		}
		got := lookAt(text + "\n")
		var m map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &m) != nil || strings.Count(text, `"id"`) > 1 || strings.Contains(text, `\u`) {
			return // not JSON, two ids, or a key spelled otherwise: only no panic is promised
		}
		if want := string(bytes.TrimSpace(m["id"])); got.id != "" && got.id != want {
			t.Errorf("%s: id %s, want %s", text, got.id, want)
		}
	})
}
