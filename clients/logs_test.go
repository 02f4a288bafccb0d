package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// logged is a computer whose logs are copies of these files, by their place below
// its account's folder, and the events as lines.
func logged(t *testing.T, os_ string, files map[string]string) System {
	t.Helper()
	s := System{OS: os_, Home: t.TempDir(), Getenv: func(string) string { return "" }}
	now := time.Now()
	for place, from := range files {
		data, err := os.ReadFile(filepath.Join("testdata", "logs", filepath.FromSlash(from)))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(s.Home, filepath.FromSlash(place))
		put(t, path, string(data))
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asLines writes events one a line, without their times' date where they are UTC.
func asLines(list []LogEvent) []string {
	var lines []string
	for _, e := range list {
		line := fmt.Sprintf("%s %s: %s", e.Key, e.Kind, strings.ReplaceAll(e.Text, "\n", "|"))
		if e.Seconds > 0 {
			line += fmt.Sprintf(" [%d s]", e.Seconds)
		}
		lines = append(lines, line)
	}
	return lines
}

const desktopMac = "Library/Logs/Claude/"

var desktopFilesMac = map[string]string{
	desktopMac + "main.log":                    "claude-desktop/main.log",
	desktopMac + "mcp.log":                     "claude-desktop/mcp.log",
	desktopMac + "mcp1.log":                    "claude-desktop/mcp1.log",
	desktopMac + "mcp-server-Team Wiki.log":    "claude-desktop/mcp-server-Team Wiki.log",
	desktopMac + "mcp-server-filesystem.log":   "claude-desktop/mcp-server-filesystem.log",
	desktopMac + "mcp-server-slow.log":         "claude-desktop/mcp-server-slow.log",
	desktopMac + "mcp-server-weather.log":      "claude-desktop/mcp-server-new-format.log",
	desktopMac + "mcp-server-filesystem22.log": "claude-desktop/mcp-server-slow.log", // named alike, another's
}

func TestEachClientsLogIsUnderstood(t *testing.T) {
	code := "Library/Caches/claude-cli-nodejs/"
	for name, c := range map[string]struct {
		client, key string
		files       map[string]string
		want        []string
	}{
		"desktop, a server's own file and its connections, told once": {"claude-desktop", "filesystem", desktopFilesMac, []string{
			"filesystem starting: Initializing server...",
			"filesystem other: Using MCP server command: /opt/homebrew/bin/npx with args and path:",
			"filesystem connected: Server started and connected successfully",
			`filesystem other: Message from client: method="initialize" id=0`,
			"filesystem said: Secure MCP Filesystem Server running on stdio",
			"filesystem other: Message from server: id=0",
		}},
		"desktop, a name with a blank": {"claude-desktop", "Team Wiki", desktopFilesMac, []string{
			"Team Wiki starting: Initializing server...",
			"Team Wiki said: npm error code E404|npm error 404 Not Found - GET https://registry.example.test/mcp-remotee - Not found",
			"Team Wiki disconnected: Server transport closed",
			"Team Wiki closed: Server transport closed unexpectedly, this is likely due to the process exiting early. If you are developing this MCP server you can add output to stderr (i.e. `console.error('...')` in JavaScript, `print('...', file=sys.stderr)` in python) and it will appear in this log.",
			"Team Wiki disconnected: Server disconnected. For troubleshooting guidance, please visit our [debugging documentation](https://modelcontextprotocol.io/docs/tools/debugging)",
		}},
		"desktop, local times": {"claude-desktop", "weather", desktopFilesMac, []string{
			"weather starting: Launching MCP Server: weather",
			"weather starting: Initializing server...",
			"weather connected: Server started and connected successfully",
			`weather other: Message from client: method="tools/list" id=1 params`,
			"weather other: Message from server: id=1 result(3 blocks)",
			"weather disconnected: Shutting down MCP Server: weather",
		}},
		"desktop gives up after a minute": {"claude-desktop", "slow", desktopFilesMac, []string{
			"slow starting: Initializing server...",
			"slow other: Using MCP server command: /opt/homebrew/bin/uvx with args and path:",
			"slow connected: Server started and connected successfully",
			`slow other: Message from client: method="initialize" id=0`,
			"slow said: Downloading botocore (14.8MiB)",
			`slow gave-up: Message from client: method="notifications/cancelled" [60 s]`,
			"slow disconnected: Client transport closed",
		}},
		"desktop can't start it": {"claude-desktop", "broken", desktopFilesMac, []string{
			"broken starting: Initializing server...",
			"broken spawn-failed: spawn uvx ENOENT",
			"broken disconnected: Client transport closed",
		}},
		"desktop's oldest lines": {"claude-desktop", "neo4j", desktopFilesMac, []string{
			"neo4j starting: Attempting to connect to MCP server neo4j...",
			"neo4j gave-up: Could not attach to MCP server neo4j",
		}},
		"desktop's oldest lines, a blank": {"claude-desktop", "old one", desktopFilesMac, []string{
			"old one spawn-failed: Error in MCP connection to server old one: Error: spawn npx ENOENT",
		}},
		"desktop skips an entry": {"claude-desktop", "copied-from-claude-code", desktopFilesMac, []string{
			"copied-from-claude-code skipped: Skipped invalid MCP server config entries",
		}},
		"code, the newest file of all projects": {"claude-code", "pg", map[string]string{
			code + "-home-ana-src-shop/mcp-logs-pg/2026-11-22T07-00-22-290Z.jsonl":   "claude-code/2026-11-22T07-00-22-290Z.jsonl",
			code + "-home-ana-src-other/mcp-logs-pg/2026-11-22T08-00-00-000Z.jsonl":  "claude-code/2026-11-22T08-00-00-000Z.jsonl",
			code + "-home-ana-src-other/mcp-logs-pg2/2026-11-22T09-00-00-000Z.jsonl": "claude-code/2026-11-22T07-00-22-290Z.jsonl",
		}, []string{
			"pg starting: Starting connection with timeout of 30000ms",
			"pg gave-up: Connection timeout triggered after 30040ms (limit: 30000ms) [30 s]",
			`pg gave-up: Connection failed: Connection to MCP server "pg" timed out after 30000ms [30 s]`,
		}},
		"code, a server that stopped": {"claude-code", "team wiki", map[string]string{
			code + "-x/mcp-logs-team-wiki/2026-11-22T07-00-22-290Z.jsonl": "claude-code/2026-11-22T07-00-22-290Z.jsonl",
		}, []string{
			"team wiki starting: Starting connection with timeout of 30000ms",
			`team wiki said: Traceback (most recent call last):|  File "server.py", line 3|ModuleNotFoundError: No module named 'mcp'`,
			"team wiki closed: Connection failed (CONNECTION_CLOSED): Connection closed",
		}},
		"cline's command line": {"cline-cli", "", map[string]string{".cline/data/logs/cline.log": "cline-cli/cline.log"}, []string{
			"git spawn-failed: Failed to connect MCP server: spawn uvx ENOENT",
		}},
		"cline in an editor": {"cline-vscode", "", map[string]string{
			"Library/Application Support/Code/logs/20261120T100000/window1/exthost/output_logging_20261120T100001/1-Cline.log": "cline-vscode/output-channel.log",
			"Library/Application Support/Code/logs/20250101T100000/window1/exthost/output_logging_20250101T100001/1-Cline.log": "cline-vscode/output-channel.log",
		}, []string{
			"notes said: Error: Cannot find module '/Users/ana/Documents/Cline/MCP/notes-mcp/build/index.js'|    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)",
			`notes closed: Transport error for "notes": Error: MCP error -32000: Connection closed`,
		}},
		"a client whose logs nobody knows": {"warp", "", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := logged(t, "darwin", c.files)
			list := Find(c.client).LogEvents(s, c.key, time.Time{}, 100)
			if got := asLines(list); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			for _, e := range list {
				if e.Client != c.client || e.Time.IsZero() {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

func TestTimesWithoutAZoneAreLocal(t *testing.T) {
	list := Find("claude-desktop").LogEvents(logged(t, "darwin", desktopFilesMac), "weather", time.Time{}, 100)
	if want := time.Date(2026, 10, 12, 9, 14, 3, 0, time.Local); !list[0].Time.Equal(want) {
		t.Errorf("%v, not %v", list[0].Time, want)
	}
	list = Find("claude-desktop").LogEvents(logged(t, "darwin", desktopFilesMac), "slow", time.Time{}, 1)
	if want := time.Date(2026, 8, 5, 10, 43, 46, 216e6, time.UTC); len(list) != 1 || !list[0].Time.Equal(want) {
		t.Errorf("%+v, not %v", list, want)
	}
}

// The payloads of messages are users' data, and a command's arguments may be keys.
func TestNoPayloadAndNoArgumentIsKept(t *testing.T) {
	s := System{OS: "darwin", Home: t.TempDir(), Getenv: func(string) string { return "" }}
	put(t, filepath.Join(s.Home, "Library", "Logs", "Claude", "main.log"), "")
	put(t, filepath.Join(s.Home, "Library", "Logs", "Claude", "mcp-server-x.log"), strings.Join([]string{
		`2026-06-05T19:21:19.121Z [x] [info] Message from client: {"method":"tools/call","params":{"text":"my diary"},"jsonrpc":"2.0","id":5} { metadata: undefined }`,
		`2026-06-05T19:21:20.121Z [x] [info] Message from server: {"jsonrpc":"2.0","id":5,"error":{"message":"no diary"}} { metadata: undefined }`,
		`2026-06-05T19:21:21.121Z [info] [x] Message from client: {"method":"tools/call","params":{"text":"cut dia`,
		`2026-06-05T19:21:22.121Z [x] [info] Using MCP server command: npx with args and path: { metadata: { args: [ '--key=diary' ] } }`,
	}, "\r\n"))
	got := asLines(Find("claude-desktop").LogEvents(s, "x", time.Time{}, 100))
	want := []string{
		`x other: Message from client: method="tools/call" id=5`,
		"x other: Message from server: id=5 error",
		"x other: Message from client",
		"x other: Using MCP server command: npx with args and path:",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTheLiveFolderIsTheOneWithTheNewestMainLog(t *testing.T) {
	s := System{OS: "windows", Home: t.TempDir(), Getenv: func(string) string { return "" }}
	old := filepath.Join(s.env("APPDATA"), "Claude", "logs")
	live := filepath.Join(s.env("LOCALAPPDATA"), "Packages", "Claude_pzs8sxrjxfjjc", "LocalCache", "Local", "Claude", "logs")
	for dir, when := range map[string]time.Time{old: time.Now().Add(-time.Hour), live: time.Now()} {
		put(t, filepath.Join(dir, "main.log"), "2026-10-12 09:14:03 [info] Launching MCP Server: "+filepath.Base(filepath.Dir(filepath.Dir(dir)))+"\r\n2026-10-12 09:14:20 [info] Config file written\r\n")
		if err := os.Chtimes(filepath.Join(dir, "main.log"), when, when); err != nil {
			t.Fatal(err)
		}
	}
	got := asLines(Find("claude-desktop").LogEvents(s, "", time.Time{}, 100))
	if want := []string{"Local starting: Launching MCP Server: Local", " written: Config file written"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := Find("claude-desktop").LogEvents(s, "", time.Now().Add(time.Hour), 100); got != nil {
		t.Errorf("since then: %v", got)
	}
}

func TestALongNameIsFoundByItsBeginning(t *testing.T) {
	key := strings.Repeat("long name ", 30)
	dir := "mcp-logs-" + strings.Repeat("long-name-", 30)[:200] + "-1f3a"
	s := logged(t, "linux", map[string]string{
		".cache/claude-cli-nodejs/-x/" + dir + "/2026-11-22T07-00-22-290Z.jsonl": "claude-code/2026-11-22T07-00-22-290Z.jsonl",
	})
	if got := Find("claude-code").LogEvents(s, key, time.Time{}, 100); len(got) != 3 {
		t.Errorf("%q", asLines(got))
	}
}

// Logs of gigabytes are met: no more than the end is read of one.
func TestAHugeLogCostsNoMoreThanItsEnd(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files there are not sparse by themselves")
	}
	s := logged(t, "darwin", desktopFilesMac)
	path := filepath.Join(s.Home, "Library", "Logs", "Claude", "mcp-server-slow.log")
	tail, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 3<<30); err != nil {
		t.Skip("no sparse files here: ", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\n" + string(tail)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list := Find("claude-desktop").LogEvents(s, "slow", time.Time{}, 100)
	runtime.ReadMemStats(&after)
	if len(list) != 7 {
		t.Errorf("%q", asLines(list))
	}
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 8*logTail {
		t.Errorf("%d bytes for the end of a file", cost)
	}
}

// Whatever a log holds, reading it ends and tells only of times it names.
func FuzzLogs(f *testing.F) {
	for _, path := range append(glob(filepath.Join("testdata", "logs", "claude-desktop", "*")), glob(filepath.Join("testdata", "logs", "claude-code", "*"))...) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string, logFile) []LogEvent{readDesktop, readCode, readPino, readChannel} {
			for _, e := range read(text, logFile{path: "mcp-server-x.log", key: "x"}) {
				if e.Time.IsZero() && !strings.Contains(text, "0001") || len(e.Text) > 3*logText+len(text) {
					t.Errorf("%+v", e)
				}
			}
		}
	})
}
