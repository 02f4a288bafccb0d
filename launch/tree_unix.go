//go:build unix

package launch

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tree is a server and all it started.
type tree struct {
	group int    // the process group, and the id of its first process
	mark  string // the session's id, in the environment of all
	begun uint64 // when that process began: what is older is none of it
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
	return p, treeOf(p.Pid, mark), nil
}

// treeOf is the tree whose first process is group.
func treeOf(group int, mark string) tree {
	first, _ := processOf(group)
	return tree{group, mark, first.begun}
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

// gone sends sig, 0 for none, to every process of the tree, and reports whether
// all have ended within limit. The system's list is read only at the beginning and
// when those found have ended: a client that dies leaves many guards at once.
func (t tree) gone(sig syscall.Signal, limit time.Duration) bool {
	until := time.Now().Add(limit)
	left := t.members()
	for pause := 5 * time.Millisecond; len(left) > 0; pause = min(2*pause, 40*time.Millisecond) {
		for _, p := range left {
			if sig != 0 {
				syscall.Kill(p.pid, sig)
			}
		}
		for len(left) > 0 {
			if time.Now().After(until) {
				return false
			}
			time.Sleep(pause)
			left = slices.DeleteFunc(left, func(p running) bool { return !lives(p) })
		}
		left = t.members() // those that began meanwhile
	}
	return true
}

// running is a living process as the system lists it. begun is in the system's
// own unit, 0 where it is not told.
type running struct {
	pid, parent, group int
	begun              uint64
}

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
	self, reused := os.Getpid(), t.isReused(all)
	add(func(p running) bool { return p.group == t.group && !reused })
	add(func(p running) bool {
		return p.pid != self && p.begun >= t.begun && carries(p.pid, markName+"="+t.mark) && !hasOwnPlace(p.pid)
	})
	for add(func(p running) bool { return in[p.parent] && p.pid != self && !hasOwnPlace(p.pid) }) {
	}
	return list
}

// isReused reports whether the group's number was given to another process
// since. Groups end with their last member, so then nobody of ours is in it.
func (t tree) isReused(all []running) bool {
	return slices.ContainsFunc(all, func(p running) bool { return p.pid == t.group && p.begun != t.begun })
}

// lives reports whether p is still there, itself and not one with its number.
func lives(p running) bool {
	now, ok := processOf(p.pid)
	return ok && now.begun == p.begun
}
