package clients

import (
	"encoding/json"
	"slices"
	"strconv"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// Kind tells whose an entry is.
type Kind string

// Ours starts our launcher; Moved does so at another path than today's; Changed
// was ours, as the library knows, and somebody made something else of it;
// Extension belongs to an extension of the client's own, which looks after it;
// Users is everything else.
const (
	Ours      Kind = "ours"
	Moved     Kind = "moved"
	Changed   Kind = "changed"
	Extension Kind = "extension"
	Users     Kind = "users"
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

// line is our command line for a server in a client's file.
func (l Launcher) line(server, client string) (command string, args []string) {
	args = []string{"run", server, "--for", client}
	if l.Home != "" {
		args = append(args, "--home", l.Home)
	}
	return l.Path, args
}

// body is the part of an entry that tells whose it is.
type body struct {
	Command string
	Args    []string
	Nested  bool // in Cline's "transport", which only one of its two programs reads
}

// parseBody reads an entry in any client's spelling.
func parseBody(raw []byte) (b body) {
	var s struct {
		Command   json.RawMessage `json:"command"` // opencode's is a list with the arguments
		Cmd       string          `json:"cmd"`     // Goose
		Args      []string        `json:"args"`
		Transport json.RawMessage `json:"transport"`
	}
	if json.Unmarshal(raw, &s) != nil {
		return body{}
	}
	if s.Command == nil && len(s.Transport) > 0 && s.Transport[0] == '{' {
		b = parseBody(s.Transport)
		b.Nested = true
		return b
	}
	var list []string
	if json.Unmarshal(s.Command, &list) == nil && len(list) > 0 {
		return body{Command: list[0], Args: append(list[1:], s.Args...)}
	}
	_ = json.Unmarshal(s.Command, &s.Cmd) // anything else is no command
	return body{Command: s.Cmd, Args: s.Args}
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

func (c *Client) entries(d configs.Document, l Launcher, known map[string]servers.Entry) []Entry {
	names, _ := d.Names(c.Key...)
	var list []Entry
	for _, n := range names {
		raw, _ := d.Value(c.at(n)...)
		e := Entry{Key: n, Kind: Users, Raw: raw}
		b := parseBody(raw)
		e.Off = c.Switch.isOff(raw)
		k, wasOurs := known[n]
		if server, ours := l.run(b); ours {
			e.Kind, e.Run = Ours, server
			if b.Command != l.Path {
				e.Kind = Moved
			}
		} else if wasOurs && !k.IsParked() {
			e.Kind = Changed
		} else if isExtension(raw) {
			e.Kind = Extension
		}
		list = append(list, e)
	}
	return list
}

// isExtension reports whether Claude Desktop made the entry for an extension.
func isExtension(raw []byte) bool {
	var x struct {
		ID string `json:"extensionId"`
	}
	return json.Unmarshal(raw, &x) == nil && x.ID != ""
}

// Switch is the member with which a client's user switches an entry off without
// losing it; the zero value is none.
type Switch struct {
	Member string
	Off    bool // its value when the entry is off
}

func (s Switch) isOff(raw []byte) bool {
	var m map[string]json.RawMessage
	return s.Member != "" && json.Unmarshal(raw, &m) == nil && string(m[s.Member]) == strconv.FormatBool(s.Off)
}

// at is the path of an entry, or of a member of one.
func (c *Client) at(key string, member ...string) []string {
	return append(append(slices.Clone(c.Key), key), member...)
}
