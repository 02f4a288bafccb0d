package launch

import (
	"bytes"
	"encoding/json"
	"sync"
	"sync/atomic"
)

// maxSieved is how long a list of tools may be that tools are taken out of.
const maxSieved = 16 << 20

// sieve keeps from the client what the user does not want it to see: lines that
// are not the protocol's, and some tools. All other lines are forwarded as they
// came, most of them at once; at most the first bytes of a line are held back
// until it is known what it is, and, while the client waits for a list of tools,
// all of an answer that may be it. Batches are passed as they are, also where they
// hold a list or a call, and so is a list of more than 16 MiB. A server without filters
// has a nil sieve.
//
// Of a list's answer the hidden tools' elements are cut out of the text, and no
// other byte changes: numbers, ids, blanks, unknown members stay.
type sieve struct {
	dropNotes  bool
	hidden     map[string]bool
	unfiltered func() // a list was passed whole

	mu    sync.Mutex
	lists map[string]bool // ids of the lists the client waits for
	due   atomic.Int32    // their number

	held []byte // the beginning of a line of which nothing is forwarded yet
	rest fate   // of the bytes until the next line feed
}

// fate is what becomes of a line.
type fate int

const (
	unknown fate = iota
	passed
	dropped
)

// newSieve returns nil where there is nothing to be kept from the client.
func newSieve(dropNotes bool, hideTools []string, unfiltered func()) *sieve {
	if !dropNotes && len(hideTools) == 0 {
		return nil
	}
	s := &sieve{dropNotes: dropNotes, hidden: map[string]bool{}, unfiltered: unfiltered, lists: map[string]bool{}}
	for _, name := range hideTools {
		s.hidden[name] = true
	}
	return s
}

// fromClient looks at a line before it is forwarded, so that no list comes before
// its request is known.
func (s *sieve) fromClient(l line) {
	if len(s.hidden) == 0 {
		return
	}
	m := look(l)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.kind == request && m.method == "tools/list" && len(s.lists) < maxPending:
		s.lists[m.id] = true
	case m.kind == notice && m.method == "notifications/cancelled":
		delete(s.lists, cancelled(l.head))
	}
	s.due.Store(int32(len(s.lists)))
}

// pass forwards of a chunk what is for the client; out reports whether that can
// still be reached.
func (s *sieve) pass(chunk []byte, out func([]byte) bool) bool {
	open, from := true, 0 // chunk[from:] is not forwarded yet
	flush := func(to, next int) {
		if to > from {
			open = out(chunk[from:to]) && open
		}
		from = next
	}
	for i := 0; i < len(chunk); {
		next := len(chunk)
		end := bytes.IndexByte(chunk[i:], '\n')
		if end >= 0 {
			next = i + end + 1
		}
		switch {
		case s.rest == dropped:
			flush(i, next)
		case s.rest == unknown && len(s.held) == 0 && end >= 0: // a whole line, mostly
			text, to := s.judge(chunk[i:next], true)
			switch {
			case to == dropped:
				flush(i, next)
			case text != nil:
				flush(i, next)
				open = out(text) && open
			}
		case s.rest == unknown:
			flush(i, next)
			s.held = append(s.held, chunk[i:next]...)
			open = s.settle(end >= 0, out) && open
		}
		if end >= 0 {
			s.rest = unknown
		}
		i = next
	}
	flush(len(chunk), len(chunk))
	return open
}

// finish decides on a line that has no line feed, at the end of the stream.
func (s *sieve) finish(out func([]byte) bool) bool {
	return len(s.held) == 0 || s.settle(true, out)
}

// settle decides on the line held, if that can be done yet.
func (s *sieve) settle(whole bool, out func([]byte) bool) bool {
	text, to := s.judge(s.held, whole)
	if to == unknown {
		return true
	}
	if text == nil {
		text = s.held
	}
	s.held, s.rest = nil, to
	return to == dropped || out(text)
}

// judge says what becomes of the line that text is or begins, and what is
// forwarded in its place, nil for itself.
func (s *sieve) judge(text []byte, whole bool) ([]byte, fate) {
	bare := bytes.TrimSuffix(text, []byte("\n"))
	if !whole && len(bare) <= headLen {
		return nil, unknown
	}
	l := line{head: bare[:min(len(bare), headLen)], length: len(bare)}
	if whole {
		l.tail = bare[max(0, len(bare)-tailLen):]
	}
	m := look(l)
	switch {
	case s.dropNotes && (m.kind == stray || m.kind == blank):
		return nil, dropped
	case s.due.Load() == 0 || m.kind != answer && m.kind != refusal && m.kind != someword:
		return nil, passed
	case m.id != "" && !s.isDue(m.id):
		return nil, passed
	case len(bare) > maxSieved:
		s.unfiltered()
		return nil, passed
	case !whole:
		return nil, unknown
	}
	return s.without(text), passed
}

func (s *sieve) isDue(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists[id]
}

// without is the answer text without the hidden tools, nil where that is itself.
func (s *sieve) without(text []byte) []byte {
	id, tools := listed(text)
	s.mu.Lock()
	due := s.lists[id]
	delete(s.lists, id)
	s.due.Store(int32(len(s.lists)))
	s.mu.Unlock()
	if !due || tools == nil || !json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		return nil
	}
	return cutElements(text, tools, func(tool []byte) bool {
		hidden := false
		members(tool, func(key, value []byte, _ bool) {
			hidden = hidden || string(key) == "name" && s.hidden[unquote(value)]
		})
		return hidden
	})
}

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
