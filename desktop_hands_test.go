//go:build desktop && linux

package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mcp-companion/tools/trayhost/host"

	"github.com/godbus/dbus/v5"
)

// What a person at a desktop has: a home with AI apps in it, a tray, a window,
// a keyboard and a mouse, eyes. Nothing is waited for by the clock alone.

// The programs are the built ones; make builds them before.
var (
	programs, _ = filepath.Abs("bin")
	companion   = filepath.Join(programs, "mcp-companion")
	itsWindow   = filepath.Join(programs, "mcp-companion-window")
	modules, _  = filepath.Abs(".npm/test/node_modules")
)

const patience = time.Minute // for whatever does come, on a slow machine

// person sits at a desktop of which only the home is his own.
type person struct {
	*testing.T
	home string
	env  []string
	conn *dbus.Conn
	shot int
}

func sitDown(t *testing.T) *person {
	t.Helper()
	if os.Getenv("DISPLAY") == "" {
		t.Skip("no desktop: run it by make desktop")
	}
	p := &person{T: t, home: t.TempDir()}
	for _, kv := range os.Environ() {
		if k, _, _ := strings.Cut(kv, "="); k != "HOME" && !strings.HasPrefix(k, "XDG_CONFIG_HOME") && k != "XDG_DATA_HOME" && k != "XDG_CACHE_HOME" && k != "XDG_STATE_HOME" && k != "MCP_COMPANION_HOME" {
			p.env = append(p.env, kv)
		}
	}
	p.env = append(p.env, "HOME="+p.home)
	if os.Getenv("FYNE_THEME") == "" {
		p.env = append(p.env, "FYNE_THEME=light")
	}
	conn, err := host.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p.conn = conn
	return p
}

// until waits for what ok tells, and names it when it doesn't come.
func (p *person) until(what string, ok func() bool) {
	p.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.look("failed")
			p.Fatalf("after %v: not seen: %s", patience, what)
		}
	}
}

// command makes a program of the person's, not yet started.
func (p *person) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir = p.env, p.home
	return cmd
}

// start starts a program that is ended, with what it started, at the test's end.
func (p *person) start(name string, args ...string) *exec.Cmd {
	p.Helper()
	cmd := p.command(name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		p.endWindows()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { p.Error("it had to be killed"); _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
		if bytes.Contains(said.Bytes(), []byte("Error in Fyne call thread")) || bytes.Contains(said.Bytes(), []byte("panic")) {
			p.Errorf("it said: %s", said.String())
		}
	})
	return cmd
}

// endWindows ends the windows that belong to this home, and waits until they are
// gone: the home goes next.
func (p *person) endWindows() {
	for _, o := range p.processes() {
		if o.exe == itsWindow {
			_ = syscall.Kill(o.pid, syscall.SIGTERM)
			p.until("the window's end", func() bool { return !isAlive(o.pid) })
		}
	}
}

// run runs a command of the companion to its end and returns what it printed.
func (p *person) run(args ...string) string {
	p.Helper()
	out, err := p.try(args...)
	if err != nil {
		p.Fatalf("mcp-companion %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (p *person) try(args ...string) (string, error) {
	out, err := p.command(companion, args...).CombinedOutput()
	return string(out), err
}

// Files.

func (p *person) path(name string) string { return filepath.Join(p.home, name) }

func (p *person) put(name, text string) {
	p.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}

// text is what stands in a file, "" where there is none.
func (p *person) text(name string) string {
	data, err := os.ReadFile(p.path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.Fatal(err)
	}
	return string(data)
}

// holding lists the files below the folders that hold one of the texts.
func (p *person) holding(texts []string, dirs ...string) (found []string) {
	p.Helper()
	seen := 0
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // it went while we looked
			}
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			seen++
			if slices.ContainsFunc(texts, func(s string) bool { return bytes.Contains(data, []byte(s)) }) {
				found = append(found, path)
			}
			return nil
		})
		if err != nil {
			p.Fatal(err)
		}
	}
	if seen == 0 {
		p.Fatal("no file was looked at")
	}
	return found
}

// Processes.

type process struct {
	pid       int
	exe       string
	line, env string
	isZombie  bool
}

// processes are those of all whose environment or program is this home's.
func (p *person) processes() (list []process) {
	for _, o := range everyProcess() {
		if strings.Contains(o.env, p.home) || strings.HasPrefix(o.exe, p.home) || strings.Contains(o.line, p.home) {
			list = append(list, o)
		}
	}
	return list
}

func everyProcess() (list []process) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		o := process{}
		fmt.Sscan(filepath.Base(d), &o.pid)
		if o.pid == os.Getpid() {
			continue
		}
		o.exe, _ = os.Readlink(d + "/exe")
		line, _ := os.ReadFile(d + "/cmdline")
		env, _ := os.ReadFile(d + "/environ")
		stat, _ := os.ReadFile(d + "/stat")
		o.line, o.env = strings.ReplaceAll(string(line), "\x00", " "), string(env)
		o.isZombie = bytes.Contains(stat, []byte(") Z "))
		list = append(list, o)
	}
	return list
}

// parent is the process that started pid.
func parent(pid int) (ppid int) {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	if f := strings.Fields(rest); len(f) > 1 {
		fmt.Sscan(f[1], &ppid)
	}
	return ppid
}

func isAlive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

// The tray.

func (p *person) tray() *host.Item {
	p.Helper()
	item, err := host.Wait(p.conn, patience)
	if err != nil {
		p.Fatal(err)
	}
	return item
}

// items counts the icons in the tray.
func (p *person) items() int {
	p.Helper()
	list, err := host.Items(p.conn)
	if err != nil {
		p.Fatal(err)
	}
	return len(list)
}

// tip is the tooltip, once it holds the text.
func (p *person) tip(item *host.Item, text string) string {
	p.Helper()
	tip := ""
	defer func() {
		if !strings.Contains(tip, text) {
			p.Logf("the tooltip says %q", tip)
		}
	}()
	p.until("the tooltip "+text, func() bool {
		tip, _ = item.ToolTip()
		return strings.Contains(tip, text)
	})
	return tip
}

func (p *person) icon(item *host.Item) *image.NRGBA {
	p.Helper()
	img, err := item.Icon()
	if err != nil {
		p.Fatal(err)
	}
	return img
}

// The window, by its id.

const title = "^MCP Companion$"

func (p *person) windows() []string {
	out, _ := exec.Command("xdotool", "search", "--onlyvisible", "--name", title).Output()
	return strings.Fields(string(out))
}

// window waits for the window, drawn, with the keyboard in it.
func (p *person) window() string {
	p.Helper()
	p.until("the window", func() bool { return len(p.windows()) == 1 })
	w := p.windows()[0]
	p.until("a painted window", func() bool { return isPainted(p.see()) })
	p.still()
	p.do("windowactivate", "--sync", w)
	return w
}

// do is one or several acts of xdotool's. It acts on what has the focus.
func (p *person) do(args ...string) {
	p.Helper()
	if out, err := exec.Command("xdotool", args...).CombinedOutput(); err != nil {
		p.Fatalf("xdotool %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (p *person) press(keys ...string) {
	p.Helper()
	p.do(append([]string{"key", "--delay", "30"}, keys...)...)
}

// write types a text. It goes by stdin: nothing typed stands in an argument.
func (p *person) write(text string) {
	p.Helper()
	cmd := exec.Command("xdotool", "type", "--delay", "20", "--file", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		p.Fatalf("type: %v: %s", err, out)
	}
}

// click clicks at a place of the window.
func (p *person) click(window string, x, y int) {
	p.Helper()
	p.do("mousemove", "--window", window, fmt.Sprint(x), fmt.Sprint(y), "click", "1")
}

// Eyes.

// see is what the screen shows.
func (p *person) see() image.Image {
	p.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command("import", "-window", "root", "png:-")
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		p.Fatalf("import: %v: %s", err, said.String())
	}
	img, err := png.Decode(&out)
	if err != nil {
		p.Fatal(err)
	}
	return img
}

// look keeps a picture of the screen in the folder SHOTS names.
func (p *person) look(name string) {
	p.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	p.shot++
	test, _, _ := strings.Cut(strings.TrimPrefix(p.Name(), "TestDesktop"), "/")
	f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s-%02d-%s.png", test, p.shot, strings.ReplaceAll(name, " ", "-"))))
	if err != nil {
		p.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, p.see()); err != nil {
		p.Fatal(err)
	}
}

// after does something, and waits until the screen has become another and stays.
func (p *person) after(what string, act func()) {
	p.Helper()
	before := p.see()
	act()
	p.until("another picture after "+what, func() bool { return differing(before, p.see()) > 0.01 })
	p.still()
	p.look(what)
}

// still waits until the screen doesn't change any more; a caret may blink.
func (p *person) still() {
	p.Helper()
	before := p.see()
	p.until("a still picture", func() bool {
		now := p.see()
		same := differing(before, now) < 0.0005
		before = now
		return same
	})
}

// differing is the part of the pixels that differ.
func differing(a, b image.Image) float64 {
	r := a.Bounds()
	if r != b.Bounds() {
		return 1
	}
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}

// isPainted reports whether the screen holds more than a few colours: an empty
// window in its frame does not.
func isPainted(img image.Image) bool {
	colours := map[[3]uint32]bool{}
	r := img.Bounds()
	for y := r.Min.Y + r.Dy()/4; y < r.Max.Y*3/4; y += 2 {
		for x := r.Min.X + r.Dx()/4; x < r.Max.X*3/4; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			colours[[3]uint32{red, green, blue}] = true
		}
	}
	return len(colours) > 20
}
