package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

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

// env is the server's own variable of this name, in whatever case, "" for none.
func (x *exam) env(name string) string {
	for _, k := range slices.Sorted(maps.Keys(x.Server.Env)) {
		if strings.EqualFold(k, name) {
			return x.Server.Env[k]
		}
	}
	return ""
}

// noContext is for what asks no program anything.
var noContext = context.Background()
