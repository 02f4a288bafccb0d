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
	p.put("tools/npm", fmt.Sprintf("#!/bin/sh\nln -s '%s' node_modules\n", modules))
	if err := os.Chmod(p.path("tools/npm"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "PATH="+strings.Join([]string{p.path("tools"), filepath.Join(modules, ".bin"), os.Getenv("PATH")}, ":"), "MCP_COMPANION_SECRETS=file")

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
