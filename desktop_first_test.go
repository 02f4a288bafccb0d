//go:build desktop && linux

package main_test

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What somebody has who comes with three AI apps, and the keys in them.
const (
	desktopFile = ".config/Claude/claude_desktop_config.json"

	desktopHas = `{
    "mcpServers": {
        "brave": {"command": "/bin/true", "args": ["brave"], "env": {"BRAVE_API_KEY": "BSA-first-start-key-3f2a"}},
        "files": {"command": "/bin/true", "args": ["files", "/tmp"]}
    },
    "preferences": {"menuBarEnabled": true}
}
`
	codeHas = `{
  "numStartups": 12,
  "bigNumber": 9007199254740993,
  "mcpServers": {
    "brave": { "type": "stdio", "command": "/bin/true", "args": ["brave"], "env": {"BRAVE_API_KEY": "BSA-first-start-key-3f2a"}, "timeout": 90 },
    "files": { "type": "stdio", "command": "/bin/true", "args": ["files", "/home"] },
    "docs": { "type": "http", "url": "https://docs.example.com/mcp", "headers": {"Authorization": "Bearer ${DOCS_TOKEN}"} }
  },
  "oauthAccount": {"emailAddress": "a@example.com"}
}
`
	clineHas = `{"mcpServers": {"slack": {"command": "/bin/true", "args": ["--token", "xoxb-first-start-9QxZ"], "disabled": true, "autoApprove": ["q"]}}}`
)

// A first start: what is there is shown, nothing is written before the second yes,
// the keys are in the keyring and nowhere else, and one click gives every byte back.
func TestDesktopFirstStart(t *testing.T) {
	p := sitDown(t)
	has := map[string]string{desktopFile: desktopHas, codeFile: codeHas, clineFile: clineHas}
	for name, text := range has {
		p.put(name, text)
	}
	p.put(".config/Claude/Local State", "{}") // it has run here
	keys := []string{"BSA-first-start-key-3f2a", "xoxb-first-start-9QxZ"}
	untouched := func(when string) {
		t.Helper()
		for name, text := range has {
			if p.text(name) != text {
				t.Errorf("%s: %s was written:\n%s", when, name, p.text(name))
			}
		}
	}

	p.start(companion)
	w := p.window()
	p.look("welcome")
	untouched("at the start")
	if p.text(".config/mcp-companion/library.json") != "" {
		t.Error("there is a library before a yes")
	}
	p.after("the preview", func() { p.click(w, 820, 593) })
	untouched("at the preview")
	p.after("the yes", func() { p.click(w, 825, 593) })
	p.until("our entries in all three files", func() bool {
		return p.ours(desktopFile, false) == "brave files" && p.ours(codeFile, false) == "brave files" && p.ours(clineFile, true) == "slack"
	})
	if now := p.text(codeFile); !strings.Contains(now, `"bigNumber": 9007199254740993`) || !strings.Contains(now, "${DOCS_TOKEN}") || !strings.Contains(now, `"timeout": 90`) {
		t.Errorf("Claude Code's file: %s", now)
	}
	if found := p.holding(keys, p.home); len(found) > 0 {
		t.Errorf("a key stands in %q", found)
	}
	p.tip(p.tray(), "server")
	if got := p.inKeyring(); !slices.ContainsFunc(got, func(v string) bool { return v == keys[0] }) || !slices.Contains(got, keys[1]) {
		t.Errorf("%d values in the keyring", len(got))
	}
	var list struct{ Servers []struct{ Name string } }
	if err := json.Unmarshal([]byte(p.run("list", "--json")), &list); err != nil || len(list.Servers) != 4 {
		t.Errorf("%v %+v", err, list)
	}

	p.after("undo", func() { p.click(w, 672, 593) })
	p.until("every byte as it was", func() bool {
		return !slices.ContainsFunc(slices.Collect(maps.Keys(has)), func(name string) bool { return p.text(name) != has[name] })
	})
	if out := p.run("list"); !strings.Contains(out, "No servers") {
		t.Errorf("list: %s", out)
	}
	p.after("not now", func() { p.click(w, 692, 593) })

	// It does not come back by itself.
	p.endWindows()
	if err := p.tray().Click("Open Companion"); err != nil {
		t.Fatal(err)
	}
	p.window()
	p.look("opened again")
}

// Who has nothing yet is led to the list of servers, and nothing is written.
func TestDesktopFirstStartWithNothing(t *testing.T) {
	p := sitDown(t)
	p.start(companion)
	p.window()
	p.look("nothing yet")
	p.after("Enter", func() { p.press("Return") })
	if got, _ := filepath.Glob(p.path(".config/mcp-companion/*.json")); len(got) > 0 {
		t.Errorf("written: %q", got)
	}
}

// ours are the keys of our entries in a file that are on, or off.
func (p *person) ours(file string, off bool) string {
	p.Helper()
	var keys []string
	for key, e := range p.entries(file) {
		on := e
		on.Disabled = false
		if e.Disabled == off && len(e.Args) > 1 && on.isOurs(e.Args[1]) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// inKeyring are the values the keyring holds for this home's library.
func (p *person) inKeyring() (values []string) {
	p.Helper()
	var lib struct {
		ID      string                     `json:"id"`
		Secrets map[string]json.RawMessage `json:"secrets"`
	}
	if err := json.Unmarshal([]byte(p.text(".config/mcp-companion/library.json")), &lib); err != nil {
		p.Fatal(err)
	}
	for id := range lib.Secrets {
		out, err := exec.Command("secret-tool", "lookup", "service", "mcp-companion", "username", lib.ID+"/"+id).Output()
		if err != nil {
			p.Errorf("secret-tool: %v", err)
		}
		values = append(values, strings.TrimRight(string(out), "\n"))
	}
	return values
}
