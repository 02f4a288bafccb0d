package files

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// The locked byte lies far behind any content: LockFileEx locks are mandatory,
// and others must still be able to read the file.
const lockOffsetHigh = 0x7fffffff

func lockFile(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{OffsetHigh: lockOffsetHigh})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return err
}
