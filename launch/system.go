package launch

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strings"
)

// system is what a Plan depends on of a computer: its kind, the client's
// environment, and its disk. Everything made of it is pure, so that each system's
// ways are tested on every system.
type system struct {
	goos string
	env  []string
	cwd  func() string
	home func() string // the account's folder, where the environment tells none
	disk
}

// disk is what is asked of a disk. What can't be read is not there.
type disk struct {
	mode  func(path string) (fs.FileMode, error)
	names func(dir string) []string
	text  func(path string) string
}

// thisSystem is the computer we run on, with the client's environment.
func thisSystem(environ []string) *system {
	return &system{
		goos: runtime.GOOS,
		env:  environ,
		cwd:  func() string { d, _ := os.Getwd(); return d },
		home: func() string {
			if u, err := user.Current(); err == nil {
				return u.HomeDir
			}
			return ""
		},
		disk: disk{
			mode: func(path string) (fs.FileMode, error) {
				i, err := os.Stat(path)
				if err != nil {
					return 0, err
				}
				return i.Mode(), nil
			},
			names: func(dir string) []string {
				list, _ := os.ReadDir(dir)
				names := make([]string, len(list))
				for i, e := range list {
					names[i] = e.Name()
				}
				return names
			},
			text: func(path string) string { b, _ := os.ReadFile(path); return string(b) },
		},
	}
}

func (s *system) windows() bool { return s.goos == "windows" }

func (s *system) isDir(path string) bool {
	m, err := s.mode(path)
	return err == nil && m.IsDir()
}

// same reports whether a and b are one variable's name, or one folder, here.
func (s *system) same(a, b string) bool {
	return a == b || s.windows() && strings.EqualFold(a, b)
}

// get is the value of the client's variable name, "" for none.
func (s *system) get(name string) string {
	for _, kv := range slices.Backward(s.env) { // the last one counts
		if k, v, ok := strings.Cut(kv, "="); ok && s.same(k, name) {
			return v
		}
	}
	return ""
}

// join puts path elements together, "" when the first is empty: a folder below
// an unknown one is unknown.
func (s *system) join(parts ...string) string {
	if parts[0] == "" {
		return ""
	}
	sep := "/"
	if s.windows() {
		sep = `\`
		for i, p := range parts {
			parts[i] = strings.ReplaceAll(p, "/", sep)
		}
	}
	for i, p := range parts[:len(parts)-1] {
		parts[i] = strings.TrimSuffix(p, sep)
	}
	return strings.Join(parts, sep)
}

// isAbs reports whether path says its place whole.
func (s *system) isAbs(path string) bool {
	if !s.windows() {
		return strings.HasPrefix(path, "/")
	}
	return strings.HasPrefix(path, `\\`) || len(path) > 2 && path[1] == ':' && isSlash(path[2])
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// hasFolder reports whether command names a place, not a program of the PATH.
func (s *system) hasFolder(command string) bool {
	return strings.Contains(command, "/") || s.windows() && strings.ContainsAny(command, `\:`)
}

// find returns the program that command starts: command itself where it names a
// place (below dir, when that is relative), else the first of path's folders that
// holds it. The error is fs.ErrNotExist, or fs.ErrPermission where there is only
// a file that may not be run.
func (s *system) find(command, dir string, path []string) (string, error) {
	if dir == "" || !s.isAbs(dir) {
		if wd := s.cwd(); dir == "" {
			dir = wd
		} else {
			dir = s.join(wd, dir)
		}
	}
	switch {
	case s.isAbs(command):
		return s.program(command)
	case s.hasFolder(command):
		return s.program(s.join(dir, command))
	}
	missing := error(fs.ErrNotExist)
	for _, folder := range path {
		if !s.isAbs(folder) {
			continue // "" and "." would start what lies about in the working folder
		}
		found, err := s.program(s.join(folder, command))
		if err == nil {
			return found, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			missing = err
		}
	}
	return "", missing
}

// program returns the file that is started for path: on Windows with the first
// of PATHEXT's endings it has, elsewhere itself.
func (s *system) program(path string) (string, error) {
	if !s.windows() {
		m, err := s.mode(path)
		switch {
		case err != nil:
			return "", err
		case m.IsDir():
			return "", fs.ErrNotExist
		case m&0o111 == 0:
			return "", &fs.PathError{Op: "run", Path: path, Err: fs.ErrPermission}
		}
		return path, nil
	}
	for _, end := range s.endings(path) {
		if m, err := s.mode(path + end); err == nil && !m.IsDir() {
			return path + end, nil
		}
	}
	return "", fs.ErrNotExist
}

// endings lists what may follow path on Windows. Beside npx.cmd lies an npx for
// other systems: a name without an ending is never a program.
func (s *system) endings(path string) []string {
	known := strings.Split(strings.ToLower(s.get("PATHEXT")), ";")
	if known[0] == "" {
		known = []string{".com", ".exe", ".bat", ".cmd"}
	}
	base := path[strings.LastIndexAny(path, `\/`)+1:]
	if dot := strings.LastIndexByte(base, '.'); dot >= 0 && slices.Contains(known, strings.ToLower(base[dot:])) {
		return append([]string{""}, known...)
	}
	return known
}

// environment is the server's: the client's, with this PATH, and own above all.
func (s *system) environment(path []string, own map[string]string) []string {
	var env []string
	replaced := func(name string) bool {
		if s.same(name, "PATH") || s.same(name, markName) {
			return true
		}
		for k := range own {
			if s.same(k, name) {
				return true
			}
		}
		return false
	}
	for _, kv := range s.env {
		// Windows keeps each drive's folder in a variable named "=C:".
		if name, _, ok := strings.Cut(kv, "="); ok && !replaced(name) {
			env = append(env, kv)
		}
	}
	for _, k := range sortedKeys(own) {
		if !s.same(k, "PATH") {
			env = append(env, k+"="+own[k])
		}
	}
	return append(env, "PATH="+strings.Join(path, s.listSeparator()))
}

func (s *system) listSeparator() string {
	if s.windows() {
		return ";"
	}
	return ":"
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
