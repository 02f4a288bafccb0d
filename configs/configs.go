// Package configs edits settings files that belong to others. A Document is a
// parsed file that still knows every blank and comment; a Change is one edit of
// one file, its bytes before and after.
//
// Its rules:
//   - an edit changes its own span; every other byte stays: order, comments,
//     line ends, a byte order mark, numbers such as 1.0 and 12345678901234567890;
//   - what can't be parsed is never written: a SyntaxError names line and column;
//   - a file is written only while it still is what was read.
package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Format is how a client reads its file.
type Format string

// JSON is RFC 8259 and no more. JSONComments adds comments, JSONC trailing
// commas as well. TOML is version 1.0. YAML is version 1.2, as far as the edited
// part goes without anchors and flow style.
const (
	JSON         Format = "json"
	JSONComments Format = "json+comments"
	JSONC        Format = "jsonc"
	TOML         Format = "toml"
	YAML         Format = "yaml"
)

// Document is a parsed settings file: an object of members, whatever its format.
// Values go in and out as JSON. It is not safe for several goroutines.
type Document interface {
	// Bytes is the file as it now is.
	Bytes() []byte
	// Edits lists what Set and Remove changed, in order.
	Edits() []Edit
	// Names lists the members of the object at the path, in the file's order, a
	// repeated one once. ok is false where there is no object.
	Names(at ...string) (names []string, ok bool)
	// Value returns the value at the path as compact JSON. Of a repeated member it is
	// the last, the one that clients see.
	Value(at ...string) (value []byte, ok bool)
	// Set puts value, any JSON, at the path. A present member keeps its place; a new
	// one comes last, in the style of its neighbours; missing objects on the way are
	// made. The error is a *SyntaxError where something on the way is no object, and
	// an *UnsafeError where the file's style can't be edited without harm.
	Set(value []byte, at ...string) error
	// Remove takes the member at the path away, every one of that name, and does
	// nothing when there is none. Objects that become empty stay.
	Remove(at ...string) error
}

// Parse reads data as the client of path would. An empty file is an empty
// object: clients make one of it, and so does the first edit. The error is a
// *SyntaxError.
func Parse(path string, data []byte, format Format) (Document, error) {
	t := text{path: path}
	t.data, t.bom = bytes.CutPrefix(data, bom)
	if i := invalidUTF8(t.data); i >= 0 {
		return nil, syntaxError(path, t.data, i, "not UTF-8 text")
	}
	if len(t.data) > largest && (format == TOML || format == YAML) {
		return nil, syntaxError(path, t.data, largest, "a file of this size is no settings file")
	}
	if i := tooDeep(t.data, format); i >= 0 {
		return nil, syntaxError(path, t.data, i, "too many groups within groups")
	}
	switch format {
	case TOML:
		return parseTOML(t)
	case YAML:
		return parseYAML(t)
	}
	return parseJSON(t, format)
}

// UnsafeError says why a file can't be edited without harm to the rest of it. Its
// user is shown the text to put in by hand.
type UnsafeError struct {
	Path string
	Line int
	Why  string
}

func (e *UnsafeError) Error() string {
	return fmt.Sprintf("%s: line %d: %s", e.Path, e.Line, e.Why)
}

var bom = []byte("\xef\xbb\xbf")

// text is what the documents of all formats have.
type text struct {
	path  string
	bom   bool
	data  []byte // without the mark
	edits []Edit
}

func (t *text) Bytes() []byte {
	if t.bom {
		return slices.Concat(bom, t.data)
	}
	return t.data
}

func (t *text) Edits() []Edit { return t.edits }

// compactValue checks what Set was given.
func (t *text) compactValue(value []byte, at []string) ([]byte, error) {
	var small bytes.Buffer
	if len(at) == 0 || !utf8.ValidString(strings.Join(at, " ")) || json.Compact(&small, value) != nil {
		return nil, fmt.Errorf("%s: set %q: not a name and a value", t.path, at)
	}
	return small.Bytes(), nil
}

func (t *text) noted(at []string, before, after []byte) {
	t.edits = append(t.edits, Edit{slices.Clone(at), before, after})
}

// eol is how the file ends its lines.
func (t *text) eol() string {
	if i := bytes.IndexByte(t.data, '\n'); i > 0 && t.data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// SameValue reports whether two JSON values mean the same. Clients that rewrite
// their file put members into another order and spell texts and numbers anew.
func SameValue(a, b []byte) bool { return sameJSON(a, b) }

// largest is how much TOML and YAML is read: their parsers take seconds for it.
// JSON has no limit: Claude Code keeps whole histories in its file.
const largest = 2 << 20

// deepest is how many brackets may stand within each other. The parsers call
// themselves for each, and a program that runs out of stack ends.
const deepest = 1000

// manyDashes are lists within lists in YAML, on one line.
var manyDashes = bytes.Repeat([]byte("- "), deepest)

// tooDeep finds the bracket that is one too many; -1 when there is none. Strings
// and comments are passed over in JSON alone: elsewhere a thousand open brackets
// in them are taken for too many.
func tooDeep(data []byte, format Format) int {
	depth, isJSON := 0, format != TOML && format != YAML
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '[' || c == '{':
			if depth++; depth > deepest {
				return i
			}
		case c == ']' || c == '}':
			depth = max(depth-1, 0)
		case isJSON && c == '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case isJSON && bytes.HasPrefix(data[i:], []byte("//")):
			n := bytes.IndexByte(data[i:], '\n')
			if n < 0 {
				return -1
			}
			i += n
		case isJSON && bytes.HasPrefix(data[i:], []byte("/*")):
			if n := bytes.Index(data[i+2:], []byte("*/")); n >= 0 {
				i += n + 3
			}
		case format == YAML && c == '-' && bytes.HasPrefix(data[i:], manyDashes):
			return i
		}
	}
	return -1
}

func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n < 2 {
			return i
		}
		i += n
	}
	return -1
}

// SyntaxError says where a file can't be read. Line and Column count from 1, the
// column in bytes.
type SyntaxError struct {
	Path         string
	Line, Column int
	Msg          string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: line %d, column %d: %s", e.Path, e.Line, e.Column, e.Msg)
}

// Edit is one edited member: its path, its value before and after as compact
// JSON. Nil means that it was, or is, not there.
type Edit struct {
	At     []string `json:"at"`
	Before []byte   `json:"before,omitempty"`
	After  []byte   `json:"after,omitempty"`
}

// quoted is what a parser may quote of a file: a value, and so perhaps a key.
var quoted = Pattern("\"[^\"]{4,}\"?|`[^`]{4,}`?|'[^' ]{4,}'?|literal: .{4,}$")

// withoutValues is a parser's message without what it quotes of the file.
func withoutValues(msg string) string { return quoted().ReplaceAllString(msg, "…") }

// syntaxError makes a SyntaxError of an offset into data.
func syntaxError(path string, data []byte, offset int, msg string) *SyntaxError {
	offset = min(max(offset, 0), len(data))
	head := data[:offset]
	return &SyntaxError{
		Path:   path,
		Line:   bytes.Count(head, []byte("\n")) + 1,
		Column: offset - bytes.LastIndexByte(head, '\n'),
		Msg:    msg,
	}
}
