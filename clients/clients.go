// Package clients is the AI apps on this computer: which there are, their
// settings files and what stands in them, whether they run, and how they are
// closed and opened again.
//
// Its rules:
//   - a client is a row of the table and the two or three functions it names;
//   - an entry is ours when it starts our launcher with `run`; every other one is
//     the user's: shown, never touched;
//   - a client is asked to quit, never forced;
//   - nothing here writes: Plan gives a Change, and the companion applies it.
package clients

import (
	"slices"

	"mcp-companion/configs"
)

// Client is one row: what is known of an AI app. Facts and their sources stand
// beside the rows.
type Client struct {
	ID     string // fixed for ever
	Title  string
	Format configs.Format
	Lock   configs.LockKind
	Key    []string // where its servers stand in the file
	Switch Switch   // how an entry is switched off and kept

	// Rewrites says that it writes its whole file from memory while it runs and
	// when it quits: what is written before it is gone is lost.
	Rewrites bool

	// Remote says that its file can name an address, RemoteType how the type of one
	// that speaks Streamable HTTP is spelled ("" for http), EnvName what the
	// environment is called ("" for env).
	Remote              bool
	RemoteType, EnvName string

	// Unverified says that its facts come from others' reports, not from its own
	// documents or source; its user is told.
	Unverified bool

	// Note is the message id of what else its user should know; "" for nothing.
	Note string

	// Applies is the message id of what makes it notice a change.
	Applies string

	// spell is our entry as the client spells one; nil for command and args.
	spell func(key, command string, args []string) []member
	// files lists the settings files that may be its own, the one in use first.
	files func(System) []string
	// all says that every file of the list is written, not the first alone.
	all bool
	// installed reports whether it is on this computer.
	installed func(System) bool
	// isMain reports whether a process is its main one.
	isMain func(System, Process) bool
	// project is where it keeps the servers of one project, below the project's
	// folder; "" for nowhere. base and dir are of a client in one project (InProject).
	project, base, dir string
	// twins says that its files are one app's, of which either may be in use.
	twins bool
	// elsewhere, approval and locked are nil where there is nothing to tell.
	elsewhere func(s System, path string) []Elsewhere
	approval  func(System) func(key string) Where
	locked    func(System) bool
	// logs lists the client's own logs about the server with this key, about all for
	// "". Nil where they are not known.
	logs func(s System, key string) []logFile
	// quit and open are nil where it can't be closed and opened from here.
	quit func(System, []Process) error
	open func(System) error
}

// All lists every client, in the table's order.
func All() []*Client { return table }

// Find returns the client with this id, nil when there is none.
func Find(id string) *Client {
	i := slices.IndexFunc(table, func(c *Client) bool { return c.ID == id })
	if i < 0 {
		return findProject(id)
	}
	return table[i]
}

// Installed reports whether the client is on this computer.
func (c *Client) Installed(s System) bool { return c.installed(s) }

// Files are the settings files to read and write, the main one first. chosen is
// the one the user chose instead, "" for none.
func (c *Client) Files(s System, chosen string) []string {
	if chosen != "" {
		return []string{chosen}
	}
	list := c.files(s)
	if !c.all && len(list) > 1 {
		list = list[:1]
	}
	return list
}

// CanRestart reports whether Quit and Open work for it.
func (c *Client) CanRestart() bool { return c.quit != nil && c.open != nil }

// Others are settings files of the client's that are not the ones Files gives:
// of another profile or an earlier install. They are shown, and not written.
func (c *Client) Others(s System, chosen string) []string {
	written := c.Files(s, chosen)
	var list []string
	for _, f := range c.files(s) {
		if !slices.Contains(written, f) && exists(f) {
			list = append(list, f)
		}
	}
	return list
}

// Running lists the client's main processes.
func (c *Client) Running(s System) []Process {
	if c.isMain == nil {
		return nil
	}
	var list []Process
	for _, p := range s.processes() {
		if c.isMain(s, p) {
			list = append(list, p)
		}
	}
	return list
}

// Quit asks the client to quit, as its user would, and returns at once: it may
// take a minute, or ask its user first.
func (c *Client) Quit(s System) error {
	if p := c.Running(s); len(p) > 0 {
		return c.quit(s, p)
	}
	return nil
}

// Open starts the client as its user would.
func (c *Client) Open(s System) error { return c.open(s) }
