package app

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// adding opens the form for a new server.
func adding(t *testing.T, w *Window) *form {
	t.Helper()
	test.Tap(w.servers.add)
	return byHand(t, w)
}

// byHand goes from the page that adds to the form.
func byHand(t testing.TB, w *Window) *form {
	t.Helper()
	p, ok := w.open[tabServers].(*addPage)
	if !ok {
		t.Fatalf("the page shows %T, not where to add", w.open[tabServers])
	}
	test.Tap(p.hand)
	f, ok := w.open[tabServers].(*form)
	if !ok {
		t.Fatalf("the page shows %T, not the form", w.open[tabServers])
	}
	return f
}

func previewed(t *testing.T, w *Window, tab string) *preview {
	t.Helper()
	v, ok := w.open[tab].(*preview)
	if !ok {
		t.Fatalf("the page shows %T, not the preview", w.open[tab])
	}
	return v
}

func TestAServerIsAddedByForm(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	form := adding(t, w)
	test.Type(form.name.field, "github")
	form.name.field.SetText("git-hub")
	test.Type(form.command.field, "npx")
	form.args.field.SetText("-y\n @odd arg \n")
	form.cwd.field.SetText("/tmp")
	form.env.put("", "")
	test.Type(form.env.rows[0].name, "REGION")
	test.Type(form.env.rows[0].value, "eu")
	test.Tap(form.envKeys.add)
	key := form.envKeys.rows[0]
	test.Type(key.name, "GITHUB_TOKEN")
	test.Type(key.value, " \"ghp_abc\" ")
	test.Tap(form.save)
	v := previewed(t, w, tabServers)
	test.Tap(v.apply)

	f.did(t, "propose server git-hub", "apply", "check git-hub")
	d := f.draft
	if d.Was != "" || d.Server.Command != "npx" || !slices.Equal(d.Server.Args, []string{"-y", " @odd arg "}) || d.Server.Cwd != "/tmp" {
		t.Errorf("draft is %+v", d)
	}
	if d.Server.Env["REGION"] != "eu" || len(d.Server.Env) != 1 {
		t.Errorf("the plain variables are %v", d.Server.Env)
	}
	if got := d.Env["GITHUB_TOKEN"].Reveal(); got != "ghp_abc" {
		t.Errorf("the key that reaches the store is %q", got)
	}
	if !slices.Equal(d.Sets, []string{"Development"}) {
		t.Errorf("a new server joins %v, want the set in use", d.Sets)
	}
	if key.value.Text != "" {
		t.Error("the key still stands in its field")
	}
	if _, ok := w.open[tabServers].(*details); !ok {
		t.Errorf("after saving the page shows %T", w.open[tabServers])
	}
}

func TestABadNameIsRefusedAndNothingIsLost(t *testing.T) {
	w := open(t, &fake{}, sample())
	form := adding(t, w)
	if !form.save.Disabled() || form.reason.text != words.Say("app.form.missing.name") {
		t.Errorf("an empty form: save disabled %v, reason %q", form.save.Disabled(), form.reason.text)
	}
	form.command.field.SetText("npx")
	for name, want := range map[string]string{
		"my server": said(words.New(words.NameBad, nil, "Name", "my server")),
		"Files":     words.Say("app.form.name.taken", "Name", "files"),
	} {
		form.name.field.SetText(name)
		if !form.save.Disabled() || form.name.message.seg.Text != want || !form.name.reason.Visible() {
			t.Errorf("%q: disabled %v, message %q, want %q", name, form.save.Disabled(), form.name.message.seg.Text, want)
		}
	}
	form.name.field.SetText("mine")
	if form.save.Disabled() || form.reason.text != "" || form.command.field.Text != "npx" {
		t.Errorf("a good name: disabled %v, reason %q, command %q", form.save.Disabled(), form.reason.text, form.command.field.Text)
	}
}

func TestBackKeepsEverything(t *testing.T) {
	w := open(t, &fake{}, sample())
	form := adding(t, w)
	form.name.field.SetText("mine")
	form.command.field.SetText("npx")
	form.envKeys.put("KEY", "secret")
	before := form.snapshot()
	test.Tap(form.save)
	test.Tap(previewed(t, w, tabServers).back)
	if w.open[tabServers] != view(form) || form.snapshot() != before {
		t.Errorf("back shows %T with %q", w.open[tabServers], form.snapshot())
	}
	w.Show("apps")
	w.Show("servers")
	if w.open[tabServers] != view(form) || form.snapshot() != before {
		t.Error("another page was visited, and the form is gone")
	}
	w.Show("servers/files") // another process asks: the form must not vanish unasked
	if w.open[tabServers] != view(form) || w.ask == nil {
		t.Error("the form was left without asking")
	}
	w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.open[tabServers] != view(form) || w.ask != nil {
		t.Error("Esc did not keep the form")
	}
}

func TestAProblemIsShownAboveTheForm(t *testing.T) {
	for name, at := range map[string]func(*fake){
		"propose": func(f *fake) { f.propose = words.New(words.KeychainLocked, errors.New("locked")) },
		"apply":   func(f *fake) { f.apply = []error{words.New(words.KeychainLocked, errors.New("locked"))} },
	} {
		f := &fake{}
		w := open(t, f, sample())
		form := adding(t, w)
		form.name.field.SetText("mine")
		form.command.field.SetText("npx")
		form.envKeys.put("KEY", "secret")
		at(f)
		test.Tap(form.save)
		if v, ok := w.open[tabServers].(*preview); ok {
			test.Tap(v.apply)
		}
		want := words.New(words.KeychainLocked, nil)
		if w.open[tabServers] != view(form) || !form.told.box.Visible() || form.told.title.seg.Text != want.Title || form.told.do.seg.Text != want.Do {
			t.Errorf("%s: shows %T, %q", name, w.open[tabServers], form.told.title.seg.Text)
		}
		if form.envKeys.rows[0].value.Text != "secret" || form.save.Disabled() {
			t.Errorf("%s: what was typed is lost", name)
		}
	}
}

func TestWithoutAKeychainAnEncryptedFileCanBeChosen(t *testing.T) {
	f := &fake{propose: words.New(words.KeychainAbsent, nil)}
	w := open(t, f, sample())
	form := adding(t, w)
	form.name.field.SetText("mine")
	form.command.field.SetText("npx")
	test.Tap(form.save)
	if len(form.told.buttons.Objects) != 1 {
		t.Fatal("no way out is offered")
	}
	test.Tap(form.told.buttons.Objects[0].(*button))
	if !f.usedFile || form.told.title.seg.Text != words.Say("app.store.done") || form.name.field.Text != "mine" {
		t.Errorf("chosen: %v, says %q", f.usedFile, form.told.title.seg.Text)
	}
}

func TestAChangedFileIsPreviewedAgain(t *testing.T) {
	f := &fake{apply: []error{words.New(words.FileChanged, nil, "File", "mcp.json")}}
	w := open(t, f, sample())
	form := adding(t, w)
	form.name.field.SetText("mine")
	form.command.field.SetText("npx")
	test.Tap(form.save)
	v := previewed(t, w, tabServers)
	f.proposal = &companion.Proposal{Files: []companion.FileView{{Client: "Cursor", Words: "Adds mine. Leaves 3 others alone."}}}
	test.Tap(v.apply)
	if w.open[tabServers] != view(v) || v.proposal != f.proposal || !v.told.box.Visible() {
		t.Errorf("shows %T, note visible %v", w.open[tabServers], v.told.box.Visible())
	}
	test.Tap(v.apply)
	f.did(t, "propose server mine", "apply", "propose server mine", "apply", "check mine")
}

func TestAKeptKeyIsNeverShownAndCanBeReplaced(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("servers/postgres")
	test.Tap(w.open[tabServers].(*details).edit)
	form := w.open[tabServers].(*form)
	r := form.envKeys.rows[0]
	if r.value.Visible() || !r.saved.Visible() || r.value.Text != "" {
		t.Error("a kept key shows a field")
	}
	test.Tap(r.replace)
	test.Type(r.value, "new")
	test.Tap(form.save)
	if f.draft.Server.Env["DATABASE_URI"] != "${secret:k2}" || f.draft.Env["DATABASE_URI"].Reveal() != "new" {
		t.Errorf("replaced: %v", f.draft)
	}
	test.Tap(previewed(t, w, tabServers).back)
	test.Tap(r.old)
	test.Tap(form.save)
	if len(f.draft.Env) != 0 || f.draft.Server.Env["DATABASE_URI"] != "${secret:k2}" {
		t.Errorf("kept: %v", f.draft.Env)
	}
	test.Tap(previewed(t, w, tabServers).back)
	test.Tap(r.cut)
	test.Tap(form.save)
	if _, there := f.draft.Server.Env["DATABASE_URI"]; there || f.draft.Server.Env["PGSSLMODE"] != "require" {
		t.Errorf("removed: %v", f.draft.Server.Env)
	}
}

func TestAnAddressTakesHeaders(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	form := adding(t, w)
	form.name.field.SetText("remote")
	form.command.field.SetText("npx")
	form.kind.SetSelected(form.kind.Options[1])
	form.url.field.SetText("example.com")
	if !form.save.Disabled() || !form.url.reason.Visible() {
		t.Error("an address without https is taken")
	}
	form.url.field.SetText("https://example.com/mcp")
	form.headKey.put("Authorization", "Bearer abc")
	form.headers.put("X-Region", "eu")
	test.Tap(form.save)
	d := f.draft
	if d.Server.URL != "https://example.com/mcp" || d.Server.Command != "" || d.Server.Headers["X-Region"] != "eu" || d.Headers["Authorization"].Reveal() != "Bearer abc" || d.Env != nil {
		t.Errorf("draft is %+v", d)
	}
	if form.command.field.Text != "npx" {
		t.Error("the program typed before is lost")
	}
}

func TestAPlainKeyIsOfferedTheKeychain(t *testing.T) {
	w := open(t, &fake{}, sample())
	form := adding(t, w)
	r := form.env.put("", "")
	test.Type(r.name, "BRAVE_API_KEY")
	if r.offer.Visible() {
		t.Error("offers to keep nothing")
	}
	test.Type(r.value, "abc")
	if !r.offer.Visible() {
		t.Fatal("does not offer the keychain")
	}
	test.Tap(r.moved)
	if len(form.env.rows) != 0 || len(form.envKeys.rows) != 1 || form.envKeys.rows[0].value.Text != "abc" || !form.envKeys.rows[0].value.Password {
		t.Error("the key did not move")
	}
}

func TestAPastedLineIsSplit(t *testing.T) {
	w := open(t, &fake{}, sample())
	form := adding(t, w)
	form.command.field.SetText(`API_KEY=abc LEVEL=1 npx -y pkg "/my path"`)
	if !form.split.Visible() {
		t.Fatal("does not offer to split")
	}
	if strings.Contains(form.splits.seg.Text, "abc") {
		t.Error("the offer shows a key")
	}
	test.Tap(form.splitIt)
	if form.command.field.Text != "npx" || form.args.field.Text != "-y\npkg\n/my path" || form.split.Visible() {
		t.Errorf("split into %q and %q", form.command.field.Text, form.args.field.Text)
	}
	if form.envKeys.rows[0].name.Text != "API_KEY" || form.env.rows[0].value.Text != "1" {
		t.Error("the variables before the command are lost")
	}
}

func TestEditingKeepsWhatTheFormDoesNotShow(t *testing.T) {
	f := &fake{}
	s := sample()
	s.Servers[1].Server.ID, s.Servers[1].Server.StartTimeout = "id7", 90
	s.Servers[1].Server.Args = []string{"-e", "line one\nline two"}
	w := open(t, f, s)
	w.Show("servers/files")
	test.Tap(w.open[tabServers].(*details).edit)
	form := w.open[tabServers].(*form)
	if form.dirty() {
		t.Error("an untouched form says it was typed in")
	}
	test.Tap(form.save)
	if f.draft.Was != "files" || f.draft.Server.ID != "id7" || f.draft.Server.StartTimeout != 90 || len(f.draft.Server.Args) != 2 {
		t.Errorf("draft is %+v", f.draft)
	}
	if len(previewed(t, w, tabServers).list.Objects) != 1 {
		t.Error("warns of a program that was there before")
	}
}

func TestTheFolderIsPicked(t *testing.T) {
	w := open(t, &fake{}, sample())
	w.pickFolder = func(chosen func(string)) { chosen("/work") }
	form := adding(t, w)
	form.onPick()
	if form.cwd.field.Text != "/work" {
		t.Errorf("folder is %q", form.cwd.field.Text)
	}
}

func TestMoreIsFoldedUnlessItIsUsed(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	form := adding(t, w)
	if form.more.body.Visible() {
		t.Fatal("a new server's form is not folded")
	}
	test.Tap(form.more.fold)
	form.name.field.SetText("mine")
	form.command.field.SetText("npx")
	for _, bad := range []string{"soon", "-1", "1.5", "86401"} {
		form.more.start.field.SetText(bad)
		if !form.save.Disabled() || !form.more.start.reason.Visible() || form.reason.text != words.Say("app.form.wrong.limit") {
			t.Errorf("%q is taken", bad)
		}
	}
	form.more.start.field.SetText(" 120 ")
	test.Tap(form.more.unwatched)
	form.more.call.field.SetText("30")
	if !form.save.Disabled() || form.reason.text != words.Say("app.form.call.unwatched") {
		t.Error("nobody would measure the answers' time")
	}
	form.more.call.field.SetText("0")
	test.Tap(form.save)
	if s := f.draft.Server; s.StartTimeout != 120 || !s.NoWatching {
		t.Errorf("draft is %+v", s)
	}
}

func TestAnAddressIsAlwaysWatched(t *testing.T) {
	f := &fake{}
	s := sample()
	s.Servers[2].Server.StartTimeout, s.Servers[2].Server.CallTimeout = 30, 40
	w := open(t, f, s)
	w.Show("servers/github")
	test.Tap(w.open[tabServers].(*details).edit)
	form := w.open[tabServers].(*form)
	if !form.more.body.Visible() || form.more.watching.Visible() || form.more.start.field.Text != "30" {
		t.Error("More is wrong for an address")
	}
	form.more.start.field.SetText("")
	if !form.dirty() {
		t.Error("a limit taken away goes unnoticed")
	}
	test.Tap(form.save)
	if f.draft.Server.StartTimeout != 0 || f.draft.Server.CallTimeout != 40 || f.draft.Server.NoWatching {
		t.Errorf("draft is %+v", f.draft.Server)
	}
}
