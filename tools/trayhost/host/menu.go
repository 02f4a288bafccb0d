package host

import (
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// Node is one menu entry, or the menu itself.
type Node struct {
	ID       int32
	Label    string
	Type     string // "" or "separator"
	Enabled  bool
	Visible  bool
	Toggle   string // "checkmark", "radio" or ""
	Checked  bool
	HasIcon  bool
	Children []*Node
}

// Menu reads the whole menu. fyne.io/systray answers the first GetLayout with
// depth 1 only, so a submenu that came back empty is asked for by its own id.
func (it *Item) Menu() (*Node, error) {
	menu, err := it.menuObject()
	if err != nil {
		return nil, err
	}
	return readLayout(menu, 0)
}

func (it *Item) menuObject() (dbus.BusObject, error) {
	v, err := it.Prop("Menu")
	if err != nil {
		return nil, err
	}
	path, _ := v.(dbus.ObjectPath)
	return it.conn.Object(it.dest, path), nil
}

// WaitFor polls the menu, at most for limit, until ok says yes.
func (it *Item) WaitFor(limit time.Duration, ok func(*Node) bool) (*Node, error) {
	var menu *Node
	err := poll(limit, func() (err error) {
		menu, err = it.Menu()
		if err == nil && !ok(menu) {
			err = fmt.Errorf("the menu is not as awaited:\n%v", menu)
		}
		return err
	})
	return menu, err
}

// Click sends the "clicked" event for the entry with these labels, from the
// menu's root: Click("Accounts", "Work").
func (it *Item) Click(labels ...string) error {
	root, err := it.Menu()
	if err != nil {
		return err
	}
	n := root.Find(labels...)
	if n == nil {
		return fmt.Errorf("no menu entry %q in\n%v", labels, root)
	}
	if !n.Enabled || !n.Visible {
		return fmt.Errorf("menu entry %q is disabled or hidden", labels)
	}
	menu, err := it.menuObject()
	if err != nil {
		return err
	}
	return menu.Call(menuIface+".Event", 0, n.ID, "clicked", dbus.MakeVariant(int32(0)), uint32(time.Now().Unix())).Err
}

// Find walks labels from n: Find("Accounts", "Work"). It returns nil when there
// is no such entry; a nil n has none.
func (n *Node) Find(labels ...string) *Node {
	if n == nil || len(labels) == 0 {
		return n
	}
	for _, c := range n.Children {
		if c.Label == labels[0] {
			return c.Find(labels[1:]...)
		}
	}
	return nil
}

// String draws the menu as a user sees it, as indented text: hidden entries are
// left out.
func (n *Node) String() string {
	if n == nil {
		return "(no menu)"
	}
	var b strings.Builder
	for _, c := range n.Children {
		c.draw(&b, 0)
	}
	return b.String()
}

func (n *Node) draw(b *strings.Builder, depth int) {
	if !n.Visible {
		return
	}
	fmt.Fprintf(b, "%s%s %s\n", strings.Repeat("    ", depth), n.mark(), n.text())
	for _, c := range n.Children {
		c.draw(b, depth+1)
	}
}

func (n *Node) mark() string {
	switch {
	case n.Toggle == "":
		return "   "
	case n.Checked:
		return "[x]"
	}
	return "[ ]"
}

func (n *Node) text() string {
	text := n.Label
	if n.Type == "separator" {
		text = "--------"
	}
	if !n.Enabled {
		text += "  (disabled)"
	}
	if n.HasIcon {
		text += "  (icon)"
	}
	return text
}

// layout is com.canonical.dbusmenu's (ia{sv}av).
type layout struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

func readLayout(menu dbus.BusObject, id int32) (*Node, error) {
	var revision uint32
	var l layout
	if err := menu.Call(menuIface+".GetLayout", 0, id, int32(-1), []string{}).Store(&revision, &l); err != nil {
		return nil, err
	}
	return l.node(menu)
}

func (l layout) node(menu dbus.BusObject) (*Node, error) {
	if d, ok := l.Props["children-display"]; ok && d.Value() == "submenu" && len(l.Children) == 0 {
		return readLayout(menu, l.ID)
	}
	n := &Node{ID: l.ID, Enabled: true, Visible: true}
	n.take(l.Props)
	for _, raw := range l.Children {
		var child layout
		if err := raw.Store(&child); err != nil {
			return nil, err
		}
		c, err := child.node(menu)
		if err != nil {
			return nil, err
		}
		n.Children = append(n.Children, c)
	}
	return n, nil
}

// take sets what the properties say; the others keep dbusmenu's defaults.
func (n *Node) take(props map[string]dbus.Variant) {
	for name, v := range props {
		switch name {
		case "label":
			n.Label, _ = v.Value().(string)
		case "type":
			n.Type, _ = v.Value().(string)
		case "enabled":
			n.Enabled, _ = v.Value().(bool)
		case "visible":
			n.Visible, _ = v.Value().(bool)
		case "toggle-type":
			n.Toggle, _ = v.Value().(string)
		case "toggle-state":
			state, _ := v.Value().(int32)
			n.Checked = state == 1
		case "icon-data":
			data, _ := v.Value().([]byte)
			n.HasIcon = len(data) > 0
		}
	}
}
