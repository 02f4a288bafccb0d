package doctor

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/words"
)

// helperRules are about the programs that servers are started with.
var helperRules = []rule{
	{
		code: words.WindowsStart, fact: windowsStart, said: []string{"spawn ... einval", "enoent ... ${appdata}", "'c:\\program' is not recognized"}, more: saidWindowsStart,
		fixes: []remedy{plainStart, giveVariables, again},
	},
	{code: words.NodeMissing, fact: missing(nodeJS), fixes: []remedy{install(nodeJS), again}},
	{code: words.PathHidden, fact: hidden, fixes: []remedy{useFound, again}},
	{
		code: words.NodeOld, said: []string{
			"code ebadengine", "npm ... notsup", "unsupported engine ... !warn", "referenceerror: file is not defined", "unexpected token '||=' ... !json",
			"unexpected token '??=' ... !json", "unexpected token '.' ... !json", "unexpected token '?' ... !json", "err_require_esm",
			"syntaxerror: unexpected token {", "(internal/modules/", "webidl.is.file =", "unknown file extension \".ts\"",
		}, more: saidOld, rest: nodeTooOld,
		fixes: []remedy{useNewer, update(nodeJS), again},
	},
	{code: words.UVMissing, fact: missing(uvTool), fixes: []remedy{install(uvTool), again}},
	{
		code: words.PythonPart, said: []string{"modulenotfounderror", "no module named", "importerror:", "no solution found when resolving", "failed to spawn: `"},
		fixes: []remedy{prepare, openServer},
	},
	{
		code: words.DockerStopped, fact: dockerStopped, said: []string{
			"cannot connect to the docker daemon", "is the docker daemon running", "docker.sock: connect: no such file",
			"error during connect ... docker_engine", "error during connect ... dockerdesktoplinuxengine", "docker desktop is not running", "open //./pipe/docker",
		}, fixes: []remedy{startDocker, again},
	},
	{code: words.DockerMissing, fact: missing(dockerApp), fixes: []remedy{install(dockerApp), openServer, again}},
	{
		code: words.DockerRights, fact: dockerRights, said: []string{"permission denied ... docker daemon socket", "permission denied ... docker.sock", "docker.sock: connect: permission denied"},
		fixes: []remedy{dockerSteps, again},
	},
	{
		code: words.DockerImage, said: []string{
			"pull access denied", "manifest unknown", "manifest for ... not found", "no matching manifest", "oci runtime",
			"does not match the detected host platform ... !warning",
		}, fixes: []remedy{again, openServer},
	},
	{
		code: words.WrongMachine, said: []string{"exec format error", "bad cpu type", "is not a valid win32 application", "not compatible with the version of windows"},
		more: func(x *exam, _ string) ([]any, bool) {
			return []any{"Path", x.pc.Tilde(x.find(x.Server.Command))}, true
		},
		fixes: []remedy{openServer, again},
	},
	{code: words.ProgramMissing, fact: missingOther, fixes: []remedy{installAny, openServer, again}},
}

// missing is the test for a helper that is nowhere on this computer.
func missing(h helper) test {
	return func(x *exam) ([]any, bool) {
		a, ok := x.absent()
		if !ok || !h.has(a.program) || len(a.found) > 0 {
			return nil, false
		}
		return []any{"Program", h.title, "Command", a.program}, true
	}
}

// missingOther is about a program that no other rule names.
func missingOther(x *exam) ([]any, bool) {
	a, ok := x.absent()
	if !ok || len(a.found) > 0 || a.program == "" {
		return nil, false
	}
	command := a.program
	if !a.said {
		command, _ = x.line()
	}
	return []any{"Program", helperOf(a.program).title, "Command", command}, true
}

// hidden is about a program that is here, where whoever starts it does not look.
func hidden(x *exam) ([]any, bool) {
	a, ok := x.absent()
	if !ok || len(a.found) == 0 {
		return nil, false
	}
	found := a.found[0]
	return []any{"Program", helperOf(a.program).title, "Command", a.program, "Path", x.pc.Tilde(folder(found)), "Found", found}, true
}

// The oldest Node.js that the official libraries run on, and the one to have where
// nobody names any.
var (
	oldestNode = version{18, 0, 0}
	goodNode   = version{20, 0, 0}
	esmNode    = version{22, 12, 0} // the first that takes modules of both kinds
	tsNode     = version{22, 18, 0} // the first that takes TypeScript as it is
)

// node is the Node.js that runs the server, and its version.
func (x *exam) node() (path string, v version) {
	command, _ := x.line()
	if !nodeJS.has(base(command)) {
		return "", nil
	}
	if base(command) != "node" {
		command = "node" // npx is a script that has the first of the PATH run it
	}
	path = x.find(command)
	return path, x.versionOf(path)
}

// nodeTooOld: where nobody names a reason, an old Node.js is one, and so is npm's
// warning, which it gives also where all goes well.
func nodeTooOld(x *exam) ([]any, bool) {
	if _, v := x.node(); v.less(oldestNode) {
		return x.old(v, x.needed(v)), true
	}
	for _, line := range x.lines.find("ebadengine", "unsupported engine") {
		if with, ok := saidOld(x, line); ok {
			return with, true
		}
	}
	return nil, false
}

// saidOld checks what was said about the version with the one that is there now.
func saidOld(x *exam, line string) ([]any, bool) {
	_, v := x.node()
	if v == nil {
		v = x.saidVersion()
	}
	needed := x.needed(v)
	if strings.Contains(strings.ToLower(line), "err_require_esm") {
		needed = esmNode
	}
	if strings.Contains(line, `".ts"`) {
		needed = tsNode
	}
	if v != nil && !v.less(needed) {
		return nil, false
	}
	return x.old(v, needed), true
}

var (
	currentRule  = configs.Pattern(`current: \{ node: '([^']+)'`)
	crashRule    = configs.Pattern(`^Node\.js (v[\d.]+)`)
	requiredRule = configs.Pattern(`(?:required: \{ )?node: '([^']+)'`)
	boundRule    = configs.Pattern(`(?:>=?|\^|~)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?`)
)

// saidVersion is the version that Node.js or npm named.
func (x *exam) saidVersion() version {
	for _, text := range slices.Backward(x.lines.raw) {
		for _, rule := range []string{first(currentRule().FindStringSubmatch(text)), first(crashRule().FindStringSubmatch(text))} {
			if v := readVersion(rule); v != nil {
				return v
			}
		}
	}
	return nil
}

func first(groups []string) string {
	if len(groups) < 2 {
		return ""
	}
	return groups[1]
}

// needed is the lowest version that is asked for and higher than v.
func (x *exam) needed(v version) version {
	var best version
	for _, text := range x.lines.raw {
		if !strings.Contains(strings.ToLower(text), "required") {
			continue
		}
		for _, m := range boundRule().FindAllStringSubmatch(first(requiredRule().FindStringSubmatch(text)), -1) {
			bound := readVersion(strings.Join([]string{m[1], "0" + m[2], "0" + m[3]}, "."))
			if v.less(bound) && (best == nil || bound.less(best)) {
				best = bound
			}
		}
	}
	if best == nil {
		best = goodNode
	}
	return best
}

// old fills the sentences about an old Node.js, with a newer one that is here.
func (x *exam) old(v, needed version) []any {
	with := []any{"Program", nodeJS.title, "Needed", needed.String()}
	if v != nil {
		with = append(with, "Version", v.String())
	}
	for _, path := range x.look.Everywhere("node") {
		if found := x.versionOf(path); found != nil && !found.less(needed) {
			return append(with, "Found", path, "Newer", found.String(), "Path", x.pc.Tilde(folder(path)))
		}
	}
	return with
}

func (x *exam) usesDocker() bool { return x.program() == "docker" && x.find("docker") != "" }

func dockerStopped(x *exam) ([]any, bool) {
	if !x.usesDocker() {
		return nil, false
	}
	answers, err := x.docker()
	return nil, !answers && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, context.DeadlineExceeded)
}

func dockerRights(x *exam) ([]any, bool) {
	if !x.usesDocker() {
		return nil, false
	}
	_, err := x.docker()
	return nil, errors.Is(err, fs.ErrPermission)
}

// windowsStart is about a program that Windows has, under an ending that whoever
// starts it does not try.
func windowsStart(x *exam) ([]any, bool) {
	if x.pc.OS != "windows" {
		return nil, false
	}
	a, ok := x.absent()
	if !ok || len(a.found) == 0 {
		return nil, false
	}
	command, _ := x.line()
	odd := !a.said && !x.pc.isAbs(command) && strings.ToLower(command) != a.program // npx.exe, npx.ps1
	return []any{"Command", a.program}, odd || a.said && x.look.OnPath(a.program)
}

func saidWindowsStart(x *exam, line string) ([]any, bool) {
	command, args := x.line()
	if strings.Contains(strings.ToLower(line), "${appdata}") { // npm asks for it, and the client passed none on
		return []any{"Command", command, "Set", "APPDATA=" + x.pc.join(x.pc.Home, "AppData", "Roaming")}, x.pc.OS == "windows" && x.env("APPDATA") == ""
	}
	if strings.Contains(strings.ToLower(line), "not recognized") && !strings.Contains(command, " ") && len(args) == len(x.Server.Args) {
		return nil, false // there is no blank at which it could be cut
	}
	return []any{"Command", command}, x.pc.OS == "windows"
}
