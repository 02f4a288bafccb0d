// Package companion is the app without its face: the State anyone may show, and
// every action anyone may take. Tray, window and commands are separate
// processes and equals; what they share is in files, watched.
package companion

import (
	"context"
	"time"

	"mcp-companion/servers"
)

// Companion is the app without its face. Its methods may block (disk, keychain,
// a client that quits): never call them on a window's thread.
type Companion struct{}

// Subscribe calls show with the present State at once and after every change,
// one call at a time, skipping States nobody saw. It watches until stop.
func (c *Companion) Subscribe(show func(State)) (stop func()) { panic("unfinished") }

// State is the present one, read anew.
func (c *Companion) State(ctx context.Context) State { panic("unfinished") }

// Draft is a server as a form holds it.
type Draft struct {
	Was    string // the name it has now; "" for a new one
	Name   string
	Server servers.Server // a kept secret stands in Env or Headers as ${secret:ID}
	// Env and Headers hold the values newly typed for secret variables and
	// headers, by name. They go to the store, never into a file.
	Env, Headers map[string]Secret
	Sets         []string // the sets it shall be in
}

// SetDraft is a set as a form holds it.
type SetDraft struct {
	Was     string // the name it has now; "" for a new one
	Name    string
	Icon    string
	Servers []string
}

// Proposal is an action computed and not yet done: what would change where.
type Proposal struct {
	Reason  string // in words, for the history
	Files   []FileView
	Waiting []string // titles of clients that must be restarted for it
}

// FileView is a Proposal's part for one file, to be shown.
type FileView struct {
	Path   string
	Client string // title; "" for our own library
	Words  string // "Adds github. Leaves 5 others alone."
	Diff   string // unified, with secrets masked
}

// Result is what an action did.
type Result struct {
	ID      string   // of the transaction, for Undo; "" when nothing had to change
	Waiting []string // titles of clients for whose exit a part waits
}

// Record is one transaction of the history.
type Record struct {
	ID     string
	Time   time.Time
	Reason string
	Files  []string
	Undone bool
}

// ProposeServer computes what saving d would change. Bad input is a Problem;
// nothing is lost from d.
func (c *Companion) ProposeServer(ctx context.Context, d Draft) (*Proposal, error) { panic("unfinished") }

// ProposeRemove computes what removing the server would change.
func (c *Companion) ProposeRemove(ctx context.Context, name string) (*Proposal, error) {
	panic("unfinished")
}

// ProposeSet computes what saving the set would change.
func (c *Companion) ProposeSet(ctx context.Context, d SetDraft) (*Proposal, error) {
	panic("unfinished")
}

// ProposeRemoveSet computes what removing the set would change.
func (c *Companion) ProposeRemoveSet(ctx context.Context, name string) (*Proposal, error) {
	panic("unfinished")
}

// ProposeUse computes what switching to set (AllServers for all) would change, for
// one client by id, or for all managed ones when client is "".
func (c *Companion) ProposeUse(ctx context.Context, set, client string) (*Proposal, error) {
	panic("unfinished")
}

// ProposeManage computes what keeping the client's file in step, or no longer,
// would change.
func (c *Companion) ProposeManage(ctx context.Context, client string, on bool) (*Proposal, error) {
	panic("unfinished")
}

// Apply does p as one transaction. Where a file changed since p was computed it
// returns the FileChanged Problem: propose again, show again.
func (c *Companion) Apply(ctx context.Context, p *Proposal) (Result, error) { panic("unfinished") }

// UseSet is ProposeUse and Apply in one, for a face that shows no preview.
func (c *Companion) UseSet(ctx context.Context, set, client string) (Result, error) {
	panic("unfinished")
}

// Check probes the servers now, all in use when none are named, and returns
// when the reports are written.
func (c *Companion) Check(ctx context.Context, names ...string) error { panic("unfinished") }

// Restart asks the client to quit, writes what waits for that, and opens it
// again. It never forces: a client that stays is the AppRunning Problem.
func (c *Companion) Restart(ctx context.Context, client string) error { panic("unfinished") }

// History lists the transactions, newest first.
func (c *Companion) History(ctx context.Context) ([]Record, error) { panic("unfinished") }

// Undo takes the transaction back, the last one when id is "".
func (c *Companion) Undo(ctx context.Context, id string) (Result, error) { panic("unfinished") }

// OpenWindow shows the window at page ("servers", "servers/NAME", "sets",
// "apps", "add"; "" for where it was), starting it or raising the one there is.
func (c *Companion) OpenWindow(page string) error { panic("unfinished") }

// Asked calls show with every page another process wants shown, until stop. It
// is for the process that holds the window.
func (c *Companion) Asked(show func(page string)) (stop func()) { panic("unfinished") }
