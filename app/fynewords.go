package app

import (
	"encoding/json"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"mcp-companion/words"
)

// SpeakFyne puts our sentences in the place of those that Fyne's own parts show: menus
// of fields, file dialogs. Fyne looks for them in the system's language, which need
// not be the one that its user chose here: whatever it takes, it finds ours. It is
// called once, before New: Fyne keeps all it was ever given.
func SpeakFyne() {
	text, err := json.Marshal(map[string]string{
		"Cancel": words.Say("fyne.cancel"), "Copy": words.Say("fyne.copy"), "Create Folder": words.Say("fyne.create-folder"),
		"Cut": words.Say("fyne.cut"), "Enter filename": words.Say("fyne.file-name"), "Favourites": words.Say("fyne.favourites"),
		"File": words.Say("fyne.file"), "Folder": words.Say("fyne.folder"), "New Folder": words.Say("fyne.new-folder"),
		"Open": words.Say("fyne.open"), "Paste": words.Say("fyne.paste"), "Quit": words.Say("fyne.quit"), "Redo": words.Say("fyne.redo"),
		"Save": words.Say("fyne.save"), "Select all": words.Say("fyne.select-all"), "Show Hidden Files": words.Say("fyne.hidden"),
		"Undo": words.Say("fyne.undo"), "file.name": words.Say("fyne.name"), "file.parent": words.Say("fyne.parent"),
	})
	if err != nil {
		panic(err) // strings
	}
	for _, l := range fyneLocales {
		if err := lang.AddTranslationsForLocale(text, l); err != nil {
			fyne.LogError("fyne's words in "+l.String(), err)
		}
	}
}

// fyneLocales are the languages that Fyne speaks itself.
var fyneLocales = []fyne.Locale{"cs", "de", "el", "en", "es", "fr", "ja", "pl", "pt", "pt-BR", "ru", "sv", "ta", "uk", "zh-Hans"}
