package launch

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// blockingPipe is os.Pipe with ends whose reads and writes block their thread.
func blockingPipe() (r, w *os.File, err error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := syscall.Pipe(p[:]); err != nil {
		return nil, nil, os.NewSyscallError("pipe", err)
	}
	syscall.CloseOnExec(p[0])
	syscall.CloseOnExec(p[1])
	return os.NewFile(uintptr(p[0]), "|0"), os.NewFile(uintptr(p[1]), "|1"), nil
}

// enlarge and shrink are nothing here: the system fits pipes to their use.
func enlarge(*os.File, int) int      { return 0 }
func shrink(f *os.File, _ *int) bool { return true }

// closeStdout lets go of the client's stdout. Its number stays taken: the next
// file opened would else be stdout.
func closeStdout() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		unix.Dup2(int(null.Fd()), 1)
		null.Close()
	}
}

// parentGone is closed when parent, the process that started us, has ended.
func parentGone(parent int) <-chan struct{} {
	if parent <= 1 {
		return nil
	}
	gone := make(chan struct{})
	queue, err := unix.Kqueue()
	if err != nil {
		go watchParent(parent, gone)
		return gone
	}
	unix.CloseOnExec(queue)
	wanted := []unix.Kevent_t{{Ident: uint64(parent), Filter: unix.EVFILT_PROC, Flags: unix.EV_ADD | unix.EV_ONESHOT, Fflags: unix.NOTE_EXIT}}
	if _, err := unix.Kevent(queue, wanted, nil, nil); err != nil || os.Getppid() != parent {
		go watchParent(parent, gone) // another user's process can't be watched
		return gone
	}
	go func() {
		for {
			if n, err := unix.Kevent(queue, nil, make([]unix.Kevent_t, 1), nil); n > 0 || err != unix.EINTR {
				close(gone)
				return
			}
		}
	}()
	return gone
}
