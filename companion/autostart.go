package companion

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mcp-companion/files"
)

// Autostart reports whether the tray is started at login.
func (c *Companion) Autostart() bool {
	if c.system.OS == "windows" {
		return autostartIn(autostartName)
	}
	return isFile(c.autostartPath())
}

// SetAutostart has the tray started at login, or no longer: by a file in the
// account's folder for that, on Windows by a value of the registry. What stands there
// for another program is not touched.
func (c *Companion) SetAutostart(on bool) error {
	program := c.trayProgram()
	if c.system.OS == "windows" {
		return setAutostart(autostartName, `"`+program+`" tray`, on)
	}
	path := c.autostartPath()
	if !on {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text := desktopEntry(program)
	if c.system.OS == "darwin" {
		text = launchAgent(program)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return files.WriteFile(path, text, 0o644)
}

const autostartName = "MCP Companion"

// trayProgram is what runs the tray without a console.
func (c *Companion) trayProgram() string {
	if c.system.OS == "windows" {
		if p := filepath.Join(filepath.Dir(c.lean()), "mcp-companion-tray.exe"); isFile(p) {
			return p
		}
	}
	return c.lean()
}

// autostartPath is the file that has the tray started.
// Sources: freedesktop.org Desktop Application Autostart Specification; launchd.plist(5).
func (c *Companion) autostartPath() string {
	if c.system.OS == "darwin" {
		return filepath.Join(c.system.Home, "Library", "LaunchAgents", "app.mcpcompanion.tray.plist")
	}
	base := c.system.Getenv("XDG_CONFIG_HOME")
	if base == "" {
		base = filepath.Join(c.system.Home, ".config")
	}
	return filepath.Join(base, "autostart", "mcp-companion.desktop")
}

// desktopEntry quotes the program as the Desktop Entry Specification says: within
// double quotes, some signs behind a backslash, which itself is written twice in a
// string, and % doubled.
func desktopEntry(program string) []byte {
	quoted := strings.NewReplacer(`\`, `\\\\`, `"`, `\\"`, "`", "\\\\`", `$`, `\\$`, `%`, `%%`).Replace(program)
	return []byte("[Desktop Entry]\nType=Application\nName=MCP Companion\nIcon=mcp-companion\nExec=\"" + quoted + "\" tray\nX-GNOME-Autostart-enabled=true\n")
}

func launchAgent(program string) []byte {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(program)); err != nil {
		panic(err) // a buffer takes all
	}
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key><string>app.mcpcompanion.tray</string>
	<key>ProgramArguments</key><array><string>` + b.String() + `</string><string>tray</string></array>
	<key>RunAtLoad</key><true/>
	<key>ProcessType</key><string>Interactive</string>
</dict>
</plist>
`)
}
