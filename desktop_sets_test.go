//go:build desktop && linux

package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"mcp-companion/tools/trayhost/host"
)

// withSets is a home with two servers, of which two has no key yet, and two sets.
func withSets(t *testing.T) *person {
	t.Helper()
	p := sitDown(t)
	p.env = append(p.env, "MCP_COMPANION_SECRETS=file")
	server := buildServer(t)
	p.put(codeFile, `{"mcpServers": {}}`)
	p.put("page.json", `{"mcpServers": {"two": {"command": "`+server+`", "args": ["--tool", "two"], "env": {"API_KEY": "<your key>"}}}}`)
	p.run("add", "one", "--", server, "--tool", "one")
	p.run("import", p.path("page.json"))
	p.run("set", "add", "Rest", "one")
	p.run("set", "add", "Work", "one", "two")
	p.run("apply", "--client", "claude-code")
	p.run("use", "Rest")
	return p
}

// current is the set that the command calls the current one.
func (p *person) current() string {
	p.Helper()
	for line := range strings.Lines(p.run("sets")) {
		if name, ok := strings.CutPrefix(line, "* "); ok {
			return strings.Fields(name)[0]
		}
	}
	return ""
}

// A set whose server lacks its key is asked about in the window; one that lacks nothing
// is switched to at once.
func TestDesktopTheTrayAsksBeforeASetThatLacksAKey(t *testing.T) {
	p := withSets(t)
	p.start(companion, "tray")
	item := p.tray()
	if _, err := item.WaitFor(patience, func(m *host.Node) bool { n := m.Find("Rest"); return n != nil && n.Checked }); err != nil {
		t.Fatal(err)
	}
	if err := item.Click("Work"); err != nil {
		t.Fatal(err)
	}
	w := p.window()
	p.still()
	p.look("the question")
	if got := p.current(); got != "Rest" {
		t.Fatalf("it was switched to %s unasked", got)
	}
	p.after("Switch anyway", func() { p.click(w, 830, 592) })
	p.until("Work in the file", func() bool { return p.current() == "Work" && p.entries(codeFile)["two"].isOurs("two") })

	if err := item.Click("Rest"); err != nil {
		t.Fatal(err)
	}
	p.until("Rest in the file", func() bool { return p.current() == "Rest" && !p.entries(codeFile)["two"].isOurs("two") })
	p.still()
	p.look("switched from the tray")

	p.after("a key switches to all servers", func() { p.press("ctrl+shift+1") })
	p.look("all servers") // the question once more: two is in it
	p.press("Escape")
	p.until("Rest stays", func() bool { return p.current() == "Rest" })
}

// A server is taken with the mouse from one card and let go over another.
func TestDesktopAServerIsDraggedIntoASet(t *testing.T) {
	p := withSets(t)
	p.start(itsWindow, "window", "sets")
	w := p.window()
	p.still()
	at := func(x, y int) []string { return []string{"mousemove", "--window", w, fmt.Sprint(x), fmt.Sprint(y)} }
	p.do(append(at(265, 203), "mousedown", "1")...) // two, of all servers
	for x := 300; x <= 700; x += 50 {
		p.do(at(x, 200)...)
	}
	p.still()
	p.look("over Rest")
	p.after("let go", func() { p.do("mouseup", "1") })
	p.press("Return")
	p.until("two in Rest", func() bool {
		return strings.Contains(p.run("sets"), "Rest  one, two") && p.entries(codeFile)["two"].isOurs("two")
	})
}

// A set goes from the window into a file, and out of it into an empty home.
func TestDesktopASetGoesToAnotherHome(t *testing.T) {
	p := withSets(t)
	p.start(itsWindow, "window", "sets")
	w := p.window()
	p.still()
	p.click(w, 521, 336) // the menu of Work
	p.still()
	p.look("the menu of Work")
	p.after("Share", func() { p.click(w, 534, 374) })
	p.after("Save as a file", func() { p.click(w, 818, 592) })
	p.press("Return")
	p.until("the file", func() bool { return strings.Contains(p.text("Work.json"), "mcpCompanion") })
	p.still()
	p.look("saved")
	text := p.text("Work.json")
	if strings.Contains(text, p.home) || !strings.Contains(text, "${input:API_KEY}") {
		t.Errorf("it holds %s", text)
	}

	other := sitDown(t)
	other.env = append(other.env, "MCP_COMPANION_SECRETS=file")
	if err := os.WriteFile(other.path("Work.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := other.run("set", "import", other.path("Work.json")); !strings.Contains(out, "two has no API_KEY yet") {
		t.Error(out)
	}
	if out := other.run("sets"); !strings.Contains(out, "Work  one, two") {
		t.Error(out)
	}
}
