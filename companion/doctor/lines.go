package doctor

import (
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/words"
)

// maxLines is how many of a server's last lines are looked at.
const maxLines = 200

// lines is what a server said, the oldest line first, as it was and in lower case.
type lines struct{ raw, low []string }

// traffic are messages that clients write into their logs: the user's data, and
// whatever their words are, no word about the server.
var traffic = configs.Pattern(`(?i)\bmessage from (client|server):`)

func newLines(groups ...[]string) lines {
	var l lines
	seen := map[string]bool{} // the same line comes by several ways
	for _, text := range slices.Concat(groups...) {
		for part := range strings.SplitSeq(text, "\n") {
			part = strings.TrimRight(part, "\r")
			if strings.TrimSpace(part) != "" && !seen[part] && !traffic().MatchString(part) {
				seen[part] = true
				l.raw = append(l.raw, part)
			}
		}
	}
	l.raw = l.raw[max(0, len(l.raw)-maxLines):]
	for _, text := range l.raw {
		l.low = append(l.low, strings.ToLower(text))
	}
	return l
}

// find returns the lines that one of the patterns fits, as they were. A pattern is
// text in lower case; its parts, between " ... ", stand on one line in this order;
// after " // " follows what one of the next lines says; a part that begins with "!"
// is not on the line.
func (l lines) find(patterns ...string) []string {
	var list []string
	for i, text := range l.low {
		if slices.ContainsFunc(patterns, func(p string) bool { return l.fits(i, text, p) }) {
			list = append(list, l.raw[i])
		}
	}
	return list
}

// near is how many lines after the first a pattern's second line may stand.
const near = 5

func (l lines) fits(at int, text, pattern string) bool {
	first, then, two := strings.Cut(pattern, " // ")
	if !fitsLine(text, first) {
		return false
	}
	end := min(at+1+near, len(l.low))
	return !two || slices.ContainsFunc(l.low[at+1:end], func(t string) bool { return fitsLine(t, then) })
}

func fitsLine(text, pattern string) bool {
	rest := text
	for part := range strings.SplitSeq(pattern, " ... ") {
		if not, ok := strings.CutPrefix(part, "!"); ok {
			if strings.Contains(text, not) {
				return false
			}
			continue
		}
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	return true
}

// Where a stack or a package manager's own words go on, nobody finds a reason.
var (
	noReason = configs.Pattern(`^\s*(at |\.\.\.|\^|node:internal|Node\.js v|npm (notice|warn)|File "|Traceback|\d+ \||[{}\[\]()]+;?$|~+)`)
	reason   = configs.Pattern(`(?i)\b(error|err!|fatal|exception|required|missing|failed|can(no|')t|unable|denied|refused|invalid|panic|not found|unauthori[sz]ed|must|please)\b|[a-z]Error\b`)
)

// How clients begin a line of their logs, and what they say there of themselves.
var (
	logPrefix  = configs.Pattern(`^(?:\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\s*)(?:\[[^\]]*\]\s*|(?:LOG|INFO|WARN|ERROR)\s+)*`)
	logSuffix  = configs.Pattern(`\s*\{ ?(?:metadata: .*|"context":.*)$`)
	clientsOwn = configs.Pattern(`(?i)(initializing server|server started and connected|shutting down server|using mcp server command|using built-in node|client transport closed)`)
)

// ownWords is a line without what a client's log puts around it.
func ownWords(text string) string {
	return strings.TrimSpace(logSuffix().ReplaceAllString(logPrefix().ReplaceAllString(text, ""), ""))
}

// last is the line that most likely says why: the last that tells of a failure,
// else the last at all; a sentence of ours where there is none.
func (l lines) last() string {
	other := ""
	for i, text := range slices.Backward(l.raw) {
		if noReason().MatchString(text) || slices.ContainsFunc(closing, func(c string) bool { return strings.Contains(l.low[i], c) }) {
			continue
		}
		own := ownWords(text)
		if reason().MatchString(own) {
			return own
		}
		if other == "" && !clientsOwn().MatchString(text) {
			other = own
		}
	}
	if other == "" {
		return words.Say("health.silent")
	}
	return other
}
