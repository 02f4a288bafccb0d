package app

import (
	"regexp"
	"strings"

	"fyne.io/fyne/v2"
)

var (
	secretName  = regexp.MustCompile(`(?i)(api[_-]?key|token|secret|passw(or)?d|credential|private[_-]?key|access[_-]?key|\bpat\b|_pat$|dsn|connection[_-]?string|^authorization$)`)
	secretValue = regexp.MustCompile(`^(Bearer )?(sk-|ghp_|github_pat_|xox[bpcd]-|AKIA|AIza|eyJ|ntn_|hf_|glsa_|figd_)`)
)

// looksSecret reports whether a variable is likely a key that should not stand
// in plain text: by its name, or by a value that begins as known keys do.
func looksSecret(name, value string) bool {
	if strings.TrimSpace(value) == "" {
		return false
	}
	return secretName.MatchString(name) || secretValue.MatchString(strings.TrimSpace(value))
}

// trimKey removes what comes along when a key is copied from a page: blanks,
// line ends and quotes around it.
func trimKey(text string) string {
	for {
		was := text
		text = strings.TrimSpace(text)
		for _, q := range []string{`""`, `''`, "``", "“”", "‘’"} {
			open, shut := []rune(q)[0], []rune(q)[1]
			r := []rune(text)
			if len(r) >= 2 && r[0] == open && r[len(r)-1] == shut {
				text = string(r[1 : len(r)-1])
			}
		}
		if text == was {
			return text
		}
	}
}

// forgetClip empties the clipboard while it still holds the key.
func forgetClip(key string) {
	clip := fyne.CurrentApp().Clipboard()
	if key != "" && trimKey(clip.Content()) == key {
		clip.SetContent("")
	}
}
