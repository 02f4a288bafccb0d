package launch

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// promise is how long anything of a server may outlive launcher or client.
const promise = 2 * time.Second

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

// guards lists the guards of the sessions of run, or of its processes' children.
func guardsOf(parent int) (list []int) {
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
		"deaf setsid child":         {"setsid deaf"},
		"deaf server, all children": {"stay", "plain", "deaf", "setsid", "setsid deaf"},
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
				pids := append(l.pids(), guardsOf(l.cmd.Process.Pid)...)
				do(l, l.cmd.Process.Pid)
				allGone(t, append(pids, l.cmd.Process.Pid))
			})
		}
	}
}

func TestNothingIsLeftAfterTheClientWasKilled(t *testing.T) {
	for name, kinds := range map[string][]string{
		"alone":                     {},
		"deaf server, all children": {"stay", "plain", "deaf", "setsid", "setsid deaf"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startAs(t, "client", played(append([]string{"family"}, kinds...)...), nil)
			run, _ := strconv.Atoi(strings.TrimPrefix(l.line(), "run "))
			pids := append(l.pids(), run)
			pids = append(pids, guardsOf(run)...)
			l.cmd.Process.Kill()
			allGone(t, pids)
		})
	}
}
