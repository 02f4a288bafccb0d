package doctor

import (
	"slices"
	"strings"

	"mcp-companion/servers"
)

func install(h helper) remedy {
	return func(fixing) (Fix, bool) { return do("install", OpenURL, h.page, "Program", h.title) }
}

func update(h helper) remedy {
	return func(fixing) (Fix, bool) { return do("update", OpenURL, h.page, "Program", h.title) }
}

// installAny leads to the page of a known helper.
func installAny(f fixing) (Fix, bool) {
	h := helperOf(base(f.with("Command")))
	if h.page == "" {
		return Fix{}, false
	}
	return install(h)(f)
}

// useFound has the server started with the program that is here. What it starts
// itself is found in the same folder.
func useFound(f fixing) (Fix, bool) {
	found := f.with("Found")
	return f.edit("use-found", true, func(s *servers.Server) bool { return usePlace(f.pc, s, found) }, "Path", f.pc.Tilde(folder(found)))
}

func useNewer(f fixing) (Fix, bool) {
	found := f.with("Found")
	return f.edit("use-newer", true, func(s *servers.Server) bool { return usePlace(f.pc, s, found) }, "Version", f.with("Newer"))
}

// usePlace puts the folder of the program found first into the server's PATH: npx
// is a script that looks for its node there. A command that is that program, or of
// its family, becomes the one in that folder.
func usePlace(pc Computer, s *servers.Server, found string) bool {
	if found == "" {
		return false
	}
	dir := folder(found)
	path := slices.DeleteFunc(pathOf(pc, s.Env), func(p string) bool { return p == dir || p == "" })
	name := "PATH"
	for k := range s.Env {
		if strings.EqualFold(k, "PATH") {
			name = k
		}
	}
	was := *copied(s)
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	s.Env[name] = strings.Join(append([]string{dir}, path...), pc.listSeparator())
	if h := helperOf(base(found)); h.has(base(s.Command)) {
		s.Command = base(s.Command)
		if whole, err := pc.look().Find(s); err == nil && folder(whole) == dir {
			s.Command = whole
		}
	}
	return s.Command != was.Command || s.Env[name] != was.Env[name]
}

func startDocker(fixing) (Fix, bool) {
	return do("start-program", StartProgram, "Docker", "Program", "Docker")
}

// dockerSteps are the two steps that Docker's own pages name.
func dockerSteps(f fixing) (Fix, bool) {
	if f.pc.OS == "linux" {
		return do("docker-steps", CopyText, "sudo usermod -aG docker $USER\n# log out and in again")
	}
	return do("docker-page", OpenURL, "https://docs.docker.com/desktop/troubleshoot-and-support/troubleshoot/topics/")
}

// plainStart has the launcher start the program by its plain name: it knows what
// Windows wants.
func plainStart(f fixing) (Fix, bool) {
	return f.edit("plain-start", true, func(s *servers.Server) bool {
		command, args := unwrapped(s)
		if h := helperOf(base(command)); h.page != "" {
			command = base(command)
		}
		if command == s.Command && len(args) == len(s.Args) {
			return false
		}
		s.Command, s.Args = command, slices.Clone(args)
		return true
	})
}
