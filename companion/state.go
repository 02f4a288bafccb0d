package companion

import (
	"strings"
	"time"

	"mcp-companion/clients"
	"mcp-companion/health"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// What faces name of the rooms below.
type (
	Status = health.Status
	Secret = secrets.Secret
	Reason = health.Reason
)

const (
	Off      = health.Off
	Healthy  = health.Healthy
	Unknown  = health.Unknown
	Starting = health.Starting
	NeedsYou = health.NeedsYou
	Failing  = health.Failing
)

// NewSecret makes a typed value a Secret.
func NewSecret(value string) Secret { return secrets.New(value) }

// State is everything a face can show, at one moment. It is a value: nobody
// changes it after it is handed out.
type State struct {
	Servers []ServerState // by name
	Sets    []SetState    // by name
	Clients []ClientState // installed ones first, then by title
	Pending []PendingState
	Keys    []KeyState // by label

	Grants []GrantState // by server

	Settings SettingsState

	// Status is the worst of the servers in use.
	Status Status
	// Set is the set all managed clients are in, AllServers when that is none,
	// or Mixed when they differ.
	Set string
	// Problem is what is wrong as a whole: library.json can't be read, there is
	// no keychain. Nil when nothing is.
	Problem *words.Problem
}

// The two values of State.Set that are no set's name.
const (
	AllServers = ""
	Mixed      = "*"
)

// ServerState is one server of the user's.
type ServerState struct {
	Name    string
	Server  servers.Server
	Status  Status
	Summary string         // one line in words: "Working, 14 tools", "Needs a key"
	Problem *words.Problem // why it is NeedsYou or Failing, else nil
	Tools   int            // as last counted; 0 when not known
	Live    []string       // titles of the clients that run it now
	Running []Running      // what they do with it, oldest first
	Clients []string       // titles of the clients whose file names it
	Sets    []string       // the sets it is in
	InUse   bool           // it is in the current set of a managed client
	Checked time.Time      // of the last probe; zero when never
	Reasons []Reason       // what was seen of it, the weightiest first
}

// Running is one client's present use of a server.
type Running struct {
	Client   string // title, "" when unknown
	Since    time.Time
	Calls    int64 // of tools
	Errors   int64 // answers that were errors
	TimedOut int64 // requests that the client gave up, or that took too long
	P50      float64
	P95      float64 // of the last answers, in milliseconds
}

// WantsSignIn reports whether a sign-in is what the server waits for.
func (v ServerState) WantsSignIn() bool {
	if v.Problem == nil {
		return false
	}
	switch v.Problem.Code {
	case words.SignIn, words.SignInExpired, words.SignInUnfinished, words.SignInRefused, words.SignInMoved:
		return true
	case words.KeyTooWeak: // of a sign-in: it asks for more to be allowed
		return v.Server.IsRemote() && len(v.Server.SecretIDs()) == 0
	}
	return false
}

// Line is the server's name and how it is.
func (v ServerState) Line() string { return v.named("tray.server") }

// named puts the name before the summary, unless that says it already: a
// Problem's sentence begins with it.
func (v ServerState) named(id string) string {
	if strings.HasPrefix(v.Summary, v.Name+" ") {
		return v.Summary
	}
	return words.Say(id, "Name", v.Name, "Summary", v.Summary)
}

// SetState is one set.
type SetState struct {
	Name    string
	Icon    string
	Servers []string
	// Accounts are those chosen for the set, by server.
	Accounts map[string]string
	Current  bool // all managed clients are in it
	InUse    bool // at least one is
}

// ClientState is one AI app.
type ClientState struct {
	ID        string
	App       string // the app's id: ID without its project
	Project   string // the folder of the one project it is about, "" for all
	Title     string
	File      string   // where its servers stand, the one that is written
	Others    []string // further files that are written alike
	Installed bool
	Running   bool
	Managed   bool   // its file is kept in step with the library
	Set       string // its current set, AllServers for none
	Applies   string // in words: what makes it notice a change
	CanQuit   bool   // it can be closed and opened again from here
	Restart   bool   // it has to be restarted to notice the last change
	Entries   []EntryState
	Problem   *words.Problem // its file can't be read, is locked, ...

	// HasProjects says that it can be kept in step in one project's folder besides.
	HasProjects bool

	// Unread says that its file was not looked into: LookInto has it done.
	Unread bool

	// Vanished are entries of ours that the client dropped when it started: PutBack
	// writes them once more, LeaveVanished ends the matter.
	Vanished []string

	// NotWritten are settings files of another profile or an earlier install of it.
	NotWritten []string

	// Notes are sentences about it that its user should know.
	Notes []string

	// Elsewhere are servers that it also has, in places that are not ours to write.
	Elsewhere []ElsewhereState

	// Unverified says that what we know of it comes from others' reports: its user is
	// told to look whether it noticed.
	Unverified bool
}

// EntryState is one server as a client's file has it.
type EntryState struct {
	Key    string
	Server string // the library's server, for ours
	Kind   EntryKind

	// Approval says whether the app's user has let it use the entry, where the app
	// asks: Approved, Unapproved, SwitchedOff; else "".
	Approval Approval

	// Stays says, of the user's own and to a window, why it can't be taken over; ""
	// where it can.
	Stays string
}

// ElsewhereState is a server that a client has in another place than its file.
type ElsewhereState struct {
	Key   string
	Same  bool   // an entry of its file has the same name
	Words string // where, and what that means: "Only in the project ~/src/shop, where it comes first"
}

// Approval is what an app's user has said to an entry of a project's file.
type Approval string

// The values of Approval.
const (
	Approved    = Approval(clients.InProjectFile)
	Unapproved  = Approval(clients.Unapproved)
	SwitchedOff = Approval(clients.SwitchedOff)
)

// EntryKind tells whose an entry is.
type EntryKind string

// Ours starts our launcher; Moved does so at another path than today's; Changed
// was ours and somebody rewrote it; Extension is looked after by an extension of
// the app's own; Users is everything else.
const (
	Ours      EntryKind = "ours"
	Moved     EntryKind = "moved"
	Changed   EntryKind = "changed"
	Extension EntryKind = "extension"
	Users     EntryKind = "users"
)

// PendingState is a change that waits for a client's exit.
type PendingState struct {
	Client string // id
	Title  string
	Reason string
	Since  time.Time
}

// Attention lists what needs the user, most urgent first, each with the page
// that mends it.
func (s State) Attention() []Attention {
	var list []Attention
	if s.Problem != nil {
		list = append(list, Attention{Text: s.Problem.Title, Page: "servers"})
	}
	for _, want := range []Status{NeedsYou, Failing} {
		for _, v := range s.Servers {
			if v.InUse && v.Status == want {
				a := Attention{Text: v.named("attention.server"), Page: "servers/" + v.Name}
				if v.WantsSignIn() {
					a.Text, a.Page = words.Say("attention.sign-in", "Name", v.Name), a.Page+"/sign-in"
				}
				list = append(list, a)
			}
		}
	}
	for _, app := range s.Clients {
		if len(app.Vanished) > 0 {
			list = append(list, Attention{Text: words.Say("attention.vanished", "Client", app.Title, "Names", strings.Join(app.Vanished, ", ")), Page: "apps"})
		}
	}
	for _, p := range s.Pending {
		list = append(list, Attention{Text: words.Say("attention.restart", "Client", p.Title), Page: "apps", Client: p.Client})
	}
	return list
}

// Attention is one line of what needs the user.
type Attention struct {
	Text   string
	Page   string // of the window
	Client string // set when a restart of this client ends it
}
