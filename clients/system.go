package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// System is the computer as the clients see it. Here is the real one; a test
// gives another, so that every system's paths are tried on each.
type System struct {
	OS     string // as runtime.GOOS
	Home   string // the account's folder
	Root   string // before system folders, "" but in tests
	Getenv func(string) string

	// Processes lists what runs; nil means this computer's.
	Processes func() []Process
	// Policy reads a yes or no that an organisation has set for an app; nil means for
	// real.
	Policy func(bundle, app, name string) (value, set bool)
	// Start runs a program and waits for it; Detach starts one that stays. Nil means
	// for real.
	Start  func(name string, args ...string) error
	Detach func(name string, args ...string) error
	// Browser opens an address in the user's browser; nil means for real.
	Browser func(address string) error
	// End asks a process to end (SIGTERM; on Windows the messages that end a
	// session). Nil means for real.
	End func(pid int) error
}

// Process is one running program.
type Process struct {
	PID  int
	Path string   // of its program
	Args []string // where the system tells; the first is the program
}

// This is the real computer.
func This() System {
	home, _ := os.UserHomeDir()
	return System{OS: runtime.GOOS, Home: home, Getenv: os.Getenv}
}

func (s System) processes() []Process {
	if s.Processes != nil {
		return s.Processes()
	}
	return processes()
}

func (s System) policy(bundle, app, name string) (value, set bool) {
	if s.Policy != nil {
		return s.Policy(bundle, app, name)
	}
	if s.OS != runtime.GOOS {
		return false, false
	}
	return policy(bundle, app, name)
}

func (s System) start(name string, args ...string) error {
	if s.Start != nil {
		return s.Start(name, args...)
	}
	return exec.Command(name, args...).Run()
}

func (s System) detach(name string, args ...string) error {
	if s.Detach != nil {
		return s.Detach(name, args...)
	}
	return detach(name, args)
}

// Spawn starts a program that outlives this one.
func (s System) Spawn(name string, args ...string) error { return s.detach(name, args...) }

// Run runs a program to its end.
func (s System) Run(name string, args ...string) error { return s.start(name, args...) }

// Browse opens an address in the user's browser, as a list of arguments: no shell
// sees it.
func (s System) Browse(address string) error {
	if s.Browser != nil {
		return s.Browser(address)
	}
	switch s.OS {
	case "darwin":
		return s.start("/usr/bin/open", address)
	case "windows":
		return s.start("rundll32.exe", "url.dll,FileProtocolHandler", address)
	}
	return s.detach("xdg-open", address)
}

// Once is s with the list of processes taken now, for several questions at once.
func (s System) Once() System {
	list := sync.OnceValue(s.processes)
	s.Processes = list
	return s
}

func (s System) end(pid int) error {
	if s.End != nil {
		return s.End(pid)
	}
	return end(pid)
}

// env is the variable's value, or what follows from the account: clients and
// desktops strip the environment.
func (s System) env(name string) string {
	if v := s.Getenv(name); v != "" {
		return v
	}
	switch name {
	case "APPDATA":
		return filepath.Join(s.Home, "AppData", "Roaming")
	case "LOCALAPPDATA":
		return filepath.Join(s.Home, "AppData", "Local")
	case "PROGRAMFILES":
		return `C:\Program Files`
	case "XDG_CONFIG_HOME":
		return filepath.Join(s.Home, ".config")
	}
	return ""
}

// support is where programs keep their data: Application Support, %APPDATA%,
// ~/.config.
func (s System) support(parts ...string) string {
	base := s.env("XDG_CONFIG_HOME")
	switch s.OS {
	case "darwin":
		base = filepath.Join(s.Home, "Library", "Application Support")
	case "windows":
		base = s.env("APPDATA")
	}
	return filepath.Join(append([]string{base}, parts...)...)
}

func (s System) home(parts ...string) string {
	return filepath.Join(append([]string{s.Home}, parts...)...)
}

// system is a place outside the account's folder.
func (s System) system(path string) string { return s.Root + path }

// glob lists what matches; only the last part of path is a pattern.
func glob(path string) []string {
	dir, pattern := filepath.Split(path)
	entries, _ := os.ReadDir(filepath.Clean(dir))
	var list []string
	for _, e := range entries {
		if ok, _ := filepath.Match(pattern, e.Name()); ok {
			list = append(list, filepath.Join(dir, e.Name()))
		}
	}
	return list
}

func exists(paths ...string) bool {
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			return true
		}
	}
	return false
}

// onPath reports whether a program of this name is in PATH or where installers
// put programs of the account's.
func (s System) onPath(name string) bool {
	names := []string{name}
	if s.OS == "windows" {
		names = []string{name + ".exe", name + ".cmd"} // npm writes the second
	}
	for _, dir := range append(filepath.SplitList(s.Getenv("PATH")), s.home(".local", "bin"), s.home(".npm-global", "bin"), s.home("bin")) {
		for _, n := range names {
			if dir != "" && exists(filepath.Join(dir, n)) {
				return true
			}
		}
	}
	return false
}

// base is a path's last part, with either system's separator, in lower case and
// without .exe.
func base(path string) string {
	path = path[strings.LastIndexAny(path, `/\`)+1:]
	return strings.TrimSuffix(strings.ToLower(path), ".exe")
}
