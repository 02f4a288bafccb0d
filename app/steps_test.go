package app

import (
	"context"
	"maps"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// Every page and step that there is a picture of is walked with Tab as it is read:
// from the top down, and along a line from the left.
func TestTabReadsEveryPage(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(shots)) {
		f := &fake{records: pastRecords()}
		w := open(t, f, sample())
		shots[name](w, f)
		c := w.win.Canvas()
		if c.Overlays().Top() != nil || w.open[w.tab] == view(w.sets) {
			continue // it has the focus to itself; cards are read one after the other
		}
		w.win.Resize(fyne.NewSize(920, 4000)) // so high that nothing is scrolled
		w.win.Content().Refresh()
		c.Unfocus()
		var seen []fyne.Focusable
		for range 200 {
			c.FocusNext()
			at := c.Focused()
			if at == nil || slices.Contains(seen, at) {
				break
			}
			if len(seen) > 0 && !readsOn(seen[len(seen)-1].(fyne.CanvasObject), at.(fyne.CanvasObject)) {
				t.Errorf("%s: from %s to %s", name, labelled(seen[len(seen)-1]), labelled(at))
			}
			seen = append(seen, at)
		}
	}
}

// readsOn reports whether b is read after a: below it, or to the right on its line. The
// navigation is a column of its own.
func readsOn(a, b fyne.CanvasObject) bool {
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	from, to := place(a), place(b)
	switch {
	case from.X < navWidth && to.X >= navWidth:
		return true
	case to.Y+b.Size().Height/2 < from.Y: // on a line above
		return false
	case to.Y < from.Y+a.Size().Height/2: // on the same line
		return to.X > from.X
	default:
		return true
	}
}

func labelled(o fyne.Focusable) string {
	switch o := o.(type) {
	case *button:
		return o.Text
	case *field:
		return "the field " + o.Text + o.PlaceHolder
	case *check:
		return o.Text
	case *choice:
		return "the choice " + o.Selected
	case *mark:
		return "the mark " + o.name
	case *further:
		return o.name
	}
	return "a widget"
}

// From every step Esc leads back to where its page begins, and asks where something
// typed would be lost.
func TestEscLeadsBackFromEverywhere(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(shots)) {
		f := &fake{records: pastRecords()}
		w := open(t, f, sample())
		shots[name](w, f)
		if w.ask == nil && w.win.Canvas().Overlays().Top() != nil || name == "busy" || name == "project-busy" {
			continue // a menu closes by itself; what never ends can't be left
		}
		for range 6 {
			w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
			if w.ask != nil && w.ask.q.title == words.Say("app.discard.title") {
				w.ask.onYes()
			}
		}
		if v, ok := w.open[w.tab].(*welcome); ok && v.isFirst() {
			continue // the first start ends with a choice
		}
		if w.ask != nil || w.open[w.tab] != w.base(w.tab) {
			t.Errorf("%s: it stays at %T", name, w.open[w.tab])
		}
	}
}

func TestAKeychainThatIsAbsentIsMendedAtTheTop(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	s := sample()
	s.Problem = words.New(words.KeychainAbsent, nil)
	w.Render(s)
	mend := w.strip.problem.buttons.Objects[0].(*button)
	w.Render(s)
	if w.strip.problem.buttons.Objects[0] != fyne.CanvasObject(mend) {
		t.Error("the button goes while somebody looks at it")
	}
	test.Tap(mend)
	if !f.usedFile || w.strip.result.title.seg.Text != words.Say("app.store.done") || !w.strip.box.Visible() {
		t.Errorf("done: %v, says %q", f.usedFile, w.strip.result.title.seg.Text)
	}
	w.Render(sample())
	if w.strip.problem.box.Visible() {
		t.Error("the problem stays")
	}
}

func TestThePassphraseIsTypedAtOnceAndNotLost(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("settings")
	test.Tap(w.options.moving.make)
	v := w.open[tabOptions].(*passForm)
	if w.win.Canvas().Focused() != fyne.Focusable(v.pass.field) {
		t.Error("the passphrase has to be clicked first")
	}
	test.Type(v.pass.field, "correct horse")
	test.Tap(v.cancel)
	if w.ask == nil {
		t.Fatal("it is given up without a word")
	}
	w.ask.onNo()
	if v.pass.field.Text != "correct horse" {
		t.Error("it is lost")
	}
}

func TestASuggestionHasANameThatIsFree(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("sets/new")
	form := w.open[tabSets].(*setForm)
	test.Tap(form.begin[0]) // there is a set of its name
	if form.save.Disabled() || form.draft().Name != "Development-2" {
		t.Errorf("it is called %q: %q", form.draft().Name, form.reason.text)
	}
}

func TestEnterSwitchesWhereItWasAsked(t *testing.T) {
	f := &fake{unusual: someUnusual()}
	w := open(t, f, sample())
	w.Show("sets/use/Research")
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	f.did(t, `use "Research" for ""`)
}

func TestWhatWasUntickedIsNotLost(t *testing.T) {
	f := &fake{imported: someImport()}
	w := open(t, f, sample())
	w.Show("sets")
	w.sets.onImport("/home/u/work.json")
	v := w.open[tabSets].(*setImport)
	v.uses["github"].SetChecked(false)
	test.Tap(v.cancel)
	if w.ask == nil {
		t.Error("of an imported set")
	} else {
		w.ask.onYes()
	}
	m := together(w, f)
	for _, r := range m.list {
		if r.on.Checked {
			r.on.SetChecked(false)
			break
		}
	}
	test.Tap(m.cancel)
	if w.ask == nil {
		t.Error("of several servers")
	}
}

// A heading's buttons and a foot's go below where the text beside them is cut, and
// come back.
func TestWhatIsReadIsNotCutForWhatIsPressed(t *testing.T) {
	w := open(t, &fake{files: pastFiles(), records: pastRecords()}, sample())
	w.Show("history")
	w.history.onOpen(0)
	v := w.open[tabHistory].(*record)
	v.title.set("Took over four servers from Claude Desktop", colorMuted)
	for _, width := range []float32{720, 1200, 720} {
		w.win.Resize(fyne.NewSize(width, 640))
		w.win.Content().Refresh()
		if need := uncut(v.title); v.title.Size().Width < need && width > 720 {
			t.Errorf("at %v the title has %v of %v", width, v.title.Size().Width, need)
		}
		place := fyne.CurrentApp().Driver().AbsolutePositionForObject
		if isBelow := place(v.undo).Y >= place(v.title).Y+v.title.Size().Height; isBelow != (width == 720) {
			t.Errorf("at %v the buttons are below: %v", width, isBelow)
		}
	}
}

func TestButtonsFlowByTheWidthThereIs(t *testing.T) {
	var all []fyne.CanvasObject
	for range 4 {
		all = append(all, gap(100, 30))
	}
	box := flow(narrow, all)
	all[3].Hide()
	for width, want := range map[float32]float32{400: 30, 250: 68, 110: 106} {
		box.Resize(fyne.NewSize(width, 200))
		if got := box.MinSize(); got.Height != want || got.Width != 100 {
			t.Errorf("%v wide it takes %v", width, got)
		}
	}
}

// What a sign-in waits with is to be left and gone on with as everywhere: Cancel, then
// the first action.
func TestAFailedSignInHasItsButtonsInOrder(t *testing.T) {
	f := &fake{waits: func(context.Context, companion.SignInHow) error {
		return words.New(words.SignInUnfinished, nil, "Name", "notion")
	}}
	w := open(t, f, sample())
	w.Show("servers/notion/sign-in")
	v := w.open[tabServers].(*signing)
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	if !v.again.Visible() || place(v.cancel).X > place(v.again).X {
		t.Error("Cancel stands last")
	}
}

func TestWhatIsTypedForAToolStays(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	tryOne(w, f, 1)
	v := w.open[tabServers].(*try)
	v.fields[0].text.SetText("/home/u/Projects")
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	list := w.open[tabServers].(*tools)
	list.search.SetText("pattern recursively") // words in any order
	list.onEnter()
	if w.open[tabServers] != view(v) || v.fields[0].text.Text != "/home/u/Projects" {
		t.Errorf("it shows %T", w.open[tabServers])
	}
}

func TestAnEmptySetFormSaysWhy(t *testing.T) {
	w := open(t, &fake{}, companion.State{})
	w.Show("sets/new")
	form := w.open[tabSets].(*setForm)
	if got := form.none.seg.Text; got != words.Say("app.setform.none.new") {
		t.Errorf("without servers it says %q", got)
	}
	w.Render(sample())
	form.search.SetText("zzz")
	if got := form.none.seg.Text; got != words.Say("app.servers.nothing") {
		t.Errorf("without a hit it says %q", got)
	}
	form.search.SetText("")
	if form.none.box.Visible() {
		t.Error("it says so beside servers")
	}
}
