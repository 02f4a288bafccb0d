//go:build unix

package companion

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"mcp-companion/clients"
	"mcp-companion/servers"
)

// A stand-in for Claude Desktop: the test binary, run with this variable. It reads
// its file once, at its start; a line "change" on stdin has it change a
// preference and write all of its memory over the file, and it does so once more
// when it is asked to quit. Source: facts of clients, section 3.4.
const standinFile = "MCP_COMPANION_TEST_STANDIN"

// standinStale names a file that it takes for its own at the start, and writes
// over it at once: an app that starts with an old memory.
const standinStale = standinFile + "_STALE"

func init() {
	if path := os.Getenv(standinFile); path != "" {
		standin(path)
		os.Exit(0)
	}
}

func standin(path string) {
	memory := map[string]any{} // what can't be read is nothing, silently
	from := path
	if stale := os.Getenv(standinStale); stale != "" {
		from = stale
	}
	if data, err := os.ReadFile(from); err == nil && json.Unmarshal(data, &memory) != nil {
		memory = map[string]any{}
	}
	write := func() {
		data, _ := json.MarshalIndent(memory, "", "  ")
		_ = os.WriteFile(path, data, 0o600)
	}
	if from != path {
		write()
	}
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGTERM)
	lines := make(chan string)
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- in.Text()
		}
	}()
	fmt.Println("ready")
	for {
		select {
		case <-lines:
			n, _ := memory["changes"].(float64)
			memory["changes"] = n + 1
			write()
			fmt.Println("written")
		case <-quit:
			time.Sleep(50 * time.Millisecond) // it ends its servers first
			write()
			return
		case <-time.After(time.Minute):
			return // never left behind
		}
	}
}

// app is the stand-in as the test drives it; the desk takes it for Claude
// Desktop.
type app struct {
	t     *testing.T
	file  string
	stale string // see standinStale; "" for a good start

	sync.Mutex
	cmd  *exec.Cmd
	in   io.Writer
	out  *bufio.Scanner
	gone chan struct{}
}

// withApp is a desk whose Claude Desktop is a real process.
func withApp(t *testing.T) (*desk, *app) {
	t.Helper()
	d := newDesk(t)
	a := &app{t: t, file: d.desktop}
	d.system.Processes = func() []clients.Process {
		if pid := a.pid(); pid != 0 {
			return []clients.Process{{PID: pid, Path: d.system.Home + "/usr/lib/claude-desktop/claude-desktop"}}
		}
		return nil
	}
	d.system.End = func(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }
	d.system.Detach = func(string, ...string) error { a.start(); return nil }
	t.Cleanup(a.quit)
	return d, a
}

func (a *app) start() {
	a.Lock()
	defer a.Unlock()
	exe, err := os.Executable()
	if err != nil {
		a.t.Fatal(err)
	}
	a.cmd = exec.Command(exe)
	a.cmd.Env = append(os.Environ(), standinFile+"="+a.file, standinStale+"="+a.stale)
	a.in, _ = a.cmd.StdinPipe()
	out, w, err := os.Pipe()
	if err != nil {
		a.t.Fatal(err)
	}
	a.out, a.cmd.Stdout = bufio.NewScanner(out), w
	if err := a.cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	w.Close()
	a.out.Scan() // ready
	a.gone = make(chan struct{})
	go func(cmd *exec.Cmd, gone chan struct{}) {
		_ = cmd.Wait()
		out.Close()
		close(gone)
	}(a.cmd, a.gone)
}

// pid is 0 while it doesn't run.
func (a *app) pid() int {
	a.Lock()
	defer a.Unlock()
	if a.cmd == nil {
		return 0
	}
	select {
	case <-a.gone:
		return 0
	default:
		return a.cmd.Process.Pid
	}
}

// change has it change a preference: it writes its memory.
func (a *app) change() {
	a.Lock()
	defer a.Unlock()
	fmt.Fprintln(a.in, "change")
	a.out.Scan()
}

// quit has its user quit it.
func (a *app) quit() {
	if pid := a.pid(); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		<-a.gone
	}
}

// waitUntil looks again and again, for at most ten seconds.
func waitUntil(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func (d *desk) hasEntry(t *testing.T, key string) bool {
	t.Helper()
	return strings.Contains(text(t, d.desktop), `"`+key+`"`)
}

func TestWhatIsWrittenNaivelyWhileClaudeDesktopRunsIsLost(t *testing.T) {
	d, a := withApp(t)
	for name, then := range map[string]func(){"at its next change": a.change, "when it quits": a.quit} {
		a.start()
		now := text(t, d.desktop)
		os.WriteFile(d.desktop, []byte(strings.Replace(now, `"mcpServers": {`, `"mcpServers": {"naive": {"command": "x"}, `, 1)), 0o600)
		if !d.hasEntry(t, "naive") {
			t.Fatal("not written")
		}
		then()
		if d.hasEntry(t, "naive") {
			t.Errorf("%s: it is still there: the stand-in stands for nothing", name)
		}
		a.quit()
	}
}

func TestWhatWeWriteForARunningClaudeDesktopIsNeverLost(t *testing.T) {
	for name, mode := range map[string]struct {
		finish func(t *testing.T, d *desk, a *app)
		opens  bool
	}{
		"its exit is found": {finish: func(t *testing.T, d *desk, a *app) {
			if still, err := d.FinishPending(t.Context()); err != nil || len(still) != 1 {
				t.Errorf("while it runs: %v %v", still, err)
			}
			a.change()
			a.quit()
			if still, err := d.FinishPending(t.Context()); err != nil || len(still) != 0 {
				t.Errorf("%v %v", still, err)
			}
		}},
		"its exit is waited for": {finish: func(t *testing.T, d *desk, a *app) {
			done := make(chan error, 1)
			go func() { done <- d.WaitForClients(t.Context()) }()
			a.change()
			a.quit()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}},
		"the clock writes": {finish: func(t *testing.T, d *desk, a *app) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { defer close(ended); d.RunClock(ctx) }()
			a.change()
			a.quit()
			waitUntil(t, "the clock wrote nothing", func() bool { return len(d.waiting()) == 0 })
			cancel()
			<-ended
		}},
		"we restart it": {opens: true, finish: func(t *testing.T, d *desk, a *app) {
			if err := d.Restart(t.Context(), "claude-desktop"); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d, a := withApp(t)
			a.start()
			d.add(t, "one", "two")
			d.manage(t, "claude-desktop")
			a.change()
			if d.hasEntry(t, "one") {
				t.Fatal("written while it runs")
			}
			// it changes its mind while it waits: only what holds at the end is written
			p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Dev", Servers: []string{"one"}})
			d.must(t, p, err)
			if r, err := d.UseSet(t.Context(), "Dev", ""); err != nil || len(r.Waiting) != 1 {
				t.Fatalf("%+v %v", r, err)
			}
			mode.finish(t, d, a)
			if !d.hasEntry(t, "one") || d.hasEntry(t, "two") || !d.hasEntry(t, "mine") || !d.hasEntry(t, "changes") {
				t.Errorf("after it:\n%s", text(t, d.desktop))
			}
			if (a.pid() != 0) != mode.opens {
				t.Errorf("it runs: %v", a.pid() != 0)
			}
			if !mode.opens {
				a.start()
			}
			a.change()
			a.quit()
			if !d.hasEntry(t, "one") {
				t.Error("lost at its next start")
			}
			if s := d.State(t.Context()); len(s.Pending) != 0 {
				t.Errorf("still waits: %+v", s.Pending)
			}
		})
	}
}

func TestUndoWhileClaudeDesktopRunsWaitsAndTakesBackOnlyOurs(t *testing.T) {
	d, a := withApp(t)
	before := text(t, d.desktop)
	d.add(t, "one")
	p, err := d.ProposeManage(t.Context(), "claude-desktop", true)
	r := d.must(t, p, err)
	a.start()
	a.change()
	u, err := d.Undo(t.Context(), r.ID)
	if err != nil || !slices.Equal(u.Waiting, []string{"Claude Desktop"}) || !d.hasEntry(t, "one") {
		t.Fatalf("%+v %v", u, err)
	}
	a.change()
	if err := d.Restart(t.Context(), "claude-desktop"); err != nil {
		t.Fatal(err)
	}
	a.change()
	a.quit()
	if d.hasEntry(t, "one") || !d.hasEntry(t, "mine") || !d.hasEntry(t, "changes") || len(d.waiting()) != 0 {
		t.Errorf("%s\nwas\n%s", text(t, d.desktop), before)
	}
}

func TestAnUndoThatWaitsGivesTheUsersOwnEntryBack(t *testing.T) {
	d, a := withApp(t)
	p, err := d.ProposeAdopt(t.Context(), "claude-desktop")
	r := d.must(t, p, err)
	if !strings.Contains(text(t, d.desktop), `"run"`) {
		t.Fatal("not adopted")
	}
	a.start()
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	a.change()
	a.quit()
	if _, err := d.FinishPending(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := text(t, d.desktop); strings.Contains(now, `"run"`) || !strings.Contains(strings.Join(strings.Fields(now), ""), `"mine":{"command":"x"}`) {
		t.Errorf("%s", now)
	}
	// undone itself before its part was taken back, that part stays
	list, _ := d.History(t.Context())
	if _, err := d.Undo(t.Context(), list[0].ID); err != nil {
		t.Error(err)
	}
}

func TestTakingOverAndLeavingWaitForClaudeDesktopToo(t *testing.T) {
	d, a := withApp(t)
	after := func() string {
		t.Helper()
		a.change()
		a.quit()
		if still, err := d.FinishPending(t.Context()); err != nil || len(still)+len(d.waiting()) != 0 {
			t.Fatal(still, err)
		}
		return strings.Join(strings.Fields(text(t, d.desktop)), "")
	}
	a.start()
	p, err := d.ProposeAdopt(t.Context(), "claude-desktop")
	if r := d.must(t, p, err); len(r.Waiting) != 1 {
		t.Fatalf("%+v", r)
	}
	d.add(t, "one") // which is written with it
	if now := after(); strings.Count(now, `"run"`) != 2 || !strings.Contains(now, `"run","mine"`) || strings.Contains(now, "mine-2") {
		t.Errorf("taken over: %s", now)
	}
	a.start()
	p, err = d.ProposeEject(t.Context(), false, "claude-desktop")
	if r := d.must(t, p, err); len(r.Waiting) != 1 {
		t.Fatalf("%+v", r)
	}
	if now := after(); strings.Contains(now, `"run"`) || strings.Count(now, `"command":"x"`) != 2 {
		t.Errorf("left: %s", now)
	}
	// left while it runs, and come back before it ends
	d.manage(t, "claude-desktop")
	before := text(t, d.desktop)
	a.start()
	p, err = d.ProposeEject(t.Context(), false, "claude-desktop")
	r := d.must(t, p, err)
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if now := after(); strings.Count(now, `"run"`) != strings.Count(before, `"run"`) {
		t.Errorf("stayed: %s", now)
	}
}

func TestWhatVanishedAtAStartIsSaidAndPutBackOnce(t *testing.T) {
	d, a := withApp(t)
	old := filepath.Join(t.TempDir(), "old.json")
	os.WriteFile(old, []byte(text(t, d.desktop)), 0o600)
	d.add(t, "one")
	a.start()
	d.manage(t, "claude-desktop")
	a.stale = old
	if err := d.Restart(t.Context(), "claude-desktop"); err != nil {
		t.Fatal(err)
	}
	ctx, start := t.Context(), time.Now()
	desktop := func() ClientState {
		s := d.State(ctx)
		return s.Clients[slices.IndexFunc(s.Clients, func(c ClientState) bool { return c.ID == "claude-desktop" })]
	}
	if next := d.lookAgain(ctx, start.Add(10*time.Second)); next > 21*time.Second || desktop().Vanished != nil {
		t.Errorf("before it settled: %v %v", next, desktop().Vanished)
	}
	d.lookAgain(ctx, start.Add(31*time.Second))
	if got := desktop().Vanished; !slices.Equal(got, []string{"one"}) {
		t.Fatalf("vanished: %v\n%s", got, text(t, d.desktop))
	}
	if l := d.State(ctx).Attention(); len(l) != 1 || !strings.Contains(l[0].Text, "Claude Desktop has dropped one") {
		t.Errorf("%+v", l)
	}
	r, err := d.PutBack(ctx, "claude-desktop")
	if err != nil || len(r.Waiting) != 1 || desktop().Vanished != nil {
		t.Fatalf("%+v %v", r, err)
	}
	a.quit()
	if _, err := d.FinishPending(ctx); err != nil || !d.hasEntry(t, "one") {
		t.Fatalf("%v\n%s", err, text(t, d.desktop))
	}
	a.start() // and it drops them again
	d.lookAgain(ctx, start.Add(60*time.Second))
	d.lookAgain(ctx, start.Add(91*time.Second))
	if d.hasEntry(t, "one") || desktop().Vanished != nil || len(d.waiting()) != 0 {
		t.Errorf("it is offered in a loop: %v", desktop().Vanished)
	}
	// the user's own next change is looked at anew
	a.quit()
	d.add(t, "two")
	a.start()
	d.lookAgain(ctx, start.Add(100*time.Second))
	d.lookAgain(ctx, start.Add(131*time.Second))
	if got := desktop().Vanished; !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("after a new change: %v", got)
	}
	if err := d.LeaveVanished(ctx, "claude-desktop"); err != nil || desktop().Vanished != nil {
		t.Errorf("left: %v %v", err, desktop().Vanished)
	}
}

func TestNothingIsSaidWhereAllIsWell(t *testing.T) {
	d, a := withApp(t)
	d.add(t, "one")
	d.manage(t, "claude-desktop")
	ctx, now := t.Context(), time.Now()
	d.lookAgain(ctx, now) // not started yet
	a.start()
	d.lookAgain(ctx, now.Add(40*time.Second))
	a.quit() // too early to tell
	d.lookAgain(ctx, now.Add(80*time.Second))
	a.start()
	d.lookAgain(ctx, now.Add(100*time.Second))
	if l := d.lookOf("claude-desktop"); l == nil || l.Vanished != nil {
		t.Fatalf("looked too early: %+v", l)
	}
	a.change()
	d.lookAgain(ctx, now.Add(131*time.Second))
	if l := d.lookOf("claude-desktop"); l != nil || !d.hasEntry(t, "one") {
		t.Errorf("%+v", l)
	}
	if len(d.State(ctx).Attention()) != 0 {
		t.Error("something was said")
	}
	// nor after a change that leaves nothing of ours to vanish
	a.quit()
	p, err := d.ProposeRemove(ctx, "one")
	d.must(t, p, err)
	if l := d.lookOf("claude-desktop"); l != nil {
		t.Errorf("%+v", l)
	}
}

func TestAKillBetweenNoteAndChangeForgetsNobody(t *testing.T) {
	d, a := withApp(t)
	d.add(t, "one")
	a.start()
	if _, err := d.wait(pending{Client: "claude-desktop", Reason: "x", Plan: true}); err != nil {
		t.Fatal(err)
	}
	a.quit() // the change itself never came
	before := text(t, d.desktop)
	if still, err := d.FinishPending(t.Context()); err != nil || len(still)+len(d.waiting()) != 0 || text(t, d.desktop) != before {
		t.Errorf("%v %v %v", still, err, d.waiting())
	}
}

func TestAFailedChangeWaitsForNobody(t *testing.T) {
	d, a := withApp(t)
	d.add(t, "one")
	d.manage(t, "claude-code")
	a.start()
	p, err := d.ProposeServer(t.Context(), Draft{Name: "two", Server: servers.Server{Command: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.ProposeManage(t.Context(), "claude-desktop", true)
	d.must(t, m, err)
	waiting := d.waiting()
	os.WriteFile(d.code, []byte("{\"n\": 2}"), 0o600)
	if _, err := d.Apply(t.Context(), p); err == nil {
		t.Fatal("applied")
	}
	if now := d.waiting(); len(now) != 1 || now[0].Reason != waiting[0].Reason {
		t.Errorf("%+v", now)
	}
}

func TestUndoOfTheVeryFirstActionKeepsTheHistoryReadable(t *testing.T) {
	d := newDesk(t)
	d.add(t, "one")
	if _, err := d.Undo(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	d.add(t, "two")
	if _, err := d.Undo(t.Context(), ""); err != nil {
		t.Error(err)
	}
	list, err := d.History(t.Context())
	if err != nil || len(list) != 4 {
		t.Fatalf("%+v %v", list, err)
	}
	if _, err := d.Undo(t.Context(), list[2].ID); err != nil { // the first undo
		t.Error(err)
	}
	if lib, _ := d.Library(); len(lib.Servers) != 1 || lib.Servers["one"] == nil {
		t.Errorf("%+v", lib.Servers)
	}
}

func TestWithoutAClockTheLookAfterTheStartIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.add(t, "one")
		d.manage(t, "claude-desktop")
		if due := d.LooksDue(); len(due) != 0 {
			t.Fatalf("due before it starts: %v", due)
		}
		d.open.Store(true)
		if due := d.LooksDue(); len(due) != 1 {
			t.Fatalf("due: %v", due)
		}
		os.WriteFile(d.desktop, []byte(`{"mcpServers": {}}`), 0o600) // it wrote what it had
		begun := time.Now()
		if err := d.WaitForLooks(t.Context()); err != nil || time.Since(begun) < settleTime {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		i := slices.IndexFunc(d.State(t.Context()).Clients, func(c ClientState) bool { return c.ID == "claude-desktop" })
		if got := d.State(t.Context()).Clients[i].Vanished; len(got) != 1 || got[0] != "one" {
			t.Errorf("vanished: %v", got)
		}
	})
}
