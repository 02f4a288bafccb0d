package companion

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mcp-companion/clients"
	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// desk is a computer with Claude Desktop, Claude Code and Cline's CLI, whose
// processes the test decides.
type desk struct {
	*Companion
	store   *secrets.Memory
	open    atomic.Bool // Claude Desktop runs
	stays   atomic.Bool // and doesn't quit when asked
	desktop string
	code    string
	cline   string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	home := t.TempDir()
	d := &desk{store: &secrets.Memory{}}
	put := func(path, text string) string {
		full := filepath.Join(home, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return full
	}
	d.desktop = put(".config/Claude/claude_desktop_config.json", "{\n    \"mcpServers\": {\"mine\": {\"command\": \"x\"}}\n}\n")
	d.code = put(".claude.json", "{\"n\": 9007199254740993}")
	d.cline = put(".cline/data/settings/cline_mcp_settings.json", "{}")
	exe := put("programs/mcp-companion", "the program")
	system := clients.System{
		OS: "linux", Home: home, Root: home, Getenv: func(string) string { return "" },
		Processes: func() []clients.Process {
			if d.open.Load() {
				return []clients.Process{{PID: 1, Path: home + "/usr/lib/claude-desktop/claude-desktop"}}
			}
			return nil
		},
		End:    func(int) error { d.open.Store(d.stays.Load()); return nil },
		Start:  func(string, ...string) error { return errors.New("no launcher here") },
		Detach: func(string, ...string) error { d.open.Store(true); return nil },
	}
	d.Companion = New(Options{Home: files.Home(filepath.Join(home, "companion")), System: system, Exe: exe, Store: func() (secrets.Store, error) { return d.store, nil }})
	return d
}

// must applies what was proposed.
func (d *desk) must(t *testing.T, p *Proposal, err error) Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Apply(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (d *desk) add(t *testing.T, names ...string) {
	t.Helper()
	for _, n := range names {
		p, err := d.ProposeServer(t.Context(), Draft{Name: n, Server: servers.Server{Command: "x"}})
		d.must(t, p, err)
	}
}

func (d *desk) manage(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		p, err := d.ProposeManage(t.Context(), id, true)
		d.must(t, p, err)
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOneActionWritesLibraryClientsAndStoreTogether(t *testing.T) {
	d := newDesk(t)
	d.manage(t, "claude-code", "cline-cli")
	before := []string{text(t, d.code), text(t, d.cline)}
	p, err := d.ProposeServer(t.Context(), Draft{Name: "github", Server: servers.Server{Command: "npx"}, Env: map[string]Secret{"TOKEN": NewSecret("hunter2")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Files) != 3 || p.Files[0].Client != "" || p.Files[1].Words != "Adds github." || strings.Contains(fmt.Sprint(p), "hunter2") {
		t.Errorf("%+v", p.Files)
	}
	if text(t, d.code) != before[0] {
		t.Fatal("proposing wrote")
	}
	r := d.must(t, p, nil)
	lib, _ := d.Library()
	id := lib.Servers["github"].SecretIDs()[0]
	if v, err := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: id}); err != nil || v.Reveal() != "hunter2" {
		t.Errorf("store: %v", err)
	}
	if !strings.Contains(text(t, d.code), `"--for"`) || !strings.Contains(text(t, d.cline), "github") {
		t.Error("the clients were not written")
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if text(t, d.code) != before[0] || text(t, d.cline) != before[1] {
		t.Error("undo did not give the bytes back")
	}
}

func TestARunningClaudeDesktopIsWrittenInTheGapAfterItsExit(t *testing.T) {
	d := newDesk(t)
	d.open.Store(true)
	before := text(t, d.desktop)
	d.add(t, "one")
	p, err := d.ProposeManage(t.Context(), "claude-desktop", true)
	r := d.must(t, p, err)
	if !slices.Equal(r.Waiting, []string{"Claude Desktop"}) || text(t, d.desktop) != before {
		t.Fatalf("%+v", r)
	}
	s := d.State(t.Context())
	if len(s.Pending) != 1 || len(s.Attention()) != 1 || !s.Clients[slices.IndexFunc(s.Clients, func(c ClientState) bool { return c.ID == "claude-desktop" })].Restart {
		t.Errorf("%+v", s.Pending)
	}
	if still, err := d.FinishPending(t.Context()); err != nil || len(still) != 1 || text(t, d.desktop) != before {
		t.Errorf("while it runs: %v %v", still, err)
	}
	// it writes its file once more while it quits
	rewritten := strings.Replace(before, `"x"`, `"x", "args": []`, 1)
	os.WriteFile(d.desktop, []byte(rewritten), 0o600)
	d.open.Store(false)
	if still, err := d.FinishPending(t.Context()); err != nil || len(still) != 0 {
		t.Fatalf("%v %v", still, err)
	}
	if now := text(t, d.desktop); !strings.Contains(now, `"one"`) || !strings.Contains(now, `"args": []`) {
		t.Errorf("%s", now)
	}
	if s := d.State(t.Context()); len(s.Pending) != 0 {
		t.Error("still waits")
	}
}

func TestRestartAsksWritesAndOpensAgainAndNeverForces(t *testing.T) {
	d := newDesk(t)
	d.open.Store(true)
	d.add(t, "one")
	d.manage(t, "claude-desktop")
	if err := d.Restart(t.Context(), "claude-desktop"); err != nil {
		t.Fatal(err)
	}
	if !d.open.Load() || !strings.Contains(text(t, d.desktop), `"one"`) {
		t.Error("not written, or not opened again")
	}
	if err := d.Restart(t.Context(), "claude-code"); !words.Has(err, words.RestartNeeded) {
		t.Errorf("Claude Code: %v", err)
	}
}

func TestAFileThatChangesUnderAProposalIsPreviewedAgain(t *testing.T) {
	d := newDesk(t)
	d.manage(t, "claude-code")
	p, err := d.ProposeServer(t.Context(), Draft{Name: "a", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"K": NewSecret("v")}})
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(d.code, []byte("{\"n\": 2}"), 0o600)
	if _, err := d.Apply(t.Context(), p); !words.Has(err, words.FileChanged) || !errors.Is(err, configs.ErrChanged) {
		t.Errorf("%v", err)
	}
	lib, _ := d.Library()
	if len(lib.Servers) != 0 || text(t, d.code) != "{\"n\": 2}" {
		t.Error("something was written")
	}
	for id := range p.secrets {
		if _, err := d.store.Get(t.Context(), secrets.Ref{Library: p.library, ID: id}); !errors.Is(err, secrets.ErrNotFound) {
			t.Error("the key stayed in the store")
		}
	}
	// an action without a preview computes anew by itself
	d.add(t, "b")
	if _, err := d.UseSet(t.Context(), AllServers, ""); err != nil {
		t.Error(err)
	}
}

func TestManyAtOnceTearNothing(t *testing.T) {
	d := newDesk(t)
	d.manage(t, "claude-code")
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			other := *d.Companion // another process
			other.last = &lastGood{}
			_, _, err := other.Do(t.Context(), func() (*Proposal, error) {
				return other.ProposeServer(t.Context(), Draft{Name: fmt.Sprintf("s%d", i), Server: servers.Server{Command: "x"}})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	lib, err := d.Library()
	if err != nil || len(lib.Servers) != 6 {
		t.Fatalf("%v: %d servers", err, len(lib.Servers))
	}
	for name := range lib.Servers {
		if !strings.Contains(text(t, d.code), `"`+name+`"`) {
			t.Errorf("%s is in the library and not in the client", name)
		}
	}
}

func TestAClientWithABrokenFileStopsTheWholeAction(t *testing.T) {
	d := newDesk(t)
	d.manage(t, "claude-code", "cline-cli")
	os.WriteFile(d.cline, []byte("{\n  \"mcpServers\": {,\n"), 0o600)
	_, err := d.ProposeServer(t.Context(), Draft{Name: "a", Server: servers.Server{Command: "x"}})
	if !words.Has(err, words.FileBroken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v", err)
	}
}

func TestAReplacedKeyIsReplacedEverywhereAndUndoFindsTheOldOne(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeServer(t.Context(), Draft{Name: "a", Server: servers.Server{URL: "https://h/mcp"}, Headers: map[string]Secret{"Authorization": NewSecret("first")}})
	d.must(t, p, err)
	lib, _ := d.Library()
	shared := lib.Servers["a"].Headers["Authorization"]
	p, err = d.ProposeServer(t.Context(), Draft{Name: "b", Server: servers.Server{Command: "x", Env: map[string]string{"KEY": "Bearer " + shared}}})
	d.must(t, p, err)
	p, err = d.ProposeSecret(t.Context(), "b", "KEY", NewSecret("Bearer second"))
	r := d.must(t, p, err)
	lib, _ = d.Library()
	value := func(id string) string {
		v, _ := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: id})
		return v.Reveal()
	}
	a, b := lib.Servers["a"].SecretIDs()[0], lib.Servers["b"].SecretIDs()[0]
	if a != b || value(a) != "second" || lib.Servers["b"].Env["KEY"] != "Bearer "+servers.SecretRef(a) {
		t.Errorf("%q %q %v", value(a), value(b), lib.Servers["b"].Env)
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	lib, _ = d.Library()
	if got := value(lib.Servers["a"].SecretIDs()[0]); got != "first" {
		t.Errorf("after undo: %q", got)
	}
}

func TestARenamedServerKeepsItsEntryAndItsSets(t *testing.T) {
	d := newDesk(t)
	d.add(t, "old")
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Dev", Servers: []string{"old"}})
	d.must(t, p, err)
	d.manage(t, "claude-code")
	lib, _ := d.Library()
	p, err = d.ProposeServer(t.Context(), Draft{Was: "old", Name: "new", Server: *lib.Servers["old"], Sets: []string{"Dev"}})
	d.must(t, p, err)
	s := d.State(t.Context())
	if len(s.Servers) != 1 || s.Servers[0].Name != "new" || !slices.Equal(s.Sets[0].Servers, []string{"new"}) {
		t.Errorf("%+v", s.Servers)
	}
	if now := text(t, d.code); !strings.Contains(now, `"old":{`) || !strings.Contains(now, `"run","new"`) {
		t.Errorf("the client lost its key for it, or starts the old one: %s", now)
	}
}

func TestASubscriberSeesEveryLastState(t *testing.T) {
	d := newDesk(t)
	states := make(chan State, 100)
	stop := d.Subscribe(func(s State) { states <- s })
	defer stop()
	for len((<-states).Servers) != 0 {
	}
	d.add(t, "one")
	for len((<-states).Servers) != 1 {
	}
	// a hand breaks the file: the last good library stays in use, and it is said
	path := d.Home().Library()
	good := text(t, path)
	os.WriteFile(path, []byte("{"), 0o600)
	for {
		s := <-states
		if s.Problem != nil {
			if len(s.Servers) != 1 || !words.Has(s.Problem, words.FileBroken) {
				t.Errorf("%+v", s)
			}
			break
		}
	}
	os.WriteFile(path, []byte(strings.Replace(good, `"one"`, `"uno"`, 1)), 0o600)
	for {
		if s := <-states; s.Problem == nil && s.Servers[0].Name == "uno" {
			break
		}
	}
}

func TestASubscriberSeesWhatBecameOfTheClientsFiles(t *testing.T) {
	d := newDesk(t)
	d.add(t, "one")
	var mu sync.Mutex
	var last State
	stop := d.Subscribe(func(s State) { mu.Lock(); defer mu.Unlock(); last = s })
	defer stop()
	p, err := d.ProposeManage(t.Context(), "claude-code", true)
	if err != nil {
		t.Fatal(err)
	}
	wait := func(what string, ok func(ClientState) bool) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			i := slices.IndexFunc(last.Clients, func(c ClientState) bool { return c.ID == "claude-code" && ok(c) })
			mu.Unlock()
			if i >= 0 {
				return
			}
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	// the client holds its file: the library is seen before the file is written
	lock := d.code + ".lock"
	if err := os.Mkdir(lock, 0o755); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := d.Apply(t.Context(), p)
		done <- err
	}()
	wait("the library was not written first", func(c ClientState) bool { return c.Managed && len(c.Entries) == 0 })
	os.Remove(lock)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wait("the last state shows the file as it was before", func(c ClientState) bool { return len(c.Entries) == 1 })
}

func TestTheWindowIsAskedForItsPage(t *testing.T) {
	d := newDesk(t)
	if err := d.OpenWindow("sets"); !words.Has(err, words.WindowMissing) {
		t.Errorf("no window's program: %v", err)
	}
	lock, err := files.TryLock(d.Home().WindowLock())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	pages := make(chan string, 1)
	stop := d.Asked(func(p string) { pages <- p })
	defer stop()
	if err := d.OpenWindow("servers/github"); err != nil {
		t.Fatal(err)
	}
	if p := <-pages; p != "servers/github" {
		t.Error(p)
	}
}

func TestTwoOwnersOfOneFileWriteItOnce(t *testing.T) {
	d := newDesk(t)
	storage := filepath.Join(d.system.Home, ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings")
	os.MkdirAll(storage, 0o755)
	d.add(t, "one")
	d.manage(t, "cline-vscode", "cline-cli")
	if n := strings.Count(text(t, d.cline), `"run"`); n != 1 {
		t.Errorf("%d entries:\n%s", n, text(t, d.cline))
	}
	if !strings.Contains(text(t, filepath.Join(storage, "cline_mcp_settings.json")), "cline-vscode") {
		t.Error("the old extension's file was not written")
	}
}

func TestAFileThatTwoShareStaysWithTheOneThatIsKeptInStep(t *testing.T) {
	for name, leave := range map[string]func(d *desk) (*Proposal, error){
		"not managed": func(d *desk) (*Proposal, error) { return d.ProposeManage(t.Context(), "cline-vscode", false) },
		"ejected":     func(d *desk) (*Proposal, error) { return d.ProposeEject(t.Context(), false, "cline-vscode") },
	} {
		d := newDesk(t)
		os.MkdirAll(filepath.Join(d.system.Home, ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings"), 0o755)
		d.add(t, "one")
		d.manage(t, "cline-vscode", "cline-cli")
		p, err := leave(d)
		d.must(t, p, err)
		if !strings.Contains(text(t, d.cline), `"run"`) {
			t.Errorf("%s: the CLI lost its entries:\n%s", name, text(t, d.cline))
		}
	}
}

func TestEntriesOfAnotherPlaceAreMendedAtTheStart(t *testing.T) {
	d := newDesk(t)
	d.add(t, "one")
	d.manage(t, "claude-code")
	good := text(t, d.code)
	l, _ := d.launcher()
	os.WriteFile(d.code, []byte(strings.ReplaceAll(good, l.Path, "/old/place/mcp-companion")), 0o600)
	os.WriteFile(l.Path, []byte("an older program"), 0o700)
	if err := d.mendMoved(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text(t, d.code) != good || text(t, l.Path) != "the program" {
		t.Errorf("%s\n%s", text(t, d.code), text(t, l.Path))
	}
	list, _ := d.History(t.Context())
	if n := len(list); d.mendMoved(t.Context()) != nil || func() int { l, _ := d.History(t.Context()); return len(l) }() != n {
		t.Error("mended again")
	}
}

func TestAServerIsNamedOnceInWhatNeedsTheUser(t *testing.T) {
	s := State{Servers: []ServerState{
		{Name: "one", Status: Failing, InUse: true, Summary: "one stopped right after starting."},
		{Name: "two", Status: Failing, InUse: true, Summary: "Your keychain is locked."},
	}}
	var got []string
	for _, a := range s.Attention() {
		got = append(got, a.Text)
	}
	if want := []string{"one stopped right after starting.", "two: Your keychain is locked."}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestInsideAnotherAppsPackageIsSaid(t *testing.T) {
	d := newDesk(t)
	d.inside = func() string { return "Claude_pzs8sxrjxfjjc" }
	if s := d.State(t.Context()); !words.Has(s.Problem, words.InsidePackage) {
		t.Errorf("%v", s.Problem)
	}
}

func TestTwoVariablesThatSharedAKeyGetTheirOwn(t *testing.T) {
	d := newDesk(t)
	p, err := d.ProposeServer(t.Context(), Draft{Name: "a", Server: servers.Server{Command: "x"}, Env: map[string]Secret{"ONE": NewSecret("old")}})
	d.must(t, p, err)
	lib, _ := d.Library()
	s := *lib.Servers["a"]
	s.Env["TWO"] = s.Env["ONE"]
	p, err = d.ProposeServer(t.Context(), Draft{Was: "a", Name: "a", Server: s, Env: map[string]Secret{"ONE": NewSecret("first"), "TWO": NewSecret("second")}})
	d.must(t, p, err)
	lib, _ = d.Library()
	for name, want := range map[string]string{"ONE": "first", "TWO": "second"} {
		_, id, _, _ := servers.CutSecret(lib.Servers["a"].Env[name])
		if v, _ := d.store.Get(t.Context(), secrets.Ref{Library: lib.ID, ID: id}); v.Reveal() != want {
			t.Errorf("%s is %q", name, v.Reveal())
		}
	}
}
