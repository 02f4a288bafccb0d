//go:build linux && amd64

package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
)

// The test binary is the program that is killed: run with this variable it does
// one transaction in the folder the variable names.
const victim = "MCP_COMPANION_TEST_FAULTS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victim); dir != "" {
		if err := transact(dir, os.Getenv(victim+"_UNDO") != ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// ground is a home and the files of three clients, as a transaction sees them.
var ground = []struct {
	name   string
	format configs.Format
	lock   configs.LockKind
	key    string
	text   string
}{
	{"home/library.json", configs.JSON, configs.NoLock, "servers", "{\"version\": 1}\n"},
	{"code.json", configs.JSON, configs.LockDir, "mcpServers", "{\r\n\t\"mcpServers\": {\"mine\": {\"n\": 1.0}}\r\n}"},
	{"cline.json", configs.JSON, configs.LockOwnedDir, "mcpServers", ""},
	{"codex.toml", configs.TOML, configs.NoLock, "mcp_servers", "a = 1 # mine\n\n[mcp_servers.mine]\ncommand = \"y\"\n"},
}

func groundHistory(dir string) History {
	home := files.Home(filepath.Join(dir, "home"))
	return History{Home: home, Store: secrets.File{Path: home.SecretsFile(), Identity: home.Identity()}, Key: secrets.Ref{Library: "l", ID: "history"}}
}

func transact(dir string, undo bool) error {
	h, ctx := groundHistory(dir), context.Background()
	if undo {
		r, changes, err := h.UndoOf(ctx, "", false)
		if err == nil {
			_, err = h.Undo(ctx, r, "undo", changes)
		}
		return err
	}
	var changes []*configs.Change
	for _, g := range ground {
		c, d, err := configs.Read(filepath.Join(dir, g.name), g.format)
		if err == nil {
			err = d.Set([]byte(`{"command":"x"}`), g.key, "k")
		}
		if err != nil {
			return err
		}
		c.Lock = g.lock
		c.Done(d)
		changes = append(changes, c)
	}
	_, err := h.Apply(ctx, "test", changes)
	return err
}

func layGround(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, g := range ground {
		if g.text != "" {
			if err := os.WriteFile(filepath.Join(dir, g.name), []byte(g.text), 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func groundTexts(t *testing.T, dir string) (list []string) {
	t.Helper()
	for _, g := range ground {
		list = append(list, read(t, filepath.Join(dir, g.name)))
	}
	return list
}

// fault is what happens at the nth system call that changes something: the
// program is killed, or the call fails.
type fault struct {
	n     int
	errno syscall.Errno // 0 kills
	on    bool          // all further ones fail too
}

const oCreat = 0o100

func changes(r *syscall.PtraceRegs) bool {
	switch r.Orig_rax {
	case syscall.SYS_OPENAT:
		return r.Rdx&oCreat != 0
	case syscall.SYS_WRITE, syscall.SYS_RENAMEAT, 316 /* renameat2 */, syscall.SYS_UNLINKAT, syscall.SYS_MKDIRAT,
		syscall.SYS_FSYNC, syscall.SYS_FCHMOD, syscall.SYS_FLOCK, syscall.SYS_FTRUNCATE, syscall.SYS_FCHOWNAT:
		return true
	}
	return false
}

var errNoTracing = errors.New("this system allows no tracing")

// runUnder runs the victim under f, and reports whether it came to that.
func runUnder(dir string, undo bool, f fault) (met bool, err error) {
	runtime.LockOSThread() // all of ptrace is this thread's
	defer runtime.UnlockOSThread()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{victim + "=" + dir, "GOMAXPROCS=1", "HOME=" + dir}
	if undo {
		cmd.Env = append(cmd.Env, victim+"_UNDO=1")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return false, errNoTracing
	}
	defer cmd.Process.Release()
	pid := cmd.Process.Pid
	end := time.AfterFunc(30*time.Second, func() { syscall.Kill(pid, syscall.SIGKILL) })
	defer end.Stop()
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil {
		return false, err
	}
	const sysGood, traceClone, exitKill = 1, 8, 0x100000
	if err := syscall.PtraceSetOptions(pid, sysGood|traceClone|exitKill); err != nil {
		syscall.Kill(pid, syscall.SIGKILL)
		syscall.Wait4(pid, &ws, 0, nil)
		return false, errNoTracing
	}
	inside := map[int]bool{} // threads within a call
	failing := map[int]bool{}
	seen, tid := 0, pid
	for {
		sig := 0
		switch {
		case !ws.Stopped():
		case ws.StopSignal() == syscall.SIGTRAP|0x80:
			inside[tid] = !inside[tid]
			var r syscall.PtraceRegs
			if syscall.PtraceGetRegs(tid, &r) != nil {
				break
			}
			switch {
			case inside[tid] && changes(&r):
				seen++
				if seen < f.n || seen > f.n && !f.on {
					break
				}
				met = true
				if f.errno == 0 {
					syscall.Kill(pid, syscall.SIGKILL)
					break
				}
				r.Orig_rax = ^uint64(0) // no call at all
				failing[tid] = syscall.PtraceSetRegs(tid, &r) == nil
			case !inside[tid] && failing[tid]:
				failing[tid] = false
				r.Rax = uint64(-int64(f.errno))
				syscall.PtraceSetRegs(tid, &r)
			}
		case ws.StopSignal() != syscall.SIGTRAP && ws.StopSignal() != syscall.SIGSTOP:
			sig = int(ws.StopSignal())
		}
		if ws.Stopped() {
			_ = syscall.PtraceSyscall(tid, sig) // a thread that is gone by now
		}
		tid, err = syscall.Wait4(-1, &ws, syscall.WALL, nil)
		if err != nil {
			return met, err
		}
		if tid == pid && (ws.Exited() || ws.Signaled()) {
			return met, nil
		}
	}
}

// Whatever system call the program is killed at, or that fails, each file is what
// it was or what it should be at once, and all of them are after the next start.
// tools/faults.sh does the same to the whole program, at many more points.
func TestKilledOrFailedAtAnyCallAllFilesAreOldOrAllAreNew(t *testing.T) {
	applied := filepath.Join(t.TempDir(), "applied")
	layGround(t, applied)
	old := groundTexts(t, applied)
	if met, err := runUnder(applied, false, fault{n: 1 << 30}); errors.Is(err, errNoTracing) {
		t.Skip(err)
	} else if met || err != nil {
		t.Fatal(met, err)
	}
	changed := groundTexts(t, applied)
	if slices.Equal(old, changed) {
		t.Fatal("the transaction did nothing")
	}
	points := 0
	for _, undo := range []bool{false, true} {
		from, to := old, changed
		if undo {
			from, to = changed, old
		}
		for _, f := range []fault{{}, {errno: syscall.ENOSPC}, {errno: syscall.EACCES}, {errno: syscall.EIO}, {errno: syscall.ENOSPC, on: true}} {
			step := 1
			if f.errno != 0 {
				step = 9 // the others are tools/faults.sh's
			}
			for f.n = 1 + int(f.errno)%step; f.n < 300; f.n += step {
				dir := filepath.Join(t.TempDir(), "d")
				if undo {
					if err := os.CopyFS(dir, os.DirFS(applied)); err != nil {
						t.Fatal(err)
					}
					moveJournals(t, dir, applied)
				} else {
					layGround(t, dir)
				}
				met, err := runUnder(dir, undo, f)
				if err != nil {
					t.Fatal(err)
				}
				if !met {
					break
				}
				points++
				judge(t, fmt.Sprintf("undo %v, %+v", undo, f), dir, undo, from, to)
				os.RemoveAll(dir)
				if t.Failed() {
					return
				}
			}
		}
	}
	t.Log(points, "points")
	if points < 150 {
		t.Errorf("only %d points", points)
	}
}

// moveJournals makes the copied history one of dir's own files. Its records are
// sealed, and name the files of where it was made.
func moveJournals(t *testing.T, dir, from string) {
	t.Helper()
	h := groundHistory(dir)
	list, err := h.List()
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	steps, err := h.open(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range steps {
		steps[i].Path = strings.Replace(steps[i].Path, from, dir, 1)
	}
	seal, err := h.sealer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.record(seal, journal{Record: list[0], Steps: steps}); err != nil {
		t.Fatal(err)
	}
}

func judge(t *testing.T, what, dir string, undo bool, from, to []string) {
	t.Helper()
	for i, now := range groundTexts(t, dir) {
		if now != from[i] && now != to[i] {
			t.Errorf("%s: %s is torn: %q", what, ground[i].name, now)
		}
	}
	locks, _ := filepath.Glob(filepath.Join(dir, "*.lock"))
	for _, l := range locks { // ten seconds go by
		old := time.Now().Add(-11 * time.Second)
		os.Chtimes(l, old, old)
	}
	h := groundHistory(dir)
	if _, err := h.Recover(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	now := groundTexts(t, dir)
	if !slices.Equal(now, from) && !slices.Equal(now, to) {
		t.Errorf("%s: neither all old nor all new: %q", what, now)
	}
	filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			t.Error(err)
			return err
		}
		n := e.Name()
		if strings.Contains(n, ".journal") || strings.Contains(n, ".lock.") || strings.HasSuffix(n, ".tmp") && !strings.HasPrefix(n, ".secrets.age.") && !strings.HasPrefix(n, ".identity.txt.") /* swept at the next key */ {
			t.Errorf("%s: left %s", what, path)
		}
		return nil
	})
	list, _ := h.List()
	if slices.Equal(now, from) {
		if err := transact(dir, undo); err != nil || !slices.Equal(groundTexts(t, dir), to) {
			t.Errorf("%s: again: %v", what, err)
		}
	} else if undo && (len(list) != 2 || !list[1].Undone) || !undo && len(list) != 1 {
		t.Errorf("%s: done, and listed as %+v", what, list)
	}
}
