//go:build desktop && acceptance && linux

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newcomer counts what a person does.
type newcomer struct {
	*person
	w     string
	acts  int
	began time.Time
}

func (n *newcomer) clicks(what string, x, y int) {
	n.Helper()
	n.acts++
	n.after(what, func() { n.click(n.w, x, y) })
}

// Somebody who has Claude Code and nothing else, in the real window with the mouse:
// from an empty home to a server that Claude Code is connected to.
// `make acceptance` runs it.
func TestDesktopANewcomerConnectsAServerToClaudeCode(t *testing.T) {
	p := sitDown(t)
	claude, err := filepath.Abs(".npm/acceptance/node_modules/.bin/claude")
	if err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "PATH="+strings.Join([]string{filepath.Join(modules, ".bin"), os.Getenv("PATH")}, ":"))
	listed := func() string {
		out, err := p.command(claude, "mcp", "list").CombinedOutput()
		if err != nil {
			t.Fatalf("claude mcp list: %v: %s", err, out)
		}
		return string(out)
	}
	if out := listed(); !strings.Contains(out, "No MCP servers") {
		t.Fatalf("Claude Code has servers: %s", out)
	}

	n := &newcomer{person: p, began: time.Now()}
	p.start(companion)
	n.w = p.window()
	p.look("welcome")
	n.clicks("add your first server", 790, 593)
	n.acts++
	p.after("its name", func() { p.write("memory") })
	n.clicks("the first one found", 400, 208)
	n.clicks("save", 865, 593)
	n.clicks("yes", 865, 593)
	p.until("the server works", func() bool { return strings.Contains(p.run("list"), "healthy") })
	works := time.Since(n.began)
	p.still()
	p.look("it works")
	out := listed()
	if !strings.Contains(out, "memory") || !strings.Contains(out, "Connected") {
		t.Errorf("Claude Code says: %s", out)
	}
	t.Logf("%d acts: %.0f s until the window says that it works, %.0f s until Claude Code is connected", n.acts, works.Seconds(), time.Since(n.began).Seconds())
}
