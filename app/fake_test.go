package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

var noon = time.Date(2026, 11, 22, 14, 5, 0, 0, time.Local)

// fake is a companion that notes what it is asked, and answers as told.
type fake struct {
	usedFile  bool
	calls     []string
	project   companion.ProjectRequest
	helper    error   // of ProjectHelper
	create    error   // of NewProject
	prepare   []error // of the next PrepareProjects, one after the other
	opened    error   // of OpenInEditor
	many      []companion.OfferDraft
	draft     companion.Draft
	offers    []catalog.Offer
	read      error // of Offers and OffersIn
	offer     companion.OfferDraft
	setDraft  companion.SetDraft
	unusual   []companion.Unusual
	shared    companion.SharedSet
	imported  companion.SetImport
	importing companion.SetImportDraft
	proposal  *companion.Proposal
	propose   error   // of the next Propose
	apply     []error // of the next Applies, one after the other
	result    companion.Result
	records   []companion.Record
	restart   error
	undo      error
	files     []companion.FileView // of HistoryDetail and ProposeUndo
	detail    error
	scrub     error
	tools     []companion.Tool
	answer    companion.Answer
	lines     []companion.LogLine
	troubles  []companion.Trouble
	mends     []companion.Mend
	replies   []companion.Reply
	typed     companion.Secret
	needs     companion.Needs
	steps     []companion.Step
	inv       companion.Inventory
	take      companion.TakeOver
	waits     func(context.Context, companion.SignInHow) error
}

func (f *fake) note(format string, args ...any) {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fake) proposed() (*companion.Proposal, error) {
	if f.propose != nil {
		return nil, f.propose
	}
	if f.proposal != nil {
		return f.proposal, nil
	}
	return &companion.Proposal{Reason: "Something", Files: []companion.FileView{{Path: "/home/u/a.json", Client: "Cursor", Words: "Adds one.", Diff: "+one"}}}, nil
}

func (f *fake) ProposeServer(_ context.Context, d companion.Draft) (*companion.Proposal, error) {
	f.note("propose server %s", d.Name)
	f.draft = d
	return f.proposed()
}

func (f *fake) Offers(text string) ([]catalog.Offer, error) {
	f.note("offers of %q", text)
	return f.offers, f.read
}

func (f *fake) OffersIn(path string) ([]catalog.Offer, error) {
	f.note("offers in %s", path)
	return f.offers, f.read
}

func (f *fake) ProposeOffer(_ context.Context, d companion.OfferDraft) (*companion.Proposal, error) {
	f.note("propose offer %s", d.Name)
	f.offer = d
	f.offer.Values = maps.Clone(d.Values)
	return f.proposed()
}

func (f *fake) ProposeOffers(_ context.Context, list []companion.OfferDraft) (*companion.Proposal, error) {
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	f.note("propose offers %s", strings.Join(names, " "))
	f.many = list
	return f.proposed()
}

func (f *fake) ProjectHelper(context.Context, string) error { return f.helper }

func (f *fake) NewProject(_ context.Context, r companion.ProjectRequest) (*companion.Project, error) {
	f.note("new project %s", r.Name)
	f.project = r
	if f.create != nil {
		return nil, f.create
	}
	return &companion.Project{
		Name: r.Name, Folder: r.Folder, Open: r.Folder + "/server.ts", Prepare: [][]string{{"npm", "install"}},
		Server: servers.Server{Command: "node", Args: []string{r.Folder + "/main.ts"}, Cwd: r.Folder},
	}, nil
}

func (f *fake) PrepareProject(_ context.Context, p *companion.Project, say func(string), out io.Writer) error {
	f.note("prepare %s", p.Name)
	say("npm install")
	fmt.Fprint(out, "\x1b[33mnpm\x1b[0m fetching\nnpm ERR! network\n")
	if len(f.prepare) > 0 {
		err := f.prepare[0]
		f.prepare = f.prepare[1:]
		return err
	}
	return nil
}

func (f *fake) OpenInEditor(_ context.Context, p *companion.Project) error {
	f.note("edit %s", p.Open)
	return f.opened
}

func (f *fake) ShowFolder(folder string) error {
	f.note("show %s", folder)
	return nil
}

func (f *fake) ProposeRemove(_ context.Context, name string) (*companion.Proposal, error) {
	f.note("propose remove %s", name)
	return f.proposed()
}

func (f *fake) ProposeSet(_ context.Context, d companion.SetDraft) (*companion.Proposal, error) {
	f.note("propose set %s", d.Name)
	f.setDraft = d
	return f.proposed()
}

func (f *fake) ProposeRemoveSet(_ context.Context, name string) (*companion.Proposal, error) {
	f.note("propose remove set %s", name)
	return f.proposed()
}

func (f *fake) ShareSet(_ context.Context, set string) (companion.SharedSet, error) {
	f.note("share %s", set)
	return f.shared, f.propose
}

func (f *fake) WriteShared(path string, s companion.SharedSet, over bool) error {
	f.note("write %s over=%v", path, over)
	return f.restart
}

func (f *fake) ReadSet(_ context.Context, path string) (companion.SetImport, error) {
	f.note("read set %s", path)
	return f.imported, f.read
}

func (f *fake) ProposeSetImport(_ context.Context, d companion.SetImportDraft) (*companion.Proposal, error) {
	f.note("propose import of %s", d.Name)
	f.importing = d
	return f.proposed()
}

func (f *fake) Backup(_ context.Context, path string, pass companion.Secret, over bool) (companion.BackupDone, error) {
	f.note("backup %s over=%v", path, over)
	f.typed = pass
	return companion.BackupDone{Servers: 7, Sets: 3, Keys: 4, Missing: []string{"BRAVE_API_KEY"}}, f.restart
}

func (f *fake) OpenBackup(_ context.Context, path string, pass companion.Secret) (*companion.Restore, error) {
	f.note("open %s", path)
	f.typed = pass
	if f.read != nil {
		return nil, f.read
	}
	return someRestore(), nil
}

func (f *fake) ProposeRestore(context.Context, *companion.Restore) (*companion.Proposal, error) {
	f.note("propose restore")
	return f.proposed()
}

func (f *fake) Unusual(context.Context, string) ([]companion.Unusual, error) {
	return f.unusual, f.propose
}

func (f *fake) UseSet(_ context.Context, set, client string) (companion.Result, error) {
	f.note("use %q for %q", set, client)
	return f.result, f.restart
}

func (f *fake) UseFileStore(context.Context) error { f.usedFile = true; return nil }

func (f *fake) ProposeManage(_ context.Context, client string, on bool) (*companion.Proposal, error) {
	f.note("propose manage %s %v", client, on)
	return f.proposed()
}

func (f *fake) Apply(_ context.Context, p *companion.Proposal) (companion.Result, error) {
	f.note("apply")
	if len(f.apply) > 0 {
		err := f.apply[0]
		f.apply = f.apply[1:]
		if err != nil {
			return companion.Result{}, err
		}
	}
	return f.result, nil
}

func (f *fake) Check(_ context.Context, names ...string) error {
	f.note("check %s", strings.Join(names, " "))
	return nil
}

func (f *fake) Restart(_ context.Context, client string) error {
	f.note("restart %s", client)
	return f.restart
}

func (f *fake) History(context.Context) ([]companion.Record, error) { return f.records, nil }

func (f *fake) Tools(_ context.Context, name string) ([]companion.Tool, error) {
	f.note("tools %s", name)
	return f.tools, f.propose
}

func (f *fake) Call(_ context.Context, name, tool string, args json.RawMessage) (companion.Answer, error) {
	f.note("call %s %s %s", name, tool, args)
	return f.answer, f.propose
}

func (f *fake) Follow(_ context.Context, name string, show func([]companion.LogLine)) error {
	f.note("follow %s", name)
	show(f.lines)
	return f.propose
}

func (f *fake) Troubles(context.Context) ([]companion.Trouble, error) {
	f.note("troubles")
	return f.troubles, f.propose
}

func (f *fake) MendsOf(_ context.Context, name string) []companion.Mend { return f.mends }

func (f *fake) ProposeMend(_ context.Context, mends ...companion.Mend) (*companion.Proposal, error) {
	for _, m := range mends {
		f.note("propose mend %s", m.ID)
	}
	return f.proposed()
}

func (f *fake) Mend(_ context.Context, m companion.Mend) error {
	f.note("mend %s %s", m.Do, m.Arg)
	return f.restart
}

func (f *fake) Checklist(_ context.Context, name string) ([]companion.Reply, error) {
	f.note("checklist %s", name)
	return f.replies, f.propose
}

func (f *fake) Report(context.Context) (string, error) { return "the report", nil }

func (f *fake) ProposeKey(_ context.Context, id string, value companion.Secret) (*companion.Proposal, error) {
	f.note("propose key %s", id)
	f.typed = value
	return f.proposed()
}

func (f *fake) ProposeOwnKey(_ context.Context, id, server string, value companion.Secret) (*companion.Proposal, error) {
	f.note("propose own key %s for %s", id, server)
	f.typed = value
	return f.proposed()
}

func (f *fake) ForgetKey(_ context.Context, id string) error {
	f.note("forget key %s", id)
	return f.restart
}

func (f *fake) SetLanguage(_ context.Context, tag string) error {
	f.note("language %s", tag)
	return f.restart
}

func (f *fake) SetTextSize(_ context.Context, percent int) error {
	f.note("size %d", percent)
	return f.restart
}

func (f *fake) SetQuiet(_ context.Context, quiet bool) error {
	f.note("quiet %v", quiet)
	return f.restart
}

func (f *fake) SetAutostart(on bool) error {
	f.note("autostart %v", on)
	return f.restart
}

func (f *fake) Recording(string) bool { return false }

func (f *fake) Record(_ context.Context, name string, on bool) error {
	f.note("record %s %v", name, on)
	return f.propose
}

func (f *fake) Look(_ context.Context, address string) (companion.Needs, error) {
	f.note("look at %s", address)
	return f.needs, f.propose
}

// SignIn tells the steps and waits as steps say.
func (f *fake) SignIn(ctx context.Context, name string, how companion.SignInHow, tell func(companion.Step)) (companion.GrantState, error) {
	f.note("sign in %s another=%v grant=%q device=%v paste=%v", name, how.Another, how.Grant, how.Device, how.Paste != nil)
	for _, s := range f.steps {
		tell(s)
	}
	if f.waits != nil {
		return companion.GrantState{}, f.waits(ctx, how)
	}
	return companion.GrantState{Server: name}, f.restart
}

func (f *fake) SignOut(_ context.Context, grant string) error {
	f.note("sign out %s", grant)
	return f.restart
}

func (f *fake) ProposeAccount(_ context.Context, name, set, grant string) (*companion.Proposal, error) {
	f.note("propose account %s %q %s", name, set, grant)
	return f.proposed()
}

func (f *fake) LookInto(client string) { f.note("look into %s", client) }

func (f *fake) LastOf(_ context.Context, client string) (companion.Record, error) {
	f.note("last of %s", client)
	if len(f.records) == 0 {
		return companion.Record{}, words.New(words.UndoUnknown, nil, "ID", client)
	}
	return f.records[0], nil
}

func (f *fake) Undo(_ context.Context, id string) (companion.Result, error) {
	f.note("undo %s", id)
	return f.result, f.undo
}

func (f *fake) ProposeAdopt(_ context.Context, id string, keys ...string) (*companion.Proposal, error) {
	f.note("propose adopt %s %v", id, keys)
	return f.proposed()
}

func (f *fake) Inventory(context.Context) (companion.Inventory, error) { return f.inv, f.read }

func (f *fake) ProposeTakeOver(_ context.Context, t companion.TakeOver) (*companion.Proposal, error) {
	f.note("propose take over from %d", len(t.Entries))
	f.take = t
	return f.proposed()
}

func (f *fake) SetWelcomed(context.Context) error {
	f.note("welcomed")
	return nil
}

func (f *fake) ProposeEject(_ context.Context, withKeys bool, ids ...string) (*companion.Proposal, error) {
	f.note("propose eject %v %v", withKeys, ids)
	return f.proposed()
}

func (f *fake) HistoryDetail(_ context.Context, id string) ([]companion.FileView, error) {
	f.note("detail %s", id)
	return f.files, f.detail
}

func (f *fake) ProposeUndo(_ context.Context, id string) ([]companion.FileView, error) {
	f.note("propose undo %s", id)
	return f.files, f.propose
}

func (f *fake) Scrub(_ context.Context, id string) error {
	f.note("scrub %s", id)
	return f.scrub
}

func (f *fake) PutBack(_ context.Context, client string) (companion.Result, error) {
	f.note("put back %s", client)
	return f.result, f.restart
}

func (f *fake) LeaveVanished(_ context.Context, client string) error {
	f.note("leave %s", client)
	return f.restart
}

// open is the window with s in it, its actions run inline.
func open(t testing.TB, f *fake, s companion.State) *Window {
	t.Helper()
	w := New(test.NewTempApp(t), f, Options{Go: func(do func()) { do() }, Now: func() time.Time { return noon }})
	t.Cleanup(func() { // each new one would have all of them look at its theme
		if slices.Contains(fyne.CurrentApp().Driver().AllWindows(), w.win) {
			w.win.Close()
		}
	})
	w.Render(s)
	w.Show("")
	w.win.Resize(fyne.NewSize(920, 640))
	return w
}

func (f *fake) did(t *testing.T, want ...string) {
	t.Helper()
	if strings.Join(f.calls, "; ") != strings.Join(want, "; ") {
		t.Errorf("asked for %q, want %q", f.calls, want)
	}
}

// sample is a State with one of everything.
func sample() companion.State {
	key := words.New(words.KeyMissing, nil, "Name", "brave-search", "Key", "BRAVE_API_KEY")
	stopped := words.New(words.ClosedEarly, errors.New("exit status 1\nnpm ERR! code E404"), "Name", "slack", "Text", "It ended with code 1.")
	return companion.State{
		Status: companion.Failing, Set: "Development",
		Servers: []companion.ServerState{
			{Name: "brave-search", Status: companion.NeedsYou, Summary: "Needs a key", Problem: key, InUse: true, Clients: []string{"Claude Desktop"}, Sets: []string{"Research"}, Server: servers.Server{Command: "npx", Args: []string{"-y", "@brave/brave-search-mcp-server"}}},
			{Name: "files", Status: companion.Healthy, Summary: "Working, 14 tools", Tools: 14, InUse: true, Live: []string{"Claude Desktop"}, Running: []companion.Running{{Client: "Claude Desktop", Calls: 12, Errors: 1, P50: 11.5, P95: 240}}, Clients: []string{"Claude Desktop", "Cursor", "Cline", "Codex"}, Sets: []string{"Development", "Research"}, Checked: noon.Add(-3 * time.Minute), Server: servers.Server{Command: "npx", Args: []string{"-y", "@modelcontextprotocol/server-filesystem", "/home/u/My Documents"}, Env: map[string]string{"LOG_LEVEL": "info"}}},
			{Name: "github", Status: companion.Healthy, Summary: "Working, 51 tools", Tools: 51, InUse: true, Live: []string{"Claude Desktop", "Cursor"}, Clients: []string{"Claude Desktop", "Cursor"}, Sets: []string{"Development"}, Checked: noon.Add(-3 * time.Minute), Server: servers.Server{URL: "https://api.githubcopilot.com/mcp/", Headers: map[string]string{"Authorization": "${secret:k1}", "X-MCP-Readonly": "true"}}},
			{Name: "memory", Status: companion.Off, Summary: "Not in the current set", Server: servers.Server{Command: "npx", Args: []string{"-y", "@modelcontextprotocol/server-memory"}}},
			{Name: "notion", Status: companion.Starting, Summary: "Starting", InUse: true, Clients: []string{"Claude Desktop"}, Server: servers.Server{URL: "https://mcp.notion.com/mcp"}},
			{Name: "postgres", Status: companion.Unknown, Summary: "Not checked yet", InUse: true, Clients: []string{"Cursor"}, Sets: []string{"Data"}, Server: servers.Server{Command: "uvx", Args: []string{"postgres-mcp"}, Env: map[string]string{"DATABASE_URI": "${secret:k2}", "PGSSLMODE": "require"}}},
			{Name: "slack", Status: companion.Failing, Summary: "Stopped right after starting", Problem: stopped, InUse: true, Clients: []string{"Claude Desktop"}, Sets: []string{"Development"}, Checked: noon.Add(-26 * time.Hour), Server: servers.Server{Command: "npx", Args: []string{"-y", "slack-mcp-server"}}, Reasons: []companion.Reason{
				{Status: companion.Failing, Text: words.Say("health.stops", "Client", "Claude Desktop", "Count", 3, "Minutes", 5), At: noon.Add(-4 * time.Minute)},
				{Status: companion.Healthy, Text: words.Say("health.found", "Count", 14), At: noon.Add(-26 * time.Hour)},
			}},
		},
		Sets: []companion.SetState{
			{Name: "Data", Icon: "data", Servers: []string{"files", "postgres"}},
			{Name: "Development", Icon: "code", Servers: []string{"files", "github", "slack"}, Current: true},
			{Name: "Research", Icon: "of-a-later-version", Servers: []string{"brave-search", "files", "github", "memory", "notion", "postgres", "slack"}},
		},
		Clients: []companion.ClientState{
			{
				ID: "claude-desktop", Title: "Claude Desktop", File: "/home/u/.config/Claude/claude_desktop_config.json", Installed: true, Running: true, Managed: true, Set: "Development", CanQuit: true, Applies: "Notices a change when it is started again.",
				Entries: []companion.EntryState{{Key: "files", Server: "files", Kind: companion.Ours}, {Key: "github", Server: "github", Kind: companion.Ours}, {Key: "my-own-tool", Kind: companion.Users}, {Key: "notes", Kind: companion.Users}, {Key: "slack", Server: "slack", Kind: companion.Changed}},
			},
			{
				ID: "cursor", Title: "Cursor", File: "/home/u/.cursor/mcp.json", Installed: true, Managed: true, Set: "Development", Unverified: true, Applies: "Switch new servers on in Cursor under Settings > MCP.",
				Entries: []companion.EntryState{{Key: "files", Server: "files", Kind: companion.Ours}, {Key: "github", Server: "github", Kind: companion.Moved}},
			},
			{
				ID: "claude-code", App: "claude-code", Title: "Claude Code", File: "/home/u/.claude.json", Installed: true, Unread: true, HasProjects: true, Applies: "Takes effect in your next conversation.",
			},
			{
				ID: "claude-code:/home/u/shop", App: "claude-code", Project: "/home/u/shop", Title: "Claude Code in shop", File: "/home/u/shop/.mcp.json", Installed: true, Managed: true, HasProjects: true, Set: "Data", Applies: "Takes effect in your next conversation.",
				Notes:   []string{words.Say("note.project"), words.Say("note.unapproved")},
				Entries: []companion.EntryState{{Key: "postgres", Server: "postgres", Kind: companion.Ours, Approval: companion.Unapproved}},
			},
			{ID: "cline-vscode", Title: "Cline in VS Code", File: "/home/u/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json", Installed: true, Running: true, Applies: "Active at once."},
			{ID: "codex", Title: "Codex"},
			{ID: "windsurf", Title: "Windsurf"},
			{ID: "zed", Title: "Zed"},
		},
		Keys: []companion.KeyState{
			{ID: "k1", Label: "Authorization", Servers: []string{"github"}},
			{ID: "k2", Label: "DATABASE_URI", Servers: []string{"postgres"}},
			{ID: "k3", Label: "GITHUB_TOKEN", Servers: []string{"github", "issues"}},
			{ID: "k4", Label: "OLD_TOKEN"},
		},
		Grants: []companion.GrantState{
			{ID: "g1", Server: "notion", Service: "mcp.notion.com", Account: "ada@example.com", Scopes: []string{"read", "write"}, Since: noon.Add(-72 * time.Hour), Refreshed: noon.Add(-20 * time.Minute), Expires: noon.Add(40 * time.Minute), Renewable: true, Used: true},
			{ID: "g2", Server: "notion", Service: "mcp.notion.com", Since: noon.Add(-48 * time.Hour), Ended: true},
		},
		Settings: companion.SettingsState{Home: "/home/u/.config/mcp-companion", Autostart: true},
		Pending:  []companion.PendingState{{Client: "claude-desktop", Title: "Claude Desktop", Reason: "Added github", Since: noon}},
	}
}

// many is a State of n servers.
func many(n int) companion.State {
	s := companion.State{Status: companion.Healthy}
	for i := range n {
		s.Servers = append(s.Servers, companion.ServerState{
			Name: fmt.Sprintf("server-%03d", i), Status: companion.Status(i % 6), Summary: fmt.Sprintf("Working, %d tools", i),
			InUse: true, Clients: []string{"Claude Desktop", "Cursor", "Cline"}[:i%4%3+1], Server: servers.Server{Command: "npx"},
		})
	}
	return s
}

func (f *fake) ProposeUndoRest(ctx context.Context, id string) ([]companion.FileView, error) {
	f.note("propose undo of the rest of %s", id)
	return nil, nil
}

func (f *fake) UndoRest(_ context.Context, id string) (companion.Result, error) {
	f.note("undo the rest of %s", id)
	return companion.Result{}, nil
}
