package catalog

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mcp-companion/servers"
)

// Started is what a server runs, taken out of its command line.
type Started struct {
	Kind string // npm, pypi, oci, url, program; "" where nothing tells
	Name string // without its version
	At   int    // its place among the arguments, -1 where it is not there
}

// StartedBy finds the package, image or address that a server runs, through the
// programs that fetch or wrap one.
func StartedBy(s servers.Server) Started {
	if s.IsRemote() {
		return Started{"url", plainAddress(s.URL), -1}
	}
	return startedBy(s.Command, s.Args, 0)
}

// fetchers are the programs that fetch what they run. A word is a further word of
// their command; values are flags that take the next argument.
var fetchers = []struct {
	program, word, kind string
	values              []string
	named               []string // flags whose value is the package itself
}{
	{"npx", "", "npm", []string{"-c", "--call", "-w", "--workspace", "--registry"}, []string{"-p", "--package"}},
	{"bunx", "", "npm", nil, []string{"-p", "--package"}},
	{"pnpx", "", "npm", nil, nil},
	{"pnpm", "dlx", "npm", nil, []string{"--package"}},
	{"yarn", "dlx", "npm", nil, []string{"-p", "--package"}},
	{"bun", "x", "npm", nil, []string{"-p", "--package"}},
	{"npm", "exec", "npm", nil, []string{"-p", "--package"}},
	{"uvx", "", "pypi", uvValues, []string{"--from"}},
	{"uv", "tool run", "pypi", uvValues, []string{"--from"}},
	{"pipx", "run", "pypi", []string{"--python", "--pip-args", "--index-url"}, []string{"--spec"}},
	{"python", "-m", "pypi", nil, nil},
	{"docker", "run", "oci", dockerValues, nil},
	{"podman", "run", "oci", dockerValues, nil},
}

var (
	uvValues     = []string{"--with", "-w", "-p", "--python", "--index-url", "-i", "--index", "--extra-index-url", "--default-index", "--env-file", "--cache-dir", "--directory"}
	dockerValues = []string{
		"-e", "--env", "-v", "--volume", "--mount", "--name", "--network", "--net", "-p", "--publish", "-u", "--user", "-w", "--workdir",
		"--entrypoint", "--env-file", "--platform", "-l", "--label", "-m", "--memory", "--cpus", "--add-host", "-h", "--hostname", "--pull", "--restart", "--gpus",
		"--device", "--cap-add", "--cap-drop", "--security-opt", "--tmpfs", "--volumes-from", "--dns", "--ipc", "--pid", "--shm-size", "--ulimit", "--log-driver", "--log-opt",
	}
)

func startedBy(command string, args []string, from int) Started {
	program := programName(command)
	rest := args[min(from, len(args)):]
	if program == "cmd" && len(rest) > 1 && strings.EqualFold(rest[0], "/c") {
		return startedBy(rest[1], args, from+2)
	}
	if program == "env" {
		for from < len(args) && strings.Contains(args[from], "=") {
			from++
		}
		if from < len(args) {
			return startedBy(args[from], args, from+1)
		}
	}
	for _, f := range fetchers {
		words := strings.Fields(f.word)
		if f.program != program || len(rest) < len(words) || !slices.Equal(rest[:len(words)], words) {
			continue
		}
		at := firstOperand(args, from+len(words), f.values, f.named)
		if at < 0 {
			return Started{At: -1}
		}
		return wrapped(Started{f.kind, trimVersion(f.kind, args[at]), at}, args)
	}
	for i, a := range rest { // a package's own file, started by node or python directly
		if name, ok := inModules(a); ok {
			return Started{"npm", name, from + i}
		}
	}
	if name, ok := inModules(command); ok {
		return Started{"npm", name, -1}
	}
	return Started{"program", program, -1}
}

// firstOperand finds the first argument that is no flag nor a flag's value, or
// the value of a flag that names the package.
func firstOperand(args []string, from int, values, named []string) int {
	for i := from; i < len(args); i++ {
		switch a := args[i]; {
		case slices.Contains(named, a):
			if i+1 < len(args) {
				return i + 1
			}
		case slices.Contains(values, a):
			i++
		case !strings.HasPrefix(a, "-"):
			return i
		}
	}
	return -1
}

// wrapped looks through mcp-remote and its kin, which lead to an address.
func wrapped(s Started, args []string) Started {
	if s.Kind != "npm" || s.Name != "mcp-remote" && s.Name != "supergateway" && s.Name != "mcp-proxy" {
		return s
	}
	for i, a := range args[s.At+1:] {
		if strings.HasPrefix(a, "https://") || strings.HasPrefix(a, "http://") {
			return Started{"url", plainAddress(a), s.At + 1 + i}
		}
	}
	return s
}

// programName is a command's base name without the endings of Windows; python
// in any of its versions is python.
func programName(command string) string {
	name := strings.ToLower(path.Base(strings.ReplaceAll(command, `\`, "/")))
	for _, end := range []string{".exe", ".cmd", ".bat", ".ps1"} {
		name = strings.TrimSuffix(name, end)
	}
	if strings.HasPrefix(name, "python") || name == "py" {
		return "python"
	}
	return name
}

// trimVersion is a package's or image's name without version, tag and extras.
func trimVersion(kind, name string) string {
	switch kind {
	case "npm":
		if at := strings.LastIndexByte(name, '@'); at > 0 {
			name = name[:at]
		}
	case "pypi":
		name = strings.ToLower(name)
		if at := strings.IndexAny(name, "=<>!~[@;"); at > 0 {
			name = name[:at]
		}
		name = strings.ReplaceAll(strings.TrimSpace(name), "_", "-")
	case "oci":
		name, _, _ = strings.Cut(name, "@")
		if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
			name = name[:at]
		}
		name = strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
	}
	return name
}

var modulesRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`node_modules[/\\]((?:@[\w.-]+[/\\])?[\w.-]+)[/\\]`) })

// inModules finds the package whose file a path is.
func inModules(path string) (string, bool) {
	all := modulesRule().FindAllStringSubmatch(path, -1)
	if len(all) == 0 {
		return "", false
	}
	return strings.ReplaceAll(all[len(all)-1][1], `\`, "/"), true
}

// plainAddress is an address as addresses are compared: without its query and
// the slash at its end.
func plainAddress(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	return strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Host) + strings.TrimRight(u.Path, "/")
}
