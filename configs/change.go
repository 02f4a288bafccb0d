package configs

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"mcp-companion/files"
)

// ErrChanged says that a file is no longer what it was when the Change was made.
var ErrChanged = errors.New("the file changed in the meantime")

// ErrNoFile says that something else is in the file's place: a folder, a pipe, a
// link that leads back to itself.
var ErrNoFile = errors.New("this is no file")

// Change is one edit of one file: its bytes before and after.
type Change struct {
	Path    string // as the client names it; a link is followed when writing
	Format  Format
	Lock    LockKind
	Existed bool // there was a file
	Exists  bool // there will be one
	Before  []byte
	After   []byte
	Edits   []Edit
	New     fs.FileMode // the mode of a file that is made; 0 means 0600
}

// Read is a Change of the file at path that changes nothing yet, and its
// Document to edit; Done puts the edits into the Change. A missing file is an
// empty one. The error is a *SyntaxError or of the system.
func Read(path string, format Format) (*Change, Document, error) {
	c := &Change{Path: path, Format: format}
	data, err := readFile(path)
	switch {
	case err == nil:
		c.Existed, c.Exists, c.Before = true, true, data
	case !errors.Is(err, fs.ErrNotExist):
		return nil, nil, err
	}
	d, err := Parse(path, data, format)
	if err != nil {
		return nil, nil, err
	}
	c.After = c.Before
	return c, d, nil
}

// Done takes over what d was edited to.
func (c *Change) Done(d Document) {
	if c.Edits = d.Edits(); len(c.Edits) > 0 {
		c.Exists, c.After = true, d.Bytes()
	}
}

// IsEmpty reports whether the file stays as it is.
func (c *Change) IsEmpty() bool {
	return c.Existed == c.Exists && bytes.Equal(c.Before, c.After)
}

// Write writes After where the file still holds Before, else it returns
// ErrChanged and leaves the file alone. The client's own lock is taken.
func (c *Change) Write(ctx context.Context) error {
	return locked(ctx, c.Path, c.Lock, func() error {
		if err := c.isStill(c.Existed, c.Before); err != nil {
			return err
		}
		if !c.Exists {
			target, err := followLinks(c.Path)
			if err != nil {
				return err
			}
			return os.Remove(target)
		}
		return write(c.Path, c.After, c.New)
	})
}

// Verify reads the file back: it must be After, and the client must be able to
// read it.
func (c *Change) Verify() error {
	if err := c.isStill(c.Exists, c.After); err != nil || !c.Exists {
		return err
	}
	_, err := Parse(c.Path, c.After, c.Format)
	return err
}

func (c *Change) isStill(exists bool, data []byte) error {
	now, err := readFile(c.Path)
	if errors.Is(err, fs.ErrNotExist) && !exists {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil || !exists || !bytes.Equal(now, data) {
		return ErrChanged
	}
	return nil
}

// readFile reads a file and nothing else: a pipe, say, never ends.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: path, Err: ErrNoFile}
	case err == nil:
		return os.ReadFile(path)
	}
	if _, loop := followLinks(path); loop != nil {
		return nil, loop
	}
	return nil, err
}

// write replaces what path, or the file its links lead to, holds. Mode and owner
// stay; a new file gets perm.
func write(path string, data []byte, perm fs.FileMode) error {
	target, err := followLinks(path)
	if err != nil {
		return err
	}
	if perm == 0 {
		perm = 0o600
	}
	info, err := os.Stat(target)
	switch {
	case err == nil:
		perm = info.Mode().Perm()
		// A rename would replace a file that its owner marked as not to be written.
		if perm&0o200 == 0 {
			return &fs.PathError{Op: "write", Path: target, Err: fs.ErrPermission}
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
	}
	return files.WriteFile(target, data, perm, func(tmp string) error {
		if info == nil {
			return nil
		}
		return keepOwner(tmp, info)
	})
}

// followLinks is the file that path's links lead to, which need not exist.
func followLinks(path string) (string, error) {
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link, or not there
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", &fs.PathError{Op: "follow", Path: path, Err: ErrNoFile}
}

// Sweep removes what writers of ours that were killed left beside the file: copies
// never renamed into place, folders of locks. Callers see to it that none of ours
// writes it now.
func Sweep(path string) {
	target, err := followLinks(path)
	if err != nil {
		return
	}
	files.Sweep(target)
	dir, name := filepath.Split(target)
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		if isLeftLock(e.Name(), name) {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// isLeftLock reports whether an entry of name's folder is NAME.lock.PID.RANDOM or
// NAME.lock.stale.RANDOM, which stand for a moment while a lock is taken.
func isLeftLock(entry, name string) bool {
	rest, ok := strings.CutPrefix(entry, name+".lock.")
	kind, random, cut := strings.Cut(rest, ".")
	_, err := strconv.Atoi(kind)
	return ok && cut && (kind == "stale" || err == nil) && len(random) == len(rand.Text())
}
