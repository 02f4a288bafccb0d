package clients

import (
	"path/filepath"
	"strings"
)

// A place is written "~/x" (below the account's folder), "config:x" (below
// ~/.config or what XDG_CONFIG_HOME says, on every system), "support:x" (where the
// system keeps programs' data), "user:Product" (an editor's user data) or
// "path:name" (a command).

func (s System) place(text string) string {
	kind, rest, _ := strings.Cut(text, ":")
	parts := strings.Split(rest, "/")
	switch kind {
	case "config":
		return s.config(parts...)
	case "support":
		return s.support(parts...)
	case "user":
		return filepath.Join(append([]string{userFolder(s, parts[0])}, parts[1:]...)...)
	}
	return s.home(strings.Split(strings.TrimPrefix(text, "~/"), "/")...)
}

// config is below ~/.config, which many command line programs use on every system.
func (s System) config(parts ...string) string {
	base := s.Getenv("XDG_CONFIG_HOME")
	if base == "" {
		base = s.home(".config")
	}
	return filepath.Join(append([]string{base}, parts...)...)
}

// place is a client's one file: the first that is there, else the first.
func place(list ...string) func(System) []string {
	return func(s System) []string {
		for _, p := range list {
			if full := s.place(p); exists(full) {
				return []string{full}
			}
		}
		return []string{s.place(list[0])}
	}
}

// has reports whether one of the places is there.
func has(list ...string) func(System) bool {
	return func(s System) bool {
		for _, p := range list {
			if name, ok := strings.CutPrefix(p, "path:"); ok && s.onPath(name) || !ok && exists(s.place(p)) {
				return true
			}
		}
		return false
	}
}

// named are processes of these names, without the helpers that Chromium starts.
func named(names ...string) func(System, Process) bool {
	return func(_ System, p Process) bool {
		for _, n := range names {
			if isProgram(p, n) && !isChild(p) {
				return true
			}
		}
		return false
	}
}

// typed is an entry that says its type first.
func typed(kind string) func(string, string, []string) []member {
	return func(_, command string, args []string) []member {
		return []member{{"type", kind, false}, {"command", command, false}, {"args", args, false}}
	}
}

// local is an entry as opencode and Kilo Code spell it: one list.
func local(_, command string, args []string) []member {
	return []member{{"type", "local", false}, {"command", append([]string{command}, args...), false}}
}
