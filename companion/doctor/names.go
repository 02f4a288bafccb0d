package doctor

import (
	"slices"
	"strconv"
	"strings"

	"mcp-companion/servers"
)

// freeName is name and the first number that makes it one of its own.
func freeName(name string, taken []string) string {
	for n := 2; ; n++ {
		end := "-" + strconv.Itoa(n)
		try := name[:min(len(name), maxName-len(end))] + end
		if !slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, try) }) {
			return try
		}
	}
}

// The longest name of a server that every client can carry, and of a tool with
// its server's name before it, as most clients send it to their model.
const (
	maxName     = 32
	maxToolName = 64
	toolPrefix  = len("mcp__" + "__")
)

func fitsTool(server, tool string) bool {
	return toolPrefix+len(server)+len(tool) <= maxToolName && strings.Trim(tool, nameLetters+"_") == ""
}

const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

// shortestName is how short a server's name may become for its tools' sake.
const shortestName = 3

// goodName is name as every client takes it, short enough for the tools where that
// is possible.
func goodName(name string, tools []string) string {
	now := name
	if servers.CheckName(name) != nil {
		parts := strings.FieldsFunc(name, func(r rune) bool { return !strings.ContainsRune(nameLetters, r) })
		now = strings.Trim(strings.Join(parts, "-"), "-")
	}
	most := maxName
	for _, t := range tools {
		if room := maxToolName - toolPrefix - len(t); room >= shortestName && strings.Trim(t, nameLetters+"_") == "" {
			most = min(most, room)
		}
	}
	return strings.TrimRight(now[:min(len(now), most)], "-")
}

func unlessTaken(name, self string, taken []string) string {
	others := slices.DeleteFunc(slices.Clone(taken), func(t string) bool { return t == self })
	if slices.ContainsFunc(others, func(t string) bool { return strings.EqualFold(t, name) }) {
		return freeName(name, others)
	}
	return name
}
