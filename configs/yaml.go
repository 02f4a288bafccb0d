package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// yamlDocument is a YAML file whose servers are a mapping, or a list of mappings
// with a name, under a key of the root, in block style. goccy/go-yaml says what
// the file means; where the lines of a server stand is told by indentation, and
// after each edit go-yaml says whether anything else changed. What is in flow
// style, has anchors, or is one of several documents is refused.
type yamlDocument struct {
	text
	tree yaml.MapSlice
}

func parseYAML(t text) (Document, error) {
	d := &yamlDocument{text: t}
	if err := d.read(); err != nil {
		return nil, err
	}
	return d, nil
}

// manyAliases finds the alias that is one too many: twenty that lead to each other
// can stand for a thousand values, and each further one for twice as many.
func manyAliases(data []byte) (line, column int, found bool) {
	const most = 20
	if bytes.Count(data, []byte("*")) <= most {
		return 0, 0, false
	}
	n := 0
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Type == token.AliasType {
			if n++; n > most {
				return t.Position.Line, t.Position.Column, true
			}
		}
	}
	return 0, 0, false
}

func (d *yamlDocument) read() error {
	if line, column, found := manyAliases(d.data); found {
		return &SyntaxError{d.path, line, column, "more references to other parts than we follow"}
	}
	// YAML ends a line there, go-yaml does not.
	if i := bytes.IndexByte(bytes.ReplaceAll(d.data, []byte("\r\n"), []byte("\n\n")), '\r'); i >= 0 {
		return syntaxError(d.path, d.data, i, "a line that ends with a carriage return alone")
	}
	var v any
	if err := yaml.UnmarshalWithOptions(d.data, &v, yaml.UseOrderedMap()); err != nil {
		s := syntaxError(d.path, d.data, 0, withoutValues(yaml.FormatError(err, false, false)))
		var at yaml.Error
		if errors.As(err, &at) {
			if tok := at.GetToken(); tok != nil && tok.Position != nil {
				s.Line, s.Column = tok.Position.Line, tok.Position.Column
			}
			s.Msg = at.GetMessage()
		}
		return s
	}
	m, ok := v.(yaml.MapSlice)
	if v != nil && !ok {
		return syntaxError(d.path, d.data, 0, "not a list of names with values")
	}
	d.tree = m
	return nil
}

// member of an ordered mapping, or the list's element with this name.
func yamlMember(v any, name string) (any, bool) {
	switch c := v.(type) {
	case yaml.MapSlice:
		for _, item := range slices.Backward(c) {
			if fmt.Sprint(item.Key) == name {
				return item.Value, true
			}
		}
	case []any:
		for _, e := range slices.Backward(c) {
			if n, ok := yamlName(e); ok && n == name {
				return e, true
			}
		}
	}
	return nil, false
}

func yamlName(v any) (string, bool) {
	m, ok := v.(yaml.MapSlice)
	if !ok {
		return "", false
	}
	n, ok := yamlMember(m, "name")
	return fmt.Sprint(n), ok
}

func (d *yamlDocument) find(at []string) (any, bool) {
	var v any = d.tree
	ok := true
	for _, name := range at {
		if v, ok = yamlMember(v, name); !ok {
			return nil, false
		}
	}
	return v, true
}

func (d *yamlDocument) Names(at ...string) ([]string, bool) {
	v, ok := d.find(at)
	if !ok {
		return nil, false
	}
	var names []string
	add := func(n string) {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	switch c := v.(type) {
	case yaml.MapSlice:
		for _, item := range c {
			add(fmt.Sprint(item.Key))
		}
	case []any:
		for _, e := range c {
			if n, ok := yamlName(e); ok {
				add(n)
			}
		}
	default:
		return nil, false
	}
	return names, true
}

func (d *yamlDocument) Value(at ...string) ([]byte, bool) {
	if len(at) == 0 {
		return nil, false
	}
	v, ok := d.find(at)
	if !ok {
		return nil, false
	}
	return encodeJSON(plainYAML(v)), true
}

// plainYAML makes maps that JSON takes of ordered ones.
func plainYAML(v any) any {
	switch c := v.(type) {
	case yaml.MapSlice:
		m := map[string]any{}
		for _, item := range c {
			m[fmt.Sprint(item.Key)] = plainYAML(item.Value)
		}
		return m
	case []any:
		list := make([]any, 0, len(c))
		for _, e := range c {
			list = append(list, plainYAML(e))
		}
		return list
	}
	return v
}

func (d *yamlDocument) Set(value []byte, at ...string) error { return setVerified(d, value, at) }
func (d *yamlDocument) Remove(at ...string) error            { return removeVerified(d, at) }

// take makes edited the file, if nothing but what is at the path differs in it.
func (d *yamlDocument) take(edited []byte, at []string) error {
	fresh, err := parseYAML(text{path: d.path, data: edited})
	if err != nil {
		return d.unsafe(0)
	}
	now := fresh.(*yamlDocument)
	was, is := named(plainYAML(d.tree), at), named(plainYAML(now.tree), at)
	if !sameBut(was, is, at) {
		return d.unsafe(0)
	}
	d.data, d.tree = edited, now.tree
	return nil
}

// named makes an object by name of the list the path leads through, so that
// sameBut finds its way.
func named(tree any, at []string) map[string]any {
	m, _ := tree.(map[string]any)
	if list, ok := m[at[0]].([]any); ok && len(at) > 1 {
		by := map[string]any{}
		for i, e := range list {
			name := fmt.Sprint("#", i)
			if x, ok := e.(map[string]any); ok && x["name"] != nil {
				name = fmt.Sprint(x["name"])
			}
			by[name] = e
		}
		m[at[0]] = by
	} else if m != nil && m[at[0]] == nil {
		delete(m, at[0])
	}
	return m
}

// block is some lines of the file: [from, to), and what is known of them.
type block struct {
	from, to int // lines
	indent   int // of its first line
}

// section is the key at the root, and its children.
type section struct {
	line     int // of the key; -1 when there is none
	rest     string
	children []block
	indent   int // of the children
	isList   bool
	end      int // the line behind the last child's
}

var rootKey = Pattern(`^("([^"\\]*)"|'([^']*)'|([A-Za-z0-9_.-]+))\s*:(\s.*)?$`)

func (d *yamlDocument) split() []string {
	lines := strings.Split(string(d.data), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// isEmpty reports whether a line holds blanks or a comment alone.
func isEmpty(line string) bool {
	t := strings.TrimLeft(line, " \t")
	return t == "" || t[0] == '#'
}

// section finds the root's key and what stands below it.
func (d *yamlDocument) section(key string, lines []string) (section, error) {
	s := section{line: -1, end: len(lines)}
	for i, l := range lines {
		if i > 0 && (strings.HasPrefix(l, "---") || strings.HasPrefix(l, "...")) && slices.ContainsFunc(lines[:i], func(x string) bool { return !isEmpty(x) && !strings.HasPrefix(x, "%") }) {
			return s, d.unsafe(i)
		}
		m := rootKey().FindStringSubmatch(l)
		if m != nil && m[2]+m[3]+m[4] == key {
			s.line, s.rest = i, strings.TrimSpace(m[5])
		}
	}
	if s.line < 0 {
		return s, nil
	}
	last := s.line
	for i := s.line + 1; i < len(lines); i++ {
		l := lines[i]
		if isEmpty(l) {
			if n := len(s.children); n > 0 && strings.TrimSpace(l) != "" && indentOf(l) > s.indent {
				last = i // a comment, or a text's line, inside a child
			}
			continue
		}
		n := indentOf(l)
		isItem := strings.HasPrefix(l[n:], "- ") || l[n:] == "-"
		if n == 0 && (!isItem || len(s.children) > 0 && !s.isList) {
			break
		}
		if len(s.children) == 0 {
			s.indent, s.isList = n, isItem
		}
		if n == s.indent {
			s.children = append(s.children, block{i, i + 1, n})
		}
		if n < s.indent {
			return s, d.unsafe(i)
		}
		last = i
		s.children[len(s.children)-1].to = i + 1
	}
	if n := len(s.children); n > 0 {
		s.children[n-1].to = last + 1
	}
	s.end = last + 1
	for _, l := range lines[s.line:s.end] {
		if risky().MatchString(l) {
			return s, d.unsafe(s.line)
		}
	}
	return s, nil
}

// risky lines have an anchor, an alias or a merge.
var risky = Pattern(`(^|[\s\[{,:-])(&[A-Za-z0-9_]|\*[A-Za-z0-9_]|<<\s*:)`)

// child finds a child by its name.
func (s section) child(lines []string, name string) *block {
	for i, b := range slices.Backward(s.children) {
		body := dedent(lines[b.from:b.to], s.indent)
		var v any
		if yaml.UnmarshalWithOptions([]byte(strings.Join(body, "\n")+"\n"), &v, yaml.UseOrderedMap()) != nil {
			continue
		}
		if list, ok := v.([]any); ok && s.isList && len(list) == 1 {
			if n, ok := yamlName(list[0]); ok && n == name {
				return &s.children[i]
			}
		}
		if m, ok := v.(yaml.MapSlice); ok && !s.isList && len(m) == 1 && fmt.Sprint(m[0].Key) == name {
			return &s.children[i]
		}
	}
	return nil
}

func dedent(lines []string, n int) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l[min(n, indentOf(l)):])
	}
	return out
}

// with is the file with the value put at the path.
func (d *yamlDocument) with(value []byte, at []string) ([]byte, error) {
	lines := d.split()
	if len(at) < 2 || len(at) > 3 {
		return nil, d.unsafe(0)
	}
	s, err := d.section(at[0], lines)
	if err != nil {
		return nil, err
	}
	if v, ok := d.find(at[:1]); ok && v != nil {
		_, isMap := v.(yaml.MapSlice)
		if _, isList := v.([]any); !isMap && !isList || s.line < 0 {
			return nil, &SyntaxError{d.path, max(s.line, 0) + 1, 1, fmt.Sprintf("%q is not a group", at[0])}
		}
	}
	if len(at) == 3 {
		return d.withMember(value, at, s, lines)
	}
	if old := s.child(lines, at[1]); old != nil {
		return d.replace(lines, old.from, old.to, s.entry(at[1], value)), nil
	}
	if len(s.children) > 0 {
		return d.replace(lines, s.end, s.end, s.entry(at[1], value)), nil
	}
	s.isList = s.rest == "[]" || strings.HasPrefix(s.rest, "[] ")
	s.indent = d.unit(lines)
	switch {
	case s.line < 0:
		end := len(lines)
		if lines[end-1] == "" {
			end--
		}
		return d.replace(lines, end, end, append([]string{at[0] + ":"}, s.entry(at[1], value)...)), nil
	case s.rest == "" || s.rest[0] == '#':
		return d.replace(lines, s.line+1, s.line+1, s.entry(at[1], value)), nil
	case strings.HasPrefix(s.rest, "{}") || strings.HasPrefix(s.rest, "[]"):
		head := lines[s.line]
		i := strings.Index(head, ":")
		head = head[:i+1] + strings.TrimRight(strings.Replace(head[i+1:], " "+s.rest[:2], "", 1), " ")
		return d.replace(lines, s.line, s.line+1, append([]string{head}, s.entry(at[1], value)...)), nil
	}
	return nil, d.unsafe(s.line) // flow style
}

// entry is a child's lines.
func (s section) entry(name string, value []byte) []string {
	pad := strings.Repeat(" ", s.indent)
	var members map[string]json.RawMessage
	order, err := jsonMembers(value, &members)
	if err != nil || len(order) == 0 {
		return []string{pad + yamlKey(name) + ": " + string(yamlValue(value))}
	}
	var out []string
	inner := pad + "  "
	if !s.isList {
		out = append(out, pad+yamlKey(name)+":")
		inner = strings.Repeat(" ", s.indent+max(s.indent, 2))
	}
	for _, m := range order {
		out = append(out, inner+yamlKey(m)+": "+string(yamlValue(members[m])))
	}
	if s.isList {
		out[0] = pad + "- " + strings.TrimLeft(out[0], " ")
	}
	return out
}

// withMember puts one member of a child.
func (d *yamlDocument) withMember(value []byte, at []string, s section, lines []string) ([]byte, error) {
	b := s.child(lines, at[1])
	if b == nil {
		return nil, d.unsafe(max(s.line, 0))
	}
	from, to, inner := s.member(*b, lines, at[2])
	if inner < 0 {
		return nil, d.unsafe(b.from)
	}
	line := strings.Repeat(" ", inner) + yamlKey(at[2]) + ": " + string(yamlValue(value))
	if from < 0 {
		return d.replace(lines, b.to, b.to, []string{line}), nil
	}
	if lines[from][:inner] != strings.Repeat(" ", inner) { // on the dash's line
		line = lines[from][:inner] + strings.TrimLeft(line, " ")
	}
	if to == from+1 {
		line += comment(lines[from])
	}
	return d.replace(lines, from, to, []string{line}), nil
}

// comment is a line's comment with the blanks before it, where that is sure: no
// quote stands before it.
func comment(line string) string {
	i := strings.Index(line, " #")
	if i < 0 || strings.ContainsAny(line[:i], `"'`) {
		return ""
	}
	for i > 0 && line[i-1] == ' ' {
		i--
	}
	return line[i:]
}

// member finds the lines of a child's member, from -1 when it has none; inner is
// the members' indentation, -1 when it can't be told.
func (s section) member(b block, lines []string, name string) (from, to, inner int) {
	from, inner = -1, -1
	start := b.from
	if !s.isList {
		start++
	}
	for i := start; i < b.to; i++ {
		l := lines[i]
		if isEmpty(l) {
			continue
		}
		n := indentOf(l)
		if s.isList && i == b.from {
			n += len(l[n:]) - len(strings.TrimLeft(l[n+1:], " "))
		}
		if inner < 0 {
			inner = n
		}
		m := rootKey().FindStringSubmatch(l[min(n, len(l)):])
		switch {
		case from >= 0 && n <= inner && !strings.HasPrefix(l[min(n, len(l)):], "- "):
			return from, to, inner
		case from >= 0:
			to = i + 1
		case n == inner && m != nil && m[2]+m[3]+m[4] == name:
			from, to = i, i+1
		}
	}
	return from, to, inner
}

// without is the file without what is at the path.
func (d *yamlDocument) without(at []string) ([]byte, error) {
	lines := d.split()
	s, err := d.section(at[0], lines)
	if err != nil {
		return nil, err
	}
	if len(at) < 2 || len(at) > 3 {
		return nil, d.unsafe(0)
	}
	b := s.child(lines, at[1])
	if b == nil {
		return nil, d.unsafe(max(s.line, 0))
	}
	if len(at) == 3 {
		from, to, _ := s.member(*b, lines, at[2])
		if from < 0 || s.isList && from == b.from {
			return nil, d.unsafe(b.from)
		}
		return d.replace(lines, from, to, nil), nil
	}
	if len(s.children) > 1 {
		return d.replace(lines, b.from, b.to, nil), nil
	}
	empty := " {}"
	if s.isList {
		empty = " []"
	}
	head := lines[s.line]
	i := strings.Index(head, ":")
	return d.replace(lines, s.line, b.to, append(append([]string{head[:i+1] + empty + head[i+1:]}, lines[s.line+1:b.from]...), lines[b.from:b.from]...)), nil
}

// replace puts text in place of the lines [from, to), with the file's line ends,
// and leaves the others' bytes alone.
func (d *yamlDocument) replace(lines []string, from, to int, with []string) []byte {
	a, b := d.offset(from), d.offset(to)
	eol := d.eol()
	if len(with) == 0 {
		if b == len(d.data) && b > 0 && d.data[b-1] != '\n' && a > 0 { // the file had no last line end
			a -= len(eol)
		}
		return splice(d.data, a, b, nil)
	}
	body := strings.Join(with, eol)
	switch {
	case a > 0 && d.data[a-1] != '\n': // behind a last line without an end
		body = eol + body
	case b < len(d.data) || to < len(lines) || from == to:
		body += eol
	}
	return splice(d.data, a, b, []byte(body))
}

// offset is where a line begins.
func (d *yamlDocument) offset(line int) int {
	at := 0
	for range line {
		n := bytes.IndexByte(d.data[at:], '\n')
		if n < 0 {
			return len(d.data)
		}
		at += n + 1
	}
	return at
}

// unit is the file's step of indentation.
func (d *yamlDocument) unit(lines []string) int {
	for i, l := range lines {
		if n := indentOf(l); n > 0 && !isEmpty(l) && i > 0 && n <= 8 {
			return n
		}
	}
	return 2
}

func (d *yamlDocument) unsafe(line int) error {
	return &UnsafeError{d.path, line + 1, "this part is written in a way that can't be changed without touching the rest"}
}

var (
	plainText = Pattern(`^[A-Za-z][A-Za-z0-9_-]*$`)
	otherwise = Pattern(`(?i)^(true|false|null|yes|no|on|off|y|n|inf|nan)$`)
)

func yamlKey(name string) string { return string(yamlText(name)) }

func yamlText(s string) []byte {
	if plainText().MatchString(s) && !otherwise().MatchString(s) {
		return []byte(s)
	}
	return quote(s)
}

// yamlValue is a JSON value on one line: YAML 1.2 reads JSON.
func yamlValue(value []byte) []byte {
	var s string
	if json.Unmarshal(value, &s) == nil && value[0] == '"' {
		return yamlText(s)
	}
	if value[0] == '[' {
		var list []json.RawMessage
		_ = json.Unmarshal(value, &list)
		return slices.Concat([]byte("["), bytes.Join(bytesOf(list), []byte(", ")), []byte("]"))
	}
	return value
}

func bytesOf(list []json.RawMessage) [][]byte {
	var out [][]byte
	for _, v := range list {
		out = append(out, v)
	}
	return out
}
