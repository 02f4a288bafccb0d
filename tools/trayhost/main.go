// Command trayhost drives the first StatusNotifier tray item of a session bus,
// from a script:
//
//	trayhost serve                 be the tray host until ended (no panel needed)
//	trayhost show                  the item's id, title, tooltip and menu as text
//	trayhost icon FILE.png         save the item's icon
//	trayhost click LABEL [SUB...]  click a menu entry by its labels
//	trayhost activate              what a left click on the icon sends
package main

import (
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/signal"
	"syscall"
	"time"

	"mcp-companion/tools/trayhost/host"

	"github.com/godbus/dbus/v5"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "trayhost:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("which of serve, show, icon, click, activate?")
	}
	conn, err := host.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	if args[0] == "serve" {
		return serve(conn)
	}
	it, err := host.Wait(conn, 10*time.Second)
	if err != nil {
		return err
	}
	switch args[0] {
	case "show":
		return show(it)
	case "icon":
		return saveIcon(it, args[1:])
	case "click":
		return it.Click(args[1:]...)
	case "activate":
		return it.Activate()
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func serve(conn *dbus.Conn) error {
	if _, err := host.StartWatcher(conn); err != nil {
		return err
	}
	fmt.Println("ready")
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt, syscall.SIGTERM)
	<-end
	return nil
}

func show(it *host.Item) error {
	for _, name := range []string{"Id", "Title", "Status", "ItemIsMenu"} {
		v, err := it.Prop(name)
		if err != nil {
			return fmt.Errorf("property %s: %w", name, err)
		}
		fmt.Printf("%-12s%v\n", name, v)
	}
	tip, err := it.ToolTip()
	if err != nil {
		return err
	}
	fmt.Printf("%-12s%s\n", "ToolTip", tip)
	menu, err := it.Menu()
	if err != nil {
		return err
	}
	fmt.Print(menu)
	return nil
}

func saveIcon(it *host.Item, args []string) error {
	if len(args) != 1 {
		return errors.New("icon wants one file name")
	}
	img, err := it.Icon()
	if err != nil {
		return err
	}
	f, err := os.Create(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	return png.Encode(f, img)
}
