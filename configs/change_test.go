package configs

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func file(t *testing.T, text string) string {
	p := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(p, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return p
}

// change adds member a to the file.
func change(t *testing.T, path string) *Change {
	t.Helper()
	c, d, err := Read(path, JSON)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Set([]byte("1"), "a"); err != nil {
		t.Fatal(err)
	}
	c.Done(d)
	return c
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestChangeIsWrittenVerifiedAndTakenBack(t *testing.T) {
	p := file(t, "{\n  \"b\": 2\n}")
	c := change(t, p)
	if err := c.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(); err != nil {
		t.Error(err)
	}
	if got := content(t, p); got != "{\n  \"b\": 2,\n  \"a\": 1\n}" {
		t.Error(got)
	}
	if i, _ := os.Stat(p); runtime.GOOS != "windows" && i.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", i.Mode())
	}
	if err := c.Reverse().Write(t.Context()); err != nil || content(t, p) != string(c.Before) {
		t.Errorf("%v %s", err, content(t, p))
	}
}

func TestChangeMakesAMissingFileAndItsReverseRemovesIt(t *testing.T) {
	p := filepath.Join(t.TempDir(), "sub", "c.json")
	c := change(t, p)
	if err := c.Write(t.Context()); err != nil || content(t, p) != "{\n  \"a\": 1\n}\n" {
		t.Fatalf("%v %q", err, content(t, p))
	}
	if err := c.Reverse().Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}

func TestChangeIsRefusedWhereTheFileMovedOn(t *testing.T) {
	for name, now := range map[string]string{"edited": "{}\n", "emptied": ""} {
		p := file(t, "{\n  \"b\": 2\n}")
		c := change(t, p)
		os.WriteFile(p, []byte(now), 0o600)
		if err := c.Write(t.Context()); !errors.Is(err, ErrChanged) || content(t, p) != now {
			t.Errorf("%s: %v, %q", name, err, content(t, p))
		}
	}
	p := filepath.Join(t.TempDir(), "c.json")
	c := change(t, p)
	os.WriteFile(p, []byte("{}"), 0o600)
	if err := c.Write(t.Context()); !errors.Is(err, ErrChanged) {
		t.Errorf("appeared: %v", err)
	}
	gone := file(t, "{}")
	c = change(t, gone)
	os.Remove(gone)
	if err := c.Write(t.Context()); !errors.Is(err, ErrChanged) {
		t.Errorf("vanished: %v", err)
	}
}

func TestChangeFollowsLinksAndKeepsThem(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right of their own there")
	}
	p := file(t, "{}")
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	os.Symlink(p, b)
	os.Symlink("b", a)
	if err := change(t, a).Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i, err := os.Lstat(a); err != nil || i.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	if !strings.Contains(content(t, p), `"a"`) {
		t.Error("the file the link leads to was not written")
	}
	os.Remove(b)
	os.Symlink("a", b)
	if err := write(a, nil, 0); err == nil {
		t.Error("a circle of links was followed")
	}
}

func TestReadOnlyFileStays(t *testing.T) {
	p := file(t, "{}")
	c := change(t, p)
	os.Chmod(p, 0o440)
	if err := c.Write(t.Context()); !errors.Is(err, fs.ErrPermission) || content(t, p) != "{}" {
		t.Errorf("%v", err)
	}
}

func TestClientsLocksAreTakenWaitedForAndTakenOver(t *testing.T) {
	for _, kind := range []LockKind{LockDir, LockOwnedDir} {
		p := file(t, "{}")
		lock := p + ".lock"
		if err := take(lock, kind); err != nil {
			t.Fatal(err)
		}
		if l, _ := os.ReadDir(lock); (kind == LockOwnedDir) != (len(l) == 1) {
			t.Errorf("%s holds %v", kind, l)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
		err := locked(ctx, p, kind, func() error { t.Error("ran under another's lock"); return nil })
		cancel()
		if !errors.Is(err, ErrBusy) {
			t.Errorf("%s: %v", kind, err)
		}
		old := time.Now().Add(-11 * time.Second)
		os.Chtimes(lock, old, old)
		ran := false
		if err := locked(t.Context(), p, kind, func() error { ran = true; _, err := os.Stat(lock); return err }); err != nil || !ran {
			t.Errorf("%s, stale: %v", kind, err)
		}
		if l, _ := filepath.Glob(p + "*"); len(l) != 1 {
			t.Errorf("%s left %v", kind, l)
		}
	}
}

func TestDiffShowsTheChangeAndNoKey(t *testing.T) {
	p := file(t, "{\n  \"GITHUB_TOKEN\": \"abcdefghijklmnop\",\n  \"x\": \"ghp_0123456789abcdef\",\n  \"B_KEY\": \"${secret:1}\",\n  \"API_KEY\": \"short\"\n}\n")
	d := change(t, p).Diff()
	if !strings.Contains(d, "+  \"a\": 1") || !strings.Contains(d, "••••mnop") {
		t.Error(d)
	}
	for _, s := range []string{"abcdefgh", "0123456789", "short"} {
		if strings.Contains(d, s) {
			t.Errorf("shows %s:\n%s", s, d)
		}
	}
}

func BenchmarkEditOf10MB(b *testing.B) {
	var big bytes.Buffer
	big.WriteString("{\n  \"mcpServers\": {\n    \"x\": {}\n  },\n  \"projects\": {")
	for i := 0; big.Len() < 10<<20; i++ {
		if i > 0 {
			big.WriteByte(',')
		}
		big.WriteString("\n    \"/home/ana/" + strings.Repeat("p", i%40) + string(rune('a'+i%26)) + "\": {\"allowedTools\": [], \"history\": [{\"display\": \"hello\", \"n\": 9007199254740993}]}")
	}
	big.WriteString("\n  }\n}")
	p := filepath.Join(b.TempDir(), "c.json")
	for name, f := range map[string]func(){
		"edit": func() {
			c, d, err := Read(p, JSON)
			if err == nil {
				err = d.Set([]byte(entry), "mcpServers", "github")
			}
			if err != nil {
				b.Fatal(err)
			}
			c.Done(d)
			if err := c.Write(context.Background()); err != nil {
				b.Fatal(err)
			}
		},
		"copy": func() {
			data, _ := os.ReadFile(p)
			if err := write(p, data, 0); err != nil {
				b.Fatal(err)
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				os.WriteFile(p, big.Bytes(), 0o600)
				b.StartTimer()
				f()
			}
		})
	}
}

func FuzzPatchBackIsBefore(f *testing.F) {
	f.Add([]byte("abcabc"), []byte("abcXabc"))
	f.Add([]byte("aa"), []byte("aaa"))
	f.Add([]byte(""), []byte("x"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		p := (&Change{Before: a, After: b}).Patch()
		got, err := p.Back(b)
		if err != nil || !bytes.Equal(got, a) {
			t.Errorf("%q of %q: %v", got, b, err)
		}
		if _, err := p.Back(append([]byte{'~'}, b...)); err == nil && len(p.New) > 0 && p.At == 0 && p.New[0] != '~' {
			t.Error("fits another file")
		}
	})
}

// Reverse is the Change that takes c back: to the exact bytes, and to no file
// where there was none.
func (c *Change) Reverse() *Change {
	r := *c
	r.Existed, r.Exists, r.Before, r.After, r.Edits = c.Exists, c.Existed, c.After, c.Before, nil
	for i := len(c.Edits) - 1; i >= 0; i-- {
		r.Edits = append(r.Edits, Edit{c.Edits[i].At, c.Edits[i].After, c.Edits[i].Before})
	}
	return &r
}
