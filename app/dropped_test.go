package app

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

func lossy() companion.State {
	s := sample()
	s.Pending = nil
	s.Clients[0].Vanished = []string{"files", "github"}
	return s
}

func TestWhatAnAppDroppedCanBePutBack(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	if w.strip.dropped.box.Visible() {
		t.Error("tells of a loss that was none")
	}
	w.Render(lossy())
	d := w.strip.dropped
	if !d.box.Visible() || len(d.rows) != 1 {
		t.Fatal("does not tell of the loss")
	}
	test.Tap(d.rows[0].back)
	f.did(t, "put back claude-desktop")
	if !w.strip.done.Visible() || w.ask != nil {
		t.Error("does not say that they are back")
	}
	s := lossy()
	s.Clients[0].Vanished = nil
	w.Render(s)
	if d.box.Visible() {
		t.Error("the loss stays after it was mended")
	}
}

func TestPuttingBackAsksForTheRestart(t *testing.T) {
	f := &fake{result: companion.Result{Waiting: []string{"Claude Desktop"}}}
	w := open(t, f, lossy())
	test.Tap(w.strip.dropped.rows[0].back)
	if w.ask == nil || w.strip.done.Visible() {
		t.Fatal("does not ask for the restart")
	}
	test.Tap(w.ask.yes)
	f.did(t, "put back claude-desktop", "restart claude-desktop")
}

func TestALossCanBeLeft(t *testing.T) {
	f := &fake{restart: words.New(words.Busy, nil, "File", "x")}
	w := open(t, f, lossy())
	test.Tap(w.strip.dropped.rows[0].leave)
	f.did(t, "leave claude-desktop")
	if !w.strip.result.box.Visible() {
		t.Error("the failure is not shown")
	}
}
