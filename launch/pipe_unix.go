//go:build unix

package launch

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// again reports whether err only says that f was not ready, and waits until it
// is. A client may make a descriptor it shares with us non-blocking at any time.
func again(f *os.File, err error, write bool) bool {
	if !errors.Is(err, syscall.EAGAIN) {
		return false
	}
	event := int16(unix.POLLIN)
	if write {
		event = unix.POLLOUT
	}
	control(f, func(fd int) {
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: event}}, -1)
			if err != unix.EINTR {
				return
			}
		}
	})
	return true
}

// control calls use with f's descriptor, which f.Fd would make blocking for all
// who share it.
func control(f *os.File, use func(fd int)) {
	if c, err := f.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { use(int(fd)) })
	}
}

func endingSignals() []os.Signal {
	var list []os.Signal
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // what the client had us ignore (nohup) stays so
			list = append(list, s)
		}
	}
	return list
}

var brokenPipe = []os.Signal{syscall.SIGPIPE}

// watchParent looks now and then, where the system can't tell.
func watchParent(parent int, gone chan<- struct{}) {
	for os.Getppid() == parent {
		time.Sleep(500 * time.Millisecond)
	}
	close(gone)
}
