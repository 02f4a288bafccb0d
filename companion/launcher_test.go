package companion

import (
	"os"
	"path/filepath"
	"testing"

	"mcp-companion/clients"
)

// A program that was downloaded under its release's name, or the window's where
// the lean one is missing: an entry must still be known as ours.
func TestEntriesNameTheLauncherWhateverThisProgramIsCalled(t *testing.T) {
	for _, name := range []string{"mcp-companion_1.0_linux_amd64", "mcp-companion-window"} {
		d := newDesk(t)
		exe := filepath.Join(d.system.Home, "downloads", name)
		os.MkdirAll(filepath.Dir(exe), 0o755)
		os.WriteFile(exe, []byte("the program"), 0o755)
		d.exe = exe
		d.add(t, "one")
		d.manage(t, "claude-code")
		entries, err := clients.Find("claude-code").Entries(d.code, d.launcherNow(), nil)
		if err != nil || len(entries) != 1 || entries[0].Kind != clients.Ours {
			t.Errorf("%s: %+v %v", name, entries, err)
		}
		if l := d.launcherNow(); text(t, l.Path) != "the program" {
			t.Errorf("%s: no launcher at %s", name, l.Path)
		}
	}
}
