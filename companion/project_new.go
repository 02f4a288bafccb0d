package companion

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"mcp-companion/configs"
	"mcp-companion/launch"
	"mcp-companion/servers"
	"mcp-companion/servers/projects"
	"mcp-companion/words"
)

// What a face needs of a server of the user's own.
type (
	ProjectRequest  = projects.Request
	Project         = projects.Project
	ProjectTemplate = projects.Template
)

// ProjectTemplates lists the kinds of projects, in the user's language.
func ProjectTemplates() []ProjectTemplate { return projects.Templates() }

// ProjectHelper reports as a Problem that the helper program which projects of the
// template with this id need isn't on this computer.
func (c *Companion) ProjectHelper(ctx context.Context, id string) error {
	for _, t := range projects.Templates() {
		for _, line := range t.Prepare {
			if t.ID != id {
				continue
			}
			if _, err := stepPlan(ctx, &Project{}, strings.Fields(line)); err != nil {
				return err
			}
		}
	}
	return nil
}

// NewProject makes the project's folder, unless its name is taken. It is neither
// prepared nor in the library then: PrepareProject, and ProposeServer with its
// DraftOf. After an error nothing is left.
func (c *Companion) NewProject(ctx context.Context, r ProjectRequest) (*Project, error) {
	lib, err := c.Library()
	if err != nil {
		return nil, err
	}
	for _, n := range lib.Names() {
		if strings.EqualFold(n, r.Name) {
			return nil, words.New(words.NameTaken, nil, "Name", n)
		}
	}
	return projects.Create(ctx, r)
}

// ProjectFolder is what the folder of a server called name is called, where its
// user chooses none.
func ProjectFolder(name string) string { return projects.PackageName(name) }

// DraftOf is the project's server, to be saved.
func DraftOf(p *Project) Draft { return Draft{Name: p.Name, Server: p.Server} }

// PrepareProject runs in the project's folder what its server needs to start, one
// after the other. Each is told to say before it begins, and its output goes to
// out as it comes. A program that isn't there is that Problem, a Node.js that is
// too old NodeOld, one that fails ProjectUnready; ctx ends it.
func (c *Companion) PrepareProject(ctx context.Context, p *Project, say func(line string), out io.Writer) error {
	for _, line := range p.Prepare {
		text := strings.Join(line, " ")
		plan, err := stepPlan(ctx, p, line)
		if err != nil {
			return err
		}
		say(text)
		said := &tail{out: out}
		if err := runPlan(ctx, plan, said); err != nil {
			return stepProblem(p, text, said.text, err)
		}
	}
	return nil
}

// tail passes what is written on, and keeps the end of it.
type tail struct {
	out  io.Writer
	text string
}

func (t *tail) Write(data []byte) (int, error) {
	t.text += string(data)
	t.text = t.text[max(0, len(t.text)-4096):]
	return t.out.Write(data)
}

// npm says which Node.js a project needs, and which one it was run by.
var (
	nodeNeeded = configs.Pattern(`Required: .*"node":"[>=^~]*([0-9.]+)"`)
	nodeActual = configs.Pattern(`Actual: .*"node":"v([0-9.]+)"`)
)

// stepProblem says why a step failed that said text.
func stepProblem(p *Project, line, text string, err error) error {
	if needed := nodeNeeded().FindStringSubmatch(text); needed != nil && strings.Contains(text, "EBADENGINE") {
		version := ""
		if actual := nodeActual().FindStringSubmatch(text); actual != nil {
			version = actual[1]
		}
		old := words.New(words.NodeOld, err, "Name", p.Name, "Needed", needed[1], "Version", version)
		old.Detail = "" // whether there is a newer one, nobody looked
		return old
	}
	return words.New(words.ProjectUnready, err, "Name", p.Name, "Folder", p.Folder, "Line", line)
}

// stepPlan finds the program of a step as the project's server will be: a window has
// not the PATH of a terminal.
func stepPlan(ctx context.Context, p *Project, line []string) (*launch.Plan, error) {
	plan, err := launch.For(ctx, p.Name, &servers.Server{Command: line[0], Args: line[1:], Cwd: p.Folder}, "", nil, os.Environ())
	if code := helperOf[line[0]]; code != "" && words.Has(err, words.ProgramMissing) {
		return nil, words.New(code, err, "Name", p.Name)
	}
	return plan, err
}

// helperOf says which helper program a step's is part of, by the Problem of its
// absence.
var helperOf = map[string]words.Code{"npm": words.NodeMissing, "uv": words.UVMissing}

// runPlan runs a program to its end; when ctx ends, it is asked to leave, and
// then made to.
func runPlan(ctx context.Context, plan *launch.Plan, out io.Writer) error {
	cmd := exec.CommandContext(ctx, plan.Path, plan.Args...)
	cmd.Env, cmd.Dir = plan.Env, plan.Dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error {
		if cmd.Process.Signal(os.Interrupt) == nil {
			return nil
		}
		return cmd.Process.Kill() // Windows knows no other way
	}
	cmd.WaitDelay = 3 * time.Second
	hide(cmd)
	if err := cmd.Run(); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	return nil
}
