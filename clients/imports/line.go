package imports

import (
	"strings"

	"mcp-companion/configs"
)

// Line is a command line taken apart: nothing of it is run.
type Line struct {
	Env     []Variable // the NAME=value words before the command
	Command string
	Args    []string
	Dir     string // where a cd before it leads, "" for nowhere
}

// Variable is one of a line's own.
type Variable struct{ Name, Value string }

var assignment = configs.Pattern(`^[A-Za-z_][A-Za-z0-9_]*=`)

// SplitLine splits a pasted line as a terminal would: words end at blanks, quotes
// keep them together. A backslash counts only before a blank or a quote, so that
// Windows paths stay whole; at the end of a line it joins the next one, as ` and ^
// do. Variables are read in every shell's spelling. ok is false where a quote
// isn't closed, and where nothing is left to run.
func SplitLine(text string) (l Line, ok bool) {
	list, ok := splitWords(text)
	l.Env, list = leading(list)
	if len(list) == 0 {
		return Line{}, false
	}
	l.Command, l.Args = list[0], list[1:]
	return l, ok
}

// leading takes the variables in front of a command: A=b, export A=b, env A=b,
// PowerShell's $env:A="b"; and cmd's set A=b &&.
func leading(list []string) (env []Variable, rest []string) {
	for len(list) > 0 {
		w := list[0]
		switch {
		case w == "export" || w == "set" || w == "env" || w == "&&" || w == ";" || w == "&" || w == "$":
			list = list[1:]
			continue
		case strings.HasPrefix(strings.ToLower(w), "$env:") && len(list) > 2 && list[1] == "=":
			env = append(env, Variable{w[5:], strings.TrimSuffix(list[2], ";")})
			list = list[3:]
			continue
		case strings.HasPrefix(strings.ToLower(w), "$env:"):
			w = strings.TrimSuffix(w[5:], ";")
		case strings.HasSuffix(w, ";"):
			w = strings.TrimSuffix(w, ";")
		}
		if !assignment().MatchString(w) {
			return env, list
		}
		name, value, _ := strings.Cut(w, "=")
		env = append(env, Variable{name, value})
		list = list[1:]
	}
	return env, nil
}

var joined = configs.Pattern("[ \t]*(?:\\\\|`|\\^)[ \t]*\r?\n[ \t]*")

// joinLines puts lines together that a shell would.
func joinLines(text string) string { return joined().ReplaceAllString(text, " ") }

func splitWords(text string) (list []string, ok bool) {
	var word strings.Builder
	var quote rune // the one that is open, or 0
	begun := false // a word may be empty: ""
	r := []rune(strings.TrimSpace(joinLines(text)))
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
				list = append(list, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if begun {
		list = append(list, word.String())
	}
	return list, quote == 0
}

func escapes(next, quote rune) bool {
	if quote == '"' {
		return next == '"'
	}
	return strings.ContainsRune(" \t\n\"'", next)
}

// commandWord is how lines begin that start a server or add one.
var commandWord = configs.Pattern(`(?i)^(?:.*[\\/])?(npx|uvx|uv|pipx|bunx|bun|pnpm|pnpx|yarn|npm|node|deno|python[\d.]*|py|docker|podman|claude|code|code-insiders|codium|cursor|codex|gemini|qwen|amp|droid|copilot|cmd|dnx|go|java|mcp-remote)(?:\.exe|\.cmd)?$`)

var prompt = configs.Pattern(`^(?:\$|>|%|PS [^>\n]*>|[A-Za-z]:\\[^>\n]*>)[ \t]+`)

// lines finds the command lines of a text: each with the variables before it.
// Comments, prompts and what a shell does before are passed over.
func lines(text string) []Line {
	var list []Line
	var env []Variable
	dir := ""
	for _, one := range commandsOf(joinLines(text)) {
		one = prompt().ReplaceAllString(strings.TrimSpace(one), "")
		if one == "" || one[0] == '#' || strings.HasPrefix(one, "//") {
			continue
		}
		all, ok := splitWords(one)
		if !ok {
			continue
		}
		own, rest := leading(all)
		env = append(env, own...)
		if len(rest) == 0 {
			continue
		}
		if rest[0] == "cd" && len(rest) == 2 && strings.ContainsAny(rest[1][:min(2, len(rest[1]))], `/:`) {
			dir = rest[1]
			continue
		}
		if !commandWord().MatchString(rest[0]) && !strings.HasSuffix(rest[0], "-mcp") && !strings.HasPrefix(rest[0], "mcp-") {
			continue
		}
		list = append(list, Line{Env: env, Command: rest[0], Args: rest[1:], Dir: dir})
		env = nil
	}
	return list
}

// commandsOf cuts a text at its line ends and where a shell ends a command,
// outside of quotes.
func commandsOf(text string) []string {
	var list []string
	start, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote && !(quote == '"' && i > 0 && text[i-1] == '\\') {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '\n', c == ';' && i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\n'):
			list, start = append(list, text[start:i]), i+1
		case c == '&' && i+1 < len(text) && text[i+1] == '&', c == '|' && i+1 < len(text) && text[i+1] == '|':
			list, start = append(list, text[start:i]), i+2
			i++
		}
	}
	return append(list, text[start:])
}
