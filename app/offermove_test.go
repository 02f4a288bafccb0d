package app

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"mcp-companion/servers/catalog"
)

// plainOffer has what may be a key in plain fields: in a variable, in an argument,
// and where none can be.
func plainOffer() catalog.Offer {
	return catalog.Offer{Title: "acme", Name: "acme", Options: []catalog.Option{{
		ID: "pasted", Runtime: "npx", Cwd: "${cwd}",
		Launch: catalog.Launch{Command: "npx", Args: []catalog.Arg{{Text: "-y"}, {Text: "@acme/mcp"}, {Text: "--auth=${auth}"}}},
		Env:    map[string]string{"ACME_ACCOUNT": "${account}"},
		Fields: []catalog.Field{
			{ID: "account", Kind: catalog.Text, Label: "ACME_ACCOUNT"},
			{ID: "auth", Kind: catalog.Text, Label: "--auth"},
			{ID: "cwd", Kind: catalog.Text, Label: "Folder token"},
		},
	}}}
}

func TestAKeyTypedInPlainIsOfferedTheKeychain(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	o := plainOffer()
	addingPage(t, w).choose(o)
	form := chosen(t, w)
	for _, field := range form.fields {
		field.text.SetText("/home/u")
		if field.f.ID != "cwd" && field.like.Visible() {
			t.Errorf("%s: %q looks like a key", field.f.ID, field.text.Text)
		}
		if field.text.SetText("ghp_hunter2"); field.like.Visible() != (field.f.ID != "cwd") {
			t.Errorf("%s: offers the keychain %v", field.f.ID, field.like.Visible())
		}
	}
	form.fields[2].text.SetText("")
	test.Tap(form.fields[0].moved)
	if !form.fields[0].text.Password || form.fields[0].text.Text != "ghp_hunter2" || form.fields[0].f.Kind != catalog.Secret || form.fields[0].f.Exposed {
		t.Errorf("became %s", form.fields[0].f.Kind)
	}
	test.Tap(form.fields[1].moved)
	if !form.fields[1].f.Exposed || form.command.seg.Text != "npx -y @acme/mcp --auth=••••" {
		t.Errorf("runs %q", form.command.seg.Text)
	}
	test.Tap(form.save)
	previewed(t, w, tabServers)
	s, keys, err := f.offer.Offer.Option("pasted").Build("linux", f.offer.Values)
	if err != nil || len(keys) != 2 || len(s.SecretIDs()) != 2 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	if o.Options[0].Fields[0].Kind != catalog.Text {
		t.Error("the offer itself was changed")
	}
}

func TestWhatWasTypedMovesToTheOfferThatTakesItsPlace(t *testing.T) {
	w := open(t, &fake{}, sample())
	to := catalog.Find("brave-search")
	o := catalog.Offer{Title: "old", Name: "old-search", Match: &catalog.Match{Offer: to, MoveTo: to, Move: to.Recommended(), Outdated: true}, Options: []catalog.Option{{
		ID: "pasted", Launch: catalog.Launch{Command: "npx", Args: []catalog.Arg{{Text: "brave-old"}}},
		Env: map[string]string{"BRAVE_API_KEY": "${token}", "OTHER": "${other}"},
		Fields: []catalog.Field{
			{ID: "token", Kind: catalog.Secret, Label: "BRAVE_API_KEY", Required: true},
			{ID: "other", Kind: catalog.Text, Label: "OTHER"},
		},
	}}}
	addingPage(t, w).choose(o)
	f := chosen(t, w)
	f.fields[0].text.SetText("hunter2")
	f.fields[1].text.SetText("x")
	f.moveTo(o.Match)
	now := chosen(t, w)
	if now.offer.ID != "brave-search" || now.typedName() != "old-search" || !equal(now.values()["apiKey"], []string{"hunter2"}) {
		t.Errorf("%s, called %s, has the key %v", now.offer.ID, now.typedName(), len(now.values()["apiKey"]) == 1)
	}
	if !now.dirty() {
		t.Error("what was typed can be lost without asking")
	}
}
