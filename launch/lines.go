package launch

import "bytes"

// Of a line the observer looks at the first headLen and the last tailLen bytes.
const (
	headLen = 512
	tailLen = 128
)

// line is what is known of one line, without its line feed. Its slices are valid
// only while the observer is called.
type line struct {
	head, tail []byte
	text       []byte // the whole line, nil where it was not at hand
	first      []byte // as much of its beginning as was at hand
	length     int
}

// lines cuts a stream of chunks into lines, of any length, in bounded memory.
type lines struct {
	see  func(line)
	want func() int // how many first bytes of a line are wanted, though it comes in pieces; nil for none

	length int    // of the unfinished line, so far
	head   []byte // its first bytes
	tail   []byte // its last bytes
	text   []byte // its first bytes, as many as are wanted
}

// feed takes the next chunk; it keeps none of it.
func (l *lines) feed(chunk []byte) {
	for {
		end := bytes.IndexByte(chunk, '\n')
		if end < 0 {
			l.add(chunk)
			return
		}
		if l.length == 0 {
			part := chunk[:end]
			l.see(line{head: part[:min(end, headLen)], tail: part[max(0, end-tailLen):], text: part, first: part, length: end})
		} else {
			l.add(chunk[:end])
			l.finish()
		}
		chunk = chunk[end+1:]
	}
}

// finish ends a line that has no line feed, at the end of the stream.
func (l *lines) finish() {
	if l.length == 0 {
		return
	}
	whole := l.text
	if len(whole) < l.length {
		whole = nil
	}
	first := l.text
	if len(first) < len(l.head) {
		first = l.head
	}
	l.see(line{head: l.head, tail: l.tail, text: whole, first: first, length: l.length})
	l.length, l.head, l.tail, l.text = 0, l.head[:0], l.tail[:0], nil
}

func (l *lines) add(part []byte) {
	if len(part) == 0 {
		return
	}
	l.head = append(l.head, part[:min(len(part), headLen-len(l.head))]...)
	if len(part) < tailLen {
		l.tail = append(l.tail, part...)
		l.tail = append(l.tail[:0], l.tail[max(0, len(l.tail)-tailLen):]...)
	} else {
		l.tail = append(l.tail[:0], part[len(part)-tailLen:]...)
	}
	if l.want != nil && len(l.text) == l.length {
		room := max(0, l.want()-l.length)
		l.text = append(l.text, part[:min(len(part), room)]...)
	}
	l.length += len(part)
}
