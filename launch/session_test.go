package launch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mcp-companion/files"
)

func TestSessionIsAliveWhileItsFileIsLocked(t *testing.T) {
	home := files.Home(t.TempDir())
	if list, err := Sessions(home); list != nil || err != nil {
		t.Errorf("without a folder: %v %v", list, err)
	}
	f := openSheet(home, "one")
	s := Session{Version: 1, ID: "one", Server: "srv", Status: Healthy, Started: time.Now(), Updated: time.Now(), StrayLine: strings.Repeat("x", 500)}
	f.write(s)
	s.StrayLine = "" // shorter than before
	f.write(s)
	list, err := Sessions(home)
	if err != nil || len(list) != 1 || list[0].ID != "one" || list[0].StrayLine != "" {
		t.Fatalf("%+v %v", list, err)
	}
	f.lock.Unlock() // as the end of its process does
	if list, err = Sessions(home); len(list) > 0 || err != nil {
		t.Errorf("dead: %+v %v", list, err)
	}
	if _, err := os.Stat(f.path); err == nil {
		t.Error("its file was left")
	}
	old, err := EndedSessions(home, "srv")
	if err != nil || len(old) != 1 || old[0].Status != Ended || old[0].Exit != nil || old[0].EndedAt.IsZero() {
		t.Errorf("log: %+v %v", old, err)
	}
}

func TestAFileThatBeginsIsLeftAlone(t *testing.T) {
	home := files.Home(t.TempDir())
	path := filepath.Join(home.Sessions(), "new.json")
	files.WriteOwn(path, nil)
	Sessions(home)
	if _, err := os.Stat(path); err != nil {
		t.Error("a file of this moment was removed")
	}
	hourAgo := time.Now().Add(-time.Hour)
	os.Chtimes(path, hourAgo, hourAgo)
	Sessions(home)
	if _, err := os.Stat(path); err == nil {
		t.Error("an old empty file was left")
	}
}

func TestLogsStayInBounds(t *testing.T) {
	home := files.Home(t.TempDir())
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range 30 {
		logSession(home, Session{ID: files.NewID(), Server: "srv", Started: at.Add(time.Duration(n) * time.Second), Requests: int64(n)})
	}
	list, err := EndedSessions(home, "srv")
	if err != nil || len(list) != maxLogs || list[0].Requests != 29 || list[maxLogs-1].Requests != 10 {
		t.Errorf("%d, newest %d", len(list), list[0].Requests)
	}
	for n := range 4 {
		logSession(home, Session{ID: files.NewID(), Server: "srv", Started: at.Add(time.Hour + time.Duration(n)), StrayLine: strings.Repeat("x", 2<<20)})
	}
	if list, _ = EndedSessions(home, "srv"); len(list) != 2 {
		t.Errorf("%d of 2 MiB are kept", len(list))
	}
	logSession(home, Session{ID: "x", Server: "../../out"})
	if _, err := os.Stat(filepath.Join(string(home), "..", "out")); err == nil {
		t.Error("wrote outside")
	}
}

func TestStatusIsWrittenAtOnceAndNumbersSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := files.Home(t.TempDir())
		w := newWatch(Session{ID: "one", Server: "srv", Status: Starting}, nil)
		f := openSheet(home, "one")
		defer f.end()
		stop := make(chan struct{})
		defer close(stop)
		go f.keep(w, stop)
		in, out := lines{see: w.fromClient}, lines{see: w.fromServer}
		call := func() {
			in.feed([]byte(`{"jsonrpc":"2.0","id":1,"method":"x"}` + "\n"))
			out.feed([]byte(`{"jsonrpc":"2.0","id":1,"result":{}}` + "\n"))
			synctest.Wait()
		}
		read := func() Session { s, _ := readSession(f.path); return s }
		call()
		if s := read(); s.Status != Healthy || s.Answers != 1 {
			t.Errorf("first answer: %+v", s)
		}
		call()
		time.Sleep(pace - time.Second)
		if s := read(); s.Answers != 1 {
			t.Errorf("written after %v: %d", pace-time.Second, s.Answers)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := read(); s.Answers != 2 {
			t.Errorf("not written after %v", pace)
		}
		before := read().Updated
		time.Sleep(time.Hour)
		synctest.Wait()
		if !read().Updated.Equal(before) {
			t.Error("written though nothing happened")
		}
	})
}

func TestSessionCountsWhatWitnessesNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(Session{Status: Starting}, nil)
		in, out := lines{see: w.fromClient}, lines{see: w.fromServer, want: w.want}
		ask := func(id int, method string) {
			in.feed(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"%s"}`+"\n", id, method))
		}
		say := func(id int, result string) {
			out.feed(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":%s}`+"\n", id, result))
		}
		for id, method := range []string{"tools/list", "prompts/list", "resources/list"} {
			ask(id, method)
			say(id, `{"tools":[{},{},{}],"prompts":[{},{}],"resources":[{}]}`)
			synctest.Wait() // learned away from the stream
		}
		ask(3, "tools/call") // in time
		say(3, "{}")
		ask(4, "tools/call") // too late
		w.unanswered(message{id: "4"}, 0)
		say(4, "{}")
		ask(5, "tools/call") // cancelled
		in.feed([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}` + "\n"))
		say(5, "{}")
		ask(6, "x") // never answered
		if s := w.snapshot(0); s.TimedOut != 2 || s.Pending != 1 {
			t.Errorf("%+v", s)
		}
		for _, list := range []string{"tools", "prompts", "resources"} {
			out.feed([]byte(`{"jsonrpc":"2.0","method":"notifications/` + list + `/list_changed"}` + "\n"))
		}
		out.feed([]byte(strings.Repeat("x", 1000) + "\n"))
		w.stderr.Write([]byte("12345\n\n89"))
		w.unfiltered()
		s := w.snapshot(0)
		got := []int64{int64(s.Tools), int64(s.Prompts), int64(s.Resources), s.Calls, s.TimedOut, s.ListChanged, int64(s.Longest), s.Flood, s.Unfiltered}
		if want := []int64{3, 2, 1, 3, 2, 3, 1000, 9, 1}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestWatchStaysInBounds(t *testing.T) {
	w := newWatch(Session{Status: Starting}, nil)
	in := lines{see: w.fromClient}
	for n := range 10 * maxPending {
		in.feed([]byte(`{"jsonrpc":"2.0","id":` + strings.Repeat("1", n%200+1) + `,"method":"tools/list"}` + "\n"))
	}
	if len(w.pending) > maxPending || w.now.Requests != 10*maxPending {
		t.Errorf("%d remembered of %d", len(w.pending), w.now.Requests)
	}
	for id := range w.pending {
		in.feed([]byte(`{"method":"notifications/cancelled","params":{"requestId":` + id + `}}` + "\n"))
	}
	if len(w.pending) > 0 || w.want() != 0 {
		t.Errorf("%d are left, %d wanted", len(w.pending), w.wanted.Load())
	}
	if w.snapshot(0).Status != Starting {
		t.Error("healthy without an answer")
	}
}
