//go:build desktop && linux

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// guarded is a remote server that wants a sign-in, made of the official SDK's parts.
type guarded struct {
	url string

	mu     sync.Mutex
	events []guardedEvent
}

type guardedEvent struct {
	Event, URL, Resource string
	Tokens               struct{ Access_token, Refresh_token string }
	at                   time.Time
}

// tokens are all that were given so far.
func (g *guarded) tokens() (list []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.events {
		if e.Tokens.Access_token != "" {
			list = append(list, e.Tokens.Access_token, e.Tokens.Refresh_token)
		}
	}
	return list
}

func (g *guarded) count(name string) (n int) { return len(g.times(name)) }

func (g *guarded) times(name string) (list []time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.events {
		if e.Event == name {
			list = append(list, e.at)
		}
	}
	return list
}

// guard starts the server, whose tokens live so many seconds.
func (s *story) guard(life int) *guarded {
	s.Helper()
	s.needBus()
	script, err := filepath.Abs("tools/npm/test/oauth.mjs")
	if err != nil {
		s.Fatal(err)
	}
	cmd := s.command(filepath.Join(modules, ".bin/node"), script, modules, fmt.Sprint(life))
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		s.Skipf("tools/install.sh test brings the official SDK: %v", err)
	}
	s.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	g := &guarded{}
	ready := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			e := guardedEvent{at: time.Now()}
			if json.Unmarshal(lines.Bytes(), &e) != nil {
				continue
			}
			if e.Event == "ready" {
				ready <- e.URL
			}
			g.mu.Lock()
			g.events = append(g.events, e)
			g.mu.Unlock()
		}
	}()
	select {
	case g.url = <-ready:
	case <-time.After(patience):
		s.Fatal("the server is not ready")
	}
	return g
}

// browser puts a browser that does what it is told in place of the user's: it goes
// where it is sent and follows.
func (s *story) browser() {
	s.put("browser/xdg-open", "#!/bin/sh\necho \"$1\" >> \"$HOME/opened\"\nexec curl -s -L -o /dev/null \"$1\"\n")
	if err := os.Chmod(s.path("browser/xdg-open"), 0o755); err != nil {
		s.Fatal(err)
	}
	for i, kv := range s.env {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			s.env[i] = "PATH=" + s.path("browser") + ":" + path
		}
	}
}

func (s *story) opened() int { return strings.Count(s.text("opened"), "\n") }

// A remote server is signed in to from the tray, used by a real client, renewed with
// nobody asked, and signed out of in the window.
func TestDesktopASignInFromTheTrayToSignOut(t *testing.T) {
	s := &story{person: sitDown(t)}
	s.put(codeFile, `{"mcpServers": {}}`)
	s.browser()
	g := s.guard(20)
	s.run("add", "guarded", g.url)
	s.run("apply", "--client", "claude-code")
	s.start(companion, "tray")
	item := s.tray()
	s.tip(item, "Sign in to guarded")
	s.until("a line for it in the menu", func() bool {
		m, err := item.Menu()
		return err == nil && m.Find("! Sign in to guarded…") != nil
	})
	if s.opened() != 0 {
		t.Fatal("a browser was opened, and nobody asked")
	}
	early, err := s.running(2 * patience) // an app that didn't wait
	if err != nil {
		t.Fatal(err)
	}
	defer early.end()
	if answer, err := early.open(); err != nil || !strings.Contains(answer, "Sign in to guarded") || !strings.Contains(answer, `"error"`) {
		t.Errorf("%v: %s", err, answer)
	}
	if err := item.Click("! Sign in to guarded…"); err != nil {
		t.Fatal(err)
	}
	w := s.person.window()
	s.until("the sign-in", func() bool { return g.count("code") == 1 })
	s.tip(item, "1 server working")
	s.still()
	s.look("signed in")
	if answer, err := early.open(); err != nil || !strings.Contains(answer, `"result"`) {
		t.Errorf("the running app is not let in: %v: %s", err, answer)
	}
	if answer, err := early.whoami(); err != nil || !strings.Contains(answer, "signed in") {
		t.Errorf("%v: %s", err, answer)
	}
	if names := s.toolsOf(codeFile, "guarded"); !slices.Equal(names, []string{"whoami"}) {
		t.Errorf("tools %q", names)
	}
	had := time.Now() // and nobody uses it until the token's end
	s.until("the token's end", func() bool { return time.Since(had) > 20*time.Second })
	out := s.inspect(codeFile, "guarded", "--method", "tools/call", "--tool-name", "whoami")
	if !strings.Contains(string(out), "signed in, mcp:tools") {
		t.Errorf("%s", out)
	}
	if g.count("refresh") == 0 {
		t.Error("it was not renewed")
	}

	s.tokensNowhere(g.tokens())

	s.after("Sign-ins", func() { s.press("ctrl+5") })
	s.still()
	s.look("sign-ins")
	s.after("Sign out", func() { s.click(w, 565, 326) })
	s.press("Tab", "Return") // past No
	s.until("the sign-out", func() bool { return g.count("revoke") > 0 })
	s.tip(item, "Sign in to guarded")
	s.still()
	s.look("signed out")
	if s.opened() != 1 || g.count("reuse") != 0 {
		t.Errorf("the browser was opened %d times, a used token was used %d times", s.opened(), g.count("reuse"))
	}
	list, _ := filepath.Glob(s.path(".config/mcp-companion/grants/*.json"))
	if len(list) != 0 {
		t.Errorf("left over: %q", list)
	}
}

// tokensNowhere looks for them in files, in arguments and environments of programs,
// and in what the commands print.
func (s *story) tokensNowhere(tokens []string) {
	s.Helper()
	if len(tokens) < 4 {
		s.Errorf("%d tokens were given", len(tokens))
	}
	if found := s.holding(tokens, s.home, os.Getenv("HOME"), os.Getenv("XDG_RUNTIME_DIR")); len(found) > 0 {
		s.Errorf("tokens stand in %q", found)
	}
	has := func(text string) bool {
		return slices.ContainsFunc(tokens, func(t string) bool { return strings.Contains(text, t) })
	}
	for _, o := range everyProcess() {
		if has(o.line + o.env) {
			s.Errorf("%d %s has a token", o.pid, o.exe)
		}
	}
	for _, args := range [][]string{{"list", "--json"}, {"accounts", "--json"}, {"history", "--json"}, {"logs", "guarded"}, {"doctor", "--report"}, {"check", "guarded"}} {
		if out, _ := s.try(args...); has(out) {
			s.Errorf("mcp-companion %q prints a token", args)
		}
	}
}

// Ten apps and the companion use one sign-in. For as long as LIVES says (40 seconds
// where it says nothing) each token is renewed once, and no call fails.
func TestDesktopTenAppsShareOneSignIn(t *testing.T) {
	s := &story{person: sitDown(t)}
	s.put(codeFile, `{"mcpServers": {}}`)
	s.browser()
	const life = 12 * time.Second
	lasts := 40 * time.Second
	if text := os.Getenv("LIVES"); text != "" {
		var err error
		if lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	g := s.guard(int(life.Seconds()))
	s.run("add", "guarded", g.url)
	s.run("sign-in", "guarded")
	s.start(companion, "tray")
	end := time.Now().Add(lasts)
	calls, failed := make(chan int, 10), make(chan string, 10)
	for range 10 {
		go func() {
			n, err := s.callUntil(end)
			if err != nil {
				failed <- err.Error()
			}
			calls <- n
		}()
	}
	sum := 0
	for range 10 {
		sum += <-calls
	}
	close(failed)
	for text := range failed {
		t.Error(text)
	}
	renewed := g.times("refresh")
	for i := range renewed[:max(len(renewed)-1, 0)] {
		if apart := renewed[i+1].Sub(renewed[i]); apart < life/2 {
			t.Errorf("renewed twice within %v", apart)
		}
	}
	if most := int(lasts/(life/2)) + 1; len(renewed) < int(lasts/life)-1 || len(renewed) > most || g.count("reuse") != 0 {
		t.Errorf("%d renewals in %v, %d of them with a used token", len(renewed), lasts, g.count("reuse"))
	}
	t.Logf("%d calls by ten apps in %v, token life %v: %d renewals", sum, lasts, life, len(renewed))
}

// running is an app's connection to the server called guarded, through the launcher.
type running struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
	id    int
}

func (s *story) running(limit time.Duration) (*running, error) {
	r := &running{cmd: s.command(companion, "run", "guarded", "--for", "claude-code")}
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		r.in, err = r.cmd.StdinPipe()
	}
	if err == nil {
		err = r.cmd.Start()
	}
	r.lines = bufio.NewScanner(out)
	time.AfterFunc(limit, func() { _ = r.cmd.Process.Kill() })
	return r, err
}

func (r *running) end() { _ = r.in.Close(); _ = r.cmd.Wait() }

// ask returns the answer to a request.
func (r *running) ask(method, params string) (string, error) {
	r.id++
	if _, err := fmt.Fprintf(r.in, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`+"\n", r.id, method, params); err != nil {
		return "", err
	}
	for r.lines.Scan() {
		if strings.Contains(r.lines.Text(), `"id"`) {
			return r.lines.Text(), nil
		}
	}
	return "", io.ErrUnexpectedEOF
}

func (r *running) open() (string, error) {
	answer, err := r.ask("initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"app","version":"1"}}`)
	if err == nil && strings.Contains(answer, `"result"`) {
		_, err = io.WriteString(r.in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n")
	}
	return answer, err
}

func (r *running) whoami() (string, error) {
	return r.ask("tools/call", `{"name":"whoami","arguments":{}}`)
}

// callUntil is an app that calls the server's tool four times a second.
func (s *story) callUntil(end time.Time) (calls int, err error) {
	r, err := s.running(time.Until(end) + patience)
	if err != nil {
		return 0, err
	}
	defer r.end()
	if _, err := r.open(); err != nil {
		return 0, err
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for now := range tick.C {
		if now.After(end) {
			return calls, nil
		}
		answer, err := r.whoami()
		if err != nil || !strings.Contains(answer, "signed in") {
			return calls, fmt.Errorf("call %d: %v: %s", calls+1, err, answer)
		}
		calls++
	}
	return calls, nil
}
