package app

import (
	"testing"

	"mcp-companion/servers/catalog"
)

func TestEveryCategoryHasItsPicture(t *testing.T) {
	for _, c := range catalog.Categories() {
		if kindIcons[c.ID] == nil {
			t.Errorf("%s has none", c.ID)
		}
	}
	if iconOfKind("") != iconPasted || iconOfKind("of a later version") != iconPasted {
		t.Error("what has no category looks as if it had")
	}
}
