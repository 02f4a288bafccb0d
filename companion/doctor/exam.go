package doctor

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mcp-companion/configs"
	"mcp-companion/launch"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// exam is one examination: the case, and what was found out once for all rules.
type exam struct {
	Case
	ctx   context.Context
	pc    Computer
	look  launch.Look
	lines lines

	absent   func() (absent, bool)
	docker   func() (answers bool, err error)
	versions map[string]version
	asked    int // programs, for their version
}

func newExam(ctx context.Context, pc Computer, c Case) *exam {
	x := &exam{Case: c, ctx: ctx, pc: pc, look: pc.look(), versions: map[string]version{}}
	var groups [][]string
	if p := c.Problem; p != nil {
		if p.Err != nil {
			groups = append(groups, []string{p.Err.Error()})
		}
		said, _ := p.With("Text").(string) // the server's own words, which count more
		groups = append(groups, []string{said})
	}
	if c.Ended != nil {
		groups = append(groups, []string{c.Ended.StrayLine}, c.Ended.Stderr)
	}
	groups = append(groups, c.Said)
	if c.Report != nil {
		groups = append(groups, c.Report.Stderr)
	}
	x.lines = newLines(groups...)
	x.absent = sync.OnceValues(x.findAbsent)
	x.docker = sync.OnceValues(func() (bool, error) {
		if pc.Docker == nil {
			return true, nil
		}
		err := pc.Docker(ctx)
		return err == nil, err
	})
	return x
}

// is reports whether the case came with one of these problems.
func (x *exam) is(codes ...words.Code) bool {
	return x.Problem != nil && slices.Contains(codes, x.Problem.Code)
}

// program is what is started in the end: npx, of `cmd /c npx ...` as of
// /opt/homebrew/bin/npx; "" for an address.
func (x *exam) program() string {
	command, _ := x.line()
	return base(command)
}

// line is the command and its arguments without what only hands on to them.
func (x *exam) line() (command string, args []string) {
	return unwrapped(&x.Server)
}

func unwrapped(s *servers.Server) (string, []string) {
	if base(s.Command) == "cmd" && len(s.Args) > 1 && strings.EqualFold(s.Args[0], "/c") {
		return s.Args[1], s.Args[2:]
	}
	return s.Command, s.Args
}

// find is the program that the launcher starts for s, "" for none.
func (x *exam) find(command string) string {
	path, err := x.look.Find(&servers.Server{Command: command, Cwd: x.Server.Cwd, Env: x.Server.Env})
	if err != nil {
		return ""
	}
	return path
}

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

// ownPath lists the folders of the server's own PATH.
func (x *exam) ownPath() []string { return pathOf(x.pc, x.Server.Env) }

func pathOf(pc Computer, env map[string]string) []string {
	for k, v := range env {
		if k == "PATH" || pc.OS == "windows" && strings.EqualFold(k, "PATH") {
			return strings.Split(v, pc.listSeparator())
		}
	}
	return nil
}

func (pc Computer) listSeparator() string {
	if pc.OS == "windows" {
		return ";"
	}
	return ":"
}

// version is a program's: major, minor, patch.
type version []int

var versionRule = configs.Pattern(`(\d+)\.(\d+)(?:\.(\d+))?`)

func readVersion(text string) version {
	m := versionRule().FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	var v version
	for _, part := range m[1:] {
		n, _ := strconv.Atoi(part)
		v = append(v, n)
	}
	return v
}

// less compares as numbers; an unknown version is not less.
func (v version) less(other version) bool { return v != nil && slices.Compare(v, other) < 0 }

// String is the major number alone where the rest is zero: what a user needs to
// know.
func (v version) String() string {
	if len(v) == 0 {
		return ""
	}
	text := strconv.Itoa(v[0])
	if len(v) > 1 && slices.ContainsFunc(v[1:], func(n int) bool { return n != 0 }) {
		text += "." + strconv.Itoa(v[1])
	}
	return text
}

// maxAsked is how many programs one examination asks for their version.
const maxAsked = 4

var folderVersion = configs.Pattern(`[\\/](?:v|node@)?(\d+(?:\.\d+){0,2})[\\/]`)

// versionOf is the program's version: told by the folder of a version manager,
// else by itself.
func (x *exam) versionOf(path string) version {
	if v, ok := x.versions[path]; ok || path == "" {
		return v
	}
	var v version
	switch m := folderVersion().FindStringSubmatch(path); {
	case m != nil && strings.Contains(m[1], "."):
		v = readVersion(m[1])
	case x.asked < maxAsked && x.pc.Run != nil && x.ctx.Err() == nil:
		x.asked++
		out, err := x.pc.Run(x.ctx, path, "--version")
		if err == nil {
			v = readVersion(out)
		}
	}
	x.versions[path] = v
	return v
}

// env are the server's variables, by their names in upper case.
func (x *exam) env(name string) string {
	for _, k := range slices.Sorted(maps.Keys(x.Server.Env)) {
		if strings.EqualFold(k, name) {
			return x.Server.Env[k]
		}
	}
	return ""
}
