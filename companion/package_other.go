//go:build !windows

package companion

// insidePackage is the family of the package this process runs in; only Windows
// has such.
func insidePackage() string { return "" }
