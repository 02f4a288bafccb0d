//go:build unix

package companion

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"mcp-companion/clients"
	"mcp-companion/words"
)

// editing is a companion on a computer with these programs and no others.
func editing(t *testing.T, names ...string) (c *Companion, ran func() []string) {
	t.Helper()
	dir, started := t.TempDir(), []string(nil)
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SHELL", "")
	was := editors
	editors = slices.DeleteFunc(slices.Clone(editors), func(e editor) bool { // what this computer has in other places
		return e.line[0] != "code" && e.line[0] != "gedit"
	})
	t.Cleanup(func() { editors = was })
	return &Companion{system: clients.System{OS: runtime.GOOS, Detach: func(name string, args ...string) error {
		started = append(started, filepath.Base(name)+" "+strings.Join(args, " "))
		return nil
	}}}, func() []string { return started }
}

func TestAProjectOpensInTheFirstEditorThereIs(t *testing.T) {
	p := &Project{Name: "x", Folder: "/home/u/x-server", Open: "/home/u/x-server/server.py"}
	for _, c := range []struct {
		has  []string
		want string
	}{
		{[]string{"gedit", "code"}, "code /home/u/x-server /home/u/x-server/server.py"},
		{[]string{"gedit"}, "gedit /home/u/x-server/server.py"},
	} {
		if runtime.GOOS != "linux" && len(c.has) == 1 {
			continue
		}
		e, ran := editing(t, c.has...)
		if err := e.OpenInEditor(t.Context(), p); err != nil || len(ran()) != 1 || ran()[0] != c.want {
			t.Errorf("with %v: %q, %v", c.has, ran(), err)
		}
	}
}

func TestWhereThereIsNoEditorTheFileIsNamed(t *testing.T) {
	e, ran := editing(t)
	err := e.OpenInEditor(t.Context(), &Project{Name: "x", Folder: "/home/u/x", Open: "/home/u/x/server.py"})
	if !words.Has(err, words.NoEditor) || !strings.Contains(err.Error(), "/home/u/x/server.py") || len(ran()) != 0 {
		t.Errorf("%v, ran %q", err, ran())
	}
}
