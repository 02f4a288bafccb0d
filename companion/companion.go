// Package companion is the app without its face: the State anyone may show, and
// every action anyone may take. Tray, window and commands are separate
// processes and equals; what they share is in files, watched.
//
// Its rules:
//   - an action is computed as a Proposal, which can be shown, and then applied as
//     one Transaction; nothing else writes a client's file;
//   - secrets go to the store before the library, the library before the clients:
//     an interruption leaves nothing that names a missing thing;
//   - ChangeLock is held while files are written, never while a person or a client
//     is waited for.
package companion

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"mcp-companion/clients"
	"mcp-companion/configs/history"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
)

// Limits of what an action waits for.
const (
	lockLimit     = 20 * time.Second // another's transaction
	storeLimit    = 60 * time.Second // the keychain may ask its user
	quitLimit     = 60 * time.Second // a client that was asked to quit
	probeLimit    = 60 * time.Second // a server's start, where it sets none itself
	sweepEvery    = 30 * time.Second // a look at what can't be watched
	sweepClosely  = time.Second      // the same, while a window is open
	quitLookEvery = 250 * time.Millisecond
)

// Companion is the app without its face. Its methods may block (disk, keychain,
// a client that quits): never call them on a window's thread. They are safe from
// any goroutine.
type Companion struct {
	home   files.Home
	system clients.System
	exe    string
	open   func() (secrets.Store, error)
	inside func() string // the package this process runs in

	// closely looks at all clients' files, and every second: a window is open.
	closely bool

	// libraryOnly leaves the clients' files for a later `apply`.
	libraryOnly bool

	workFactor int // of a backup's passphrase; 0 for the usual one

	last *lastGood
	seen *looked
	past *past
}

// lastGood is the last library that could be read: it stays in use while the
// file is broken.
type lastGood struct {
	sync.Mutex
	lib *servers.Library
}

// Options are what main hands in.
type Options struct {
	Home   files.Home
	System clients.System
	// Store opens the chosen store. It is asked anew for each action: another
	// process may have chosen.
	Store func() (secrets.Store, error)
	Exe   string // this program's path
}

// New makes a Companion. It touches nothing.
func New(o Options) *Companion {
	return &Companion{home: o.Home, system: o.System, exe: o.Exe, open: o.Store, inside: insidePackage, last: &lastGood{}, seen: &looked{}, past: newPast()}
}

// LibraryOnly is c for who changes the library now and the clients' files later.
func (c *Companion) LibraryOnly() *Companion {
	l := *c
	l.libraryOnly = true
	return &l
}

// Closely is c for a window that is open: its States tell of every client's
// entries, and of a change outside within a second. Otherwise only the files of
// managed clients are read. On macOS, where the system asks its user before a
// program looks into another one's folders, an unmanaged client's are read once
// LookInto was called for it.
func (c *Companion) Closely() *Companion {
	l := *c
	l.closely = true
	return &l
}

// Home is where everything of ours lies.
func (c *Companion) Home() files.Home { return c.home }

// Library is the library as it is now.
func (c *Companion) Library() (*servers.Library, error) {
	lib, err := servers.Load(c.home)
	if err != nil {
		return nil, err
	}
	c.last.Lock()
	c.last.lib = lib
	c.last.Unlock()
	return lib, nil
}

// libraryToShow is the library, or the last good one with what is wrong with it.
func (c *Companion) libraryToShow() (*servers.Library, error) {
	lib, err := c.Library()
	if err == nil {
		return lib, nil
	}
	c.last.Lock()
	defer c.last.Unlock()
	return c.last.lib, err
}

// store is the chosen one; a choice that can't be read is met at its first use.
func (c *Companion) store() secrets.Store {
	s, err := c.open()
	if err != nil {
		return secrets.Broken{Err: err}
	}
	return s
}

func (c *Companion) history(lib *servers.Library) history.History {
	return history.History{Home: c.home, Store: c.store(), Key: secrets.Ref{Library: lib.ID, ID: "history"}}
}

// locked runs f while no other process changes anything. What an interrupted
// transaction left is taken back first.
func (c *Companion) locked(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	lock, err := files.WaitLock(ctx, c.home.ChangeLock())
	if err != nil {
		return busy(err, c.home.ChangeLock())
	}
	defer lock.Unlock()
	if _, err := c.history(&servers.Library{}).Recover(); err != nil {
		return err
	}
	return f()
}

// Recover takes back what an interrupted transaction left, if there is one; every
// action does so first.
func (c *Companion) Recover(ctx context.Context) error {
	if len(files.Ending(c.home.History(), ".journal")) == 0 {
		return nil
	}
	return c.locked(ctx, func() error { return nil })
}

// lean is the path of mcp-companion, whichever of the programs this is.
func (c *Companion) lean() string {
	name := leanName()
	if filepath.Base(c.exe) == name {
		return c.exe
	}
	if beside := filepath.Join(filepath.Dir(c.exe), name); isFile(beside) {
		return beside
	}
	return c.exe
}

// leanName is what the launcher is called: an entry is known as ours by it.
func leanName() string {
	if runtime.GOOS == "windows" {
		return "mcp-companion.exe"
	}
	return "mcp-companion"
}

func isFile(path string) bool {
	i, err := os.Stat(path)
	return err == nil && i.Mode().IsRegular()
}

// staying are the folders that packages install into: a program there stays.
var staying = map[string][]string{
	"linux":   {"/usr/", "/opt/", "/nix/", "/snap/"},
	"darwin":  {"/Applications/", "/opt/", "/usr/local/"},
	"windows": {`C:\Program Files`},
}

// launcher is what clients' entries start, and whether it is a copy of ours that
// has to be made first.
func (c *Companion) launcher() (l clients.Launcher, isCopy bool) {
	if !c.home.IsDefault() {
		l.Home = string(c.home)
	}
	path, name := c.lean(), leanName()
	for _, dir := range staying[runtime.GOOS] {
		if strings.HasPrefix(path, dir) && filepath.Base(path) == name {
			l.Path = filepath.Join(shortFolder(filepath.Dir(path)), name)
			return l, false
		}
	}
	l.Path = filepath.Join(shortFolder(string(c.home)), "bin", name)
	return l, path != filepath.Join(c.home.Bin(), name)
}

// launcherNow is what clients' entries start, for who only reads.
func (c *Companion) launcherNow() clients.Launcher {
	l, _ := c.launcher()
	return l
}

// keepLauncher makes the copy that clients start what this program is. Callers
// hold the ChangeLock.
func (c *Companion) keepLauncher() (err error) {
	l, isCopy := c.launcher()
	if !isCopy {
		return nil
	}
	from := c.lean()
	a, err := os.Stat(from)
	if err != nil {
		return err
	}
	if b, err := os.Stat(l.Path); err == nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) {
		return nil
	}
	files.Sweep(l.Path)
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(l.Path), 0o700); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // a program that runs can be renamed, not replaced
		aside := l.Path + ".old"
		if os.Remove(aside) != nil && isFile(aside) { // that one runs too
			aside += "-" + files.NewID()
		}
		if os.Rename(l.Path, aside) == nil {
			defer func() {
				if err != nil { // clients start it: an older one is better than none
					_ = os.Rename(aside, l.Path)
				}
			}()
		}
	}
	if err := files.WriteFile(l.Path, data, 0o755); err != nil {
		return err
	}
	return os.Chtimes(l.Path, a.ModTime(), a.ModTime())
}
