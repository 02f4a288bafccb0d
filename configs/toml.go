package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// tomlDocument is a TOML file. go-toml says what it means, and after each edit
// that nothing else does; where each statement stands is found here, since no
// kept library tells it together with what it reads.
type tomlDocument struct {
	text
	tree  map[string]any
	lines []statement
}

// statement is a table's header or a key with its value. It ends with its line.
type statement struct {
	table      []string // the table it is in, or makes
	key        []string // nil for a header
	isArray    bool     // [[header]]
	start, end int
	value      int // where the value begins and ends
	valueEnd   int
}

func parseTOML(t text) (Document, error) {
	d := &tomlDocument{text: t}
	if err := d.read(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *tomlDocument) read() error {
	d.tree = map[string]any{}
	if err := toml.Unmarshal(d.data, &d.tree); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return &SyntaxError{d.path, line, column, withoutValues(strings.TrimPrefix(at.Error(), "toml: "))}
		}
		return syntaxError(d.path, d.data, 0, withoutValues(err.Error()))
	}
	d.lines = statements(d.data)
	return nil
}

// statements finds what stands where in a file that was found to be TOML.
func statements(data []byte) []statement {
	var list []statement
	var table []string
	for i := 0; i < len(data); {
		i += len(data[i:]) - len(bytes.TrimLeft(data[i:], " \t\r\n"))
		if i >= len(data) {
			break
		}
		s := statement{table: table, start: i}
		switch {
		case data[i] == '#':
			i = lineEnd(data, i)
			continue
		case data[i] == '[':
			s.isArray = i+1 < len(data) && data[i+1] == '['
			var name []string
			name, i = keyAt(data, i+1+len("[")*b2i(s.isArray))
			table = name
			s.table = name
		default:
			s.key, i = keyAt(data, i)
			i = bytes.IndexByte(data[i:], '=') + i + 1
			i += len(data[i:]) - len(bytes.TrimLeft(data[i:], " \t"))
			s.value = i
			i = valueEnd(data, i)
			s.valueEnd = i
		}
		i = lineEnd(data, i)
		s.end = i
		list = append(list, s)
	}
	return list
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// lineEnd is behind the line's end. A comment may hold quotes.
func lineEnd(data []byte, i int) int {
	if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(data)
}

// keyAt reads a dotted key and returns where it ends.
func keyAt(data []byte, i int) (key []string, end int) {
	for i < len(data) {
		switch c := data[i]; {
		case c == ' ' || c == '\t' || c == '.':
			i++
		case c == '"' || c == '\'':
			e := stringEnd(data, i)
			key = append(key, unquoteTOML(data[i:e]))
			i = e
		case c == ']' || c == '=':
			return key, i
		default:
			e := i
			for e < len(data) && !bytes.ContainsRune([]byte(" \t.=]"), rune(data[e])) {
				e++
			}
			key = append(key, string(data[i:e]))
			i = e
		}
	}
	return key, i
}

func unquoteTOML(quoted []byte) string {
	var v struct{ K string }
	if toml.Unmarshal(append([]byte("K = "), quoted...), &v) != nil {
		return string(quoted)
	}
	return v.K
}

// stringEnd is behind the string, of any of the four kinds, that begins at i.
func stringEnd(data []byte, i int) int {
	quote := data[i]
	long := bytes.HasPrefix(data[i:], bytes.Repeat([]byte{quote}, 3))
	n := 1
	if long {
		n = 3
	}
	for i += n; i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case data[i] == quote && !long:
			return i + 1
		case long && bytes.HasPrefix(data[i:], bytes.Repeat([]byte{quote}, 3)):
			for i += 3; i < len(data) && data[i] == quote; i++ { // up to two more are the string's own
			}
			return i
		}
	}
	return len(data)
}

// valueEnd is behind the value that begins at i.
func valueEnd(data []byte, i int) int {
	depth, start := 0, i
	for i < len(data) {
		switch data[i] {
		case '"', '\'':
			i = stringEnd(data, i)
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '#':
			if depth == 0 {
				return start + len(bytes.TrimRight(data[start:i], " \t"))
			}
			i = lineEnd(data, i)
			continue
		case '\n':
			if depth == 0 {
				return start + len(bytes.TrimRight(data[start:i], " \t\r"))
			}
		}
		i++
	}
	return start + len(bytes.TrimRight(data[start:], " \t\r\n"))
}

func (d *tomlDocument) find(at []string) (any, bool) {
	var v any = d.tree
	for _, name := range at {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

func (d *tomlDocument) Names(at ...string) ([]string, bool) {
	v, _ := d.find(at)
	m, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	var names []string
	for _, s := range d.lines { // in the file's order
		full := append(slices.Clone(s.table), s.key...)
		if len(full) > len(at) && slices.Equal(full[:len(at)], at) && !slices.Contains(names, full[len(at)]) {
			names = append(names, full[len(at)])
		}
	}
	for _, n := range slices.Sorted(maps.Keys(m)) { // within an inline table
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names, true
}

func (d *tomlDocument) Value(at ...string) ([]byte, bool) {
	if len(at) == 0 {
		return nil, false
	}
	v, ok := d.find(at)
	if !ok {
		return nil, false
	}
	return encodeJSON(v), true
}

// encodeJSON is what a format other than JSON holds, as JSON; what JSON has no
// word for (dates, infinity) is text.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return quote(fmt.Sprint(v))
	}
	return bytes.TrimSpace(b.Bytes())
}

func (d *tomlDocument) Set(value []byte, at ...string) error { return setVerified(d, value, at) }
func (d *tomlDocument) Remove(at ...string) error            { return removeVerified(d, at) }

// with is the file with the value put at the path.
func (d *tomlDocument) with(value []byte, at []string) ([]byte, error) {
	parent, name := at[:len(at)-1], at[len(at)-1]
	if v, ok := d.find(parent); ok {
		if _, isTable := v.(map[string]any); !isTable {
			return nil, syntaxError(d.path, d.data, d.offset(parent), fmt.Sprintf("%q is not a group", parent[len(parent)-1]))
		}
	}
	if s := d.statement(parent, name); s != nil {
		return splice(d.data, s.value, s.valueEnd, tomlValue(value)), nil
	}
	if _, there := d.find(at); there {
		if value[0] != '{' {
			return nil, d.unsafe(at)
		}
		without, err := d.without(at)
		if err != nil {
			return nil, err
		}
		fresh, err := parseTOML(text{path: d.path, data: without})
		if err != nil {
			return nil, err
		}
		return fresh.(*tomlDocument).with(value, at)
	}
	if value[0] == '{' && len(at) > 1 {
		return d.withTable(value, at)
	}
	return d.withKey(value, parent, name)
}

// withTable adds a table of its own behind its siblings.
func (d *tomlDocument) withTable(value []byte, at []string) ([]byte, error) {
	parent := at[:len(at)-1]
	var members map[string]json.RawMessage
	order, err := jsonMembers(value, &members)
	if err != nil {
		return nil, err
	}
	p := len(d.data)
	for _, s := range d.lines {
		if len(s.table) >= len(parent) && slices.Equal(s.table[:len(parent)], parent) && len(parent) > 0 {
			if s.isArray {
				return nil, d.unsafe(parent)
			}
			p = s.end
		} else if full := append(slices.Clone(s.table), s.key...); s.key != nil && len(full) >= len(parent) && slices.Equal(full[:len(parent)], parent) {
			return nil, d.unsafe(parent) // an inline table or dotted keys: no table may follow
		}
	}
	var b bytes.Buffer
	eol := d.eol()
	if p > 0 {
		if d.data[p-1] != '\n' {
			b.WriteString(eol)
		}
		b.WriteString(eol)
	}
	b.WriteString("[" + tomlKey(at) + "]")
	for _, name := range order {
		b.WriteString(eol + tomlKey([]string{name}) + " = ")
		b.Write(tomlValue(members[name]))
	}
	if p == 0 || d.data[p-1] == '\n' {
		b.WriteString(eol)
	}
	return splice(d.data, p, p, b.Bytes()), nil
}

// withKey adds a key to a table that has a header of its own, or to the root.
func (d *tomlDocument) withKey(value []byte, parent []string, name string) ([]byte, error) {
	p := -1
	if len(parent) == 0 {
		p = 0
	}
	for _, s := range d.lines {
		if slices.Equal(s.table, parent) && !s.isArray {
			p = s.end
		}
	}
	if p < 0 {
		return nil, d.unsafe(parent)
	}
	var line []byte
	if p > 0 && d.data[p-1] != '\n' {
		line = append(line, d.eol()...)
		line = slices.Concat(line, []byte(tomlKey([]string{name})+" = "), tomlValue(value))
	} else {
		line = slices.Concat([]byte(tomlKey([]string{name})+" = "), tomlValue(value), []byte(d.eol()))
	}
	return splice(d.data, p, p, line), nil
}

// statement is the line `name = ...` in the table.
func (d *tomlDocument) statement(table []string, name string) *statement {
	for i := range d.lines {
		if s := &d.lines[i]; !s.isArray && slices.Equal(s.table, table) && len(s.key) == 1 && s.key[0] == name {
			return s
		}
	}
	return nil
}

// without is the file without what is at the path.
func (d *tomlDocument) without(at []string) ([]byte, error) {
	if s := d.statement(at[:len(at)-1], at[len(at)-1]); s != nil {
		return splice(d.data, d.lineStart(s.start), s.end, nil), nil
	}
	out, shift, found := d.data, 0, false
	for i := 0; i < len(d.lines); i++ {
		s := d.lines[i]
		if len(s.table) < len(at) || !slices.Equal(s.table[:len(at)], at) {
			if full := append(slices.Clone(s.table), s.key...); s.key != nil && len(full) > len(at) && slices.Equal(full[:len(at)], at) {
				return nil, d.unsafe(at) // dotted keys
			}
			continue
		}
		end := s.end
		for i+1 < len(d.lines) && len(d.lines[i+1].table) >= len(at) && slices.Equal(d.lines[i+1].table[:len(at)], at) {
			i++
			end = d.lines[i].end
		}
		start := d.blankBefore(d.lineStart(s.start), end)
		out = splice(out, start-shift, end-shift, nil)
		shift += end - start
		found = true
	}
	if !found {
		return nil, d.unsafe(at)
	}
	return out, nil
}

// blankBefore takes the empty line before a block along; at the end of a file
// without a last line end, that of the line before as well.
func (d *tomlDocument) blankBefore(start, end int) int {
	if n := len(withoutEOL(d.data[:start])); n < start && (n == 0 || d.data[n-1] == '\n') {
		start = n
	}
	if end == len(d.data) && end > 0 && d.data[end-1] != '\n' {
		start = len(withoutEOL(d.data[:start]))
	}
	return start
}

// withoutEOL is text without its last line end, of either kind.
func withoutEOL(text []byte) []byte {
	if t, ok := bytes.CutSuffix(text, []byte("\n")); ok {
		return bytes.TrimSuffix(t, []byte("\r"))
	}
	return text
}

func (d *tomlDocument) lineStart(i int) int { return bytes.LastIndexByte(d.data[:i], '\n') + 1 }

// take makes edited the file, if nothing but what is at the path differs in it.
func (d *tomlDocument) take(edited []byte, at []string) error {
	fresh, err := parseTOML(text{path: d.path, data: edited})
	if err != nil || !sameBut(d.tree, fresh.(*tomlDocument).tree, at) {
		return d.unsafe(at)
	}
	d.data, d.tree, d.lines = edited, fresh.(*tomlDocument).tree, fresh.(*tomlDocument).lines
	return nil
}

// sameBut reports whether two trees are the same but for what is at the path, and
// for objects on the way to it that are empty in one and missing in the other.
func sameBut(a, b map[string]any, at []string) bool {
	for _, name := range slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b))) {
		x, inA := a[name]
		y, inB := b[name]
		if name != at[0] {
			if inA != inB || !bytes.Equal(encodeJSON(x), encodeJSON(y)) {
				return false
			}
			continue
		}
		if len(at) == 1 {
			continue
		}
		m, _ := x.(map[string]any)
		n, _ := y.(map[string]any)
		if !sameBut(m, n, at[1:]) {
			return false
		}
	}
	return true
}

// offset is where the path's first statement stands.
func (d *tomlDocument) offset(at []string) int {
	for _, s := range d.lines {
		if full := append(slices.Clone(s.table), s.key...); len(full) >= len(at) && slices.Equal(full[:len(at)], at) {
			return s.start
		}
	}
	return 0
}

func (d *tomlDocument) unsafe(at []string) error {
	e := syntaxError(d.path, d.data, d.offset(at), "")
	return &UnsafeError{d.path, e.Line, fmt.Sprintf("%s is written in a way that can't be changed without touching the rest", strings.Join(at, "."))}
}

func splice(data []byte, from, to int, text []byte) []byte {
	return slices.Concat(data[:from], text, data[to:])
}

var bareKey = Pattern(`^[A-Za-z0-9_-]+$`)

func tomlKey(at []string) string {
	var parts []string
	for _, name := range at {
		if !bareKey().MatchString(name) {
			name = string(tomlString(name))
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, ".")
}

// tomlString is a basic string. JSON's escapes are TOML's, but for DEL.
func tomlString(s string) []byte { return bytes.ReplaceAll(quote(s), []byte{0x7f}, []byte(`\u007f`)) }

// tomlValue is a JSON value as TOML on one line. TOML has no null: it is left out
// of objects, and an empty text elsewhere.
func tomlValue(value []byte) []byte {
	switch value[0] {
	case '"':
		var s string
		_ = json.Unmarshal(value, &s)
		return tomlString(s)
	case '[':
		var list []json.RawMessage
		_ = json.Unmarshal(value, &list)
		var parts [][]byte
		for _, v := range list {
			parts = append(parts, tomlValue(v))
		}
		return slices.Concat([]byte("["), bytes.Join(parts, []byte(", ")), []byte("]"))
	case '{':
		var members map[string]json.RawMessage
		order, _ := jsonMembers(value, &members)
		var parts []string
		for _, name := range order {
			if string(members[name]) != "null" {
				parts = append(parts, tomlKey([]string{name})+" = "+string(tomlValue(members[name])))
			}
		}
		if len(parts) == 0 {
			return []byte("{}")
		}
		return []byte("{ " + strings.Join(parts, ", ") + " }")
	case 'n':
		return []byte(`""`)
	}
	return value
}

// jsonMembers decodes an object and lists its members in their order.
func jsonMembers(value []byte, into *map[string]json.RawMessage) ([]string, error) {
	if err := json.Unmarshal(value, into); err != nil {
		return nil, err
	}
	d, err := parseJSON(text{data: value}, JSON)
	if err != nil {
		return nil, err
	}
	names, _ := d.Names()
	return names, nil
}

// sameJSON compares two values without regard to the order of members.
func sameJSON(a, b []byte) bool {
	var x, y any
	if a == nil || b == nil || json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return bytes.Equal(encodeJSON(x), encodeJSON(y))
}
