package launch

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of sys/proc.h.
const zombie = 5

// processes lists what lives on this computer, without zombies.
func processes() []running {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	var list []running
	for _, p := range all {
		if r, ok := runningOf(&p); ok {
			list = append(list, r)
		}
	}
	return list
}

func runningOf(p *unix.KinfoProc) (running, bool) {
	begun := p.Proc.P_starttime
	return running{int(p.Proc.P_pid), int(p.Eproc.Ppid), int(p.Eproc.Pgid), uint64(begun.Sec)*1e6 + uint64(begun.Usec)}, p.Proc.P_stat != zombie
}

// processOf is the one process, false where it is gone or a zombie.
func processOf(pid int) (running, bool) {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return running{}, false
	}
	return runningOf(p)
}

// carries reports whether the process was started with this variable. The system
// hides the environment of its own programs; those are found by group and parent.
func carries(pid int, variable string) bool {
	env, err := unix.SysctlRaw("kern.procargs2", pid)
	return err == nil && bytes.Contains(env, []byte(variable))
}

// hasOwnPlace is never so here: launchd starts the programs a user opens, they
// are no descendants of the server.
func hasOwnPlace(int) bool { return false }

// executable is this program.
func executable() (string, error) { return os.Executable() }
