package tray

import (
	"context"
	"os/exec"
	"time"

	"fyne.io/systray"
)

// iconKind is the kind of picture the system takes.
const iconKind = ".png"

// currentPanel says what the icon is shown on now.
func currentPanel() panel { return template }

// setIcon shows the picture.
func setIcon(picture []byte) { systray.SetTemplateIcon(picture, picture) }

// literal is the label as the system wants it, to be shown as it is.
func literal(label string) string { return label }

// prepare tells systray, before it runs, what it can't be told later. Here:
// nothing, any click opens the menu.
func (t *tray) prepare() {}

// HasHost reports whether the desktop shows tray icons now.
func HasHost() bool { return true }

// notices shows notifications.
type notices struct{}

// show shows one, as far as the system lets a program without a bundle.
func (*notices) show(title, text string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// The texts are arguments: nothing in them is read as script.
	exec.CommandContext(ctx, "osascript",
		"-e", "on run argv", "-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run",
		"--", title, text).Run()
}
