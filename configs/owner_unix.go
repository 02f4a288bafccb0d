//go:build unix

package configs

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives path the owner that was had. It is no error when we may not:
// the owner is then ourselves, as with any editor.
func keepOwner(path string, was fs.FileInfo) error {
	st, ok := was.Sys().(*syscall.Stat_t)
	if ok && (int(st.Uid) != os.Getuid() || int(st.Gid) != os.Getgid()) {
		_ = os.Chown(path, int(st.Uid), int(st.Gid))
	}
	return nil
}
