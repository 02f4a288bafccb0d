//go:build unix

package launch

import (
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"mcp-companion/files"
)

// The guard ends the server's processes when whoever started them is gone, in
// whatever way: it holds a pipe from there and does nothing until that closes.
// It is this program again (`guard GROUP MARK`), in a session and group of its own,
// because clients kill groups; deaf to polite signals, because clients send them to all
// they find; with nothing in its environment, and no stream of the client's open.

// How long the server has once the launcher is gone, which closed its stdin; and
// after SIGTERM.
const (
	guardClosed = 500 * time.Millisecond
	guardTerm   = 300 * time.Millisecond
	guardKill   = 500 * time.Millisecond
)

// guardName is the variable that a guard has.
const guardName = "MCP_COMPANION_GUARD"

// guard is the guard as the launcher holds it. A nil one does nothing.
type guard struct {
	pipe    *os.File
	process *os.Process
}

// startGuard starts the guard. Without one (no process may be started any more)
// the server still ends in all ways but after a SIGKILL.
func (c *child) startGuard() {
	self, err := executable()
	if err != nil || os.Getenv(guardName) != "" { // a program that forgot the command starts no guards without end
		return
	}
	r, w, err := blockingPipe()
	if err != nil {
		return
	}
	defer r.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		w.Close()
		return
	}
	defer null.Close()
	p, err := os.StartProcess(self, []string{"mcp-companion", "guard", strconv.Itoa(c.tree.group), c.tree.mark}, &os.ProcAttr{
		Dir:   "/",
		Env:   []string{"GOMAXPROCS=1", "GOGC=off", guardName + "=1"},
		Files: []*os.File{r, null, null},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		w.Close()
		return
	}
	c.guard = &guard{w, p}
}

// hurry tells the guard that SIGTERM was sent already.
func (g *guard) hurry() {
	if g != nil {
		g.pipe.Write([]byte{'t'}) // a dead guard: nothing to be done
	}
}

// release ends the guard, which ends what is left of the server.
func (g *guard) release() {
	if g != nil {
		g.pipe.Close()
		go g.process.Wait()
	}
}

// Guard is the hidden command `guard`, args being what follows that word. It
// returns its exit code when the launcher is gone and all the server's processes
// are. main calls it before it does anything else.
func Guard(args []string) int {
	if len(args) != 2 {
		return 2
	}
	group, err := strconv.Atoi(args[0])
	if err != nil || group < 2 {
		return 2
	}
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGTSTP)
	debug.SetGCPercent(-1)
	t := treeOf(group, args[1])
	time.AfterFunc(settled, files.DropPages)
	told, _ := io.ReadAll(os.Stdin)
	if len(told) > 0 || !t.gone(0, guardClosed) {
		t.end()
	}
	return 0
}
