package companion

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"mcp-companion/files"
	"mcp-companion/words"
)

// asked is ask/window.json: a page another process wants shown.
type asked struct {
	Page string    `json:"page"`
	At   time.Time `json:"at"`
}

// OpenWindow shows the window at page ("servers", "servers/NAME", "sets",
// "apps", "add"; "" for where it was), starting it or raising the one there is.
func (c *Companion) OpenWindow(page string) error {
	if files.IsLocked(c.home.WindowLock()) {
		data, err := json.Marshal(asked{page, time.Now().UTC()})
		if err != nil {
			return err
		}
		if err := files.WriteOwn(c.home.AskWindow(), append(data, '\n')); err != nil {
			return err
		}
		if !c.closing() {
			return nil
		}
	}
	name := "mcp-companion-window"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(filepath.Dir(c.exe), name)
	if !isFile(path) {
		return words.New(words.WindowMissing, nil)
	}
	args := []string{"window"}
	if page != "" {
		args = append(args, page)
	}
	return c.system.Spawn(path, args...)
}

// closing reports whether the window that was asked is just being closed, and
// will not answer: its lock comes free.
func (c *Companion) closing() bool {
	for range 15 {
		if !files.IsLocked(c.home.WindowLock()) {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

// StartTray starts the tray in a process of its own, unless there is one.
func (c *Companion) StartTray() error {
	if files.IsLocked(c.home.TrayLock()) || c.lean() == c.exe {
		return nil
	}
	return c.system.Spawn(c.lean(), "tray")
}

// Asked calls show with every page another process wants shown, until stop. It
// is for the process that holds the window.
func (c *Companion) Asked(show func(page string)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	dir := filepath.Dir(c.home.AskWindow())
	_ = os.MkdirAll(dir, 0o700)
	since := time.Now().UTC()
	_ = files.Watch(ctx, []string{dir}, func([]string) {
		var a asked
		data, err := os.ReadFile(c.home.AskWindow())
		if err == nil && json.Unmarshal(data, &a) == nil && a.At.After(since) {
			since = a.At
			show(a.Page)
		}
	})
	return cancel
}
