package doctor

import (
	"fmt"
	"strings"

	"mcp-companion/servers"
)

func prepare(f fixing) (Fix, bool) {
	if f.s == nil || anySpec(f.s) == "" {
		return Fix{}, false
	}
	return do("prepare", Prepare, f.name)
}

func newestVersion(f fixing) (Fix, bool) {
	return f.edit("newest-version", false, func(s *servers.Server) bool {
		spec, at := packageOf(s)
		if spec == "" || unversioned(spec) == spec || base(s.Command) == "docker" {
			return false
		}
		s.Args[at] = unversioned(spec)
		return true
	})
}

func clearDownload(f fixing) (Fix, bool) {
	dir := f.with("Folder")
	if !f.pc.isDownload(dir) {
		return Fix{}, false
	}
	return do("clear-download", ClearDownload, dir)
}

// longer is for a server that is slow itself, not for one that is not reached.
func longer(f fixing) (Fix, bool) {
	if f.with("Host") != "" {
		return Fix{}, false
	}
	return f.edit("longer", true, func(s *servers.Server) bool {
		was := s.StartTimeout
		s.StartTimeout = max(was, longStart)
		return s.StartTimeout != was
	})
}

func dropNotes(f fixing) (Fix, bool) {
	return f.edit("drop-notes", true, func(s *servers.Server) bool {
		was := s.DropNotes
		s.DropNotes = true
		return !was
	})
}

func headerWithoutBlank(f fixing) (Fix, bool) {
	return f.edit("plain-start", true, func(s *servers.Server) bool {
		at := blankHeaders(s)
		for n, i := range at {
			name, value, ok := strings.Cut(s.Args[i], ":")
			if !ok {
				return false
			}
			variable := fmt.Sprintf("MCP_HEADER_%d", n+1)
			if s.Env == nil {
				s.Env = map[string]string{}
			}
			// mcp-remote fills in variables itself: punkpeye/mcp-remote README.
			s.Args[i], s.Env[variable] = strings.TrimSpace(name)+":${"+variable+"}", strings.TrimSpace(value)
		}
		return len(at) > 0
	})
}

// makeFolder is for a folder of the account's own that somebody means to have: not
// for one out of somebody's instructions.
func makeFolder(f fixing) (Fix, bool) {
	path := f.with("Found")
	if path == "" || f.pc.Tilde(path) == path || pathLeftRule().MatchString(path) || strings.Contains(path, "..") {
		return Fix{}, false
	}
	return do("make-folder", MakeFolder, path)
}

func allowProgram(f fixing) (Fix, bool) {
	path := f.with("Path")
	if !f.pc.isAbs(path) || !f.pc.exists(path) {
		return Fix{}, false
	}
	return do("allow-program", Permit, path)
}

func securitySettings(f fixing) (Fix, bool) {
	return f.settings("security-settings", map[string]string{
		"darwin":  "x-apple.systempreferences:com.apple.preference.security?General",
		"windows": "windowsdefender:",
	})
}

func privacySettings(f fixing) (Fix, bool) {
	return f.settings("privacy-settings", map[string]string{
		"darwin": "x-apple.systempreferences:com.apple.preference.security?Privacy_FilesAndFolders",
	})
}

func storage(f fixing) (Fix, bool) {
	return f.settings("storage", map[string]string{
		"darwin": "x-apple.systempreferences:com.apple.settings.Storage", "windows": "ms-settings:storagesense",
	})
}
