package app

import (
	"context"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

func signingOf(t *testing.T, w *Window, tab string) *signing {
	t.Helper()
	v, ok := w.open[tab].(*signing)
	if !ok {
		t.Fatalf("shows %T", w.open[tab])
	}
	return v
}

func TestASignInShowsItsAddressAndComesBack(t *testing.T) {
	f := &fake{steps: []companion.Step{{Kind: "waiting", Text: "Sign in there.", URL: "https://x.example/authorize?state=s"}}}
	w := open(t, f, sample())
	f.waits = func(context.Context, companion.SignInHow) error {
		v := signingOf(t, w, tabServers)
		if !v.where.Visible() || v.address.seg.Text != f.steps[0].URL || v.codeBox.Visible() || v.paste.box.Visible() {
			t.Error("the address isn't there, or what has no place here is")
		}
		test.Tap(v.copy)
		return nil
	}
	w.Show("servers/notion/sign-in")
	f.did(t, `sign in notion another=false grant="" device=false paste=false`)
	if fyne.CurrentApp().Clipboard().Content() != f.steps[0].URL {
		t.Error("the address was not copied")
	}
	d, ok := w.open[tabServers].(*details)
	if !ok || !d.told.box.Visible() || d.told.title.seg.Text != "You are signed in to notion." {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func TestASignInThatFailsIsTriedAgainAnotherWay(t *testing.T) {
	f := &fake{}
	f.waits = func(context.Context, companion.SignInHow) error {
		return words.New(words.SignInUnfinished, nil, "Name", "notion")
	}
	w := open(t, f, sample())
	w.Show("sign-ins")
	w.signIn(tabSignins, w.signins, "notion", companion.SignInHow{Another: true})
	v := signingOf(t, w, tabSignins)
	if !v.frame.told.box.Visible() || !v.again.Visible() {
		t.Fatal("doesn't say what went wrong")
	}
	f.waits = func(ctx context.Context, how companion.SignInHow) error {
		v.paste.field.SetText("http://127.0.0.1:1/callback?code=c")
		v.onPaste()
		if text, err := how.Paste(ctx); err != nil || text != "http://127.0.0.1:1/callback?code=c" {
			t.Errorf("%q %v", text, err)
		}
		return nil
	}
	test.Tap(v.elsewhere)
	f.did(t, `sign in notion another=true grant="" device=false paste=false`, `sign in notion another=true grant="" device=false paste=true`)
	if w.open[tabSignins] != view(w.signins) {
		t.Errorf("shows %T", w.open[tabSignins])
	}
}

// A sign-in waits for a person: it can be left, or gone on with another way.
func TestASignInUnderWayIsLeft(t *testing.T) {
	f := &fake{}
	begun := make(chan companion.SignInHow, 3)
	f.waits = func(ctx context.Context, how companion.SignInHow) error {
		begun <- how
		<-ctx.Done()
		return words.New(words.SignInUnfinished, ctx.Err(), "Name", "notion")
	}
	var under sync.WaitGroup
	w := New(test.NewTempApp(t), f, Options{Go: under.Go})
	w.Render(sample())
	w.Show("sign-ins")
	w.signIn(tabSignins, w.signins, "notion", companion.SignInHow{Grant: "g2"})
	<-begun
	v := signingOf(t, w, tabSignins)
	test.Tap(v.device)
	if how := <-begun; !how.Device || how.Grant != "g2" {
		t.Errorf("%+v", how)
	}
	// Another place is gone to, and typed into; the sign-in can be found again.
	w.Show("sets")
	w.onNav(tabSignins)
	w.onNav(tabSignins)
	if w.open[tabSignins] != view(w.signins) {
		t.Fatalf("shows %T", w.open[tabSignins])
	}
	w.signIn(tabServers, w.servers, "linear", companion.SignInHow{})
	if w.tab != tabSignins || w.open[tabSignins] != view(v) || !v.frame.told.box.Visible() {
		t.Errorf("shows %T", w.open[w.tab])
	}
	v.onEscape()
	under.Wait()
	if w.open[tabSignins] != view(w.signins) || w.signins.told.box.Visible() {
		t.Errorf("shows %T", w.open[tabSignins])
	}
}

// What is typed meanwhile is not thrown away when the sign-in ends.
func TestASignInThatEndsElsewhereDisturbsNobody(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	f.waits = func(context.Context, companion.SignInHow) error {
		w.openServer("files")
		w.open[tabServers].(*details).onEdit()
		w.open[tabServers].(*form).command.field.SetText("typed")
		return nil
	}
	w.Show("servers/notion/sign-in")
	if form, ok := w.open[tabServers].(*form); !ok || !form.dirty() {
		t.Errorf("shows %T", w.open[tabServers])
	}
}

func TestTheSignInsPage(t *testing.T) {
	f := &fake{}
	s := sample()
	s.Servers = append(s.Servers, companion.ServerState{Name: "linear", Status: companion.NeedsYou, Problem: words.New(words.SignIn, nil, "Name", "linear"), Server: servers.Server{URL: "https://mcp.linear.app/mcp"}})
	w := open(t, f, s)
	w.Show("sign-ins")
	if got := unsigned(w.state); len(got) != 1 || got[0] != "linear" {
		t.Error(got)
	}
	if got := accountsOf(w.state, "notion"); len(got) != 2 || got[0].label != "ada@example.com" || got[1].label != "Account 2" {
		t.Error(got)
	}
	press := func(label string, nth int) {
		t.Helper()
		for _, b := range w.signins.busy.locked {
			if b.Text == label {
				if nth--; nth == 0 {
					test.Tap(b)
					return
				}
			}
		}
		t.Fatalf("no button %q", label)
	}
	press("Sign in", 1)
	press("Sign in again", 2)
	press("Another account", 1)
	press("Sign out…", 2)
	test.Tap(w.ask.no)
	press("Sign out…", 2)
	test.Tap(w.ask.yes)
	press("Use this account…", 1)
	test.Tap(previewed(t, w, tabSignins).apply)
	f.did(t, `sign in linear another=false grant="" device=false paste=false`,
		`sign in notion another=false grant="g2" device=false paste=false`,
		`sign in notion another=true grant="" device=false paste=false`,
		"sign out g2", `propose account notion "" g2`, "apply")
}

func TestASetChoosesAnAccount(t *testing.T) {
	f := &fake{}
	w := open(t, f, sample())
	w.Show("sets")
	w.sets.onEdit(w.state.Sets[2])
	form := w.open[tabSets].(*setForm)
	r := newMemberRow()
	for _, name := range []string{"github", "notion"} {
		form.draw(r, name)
		if r.framed.Visible() != (name == "notion") {
			t.Errorf("%s has a choice of accounts: %v", name, r.framed.Visible())
		}
	}
	r.account.SetSelectedIndex(1)
	if !form.dirty() {
		t.Error("the choice would be lost")
	}
	test.Tap(form.save)
	if f.setDraft.Accounts["notion"] != "g1" {
		t.Error(f.setDraft.Accounts)
	}
}

func TestTheFormAsksTheAddressWhatItNeeds(t *testing.T) {
	f := &fake{needs: companion.Needs{SignIn: true, MCP: true, Service: "auth.example.com"}}
	w := open(t, f, sample())
	w.Show("add")
	form := byHand(t, w)
	form.kind.SetSelected(form.kind.Options[1])
	if !form.look.Disabled() {
		t.Error("there is nothing to look at")
	}
	form.url.field.SetText("https://mcp.example.com/mcp")
	test.Tap(form.look)
	if form.needs.seg.Text != "It lets you sign in, at auth.example.com. Save it, then press Sign in." {
		t.Error(form.needs.seg.Text)
	}
	form.url.field.SetText("https://other.example.com/mcp")
	if form.needs.box.Visible() {
		t.Error("speaks of another address")
	}
	f.needs = companion.Needs{Key: true}
	test.Tap(form.look)
	if len(form.headKey.rows) != 1 || form.headKey.rows[0].name.Text != "Authorization" {
		t.Error("there is no field for the key")
	}
	f.did(t, "look at https://mcp.example.com/mcp", "look at https://other.example.com/mcp")
}

func TestTheFormKeepsAnAppOfTheUsersOwn(t *testing.T) {
	f := &fake{}
	s := sample()
	i := 4 // notion
	s.Servers[i].Server.SignIn = &servers.SignIn{Grant: "g1", ClientID: "old", ClientSecret: "${secret:k9}", Extra: map[string]string{"prompt": "consent"}}
	w := open(t, f, s)
	w.Show("servers/notion/own-app")
	form := w.open[tabServers].(*form)
	if !form.signin.body.Visible() || form.dirty() {
		t.Error("what is set doesn't stand there, or counts as typed")
	}
	form.signin.port.field.SetText("99999")
	if !form.save.Disabled() {
		t.Error("a port that is none can be saved")
	}
	form.signin.port.field.SetText("3118")
	form.signin.client.field.SetText("new")
	form.signin.secret.field.SetText(" s3cret \n")
	form.signin.scopes.field.SetText("read  write")
	test.Tap(form.save)
	got := f.draft.Server.SignIn
	if got.Grant != "g1" || got.ClientID != "new" || got.ClientSecret != "${secret:k9}" || got.Port != 3118 || len(got.Scopes) != 2 || got.Extra["prompt"] != "consent" {
		t.Errorf("%+v", got)
	}
	if f.draft.ClientSecret.Reveal() != "s3cret" || s.Servers[i].Server.SignIn.ClientID != "old" {
		t.Error("the secret is not what was typed, or the state was changed")
	}
}
