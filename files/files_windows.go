package files

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// rename tries for a second: virus scanners and indexers hold a new file open
// for a moment, and MoveFileEx then answers with a sharing violation.
func rename(from, to string) error {
	var err error
	for range 20 {
		if err = os.Rename(from, to); err == nil || !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// syncDir is nothing on Windows: NTFS journals the rename.
func syncDir(string) error { return nil }
