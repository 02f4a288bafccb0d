//go:build unix

package projects

import (
	"os"
	"path/filepath"
	"testing"

	"mcp-companion/words"
)

// A link to an empty folder fills that; one to nothing stays.
func TestLinksAreFollowedOrRefused(t *testing.T) {
	dir := t.TempDir()
	real, link, broken := filepath.Join(dir, "real"), filepath.Join(dir, "link"), filepath.Join(dir, "broken")
	for _, err := range []error{os.Mkdir(real, 0o755), os.Symlink(real, link), os.Symlink(filepath.Join(dir, "nothing"), broken)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Create(t.Context(), Request{Template: "python", Name: "x", Folder: link}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(real, "server.py")); err != nil {
		t.Error(err)
	}
	if _, err := Create(t.Context(), Request{Template: "python", Name: "x", Folder: broken}); !words.Has(err, words.FolderTaken) {
		t.Error(err)
	}
}
