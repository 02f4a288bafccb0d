package launch

import (
	"io/fs"
	"slices"
	"strings"

	"mcp-companion/servers"
)

// Look finds programs as For does, and knows the places where For does not look:
// what says why a server does not start has to tell a program that isn't there
// from one that is hidden. It starts nothing.
type Look struct{ s *system }

// LookAt is Look for a computer of another kind (goos), with the account's folder
// home and a disk that these three tell of; a test of every system's ways runs on
// each.
func LookAt(goos, home string, environ []string, mode func(path string) (fs.FileMode, error), names func(dir string) []string, text func(path string) string) Look {
	root := "/"
	if goos == "windows" {
		root = `C:\`
	}
	return Look{&system{
		goos: goos, env: environ,
		cwd: func() string { return root }, home: func() string { return home },
		disk: disk{mode: mode, names: names, text: text},
	}}
}

// Find returns the program that For would start for s. The error is
// fs.ErrNotExist, or fs.ErrPermission where there is only a file that may not be
// run.
func (l Look) Find(s *servers.Server) (string, error) {
	return l.s.find(s.Command, s.Cwd, l.s.path(s.Env))
}

// OnPath reports whether the PATH of the environment alone has the program: all
// that a client finds without us.
func (l Look) OnPath(program string) bool {
	_, err := l.s.find(program, "", strings.Split(l.s.get("PATH"), l.s.listSeparator()))
	return err == nil
}

// Everywhere lists the program in every place known: first those For looks in, in
// its order, then what version managers and applications keep elsewhere, the
// newest first.
func (l Look) Everywhere(program string) []string {
	if l.s.hasFolder(program) {
		return nil
	}
	var list []string
	for _, folder := range append(l.s.path(nil), l.s.hiddenFolders()...) {
		if folder == "" || !l.s.isAbs(folder) {
			continue
		}
		found, err := l.s.program(l.s.join(folder, program))
		if err == nil && !slices.ContainsFunc(list, func(had string) bool { return l.s.same(had, found) }) {
			list = append(list, found)
		}
	}
	return list
}

// hiddenFolders lists where programs lie that no terminal finds before it was told
// to: each version a manager has installed, and what applications bring along.
func (s *system) hiddenFolders() []string {
	var list []string
	for _, k := range s.keepers() {
		for _, version := range s.versions(k.dir, k.prefix) {
			if k.bin != "" {
				version = s.join(version, k.bin)
			}
			list = append(list, version)
		}
	}
	if s.goos == "darwin" {
		list = append(list, "/Applications/Docker.app/Contents/Resources/bin", s.join(s.account(), ".docker/bin"))
	}
	return list
}

// keeper is a folder that holds one folder for each version, with the programs in
// bin below it ("." for itself).
type keeper struct{ dir, prefix, bin string }

func (s *system) keepers() []keeper {
	home := s.account()
	if s.windows() {
		roaming := s.or("APPDATA", s.join(home, `AppData\Roaming`))
		local := s.or("LOCALAPPDATA", s.join(home, `AppData\Local`))
		return []keeper{
			{s.or("NVM_HOME", s.join(roaming, "nvm")), "v", ""},
			{s.join(s.or("FNM_DIR", s.join(roaming, "fnm")), "node-versions"), "v", "installation"},
			{s.join(s.or("VOLTA_HOME", s.join(local, "Volta")), `tools\image\node`), "", ""},
			{s.join(local, `mise\installs\node`), "", ""},
			{s.join(local, `Programs\Python`), "Python", ""},
		}
	}
	data := s.or("XDG_DATA_HOME", s.join(home, ".local/share"))
	fnm := s.join(data, "fnm")
	if s.goos == "darwin" {
		fnm = s.join(home, "Library/Application Support/fnm")
	}
	return []keeper{
		{s.join(s.or("NVM_DIR", s.join(home, ".nvm")), "versions/node"), "v", "bin"},
		{s.join(s.or("FNM_DIR", fnm), "node-versions"), "v", "installation/bin"},
		{s.join(home, ".fnm/node-versions"), "v", "installation/bin"},
		{s.join(s.or("VOLTA_HOME", s.join(home, ".volta")), "tools/image/node"), "", "bin"},
		{s.join(s.or("MISE_DATA_DIR", s.join(data, "mise")), "installs/node"), "", "bin"},
		{s.join(s.or("ASDF_DATA_DIR", s.join(home, ".asdf")), "installs/nodejs"), "", "bin"},
		{"/usr/local/n/versions/node", "", "bin"},
		{"/opt/homebrew/opt", "node", "bin"},
		{"/usr/local/opt", "node", "bin"},
	}
}

// versions lists the folders in dir whose names begin with prefix, the highest
// version first.
func (s *system) versions(dir, prefix string) []string {
	if dir == "" {
		return nil
	}
	names := slices.DeleteFunc(slices.Clone(s.names(dir)), func(n string) bool { return !strings.HasPrefix(n, prefix) })
	slices.SortFunc(names, func(a, b string) int { return slices.Compare(numbers(b), numbers(a)) })
	for i, n := range names {
		names[i] = s.join(dir, n)
	}
	return names
}

// account is the account's folder.
func (s *system) account() string {
	name := "HOME"
	if s.windows() {
		name = "USERPROFILE"
	}
	if dir := s.get(name); dir != "" {
		return dir
	}
	return s.home()
}
