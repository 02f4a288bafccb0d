package companion

import (
	"os"
	"path/filepath"
	"testing"

	"mcp-companion/clients"
)

func TestTheLauncherInAFolderWithBlanksIsKnownAsOurs(t *testing.T) {
	d := newDesk(t)
	d.exe = filepath.Join(t.TempDir(), "MCP Companion for all", "mcp-companion.exe")
	os.MkdirAll(filepath.Dir(d.exe), 0o755)
	os.WriteFile(d.exe, []byte("the program"), 0o755)
	staying["windows"] = append(staying["windows"], filepath.Dir(filepath.Dir(d.exe)))
	l, isCopy := d.launcher()
	if isCopy || filepath.Base(l.Path) != "mcp-companion.exe" || !isFile(l.Path) {
		t.Errorf("%s %v", l.Path, isCopy)
	}
	d.add(t, "one")
	d.manage(t, "claude-code")
	if entries, err := clients.Find("claude-code").Entries(d.code, l, nil); err != nil || len(entries) != 1 || entries[0].Kind != clients.Ours {
		t.Errorf("%+v %v", entries, err)
	}
}
