package clients

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mcp-companion/configs"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// samples are the clients' files that configs is tried on too.
const samples = "../configs/testdata/clients"

// sample is a file of each client's, and where it stands on Linux.
var sample = map[string][2]string{
	"claude-desktop": {"claude-desktop/linux-typical.json", ".config/Claude/claude_desktop_config.json"},
	"claude-code":    {"claude-code/dot-claude.json", ".claude.json"},
	"cline-vscode":   {"cline-vscode/legacy/cline_mcp_settings.json", ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"},
	"cline-cli":      {"cline-cli/cline_mcp_settings.json", ".cline/data/settings/cline_mcp_settings.json"},
	"cursor":         {"cursor/mcp.json", ".cursor/mcp.json"},
	"vscode":         {"vscode/mcp.jsonc", ".config/Code/User/mcp.json"},
	"windsurf":       {"windsurf/mcp_config.json", ".codeium/windsurf/mcp_config.json"},
	"zed":            {"zed/settings.jsonc", ".config/zed/settings.json"},
	"gemini-cli":     {"gemini-cli/settings.jsonc", ".gemini/settings.json"},
	"opencode":       {"opencode/opencode.jsonc", ".config/opencode/opencode.json"},
	"roo-code":       {"roo-code/mcp_settings.json", ".config/VSCodium/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"},
	"kilo-code":      {"kilo-code/kilo.jsonc", ".config/kilo/kilo.jsonc"},
	"kilo-code-old":  {"kilo-code/mcp_settings.json", ".config/Cursor/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json"},
	"codex":          {"codex/config.toml", ".codex/config.toml"},
	"continue":       {"continue/config.yaml", ".continue/config.yaml"},
	"goose":          {"goose/config.yaml", ".config/goose/config.yaml"},
	"lm-studio":      {"lm-studio/mcp.json", ".lmstudio/mcp.json"},
	"junie":          {"junie/mcp.json", ".junie/mcp/mcp.json"},
	"amp":            {"amp/settings.json", ".config/amp/settings.json"},
	"warp":           {"warp/dot-mcp.json", ".warp/.mcp.json"},
	"boltai":         {"junie/mcp.json", ".boltai/mcp.json"},
	"copilot-cli":    {"junie/mcp.json", ".copilot/mcp-config.json"},
	"qwen-code":      {"gemini-cli/settings.jsonc", ".qwen/settings.json"},
	"kiro":           {"windsurf/mcp_config.json", ".kiro/settings/mcp.json"},
	"antigravity":    {"windsurf/mcp_config.json", ".gemini/antigravity/mcp_config.json"},
	"trae":           {"junie/mcp.json", ".config/Trae/User/mcp.json"},
	"factory":        {"windsurf/mcp_config.json", ".factory/mcp.json"},
	"kimi":           {"junie/mcp.json", ".kimi/mcp.json"},
}

// Every client: its file is found, the entry is written in its spelling (the
// golden file shows it), read back as ours, switched off and on, and taken out
// with every other byte as it was.
func TestEveryClientsFileTakesOurEntryAndGivesItBack(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			s := computer(t, "linux")
			from, to := sample[c.ID][0], sample[c.ID][1]
			before, err := os.ReadFile(filepath.Join(samples, from))
			if err != nil {
				t.Fatal(err)
			}
			touch(t, s, to)
			os.WriteFile(s.home(to), before, 0o600)
			if !c.Installed(s) {
				t.Fatal("not found")
			}
			if files := c.Files(s, ""); !slices.Equal(files, []string{s.home(to)}) {
				t.Fatalf("files %v", files)
			}
			lib := library(t, nil, c.ID, "github")
			write := func(want ...Want) *Outcome {
				t.Helper()
				o, err := c.Plan(s.home(to), launcher, lib, want)
				if err != nil {
					t.Fatal(err)
				}
				if !o.Change.IsEmpty() {
					if err := o.Change.Write(t.Context()); err != nil {
						t.Fatal(err)
					}
					if err := o.Change.Verify(); err != nil {
						t.Fatal(err)
					}
				}
				lib.Clients[c.ID].Entries = o.Entries
				return o
			}
			want := Want{Name: "github", ID: "id-github"}
			users := write(want).Left
			after, _ := os.ReadFile(s.home(to))
			golden(t, filepath.Join("testdata", "added", c.ID+filepath.Ext(from)), after)
			entries, err := c.Entries(s.home(to), launcher, lib.Clients[c.ID].Entries)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(entries, func(e Entry) bool { return e.Key == "github" })
			if i < 0 || entries[i].Kind != Ours || entries[i].Run != "github" || entries[i].Off || len(entries) != users+1 {
				t.Errorf("read back: %+v", entries)
			}
			if !write(want).Change.IsEmpty() {
				t.Error("a second time something changed")
			}
			write()
			if now, _ := os.ReadFile(s.home(to)); !bytes.Equal(now, before) {
				t.Errorf("taken out:\n%s", now)
			}
			if len(lib.Clients[c.ID].Entries) != 0 {
				t.Errorf("entries left: %+v", lib.Clients[c.ID].Entries)
			}
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (%v):\n%s", path, err, got)
	}
}

// A switch of the client's own is used where the entry carries choices, whatever
// the switch is called.
func TestEverySwitchSwitchesOffAndOn(t *testing.T) {
	for _, c := range All() {
		if c.Switch.Member == "" {
			continue
		}
		lib := library(t, nil, c.ID, "github")
		p := filepath.Join(t.TempDir(), "f")
		step := func(want ...Want) string {
			t.Helper()
			o, err := c.Plan(p, launcher, lib, want)
			if err != nil {
				t.Fatalf("%s: %v", c.ID, err)
			}
			if err := o.Change.Write(t.Context()); err != nil && !o.Change.IsEmpty() {
				t.Fatalf("%s: %v", c.ID, err)
			}
			lib.Clients[c.ID].Entries = o.Entries
			data, _ := os.ReadFile(p)
			return string(data)
		}
		want := Want{Name: "github", ID: "id-github"}
		text := step(want)
		chosen := strings.Replace(text, `"args"`, `"timeout": 7, "args"`, 1)
		if chosen == text {
			chosen = strings.Replace(text, `"command"`, `"timeout": 7, "command"`, 1)
		}
		switch c.Format {
		case configs.TOML:
			chosen = text + "timeout = 7\n"
		case configs.YAML:
			chosen = strings.Replace(text, "timeout: 300", "timeout: 7", 1)
		}
		os.WriteFile(p, []byte(chosen), 0o600)
		off := step()
		on := step(want)
		isOff := func(text string) bool {
			return strings.Contains(strings.NewReplacer(`"`, "", " ", "", ":", "=").Replace(text), fmt.Sprintf("%s=%v", c.Switch.Member, c.Switch.Off))
		}
		sevens := func(text string) int { return strings.Count(text, "timeout") - strings.Count(text, "300") }
		if sevens(off) != 1 || sevens(on) != 1 || !isOff(off) || isOff(on) {
			t.Errorf("%s:\noff %s\non %s", c.ID, off, on)
		}
	}
}
