// Package imports reads what other programs wrote about servers. Read and File
// make Offers of it, so that a form knows one model: what is to be filled in are
// fields, prefilled with what the text says. Entry makes a Found of a client's
// entry as it stands, to be taken over unchanged. One file a format.
//
// Its rules: nothing is started, fetched or, but for Unpack, written; what looks
// like a key never stays in a Server; a placeholder becomes a field that is still
// to be entered; what has no place becomes a sentence.
package imports

import (
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// Found is a server that a client's entry tells of.
type Found struct {
	Name   string // made one that servers.CheckName takes
	Server servers.Server
	// Env and Headers hold the values that look like keys, by variable or header; ""
	// where the entry has a placeholder(). They are not in Server.
	Env, Headers map[string]string
}

var placeholder = configs.Pattern(`(?i)^(your[_\- ].*|.*[_\- ]here|<.*>|\$\{input:.*\}|x{3,}|\.{3}|changeme|insert.*|replace.*|)$`)

// IsPlaceholder reports whether a value only stands where the user's own is to go.
func IsPlaceholder(value string) bool { return placeholder().MatchString(strings.TrimSpace(value)) }

var reference = configs.Pattern(`^(Bearer )?\$\{?[A-Za-z_]`)

// lift takes what looks like a key out of values.
func lift(values map[string]string) (plain, keys map[string]string) {
	for name, v := range values {
		secret := configs.LooksSecret(name, v) && !reference().MatchString(v)
		if secret || IsPlaceholder(v) && strings.Contains(v, "${input:") {
			if keys == nil {
				keys = map[string]string{}
			}
			if keys[name] = v; IsPlaceholder(v) {
				keys[name] = ""
			}
			continue
		}
		if plain == nil {
			plain = map[string]string{}
		}
		plain[name] = v
	}
	return plain, keys
}

var notInName = configs.Pattern(`[^A-Za-z0-9]+`)

// Name makes a name that every client can carry of what a text calls a server.
func Name(text string) string {
	text = text[strings.LastIndexByte(text, '/')+1:]
	text = strings.Trim(notInName().ReplaceAllString(text, "-"), "-")
	if len(text) > 32 {
		text = strings.TrimRight(text[:32], "-")
	}
	if text == "" {
		return "server"
	}
	return text
}
