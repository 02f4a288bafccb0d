//go:build unix && !darwin

package tray

import (
	"context"
	"log"
	"os"
	"slices"
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
	stayRegistered(t.ctx)
}

// Names of the StatusNotifierItem specification, as KDE's and all after it spell them.
const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemPath    = "/StatusNotifierItem"
)

// stayRegistered has a host that comes show the icon. systray does, too, but misses
// one that comes just while it begins to wait, as at login: it asks the bus to tell
// before it listens. Until ctx ends or the bus goes.
func stayRegistered(ctx context.Context) {
	conn, err := dbus.SessionBus() // systray's
	if err != nil {
		return
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	err = conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcherName))
	if err != nil {
		return
	}
	go func() {
		defer conn.RemoveSignal(signals)
		look := time.After(settle)
		for {
			select {
			case <-ctx.Done():
				return
			case s, ok := <-signals:
				if !ok {
					return
				}
				if isNewOwner(s) {
					look = time.After(settle)
				}
			case <-look:
				registerMissing(ctx, conn)
			}
		}
	}()
}

// isNewOwner reports whether a watcher came: the body is its name, the old owner and
// the new one.
func isNewOwner(s *dbus.Signal) bool {
	if s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) < 3 || s.Body[0] != watcherName {
		return false
	}
	owner, _ := s.Body[2].(string)
	return owner != ""
}

// registerMissing registers the icon where the watcher doesn't have it.
func registerMissing(ctx context.Context, conn *dbus.Conn) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	watcher := conn.Object(watcherName, watcherPath)
	var v dbus.Variant
	var items []string
	err := watcher.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, watcherName, "RegisteredStatusNotifierItems").Store(&v)
	if err != nil || v.Store(&items) != nil {
		return // there is none
	}
	for _, name := range conn.Names() {
		if slices.ContainsFunc(items, func(item string) bool { return item == name || strings.HasPrefix(item, name+"/") }) {
			return
		}
	}
	_ = watcher.CallWithContext(ctx, watcherName+".RegisterStatusNotifierItem", 0, itemPath).Err // the next one may take it
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
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, watcherName).Store(&owned)
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
