//go:build !windows

package companion

import (
	"os"
	"os/exec"
)

// hide is nothing where programs have no console of their own.
func hide(*exec.Cmd) {}

// interrupt asks a program of ours to end.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }
