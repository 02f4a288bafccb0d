//go:build unix

package clients

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A project is somebody else's: whatever lies in its .mcp.json's place, nothing is
// waited for.
func TestAProjectsFileThatIsNoneIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, ".mcp.json"), 0o600); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), ".claude.json")
	os.WriteFile(path, []byte("\xef\xbb\xbf"+`{"projects": {"`+dir+`": {"mcpServers": {"a": {"command": "x"}}}}}`), 0o600)
	done := make(chan []Elsewhere, 1)
	go func() { done <- codeElsewhere(computer(t, "linux"), path) }()
	select {
	case list := <-done:
		if len(list) != 1 || list[0].Key != "a" {
			t.Error(list)
		}
	case <-time.After(5 * time.Second):
		t.Error("it waits for a pipe")
	}
}

func TestAHomeWhoseNameLooksLikeAPatternIsSearched(t *testing.T) {
	s := computer(t, "linux")
	s.Home = filepath.Join(t.TempDir(), "[me]")
	touch(t, s, ".vscode/extensions/saoudrizwan.claude-dev-3.0.0/package.json")
	if list := clineFiles(s); len(list) != 1 || !strings.HasPrefix(list[0], s.Home) {
		t.Error(list)
	}
}
