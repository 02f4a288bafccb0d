package doctor

import (
	"maps"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// copied is s with lists and maps of its own.
func copied(s *servers.Server) *servers.Server {
	c := *s
	c.Args, c.Env, c.Headers, c.HideTools = slices.Clone(s.Args), maps.Clone(s.Env), maps.Clone(s.Headers), slices.Clone(s.HideTools)
	return &c
}

// place is where a value stands, as far as that says what it may be.
type place string

const (
	inCommand place = "command"
	inArgs    place = "args"
	inEnv     place = "env"
	inHeaders place = "headers"
	inCwd     place = "cwd"
	inURL     place = "url"
)

// mapValues replaces every value of s by what f makes of it, and reports whether
// any changed. name is the variable's or header's, or the flag before an argument.
func mapValues(s *servers.Server, f func(at place, name, value string) string) bool {
	changed := false
	put := func(p *string, at place, name string) {
		if v := f(at, name, *p); v != *p {
			*p, changed = v, true
		}
	}
	put(&s.Command, inCommand, "")
	put(&s.Cwd, inCwd, "")
	put(&s.URL, inURL, "")
	for i := range s.Args {
		flag := ""
		if i > 0 && strings.HasPrefix(s.Args[i-1], "-") {
			flag = s.Args[i-1]
		}
		put(&s.Args[i], inArgs, flag)
	}
	for _, group := range []struct {
		at     place
		values map[string]string
	}{{inEnv, s.Env}, {inHeaders, s.Headers}} {
		for _, k := range slices.Sorted(maps.Keys(group.values)) {
			v := group.values[k]
			put(&v, group.at, k)
			group.values[k] = v
		}
	}
	return changed
}

// firstValue is the first value that f tells of.
func firstValue(s *servers.Server, f func(at place, name, value string) bool) (name, value string, ok bool) {
	mapValues(copied(s), func(at place, n, v string) string {
		if !ok && f(at, n, v) {
			name, value, ok = n, v, true
		}
		return v
	})
	return name, value, ok
}

// shown is a value as a sentence may show it: not if it may be a key.
func shown(name, value string) string {
	if configs.LooksSecret(name, value) {
		return name
	}
	return value
}

// shownAddress is the address without where services like to have their keys.
func shownAddress(address string) string {
	before, _, _ := strings.Cut(address, "?")
	return configs.Mask(before)
}

var namedRule = configs.Pattern(`^(-{0,2}[A-Za-z][\w-]*)(=|: ?)(.+)$`)

// named takes an argument that names its value apart: --token=x, -e TOKEN=x,
// --header "Authorization: x". before is all in front of the value.
func named(at place, flag, value string) (name, rest, before string) {
	m := namedRule().FindStringSubmatch(value)
	if at == inArgs && m != nil && !strings.HasPrefix(m[3], "//") { // an address
		return m[1], m[3], m[1] + m[2]
	}
	return flag, value, ""
}

var (
	noKeyRule   = configs.Pattern(`^([\d.,]+|true|false|[A-Za-z]:\\.*|/.*|\$.*|-.*|https?://[^@]*)$`)
	accountRule = configs.Pattern(`://[^/\s:@]*:[^/\s@$<]+@`)
	wordOfKeys  = configs.Pattern(`(?i)\b(bearer|basic|token) `)
)

// isPlainKey reports whether value is likely a key and no reference to one. How a
// thing is called is not enough: MAX_TOKENS is a number.
func isPlainKey(name, value string) bool {
	if value == "" || servers.HasSecret(value) || isPlaceholder(value) {
		return false
	}
	if configs.LooksSecret("", value) || accountRule().MatchString(value) {
		return true
	}
	return configs.LooksSecret(name, "") && len(value) >= 8 && !noKeyRule().MatchString(value) && (!strings.Contains(value, " ") || wordOfKeys().MatchString(value))
}
