package imports

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Hide is s with every text that looks like a key replaced by what hole gives for it:
// in variables and headers, behind a flag or a name among the arguments, in an address.
// name is what the key is called there, "" for nothing. References (${...}) stay.
func Hide(s servers.Server, hole func(name, key string) string) servers.Server {
	h := hider{hole}
	s.Env, s.Headers = maps.Clone(s.Env), maps.Clone(s.Headers)
	for _, name := range sorted(s.Env) {
		s.Env[name] = h.value(name, s.Env[name], inEnv)
	}
	for _, name := range sorted(s.Headers) {
		s.Headers[name] = h.value(name, s.Headers[name], inHeader)
	}
	s.Args = h.args(s.Args)
	s.URL = h.value("", s.URL, inAddress)
	s.Command, s.Cwd = h.value("", s.Command, inPath), h.value("", s.Cwd, inPath)
	return s
}

type hider struct{ hole func(name, key string) string }

// args are arguments without their keys, which are called as the flag or the name
// before them.
func (h hider) args(list []string) []string {
	var out []string
	for i := range list {
		name, value, before := namedArg(list, i)
		out = append(out, before+h.value(name, value, inArgs))
	}
	return out
}

// value is one value without its keys.
func (h hider) value(name, value string, at place) string {
	if value == "" {
		return value
	}
	word := wordOfKeys().FindString(value)
	rest := value[len(word):]
	whole := isKey(name, rest) || isNearlyKey(name, rest) || strings.EqualFold(name, "Cookie") ||
		word != "" && (at == inHeader || opaque().MatchString(rest)) || at == inHeader && keyHeader().MatchString(name) && opaque().MatchString(rest)
	if whole && !strings.Contains(rest, "${") && at != inPath && !strings.Contains(rest, "://") {
		return word + h.hole(firstOf(name, strings.TrimSpace(word)), rest)
	}
	return h.pieces(name, value)
}

var (
	nearlyKey = configs.Pattern(`(?i)(?:^|[^a-z])(?:key|auth|api|session|cookie|sid)$`)
	account   = configs.Pattern(`^[^\s:/]+:[^\s/]*[^\s\d/][^\s/]*$`) // NAME:PASSWORD, and no NAME:PORT
)

// isNearlyKey reports whether a value is a key whose name alone doesn't say so: it has
// to look like one as well.
func isNearlyKey(name, value string) bool {
	if !nearlyKey().MatchString(name) {
		return false
	}
	return len(value) >= 16 && opaque().MatchString(value) && isRandom(value, "://") || account().MatchString(value) && !noKey().MatchString(value)
}

// hidden are the places where a key can be a part of a value. Where a rule has a
// group, the key is that. All are asked.
var hidden = []struct {
	find func() *regexp.Regexp
	fits func(piece, before string) bool // nil for always
	name func(match string) string       // what the key is called; nil for as the value
	says bool                            // what it is called has to say that it is one
}{
	{find: configs.Pattern(`://[^/\s:@"']*:([^/\s@"']+)@`), name: func(string) string { return words.Say("import.field.password") }},
	{find: configs.Pattern(`://([^/\s:@"']{16,})@`), fits: isRandom},
	{find: configs.Pattern(`[?&#][\w.-]*?(?i:key|token|secret|password|auth|sig)[\w.-]*=([^&#\s"']+)`), name: before("=")},
	{find: configs.Pattern(`[?&#][\w.-]+=([A-Za-z0-9_-]{20,})`), fits: isRandom, name: before("=")},
	{find: configs.Pattern(`hooks\.slack\.com/\w+/([\w/-]{16,})`)},
	{find: configs.Pattern(`"[\w.-]+"\s*:\s*"(?:(?i:bearer|basic|token) +)?((?:[^"\\]|\\.)+)"`), name: before(`"`), says: true}, // JSON in a variable
	{find: configs.Pattern(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?:-?[^-])*(?:-----END [A-Z ]*PRIVATE KEY-----)?`)},
	{find: configs.Pattern(`(?:^|[;\s])[\w-]+\s*=\s*([^;\s"']+)`), name: before("="), says: true},          // what a database is connected with
	{find: configs.Pattern(`(?:^|\s)--?[\w-]+[=\s]\s*([^\s"'-][^\s"']*)`), name: before("= "), says: true}, // a shell's line
	{find: configs.Pattern(`\b\d{8,10}:[\w-]{35}\b`)},                                                      // Telegram's
	{find: keyRule, fits: isRealKey},
	{find: configs.Pattern(`/([A-Za-z0-9_-]{30,})\b`), fits: isRandom},
}

// before gives what stands in a match before the first of these characters, without
// what joins it to others.
func before(ends string) func(string) string {
	return func(match string) string {
		name := strings.TrimLeft(match, "?&#;-\" \t\r\n")
		if i := strings.IndexAny(name, ends); i >= 0 {
			name = name[:i]
		}
		return strings.TrimSpace(name)
	}
}

// part is where in a value a key stands, and what it is called.
type part struct {
	from, to int
	name     string
}

// pieces replaces the keys that are parts of the value. Of two that overlap the
// first found counts.
func (h hider) pieces(name, value string) string {
	var found []part
	taken := make([]bool, len(value))
	for _, rule := range hidden {
		for _, l := range rule.find().FindAllStringSubmatchIndex(value, -1) {
			at := part{l[0], l[1], name}
			if len(l) > 3 && l[2] >= 0 {
				at.from, at.to = l[2], l[3]
			}
			if rule.name != nil {
				at.name = rule.name(value[l[0]:l[1]])
			}
			piece := value[at.from:at.to]
			if slices.Contains(taken[at.from:at.to], true) || strings.Contains(piece, "${") || noKey().MatchString(piece) || rule.fits != nil && !rule.fits(piece, value[:at.from]) || rule.says && !isKey(at.name, piece) {
				continue
			}
			found = append(found, at)
			for i := at.from; i < at.to; i++ {
				taken[i] = true
			}
		}
	}
	slices.SortFunc(found, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	from := 0
	for _, at := range found {
		b.WriteString(value[from:at.from])
		b.WriteString(h.hole(at.name, value[at.from:at.to]))
		from = at.to
	}
	return b.String() + value[from:]
}
