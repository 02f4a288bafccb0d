package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// manyOffers are a paste of four servers: one that waits for its key, one that asks
// for a folder, one that was switched off, and one whose name is taken.
func manyOffers() []catalog.Offer {
	one := func(name string, off bool, p catalog.Option) catalog.Offer {
		p.ID, p.Runtime, p.Launch.Command = "pasted", "npx", "npx"
		return catalog.Offer{Title: name, Name: name, Off: off, Options: []catalog.Option{p}}
	}
	args := func(texts ...string) (l catalog.Launch) {
		for _, t := range texts {
			l.Args = append(l.Args, catalog.Arg{Text: t})
		}
		return l
	}
	return []catalog.Offer{
		one("search", false, catalog.Option{
			Launch: args("-y", "@acme/search-mcp"), Env: map[string]string{"ACME_TOKEN": "${token}"},
			Fields: []catalog.Field{{ID: "token", Kind: catalog.Secret, Label: "ACME_TOKEN", Required: true}},
		}),
		one("shelf", false, catalog.Option{
			Launch: args("-y", "@acme/shelf-mcp", "${folder}"),
			Fields: []catalog.Field{{ID: "folder", Kind: catalog.Folder, Label: "The folder", Required: true}},
		}),
		one("clock", true, catalog.Option{Launch: args("-y", "@acme/clock-mcp")}),
		one("files", false, catalog.Option{Launch: args("-y", "@acme/files-mcp")}),
	}
}

// together opens the form for all of a paste.
func together(w *Window, f *fake) *manyForm {
	f.offers = manyOffers()
	w.Show("add")
	p := adds(w)
	p.search.SetText("{\"mcpServers\": {}}")
	test.Tap(p.together)
	return w.open[tabServers].(*manyForm)
}

func TestSeveralOfAPasteAreAddedInOneGo(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	v := together(w, f)
	test.Tap(v.save)
	p := previewed(t, w, tabServers)
	if want := "search:  npx -y @acme/search-mcp\nclock:  npx -y @acme/clock-mcp\nfiles-2:  npx -y @acme/files-mcp"; p.change.command != want {
		t.Errorf("asks for consent to %q", p.change.command)
	}
	f.calls = nil
	test.Tap(p.apply)
	f.did(t, "apply", "check search clock files-2")
	for i, want := range [][]string{{"Development"}, nil, {"Development"}} {
		if !equal(f.many[i].Sets, want) {
			t.Errorf("%s is in %v", f.many[i].Name, f.many[i].Sets)
		}
	}
	told := w.servers.told
	if w.open[tabServers] != view(w.servers) || !strings.Contains(told.title.seg.Text, "files-2") {
		t.Fatalf("shows %T, says %q", w.open[tabServers], told.title.seg.Text)
	}
	w.win.Resize(fyne.NewSize(920, 640))
	press(t, told.buttons, words.Say("app.add.next"))
	if got := titles(w.open[tabServers].(*addPage)); got != "shelf" {
		t.Errorf("leaves %s", got)
	}
}

func TestOnlyWhatIsTickedIsAdded(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	v := together(w, f)
	if len(v.list) != 4 || !v.list[0].on.Checked || v.list[1].on.Checked || !v.list[1].on.Disabled() {
		t.Fatal("what asks for a folder can be ticked")
	}
	for _, r := range v.list {
		if !r.on.Disabled() {
			r.on.SetChecked(false)
		}
	}
	if !v.save.Disabled() || v.reason.text != words.Say("app.many.none") {
		t.Errorf("nothing can be saved: says %q", v.reason.text)
	}
	v.list[2].on.SetChecked(true)
	test.Tap(v.save)
	previewed(t, w, tabServers)
	if len(f.many) != 1 || f.many[0].Name != "clock" {
		t.Errorf("asked for %d", len(f.many))
	}
}

func TestOneServerOfAPasteHasOnlyItsForm(t *testing.T) {
	f := &fake{offers: pastedOffers()[1:]}
	w := open(t, f, sample())
	p := addingPage(t, w)
	p.search.SetText("https://tasks.example.com/mcp")
	if len(p.several.Objects) != 0 {
		t.Error("adds several of one")
	}
}
