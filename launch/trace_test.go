package launch

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mcp-companion/files"
)

// traced is a session that is traced, without a server.
type traced struct {
	*trace
	in, out lines
	stop    chan struct{}
}

// startTrace keeps the trace of a session one of server srv; hidden are secrets.
func startTrace(home files.Home, id string, hidden ...string) *traced {
	w := newWatch(Session{ID: id, Server: "srv", Client: "app", Started: time.Now()}, hidden)
	t := &traced{trace: newTrace(home, w, false), stop: make(chan struct{})}
	t.in = lines{see: w.fromClient, want: w.wantBody}
	t.out = lines{see: w.fromServer, want: w.want}
	return t
}

func (t *traced) client(text string) { t.in.feed([]byte(text + "\n")) }
func (t *traced) server(text string) { t.out.feed([]byte(text + "\n")) }

// all are all the events of srv.
func all(t *testing.T, home files.Home) []Event {
	t.Helper()
	list, _, err := Trace(home, "srv", Mark{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// written is all that lies in the home folder.
func written(home files.Home) string {
	var b bytes.Buffer
	filepath.WalkDir(string(home), func(path string, _ fs.DirEntry, _ error) error {
		data, _ := os.ReadFile(path)
		b.Write(data)
		return nil
	})
	return b.String()
}

// told is an event in one line, without its times.
func told(e Event) string {
	return fmt.Sprintf("%s %s %s %d/%d %v%v %d %s %d", e.Kind, e.Method, e.ID, e.Sent, e.Got, e.Cancelled, e.Error, e.Code, e.Text, e.Count)
}

func TestTraceTellsWhatHappenedAndNothingOfWhatWasSaid(t *testing.T) {
	home := files.Home(t.TempDir())
	tr := startTrace(home, "one", "s3cret")
	tr.client(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"PAYLOAD"}}`)
	tr.client(`{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"x":"PAYLOAD"}}`)
	tr.client(`{"jsonrpc":"2.0","id":3,"method":"ping"}`)
	tr.client(`{"jsonrpc":"2.0","id":4,"method":"resources/read"}`)
	tr.server(`{"jsonrpc":"2.0","id":"a","error":{"code":-32602,"message":"PAYLOAD"}}`)
	tr.server(`{"result":{"x":"PAYLOAD"},"jsonrpc":"2.0","id":1}`)
	tr.client(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3,"reason":"PAYLOAD"}}`)
	tr.server(`{"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":"PAYLOAD"}`)
	tr.client(`[{"jsonrpc":"2.0","id":5,"method":"ping","params":"PAYLOAD"}]`)
	tr.client(`{"jsonrpc":"2.0","id":6,"method":"subscriptions/listen","params":"PAYLOAD"}`)
	tr.server(`listening with s3cret`)
	tr.watch.stderr.Write([]byte("up, TOKEN=abcdef\n\nhalf"))
	tr.finish(Exit{Code: 137, Signal: "SIGKILL"})
	var got []string
	for _, e := range all(t, home) {
		got = append(got, told(e))
		if e.Session != "one" || e.Client != "app" || e.Time.IsZero() || e.Took < 0 {
			t.Errorf("%+v", e)
		}
	}
	want := []string{
		"start   0/0 falsefalse 0  0",
		`request tools/list "a" 73/70 falsetrue -32602  0`,
		"request tools/call 1 74/49 falsefalse 0  0",
		"request ping 3 40/0 truefalse 0  0",
		"notice notifications/cancelled  96/0 falsefalse 0  0",
		`from-server sampling/createMessage "q" 0/79 falsefalse 0  0`,
		"request batch  61/0 falsefalse 0  0",
		"request subscriptions/listen 6 75/0 falsefalse 0  0",
		"stray   0/21 falsefalse 0 listening with [secret] 0",
		"stderr   0/0 falsefalse 0 up, TOKEN=[secret] 0",
		"stderr   0/0 falsefalse 0 half 0",
		"request resources/read 4 50/0 falsefalse 0  0",
		"exit   0/0 falsefalse 137 SIGKILL 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := written(home); strings.Contains(text, "PAYLOAD") || strings.Contains(text, "s3cret") || strings.Contains(text, "abcdef") {
		t.Errorf("written: %s", text)
	}
}

func TestTraceIsWrittenSeldomAndOnlyWhileSomethingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := files.Home(t.TempDir())
		tr := startTrace(home, "one")
		go tr.keep(tr.stop)
		defer close(tr.stop)
		count := func() int { synctest.Wait(); return len(all(t, home)) }
		time.Sleep(traceEvery - time.Millisecond)
		if n := count(); n != 0 {
			t.Errorf("%d events after less than %v", n, traceEvery)
		}
		time.Sleep(time.Millisecond)
		if n := count(); n != 1 {
			t.Errorf("%d events after %v", n, traceEvery)
		}
		time.Sleep(time.Hour)
		begun := time.Now()
		for range 100 {
			tr.client(`{"jsonrpc":"2.0","method":"notifications/x"}`)
			tr.watch.stderr.Write([]byte("line\n"))
		}
		time.Sleep(traceEvery)
		if n := count(); n != 201 {
			t.Errorf("%d events, want 201", n)
		}
		if e := all(t, home)[200]; e.Time.Sub(begun) > time.Second {
			t.Errorf("its time is %v", e.Time)
		}
	})
}

func TestTraceCountsWhatCameTooFast(t *testing.T) {
	home := files.Home(t.TempDir())
	tr := startTrace(home, "one")
	for range 3 * maxMarks {
		tr.client(`{"jsonrpc":"2.0","method":"notifications/x"}`)
		tr.watch.stderr.Write([]byte("line\n"))
	}
	if n := cap(tr.watch.journal.marks); n > 2*maxMarks {
		t.Errorf("room for %d", n)
	}
	tr.write()
	list := all(t, home)
	last := list[len(list)-1]
	if len(list) != maxMarks+maxLines+1 || last.Kind != EventSkipped || last.Count != 6*maxMarks-maxMarks-maxLines+1 { // the start is one, too
		t.Errorf("%d events, last %+v", len(list), last)
	}
	tr.client(`{"jsonrpc":"2.0","method":"notifications/x"}`)
	tr.write()
	if more := all(t, home); len(more) != len(list)+1 {
		t.Errorf("%d events after it, want one", len(more)-len(list))
	}
	for range maxLines {
		tr.watch.stderr.Write([]byte(strings.Repeat("x", rawLen) + "\n"))
	}
	if lines, missed := tr.watch.stderr.since(&tr.lines); len(lines) != maxLineLen/rawLen || missed != maxLines-maxLineLen/rawLen {
		t.Errorf("%d long lines of stderr, %d missed", len(lines), missed)
	}
}

func TestTraceKeepsTheNewestInBounds(t *testing.T) {
	home := files.Home(t.TempDir())
	tr := startTrace(home, "one")
	const events = 20_000
	var mark Mark
	var followed int64
	for n := range events {
		tr.client(`{"jsonrpc":"2.0","method":"notifications/x"}`)
		if n%100 == 99 {
			tr.write()
		}
		if n%1000 == 999 { // whoever follows misses none, wherever the file is turned over
			list, next, err := Trace(home, "srv", mark, 1<<20)
			if err != nil || len(list) == 0 || list[0].N != followed+1 {
				t.Fatalf("%d events after %d, %v: %+v", len(list), followed, err, list[:min(1, len(list))])
			}
			followed, mark = list[len(list)-1].N, next
		}
	}
	var size int64
	parts, _ := os.ReadDir(home.Logs("srv"))
	for _, e := range parts {
		i, _ := e.Info()
		size += i.Size()
	}
	if len(parts) != 2 || size > 2*maxTraceHalf || size < maxTraceHalf {
		t.Errorf("%d bytes in %d files", size, len(parts))
	}
	list := all(t, home)
	for i, e := range list {
		if want := events + 1 - int64(len(list)-1-i); e.N != want || e.Client != "app" {
			t.Fatalf("event %d is %+v, want %d", i, e, want)
		}
	}
	if few, _, _ := Trace(home, "srv", Mark{}, 10); len(few) != 10 || few[9].N != events+1 || followed != events+1 {
		t.Errorf("%d events, %d followed", len(few), followed)
	}
	if none, _, err := Trace(home, "srv", mark, 10); len(none) > 0 || err != nil {
		t.Errorf("%d events since, %v", len(none), err)
	}
}

func TestTraceOfAKilledRunIsReadable(t *testing.T) {
	home := files.Home(t.TempDir())
	if list := all(t, home); list != nil {
		t.Errorf("without a folder: %v", list)
	}
	tr := startTrace(home, "one")
	tr.client(`{"jsonrpc":"2.0","method":"notifications/x"}`)
	tr.write()
	tr.file.file.Write([]byte(`{"n":3,"t":"2026-`))
	list, mark, err := Trace(home, "srv", Mark{}, 10)
	if len(list) != 2 || err != nil {
		t.Fatalf("%+v %v", list, err)
	}
	tr.file.file.Write([]byte(`01-01T00:00:00Z","k":"notice"}` + "\n")) // it was not killed after all
	if list, _, _ = Trace(home, "srv", mark, 10); len(list) != 1 || list[0].N != 3 {
		t.Errorf("%+v", list)
	}
}

func TestTraceGoesOverAllSessionsInTheOrderOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := files.Home(t.TempDir())
		one := startTrace(home, "one")
		time.Sleep(time.Second)
		two := startTrace(home, "two")
		var mark Mark
		for n := range 3 {
			for _, tr := range []*traced{two, one} {
				time.Sleep(time.Second)
				tr.client(fmt.Sprintf(`{"jsonrpc":"2.0","method":"n%d"}`, n))
				tr.write()
			}
			if n == 1 {
				_, mark, _ = Trace(home, "srv", Mark{}, 1)
			}
		}
		names := func(list []Event) (names string) {
			for _, e := range list {
				names += e.Session + ":" + e.Kind + e.Method + " "
			}
			return names
		}
		if got := names(all(t, home)); got != "one:start two:start two:noticen0 one:noticen0 two:noticen1 one:noticen1 two:noticen2 one:noticen2 " {
			t.Error(got)
		}
		list, _, _ := Trace(home, "srv", mark, 10)
		if got := names(list); got != "two:noticen2 one:noticen2 " {
			t.Error(got)
		}
	})
}

func TestPayloadsAreRecordedOnlyWhileAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := files.Home(t.TempDir())
		tr := startTrace(home, "one", "s3cret")
		go tr.keep(tr.stop)
		defer close(tr.stop)
		call := func(id int) Event {
			tr.client(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"a":"s3cret PAYLOAD","password":"x"}}`, id))
			tr.server(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":"%s"}`, id, strings.Repeat("PAYLOAD ", maxBody/4)))
			time.Sleep(traceEvery)
			synctest.Wait()
			list := all(t, home)
			return list[len(list)-1]
		}
		if e := call(1); e.Body != "" || e.Reply != "" || e.ID != "1" {
			t.Errorf("not asked for: %+v", e)
		}
		until := time.Now().Add(time.Minute).Truncate(time.Second)
		if err := RecordPayloads(home, "srv", until); err != nil || !PayloadsUntil(home, "srv").Equal(until) {
			t.Fatalf("%v, until %v", err, PayloadsUntil(home, "srv"))
		}
		call(2) // it looks at the end of this one's time
		e := call(3)
		if e.Body != `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"a":"[secret] PAYLOAD","password":"[secret]"}}` || len(e.Reply) != maxBody {
			t.Errorf("asked for: %s, %d bytes", e.Body, len(e.Reply))
		}
		time.Sleep(time.Until(until))
		if e = call(4); e.Body != "" || e.Reply != "" || e.ID != "4" || !PayloadsUntil(home, "srv").IsZero() {
			t.Errorf("the time is over: %+v", e)
		}
		RecordPayloads(home, "srv", time.Now().Add(time.Hour))
		if err := RecordPayloads(home, "srv", time.Time{}); err != nil || !PayloadsUntil(home, "srv").IsZero() {
			t.Errorf("not ended: %v", err)
		}
		if err := RecordPayloads(home, "../srv", time.Now().Add(time.Hour)); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("outside: %v", err)
		}
		if strings.Contains(written(home), "s3cret") {
			t.Error("a secret was written")
		}
	})
}

func TestPayloadsAreHeldInBounds(t *testing.T) {
	tr := startTrace(files.Home(t.TempDir()), "one")
	tr.watch.record(time.Now().Add(time.Hour))
	body := strings.Repeat("x", maxBody)
	for n := range 2 * maxPending {
		tr.client(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"x","params":"%s"}`, n, body))
		tr.server(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":"%s"}`, n/2, body))
		if h := tr.watch.journal.held; h > maxHeld {
			t.Fatalf("%d bytes are held", h)
		}
	}
	tr.finish(Exit{})
	if h := tr.watch.journal.held; h != 0 {
		t.Errorf("%d bytes are held at the end", h)
	}
}

func TestSessionsAndTracesArePrunedTogether(t *testing.T) {
	home := files.Home(t.TempDir())
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	session := func(n int) Session {
		return Session{ID: fmt.Sprintf("s%02d", n), Server: "srv", Started: at.Add(time.Duration(n) * time.Second)}
	}
	put := func(n int, ext string, size int) {
		files.WriteOwn(filepath.Join(home.Logs("srv"), session(n).base()+ext), make([]byte, size))
	}
	lock := openSheet(home, "s00") // it runs still
	defer lock.end()
	for n := range 30 { // some with a trace alone: their `run` was killed
		put(n, traceExt, 10)
		put(n, olderExt, 10)
		if n%2 == 0 {
			logSession(home, session(n))
		}
	}
	prune(home, "srv")
	bases, _ := traceBases(home, "srv")
	if len(bases) != maxLogs || bases[0] != session(29).base() || bases[maxLogs-1] != session(0).base() || bases[maxLogs-2] != session(11).base() {
		t.Errorf("%d: %v", len(bases), bases)
	}
	names, _ := logNames(home, "srv")
	for _, n := range names {
		if !slices.Contains(bases, logBase(n)) {
			t.Errorf("%s was left", n)
		}
	}
	for n := 30; n < 34; n++ {
		put(n, traceExt, 1<<20)
		put(n, olderExt, 1<<20)
	}
	RecordPayloads(home, "srv", time.Now().Add(time.Hour))
	prune(home, "srv")
	if bases, _ = traceBases(home, "srv"); len(bases) != 3 || PayloadsUntil(home, "srv").IsZero() {
		t.Errorf("of 2 MiB each are kept: %v", bases)
	}
}
