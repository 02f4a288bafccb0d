package doctor

import (
	"maps"
	"slices"

	"mcp-companion/servers"
)

// Need is a helper program that servers are started with.
type Need struct {
	Title   string
	Page    string   // where it is to be had; "" where nobody knows
	Path    string   // where it is; "" where it isn't
	Servers []string // the names of those that are started with it, sorted
}

// Needs lists the helper programs that the servers are started with, by their name,
// and Node.js and uv besides: nearly every server to be had is started with one of
// them. Of other programs it lists those that are missing. It starts nothing.
func Needs(pc Computer, list map[string]servers.Server) []Need {
	look := pc.look()
	needs := []Need{{Title: nodeJS.title, Page: nodeJS.page}, {Title: uvTool.title, Page: uvTool.page}}
	for i, program := range []string{"npx", "uvx"} {
		needs[i].Path = nearest(look.Everywhere(program))
	}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		s := list[name]
		if s.IsRemote() {
			continue
		}
		s.Command, s.Args = unwrapped(&s)
		program := base(s.Command)
		path, err := look.Find(&s)
		if err != nil {
			path = nearest(look.Everywhere(program)) // hidden from it, and here all the same
		}
		h := helperOf(program)
		i := slices.IndexFunc(needs, func(n Need) bool { return n.Title == h.title })
		if i < 0 && (path == "" || h.page != "") {
			i, needs = len(needs), append(needs, Need{Title: h.title, Page: h.page, Path: path})
		}
		if i >= 0 {
			needs[i].Servers = append(needs[i].Servers, name)
			if path == "" { // one of its programs is there, and not this one
				needs[i].Path = ""
			}
		}
	}
	return needs
}

// nearest is the first place in which a program was found, "" for none.
func nearest(found []string) string {
	if len(found) == 0 {
		return ""
	}
	return found[0]
}
