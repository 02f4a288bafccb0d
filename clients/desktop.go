package clients

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Claude Desktop. It reads its file once, at its start, and writes all of it
// from memory afterwards, also while it quits. Source: bundle traces by
// aaddrick/claude-desktop-debian, docs/learnings/config-wipe-guard.md.

const desktopConfig = "claude_desktop_config.json"

// desktopFolders lists where Claude Desktop may keep its data: its own folder, those
// of further profiles (--user-data-dir, by custom Claude-NAME beside it) and of its
// mode with another provider, Claude-3p.
func desktopFolders(s System) []string {
	if dir := s.Getenv("CLAUDE_USER_DATA_DIR"); dir != "" {
		return []string{dir}
	}
	if s.OS != "windows" {
		return append([]string{s.support("Claude")}, glob(s.support("Claude-*"))...)
	}
	local := s.env("LOCALAPPDATA")
	var packages []string
	for _, family := range []string{"Claude_*", "AnthropicPBC.Claude_*"} {
		packages = append(packages, glob(filepath.Join(local, "Packages", family))...)
	}
	// In the order of its own search; the classic folder last, so that it is not
	// taken for a packaged install's that has not run yet: making it may switch
	// where a fresh install keeps its data.
	var list []string
	for _, p := range packages {
		list = append(list, filepath.Join(local, "Claude-Data", strings.ToLower(filepath.Base(p))))
	}
	list = append(list, filepath.Join(local, "Claude-Data"))
	for _, p := range packages {
		list = append(list, filepath.Join(p, "LocalCache", "Roaming", "Claude"))
	}
	list = append(list, filepath.Join(s.env("APPDATA"), "Claude"))
	list = append(list, glob(filepath.Join(s.env("APPDATA"), "Claude-*"))...)
	list = append(list, glob(filepath.Join(local, "Claude-3p"))...)
	for _, p := range packages {
		list = append(list, glob(filepath.Join(p, "LocalCache", "Local", "Claude-3p"))...)
	}
	return list
}

// desktopFiles puts the folder first in which the app last ran: the one whose
// Chromium file "Local State" is newest. A folder without one was only written
// to by somebody else.
func desktopFiles(s System) []string {
	folders := desktopFolders(s)
	ran := func(dir string) time.Time {
		i, err := os.Stat(filepath.Join(dir, "Local State"))
		if err != nil {
			return time.Time{}
		}
		return i.ModTime()
	}
	rank := func(dir string) int {
		switch {
		case !ran(dir).IsZero():
			return 0
		case exists(filepath.Join(dir, desktopConfig)):
			return 1
		case s.OS == "windows" && strings.Contains(dir, "Packages"):
			return 2 // installed, never run
		}
		return 3
	}
	slices.SortStableFunc(folders, func(a, b string) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		return ran(b).Compare(ran(a))
	})
	if s.OS == "windows" && rank(folders[0]) == 3 {
		folders = []string{filepath.Join(s.env("APPDATA"), "Claude")}
	}
	var list []string
	for _, f := range folders {
		list = append(list, filepath.Join(f, desktopConfig))
	}
	return list
}

// desktopInstalled looks for the program: its settings folder alone proves
// nothing, unless the app has run in it.
func desktopInstalled(s System) bool {
	for _, f := range desktopFolders(s) {
		if exists(filepath.Join(f, "Local State"), filepath.Join(f, desktopConfig)) {
			return true
		}
	}
	switch s.OS {
	case "darwin":
		return exists(s.system("/Applications/Claude.app"), s.home("Applications", "Claude.app"))
	case "windows":
		return exists(filepath.Join(s.env("LOCALAPPDATA"), "AnthropicClaude", "claude.exe")) || desktopFamily(s) != ""
	}
	return exists(s.system("/usr/bin/claude-desktop"), s.system("/usr/lib/claude-desktop")) || desktopLauncher(s) != ""
}

// desktopFamily is the name of the installed package, "" for a classic install.
func desktopFamily(s System) string {
	for _, p := range []string{"Claude_*", "AnthropicPBC.Claude_*"} {
		for _, dir := range glob(filepath.Join(s.env("LOCALAPPDATA"), "Packages", p)) {
			return filepath.Base(dir)
		}
	}
	return ""
}

// desktopLauncher is the app's desktop file on Linux, without its ending.
func desktopLauncher(s System) string {
	for _, dir := range []string{s.home(".local", "share", "applications"), s.system("/usr/local/share/applications"), s.system("/usr/share/applications")} {
		for _, name := range []string{"com.anthropic.Claude", "claude-desktop", "claude-desktop-unofficial"} {
			if exists(filepath.Join(dir, name+".desktop")) {
				return name
			}
		}
	}
	return ""
}

// isDesktopPath reports whether a path is inside the app. Claude Code is also
// called claude, and the app ships a copy of it.
func isDesktopPath(path string) bool {
	p := strings.ReplaceAll(path, `\`, "/")
	for _, part := range []string{"/Claude.app/", "/AnthropicClaude/", "/WindowsApps/Claude_", "/WindowsApps/AnthropicPBC.Claude_", "/usr/lib/claude-desktop"} {
		if strings.Contains(p, part) {
			return true
		}
	}
	return false
}

func isDesktop(s System, p Process) bool {
	path := strings.ReplaceAll(p.Path, `\`, "/")
	switch s.OS {
	case "darwin":
		return strings.HasSuffix(path, "/Claude.app/Contents/MacOS/Claude") && !strings.Contains(path, "/claude-code/")
	case "windows":
		return isDesktopPath(path) && base(path) == "claude" && !strings.Contains(path, "/claude-code/")
	}
	return strings.HasPrefix(path, s.system("/usr/lib/claude-desktop")) && base(path) == "claude-desktop" && !isChild(p)
}

// quitDesktop asks it to quit the way each system has for that.
func quitDesktop(s System, list []Process) error {
	if s.OS == "darwin" {
		if s.start("/usr/bin/osascript", "-e", `tell application id "com.anthropic.claudefordesktop" to quit`) == nil {
			return nil
		} // without the right to automate it (-1743), SIGTERM quits it cleanly too
	}
	var errs []error
	for _, p := range list {
		errs = append(errs, s.end(p.PID))
	}
	if slices.Contains(errs, nil) {
		return nil // on Windows every helper has the app's name; the main one has the window
	}
	return errors.Join(errs...)
}

func openDesktop(s System) error {
	switch s.OS {
	case "darwin":
		return s.start("/usr/bin/open", "-b", "com.anthropic.claudefordesktop")
	case "windows":
		// Not the program in WindowsApps itself: without its package's identity it
		// can't update.
		if f := desktopFamily(s); f != "" {
			return s.detach("explorer.exe", `shell:AppsFolder\`+f+"!Claude")
		}
		return s.detach(filepath.Join(s.env("LOCALAPPDATA"), "AnthropicClaude", "claude.exe"))
	}
	if name := desktopLauncher(s); name != "" && s.start("gtk-launch", name) == nil {
		return nil
	}
	return s.detach(s.system("/usr/bin/claude-desktop"))
}
