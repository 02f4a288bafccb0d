package doctor

import (
	"context"
	"slices"
	"strings"

	"mcp-companion/clients"
	"mcp-companion/health"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// View is what Whole looks at: plain values, as the companion has them.
type View struct {
	Version string // of this program
	Home    string // our own folder
	Problem *words.Problem
	Servers []ServerView
	Clients []ClientView
}

// ServerView is one server of the library.
type ServerView struct {
	Name    string
	Server  servers.Server
	Status  health.Status
	Problem *words.Problem // what its last report says
	Tools   []string       // their names; nil where they are not known
	Count   int            // of its tools, where only that is known
	Stray   int            // lines on its stdout that were no messages
	InUse   bool
	HasKey  func(secret string) (bool, error) // nil where nobody may ask
}

// shown are the tools that the AI apps see.
func (v ServerView) shown() []string {
	hidden := v.Server.HideTools
	return slices.DeleteFunc(slices.Clone(v.Tools), func(t string) bool { return slices.Contains(hidden, t) })
}

func (v ServerView) tools() int {
	if v.Tools != nil {
		return len(v.shown())
	}
	return v.Count
}

// ClientView is one AI app.
type ClientView struct {
	ID, Title string
	File      string
	Others    []string // settings files of other installs of it
	Installed bool
	Managed   bool
	Running   bool
	Restart   bool           // it has to be restarted to notice the last change
	Problem   *words.Problem // of its file
	Entries   []EntryView    // nil where its file was not read
	Vanished  []string       // entries of ours that it dropped
	Servers   []string       // the names of those it is given
	ToolLimit int            // how many tools it takes; 0 for no limit known
}

// EntryView is one entry of a client's file.
type EntryView struct {
	Key    string
	Server string // the library's, for ours
	Kind   clients.Kind
}

// Finding is one thing that is wrong, or soon will be, and how it is mended.
type Finding struct {
	Problem *words.Problem
	Server  string // name; "" where it is about none
	Client  string // id; "" where it is about none
	Fixes   []Fix
}

// whole is one look at everything.
type whole struct {
	ctx context.Context
	pc  Computer
	v   View
}

// checks are what Whole looks for, in the order in which it is told.
var checks = []func(*whole) []Finding{
	(*whole).offline, (*whole).files, (*whole).elsewhere, (*whole).undone, (*whole).moved, (*whole).restarts, (*whole).missingApps,
	(*whole).sameNames, (*whole).names, (*whole).sameTools, (*whole).manyTools, (*whole).notes, (*whole).settings,
}

// Whole finds what is not one server's failing: in the settings files, the AI
// apps, the library, and among servers together. What the servers' own reports
// say is not repeated, but for all of them being cut off at once.
func Whole(ctx context.Context, pc Computer, v View) []Finding {
	w := &whole{ctx, pc, v}
	var list []Finding
	for _, check := range checks {
		list = append(list, check(w)...)
	}
	return list
}

func (w *whole) ofServer(v ServerView, p *words.Problem) Finding {
	return Finding{Problem: p, Server: v.Name, Fixes: Fixes(w.pc, p, v.Name, &v.Server)}
}

func (w *whole) ofClient(c ClientView, code words.Code, pairs ...any) Finding {
	p := words.New(code, nil, append([]any{"Client", c.Title, "ClientID", c.ID}, pairs...)...)
	return Finding{Problem: p, Client: c.ID, Fixes: Fixes(w.pc, p, "", nil)}
}

// offline: when no server is reached, it is not the servers.
func (w *whole) offline() []Finding {
	remote, cut := 0, 0
	for _, s := range w.v.Servers {
		if s.InUse && s.Server.IsRemote() {
			remote++
			if s.Problem != nil && s.Problem.Code == words.Offline {
				cut++
			}
		}
	}
	if remote < 2 || cut < remote {
		return nil
	}
	p := words.New(words.Offline, nil)
	return []Finding{{Problem: p, Fixes: Fixes(w.pc, p, "", nil)}}
}

// files hands on what is wrong with our own and the clients' files, with what is needed to mend
// it.
func (w *whole) files() []Finding {
	var list []Finding
	if p := w.v.Problem; p != nil {
		list = append(list, Finding{Problem: p, Fixes: Fixes(w.pc, p, "", nil)})
	}
	for _, c := range w.v.Clients {
		if c.Problem == nil {
			continue
		}
		p := withClient(c.Problem, c)
		list = append(list, Finding{Problem: p, Client: c.ID, Fixes: Fixes(w.pc, p, "", nil)})
	}
	return list
}

// withClient is the problem, which then knows the client it is about.
func withClient(p *words.Problem, c ClientView) *words.Problem {
	pairs := []any{"Client", c.Title, "ClientID", c.ID}
	for _, name := range p.Names() {
		pairs = withDefault(pairs, name, p.With(name))
	}
	return words.New(p.Code, p.Err, pairs...)
}

// elsewhere: another file of the app was written since the one that we write. An
// app writes its file whenever it runs.
func (w *whole) elsewhere() []Finding {
	var list []Finding
	for _, c := range w.v.Clients {
		ours, err := w.pc.Stat(c.File)
		if !c.Managed || c.Restart || err != nil {
			continue
		}
		for _, other := range c.Others {
			if i, err := w.pc.Stat(other); err == nil && i.ModTime().After(ours.ModTime()) {
				list = append(list, w.ofClient(c, words.FileElsewhere, "File", w.pc.Tilde(other), "Found", other))
				break
			}
		}
	}
	return list
}

func (w *whole) undone() []Finding {
	var list []Finding
	for _, c := range w.v.Clients {
		if len(c.Vanished) > 0 {
			list = append(list, w.ofClient(c, words.Undone, "Names", strings.Join(c.Vanished, ", ")))
		} else if missing := c.missing(); len(missing) > 0 {
			list = append(list, w.ofClient(c, words.Undone, "Names", strings.Join(missing, ", "), "Missing", true))
		}
	}
	return list
}

// missing are the servers that it should have, and has not.
func (c ClientView) missing() []string {
	if !c.Managed || c.Restart || c.Problem != nil || c.Entries == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Servers), func(name string) bool { return hasEntry(c, name) })
}

// moved: entries that start a copy of ours which may be gone tomorrow.
func (w *whole) moved() []Finding {
	var list []Finding
	for _, c := range w.v.Clients {
		var keys []string
		for _, e := range c.Entries {
			if e.Kind == clients.Moved {
				keys = append(keys, e.Key)
			}
		}
		if c.Managed && len(keys) > 0 {
			list = append(list, w.ofClient(c, words.EntryMoved, "Names", strings.Join(keys, ", ")))
		}
	}
	return list
}

func (w *whole) restarts() []Finding {
	var list []Finding
	for _, c := range w.v.Clients {
		if c.Restart {
			list = append(list, w.ofClient(c, words.RestartNeeded))
		}
	}
	return list
}

func (w *whole) missingApps() []Finding {
	var list []Finding
	for _, c := range w.v.Clients {
		if c.Managed && !c.Installed {
			list = append(list, w.ofClient(c, words.AppMissing))
		}
	}
	return list
}

// sameNames: two of one name but for the case of its letters, in the library, or in
// a client's file.
func (w *whole) sameNames() []Finding {
	var list []Finding
	seen := map[string]string{}
	for _, s := range w.v.Servers {
		low := strings.ToLower(s.Name)
		if first, twice := seen[low]; twice {
			list = append(list, w.ofServer(s, words.New(words.SameName, nil, "Name", s.Name, "Other", first, "Now", freeName(s.Name, w.allNames()))))
			continue
		}
		seen[low] = s.Name
	}
	for _, c := range w.v.Clients {
		seen := map[string]bool{}
		for _, e := range c.Entries {
			low := strings.ToLower(e.Key)
			if seen[low] {
				list = append(list, w.ofClient(c, words.SameName, "Name", e.Key))
			}
			seen[low] = true
		}
	}
	return list
}

func (w *whole) allNames() []string {
	var list []string
	for _, s := range w.v.Servers {
		list = append(list, s.Name)
	}
	return list
}

// names: those that a client or its model refuses.
func (w *whole) names() []Finding {
	var list []Finding
	for _, s := range w.v.Servers {
		tools := s.shown()
		if now := goodName(s.Name, tools); now != s.Name && now != "" {
			now = unlessTaken(now, s.Name, w.allNames())
			list = append(list, w.ofServer(s, words.New(words.NameTooLong, nil, "Name", s.Name, "Now", now)))
			continue
		}
		if i := slices.IndexFunc(tools, func(t string) bool { return !fitsTool(s.Name, t) }); i >= 0 {
			list = append(list, w.ofServer(s, words.New(words.NameTooLong, nil, "Name", s.Name, "Tool", tools[i])))
		}
	}
	return list
}

// sameTools: the model sees names, and may take the wrong one.
func (w *whole) sameTools() []Finding {
	var list []Finding
	first := map[string]string{}
	told := map[[2]string]bool{}
	for _, s := range w.v.Servers {
		if !s.InUse {
			continue
		}
		for _, t := range s.shown() {
			other, twice := first[t]
			if !twice {
				first[t] = s.Name
			} else if pair := [2]string{other, s.Name}; other != s.Name && !told[pair] {
				told[pair] = true
				list = append(list, w.ofServer(s, words.New(words.SameTool, nil, "Name", s.Name, "Other", other, "Tool", t)))
			}
		}
	}
	return list
}

func (w *whole) manyTools() []Finding {
	var list []Finding
	for _, c := range w.v.Clients {
		sum := 0
		for _, s := range w.v.Servers {
			if slices.Contains(c.Servers, s.Name) {
				sum += s.tools()
			}
		}
		if c.Managed && c.ToolLimit > 0 && sum > c.ToolLimit {
			list = append(list, w.ofClient(c, words.TooManyTools, "Count", sum, "Limit", c.ToolLimit))
		}
	}
	return list
}

// notes: a server that works for us, and that a stricter client can't follow.
func (w *whole) notes() []Finding {
	var list []Finding
	for _, s := range w.v.Servers {
		if s.Stray > 0 && s.Status == health.Healthy && !s.Server.DropNotes {
			list = append(list, w.ofServer(s, words.New(words.Chatter, nil, "Name", s.Name)))
		}
	}
	return list
}

// settings: what the library's own text gets wrong, before anything was started.
func (w *whole) settings() []Finding {
	tests := []rule{
		{code: words.ValueQuoted, fact: quoted},
		{code: words.CommandJoined, fact: joined},
		{code: words.AddressScheme, fact: schemeless},
		{code: words.PathRelative, fact: relative},
		{code: words.FolderMissing, fact: pathLeft},
		{code: words.FolderMissing, fact: folderMissing},
		{code: words.Placeholder, fact: placeholderLeft},
		{code: words.KeyMissing, fact: keyNotKept},
		{code: words.KeyInPlain, fact: inPlain},
	}
	var list []Finding
	for _, s := range w.v.Servers {
		x := newExam(w.ctx, w.pc, Case{Name: s.Name, Server: s.Server, HasKey: s.HasKey})
		told := map[words.Code]bool{}
		if s.Problem != nil {
			told[s.Problem.Code] = true
		}
		for _, r := range tests {
			with, fits := r.fact(x)
			if fits && !told[r.code] {
				told[r.code] = true
				list = append(list, w.ofServer(s, x.name(r.code, with)))
			}
			if fits && (r.code == words.ValueQuoted || r.code == words.CommandJoined) {
				break // what a text means is seen when it is whole
			}
		}
	}
	return list
}
