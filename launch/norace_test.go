//go:build !race

package launch

const slack = 1
