package files

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// ErrLocked is returned by TryLock when another holder has the lock.
var ErrLocked = errors.New("held by another process")

// Lock is a held lock; Unlock ends it.
type Lock struct{ f *os.File }

// TryLock takes the lock file at path or fails with ErrLocked at once. The file
// and its folder are made when missing, and the file is never removed: removing
// it would let two holders lock two files of one name.
func TryLock(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// WaitLock is TryLock that tries again until ctx ends; it then returns an error
// that is both ErrLocked and the context's.
func WaitLock(ctx context.Context, path string) (*Lock, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := TryLock(path)
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-tick.C:
		}
	}
}

// Unlock gives the lock back. It is safe on nil and more than once.
func (l *Lock) Unlock() {
	if l != nil && l.f != nil {
		l.f.Close() // closing the only descriptor ends the lock on every system
		l.f = nil
	}
}

// File is the locked file itself, for a holder that also writes into it.
func (l *Lock) File() *os.File { return l.f }

// IsLocked reports whether somebody holds the lock file at path. A missing file
// is not locked.
func IsLocked(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(lockFile(f), ErrLocked)
}
