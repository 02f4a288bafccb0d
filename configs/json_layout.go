package configs

import (
	"bytes"
	"encoding/json"

	"github.com/tailscale/hujson"
)

// layout is how the members of one object are laid out, read off its own text.
type layout struct {
	before string // between the comma, or the brace, and a new member
	close  string // between the only member and the closing brace
	colon  string
	indent string // of a member's line; a value's lines stand under it
	unit   string // one step of indentation
	eol    string
	lines  bool // a value may take several lines
}

// layout reads the style of o, the object looked at.
func (d *jsonDocument) layout(o *hujson.Object) layout {
	l := layout{colon: ": ", unit: d.unit(), eol: d.eol()}
	if len(o.Members) == 0 {
		// One line of its own for each, unless the whole file is one line.
		l.lines = bytes.IndexByte(bytes.TrimSpace(d.data), '\n') >= 0 || len(d.at) == 0
		if l.lines {
			outer := lineIndent(d.data[:d.start])
			l.indent = outer + l.unit
			l.before, l.close = l.eol+l.indent, l.eol+outer
		} else {
			l.colon = ":"
		}
		return l
	}
	last := o.Members[len(o.Members)-1]
	lead := last.Name.BeforeExtra
	l.lines = bytes.IndexByte(lead, '\n') >= 0
	if l.lines {
		l.indent = string(lead[bytes.LastIndexByte(lead, '\n')+1:])
		if !isBlank([]byte(l.indent)) { // a comment stands before the name
			l.indent = lineIndent(d.data[:d.start]) + l.unit
		}
		l.before = l.eol + l.indent
	} else if len(o.Members) > 1 && isBlank(lead) {
		l.before = string(lead)
	}
	if after, before := last.Name.AfterExtra, last.Value.BeforeExtra; isBlank(after) && isBlank(before) && bytes.IndexByte(before, '\n') < 0 {
		l.colon = string(after) + ":" + string(before)
	}
	return l
}

// unit is the file's step of indentation: what its first indented line has.
func (d *jsonDocument) unit() string {
	rest := d.data
	for {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return "  "
		}
		rest = rest[i+1:]
		n := len(rest) - len(bytes.TrimLeft(rest, " \t"))
		if n > 0 && n <= 8 && n < len(rest) && rest[n] == '"' {
			return string(rest[:n])
		}
	}
}

// lineIndent is the indentation of the line head ends in.
func lineIndent(head []byte) string {
	line := head[bytes.LastIndexByte(head, '\n')+1:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// value lays out a compact value.
func (l layout) value(compact []byte) []byte {
	if !l.lines {
		return compact
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, l.indent, l.unit); err != nil {
		return compact // can't be: Set checked it
	}
	if l.eol == "\n" {
		return b.Bytes()
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte(l.eol))
}
