package launch

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// blockingPipe is os.Pipe with ends whose reads and writes block their thread.
func blockingPipe() (r, w *os.File, err error) {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	return os.NewFile(uintptr(p[0]), "|0"), os.NewFile(uintptr(p[1]), "|1"), nil
}

// enlarge makes f hold size bytes, and returns what it held, 0 where nothing was
// changed: f is no pipe, it holds as much, or the user's pipes hold all they may.
func enlarge(f *os.File, size int) (was int) {
	control(f, func(fd int) {
		now, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
		if err != nil || now >= size {
			return
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size); err == nil {
			was = now
		}
	})
	return was
}

// shrink undoes enlarge; false means not yet, since f holds too much.
func shrink(f *os.File, was *int) bool {
	if *was == 0 {
		return true
	}
	done := false
	control(f, func(fd int) {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, *was)
		done = err != unix.EBUSY
	})
	if done {
		*was = 0
	}
	return done
}

// closeStdout lets go of the client's stdout. Its number stays taken: the next
// file opened would else be stdout.
func closeStdout() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		unix.Dup3(int(null.Fd()), 1, 0)
		null.Close()
	}
}

// parentGone is closed when parent, the process that started us, has ended.
func parentGone(parent int) <-chan struct{} {
	if parent <= 1 {
		return nil // nobody's, or a container's first process, with which all ends
	}
	gone := make(chan struct{})
	fd, err := unix.PidfdOpen(parent, 0)
	if os.Getppid() != parent {
		close(gone)
		return gone
	}
	if err != nil {
		go watchParent(parent, gone)
		return gone
	}
	go func() {
		for {
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
				close(gone)
				return
			}
		}
	}()
	return gone
}
