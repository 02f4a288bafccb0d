package launch

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// filtered is a pair of streams with filters between them.
type filtered struct {
	in, out *stream
	watch   *watch
}

func newFiltered(dropNotes bool, hideTools ...string) filtered {
	return newFilteredTo(nil, dropNotes, hideTools...)
}

func newFilteredTo(client *os.File, dropNotes bool, hideTools ...string) filtered {
	f := filtered{newStream(nil, nil), newStream(nil, client), newWatch(Session{}, nil)}
	f.in.lines = &lines{see: f.watch.fromClient}
	(&Plan{DropNotes: dropNotes, HideTools: hideTools}).filter(f.in, f.out, f.watch)
	return f
}

// sifted is what comes out of text from the server, in chunks of this size, after
// the client said asks.
func (f filtered) sifted(asks, text string, size int) string {
	f.in.lines.feed([]byte(asks))
	return sifted(f.out.sieve, text, size)
}

func sifted(s *sieve, text string, size int) string {
	var out bytes.Buffer
	write := func(b []byte) bool { out.Write(b); return true }
	for chunk := range slices.Chunk([]byte(text), size) {
		s.pass(bytes.Clone(chunk), write)
	}
	s.finish(write)
	return out.String()
}

const (
	askList  = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}` + "\n"
	aNotice  = `{"jsonrpc":"2.0","method":"notifications/message","params":{"tools":[{"name":"b"}]}}` + "\n"
	anAnswer = `{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"b"}]}}` + "\n"
)

func TestNotesAreDroppedAndNothingElse(t *testing.T) {
	long := strings.Repeat("x", 3*headLen)
	for text, want := range map[string]string{
		"Starting server...\n" + aNotice + "[INFO] up\r\n\r\n{\"level\":30}\n" + anAnswer: aNotice + anAnswer,
		long + "\n" + aNotice + long + long:                                               aNotice,
		`{"result":"` + long + `","jsonrpc":"2.0","id":1}` + "\r\n" + long + "\n":         `{"result":"` + long + `","jsonrpc":"2.0","id":1}` + "\r\n",
		"[{\"jsonrpc\":\"2.0\",\"id\":1}]\n[1]\n":                                         "[{\"jsonrpc\":\"2.0\",\"id\":1}]\n",
		"note":                            "",
		strings.TrimSuffix(aNotice, "\n"): strings.TrimSuffix(aNotice, "\n"),
		"\n \n":                           "",
	} {
		for _, size := range []int{1, 3, 511, 512, 513, 1 << 20} {
			if got := newFiltered(true).sifted("", text, size); got != want {
				t.Errorf("chunks of %d of %.60q: got %.200q", size, text, got)
			}
		}
	}
}

func TestHiddenToolsAreCutOutAndNothingElseChanges(t *testing.T) {
	long := strings.Repeat("word ", 300)
	for name, c := range map[string]struct{ asks, answer, want string }{
		"first":       {"", `{"id":1,"result":{"tools":[{"name":"b"},{"name":"a"}]}}`, `{"id":1,"result":{"tools":[{"name":"a"}]}}`},
		"middle":      {"", `{"id":1,"result":{"tools":[{"name":"a"} , {"name":"b"} , {"name":"c"}]}}`, `{"id":1,"result":{"tools":[{"name":"a"} , {"name":"c"}]}}`},
		"last":        {"", `{"id":1,"result":{"tools":[{"name":"a"}, {"name":"b"} ]}}`, `{"id":1,"result":{"tools":[{"name":"a"} ]}}`},
		"the last":    {"", `{"id":1,"result":{"tools":[{"name":"a"},{"name":"b"},{"name":"d"}]}}`, `{"id":1,"result":{"tools":[{"name":"a"}]}}`},
		"around one":  {"", `{"id":1,"result":{"tools":[{"name":"d"},{"name":"a"},{"name":"b"}]}}`, `{"id":1,"result":{"tools":[{"name":"a"}]}}`},
		"all":         {"", `{"id":1,"result":{"tools":[ {"name":"b"}, {"name":"d"} ]}}`, `{"id":1,"result":{"tools":[  ]}}`},
		"the rest":    {"", `{"x":1e400,"result":{"nextCursor":"c","tools":[{"name":"b","n":[1]},{"n":1.50,"name":"a","x":9007199254740993}],"y":"<\/>"},"jsonrpc":"2.0","id":1}`, `{"x":1e400,"result":{"nextCursor":"c","tools":[{"n":1.50,"name":"a","x":9007199254740993}],"y":"<\/>"},"jsonrpc":"2.0","id":1}`},
		"long":        {"", `{"result":{"tools":[{"description":"` + long + `\"]}","name":"b"},{"description":"` + long + `","name":"a"}]},"id":1}`, `{"result":{"tools":[{"description":"` + long + `","name":"a"}]},"id":1}`},
		"escaped":     {"", `{"id":1,"result":{"tools":[{"name":"\u0062"},{"name":"a"}]}}`, `{"id":1,"result":{"tools":[{"name":"a"}]}}`},
		"nested name": {"", `{"id":1,"result":{"tools":[{"name":"a","inputSchema":{"name":"b"}}]}}`, ""},
		"none":        {"", `{"id":1,"result":{"tools":[]}}`, ""},
		"no list":     {"", `{"id":1,"result":{"tools":{"name":"b"}}}`, ""},
		"an error":    {"", `{"id":1,"error":{"code":1,"tools":[{"name":"b"}]}}`, ""},
		"another id":  {"", `{"id":2,"result":{"tools":[{"name":"b"}]}}`, ""},
		"not asked":   {`{"id":1,"method":"tools/call"}` + "\n", `{"id":1,"result":{"tools":[{"name":"b"}]}}`, ""},
		"cancelled":   {askList + `{"method":"notifications/cancelled","params":{"requestId":1}}` + "\n", `{"id":1,"result":{"tools":[{"name":"b"}]}}`, ""},
		"a batch":     {"", `[{"id":1,"result":{"tools":[{"name":"b"}]}}]`, ""},
		"broken":      {"", `{"id":1,"result":{"tools":[{"name":"b"},{"name":a}]}}`, ""},
		"CRLF":        {"", `{"id":1,"result":{"tools":[{"name":"b"}]}}` + "\r", `{"id":1,"result":{"tools":[]}}` + "\r"},
		"a mark":      {"", "\ufeff" + `{"id":1,"result":{"tools":[{"name":"b"}]}}`, "\ufeff" + `{"id":1,"result":{"tools":[]}}`},
		"slash":       {`{"id":"x","method":"tools\/list"}` + "\n", `{"id":"x","result":{"tools":[{"name":"b"}]}}`, `{"id":"x","result":{"tools":[]}}`},
	} {
		if c.asks == "" {
			c.asks = askList
		}
		if c.want == "" {
			c.want = c.answer
		}
		for _, size := range []int{1, 7, 512, 600, 1 << 20} {
			around := []string{aNotice + anAnswer + "note\n", "\n" + anAnswer + aNotice}
			f := newFiltered(false, "b", "d")
			got := f.sifted(c.asks, strings.Join(around, c.answer), size)
			if want := strings.Join(around, c.want); got != want {
				t.Errorf("%s, chunks of %d:\n got %.300s\nwant %.300s", name, size, got, want)
			}
			if n := len(f.out.sieve.held); n > 0 || f.watch.now.Unfiltered > 0 {
				t.Errorf("%s: %d bytes are held, %d not filtered", name, n, f.watch.now.Unfiltered)
			}
		}
	}
}

func TestAListIsFilteredOnce(t *testing.T) {
	answer := `{"id":1,"result":{"tools":[{"name":"b"}]}}` + "\n"
	got := newFiltered(false, "b").sifted(askList, answer+answer, 1<<20)
	if want := strings.Replace(answer, `{"name":"b"}`, "", 1) + answer; got != want {
		t.Errorf("got %s", got)
	}
}

func TestAHugeListPassesWholeAndIsNoted(t *testing.T) {
	f := newFiltered(false, "b")
	text := `{"result":{"tools":[{"name":"b","x":"` + strings.Repeat("x", maxSieved) + `"}]},"id":1}` + "\n"
	if got := f.sifted(askList, text, chunkLen); got != text {
		t.Errorf("%d bytes of %d", len(got), len(text))
	}
	if n := f.watch.now.Unfiltered; n != 1 || f.out.sieve.held != nil {
		t.Errorf("noted %d times, %d bytes are held", n, len(f.out.sieve.held))
	}
}

func TestALineIsNotHeldBackLongerThanNeeded(t *testing.T) {
	f := newFiltered(true, "b")
	f.in.lines.feed([]byte(askList))
	var out bytes.Buffer
	write := func(b []byte) bool { out.Write(b); return true }
	head := `{"jsonrpc":"2.0","id":2,"result":{"text":"` + strings.Repeat("x", headLen)
	f.out.sieve.pass([]byte(head), write)
	if out.String() != head {
		t.Errorf("%d bytes of another answer came", out.Len())
	}
}

func TestACallOfAHiddenToolIsAnsweredBetweenTheServersLines(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	f := newFilteredTo(w, false, "b")
	pad := strings.Repeat("x", 2*headLen)
	calls := []string{ // those that pass, and those that are refused
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"name":"b"}}}`,
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"b"}}`,
		`{"jsonrpc":"2.0","id":2,"method":"prompts/get","params":{"name":"b"}}`,
		`{"params":{"arguments":{"x":"` + pad + `"},"name":"\u0062"},"method":"tools\/call","id":"q\"","jsonrpc":"2.0"}` + "\r",
		`{"params":{"arguments":{"x":"` + pad + `"},"name":"a"},"method":"tools/call","id":3}`,
		`{"jsonrpc":"2.0","id":4,"result":{"name":"b"}}`,
		`[{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"b"}}]`,
		`{"jsonrpc":"2.0","method":"tools/call","params":{"name":"b"}}`,
		`{"id":6,"method":"tools/call","params":{"name":"b"}`, // not JSON
	}
	text := strings.Join(calls, "\n") + "\n"
	want := strings.Join([]string{calls[0], calls[2], calls[4], calls[5], calls[6], calls[8]}, "\n") + "\n"
	f.in.lines.feed([]byte(text))
	f.out.send([]byte("half"))
	for _, size := range []int{1, 600, 1 << 20} {
		if got := sifted(f.in.sieve, text, size); got != want {
			t.Errorf("chunks of %d passed:\n%s\nwant\n%s", size, got, want)
		}
	}
	f.out.send([]byte(" a line\nnext"))
	f.out.send([]byte(" line\n"))
	w.Close()
	said, _ := io.ReadAll(r)
	refused := `{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":-32602,"message":"Unknown tool: b"}}` + "\n" +
		`{"jsonrpc":"2.0","id":"q\"","error":{"code":-32602,"message":"Unknown tool: \u0062"}}` + "\n"
	if want := "half a line\n" + strings.Repeat(refused, 3) + "next line\n"; string(said) != want {
		t.Errorf("said\n%s\nwant\n%s", said, want)
	}
	marks, _ := f.watch.take(nil)
	codes := 0
	for _, m := range marks {
		if m.code == badParamsCode && m.failed && m.got > 0 {
			codes++
		}
	}
	if codes != 6 || f.watch.now.Answers > 0 {
		t.Errorf("%d refusals are traced, %d answers", codes, f.watch.now.Answers)
	}
}

func FuzzSieveWithNothingToFilterChangesNothing(f *testing.F) {
	f.Add(aNotice+anAnswer+`{"id":1,"result":{"tools":[{"name":"b"}]}}`+"\r\n", 1)
	f.Add(`{"id":1,"result":{"tools":[`+strings.Repeat(`{"name":"b"},`, 100)+`{}]}}`+"\n\n[{}]", 600)
	f.Add("\ufeff{\"id\":1,\"result\":null", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = max(1, size%5000)
		if got := newFiltered(false, "\x00").sifted(askList, text, size); got != text {
			t.Errorf("tools, chunks of %d: %q became %q", size, text, got)
		}
		if got := sifted(newFiltered(false, "\x00").in.sieve, text, size); got != text {
			t.Errorf("calls, chunks of %d: %q became %q", size, text, got)
		}
		// Of lines that are the protocol's none is dropped, whatever stands in them.
		var kept strings.Builder
		for line := range strings.SplitSeq(text, "\n") {
			fmt.Fprintf(&kept, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"text\":%q}}\n", line)
		}
		if got := newFiltered(true, "\x00").sifted(askList, kept.String(), size); got != kept.String() {
			t.Errorf("notes, chunks of %d: %q became %q", size, kept.String(), got)
		}
		// How the chunks fall makes no difference.
		for _, names := range [][]string{{"a", "b"}, nil} {
			whole := newFiltered(true, names...).sifted(askList, text, len(text)+1)
			if got := newFiltered(true, names...).sifted(askList, text, size); got != whole {
				t.Errorf("chunks of %d: %q became %q, whole %q", size, text, got, whole)
			}
		}
	})
}
