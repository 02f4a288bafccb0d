//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"mcp-companion/app"
	"mcp-companion/assets"
	"mcp-companion/companion"
	"mcp-companion/files"
	"mcp-companion/tray"
	"mcp-companion/words"
)

// The window's program. It knows the commands too, and is no place for `run`: it
// needs a display's libraries to start at all.

// start is the program without arguments: the window, and the tray beside it.
func start(ctx context.Context, c *companion.Companion) int {
	if err := c.StartTray(); err != nil {
		fmt.Fprintln(os.Stderr, words.For(err)) // the window does what the clock does
	}
	return window(ctx, c, "")
}

// window shows the window at page until it is closed. There is one at a time: a
// second one raises the first.
func window(ctx context.Context, c *companion.Companion, page string) int {
	lock, err := files.TryLock(c.Home().WindowLock())
	if errors.Is(err, files.ErrLocked) {
		return show(c, page)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, words.For(err))
		return 1
	}
	defer lock.Unlock()
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		fmt.Fprintln(os.Stderr, words.New(words.NoDisplay, nil))
		return 1
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go c.RunClock(ctx) // waits while the tray runs it

	picture, err := assets.Icons.ReadFile("icons/app.png")
	if err != nil {
		panic(err) // embedded: only a broken build has none
	}
	icon := fyne.NewStaticResource("icon.png", picture)
	a := fyneapp.NewWithID("app.mcpcompanion.MCPCompanion")
	a.SetIcon(icon)
	c = c.Closely()
	settings, _ := companion.ReadSettings(c.Home()) // what is wrong with it is said in the window
	app.SpeakFyne()
	w := app.New(a, c, app.Options{Icon: icon, TextSize: settings.Size()})
	w.Fyne().SetOnClosed(stop)
	// Past its end Fyne runs what it is given at once, wherever that is, and GLFW
	// panics: nothing is given to it any more then.
	do := func(f func()) {
		if ctx.Err() == nil {
			fyne.Do(f)
		}
	}
	a.Lifecycle().SetOnStarted(func() {
		c.Subscribe(func(s companion.State) {
			if s.Problem == nil && !tray.HasHost() {
				s.Problem = words.New(words.NoTray, nil)
			}
			do(func() { w.Render(s) })
		})
		c.Asked(func(page string) { do(func() { w.Show(page) }) })
		go quitAtHangup(a)
	})
	if page == "" && c.IsFirstStart() {
		page = "welcome"
	}
	w.Show(page)
	a.Run()
	return 0
}

// quitAtHangup ends the app when the session does. Interrupt and termination it
// hears itself, and must not be told twice.
func quitAtHangup(a fyne.App) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	<-hangup
	fyne.Do(a.Quit)
}
