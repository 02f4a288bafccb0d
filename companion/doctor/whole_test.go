package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mcp-companion/clients"
	"mcp-companion/health"
	"mcp-companion/servers"
	"mcp-companion/words"
)

func local(name string, s servers.Server, tools ...string) ServerView {
	return ServerView{Name: name, Server: s, Status: health.Healthy, Tools: tools, InUse: true}
}

func many(n int) (list []string) {
	for i := range n {
		list = append(list, "tool"+time.Duration(i).String())
	}
	return list
}

// findings are those of one code.
func findings(list []Finding, code words.Code) []Finding {
	return slices.DeleteFunc(slices.Clone(list), func(f Finding) bool { return f.Problem.Code != code })
}

var desktop = ClientView{ID: "claude-desktop", Title: "Claude Desktop", File: "/home/anna/d/config", Installed: true, Managed: true}

func app(change func(*ClientView)) []ClientView {
	c := desktop
	change(&c)
	return []ClientView{c}
}

func TestWholeFindsWhatIsNoServersFailing(t *testing.T) {
	offline := ServerView{Name: "a", Server: afar, InUse: true, Problem: words.New(words.Offline, nil, "Host", "a.example.com")}
	other := ServerView{Name: "b", Server: afar, InUse: true, Problem: words.New(words.Offline, nil, "Host", "b.example.com")}
	reached := ServerView{Name: "b", Server: afar, InUse: true}
	for _, c := range []struct {
		code   words.Code
		has    View
		saying string
		fix    string
		near   View
	}{
		{words.Offline, View{Servers: []ServerView{offline, other}}, "No internet connection", "again", View{Servers: []ServerView{offline, reached}}},
		{words.FileBroken, View{Clients: app(func(c *ClientView) {
			c.Problem = words.New(words.FileBroken, errors.New("x"), "File", "/f", "Line", 14, "Column", 2, "Text", "a comma")
		})}, "of Claude Desktop /f has a typing mistake in line 14", "open-history", View{Clients: app(func(*ClientView) {})}},
		{words.FileLocked, View{Clients: app(func(c *ClientView) { c.Problem = words.New(words.FileLocked, nil, "File", "/f") })}, "/f", "make-writable", View{Clients: app(func(*ClientView) {})}},
		{words.FileChanged, View{Clients: app(func(c *ClientView) { c.Problem = words.New(words.FileChanged, nil, "File", "/f") })}, "/f", "open-app", View{}},
		{words.FileElsewhere, View{Clients: app(func(c *ClientView) { c.Others = []string{"/home/anna/d/newer"} })}, "~/d/newer", "use-file", View{Clients: app(func(c *ClientView) { c.Others = []string{"/home/anna/d/older"} })}},
		{words.RestartNeeded, View{Clients: app(func(c *ClientView) { c.Restart = true })}, "Claude Desktop", "restart", View{Clients: app(func(*ClientView) {})}},
		{words.Undone, View{Clients: app(func(c *ClientView) { c.Vanished = []string{"github"} })}, "github", "put-back", View{Clients: app(func(*ClientView) {})}},
		{words.Undone, View{Clients: app(func(c *ClientView) { c.Servers, c.Entries = []string{"github"}, []EntryView{} })}, "github", "apply", View{Clients: app(func(c *ClientView) {
			c.Servers, c.Entries = []string{"github"}, []EntryView{{Key: "gh", Server: "github", Kind: clients.Changed}}
		})}},
		{words.EntryMoved, View{Clients: app(func(c *ClientView) { c.Entries = []EntryView{{Key: "github", Server: "github", Kind: clients.Moved}} })}, "github in Claude Desktop", "apply", View{Clients: app(func(c *ClientView) { c.Entries = []EntryView{{Key: "github", Server: "github", Kind: clients.Ours}} })}},
		{words.AppMissing, View{Clients: app(func(c *ClientView) { c.Installed = false })}, "Claude Desktop", "open-app", View{Clients: app(func(c *ClientView) { c.Installed, c.Managed = false, false })}},
		{words.SameName, View{Servers: []ServerView{local("Search", npx), local("search", uvx)}}, "search-2", "rename", View{Servers: []ServerView{local("search", npx), local("search-2", uvx)}}},
		{words.SameName, View{Clients: app(func(c *ClientView) { c.Entries = []EntryView{{Key: "Git"}, {Key: "git"}} })}, "in Claude Desktop", "open-app", View{Clients: app(func(c *ClientView) { c.Entries = []EntryView{{Key: "Git"}, {Key: "got"}} })}},
		{words.NameTooLong, View{Servers: []ServerView{local("my server!", npx)}}, "my-server", "rename", View{Servers: []ServerView{local("my-server", npx)}}},
		{words.NameTooLong, View{Servers: []ServerView{local("a-long-name-of-a-server", npx, strings.Repeat("t", 40))}}, "a-long-name-of-a", "rename", View{Servers: []ServerView{local("short", npx, strings.Repeat("t", 40))}}},
		{words.NameTooLong, View{Servers: []ServerView{local("x", npx, "no blanks please")}}, "no blanks please", "hide-tool", View{Servers: []ServerView{local("x", npx, "no_blanks")}}},
		{words.SameTool, View{Servers: []ServerView{local("a", npx, "search", "find"), local("b", uvx, "search", "look")}}, `"search"`, "open-tools", View{Servers: []ServerView{local("a", npx, "search"), {Name: "b", Tools: []string{"search"}}}}},
		{words.TooManyTools, View{Servers: []ServerView{local("a", npx, many(30)...), local("b", uvx, many(11)...)}, Clients: []ClientView{{ID: "cursor", Title: "Cursor", Installed: true, Managed: true, ToolLimit: ToolLimit("cursor"), Servers: []string{"a", "b"}}}}, "41 tools; Cursor uses only the first 40", "smaller-set", View{Servers: []ServerView{local("a", npx, many(41)...)}, Clients: []ClientView{{ID: "claude-code", Installed: true, Managed: true, Servers: []string{"a"}}}}},
		{words.Chatter, View{Servers: []ServerView{{Name: "a", Server: npx, Status: health.Healthy, Stray: 1}}}, "notes", "drop-notes", View{Servers: []ServerView{{Name: "a", Server: npx, Status: health.Failing, Stray: 1}}}},
		{words.KeyInPlain, View{Servers: []ServerView{local("a", with(npx, func(s *servers.Server) { s.Env = map[string]string{"ACME_TOKEN": "wxyz12345678"} }))}}, "ACME_TOKEN", "move-key", View{Servers: []ServerView{local("a", with(npx, func(s *servers.Server) {
			s.Env = map[string]string{"MAX_TOKENS": "4096000000", "TOKEN_FILE": "/run/token/file", "KEY_TOKEN": "${secret:k1}"}
		}))}}},
		{words.KeyInPlain, View{Servers: []ServerView{local("a", with(npx, func(s *servers.Server) { s.Args = append(s.Args, "--api-key=abcdefgh12345") }))}}, "--api-key", "move-key", View{Servers: []ServerView{local("a", npx)}}},
		{words.KeyInPlain, View{Servers: []ServerView{local("a", with(npx, func(s *servers.Server) { s.Args = append(s.Args, "postgres://anna:moonlight@localhost/db") }))}}, "plain text", "move-key", View{Servers: []ServerView{local("a", with(npx, func(s *servers.Server) { s.Args = append(s.Args, "postgres://anna@localhost/db") }))}}},
		{words.KeyMissing, View{Servers: []ServerView{{Name: "a", Server: keyed, HasKey: func(string) (bool, error) { return false, nil }}}}, "ACME_API_KEY", "enter-key", View{Servers: []ServerView{{Name: "a", Server: keyed}}}},
		{words.PathRelative, View{Servers: []ServerView{local("a", with(npx, func(s *servers.Server) { s.Cwd = "~/src" }))}}, "/home/anna", "whole-paths", View{Servers: []ServerView{{Name: "a", Server: with(npx, func(s *servers.Server) { s.Cwd = "~/src" }), Problem: words.New(words.PathRelative, nil)}}}},
	} {
		m := machine{disk: append([]string{"/home/anna/d/config", "/home/anna/d/newer", "/home/anna/d/older", "/home/anna/src/"}, helped.disk...)}
		pc := m.computer()
		stat := pc.Stat
		pc.Stat = func(path string) (os.FileInfo, error) {
			i, err := stat(path)
			if e, ok := i.(entry); ok && strings.HasSuffix(path, "newer") {
				e.time = noon.Add(time.Hour)
				return e, err
			}
			return i, err
		}
		got := findings(Whole(t.Context(), pc, c.has), c.code)
		if len(got) != 1 {
			t.Errorf("%s: %d findings", c.code, len(got))
			continue
		}
		f := got[0]
		if !strings.Contains(f.Problem.Error(), c.saying) || strings.Contains(f.Problem.Error(), "<no value>") {
			t.Errorf("%s: %s", c.code, f.Problem.Error())
		}
		if len(f.Fixes) == 0 || f.Fixes[0].ID != c.fix {
			t.Errorf("%s: %+v", c.code, f.Fixes)
		}
		checkFixes(t, f.Fixes)
		if f.Server == "" && f.Client == "" && c.code != words.Offline {
			t.Errorf("%s is about nothing", c.code)
		}
		if near := findings(Whole(t.Context(), pc, c.near), c.code); len(near) > 0 {
			t.Errorf("%s: a near miss is %v", c.code, near[0].Problem)
		}
		ends(t, pc, c.has, f)
	}
}

// ends applies each edit of the finding to a library like the view, and looks
// again.
func ends(t *testing.T, pc Computer, v View, f Finding) {
	t.Helper()
	for _, fix := range f.Fixes {
		if fix.Edit == nil {
			continue
		}
		lib := &servers.Library{Servers: map[string]*servers.Server{}, Sets: map[string]*servers.Set{}, Clients: map[string]*servers.Client{}}
		for _, s := range v.Servers {
			lib.Servers[s.Name] = copied(&s.Server)
		}
		for _, c := range v.Clients {
			lib.Clients[c.ID] = &servers.Client{Managed: c.Managed}
		}
		if err := fix.Edit(lib); err != nil {
			t.Errorf("%s: %v", fix.ID, err)
			continue
		}
		after := View{}
		for _, s := range v.Servers {
			for _, name := range lib.Names() {
				if name == s.Name || slices.Contains(lib.Servers[name].Formerly, s.Name) {
					s.Name, s.Server = name, *lib.Servers[name]
					after.Servers = append(after.Servers, s)
					break
				}
			}
		}
		for _, c := range v.Clients {
			lc := lib.Clients[c.ID]
			c.Managed = lc.Managed
			if lc.File != "" {
				c.File, c.Others = lc.File, nil
			}
			after.Clients = append(after.Clients, c)
		}
		if left := findings(Whole(t.Context(), pc, after), f.Problem.Code); len(left) > 0 {
			t.Errorf("%s: after %s still %v", f.Problem.Code, fix.ID, left[0].Problem)
		}
	}
}

// A library that a hand broke is the first thing to be told, and can be repaired.
func TestABrokenLibraryIsAFinding(t *testing.T) {
	pc := (&machine{disk: []string{`/home/anna/lib.json={"servers": {},}`}}).computer()
	list := Whole(t.Context(), pc, View{Problem: words.New(words.FileBroken, nil, "File", "/home/anna/lib.json", "Line", 1)})
	if len(list) != 1 || list[0].Fixes[0].ID != "repair-file" {
		t.Errorf("%+v", list)
	}
}

func TestAnEditMeetsALibraryThatChanged(t *testing.T) {
	s := servers.Server{Command: "npx -y @acme/server"}
	pc := helped.computer()
	fix := Fixes(pc, words.New(words.CommandJoined, nil), "acme", &s)[0]
	if err := fix.Edit(&servers.Library{Servers: map[string]*servers.Server{}}); !words.Has(err, words.ServerUnknown) {
		t.Errorf("%v", err)
	}
	lib := &servers.Library{Servers: map[string]*servers.Server{"acme": {Command: "uvx", Args: []string{"x"}}}}
	if err := fix.Edit(lib); err != nil || lib.Servers["acme"].Command != "uvx" {
		t.Errorf("%v %+v", err, lib.Servers["acme"])
	}
}

// What a Problem says ends up in files and on the screen.
func TestAProblemNamesNoKey(t *testing.T) {
	const secret = "hunter2hunter2"
	for name, s := range map[string]servers.Server{
		"joined":  {Command: "npx -y @acme/server --api-key " + secret},
		"quoted":  {Command: "npx", Args: []string{"--token=“" + secret + "”", "--password", " " + secret}, Env: map[string]string{"API_KEY": "'" + secret + "'"}},
		"address": {URL: "mcp.example.com/mcp?api_key=" + secret},
		"plain":   {Command: "npx", Env: map[string]string{"API_KEY": secret}},
	} {
		c := Case{Name: "acme", Server: s, Said: []string{"Error: password=\"" + secret + "\" is wrong"}, Problem: words.New(words.ClosedEarly, nil, "Text", "x"), Remote: Remote{Status: 404}}
		texts := []string{string(mustText(t, Diagnose(t.Context(), helped.computer(), c)))}
		for _, f := range Whole(t.Context(), helped.computer(), View{Servers: []ServerView{{Name: "acme", Server: s}}}) {
			texts = append(texts, string(mustText(t, f.Problem)))
			for _, fix := range f.Fixes {
				texts = append(texts, fix.Label+fix.Arg)
			}
		}
		if text := strings.Join(texts, "\n"); strings.Contains(text, secret) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func FuzzDiagnose(f *testing.F) {
	for _, s := range signatures {
		f.Add(strings.Join(s.has.Said, "\n"), s.has.Server.Command, strings.Join(s.has.Server.Args, "\n"), s.has.Server.URL)
	}
	f.Fuzz(func(t *testing.T, text, command, args, url string) {
		s := servers.Server{Command: command, Args: strings.Split(args, "\n"), URL: url, Env: map[string]string{"K": args}}
		for _, os := range []string{"linux", "darwin", "windows"} {
			pc := (&machine{os: os, disk: helped.disk}).computer()
			p := Diagnose(t.Context(), pc, said(s, strings.Split(text, "\n")...))
			if p == nil || p.Title == "" || len(Fixes(pc, p, "acme", &s)) == 0 {
				t.Errorf("%v", p)
			}
			for _, fix := range Fixes(pc, p, "acme", &s) {
				if fix.Edit != nil && fix.Edit(&servers.Library{Servers: map[string]*servers.Server{"acme": copied(&s)}}) != nil {
					t.Errorf("%s failed", fix.ID)
				}
			}
			Checklist(t.Context(), pc, said(s, text), View{})
			Report(pc, View{Servers: []ServerView{{Name: "acme", Server: s}}}, Whole(t.Context(), pc, View{Servers: []ServerView{{Name: "acme", Server: s}}}))
		}
	})
}

func TestOnlyNpxsOwnFoldersAreCleared(t *testing.T) {
	for path, want := range map[string]bool{
		"/home/anna/.npm/_npx/0123456789abcdef":       true,
		"/home/anna/.npm/_npx":                        false,
		"/home/anna/.npm/_npx/0123456789abcdef/x":     false,
		"/home/anna/.npm/_npx/../_npx/0123456789ab":   false,
		"/home/anna/../eve/.npm/_npx/0123456789abcd":  false,
		"/srv/_npx/0123456789abcdef":                  false,
		"/home/anna/.npm/_npx/important":              false,
		"/home/annabel/.npm/_npx/0123456789abcdef012": false,
	} {
		if (&machine{}).computer().isDownload(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

func TestTheNineQuestionsAreAnswered(t *testing.T) {
	key := func(has bool) func(string) (bool, error) { return func(string) (bool, error) { return has, nil } }
	given := func(change func(*ClientView)) View {
		c := desktop
		c.Servers, c.Entries = []string{"acme"}, []EntryView{{Key: "acme", Server: "acme", Kind: clients.Ours}}
		change(&c)
		return View{Clients: []ClientView{c}, Home: "/home/anna/.config/us"}
	}
	same := func(*ClientView) {}
	good := machine{disk: append([]string{"/home/anna/.config/us/"}, helped.disk...), versions: helped.versions}
	open := machine{disk: append([]string{"/home/anna/.config/us/library.json"}, helped.disk...), versions: helped.versions}
	works := Case{Name: "acme", Server: keyed, HasKey: key(true), Report: &health.Report{Status: health.Healthy, Stderr: []string{"acme is listening"}}}
	for name, c := range map[string]struct {
		on   machine
		has  Case
		view View
		want string
	}{
		"all is well":   {good, works, given(same), "starts yes, logs yes, files yes, paths yes, helpers yes, keys yes, restarted yes, safe yes"},
		"nothing known": {good, Case{Name: "acme", Server: npx}, View{}, "starts unknown, logs unknown, files unknown, paths yes, helpers yes, keys yes, restarted unknown, safe yes"},
		"all is wrong": {
			open,
			Case{
				Name: "acme", HasKey: key(false), Said: []string{"fatal: no moon"}, Problem: words.New(words.ClosedEarly, nil),
				Server: servers.Server{Command: "npx", Args: []string{"-y", "@acme/server", "~/notes"}, Env: map[string]string{"K": "${secret:k1}", "A_TOKEN": "abcdefgh1234"}},
			},
			given(func(c *ClientView) { c.Restart, c.Vanished = true, []string{"acme"} }),
			"starts no, logs no, files no, paths no, helpers yes, keys no, restarted no, safe no",
		},
		"others read our files": {open, works, given(same), "starts yes, logs yes, files yes, paths yes, helpers yes, keys yes, restarted yes, safe no"},
		"no helper":             {machine{}, said(npx), given(same), "starts no, logs unknown, files yes, paths yes, helpers no, keys yes, restarted yes, safe yes"},
		"an old helper":         {machine{disk: helped.disk, versions: map[string]string{"/usr/bin/node": "v14.0.0"}}, Case{Name: "acme", Server: npx}, View{}, "starts unknown, logs unknown, files unknown, paths yes, helpers no, keys yes, restarted unknown, safe yes"},
		"far away":              {good, Case{Name: "acme", Server: afar}, View{}, "starts unknown, logs unknown, files unknown, keys yes, restarted unknown, return-address unknown, safe yes"},
		"signed in":             {good, answered(Remote{Sent: SentGrant}), View{}, "starts unknown, logs unknown, files unknown, keys yes, restarted unknown, return-address yes, safe yes"},
		"sent to another place": {good, answered(Remote{OAuth: "redirect_uri_mismatch"}), View{}, "starts no, logs unknown, files unknown, keys yes, restarted unknown, return-address no, safe yes"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, a := range Checklist(t.Context(), c.on.computer(), c.has, c.view) {
				got = append(got, a.ID+" "+string(a.Says))
				if a.Question == "" || a.Sentence == "" || strings.Contains(a.Question+a.Sentence, "question.") || strings.Contains(a.Sentence, "<no value>") {
					t.Errorf("%+v", a)
				}
				if (a.Says == No) != (len(a.Fixes) > 0) {
					t.Errorf("%s: %d fixes", a.ID, len(a.Fixes))
				}
				checkFixes(t, a.Fixes)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%s", strings.Join(got, ", "))
			}
		})
	}
}

func TestAReportGivesNobodyAway(t *testing.T) {
	const secret = "hunter2hunter2"
	s := servers.Server{
		Command: `C:\Users\anna\tools\run.exe`, Cwd: `C:\Users\anna\notes`,
		Args: []string{"--api-key", secret, "--token=" + secret, "--header", "Authorization: Bearer " + secret, "plain", "ghp_abcdefghijklmnopqrst"},
		Env:  map[string]string{"SOME_PASSWORD": secret, "REGION": "eu", "KEPT": "${secret:k1}"},
	}
	far := servers.Server{URL: "https://user:" + secret + "@mcp.example.com/mcp?key=" + secret, Headers: map[string]string{"X-Thing": secret}}
	v := View{
		Version: "1.2.3",
		Servers: []ServerView{
			{Name: "near", Server: s, Status: health.Failing, Problem: words.New(words.ClosedEarly, errors.New(`open C:\Users\anna\x`), "Name", "near", "Text", "anna is not here")},
			{Name: "far", Server: far, InUse: true},
		},
		Clients: []ClientView{{ID: "cursor", Title: "Cursor", File: `C:\Users\anna\.cursor\mcp.json`, Installed: true, Managed: true, Entries: []EntryView{{Key: "near", Server: "near", Kind: clients.Ours}}}},
	}
	pc := (&machine{os: "windows"}).computer()
	text := Report(pc, v, Whole(t.Context(), pc, v))
	for _, want := range []string{"1.2.3", "windows", "near: failing", "closed-early", "plain", "REGION: \"eu\"", `~\.cursor\mcp.json`, "key-in-plain", "mcp.example.com/mcp?", "kept in step"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for _, never := range []string{secret, "anna", "ghp_abcdefghijklmnopqrst", "<no value>"} {
		if strings.Contains(text, never) {
			t.Errorf("%s in\n%s", never, text)
		}
	}
}

// This computer, whatever is on it, answers in time and says what is true.
func TestThisComputer(t *testing.T) {
	pc := This()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if pc.OS != runtime.GOOS || !pc.exists(exe) || pc.exists(exe+"x") || !pc.isDir(filepath.Dir(exe)) {
		t.Error("the disk")
	}
	if !pc.isAbs(exe) || !slices.Contains(pc.Names(filepath.Dir(exe)), filepath.Base(exe)) || pc.Open(filepath.Dir(exe)) != nil {
		t.Error("the folder")
	}
	if pc.Open(filepath.Join(t.TempDir(), "none")) == nil {
		t.Error("opened nothing")
	}
	s := servers.Server{Command: exe}
	if found, err := pc.look().Find(&s); err != nil || found != exe {
		t.Errorf("%q %v", found, err)
	}
	if p := Diagnose(t.Context(), pc, said(servers.Server{Command: "no-such-program-anywhere"})); !words.Has(p, words.ProgramMissing) {
		t.Errorf("%v", p)
	}
}

func TestABrokenFileIsRepairedAsAChange(t *testing.T) {
	pc := (&machine{disk: []string{`/home/anna/mcp.json={"mcpServers": {"a": {"command": "x",}}}`}}).computer()
	p := words.New(words.FileBroken, nil, "File", "/home/anna/mcp.json", "Line", 1, "ClientID", "cursor")
	fixes := Fixes(pc, throughFile(t, p), "", nil)
	checkFixes(t, fixes)
	if fixes[0].ID != "repair-file" || fixes[0].Safe {
		t.Fatalf("%+v", fixes)
	}
	c, err := fixes[0].Change()
	if err != nil || c.Path != "/home/anna/mcp.json" || !json.Valid(c.After) || bytes.Equal(c.Before, c.After) || !c.Existed || !c.Exists {
		t.Errorf("%v %+v", err, c)
	}
}
