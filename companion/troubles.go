package companion

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/clients"
	"mcp-companion/companion/doctor"
	"mcp-companion/configs"
	"mcp-companion/health"
	"mcp-companion/launch"
	"mcp-companion/secrets"
	"mcp-companion/secrets/oauth"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Version is this program's, as FyneApp.toml has it.
const Version = "0.1.0"

// Trouble is one thing that is wrong, or soon will be, and how it is mended.
type Trouble struct {
	Server  string // name; "" where it is about none
	Client  string // id; "" where it is about none
	Status  Status // NeedsYou or Failing
	Problem *words.Problem
	Mends   []Mend // the best way first
}

// Mend is one way to end a Trouble: a button, and what a press of it does.
type Mend struct {
	ID    string
	Label string // the button's words
	Do    Deed   // Edit: ProposeMend; any other is the face's or Mend's
	Arg   string // of the Deed
	Safe  bool   // it may be done without asking, together with others

	edit   func(*servers.Library) error
	change func() (*configs.Change, error) // of somebody's settings file
}

// Deed is what a Mend does.
type Deed = doctor.Deed

// The deeds. Edit changes the library; Mend carries out those of the second group,
// the others are the face's.
const (
	Edit = doctor.Nothing

	CheckAgain      = doctor.CheckAgain
	Prepare         = doctor.Prepare
	PutBack         = doctor.PutBack
	ClearDownload   = doctor.ClearDownload
	ChooseFileStore = doctor.ChooseFileStore
	StartProgram    = doctor.StartProgram
	Permit          = doctor.Permit
	Apply           = doctor.Apply
	MakeFolder      = doctor.MakeFolder

	OpenPage = doctor.OpenPage
	OpenURL  = doctor.OpenURL
	Restart  = doctor.Restart
	ShowLog  = doctor.ShowLog
	CopyText = doctor.CopyText
)

// Troubles examines everything and lists what is wrong: the servers first that
// fail, then what needs the user. It may ask the keychain, and start programs for
// their versions.
func (c *Companion) Troubles(ctx context.Context) ([]Trouble, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	pc, s := doctor.This(), c.State(ctx)
	hasKey := c.hasKey(ctx, lib)
	var list []Trouble
	for _, v := range s.Servers {
		if v.Problem == nil {
			continue
		}
		p := doctor.Diagnose(ctx, pc, c.caseOf(lib, v, hasKey))
		if p == nil {
			p = v.Problem
		}
		list = append(list, troubleOf(doctor.Finding{Problem: p, Server: v.Name, Fixes: doctor.Fixes(pc, p, v.Name, &v.Server)}, v.Status))
	}
	for _, f := range doctor.Whole(ctx, pc, c.view(lib, s, hasKey)) {
		list = append(list, troubleOf(f, NeedsYou))
	}
	slices.SortStableFunc(list, func(a, b Trouble) int { return int(b.Status) - int(a.Status) })
	return list, ctx.Err()
}

func troubleOf(f doctor.Finding, status Status) Trouble {
	t := Trouble{Server: f.Server, Client: f.Client, Status: status, Problem: f.Problem}
	for _, x := range f.Fixes {
		t.Mends = append(t.Mends, Mend{x.ID, x.Label, x.Do, x.Arg, x.Safe, x.Edit, x.Change})
	}
	return t
}

// caseOf is all that is known of a server that fails.
func (c *Companion) caseOf(lib *servers.Library, v ServerState, hasKey func(string) (bool, error)) doctor.Case {
	x := doctor.Case{Name: v.Name, Server: v.Server, Problem: v.Problem, HasKey: hasKey}
	if r, err := health.ReadReport(c.home, v.Server.ID); err == nil && r.Of == settingsOf(&v.Server) {
		x.Report, x.Said = &r, r.Stderr
	}
	for _, e := range c.ended(v.Server.ID) {
		switch {
		case e.Status == launch.Failed:
			x.Stops = append(x.Stops, e.EndedAt)
			if x.Ended == nil {
				x.Ended, x.Client = &e, titleOf(e.Client)
			}
		case e.Answers > 0:
			x.Worked = true
		}
	}
	live, _ := launch.Sessions(c.home) // what can't be read is not known
	for _, e := range live {
		if r := e.Remote; e.Server == v.Server.ID && r.Problem != "" {
			x.Remote = doctor.Remote{URL: v.Server.URL, Status: r.Status, Challenge: r.Challenge, Page: r.Page, RetryAfter: r.RetryAfter}
		}
	}
	if list, _ := oauth.GrantsOf(c.home, v.Server.ID); len(list) > 0 && x.Remote.Status != 0 {
		x.Remote.Sent = doctor.SentGrant
	}
	if x.Ended != nil && (x.Report == nil || x.Ended.EndedAt.After(x.Report.Time)) {
		x.Said = x.Ended.Stderr
	}
	return x
}

// diagnose makes of what a probe found the most precise problem.
func (c *Companion) diagnose(ctx context.Context, lib *servers.Library, r health.Report) *words.Problem {
	_, s, ok := lib.Find(r.Server)
	if !ok || r.Problem == nil {
		return r.Problem
	}
	limited, cancel := context.WithTimeout(ctx, diagnoseLimit)
	defer cancel()
	x := doctor.Case{Name: r.Name, Server: *s, Report: &r, Said: r.Stderr, Problem: r.Problem}
	if p := doctor.Diagnose(limited, doctor.This(), x); p != nil {
		return p
	}
	return r.Problem
}

// diagnoseLimit bounds what a probe adds to find the reason.
const diagnoseLimit = 10 * time.Second

// hasKey asks the store, each key once and all within one limit.
func (c *Companion) hasKey(ctx context.Context, lib *servers.Library) func(string) (bool, error) {
	known := map[string]error{}
	end := time.Now().Add(secretLimit)
	return func(id string) (bool, error) {
		err, ok := known[id]
		if !ok {
			limited, cancel := context.WithDeadline(ctx, end)
			_, err = c.store().Get(limited, secrets.Ref{Library: lib.ID, ID: id})
			cancel()
			known[id] = err
		}
		if errors.Is(err, secrets.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
}

// view is the State as the doctor looks at it.
func (c *Companion) view(lib *servers.Library, s State, hasKey func(string) (bool, error)) doctor.View {
	v := doctor.View{Version: Version, Home: string(c.home), Problem: s.Problem}
	for _, x := range s.Servers {
		one := doctor.ServerView{Name: x.Name, Server: x.Server, Status: x.Status, Problem: x.Problem, Count: x.Tools, InUse: x.InUse, HasKey: hasKey}
		if r, err := health.ReadReport(c.home, x.Server.ID); err == nil {
			one.Tools, one.Stray = r.ToolNames, r.Stray
		}
		v.Servers = append(v.Servers, one)
	}
	for _, x := range s.Clients {
		one := doctor.ClientView{
			ID: x.ID, Title: x.Title, File: x.File, Others: x.NotWritten, Installed: x.Installed, Managed: x.Managed,
			Running: x.Running, Restart: x.Restart, Problem: x.Problem, Vanished: x.Vanished, ToolLimit: doctor.ToolLimit(x.App),
		}
		for _, e := range x.Entries {
			one.Entries = append(one.Entries, doctor.EntryView{Key: e.Key, Server: e.Server, Kind: clients.Kind(e.Kind)})
		}
		if x.Managed {
			one.Servers, _ = lib.In(x.Set)
		}
		v.Clients = append(v.Clients, one)
	}
	return v
}

// MendsOf lists how the server's present Problem is mended, the best way first;
// none where nothing is wrong.
func (c *Companion) MendsOf(ctx context.Context, name string) []Mend {
	for _, v := range c.State(ctx).Servers {
		if v.Name == name && v.Problem != nil {
			return troubleOf(doctor.Finding{Fixes: doctor.Fixes(doctor.This(), v.Problem, name, &v.Server)}, v.Status).Mends
		}
	}
	return nil
}

// SafeMends are those that may be done without asking, the best for each Trouble:
// edits for ProposeMend, all together, and deeds for Mend.
func SafeMends(list []Trouble) (edits, deeds []Mend) {
	for _, t := range list {
		if len(t.Mends) == 0 || !t.Mends[0].Safe {
			continue
		}
		if m := t.Mends[0]; m.Do == Edit {
			edits = append(edits, m)
		} else {
			deeds = append(deeds, m)
		}
	}
	return edits, deeds
}

// ProposeMend computes what the edits among these would change, all together; the
// repair of a settings file is one alone.
func (c *Companion) ProposeMend(_ context.Context, mends ...Mend) (*Proposal, error) {
	reason := words.Say("reason.mend", "Count", len(mends))
	if len(mends) == 1 {
		reason = words.Say("reason.mend.one", "What", mends[0].Label)
	}
	for _, m := range mends {
		if m.change != nil {
			return c.proposeRepair(reason, m)
		}
	}
	return c.propose(reason, func(lib *servers.Library, _ *Proposal) error {
		for _, m := range mends {
			if m.edit == nil {
				continue
			}
			if err := m.edit(lib); err != nil {
				return err
			}
		}
		return nil
	}, scope{})
}

// proposeRepair computes what repairing a client's file would change. It is written
// while the client is closed, if that rewrites it.
func (c *Companion) proposeRepair(reason string, m Mend) (*Proposal, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	change, err := m.change()
	if err != nil {
		return nil, err
	}
	if client := c.mustClose(lib, change); client != nil {
		return nil, words.New(words.AppRunning, nil, "Client", client.Title)
	}
	view := FileView{Path: change.Path, Client: c.clientOf(lib, change.Path), Words: m.Label, Diff: change.Diff()}
	return &Proposal{Reason: reason, library: lib.ID, secrets: map[string]secrets.Secret{}, changes: []*configs.Change{change}, Files: []FileView{view}}, nil
}

// Mend carries out a deed that is no edit of the library.
func (c *Companion) Mend(ctx context.Context, m Mend) error {
	switch m.Do {
	case CheckAgain:
		if m.Arg == "" {
			return c.Check(ctx)
		}
		return c.Check(ctx, m.Arg)
	case Prepare:
		return c.Prepare(ctx, m.Arg)
	case PutBack:
		_, err := c.PutBack(ctx, m.Arg)
		return err
	case Apply:
		_, _, err := c.Do(ctx, func() (*Proposal, error) { return c.ProposeApply(ctx, m.Arg) })
		return err
	case MakeFolder:
		return os.MkdirAll(m.Arg, 0o755)
	case ClearDownload:
		return c.clearDownload(m.Arg)
	case ChooseFileStore:
		return c.UseFileStore(ctx)
	case StartProgram:
		return c.startProgram(m.Arg)
	case Permit:
		return c.permit(m)
	}
	return words.New(words.Unknown, nil, "Text", string(m.Do))
}

// clearDownload removes a folder of npx's, which it makes again. Nothing else is
// ever removed.
func (c *Companion) clearDownload(dir string) error {
	dir = filepath.Clean(dir)
	if !filepath.IsAbs(dir) || filepath.Base(filepath.Dir(dir)) != "_npx" {
		return words.New(words.FolderMissing, nil, "Name", dir, "Path", dir)
	}
	return os.RemoveAll(dir)
}

// permit gives the account a right on a file of its own: to start it, to write it,
// or, for our folder, to nobody else.
func (c *Companion) permit(m Mend) error {
	if m.ID == "tighten" {
		return filepath.WalkDir(string(c.home), func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir(), strings.HasPrefix(path, c.home.Bin()):
				return os.Chmod(path, 0o700)
			case e.Type().IsRegular():
				return os.Chmod(path, 0o600)
			}
			return nil
		})
	}
	i, err := os.Stat(m.Arg)
	if err != nil {
		return err
	}
	if m.ID == "allow-program" {
		if c.system.OS == "darwin" { // what came from the internet is marked; without a mark this fails
			_ = c.system.Run("/usr/bin/xattr", "-d", "com.apple.quarantine", m.Arg)
		}
		return os.Chmod(m.Arg, i.Mode().Perm()|0o100)
	}
	return os.Chmod(m.Arg, i.Mode().Perm()|0o200)
}

// Reply is what is known of one of the questions that everybody who helps asks first.
type Reply struct {
	Question string
	Answer   string
	Status   Status // Healthy for yes, Failing for no, Unknown
	Mends    []Mend
}

// Checklist answers the questions about one server that everybody who helps asks
// first.
func (c *Companion) Checklist(ctx context.Context, name string) ([]Reply, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	s := c.State(ctx)
	i := slices.IndexFunc(s.Servers, func(v ServerState) bool { return v.Name == name })
	if i < 0 {
		return nil, words.New(words.ServerUnknown, nil, "Name", name)
	}
	hasKey := c.hasKey(ctx, lib)
	var list []Reply
	for _, a := range doctor.Checklist(ctx, doctor.This(), c.caseOf(lib, s.Servers[i], hasKey), c.view(lib, s, hasKey)) {
		r := Reply{Question: a.Question, Answer: a.Sentence, Status: map[doctor.Says]Status{doctor.Yes: Healthy, doctor.No: Failing}[a.Says]}
		if a.Says == doctor.NotKnown {
			r.Status = Unknown
		}
		r.Mends = troubleOf(doctor.Finding{Fixes: a.Fixes}, r.Status).Mends
		list = append(list, r)
	}
	return list, ctx.Err()
}

// Report is what one copies into a request for help: no secret, no account's name.
func (c *Companion) Report(ctx context.Context) (string, error) {
	lib, err := c.Library()
	if err != nil {
		return "", err
	}
	hasKey := c.hasKey(ctx, lib)
	pc, v := doctor.This(), c.view(lib, c.State(ctx), hasKey)
	return doctor.Report(pc, v, doctor.Whole(ctx, pc, v)), ctx.Err()
}
