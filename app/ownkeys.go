package app

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"mcp-companion/companion"
	"mcp-companion/words"
)

// ownKeys is a choice of the keys that the user has already, in place of a new one.
type ownKeys struct {
	box    fyne.CanvasObject
	choice *choice
	keys   []companion.KeyState
	chosen func(id string) // "" for a new one
}

// newOwnKeys offers keys; nil where there are none.
func newOwnKeys(keys []companion.KeyState, chosen func(id string)) *ownKeys {
	if len(keys) == 0 {
		return nil
	}
	k := &ownKeys{keys: slices.Clone(keys), chosen: chosen}
	k.choice = newChoice(func(string) { k.onChoice() })
	k.choice.PlaceHolder = words.Say("app.ownkeys")
	options := []string{words.Say("app.ownkeys.new")}
	for _, key := range k.keys {
		options = append(options, unlike(options, fitRunes(keyLine(key), 60)))
	}
	k.choice.put(options, "")
	k.box = container.NewHBox(framed(320, k.choice))
	return k
}

// unlike is text, made another where one of others is the same.
func unlike(others []string, text string) string {
	for slices.Contains(others, text) {
		text += " ′"
	}
	return text
}

// keyLine is a key by its label and who uses it.
func keyLine(k companion.KeyState) string {
	if len(k.Servers) == 0 {
		return visible(k.Label)
	}
	return words.Say("app.ownkeys.one", "Key", visible(k.Label), "Names", strings.Join(k.Servers, ", "))
}

func (k *ownKeys) onChoice() {
	id := ""
	if i := k.choice.SelectedIndex(); i > 0 {
		id = k.keys[i-1].ID
	} else {
		k.choice.put(k.choice.Options, "") // the words of what it is for stand there again
	}
	k.chosen(id)
}

// put shows the key with this id as chosen, without telling anybody.
func (k *ownKeys) put(id string) {
	i := slices.IndexFunc(k.keys, func(s companion.KeyState) bool { return s.ID == id })
	if i < 0 {
		k.choice.put(k.choice.Options, "")
		return
	}
	k.choice.put(k.choice.Options, k.choice.Options[i+1])
}

// label is what the key with this id was entered for.
func (k *ownKeys) label(id string) string {
	for _, key := range k.keys {
		if key.ID == id {
			return key.Label
		}
	}
	return ""
}

// othersOf are the servers besides the named one that use the key.
func (w *Window) othersOf(id, name string) []string {
	for _, k := range w.state.Keys {
		if k.ID == id {
			return slices.DeleteFunc(slices.Clone(k.Servers), func(n string) bool { return n == name })
		}
	}
	return nil
}
