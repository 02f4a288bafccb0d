package launch

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// deadAfter is how long a connection may leave unacknowledged what was sent.
const deadAfter = 40 * time.Second

// findDead has the system give up a connection whose other end is gone, as after
// sleep or another network: what was sent would else be sent again for a quarter of
// an hour.
func findDead(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deadAfter.Milliseconds()))
	})
}
