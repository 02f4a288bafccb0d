package clients

import (
	"encoding/json"
	"slices"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// Kind tells whose an entry is.
type Kind string

// Ours starts our launcher; Moved does so at another path than today's; Changed
// was ours, as the library knows, and somebody made something else of it; Users
// is everything else.
const (
	Ours    Kind = "ours"
	Moved   Kind = "moved"
	Changed Kind = "changed"
	Users   Kind = "users"
)

// Entry is a server as one client's file spells it.
type Entry struct {
	Key  string
	Kind Kind
	Run  string // the server that `run` names, for Ours and Moved
	Off  bool   // the client's own switch is off
	Raw  []byte // the whole value, compact JSON
}

// Launcher is what our entries start.
type Launcher struct {
	Path string // of mcp-companion, one that stays
	Home string // the home to name, "" for the default one
}

// value is our entry for a server in a client's file.
func (l Launcher) value(server, client string) (command string, args []string) {
	args = []string{"run", server, "--for", client}
	if l.Home != "" {
		args = append(args, "--home", l.Home)
	}
	return l.Path, args
}

// body is the part of an entry that tells whose it is.
type body struct {
	Command   string   `json:"command"`
	Args      []string `json:"args"`
	Disabled  bool     `json:"disabled"`
	Transport *struct {
		Command string   `json:"command"`
		Args    []string `json:"args"`
	} `json:"transport"` // Cline's nested form
}

func parseBody(raw []byte) (b body, ok bool) {
	if json.Unmarshal(raw, &b) != nil {
		return body{}, false
	}
	if b.Transport != nil && b.Command == "" {
		b.Command, b.Args = b.Transport.Command, b.Transport.Args
	}
	return b, true
}

// run reads our launcher's command line. An entry for another home is another
// companion's, and not ours.
func (l Launcher) run(b body) (server string, ours bool) {
	if base(b.Command) != "mcp-companion" || len(b.Args) < 2 || b.Args[0] != "run" {
		return "", false
	}
	home := ""
	for i, a := range b.Args {
		if a == "--home" && i+1 < len(b.Args) {
			home = b.Args[i+1]
		}
	}
	return b.Args[1], home == l.Home
}

// Entries reads the entries of a file, in its order. known are the library's
// entries for this client.
func (c *Client) Entries(path string, l Launcher, known map[string]servers.Entry) ([]Entry, error) {
	_, d, err := configs.Read(path, c.Format)
	if err != nil {
		return nil, err
	}
	return c.entries(d, l, known), nil
}

func (c *Client) entries(d *configs.Document, l Launcher, known map[string]servers.Entry) []Entry {
	names, _ := d.Names(c.Key...)
	var list []Entry
	for _, n := range names {
		raw, _ := d.Value(c.at(n)...)
		e := Entry{Key: n, Kind: Users, Raw: raw}
		b, _ := parseBody(raw)
		e.Off = c.Switch == "disabled" && b.Disabled
		k, wasOurs := known[n]
		if server, ours := l.run(b); ours {
			e.Kind, e.Run = Ours, server
			if b.Command != l.Path {
				e.Kind = Moved
			}
		} else if wasOurs && !k.IsParked() {
			e.Kind = Changed
		}
		list = append(list, e)
	}
	return list
}

// at is the path of an entry, or of a member of one.
func (c *Client) at(key string, member ...string) []string {
	return append(append(slices.Clone(c.Key), key), member...)
}
