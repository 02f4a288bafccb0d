package app

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// addingPage opens the page where a server is looked for.
func addingPage(t *testing.T, w *Window) *addPage {
	t.Helper()
	test.Tap(w.servers.add)
	p, ok := w.open[tabServers].(*addPage)
	if !ok {
		t.Fatalf("the page shows %T", w.open[tabServers])
	}
	return p
}

// chosen is the offer's form that the page shows.
func chosen(t *testing.T, w *Window) *offerForm {
	t.Helper()
	f, ok := w.open[tabServers].(*offerForm)
	if !ok {
		t.Fatalf("the page shows %T, not an offer", w.open[tabServers])
	}
	return f
}

func titles(p *addPage) string {
	var all []string
	for _, o := range p.shown {
		all = append(all, o.Title)
	}
	return strings.Join(all, ", ")
}

func TestTheCatalogueIsSearchedAsOneTypes(t *testing.T) {
	f := &fake{read: words.New(words.ImportNothing, nil)}
	w := open(t, f, sample())
	p := addingPage(t, w)
	if len(p.shown) != len(catalog.All()) || w.win.Canvas().Focused() != fyne.Focusable(p.search) {
		t.Errorf("shows %d offers, the cursor is in %T", len(p.shown), w.win.Canvas().Focused())
	}
	test.Type(p.search, "brave")
	if titles(p) != "Brave Search" {
		t.Errorf("finds %s", titles(p))
	}
	f.did(t) // a word to search for is not read as a paste
	p.search.TypedKey(key(fyne.KeyReturn))
	if o := chosen(t, w); o.offer.ID != "brave-search" || o.name.field.Text != "brave-search-2" {
		t.Errorf("Enter opens %s, called %s", o.offer.ID, o.name.field.Text)
	}
	w.onKey(key(fyne.KeyEscape))
	if w.open[tabServers] != view(p) || p.search.Text != "brave" {
		t.Error("Esc does not lead back to what was found")
	}
	w.onKey(key(fyne.KeyEscape))
	if w.open[tabServers] != view(w.servers) {
		t.Error("Esc does not leave")
	}
}

func TestAKindOfServersCanBeChosen(t *testing.T) {
	w := open(t, &fake{}, sample())
	p := addingPage(t, w)
	p.kind.SetSelectedIndex(1)
	for _, o := range p.shown {
		if o.Category != p.kinds[0].ID {
			t.Errorf("%s is %s", o.ID, o.Category)
		}
	}
	if len(p.shown) == 0 {
		t.Error("shows none")
	}
}

func TestWhatIsPastedStandsOnTopAndAKeyLeavesTheClipboard(t *testing.T) {
	for name, text := range map[string]string{
		"one line": "npx -y @acme/notes-mcp",
		"several":  "{\n  // a comment\n  \"mcpServers\": {}\n}",
	} {
		f := &fake{offers: pastedOffers()}
		w := open(t, f, sample())
		p := addingPage(t, w)
		clip := fyne.CurrentApp().Clipboard()
		clip.SetContent(text)
		p.search.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
		f.did(t, fmt.Sprintf("offers of %q", text))
		if titles(p) != "notes, tasks" {
			t.Errorf("%s: shows %s", name, titles(p))
		}
		if clip.Content() != "" {
			t.Errorf("%s: the key stays in the clipboard", name)
		}
		if strings.Contains(p.search.Text, "comment") || strings.Contains(p.search.Text, "acme") {
			t.Errorf("%s: stands in the field: %q", name, p.search.Text)
		}
	}
}

func TestWhatIsTypedAfterAPasteTakesItsPlace(t *testing.T) {
	f := &fake{offers: pastedOffers()}
	w := open(t, f, sample())
	p := addingPage(t, w)
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent("a: 1\nb: 2")
	p.search.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	test.Type(p.search, "gmail")
	if p.search.Text != "gmail" || !strings.HasPrefix(titles(p), "Gmail") {
		t.Errorf("%q finds %s", p.search.Text, titles(p))
	}
	clip.SetContent("a: 1\nb: 2")
	p.search.SetText("")
	p.search.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	p.search.TypedKey(key(fyne.KeyBackspace))
	if p.search.Text != "" || len(p.shown) != len(catalog.All()) {
		t.Errorf("deleted, %q finds %d", p.search.Text, len(p.shown))
	}
}

func TestAClipboardWithoutAKeyStaysAsItIs(t *testing.T) {
	f := &fake{offers: pastedOffers()[1:]}
	w := open(t, f, sample())
	p := addingPage(t, w)
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent("https://tasks.example.com/mcp")
	p.search.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	if titles(p) != "tasks" || clip.Content() == "" {
		t.Errorf("shows %s, the clipboard has %q", titles(p), clip.Content())
	}
}

func TestALateAnswerToAnEarlierTextIsNotShown(t *testing.T) {
	f := &fake{offers: pastedOffers()}
	w := open(t, f, sample())
	p := addingPage(t, w)
	var waiting []func()
	w.opts.Go = func(do func()) { waiting = append(waiting, do) }
	p.search.SetText("https://tasks.example.com/mcp")
	p.search.SetText("github")
	for _, do := range waiting {
		do()
	}
	if len(p.found) != 0 || !strings.HasPrefix(titles(p), "GitHub") {
		t.Errorf("shows %s", titles(p))
	}
}

func TestWhyAPasteIsNoServerIsSaid(t *testing.T) {
	problem := words.New(words.ImportManifest, nil)
	w := open(t, &fake{read: problem}, sample())
	p := addingPage(t, w)
	p.search.SetText(`{"manifest_version": "0.2"}`)
	if !p.noneBox.Visible() || !strings.Contains(p.none.seg.Text, problem.Title) {
		t.Errorf("says %q", p.none.seg.Text)
	}
}

func TestAnOfferIsAddedWithItsKeyAndChecked(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	p := addingPage(t, w)
	p.choose(*catalog.Find("brave-search"))
	o := chosen(t, w)
	if o.save.Disabled() || !strings.HasPrefix(o.reason.text, "It will wait for its key") || w.win.Canvas().Focused() != fyne.Focusable(o.fields[0].text) {
		t.Errorf("says %q, the cursor is in %T", o.reason.text, w.win.Canvas().Focused())
	}
	if o.dirty() {
		t.Error("an untouched form says it was typed in")
	}
	o.name.field.SetText("search")
	test.Type(o.fields[0].text, "hunter2")
	if strings.Contains(o.command.seg.Text, "hunter2") || !o.fields[0].text.Password {
		t.Error("the key can be read")
	}
	test.Tap(o.save)
	v := previewed(t, w, tabServers)
	if v.change.command != "npx -y @brave/brave-search-mcp-server" || v.change.risk == "" {
		t.Errorf("asks for consent to %q", v.change.command)
	}
	if v.onEnter(); w.win.Canvas().Focused() != fyne.Focusable(v.back) || len(f.calls) != 1 {
		t.Errorf("an Enter too many adds a program: %q", f.calls)
	}
	test.Tap(v.apply)
	f.did(t, "propose offer search", "apply", "check search")
	d := f.offer
	if d.Option != "local" || !equal(d.Values["apiKey"], []string{"hunter2"}) || !equal(d.Sets, []string{"Development"}) {
		t.Errorf("asked for %s in %v", d.Option, d.Sets)
	}
	if _, ok := w.open[tabServers].(*details); !ok || o.fields[0].text.Text != "" {
		t.Errorf("shows %T, the key left: %v", w.open[tabServers], o.fields[0].text.Text != "")
	}
}

func TestNothingTypedIsLostWhereAnOfferCantBeAdded(t *testing.T) {
	f := &fake{propose: words.New(words.KeychainLocked, nil)}
	w := open(t, f, sample())
	addingPage(t, w).choose(*catalog.Find("brave-search"))
	o := chosen(t, w)
	o.fields[0].text.SetText("hunter2")
	test.Tap(o.save)
	if w.open[tabServers] != view(o) || !o.told.box.Visible() || o.fields[0].text.Text != "hunter2" {
		t.Errorf("shows %T", w.open[tabServers])
	}
	w.onKey(key(fyne.KeyEscape))
	if w.open[tabServers] != view(o) || w.ask == nil {
		t.Fatal("leaves without asking")
	}
	test.Tap(w.ask.no)
	w.Show("add")
	if w.open[tabServers] != view(o) {
		t.Error("adding another one throws the form away")
	}
}

func TestEachKindOfFieldIsAskedForInItsWay(t *testing.T) {
	o := catalog.Offer{Title: "all", Name: "all", Options: []catalog.Option{{
		ID: "x", Launch: catalog.Launch{Command: "npx"}, Fields: []catalog.Field{
			{ID: "text", Kind: catalog.Text, Label: "Text", Given: catalog.Given{"given"}},
			{ID: "secret", Kind: catalog.Secret, Label: "Secret"},
			{ID: "folders", Kind: catalog.Folder, Label: "Folders", Multiple: true},
			{ID: "file", Kind: catalog.File, Label: "File"},
			{ID: "number", Kind: catalog.Number, Label: "Number", Default: "8000"},
			{ID: "yes", Kind: catalog.YesNo, Label: "Yes", Default: "true"},
			{ID: "one", Kind: catalog.Choice, Label: "One", Default: "b", Choices: []catalog.Selection{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}},
			{ID: "some", Kind: catalog.Choice, Label: "Some", Multiple: true, Choices: []catalog.Selection{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}},
			{ID: "url", Kind: catalog.Address, Label: "Address", Advanced: true},
		},
	}}}
	w := open(t, &fake{}, sample())
	w.pickFolder = func(chosen func(string)) { chosen("/work") }
	w.pickFile = func(chosen func(string)) { chosen("/work/a.txt") }
	addingPage(t, w).choose(o)
	form := chosen(t, w)
	at := map[string]*offerField{}
	for _, f := range form.fields {
		at[f.f.ID] = f
	}
	at["folders"].text.SetText("/home/u")
	w.pickFolder(at["folders"].onPicked)
	w.pickFile(at["file"].onPicked)
	at["some"].checks[1].SetChecked(true)
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent("-----BEGIN KEY-----\nabc\n-----END KEY-----\n")
	at["secret"].text.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	if clip.Content() != "" {
		t.Error("the key stays in the clipboard")
	}
	at["number"].text.SetText("")
	got := form.values()
	for id, want := range map[string][]string{
		"text": {"given"}, "secret": {"-----BEGIN KEY-----\nabc\n-----END KEY-----"}, "folders": {"/home/u", "/work"}, "file": {"/work/a.txt"},
		"number": {}, "yes": {"true"}, "one": {"b"}, "some": {"b"}, "url": {},
	} {
		if v, ok := got[id]; !ok || !equal(v, want) {
			t.Errorf("%s is %q, want %q", id, v, want)
		}
	}
	at["url"].text.SetText("nonsense")
	if !at["url"].reason.Visible() || !form.save.Disabled() || form.reason.text != words.Say("app.offer.wrong") {
		t.Errorf("a bad address: says %q", form.reason.text)
	}
	at["url"].text.SetText("http://example.com")
	if at["url"].reason.Visible() || !at["url"].warned.Visible() || form.save.Disabled() {
		t.Error("an open address is not warned of, or can't be saved")
	}
	if form.rest.Visible() {
		t.Error("what hardly anybody needs is not folded")
	}
}

func TestAnotherWayToRunItKeepsWhatTheyHaveInCommon(t *testing.T) {
	w := open(t, &fake{}, sample())
	addingPage(t, w).choose(*catalog.Find("github"))
	o := chosen(t, w)
	if !o.option().Recommended || o.option().ID != "remote-token" {
		t.Errorf("begins with %s", o.option().ID)
	}
	o.fields[0].text.SetText("ghp_hunter2")
	for i, p := range o.offer.Options {
		if p.ID == "docker" {
			o.options.choose(i)
		}
	}
	if o.option().ID != "docker" || o.fields[0].text.Text != "ghp_hunter2" || !strings.HasPrefix(o.command.seg.Text, "docker run") {
		t.Errorf("%s runs %q", o.option().ID, o.command.seg.Text)
	}
	if strings.Contains(o.command.seg.Text, "hunter2") {
		t.Error("the key can be read")
	}
}

func TestWhatWillRunHidesNothingAndShowsNoKey(t *testing.T) {
	f := &fake{offers: pastedOffers()}
	w := open(t, f, sample())
	p := addingPage(t, w)
	p.search.SetText("npx -y @acme/notes-mcp")
	p.onOpen(0)
	o := chosen(t, w)
	o.fields[1].text.SetText("hunter2")
	if got := o.command.seg.Text; got != `npx -y @acme/notes-mcp --folder /home/u/\u202eNotes --key=••••` {
		t.Errorf("shows %q", got)
	}
	test.Tap(o.save)
	if got := previewed(t, w, tabServers).change.command; strings.Contains(got, "hunter2") || strings.Contains(got, "\u202e") {
		t.Errorf("asks for consent to %q", got)
	}
}

func TestTheNextOneOfAPasteIsOneClickAway(t *testing.T) {
	f := &fake{offers: pastedOffers()}
	w := open(t, f, sample())
	p := addingPage(t, w)
	p.search.SetText("npx -y @acme/notes-mcp")
	p.onOpen(0)
	test.Tap(chosen(t, w).save)
	test.Tap(previewed(t, w, tabServers).apply)
	d, ok := w.open[tabServers].(*details)
	if !ok {
		t.Fatalf("shows %T", w.open[tabServers])
	}
	if !d.next.Visible() {
		t.Fatal("says nothing of the rest")
	}
	w.win.Resize(fyne.NewSize(920, 640))
	press(t, d.next, words.Say("app.add.next"))
	if w.open[tabServers] != view(p) || titles(p) != "tasks" {
		t.Errorf("shows %T with %s", w.open[tabServers], titles(p))
	}
}

func TestADroppedFileOpensItsOffer(t *testing.T) {
	f := &fake{offers: pastedOffers()[:1]}
	w := open(t, f, sample())
	w.onDrop(fyne.Position{}, []fyne.URI{storage.NewFileURI("/home/u/notes.mcpb")})
	f.did(t, "offers in /home/u/notes.mcpb")
	if o := chosen(t, w); o.offer.Name != "notes" {
		t.Errorf("opens %s", o.offer.Name)
	}
	f.read = words.New(words.BundleBroken, nil)
	w.onKey(key(fyne.KeyEscape))
	p := w.open[tabServers].(*addPage)
	w.pickFile = func(chosen func(string)) { chosen("/home/u/other.mcpb") }
	test.Tap(p.file)
	if w.open[tabServers] != view(p) || p.told.title.seg.Text != words.For(f.read).Title {
		t.Errorf("shows %T, says %q", w.open[tabServers], p.told.title.seg.Text)
	}
}

func TestByHandIsOneStepFromAddingAndBack(t *testing.T) {
	w := open(t, &fake{}, sample())
	p := addingPage(t, w)
	w.win.Canvas().FocusPrevious()
	if w.win.Canvas().Focused() != fyne.Focusable(p.hand) {
		t.Errorf("before the search stands %T", w.win.Canvas().Focused())
	}
	p.hand.TypedKey(key(fyne.KeyReturn))
	form, ok := w.open[tabServers].(*form)
	if !ok || w.win.Canvas().Focused() != fyne.Focusable(form.name.field) {
		t.Fatalf("shows %T", w.open[tabServers])
	}
	w.onKey(key(fyne.KeyEscape))
	if w.open[tabServers] != view(p) {
		t.Errorf("Esc leads to %T", w.open[tabServers])
	}
}

func TestEveryOfferOfTheCatalogueHasAForm(t *testing.T) {
	w := open(t, &fake{}, companion.State{})
	p := newAddPage(w)
	for _, o := range catalog.All() {
		f := newOfferForm(w, p, *o)
		if f.command.seg.Text == "" || f.dirty() || w.nameComplaint(f.typedName(), "") != "" {
			t.Errorf("%s: runs %q, dirty %v, called %q", o.ID, f.command.seg.Text, f.dirty(), f.typedName())
		}
	}
}
