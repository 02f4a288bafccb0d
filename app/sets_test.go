package app

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

func TestASwitchWithNothingUnusualIsOneClickAndSoIsItsUndo(t *testing.T) {
	f := &fake{result: companion.Result{ID: "7"}}
	w := open(t, f, sample())
	w.Show("sets")
	test.Tap(w.sets.cards[1].use)
	f.did(t, `use "Data" for ""`)
	if got := w.sets.told.title.seg.Text; got != words.Say("tray.switched", "Set", "Data") {
		t.Errorf("it says %q", got)
	}
	test.Tap(w.sets.told.buttons.Objects[0].(*button))
	f.did(t, `use "Data" for ""`, "undo 7")
	if got := w.sets.told.title.seg.Text; got != words.Say("app.history.undone") {
		t.Errorf("it says %q", got)
	}
}

func TestASwitchThatChangedNothingHasNoUndo(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.Show("sets/use/Data")
	if n := len(w.sets.told.buttons.Objects); n != 1 {
		t.Errorf("%d buttons", n)
	}
}

func TestWhatIsUnusualIsShownBeforeTheSwitch(t *testing.T) {
	f := &fake{unusual: someUnusual()}
	w := open(t, f, sample())
	w.Show("sets")
	test.Tap(w.sets.cards[3].use)
	v, ok := w.open[tabSets].(*unusual)
	if !ok {
		t.Fatalf("it shows %T", w.open[tabSets])
	}
	f.did(t)
	if len(v.mends) != 2 || v.mends[0].Text != words.Say("app.details.key") || v.mends[1].Text != words.Say("app.signins.in") {
		t.Errorf("the buttons are %v", v.mends)
	}
	test.Tap(v.cancel)
	if w.open[tabSets] != view(w.sets) {
		t.Errorf("after Cancel it shows %T", w.open[tabSets])
	}
	f.did(t)

	test.Tap(w.sets.cards[3].use)
	v = w.open[tabSets].(*unusual)
	test.Tap(v.mends[0])
	if w.tab != tabServers {
		t.Error("the key can't be entered from there")
	}
	w.goTo(tabSets)
	if v.anyway.Text != words.Say("app.switch.anyway") {
		t.Errorf("the button says %q", v.anyway.Text)
	}
	f.unusual = nil // it was entered
	w.Render(sample())
	if len(v.mends) != 0 || v.anyway.Text != words.Say("app.sets.use") {
		t.Errorf("it still asks for %v", v.shown)
	}
	test.Tap(v.anyway)
	f.did(t, `use "Research" for ""`)
	if w.open[tabSets] != view(w.sets) || !w.sets.told.box.Visible() {
		t.Error("the outcome is not told")
	}
}

func TestAnotherProcessCanHaveTheQuestionShown(t *testing.T) {
	f := &fake{unusual: someUnusual()}
	w := New(test.NewTempApp(t), f, Options{Go: func(do func()) { do() }})
	w.Show("sets/use/Research") // as the tray starts it: no State is there yet
	f.did(t)
	w.Render(sample())
	if _, ok := w.open[tabSets].(*unusual); !ok || w.tab != tabSets {
		t.Errorf("it shows %T", w.open[tabSets])
	}
}

func TestOneAppIsGivenAnotherSet(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("sets")
	menu := w.sets.menu(w.state.Sets[0])
	var labels []string
	for _, m := range menu {
		labels = append(labels, m.Label)
	}
	i := slices.Index(labels, words.Say("app.sets.only", "Client", "Cursor"))
	if i < 0 {
		t.Fatalf("the menu has %q", labels)
	}
	menu[i].Action()
	f.did(t, `use "Data" for "cursor"`)
	if got := w.sets.told.title.seg.Text; !strings.Contains(got, "Cursor") {
		t.Errorf("it says %q", got)
	}
}

func TestKeysSwitchToTheSetsInTheOrderShown(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	press := func(key fyne.KeyName) {
		t.Helper()
		i := slices.IndexFunc(w.bindings(), func(b binding) bool {
			return b.key == key && b.modifier == fyne.KeyModifierShortcutDefault|fyne.KeyModifierShift
		})
		if i < 0 {
			t.Fatalf("nothing is bound to %s", key)
		}
		w.bindings()[i].do()
	}
	press(fyne.Key3)
	if w.tab != tabSets {
		t.Error("the outcome is not in view")
	}
	press(fyne.Key1)
	press(fyne.Key9) // there is none
	f.did(t, `use "Development" for ""`, `use "" for ""`)

	w.sets.onEdit(w.state.Sets[0])
	w.open[tabSets].(*setForm).name.field.SetText("Typed")
	press(fyne.Key2)
	if w.ask == nil {
		t.Error("what was typed is lost")
	}
}

func TestASuggestionTicksWhatIsThereAndLeadsToTheRest(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("sets/new")
	form := w.open[tabSets].(*setForm)
	test.Tap(form.begin[0])
	d := form.draft()
	if d.Name != "Development-2" || d.Icon != "code" || strings.Join(d.Servers, " ") != "files github" {
		t.Errorf("the draft is %+v", d)
	}
	at := slices.IndexFunc(form.absent, func(o *catalog.Offer) bool { return o.ID == "playwright" })
	if at < 0 || slices.Contains(form.absent, catalog.Find("github")) {
		t.Fatalf("%d offers are missing", len(form.absent))
	}
	form.search.SetText("playwright")
	if len(form.shown) != 0 || len(form.offered) != 1 {
		t.Errorf("the search finds %d and %d", len(form.shown), len(form.offered))
	}
	form.onRow(0)
	if o, ok := w.open[tabServers].(*offerForm); !ok || o.offer.ID != "playwright" || w.tab != tabServers {
		t.Fatalf("it shows %T", w.open[tabServers])
	}

	s := sample() // it was added
	s.Servers = append(s.Servers, companion.ServerState{Name: "browser", Server: servers.Server{Command: "npx", Args: []string{"-y", "@playwright/mcp@latest"}}})
	w.Render(s)
	w.goTo(tabSets)
	if d := form.draft(); strings.Join(d.Servers, " ") != "browser files github" {
		t.Errorf("then the draft is %+v", d)
	}
	test.Tap(form.begin[1]) // another idea takes the first one's place
	if d := form.draft(); d.Name != "Research-2" || slices.Contains(d.Servers, "github") {
		t.Errorf("then the draft is %+v", d)
	}
	form.name.field.SetText("Mine")
	test.Tap(form.begin[2])
	if d := form.draft(); d.Name != "Mine" {
		t.Error("the name that was typed is lost")
	}
}

func TestASuggestionsNameCanBeASets(t *testing.T) {
	t.Cleanup(func() { words.Use() })
	for _, l := range words.Languages() {
		words.Use(l.Tag)
		if n := len(suggestions()); n != len(suggested) {
			t.Errorf("%s: %d suggestions", l.Tag, n)
		}
		for _, s := range suggestions() {
			if err := servers.CheckName(s.name); err != nil {
				t.Errorf("%s: %q: %v", l.Tag, s.name, err)
			}
			if len(s.offers) < 8 || setIcons[s.icon] == nil || s.title == "" {
				t.Errorf("%s: %q is not whole", l.Tag, s.name)
			}
		}
	}
}

func TestAMarkIsChosenAndOneOfALaterVersionStays(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("sets")
	w.sets.onEdit(w.state.Sets[2])
	form := w.open[tabSets].(*setForm)
	if !form.marks.list[0].chosen || form.draft().Icon != "of-a-later-version" || form.dirty() {
		t.Error("the mark of a later version does not stay")
	}
	for i, want := range companion.SetIcons {
		test.Tap(form.marks.list[i+1])
		if form.draft().Icon != want.Name || !form.dirty() || setIcons[want.Name] == nil {
			t.Errorf("%s can't be chosen", want.Name)
		}
	}
}

// Two cards stand side by side in the least window, in every language.
func TestACardFitsHalfOfTheLeastWindow(t *testing.T) {
	t.Cleanup(func() { words.Use() })
	for _, l := range words.Languages() {
		words.Use(l.Tag)
		w := open(t, &fake{}, sample())
		w.Show("sets")
		for _, c := range w.sets.cards {
			if got := c.box.MinSize().Width; got > 230 {
				t.Errorf("%s: the card of %q needs %v", l.Tag, c.set.Name, got)
			}
		}
	}
}

func TestACardSaysWhichAppsUseItsSet(t *testing.T) {
	w := open(t, &fake{}, sample())
	for set, want := range map[string]string{"Data": "Claude Code in shop", "Development": "", "Research": ""} {
		i := slices.IndexFunc(w.state.Sets, func(s companion.SetState) bool { return s.Name == set })
		if got := w.sets.users(w.state.Sets[i]); !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("of %s it says %q", set, got)
		}
	}
}
