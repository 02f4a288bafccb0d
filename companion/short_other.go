//go:build !windows

package companion

// shortPath is path itself where blanks do no harm.
func shortPath(path string) string { return path }
