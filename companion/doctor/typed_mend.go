package doctor

import (
	"slices"

	"mcp-companion/servers"
)

func trimValues(f fixing) (Fix, bool) {
	return f.edit("trim-values", true, func(s *servers.Server) bool {
		return mapValues(s, trimmed)
	})
}

func splitCommand(f fixing) (Fix, bool) {
	return f.edit("split-command", true, func(s *servers.Server) bool {
		command, args := splitLine(newExam(noContext, f.pc, Case{Server: *s}), s)
		if command != "" {
			s.Command, s.Args = command, args
		}
		return command != ""
	})
}

func addScheme(f fixing) (Fix, bool) {
	return f.edit("add-scheme", true, func(s *servers.Server) bool {
		was := s.URL
		s.URL = withScheme(s.URL)
		return s.URL != was
	})
}

func wholePaths(f fixing) (Fix, bool) {
	return f.edit("whole-paths", true, func(s *servers.Server) bool {
		x := newExam(noContext, f.pc, Case{Server: *s})
		paths := pathValues(x, s)
		return mapValues(s, func(at place, _, v string) string {
			if at == inCommand || at == inArgs || at == inCwd {
				if now, odd := x.whole(v); odd && slices.Contains(paths, v) {
					return now
				}
			}
			return v
		})
	})
}
