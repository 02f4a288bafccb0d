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
	"fmt"
)

// Format is how a client reads its file.
type Format string

// JSON is RFC 8259 and no more. JSONComments adds comments, JSONC trailing
// commas as well.
const (
	JSON         Format = "json"
	JSONComments Format = "json+comments"
	JSONC        Format = "jsonc"
)

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
