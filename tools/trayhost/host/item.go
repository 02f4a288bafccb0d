package host

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// Item is one tray item on the bus.
type Item struct {
	conn *dbus.Conn
	dest string
	path dbus.ObjectPath
}

// Items lists the registered items by asking the watcher on conn's bus, ours
// or a real panel's.
func Items(conn *dbus.Conn) ([]string, error) {
	v, err := conn.Object(watcherName, watcherPath).GetProperty(watcherName + ".RegisteredStatusNotifierItems")
	if err != nil {
		return nil, err
	}
	list, _ := v.Value().([]string)
	return list, nil
}

// Wait returns the first registered item, waiting up to limit for one.
func Wait(conn *dbus.Conn, limit time.Duration) (*Item, error) {
	var item *Item
	err := poll(limit, func() error {
		list, err := Items(conn)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errors.New("no tray item is registered")
		}
		dest, path, _ := strings.Cut(list[0], "/")
		item = &Item{conn: conn, dest: dest, path: dbus.ObjectPath("/" + path)}
		return nil
	})
	return item, err
}

// poll calls try until it returns nil, at most for limit; then its last error.
func poll(limit time.Duration, try func() error) error {
	end := time.Now().Add(limit)
	for {
		err := try()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after %v: %w", limit, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (it *Item) object() dbus.BusObject { return it.conn.Object(it.dest, it.path) }

// Prop reads one property of the item.
func (it *Item) Prop(name string) (any, error) {
	v, err := it.object().GetProperty(itemIface + "." + name)
	return v.Value(), err
}

type pixmap struct {
	W, H int32
	Data []byte
}

// ToolTip returns the tooltip's title and text.
func (it *Item) ToolTip() (string, error) {
	v, err := it.object().GetProperty(itemIface + ".ToolTip")
	if err != nil {
		return "", err
	}
	var tip struct {
		Icon    string
		Pixmaps []pixmap
		Title   string
		Text    string
	}
	if err := v.Store(&tip); err != nil {
		return "", err
	}
	return strings.TrimSpace(tip.Title + " " + tip.Text), nil
}

// Icon returns the first picture of IconPixmap (ARGB32, network byte order).
func (it *Item) Icon() (*image.NRGBA, error) {
	v, err := it.object().GetProperty(itemIface + ".IconPixmap")
	if err != nil {
		return nil, err
	}
	var list []pixmap
	if err := v.Store(&list); err != nil {
		return nil, err
	}
	if len(list) == 0 || list[0].W == 0 {
		return nil, errors.New("the item has no IconPixmap")
	}
	p := list[0]
	img := image.NewNRGBA(image.Rect(0, 0, int(p.W), int(p.H)))
	for i := 0; i+3 < len(p.Data); i += 4 {
		x, y := i/4%int(p.W), i/4/int(p.W)
		img.SetNRGBA(x, y, color.NRGBA{A: p.Data[i], R: p.Data[i+1], G: p.Data[i+2], B: p.Data[i+3]})
	}
	return img, nil
}

// Activate is what a panel sends on a left click.
func (it *Item) Activate() error {
	return it.object().Call(itemIface+".Activate", 0, int32(0), int32(0)).Err
}

// ContextMenu is what a panel may send on a right click.
func (it *Item) ContextMenu() error {
	return it.object().Call(itemIface+".ContextMenu", 0, int32(0), int32(0)).Err
}
