//go:build unix

package launch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/servers"
)

func TestBytesPassUntouched(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for name, text := range map[string][]byte{
		"plain":            []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n"),
		"huge numbers":     []byte(`{"jsonrpc":"2.0","id":9007199254740993,"method":"x","params":{"n":1.50,"m":1e400}}` + "\n"),
		"unknown members":  []byte(`{"x-later":{"a":[]},"id":1.5,"jsonrpc":"2.0","error":null}` + "\n"),
		"invalid UTF-8":    []byte("{\"a\":\"\xff\xfe\x00\"}\n"),
		"CRLF":             []byte("{\"a\":1}\r\n\r\n{}\r\n"),
		"no final newline": []byte(`{"jsonrpc":"2.0","id":1}`),
		"blank lines":      []byte("\n\n \n\t\n"),
		"byte order mark":  []byte("\ufeff{}\n"),
		"escapes":          []byte(`{"a":"\u003c\/\ud800<>&` + "\u2028" + `"}` + "\n"),
		"stray":            []byte("Starting server...\n[INFO] up\n{}\n"),
		"nothing":          nil,
		"16 MiB line":      append(slices.Clone(big), '\n'),
		"16 MiB no end":    big,
		"noise":            noise,
	} {
		t.Run(name, func(t *testing.T) {
			l := startRun(t, played("echo"), nil)
			go func() {
				l.in.Write(text)
				l.in.Close()
			}()
			got, err := io.ReadAll(l.out)
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%d bytes came back of %d, %v", len(got), len(text), err)
			}
			if code, _ := l.end(); code != 0 {
				t.Errorf("exit %d", code)
			}
			if l.stderr.String() != "" {
				t.Errorf("stderr: %s", l.stderr)
			}
		})
	}
}

func TestExitIsTheServers(t *testing.T) {
	for name, c := range map[string]struct {
		server *servers.Server
		code   int
		status string
	}{
		"zero":      {played("say", "a\n", "b\n", "0"), 0, Ended},
		"three":     {played("say", "a\n", "b\n", "3"), 3, Failed},
		"by signal": {played("end by signal"), 137, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			l := startRun(t, c.server, nil)
			rest, _ := io.ReadAll(l.out) // stdin stays open
			if code, _ := l.end(); code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			if c.server.Args[0] == "say" && (string(rest) != "a\n" || l.stderr.String() != "b\n") {
				t.Errorf("stdout %q, stderr %q", rest, l.stderr)
			}
			s := l.ended()
			if s.Status != c.status || s.Exit == nil || *s.Exit != c.code || s.EndedAt.IsZero() {
				t.Errorf("left %+v", s)
			}
			if live, err := Sessions(l.home); len(live) > 0 || err != nil {
				t.Errorf("still listed: %v %v", live, err)
			}
		})
	}
}

func TestAllOutputBeforeAnExitIsPassedOn(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 3<<10)
	for range 10 {
		l := startRun(t, played("say", text, text, "0"), nil)
		code, rest := l.end()
		if code != 0 || rest != text || l.stderr.String() != text {
			t.Fatalf("exit %d, %d bytes of stdout, %d of stderr", code, len(rest), len(l.stderr.String()))
		}
	}
}

func TestSignalsArePassedOn(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(s) {
			continue // under nohup it stays ignored, by us and by the server
		}
		l := startRun(t, played("tell signal"), nil)
		l.line()
		l.cmd.Process.Signal(s)
		if got := l.line(); got != s.String() {
			t.Errorf("%v arrived as %s", s, got)
		}
		if code, _ := l.end(); code != 7 {
			t.Errorf("%v: exit %d", s, code)
		}
	}
}

func TestSecretsAreInTheEnvironmentAndNowhereElse(t *testing.T) {
	const value = `s3cret "quoted" & <sharp>`
	s := played("environment")
	s.Env["API_KEY"] = "Bearer " + servers.SecretRef("one")
	s.Env["PLAIN"] = "plain"
	l := startRun(t, s, map[string]string{"one": value}, "FROM_CLIENT=yes", "API_KEY=the client's")
	var got struct {
		Env, Args []string
		PID       int
	}
	if err := json.Unmarshal([]byte(l.line()), &got); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"API_KEY=Bearer " + value, "PLAIN=plain", "FROM_CLIENT=yes"} {
		if !slices.Contains(got.Env, want) {
			t.Errorf("no %s", want)
		}
	}
	if slices.Contains(got.Env, "API_KEY=the client's") {
		t.Error("the client's value is there too")
	}
	if strings.Contains(strings.Join(got.Args, " "), value) {
		t.Error("secret among the arguments")
	}
	if runtime.GOOS == "linux" {
		proc := fmt.Sprint("/proc/", l.cmd.Process.Pid)
		line, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
		own, _ := os.ReadFile(filepath.Join(proc, "environ"))
		if bytes.Contains(line, []byte(value)) || bytes.Contains(own, []byte(value)) {
			t.Error("secret in run's own arguments or environment")
		}
	}
	l.session(func(Session) bool { return true })
	noSecret(t, l.home, value)
	l.end()
	noSecret(t, l.home, value)
}

// noSecret looks for value, as JSON spells it too, in all files of home.
func noSecret(t *testing.T, home files.Home, value string) {
	t.Helper()
	quoted, _ := json.Marshal(value)
	filepath.WalkDir(string(home), func(path string, e os.DirEntry, err error) error {
		data, _ := os.ReadFile(path)
		if bytes.Contains(data, []byte(value)) || bytes.Contains(data, quoted[1:len(quoted)-1]) {
			t.Errorf("secret in %s", path)
		}
		return nil
	})
}

func TestStderrIsPassedOnAndKeptRedacted(t *testing.T) {
	const value = "s3cret value"
	text := "starting with " + value + "\nurl ?k=s3cret+value&l=s3cret%20value\ntoken ghp_0123456789abcdefghij\n\nlast"
	s := played("say and stay", "", text)
	s.Env["KEY"] = servers.SecretRef("one")
	l := startRun(t, s, map[string]string{"one": value})
	l.end()
	if l.stderr.String() != text {
		t.Errorf("passed on: %q", l.stderr)
	}
	want := []string{"starting with [secret]", "url ?k=[secret]&l=[secret]", "token [secret]", "last"}
	if got := l.ended().Stderr; !slices.Equal(got, want) {
		t.Errorf("kept %q", got)
	}
	noSecret(t, l.home, value)
}

func TestSessionTellsHowTheServerFares(t *testing.T) {
	l := startRun(t, played("answer"), nil)
	s := l.session(func(Session) bool { return true })
	if s.Status != Starting || s.Server != "srv" || s.Name != "test" || s.Client != "test-client" || s.PID != l.cmd.Process.Pid || s.Version != 1 {
		t.Errorf("at first %+v", s)
	}
	l.say(`{"method":"initialize","params":{"protocolVersion":"2025-06-18"},"jsonrpc":"2.0","id":0}` + "\n")
	l.line()
	s = l.session(func(s Session) bool { return s.Info.Name != "" })
	if s.Status != Healthy || s.Era != Legacy || s.Protocol != "2025-11-25" || s.Info != (ServerInfo{"small", "1.2"}) {
		t.Errorf("opened %+v", s)
	}
	l.say(`{"method":"notifications/initialized","jsonrpc":"2.0"}` + "\n" + `{"method":"tools/list","jsonrpc":"2.0","id":1}` + "\n")
	l.line()
	l.session(func(s Session) bool { return s.Tools == 40 })
	l.say(`{"jsonrpc":"2.0","id":"x","method":"fail"}` + "\n")
	l.line()
	l.end()
	if s = l.ended(); s.Requests != 3 || s.Answers != 3 || s.Errors != 1 || s.Pending != 0 || s.P50 <= 0 || s.Stray != 0 {
		t.Errorf("ended %+v", s)
	}
}

func TestStrayLinesGoThroughAndAreCounted(t *testing.T) {
	l := startRun(t, played("say", "Starting server...\n[INFO] up\n\n{\"level\":30}\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n", "", "0"), nil)
	if _, rest := l.end(); !strings.HasPrefix(rest, "Starting server...\n[INFO] up\n\n{") {
		t.Errorf("passed on: %q", rest)
	}
	if s := l.ended(); s.Stray != 3 || s.StrayLine != "Starting server..." {
		t.Errorf("%d, %q", s.Stray, s.StrayLine)
	}
}

func TestHiddenToolsAreNeitherListedNorCalled(t *testing.T) {
	s := played("answer")
	s.HideTools = []string{"t0", "t39"}
	l := startRun(t, s, nil)
	l.say(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}` + "\n")
	var got struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(l.line()), &got); err != nil {
		t.Fatal(err)
	}
	if tools := got.Result.Tools; len(tools) != 38 || tools[0].Name != "t1" || tools[37].Name != "t38" {
		t.Errorf("listed %+v", tools)
	}
	l.say(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t0"}}` + "\n")
	if got := l.line(); got != `{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Unknown tool: t0"}}` {
		t.Errorf("called: %s", got)
	}
	l.say(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"t1"}}` + "\n")
	if got := l.line(); got != `{"result":{},"jsonrpc":"2.0","id":3}` {
		t.Errorf("called: %s", got)
	}
	l.end()
	if s := l.ended(); s.Tools != 40 || s.Calls != 2 || s.Answers != 2 || s.Errors != 0 || s.Pending != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRunIsTracedAlsoWhenItIsKilled(t *testing.T) {
	for _, killed := range []bool{false, true} {
		l := startRun(t, played("answer"), nil)
		l.say(`{"jsonrpc":"2.0","id":1,"method":"initialize"}` + "\n")
		l.line()
		l.say(`{"jsonrpc":"2.0","id":"x","method":"fail"}` + "\n")
		l.line()
		if killed {
			l.events(3)
			l.cmd.Process.Kill()
			l.cmd.Wait()
			Sessions(l.home) // whoever looks next buries it
		} else {
			l.end()
		}
		list := l.events(3)
		s := l.ended()
		for i, want := range []string{EventStart, EventRequest, EventRequest, EventExit}[:len(list)] {
			if e := list[i]; e.Kind != want || e.Session != s.ID || e.Client != "test-client" {
				t.Errorf("killed %v: event %d is %+v", killed, i, e)
			}
		}
		if e := list[2]; e.Method != "fail" || e.ID != `"x"` || !e.Error || e.Code != -32000 || e.Took <= 0 {
			t.Errorf("killed %v: %+v", killed, e)
		}
		if killed == (len(list) == 4) {
			t.Errorf("killed %v: %d events", killed, len(list))
		}
	}
}

// events waits until at least n are in the trace.
func (l *launcher) events(n int) (list []Event) {
	l.t.Helper()
	for until := time.Now().Add(patience); len(list) < n; time.Sleep(5 * time.Millisecond) {
		var err error
		if list, _, err = Trace(l.home, "srv", Mark{}, 100); err != nil || time.Now().After(until) {
			l.t.Fatalf("%+v %v", list, err)
		}
	}
	return list
}

func TestUnwritableHomeIsNoHindrance(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	l := startRun(t, played("echo"), nil, homeVar+"="+filepath.Join(file, "home"))
	l.say("{}\n")
	if l.line() != "{}" {
		t.Error("nothing came back")
	}
	if code, _ := l.end(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestServerStartsInItsFolderElseInTheClients(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	here, _ := os.Getwd()
	for want, cwd := range map[string]string{dir: dir, here: ""} {
		s := played("folder")
		s.Cwd = cwd
		if got := startRun(t, s, nil).line(); got != want {
			t.Errorf("started in %s, want %s", got, want)
		}
	}
}

func TestClientSeesThatStdoutIsClosed(t *testing.T) {
	l := startRun(t, played("stdout closes"), nil)
	if rest, err := io.ReadAll(l.out); len(rest) > 0 || err != nil { // stdin stays open
		t.Errorf("%q %v", rest, err)
	}
	l.end()
}

func TestWhatIsMissingIsAnsweredToTheFirstRequest(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	os.WriteFile(plain, []byte("x"), 0o600)
	script := filepath.Join(t.TempDir(), "script")
	os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o755)
	key := played("echo")
	key.Env["API_KEY"] = servers.SecretRef("none")
	folder := played("echo")
	folder.Cwd = filepath.Join(t.TempDir(), "gone")
	for name, s := range map[string]*servers.Server{
		"program-missing":  {ID: "srv", Command: "no-such-program-anywhere"},
		"program-missing ": {ID: "srv", Command: script},
		"no-permission":    {ID: "srv", Command: plain},
		"key-missing":      key,
		"folder-missing":   folder,
		"address-scheme":   {ID: "srv", URL: "ftp://example.com/mcp"},
		"server-empty":     {ID: "srv"},
	} {
		l := startRun(t, s, nil)
		l.say(`{"jsonrpc":"2.0","method":"notifications/x"}` + "\n" + `{"jsonrpc":"2.0","id":12345678901234567890,"method":"initialize"}` + "\n")
		got := l.line()
		if !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":12345678901234567890,"error":{"code":-32000,"message":"`) ||
			!strings.HasSuffix(got, `"data":{"problem":"`+strings.TrimSpace(name)+`"}}}`) {
			t.Errorf("%s: %s", name, got)
		}
		if code, rest := l.end(); code != 1 || rest != "" || !strings.HasPrefix(l.stderr.String(), "mcp-companion: ") {
			t.Errorf("%s: exit %d, %q, %s", name, code, rest, l.stderr)
		}
	}
}

func TestAServerThatHangsIsToldByRun(t *testing.T) {
	s := played("say and stay", "", "")
	s.CallTimeout, s.NoWatching = 1, true
	l := startRun(t, s, nil)
	l.say(askCall)
	if got, want := l.line(), string(refusalTo([]byte("7"), noAnswer("test", time.Second))); got != want {
		t.Errorf("got %s", got)
	}
	if code, rest := l.end(); code != 0 || rest != "" {
		t.Errorf("left with %d and %q", code, rest)
	}
}
