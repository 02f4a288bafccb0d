package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonDocument is a file of one of the JSON formats.
type jsonDocument struct {
	text
	format Format

	// The object last looked into, parsed alone: an edit of a large file then
	// costs no second parse of all of it.
	at         []string
	start, end int
	object     *hujson.Object // offsets count from start
}

func parseJSON(t text, format Format) (Document, error) {
	d := &jsonDocument{text: t, format: format}
	if len(bytes.TrimSpace(d.data)) == 0 {
		d.data = []byte("{}\n")
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return d, nil
}

// check parses everything, strictly by the format, and keeps the root.
func (d *jsonDocument) check() error {
	if d.format == JSON {
		// encoding/json gives the place of what hujson would let pass.
		if err := json.Unmarshal(d.data, new(json.RawMessage)); err != nil {
			var s *json.SyntaxError
			if errors.As(err, &s) {
				return syntaxError(d.path, d.data, int(s.Offset)-1, withoutValues(s.Error()))
			}
			return syntaxError(d.path, d.data, 0, withoutValues(err.Error()))
		}
	}
	v, err := hujson.Parse(d.data)
	if err != nil {
		e := syntaxError(d.path, d.data, len(d.data), withoutValues(err.Error()))
		var line, column int
		if _, scan := fmt.Sscanf(err.Error(), "hujson: line %d, column %d:", &line, &column); scan == nil {
			e.Line, e.Column = line, column
			_, msg, _ := strings.Cut(strings.TrimPrefix(err.Error(), "hujson: "), ": ")
			e.Msg = withoutValues(msg)
		}
		return e
	}
	if d.format == JSONComments {
		if i := trailingComma(&v); i >= 0 {
			return syntaxError(d.path, d.data, i, "a comma before a closing bracket")
		}
	}
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		return syntaxError(d.path, d.data, v.StartOffset, "not an object in braces")
	}
	d.at, d.start, d.end, d.object = nil, 0, len(d.data), o
	return nil
}

// trailingComma finds a comma before a closing bracket; -1 when there is none.
func trailingComma(v *hujson.Value) int {
	for w := range v.All() {
		var last *hujson.Value
		switch c := w.Value.(type) {
		case *hujson.Object:
			if len(c.Members) > 0 {
				last = &c.Members[len(c.Members)-1].Value
			}
		case *hujson.Array:
			if len(c.Elements) > 0 {
				last = &c.Elements[len(c.Elements)-1]
			}
		}
		if last != nil && last.AfterExtra != nil {
			return last.EndOffset + len(last.AfterExtra)
		}
	}
	return -1
}

func (d *jsonDocument) Names(at ...string) (names []string, ok bool) {
	o, err := d.look(at)
	if err != nil || o == nil {
		return nil, false
	}
	for _, m := range o.Members {
		if n := m.Name.Value.(hujson.Literal).String(); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names, true
}

func (d *jsonDocument) Value(at ...string) (value []byte, ok bool) {
	if len(at) == 0 {
		return nil, false
	}
	o, err := d.look(at[:len(at)-1])
	if err != nil || o == nil {
		return nil, false
	}
	m := member(o, at[len(at)-1])
	if m == nil {
		return nil, false
	}
	return d.compact(m), true
}

func (d *jsonDocument) compact(m *hujson.ObjectMember) []byte {
	v := m.Value.Clone()
	v.Minimize()
	return v.Pack()
}

func member(o *hujson.Object, name string) *hujson.ObjectMember {
	for i := len(o.Members) - 1; i >= 0; i-- {
		if o.Members[i].Name.Value.(hujson.Literal).String() == name {
			return &o.Members[i]
		}
	}
	return nil
}

// look makes the object at the path the one that is parsed. It returns nil
// when there is none, and a *SyntaxError when something else is in its place.
func (d *jsonDocument) look(at []string) (*hujson.Object, error) {
	if len(at) < len(d.at) || !slices.Equal(at[:len(d.at)], d.at) {
		v, err := hujson.Parse(d.data)
		if err != nil {
			return nil, err
		}
		d.at, d.start, d.end, d.object = nil, 0, len(d.data), v.Value.(*hujson.Object)
	}
	if len(at) == len(d.at) {
		return d.object, nil
	}
	o, base := d.object, d.start
	var v *hujson.Value
	for i := len(d.at); i < len(at); i++ {
		m := member(o, at[i])
		if m == nil {
			return nil, nil
		}
		v = &m.Value
		inner, ok := v.Value.(*hujson.Object)
		if !ok {
			return nil, syntaxError(d.path, d.data, base+v.StartOffset, fmt.Sprintf("%q is not a group in braces", at[i]))
		}
		o = inner
	}
	alone, err := hujson.Parse(d.data[base+v.StartOffset : base+v.EndOffset])
	if err != nil {
		return nil, err
	}
	d.at, d.start, d.end = slices.Clone(at), base+v.StartOffset, base+v.EndOffset
	d.object = alone.Value.(*hujson.Object)
	return d.object, nil
}

func (d *jsonDocument) Set(value []byte, at ...string) error {
	small, err := d.compactValue(value, at)
	if err != nil {
		return err
	}
	before, _ := d.Value(at...)
	if bytes.Equal(before, small) {
		return nil
	}
	if err := d.set(small, at); err != nil {
		return err
	}
	d.noted(at, before, small)
	return nil
}

func (d *jsonDocument) set(value []byte, at []string) error {
	parent, name := at[:len(at)-1], at[len(at)-1]
	o, err := d.look(parent)
	if err != nil {
		return err
	}
	if o == nil {
		return d.set(slices.Concat([]byte("{"), quote(name), []byte(":"), value, []byte("}")), parent)
	}
	l := d.layout(o)
	if m := member(o, name); m != nil {
		return d.splice(m.Value.StartOffset, m.Value.EndOffset, l.value(value))
	}
	text := slices.Concat(quote(name), []byte(l.colon), l.value(value))
	inner := d.data[d.start:d.end]
	n := len(o.Members)
	if n == 0 {
		open := bytes.IndexByte(inner, '{') + 1
		text = slices.Concat([]byte(l.before), text)
		if len(o.AfterExtra) == 0 {
			text = append(text, l.close...)
		}
		return d.splice(open, open, text)
	}
	last := &o.Members[n-1].Value
	end := last.EndOffset
	if last.AfterExtra != nil { // a trailing comma is the file's style: keep it
		comma := end + len(last.AfterExtra) + 1
		p := comma + sameLine(inner[comma:])
		return d.splice(p, p, slices.Concat([]byte(l.before), text, []byte(",")))
	}
	p := end + sameLine(inner[end:])
	return d.splice(end, p, slices.Concat([]byte(","), inner[end:p], []byte(l.before), text))
}

// quote is name as a JSON string the way clients write one: without escapes for
// HTML.
func quote(name string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(name); err != nil {
		panic(err) // a string always encodes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// sameLine is the length of the comments that follow on the line rest begins in;
// 0 when nothing but blanks do.
func sameLine(rest []byte) int {
	end := 0
	for i := 0; i < len(rest); {
		switch {
		case rest[i] == ' ' || rest[i] == '\t':
			i++
		case bytes.HasPrefix(rest[i:], []byte("//")):
			n := bytes.IndexByte(rest[i:], '\n')
			if n < 0 {
				return len(rest)
			}
			if n > 0 && rest[i+n-1] == '\r' {
				n--
			}
			return i + n
		case bytes.HasPrefix(rest[i:], []byte("/*")):
			n := bytes.Index(rest[i+2:], []byte("*/"))
			if n < 0 || bytes.IndexByte(rest[i:i+n+2], '\n') >= 0 {
				return end
			}
			i += n + 4
			end = i
		default:
			return end
		}
	}
	return end
}

func (d *jsonDocument) Remove(at ...string) error {
	parent, name := at[:len(at)-1], at[len(at)-1]
	before, ok := d.Value(at...)
	if !ok {
		_, err := d.look(parent)
		return err
	}
	for {
		o, err := d.look(parent)
		if err != nil {
			return err
		}
		m := member(o, name)
		if m == nil {
			break
		}
		if err := d.cut(o, slices.IndexFunc(o.Members, func(x hujson.ObjectMember) bool {
			return x.Value.StartOffset == m.Value.StartOffset
		})); err != nil {
			return err
		}
	}
	d.noted(at, before, nil)
	return nil
}

// cut takes member i of the object looked at away.
func (d *jsonDocument) cut(o *hujson.Object, i int) error {
	inner := d.data[d.start:d.end]
	m := &o.Members[i]
	from, to := m.Name.StartOffset, m.Value.EndOffset
	lead := m.Name.BeforeExtra // what stands between the comma or brace before and the name
	isLast := i == len(o.Members)-1
	hasComma := m.Value.AfterExtra != nil || !isLast
	if hasComma {
		to += len(m.Value.AfterExtra) + 1
	}
	if isBlank(lead) {
		from -= len(lead)
	} else if n := bytes.LastIndexByte(lead, '\n'); n >= 0 {
		if n > 0 && lead[n-1] == '\r' {
			n--
		}
		from -= len(lead) - n
	} else {
		from -= len(lead) - len(bytes.TrimRight(lead, " \t"))
	}
	switch {
	case len(o.Members) == 1:
		if isBlank(lead) && isBlank(inner[to:len(inner)-1]) {
			to = len(inner) - 1
		}
	case isLast && !hasComma:
		// The comma before goes too; what stands between it and the cut stays.
		prev := &o.Members[i-1].Value
		comma := prev.EndOffset + len(prev.AfterExtra)
		return d.splice(prev.EndOffset, to, slices.Concat([]byte(prev.AfterExtra), inner[comma+1:from]))
	case i == 0 && isBlank(lead) && isBlank(o.Members[1].Name.BeforeExtra):
		// The next member takes the place of this one.
		from, to = m.Name.StartOffset, o.Members[1].Name.StartOffset
	}
	return d.splice(from, to, nil)
}

func isBlank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// splice replaces a span of the object looked at, and parses that object anew.
func (d *jsonDocument) splice(from, to int, text []byte) error {
	a, b := d.start+from, d.start+to
	d.data = slices.Concat(d.data[:a], text, d.data[b:])
	d.end += len(text) - (to - from)
	v, err := hujson.Parse(d.data[d.start:d.end])
	if err != nil {
		return fmt.Errorf("%s: edit: %w", d.path, err) // our own mistake; nothing is written
	}
	d.object = v.Value.(*hujson.Object)
	return nil
}
