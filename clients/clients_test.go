package clients

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/servers"
)

// computer is a System in a folder of its own.
func computer(t *testing.T, goos string, env ...string) System {
	t.Helper()
	dir := t.TempDir()
	vars := map[string]string{}
	for i := 0; i+1 < len(env); i += 2 {
		vars[env[i]] = strings.ReplaceAll(env[i+1], "~", filepath.Join(dir, "home"))
	}
	return System{OS: goos, Home: filepath.Join(dir, "home"), Root: filepath.Join(dir, "root"), Getenv: func(n string) string { return vars[n] }, Processes: func() []Process { return nil }}
}

// touch makes files below the home, or below the root for /absolute ones.
func touch(t *testing.T, s System, paths ...string) {
	t.Helper()
	for _, p := range paths {
		full := s.home(p)
		if strings.HasPrefix(p, "/") {
			full = s.system(p)
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSettingsFilesOfEverySystem(t *testing.T) {
	for name, c := range map[string]struct {
		client, os string
		env        []string
		there      []string
		want       []string // below the home
		installed  bool
	}{
		"desktop, mac":                     {"claude-desktop", "darwin", nil, []string{"/Applications/Claude.app/x"}, []string{"Library/Application Support/Claude/claude_desktop_config.json"}, true},
		"desktop, linux":                   {"claude-desktop", "linux", nil, []string{"/usr/bin/claude-desktop"}, []string{".config/Claude/claude_desktop_config.json"}, true},
		"desktop, linux, moved":            {"claude-desktop", "linux", []string{"XDG_CONFIG_HOME", "~/cfg"}, nil, []string{"cfg/Claude/claude_desktop_config.json"}, false},
		"desktop, nowhere":                 {"claude-desktop", "linux", nil, []string{".config/Claude/config.json"}, []string{".config/Claude/claude_desktop_config.json"}, false},
		"desktop, windows classic":         {"claude-desktop", "windows", nil, []string{"AppData/Local/AnthropicClaude/claude.exe"}, []string{"AppData/Roaming/Claude/claude_desktop_config.json"}, true},
		"desktop, windows package":         {"claude-desktop", "windows", nil, []string{"AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/Local State"}, []string{"AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json"}, true},
		"desktop, windows store":           {"claude-desktop", "windows", nil, []string{"AppData/Local/Packages/AnthropicPBC.Claude_fnn82j28hfe8t/LocalCache/x"}, []string{"AppData/Local/Packages/AnthropicPBC.Claude_fnn82j28hfe8t/LocalCache/Roaming/Claude/claude_desktop_config.json"}, true},
		"desktop, windows data":            {"claude-desktop", "windows", nil, []string{"AppData/Local/Packages/Claude_p/x", "AppData/Local/Claude-Data/claude_p/Local State"}, []string{"AppData/Local/Claude-Data/claude_p/claude_desktop_config.json"}, true},
		"desktop, only ours there":         {"claude-desktop", "windows", nil, []string{"AppData/Roaming/Claude/claude_desktop_config.json", "AppData/Local/Packages/Claude_p/LocalCache/Roaming/Claude/Local State"}, []string{"AppData/Local/Packages/Claude_p/LocalCache/Roaming/Claude/claude_desktop_config.json"}, true},
		"desktop, mac, another profile":    {"claude-desktop", "darwin", nil, []string{"Library/Application Support/Claude-work/Local State"}, []string{"Library/Application Support/Claude-work/claude_desktop_config.json"}, true},
		"desktop, windows, other provider": {"claude-desktop", "windows", nil, []string{"AppData/Local/Claude-3p/Local State"}, []string{"AppData/Local/Claude-3p/claude_desktop_config.json"}, true},
		"desktop, folder named":            {"claude-desktop", "linux", []string{"CLAUDE_USER_DATA_DIR", "~/data"}, []string{"data/Local State"}, []string{"data/claude_desktop_config.json"}, true},
		"desktop, windows nowhere":         {"claude-desktop", "windows", nil, nil, []string{"AppData/Roaming/Claude/claude_desktop_config.json"}, false},
		"code":                             {"claude-code", "linux", nil, []string{".claude.json"}, []string{".claude.json"}, true},
		"code, moved":                      {"claude-code", "darwin", []string{"CLAUDE_CONFIG_DIR", "~/cc"}, nil, []string{"cc/.claude.json"}, false},
		"code, windows":                    {"claude-code", "windows", nil, []string{".local/bin/claude.exe"}, []string{".claude.json"}, true},
		"cline, old":                       {"cline-vscode", "linux", nil, []string{".config/Code/User/globalStorage/saoudrizwan.claude-dev/x"}, []string{".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"}, true},
		"cline, both, two editors":         {"cline-vscode", "darwin", nil, []string{".vscode/extensions/saoudrizwan.claude-dev-4.1.0/x", "Library/Application Support/Cursor/User/globalStorage/saoudrizwan.claude-dev/x", ".cline/data/settings/cline_mcp_settings.json"}, []string{"Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json", "Library/Application Support/Cursor/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json", ".cline/data/settings/cline_mcp_settings.json"}, true},
		"cline, windows insiders":          {"cline-vscode", "windows", nil, []string{"AppData/Roaming/Code - Insiders/User/globalStorage/saoudrizwan.claude-dev/x"}, []string{"AppData/Roaming/Code - Insiders/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"}, true},
		"cline, no extension":              {"cline-vscode", "linux", nil, []string{".cline/data/settings/cline_mcp_settings.json"}, nil, false},
		"cline cli":                        {"cline-cli", "linux", nil, []string{".cline/data/settings/cline_mcp_settings.json"}, []string{".cline/data/settings/cline_mcp_settings.json"}, true},
		"cline cli, data dir":              {"cline-cli", "linux", []string{"CLINE_DATA_DIR", "~/d", "CLINE_DIR", "~/x"}, nil, []string{"d/settings/cline_mcp_settings.json"}, false},
		"cline cli, dir":                   {"cline-cli", "linux", []string{"CLINE_DIR", "~/x"}, nil, []string{"x/data/settings/cline_mcp_settings.json"}, false},
		"cline cli, file":                  {"cline-cli", "linux", []string{"CLINE_MCP_SETTINGS_PATH", "~/f.json", "CLINE_DIR", "~/x"}, nil, []string{"f.json"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := computer(t, c.os, c.env...)
			touch(t, s, c.there...)
			client := Find(c.client)
			var got []string
			for _, f := range client.Files(s, "") {
				rel, err := filepath.Rel(s.Home, f)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, filepath.ToSlash(rel))
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("files %v\nwant  %v", got, c.want)
			}
			if client.Installed(s) != c.installed {
				t.Errorf("installed: %v", client.Installed(s))
			}
		})
	}
}

func TestTheFolderTheAppLastRanInIsTheOneInUse(t *testing.T) {
	s := computer(t, "windows")
	old, live := "AppData/Roaming/Claude/Local State", "AppData/Local/Packages/Claude_p/LocalCache/Roaming/Claude/Local State"
	touch(t, s, old, live)
	before := time.Now().Add(-time.Hour)
	os.Chtimes(s.home(old), before, before)
	if f := Find("claude-desktop").Files(s, "")[0]; !strings.Contains(f, "Packages") {
		t.Error(f)
	}
	os.Chtimes(s.home(live), before.Add(-time.Hour), before.Add(-time.Hour))
	if f := Find("claude-desktop").Files(s, "")[0]; !strings.Contains(f, "Roaming/Claude/claude") || strings.Contains(f, "Packages") {
		t.Error(f)
	}
	if f := Find("claude-desktop").Files(s, "/chosen"); !reflect.DeepEqual(f, []string{"/chosen"}) {
		t.Error(f)
	}
}

func TestOnlyTheAppsOwnMainProcessCounts(t *testing.T) {
	for name, c := range map[string]struct {
		client, os string
		p          Process
		want       bool
	}{
		"mac main":            {"claude-desktop", "darwin", Process{Path: "/Applications/Claude.app/Contents/MacOS/Claude"}, true},
		"mac helper":          {"claude-desktop", "darwin", Process{Path: "/Applications/Claude.app/Contents/Frameworks/Claude Helper.app/Contents/MacOS/Claude Helper"}, false},
		"mac bundled code":    {"claude-desktop", "darwin", Process{Path: "/Users/a/Library/Application Support/Claude/claude-code/2.1/claude.app/Contents/MacOS/claude"}, false},
		"windows package":     {"claude-desktop", "windows", Process{Path: `C:\Program Files\WindowsApps\Claude_1.2_x64__pzs8sxrjxfjjc\app\Claude.exe`}, true},
		"windows classic":     {"claude-desktop", "windows", Process{Path: `C:\Users\A\AppData\Local\AnthropicClaude\app-1.2\claude.exe`}, true},
		"windows code":        {"claude-desktop", "windows", Process{Path: `C:\Users\A\.local\bin\claude.exe`}, false},
		"linux main":          {"claude-desktop", "linux", Process{Path: "/usr/lib/claude-desktop/claude-desktop", Args: []string{"claude-desktop"}}, true},
		"linux renderer":      {"claude-desktop", "linux", Process{Path: "/usr/lib/claude-desktop/claude-desktop", Args: []string{"x", "--type=renderer"}}, false},
		"code":                {"claude-code", "linux", Process{Path: "/home/a/.local/bin/claude"}, true},
		"code under node":     {"claude-code", "linux", Process{Path: "/usr/bin/node", Args: []string{"node", "/usr/local/bin/claude"}}, true},
		"code is not the app": {"claude-code", "windows", Process{Path: `C:\Users\A\AppData\Local\AnthropicClaude\claude.exe`}, false},
		"editor":              {"cline-vscode", "linux", Process{Path: "/usr/share/code/code", Args: []string{"code"}}, true},
		"editor's child":      {"cline-vscode", "linux", Process{Path: "/usr/share/code/code", Args: []string{"code", "--type=gpu-process"}}, false},
		"cline cli":           {"cline-cli", "linux", Process{Path: "/usr/bin/node", Args: []string{"node", "/usr/bin/cline"}}, true},
	} {
		s := computer(t, c.os)
		s.Root = ""
		s.Processes = func() []Process { return []Process{c.p} }
		if got := len(Find(c.client).Running(s)) == 1; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestClaudeDesktopIsAskedToQuitAndOpenedTheWayOfEachSystem(t *testing.T) {
	type call []string
	for name, c := range map[string]struct {
		os, path string
		there    string
		denied   bool
		want     []call
	}{
		"mac":              {"darwin", "/Applications/Claude.app/Contents/MacOS/Claude", "x", false, []call{{"/usr/bin/osascript", "-e", `tell application id "com.anthropic.claudefordesktop" to quit`}, {"/usr/bin/open", "-b", "com.anthropic.claudefordesktop"}}},
		"mac, not allowed": {"darwin", "/Applications/Claude.app/Contents/MacOS/Claude", "x", true, []call{{"/usr/bin/osascript", "-e", `tell application id "com.anthropic.claudefordesktop" to quit`}, {"end 7"}, {"/usr/bin/open", "-b", "com.anthropic.claudefordesktop"}}},
		"windows package":  {"windows", `C:\Program Files\WindowsApps\Claude_1_x64__p\app\Claude.exe`, "AppData/Local/Packages/Claude_p/x", false, []call{{"end 7"}, {"explorer.exe", `shell:AppsFolder\Claude_p!Claude`}}},
		"windows classic":  {"windows", `C:\A\AnthropicClaude\app-1\claude.exe`, "x", false, []call{{"end 7"}, {"HOME/AppData/Local/AnthropicClaude/claude.exe"}}},
		"linux":            {"linux", "/usr/lib/claude-desktop/claude-desktop", "/usr/share/applications/claude-desktop.desktop", false, []call{{"end 7"}, {"gtk-launch", "claude-desktop"}}},
		"linux, no file":   {"linux", "/usr/lib/claude-desktop/claude-desktop", "x", false, []call{{"end 7"}, {"/usr/bin/claude-desktop"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := computer(t, c.os)
			touch(t, s, c.there)
			p := Process{PID: 7, Path: c.path}
			if c.os == "linux" {
				p.Path = s.system(c.path)
			}
			var calls []call
			s.Processes = func() []Process { return []Process{p} }
			s.Start = func(n string, a ...string) error {
				calls = append(calls, append(call{n}, a...))
				if c.denied && strings.Contains(n, "osascript") {
					return errors.New("-1743")
				}
				return nil
			}
			s.Detach = func(n string, a ...string) error {
				n = strings.ReplaceAll(strings.ReplaceAll(n, s.Root, ""), s.Home, "HOME")
				calls = append(calls, append(call{n}, a...))
				return nil
			}
			s.End = func(pid int) error { calls = append(calls, call{"end 7"}); return nil }
			d := Find("claude-desktop")
			if !d.CanRestart() {
				t.Error("can't be restarted")
			}
			if err := errors.Join(d.Quit(s), d.Open(s)); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(calls, c.want) {
				t.Errorf("did %v\nwant %v", calls, c.want)
			}
		})
	}
}

var launcher = Launcher{Path: "/opt/mcp-companion/mcp-companion"}

// planned runs Plan on text and returns what it gave, with the file's text after.
func planned(t *testing.T, client, text string, lib *servers.Library, want ...Want) (*Outcome, string) {
	t.Helper()
	p := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := Find(client).Plan(p, launcher, lib, want)
	if err != nil {
		t.Fatal(err)
	}
	return o, string(o.Change.After)
}

func library(t *testing.T, entries map[string]servers.Entry, client string, names ...string) *servers.Library {
	t.Helper()
	lib, err := servers.Load(files.Home(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		lib.Servers[n] = &servers.Server{ID: "id-" + n, Command: "x"}
	}
	lib.Client(client).Entries = entries
	return lib
}

const ourGithub = `{"command":"/opt/mcp-companion/mcp-companion","args":["run","github","--for","claude-code"]}`

func TestOurEntriesComeAndGoAndTheUsersStay(t *testing.T) {
	lib := library(t, nil, "claude-code", "github")
	user := `{"mcpServers":{"mine":{"command":"x","args":[1.0]}},"n":12345678901234567890}`
	o, after := planned(t, "claude-code", user, lib, Want{Name: "github", ID: "id-github"})
	if want := `{"mcpServers":{"mine":{"command":"x","args":[1.0]},"github":` + ourGithub + `},"n":12345678901234567890}`; after != want {
		t.Errorf("got  %s\nwant %s", after, want)
	}
	if !slices.Equal(o.Added, []string{"github"}) || o.Left != 1 || o.Change.Lock != configs.LockDir || o.Entries["github"].Server != "id-github" {
		t.Errorf("%+v", o)
	}
	lib.Clients["claude-code"].Entries = o.Entries
	o, again := planned(t, "claude-code", after, lib, Want{Name: "github", ID: "id-github"})
	if again != after || !o.Change.IsEmpty() {
		t.Errorf("a second time: %s", again)
	}
	o, back := planned(t, "claude-code", after, lib)
	if back != user || !slices.Equal(o.Removed, []string{"github"}) || len(o.Entries) != 0 {
		t.Errorf("removed: %s %+v", back, o)
	}
}

func TestMovedAndRenamedEntriesAreMendedInPlace(t *testing.T) {
	lib := library(t, map[string]servers.Entry{"gh": {Server: "id-hub"}}, "claude-code", "hub")
	o, after := planned(t, "claude-code", `{"mcpServers":{"gh":{"args":["run","github","--for","claude-code"],"command":"C:\\old\\MCP-Companion.exe","timeout":5}}}`, lib, Want{Name: "hub", ID: "id-hub"})
	if after != `{"mcpServers":{"gh":{"args":["run","hub","--for","claude-code"],"command":"/opt/mcp-companion/mcp-companion","timeout":5}}}` {
		t.Error(after)
	}
	if !slices.Equal(o.Mended, []string{"gh"}) {
		t.Errorf("%+v", o)
	}
}

func TestUsersChoicesSurviveTheSetsSwitches(t *testing.T) {
	text := `{"mcpServers":{"github":{"command":"/opt/mcp-companion/mcp-companion","args":["run","github","--for","CLIENT"],"autoApprove":["search"],"timeout":90}}}`
	for client, switched := range map[string]bool{"cline-cli": true, "claude-desktop": false} {
		text := strings.ReplaceAll(text, "CLIENT", client)
		lib := library(t, map[string]servers.Entry{"github": {Server: "id-github"}}, client, "github")
		o, off := planned(t, client, text, lib)
		if switched && !strings.Contains(off, `"timeout":90,"disabled":true`) || !switched && off != `{"mcpServers":{}}` {
			t.Errorf("%s, off: %s", client, off)
		}
		lib.Clients[client].Entries = o.Entries
		o, still := planned(t, client, off, lib)
		if still != off {
			t.Errorf("%s, off again: %s", client, still)
		}
		lib.Clients[client].Entries = o.Entries
		_, on := planned(t, client, off, lib, Want{Name: "github", ID: "id-github"})
		if !strings.Contains(on, `"autoApprove":["search"],"timeout":90`) || strings.Contains(on, `"disabled":true`) {
			t.Errorf("%s, on: %s", client, on)
		}
		delete(lib.Servers, "github")
		if o, gone := planned(t, client, text, lib); gone != `{"mcpServers":{}}` || len(o.Entries) != 0 {
			t.Errorf("%s, server removed: %s %+v", client, gone, o)
		}
	}
}

func TestAnEntrySomebodyChangedIsKeptAndTold(t *testing.T) {
	lib := library(t, map[string]servers.Entry{"github": {Server: "id-github"}}, "claude-code", "github")
	text := `{"mcpServers":{"github":{"command":"npx","args":["theirs"]}}}`
	for _, want := range [][]Want{nil, {{Name: "github", ID: "id-github"}}} {
		o, after := planned(t, "claude-code", text, lib, want...)
		if after != text || !slices.Equal(o.Changed, []string{"github"}) || o.Entries["github"].Server != "id-github" {
			t.Errorf("%s %+v", after, o)
		}
	}
}

func TestANameTheUserHasIsNotTaken(t *testing.T) {
	lib := library(t, nil, "claude-code", "github")
	o, after := planned(t, "claude-code", `{"mcpServers":{"github":{"command":"theirs"}}}`, lib, Want{Name: "github", ID: "id-github"})
	if !strings.HasPrefix(after, `{"mcpServers":{"github":{"command":"theirs"},"github-2":{`) || o.Entries["github-2"].Server != "id-github" {
		t.Errorf("%s", after)
	}
	lib.Clients["claude-code"].Entries = o.Entries
	if _, again := planned(t, "claude-code", after, lib, Want{Name: "github", ID: "id-github"}); again != after {
		t.Errorf("again: %s", again)
	}
}

func TestAnotherHomesEntriesAreNotOurs(t *testing.T) {
	lib := library(t, nil, "claude-code", "github")
	text := `{"mcpServers":{"github":{"command":"/opt/mcp-companion/mcp-companion","args":["run","github","--for","claude-code","--home","/other"]}}}`
	if _, after := planned(t, "claude-code", text, lib); after != text {
		t.Error(after)
	}
}

func TestEntriesOfRealFilesAreReadAndToldApart(t *testing.T) {
	for file, want := range map[string]int{"claude-desktop/macos-typical.json": 3, "claude-desktop/windows-crlf-tabs.json": 2, "claude-desktop/stub-after-wipe.json": 0, "claude-desktop/empty.json": 0, "claude-code/dot-claude.json": 4, "cline-vscode/legacy/cline_mcp_settings.json": 5, "cline-vscode/next/cline_mcp_settings.json": 3, "cline-cli/cline_mcp_settings.json": 2} {
		id, _, _ := strings.Cut(file, "/")
		list, err := Find(id).Entries(filepath.Join(samples, file), launcher, nil)
		if err != nil || len(list) != want {
			t.Errorf("%s: %d entries, %v", file, len(list), err)
		}
		for _, e := range list {
			if e.Kind != Users {
				t.Errorf("%s: %s is %s", file, e.Key, e.Kind)
			}
		}
	}
	var s *configs.SyntaxError
	if _, err := Find("claude-desktop").Entries(samples+"/claude-desktop/invalid-trailing-comma.json", launcher, nil); !errors.As(err, &s) || s.Line == 0 {
		t.Errorf("%v", err)
	}
}

func TestAnExtensionsEntryIsNeitherOursNorAdopted(t *testing.T) {
	data, err := os.ReadFile(samples + "/claude-desktop/extension-owned-entry.json")
	if err != nil {
		t.Fatal(err)
	}
	lib := library(t, nil, "claude-desktop", "notes")
	p := filepath.Join(t.TempDir(), "c.json")
	os.WriteFile(p, data, 0o600)
	entries, err := Find("claude-desktop").Entries(p, launcher, nil)
	if err != nil || entries[0].Kind != Extension || entries[1].Kind != Users {
		t.Fatalf("%v %+v", err, entries)
	}
	o, after := planned(t, "claude-desktop", string(data), lib, Want{Name: "notes", ID: "id-notes", Adopt: entries[0]})
	if !strings.Contains(after, `"extensionId": "local.mcpb.example.notes"`) || len(o.Adopted) != 0 || !strings.Contains(after, `"notes-2"`) {
		t.Error(after)
	}
}

func TestOnlyAnEntryThatSaysTheSameIsAdopted(t *testing.T) {
	lib := library(t, nil, "cline-vscode", "a")
	same := Entry{Key: "a", Raw: []byte(`{"command":"x","args":["1"],"timeout":5}`)}
	want := Want{Name: "a", ID: "id-a", Adopt: same}
	if o, after := planned(t, "cline-vscode", `{"mcpServers":{"a":{"args":["1"],"command":"x","type":"stdio","autoApprove":["q"]}}}`, lib, want); len(o.Adopted) != 1 || !strings.Contains(after, `"autoApprove":["q"]`) || strings.Contains(after, `"x"`) {
		t.Error(after)
	}
	if o, after := planned(t, "cline-vscode", `{"mcpServers":{"a":{"command":"other"}}}`, lib, want); len(o.Adopted) != 0 || !strings.Contains(after, `"a":{"command":"other"}`) || !strings.Contains(after, `"a-2"`) {
		t.Error(after)
	}
}

func TestWhatCannotBeEditedSafelyComesWithTheTextToPaste(t *testing.T) {
	lib := library(t, nil, "codex", "github")
	p := filepath.Join(t.TempDir(), "config.toml")
	os.WriteFile(p, []byte("mcp_servers = { a = { command = \"x\" } }\n"), 0o600)
	_, err := Find("codex").Plan(p, launcher, lib, []Want{{Name: "github", ID: "id-github"}})
	var paste *PasteError
	if !errors.As(err, &paste) || !strings.HasPrefix(paste.Text, "[mcp_servers.github]\ncommand = ") {
		t.Errorf("%v", err)
	}
}

func TestServersOfOtherPlacesAreTold(t *testing.T) {
	s := computer(t, "linux")
	data, err := os.ReadFile(samples + "/claude-code/dot-claude.json")
	if err != nil {
		t.Fatal(err)
	}
	shop := s.home("shop")
	touch(t, s, ".claude.json", "shop/.mcp.json")
	os.WriteFile(s.home(".claude.json"), []byte(strings.ReplaceAll(string(data), "/home/ana/src/shop", shop)), 0o600)
	os.WriteFile(filepath.Join(shop, ".mcp.json"), []byte(`{"mcpServers": {"linear": {}, "sentry": {}, "new": {}}}`), 0o600)
	want := []Elsewhere{{"shop-db", InProject, shop}, {"linear", InProjectFile, shop}, {"new", Unapproved, shop}, {"sentry", SwitchedOff, shop}}
	if got := Find("claude-code").Elsewhere(s, s.home(".claude.json")); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := Find("claude-desktop").Elsewhere(s, samples+"/claude-desktop/extensions/x.json"); !reflect.DeepEqual(got, []Elsewhere{{"Notes", InExtension, ""}}) {
		t.Errorf("%v", got)
	}
	os.WriteFile(s.home(".claude.json"), []byte("{"), 0o600)
	if got := Find("claude-code").Elsewhere(s, s.home(".claude.json")); got != nil {
		t.Errorf("%v", got)
	}
}

func TestAnOrganisationsPolicyIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		client, os, file string
		value, set, want bool
	}{
		"code, free":         {"claude-code", "linux", "", false, false, false},
		"code, managed":      {"claude-code", "linux", "/etc/claude-code/managed-mcp.json", false, false, true},
		"code, managed, mac": {"claude-code", "darwin", "/Library/Application Support/ClaudeCode/managed-mcp.json", false, false, true},
		"desktop, not set":   {"claude-desktop", "windows", "", false, false, false},
		"desktop, allowed":   {"claude-desktop", "darwin", "", true, true, false},
		"desktop, forbidden": {"claude-desktop", "darwin", "", false, true, true},
	} {
		s := computer(t, c.os)
		if c.file != "" {
			touch(t, s, c.file)
		}
		s.Policy = func(string, string, string) (bool, bool) { return c.value, c.set }
		if got := Find(c.client).Locked(s); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestOtherProfilesFilesAreNamedAndNotWritten(t *testing.T) {
	s := computer(t, "linux")
	touch(t, s, ".config/Claude/Local State", ".config/Claude/claude_desktop_config.json", ".config/Claude-old/claude_desktop_config.json")
	d := Find("claude-desktop")
	if f := d.Files(s, ""); !slices.Equal(f, []string{s.home(".config/Claude/claude_desktop_config.json")}) {
		t.Errorf("written: %v", f)
	}
	if f := d.Others(s, ""); !slices.Equal(f, []string{s.home(".config/Claude-old/claude_desktop_config.json")}) {
		t.Errorf("others: %v", f)
	}
}
