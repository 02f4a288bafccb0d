package clients

import (
	"path/filepath"
	"slices"

	"mcp-companion/configs"
)

var serversKey = []string{"mcpServers"}

// table is every client, in the order a user sees them. Where two write one
// file (Cline's new extension and its CLI), the earlier one does.
var table = []*Client{
	{
		ID: "claude-desktop", Title: "Claude Desktop",
		Format: configs.JSON, Key: serversKey,
		Rewrites: true, Applies: "applies.restart",
		files: desktopFiles, installed: desktopInstalled,
		isMain: isDesktop, quit: quitDesktop, open: openDesktop,
	},
	{
		ID: "claude-code", Title: "Claude Code",
		Format: configs.JSON, Lock: configs.LockDir, Key: serversKey,
		Applies: "applies.conversation",
		files:   codeFiles,
		installed: func(s System) bool {
			return exists(codeFiles(s)[0], s.home(".claude")) || s.onPath("claude")
		},
		// Claude Desktop brings a copy of it, in a folder of its own.
		isMain: func(_ System, p Process) bool { return isProgram(p, "claude") && !isDesktopPath(p.Path) },
	},
	{
		ID: "cline-vscode", Title: "Cline in VS Code",
		Format: configs.JSON, Lock: configs.LockOwnedDir, Key: serversKey, Switch: "disabled",
		Applies: "applies.now",
		files:   clineFiles, all: true,
		installed: func(s System) bool { return len(clineFiles(s)) > 0 },
		isMain:    isEditor,
	},
	{
		ID: "cline-cli", Title: "Cline CLI",
		Format: configs.JSON, Lock: configs.LockOwnedDir, Key: serversKey, Switch: "disabled",
		Applies: "applies.conversation",
		files:   func(s System) []string { return []string{clineShared(s)} },
		installed: func(s System) bool {
			return exists(clineShared(s), filepath.Join(filepath.Dir(filepath.Dir(clineShared(s))), "logs", "cline.log")) || s.onPath("cline")
		},
		isMain: func(_ System, p Process) bool { return isProgram(p, "cline") },
	},
}

// codeFiles is Claude Code's file with its user scope.
func codeFiles(s System) []string {
	if dir := s.Getenv("CLAUDE_CONFIG_DIR"); dir != "" {
		return []string{filepath.Join(dir, ".claude.json")}
	}
	return []string{s.home(".claude.json")}
}

// Cline's stable extension holds two programs, and which one a window runs is
// decided from afar: the old one keeps its file in the editor's storage, the
// new one shares the CLI's. Both are kept alike.
// Source: cline/cline apps/vscode-rollout/README.md.

// clineShared is the file of Cline's new extension, its CLI and its JetBrains
// plugin. Source: @cline/core's resolution, tried.
func clineShared(s System) string {
	tail := []string{"settings", "cline_mcp_settings.json"}
	if f := s.Getenv("CLINE_MCP_SETTINGS_PATH"); f != "" {
		return f
	}
	dir := s.home(".cline", "data")
	if d := s.Getenv("CLINE_DIR"); d != "" {
		dir = filepath.Join(d, "data")
	}
	if d := s.Getenv("CLINE_DATA_DIR"); d != "" {
		dir = d
	}
	return filepath.Join(append([]string{dir}, tail...)...)
}

// editors are the programs that Cline's extension runs in: the folder of their
// data, of their extensions, and their processes' names.
var editors = []struct{ data, extensions, process string }{
	{"Code", ".vscode", "code"},
	{"Code - Insiders", ".vscode-insiders", "code-insiders"},
	{"VSCodium", ".vscode-oss", "codium"},
	{"Cursor", ".cursor", "cursor"},
	{"Windsurf", ".windsurf", "windsurf"},
}

// userFolder is where an editor keeps its user data.
// Source: microsoft/vscode src/vs/platform/environment/node/userDataPath.ts.
func userFolder(s System, product string) string {
	if p := s.Getenv("VSCODE_PORTABLE"); p != "" {
		return filepath.Join(p, "user-data", "User")
	}
	if p := s.Getenv("VSCODE_APPDATA"); p != "" {
		return filepath.Join(p, product, "User")
	}
	return s.support(product, "User")
}

// clineFiles lists the old extension's file of every editor that has it, then
// the shared one, where the new extension has made it.
func clineFiles(s System) []string {
	var list []string
	for _, e := range editors {
		storage := filepath.Join(userFolder(s, e.data), "globalStorage", "saoudrizwan.claude-dev")
		f := filepath.Join(storage, "settings", "cline_mcp_settings.json")
		if exists(storage) || len(glob(filepath.Join(s.Home, e.extensions, "extensions", "saoudrizwan.claude-dev-*"))) > 0 {
			list = append(list, f)
		}
	}
	list = slices.Compact(list) // a portable editor gives one folder for all
	if len(list) > 0 && exists(clineShared(s)) {
		list = append(list, clineShared(s))
	}
	return list
}

func isEditor(_ System, p Process) bool {
	b := base(p.Path)
	return slices.ContainsFunc(editors, func(e struct{ data, extensions, process string }) bool { return b == e.process }) && !isChild(p)
}

// isProgram reports whether p runs the command name: itself, or as a script of
// node's.
func isProgram(p Process, name string) bool {
	if base(p.Path) == name {
		return true
	}
	return base(p.Path) == "node" && len(p.Args) > 1 && base(p.Args[1]) == name
}

// isChild reports whether p is one of the helpers that Chromium starts beside
// its main process.
func isChild(p Process) bool {
	return slices.ContainsFunc(p.Args, func(a string) bool { return len(a) > 7 && a[:7] == "--type=" })
}
