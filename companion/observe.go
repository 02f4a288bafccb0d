package companion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/clients"
	"mcp-companion/clients/imports"
	"mcp-companion/files"
	"mcp-companion/health"
	"mcp-companion/launch"
	"mcp-companion/secrets/oauth"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// State is the present one, read anew.
func (c *Companion) State(context.Context) State {
	lib, err := c.libraryToShow()
	if lib == nil {
		return State{Problem: words.For(err)}
	}
	s := State{Problem: words.For(err)}
	if family := c.inside(); s.Problem == nil && family != "" {
		s.Problem = words.New(words.InsidePackage, nil, "Package", family)
	}
	sessions, _ := launch.Sessions(c.home)
	s.Clients = c.clientStates(lib)
	for _, p := range c.waiting() {
		s.Pending = append(s.Pending, PendingState{p.Client, titleOf(p.Client), p.Reason, p.Since})
	}
	s.Servers = c.serverStates(lib, sessions, s.Clients, time.Now())
	s.Set, s.Keys, s.Grants, s.Settings = currentSet(lib), keyStates(lib), c.grantStates(lib), c.settingsState()
	for _, n := range lib.SetNames() {
		set := lib.Sets[n]
		members, _ := lib.In(n)
		s.Sets = append(s.Sets, SetState{Name: n, Icon: set.Icon, Servers: members, Accounts: set.Accounts, Current: s.Set == n, InUse: isUsed(lib, n)})
	}
	for _, v := range s.Servers {
		if v.InUse {
			s.Status = health.Worst(s.Status, v.Status)
		}
	}
	return s
}

// isUsed reports whether a managed client is in the set.
func isUsed(lib *servers.Library, set string) bool {
	for _, lc := range lib.Clients {
		if lc.Managed && lc.Set == set {
			return true
		}
	}
	return false
}

// currentSet is State.Set.
func currentSet(lib *servers.Library) string {
	set, seen := AllServers, false
	for _, lc := range lib.Clients {
		if !lc.Managed {
			continue
		}
		if seen && lc.Set != set {
			return Mixed
		}
		set, seen = lc.Set, true
	}
	return set
}

func (c *Companion) serverStates(lib *servers.Library, sessions []launch.Session, apps []ClientState, now time.Time) []ServerState {
	use, logged := inUse(lib), c.logged(lib, now)
	var list []ServerState
	for _, name := range lib.Names() {
		s := lib.Servers[name]
		live := slices.DeleteFunc(slices.Clone(sessions), func(x launch.Session) bool { return x.Server != s.ID })
		known := health.Known{Name: name, Live: live, Ended: c.ended(s.ID), Of: settingsOf(s), Log: logged[s.ID], Now: now}
		if r, err := health.ReadReport(c.home, s.ID); err == nil {
			known.Report = &r
		}
		v := known.Judge()
		if list, err := oauth.GrantsOf(c.home, s.ID); err == nil && v.Status != health.NeedsYou && endedFor(list, lib, name, s) != "" {
			// An app in a set uses another account than the check does.
			v.Status, v.Problem = health.NeedsYou, words.New(words.SignInExpired, nil, "Name", name)
			v.Summary = v.Problem.Title
		}
		state := ServerState{Name: name, Server: *s, Status: v.Status, Summary: v.Summary, Problem: v.Problem, Tools: v.Tools, Checked: v.Checked, Reasons: v.Reasons, Sets: lib.SetsOf(name), InUse: use[name]}
		if state.WantsSignIn() {
			state.Status = health.NeedsYou
		}
		for _, x := range live {
			t := titleOf(x.Client)
			if t != "" && !slices.Contains(state.Live, t) {
				state.Live = append(state.Live, t)
			}
			state.Running = append(state.Running, Running{t, x.Started, x.Calls, x.Errors, x.TimedOut, x.P50, x.P95})
		}
		for _, app := range apps {
			if slices.ContainsFunc(app.Entries, func(e EntryState) bool { return e.Server == name && e.Kind != Users }) {
				state.Clients = append(state.Clients, app.Title)
			}
		}
		list = append(list, state)
	}
	return list
}

// inUse are the servers in the current sets of the managed clients; all of them
// where no client is managed.
func inUse(lib *servers.Library) map[string]bool {
	use, any := map[string]bool{}, false
	for _, lc := range lib.Clients {
		if lc.Managed {
			any = true
			names, _ := lib.In(lc.Set)
			for _, n := range names {
				use[n] = true
			}
		}
	}
	if !any {
		for _, n := range lib.Names() {
			use[n] = true
		}
	}
	return use
}

// settingsOf names a server's settings: another value, and a report on it is old.
func settingsOf(s *servers.Server) string {
	plain := *s
	plain.Formerly = nil
	data, err := json.Marshal(plain)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

func (c *Companion) clientStates(lib *servers.Library) []ClientState {
	l, _ := c.launcher()
	system := c.system.Once()
	var list []ClientState
	for _, client := range allClients(lib) {
		lc := lib.Clients[client.ID]
		if lc == nil {
			lc = &servers.Client{}
		}
		s := ClientState{ID: client.ID, App: client.App(), Project: client.Project(), HasProjects: client.HasProjects(), Title: client.Title, Managed: lc.Managed, Set: lc.Set, Applies: words.Say(client.Applies), CanQuit: client.CanRestart(), Unverified: client.Unverified}
		s.Installed = client.Installed(system)
		if paths := client.Files(system, lc.File); len(paths) > 0 {
			s.File, s.Others = paths[0], paths[1:]
		}
		s.NotWritten = client.Others(system, lc.File)
		if client.Note != "" {
			s.Notes = append(s.Notes, words.Say(client.Note))
		}
		s.Running = len(client.Running(system)) > 0
		_, err := os.Stat(c.pendingPath(client.ID))
		s.Restart = err == nil
		mayRead := c.closely && c.mayLookInto(client.ID)
		s.Unread = s.Installed && c.closely && !mayRead && s.File != ""
		if s.File != "" && (s.Managed || s.Installed && mayRead) {
			s.Entries, s.Problem = c.entryStates(client, s.File, l, lib, lc)
			if mayRead {
				s.Elsewhere = c.elsewhereStates(client, s.File, s.Entries)
				s.Notes = append(s.Notes, doubles(s.Elsewhere)...)
			}
			if slices.ContainsFunc(s.Entries, func(e EntryState) bool { return e.Approval == Unapproved }) {
				s.Notes = append(s.Notes, words.Say("note.unapproved"))
			}
			if drift := client.Drift(append([]string{s.File}, s.Others...), l, lc.Entries); len(drift) > 0 {
				s.Notes = append(s.Notes, words.Say("note.drift", "Count", len(drift), "Names", strings.Join(drift, ", ")))
			}
			if s.Problem == nil && client.Locked(system) {
				s.Problem = words.New(words.AppLocked, nil, "Client", client.Title)
			}
			s.Vanished = c.vanished(client.ID, s.Entries)
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b ClientState) int {
		switch {
		case a.Installed == b.Installed:
			return 0
		case a.Installed:
			return -1
		}
		return 1
	})
	return list
}

// elsewhereStates is what a client has beside its file.
func (c *Companion) elsewhereStates(client *clients.Client, path string, entries []EntryState) []ElsewhereState {
	var list []ElsewhereState
	for _, e := range client.Elsewhere(c.system, path) {
		same := slices.ContainsFunc(entries, func(x EntryState) bool { return strings.EqualFold(x.Key, e.Key) })
		list = append(list, ElsewhereState{e.Key, same, words.Say("elsewhere."+string(e.Where), "Path", e.Path)})
	}
	return list
}

// doubles says which names the client has twice: the one of the project comes
// first there, an extension's runs beside ours.
func doubles(list []ElsewhereState) []string {
	var names []string
	for _, e := range list {
		if e.Same && !slices.Contains(names, e.Key) {
			names = append(names, e.Key)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{words.Say("note.double", "Count", len(names), "Names", strings.Join(names, ", "))}
}

func (c *Companion) entryStates(client *clients.Client, path string, l clients.Launcher, lib *servers.Library, lc *servers.Client) ([]EntryState, *words.Problem) {
	entries, err := client.Entries(path, l, lc.Entries)
	if err != nil {
		return nil, words.For(fileProblem(client, path, err))
	}
	var list []EntryState
	approval := client.Approval(c.system)
	for _, e := range entries {
		s := EntryState{Key: e.Key, Kind: EntryKind(e.Kind), Approval: Approval(approval(e.Key))}
		if c.closely && e.Kind == clients.Users {
			s.Stays = staysWords(imports.Take(e.Key, e.Raw, c.system.Home).Stays, client.ID)
		}
		if name, _, ok := lib.Find(e.Run); ok && e.Run != "" {
			s.Server = name
		} else if name, _, ok := lib.Find(lc.Entries[e.Key].Server); ok && e.Kind == clients.Changed {
			s.Server = name
		}
		list = append(list, s)
	}
	return list, nil
}

// Subscribe calls show with the present State at once and after every change,
// one call at a time, skipping States nobody saw. It watches until stop, which
// waits for a show that is under way.
func (c *Companion) Subscribe(show func(State)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	changed := make(chan struct{}, 1)
	tell := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	c.watch(ctx, tell)
	c.onLook(tell)
	tell()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
				show(c.State(ctx))
			}
		}
	}()
	return func() { cancel(); <-done }
}

// watched are the folders of ours whose changes make a new State. The history is
// the last that a transaction writes: only then the clients' files are done.
func (c *Companion) watched() []string {
	return []string{string(c.home), c.home.Sessions(), c.home.Reports(), c.home.Pending(), c.home.Grants(), c.home.History()}
}

// watch calls tell when a file of ours changes, and when a sweep every 30 s finds
// that a client's file has, or that a client has started or ended.
func (c *Companion) watch(ctx context.Context, tell func()) {
	for _, dir := range c.watched() {
		_ = os.MkdirAll(dir, 0o700) // where it can't be made the sweep still looks
	}
	unwatched := files.Watch(ctx, c.watched(), func(paths []string) {
		if len(paths) == 0 || slices.ContainsFunc(paths, func(p string) bool { return strings.HasSuffix(p, ".json") }) {
			tell()
		}
	})
	look := c.sweep
	if unwatched != nil { // the system has no watches left: look at our own folders as well
		look = func() string { return c.sweepOwn() + c.sweep() }
	}
	before := look() // now: a change between the first State and the first look would be lost
	go func() {
		every, soon := sweepEvery, make(chan struct{}, 1)
		var near folders
		if c.closely {
			every = sweepClosely
			defer func() { near.leave() }()
			near.follow(ctx, c.clientFiles(), soon)
		}
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-soon:
			case <-tick.C:
				if c.closely {
					near.follow(ctx, c.clientFiles(), soon)
				}
			}
			if now := look(); now != before {
				before = now
				tell()
			}
		}
	}()
}

// folders are those of the clients' files, watched so that a change is seen at
// once. The sweep is what counts: it also sees a folder that is made later, and what
// no watch is left for.
type folders struct {
	files []string
	stop  context.CancelFunc
}

// follow watches the folders of these files, and of no others any more: soon hears
// of a change of one of the files. A folder may be busy with others.
func (f *folders) follow(ctx context.Context, paths []string, soon chan<- struct{}) {
	for _, p := range slices.Clone(paths) {
		if target, err := filepath.EvalSymlinks(p); err == nil && target != p {
			paths = append(paths, target)
		}
	}
	paths = slices.DeleteFunc(paths, func(p string) bool {
		_, err := os.Stat(filepath.Dir(p))
		return err != nil
	})
	if f.stop != nil && slices.Equal(paths, f.files) {
		return
	}
	f.leave()
	ctx, f.stop = context.WithCancel(ctx)
	f.files = paths
	var dirs []string
	for _, p := range paths {
		if dir := filepath.Dir(p); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	_ = files.Watch(ctx, dirs, func(seen []string) { // without watches, the sweep looks every second
		if len(seen) == 0 || slices.ContainsFunc(seen, func(p string) bool { return slices.Contains(paths, p) }) {
			select {
			case soon <- struct{}{}:
			default:
			}
		}
	})
}

func (f *folders) leave() {
	if f.stop != nil {
		f.stop()
	}
}

// clientFiles are the clients' files, but for those in the account's own folder on
// macOS, where a watch opens every file beside them.
func (c *Companion) clientFiles() []string {
	lib, _ := c.libraryToShow()
	if lib == nil {
		return nil
	}
	system := c.system.Once()
	var list []string
	for _, client := range allClients(lib) {
		for _, path := range client.Files(system, chosenFile(lib, client.ID)) {
			if c.system.OS != "darwin" || filepath.Dir(path) != c.system.Home {
				list = append(list, path)
			}
		}
	}
	return list
}

// sweepOwn is a mark of our own files, for where they can't be watched.
func (c *Companion) sweepOwn() string {
	var b strings.Builder
	for _, dir := range c.watched() {
		list, _ := os.ReadDir(dir)
		for _, e := range list {
			if i, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), ".json") {
				fmt.Fprint(&b, e.Name(), i.ModTime().UnixNano(), ";")
			}
		}
	}
	return b.String()
}

// sweep is a mark of what can't be watched cheaply: the clients' files and
// whether those clients run whose files wait for their exit.
func (c *Companion) sweep() string {
	var b strings.Builder
	lib, err := c.libraryToShow()
	if lib == nil {
		return err.Error()
	}
	system := c.system.Once()
	for _, client := range allClients(lib) {
		lc := lib.Clients[client.ID]
		managed := lc != nil && lc.Managed
		if !managed && !c.closely {
			continue
		}
		chosen := ""
		if lc != nil {
			chosen = lc.File
		}
		for _, path := range client.Files(system, chosen) {
			if i, err := os.Stat(path); err == nil {
				fmt.Fprint(&b, i.ModTime().UnixNano(), i.Size())
			}
			b.WriteByte(';')
		}
		if client.Rewrites && len(client.Running(system)) > 0 {
			b.WriteByte('+')
		}
	}
	return b.String()
}
