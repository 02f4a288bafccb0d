package launch

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// message is what a look at a line tells. The stream is other people's: the look
// is bounded, tolerant, and never wrong about bytes it has not seen.
type message struct {
	kind    kind
	method  string
	id      string // as it was spelled
	code    int    // of a refusal, 0 where it did not stand among the first bytes
	version []byte // the modern protocol's version, where it stood among the first bytes
}

type kind int

const (
	stray    kind = iota // not the protocol's
	blank                // nothing but blanks
	request              // expects an answer
	notice               // expects none
	answer               // a result
	refusal              // an error
	batch                // several, in an array
	someword             // an object too long to tell
)

var versionKey = []byte(`"io.modelcontextprotocol/protocolVersion"`)

// look reads the line's head and, where that does not hold all of it, its tail:
// some libraries write "id" last.
func look(l line) message {
	head := bytes.TrimLeft(l.head, " \t\r\ufeff")
	switch {
	case len(head) == 0 && l.length <= headLen:
		return message{kind: blank}
	case len(head) == 0:
		return message{kind: someword}
	case head[0] == '[':
		if rest := bytes.TrimLeft(head[1:], " \t\r"); len(rest) > 0 && rest[0] == '{' {
			return message{kind: batch}
		}
		return message{}
	case head[0] != '{':
		return message{}
	}
	var m message
	var hasMethod, hasResult, hasError, hasProtocol bool
	whole, ok := members(head, func(key, value []byte, cut bool) {
		switch string(key) {
		case "jsonrpc":
			hasProtocol = true
		case "method":
			hasMethod = true
			if !cut {
				m.method = unquote(value)
			}
		case "id":
			if !cut && !bytes.Equal(value, []byte("null")) {
				m.id = string(value)
			}
		case "result":
			hasResult = true
		case "error":
			hasError = true
			m.code = codeOf(value)
		case "params":
			m.version = stringAfter(value, versionKey)
		}
	})
	if !ok {
		return message{}
	}
	if m.id == "" && !whole {
		m.id = lastID(l.tail)
	}
	switch {
	case hasMethod && m.id != "":
		m.kind = request
	case hasMethod:
		m.kind = notice
	case hasError:
		m.kind = refusal
	case hasResult:
		m.kind = answer
	case hasProtocol || !whole:
		m.kind = someword
	}
	return m
}

// unquote is the string that value spells; some libraries spell / as \/.
func unquote(value []byte) string {
	if bytes.IndexByte(value, '\\') >= 0 {
		var s string
		if json.Unmarshal(value, &s) == nil {
			return s
		}
	}
	return string(bytes.Trim(value, `"`))
}

// codeOf is the code of the error that value is or begins.
func codeOf(value []byte) (code int) {
	if value[0] == '{' {
		members(value, func(key, value []byte, cut bool) {
			if string(key) == "code" && !cut {
				code, _ = strconv.Atoi(string(value))
			}
		})
	}
	return code
}

// members calls f for the members of the object that text begins, as far as text
// goes; cut says that value ends where text does. ok is false where text can't be
// the beginning of an object, whole where it held all of it.
func members(text []byte, f func(key, value []byte, cut bool)) (whole, ok bool) {
	i := skipBlank(text, 1)
	if i < len(text) && text[i] == '}' {
		return true, true
	}
	for {
		if i = skipBlank(text, i); i == len(text) {
			return false, true
		}
		end := skipValue(text, i)
		if text[i] != '"' {
			return false, false
		}
		if end < 0 {
			return false, true
		}
		key := text[i+1 : end-1]
		if i = skipBlank(text, end); i == len(text) {
			return false, true
		}
		if text[i] != ':' {
			return false, false
		}
		if i = skipBlank(text, i+1); i == len(text) {
			return false, true
		}
		if end = skipValue(text, i); end < 0 {
			f(key, text[i:], true)
			return false, true
		}
		if end == i {
			return false, false
		}
		f(key, text[i:end], false)
		if i = skipBlank(text, end); i == len(text) {
			return false, true
		}
		switch text[i] {
		case '}':
			return true, true
		case ',':
			i++
		default:
			return false, false
		}
	}
}

func skipBlank(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the place after the value at i, or -1 where text ends within
// it (or a bare word touches text's end).
func skipValue(text []byte, i int) int {
	switch text[i] {
	case '"':
		return skipString(text, i)
	case '{', '[':
		for depth := 0; i < len(text); {
			switch text[i] {
			case '"':
				if i = skipString(text, i); i < 0 {
					return -1
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return -1
	}
	for i < len(text) && isBare(text[i]) {
		i++
	}
	if i == len(text) {
		return -1
	}
	return i
}

func skipString(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// isBare reports whether c may stand in a number, true, false or null.
func isBare(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.'
}

// lastID finds "id" among the plain members that end an object, from behind:
// ..."jsonrpc":"2.0","id":7}. What stands directly before the last brace is the
// outermost object's, so nothing of a nested one is taken for it.
func lastID(tail []byte) string {
	rest, ok := cutEnd(tail, '}')
	for ok {
		var key, value []byte
		if rest, value, ok = cutPlain(rest); !ok {
			break
		}
		if rest, ok = cutEnd(rest, ':'); !ok {
			break
		}
		if rest, key, ok = cutPlain(rest); !ok {
			break
		}
		if string(key) == `"id"` {
			if string(value) == "null" {
				return ""
			}
			return string(value)
		}
		rest, ok = cutEnd(rest, ',')
	}
	return ""
}

func cutEnd(text []byte, c byte) ([]byte, bool) {
	text = bytes.TrimRight(text, " \t\r")
	if len(text) == 0 || text[len(text)-1] != c {
		return nil, false
	}
	return text[:len(text)-1], true
}

// cutPlain takes a string, a number or a word off the end of text.
func cutPlain(text []byte) (rest, value []byte, ok bool) {
	text = bytes.TrimRight(text, " \t\r")
	i := len(text)
	if i > 0 && text[i-1] == '"' {
		for i = i - 2; i >= 0; i-- {
			if text[i] == '"' && !isEscaped(text, i) {
				return text[:i], text[i:], true
			}
		}
		return nil, nil, false
	}
	for i > 0 && isBare(text[i-1]) {
		i--
	}
	return text[:i], text[i:], i > 0 && i < len(text)
}

func isEscaped(text []byte, i int) bool {
	n := 0
	for n < i && text[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// stringAfter is the plain string that follows key and a colon in text, nil for none.
func stringAfter(text, key []byte) []byte {
	_, rest, ok := bytes.Cut(text, key)
	if !ok {
		return nil
	}
	rest = bytes.TrimLeft(rest, " \t:")
	if len(rest) == 0 || rest[0] != '"' {
		return nil
	}
	if end := skipString(rest, 0); end > 0 {
		return rest[1 : end-1]
	}
	return nil
}
