package launch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// promise is how long anything of a server may outlive launcher or client.
const promise = slack * 2 * time.Second

// pids reads the server's family until it is ready.
func (l *launcher) pids() (list []int) {
	l.t.Helper()
	for {
		word, number, _ := strings.Cut(l.line(), " ")
		if word == "ready" {
			return list
		}
		pid, _ := strconv.Atoi(number)
		list = append(list, pid)
	}
}

// allGone fails unless all processes end within what is promised from now.
func allGone(t *testing.T, pids []int) {
	t.Helper()
	until := time.Now().Add(promise)
	for _, pid := range pids {
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(max(0, time.Until(until).Milliseconds())))
		unix.Close(fd)
		if n == 0 {
			t.Errorf("process %d of %v is left", pid, pids)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// childrenOf lists the children of run: the server, and the guard.
func childrenOf(parent int) (list []int) {
	for _, p := range processes() {
		if p.parent == parent {
			list = append(list, p.pid)
		}
	}
	return list
}

func TestNothingIsLeftHoweverTheEndComes(t *testing.T) {
	families := map[string][]string{
		"alone":                     {},
		"child":                     {"plain"},
		"deaf server":               {"stay"},
		"deaf child":                {"deaf"},
		"setsid child":              {"setsid"},
		"orphan":                    {"orphan"},
		"deaf setsid child":         {"deaf setsid"},
		"deaf server, all children": {"stay", "plain", "deaf", "setsid", "deaf setsid", "orphan"},
	}
	ends := map[string]func(l *launcher, run int){
		"stdin closed":           func(l *launcher, run int) { l.in.Close() },
		"SIGTERM to run":         func(l *launcher, run int) { syscall.Kill(run, syscall.SIGTERM) },
		"SIGKILL of run":         func(l *launcher, run int) { syscall.Kill(run, syscall.SIGKILL) },
		"SIGKILL of run's group": func(l *launcher, run int) { syscall.Kill(-run, syscall.SIGKILL) },
	}
	for family, kinds := range families {
		for end, do := range ends {
			t.Run(family+"/"+end, func(t *testing.T) {
				t.Parallel()
				l := startRun(t, played(append([]string{"family"}, kinds...)...), nil)
				pids := append(l.pids(), childrenOf(l.cmd.Process.Pid)...)
				do(l, l.cmd.Process.Pid)
				allGone(t, append(pids, l.cmd.Process.Pid))
			})
		}
	}
}

func TestNothingIsLeftAfterTheClientWasKilled(t *testing.T) {
	all := []string{"stay", "plain", "deaf", "setsid", "deaf setsid", "orphan"}
	for name, c := range map[string]struct {
		kinds []string
		env   string
	}{
		"alone":                      {nil, ""},
		"deaf server, all children":  {all, ""},
		"stdin held open by another": {all, stdinVar + "=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startAs(t, "client", played(append([]string{"family"}, c.kinds...)...), nil, c.env)
			run, _ := strconv.Atoi(strings.TrimPrefix(l.line(), "run "))
			pids := append(l.pids(), run)
			pids = append(pids, childrenOf(run)...)
			l.cmd.Process.Kill()
			allGone(t, pids)
		})
	}
}

func TestNothingIsLeftAfterAProbe(t *testing.T) {
	for name, kinds := range map[string][]string{
		"alone":                     {},
		"deaf server, all children": {"stay", "plain", "deaf", "setsid", "deaf setsid", "orphan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := probe(t, t.Context(), played(append([]string{"family"}, kinds...)...), nil)
			l := &launcher{t: t, out: bufio.NewReader(p.Stdout), stderr: &buffer{}}
			pids := append(l.pids(), p.child.guard.process.Pid)
			at := time.Now()
			p.Stop()
			if took := time.Since(at); took > promise {
				t.Errorf("Stop took %v", took)
			}
			allGone(t, pids)
		})
	}
}

func TestLongLinesPassInTheSameMemory(t *testing.T) {
	l := startRun(t, played("echo lines"), nil)
	l.say("{}\n")
	l.line()
	before := highestOf(l.cmd.Process.Pid)
	text := append(bytes.Repeat([]byte("a"), 16<<20-1), '\n')
	for range 3 {
		go l.in.Write(text)
		if n, err := swallowLine(l.out); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	if more := highestOf(l.cmd.Process.Pid) - before; more > 3 {
		t.Errorf("%.1f MB more for 16 MiB lines", more)
	}
	l.end()
}

func TestAnOrdinaryUsersPipesAreGivenBack(t *testing.T) {
	r, w, err := blockingPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	size := func() int { n, _ := unix.FcntlInt(r.Fd(), unix.F_GETPIPE_SZ, 0); return n }
	null, _ := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	defer null.Close()
	s := newStream(r, null)
	s.lines = &lines{see: func(line) {}}
	room := roomier{s: s}
	was := size()
	s.lines.feed(make([]byte, longLine+1))
	room.fit()
	if size() != longRoom {
		t.Errorf("a long line has %d", size())
	}
	w.Write(make([]byte, 2*was)) // more than it held before: it can't be lowered yet
	s.lines.feed([]byte("\n"))
	room.fit()
	if size() != longRoom {
		t.Errorf("a full pipe was lowered to %d", size())
	}
	r.Read(make([]byte, 2*was))
	room.fit()
	if size() != was {
		t.Errorf("%d, was %d", size(), was)
	}
}

func TestNotWatchedServerIsRunItself(t *testing.T) {
	s := played("environment")
	s.NoWatching = true
	s.Cwd = t.TempDir()
	l := startRun(t, s, nil)
	var got struct{ PID int }
	if err := json.Unmarshal([]byte(l.line()), &got); err != nil || got.PID != l.cmd.Process.Pid {
		t.Errorf("server %d, run %d, %v", got.PID, l.cmd.Process.Pid, err)
	}
	if dir, _ := os.Readlink(procFile(got.PID, "cwd")); dir != s.Cwd {
		t.Errorf("in %s", dir)
	}
	if children := childrenOf(l.cmd.Process.Pid); len(children) > 0 {
		t.Errorf("children %v", children)
	}
	if list, err := Sessions(l.home); len(list) > 0 || err != nil {
		t.Errorf("%v %v", list, err)
	}
	l.end()
	if _, err := os.Stat(l.home.Logs("srv")); err == nil {
		t.Error("it has a trace")
	}
}

func TestNotWatchedServerIsFilteredAllTheSame(t *testing.T) {
	s := played("say", "note\n{\"jsonrpc\":\"2.0\"}\n", "", "0")
	s.NoWatching, s.DropNotes = true, true
	l := startRun(t, s, nil)
	if _, rest := l.end(); rest != "{\"jsonrpc\":\"2.0\"}\n" {
		t.Errorf("said %q", rest)
	}
	if list, err := traceBases(l.home, "srv"); len(list) > 0 || err != nil {
		t.Errorf("it has a trace: %v %v", list, err)
	}
}

func TestTheGuardKnowsNoSecretAndHoldsNoStream(t *testing.T) {
	s := played("family")
	s.Env["KEY"] = "s3cret"
	l := startRun(t, s, nil, "FROM_CLIENT=s3cret")
	server, guards := l.pids(), 0
	for _, pid := range childrenOf(l.cmd.Process.Pid) {
		if slices.Contains(server, pid) {
			continue
		}
		guards++
		// Between fork and exec it still is a copy of run.
		line := awaitLine(t, pid, "\x00guard\x00")
		env, _ := os.ReadFile(procFile(pid, "environ"))
		if bytes.Contains(append(env, line...), []byte("s3cret")) || !bytes.Contains(line, []byte("\x00guard\x00")) {
			t.Errorf("guard: %q %q", line, env)
		}
		for fd, want := range []string{"pipe:", "/dev/null", "/dev/null"} {
			if to, _ := os.Readlink(procFile(pid, "fd/"+strconv.Itoa(fd))); !strings.HasPrefix(to, want) {
				t.Errorf("guard's %d is %s", fd, to)
			}
		}
	}
	if guards != 1 {
		t.Errorf("%d guards", guards)
	}
	l.end()
}

// awaitLine is the process's command line, once it holds text.
func awaitLine(t *testing.T, pid int, text string) []byte {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		line, err := os.ReadFile(procFile(pid, "cmdline"))
		if err != nil || bytes.Contains(line, []byte(text)) || time.Now().After(deadline) {
			return line
		}
	}
}

func highestOf(pid int) float64 { return field(procFile(pid, "status"), "VmHWM:") }
