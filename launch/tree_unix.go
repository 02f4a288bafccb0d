//go:build unix

package launch

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tree is a server and all it started.
type tree struct {
	group int    // the process group, and the id of its first process
	mark  string // the session's id, in the environment of all
}

// startTree starts the program as the first process of a new tree.
func startTree(path string, args []string, attr *os.ProcAttr, mark string) (*os.Process, tree, error) {
	attr.Sys = &syscall.SysProcAttr{Setpgid: true}
	p, err := os.StartProcess(path, append([]string{path}, args...), attr)
	if errors.Is(err, syscall.ENOEXEC) {
		// A script without a first line: execvp, and so the clients, hand it to sh.
		p, err = os.StartProcess("/bin/sh", append([]string{"sh", path}, args...), attr)
	}
	if err != nil {
		return nil, tree{}, err
	}
	return p, tree{group: p.Pid, mark: mark}, nil
}

// become replaces this process by the server. It returns only where that fails.
func (p *Plan) become() error {
	if p.Dir != "" {
		if err := os.Chdir(p.Dir); err != nil {
			return err
		}
	}
	err := syscall.Exec(p.Path, append([]string{p.Path}, p.Args...), p.Env)
	if errors.Is(err, syscall.ENOEXEC) {
		err = syscall.Exec("/bin/sh", append([]string{"sh", p.Path}, p.Args...), p.Env)
	}
	return &os.PathError{Op: "exec", Path: p.Path, Err: err}
}

// exitOf says how the process ended.
func exitOf(state *os.ProcessState, err error) Exit {
	if err != nil {
		return Exit{Code: 1}
	}
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return Exit{Code: 128 + int(s.Signal()), Signal: unix.SignalName(s.Signal())}
	}
	return Exit{Code: state.ExitCode()}
}

// pass hands a signal of the client's on to the server's group.
func (t tree) pass(s os.Signal) {
	if sig, ok := s.(syscall.Signal); ok {
		syscall.Kill(-t.group, sig)
	}
}

// terminate asks the tree to end, kill makes it; neither waits.
func (t tree) terminate() { t.send(syscall.SIGTERM) }
func (t tree) kill()      { t.send(syscall.SIGKILL) }

func (t tree) send(sig syscall.Signal) {
	list := t.members()
	syscall.Kill(-t.group, sig)
	for _, p := range list {
		if p.group != t.group {
			syscall.Kill(p.pid, sig)
		}
	}
}

// end terminates the tree, kills what stays, and waits for it, not for ever.
func (t tree) end() {
	if !t.gone(syscall.SIGTERM, guardTerm) {
		t.gone(syscall.SIGKILL, guardKill)
	}
}

// gone sends sig, 0 for none, to every process of the tree, to those too that
// begin meanwhile, and reports whether all have ended within limit.
func (t tree) gone(sig syscall.Signal, limit time.Duration) bool {
	sent := map[int]bool{}
	until := time.Now().Add(limit)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 40*time.Millisecond) {
		left := t.members()
		if len(left) == 0 {
			return true
		}
		for _, p := range left {
			if sig != 0 && !sent[p.pid] {
				sent[p.pid] = true
				syscall.Kill(p.pid, sig)
			}
		}
		if time.Now().After(until) {
			return false
		}
		time.Sleep(pause)
	}
}

// running is a living process as the system lists it.
type running struct{ pid, parent, group int }

// members lists the tree's living processes: the group, what carries the mark,
// and what descends from either. What left the group and was given a place of its
// own by the desktop (a browser that a sign-in opened) is the user's, not ours.
func (t tree) members() []running {
	var list []running
	in := map[int]bool{t.group: true}
	all := processes()
	add := func(belongs func(running) bool) (grown bool) {
		for i, p := range all {
			if p.pid > 0 && belongs(p) {
				in[p.pid], grown = true, true
				list = append(list, p)
				all[i].pid = 0
			}
		}
		return grown
	}
	self := os.Getpid()
	add(func(p running) bool { return p.group == t.group })
	add(func(p running) bool {
		return p.pid != self && carries(p.pid, markName+"="+t.mark) && !hasOwnPlace(p.pid)
	})
	for add(func(p running) bool { return in[p.parent] && p.pid != self && !hasOwnPlace(p.pid) }) {
	}
	return list
}
