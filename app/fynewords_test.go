package app

import (
	"testing"

	"fyne.io/fyne/v2/lang"

	"mcp-companion/words"
)

func TestFynesOwnPartsSpeakTheChosenLanguage(t *testing.T) {
	t.Cleanup(func() {
		words.Use()
		SpeakFyne()
	})
	for tag, want := range map[string][2]string{"de": {"Ausschneiden", "Eine Ebene höher"}, "ja": {"切り取り", "上のフォルダー"}, "en": {"Cut", "One folder up"}} {
		words.Use(tag)
		SpeakFyne()
		for _, system := range []string{"de_DE.UTF-8", "fr_FR.UTF-8", "zh_CN.UTF-8", "C", "cs_CZ"} {
			t.Setenv("LC_ALL", system)
			lang.AddTranslationsForLocale([]byte("{}"), "en") // looks at the system anew
			if got := [2]string{lang.L("Cut"), lang.X("file.parent", "Parent")}; got != want {
				t.Errorf("%s on %s: %q", tag, system, got)
			}
		}
	}
}
