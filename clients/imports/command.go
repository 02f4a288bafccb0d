package imports

import (
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/words"
)

// ofLine makes raws of one command line: of the server it starts, or of the one
// it tells an AI app to add.
func ofLine(l Line) ([]raw, error) {
	program := strings.ToLower(l.Command[strings.LastIndexAny(l.Command, `/\`)+1:])
	program = strings.TrimSuffix(strings.TrimSuffix(program, ".exe"), ".cmd")
	for _, a := range adders {
		if slices.Contains(a.programs, program) && len(l.Args) >= len(a.words) && slices.Equal(l.Args[:len(a.words)], a.words) {
			return a.read(a, l.Args[len(a.words):])
		}
	}
	if list, err, ok := installer(program, l.Args); ok {
		return list, err
	}
	if slices.Contains(onlyApps, program) || len(l.Args) == 0 && program != "cmd" && !strings.Contains(program, "mcp") {
		return nil, nothing()
	}
	if slices.Contains([]string{"npm", "pnpm", "yarn", "uv", "go", "docker", "bun"}, program) && !startsServer(program, l.Args) {
		return nil, nothing()
	}
	r := raw{command: l.Command, args: slices.Clone(l.Args), cwd: l.Dir, env: map[string]string{}}
	for _, v := range l.Env {
		r.env[v.Name] = v.Value
	}
	if l.Command == "npx" && !slices.Contains(l.Args, "-y") && !slices.Contains(l.Args, "--yes") {
		r.args = append([]string{"-y"}, l.Args...) // npx would ask, and nobody would answer
	}
	for i, a := range r.args {
		if home := homeDir(); home != "" && strings.HasPrefix(a, "~/") { // as the shell would
			r.args[i] = home + a[1:]
		}
	}
	return []raw{r}, r.check()
}

// nothing is what a text is that has no server. It is made when it is needed:
// its sentences are read from a file.
func nothing() error { return words.New(words.ImportNothing, nil) }

// onlyApps are programs whose lines start no server, but for those of adders.
var onlyApps = []string{"claude", "code", "code-insiders", "codium", "cursor", "codex", "gemini", "qwen", "amp", "droid", "copilot"}

// startsServer reports whether a package manager's line runs something, rather
// than installing it.
func startsServer(program string, args []string) bool {
	run := map[string][]string{
		"npm": {"exec", "x", "start", "run"}, "pnpm": {"dlx", "exec", "start", "run"}, "yarn": {"dlx", "start", "run"}, "uv": {"run", "tool", "--directory", "x"},
		"go": {"run"}, "docker": {"run", "mcp", "compose", "exec"}, "bun": {"x", "run", "start"},
	}[program]
	return len(args) > 0 && slices.Contains(run, args[0]) && !(args[0] == "tool" && len(args) > 1 && args[1] != "run")
}

// adder is a command with which an AI app adds a server to its own file.
type adder struct {
	programs []string
	words    []string
	read     func(adder, []string) ([]raw, error)
	// flags are those with a value, by what it is; what is not there and begins
	// with - has none.
	flags map[string]string
}

var addFlags = map[string]string{
	"-e": "env", "--env": "env", "-H": "header", "--header": "header", "-t": "transport", "--transport": "transport", "--type": "transport",
	"-s": "scope", "--scope": "scope", "--url": "url", "--bearer-token-env-var": "bearer", "--description": "about", "--timeout": "timeout",
	"--client-id": "client", "--callback-port": "port", "--include-tools": "tools", "--exclude-tools": "tools", "--cwd": "cwd", "--name": "name",
	"-n": "name", "--startup-timeout": "timeout", "-a": "app", "--agent": "app", "--client": "app", "--profile": "app", "--config": "app", "-c": "app",
}

var adders = []adder{
	{[]string{"claude"}, []string{"mcp", "add-json"}, readAddJSON, addFlags},
	{[]string{"claude", "gemini", "qwen", "codex", "amp", "droid", "copilot"}, []string{"mcp", "add"}, readAdd, addFlags},
	{[]string{"code", "code-insiders", "codium", "cursor"}, []string{"--add-mcp"}, readAddMCP, nil},
}

// added is what the words of an add command say.
type added struct {
	operands []string
	values   map[string][]string
}

// operandsOf sorts the words of an add command. Flags stand anywhere before --;
// one that may be repeated takes all that look like its values, as the apps' own
// parsers do. After the address or the command, everything is the server's.
func operandsOf(args []string, flags map[string]string) added {
	a := added{values: map[string][]string{}}
	for i := 0; i < len(args); i++ {
		flag, value, hasValue := strings.Cut(args[i], "=")
		kind := flags[flag]
		switch {
		case args[i] == "--":
			a.operands = append(a.operands, args[i+1:]...)
			return a
		case kind != "" && hasValue && strings.HasPrefix(flag, "--"):
			a.values[kind] = append(a.values[kind], value)
		case flags[args[i]] != "":
			kind = flags[args[i]]
			for i+1 < len(args) {
				i++
				a.values[kind] = append(a.values[kind], args[i])
				if i+1 >= len(args) || !isMore(kind, args[i+1]) {
					break
				}
			}
		case strings.HasPrefix(args[i], "-") && len(a.operands) < 2:
		case len(a.operands) >= 2 && !isAddress(a.operands[1]):
			rest := slices.Clone(args[i:]) // the server's own
			if at := slices.Index(rest, "--"); at >= 0 {
				rest = slices.Delete(rest, at, at+1)
			}
			a.operands = append(a.operands, rest...)
			return a
		default:
			a.operands = append(a.operands, args[i])
		}
	}
	return a
}

var (
	envMore    = configs.Pattern(`^[A-Za-z_][A-Za-z0-9_]*=`)
	headerMore = configs.Pattern(`^[A-Za-z][A-Za-z0-9-]*: ?.`)
)

// isMore reports whether a word is one more value of a flag that may have many.
func isMore(kind, word string) bool {
	switch kind {
	case "env":
		return envMore().MatchString(word)
	case "header":
		return headerMore().MatchString(word) && !strings.Contains(word, "://")
	}
	return false
}

func isAddress(text string) bool {
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "wss://") || strings.HasPrefix(text, "ws://")
}

// readAdd reads `claude mcp add NAME COMMAND|URL ...` and its kin.
func readAdd(a adder, args []string) ([]raw, error) {
	said := operandsOf(args, a.flags)
	r := raw{env: map[string]string{}, headers: map[string]string{}}
	rest := said.operands
	if len(rest) > 0 {
		r.name, rest = rest[0], rest[1:]
	}
	if list := said.values["url"]; len(list) > 0 {
		r.url = list[0]
	} else if len(rest) > 0 && isAddress(rest[0]) {
		r.url = rest[0]
	} else if len(rest) > 0 {
		r.command, r.args = rest[0], rest[1:]
	} else if isAddress(r.name) {
		r.url, r.name = r.name, ""
	}
	said.fill(&r)
	return []raw{r}, r.check()
}

// fill puts the flags' values into r.
func (a added) fill(r *raw) {
	for _, e := range a.values["env"] {
		if name, value, ok := strings.Cut(e, "="); ok {
			r.env[name] = value
		}
	}
	for _, h := range a.values["header"] {
		if name, value, ok := strings.Cut(h, ":"); ok {
			r.headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	for _, v := range a.values["bearer"] {
		r.headers["Authorization"] = "Bearer ${env:" + v + "}"
	}
	r.sse = slices.Contains(a.values["transport"], "sse")
	if list := a.values["about"]; len(list) > 0 {
		r.about = list[0]
	}
	if list := a.values["cwd"]; len(list) > 0 {
		r.cwd = list[0]
	}
	if list := a.values["name"]; len(list) > 0 {
		r.name = list[0]
	}
	if len(a.values["client"]) > 0 {
		r.note(words.Say("import.note.client"))
	}
	if r.url == "" {
		r.headers = nil
	} else {
		r.command, r.args, r.env = "", nil, nil
	}
}

// readAddJSON reads `claude mcp add-json NAME JSON`.
func readAddJSON(a adder, args []string) ([]raw, error) {
	said := operandsOf(args, a.flags)
	for i, text := range said.operands {
		if !strings.HasPrefix(strings.TrimSpace(text), "{") {
			continue
		}
		list, err := ofJSON(text)
		if err == nil && len(list) > 0 && i > 0 {
			list[0].name = said.operands[0]
		}
		return list, err
	}
	return nil, nothing()
}

// readAddMCP reads `code --add-mcp JSON`.
func readAddMCP(_ adder, args []string) ([]raw, error) {
	for _, text := range args {
		if strings.HasPrefix(strings.TrimSpace(text), "{") {
			return ofJSON(text)
		}
	}
	return nil, nothing()
}

// installer reads the lines of programs that write an AI app's file themselves:
// `npx add-mcp URL`. Of those that fetch what they write, nothing can be known.
func installer(program string, args []string) (list []raw, err error, ok bool) {
	if program != "npx" && program != "bunx" {
		return nil, nil, false
	}
	rest := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "-y" || a == "--yes" })
	if len(rest) < 2 {
		return nil, nil, false
	}
	name := rest[0]
	if at := strings.LastIndexByte(name, '@'); at > 0 {
		name = name[:at]
	}
	switch {
	case name == "@smithery/cli" && rest[1] == "install", name == "mcp-get" && rest[1] == "install":
		return nil, words.New(words.ImportInstaller, nil), true
	case name != "add-mcp" && name != "install-mcp":
		return nil, nil, false
	}
	said := operandsOf(rest[1:], addFlags)
	if len(said.operands) == 0 {
		return nil, nothing(), true
	}
	r := raw{env: map[string]string{}, headers: map[string]string{}}
	switch what := said.operands[0]; {
	case isAddress(what):
		r.url = what
	case strings.Contains(what, " "):
		if l, ok := SplitLine(what); ok {
			r.command, r.args = l.Command, l.Args
		}
	default:
		r.command, r.args = "npx", []string{"-y", what}
	}
	said.fill(&r)
	return []raw{r}, r.check(), true
}
