package launch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

// letter is a message of the client's; of one that is too long only what a look tells.
type letter struct {
	message
	text []byte
	came time.Time
	long int // its length, where it is too long
}

// serve reads the client's messages until in or the bridge's life ends; finish
// ends the rest.
func (b *bridge) serve(in io.Reader) {
	queue := make(chan letter, 64)
	b.busy.Go(func() {
		for {
			select {
			case l, ok := <-queue:
				if !ok {
					return
				}
				b.take(l)
				b.open.Add(-1)
			case <-b.life.Done():
				return
			}
		}
	})
	defer close(queue)
	r := bufio.NewReaderSize(in, chunkLen)
	for {
		l, err := readLetter(r)
		l.came = time.Now()
		if len(l.text) > 0 || l.long > 0 {
			b.open.Add(1)
			select {
			case queue <- l:
			case <-b.life.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// readLetter is the next line.
func readLetter(r *bufio.Reader) (l letter, err error) {
	var g gather
	var tail []byte
	for {
		part, err := r.ReadSlice('\n')
		switch {
		case l.long == 0 && g.length+len(part) <= maxMessage:
			g.add(part)
		case l.long == 0:
			l.long, l.text = g.length, g.text(nil)[:headLen:headLen]
			fallthrough
		default:
			l.long += len(part)
			tail = append(tail, bytes.TrimRight(part, "\r\n")...)
			tail = append(tail[:0], tail[max(0, len(tail)-tailLen):]...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case l.long > 0:
			l.message = look(line{head: l.text, tail: tail, length: l.long})
			l.text = nil
			return l, err
		default:
			l.text = bytes.TrimRight(g.text(nil), "\r\n")
			l.message = lookWhole(l.text)
			return l, err
		}
	}
}

// lineOfText is what the observers see of a whole line.
func lineOfText(text []byte) line {
	return line{head: text[:min(len(text), headLen)], tail: text[max(0, len(text)-tailLen):], text: text, first: text, length: len(text)}
}

// lookWhole is look where the whole line is at hand.
func lookWhole(text []byte) message {
	m := look(lineOfText(text))
	if len(text) > headLen && (m.kind == someword || m.method == "" && m.kind != batch) {
		m = look(line{head: text, length: len(text)})
	}
	return m
}
