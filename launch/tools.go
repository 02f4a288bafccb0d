package launch

import "bytes"

// span is a part of a text.
type span struct{ from, to int }

// listed finds the id of an answer and, in the array result.tools, its elements.
func listed(text []byte) (id string, tools []span) {
	at := func(part []byte) int { return cap(text) - cap(part) } // part is cut out of text
	start := bytes.IndexByte(text, '{')
	if start < 0 {
		return "", nil
	}
	members(text[start:], func(key, value []byte, _ bool) {
		switch {
		case string(key) == "id":
			id = string(value)
		case string(key) == "result" && value[0] == '{':
			members(value, func(key, value []byte, _ bool) {
				if string(key) == "tools" && value[0] == '[' {
					tools = elements(text, at(value))
				}
			})
		}
	})
	return id, tools
}

// elements lists the elements of the array that begins at i.
func elements(text []byte, i int) (list []span) {
	for i++; ; i++ {
		if i = skipBlank(text, i); i == len(text) || text[i] == ']' {
			return list
		}
		end := skipValue(text, i)
		if end <= i {
			return list
		}
		list = append(list, span{i, end})
		if i = skipBlank(text, end); i == len(text) || text[i] != ',' {
			return list
		}
	}
}

// cutElements is text without those elements of an array that go, and as many of
// its commas; nil where none does.
func cutElements(text []byte, list []span, goes func([]byte) bool) []byte {
	kept, last := 0, -1 // elements that stay, and where the last of them ends
	var cuts []span
	for i, e := range list {
		switch {
		case !goes(text[e.from:e.to]):
			kept, last = kept+1, e.to
		case i+1 < len(list):
			cuts = append(cuts, span{e.from, list[i+1].from})
		default: // the comma before it goes as well
			cuts = append(cuts, span{e.from, e.to})
			if kept > 0 {
				for len(cuts) > 0 && cuts[len(cuts)-1].from > last {
					cuts = cuts[:len(cuts)-1]
				}
				cuts = append(cuts, span{last, e.to})
			}
		}
	}
	if cuts == nil {
		return nil
	}
	out, from := make([]byte, 0, len(text)), 0
	for _, c := range cuts {
		out, from = append(out, text[from:c.from]...), c.to
	}
	return append(out, text[from:]...)
}

// called finds what a request calls: its method, its id and params.name, each as
// it is spelled, as far as text goes.
func called(text []byte) (method string, id, name []byte) {
	start := bytes.IndexByte(text, '{')
	if start < 0 {
		return "", nil, nil
	}
	members(text[start:], func(key, value []byte, cut bool) {
		switch {
		case string(key) == "method" && !cut:
			method = unquote(value)
		case string(key) == "id" && !cut:
			id = value
		case string(key) == "params" && value[0] == '{':
			members(value, func(key, value []byte, cut bool) {
				if string(key) == "name" && value[0] == '"' && !cut {
					name = value
				}
			})
		}
	})
	return method, id, name
}
