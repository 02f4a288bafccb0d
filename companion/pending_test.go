package companion

import (
	"strings"
	"testing"
)

// undone is Claude Desktop running while what managed it is taken back.
func undone(t *testing.T) (d *desk, undo Result) {
	t.Helper()
	d = newDesk(t)
	d.add(t, "one")
	d.manage(t, "claude-desktop")
	d.open.Store(true)
	r, err := d.Undo(t.Context(), "")
	if err != nil || len(r.Waiting) != 1 || len(d.waiting()) != 1 {
		t.Fatalf("%+v %v %v", r, err, d.waiting())
	}
	return d, r
}

func TestAnUndoThatIsUndoneBeforeItIsWrittenIsNotWritten(t *testing.T) {
	d, undo := undone(t)
	seen := d.waiting()[0] // by a clock, just before
	if _, err := d.Undo(t.Context(), undo.ID); err != nil {
		t.Fatal(err)
	}
	d.open.Store(false)
	if err := d.finish(t.Context(), seen); err != nil || !strings.Contains(text(t, d.desktop), `"one"`) {
		t.Errorf("%v\n%s", err, text(t, d.desktop))
	}
}

func TestAnUndoWhoseRecordWasDestroyedWaitsForNothing(t *testing.T) {
	d, _ := undone(t)
	if err := d.Scrub(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	d.open.Store(false)
	if still, err := d.FinishPending(t.Context()); len(still) > 0 || err != nil || len(d.waiting()) != 0 {
		t.Errorf("%v %v %v", still, err, d.waiting())
	}
}
