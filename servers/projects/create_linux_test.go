package projects

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"mcp-companion/words"
)

// asAnother calls f without root's right to write everywhere, where we have it.
func asAnother(t *testing.T, dir string, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	for path := dir; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this
		err := syscall.Setfsuid(nobody)
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestAFolderThatMayNotBeWrittenIsSaid(t *testing.T) {
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	for _, folder := range []string{filepath.Join(closed, "p"), filepath.Join(closed, "a", "b"), closed} {
		var err error
		asAnother(t, dir, func() { _, err = Create(t.Context(), Request{Template: "node", Name: "x", Folder: folder}) })
		if !words.Has(err, words.FileLocked) {
			t.Errorf("%s: %v", folder, err)
		}
		if got := all(t, dir); len(got) != 1 {
			t.Errorf("%s: left %v", folder, got)
		}
	}
}
