package files

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestWriteFileReplacesWholeAndLeavesNoTemp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	for _, text := range []string{"one", "two, longer", ""} {
		if err := WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("read %q, wrote %q", got, text)
		}
	}
	if i, _ := os.Stat(path); runtime.GOOS != "windows" && i.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", i.Mode())
	}
	if l, _ := os.ReadDir(dir); len(l) != 1 {
		t.Errorf("left behind: %v", l)
	}
}

func TestSweepTakesWhatAKilledWriterLeftAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	stay := []string{"a.json", ".a.json", ".a.json.tmp", ".a.json.x.tmp", ".b.json.12.tmp", "a.json.12.tmp"}
	for _, n := range append(stay, ".a.json.12345.tmp") {
		os.WriteFile(filepath.Join(dir, n), nil, 0o600)
	}
	Sweep(filepath.Join(dir, "a.json"))
	l, _ := os.ReadDir(dir)
	if len(l) != len(stay) {
		t.Errorf("left %v", l)
	}
}

func TestWriteFileIntoMissingFolderChangesNothing(t *testing.T) {
	if err := WriteFile(filepath.Join(t.TempDir(), "gone", "a"), nil, 0o600); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestWriteOwnMakesPrivateFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "home", "sub", "a")
	if err := WriteOwn(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	d, _ := os.Stat(filepath.Dir(path))
	f, _ := os.Stat(path)
	if d.Mode().Perm() != 0o700 || f.Mode().Perm() != 0o600 {
		t.Errorf("folder %v, file %v", d.Mode(), f.Mode())
	}
}

func TestLockIsHeldOnceAndEndsWithUnlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "locks", "l")
	if IsLocked(path) {
		t.Error("a missing lock is held")
	}
	a, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("second holder: %v", err)
	}
	if !IsLocked(path) {
		t.Error("a held lock looks free")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := WaitLock(ctx, path); !errors.Is(err, ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited: %v", err)
	}
	a.Unlock()
	a.Unlock()
	b, err := WaitLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	b.Unlock()
	if IsLocked(path) {
		t.Error("a lock given back looks held")
	}
}

func TestWatchTellsRenameOverOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "library.json")
	got := make(chan []string, 10)
	if err := Watch(t.Context(), []string{dir, filepath.Join(dir, "missing")}, func(p []string) { got <- p }); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := <-got; len(p) != 1 || p[0] != path {
		t.Errorf("told %v", p)
	}
}

func TestHomeFollowsTheVariableThenTheAccount(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("MCP_COMPANION_HOME", "")
	d, err := FindHome()
	if err != nil || !d.IsDefault() {
		t.Errorf("%v %v", d, err)
	}
	t.Setenv("MCP_COMPANION_HOME", filepath.Join(home, "other"))
	o, err := FindHome()
	if err != nil || o.IsDefault() || o != Home(filepath.Join(home, "other")) {
		t.Errorf("%v %v", o, err)
	}
}
