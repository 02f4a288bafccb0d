package doctor

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"mcp-companion/launch"
)

// Computer is what the doctor asks of a computer, so that every system's ways are
// tried on each. Stat, Names, Text and Now must be there.
type Computer struct {
	OS      string // as runtime.GOOS
	Home    string // the account's folder
	Environ []string

	Stat  func(path string) (fs.FileInfo, error)
	Names func(dir string) []string // of what lies in a folder
	Text  func(path string) string  // of a small file
	Open  func(dir string) error    // whether a folder may be read; nil for unknown
	Free  func(port int) bool       // whether nobody listens on this port of the computer itself; nil for unknown
	Now   func() time.Time

	// Run runs a program for its version and returns what it printed; ctx limits it.
	// Nil for unknown.
	Run func(ctx context.Context, program string, args ...string) (string, error)
	// Docker reports whether Docker answers: nil when it does, fs.ErrPermission where
	// the account may not ask it. Nil for unknown.
	Docker func(ctx context.Context) error
}

// This is the computer we run on.
func This() Computer {
	home, _ := os.UserHomeDir()
	return Computer{
		OS: runtime.GOOS, Home: home, Environ: os.Environ(),
		Stat: os.Stat, Names: names, Text: text, Open: open, Free: free, Now: time.Now,
		Run: run, Docker: docker,
	}
}

func names(dir string) []string {
	list, _ := os.ReadDir(dir)
	all := make([]string, len(list))
	for i, e := range list {
		all[i] = e.Name()
	}
	return all
}

func text(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

func open(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = f.Readdirnames(1); err != nil && errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// free tries to listen, which asks nobody else.
func free(port int) bool {
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// versionLimit is how long a program may take to say its version.
const versionLimit = 3 * time.Second

func run(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second // what it started may hold its pipe
	hide(cmd)
	out, err := cmd.Output()
	return string(out), err
}

// dockerLimit is how long Docker may take to answer a knock.
const dockerLimit = time.Second

// docker knocks at Docker's socket, the one DOCKER_HOST names or the usual ones.
func docker(ctx context.Context) error {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return knock(ctx, host)
	}
	var err error
	for _, host := range dockerHosts() {
		if e := knock(ctx, host); e == nil {
			return nil
		} else if err == nil || errors.Is(e, fs.ErrPermission) {
			err = e
		}
	}
	return err
}

func dockerHosts() []string {
	if runtime.GOOS == "windows" {
		return []string{"npipe:////./pipe/docker_engine"}
	}
	home, _ := os.UserHomeDir()
	list := []string{"unix:///var/run/docker.sock"}
	for _, below := range []string{".docker/run/docker.sock", ".docker/desktop/docker.sock", ".colima/default/docker.sock", ".orbstack/run/docker.sock", ".rd/docker.sock"} {
		list = append(list, "unix://"+filepath.Join(home, below))
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		list = append(list, "unix://"+filepath.Join(dir, "docker.sock"))
	}
	return list
}

func knock(ctx context.Context, host string) error {
	kind, place, _ := strings.Cut(host, "://")
	switch kind {
	case "npipe": // a named pipe opens like a file
		f, err := os.OpenFile(filepath.FromSlash(place), os.O_RDWR, 0)
		if err == nil {
			f.Close()
		}
		return err
	case "unix", "tcp":
		d := net.Dialer{Timeout: dockerLimit}
		c, err := d.DialContext(ctx, kind, place)
		if err == nil {
			c.Close()
		}
		return err
	}
	return nil // over ssh: docker itself knows the way
}

// getenv is the variable's value, "" for none.
func (pc Computer) getenv(name string) string {
	for i := len(pc.Environ) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(pc.Environ[i], "="); ok && (k == name || pc.OS == "windows" && strings.EqualFold(k, name)) {
			return v
		}
	}
	return ""
}

// look is the launcher's look-up, for this computer.
func (pc Computer) look() launch.Look {
	mode := func(path string) (fs.FileMode, error) {
		i, err := pc.Stat(path)
		if err != nil {
			return 0, err
		}
		return i.Mode(), nil
	}
	return launch.LookAt(pc.OS, pc.Home, pc.Environ, mode, pc.Names, pc.Text)
}

func (pc Computer) exists(path string) bool {
	_, err := pc.Stat(path)
	return err == nil
}

func (pc Computer) isDir(path string) bool {
	i, err := pc.Stat(path)
	return err == nil && i.IsDir()
}

// isAbs reports whether path says its place whole, on this computer's system.
func (pc Computer) isAbs(path string) bool {
	if pc.OS != "windows" {
		return strings.HasPrefix(path, "/")
	}
	return strings.HasPrefix(path, `\\`) || len(path) > 2 && path[1] == ':' && strings.ContainsRune(`\/`, rune(path[2]))
}

// join puts a path together as this computer's system spells one.
func (pc Computer) join(dir string, parts ...string) string {
	sep := "/"
	if pc.OS == "windows" {
		sep = `\`
	}
	for _, p := range parts {
		dir = strings.TrimRight(dir, sep) + sep + p
	}
	return dir
}

// folder is the path without its last part.
func folder(path string) string {
	if i := strings.LastIndexAny(path, `/\`); i > 0 {
		return path[:i]
	}
	return path
}

// base is a path's last part, in lower case and without what Windows appends to
// the names of programs.
func base(path string) string {
	path = strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	for _, end := range []string{".exe", ".cmd", ".bat", ".ps1"} {
		path = strings.TrimSuffix(path, end)
	}
	return path
}

// Tilde is the path with ~ for the account's folder, as sentences and reports show
// it.
func (pc Computer) Tilde(path string) string {
	home := strings.TrimRight(pc.Home, `/\`)
	rest, ok := strings.CutPrefix(path, home)
	if home == "" || !ok || rest != "" && rest[0] != '/' && rest[0] != '\\' {
		return path
	}
	return "~" + rest
}
