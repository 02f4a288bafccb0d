package imports

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"mcp-companion/configs"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// rule finds one way in which texts say "put your own here". Its first group, if
// any, is what the piece is called. The rules are asked in order; the first
// piece in the value counts, and of two at one place the earlier rule.
type rule struct {
	find  func() *regexp.Regexp
	fits  func(piece, before string) bool // nil for always
	whole bool                            // it must be the whole value
	rest  bool                            // it is never the whole value
	url   bool                            // only in addresses
	make  func(*maker, piece) string
}

// keyRule is how well-known services' keys begin.
var keyRule = configs.Pattern(`(?:ghp_|gho_|ghu_|ghs_|github_pat_|glpat-|\bsk-|\b[sr]k_(?:live|test)_|\bxox[a-z]-|\bxapp-|\bAKIA|\bAIza|\beyJ|\bntn_|\bhf_|\bglsa_|\bfigd_|\bsbp_|\btvly-|\bpplx-|\blin_api_|\bnpm_|\bdop_v1_|\bsntrys_|\bshpat_|\bATATT)[A-Za-z0-9_.\-]{6,}`)

// isRealKey tells a key from a word that only begins like one: sk-learn-mcp.
func isRealKey(text, _ string) bool {
	for _, p := range []string{"sk-", "hf_", "npm_", "secret_"} {
		if strings.HasPrefix(text, p) {
			return len(text) >= 16 && strings.ContainsAny(text, "0123456789")
		}
	}
	return true
}

// hasKey reports whether a well-known service's key stands in a text.
func hasKey(text string) bool {
	return slices.ContainsFunc(keyRule().FindAllString(text, -1), func(k string) bool { return isRealKey(k, "") })
}

// shown is a text as it may be shown: without what is or may be a key, glued to
// other letters or not, and without what would make it look like another text.
func shown(text string) string {
	text = keyRule().ReplaceAllStringFunc(configs.Mask(text), func(k string) string {
		if isRealKey(k, "") {
			return configs.MaskValue(k)
		}
		return k
	})
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r): // Cf turns the direction of writing, or is not seen
			return -1
		}
		return r
	}, text))
}

var rules []rule

// Rules call the maker and the maker asks the rules: the table is made late.
func init() {
	rules = []rule{
		{find: configs.Pattern(`\$\{(?:input:|user_config\.)([^{}]+)\}`), make: (*maker).asks},
		{find: configs.Pattern(`\$\{secret:[^{}]*\}`), make: func(m *maker, p piece) string { return m.fill(p, true) }},
		{find: configs.Pattern(`\$\{env:([A-Za-z_]\w*)\}`), make: (*maker).refers},
		{find: configs.Pattern(`\$\{([A-Za-z_]\w*(?::-[^{}]*)?)\}`), make: (*maker).refers},
		{find: configs.Pattern(`^\$([A-Za-z_]\w*)$`), whole: true, make: (*maker).refers},
		{find: configs.Pattern(`^%([A-Za-z_]\w*)%$`), whole: true, make: (*maker).refers},
		{find: configs.Pattern(`(?:[A-Za-z]:)?[\\/](?:[^\s:;,"'<>|*?=\\/]|<[^<>]*>|[\\/])*`), fits: isExamplePath, make: (*maker).path},
		{find: configs.Pattern(`^(?:\.{0,2}/)?(?:path[/\\]to|path-to)\b[^\s]*$`), whole: true, make: (*maker).path},
		{find: configs.Pattern(`^<[^<>]*(?i:path|dir|folder)[^<>]*>[\\/]\S*$`), whole: true, make: (*maker).path},
		{find: configs.Pattern(`(?i)\b(?:you|user|name|email|your[\w.-]*)@(?:example|company|domain|your[\w-]*)\.[a-z]+\b`), make: (*maker).names},
		{find: configs.Pattern(`\b[A-Za-z][\w-]{1,23}\*{3,}`), make: (*maker).starred},
		{find: configs.Pattern(`\$?\{\{\s*(?:secrets\.|env\.|vars\.)?([^{}]+?)\s*\}\}`), make: (*maker).names},
		{find: curly, url: true, make: (*maker).names},
		{find: configs.Pattern(`<([A-Za-z][^<>\n]{0,60})>`), make: (*maker).names},
		{find: configs.Pattern(`\[((?i:your)[^\[\]\n]{1,60})\]`), make: (*maker).names},
		{find: configs.Pattern(`^[\w-]{0,24}?(?:[xX]{3,}|\*{3,}|\.{3}|…)[\w-]{0,4}$`), whole: true, make: (*maker).names},
		{find: configs.Pattern(`^MY_[A-Z0-9_]+$`), whole: true, make: (*maker).names},
		{find: configs.Pattern(`(?i)^(?:change[-_ ]?me|todo|placeholder|insert[-_ ].*|replace[-_ ].*|enter[-_ ].*|paste[-_ ].*|(?:example|dummy|sample|test)[-_ ]?(?:key|token|secret|password))$`), whole: true, make: (*maker).names},
		{find: configs.Pattern(`(?i)(?:\b[a-z]{2,10}[-_])?\byour(?:[-_][\w-]*\w|(?:user|name|api|key|token|secret|domain|company|org|project|instance|password|team|workspace|host|site)[\w-]*)`), make: (*maker).names},
		{find: configs.Pattern(`(?i)^your [a-z][\w -]{1,60}$`), whole: true, make: (*maker).names},
		{find: configs.Pattern(`(?i)(?:\b[a-z]{2,10}[-_])?_?your_[\w-]*\w`), make: (*maker).names},
		{find: configs.Pattern(`(?i)\b[\w-]+[-_ ]here\b`), make: (*maker).names},
		{find: configs.Pattern(`://[^/\s:@"']*:([^/\s@"']+)@`), rest: true, make: (*maker).password},
		{find: configs.Pattern(`[?&][\w.-]*?(?i:key|token|secret|password|auth|sig)[\w.-]*=([^&#\s"']+)`), rest: true, make: (*maker).query},
		{find: keyRule, fits: isRealKey, make: func(m *maker, p piece) string { return m.key(p.name, p.text, p.at) }},
		{find: configs.Pattern(`/([A-Za-z0-9_-]{30,})\b`), fits: isRandom, rest: true, make: (*maker).segment},
	}
}

// first finds the first piece of what is left of a value.
func first(value, whole string, at place) (found *rule, loc []int) {
	for i := range rules {
		r := &rules[i]
		if r.whole && value != whole || r.url && at != inAddress {
			continue
		}
		l := r.at(value)
		if l != nil && l[1] > l[0] && (loc == nil || l[0] < loc[0]) {
			found, loc = r, l
		}
	}
	return found, loc
}

// at finds where the rule fits.
func (r *rule) at(value string) []int {
	for from := 0; from < len(value); {
		l := r.find().FindStringSubmatchIndex(value[from:])
		if l == nil {
			return nil
		}
		for i := range l {
			if l[i] >= 0 {
				l[i] += from
			}
		}
		if r.fits == nil || r.fits(value[l[0]:l[1]], value[:l[0]]) {
			return l
		}
		from = max(l[1], from+1)
	}
	return nil
}

var (
	exampleUser = configs.Pattern(`(?i)^[\\/](users|home)[\\/](<[^<>]*>|\$?user(name)?|your.*|you|me|name|%username%|xxx+)([\\/]|$)`)
	exampleDir  = configs.Pattern(`(?i)[\\/](path[\\/](to|of)\b|absolute[\\/]path|full[\\/]path|path[-_]to|your[-_]?(path|folder|dir|directory|project|file|user|name)\w*|<[^<>]*>|username[\\/]|parent_?folder)|^([a-z]:)?[\\/]path$`)
)

// isExamplePath reports whether a path is one of a text's, not of a computer.
func isExamplePath(path, before string) bool {
	if strings.HasSuffix(before, ":") && strings.HasPrefix(path, "//") || strings.HasSuffix(before, "://") || strings.Contains(before, "://") {
		return false // an address
	}
	if n := len(before); n > 0 && len(path) > 1 && path[1] == ':' && isLetter(before[n-1]) {
		return false // its scheme ends with the letter
	}
	if inContainer().MatchString(before) {
		return false
	}
	plain := path
	if len(plain) > 2 && plain[1] == ':' {
		plain = plain[2:]
	}
	plain = strings.ReplaceAll(plain, `\\`, `\`)
	return len(plain) > 1 && (exampleUser().MatchString(plain) || exampleDir().MatchString(plain))
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// inContainer is what stands before a path of a container's, not of the computer.
var inContainer = configs.Pattern(`(?:^|,)(?:dst|target|destination)=$`)

// isRandom reports whether part of an address looks like a key: long, and both
// letters and digits.
func isRandom(text, before string) bool {
	if !strings.Contains(before, "://") {
		return false
	}
	digits := strings.Count(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, text), "#")
	return digits >= 4 && digits < len(text)-8
}

// asks refers to what the text itself asks for.
func (m *maker) asks(p piece) string {
	f, ok := m.asked[p.part]
	if !ok {
		return m.fill(piece{name: p.part, text: "", at: p.at, isWhole: true}, configs.LooksSecret(p.part+" "+p.name, ""))
	}
	if f.Kind == catalog.Secret {
		if p.at == inPath {
			m.stuck = true
			return ""
		}
		f.Exposed = p.at.isSeen()
		if len(f.Given) > 0 {
			m.moved++
		}
	}
	if f.Label == "" {
		f.Label = readable(p.part)
	}
	return m.put("?"+p.part, f, p.part)
}

// refers makes a field of a reference to a variable of the user's own.
func (m *maker) refers(p piece) string {
	name, def, _ := strings.Cut(p.part, ":-")
	if home := homeDir(); home != "" && (name == "HOME" || name == "userHome" || name == "USERPROFILE") {
		return home
	}
	if own, ok := m.env[name]; ok && own != "" && p.at == inArgs {
		if m.isBridge() { // it fills them in itself, where nobody sees it
			return p.text
		}
		return m.template(name, own, inArgs)
	}
	f := catalog.Field{Kind: catalog.Text, Label: readable(name), Required: def == "", Default: def}
	switch {
	case strings.HasPrefix(name, "workspace"):
		f.Kind = catalog.Folder
	case configs.LooksSecret(name, ""), p.isWhole && configs.LooksSecret(p.name, ""):
		if p.at == inPath {
			m.stuck = true
			return ""
		}
		f.Kind, f.Exposed, f.Default = catalog.Secret, p.at.isSeen(), ""
		if def != "" {
			f.Given = catalog.Given{def}
		}
	case hasKey(def):
		m.stuck = true
		return ""
	}
	return m.put("$"+name, f, name)
}

// isBridge reports whether the program is mcp-remote, whose page tells to keep
// the key in a variable.
func (m *maker) isBridge() bool {
	return slices.ContainsFunc(m.raw.args, func(a string) bool { return a == "mcp-remote" || strings.HasPrefix(a, "mcp-remote@") })
}

func homeDir() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return home
}

// names makes a field of a placeholder that says what is to go there.
func (m *maker) names(p piece) string {
	return m.fill(p, configs.LooksSecret(p.name, "") && p.isWhole || saysKey().MatchString(p.text) || p.at == inHeader && strings.EqualFold(p.name, "authorization"))
}

// starred makes a field of a key of which only the beginning is shown.
func (m *maker) starred(p piece) string {
	p.isWhole = true
	return m.fill(p, true)
}

var saysKey = configs.Pattern(`(?i)(key|token|secret|passw|credential|\bpat\b|_pat|^sk-|^gh[po]_)`)

// fill makes a field of a placeholder.
func (m *maker) fill(p piece, secret bool) string {
	said := p.part
	if said == "" {
		said = strings.Trim(p.text, "<>{}[] ")
	}
	hint := p.name
	if hint == "" || !p.isWhole && p.at != inHeader {
		hint = said
	}
	if n := len(readable(hint)); n == 0 || n == 1 && p.at == inArgs { // -v says little
		hint = said
	}
	f := catalog.Field{Kind: kindOf(hint+" "+said, p.text), Label: readable(hint), Required: true, Placeholder: p.text}
	if hint != said && len(said) > 6 && !strings.EqualFold(readable(said), f.Label) && strings.ContainsAny(said, " -_") {
		f.Help = readable(said)
	}
	if p.whole != p.text && p.name != "" && p.at != inHeader && !hasKey(p.whole) {
		f.Help = words.Say("import.field.part", "Value", shown(p.whole))
	}
	if secret {
		if p.at == inPath {
			m.stuck = true
			return ""
		}
		f.Kind, f.Exposed, f.Placeholder = catalog.Secret, p.at.isSeen(), ""
	}
	if hasKey(p.text) {
		f.Placeholder, f.Help = "", ""
	}
	return m.put("<"+p.name+"\x00"+p.text, f, hint)
}

// path makes a field of an example's path: a file's where it has an ending.
func (m *maker) path(p piece) string {
	f := catalog.Field{Kind: catalog.Folder, Required: true, Placeholder: p.text}
	last := strings.TrimRight(strings.ReplaceAll(p.text, `\`, "/"), "/")
	last = last[strings.LastIndexByte(last, '/')+1:]
	if fileEnding().MatchString(last) || p.at == inPath && p.name == "command" {
		f.Kind = catalog.File
	}
	hint := last
	if p.name != "" && p.isWhole && p.at != inPath {
		hint = p.name
	}
	f.Label = readable(hint)
	if hasKey(p.text) {
		m.stuck = true
		return ""
	}
	return m.put("/"+p.text, f, hint)
}

var fileEnding = configs.Pattern(`\.[A-Za-z][A-Za-z0-9]{0,6}$`)

// password takes the one in an address out: ://name:PASSWORD@host.
func (m *maker) password(p piece) string {
	return m.inner(p, words.Say("import.field.password"))
}

// query takes a key out of an address's query.
func (m *maker) query(p piece) string {
	name := strings.TrimLeft(p.text[:strings.IndexByte(p.text, '=')], "?&")
	if v := p.part; noKey().MatchString(v) {
		return p.text
	}
	return m.inner(p, name)
}

// segment takes a key out of an address's path.
func (m *maker) segment(p piece) string { return m.inner(p, "") }

// inner puts a secret field in the place of a piece's part.
func (m *maker) inner(p piece, name string) string {
	at := strings.LastIndex(p.text, p.part)
	before, after := p.text[:at], p.text[at+len(p.part):]
	if inside, ok := m.pieces("", before, p.at); ok {
		before = inside
	}
	if inside, ok := m.pieces(name, p.part, p.at); ok {
		return before + inside + after
	}
	if p.at == inPath {
		m.stuck = true
		return ""
	}
	if commonPassword().MatchString(p.part) {
		f := catalog.Field{Kind: catalog.Secret, Label: readable(name), Required: true, Exposed: p.at.isSeen()}
		return before + m.put("<"+name+"\x00"+p.part, f, name) + after
	}
	value := p.part
	if p.at == inAddress {
		value = unescaped(value)
	}
	return before + m.key(name, value, p.at) + after
}

var commonPassword = configs.Pattern(`(?i)^(pass(word)?|passwd|pw|pwd|secret|token|key|api_?key)$`)

// noKey is what is no key although its name says so.
var noKey = configs.Pattern(`(?i)^(true|false|yes|no|on|off|none|null|[A-Za-z]:\\.*|~?/.*|\.{1,2}/.*|[a-z][a-z0-9+.-]*://[^@\s]*)$`)

var (
	countName = configs.Pattern(`(?i)(max|min|limit|count|length|size|ttl|timeout|expir|window|budget|tokens$)`)
	aboutKeys = configs.Pattern(`(?i)[_-](file|path|dir|url|uri|endpoint|name|type|method|header|prefix|scopes?|algorithm|env|var)$`)
	onlyDigit = configs.Pattern(`^[\d.,]+$`)
)

// isKey reports whether a value of this name is a key. What it is called is not
// enough: MAX_TOKENS is a number, and TOKEN_FILE a path.
func isKey(name, value string) bool {
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return false
	case hasKey(value):
		return true
	case !configs.LooksSecret(name, "") || noKey().MatchString(value):
		return false
	case onlyDigit().MatchString(value) && countName().MatchString(name):
		return false
	}
	return !aboutKeys().MatchString(name) || len(value) >= 24 && isRandom(value, "://")
}
