package launch

import "golang.org/x/sys/windows"

// guard is the guard as the launcher holds it. A nil one does nothing.
type guard struct{ job windows.Handle }

// startGuard starts no process here: the job object is the guard.
func (c *child) startGuard() { c.guard = &guard{c.tree.job} }

// hurry is nothing here.
func (g *guard) hurry() {}

// release ends what is left of the server.
func (g *guard) release() {
	if g != nil && g.job != 0 {
		windows.CloseHandle(g.job)
		g.job = 0
	}
}

// Guard is the hidden command `guard`, args being what follows that word. Windows
// needs none.
func Guard(args []string) int { return 2 }
