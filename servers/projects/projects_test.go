package projects

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"mcp-companion/words"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The files of each kind stand whole in testdata.
func TestAProjectIsMadeExactlySo(t *testing.T) {
	if len(Templates()) != 2 {
		t.Fatal(Templates())
	}
	for _, kind := range Templates() {
		t.Run(kind.ID, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "above", "weather")
			p, err := Create(t.Context(), Request{Template: kind.ID, Name: "Weather", Folder: folder})
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{}
			for _, name := range below(t, folder) {
				data, err := os.ReadFile(filepath.Join(folder, name))
				if err != nil {
					t.Fatal(err)
				}
				got.Files = append(got.Files, txtar.File{Name: name, Data: data})
			}
			golden := "testdata/" + kind.ID + ".txtar"
			if *update {
				if err := os.WriteFile(golden, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(txtar.Format(got)) != string(want) {
				t.Errorf("%s differs (%v): run with -update and look at the difference", golden, err)
			}
			if _, err := os.Stat(p.Open); err != nil {
				t.Error(err)
			}
			if beside := all(t, filepath.Dir(folder)); len(beside) != len(got.Files)+1 {
				t.Errorf("left beside it: %v", beside)
			}
		})
	}
}

func TestAProjectSaysHowItIsPreparedAndStarted(t *testing.T) {
	dir := t.TempDir()
	for id, want := range map[string]struct{ prepare, start string }{
		"node":   {"npm install", "node|" + filepath.Join(dir, "node", "main.ts")},
		"python": {"uv sync", "uv|run|--directory|" + filepath.Join(dir, "python") + "|server.py"},
	} {
		folder := filepath.Join(dir, id)
		p, err := Create(t.Context(), Request{Template: id, Name: "x", Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		var prepare []string
		for _, line := range p.Prepare {
			prepare = append(prepare, strings.Join(line, " "))
		}
		if got := strings.Join(prepare, "\n"); got != want.prepare {
			t.Errorf("%s: prepared by %q", id, got)
		}
		if got := strings.Join(append([]string{p.Server.Command}, p.Server.Args...), "|"); got != want.start {
			t.Errorf("%s: started by %q", id, got)
		}
		if p.Server.Cwd != folder || p.Folder != folder || p.Server.Check() != nil {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

func TestNothingOfAnotherIsTouched(t *testing.T) {
	for name, c := range map[string]struct{ mine, wanted string }{
		"a file in the folder":        {"p/mine", "p"},
		"a hidden file in the folder": {"p/.git", "p"},
		"a folder in the folder":      {"p/mine/too", "p"},
		"a file in the way":           {"p", "p"},
		"a file above":                {"p", "p/q"},
		"a file far above":            {"p", "p/q/r"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			mine := filepath.Join(dir, c.mine)
			if err := errors.Join(os.MkdirAll(filepath.Dir(mine), 0o755), os.WriteFile(mine, []byte("mine"), 0o644)); err != nil {
				t.Fatal(err)
			}
			before := all(t, dir)
			if _, err := Create(t.Context(), Request{Template: "node", Name: "x", Folder: filepath.Join(dir, c.wanted)}); !words.Has(err, words.FolderTaken) {
				t.Error(err)
			}
			if data, err := os.ReadFile(mine); err != nil || string(data) != "mine" || !slices.Equal(before, all(t, dir)) {
				t.Errorf("%s %v: %v became %v", data, err, before, all(t, dir))
			}
		})
	}
}

// A folder that its owner made, and maybe stands in, stays that folder.
func TestAnEmptyFolderIsFilled(t *testing.T) {
	folder := t.TempDir()
	before, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), Request{Template: "python", Name: "x", Folder: folder}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(folder)
	if err != nil || !os.SameFile(before, after) {
		t.Error("another folder took its place", err)
	}
	if !slices.Contains(below(t, folder), "server.py") {
		t.Error(below(t, folder))
	}
}

// late is a context that is cancelled after some looks at it.
type late struct {
	context.Context
	looks int
}

func (l *late) Err() error {
	if l.looks--; l.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestAFailureLeavesNothing(t *testing.T) {
	for _, at := range []string{"new/below/p", "empty"} {
		for looks := range 4 {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
				t.Fatal(err)
			}
			_, err := Create(&late{t.Context(), looks}, Request{Template: "node", Name: "x", Folder: filepath.Join(dir, at)})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s after %d: %v", at, looks, err)
			}
			if got := all(t, dir); len(got) != 1 {
				t.Errorf("%s after %d: left %v", at, looks, got)
			}
		}
	}
}

func TestAFullDiskIsSaid(t *testing.T) {
	err := folderProblem("p", &fs.PathError{Op: "write", Path: "p", Err: syscall.ENOSPC})
	if !words.Has(err, words.DiskFull) {
		t.Error(err)
	}
}

// Something that turns up while a project is being written stays as it is.
func TestWhatTurnsUpMeanwhileIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "b")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := fill(t.Context(), dir, map[string]string{"a": "1", "b": "2", "c": "3"})
	if !words.Has(folderProblem(dir, err), words.FolderTaken) {
		t.Error(err)
	}
	if data, err := os.ReadFile(mine); err != nil || string(data) != "mine" || len(below(t, dir)) != 1 {
		t.Errorf("%s %v %v", data, err, below(t, dir))
	}
}

func TestHostileRequestsAreRefused(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		r    Request
		code words.Code
	}{
		"a kind that is none": {Request{"perl", "x", "p"}, words.ValueChoice},
		"a kind that climbs":  {Request{"../icons", "x", "p"}, words.ValueChoice},
		"no name":             {Request{"node", "", "p"}, words.NameBad},
		"a name that climbs":  {Request{"node", "../x", "p"}, words.NameBad},
		"a name with a quote": {Request{"node", `x", "scripts": {"postinstall": "evil"}`, "p"}, words.NameBad},
		"a name of two lines": {Request{"python", "x\nimport os", "p"}, words.NameBad},
		"a folder of two":     {Request{"node", "x", "p\nq"}, words.ValueBad},
		"a folder that ends":  {Request{"node", "x", "p\x00q"}, words.ValueBad},
		"a folder for a key":  {Request{"node", "x", "${secret:abc}"}, words.ValueBad},
	} {
		c.r.Folder = filepath.Join(dir, c.r.Folder)
		if _, err := Create(t.Context(), c.r); !words.Has(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Create(t.Context(), Request{Template: "node", Name: "x"}); !words.Has(err, words.ValueBad) {
		t.Errorf("no folder: %v", err)
	}
	if got := all(t, dir); len(got) > 0 {
		t.Errorf("left %v", got)
	}
}

// hostile are names that no new server may have, and that break nothing all the same.
var hostile = []string{
	"", ".", "..", "../../etc", "con", "node_modules", "zod", "mcp", "__proto__", "café", "日本",
	`a"b'c\`, "a\nb\r\tc\x00\x7f", "`${process.exit()}`", `"""`, "{{.Name}}", "</script>", "\u2028\u2029", "\xff\xfe", strings.Repeat("x", 300), "-rf", "@scope/name", "a  b",
}

func TestHostileNamesStayInTheirQuotes(t *testing.T) {
	for _, name := range hostile {
		quoted, err := literal(name)
		if err != nil {
			t.Fatal(err)
		}
		var back string
		if err := json.Unmarshal([]byte(quoted), &back); err != nil || back != strings.ToValidUTF8(name, "\ufffd") && name != "\xff\xfe" {
			t.Errorf("%q became %s (%v)", name, quoted, err)
		}
		if strings.ContainsFunc(quoted, isControl) {
			t.Errorf("%s has what ends a line", quoted)
		}
		for _, k := range kinds {
			made, err := k.contents(name)
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := made["package.json"]; ok {
				var pkg struct{ Name, Description string }
				if err := json.Unmarshal([]byte(text), &pkg); err != nil || pkg.Name != PackageName(name) {
					t.Errorf("%q: %v\n%s", name, err, text)
				}
			}
			for file, text := range made {
				if got, want := strings.Count(text, "\n"), lines(t, k, file); got != want {
					t.Errorf("%q: %s has %d lines, not %d", name, file, got, want)
				}
			}
		}
	}
}

func lines(t *testing.T, k kind, file string) int {
	t.Helper()
	plain, err := k.contents("plain")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(plain[file], "\n")
}

func TestPackageNamesAreGoodEverywhere(t *testing.T) {
	for _, name := range hostile {
		got := PackageName(name)
		if got == "" || len(got) > 107 || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || got[0] == '-' || !strings.HasSuffix(got, "-server") {
			t.Errorf("%q became %q", name, got)
		}
	}
	for name, want := range map[string]string{
		"Weather": "weather-server", "my-Server": "my-server", "server": "my-server", "zod": "zod-server", "con": "con-server", "a--b-": "a-b-server", "7": "7-server", "": "my-server",
	} {
		if got := PackageName(name); got != want {
			t.Errorf("%q became %q, not %q", name, got, want)
		}
	}
}

// below lists the files below dir by slash path, sorted.
func below(t *testing.T, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(all(t, dir), func(name string) bool {
		i, err := os.Stat(filepath.Join(dir, name))
		return err == nil && i.IsDir()
	})
}

// all lists what is below dir, folders too.
func all(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != dir {
			path, err = filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// A project that could not be prepared is taken up again, as long as nobody changed
// it.
func TestAProjectThatIsThereAlreadyIsTakenUpAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "p")
	r := Request{Template: "node", Name: "x", Folder: folder}
	first, err := Create(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "node_modules"), 0o755); err != nil {
		t.Fatal(err)
	}
	again, err := Create(t.Context(), r)
	if err != nil || again.Folder != first.Folder || again.Open != first.Open {
		t.Fatalf("%+v, %v", again, err)
	}
	other := r
	other.Name = "y"
	if _, err := Create(t.Context(), other); !words.Has(err, words.FolderTaken) {
		t.Errorf("another one: %v", err)
	}
	if err := os.WriteFile(first.Open, []byte("// mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), r); !words.Has(err, words.FolderTaken) {
		t.Errorf("a changed one: %v", err)
	}
	if data, err := os.ReadFile(first.Open); err != nil || string(data) != "// mine" {
		t.Errorf("%q %v", data, err)
	}
}
