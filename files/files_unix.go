//go:build unix

package files

import "os"

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil // a folder we may write but not read: the rename itself is done
	}
	defer d.Close()
	_ = d.Sync() // not every file system can flush a folder
	return nil
}
