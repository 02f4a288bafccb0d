package launch

import "bytes"

// sieve forwards the lines of a stream that judge lets pass, as they came, and
// most of them at once: what is held back is the beginning of a line, until judge
// knows what becomes of it.
type sieve struct {
	// judge says what becomes of the line that text is or begins, and what is
	// forwarded in its place, nil for itself.
	judge func(text []byte, whole bool) ([]byte, fate)

	held []byte // the beginning of a line of which nothing is forwarded yet
	rest fate   // of the bytes until the next line feed
}

// fate is what becomes of a line.
type fate int

const (
	unknown fate = iota // more of it has to be seen; a whole line is never so
	passed
	dropped
)

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
