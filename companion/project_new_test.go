//go:build unix

package companion

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mcp-companion/words"
)

func TestPreparingAProjectRunsEachStepInItsFolder(t *testing.T) {
	p := &Project{Name: "x", Folder: t.TempDir(), Prepare: [][]string{{"sh", "-c", "echo one; echo two >&2"}, {"sh", "-c", "pwd >where"}}}
	var said []string
	var out strings.Builder
	if err := (&Companion{}).PrepareProject(t.Context(), p, func(line string) { said = append(said, line) }, &out); err != nil {
		t.Fatal(err)
	}
	where, err := os.ReadFile(filepath.Join(p.Folder, "where"))
	if err != nil || filepath.Base(strings.TrimSpace(string(where))) != filepath.Base(p.Folder) {
		t.Errorf("%s %v", where, err)
	}
	if len(said) != 2 || out.String() != "one\ntwo\n" {
		t.Errorf("%q %q", said, out.String())
	}
}

func TestAStepThatFailsIsTheLast(t *testing.T) {
	p := &Project{Name: "x", Folder: t.TempDir(), Prepare: [][]string{{"false"}, {"touch", "never"}}}
	err := (&Companion{}).PrepareProject(t.Context(), p, func(string) {}, io.Discard)
	if !words.Has(err, words.ProjectUnready) || !strings.Contains(err.Error(), p.Folder) {
		t.Error(err)
	}
	if list, _ := os.ReadDir(p.Folder); len(list) > 0 {
		t.Error(list)
	}
}

func TestANodeThatIsTooOldIsSaidSo(t *testing.T) {
	said := `npm error code EBADENGINE
npm error notsup Required: {"node":">=22.18"}
npm error notsup Actual:   {"node":"v20.20.2","npm":"11.19.1"}`
	p := &Project{Name: "mine", Folder: t.TempDir(), Prepare: [][]string{{"sh", "-c", "printf '%s\\n' '" + said + "' >&2; exit 1"}}}
	var out strings.Builder
	err := (&Companion{}).PrepareProject(t.Context(), p, func(string) {}, &out)
	if !words.Has(err, words.NodeOld) || !strings.Contains(err.Error(), "22.18") || !strings.Contains(err.Error(), "20.20.2") {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "EBADENGINE") {
		t.Errorf("tells %q", out.String())
	}
}

func TestAHelperThatIsMissingIsNamed(t *testing.T) {
	t.Setenv("PATH", "")
	t.Setenv("HOME", t.TempDir())
	helperOf["no-such-helper"] = words.UVMissing
	t.Cleanup(func() { delete(helperOf, "no-such-helper") })
	p := &Project{Name: "mine", Folder: t.TempDir(), Prepare: [][]string{{"no-such-helper"}}}
	err := (&Companion{}).PrepareProject(t.Context(), p, func(string) { t.Error("it was begun") }, io.Discard)
	if !words.Has(err, words.UVMissing) || !strings.Contains(err.Error(), "mine") {
		t.Error(err)
	}
}

func TestPreparingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &Project{Name: "x", Folder: t.TempDir(), Prepare: [][]string{{"sh", "-c", "echo begun; exec sleep 600"}}}
	err := (&Companion{}).PrepareProject(ctx, p, func(string) {}, begun(cancel))
	if !errors.Is(err, context.Canceled) || !words.Has(err, words.ProjectUnready) {
		t.Error(err)
	}
}

// begun is told the first output.
type begun func()

func (b begun) Write(data []byte) (int, error) { b(); return len(data), nil }

// A name that is taken is said before a folder is made.
func TestAProjectOfATakenNameIsNotMade(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Taken")
	folder := filepath.Join(t.TempDir(), "p")
	if _, err := d.NewProject(t.Context(), ProjectRequest{Template: "node", Name: "taken", Folder: folder}); !words.Has(err, words.NameTaken) {
		t.Error(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("it was made")
	}
}
