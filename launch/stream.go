package launch

import (
	"os"
	"sync/atomic"
)

const (
	chunkLen = 64 << 10  // read at once, and what a pipe holds
	longLine = 256 << 10 // from here on a line gets more room
	longRoom = 1 << 20   // what a pipe that carries one holds
)

// stream carries one direction. It is os.File's plain reads and writes on
// blocking descriptors: pollable ones took up to five times longer.
type stream struct {
	from, to *os.File
	lines    *lines            // sees every chunk; nil for nobody
	early    bool              // it sees a chunk before it is forwarded, not after
	sieve    *sieve            // says what is forwarded; nil for everything
	send     func([]byte) bool // writes to to; reports whether somebody still reads
	copied   interface {       // keeps something of the stream; nil for nobody
		Write([]byte) (int, error)
	}

	moved   atomic.Int64  // chunks read
	writing atomic.Bool   // the reader of to is slow
	done    chan struct{} // closed when from has ended
	lost    chan struct{} // closed when nobody reads to any more
}

func newStream(from, to *os.File) *stream {
	s := &stream{from: from, to: to, done: make(chan struct{}), lost: make(chan struct{})}
	s.send = func(data []byte) bool { return writeAll(to, data) }
	return s
}

// run forwards until from ends. Where nobody reads to any more, the rest is read
// and dropped, so that no writer is held up.
func (s *stream) run() {
	defer close(s.done)
	room := roomier{s: s}
	buf := make([]byte, chunkLen)
	open := true
	for {
		n, err := s.from.Read(buf)
		if n > 0 {
			s.moved.Add(1)
			if s.early {
				s.lines.feed(buf[:n])
			}
			if open {
				s.writing.Store(true)
				open = s.forward(buf[:n])
				s.writing.Store(false)
			}
			if s.lines != nil && !s.early {
				s.lines.feed(buf[:n])
			}
			if s.copied != nil {
				s.copied.Write(buf[:n])
			}
			room.fit()
		}
		if err != nil && !again(s.from, err, false) {
			if open && s.sieve != nil {
				s.sieve.finish(s.send)
			}
			if s.lines != nil {
				s.lines.finish()
			}
			return
		}
	}
}

// forward reports whether somebody still reads.
func (s *stream) forward(chunk []byte) bool {
	if s.sieve == nil && s.send(chunk) || s.sieve != nil && s.sieve.pass(chunk, s.send) {
		return true
	}
	close(s.lost)
	return false
}

func writeAll(to *os.File, data []byte) bool {
	for len(data) > 0 {
		n, err := to.Write(data)
		data = data[n:]
		if err != nil && !again(to, err, true) {
			return false
		}
	}
	return true
}

// roomier gives a stream that carries a long line more room, and takes it back
// after: all pipes of a user share 64 MiB.
type roomier struct {
	s   *stream
	was [2]int // the pipes' own sizes, while they are raised
	on  bool
}

func (r *roomier) fit() {
	long := r.s.lines != nil && r.s.lines.length > longLine
	switch {
	case long && !r.on:
		r.on = true
		r.was = [2]int{enlarge(r.s.from, longRoom), enlarge(r.s.to, longRoom)}
	case !long && r.on:
		// A pipe that is still full can't be made smaller: after the next chunk, then.
		from, to := shrink(r.s.from, &r.was[0]), shrink(r.s.to, &r.was[1])
		r.on = !from || !to
	}
}
