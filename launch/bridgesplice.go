package launch

import (
	"bytes"
	"strconv"
)

// What has to be changed of a message is cut out of its text and put in anew; all
// other bytes stay: numbers, ids, blanks, unknown members.

// member is a member of an object; value is JSON.
type member struct {
	key   string
	value []byte
}

// at finds the value at the path of member names; ok is false where there is none.
func at(text []byte, path ...string) (found span, ok bool) {
	start := bytes.IndexByte(text, '{')
	if start < 0 {
		return span{}, false
	}
	here := span{start, len(text)}
	for i, name := range path {
		if text[here.from] != '{' {
			return span{}, false
		}
		next, has := span{}, false
		members(text[here.from:], func(key, value []byte, cut bool) {
			if string(key) == name && !cut && (i == len(path)-1 || value[0] == '{') {
				from := cap(text) - cap(value)
				next, has = span{from, from + len(value)}, true
			}
		})
		if !has {
			return span{}, false
		}
		here = next
	}
	return here, true
}

// valueAt is the value at the path, nil where there is none.
func valueAt(text []byte, path ...string) []byte {
	if s, ok := at(text, path...); ok {
		return text[s.from:s.to]
	}
	return nil
}

// wordAt is the string at the path, "" where there is none.
func wordAt(text []byte, path ...string) string {
	if v := valueAt(text, path...); len(v) > 1 && v[0] == '"' {
		return unquote(v)
	}
	return ""
}

// put is text with value in place of the span.
func put(text []byte, s span, value []byte) []byte {
	out := make([]byte, 0, len(text)-(s.to-s.from)+len(value)+1)
	out = append(out, text[:s.from]...)
	out = append(out, value...)
	return append(out, text[s.to:]...)
}

// insert is text with members at the beginning of the object that begins at i.
func insert(text []byte, i int, list ...member) []byte {
	var b []byte
	for n, m := range list {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), m.key...), `":`...)
		b = append(b, m.value...)
	}
	if len(list) > 0 && text[skipBlank(text, i+1)] != '}' {
		b = append(b, ',')
	}
	return put(text, span{i + 1, i + 1}, b)
}

// set is text where the object at the path has these members, which it has at the
// end of the path not more than once; objects that are missing are made.
func set(text []byte, path []string, list ...member) []byte {
	if s, ok := at(text, path...); ok && text[s.from] == '{' {
		var fresh []member
		for _, m := range list {
			if old, ok := at(text, append(path[:len(path):len(path)], m.key)...); ok {
				text = put(text, old, m.value)
			} else {
				fresh = append(fresh, m)
			}
		}
		return insert(text, s.from, fresh...)
	}
	if len(path) == 0 {
		return text
	}
	inner := insert([]byte("{}"), 0, list...)
	return set(text, path[:len(path)-1], member{path[len(path)-1], inner})
}

// drop is text without those members of the object at the path that go.
func drop(text []byte, path []string, goes func(key string) bool) []byte {
	s, ok := at(text, path...)
	if !ok || text[s.from] != '{' {
		return text
	}
	var all []span
	var names []string
	members(text[s.from:], func(key, value []byte, _ bool) {
		from, end := cap(text)-cap(key)-1, cap(text)-cap(value)+len(value)
		all, names = append(all, span{from, end}), append(names, string(key))
	})
	i := 0
	if out := cutElements(text, all, func([]byte) bool { i++; return goes(names[i-1]) }); out != nil {
		return out
	}
	return text
}

// withID is text with another id; it is given one where it has none.
func withID(text []byte, id string) []byte {
	return set(text, nil, member{"id", []byte(id)})
}

// withOwnID is an answer with the request's id, where it has none: many servers
// know none for a request they refuse.
func withOwnID(text []byte, id string) []byte {
	if len(text) == 0 || text[0] != '{' || id == "" {
		return text
	}
	if m := lookWhole(text); m.id != "" || m.kind != answer && m.kind != refusal {
		return text
	}
	return withID(text, id)
}

// isSameID reports whether two ids are one: some servers spell a number anew.
func isSameID(a, b string) bool {
	if a == b {
		return true
	}
	if a == "" || b == "" || (a[0] == '"') != (b[0] == '"') {
		return false
	}
	if a[0] == '"' {
		return unquote([]byte(a)) == unquote([]byte(b))
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// flat is a message on one line. A line break can only stand between its tokens.
func flat(text []byte) []byte {
	text = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\ufeff")))
	for _, end := range []byte("\r\n") {
		for i := bytes.IndexByte(text, end); i >= 0; {
			text[i] = ' '
			next := bytes.IndexByte(text[i:], end)
			if next < 0 {
				break
			}
			i += next
		}
	}
	return text
}
