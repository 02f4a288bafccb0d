package app

import (
	"context"
	"errors"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// TestShots draws every page, light and dark, into the folder SHOTS names:
//
//	SHOTS=/tmp/shots CGO_ENABLED=0 go test ./app -run Shots
//
// in the language that SHOTS_LANGUAGE names, else in English.
func TestShots(t *testing.T) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		t.Skip("SHOTS names no folder")
	}
	words.Use(os.Getenv("SHOTS_LANGUAGE"))
	t.Cleanup(func() { words.Use() })
	small := fyne.NewSize(720, 520)
	usual := fyne.NewSize(920, 640)
	for _, variant := range []fyne.ThemeVariant{theme.VariantLight, theme.VariantDark} {
		for name, act := range shots {
			shoot(t, dir, name, variant, usual, act)
		}
		for _, name := range []string{"servers", "details-long", "history", "signins", "doctor", "form-full", "apps", "sets", "set-idea", "set-import", "backup", "restore-preview", "switch", "leave", "takeover-new", "record", "form-more", "dropped", "add", "project", "offer-options", "offer-pasted", "welcome", "welcome-mid", "welcome-low", "moved-waits", "empty", "settings"} {
			shoot(t, dir, name+"-small", variant, small, shots[name])
		}
	}
}

var shots = map[string]func(w *Window, f *fake){
	"servers": func(w *Window, f *fake) {},
	"empty":   func(w *Window, f *fake) { w.Render(companion.State{}) },
	"welcome": func(w *Window, f *fake) { welcomed(w, f, fullInventory()) },
	"welcome-mid": func(w *Window, f *fake) {
		welcomed(w, f, fullInventory())
		test.Scroll(w.win.Canvas(), fyne.NewPos(600, 400), 0, -430)
	},
	"welcome-low": func(w *Window, f *fake) {
		v := welcomed(w, f, fullInventory())
		v.apps[0].checks[0].SetChecked(false)
		scrollDown(w)
	},
	"welcome-none": func(w *Window, f *fake) { welcomed(w, f, emptyInventory()) },
	"welcome-noapp": func(w *Window, f *fake) {
		welcomed(w, f, companion.Inventory{Known: fullInventory().Known, Needs: emptyInventory().Needs})
	},
	"welcome-mac":   func(w *Window, f *fake) { welcomed(w, f, unreadInventory()) },
	"welcome-again": func(w *Window, f *fake) { f.inv = fullInventory(); w.Show("welcome") },
	"welcome-store": func(w *Window, f *fake) {
		f.propose = words.New(words.KeychainAbsent, nil)
		welcomed(w, f, fullInventory()).onMove()
	},
	"welcome-preview": func(w *Window, f *fake) {
		f.proposal = movedProposal()
		welcomed(w, f, fullInventory()).onMove()
	},
	"moved": func(w *Window, f *fake) { atMoved(w, f) },
	"moved-waits": func(w *Window, f *fake) {
		atMoved(w, f)
		s := firstState()
		s.Pending = []companion.PendingState{{Client: "claude-desktop", Title: "Claude Desktop", Reason: "x", Since: noon}}
		w.Render(s)
	},
	"moved-undone": func(w *Window, f *fake) { atMoved(w, f).onUndo() },
	"apps-look":    func(w *Window, f *fake) { w.Show("apps"); scrollDown(w) },
	"many":         func(w *Window, f *fake) { w.Render(many(500)) },
	"details":      func(w *Window, f *fake) { w.Show("servers/files") },
	"details-long": func(w *Window, f *fake) {
		s := sample()
		s.Servers[6].Name, s.Servers[6].Summary = "a-server-with-quite-a-long-name", "Stopped right after starting, three times in five minutes"
		w.Render(s)
		w.Show("servers/" + s.Servers[6].Name)
	},
	"details-fails": func(w *Window, f *fake) { w.Show("servers/slack") },
	"details-key":   func(w *Window, f *fake) { w.Show("servers/brave-search") },
	"form-new":      func(w *Window, f *fake) { w.Show("add"); w.open[tabServers].(*addPage).onHand() },
	"form-full":     fullForm,
	"form-low":      func(w *Window, f *fake) { fullForm(w, f); scrollDown(w) },
	"form-wrong": func(w *Window, f *fake) {
		w.Show("add")
		w.open[tabServers].(*addPage).onHand()
		form := w.open[tabServers].(*form)
		form.name.field.SetText("my server")
		form.command.field.SetText(`npx -y @modelcontextprotocol/server-filesystem "/home/u/My Documents"`)
		form.told.problem(words.New(words.KeychainLocked, nil), companion.Failing)
	},
	"add":        func(w *Window, f *fake) { w.Show("add") },
	"add-search": func(w *Window, f *fake) { w.Show("add"); adds(w).search.SetText("github") },
	"add-none":   func(w *Window, f *fake) { w.Show("add"); adds(w).search.SetText("zzz") },
	"add-pasted": func(w *Window, f *fake) {
		f.offers = pastedOffers()
		w.Show("add")
		adds(w).search.SetText("npx -y @acme/notes-mcp --folder /home/u/Notes")
	},
	"offer":         func(w *Window, f *fake) { offered(w, "filesystem") },
	"offer-options": func(w *Window, f *fake) { offered(w, "github") },
	"offer-low":     func(w *Window, f *fake) { offered(w, "google-workspace"); scrollDown(w) },
	"offer-wrong": func(w *Window, f *fake) {
		o := offered(w, "filesystem")
		o.name.field.SetText("my files")
		o.fields[0].text.SetText("Documents")
	},
	"offer-warn": func(w *Window, f *fake) {
		o := offered(w, "brave-search")
		o.fields[0].text.SetText("abc")
		scrollDown(w)
	},
	"offer-more": func(w *Window, f *fake) {
		o := offered(w, "mysql")
		o.onMore()
		scrollDown(w)
	},
	"offer-pasted": func(w *Window, f *fake) {
		f.offers = pastedOffers()
		w.Show("add")
		adds(w).search.SetText("npx -y @acme/notes-mcp --folder /home/u/Notes")
		adds(w).onOpen(0)
	},
	"offer-preview": func(w *Window, f *fake) {
		o := offered(w, "memory")
		o.onSave()
	},
	"add-several": func(w *Window, f *fake) {
		f.offers = manyOffers()
		w.Show("add")
		adds(w).search.SetText("{}")
	},
	"together": func(w *Window, f *fake) { together(w, f) },
	"together-preview": func(w *Window, f *fake) {
		together(w, f).onEnter()
	},
	"together-saved": func(w *Window, f *fake) {
		together(w, f).onEnter()
		w.open[tabServers].(*preview).onApply()
	},
	"offer-waits": func(w *Window, f *fake) { offered(w, "brave-search") },
	"offer-plain-key": func(w *Window, f *fake) {
		w.Show("add")
		adds(w).choose(plainOffer())
		w.open[tabServers].(*offerForm).fields[0].text.SetText("ghp_0123456789")
	},
	"project": func(w *Window, f *fake) {
		owning(w).name.field.SetText("weather")
	},
	"project-missing": func(w *Window, f *fake) {
		f.helper = words.New(words.UVMissing, nil)
		p := owning(w)
		p.name.field.SetText("my weather")
		p.kind.choose(1)
	},
	"project-ask": func(w *Window, f *fake) {
		p := owning(w)
		p.name.field.SetText("weather")
		p.onSave()
	},
	"project-busy": func(w *Window, f *fake) {
		p := owning(w)
		p.name.field.SetText("weather")
		p.made = &companion.Project{Name: "weather", Folder: "/home/u/mcp-servers/weather-server", Prepare: [][]string{{"npm", "install"}}}
		p.settle()
		w.opts.Go = func(func()) {}
		p.busy.start = w.opts.Go
		p.prepare()
		p.reason.set("npm http fetch GET 200 https://registry.npmjs.org/@modelcontextprotocol%2fsdk 412ms (cache miss)", colorMuted)
	},
	"project-failed": func(w *Window, f *fake) {
		f.prepare = []error{words.New(words.ProjectUnready, errors.New("exit status 1"), "Name", "weather", "Folder", "/home/u/mcp-servers/weather-server", "Line", "npm install")}
		p := owning(w)
		p.name.field.SetText("weather")
		p.create()
	},
	"project-done": func(w *Window, f *fake) {
		p := owning(w)
		p.name.field.SetText("weather")
		p.create()
		w.open[tabServers].(*preview).onApply()
	},
	"form-remote": func(w *Window, f *fake) {
		w.Show("servers/github")
		w.open[tabServers].(*details).onEdit()
	},
	"preview": func(w *Window, f *fake) {
		f.proposal = bigProposal()
		w.Show("servers/files")
		w.open[tabServers].(*details).onEdit()
		form := w.open[tabServers].(*form)
		form.args.field.SetText("-y\n@modelcontextprotocol/server-filesystem\n/home/u/Projects")
		form.onSave()
		v := w.open[tabServers].(*preview)
		v.files[0].onMore()
	},
	"preview-again": func(w *Window, f *fake) {
		f.proposal = bigProposal()
		f.apply = []error{words.New(words.FileChanged, nil, "Client", "Cursor", "File", "mcp.json")}
		w.Show("servers/files")
		d := w.open[tabServers].(*details)
		d.onRemove()
		w.open[tabServers].(*preview).onApply()
	},
	"finish": func(w *Window, f *fake) {
		f.result = companion.Result{ID: "1", Waiting: []string{"Claude Desktop"}}
		w.Show("sets")
		w.sets.onUse("Research")
	},
	"keys-none":    emptied("keys"),
	"signins-none": emptied("sign-ins"),
	"sets-none":    emptied("sets"),
	"set-new-none": emptied("sets/new"),
	"apps-none":    emptied("apps"),
	"doctor-none":  emptied("doctor"),
	"settings-file": func(w *Window, f *fake) {
		s := sample()
		s.Settings.InFile = true
		w.Render(s)
		w.Show("settings")
		scrollDown(w)
	},
	"history-none":    func(w *Window, f *fake) { f.records = nil; w.Show("history") },
	"tools-none":      func(w *Window, f *fake) { w.Show("servers/files/tools") },
	"servers-nothing": func(w *Window, f *fake) { w.servers.search.SetText("zzz") },
	"set-nothing": func(w *Window, f *fake) {
		w.Show("sets/new")
		w.open[tabSets].(*setForm).search.SetText("zzz")
	},
	"set-long": func(w *Window, f *fake) {
		w.Render(many(60))
		w.Show("sets/new")
	},
	"sets-long": func(w *Window, f *fake) {
		s := many(60)
		for _, name := range []string{"A-name-of-thirty-two-letters-here", "b", "c", "d", "e", "f", "g", "h", "i"} {
			s.Sets = append(s.Sets, companion.SetState{Name: name, Servers: memberNames(s.Servers)[:30]})
		}
		w.Render(s)
		w.Show("sets")
	},
	"keys-long": func(w *Window, f *fake) {
		s := sample()
		s.Keys = append(s.Keys, companion.KeyState{ID: "k9", Label: "A_VERY_LONG_NAME_OF_A_KEY_THAT_SOMEBODY_GAVE_IT_ONCE", Servers: memberNames(many(30).Servers)})
		w.Render(s)
		w.Show("keys")
	},
	"discard": func(w *Window, f *fake) {
		w.Show("sets/new")
		w.open[tabSets].(*setForm).name.field.SetText("mine")
		w.onKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	},
	"set-import-failed": func(w *Window, f *fake) {
		f.read = words.New(words.SetFileBad, nil)
		w.Show("sets")
		w.sets.onImport("/home/u/x.json")
	},
	"switch-ready": func(w *Window, f *fake) {
		f.unusual = someUnusual()
		w.Show("sets/use/Research")
		f.unusual = nil
		w.Render(sample())
	},
	"set-remove": func(w *Window, f *fake) {
		w.Show("sets")
		w.sets.onEdit(w.state.Sets[0])
		w.open[tabSets].(*setForm).onRemove()
	},
	"restore-done": func(w *Window, f *fake) {
		openedBackup(w)
		w.open[tabOptions].(*preview).onApply()
	},
	"share-plain": func(w *Window, f *fake) {
		f.shared = companion.SharedSet{Name: "Data", Text: "{}\n"}
		w.Show("sets")
		w.sets.onShare("Data")
	},
	"signout": func(w *Window, f *fake) { w.Show("sign-ins"); w.signins.onOut(w.state.Grants[0], "notion") },
	"signin-failed": func(w *Window, f *fake) {
		f.waits = func(context.Context, companion.SignInHow) error {
			return words.New(words.SignInUnfinished, nil, "Name", "notion")
		}
		w.Show("servers/notion/sign-in")
	},
	"settings": func(w *Window, f *fake) { w.Show("settings") },
	"keys":     func(w *Window, f *fake) { w.Show("keys") },
	"signins":  func(w *Window, f *fake) { w.Show("sign-ins") },
	"signin": func(w *Window, f *fake) {
		f.steps = []companion.Step{{Kind: "waiting", Text: words.Say("sign-in.waiting", "Name", "notion"), URL: "https://mcp.notion.com/authorize?response_type=code&client_id=abcdefghijklm&redirect_uri=http%3A%2F%2F127.0.0.1%3A40123%2Fcallback&state=QWERTZUIOPASDFGHJKLYXCVBNM&code_challenge=abcdefghijklmnopqrstuvwxyz0123456789&code_challenge_method=S256"}}
		f.waits = func(context.Context, companion.SignInHow) error {
			return words.New(words.SignInUnfinished, nil, "Name", "notion")
		}
		w.Show("servers/notion/sign-in")
		w.open[tabServers].(*signing).told(f.steps[0])
	},
	"signin-device": func(w *Window, f *fake) {
		f.waits = func(context.Context, companion.SignInHow) error { return nil }
		w.Show("servers/notion")
		v := newSigning(w, tabServers, w.open[tabServers], "notion", companion.SignInHow{Device: true})
		w.put(tabServers, v)
		v.how.Device = true
		v.told(companion.Step{Text: words.Say("sign-in.device"), URL: "https://mcp.notion.com/device", Code: "WDJB-MJHT"})
	},
	"key-form": func(w *Window, f *fake) { w.Show("keys"); w.keys.onRow(2) },
	"key-own": func(w *Window, f *fake) {
		w.Show("keys")
		w.keys.onRow(2)
		w.open[tabKeys].(*keyForm).apart[1].OnTapped()
	},
	"form-shared": func(w *Window, f *fake) {
		w.Show("servers/postgres")
		w.open[tabServers].(*details).onEdit()
		v := w.open[tabServers].(*form)
		v.envKeys.onAdd()
		v.envKeys.onAdd()
		v.envKeys.rows[1].use.choice.SetSelectedIndex(3)
		w.win.Canvas().Unfocus()
		w.win.Resize(fyne.NewSize(920, 640))
		test.Scroll(w.win.Canvas(), fyne.NewPos(600, 400), 0, -230)
	},
	"offer-own-key": func(w *Window, f *fake) {
		offered(w, "brave-search").fields[0].own.choice.SetSelectedIndex(3)
		scrollDown(w)
	},
	"key-forget": func(w *Window, f *fake) {
		w.Show("keys")
		w.keys.onForget(w.state.Keys[2])
	},
	"doctor": func(w *Window, f *fake) {
		f.troubles = someTroubles()
		w.Show("doctor")
	},
	"doctor-well": func(w *Window, f *fake) { w.Show("doctor") },
	"details-mends": func(w *Window, f *fake) {
		f.mends = someTroubles()[0].Mends
		w.Show("servers/slack")
	},
	"questions": func(w *Window, f *fake) {
		f.replies = someReplies()
		w.Show("servers/slack/questions")
	},
	"tools": func(w *Window, f *fake) {
		f.tools = someTools()
		w.Show("servers/files/tools")
	},
	"try": func(w *Window, f *fake) {
		tryOne(w, f, 1)
		v := w.open[tabServers].(*try)
		v.fields[0].text.SetText("/home/u/Projects")
		v.onCall()
		w.win.Canvas().Focus(v.copy)
	},
	"try-form": func(w *Window, f *fake) { tryOne(w, f, 1) },
	"try-failed": func(w *Window, f *fake) {
		f.answer = companion.Answer{Text: "Access denied - path outside allowed directories: /etc", Failed: true}
		tryOne(w, f, 0)
		v := w.open[tabServers].(*try)
		v.fields[0].text.SetText("/etc/passwd")
		v.onCall()
	},
	"logs": func(w *Window, f *fake) {
		f.lines = someLines()
		w.Show("servers/files/logs")
		w.open[tabServers].(*logs).onLine(6)
	},
	"logs-none": func(w *Window, f *fake) { w.Show("servers/files/logs") },
	"logs-record": func(w *Window, f *fake) {
		f.lines = someLines()
		w.Show("servers/files/logs")
		w.open[tabServers].(*logs).onRecord(true)
	},
	"sets":     func(w *Window, f *fake) { w.Show("sets") },
	"set-form": func(w *Window, f *fake) { w.Show("sets"); w.sets.onEdit(w.state.Sets[1]) },
	"set-new":  func(w *Window, f *fake) { w.Show("sets/new") },
	"set-idea": func(w *Window, f *fake) {
		s := sample()
		s.Pending = nil
		w.Render(s)
		w.Show("sets/new")
		form := w.open[tabSets].(*setForm)
		test.Tap(form.begin[0])
		form.list.ScrollToOffset(180)
	},
	"sets-mixed": func(w *Window, f *fake) {
		s := sample()
		s.Set, s.Sets[1].Current, s.Clients[1].Set = companion.Mixed, false, "Research"
		w.Render(s)
		w.Show("sets")
	},
	"sets-menu": func(w *Window, f *fake) { w.Show("sets"); test.Tap(w.sets.cards[2].more) },
	"share": func(w *Window, f *fake) {
		f.shared = someShared()
		w.sets.onShare("Development")
		w.Show("sets")
	},
	"set-import": func(w *Window, f *fake) {
		f.imported = someImport()
		w.sets.onImport("/home/u/Downloads/work.json")
		w.Show("sets")
	},
	"set-import-low": func(w *Window, f *fake) {
		f.imported = someImport()
		w.sets.onImport("/home/u/Downloads/work.json")
		w.Show("sets")
		scrollDown(w)
	},
	"set-import-preview": func(w *Window, f *fake) {
		f.imported, f.proposal = someImport(), bigProposal()
		w.sets.onImport("/home/u/Downloads/work.json")
		w.Show("sets")
		w.open[tabSets].(*setImport).onNext()
	},
	"settings-low": func(w *Window, f *fake) { w.Show("settings"); scrollDown(w) },
	"backup": func(w *Window, f *fake) {
		w.Show("settings")
		test.Tap(w.options.moving.make)
		v := w.open[tabOptions].(*passForm)
		v.pass.field.SetText("correct horse battery")
		v.again.field.SetText("correct horse")
	},
	"backup-done": func(w *Window, f *fake) {
		w.pickSave = func(_ string, chosen func(string)) { chosen("/home/u/mcp-companion.age") }
		w.Show("settings")
		test.Tap(w.options.moving.make)
		v := w.open[tabOptions].(*passForm)
		v.pass.field.SetText("correct horse battery")
		v.again.field.SetText("correct horse battery")
		test.Tap(v.next)
	},
	"restore": func(w *Window, f *fake) {
		f.read = words.New(words.BackupPassphrase, nil)
		openedBackup(w)
	},
	"restore-preview": func(w *Window, f *fake) {
		f.proposal = bigProposal()
		openedBackup(w)
	},
	"sets-drag": func(w *Window, f *fake) {
		w.Show("sets")
		w.sets.drag.move("github", placeOf(w.sets.cards[1].box).AddXY(60, 90))
	},
	"switch": func(w *Window, f *fake) {
		f.unusual = someUnusual()
		w.Show("sets/use/Research")
	},
	"switched": func(w *Window, f *fake) {
		f.result = companion.Result{ID: "7"}
		w.Show("sets/use/Data")
	},
	"apps": func(w *Window, f *fake) {
		w.Show("apps")
		if k := w.apps.cards["claude-desktop"]; k != nil {
			k.onMore()
		}
	},
	"history":  func(w *Window, f *fake) { w.Show("history") },
	"apps-low": func(w *Window, f *fake) { w.Show("apps"); w.win.Canvas().Focus(w.apps.leave) },
	"apps-project": func(w *Window, f *fake) {
		w.Show("apps")
		w.apps.cards["claude-code:/home/u/shop"].onMore()
		w.win.Canvas().Focus(w.apps.cards["claude-code:/home/u/shop"].undo)
	},
	"takeover": func(w *Window, f *fake) {
		w.Show("apps")
		w.apps.cards["claude-desktop"].take.OnTapped()
	},
	"takeover-new": func(w *Window, f *fake) {
		s := sample()
		s.Clients[0].Managed = false
		w.Render(s)
		w.Show("apps")
		w.apps.cards["claude-desktop"].take.OnTapped()
		v := w.open[tabApps].(*takeover)
		for _, c := range v.checks {
			c.SetChecked(false)
		}
	},
	"leave": func(w *Window, f *fake) {
		w.Show("apps")
		w.apps.leave.OnTapped()
		w.open[tabApps].(*leave).how.choose(1)
	},
	"leave-preview": func(w *Window, f *fake) {
		f.proposal = bigProposal()
		w.Show("apps")
		w.apps.cards["claude-desktop"].leave.OnTapped()
		v := w.open[tabApps].(*leave)
		v.how.choose(1)
		v.onNext()
	},
	"leave-done": func(w *Window, f *fake) {
		w.Show("apps")
		w.apps.cards["cursor"].leave.OnTapped()
		w.open[tabApps].(*leave).onNext()
		w.open[tabApps].(*preview).onApply()
	},
	"record": func(w *Window, f *fake) { f.files = pastFiles(); w.Show("history"); w.history.onOpen(0) },
	"record-destroy": func(w *Window, f *fake) {
		f.files = pastFiles()
		w.Show("history")
		w.history.onOpen(3)
		w.open[tabHistory].(*record).onDestroy()
	},
	"record-gone": func(w *Window, f *fake) {
		f.detail = words.New(words.UndoUnknown, nil, "ID", "1")
		w.Show("history")
		w.history.onOpen(2)
	},
	"record-undo": func(w *Window, f *fake) {
		f.files = pastFiles()
		w.Show("history")
		w.history.onOpen(0)
		w.open[tabHistory].(*record).onUndo()
	},
	"form-more": func(w *Window, f *fake) {
		s := sample()
		s.Servers[5].Server.StartTimeout, s.Servers[5].Server.NoWatching = 120, true
		w.Render(s)
		w.Show("servers/postgres")
		w.open[tabServers].(*details).onEdit()
		w.open[tabServers].(*form).more.start.field.SetText("soon")
		scrollDown(w)
	},
	"dropped": func(w *Window, f *fake) { w.Render(lossy()) },
	"problem": func(w *Window, f *fake) {
		s := sample()
		s.Set, s.Pending = companion.Mixed, nil
		s.Problem = words.New(words.KeychainAbsent, nil)
		w.Render(s)
		w.Show("sets")
	},
	"busy": func(w *Window, f *fake) {
		w.opts.Go = func(func()) {}
		w.Show("servers/files")
		w.open[tabServers].(*details).onCheck()
		w.strip.restart("claude-desktop", "Claude Desktop")
	},
}

// emptied shows a page where there is nothing yet.
func emptied(page string) func(*Window, *fake) {
	return func(w *Window, f *fake) {
		f.records = nil
		w.Render(companion.State{Settings: companion.SettingsState{Home: "/home/u/.config/mcp-companion"}})
		w.Show(page)
	}
}

// someUnusual is what keeps two servers of a set from working.
func someUnusual() []companion.Unusual {
	return []companion.Unusual{
		{Server: "brave-search", Text: words.Say("unusual.key", "Name", "brave-search", "Key", "BRAVE_API_KEY"), Page: "servers/brave-search/key"},
		{Server: "notion", SignIn: true, Text: words.Say("unusual.sign-in", "Name", "notion"), Page: "servers/notion/sign-in"},
	}
}

// someShared is a set's file.
func someShared() companion.SharedSet {
	return companion.SharedSet{Name: "Development", Keys: []string{"GITHUB_TOKEN"}, Paths: []string{"${userHome}/My Documents"}, Text: `{
  "mcpServers": {
    "files": {
      "command": "npx",
      "args": [
        "-y",
        "@modelcontextprotocol/server-filesystem",
        "${userHome}/My Documents"
      ]
    },
    "github": {
      "type": "http",
      "url": "https://api.githubcopilot.com/mcp/",
      "headers": {
        "Authorization": "Bearer ${input:GITHUB_TOKEN}"
      }
    }
  },
  "inputs": [
    {
      "type": "promptString",
      "id": "GITHUB_TOKEN",
      "description": "GITHUB_TOKEN",
      "password": true
    }
  ],
  "mcpCompanion": {
    "version": 1,
    "set": {
      "name": "Development",
      "icon": "code"
    }
  }
}
`}
}

// someImport is a set of a file: one server is there, one nearly, two are new.
func someImport() companion.SetImport {
	return companion.SetImport{Name: "Work", Icon: "work", Members: []companion.SetMember{
		{Name: "files", Have: "files", Same: true, Program: "npx -y @modelcontextprotocol/server-filesystem /home/u/My Documents", Server: servers.Server{Command: "npx"}},
		{Name: "github", Have: "github", Program: "https://api.githubcopilot.com/mcp/?tools=all", Server: servers.Server{URL: "https://api.githubcopilot.com/mcp/?tools=all"}, Asks: []companion.SetAsk{{ID: "GITHUB_TOKEN", Label: "GITHUB_TOKEN", Secret: true}}},
		{Name: "notes", Program: "npx -y @acme/notes-mcp --folder \"/home/u/\u202eNotes\"", Server: servers.Server{Command: "npx"}, Asks: []companion.SetAsk{{ID: "NOTES_TOKEN", Label: "NOTES_TOKEN", Secret: true}, {ID: "team", Label: "Your team", Default: "core"}}},
		{Name: "tasks", Program: "https://tasks.example.com/mcp", Server: servers.Server{URL: "https://tasks.example.com/mcp"}, Asks: []companion.SetAsk{{ID: "NOTES_TOKEN", Label: "NOTES_TOKEN", Secret: true}}},
	}}
}

// openedBackup chooses a backup and enters its passphrase.
func openedBackup(w *Window) {
	w.pickFile = func(chosen func(string)) { chosen("/home/u/Downloads/mcp-companion.age") }
	w.Show("settings")
	test.Tap(w.options.moving.back)
	v := w.open[tabOptions].(*passForm)
	v.pass.field.SetText("correct horse battery")
	test.Tap(v.next)
}

// someRestore is a backup that was opened.
func someRestore() *companion.Restore {
	return &companion.Restore{
		Made: noon.Add(-50 * time.Hour), Keys: 3, Missing: []string{"BRAVE_API_KEY"}, Local: []string{"notes"},
		Servers: []companion.RestoreItem{{Name: "files", As: "files", Same: true}, {Name: "github", As: "github-2"}, {Name: "notes", As: "notes"}},
		Sets:    []companion.RestoreItem{{Name: "Work", As: "Work"}},
	}
}

// tryOne opens the tool at i of the sample's.
func tryOne(w *Window, f *fake, i int) {
	f.tools = someTools()
	if f.answer.Text == "" {
		f.answer = companion.Answer{Text: "[FILE] README.md\n[DIR] src\n[DIR] testdata", Raw: "{}"}
	}
	w.Show("servers/files/tools")
	w.open[tabServers].(*tools).onOpen(i)
}

func someTools() []companion.Tool {
	list := []companion.Tool{
		{Name: "read_text_file", Title: "Read a text file", About: "Reads the complete contents of a file as text.\nOnly within the allowed folders.", ReadsOnly: true, Arguments: []companion.Argument{{Name: "path", Title: "path", Kind: companion.AText, Required: true}}},
		{Name: "search_files", Title: "search_files", About: "Recursively searches for files that match a pattern.", Arguments: []companion.Argument{
			{Name: "path", Title: "path", About: "Where to begin", Kind: companion.AText, Required: true},
			{Name: "limit", Title: "How many", Kind: companion.AWhole, Default: "10"},
			{Name: "deep", Title: "deep", Kind: companion.AYesNo},
			{Name: "order", Title: "order", Kind: companion.AChoice, Choices: []string{"name", "size"}},
			{Name: "exclude", Title: "exclude", About: "Patterns of what to leave out", Kind: companion.ALines},
		}},
		{Name: "anything", Title: "anything", About: "A tool that says nothing of what it takes.", AsJSON: true},
		{Name: "list_allowed_directories", Title: "list_allowed_directories", About: "Lists the folders this server may use.", ReadsOnly: true},
	}
	return list
}

func someTroubles() []companion.Trouble {
	edit := func(label string, safe bool) companion.Mend {
		return companion.Mend{ID: label, Label: label, Safe: safe}
	}
	deed := func(label string, do companion.Deed, arg string) companion.Mend {
		return companion.Mend{ID: label, Label: label, Do: do, Arg: arg}
	}
	return []companion.Trouble{
		{Server: "slack", Status: companion.Failing, Problem: words.New(words.PathHidden, errors.New("spawn npx ENOENT"), "Name", "slack", "Program", "Node.js", "Found", "/opt/homebrew/bin/npx"), Mends: []companion.Mend{edit("Use the one in /opt/homebrew/bin", true), deed("Show what it said", companion.ShowLog, "slack")}},
		{Server: "files", Status: companion.Failing, Problem: words.New(words.FolderMissing, nil, "Name", "files", "Path", "/Users/username/Documents"), Mends: []companion.Mend{deed("Choose a folder", companion.OpenPage, "servers/files/folder")}},
		{Server: "brave-search", Status: companion.NeedsYou, Problem: words.New(words.KeyMissing, nil, "Name", "brave-search", "Key", "BRAVE_API_KEY"), Mends: []companion.Mend{deed("Enter the key", companion.OpenPage, "servers/brave-search/key")}},
		{Server: "memory", Status: companion.NeedsYou, Problem: words.New(words.Chatter, nil, "Name", "memory"), Mends: []companion.Mend{edit("Filter the notes", true)}},
		{Client: "claude-desktop", Status: companion.NeedsYou, Problem: words.New(words.RestartNeeded, nil, "Client", "Claude Desktop"), Mends: []companion.Mend{deed("Restart Claude Desktop", companion.Restart, "claude-desktop")}},
	}
}

func someReplies() []companion.Reply {
	return []companion.Reply{
		{Question: "Does it start alone?", Answer: "No. slack stopped right after starting.", Status: companion.Failing, Mends: []companion.Mend{{Label: "Show what it said", Do: companion.ShowLog, Arg: "slack"}, {Label: "Check again", Do: companion.CheckAgain, Arg: "slack"}}},
		{Question: "What do its logs say?", Answer: "They tell of no failure.", Status: companion.Healthy},
		{Question: "Are its keys set, and do they reach it?", Answer: "The keychain could not be asked.", Status: companion.Unknown},
	}
}

func someLines() []companion.LogLine {
	at := func(s int) time.Time { return noon.Add(time.Duration(s-60) * time.Second) }
	return []companion.LogLine{
		{Time: at(0), Source: companion.Launcher, Client: "Claude Desktop", Text: "Started for Claude Desktop"},
		{Time: at(1), Source: companion.ServerSaid, Text: "Secure MCP Filesystem Server running on stdio"},
		{Time: at(2), Source: companion.Message, Client: "Claude Desktop", Text: "initialize  ·  1.2 ms  ·  210 B, answered with 340 B"},
		{Time: at(3), Source: companion.Message, Client: "Claude Desktop", Text: "tools/list  ·  0.8 ms  ·  60 B, answered with 14 KB"},
		{Time: at(20), Source: companion.AppSaid, Client: "Claude Desktop", Text: "Server started and connected successfully"},
		{Time: at(40), Source: companion.Message, Client: "Claude Desktop", Text: "tools/call  ·  12.5 ms  ·  180 B, answered with 2 KB"},
		{Time: at(41), Source: companion.Message, Client: "Claude Desktop", Text: "tools/call  ·  31 ms  ·  190 B, answered with a failure (-32602)", Bad: true, Body: "{\"method\":\"tools/call\",\"params\":{\"name\":\"read_text_file\",\"arguments\":{\"path\":\"/etc/passwd\"}}}"},
		{Time: at(50), Source: companion.ServerSaid, Text: "Error: EACCES: permission denied, open '/home/u/private/notes.txt'", Bad: true},
	}
}

func fullForm(w *Window, _ *fake) {
	w.Show("servers/postgres")
	w.open[tabServers].(*details).onEdit()
	form := w.open[tabServers].(*form)
	form.env.put("SERVICE_TOKEN", "abc")
}

// owning opens the form for a server of one's own.
func owning(w *Window) *projectForm {
	w.Show("add")
	adds(w).onOwn()
	return w.open[tabServers].(*projectForm)
}

func adds(w *Window) *addPage { return w.open[tabServers].(*addPage) }

// offered opens the form of an offer of the catalogue.
func offered(w *Window, id string) *offerForm {
	w.Show("add")
	adds(w).choose(*catalog.Find(id))
	return w.open[tabServers].(*offerForm)
}

// pastedOffers are two servers as a page's snippet tells of them.
func pastedOffers() []catalog.Offer {
	return []catalog.Offer{
		{Title: "notes", Name: "notes", Notes: []string{words.Say("import.note.alike", "Title", "Notion")}, Options: []catalog.Option{{
			ID: "pasted", Label: "pasted", Runtime: "npx",
			Launch: catalog.Launch{Command: "npx", Args: []catalog.Arg{{Text: "-y"}, {Text: "@acme/notes-mcp"}, {Text: "--folder"}, {Text: "${folder}"}, {Text: "--key=${key}"}}},
			Env:    map[string]string{"NOTES_TOKEN": "${token}"},
			Fields: []catalog.Field{
				{ID: "token", Kind: catalog.Secret, Label: "NOTES_TOKEN", Required: true, Given: catalog.Given{"ntn_hunter2"}},
				{ID: "key", Kind: catalog.Secret, Label: "--key", Exposed: true},
				{ID: "folder", Kind: catalog.Text, Label: "--folder", Given: catalog.Given{"/home/u/\u202eNotes"}},
			},
		}}},
		{Title: "tasks", Name: "tasks", Options: []catalog.Option{{ID: "pasted", Runtime: "remote", URL: "https://tasks.example.com/mcp"}}},
	}
}

func scrollDown(w *Window) {
	for range 2 { // to know how far down that is
		w.win.Resize(w.win.Canvas().Size().AddWidthHeight(1, 0))
		w.win.Resize(w.win.Canvas().Size().AddWidthHeight(-1, 0))
		w.win.Content().Refresh()
	}
	test.Scroll(w.win.Canvas(), fyne.NewPos(600, 400), 0, -5000)
}

func pastFiles() []companion.FileView {
	files := bigProposal().Files[:2]
	for i := range files {
		files[i].Words = ""
	}
	return files
}

func pastRecords() []companion.Record {
	return []companion.Record{
		{ID: "4", Time: noon.Add(-3 * time.Minute), Reason: "Switched to Development", Files: []string{"/home/u/.config/Claude/claude_desktop_config.json", "/home/u/.cursor/mcp.json"}},
		{ID: "3", Time: noon.Add(-2 * time.Hour), Reason: "Added github", Files: []string{"/home/u/.cursor/mcp.json"}},
		{ID: "2", Time: noon.Add(-20 * time.Hour), Reason: "Removed everything-server", Files: []string{"/home/u/.cursor/mcp.json"}, Undone: true},
		{ID: "1", Time: noon.Add(-400 * time.Hour), Reason: "Moved 4 keys into the keychain", Files: []string{"/home/u/.cursor/mcp.json"}},
	}
}

func bigProposal() *companion.Proposal {
	diff := "--- claude_desktop_config.json\n+++ claude_desktop_config.json\n@@ -3,6 +3,10 @@\n   \"mcpServers\": {\n     \"files\": {\n-      \"command\": \"npx\",\n-      \"args\": [\"-y\", \"@modelcontextprotocol/server-filesystem\"]\n+      \"command\": \"/opt/mcp-companion/mcp-companion\",\n+      \"args\": [\"run\", \"files\", \"--for\", \"claude-desktop\"]\n     },\n"
	return &companion.Proposal{Reason: "Change files", Waiting: []string{"Claude Desktop"}, Files: []companion.FileView{
		{Path: "/home/u/.config/Claude/claude_desktop_config.json", Client: "Claude Desktop", Words: "Changes files. Leaves 5 others alone.", Diff: diff},
		{Path: "/home/u/.cursor/mcp.json", Client: "Cursor", Words: "Adds files. Leaves 2 others alone.", Diff: diff},
		{Path: "/home/u/.config/mcp-companion/library.json", Words: "Changes the arguments of files.", Diff: diff},
	}}
}

func shoot(t *testing.T, dir, name string, variant fyne.ThemeVariant, size fyne.Size, act func(*Window, *fake)) {
	f := &fake{records: pastRecords()}
	w := open(t, f, sample())
	fyne.CurrentApp().Settings().SetTheme(forced{newLook(), variant})
	w.win.Resize(size)
	act(w, f)
	// The test canvas lays out once; the real one again after each change.
	for range 3 {
		w.win.Resize(size.AddWidthHeight(1, 0))
		w.win.Resize(size)
		w.win.Content().Refresh()
	}
	if top := w.win.Canvas().Overlays().Top(); top != nil && w.ask != nil {
		w.ask.popup.Resize(fyne.NewSize(440, w.ask.popup.MinSize().Height))
		w.ask.popup.Resize(fyne.NewSize(440, w.ask.popup.MinSize().Height))
	}
	mode := map[fyne.ThemeVariant]string{theme.VariantLight: "light", theme.VariantDark: "dark"}[variant]
	out, err := os.Create(filepath.Join(dir, name+"-"+mode+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := png.Encode(out, w.win.Canvas().Capture()); err != nil {
		t.Fatal(err)
	}
}

// forced is a theme in one variant, whatever the system says.
type forced struct {
	fyne.Theme
	variant fyne.ThemeVariant
}

func (f forced) Color(n fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	return f.Theme.Color(n, f.variant)
}
