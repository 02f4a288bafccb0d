package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"mcp-companion/health"
	"mcp-companion/launch"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// entry is a file or folder of a made-up disk.
type entry struct {
	name string
	mode fs.FileMode
	time time.Time
	text string
}

func (e entry) Name() string       { return e.name }
func (e entry) Size() int64        { return 0 }
func (e entry) Mode() fs.FileMode  { return e.mode }
func (e entry) ModTime() time.Time { return e.time }
func (e entry) IsDir() bool        { return e.mode.IsDir() }
func (e entry) Sys() any           { return nil }

// machine is a made-up computer. Its disk is a list of paths: a trailing separator
// makes a folder, "-" before it takes the right to run it, "=text" gives it text.
type machine struct {
	os       string
	environ  []string
	disk     []string
	versions map[string]string // by program
	taken    []int             // ports that somebody has
	docker   error
	blocked  string // a folder that may not be read
	asked    int
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func (m *machine) computer() Computer {
	sep, home := "/", "/home/anna"
	switch m.os {
	case "":
		m.os = "linux"
	case "darwin":
		home = "/Users/anna"
	case "windows":
		sep, home = `\`, `C:\Users\anna`
	}
	environ := append([]string{"HOME=" + home, "USERPROFILE=" + home, `PATH=/usr/bin`}, m.environ...)
	disk := map[string]entry{}
	for _, path := range append([]string{home + sep}, m.disk...) {
		path, text, _ := strings.Cut(path, "=")
		mode := fs.FileMode(0o755)
		if rest, ok := strings.CutPrefix(path, "-"); ok {
			path, mode = rest, 0o600
		}
		if strings.HasSuffix(path, sep) {
			path, mode = strings.TrimSuffix(path, sep), fs.ModeDir|0o700
		}
		disk[path] = entry{path, mode, noon, text}
		for i := strings.LastIndex(path, sep); i > 0; i = strings.LastIndex(path, sep) {
			path = path[:i]
			if _, ok := disk[path]; !ok {
				disk[path] = entry{path, fs.ModeDir | 0o700, noon, ""}
			}
		}
	}
	return Computer{
		OS: m.os, Home: home, Environ: environ,
		Stat: func(path string) (fs.FileInfo, error) {
			if e, ok := disk[path]; ok {
				return e, nil
			}
			return nil, fs.ErrNotExist
		},
		Names: func(dir string) (names []string) {
			for path := range disk {
				if rest, ok := strings.CutPrefix(path, dir+sep); ok && !strings.Contains(rest, sep) {
					names = append(names, rest)
				}
			}
			slices.Sort(names)
			return names
		},
		Text: func(path string) string { return disk[path].text },
		Open: func(dir string) error {
			if dir == m.blocked {
				return fs.ErrPermission
			}
			return nil
		},
		Free: func(port int) bool { return !slices.Contains(m.taken, port) },
		Now:  func() time.Time { return noon },
		Run: func(_ context.Context, program string, _ ...string) (string, error) {
			m.asked++
			if v, ok := m.versions[program]; ok {
				return v, nil
			}
			return "", errors.New("not asked for")
		},
		Docker: func(context.Context) error { return m.docker },
	}
}

// Settings that many cases share.
var (
	npx    = servers.Server{ID: "s1", Command: "npx", Args: []string{"-y", "@acme/server"}}
	uvx    = servers.Server{ID: "s1", Command: "uvx", Args: []string{"acme-server"}}
	inBox  = servers.Server{ID: "s1", Command: "docker", Args: []string{"run", "-i", "--rm", "acme/server"}}
	afar   = servers.Server{ID: "s1", URL: "https://mcp.example.com/mcp"}
	keyed  = servers.Server{ID: "s1", Command: "npx", Args: []string{"-y", "@acme/server"}, Env: map[string]string{"ACME_API_KEY": "${secret:k1}"}}
	helped = machine{disk: []string{"/usr/bin/npx", "/usr/bin/node", "/usr/bin/uvx", "/usr/bin/docker", "/usr/bin/python3"}, versions: map[string]string{"/usr/bin/node": "v22.9.0\n"}}
)

// said is a case of a server that ended after these words.
func said(s servers.Server, text ...string) Case {
	return Case{Name: "acme", Server: s, Said: text, Problem: words.New(words.ClosedEarly, nil, "Name", "acme")}
}

func answered(r Remote) Case { return Case{Name: "acme", Server: afar, Remote: r} }

// told is a case that the bridge or a sign-in has put into words already.
func told(code words.Code) Case {
	return Case{Name: "acme", Server: afar, Problem: words.New(code, nil, "Name", "acme", "Host", "mcp.example.com", "Text", "", "Status", 418)}
}

func remoteKeyed(r Remote) Case {
	s := afar
	s.Headers = map[string]string{"Authorization": "Bearer ${secret:k1}"}
	return Case{Name: "acme", Server: s, Remote: r}
}

func with(s servers.Server, change func(*servers.Server)) servers.Server {
	c := copied(&s)
	change(c)
	return *c
}

// signature is one example of a problem, and of what only looks like it.
type signature struct {
	code   words.Code
	on     machine
	has    Case
	saying string // part of the Problem, in full
	fix    string // the first fix
	near   Case   // is another
	nearOn *machine
}

var exit1, exit126 = 1, 126

var signatures = []signature{
	{
		code: words.NodeMissing, on: machine{os: "darwin"}, has: said(npx, "spawn npx ENOENT"), saying: "Node.js", fix: "install",
		near: said(with(npx, func(s *servers.Server) { s.Command = "/usr/bin/acme" }), "/bin/sh: npx-like: command not found"), nearOn: &machine{os: "darwin", disk: []string{"/usr/bin/acme"}},
	},
	{code: words.NodeMissing, on: machine{os: "windows"}, has: said(npx, "'npx' is not recognized as an internal or external command"), fix: "install", near: said(npx), nearOn: &helped},
	{code: words.NodeMissing, has: said(with(npx, func(s *servers.Server) { s.Command = "/usr/bin/acme" }), `exec: "npx": executable file not found in $PATH`), on: machine{disk: []string{"/usr/bin/acme"}}, near: said(npx, "npx: command not found"), nearOn: &helped},
	{
		code: words.PathHidden, on: machine{os: "darwin", disk: []string{"/Users/anna/.local/share/mise/installs/node/22.1.0/bin/npx", "/Users/anna/.local/share/mise/installs/node/22.1.0/bin/node"}},
		has: said(npx), saying: "~/.local/share/mise/installs/node/22.1.0/bin", fix: "use-found", near: said(npx), nearOn: &machine{os: "darwin"},
	},
	{
		code: words.PathHidden, on: machine{os: "darwin", disk: []string{"/opt/homebrew/bin/npx", "/opt/homebrew/bin/node"}},
		has: said(npx, "env: node: No such file or directory"), saying: "/opt/homebrew/bin", fix: "use-found", near: said(npx, "exited"),
	},
	{
		code: words.NodeOld, on: machine{disk: []string{"/usr/bin/npx", "/usr/bin/node", "/home/anna/.nvm/versions/node/v22.9.0/bin/node", "/home/anna/.nvm/versions/node/v22.9.0/bin/npx"}, versions: map[string]string{"/usr/bin/node": "v16.20.2"}},
		has: said(npx, "ReferenceError: File is not defined"), saying: "version 16.20. acme needs 20", fix: "use-newer", near: said(npx, "ReferenceError: File is not defined"), nearOn: &helped,
	},
	{
		code: words.NodeOld, on: machine{disk: []string{"/usr/bin/npx", "/usr/bin/node"}, versions: map[string]string{"/usr/bin/node": "v18.1.0"}},
		has: said(npx, "npm error code EBADENGINE", "npm error notsup Required: { node: '>=20.5.0' }", "npm warn EBADENGINE   required: { node: '>=20.5.0' },"), saying: "needs 20.5 or newer", fix: "update",
		near: said(npx, "npm warn EBADENGINE   required: { node: '>=20.5.0' },", "Error: ACME_API_KEY is required"),
	},
	{code: words.NodeOld, on: machine{disk: []string{"/usr/bin/npx"}}, has: said(npx, `TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension ".ts" for /home/anna/notes/server.ts`, "Node.js v20.20.2"), near: said(npx, `TypeError: Unknown file extension ".txt"`)},
	{code: words.NodeOld, on: machine{disk: []string{"/usr/bin/npx"}}, has: said(npx, "SyntaxError: Unexpected token '||='", "Node.js v14.1.0"), near: said(npx, `SyntaxError: Unexpected token '.', "...Starting" is not valid JSON`, "ENOTSUP: operation not supported on socket")},
	{code: words.NodeOld, on: machine{disk: helped.disk, versions: map[string]string{"/usr/bin/node": "v16.20.2"}}, has: said(npx, "SyntaxError: Unexpected identifier"), fix: "update", near: said(npx, "Error: BRAVE_API_KEY is required"), nearOn: &machine{disk: helped.disk, versions: map[string]string{"/usr/bin/node": "v16.20.2"}}},
	{code: words.UVMissing, on: machine{}, has: said(uvx, "spawn uvx ENOENT"), saying: "uv", fix: "install", near: said(uvx, "FileNotFoundError: [Errno 2] No such file or directory: 'data.json'"), nearOn: &helped},
	{code: words.PythonPart, on: helped, has: said(uvx, "ModuleNotFoundError: No module named 'acme'"), fix: "prepare", near: said(uvx, "acme: no such module in the list")},
	{code: words.PythonPart, on: helped, has: said(uvx, "× No solution found when resolving tool dependencies"), fix: "prepare", near: said(uvx, "solution found")},
	{code: words.DockerStopped, on: machine{disk: []string{"/usr/bin/docker"}, docker: fs.ErrNotExist}, has: said(inBox), fix: "start-program", near: said(inBox, "bye"), nearOn: &helped},
	{code: words.DockerStopped, on: helped, has: said(npx, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"), near: said(npx, "docker is fine")},
	{code: words.DockerStopped, on: helped, has: said(inBox, `error during connect: Get "http://%2F%2F.%2Fpipe%2Fdocker_engine/v1.47/info"`), near: said(inBox, "error during connect to the database")},
	{code: words.DockerMissing, on: machine{}, has: said(inBox), fix: "install", near: said(inBox), nearOn: &helped},
	{code: words.DockerRights, on: machine{disk: []string{"/usr/bin/docker"}, docker: fs.ErrPermission}, has: said(inBox), fix: "docker-steps", near: said(inBox), nearOn: &helped},
	{code: words.DockerRights, on: helped, has: said(npx, "permission denied while trying to connect to the Docker daemon socket"), near: said(npx, "permission denied for table users")},
	{code: words.DockerImage, on: helped, has: said(inBox, "docker: Error response from daemon: pull access denied for acme/server"), near: said(inBox, "pulled, access granted")},
	{code: words.DockerImage, on: helped, has: said(inBox, "no matching manifest for linux/arm64/v8 in the manifest list entries"), near: said(inBox, "WARNING: The requested image's platform does not match the detected host platform")},
	{code: words.WrongMachine, on: helped, has: said(with(npx, func(s *servers.Server) { s.Command = "/usr/bin/npx" }), "fork/exec /usr/bin/npx: exec format error"), saying: "/usr/bin/npx", near: said(npx, "format error in line 3")},

	{code: words.PackageUnknown, on: helped, has: said(npx, "npm error code E404", "npm error 404 '@acme/server@*' is not in this registry."), saying: "@acme/server", near: said(npx, "GET /things: 404")},
	{
		code: words.PackageUnknown, on: helped, has: said(with(npx, func(s *servers.Server) { s.Args[1] = "@acme/server@9.9.9" }), "npm error code ETARGET", "npm error notarget No matching version found for @acme/server@9.9.9."),
		fix: "newest-version", near: said(npx, "No version given"),
	},
	{code: words.PackageUnknown, on: helped, has: said(uvx, "Because acme-server was not found in the package registry and you require acme-server"), saying: "acme-server", near: said(uvx, "acme was not found in the drawer")},
	{
		code: words.PackageBroken, on: helped, has: said(npx, "npm error code ENOTEMPTY", "npm error path /home/anna/.npm/_npx/0123456789abcdef/node_modules/x"), saying: "~/.npm/_npx/0123456789abcdef", fix: "clear-download",
		near: said(npx, "npm error code ENOTEMPTY", "npm error path /home/anna/src/x"),
	},
	{code: words.PackageBroken, on: helped, has: said(npx, "Error: Cannot find module '/home/anna/.npm/_npx/0123456789abcdef/node_modules/x/dist/index.js'"), fix: "clear-download", near: said(npx, "Error: Cannot find module './config.js'")},
	{
		code: words.PackageBroken, on: machine{disk: append([]string{`/home/anna/.npm/_npx/fedcba9876543210/package.json={"dependencies":{"@acme/server":"^1.0.0"}}`, `/home/anna/.npm/_npx/0000000000000000/package.json={"dependencies":{"other":"1"}}`}, helped.disk...), versions: helped.versions},
		has: said(npx, "npm error code EACCES", "npm error path ~/.npm"), saying: "_npx/fedcba9876543210", fix: "clear-download", near: said(npx, "npm error code EACCES", "npm error path /srv"),
	},
	{code: words.SlowStart, on: helped, has: Case{Name: "acme", Server: npx, Problem: words.New(words.NoAnswer, nil, "Name", "acme", "Seconds", 60)}, fix: "prepare", near: Case{Name: "acme", Server: npx, Worked: true, Problem: words.New(words.NoAnswer, nil, "Name", "acme", "Seconds", 60)}},
	{code: words.SlowStart, on: helped, has: said(inBox, "Unable to find image 'acme/server:latest' locally", "MCP error -32001: Request timed out"), near: said(afar, "McpError: Request timed out (-32001)")},
	{code: words.ClosedEarly, on: helped, has: said(npx, "  at Object.<anonymous> (/x/y.js:1:1)", "Error: the moon is too far", "Node.js v22.9.0", "Server transport closed unexpectedly, this is likely due to the process exiting early"), saying: "Error: the moon is too far", fix: "show-log", near: said(npx, "Error: ACME_API_KEY is required")},
	{code: words.ClosedEarly, on: helped, has: Case{Name: "acme", Server: npx, Ended: &launch.Session{Status: launch.Failed, Exit: &exit1}}, near: Case{Name: "acme", Server: npx, Ended: &launch.Session{Status: launch.Ended}}},
	{code: words.Chatter, on: helped, has: said(npx, `SyntaxError: Unexpected token 'S', "Starting se"... is not valid JSON`), fix: "drop-notes", near: said(npx, `/home/anna/x/settings.json: Unexpected token } is not valid JSON`)},
	{
		code: words.Chatter, on: helped, has: Case{Name: "acme", Server: npx, Worked: true, Ended: &launch.Session{Status: launch.Failed, Stray: 2, StrayLine: "Welcome!"}, Problem: words.New(words.NoAnswer, nil, "Name", "acme", "Seconds", 30)}, saying: "Welcome!", fix: "drop-notes",
		near: Case{Name: "acme", Server: npx, Ended: &launch.Session{Status: launch.Failed, Stray: 1, StrayLine: "Error: no", Exit: &exit1}},
	},
	{
		code: words.KeepsStopping, on: helped, has: Case{Name: "acme", Server: npx, Stops: []time.Time{noon, noon.Add(time.Minute), noon.Add(4 * time.Minute)}, Problem: words.New(words.ClosedEarly, nil)}, fix: "show-log",
		near: Case{Name: "acme", Server: npx, Stops: []time.Time{noon, noon.Add(time.Minute), noon.Add(6 * time.Minute)}, Problem: words.New(words.ClosedEarly, nil)},
	},
	{
		code: words.WindowsStart, on: machine{os: "windows", environ: []string{`Path=C:\Program Files\nodejs`}, disk: []string{`C:\Program Files\nodejs\npx.cmd`, `C:\Program Files\nodejs\node.exe`}}, has: said(npx, "spawn npx ENOENT"),
		near: said(npx, "spawn npx ENOENT"), nearOn: &machine{os: "windows", disk: []string{`C:\Program Files\nodejs\npx.cmd`}},
	},
	{
		code: words.WindowsStart, on: machine{os: "windows", disk: []string{`C:\Program Files\nodejs\npx.cmd`, `C:\Program Files\nodejs\node.exe`}},
		has: said(with(npx, func(s *servers.Server) { s.Command = `C:\Program Files\nodejs\npx.cmd` }), `'C:\Program' is not recognized as an internal or external command`), fix: "plain-start",
		near: said(npx, `'C:\Program' is not recognized as an internal or external command`),
	},
	{
		code: words.WindowsStart, on: machine{os: "windows", disk: []string{`C:\Program Files\nodejs\npx.cmd`, `C:\Program Files\nodejs\node.exe`}},
		has: said(with(npx, func(s *servers.Server) { s.Command = "npx.exe" })), fix: "plain-start", near: said(npx),
	},
	{
		code: words.WindowsStart, on: machine{os: "windows", disk: []string{`C:\Program Files\nodejs\npx.cmd`, `C:\Program Files\nodejs\node.exe`}},
		has: said(npx, "npm error enoent ENOENT: no such file or directory, lstat 'C:\\x\\${APPDATA}'"), fix: "plain-start", near: said(npx, "npm error enoent ENOENT: no such file or directory, lstat 'C:\\x'"),
	},
	{
		code: words.WindowsSpace, on: machine{os: "windows", disk: []string{`C:\Program Files\nodejs\npx.cmd`, `C:\Program Files\nodejs\node.exe`}},
		has: said(servers.Server{Command: "npx", Args: []string{"-y", "mcp-remote", "https://x.example.com/mcp", "--header", "Authorization: Bearer ${secret:k1}"}}, "HTTP 401 Unauthorized"), fix: "plain-start",
		near: said(servers.Server{Command: "npx", Args: []string{"-y", "mcp-remote", "https://x.example.com/mcp", "--header", "Authorization:${secret:k1}"}}, "HTTP 401 Unauthorized"),
	},
	{code: words.NoPermission, on: machine{disk: []string{"-/opt/acme/run"}}, has: Case{Name: "acme", Server: servers.Server{Command: "/opt/acme/run"}, Ended: &launch.Session{Status: launch.Failed, Exit: &exit126}}, saying: "/opt/acme/run", fix: "allow-program", near: said(npx), nearOn: &helped},
	{code: words.NoPermission, on: machine{os: "darwin", disk: []string{"/opt/acme"}}, has: Case{Name: "acme", Server: servers.Server{Command: "/opt/acme"}, Ended: &launch.Session{Status: launch.Failed, Signal: "killed"}}, near: Case{Name: "acme", Server: servers.Server{Command: "/opt/acme"}, Ended: &launch.Session{Status: launch.Failed, Signal: "killed", Answers: 5}}},
	{code: words.FolderMissing, on: helped, has: said(with(npx, func(s *servers.Server) { s.Cwd = "/srv/gone" })), saying: "/srv/gone", fix: "choose-folder", near: said(with(npx, func(s *servers.Server) { s.Cwd = "/usr/bin" }))},
	{code: words.FolderMissing, on: helped, has: said(with(npx, func(s *servers.Server) { s.Args = append(s.Args, "/Users/username/Documents") })), saying: "/Users/username/Documents", near: said(with(npx, func(s *servers.Server) { s.Args = append(s.Args, "/usr/bin") }))},
	{code: words.FolderMissing, on: helped, has: said(with(npx, func(s *servers.Server) { s.Args = append(s.Args, "/srv/notes") }), "Error: ENOENT: no such file or directory, stat '/srv/notes'"), saying: "/srv/notes", near: said(npx, "Error: ENOENT: no such file or directory, open '/etc/none'")},
	{
		code: words.FolderMissing, on: machine{os: "windows", disk: []string{`C:\Program Files\nodejs\npx.cmd`, `C:\Program Files\nodejs\node.exe`}}, has: said(npx, `npm error enoent ENOENT: no such file or directory, lstat 'C:\Users\anna\AppData\Roaming\npm'`), saying: `~\AppData\Roaming\npm`,
		near: said(npx, `npm error enoent ENOENT: no such file or directory, lstat 'C:\Users\anna\AppData\Roaming\npm'`), nearOn: &machine{os: "windows", disk: []string{`C:\Program Files\nodejs\npx.cmd`, `C:\Program Files\nodejs\node.exe`, `C:\Users\anna\AppData\Roaming\npm\`}},
	},
	{code: words.FolderBlocked, on: machine{os: "darwin", disk: []string{"/usr/bin/npx", "/usr/bin/node", "/Users/anna/Documents/"}, blocked: "/Users/anna/Documents", versions: helped.versions}, has: said(with(npx, func(s *servers.Server) { s.Args = append(s.Args, "/Users/anna/Documents") })), saying: "~/Documents", fix: "privacy-settings", near: said(npx)},
	{code: words.FolderBlocked, on: machine{os: "darwin", disk: helped.disk, versions: helped.versions}, has: said(npx, "EPERM: operation not permitted, scandir '/Users/anna/Desktop'"), saying: "~/Desktop", near: said(npx, "EPERM: operation not permitted, scandir '/Users/anna/Desktop'"), nearOn: &helped},
	{code: words.DiskFull, on: helped, has: said(npx, "npm error ENOSPC: no space left on device, write"), near: said(npx, "Error: ENOSPC: System limit for number of file watchers reached")},

	{
		code: words.KeyMissing, on: helped, has: Case{Name: "acme", Server: keyed, Problem: words.New(words.ClosedEarly, nil), HasKey: func(string) (bool, error) { return false, nil }}, saying: "ACME_API_KEY", fix: "enter-key",
		near: Case{Name: "acme", Server: keyed, Problem: words.New(words.ClosedEarly, nil), HasKey: func(string) (bool, error) { return true, nil }},
	},
	{code: words.KeyMissing, on: helped, has: said(npx, "Error: BRAVE_API_KEY environment variable is required"), saying: "BRAVE_API_KEY", near: said(keyed, "ACME_API_KEY is required for writing; starting read-only")},
	{code: words.KeyMissing, on: helped, has: said(uvx, "KeyError: 'SLACK_TOKEN'"), saying: "SLACK_TOKEN", near: said(uvx, "KeyError: 'COLUMN_NAME'")},
	{code: words.KeyMissing, on: helped, has: said(with(npx, func(s *servers.Server) { s.Env = map[string]string{"API_KEY": "YOUR_API_KEY"} })), saying: "API_KEY", near: said(with(npx, func(s *servers.Server) { s.Env = map[string]string{"REGION": "eu"} }))},
	{code: words.KeyMissing, on: helped, has: answered(Remote{Status: 401, Challenge: "Bearer"}), near: answered(Remote{Status: 401, Challenge: `Bearer resource_metadata="https://x"`})},
	{code: words.KeyMissing, on: helped, has: said(npx, "[Runner] Error: Registry request failed with status 401: Invalid API key"), fix: "enter-key", near: said(keyed, "Registry request failed with status 401: Invalid API key")},
	{code: words.KeyMissing, on: helped, has: said(npx, "2026-11-20T10:05:00.000Z WARN [MCP Config] Environment variable not found: REMOTE_TOKEN"), saying: "REMOTE_TOKEN", near: said(npx, "variable not found")},
	{code: words.FolderMissing, on: helped, has: said(servers.Server{Command: "python3", Args: []string{"/srv/gone/server.py"}}), saying: "The file /srv/gone/server.py", near: said(servers.Server{Command: "python3", Args: []string{"-m", "/srv/gone"}})},
	{code: words.WrongAddress, on: helped, has: said(servers.Server{Command: "npx", Args: []string{"mcp-remote", "https://x.example.com"}}, "Fatal error: StreamableHTTPError: Streamable HTTP error: Unexpected content type: text/html; charset=utf-8"), near: said(npx, "Unexpected content type: text/html")},
	{code: words.PythonPart, on: helped, has: said(uvx, "error: Failed to spawn: `mysql_mcp_server`", "Caused by: program not found"), near: said(uvx, "spawned")},
	{code: words.Chatter, on: helped, has: said(npx, "Expected ',' or ']' after array element in JSON at position 9 (line 1 column 8)"), near: said(npx, "Expected ',' in /home/anna/claude_desktop_config.json in JSON at position 9")},
	{code: words.PortBusy, on: helped, has: said(npx, "Error: listen EACCES: permission denied 127.0.0.1:49925"), saying: "49925", near: said(npx, "EACCES: permission denied, open '/x'")},
	{code: words.KeyRefused, on: helped, has: said(keyed, "GithubError: Bad credentials"), fix: "enter-key", near: said(npx, "GithubError: Bad credentials")},
	{code: words.KeyRefused, on: helped, has: said(keyed, "Error: Request failed with status code 401"), near: said(keyed, "(node:1) Warning: Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable")},
	{code: words.KeyRefused, on: helped, has: remoteKeyed(Remote{Status: 401, Challenge: `Bearer error="invalid_token"`}), near: answered(Remote{Status: 401})},
	{code: words.KeyTooWeak, on: helped, has: said(keyed, "Resource not accessible by personal access token"), near: said(keyed, "resource found")},
	{code: words.KeyTooWeak, on: helped, has: remoteKeyed(Remote{Status: 403, Challenge: `Bearer error="insufficient_scope"`}), near: answered(Remote{Status: 403, Step: Registering})},
	{code: words.SignIn, on: helped, has: answered(Remote{Status: 401, Challenge: `Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"`}), fix: "sign-in", near: remoteKeyed(Remote{Status: 401, Challenge: `Bearer resource_metadata="https://x"`})},
	{code: words.SignInExpired, on: helped, has: answered(Remote{OAuth: "invalid_grant", Step: Exchanging, Sent: SentGrant}), fix: "sign-in", near: answered(Remote{OAuth: "temporarily_unavailable", Status: 503})},
	{code: words.SignInExpired, on: helped, has: answered(Remote{Status: 401, Sent: SentGrant, Challenge: `Bearer error="invalid_token"`}), near: answered(Remote{URL: "https://old.example.com", Status: 401, Sent: SentGrant, Challenge: `Bearer error="invalid_token"`})},
	{code: words.SignInClosedClub, on: helped, has: answered(Remote{Step: Registering, Status: 403, Sent: ""}), fix: "key-instead", near: answered(Remote{Step: Registering, Status: 503})},
	{code: words.SignInClosedClub, on: helped, has: said(npx, "Error: Incompatible auth server: does not support dynamic client registration"), near: said(npx, "dynamic client registration done")},
	{code: words.PortBusy, on: helped, has: said(npx, "Error: listen EADDRINUSE: address already in use :::8000"), saying: "port 8000", near: said(npx, "Error: connect ECONNREFUSED 127.0.0.1:8000")},
	{
		code: words.PortBusy, on: machine{disk: helped.disk, taken: []int{8000, 8001}, versions: helped.versions}, has: said(with(npx, func(s *servers.Server) { s.Args = append(s.Args, "--port", "8000") }), "listen EADDRINUSE 127.0.0.1:8000"), saying: "8000", fix: "other-port",
		near: said(with(npx, func(s *servers.Server) { s.Env = map[string]string{"DB_PORT": "8000"} })),
	},
	{code: words.SignInBusy, on: helped, has: told(words.SignInBusy), fix: "sign-in", near: answered(Remote{Status: 404})},
	{code: words.SignInRefused, on: helped, has: told(words.SignInRefused), fix: "sign-in", near: answered(Remote{Status: 404})},
	{code: words.SignInMoved, on: helped, has: told(words.SignInMoved), fix: "app-details", near: answered(Remote{Status: 404})},
	{code: words.SignInUnsafe, on: helped, has: told(words.SignInUnsafe), fix: "open-server", near: answered(Remote{Status: 404})},
	{code: words.WebPage, on: helped, has: told(words.WebPage), fix: "again", near: answered(Remote{Status: 404})},
	{code: words.ConnectionLost, on: helped, has: told(words.ConnectionLost), fix: "again", near: answered(Remote{Status: 404})},
	{code: words.ServiceRefused, on: helped, has: told(words.ServiceRefused), fix: "show-log", near: answered(Remote{Status: 404})},
	{code: words.SignInUnfinished, on: helped, has: answered(Remote{OAuth: "access_denied", Step: Authorizing}), fix: "sign-in", near: answered(Remote{OAuth: "server_error", Step: Authorizing, Status: 500})},
	{code: words.ReturnAddress, on: helped, has: answered(Remote{OAuth: "redirect_uri_mismatch", Step: Authorizing}), fix: "sign-in", near: answered(Remote{OAuth: "invalid_scope", Status: 400})},
	{code: words.ReturnAddress, on: helped, has: said(npx, "invalid_request: redirect_uri is invalid"), near: said(npx, "redirect_uri is http://127.0.0.1:3000/callback")},
	{code: words.KeychainLocked, on: helped, has: said(npx, "failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"), near: said(npx, "unlocked the collection")},
	{code: words.KeychainAbsent, on: helped, has: said(npx, "The name org.freedesktop.secrets was not provided by any .service files"), fix: "file-store", near: said(npx, "org.freedesktop.Notifications was not provided by any .service files")},
	{code: words.KeyTooLong, on: helped, has: said(npx, "data passed to Set was too big"), fix: "file-store", near: said(npx, "data was too big")},

	{code: words.Offline, on: helped, has: said(afar, "getaddrinfo ENOTFOUND mcp.example.com"), saying: "mcp.example.com", near: said(afar, "Error: connect ETIMEDOUT")},
	{code: words.Offline, on: helped, has: said(npx, "request to https://registry.npmjs.org/@acme%2fserver failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org"), saying: "registry.npmjs.org", near: said(npx, "module not found")},
	{code: words.NoAnswer, on: helped, has: said(afar, "dial tcp: connect to mcp.example.com: i/o timeout"), saying: "mcp.example.com isn't answering", fix: "again", near: said(afar, "lookup mcp.example.com: no such host")},
	{code: words.NoAnswer, on: helped, has: Case{Name: "acme", Server: npx, Worked: true, Problem: words.New(words.NoAnswer, nil, "Name", "acme", "Seconds", 30)}, saying: "30 seconds", fix: "longer", near: said(npx)},
	{code: words.PartnerClosed, on: helped, has: said(npx, "connect ECONNREFUSED 127.0.0.1:27124"), saying: "Obsidian", fix: "start-program", near: said(npx, "connect ECONNREFUSED 127.0.0.1:27124"), nearOn: &machine{disk: helped.disk, taken: []int{27124}, versions: helped.versions}},
	{code: words.Certificate, on: machine{disk: helped.disk, versions: map[string]string{"/usr/bin/node": "v22.20.0"}}, has: said(npx, "Error: unable to get local issuer certificate", "code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'"), fix: "trust-computer", near: said(with(npx, func(s *servers.Server) { s.Env = map[string]string{"NODE_USE_SYSTEM_CA": "1"} }), "code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'")},
	{code: words.Certificate, on: machine{disk: append([]string{"/etc/ssl/certs/ca-certificates.crt"}, helped.disk...)}, has: said(uvx, "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED]"), fix: "trust-computer", near: said(uvx, "certificate verified")},
	{code: words.Certificate, on: helped, has: said(npx, "self-signed certificate in certificate chain"), fix: "update", near: said(npx, "certificate chain is fine")},
	{code: words.Certificate, on: helped, has: said(npx, "certificate has expired"), saying: "expired or another machine's", fix: "open-server", near: said(npx, "token has expired")},
	{code: words.Proxy, on: machine{disk: helped.disk, environ: []string{"HTTPS_PROXY=http://proxy.corp:3128"}, versions: helped.versions}, has: said(npx, "tunneling socket could not be established, statusCode=407"), saying: "http://proxy.corp:3128", fix: "use-proxy", near: said(npx, "tunnel is open")},
	{code: words.Proxy, on: machine{disk: helped.disk, environ: []string{"HTTPS_PROXY=http://proxy.corp:3128"}, versions: helped.versions}, has: said(npx, "connect ETIMEDOUT 1.2.3.4:443"), fix: "use-proxy", near: said(npx, "connect ETIMEDOUT 1.2.3.4:443"), nearOn: &helped},
	{code: words.Proxy, on: helped, has: answered(Remote{Status: 407}), near: answered(Remote{Status: 404})},
	{code: words.WrongAddress, on: helped, has: answered(Remote{URL: "https://mcp.example.com/mcp", Status: 404}), fix: "other-transport", near: answered(Remote{URL: "https://mcp.example.com/mcp", Status: 404, Step: Registering})},
	{code: words.WrongAddress, on: helped, has: answered(Remote{URL: afar.URL, Status: 400, Page: true}), near: said(npx, "GET https://api.example.com/x: HTTP 404")},
	{code: words.TooMany, on: helped, has: answered(Remote{Status: 429, RetryAfter: "9000"}), saying: "14:30", near: answered(Remote{Status: 500})},
	{code: words.TooMany, on: helped, has: said(keyed, "API rate limit exceeded for 1.2.3.4"), near: said(keyed, "Rate limit: 100 requests a minute")},
	{code: words.TooMany, on: helped, has: said(keyed, "429 Too Many Requests"), near: said(keyed, "too many results")},
	{code: words.ServiceTrouble, on: helped, has: answered(Remote{Status: 503}), saying: "mcp.example.com has a problem", near: answered(Remote{Status: 429})},

	{code: words.NameTooLong, on: helped, has: said(npx, `tools.3.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`), fix: "open-tools", near: said(npx, "the name is long")},
	{code: words.Unknown, on: helped, has: Case{Name: "acme", Server: npx, Said: []string{"Error: flux"}, Problem: words.New(words.Unknown, errors.New("no tools today (-32000x)"))}, saying: "Error: flux", fix: "show-log", near: said(npx)},

	{code: words.CommandJoined, on: helped, has: said(servers.Server{Command: "npx -y @acme/server"}), fix: "split-command", near: said(servers.Server{Command: "/opt/my tools/run"}), nearOn: &machine{disk: []string{"/opt/my tools/run"}}},
	{code: words.CommandJoined, on: helped, has: said(servers.Server{Command: "npx", Args: []string{"-y @acme/server"}}), fix: "split-command", near: said(servers.Server{Command: "npx", Args: []string{"-y", "@acme/server", "--title my notes"}})},
	{code: words.PathRelative, on: helped, has: said(servers.Server{Command: "npx", Args: []string{"-y", "@acme/server", "~/notes"}}), saying: "/home/anna/notes", fix: "whole-paths", near: said(servers.Server{Command: "npx", Args: []string{"-y", "@acme/server", "~notes"}})},
	{code: words.PathRelative, on: machine{disk: append([]string{"/home/anna/srv/index.js"}, helped.disk...), versions: helped.versions}, has: said(servers.Server{Command: "node", Args: []string{"srv/index.js"}}), fix: "whole-paths", near: said(servers.Server{Command: "node", Args: []string{"index.js"}, Cwd: "/home/anna/srv"})},
	{code: words.PathRelative, on: machine{os: "windows", disk: []string{`C:\Program Files\nodejs\node.exe`}}, has: said(servers.Server{Command: "node", Args: []string{`%USERPROFILE%\srv\index.js`}}), fix: "whole-paths", near: said(servers.Server{Command: "node", Args: []string{`C:\srv\index.js`}})},
	{code: words.Placeholder, on: helped, has: said(servers.Server{Command: "npx", Args: []string{"-y", "@acme/server", "<team-id>"}}), saying: "<team-id>", near: said(servers.Server{Command: "npx", Args: []string{"-y", "@acme/server", "a<b>c"}})},
	{code: words.ValueQuoted, on: helped, has: said(servers.Server{Command: "npx", Args: []string{"-y", "“@acme/server”"}}), fix: "trim-values", near: said(servers.Server{Command: "npx", Args: []string{"-y", "@acme/server", `"exact words"`}})},
	{code: words.ValueQuoted, on: helped, has: said(with(npx, func(s *servers.Server) { s.Env = map[string]string{"API_KEY": " ${secret:k1}\n"} })), fix: "trim-values", near: said(keyed)},
	{code: words.AddressScheme, on: helped, has: said(servers.Server{URL: "mcp.example.com/mcp"}), saying: "https://mcp.example.com/mcp", fix: "add-scheme", near: said(servers.Server{URL: "ws://localhost:8000"})},
	{code: words.ProgramMissing, on: helped, has: said(servers.Server{Command: "acme-mcp"}), saying: "acme-mcp", near: said(servers.Server{Command: "npx"})},
}

// What Whole alone finds, and what comes from who writes files.
var elsewhereTested = []words.Code{
	words.FileBroken, words.FileChanged, words.FileLocked, words.FileElsewhere, words.RestartNeeded, words.Undone, words.AppMissing,
	words.SameName, words.SameTool, words.TooManyTools, words.KeyInPlain, words.EntryMoved,
}

// theTable are all problems that users of AI apps are known to have, in the order
// in which they are told apart.
var theTable = []words.Code{
	words.NodeMissing, words.PathHidden, words.NodeOld, words.UVMissing, words.PythonPart, words.DockerStopped, words.DockerMissing, words.DockerRights, words.DockerImage, words.WrongMachine,
	words.PackageUnknown, words.PackageBroken, words.SlowStart, words.ClosedEarly, words.Chatter, words.KeepsStopping, words.WindowsStart, words.WindowsSpace, words.NoPermission, words.FolderMissing, words.FolderBlocked, words.DiskFull,
	words.KeyMissing, words.KeyRefused, words.KeyTooWeak, words.SignIn, words.SignInExpired, words.SignInClosedClub, words.PortBusy, words.SignInUnfinished, words.ReturnAddress, words.KeychainLocked, words.KeychainAbsent, words.KeyTooLong,
	words.Offline, words.NoAnswer, words.PartnerClosed, words.Certificate, words.Proxy, words.WrongAddress, words.TooMany,
	words.FileBroken, words.FileChanged, words.FileLocked, words.FileElsewhere, words.RestartNeeded, words.AppMissing, words.SameName, words.NameTooLong, words.SameTool, words.TooManyTools, words.Unknown,
}

func TestAllOfTheTableIsThere(t *testing.T) {
	if len(theTable) != 52 {
		t.Errorf("%d", len(theTable))
	}
	for _, code := range theTable {
		if len(fixesOf(code)) == 0 {
			t.Errorf("no row mends %s", code)
		}
	}
}

func TestEveryRuleHasAnExample(t *testing.T) {
	seen := map[words.Code]bool{}
	for _, s := range signatures {
		seen[s.code] = true
	}
	for _, r := range rules() {
		if !seen[r.code] && !slices.Contains(elsewhereTested, r.code) {
			t.Errorf("no example of %s", r.code)
		}
		rows := slices.DeleteFunc(rules(), func(o rule) bool { return o.code != r.code || o.fixes == nil })
		if len(rows) != 1 {
			t.Errorf("%d rows say what mends %s", len(rows), r.code)
		}
	}
}

func TestSignaturesAreRecognisedAndNearMissesAreNot(t *testing.T) {
	for i, s := range signatures {
		t.Run(string(s.code), func(t *testing.T) {
			pc := s.on.computer()
			p := Diagnose(t.Context(), pc, s.has)
			if p == nil || p.Code != s.code {
				t.Fatalf("%d: %v", i, p)
			}
			if !strings.Contains(p.Error(), s.saying) || strings.Contains(p.Error(), "<no value>") {
				t.Errorf("%d: %s", i, p.Error())
			}
			back := throughFile(t, p)
			if back.Error() != p.Error() {
				t.Errorf("%d: became %v", i, back)
			}
			fixes := Fixes(pc, back, "acme", &s.has.Server)
			if len(fixes) == 0 || s.fix != "" && fixes[0].ID != s.fix {
				t.Errorf("%d: fixes %+v", i, fixes)
			}
			checkFixes(t, fixes)
			on := &s.on
			if s.nearOn != nil {
				on = s.nearOn
			}
			if p := Diagnose(t.Context(), on.computer(), s.near); p != nil && p.Code == s.code {
				t.Errorf("%d: a near miss is %v", i, p)
			}
		})
	}
}

func throughFile(t *testing.T, p *words.Problem) *words.Problem {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back *words.Problem
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func count(all ...bool) (n int) {
	for _, yes := range all {
		if yes {
			n++
		}
	}
	return n
}

// checkFixes: each has words and either an edit or a deed.
func checkFixes(t *testing.T, fixes []Fix) {
	t.Helper()
	for _, f := range fixes {
		if f.Label == "" || strings.HasPrefix(f.Label, "fix.") || strings.Contains(f.Label, "<no value>") || len([]rune(f.Label)) > 60 {
			t.Errorf("%s says %q", f.ID, f.Label)
		}
		if n := count(f.Edit != nil, f.Do != Nothing, f.Change != nil); n != 1 {
			t.Errorf("%s does %d things", f.ID, n)
		}
		if f.Safe && f.Edit == nil && f.Do != PutBack && f.Do != Apply {
			t.Errorf("%s can't be taken back", f.ID)
		}
	}
}

// The evidence stays as it was: what was said before the edit must not count
// against it.
func TestAnEditEndsWhatItMends(t *testing.T) {
	edits := 0
	for i, s := range signatures {
		pc := s.on.computer()
		p := Diagnose(t.Context(), pc, s.has)
		for _, f := range Fixes(pc, p, "acme", &s.has.Server) {
			if f.Edit == nil {
				continue
			}
			edits++
			before := copied(&s.has.Server)
			lib := &servers.Library{Servers: map[string]*servers.Server{"acme": copied(before)}}
			if err := f.Edit(lib); err != nil {
				t.Fatal(err)
			}
			after := s.has
			after.Server = *lib.Servers["acme"]
			if after.Problem != nil && after.Remote.URL == "" && s.code == words.NoAnswer {
				continue // more time: only the next start shows
			}
			if p := Diagnose(t.Context(), pc, after); p != nil && p.Code == s.code {
				t.Errorf("%d: after %s still %v\n%+v", i, f.ID, p, after.Server)
			}
			if text, _ := json.Marshal(before); !slices.Equal(text, mustText(t, &s.has.Server)) {
				t.Errorf("%d: %s changed more than the library", i, f.ID)
			}
		}
	}
	if edits < 20 {
		t.Errorf("only %d edits were tried", edits)
	}
}

func mustText(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNothingIsWrongWithWhatWorks(t *testing.T) {
	for name, c := range map[string]Case{
		"nothing known":   {Name: "acme", Server: npx},
		"healthy":         {Name: "acme", Server: npx, Report: &health.Report{Status: health.Healthy}},
		"ended as asked":  {Name: "acme", Server: npx, Ended: &launch.Session{Status: launch.Ended}},
		"warned, healthy": {Name: "acme", Server: npx, Said: []string{"npm warn EBADENGINE"}, Report: &health.Report{Status: health.Healthy, Stray: 1}},
	} {
		if p := Diagnose(t.Context(), helped.computer(), c); p != nil {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestWhatIsPreciseStaysAsItIs(t *testing.T) {
	p := words.New(words.StoreDamaged, nil)
	if got := Diagnose(t.Context(), (&machine{}).computer(), Case{Name: "acme", Server: npx, Problem: p}); got != p {
		t.Errorf("%v", got)
	}
	if fixes := Fixes((&machine{}).computer(), p, "acme", &npx); len(fixes) == 0 {
		t.Error("nothing mends it")
	}
}

func TestEveryCodeHasAFixAndSentencesWithoutNames(t *testing.T) {
	for _, r := range rules() {
		p := words.New(r.code, nil)
		if strings.Contains(p.Error(), "<no value>") || strings.Contains(p.Error(), "{{") || p.Title == "" || p.Do == "" {
			t.Errorf("%s: %s", r.code, p.Error())
		}
		fixes := Fixes((&machine{}).computer(), p, "", nil)
		if len(fixes) == 0 {
			t.Errorf("%s has no fix", r.code)
		}
		checkFixes(t, fixes)
	}
}

func TestAnExaminationAsksFewPrograms(t *testing.T) {
	m := machine{disk: []string{"/usr/bin/npx", "/usr/bin/node", "/usr/local/bin/node", "/opt/homebrew/bin/node", "/snap/bin/node", "/home/anna/bin/node", "/home/anna/.local/bin/node"}, versions: map[string]string{"/usr/bin/node": "v16.0.0"}}
	if p := Diagnose(t.Context(), m.computer(), said(npx, "ReferenceError: File is not defined")); !words.Has(p, words.NodeOld) {
		t.Errorf("%v", p)
	}
	if m.asked > maxAsked {
		t.Errorf("asked %d", m.asked)
	}
}

// Only the last lines count, and a long log costs no more than they do.
func TestOldLinesDoNotCount(t *testing.T) {
	text := append([]string{"Error: BRAVE_API_KEY is required"}, make([]string, 0, maxLines)...)
	for i := range maxLines {
		text = append(text, "line "+strings.Repeat("x", i%7)+time.Duration(i).String())
	}
	if p := Diagnose(t.Context(), helped.computer(), said(npx, text...)); words.Has(p, words.KeyMissing) {
		t.Errorf("%v", p)
	}
}

// Clients write into the same log what they do and what was said to whom; neither
// is the reason.
func TestTheReasonIsFoundInAClientsLog(t *testing.T) {
	for want, text := range map[string][]string{
		"Error: the moon is too far": {
			"2026-06-05T19:21:19.121Z [acme] [info] Initializing server... { metadata: undefined }",
			"Error: the moon is too far",
			"    at Object.<anonymous> (/x/y.js:1:1)",
			`2026-06-05T19:21:21.760Z [acme] [info] Message from server: {"error":"401 unauthorized"} { metadata: undefined }`,
			"2026-06-05T19:21:22.000Z [acme] [info] Server transport closed unexpectedly, this is likely due to the process exiting early. { metadata: undefined }",
			"2026-06-05T19:21:22.000Z [acme] [error] Server disconnected. For troubleshooting guidance, please visit our [debugging documentation] { metadata: { context: 'connection' } }",
		},
		"spawn flux FAILED": {
			`2026-06-05T19:21:19.121Z [error] [acme] spawn flux FAILED {"context":"connection","stack":"Error"}`,
			"2026-06-05 19:21:22 [info] [acme] Client transport closed",
		},
		"It said nothing.": {"2026-06-05T19:21:19.121Z [acme] [info] Initializing server... { metadata: undefined }"},
	} {
		p := Diagnose(t.Context(), helped.computer(), said(npx, text...))
		if p.Code != words.ClosedEarly || p.Detail != want {
			t.Errorf("%s: %q, not %q", p.Code, p.Detail, want)
		}
	}
}
