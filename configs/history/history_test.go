package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

func newHistory(t *testing.T) History {
	return History{Home: files.Home(filepath.Join(t.TempDir(), "home")), Store: &secrets.Memory{}, Key: secrets.Ref{Library: "l", ID: "history"}}
}

// put writes files into a folder and returns their paths.
func put(t *testing.T, texts ...string) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, text := range texts {
		p := filepath.Join(dir, string(rune('a'+i))+".json")
		if text != "" {
			if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		paths = append(paths, p)
	}
	return paths
}

// adding makes changes that add member k.
func adding(t *testing.T, paths ...string) []*configs.Change {
	t.Helper()
	var list []*configs.Change
	for _, p := range paths {
		c, d, err := configs.Read(p, configs.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Set([]byte(`{"x":1}`), "m", "k"); err != nil {
			t.Fatal(err)
		}
		c.Done(d)
		list = append(list, c)
	}
	return list
}

// A folder's name may look like a pattern.
func TestAnInterruptedTransactionIsFoundWhateverTheFolderIsCalled(t *testing.T) {
	h := newHistory(t)
	h.Home = files.Home(filepath.Join(t.TempDir(), "[work]"))
	paths := put(t, "{}")
	id := apply(t, h, adding(t, paths...))
	if list, err := h.List(); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	os.WriteFile(h.journalPath(id), []byte(`{"record":{"id":"`+id+`"}}`), 0o600) // killed just before its end
	if _, err := h.Recover(); err != nil {
		t.Error(err)
	}
	if left := files.Ending(h.Home.History(), ".journal"); len(left) != 0 {
		t.Error(left)
	}
}

func TestScrubLeavesNoDamagedJournal(t *testing.T) {
	h := newHistory(t)
	apply(t, h, adding(t, put(t, "{}")...))
	os.WriteFile(h.journalPath("x"), []byte(`{"steps":[{"patch":"hunter2`), 0o600)
	if _, err := h.Recover(); err == nil {
		t.Error("a damaged journal was not said")
	}
	if err := h.Scrub(""); err != nil {
		t.Fatal(err)
	}
	list, _ := os.ReadDir(h.Home.History())
	for _, e := range list {
		if !e.IsDir() && strings.Contains(read(t, filepath.Join(h.Home.History(), e.Name())), "hunter2") {
			t.Errorf("%s still holds it", e.Name())
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "(none)"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func apply(t *testing.T, h History, changes []*configs.Change) string {
	t.Helper()
	id, err := h.Apply(t.Context(), "test", changes)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func undo(t *testing.T, h History, id string) error {
	t.Helper()
	r, changes, err := h.UndoOf(t.Context(), id, false)
	if err != nil {
		return err
	}
	_, err = h.Undo(t.Context(), r, "undo", changes)
	return err
}

const two = "{\r\n\t\"m\": {\r\n\t\t\"n\": 1.0\r\n\t}\r\n}"

func TestUndoGivesEveryByteBackAndUndoOfUndoAgain(t *testing.T) {
	h, p := newHistory(t), put(t, "{}", two, "")
	id := apply(t, h, adding(t, p...))
	after := []string{read(t, p[0]), read(t, p[1]), read(t, p[2])}
	if err := undo(t, h, ""); err != nil {
		t.Fatal(err)
	}
	if read(t, p[0]) != "{}" || read(t, p[1]) != two || read(t, p[2]) != "(none)" {
		t.Errorf("after undo: %q %q %q", read(t, p[0]), read(t, p[1]), read(t, p[2]))
	}
	if err := undo(t, h, id); !words.Has(err, words.UndoUnknown) {
		t.Errorf("twice: %v", err)
	}
	list, _ := h.List()
	if len(list) != 2 || list[0].Undoes != id || !list[1].Undone {
		t.Fatalf("%+v", list)
	}
	if err := undo(t, h, list[0].ID); err != nil {
		t.Fatal(err)
	}
	for i := range p {
		if read(t, p[i]) != after[i] {
			t.Errorf("undo of undo: %q, want %q", read(t, p[i]), after[i])
		}
	}
	if list, _ = h.List(); list[2].Undone {
		t.Error("what stands again still counts as undone")
	}
}

func TestUndoTakesBackOnlyOursWhereTheFileMovedOn(t *testing.T) {
	h, p := newHistory(t), put(t, two)
	apply(t, h, adding(t, p...))
	moved := strings.Replace(read(t, p[0]), "1.0", "2.0, \"theirs\": true", 1)
	os.WriteFile(p[0], []byte(moved), 0o600)
	if err := undo(t, h, ""); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, p[0]), strings.Replace(two, "1.0", "2.0, \"theirs\": true", 1); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestUndoAsksWhereOurEntryWasChanged(t *testing.T) {
	h, p := newHistory(t), put(t, "{}", two)
	apply(t, h, adding(t, p...))
	mine := read(t, p[0])
	os.WriteFile(p[1], []byte(`{"m":{"n":1.0,"k":{"x":2}}}`), 0o600)
	if err := undo(t, h, ""); !words.Has(err, words.UndoConflict) || !strings.Contains(err.Error(), p[1]) {
		t.Errorf("got %v", err)
	}
	if read(t, p[0]) != mine {
		t.Error("a part was taken back all the same")
	}
	// the difference is told; and the rest can be taken back
	_, _, err := h.UndoOf(t.Context(), "", false)
	if err == nil || !strings.Contains(errors.Unwrap(err).Error(), `-  "x": 1`) || !strings.Contains(errors.Unwrap(err).Error(), `+  "x": 2`) {
		t.Errorf("the difference: %v", errors.Unwrap(err))
	}
	r, changes, err := h.UndoOf(t.Context(), "", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Undo(t.Context(), r, "undo", changes); err != nil {
		t.Fatal(err)
	}
	if read(t, p[0]) != "{}" || read(t, p[1]) != `{"m":{"n":1.0,"k":{"x":2}}}` {
		t.Errorf("%s %s", read(t, p[0]), read(t, p[1]))
	}
}

func TestAFailureTakesEverythingBack(t *testing.T) {
	h, p := newHistory(t), put(t, "{}", two, "{}")
	changes := adding(t, p...)
	os.WriteFile(p[2], []byte(`{"other": 1}`), 0o600)
	if _, err := h.Apply(t.Context(), "test", changes); !words.Has(err, words.FileChanged) || !errors.Is(err, configs.ErrChanged) {
		t.Errorf("got %v", err)
	}
	if read(t, p[0]) != "{}" || read(t, p[1]) != two || read(t, p[2]) != `{"other": 1}` {
		t.Errorf("%q %q %q", read(t, p[0]), read(t, p[1]), read(t, p[2]))
	}
	if l, _ := filepath.Glob(filepath.Join(h.Home.History(), "*.journal")); len(l) != 0 {
		t.Errorf("left %v", l)
	}
	if list, _ := h.List(); len(list) != 0 {
		t.Errorf("recorded %v", list)
	}
}

func TestReadOnlyFolderIsNamedAndNothingStays(t *testing.T) {
	if os.Getuid() == 0 {
		// root writes everywhere; a file marked read-only is refused all the same
		h, p := newHistory(t), put(t, "{}", two)
		changes := adding(t, p...)
		os.Chmod(p[1], 0o400)
		if _, err := h.Apply(t.Context(), "test", changes); !words.Has(err, words.FileLocked) || read(t, p[0]) != "{}" {
			t.Errorf("%v", err)
		}
		return
	}
	h, p := newHistory(t), put(t, "{}", two)
	changes := adding(t, p...)
	os.Chmod(filepath.Dir(p[0]), 0o500)
	defer os.Chmod(filepath.Dir(p[0]), 0o700)
	if _, err := h.Apply(t.Context(), "test", changes); !words.Has(err, words.FileLocked) {
		t.Errorf("%v", err)
	}
}

func TestInterruptedTransactionIsTakenBackAtTheNextStart(t *testing.T) {
	for written := range 4 {
		h, p := newHistory(t), put(t, "{}", two, "")
		changes := adding(t, p...)
		j := journal{Record: Record{ID: "20260101-000000.000-aaaa", Reason: "Switch"}}
		for _, c := range changes {
			j.Steps = append(j.Steps, stepOf(c))
		}
		if err := h.write(h.journalPath(j.Record.ID), j); err != nil {
			t.Fatal(err)
		}
		for _, c := range changes[:written] {
			if err := c.Write(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		reasons, err := h.Recover()
		if err != nil || len(reasons) != 1 || reasons[0] != "Switch" {
			t.Errorf("%d written: %v %v", written, reasons, err)
		}
		if read(t, p[0]) != "{}" || read(t, p[1]) != two || read(t, p[2]) != "(none)" {
			t.Errorf("%d written: %q %q %q", written, read(t, p[0]), read(t, p[1]), read(t, p[2]))
		}
		if again, err := h.Recover(); err != nil || len(again) != 0 {
			t.Errorf("again: %v %v", again, err)
		}
	}
}

func TestRecordsAreSealedAndTheFirstCopyIsKept(t *testing.T) {
	h, p := newHistory(t), put(t, `{"env": {"TOKEN": "hunter2-hunter2"}, "m": {}}`)
	apply(t, h, adding(t, p...))
	if err := undo(t, h, ""); err != nil {
		t.Fatal(err)
	}
	first, _ := filepath.Glob(filepath.Join(h.Home.History(), "first", "*.age"))
	if len(first) != 1 {
		t.Errorf("first copies: %v", first)
	}
	filepath.WalkDir(string(h.Home), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if data, _ := os.ReadFile(path); bytes.Contains(data, []byte("hunter2")) || bytes.Contains(data, []byte(`"x":1`)) {
				t.Errorf("%s is not sealed", path)
			}
		}
		return err
	})
}

func TestWithoutAStoreNothingIsWritten(t *testing.T) {
	h, p := newHistory(t), put(t, "{}")
	h.Store = noStore{}
	if _, err := h.Apply(t.Context(), "test", adding(t, p...)); !words.Has(err, words.KeychainAbsent) || read(t, p[0]) != "{}" {
		t.Errorf("%v", err)
	}
}

type noStore struct{ secrets.Store }

func (noStore) Set(context.Context, secrets.Ref, secrets.Secret) error { return secrets.ErrUnavailable }

func TestWhatARecoveryCannotTakeBackIsSaidInWordsAndStaysToBeTakenBack(t *testing.T) {
	h, p := newHistory(t), put(t, "{}", two)
	changes := adding(t, p...)
	j := journal{Record: Record{ID: "20260101-000000.000-aaaa", Reason: "Switch"}}
	for _, c := range changes {
		j.Steps = append(j.Steps, stepOf(c))
		if err := c.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.write(h.journalPath(j.Record.ID), j); err != nil {
		t.Fatal(err)
	}
	good := read(t, p[1])
	os.WriteFile(p[1], []byte("{\n  x"), 0o600) // its user is typing
	if _, err := h.Recover(); !words.Has(err, words.FileBroken) || read(t, p[0]) != "{}" {
		t.Errorf("%v", err)
	}
	os.WriteFile(p[1], []byte(good), 0o600)
	if _, err := h.Recover(); err != nil || read(t, p[1]) != two {
		t.Errorf("%v, %q", err, read(t, p[1]))
	}
}

func TestADamagedJournalIsSaidOnceAndThenOutOfTheWay(t *testing.T) {
	h := newHistory(t)
	path := h.journalPath("20260101-000000.000-aaaa")
	if err := files.WriteOwn(path, []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Recover(); err == nil {
		t.Error("nothing was said")
	}
	if _, err := h.Recover(); err != nil {
		t.Error(err)
	}
}

func TestAnUndoThatWasKilledBeforeItsMarkIsMarkedAtTheNextStart(t *testing.T) {
	h, p := newHistory(t), put(t, "{}")
	id := apply(t, h, adding(t, p...))
	if err := undo(t, h, ""); err != nil {
		t.Fatal(err)
	}
	list, _ := h.List()
	if _, err := h.mark(id, false); err != nil { // as it was just before
		t.Fatal(err)
	}
	if err := h.write(h.journalPath(list[0].ID), journal{Record: list[0]}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Recover(); err != nil {
		t.Fatal(err)
	}
	if err := undo(t, h, ""); !words.Has(err, words.UndoUnknown) {
		t.Errorf("undone twice: %v", err)
	}
}

func TestUndoKnowsOurEntryInAnotherSpelling(t *testing.T) {
	h, p := newHistory(t), put(t, two)
	c, d, err := configs.Read(p[0], configs.JSON)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Set([]byte(`{"command":"a/b","args":["\u00e9",1.0]}`), "m", "k"); err != nil {
		t.Fatal(err)
	}
	c.Done(d)
	apply(t, h, []*configs.Change{c})
	os.WriteFile(p[0], []byte(`{"m":{"k":{"args":["é",1],"command":"a\/b"},"n":1},"theirs":0}`), 0o600)
	if err := undo(t, h, ""); err != nil || read(t, p[0]) != `{"m":{"n":1},"theirs":0}` {
		t.Errorf("%v %s", err, read(t, p[0]))
	}
}

func TestTheOldestRecordsAreForgottenByCountAndSize(t *testing.T) {
	h := newHistory(t)
	put := func(n int, size int64) string {
		id := fmt.Sprintf("20260101-%06d.000-aaaa", n)
		if err := h.write(h.recordPath(id), Record{ID: id}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(h.sealedPath(id), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(h.sealedPath(id), size); err != nil {
			t.Fatal(err)
		}
		return id
	}
	for n := range keep + 5 {
		put(n, 10)
	}
	h.prune()
	list, _ := h.List()
	if len(list) != keep || list[0].ID != fmt.Sprintf("20260101-%06d.000-aaaa", keep+4) {
		t.Fatalf("%d left", len(list))
	}
	big := put(keep+5, keepBytes)
	h.prune()
	if list, _ = h.List(); len(list) != 1 || list[0].ID != big {
		t.Errorf("%d left: the newest stays, whatever its size", len(list))
	}
}
