package app

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

func TestAToolIsTriedWithWhatIsTyped(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	tryOne(w, f, 1)
	v := w.open[tabServers].(*try)
	if !v.call.Disabled() || v.reason.text == "" {
		t.Error("it can be called without what is required")
	}
	v.fields[0].text.SetText("/home/u")
	v.fields[2].choice.SetSelectedIndex(1)
	v.fields[3].choice.SetSelectedIndex(2)
	v.fields[4].text.SetText("*.log\n*.tmp")
	if v.call.Disabled() {
		t.Fatal(v.reason.text)
	}
	test.Tap(v.call)
	f.did(t, "tools files", `call files search_files {"path":"/home/u","limit":10,"deep":true,"order":"size","exclude":["*.log","*.tmp"]}`)
	if !v.answer.Visible() || !strings.Contains(v.text.seg.Text, "README") {
		t.Error("the answer is not shown")
	}
	test.Tap(v.copy)
	if fyne.CurrentApp().Clipboard().Content() != "{}" {
		t.Error("the whole answer is not copied")
	}
	f.propose = words.New(words.NoAnswer, nil, "Name", "files", "Seconds", 60)
	test.Tap(v.call)
	if v.answer.Visible() || !v.notices().box.Visible() {
		t.Error("an old answer stands where the call failed")
	}
	v.onEscape()
	if w.open[tabServers] != view(v.list) {
		t.Errorf("goes back to %T", w.open[tabServers])
	}
	v.list.onEscape()
	if _, ok := w.open[tabServers].(*details); !ok {
		t.Errorf("goes back to %T", w.open[tabServers])
	}
}

func TestAToolWithoutAFormIsCalledAsTyped(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	tryOne(w, f, 2)
	v := w.open[tabServers].(*try)
	for text, ok := range map[string]bool{"": true, `{"a": 1}`: true, "[1]": false, "{": false, `"a"`: false} {
		v.whole.SetText(text)
		if v.call.Disabled() == ok {
			t.Errorf("%q can be called: %v", text, !v.call.Disabled())
		}
	}
	v.whole.SetText(`{"a": 1}`)
	test.Tap(v.call)
	f.did(t, "tools files", `call files anything {"a": 1}`)
}

func TestToolsAreSearchedAndAFailureToStartIsTold(t *testing.T) {
	f := &fake{propose: words.New(words.ClosedEarly, errors.New("x"), "Name", "files", "Text", "no")}
	w := open(t, f, sample())
	w.Show("servers/files/tools")
	v := w.open[tabServers].(*tools)
	if v.full.Visible() || !v.told.box.Visible() {
		t.Fatal("the failure is not told")
	}
	f.propose, f.tools = nil, someTools()
	v.load()
	v.search.SetText("ALLOWED")
	if len(v.shown) != 2 {
		t.Errorf("%d found", len(v.shown))
	}
	v.search.SetText("list_allowed")
	v.onEnter()
	if x, ok := w.open[tabServers].(*try); !ok || x.tool.Name != "list_allowed_directories" {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func TestTheLogIsFollowedSearchedAndCopied(t *testing.T) {
	f := &fake{lines: someLines()}
	w := open(t, f, sample())
	w.Show("servers/files/logs")
	v := w.open[tabServers].(*logs)
	if len(v.shown) != len(f.lines) || v.none.Visible() {
		t.Fatalf("%d lines", len(v.shown))
	}
	v.add([]companion.LogLine{{Time: noon.Add(-90 * 1e9), Source: companion.AppSaid, Text: "earlier"}})
	if v.shown[0].Text != "earlier" {
		t.Error("lines are not in the order of time")
	}
	v.source.SetSelectedIndex(1) // the server's words, and the launcher's
	if len(v.shown) != 3 {
		t.Errorf("%d lines of the server", len(v.shown))
	}
	v.source.SetSelectedIndex(0)
	v.search.SetText("/etc/passwd") // what is in a message counts
	if len(v.shown) != 1 {
		t.Fatalf("%d found", len(v.shown))
	}
	v.onLine(0)
	if !strings.Contains(v.text.seg.Text, "read_text_file") {
		t.Error("the line is not shown whole")
	}
	test.Tap(v.copy)
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.Contains(got, "tools/call") || strings.Contains(got, "earlier") {
		t.Errorf("copied %q", got)
	}
	v.onEscape()
	before := len(v.all)
	v.add(someLines())
	if len(v.all) != before {
		t.Error("it goes on after it was left")
	}
}

func TestContentsAreRecordedOnlyAfterAYes(t *testing.T) {
	f := &fake{lines: someLines()}
	w := open(t, f, sample())
	w.Show("servers/files/logs")
	v := w.open[tabServers].(*logs)
	test.Tap(v.record)
	test.Tap(w.ask.no)
	if v.record.Checked {
		t.Error("the box says yes")
	}
	f.did(t, "follow files")
	test.Tap(v.record)
	test.Tap(w.ask.yes)
	f.did(t, "follow files", "record files true")
	test.Tap(v.record)
	f.did(t, "follow files", "record files true", "record files false")
}

func TestAStepAskedForBeforeTheFirstStateIsShownThen(t *testing.T) {
	f := &fake{lines: someLines()}
	w := New(test.NewTempApp(t), f, Options{Go: func(do func()) { do() }})
	w.Show("servers/files/logs")
	f.did(t)
	w.Render(sample())
	if v, ok := w.open[tabServers].(*logs); !ok || v.name != "files" {
		t.Errorf("shows %T", w.open[tabServers])
	}
}
