package launch

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// path is the PATH as the user's terminal has it, near enough without asking a
// shell, which takes a second: the server's own entries, the client's, and the
// well-known folders that exist. The client's come before ours, so that a client
// that chose a node keeps it.
func (s *system) path(own map[string]string) []string {
	var list []string
	add := func(folders ...string) {
		for _, f := range folders {
			if f != "" && !slices.ContainsFunc(list, func(had string) bool { return s.sameFolder(had, f) }) {
				list = append(list, f)
			}
		}
	}
	for k, v := range own {
		if s.same(k, "PATH") {
			add(strings.Split(v, s.listSeparator())...)
		}
	}
	add(strings.Split(s.get("PATH"), s.listSeparator())...)
	known := s.unixFolders
	if s.windows() {
		known = s.windowsFolders
	}
	for _, f := range known() {
		if f != "" && s.isDir(f) {
			add(f)
		}
	}
	return list
}

func (s *system) sameFolder(a, b string) bool {
	trim := func(p string) string { return strings.TrimRight(p, `/`) }
	if s.windows() {
		trim = func(p string) string { return strings.TrimRight(strings.ReplaceAll(p, "/", `\`), `\`) }
	}
	return s.same(trim(a), trim(b))
}

// or is the variable's value, or other where the client passed none on.
func (s *system) or(name, other string) string { return cmp.Or(s.get(name), other) }

// unixFolders lists the folders terminals commonly have, most personal first.
func (s *system) unixFolders() []string {
	home := s.get("HOME")
	if home == "" {
		home = s.home()
	}
	data := s.or("XDG_DATA_HOME", s.join(home, ".local/share"))
	pnpm, fnm := s.join(data, "pnpm"), s.join(data, "fnm")
	if s.goos == "darwin" {
		pnpm, fnm = s.join(home, "Library/pnpm"), s.join(home, "Library/Application Support/fnm")
	}
	return []string{
		s.join(home, ".local/bin"), // uv, pipx
		s.join(home, "bin"),
		s.join(s.or("VOLTA_HOME", s.join(home, ".volta")), "bin"),
		s.join(s.or("MISE_DATA_DIR", s.join(data, "mise")), "shims"),
		s.join(s.or("ASDF_DATA_DIR", s.join(home, ".asdf")), "shims"),
		s.nvmFolder(s.or("NVM_DIR", s.join(home, ".nvm"))),
		s.join(s.or("FNM_DIR", fnm), "aliases/default/bin"),
		s.join(home, ".fnm/aliases/default/bin"),
		s.join(home, ".nodenv/shims"),
		s.join(home, "n/bin"),
		s.join(home, ".pyenv/shims"),
		s.join(s.or("BUN_INSTALL", s.join(home, ".bun")), "bin"),
		s.join(s.or("DENO_INSTALL", s.join(home, ".deno")), "bin"),
		s.join(s.or("CARGO_HOME", s.join(home, ".cargo")), "bin"),
		s.or("PNPM_HOME", pnpm),
		s.join(home, ".npm-global/bin"),
		s.join(home, ".yarn/bin"),
		s.join(s.or("GOPATH", s.join(home, "go")), "bin"),
		s.join(home, ".nix-profile/bin"),
		"/nix/var/nix/profiles/default/bin",
		"/run/current-system/sw/bin",
		"/opt/homebrew/bin",
		"/opt/homebrew/sbin",
		"/home/linuxbrew/.linuxbrew/bin",
		"/usr/local/bin",
		"/usr/local/sbin",
		"/opt/local/bin", // MacPorts
		"/snap/bin",
		"/usr/bin",
		"/bin",
		"/usr/sbin",
		"/sbin",
	}
}

// windowsFolders is unixFolders for Windows. Clients leave ProgramData out of
// the environment; it lies on the system's drive.
func (s *system) windowsFolders() []string {
	profile := s.get("USERPROFILE")
	if profile == "" {
		profile = s.home()
	}
	roaming := s.or("APPDATA", s.join(profile, `AppData\Roaming`))
	local := s.or("LOCALAPPDATA", s.join(profile, `AppData\Local`))
	programs := s.or("ProgramFiles", `C:\Program Files`)
	drive := s.or("SystemDrive", "C:")
	windows := s.or("SystemRoot", s.join(drive, "Windows"))
	python := s.newest(s.join(local, `Programs\Python`), "Python")
	return []string{
		s.join(profile, `.local\bin`), // uv, pipx
		s.join(s.or("VOLTA_HOME", s.join(local, "Volta")), "bin"),
		s.join(programs, "Volta"),
		s.join(local, `mise\shims`),
		s.get("NVM_SYMLINK"), // nvm-windows
		s.join(drive, `nvm4w\nodejs`),
		s.join(roaming, `fnm\aliases\default`),
		s.join(programs, "nodejs"),
		s.join(roaming, "npm"),
		s.or("PNPM_HOME", s.join(local, "pnpm")),
		s.join(s.or("SCOOP", s.join(profile, "scoop")), "shims"),
		s.join(profile, `.bun\bin`),
		s.join(profile, `.deno\bin`),
		s.join(profile, `.cargo\bin`),
		python,
		s.join(python, "Scripts"),
		s.join(local, `Programs\Python\Launcher`),
		s.join(local, `Microsoft\WinGet\Links`),
		s.join(local, `Microsoft\WindowsApps`),
		s.join(s.or("ProgramData", s.join(drive, "ProgramData")), `chocolatey\bin`),
		s.join(programs, `Docker\Docker\resources\bin`),
		s.join(programs, `Git\cmd`),
		s.join(windows, "System32"),
		windows,
		s.join(windows, `System32\WindowsPowerShell\v1.0`),
	}
}

// nvmFolder is the bin folder of nvm's default node, else of its newest, "" for
// none. nvm's default is an alias, which may name another, a version's beginning
// or the newest ("node").
func (s *system) nvmFolder(nvm string) string {
	versions := s.join(nvm, "versions/node")
	want := "default"
	for range 5 { // aliases name aliases, and could name themselves
		next := strings.TrimSpace(s.text(s.join(nvm, "alias", want)))
		if next == "" {
			break
		}
		want = next
	}
	prefix := "v" + strings.TrimPrefix(want, "v")
	found := s.newest(versions, prefix)
	if found == "" {
		found = s.newest(versions, "v")
	}
	return s.join(found, "bin")
}

// newest is the folder in dir with the highest version whose name begins with
// prefix: v22 takes v22.9.1, not v221.0.0. It is "" for none.
func (s *system) newest(dir, prefix string) string {
	if dir == "" {
		return ""
	}
	best := ""
	for _, name := range s.names(dir) {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || len(prefix) > 1 && isDigit(prefix[len(prefix)-1]) && rest != "" && isDigit(rest[0]) {
			continue
		}
		if best == "" || slices.Compare(numbers(best), numbers(name)) < 0 {
			best = name
		}
	}
	if best == "" {
		return ""
	}
	return s.join(dir, best)
}

// numbers lists the numbers in a version: v22.9.1 is 22, 9, 1. Python's folders
// write 3.9 as 39 and 3.12 as 312: as numbers they are in order too.
func numbers(version string) []int {
	var list []int
	for _, part := range strings.FieldsFunc(version, func(r rune) bool { return r < '0' || r > '9' }) {
		n, _ := strconv.Atoi(part)
		list = append(list, n)
	}
	return list
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
