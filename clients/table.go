package clients

import (
	"path/filepath"
	"slices"

	"mcp-companion/configs"
)

var (
	serversKey = []string{"mcpServers"}
	disabled   = Switch{"disabled", true}
	enabled    = Switch{"enabled", false}
)

// table is every client, in the order a user sees them. Where two write one
// file (Cline's new extension and its CLI), the earlier one does.
var table = []*Client{
	{
		ID: "claude-desktop", Title: "Claude Desktop",
		Format: configs.JSON, Key: serversKey,
		Rewrites: true, Applies: "applies.restart", Note: "note.desktop",
		files: desktopFiles, installed: desktopInstalled,
		isMain: isDesktop, quit: quitDesktop, open: openDesktop,
		elsewhere: desktopElsewhere, locked: desktopLocked, logs: desktopLogs,
	},
	{
		ID: "claude-code", Title: "Claude Code",
		Format: configs.JSON, Lock: configs.LockDir, Key: serversKey, Remote: true,
		Applies: "applies.conversation",
		files:   codeFiles,
		installed: func(s System) bool {
			return exists(codeFiles(s)[0], s.home(".claude")) || s.onPath("claude")
		},
		elsewhere: codeElsewhere, locked: codeLocked, logs: codeLogs,
		// Claude Desktop brings a copy of it, in a folder of its own.
		isMain:  func(_ System, p Process) bool { return isProgram(p, "claude") && !isDesktopPath(p.Path) },
		project: ".mcp.json",
	},
	{
		ID: "cline-vscode", Title: "Cline in VS Code",
		Format: configs.JSON, Lock: configs.LockOwnedDir, Key: serversKey, Switch: disabled, Remote: true, RemoteType: "streamableHttp",
		Applies: "applies.now",
		files:   clineFiles, all: true,
		installed: func(s System) bool { return len(clineFiles(s)) > 0 },
		twins:     true,
		isMain:    isEditor, logs: clineEditorLogs,
	},
	{
		ID: "cline-cli", Title: "Cline CLI",
		Format: configs.JSON, Lock: configs.LockOwnedDir, Key: serversKey, Switch: disabled, Remote: true, RemoteType: "streamableHttp",
		Applies: "applies.conversation",
		files:   func(s System) []string { return []string{clineShared(s)} },
		installed: func(s System) bool {
			return exists(clineShared(s), filepath.Join(filepath.Dir(filepath.Dir(clineShared(s))), "logs", "cline.log")) || s.onPath("cline")
		},
		isMain: func(_ System, p Process) bool { return isProgram(p, "cline") }, logs: clineCLILogs,
	},
	{
		ID: "cursor", Title: "Cursor",
		Format: configs.JSON, Key: serversKey, Remote: true,
		Applies: "applies.switch",
		files:   place("~/.cursor/mcp.json"), installed: has("~/.cursor", "user:Cursor"), isMain: named("cursor"),
		project: ".cursor/mcp.json",
	},
	{
		ID: "vscode", Title: "VS Code",
		Format: configs.JSONC, Key: []string{"servers"}, spell: typed("stdio"), Remote: true,
		Applies: "applies.now",
		files:   vscodeFiles("Code", "Code - Insiders", "VSCodium"), all: true,
		installed: func(s System) bool { return len(vscodeFiles("Code", "Code - Insiders", "VSCodium")(s)) > 0 },
		isMain:    named("code", "code-insiders", "codium"),
		project:   ".vscode/mcp.json",
	},
	{
		ID: "windsurf", Title: "Windsurf",
		Format: configs.JSON, Key: serversKey, Switch: disabled,
		Applies: "applies.refresh",
		files:   place("~/.codeium/windsurf/mcp_config.json"), installed: has("~/.codeium/windsurf", "user:Windsurf"), isMain: named("windsurf"),
	},
	{
		ID: "zed", Title: "Zed",
		Format: configs.JSONC, Key: []string{"context_servers"}, Switch: enabled,
		Applies: "applies.now",
		files: func(s System) []string {
			if s.OS == "windows" {
				return []string{s.support("Zed", "settings.json")}
			}
			return []string{s.config("zed", "settings.json")}
		},
		installed: has("~/.config/zed", "config:zed", "support:Zed"), isMain: named("zed", "zed-editor"),
		project: ".zed/settings.json",
	},
	{
		ID: "gemini-cli", Title: "Gemini CLI",
		Format: configs.JSONComments, Key: serversKey, Remote: true,
		Applies: "applies.conversation",
		files: func(s System) []string {
			if home := s.Getenv("GEMINI_CLI_HOME"); home != "" {
				return []string{filepath.Join(home, ".gemini", "settings.json")}
			}
			return []string{s.home(".gemini", "settings.json")}
		},
		installed: has("~/.gemini", "path:gemini"), isMain: named("gemini"),
		project: ".gemini/settings.json",
	},
	{
		ID: "opencode", Title: "opencode",
		Format: configs.JSONC, Key: []string{"mcp"}, Switch: enabled, spell: local, Remote: true, RemoteType: "remote", EnvName: "environment",
		Applies:   "applies.restart",
		files:     place("config:opencode/opencode.jsonc", "config:opencode/opencode.json"),
		installed: has("config:opencode", "path:opencode"), isMain: named("opencode"),
		project: "opencode.json",
	},
	{
		ID: "roo-code", Title: "Roo Code",
		Format: configs.JSON, Key: serversKey, Switch: disabled, Remote: true, RemoteType: "streamable-http",
		Applies: "applies.now",
		files:   extensionFiles("rooveterinaryinc.roo-cline", "mcp_settings.json"), all: true,
		installed: func(s System) bool {
			return len(extensionFiles("rooveterinaryinc.roo-cline", "mcp_settings.json")(s)) > 0
		},
		isMain: isEditor,
	},
	{
		ID: "kilo-code", Title: "Kilo Code",
		Format: configs.JSONC, Key: []string{"mcp"}, Switch: enabled, spell: local, Remote: true, RemoteType: "remote", EnvName: "environment",
		Applies:   "applies.restart",
		files:     place("config:kilo/kilo.jsonc", "config:kilo/kilo.json"),
		installed: has("config:kilo"), isMain: isEditor,
	},
	{
		ID: "kilo-code-old", Title: "Kilo Code (before version 7)",
		Format: configs.JSON, Key: serversKey, Switch: disabled, Remote: true, RemoteType: "streamable-http",
		Applies: "applies.now",
		files:   extensionFiles("kilocode.kilo-code", "mcp_settings.json"), all: true,
		installed: func(s System) bool { return len(extensionFiles("kilocode.kilo-code", "mcp_settings.json")(s)) > 0 },
		isMain:    isEditor,
	},
	{
		ID: "codex", Title: "Codex CLI",
		Format: configs.TOML, Key: []string{"mcp_servers"}, Switch: enabled,
		Applies: "applies.conversation",
		files: func(s System) []string {
			if dir := s.Getenv("CODEX_HOME"); dir != "" {
				return []string{filepath.Join(dir, "config.toml")}
			}
			return []string{s.home(".codex", "config.toml")}
		},
		installed: has("~/.codex", "path:codex"), isMain: named("codex"),
		project: ".codex/config.toml",
	},
	{
		ID: "continue", Title: "Continue",
		Format: configs.YAML, Key: serversKey,
		Applies: "applies.open",
		files: func(s System) []string {
			if dir := s.Getenv("CONTINUE_GLOBAL_DIR"); dir != "" {
				return []string{filepath.Join(dir, "config.yaml")}
			}
			return []string{s.home(".continue", "config.yaml")}
		},
		installed: has("~/.continue"), isMain: isEditor,
		spell: func(key, command string, args []string) []member { // a list whose elements have names
			return []member{{"name", key, false}, {"command", command, false}, {"args", args, false}}
		},
	},
	{
		ID: "goose", Title: "Goose",
		Format: configs.YAML, Key: []string{"extensions"}, Switch: enabled, EnvName: "envs",
		Applies: "applies.restart",
		files: func(s System) []string {
			if root := s.Getenv("GOOSE_PATH_ROOT"); root != "" {
				return []string{filepath.Join(root, "config", "config.yaml")}
			}
			if s.OS == "windows" {
				return []string{s.support("Block", "goose", "config", "config.yaml")}
			}
			return []string{s.home(".config", "goose", "config.yaml")}
		},
		installed: has("~/.config/goose", "support:Block/goose", "path:goose"), isMain: named("goose"),
		spell: func(key, command string, args []string) []member {
			return []member{{"enabled", true, true}, {"type", "stdio", false}, {"name", key, false}, {"cmd", command, false}, {"args", args, false}, {"timeout", 300, true}}
		},
	},
	{
		ID: "lm-studio", Title: "LM Studio",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.open",
		files:   place("~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json"), installed: has("~/.lmstudio", "~/.cache/lm-studio"),
	},
	{
		ID: "junie", Title: "JetBrains Junie",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.open",
		files:   place("~/.junie/mcp/mcp.json"), installed: has("~/.junie"),
	},
	{
		ID: "amp", Title: "Amp",
		Format: configs.JSONC, Key: []string{"amp.mcpServers"},
		Applies:   "applies.restart",
		files:     place("~/.config/amp/settings.json", "~/.config/amp/settings.jsonc", "support:amp/settings.json"),
		installed: has("~/.config/amp", "path:amp"), isMain: named("amp"),
	},
	{
		ID: "warp", Title: "Warp",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.open",
		files:   place("~/.warp/.mcp.json"), installed: has("~/.warp"),
	},
	{
		ID: "boltai", Title: "BoltAI",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.open",
		files:   place("~/.boltai/mcp.json"), installed: has("~/.boltai"),
	},
	{
		ID: "copilot-cli", Title: "Copilot CLI",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.conversation",
		files:   place("~/.copilot/mcp-config.json"), installed: has("~/.copilot", "path:copilot"), isMain: named("copilot"),
		spell: func(_, command string, args []string) []member {
			return []member{{"type", "local", false}, {"command", command, false}, {"args", args, false}, {"tools", []string{"*"}, true}}
		},
	},
	{
		ID: "qwen-code", Title: "Qwen Code",
		Format: configs.JSONComments, Key: serversKey, Unverified: true,
		Applies: "applies.conversation",
		files:   place("~/.qwen/settings.json"), installed: has("~/.qwen", "path:qwen"), isMain: named("qwen"),
	},
	{
		ID: "kiro", Title: "Kiro",
		Format: configs.JSON, Key: serversKey, Switch: disabled, Unverified: true,
		Applies: "applies.open",
		files:   place("~/.kiro/settings/mcp.json"), installed: has("~/.kiro"), isMain: named("kiro"),
	},
	{
		ID: "antigravity", Title: "Antigravity",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.refresh",
		files:   place("~/.gemini/antigravity/mcp_config.json"), installed: has("~/.gemini/antigravity"), isMain: named("antigravity"),
	},
	{
		ID: "trae", Title: "Trae",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.open",
		files:   place("user:Trae/mcp.json"), installed: has("user:Trae"), isMain: named("trae"),
	},
	{
		ID: "factory", Title: "Factory",
		Format: configs.JSON, Key: serversKey, Switch: disabled, Unverified: true,
		Applies: "applies.conversation",
		files:   place("~/.factory/mcp.json"), installed: has("~/.factory", "path:droid"), isMain: named("droid"),
	},
	{
		ID: "kimi", Title: "Kimi",
		Format: configs.JSON, Key: serversKey, Unverified: true,
		Applies: "applies.conversation",
		files:   place("~/.kimi/mcp.json"), installed: has("~/.kimi", "path:kimi"), isMain: named("kimi"),
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

// extensionFiles lists an extension's settings file of every editor that has it.
func extensionFiles(extension, file string) func(System) []string {
	return func(s System) []string {
		var list []string
		for _, e := range editors {
			storage := filepath.Join(userFolder(s, e.data), "globalStorage", extension)
			if exists(storage) || len(glob(filepath.Join(s.Home, e.extensions, "extensions", extension+"-*"))) > 0 {
				list = append(list, filepath.Join(storage, "settings", file))
			}
		}
		return slices.Compact(list) // a portable editor gives one folder for all
	}
}

// vscodeFiles lists the file for VS Code's own servers of every product that has
// run here.
func vscodeFiles(products ...string) func(System) []string {
	return func(s System) []string {
		var list []string
		for _, p := range products {
			if dir := userFolder(s, p); exists(dir) {
				list = append(list, filepath.Join(dir, "mcp.json"))
			}
		}
		return slices.Compact(list)
	}
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
	list := extensionFiles("saoudrizwan.claude-dev", "cline_mcp_settings.json")(s)
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
