package doctor

import (
	"slices"
	"strconv"
	"strings"

	"mcp-companion/configs"
)

// version is a program's: major, minor, patch.
type version []int

var versionRule = configs.Pattern(`(\d+)\.(\d+)(?:\.(\d+))?`)

func readVersion(text string) version {
	m := versionRule().FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	var v version
	for _, part := range m[1:] {
		n, _ := strconv.Atoi(part)
		v = append(v, n)
	}
	return v
}

// less compares as numbers; an unknown version is not less.
func (v version) less(other version) bool { return v != nil && slices.Compare(v, other) < 0 }

// String is the major number alone where the rest is zero: what a user needs to
// know.
func (v version) String() string {
	if len(v) == 0 {
		return ""
	}
	text := strconv.Itoa(v[0])
	if len(v) > 1 && slices.ContainsFunc(v[1:], func(n int) bool { return n != 0 }) {
		text += "." + strconv.Itoa(v[1])
	}
	return text
}

// maxAsked is how many programs one examination asks for their version.
const maxAsked = 4

var folderVersion = configs.Pattern(`[\\/](?:v|node@)?(\d+(?:\.\d+){0,2})[\\/]`)

// versionOf is the program's version: told by the folder of a version manager,
// else by itself.
func (x *exam) versionOf(path string) version {
	if v, ok := x.versions[path]; ok || path == "" {
		return v
	}
	var v version
	switch m := folderVersion().FindStringSubmatch(path); {
	case m != nil && strings.Contains(m[1], "."):
		v = readVersion(m[1])
	case x.asked < maxAsked && x.pc.Run != nil && x.ctx.Err() == nil:
		x.asked++
		out, err := x.pc.Run(x.ctx, path, "--version")
		if err == nil {
			v = readVersion(out)
		}
	}
	x.versions[path] = v
	return v
}
