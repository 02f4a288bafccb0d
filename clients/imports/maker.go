package imports

import (
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// place says where a value stands: what may hide there, and what is seen.
type place int

const (
	inEnv place = iota
	inHeader
	inArgs    // other programs see it
	inAddress // likewise
	inPath    // a program's or folder's: no key can be there
)

func (p place) isSeen() bool { return p == inArgs || p == inAddress }

// maker makes templates of values, and fields of what is to be filled in.
type maker struct {
	*raw
	text   string // everything that was written, where some of it stays a reference
	fields []catalog.Field
	byName map[string]string // what a field was made of: its id
	moved  int               // keys taken out
	stuck  bool              // a key is where it can't be taken out
}

// The longest value in which something to fill in is looked for, in bytes, and
// how many such things a value and a server have at most: a text can be anything.
const (
	longest    = 16 << 10
	mostPieces = 50
	mostFields = 300
)

// templates makes templates of variables or headers.
func (m *maker) templates(values map[string]string, at place) map[string]string {
	var out map[string]string
	for _, name := range sorted(values) {
		if out == nil {
			out = map[string]string{}
		}
		out[name] = m.template(name, values[name], at)
	}
	return out
}

// arguments makes templates of them. One that is only there when an optional
// field is filled in takes the flag before it along.
func (m *maker) arguments(list []string) []catalog.Arg {
	var out []catalog.Arg
	for i := range list {
		name, value, before := namedArg(list, i)
		t := before + m.template(name, value, inArgs)
		f := m.only(t)
		switch {
		case f == nil:
			out = append(out, catalog.Arg{Text: t})
		case f.Multiple && t == "${"+f.ID+"}" && !m.repeats:
			out = append(out, catalog.Arg{Each: f.ID, Args: []string{"${item}"}})
		case f.Multiple:
			group, rest := m.withFlag(list, i, strings.ReplaceAll(t, "${"+f.ID+"}", "${item}"), before, out)
			out = append(rest, catalog.Arg{Each: f.ID, Args: group})
		case f.Required:
			out = append(out, catalog.Arg{Text: t})
		default:
			group, rest := m.withFlag(list, i, t, before, out)
			out = append(rest, catalog.Arg{When: f.ID, Args: group})
		}
	}
	return out
}

// withFlag takes the flag in front of a value out of the arguments so far and
// puts it before the value.
func (m *maker) withFlag(list []string, i int, t, before string, out []catalog.Arg) (group []string, rest []catalog.Arg) {
	last := len(out) - 1
	if i == 0 || last < 0 || !isFlag(list[i-1]) || out[last].Text != list[i-1] || before != "" && !strings.HasSuffix(before, ":") {
		return []string{t}, out
	}
	return []string{list[i-1], t}, out[:last]
}

// only is the field that a template has, once or more, nil where it has none or
// several.
func (m *maker) only(template string) *catalog.Field {
	at := fieldRule().FindAllStringSubmatch(template, -1)
	if len(at) == 0 || slices.ContainsFunc(at, func(x []string) bool { return x[1] != at[0][1] }) {
		return nil
	}
	for i := range m.fields {
		if m.fields[i].ID == at[0][1] {
			return &m.fields[i]
		}
	}
	return nil
}

var (
	fieldRule = configs.Pattern(`\$\{([a-z][A-Za-z0-9]{0,39})\}`)
	carrier   = configs.Pattern(`(?i)^(headers?|h|env|e)$`)
	namedRule = configs.Pattern(`^(-{0,2}[A-Za-z][\w-]*)(=|: ?)(.+)$`)
)

// namedArg takes apart what an argument's value is called: by itself (--key=x,
// KEY=x, "Authorization: x") or by the flag before it.
func namedArg(list []string, i int) (name, value, before string) {
	text := list[i]
	if m := namedRule().FindStringSubmatch(text); m != nil && !strings.HasPrefix(m[3], "//") && len(m[1]) > 1 {
		name, value, before = strings.TrimLeft(m[1], "-"), m[3], m[1]+m[2]
		if inner := namedRule().FindStringSubmatch(value); inner != nil && carrier().MatchString(name) { // --header=Authorization: x
			name, value, before = inner[1], inner[3], before+inner[1]+inner[2]
		}
		return name, value, before
	}
	if i > 0 && isFlag(list[i-1]) && !isFlag(text) {
		return strings.TrimLeft(list[i-1], "-"), text, ""
	}
	return "", text, ""
}

func isFlag(text string) bool {
	return strings.HasPrefix(text, "-") && !strings.ContainsAny(text, "= ")
}

// undocker takes values out of docker's arguments: docker passes a variable of
// its own on where only its name is given, and nobody sees it.
func (m *maker) undocker() {
	if _, need := needs(m.command, m.args); len(need) == 0 || need[0].Kind != "docker" {
		return
	}
	args := slices.Clone(m.args)
	for i := range args {
		text, flag := args[i], ""
		switch {
		case i > 0 && (args[i-1] == "-e" || args[i-1] == "--env"):
		case strings.HasPrefix(text, "--env="):
			text, flag = strings.TrimPrefix(text, "--env="), "--env="
		default:
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		if _, has := m.env[name]; ok && isEnvName(name) && !has {
			if m.env == nil {
				m.env = map[string]string{}
			}
			m.env[name], args[i] = value, flag+name
		} else if ok && has && isEnvName(name) {
			args[i] = flag + name
		}
	}
	m.raw.args = args
}

var envName = configs.Pattern(`^[A-Za-z_][A-Za-z0-9_]*$`)

func isEnvName(text string) bool { return envName().MatchString(text) }

// template makes a template of one value.
func (m *maker) template(name, value string, at place) string {
	if value == "" {
		if at == inEnv || at == inHeader {
			return m.empty(name)
		}
		return value
	}
	if len(value) > longest || len(m.fields) > mostFields { // nothing that a page tells to fill in
		m.stuck = m.stuck || hasKey(value)
		return value
	}
	word := wordOfKeys().FindString(value)
	rest := value[len(word):]
	if out, ok := m.pieces(name, rest, at); ok {
		return word + out
	}
	if isKey(name, rest) || word != "" && opaque().MatchString(rest) || at == inHeader && keyHeader().MatchString(name) && opaque().MatchString(rest) {
		return word + m.key(name, rest, at)
	}
	return value
}

var (
	keyHeader = configs.Pattern(`(?i)(auth|key|cookie|signature)`) // names of headers that hold keys
	opaque    = configs.Pattern(`^[^\s<>{}$]{8,}$`)
)

// wordOfKeys is what stands before a key in a header.
var wordOfKeys = configs.Pattern(`(?i)^(bearer|basic|token|apikey|api-key|bot) +`)

// empty makes a field of a variable that has a name and no value.
func (m *maker) empty(name string) string {
	f := catalog.Field{Kind: catalog.Text, Label: readable(name)}
	if configs.LooksSecret(name, "") {
		f.Kind, f.Required = catalog.Secret, true
	}
	return m.put(name, f)
}

// pieces replaces every placeholder, reference and known key in value by its
// field; ok is false where there is none.
func (m *maker) pieces(name, value string, at place) (out string, ok bool) {
	var b strings.Builder
	whole := value
	for range mostPieces {
		rule, loc := first(value, whole, at)
		if rule == nil {
			break
		}
		ok = true
		part := ""
		if len(loc) > 3 && loc[2] >= 0 {
			part = value[loc[2]:loc[3]]
		}
		b.WriteString(value[:loc[0]])
		found := piece{name: name, text: value[loc[0]:loc[1]], part: part, whole: whole, at: at, isWhole: value[loc[0]:loc[1]] == whole}
		if rule.rest && loc[0] > 0 { // only a part of what matched is the value
			found.isWhole = false
		}
		b.WriteString(rule.make(m, found))
		value = value[loc[1]:]
	}
	b.WriteString(value)
	return b.String(), ok
}

// piece is a part of a value that stands for something else.
type piece struct {
	name    string // what the value is called, "" for nothing
	text    string // all of the piece
	part    string // what the rule's group holds of it
	whole   string // the value it is a part of
	at      place
	isWhole bool // the value is nothing else
}

// key makes a field of a key that the text has. In a path there is no place for
// one.
func (m *maker) key(name, value string, at place) string {
	if at == inPath {
		m.stuck = true
		return ""
	}
	label := readable(name)
	if name == "" {
		label = words.Say("import.field.key")
	}
	f := catalog.Field{Kind: catalog.Secret, Label: label, Required: true, Given: catalog.Given{value}, Exposed: at.isSeen()}
	if m.byName["\x00"+value] == "" {
		m.moved++
	}
	return m.put("\x00"+value, f, name)
}

// put adds a field, or finds the one that was made of the same, and returns how
// a template refers to it. hint is what its id is made of, if not key.
func (m *maker) put(key string, f catalog.Field, hint ...string) string {
	if id, ok := m.byName[key]; ok {
		for i := range m.fields {
			if m.fields[i].ID == id {
				m.fields[i].Exposed = m.fields[i].Exposed || f.Exposed
			}
		}
		return "${" + id + "}"
	}
	name := key
	if len(hint) > 0 {
		name = hint[0]
	}
	f.ID = m.freeID(name)
	if f.Label == "" {
		f.Label = f.ID
	}
	f.Label, f.Help = shown(f.Label), shown(f.Help)
	if m.byName == nil {
		m.byName = map[string]string{}
	}
	m.byName[key] = f.ID
	m.fields = append(m.fields, f)
	return "${" + f.ID + "}"
}

// sorted puts the required fields first; of very many optional ones, all are
// folded away.
func (m *maker) sorted() []catalog.Field {
	list := slices.Clone(m.fields)
	optional := 0
	for _, f := range list {
		if !f.Required {
			optional++
		}
	}
	for i := range list {
		if optional > 6 && !list[i].Required {
			list[i].Advanced = true
		}
	}
	rank := func(f catalog.Field) int {
		switch {
		case f.Required:
			return 0
		case f.Advanced:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b catalog.Field) int { return rank(a) - rank(b) })
	return list
}
