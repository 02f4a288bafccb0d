//go:build unix

package history

import (
	"errors"
	"syscall"
)

// isFull reports whether the disk, or the user's share of it, is full.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isReadOnly reports whether the file system is mounted read-only.
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
