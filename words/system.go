package words

import (
	"cmp"
	"os"
	"strings"
)

// system are the account's languages, best first, as BCP 47 tags: what the
// environment says (gettext's variables), else the system.
func system() []string {
	if tags, ok := ofEnvironment(os.Getenv); ok {
		return tags
	}
	return ofSystem()
}

// ofEnvironment reads gettext's variables: LANGUAGE is a list, and counts where the
// locale is not C (https://www.gnu.org/software/gettext/manual/html_node/The-LANGUAGE-variable.html).
// ok is false where they say nothing.
func ofEnvironment(get func(string) string) (tags []string, ok bool) {
	locale := cmp.Or(get("LC_ALL"), get("LC_MESSAGES"), get("LANG"))
	if locale == "" {
		return nil, false
	}
	if tagOf(locale) == "" {
		return nil, true
	}
	for _, l := range append(strings.Split(get("LANGUAGE"), ":"), locale) {
		if tag := tagOf(l); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags, true
}

// tagOf makes de-DE of de_DE.UTF-8 and of de_DE@euro; C and POSIX are none.
func tagOf(locale string) string {
	locale, _, _ = strings.Cut(locale, ".")
	locale, _, _ = strings.Cut(locale, "@")
	if locale == "C" || locale == "POSIX" {
		return ""
	}
	return strings.ReplaceAll(locale, "_", "-")
}
