//go:build unix

package companion

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"mcp-companion/words"
)

func TestAPipeIsNoFileToWaitFor(t *testing.T) {
	d := newDesk(t)
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	for name, read := range map[string]func() error{
		"a set":    func() error { _, err := d.ReadSet(t.Context(), path); return err },
		"a backup": func() error { _, err := d.OpenBackup(t.Context(), path, goodPass); return err },
	} {
		done := make(chan error, 1)
		go func() { done <- read() }()
		select {
		case err := <-done:
			if !words.Has(err, words.FileOdd) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(3 * time.Second):
			t.Errorf("%s: it waits for a writer", name)
		}
	}
}
