package launch

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"mcp-companion/secrets"
)

const (
	tailLines = 200  // of stderr, kept in memory and in an ended session's file
	liveLines = 10   // of stderr, in a running session's file
	rawLen    = 4096 // of a line, kept until it is asked for
	shownLen  = 1000 // of a line, shown
)

// tail keeps the last lines a server wrote to stderr, redacted when they are read.
type tail struct {
	hide    secrets.Redactor
	counted chan struct{} // something came; nil for nobody
	news    chan struct{} // a line came; nil for nobody

	mu    sync.Mutex
	lines []rawLine // a ring, whose memory is used again
	next  int
	total int64  // lines so far
	bytes int64  // and bytes
	part  []byte // the unfinished line, at most rawLen
}

type rawLine struct {
	text []byte
	at   time.Time
}

// tailLine is a line as it came, cut to rawLen.
type tailLine struct {
	text string
	at   time.Time
}

// Write takes what was written; it never fails and never waits for a reader.
func (t *tail) Write(chunk []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tell(t.counted)
	t.bytes += int64(len(chunk))
	for rest := chunk; ; {
		end := bytes.IndexByte(rest, '\n')
		text := rest
		if end >= 0 {
			text = rest[:end]
		}
		t.part = append(t.part, text[:min(len(text), rawLen-len(t.part))]...)
		if end < 0 {
			return len(chunk), nil
		}
		t.add(t.part)
		t.part, rest = t.part[:0], rest[end+1:]
	}
}

func (t *tail) add(text []byte) {
	if text = bytes.TrimRight(text, "\r"); len(bytes.TrimSpace(text)) == 0 {
		return
	}
	t.total++
	tell(t.news)
	if len(t.lines) < tailLines {
		t.lines = append(t.lines, rawLine{bytes.Clone(text), time.Now()})
		return
	}
	l := &t.lines[t.next]
	l.text, l.at = append(l.text[:0], text...), time.Now()
	t.next = (t.next + 1) % tailLines
}

// newest returns at most n lines of the ring, oldest first.
func (t *tail) newest(n int) []tailLine {
	n = min(n, len(t.lines))
	list := make([]tailLine, 0, n)
	for i := len(t.lines) - n; i < len(t.lines); i++ {
		l := t.lines[(t.next+i)%len(t.lines)]
		list = append(list, tailLine{string(l.text), l.at})
	}
	return list
}

// end makes a line of the unfinished one: no more will come.
func (t *tail) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(t.part)
	t.part = t.part[:0]
}

// flood is how many bytes came so far.
func (t *tail) flood() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// since returns the lines that came after the first n, as they came, and makes n
// their number; of more than a few kilobytes the last, missed being the others.
func (t *tail) since(n *int64) (list []tailLine, missed int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fresh := t.total - *n
	*n = t.total
	list = t.newest(int(min(fresh, tailLines)))
	room := maxLineLen
	for i := len(list) - 1; i >= 0; i-- {
		if room -= len(list[i].text); room < 0 {
			list = list[i+1:]
			break
		}
	}
	return list, fresh - int64(len(list))
}

// last returns the last n lines, oldest first, the unfinished one included.
func (t *tail) last(n int) []string {
	t.mu.Lock()
	list := t.newest(n)
	if len(t.part) > 0 {
		list = append(list, tailLine{text: string(t.part)})
	}
	t.mu.Unlock()
	list = list[max(0, len(list)-n):]
	texts := make([]string, 0, len(list))
	for _, l := range list {
		texts = append(texts, showLine(t.hide, l.text, len(l.text) >= rawLen))
	}
	return texts
}

// showLine is text without secrets, at most shownLen long. cut says that it ends
// before its line did.
func showLine(hide secrets.Redactor, text string, cut bool) string {
	if text == "" {
		return ""
	}
	text = hide.Text(text, cut)
	if len(text) > shownLen {
		text = strings.ToValidUTF8(text[:shownLen], "") + "..."
	}
	return text
}
