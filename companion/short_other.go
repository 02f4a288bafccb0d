//go:build !windows

package companion

// shortFolder is dir itself where blanks do no harm.
func shortFolder(dir string) string { return dir }
