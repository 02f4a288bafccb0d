//go:build desktop && linux

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// From nothing to a tool's answer: the command makes the project, npm (a stand-in
// that links the tests' own packages) prepares it, and the launcher starts it.
func TestDesktopAServerOfOnesOwnAnswers(t *testing.T) {
	p := sitDown(t)
	standInForNpm(p)
	if out := p.run("new", "weather", "--template", "node"); !strings.Contains(out, "Next: change "+p.path("weather-server/server.ts")) {
		t.Error(out)
	}
	if out := p.run("check", "weather"); !strings.Contains(out, "Working, 1 tool") {
		t.Error(out)
	}
	if out := p.run("call", "weather", "count_words", `{"text":"one two three"}`); !strings.Contains(out, "3") {
		t.Error(out)
	}
}

// The same in the window: the button, the name, a look at what will happen, and the
// editor (a stand-in that notes what it is given) at the end.
func TestDesktopAServerOfOnesOwnIsMadeInTheWindow(t *testing.T) {
	p := sitDown(t)
	standInForNpm(p)
	p.put("tools/code", "#!/bin/sh\necho \"$@\" >\"$HOME/edited\"\n")
	if err := os.Chmod(p.path("tools/code"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.start(itsWindow, "window", "add")
	w := p.window()
	p.after("make your own", func() { p.click(w, 828, 603) })
	p.write("weather")
	p.after("what will happen", func() { p.click(w, 853, 593) })
	if _, err := os.Stat(p.path("mcp-servers")); err == nil {
		t.Error("a folder was made before it was said")
	}
	p.after("what changes", func() { p.press("Tab", "Return") })
	if _, err := os.Stat(p.path("mcp-servers/weather-server/server.ts")); err != nil {
		t.Error(err)
	}
	p.press("Tab", "Return") // past Back
	p.until("the server at work", func() bool { return strings.Contains(p.run("list"), "Working, 1 tool") })
	p.still()
	p.look("made")
	p.click(w, 662, 157)
	p.until("the editor", func() bool { return p.text("edited") != "" })
	if want := p.path("mcp-servers/weather-server") + " " + p.path("mcp-servers/weather-server/server.ts") + "\n"; p.text("edited") != want {
		t.Errorf("the editor was given %q, not %q", p.text("edited"), want)
	}
}

// standInForNpm puts an npm first on the person's PATH that links the tests' own
// packages.
func standInForNpm(p *person) {
	p.Helper()
	p.put("tools/npm", fmt.Sprintf("#!/bin/sh\nln -s '%s' node_modules\n", modules))
	if err := os.Chmod(p.path("tools/npm"), 0o755); err != nil {
		p.Fatal(err)
	}
	p.env = append(p.env, "PATH="+strings.Join([]string{p.path("tools"), filepath.Join(modules, ".bin"), os.Getenv("PATH")}, ":"), "MCP_COMPANION_SECRETS=file")
}
