package launch

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"mcp-companion/files"
)

// markName is the variable that marks all processes of a session, so that those
// are found that left the server's group and lost their parent. Its value is the
// session's id.
const markName = "MCP_COMPANION_SESSION"

// Exit is how a server ended: its code, and on Unix the name of the signal that
// ended it. The code is then 128 and the signal's number, as shells say it.
type Exit struct {
	Code   int
	Signal string
}

// child is a started server: our ends of its pipes, and all its processes.
type child struct {
	id             string // the session's
	stdin          *os.File
	stdout, stderr *os.File
	process        *os.Process
	tree           tree
	guard          *guard
	exited         chan struct{} // closed when exit is known
	exit           Exit
}

// start starts the server on pipes that pipe makes. Its guard is not started yet.
func (p *Plan) start(pipe func() (r, w *os.File, err error)) (*child, error) {
	c := &child{id: files.NewID(), exited: make(chan struct{})}
	inside := make([]*os.File, 3) // the server's ends
	ours := []**os.File{&c.stdin, &c.stdout, &c.stderr}
	defer func() {
		for _, f := range inside {
			f.Close() // nil is safe
		}
	}()
	for i, f := range ours {
		r, w, err := pipe()
		if err != nil {
			c.closePipes()
			return nil, p.problem(err)
		}
		if i == 0 {
			inside[i], *f = r, w
		} else {
			inside[i], *f = w, r
		}
	}
	attr := &os.ProcAttr{Dir: p.Dir, Env: append(p.Env[:len(p.Env):len(p.Env)], markName+"="+c.id), Files: inside}
	var err error
	if c.process, c.tree, err = startTree(p.Path, p.Args, attr, c.id); err != nil {
		c.closePipes()
		return nil, p.problem(err)
	}
	go func() {
		c.exit = exitOf(c.process.Wait())
		close(c.exited)
	}()
	return c, nil
}

func (c *child) closePipes() {
	for _, f := range []*os.File{c.stdin, c.stdout, c.stderr} {
		f.Close()
	}
}

// problem says why the server could not be started.
func (p *Plan) problem(err error) error {
	program := p.Path
	if errors.Is(err, fs.ErrNotExist) {
		// The program was there when the Plan was made: what is missing is the one
		// its first line names.
		if i := interpreter(p.Path); i != "" {
			program = i
		}
	}
	return programProblem(err, p.Name, program)
}

// interpreter is the program that a script's first line names, "" for none.
func interpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	var b [256]byte
	n, _ := f.Read(b[:])
	text, ok := bytes.CutPrefix(b[:n], []byte("#!"))
	if !ok {
		return ""
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if parts := bytes.Fields(first); len(parts) > 0 {
		return string(parts[0])
	}
	return ""
}
