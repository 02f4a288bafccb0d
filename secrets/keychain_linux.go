package secrets

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

var reachOnce = sync.OnceValue(func() error {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return nil
	}
	// A client may have stripped the environment: the session bus is then at the
	// place systemd and dbus-user-session give it. Without this go-keyring's D-Bus
	// library would start a bus of its own, with dbus-launch, and find nothing there.
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), filepath.Join("/run/user", strconv.Itoa(os.Getuid()))} {
		bus := filepath.Join(dir, "bus")
		if i, err := os.Stat(bus); dir != "" && err == nil && i.Mode()&os.ModeSocket != 0 {
			return os.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+bus)
		}
	}
	return fmt.Errorf("%w: no session bus", ErrUnavailable)
})

// reach makes sure that there is a session bus to ask.
func reach() error { return reachOnce() }
