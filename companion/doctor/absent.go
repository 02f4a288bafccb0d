package doctor

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// helper is a program that servers are started with.
type helper struct {
	title    string
	page     string // where it is to be had
	programs []string
}

// The helper programs.
var (
	nodeJS    = helper{"Node.js", "https://nodejs.org/en/download", []string{"npx", "node", "npm"}}
	uvTool    = helper{"uv", "https://docs.astral.sh/uv/getting-started/installation/", []string{"uvx", "uv"}}
	dockerApp = helper{"Docker", "https://docs.docker.com/get-started/get-docker/", []string{"docker"}}
	python    = helper{"Python", "https://www.python.org/downloads/", []string{"python", "python3", "py"}}
	bun       = helper{"Bun", "https://bun.sh", []string{"bun", "bunx"}}
	deno      = helper{"Deno", "https://deno.com", []string{"deno"}}
)

var helpers = []helper{nodeJS, uvTool, dockerApp, python, bun, deno}

func (h helper) has(program string) bool { return slices.Contains(h.programs, program) }

// helperOf is the helper that the program belongs to; one of its own name for any
// other.
func helperOf(program string) helper {
	for _, h := range helpers {
		if h.has(program) {
			return h
		}
	}
	return helper{title: program, programs: []string{program}}
}

// absent is a program that was not found where it was looked for.
type absent struct {
	program string
	found   []string // where it is nevertheless
	said    bool     // the server or the client said so; else the launcher would
}

// findAbsent looks for a program that is missing: the server's own, else one that
// somebody said was missing.
func (x *exam) findAbsent() (absent, bool) {
	command, _ := x.line()
	if command == "" {
		return absent{}, false
	}
	_, err := x.look.Find(&servers.Server{Command: command, Cwd: x.Server.Cwd, Env: x.Server.Env})
	if errors.Is(err, fs.ErrNotExist) {
		program := base(command)
		return absent{program, x.look.Everywhere(program), false}, true
	}
	for _, text := range slices.Backward(x.lines.raw) {
		for _, rule := range missingRules {
			m := rule.rule().FindStringSubmatch(text)
			if m == nil || cutAtBlank(m[1]) || rule.known && !isHelper(base(m[1])) {
				continue
			}
			if a, ok := x.said(m[1]); ok {
				return a, true
			}
		}
	}
	return absent{}, false
}

// missingRule finds a program's name in what somebody says when there is none.
// Where known, only helpers count: others' words are used for other things too.
type missingRule struct {
	rule  func() *regexp.Regexp
	known bool
}

// missingRules are how shells, Node, Go, Python and Windows say it.
var missingRules = []missingRule{
	{configs.Pattern(`(?i)\bspawn ['"]?(.+?)['"]? ENOENT`), false},
	{configs.Pattern(`(?i)exec: "([^"]+)": executable file not found`), false},
	{configs.Pattern(`(?i)'([^']+)' is not recognized as`), false},
	{configs.Pattern(`(?i)\benv: ['\x{2018}"]?([\w.+-]+)['\x{2019}"]?: no such file`), false},
	{configs.Pattern(`(?i)command not found: ([\w.+-]+)`), false},
	{configs.Pattern(`(?i)([\w.+/-]+): command not found\s*$`), false},
	{configs.Pattern(`(?i)(?:^|/)(?:sh|bash|dash|ash): (?:line )?\d+: ([\w.+/-]+): not found\s*$`), false},
	{configs.Pattern(`(?i)no such file or directory: '([\w.+/-]+)'`), true},
	{configs.Pattern(`(?i)failed to spawn:? ["\x60']?([\w.+-]+)`), true},
	{configs.Pattern(`(?i)program not found: ([\w.+-]+)`), true},
}

// cutAtBlank reports whether name is what remains of a path with blanks.
func cutAtBlank(name string) bool { return strings.EqualFold(name, `C:\Program`) }

func isHelper(program string) bool {
	return slices.ContainsFunc(helpers, func(h helper) bool { return h.has(program) })
}

// said weighs that somebody missed a program. Where the settings lead to it by now
// that is an old story.
func (x *exam) said(name string) (absent, bool) {
	program := base(name)
	command, _ := x.line()
	if program == base(command) && x.pc.isAbs(command) {
		return absent{}, false // and it was found
	}
	for _, dir := range x.ownPath() {
		if dir != "" && strings.EqualFold(folder(x.find(program)), dir) {
			return absent{}, false
		}
	}
	return absent{program, x.look.Everywhere(program), true}, true
}
