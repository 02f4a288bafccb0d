// Package host is a StatusNotifier watcher and host for tests and scripts: it
// owns org.kde.StatusNotifierWatcher on a session bus, lets tray items
// register, reads an item's properties and its com.canonical.dbusmenu menu,
// and clicks in it. It needs no display and no panel.
//
// Its rule: what a program changes is waited for by polling with a limit, for
// an item registers before its menu is filled.
package host

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/introspect"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	itemIface   = "org.kde.StatusNotifierItem"
	itemPath    = "/StatusNotifierItem"
	menuIface   = "com.canonical.dbusmenu"
)

const watcherXML = `<node><interface name="org.kde.StatusNotifierWatcher">
<method name="RegisterStatusNotifierItem"><arg name="service" type="s" direction="in"/></method>
<method name="RegisterStatusNotifierHost"><arg name="service" type="s" direction="in"/></method>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
<signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
<signal name="StatusNotifierItemUnregistered"><arg type="s"/></signal>
<signal name="StatusNotifierHostRegistered"/>
</interface>` + introspect.IntrospectDataString + `</node>`

// Connect opens a connection of its own to the environment's session bus.
func Connect() (*dbus.Conn, error) {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		return nil, errors.New("DBUS_SESSION_BUS_ADDRESS is not set: run inside dbus-run-session")
	}
	return dbus.ConnectSessionBus()
}

// Watcher implements org.kde.StatusNotifierWatcher.
type Watcher struct {
	conn *dbus.Conn

	mu    sync.Mutex
	items []string // "busname/path", as KDE's watcher lists them
}

// StartWatcher takes the watcher's name on conn's bus and keeps it until conn
// is closed.
func StartWatcher(conn *dbus.Conn) (*Watcher, error) {
	w := &Watcher{conn: conn}
	if err := w.export(); err != nil {
		return nil, err
	}
	if err := w.followOwners(); err != nil {
		return nil, err
	}
	reply, err := conn.RequestName(watcherName, dbus.NameFlagDoNotQueue)
	if err != nil {
		return nil, err
	}
	if reply != dbus.RequestNameReplyPrimaryOwner {
		return nil, fmt.Errorf("%s is already owned on this bus", watcherName)
	}
	return w, nil
}

func (w *Watcher) export() error {
	for iface, object := range map[string]any{
		watcherName:                           w,
		"org.freedesktop.DBus.Properties":     properties{w},
		"org.freedesktop.DBus.Introspectable": introspect.Introspectable(watcherXML),
	} {
		if err := w.conn.Export(object, watcherPath, iface); err != nil {
			return err
		}
	}
	return nil
}

// properties is org.freedesktop.DBus.Properties of a Watcher.
type properties struct{ watcher *Watcher }

// Get is the D-Bus method.
func (p properties) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	if v, ok := p.all()[name]; ok {
		return v, nil
	}
	return dbus.Variant{}, dbus.MakeFailedError(errors.New("no such property: " + name))
}

// GetAll is the D-Bus method.
func (p properties) GetAll(iface string) (map[string]dbus.Variant, *dbus.Error) { return p.all(), nil }

func (p properties) all() map[string]dbus.Variant {
	p.watcher.mu.Lock()
	defer p.watcher.mu.Unlock()
	return map[string]dbus.Variant{
		"RegisteredStatusNotifierItems":  dbus.MakeVariant(append([]string{}, p.watcher.items...)),
		"IsStatusNotifierHostRegistered": dbus.MakeVariant(true),
		"ProtocolVersion":                dbus.MakeVariant(int32(0)),
	}
}

// followOwners drops the items of a program that leaves the bus. Its goroutine
// ends with the connection, which closes the channel.
func (w *Watcher) followOwners() error {
	err := w.conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"))
	if err != nil {
		return err
	}
	signals := make(chan *dbus.Signal, 64)
	w.conn.Signal(signals)
	go func() {
		for s := range signals {
			if s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) < 3 {
				continue
			}
			name, _ := s.Body[0].(string)
			if owner, _ := s.Body[2].(string); owner == "" {
				w.drop(name)
			}
		}
	}()
	return nil
}

func (w *Watcher) drop(owner string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kept []string
	for _, item := range w.items {
		if !strings.HasPrefix(item, owner+"/") {
			kept = append(kept, item)
			continue
		}
		w.conn.Emit(watcherPath, watcherName+".StatusNotifierItemUnregistered", item)
	}
	w.items = kept
}

// RegisterStatusNotifierItem is the D-Bus method; service is a bus name or an
// object path.
func (w *Watcher) RegisterStatusNotifierItem(service string, sender dbus.Sender) *dbus.Error {
	item := string(sender) + itemPath
	if strings.HasPrefix(service, "/") {
		item = string(sender) + service
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(w.items, item) {
		return nil
	}
	w.items = append(w.items, item)
	w.conn.Emit(watcherPath, watcherName+".StatusNotifierItemRegistered", item)
	return nil
}

// RegisterStatusNotifierHost is the D-Bus method.
func (w *Watcher) RegisterStatusNotifierHost(string) *dbus.Error { return nil }
