//go:build unix && !darwin

package tray

import (
	"context"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"fyne.io/systray"
	"github.com/godbus/dbus/v5"
)

// iconKind is the kind of picture the system takes.
const iconKind = ".png"

// currentPanel says what the icon is shown on now.
func currentPanel() panel { return panelFor(os.Getenv("XDG_CURRENT_DESKTOP")) }

// setIcon shows the picture. systray panics (prop.Properties.SetMust) when the
// bus has gone: there is no tray any more then, and the rest of the program
// goes on.
func setIcon(picture []byte) {
	defer func() {
		if gone := recover(); gone != nil {
			log.Print("tray: ", gone)
		}
	}()
	systray.SetIcon(picture)
}

// literal is the label as the system wants it, to be shown as it is: its own
// mark for a letter to press is doubled.
func literal(label string) string { return strings.ReplaceAll(label, "_", "__") }

// prepare tells systray, before it runs, what it can't be told later. Here: the
// title becomes the item's Id; tap handlers stay unset, so that a click opens
// the menu; and icon and tooltip are there when the item first shows.
func (t *tray) prepare() {
	systray.SetTitle(Name)
	t.drawIcon(statusOf(t.state), currentPanel())
	t.drawTooltip(tooltipFor(t.state, t.said()))
	t.drawn = true
}

// HasHost reports whether the desktop shows tray icons now. It may begin to
// later, and Run's icon then appears by itself.
func HasHost() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return false
	}
	var owned bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, "org.kde.StatusNotifierWatcher").Store(&owned)
	return err == nil && owned
}

// notices shows notifications, each in place of the one before.
type notices struct {
	mu   sync.Mutex
	last uint32
}

// show shows one, where somebody shows notifications.
func (n *notices) show(title, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	conn, err := dbus.SessionBus() // systray's
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	call := conn.Object("org.freedesktop.Notifications", "/org/freedesktop/Notifications").CallWithContext(
		ctx, "org.freedesktop.Notifications.Notify", 0,
		Name, n.last, "", title, text, []string{}, map[string]dbus.Variant{}, int32(-1))
	var id uint32
	if call.Store(&id) == nil {
		n.last = id
	}
}
