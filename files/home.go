package files

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// Home is the folder that holds everything of ours.
type Home string

// FindHome returns the home folder: MCP_COMPANION_HOME when it is set; on
// Windows .mcp-companion in the profile, because a packaged AI app redirects
// AppData for the programs it starts; elsewhere the platform's configuration
// folder. It makes nothing.
func FindHome() (Home, error) {
	if dir := os.Getenv("MCP_COMPANION_HOME"); dir != "" {
		abs, err := filepath.Abs(dir)
		return Home(abs), err
	}
	if dir := os.Getenv("XDG_CONFIG_HOME"); runtime.GOOS != "windows" && runtime.GOOS != "darwin" && filepath.IsAbs(dir) {
		return Home(filepath.Join(dir, "mcp-companion")), nil
	}
	return DefaultHome()
}

// DefaultHome is the home folder that follows from the account alone. A client
// strips the environment of what it starts, so an entry for any other home
// has to name it.
func DefaultHome() (Home, error) {
	dir, err := accountDir()
	if err != nil {
		return "", err
	}
	switch runtime.GOOS {
	case "windows":
		return Home(filepath.Join(dir, ".mcp-companion")), nil
	case "darwin":
		return Home(filepath.Join(dir, "Library", "Application Support", "mcp-companion")), nil
	}
	return Home(filepath.Join(dir, ".config", "mcp-companion")), nil
}

func accountDir() (string, error) {
	if dir, err := os.UserHomeDir(); err == nil {
		return dir, nil
	}
	u, err := user.Current()
	if err != nil {
		return "", err
	}
	return u.HomeDir, nil
}

// IsDefault reports whether h is the DefaultHome.
func (h Home) IsDefault() bool {
	d, err := DefaultHome()
	return err == nil && filepath.Clean(string(h)) == filepath.Clean(string(d))
}

func (h Home) join(parts ...string) string {
	return filepath.Join(append([]string{string(h)}, parts...)...)
}

// The places in the home folder, each written as design and name say.

// Library is the file with servers, sets, secrets' labels and clients.
func (h Home) Library() string { return h.join("library.json") }

// Settings is the file with the program's own choices.
func (h Home) Settings() string { return h.join("settings.json") }

// Sessions holds one file for each running `run`, held locked by it.
func (h Home) Sessions() string { return h.join("sessions") }

// Reports holds one file a server: what the last probe found.
func (h Home) Reports() string { return h.join("reports") }

// Logs holds what is left of ended sessions of the server with this id.
func (h Home) Logs(id string) string { return h.join("logs", id) }

// Bin holds the copy of the launcher that clients start.
func (h Home) Bin() string { return h.join("bin") }

// Bundles is the folder that the programs of bundles are unpacked into.
func (h Home) Bundles() string { return h.join("bundles") }

// Pending holds what waits for a client's exit.
func (h Home) Pending() string { return h.join("pending") }

// History holds what we changed.
func (h Home) History() string { return h.join("history") }

// Grants holds one file a sign-in: what is public of it.
func (h Home) Grants() string { return h.join("grants") }

// AskWindow is the file with the page another process wants shown.
func (h Home) AskWindow() string { return h.join("ask", "window.json") }

// SecretsFile is the encrypted file, where it is the chosen store.
func (h Home) SecretsFile() string { return h.join("secrets.age") }

// Identity is the key of the encrypted file, unless settings name another place.
func (h Home) Identity() string { return h.join("identity.txt") }

// ChangeLock guards library, client files, history and pending. It is taken to
// write and never held while a person or a client is waited for.
func (h Home) ChangeLock() string { return h.join("locks", "change.lock") }

// ResidentLock is held by the process that runs the clock.
func (h Home) ResidentLock() string { return h.join("locks", "resident.lock") }

// TrayLock is held by the process that shows the tray.
func (h Home) TrayLock() string { return h.join("locks", "tray.lock") }

// WindowLock is held by the process that shows the window.
func (h Home) WindowLock() string { return h.join("locks", "window.lock") }

// GrantLock is held by the process that renews the grant with this id.
func (h Home) GrantLock(id string) string { return h.join("locks", "grant-"+id+".lock") }

// SignInLock is held while a user signs in: one sign-in at a time on this computer.
func (h Home) SignInLock() string { return h.join("locks", "sign-in.lock") }

// Make creates the home folder, readable by its owner alone.
func (h Home) Make() error { return os.MkdirAll(string(h), 0o700) }

// NewID returns 12 random hexadecimal digits. Ids name things whose names the
// user may change.
func NewID() string {
	var b [6]byte
	rand.Read(b[:]) // never fails: crypto/rand.Read, Go 1.24
	return hex.EncodeToString(b[:])
}
