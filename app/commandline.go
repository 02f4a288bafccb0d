package app

import (
	"regexp"
	"strings"
)

// commandLine is what a pasted line would be as a form's fields.
type commandLine struct {
	env     []variable // the leading NAME=value words
	command string
	args    []string
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// splitCommand splits a pasted line as a terminal would, without running
// anything: words end at blanks, quotes keep them together. A backslash counts
// only before a blank or a quote, so that Windows paths stay whole. It reports
// false where a quote isn't closed, and where nothing is left to run.
func splitCommand(text string) (commandLine, bool) {
	words, ok := splitWords(text)
	var c commandLine
	for len(words) > 0 && assignment.MatchString(words[0]) {
		name, value, _ := strings.Cut(words[0], "=")
		c.env = append(c.env, variable{name: name, value: value})
		words = words[1:]
	}
	if len(words) == 0 {
		return commandLine{}, false
	}
	c.command, c.args = words[0], words[1:]
	return c, ok
}

func splitWords(text string) (words []string, ok bool) {
	var word strings.Builder
	var quote rune // the one that is open, or 0
	begun := false // a word may be empty: ""
	r := []rune(strings.TrimSpace(text))
	for i := 0; i < len(r); i++ {
		c := r[i]
		switch {
		case quote == '\'' && c != quote:
			word.WriteRune(c)
		case c == '\\' && i+1 < len(r) && escapes(r[i+1], quote):
			i++
			word.WriteRune(r[i])
			begun = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words, quote == 0
}

func escapes(next, quote rune) bool {
	if quote == '"' {
		return next == '"'
	}
	return strings.ContainsRune(" \t\n\"'", next)
}

// looksLikeLine reports whether a command field holds a whole command line: it
// has blanks, and is not merely the path of a program with blanks in it.
func looksLikeLine(text string) bool {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, " \t\n") {
		return false
	}
	lower := strings.ToLower(text)
	isPath := strings.HasPrefix(text, "/") || len(text) > 2 && text[1] == ':'
	for _, end := range []string{".exe", ".cmd", ".bat", ".app", ".sh", ".py", ".js"} {
		if isPath && strings.HasSuffix(lower, end) && strings.Count(lower, end) == 1 {
			return false
		}
	}
	return true
}

// lines are the arguments typed one a line, each kept exactly.
func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
