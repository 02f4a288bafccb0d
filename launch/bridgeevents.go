package launch

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"time"
)

// events reads a stream of server-sent events (WHATWG HTML, 9.2), however its
// lines end. Comments are skipped.
type events struct {
	r     *bufio.Reader
	begun bool
	cr    bool // the last line ended with a CR; an LF that follows belongs to it

	id    string        // of the last event that has one
	retry time.Duration // to wait before the stream is asked for again
	asked bool          // retry was told

	buf  []byte // the event's data so far, each line ended by an LF, and the line that is looked at
	more gather // the unfinished line
}

// event is one of a stream; its data is the receiver's own.
type event struct {
	name string
	data []byte
}

func newEvents(r io.Reader) *events { return &events{r: bufio.NewReaderSize(r, 16<<10)} }

// next is the next event that has data. io.EOF is the stream's end: an event that
// was not ended by a blank line does not count.
func (e *events) next() (ev event, err error) {
	e.buf = nil
	has := false
	for {
		start := len(e.buf)
		if err := e.line(); err != nil {
			return ev, err
		}
		text := e.buf[start:]
		if len(text) == 0 {
			if has && start > 0 {
				ev.data, e.buf = e.buf[:start-1], nil
				return ev, nil
			}
			ev, has = event{}, false
			e.buf = e.buf[:0]
			continue
		}
		name, value, _ := bytes.Cut(text, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		if string(name) == "data" {
			has = true
			if start == 0 { // mostly: a long message is not moved
				e.buf = append(value, '\n')
			} else {
				e.buf = append(e.buf[:start+copy(text, value)], '\n')
			}
			continue
		}
		e.field(string(name), value, &ev)
		e.buf = e.buf[:start]
	}
}

func (e *events) field(name string, value []byte, ev *event) {
	switch name {
	case "event":
		ev.name = string(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 && len(value) <= 4<<10 {
			e.id = string(value)
		}
	case "retry":
		if n, err := strconv.Atoi(string(value)); err == nil && n >= 0 {
			e.retry, e.asked = time.Duration(n)*time.Millisecond, true
		}
	}
}

// line adds the next line to the buffer, without its end.
func (e *events) line() error {
	for {
		if _, err := e.r.Peek(1); err != nil {
			return err
		}
		part, _ := e.r.Peek(e.r.Buffered())
		if e.cr {
			e.cr = false
			if part[0] == '\n' {
				e.r.Discard(1)
				continue
			}
		}
		if !e.begun {
			e.begun = true
			if mark := []byte("\ufeff"); bytes.HasPrefix(part, mark) {
				e.r.Discard(len(mark))
				continue
			}
		}
		end := bytes.IndexByte(part, '\n')
		if cr := bytes.IndexByte(part[:max(end, 0)], '\r'); end >= 0 && cr >= 0 {
			end = cr
		} else if end < 0 {
			end = bytes.IndexByte(part, '\r')
		}
		if end < 0 {
			end = len(part)
		}
		if len(e.buf)+e.more.length+end > maxMessage {
			return errTooLong
		}
		e.more.add(part[:end])
		if end == len(part) {
			e.r.Discard(end)
			continue
		}
		e.cr = part[end] == '\r'
		e.r.Discard(end + 1)
		e.buf = e.more.text(e.buf)
		return nil
	}
}
