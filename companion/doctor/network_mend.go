package doctor

import (
	"strings"

	"mcp-companion/servers"
)

func startPartner(f fixing) (Fix, bool) {
	partner := f.with("Partner")
	if partner == "" {
		return Fix{}, false
	}
	return do("start-program", StartProgram, partner, "Program", partner)
}

func giveVariables(f fixing) (Fix, bool) { return f.setVariables("plain-start") }
func trustComputer(f fixing) (Fix, bool) { return f.setVariables("trust-computer") }

// newerToTrust is for a Node.js that can't be told to trust what its computer does.
func newerToTrust(f fixing) (Fix, bool) {
	if f.s == nil || f.with("Set") != "" || f.with("Bad") != "" {
		return Fix{}, false
	}
	command, _ := unwrapped(f.s)
	fix, _ := update(nodeJS)(f)
	return fix, nodeJS.has(base(command))
}

func useProxy(f fixing) (Fix, bool) { return f.setVariables("use-proxy") }

// setVariables gives the server the variables that the problem names, where it has
// none of that name.
func (f fixing) setVariables(id string) (Fix, bool) {
	return f.edit(id, true, func(s *servers.Server) bool {
		changed := false
		for _, kv := range strings.Split(f.with("Set"), "\n") {
			if k, v, ok := strings.Cut(kv, "="); ok && s.Env[k] == "" {
				if s.Env == nil {
					s.Env = map[string]string{}
				}
				s.Env[k], changed = v, true
			}
		}
		return changed
	})
}

// otherTransport tries the address of the other kind of connection, by the names
// that nearly all services use.
func otherTransport(f fixing) (Fix, bool) {
	return f.edit("other-transport", false, func(s *servers.Server) bool {
		for _, pair := range [][2]string{{"/sse", "/mcp"}, {"/mcp", "/sse"}} {
			if before, ok := strings.CutSuffix(strings.TrimRight(s.URL, "/"), pair[0]); ok {
				s.URL = before + pair[1]
				return true
			}
		}
		return false
	})
}
