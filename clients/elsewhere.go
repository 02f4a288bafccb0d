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

// Claude Code has servers of one project in its own file, which come first, then
// those of a project's .mcp.json, which its user has to approve, then those for all
// projects; Claude Desktop has those of its extensions.
// Source: Claude Code 2.1.330, run; modelcontextprotocol/mcpb MANIFEST.md.
const (
	InProject     Where = "project"
	InProjectFile Where = "project-file"
	Unapproved    Where = "unapproved"
	SwitchedOff   Where = "switched-off"
	InExtension   Where = "extension"
	ForAll        Where = "for-all"
)

// Elsewhere lists what the client has beside the entries of its file at path.
// What can't be read is left out: it is only shown.
func (c *Client) Elsewhere(s System, path string) []Elsewhere {
	if c.elsewhere == nil {
		return nil
	}
	return c.elsewhere(s, path)
}

// codeProject is what Claude Code's file says of one project.
type codeProject struct {
	Servers map[string]json.RawMessage `json:"mcpServers"`
	Trusted bool                       `json:"hasTrustDialogAccepted"`
	approvals
}

// approvals are the servers of .mcp.json that the user has said yes or no to. They
// stand with the project in Claude Code's file, or in one of its settings files.
type approvals struct {
	Enabled  []string `json:"enabledMcpjsonServers"`
	Disabled []string `json:"disabledMcpjsonServers"`
	All      bool     `json:"enableAllProjectMcpServers"`
}

// codeProjects reads what Claude Code's file says of its projects, by folder.
func codeProjects(path string) map[string]codeProject {
	var file struct {
		Projects map[string]codeProject `json:"projects"`
	}
	readJSON(path, &file)
	return file.Projects
}

// codeProjectOf is what Claude Code's file says of the project in dir. On Windows
// it spells the folder with slashes.
func codeProjectOf(s System, dir string) codeProject {
	return codeProjects(codeFiles(s)[0])[filepath.ToSlash(dir)]
}

// codeApproval tells of the servers of a project's .mcp.json which its user has
// approved. What stands with the project, or in its folder, approves only where
// its user trusts the folder; a no counts everywhere. Source: Claude Code 2.1.330, run.
func codeApproval(s System, dir string, p codeProject) func(key string) Where {
	var of approvals
	readJSON(codeSettings(s), &of)
	for _, name := range []string{"settings.json", "settings.local.json"} {
		var a approvals
		readJSON(filepath.Join(dir, ".claude", name), &a)
		p.add(a)
	}
	if !p.Trusted {
		p.Enabled, p.All = nil, false
	}
	of.add(p.approvals)
	return func(key string) Where {
		switch {
		case slices.Contains(of.Disabled, key):
			return SwitchedOff
		case of.All || slices.Contains(of.Enabled, key):
			return InProjectFile
		}
		return Unapproved
	}
}

func (a *approvals) add(b approvals) {
	a.Enabled, a.Disabled = slices.Concat(a.Enabled, b.Enabled), slices.Concat(a.Disabled, b.Disabled)
	a.All = a.All || b.All
}

// codeSettings is the file with Claude Code's settings for all projects.
func codeSettings(s System) string {
	if dir := s.Getenv("CLAUDE_CONFIG_DIR"); dir != "" {
		return filepath.Join(dir, "settings.json")
	}
	return s.home(".claude", "settings.json")
}

// codeElsewhere lists the servers of the projects that Claude Code knows: those
// for its user alone, and those of each project's .mcp.json.
func codeElsewhere(s System, path string) []Elsewhere {
	projects := codeProjects(path)
	var list []Elsewhere
	for _, dir := range sortedKeys(projects) {
		for _, key := range sortedKeys(projects[dir].Servers) {
			list = append(list, Elsewhere{key, InProject, dir})
		}
		var shared struct {
			Servers map[string]json.RawMessage `json:"mcpServers"`
		}
		readJSON(filepath.Join(dir, ".mcp.json"), &shared)
		if len(shared.Servers) == 0 {
			continue
		}
		approval := codeApproval(s, dir, projects[dir])
		for _, key := range sortedKeys(shared.Servers) {
			list = append(list, Elsewhere{key, approval(key), dir})
		}
	}
	return list
}

// codeAround lists what Claude Code has in a project beside its .mcp.json: servers
// for the user alone come first there, those for all projects last.
func codeAround(s System, dir string) []Elsewhere {
	var list []Elsewhere
	for _, key := range sortedKeys(codeProjectOf(s, dir).Servers) {
		list = append(list, Elsewhere{key, InProject, dir})
	}
	var user struct {
		Servers map[string]json.RawMessage `json:"mcpServers"`
	}
	readJSON(codeFiles(s)[0], &user)
	for _, key := range sortedKeys(user.Servers) {
		list = append(list, Elsewhere{key, ForAll, dir})
	}
	return list
}

// desktopElsewhere lists the extensions that are installed beside the file.
func desktopElsewhere(_ System, path string) []Elsewhere {
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
