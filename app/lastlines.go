package app

import (
	"slices"
	"strings"
)

// lastLines keeps the last lines of a program's output, and shows each as it comes.
type lastLines struct {
	show  func(string)
	lines []string
	rest  string // of a line that isn't ended
}

// mostLines is how much of an output is told where it failed.
const mostLines = 30

func (l *lastLines) Write(data []byte) (int, error) {
	l.rest += strings.ToValidUTF8(string(data), "")
	list := strings.FieldsFunc(l.rest, func(r rune) bool { return r == '\n' || r == '\r' })
	if !strings.HasSuffix(l.rest, "\n") && !strings.HasSuffix(l.rest, "\r") && len(list) > 0 {
		l.rest, list = list[len(list)-1], list[:len(list)-1]
	} else {
		l.rest = ""
	}
	list = slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(plainText(s)) == "" })
	for _, s := range list {
		l.lines = append(l.lines, plainText(s))
	}
	l.lines = l.lines[max(0, len(l.lines)-mostLines):]
	if len(list) > 0 {
		l.show(l.lines[len(l.lines)-1])
	}
	return len(data), nil
}

func (l *lastLines) text() string {
	return strings.TrimSpace(strings.Join(append(l.lines, plainText(l.rest)), "\n"))
}

// plainText is a line without what colours it in a terminal.
func plainText(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !ok {
			break
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r >= '@' && r <= '~' })
		s = after[end+1:]
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, b.String())
}
