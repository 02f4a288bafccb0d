package doctor

import (
	"fmt"
	"testing"

	"mcp-companion/servers"
)

func TestEachHelperProgramIsToldOnceWithWhoNeedsIt(t *testing.T) {
	program := func(line ...string) servers.Server { return servers.Server{Command: line[0], Args: line[1:]} }
	all := map[string]servers.Server{
		"a": program("npx", "-y", "a"), "b": program("uvx", "b"), "c": program("docker", "run", "c"),
		"d": program("/home/ana/.local/bin/uvx", "d"), "e": program("/opt/acme/server"), "f": program("python3", "f.py"),
		"web": {URL: "https://a.example/mcp"},
	}
	for name, c := range map[string]struct {
		on   *machine
		list map[string]servers.Server
		want string
	}{
		"nothing is here":        {&machine{}, nil, "Node.js - [] uv - []"},
		"all are here":           {&machine{disk: []string{"/usr/bin/npx", "/usr/bin/uvx", "/usr/bin/docker", "/usr/bin/python3", "/opt/acme/server"}}, all, "Node.js /usr/bin/npx [a] uv /usr/bin/uvx [b d] Docker /usr/bin/docker [c] Python /usr/bin/python3 [f]"},
		"none is here":           {&machine{}, all, "Node.js - [a] uv - [b d] Docker - [c] server - [e] Python - [f]"},
		"one of another is here": {&machine{disk: []string{"/usr/bin/node"}}, map[string]servers.Server{"a": program("npx", "a"), "n": program("node", "n.js")}, "Node.js - [a n] uv - []"},
		"through cmd":            {&machine{os: "windows"}, map[string]servers.Server{"a": program("cmd", "/c", "npx", "a")}, "Node.js - [a] uv - []"},
	} {
		got := ""
		for i, n := range Needs(c.on.computer(), c.list) {
			if i > 0 {
				got += " "
			}
			path := n.Path
			if path == "" {
				path = "-"
			}
			got += fmt.Sprint(n.Title, " ", path, " ", n.Servers)
			if (n.Page == "") != (n.Title == "server") {
				t.Errorf("%s: %s is to be had at %q", name, n.Title, n.Page)
			}
		}
		if got != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, c.want)
		}
	}
}
