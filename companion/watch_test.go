package companion

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// What happens to a client's file is heard of without a sweep; what happens beside
// it is not.
func TestTheFoldersOfClientsFilesAreWatched(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "a", "mcp.json"), filepath.Join(dir, "b", "settings.json")
	os.MkdirAll(filepath.Dir(file), 0o755)
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "1")
	soon := make(chan struct{}, 1)
	var f folders
	defer func() { f.leave() }()
	f.follow(t.Context(), []string{file, other}, soon)
	heard := func(what string) {
		t.Helper()
		select {
		case <-soon:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s was not heard of", what)
		}
	}
	write(file, "2")
	heard("a write")
	write(file+".new", "3")
	os.Rename(file+".new", file)
	heard("a rename over it")
	os.Remove(file)
	heard("its removal")
	write(file, "4")
	heard("its return")
	if runtime.GOOS != "windows" { // where links need a right of their own
		write(filepath.Join(dir, "elsewhere"), "5")
		os.Symlink(filepath.Join(dir, "elsewhere"), file+".link")
		os.Rename(file+".link", file)
		heard("a link in its place")
	}
	// a folder that is made later, once the next sweep follows it
	os.MkdirAll(filepath.Dir(other), 0o755)
	f.follow(t.Context(), []string{file, other}, soon)
	write(other, "1")
	heard("a write in a new folder")
	if runtime.GOOS != "windows" {
		write(filepath.Join(dir, "elsewhere"), "7")
		heard("a write to the link's target")
	}
	for len(soon) > 0 { // the write's own events come as one or two bursts
		<-soon
	}
	for range 200 {
		write(filepath.Join(filepath.Dir(file), "state.json"), "busy")
	}
	write(file, "6")
	heard("a write beside a busy file")
}

// The State tells of a change outside, whatever way it was made.
func TestAnOpenWindowSeesAChangeOutside(t *testing.T) {
	d := newDesk(t)
	states := make(chan State, 99)
	defer d.Closely().Subscribe(func(s State) { states <- s })()
	keys := func(s State) (list []string) {
		for _, c := range s.Clients {
			if c.ID == "cline-cli" {
				for _, e := range c.Entries {
					list = append(list, e.Key)
				}
			}
		}
		return list
	}
	seen := func(want ...string) {
		t.Helper()
		for end := time.After(20 * time.Second); ; {
			select {
			case s := <-states:
				if slices.Equal(keys(s), want) {
					return
				}
			case <-end:
				t.Fatalf("%v was not seen", want)
			}
		}
	}
	seen()
	os.WriteFile(d.cline, []byte(`{"mcpServers": {"a": {"command": "x"}}}`), 0o600)
	seen("a")
	os.WriteFile(d.cline+".new", []byte(`{"mcpServers": {"b": {"command": "x"}}}`), 0o600)
	os.Rename(d.cline+".new", d.cline)
	seen("b")
	os.RemoveAll(filepath.Dir(d.cline))
	seen()
	os.MkdirAll(filepath.Dir(d.cline), 0o755)
	os.WriteFile(d.cline, []byte(`{"mcpServers": {"c": {"command": "x"}}}`), 0o600)
	seen("c")
}
