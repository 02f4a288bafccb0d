//go:build !linux

package launch

// dropPages is for Linux, where what a process mapped counts as its memory.
func dropPages() {}
