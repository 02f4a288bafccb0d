package doctor

import (
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// typedRules are about what a hand gets wrong in a server's settings. Each of them
// can keep it from starting. What a server may well put up with is asked last: it
// says itself what it does not.
var typedRules = []rule{
	{code: words.ValueQuoted, fact: quotedStart, rest: quoted, fixes: []remedy{trimValues, openServer}},
	{code: words.CommandJoined, fact: joined, fixes: []remedy{splitCommand, openServer}},
	{code: words.AddressScheme, fact: schemeless, fixes: []remedy{addScheme, openServer}},
	{code: words.PathRelative, fact: relativeStart, rest: relative, fixes: []remedy{wholePaths, openServer}},
	{code: words.FolderMissing, fact: pathLeft, fixes: []remedy{chooseFolder, makeFolder}},
	{code: words.Placeholder, rest: placeholderLeft, fixes: []remedy{openServer}},
	{code: words.KeyInPlain, fixes: []remedy{moveKey}},
}

// trimmed is value without what came along when it was copied: blanks around it,
// and quotes that are no part of it.
func trimmed(at place, name, value string) string {
	quotes := []string{"“”", "‘’", "„“", "«»"}
	if at != inArgs && (at != inEnv || configs.LooksSecret(name, "")) {
		quotes = append(quotes, `""`, "''", "``")
	}
	for {
		was := value
		value = strings.Trim(value, " \t\r\n\u00a0")
		for _, q := range quotes {
			r, pair := []rune(value), []rune(q)
			if len(r) >= 2 && r[0] == pair[0] && r[len(r)-1] == pair[1] {
				value = string(r[1 : len(r)-1])
			}
		}
		if value == was {
			return value
		}
	}
}

func quoted(x *exam) ([]any, bool) {
	return x.quotedAt(func(place, string) bool { return true })
}

// quotedStart: around what starts it, or a key.
func quotedStart(x *exam) ([]any, bool) {
	return x.quotedAt(func(at place, name string) bool {
		return at != inArgs && (at != inEnv || configs.LooksSecret(name, ""))
	})
}

func (x *exam) quotedAt(counts func(at place, name string) bool) ([]any, bool) {
	var text string
	_, _, ok := firstValue(&x.Server, func(at place, flag, value string) bool {
		name, rest, _ := named(at, flag, value)
		text = shown(name, rest)
		return counts(at, flag) && trimmed(at, flag, value) != value && strings.TrimSpace(value) != ""
	})
	return []any{"Value", text}, ok
}

// joined: the program and its arguments in one text.
func joined(x *exam) ([]any, bool) {
	command, _ := splitLine(x, &x.Server)
	return nil, command != "" // not shown: it may hold a key
}

// splitLine takes a joined command, or joined arguments, apart; command is "" where
// nothing is joined.
func splitLine(x *exam, s *servers.Server) (command string, args []string) {
	if s.Command == "" {
		return "", nil
	}
	parts := []string{s.Command}
	if strings.ContainsAny(strings.TrimSpace(s.Command), " \t") && x.find(s.Command) == "" {
		parts = x.split(s.Command)
	}
	changed := len(parts) > 1
	args = slices.Clone(parts[1:])
	_, own := downloads[base(parts[0])]
	for _, a := range s.Args {
		flag, rest, two := strings.Cut(a, " ")
		own = own && strings.HasPrefix(a, "-") // what follows is no option of the helper's
		if two && own && slices.Contains(joinedFlags, flag) {
			args, changed = append(append(args, flag), strings.Fields(rest)...), true
			continue
		}
		args = append(args, a)
	}
	if !changed {
		return "", nil
	}
	return parts[0], args
}

// joinedFlags are options of helpers that instructions show before what is
// started.
var joinedFlags = []string{"-y", "--yes", "-p", "--package", "--from", "-i", "-it", "--rm"}

// split takes a command line apart, at blanks outside quotes; a program whose own
// path has blanks is recognised by being there.
func (x *exam) split(line string) []string {
	line = strings.TrimSpace(line)
	for i := len(line) - 1; i > 0; i-- {
		if line[i] == ' ' && x.pc.isAbs(line) && x.find(line[:i]) != "" {
			return append([]string{line[:i]}, shellWords(line[i:])...)
		}
	}
	return shellWords(line)
}

// shellWords takes text apart at blanks that are in no quotes, and drops those.
func shellWords(text string) []string {
	var list []string
	var word strings.Builder
	var quote rune
	begun := false
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if begun {
				list = append(list, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		list = append(list, word.String())
	}
	return list
}

// schemes are what an address may begin with.
var schemes = []string{"http://", "https://", "ws://", "wss://"}

func schemeless(x *exam) ([]any, bool) {
	now := withScheme(x.Server.URL)
	return []any{"URL", shownAddress(x.Server.URL), "Now", shownAddress(now)}, now != x.Server.URL
}

var schemeRule = configs.Pattern(`^(?:[A-Za-z]+:[\\/]{1,3}|//)`)

// withScheme is the address with https:// where it has none that is known; on this
// computer itself http://.
func withScheme(address string) string {
	low := strings.ToLower(address)
	if address == "" || slices.ContainsFunc(schemes, func(s string) bool { return strings.HasPrefix(low, s) }) || strings.HasPrefix(address, "$") {
		return address
	}
	rest := address[len(schemeRule().FindString(address)):]
	host, _, _ := strings.Cut(strings.ToLower(rest), "/")
	host, _, _ = strings.Cut(host, ":")
	if host == "localhost" || strings.HasPrefix(host, "127.") {
		return "http://" + rest
	}
	return "https://" + rest
}

// relative: a path that means another place wherever the AI app happens to start
// it, or that only a shell would understand.
func relative(x *exam) ([]any, bool) { return x.relativeOf(pathValues(x, &x.Server)) }

// relativeStart: of the program, or the folder it starts in.
func relativeStart(x *exam) ([]any, bool) {
	return x.relativeOf(slices.DeleteFunc(pathValues(x, &x.Server), func(v string) bool { return v != x.Server.Command && v != x.Server.Cwd }))
}

func (x *exam) relativeOf(paths []string) ([]any, bool) {
	if command, _ := splitLine(x, &x.Server); command != "" {
		return nil, false // a line, not a path
	}
	for _, value := range paths {
		if now, odd := x.whole(value); odd {
			with := []any{"Value", configs.Mask(value)}
			if now != value {
				with = append(with, "Path", configs.Mask(now))
			}
			return with, true
		}
	}
	return nil, false
}

// pathValues lists what of s is a path, or begins like one.
func pathValues(x *exam, s *servers.Server) []string {
	var list []string
	if strings.ContainsAny(s.Command, `/~$%`) || x.pc.OS == "windows" && strings.Contains(s.Command, `\`) {
		list = append(list, s.Command)
	}
	if s.Cwd != "" {
		list = append(list, s.Cwd)
	}
	command, _ := unwrapped(s)
	script := isInterpreter(command)
	for i, a := range s.Args {
		_, short := x.expanded(a)
		dotted := strings.HasPrefix(a, "./") || strings.HasPrefix(a, "../") || strings.HasPrefix(a, `.\`) || strings.HasPrefix(a, `..\`)
		isScript := script && !strings.HasPrefix(a, "-") && scriptRule().MatchString(a) && (i == 0 || strings.HasPrefix(s.Args[i-1], "-"))
		if short || s.Cwd == "" && (dotted || isScript) {
			list = append(list, a)
		}
	}
	return list
}

func isInterpreter(command string) bool {
	return slices.Contains([]string{"node", "python", "python3", "py", "bun", "deno", "tsx", "ruby", "java"}, base(command))
}

var scriptRule = configs.Pattern(`(?i)\.(js|mjs|cjs|ts|py|rb|jar)$`)

// homes are how a shell names the account's folder.
var homes = []string{"~", "$HOME", "${HOME}", "%USERPROFILE%", "%HOMEPATH%", "$env:USERPROFILE"}

// expanded is value with the account's folder for what names it; short reports
// whether it was named.
func (x *exam) expanded(value string) (whole string, short bool) {
	before, rest := "", value
	if flag, v, ok := strings.Cut(value, "="); ok && strings.HasPrefix(flag, "-") {
		before, rest = flag+"=", v
	}
	for _, h := range homes {
		after, ok := strings.CutPrefix(rest, h)
		if ok && (after == "" || after[0] == '/' || after[0] == '\\') {
			return before + x.pc.Home + after, true
		}
	}
	for _, name := range []string{"APPDATA", "LOCALAPPDATA", "ProgramFiles"} {
		if after, ok := strings.CutPrefix(rest, "%"+name+"%"); ok && x.pc.getenv(name) != "" {
			return before + x.pc.getenv(name) + after, true
		}
	}
	return value, false
}

// whole is the path in full, where that can be known; odd reports whether it is
// not so already.
func (x *exam) whole(value string) (now string, odd bool) {
	if now, short := x.expanded(value); short {
		return now, true
	}
	if x.pc.isAbs(value) || x.Server.Cwd != "" && value != x.Server.Cwd {
		return value, false // below the folder that it starts in, it means one place
	}
	sep := "/"
	if x.pc.OS == "windows" {
		sep = `\`
	}
	below := x.pc.join(x.pc.Home, strings.TrimPrefix(strings.TrimPrefix(value, "."+sep), "./"))
	if !strings.HasPrefix(value, "..") && x.pc.exists(below) {
		return below, true
	}
	return value, true
}

// Values that a page leaves for its reader to fill in.
var (
	placeholderRule = configs.Pattern(`(?i)^<[^<>]+>$|\byour[-_ ]|_here\b|^x{3,}$|^\*{3,}$|^changeme$|^replace[-_]?me|^\.{3}$|^\$\{(input|env):|^\{env:|^\$\{workspaceFolder\}|^(sk|ghp|xoxb)[-_](\.{3}|x{3,})`)
	pathLeftRule    = configs.Pattern(`(?i)[\\/]path[\\/]to([\\/]|$)|[\\/]users[\\/](username|your[-_]?(user)?name|you|<[^>]+>)([\\/]|$)|[\\/]home[\\/](username|your[-_]?(user)?name|you|user)([\\/]|$)|[\\/]absolute[\\/]path|^C:\\path\b`)
)

func isPlaceholder(value string) bool { return placeholderRule().MatchString(value) }

// pathLeft: a path out of somebody's instructions.
func pathLeft(x *exam) ([]any, bool) {
	_, value, ok := firstValue(&x.Server, func(at place, _, value string) bool {
		return at != inURL && at != inHeaders && pathLeftRule().MatchString(value) && !x.pc.exists(value)
	})
	return []any{"Path", value}, ok
}

// placeholderLeft: any other value out of somebody's instructions. Those for keys
// are keys that are missing.
func placeholderLeft(x *exam) ([]any, bool) {
	name, value, ok := firstValue(&x.Server, func(_ place, name, value string) bool {
		return isPlaceholder(value) && !configs.LooksSecret(name, "")
	})
	return []any{"Value", value, "Field", name}, ok
}

// inPlain: a key that stands where every program of the user's can read it.
func inPlain(x *exam) ([]any, bool) {
	var key string
	_, _, ok := firstValue(&x.Server, func(at place, flag, value string) bool {
		name, value, _ := named(at, flag, value)
		key = name
		return at != inCommand && at != inCwd && isPlainKey(name, value)
	})
	return []any{"Key", key}, ok
}
