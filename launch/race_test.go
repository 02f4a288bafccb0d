//go:build race

package launch

// With the race detector every process starts and scans many times slower.
const slack = 5
