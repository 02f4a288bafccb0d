package app

import "strings"

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
