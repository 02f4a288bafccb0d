package companion

import (
	"os"
	"testing"

	"mcp-companion/files"
)

func TestSettingsAreReadAsEditorsLeaveThem(t *testing.T) {
	home := files.Home(t.TempDir())
	for text, want := range map[string]string{"": "", " \n": "", "\xef\xbb\xbf{\"language\": \"de\"}": "de"} {
		os.WriteFile(home.Settings(), []byte(text), 0o600)
		if s, err := ReadSettings(home); err != nil || s.Language != want {
			t.Errorf("%q: %v %v", text, s, err)
		}
	}
}
