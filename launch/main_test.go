//go:build unix

package launch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// The test binary plays all parts: the server, `run`, the client that starts
// `run`, and the guard.
const (
	roleVar    = "LAUNCH_TEST_ROLE"
	serverVar  = "LAUNCH_TEST_SERVER"  // for run: a servers.Server
	homeVar    = "LAUNCH_TEST_HOME"    // for run: our home folder
	stdinVar   = "LAUNCH_TEST_STDIN"   // for client: run gets its own stdin
	secretsVar = "LAUNCH_TEST_SECRETS" // for run: a file with secrets, id to value
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "guard" {
		os.Exit(Guard(os.Args[2:]))
	}
	switch os.Getenv(roleVar) {
	case "server":
		os.Exit(playServer(os.Args[1:]))
	case "run":
		os.Exit(playRun())
	case "relay":
		os.Exit(playRelay())
	case "client":
		os.Exit(playClient())
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every server would take a second to end
	flag.Parse()
	flag.Set("test.parallel", strconv.Itoa(16/slack)) // they wait for processes to end
	os.Exit(m.Run())
}

// playRun is what main will do for `run`.
func playRun() int {
	var s servers.Server
	var store secrets.Memory
	if err := json.Unmarshal([]byte(os.Getenv(serverVar)), &s); err != nil {
		panic(err)
	}
	values := map[string]string{}
	if data, err := os.ReadFile(os.Getenv(secretsVar)); err == nil {
		json.Unmarshal(data, &values)
	}
	ctx := context.Background()
	for id, v := range values {
		store.Set(ctx, secrets.Ref{Library: "lib", ID: id}, secrets.New(v))
	}
	p, err := For(ctx, "test", &s, "lib", &store, os.Environ())
	if err == nil {
		var code int
		if code, err = p.Run(ctx, files.Home(os.Getenv(homeVar)), "test-client"); err == nil {
			return code
		}
	}
	Refuse(os.Stdin, os.Stdout, os.Stderr, words.For(err))
	return 1
}

// playRelay is the least that stands between client and server.
func playRelay() int {
	inside, in, _ := blockingPipe()
	out, outside, _ := blockingPipe()
	os.Setenv(roleVar, "server") // a second one beside the first would make relays without end
	p, err := os.StartProcess(os.Args[0], os.Args, &os.ProcAttr{Env: os.Environ(), Files: []*os.File{inside, outside, os.Stderr}})
	if err != nil {
		panic(err)
	}
	inside.Close()
	outside.Close()
	relay := func(from, to *os.File) {
		defer to.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			to.Write(buf[:n])
		}
	}
	go relay(os.Stdin, in)
	go relay(out, os.Stdout)
	p.Wait()
	return 0
}

// playClient starts run as a client does, says its pid, and passes on what comes from it
// until it is killed.
func playClient() int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"=run")
	if os.Getenv(stdinVar) != "" {
		cmd.Stdin = os.Stdin // somebody else's, who stays
	} else {
		in, _ := cmd.StdinPipe()
		defer in.Close()
	}
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	fmt.Println("run", cmd.Process.Pid)
	io.Copy(os.Stdout, out)
	cmd.Wait()
	return 0
}

// playServer is the server, in one of these ways.
func playServer(args []string) int {
	switch args[0] {
	case "echo":
		io.CopyBuffer(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{os.Stdin}, make([]byte, 64<<10))
	case "echo lines": // each taken whole
		r := bufio.NewReaderSize(os.Stdin, 64<<10)
		for {
			text, err := r.ReadBytes('\n')
			os.Stdout.Write(text)
			if err != nil {
				return 0
			}
		}
	case "swallow": // read all, answer each line's length
		r := bufio.NewReaderSize(os.Stdin, 64<<10)
		for {
			n, err := swallowLine(r)
			if err != nil {
				return 0
			}
			fmt.Printf(`{"jsonrpc":"2.0","id":%d,"result":{}}`+"\n", n)
		}
	case "answer":
		return smallServer()
	case "flood": // for each line a message of that many bytes
		in := bufio.NewScanner(os.Stdin)
		for in.Scan() {
			n, _ := strconv.Atoi(in.Text())
			os.Stdout.Write(longMessage(n))
		}
	case "say": // stdout, stderr, code
		os.Stdout.WriteString(args[1])
		os.Stderr.WriteString(args[2])
		code, _ := strconv.Atoi(args[3])
		return code
	case "say and stay":
		os.Stdout.WriteString(args[1])
		os.Stderr.WriteString(args[2])
		io.Copy(io.Discard, os.Stdin)
	case "environment":
		json.NewEncoder(os.Stdout).Encode(map[string]any{"env": os.Environ(), "args": os.Args, "pid": os.Getpid()})
		io.Copy(io.Discard, os.Stdin)
	case "folder":
		dir, _ := os.Getwd()
		fmt.Println(dir)
	case "end by signal":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "tell signal":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		fmt.Println("ready")
		fmt.Println(<-c)
		return 7
	case "deaf": // to everything but SIGKILL
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		fmt.Println("pid", os.Getpid())
		time.Sleep(time.Hour)
	case "family":
		return family(args[1:])
	case "half an answer": // and no more, whatever happens
		bufio.NewReader(os.Stdin).ReadString('\n')
		os.Stdout.WriteString(`{"jsonrpc":"2.0","id":1,"res`)
		time.Sleep(time.Hour)
	case "flood stderr": // that many bytes, in lines and in one line, before each answer
		n, _ := strconv.Atoi(args[1])
		lines := bytes.Repeat([]byte(strings.Repeat("y", 1023)+"\n"), 64)
		in := bufio.NewScanner(os.Stdin)
		for in.Scan() {
			for written := 0; written < n/2; written += len(lines) {
				os.Stderr.Write(lines)
			}
			for written := 0; written < n/2; written += len(lines) {
				os.Stderr.Write(bytes.ReplaceAll(lines, []byte("\n"), []byte("y")))
			}
			fmt.Println(`{"jsonrpc":"2.0","id":1,"result":{}}`)
		}
	case "fork and exit": // what it leaves holds its pipes
		cmd := exec.Command("sleep", "3600")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		fmt.Println("pid", cmd.Process.Pid)
	case "stdout closes":
		os.Stdout.Close()
		io.Copy(io.Discard, os.Stdin)
	default:
		panic(args[0])
	}
	return 0
}

// family starts one more process for each of kinds, tells all pids, and stays
// until stdin ends ("stay": for ever).
func family(kinds []string) int {
	stays := slices.Contains(kinds, "stay")
	for _, kind := range kinds {
		cmd := exec.Command("sleep", "3600")
		switch kind {
		case "stay":
			continue
		case "deaf", "deaf setsid":
			cmd = exec.Command(os.Args[0], "deaf")
		case "orphan": // in a session of its own, and its parent is gone
			cmd = exec.Command("sh", "-c", "setsid sleep 3600 >/dev/null 2>&1 & echo pid $!")
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: strings.Contains(kind, "setsid")}
		out, _ := cmd.StdoutPipe()
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		told := fmt.Sprintln("pid", cmd.Process.Pid)
		if kind == "orphan" || strings.Contains(kind, "deaf") {
			told, _ = bufio.NewReader(out).ReadString('\n') // deaf from here on
		}
		fmt.Print(told)
	}
	if stays {
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	}
	fmt.Printf("pid %d\nready\n", os.Getpid())
	io.Copy(io.Discard, os.Stdin)
	if stays {
		time.Sleep(time.Hour)
	}
	return 0
}

// longMessage is a notice of size bytes, the line feed included.
func longMessage(size int) []byte {
	const head, tail = `{"jsonrpc":"2.0","method":"long","params":"`, "\"}\n"
	return slices.Concat([]byte(head), bytes.Repeat([]byte("x"), size-len(head)-len(tail)), []byte(tail))
}

func swallowLine(r *bufio.Reader) (n int, err error) {
	for {
		part, err := r.ReadSlice('\n')
		n += len(part)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

// smallServer is a small MCP server.
func smallServer() int {
	in := bufio.NewReader(os.Stdin)
	for {
		text, err := in.ReadBytes('\n')
		if err != nil {
			return 0
		}
		var m struct {
			ID     json.RawMessage
			Method string
		}
		json.Unmarshal(text, &m)
		result := `{}`
		switch m.Method {
		case "initialize":
			result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"small","version":"1.2"}}`
		case "tools/list":
			var tools []string
			for i := range 40 {
				tools = append(tools, fmt.Sprintf(`{"name":"t%d","description":%q,"inputSchema":{"type":"object"}}`, i, strings.Repeat("word ", 100)))
			}
			result = `{"tools":[` + strings.Join(tools, ",") + `]}`
		case "fail":
			fmt.Printf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"no"}}`+"\n", m.ID)
			continue
		}
		if m.ID != nil {
			fmt.Printf(`{"result":%s,"jsonrpc":"2.0","id":%s}`+"\n", result, m.ID)
		}
	}
}

// launcher is a started run, as its client sees it.
type launcher struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *buffer
	home   files.Home
}

// buffer keeps the first megabyte of what is written to it.
type buffer struct {
	mu  sync.Mutex
	b   bytes.Buffer
	len int64
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.len += int64(len(p))
	b.b.Write(p[:min(len(p), max(0, 1<<20-b.b.Len()))])
	return len(p), nil
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// played is the server that the test binary plays.
func played(args ...string) *servers.Server {
	return &servers.Server{ID: "srv", Command: os.Args[0], Args: args, Env: map[string]string{roleVar: "server"}}
}

// startRun starts run for s; values are its secrets.
func startRun(t testing.TB, s *servers.Server, values map[string]string, env ...string) *launcher {
	return startAs(t, "run", s, values, env...)
}

func startAs(t testing.TB, role string, s *servers.Server, values map[string]string, env ...string) *launcher {
	t.Helper()
	dir := t.TempDir()
	l := &launcher{t: t, cmd: exec.Command(os.Args[0]), stderr: &buffer{}, home: files.Home(filepath.Join(dir, "home"))}
	server, _ := json.Marshal(s)
	kept, _ := json.Marshal(values)
	secretsFile := filepath.Join(dir, "secrets")
	os.WriteFile(secretsFile, kept, 0o600)
	l.cmd.Env = append(append(os.Environ(), roleVar+"="+role, serverVar+"="+string(server), homeVar+"="+string(l.home), secretsVar+"="+secretsFile), env...)
	l.cmd.Stderr = l.stderr
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	l.in, _ = l.cmd.StdinPipe()
	out, _ := l.cmd.StdoutPipe()
	l.out = bufio.NewReader(out)
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.cmd.Process.Kill()
		l.cmd.Wait()
	})
	return l
}

func (l *launcher) say(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l.in, text); err != nil {
		l.t.Fatal(err)
	}
}

func (l *launcher) line() string {
	l.t.Helper()
	text, err := l.out.ReadString('\n')
	if err != nil {
		l.t.Fatalf("read %q: %v; stderr: %s", text, err, l.stderr)
	}
	return strings.TrimSuffix(text, "\n")
}

// end closes stdin and returns run's exit code and the rest of its stdout.
func (l *launcher) end() (int, string) {
	l.t.Helper()
	l.in.Close()
	rest, _ := io.ReadAll(l.out)
	l.cmd.Wait()
	return l.cmd.ProcessState.ExitCode(), string(rest)
}

// session waits until the one live session is as is says.
func (l *launcher) session(is func(Session) bool) Session {
	l.t.Helper()
	var last []Session
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		list, err := Sessions(l.home)
		if err != nil {
			l.t.Fatal(err)
		}
		if last = list; len(list) == 1 && is(list[0]) {
			return list[0]
		}
	}
	l.t.Fatalf("the session never came to be so; last: %+v", last)
	return Session{}
}

func (l *launcher) ended() Session {
	l.t.Helper()
	list, err := EndedSessions(l.home, "srv")
	if err != nil || len(list) != 1 {
		l.t.Fatalf("ended sessions: %v, %v", list, err)
	}
	return list[0]
}
