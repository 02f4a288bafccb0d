//go:build desktop && linux

// Package desktop_test checks the throw-away desktop itself, so that a failing
// desktop test is the program's fault and not the desktop's.
package desktop_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"mcp-companion/tools/trayhost/host"

	"github.com/godbus/dbus/v5"
)

func TestDesktopHasEverything(t *testing.T) {
	if os.Getenv("DISPLAY") == "" {
		t.Error("no display")
	}
	conn, err := host.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, name := range []string{"org.freedesktop.secrets", "org.kde.StatusNotifierWatcher"} {
		var owned bool
		if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil || !owned {
			t.Errorf("nobody is %s: %v", name, err)
		}
	}
}

func TestDesktopKeyringIsUnlocked(t *testing.T) {
	store := exec.Command("secret-tool", "store", "--label=session test", "service", "session-test")
	store.Stdin = strings.NewReader("value")
	if out, err := store.CombinedOutput(); err != nil {
		t.Fatalf("store: %v: %s", err, out)
	}
	out, err := exec.Command("secret-tool", "lookup", "service", "session-test").Output()
	if err != nil || string(out) != "value" {
		t.Errorf("lookup: %v: %q", err, out)
	}
}

func TestDesktopBusIsAtItsStandardAddress(t *testing.T) {
	path := "/run/user/" + strconv.Itoa(os.Getuid()) + "/bus"
	target, err := os.Readlink(path)
	if err != nil || "unix:path="+target != os.Getenv("DBUS_SESSION_BUS_ADDRESS") {
		t.Skipf("%s is another session's", path)
	}
	conn, err := dbus.Connect("unix:path=" + path)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
