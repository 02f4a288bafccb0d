// Package files is our own corner of the disk: where the home folder is, how a
// file is written whole, the operating system's locks, and watching.
//
// Its rules:
//   - a file of ours is written beside itself and renamed, so a reader sees the
//     old one or the new one, never half of either;
//   - folders are 0700 and files 0600;
//   - a lock is the operating system's (flock, LockFileEx). It ends with the
//     process that holds it, however that ended; a pid file would not.
package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// WriteFile replaces path by data: written to a temporary file in the same
// folder, flushed, then renamed over path. perm is used as it is, without the
// umask. After an error the old content is still there. ready, if any, is called
// with the temporary file before it takes path's place.
func WriteFile(path string, data []byte, perm fs.FileMode, ready ...func(tmp string) error) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(data); err != nil {
		return err
	}
	if err = tmp.Chmod(perm); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	for _, f := range ready {
		if err = f(tmp.Name()); err != nil {
			return err
		}
	}
	if err = rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// Sweep removes the temporary files that a WriteFile of path left when it was
// killed. Callers see to it that nobody writes path now.
func Sweep(path string) {
	dir, name := filepath.Split(path)
	list, _ := os.ReadDir(filepath.Clean(dir))
	for _, e := range list {
		number, ok := strings.CutPrefix(e.Name(), "."+name+".")
		number, isTemp := strings.CutSuffix(number, ".tmp")
		if _, err := strconv.ParseUint(number, 10, 64); ok && isTemp && err == nil {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// Ending lists the files in dir whose names end so, sorted. It is no pattern, in
// which a folder's own name might mean something else.
func Ending(dir, end string) []string {
	list, _ := os.ReadDir(dir)
	var paths []string
	for _, e := range list {
		if strings.HasSuffix(e.Name(), end) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// WriteOwn is WriteFile for our own files: the folder is made when it is
// missing, the mode is 0600.
func WriteOwn(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return WriteFile(path, data, 0o600)
}
