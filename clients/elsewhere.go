package clients

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"

	"mcp-companion/configs"
)

// Elsewhere is a server that a client also has, in a place that is not ours to
// write. It is shown, so that nobody wonders why a name means something else.
type Elsewhere struct {
	Key   string
	Where Where
	Path  string // of the project; "" for none
}

// Where is the kind of place.
type Where string

// Claude Code has servers of one project in its own file (they come before those
// for all projects), and of a project's .mcp.json, which its user has to approve;
// Claude Desktop has those of its extensions.
// Source: Claude Code 2.1.330, run; modelcontextprotocol/mcpb MANIFEST.md.
const (
	InProject     Where = "project"
	InProjectFile Where = "project-file"
	Unapproved    Where = "unapproved"
	SwitchedOff   Where = "switched-off"
	InExtension   Where = "extension"
)

// Elsewhere lists what the client has beside the entries of its file at path.
// What can't be read is left out: it is only shown.
func (c *Client) Elsewhere(path string) []Elsewhere {
	if c.elsewhere == nil {
		return nil
	}
	return c.elsewhere(path)
}

// codeProject is what Claude Code's file says of one project.
type codeProject struct {
	Servers  map[string]json.RawMessage `json:"mcpServers"`
	Enabled  []string                   `json:"enabledMcpjsonServers"`
	Disabled []string                   `json:"disabledMcpjsonServers"`
}

func codeElsewhere(path string) []Elsewhere {
	var file struct {
		Projects map[string]codeProject `json:"projects"`
	}
	if !readJSON(path, &file) {
		return nil
	}
	var list []Elsewhere
	for _, dir := range sortedKeys(file.Projects) {
		p := file.Projects[dir]
		for _, key := range sortedKeys(p.Servers) {
			list = append(list, Elsewhere{key, InProject, dir})
		}
		var shared struct {
			Servers map[string]json.RawMessage `json:"mcpServers"`
		}
		readJSON(filepath.Join(dir, ".mcp.json"), &shared)
		for _, key := range sortedKeys(shared.Servers) {
			where := Unapproved
			switch {
			case slices.Contains(p.Disabled, key):
				where = SwitchedOff
			case slices.Contains(p.Enabled, key):
				where = InProjectFile
			}
			list = append(list, Elsewhere{key, where, dir})
		}
	}
	return list
}

// desktopElsewhere lists the extensions that are installed beside the file.
func desktopElsewhere(path string) []Elsewhere {
	var file struct {
		Extensions map[string]struct {
			Manifest struct {
				Name  string `json:"name"`
				Title string `json:"display_name"`
			} `json:"manifest"`
		} `json:"extensions"`
	}
	if !readJSON(filepath.Join(filepath.Dir(path), "extensions-installations.json"), &file) {
		return nil
	}
	var list []Elsewhere
	for _, id := range sortedKeys(file.Extensions) {
		m := file.Extensions[id].Manifest
		name := id
		for _, n := range []string{m.Name, m.Title} {
			if n != "" {
				name = n
			}
		}
		list = append(list, Elsewhere{Key: name, Where: InExtension})
	}
	return list
}

// readJSON fills v from a file that may be missing or anything at all.
func readJSON(path string, v any) bool {
	file, _, err := configs.Read(path, configs.JSON)
	if err != nil {
		return false
	}
	return json.Unmarshal(bytes.TrimPrefix(file.Before, []byte("\xef\xbb\xbf")), v) == nil
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Locked reports whether the client's user servers are switched off by an
// organisation's policy.
func (c *Client) Locked(s System) bool { return c.locked != nil && c.locked(s) }

// codeLocked: a managed list takes exclusive control.
func codeLocked(s System) bool {
	switch s.OS {
	case "darwin":
		return exists(s.system("/Library/Application Support/ClaudeCode/managed-mcp.json"))
	case "windows":
		return exists(filepath.Join(s.env("PROGRAMFILES"), "ClaudeCode", "managed-mcp.json"))
	}
	return exists(s.system("/etc/claude-code/managed-mcp.json"))
}

func desktopLocked(s System) bool {
	allowed, set := s.policy("com.anthropic.claudefordesktop", "Claude", "isLocalDevMcpEnabled")
	return set && !allowed
}
