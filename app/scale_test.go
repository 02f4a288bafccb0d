package app

import (
	"os"
	"testing"

	"mcp-companion/companion"
)

func TestTheWindowIsDrawnAsLargeAsChosen(t *testing.T) {
	t.Setenv(scaleVar, "")
	w := open(t, &fake{}, sample())
	at := func(percent int) string {
		s := sample()
		s.Settings.TextSize = percent
		w.Render(s)
		return os.Getenv(scaleVar)
	}
	if a, b, c := at(130), at(100), at(0); a != "1.30" || b != "" || c != "" {
		t.Errorf("at 130 %%: %q, 100: %q, unsaid: %q", a, b, c)
	}
}

func TestWhatTheUserSaysToFyneIsKept(t *testing.T) {
	t.Setenv(scaleVar, "1.5")
	w := open(t, &fake{}, companion.State{Settings: companion.SettingsState{TextSize: 120}})
	if got := os.Getenv(scaleVar); got != "1.80" {
		t.Errorf("in all %s", got)
	}
	w.Render(companion.State{Settings: companion.SettingsState{TextSize: 100}})
	if got := os.Getenv(scaleVar); got != "1.5" {
		t.Errorf("back to %s", got)
	}
}
