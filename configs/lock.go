package configs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// LockKind is how a client locks its file while it writes.
type LockKind string

// LockDir is Claude Code's: the folder FILE.lock, made with mkdir, stale after
// 10 s (npm proper-lockfile's layout). LockOwnedDir is Cline's: the same, but the
// folder holds the owner's file and is renamed into place; an empty one locks
// nothing.
const (
	NoLock       LockKind = ""
	LockDir      LockKind = "directory"
	LockOwnedDir LockKind = "owned-directory"
)

const (
	staleAfter = 10 * time.Second
	lockWait   = 12 * time.Second // a crashed holder's lock is taken over in that time
)

// ErrBusy says that a client holds its file's lock and does not give it back.
var ErrBusy = errors.New("the AI app is writing this file")

// locked runs f while the client's lock on path is held. f must be quick: the
// client takes a lock over that is older than 10 s.
func locked(ctx context.Context, path string, kind LockKind, f func() error) error {
	if kind == NoLock {
		return f()
	}
	target, err := followLinks(path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Dir(target)); errors.Is(err, fs.ErrNotExist) {
		return f() // a file that is made: nobody else can be writing it
	}
	lock := target + ".lock"
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		err := take(lock, kind)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if i, err := os.Stat(lock); err == nil && i.IsDir() && time.Since(i.ModTime()) > staleAfter {
			dropStale(lock)
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", lock, ErrBusy)
		case <-tick.C:
		}
	}
	defer os.RemoveAll(lock)
	return f()
}

// take makes the lock folder, or fails with fs.ErrExist.
func take(lock string, kind LockKind) error {
	if kind == LockDir {
		return os.Mkdir(lock, 0o755)
	}
	stage := fmt.Sprintf("%s.%d.%s", lock, os.Getpid(), rand.Text())
	if err := os.Mkdir(stage, 0o755); err != nil {
		return err
	}
	owner := fmt.Sprintf("owner.%d.%d.%s", os.Getpid(), time.Now().UnixMilli(), rand.Text())
	if err := os.WriteFile(filepath.Join(stage, owner), nil, 0o600); err != nil {
		os.RemoveAll(stage)
		return err
	}
	if err := os.Rename(stage, lock); err != nil {
		os.RemoveAll(stage)
		if _, stat := os.Stat(lock); stat == nil {
			return fs.ErrExist
		}
		return err
	}
	return nil
}

// dropStale moves the folder away before it is deleted, so that of two who find
// it stale only one drops it.
func dropStale(lock string) {
	aside := fmt.Sprintf("%s.stale.%s", lock, rand.Text())
	if os.Rename(lock, aside) == nil {
		os.RemoveAll(aside)
	}
}
