package configs

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Repair returns data without its typing mistakes, every other byte as it was: a
// comma too many or missing, typographic or single quotes, comments where the
// client takes none, single backslashes in a path, brackets missing or left over
// at the end. The error is the *SyntaxError of what it can't mend; only
// files in JSON's family are tried.
func Repair(path string, data []byte, format Format) ([]byte, error) {
	_, err := Parse(path, data, format)
	if err == nil {
		return data, nil
	}
	if format == TOML || format == YAML || !utf8.Valid(data) {
		return nil, err
	}
	r := repairer{in: data, comments: format != JSON, trailing: format == JSONC}
	if !r.run() {
		return nil, err
	}
	if _, parse := Parse(path, r.out, format); parse != nil {
		return nil, err
	}
	return r.out, nil
}

// repairer copies a file, token by token, and mends on the way.
type repairer struct {
	in, out            []byte
	comments, trailing bool // what the client takes

	open  []byte // brackets to be closed
	value int    // where in out the last value ends, if a comma is due before the next; else -1
	comma int    // where in out the last comma stands, if no value came after it; else -1
}

// run reports whether it came to the end.
func (r *repairer) run() bool {
	r.value, r.comma = -1, -1
	for len(r.in) > 0 {
		if !r.next() {
			return false
		}
	}
	for i := len(r.open) - 1; i >= 0; i-- {
		r.dropComma()
		r.out = append(bytes.TrimRight(r.out, " \t\r\n"), '\n', closer[r.open[i]])
	}
	if len(r.open) > 0 {
		r.out = append(r.out, '\n')
	}
	return true
}

var closer = map[byte]byte{'{': '}', '[': ']'}

// Quotes that word processors and web pages make of plain ones.
var fancy = []string{"“", "”", "„", "«", "»", "‟"}

func (r *repairer) next() bool {
	c := r.in[0]
	switch {
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		r.copy(1)
	case bytes.HasPrefix(r.in, []byte("\ufeff")), bytes.HasPrefix(r.in, []byte("\u00a0")):
		if len(r.out) == 0 && c == 0xef {
			r.copy(3) // the mark at the beginning is the client's matter
			return true
		}
		_, n := utf8.DecodeRune(r.in)
		r.in = r.in[n:]
		r.out = append(r.out, ' ')
	case bytes.HasPrefix(r.in, []byte("//")), bytes.HasPrefix(r.in, []byte("/*")), c == '#':
		return r.comment()
	case c == '{' || c == '[':
		r.begin()
		r.open = append(r.open, c)
		r.copy(1)
	case c == '}' || c == ']':
		return r.end()
	case c == ',':
		if r.comma >= 0 || r.value < 0 {
			r.in = r.in[1:] // one too many
			return true
		}
		r.comma, r.value = len(r.out), -1
		r.copy(1)
	case c == ':':
		r.value = -1
		r.copy(1)
	default:
		return r.scalar()
	}
	return true
}

func (r *repairer) copy(n int) {
	r.out = append(r.out, r.in[:n]...)
	r.in = r.in[n:]
}

// begin puts a comma after the value before, where one is missing.
func (r *repairer) begin() {
	if r.value >= 0 && len(r.open) > 0 {
		r.out = append(r.out[:r.value], append([]byte{','}, r.out[r.value:]...)...)
	}
	r.value, r.comma = -1, -1
}

func (r *repairer) end() bool {
	if len(r.open) == 0 {
		r.in = r.in[1:] // left over
		return true
	}
	if closer[r.open[len(r.open)-1]] != r.in[0] {
		return false
	}
	if !r.trailing {
		r.dropComma()
	}
	r.open = r.open[:len(r.open)-1]
	r.copy(1)
	r.value, r.comma = len(r.out), -1
	return true
}

// dropComma takes the last comma out where no value came after it.
func (r *repairer) dropComma() {
	if r.comma >= 0 {
		r.out = append(r.out[:r.comma], r.out[r.comma+1:]...)
		r.comma = -1
	}
}

func (r *repairer) comment() bool {
	n := bytes.IndexByte(r.in, '\n')
	if n < 0 {
		n = len(r.in)
	}
	block := r.in[0] == '/' && r.in[1] == '*'
	if block {
		if n = bytes.Index(r.in, []byte("*/")); n < 0 {
			return false
		}
		n += 2
	}
	if r.comments && r.in[0] == '/' {
		r.copy(n)
		return true
	}
	r.in = r.in[n:]
	if !block {
		r.out = bytes.TrimRight(r.out, " \t")
	}
	return true
}

// scalar is a string in whatever quotes, a number or a word.
func (r *repairer) scalar() bool {
	r.begin()
	quote := ""
	for _, q := range append([]string{`"`, `'`}, fancy...) {
		if bytes.HasPrefix(r.in, []byte(q)) {
			quote = q
		}
	}
	if quote == "" {
		n := bytes.IndexAny(r.in, " \t\r\n,:{}[]\"'/")
		if n < 0 {
			n = len(r.in)
		}
		if n == 0 {
			return false
		}
		r.copy(n)
		r.value = len(r.out)
		return true
	}
	inside, after := quoteEnd(r.in, quote)
	if after < 0 {
		return false
	}
	text := escaped(string(r.in[len(quote):inside]), quote)
	r.in = r.in[after:]
	r.out = append(r.out, '"')
	r.out = append(r.out, text...)
	r.out = append(r.out, '"')
	r.value = len(r.out)
	return true
}

// quoteEnd is where the text of the string at the beginning of in ends, and where
// what follows it begins; -1 where it does not end on its line.
func quoteEnd(in []byte, quote string) (inside, after int) {
	ends := []string{quote}
	if quote != `"` && quote != `'` {
		ends = append([]string{`"`}, fancy...)
	}
	for i := len(quote); i < len(in) && in[i] != '\n'; i++ {
		if in[i] == '\\' {
			i++
			continue
		}
		for _, q := range ends {
			if in[i] == q[0] && bytes.HasPrefix(in[i:], []byte(q)) {
				return i, i + len(q)
			}
		}
	}
	return -1, -1
}

var badEscape = Pattern(`\\(?:[^"\\/bfnrtu]|u(?:[^0-9A-Fa-f]|.[^0-9A-Fa-f]|..[^0-9A-Fa-f]|...[^0-9A-Fa-f]|.{0,3}$))`)

// escaped is text as JSON writes it. Of a path of Windows one backslash that can't
// be an escape tells that none is one.
func escaped(text, quote string) string {
	if quote == `'` {
		text = strings.ReplaceAll(text, `\'`, `'`)
	}
	plain := strings.ReplaceAll(text, `\\`, "")
	if badEscape().MatchString(plain) {
		if strings.Contains(text, `\\`) || strings.Contains(text, `\"`) {
			return text // of both kinds: nobody knows
		}
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	if quote != `"` {
		text = strings.ReplaceAll(text, `"`, `\"`)
	}
	return text
}
