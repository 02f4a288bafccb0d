package companion

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"mcp-companion/words"
)

// Whatever stands in the way of a client's file, the file ends as it was or with
// our entry, and its user hears what to do.
func TestWhateverIsInTheWayOfAFileItsUserHearsWhatToDo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links, modes and pipes are another story there")
	}
	const good = "{\n  \"n\": 1\n}\n"
	link := func(t *testing.T, to, at string) {
		t.Helper()
		os.Remove(at)
		if err := os.Symlink(to, at); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		lay  func(t *testing.T, path string)
		code words.Code // "" when it is written
		last func(t *testing.T, path string)
	}{
		"a missing file":  {lay: func(t *testing.T, p string) { os.Remove(p) }},
		"an empty file":   {lay: func(t *testing.T, p string) { os.WriteFile(p, nil, 0o600) }},
		"blanks":          {lay: func(t *testing.T, p string) { os.WriteFile(p, []byte(" \n\t"), 0o600) }},
		"a mark":          {lay: func(t *testing.T, p string) { os.WriteFile(p, []byte("\xef\xbb\xbf"+good), 0o600) }},
		"UTF-16":          {lay: func(t *testing.T, p string) { os.WriteFile(p, []byte("\xff\xfe{\x00}\x00"), 0o600) }, code: words.FileBroken},
		"a comment":       {lay: func(t *testing.T, p string) { os.WriteFile(p, []byte("{ // no\n}"), 0o600) }, code: words.FileBroken},
		"a list":          {lay: func(t *testing.T, p string) { os.WriteFile(p, []byte(`{"mcpServers": []}`), 0o600) }, code: words.FileBroken},
		"null":            {lay: func(t *testing.T, p string) { os.WriteFile(p, []byte(`{"mcpServers": null}`), 0o600) }, code: words.FileBroken},
		"too deep":        {lay: func(t *testing.T, p string) { os.WriteFile(p, []byte(strings.Repeat("[", 1<<20)), 0o600) }, code: words.FileBroken},
		"a folder":        {lay: func(t *testing.T, p string) { os.Remove(p); os.Mkdir(p, 0o700) }, code: words.FileOdd},
		"a pipe":          {lay: func(t *testing.T, p string) { os.Remove(p); pipe(t, p) }, code: words.FileOdd},
		"a loop of links": {lay: func(t *testing.T, p string) { link(t, p, p+".2"); link(t, p+".2", p) }, code: words.FileOdd},
		"a link": {lay: func(t *testing.T, p string) { os.Rename(p, p+".real"); link(t, filepath.Base(p)+".real", p) }, last: func(t *testing.T, p string) {
			if i, err := os.Lstat(p); err != nil || i.Mode()&os.ModeSymlink == 0 {
				t.Error("the link is gone")
			}
		}},
		"a chain of links": {lay: func(t *testing.T, p string) {
			os.Rename(p, p+".real")
			link(t, p+".real", p+".2")
			link(t, filepath.Base(p)+".2", p)
		}},
		"a link that leads nowhere": {lay: func(t *testing.T, p string) { link(t, p+".real", p) }, last: func(t *testing.T, p string) {
			if _, err := os.Lstat(p); err != nil {
				t.Error("undo took the link")
			}
			if _, err := os.Lstat(p + ".real"); err == nil {
				t.Error("undo left the file")
			}
		}},
		"a link into a missing folder": {lay: func(t *testing.T, p string) { link(t, filepath.Join(filepath.Dir(p), "dotfiles", "claude.json"), p) }},
		"a read-only file":             {lay: func(t *testing.T, p string) { os.Chmod(p, 0o400) }, code: words.FileLocked},
		"a link to a read-only file": {lay: func(t *testing.T, p string) {
			os.Rename(p, p+".real")
			os.Chmod(p+".real", 0o400)
			link(t, p+".real", p)
		}, code: words.FileLocked},
		"another's file": {lay: func(t *testing.T, p string) {
			if os.Getuid() != 0 || os.Chown(p, 65534, 65534) != nil {
				t.Skip("only root can try it")
			}
		}, last: func(t *testing.T, p string) {
			if out, err := exec.Command("stat", "-c", "%u", p).Output(); err == nil && strings.TrimSpace(string(out)) != "65534" {
				t.Errorf("its owner is %s now", out)
			}
		}},
		"a lock that never goes": {lay: func(t *testing.T, p string) { os.Mkdir(p+".lock", 0o700) }, code: words.Busy},
		"an old lock":            {lay: func(t *testing.T, p string) { os.Mkdir(p+".lock", 0o700); age(p + ".lock") }},
		"a file named as the lock": {lay: func(t *testing.T, p string) { os.WriteFile(p+".lock", []byte("x"), 0o600); age(p + ".lock") }, code: words.Busy, last: func(t *testing.T, p string) {
			if text(t, p+".lock") != "x" {
				t.Error("it is gone")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.add(t, "one")
			os.WriteFile(d.code, []byte(good), 0o600)
			c.lay(t, d.code)
			var was []byte
			i, there := os.Stat(d.code)
			wasThere := there == nil
			if wasThere && i.Mode().IsRegular() {
				was = []byte(text(t, d.code))
			}
			d.State(t.Context()) // ends
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, _, err := d.Do(ctx, func() (*Proposal, error) { return d.ProposeManage(ctx, "claude-code", true) })
			if c.code != "" {
				p := words.For(err)
				if !words.Has(err, c.code) || p.Title == "" || p.Do == "" || !strings.Contains(p.Title+p.Detail, ".claude.json") {
					t.Errorf("%v", err)
				}
				if i, err := os.Stat(d.code); err == nil && i.Mode().IsRegular() && text(t, d.code) != string(was) {
					t.Errorf("changed: %q", text(t, d.code))
				}
				if lib, _ := d.Library(); lib.Clients["claude-code"] != nil {
					t.Error("a part was done all the same")
				}
			} else {
				if err != nil || !strings.Contains(text(t, d.code), `"one"`) {
					t.Fatalf("%v", err)
				}
				if _, err := d.Undo(t.Context(), ""); err != nil {
					t.Fatal(err)
				}
				now, err := os.ReadFile(d.code)
				if (err == nil) != wasThere || string(now) != string(was) {
					t.Errorf("undo: %q, %v; was %q", now, err, was)
				}
			}
			if c.last != nil {
				c.last(t, d.code)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(d.code), "..claude.json.*")); len(left) > 0 {
				t.Errorf("left %v", left)
			}
			if left, _ := filepath.Glob(filepath.Join(d.Home().History(), "*.journal")); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

func age(path string) {
	old := time.Now().Add(-time.Minute)
	os.Chtimes(path, old, old)
}

func pipe(t *testing.T, path string) {
	t.Helper()
	if err := exec.Command("mkfifo", path).Run(); err != nil {
		t.Skip("no pipes here")
	}
}
