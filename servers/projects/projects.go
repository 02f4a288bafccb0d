// Package projects is "build your own": a small MCP server that works, with its
// tests, put into a folder for its owner to change.
//
// Its rules:
//   - nothing that exists is overwritten: the folder is new or empty, or holds this
//     very project, untouched;
//   - a project is there whole or not at all;
//   - a name goes into a file as that language's literal, whatever is in it;
//   - nothing is started here: what has to be run is told (Project.Prepare).
package projects

import (
	"strings"

	"mcp-companion/servers"
	"mcp-companion/words"
)

// Template is a kind of project, in words.
type Template struct {
	ID      string // "node" or "python"
	Title   string
	Summary string
	Needs   string // what has to be on the computer, a sentence
	Get     string // the web page where that is to be had

	// Prepare lists what is run once in the folder, each as one would type it.
	Prepare []string
}

// kind is what a Template is made of.
type kind struct {
	id      string
	open    string                              // the file to change first
	get     string                              // where its helper program is to be had
	prepare [][]string                          // what is run once in the folder: program, arguments
	start   func(folder string) (line []string) // what starts the server
}

// kinds are all, in the order in which they are offered.
var kinds = []kind{
	{
		id: "node", open: "server.ts", get: "https://nodejs.org/en/download", prepare: [][]string{{"npm", "install"}},
		start: func(folder string) []string { return []string{"node", join(folder, "main.ts")} },
	},
	{
		id: "python", open: "server.py", get: "https://docs.astral.sh/uv/getting-started/installation/", prepare: [][]string{{"uv", "sync"}},
		start: func(folder string) []string { return []string{"uv", "run", "--directory", folder, "server.py"} },
	},
}

// Templates lists the kinds of projects, in the user's language.
func Templates() []Template {
	var list []Template
	for _, k := range kinds {
		t := Template{
			ID: k.id, Title: words.Say("project." + k.id), Summary: words.Say("project." + k.id + ".summary"), Needs: words.Say("project." + k.id + ".needs"), Get: k.get,
		}
		for _, line := range k.prepare {
			t.Prepare = append(t.Prepare, strings.Join(line, " "))
		}
		list = append(list, t)
	}
	return list
}

// Request says which project is wanted.
type Request struct {
	Template string // a Template's ID
	Name     string // the server's, see servers.CheckName
	Folder   string // made, with what is missing above it; or empty
}

// Project is one that was made.
type Project struct {
	Name   string
	Folder string // absolute
	Open   string // the path of the file to change first

	// Server starts it. It has no ID yet.
	Server servers.Server

	// Prepare lists what is to be run in Folder, in this order, before the server
	// can start: programs, by name, and their arguments.
	Prepare [][]string
}
