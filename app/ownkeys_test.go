package app

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

func TestAnOfferCanUseAKeyThatIsThereAlready(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	addingPage(t, w).choose(*catalog.Find("brave-search"))
	o := chosen(t, w)
	field := o.fields[0]
	if len(field.own.choice.Options) != 1+len(w.state.Keys) || field.own.choice.Options[3] != "GITHUB_TOKEN, used by github, issues" {
		t.Errorf("offers %q", field.own.choice.Options)
	}
	field.text.SetText("typed")
	if field.own.box.Visible() {
		t.Error("offers another one while one is typed")
	}
	field.text.SetText("")
	field.own.choice.SetSelectedIndex(3)
	if field.text.Visible() || o.reason.text != "" || !o.dirty() {
		t.Errorf("asks for a key, too: %q", o.reason.text)
	}
	test.Tap(o.save)
	previewed(t, w, tabServers)
	if f.offer.Kept["apiKey"] != "k3" || len(f.offer.Values["apiKey"]) != 0 {
		t.Errorf("asked for %v", f.offer.Kept)
	}
	test.Tap(w.open[tabServers].(*preview).back)
	field.own.choice.SetSelectedIndex(0)
	if !field.text.Visible() || field.kept != "" || !strings.HasPrefix(o.reason.text, "It will wait") {
		t.Errorf("a new one is not asked for: %q", o.reason.text)
	}
}

func TestAServersFormCanUseAKeyThatIsThereAlready(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("servers/postgres")
	w.open[tabServers].(*details).onEdit()
	v := w.open[tabServers].(*form)
	v.envKeys.onAdd()
	r := v.envKeys.rows[1]
	if !r.use.box.Visible() || v.envKeys.rows[0].use.box.Visible() {
		t.Error("an empty row offers none, or a full one does")
	}
	r.use.choice.SetSelectedIndex(3)
	if r.name.Text != "GITHUB_TOKEN" || r.shared.seg.Text != words.Say("app.form.key.shared", "Names", "github, issues") || r.use.box.Visible() {
		t.Errorf("%s: says %q", r.name.Text, r.shared.seg.Text)
	}
	d := v.draft()
	if d.Server.Env["GITHUB_TOKEN"] != servers.SecretRef("k3") || len(d.Env) != 0 {
		t.Errorf("has %q, typed %v", d.Server.Env["GITHUB_TOKEN"], d.Env)
	}
	test.Tap(r.replace) // not that one after all
	if r.kept != "" || r.shared.box.Visible() || !r.use.box.Visible() {
		t.Error("a key that was only chosen would be replaced for all")
	}
}

func TestWhoElseGetsANewKeyIsSaid(t *testing.T) {
	s := sample()
	s.Servers[2].Server.Headers["Authorization"] = servers.SecretRef("k3")
	w := open(t, &fake{}, s)
	w.Show("servers/github")
	w.open[tabServers].(*details).onEdit()
	r := w.open[tabServers].(*form).headKey.rows[0]
	if !r.shared.box.Visible() || r.shared.seg.Text != words.Say("app.form.key.shared", "Names", "issues") {
		t.Errorf("says %q", r.shared.seg.Text)
	}
	test.Tap(r.replace)
	if !r.shared.box.Visible() || r.shared.seg.Text != words.Say("app.form.key.others", "Names", "issues") {
		t.Errorf("says %q", r.shared.seg.Text)
	}
	r.use.choice.SetSelectedIndex(1)
	if r.kept != servers.SecretRef("k1") {
		t.Errorf("keeps %s", r.kept)
	}
	test.Tap(r.replace)
	test.Tap(r.old)
	if r.kept != servers.SecretRef("k3") {
		t.Errorf("the old one is %s", r.kept)
	}
}

func TestAServerCanGetAKeyOfItsOwn(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("keys")
	w.keys.onRow(2)
	v := w.open[tabKeys].(*keyForm)
	if len(v.apart) != 2 {
		t.Fatalf("%d can be given their own", len(v.apart))
	}
	w.win.Resize(fyne.NewSize(920, 640))
	test.Tap(v.apart[1])
	v = w.open[tabKeys].(*keyForm)
	if v.server != "issues" || v.apart[0].Visible() || v.save.Disabled() || !strings.HasPrefix(v.reason.text, "It will wait") {
		t.Errorf("for %s, says %q", v.server, v.reason.text)
	}
	v.value.field.SetText("sk-new")
	test.Tap(v.save)
	test.Tap(previewed(t, w, tabKeys).apply)
	f.did(t, "propose own key k3 for issues", "apply")
	if f.typed.Reveal() != "sk-new" || w.keys.told.title.seg.Text != words.Say("app.keys.own.done", "Name", "issues") {
		t.Errorf("says %q", w.keys.told.title.seg.Text)
	}
	w.keys.onRow(0)
	if v := w.open[tabKeys].(*keyForm); len(v.apart) != 0 {
		t.Error("the only one that uses a key can be given its own")
	}
}

// A key that stands in an argument has no row in the form.
func TestAKeyInAnArgumentIsEnteredOnTheKeysPage(t *testing.T) {
	s := sample()
	s.Servers[0].Server.Args = []string{"-y", "x", "--key=" + servers.SecretRef("k4")}
	s.Keys[3].Servers = []string{"brave-search"}
	w := open(t, &fake{}, s)
	w.Show("servers/brave-search/key")
	if v, ok := w.open[tabKeys].(*keyForm); !ok || v.key.ID != "k4" || w.tab != tabKeys {
		t.Errorf("shows %T", w.open[w.tab])
	}
}

func TestAKeyThatIsMovedLeavesTheClipboardWhereItStillIs(t *testing.T) {
	for content, left := range map[string]string{" ghp_hunter2\n": "", "other": "other"} {
		w := open(t, &fake{}, companion.State{})
		clip := fyne.CurrentApp().Clipboard()
		clip.SetContent(content)
		v := newForm(w, companion.ServerState{})
		r := v.env.put("ACME_TOKEN", "ghp_hunter2")
		test.Tap(r.moved)
		if clip.Content() != left {
			t.Errorf("%q became %q", content, clip.Content())
		}
	}
}
