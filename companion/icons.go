package companion

import "mcp-companion/words"

// SetIcon is a mark that a set can have. Its Name is what the library keeps; Sign
// stands for it where only text can be shown.
type SetIcon struct{ Name, Sign string }

// SetIcons lists the marks to choose from. The signs are in the fonts of every
// desktop, and none is coloured.
var SetIcons = []SetIcon{
	{"code", "‹›"},
	{"search", "○"},
	{"data", "≡"},
	{"work", "■"},
	{"home", "⌂"},
	{"star", "★"},
	{"heart", "♥"},
	{"sun", "☼"},
}

// Say is what the mark is called.
func (i SetIcon) Say() string { return words.Say("set.icon." + i.Name) }

// Line is the set's name with the sign of its mark before it, if it has one that is
// known.
func (s SetState) Line() string {
	for _, i := range SetIcons {
		if i.Name == s.Icon {
			return i.Sign + " " + s.Name
		}
	}
	return s.Name
}
