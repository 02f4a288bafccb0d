//go:build linux

package tray

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mcp-companion/companion"
	"mcp-companion/tools/trayhost/host"
	"mcp-companion/words"

	"github.com/godbus/dbus/v5"
)

// The test binary plays the program with the tray: systray runs once a process.
const playTray = "PLAY_TRAY"

func TestMain(m *testing.M) {
	if os.Getenv(playTray) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		Run(ctx, newPlayer())
		fmt.Println("ended")
		return
	}
	os.Exit(m.Run())
}

// player is a companion without anything behind it: it prints what is asked of
// it, and takes the names of States, from those of cases, on its stdin.
type player struct {
	mu    sync.Mutex
	state companion.State
	show  func(companion.State)
}

func newPlayer() *player {
	p := &player{}
	p.become("all well in a set")
	return p
}

func (p *player) become(name string) {
	for _, c := range cases() {
		if c.name == name {
			p.set(func(s *companion.State) { *s = c.state })
		}
	}
}

func (p *player) set(change func(*companion.State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
	if p.show != nil {
		p.show(p.state)
	}
}

func (p *player) Subscribe(show func(companion.State)) (stop func()) {
	p.set(func(*companion.State) { p.show = show })
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			p.become(in.Text())
			if in.Text() == "say" {
				time.Sleep(2 * rest) // the State before is drawn by then
				fmt.Println("said")
			}
		}
	}()
	return func() { p.set(func(*companion.State) { p.show = nil }) }
}

// UseSet switches, but for Data, of which it says that it is unknown.
func (p *player) UseSet(_ context.Context, set, client string) (companion.Result, error) {
	fmt.Printf("use %q for %q\n", set, client)
	if set == "Data" {
		return companion.Result{}, words.New(words.SetUnknown, nil, "Set", set)
	}
	p.set(func(s *companion.State) {
		s.Set, s.Sets = set, append([]companion.SetState{}, s.Sets...)
		for i := range s.Sets {
			s.Sets[i].Current = s.Sets[i].Name == set
		}
	})
	return companion.Result{Waiting: []string{"Claude Desktop"}}, nil
}

// Unusual finds something in Development.
func (p *player) Unusual(_ context.Context, set string) ([]companion.Unusual, error) {
	if set == "Development" {
		return []companion.Unusual{{Server: "files"}}, nil
	}
	return nil, nil
}

// Check returns when the tray ends.
func (p *player) Check(ctx context.Context, names ...string) error {
	fmt.Println("check", names)
	<-ctx.Done()
	return ctx.Err()
}

func (p *player) Restart(_ context.Context, client string) error {
	fmt.Println("restart", client)
	return nil
}

func (p *player) OpenWindow(page string) error {
	fmt.Printf("open %q\n", page)
	return nil
}

// desk is a bus, and a program with a tray on it.
type desk struct {
	t    *testing.T
	conn *dbus.Conn
	stop func() // ends the bus
	app  *exec.Cmd
	in   io.Writer
	out  *bufio.Reader
}

const limit = 30 * time.Second

func newDesk(t *testing.T) *desk {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("no dbus-daemon here")
	}
	address, stop, err := host.StartBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	return &desk{t: t, conn: connect(t), stop: stop}
}

func connect(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := host.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (d *desk) startHost() {
	d.t.Helper()
	if _, err := host.StartWatcher(d.conn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) startApp() {
	d.t.Helper()
	d.app = exec.Command(os.Args[0])
	races := filepath.Join(d.t.TempDir(), "races")
	d.app.Env = append(os.Environ(), playTray+"=1", "XDG_CURRENT_DESKTOP=KDE", "GORACE=exitcode=0 log_path="+races)
	d.app.Stderr = os.Stderr
	in, err1 := d.app.StdinPipe()
	out, err2 := d.app.StdoutPipe()
	if err1 != nil || err2 != nil {
		d.t.Fatal(err1, err2)
	}
	d.in, d.out = in, bufio.NewReader(out)
	if err := d.app.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		d.app.Process.Kill()
		d.app.Wait()
		d.findRaces(races)
	})
}

// ours is a data race on something of this program: systray and godbus have some
// among themselves (prop.Properties.set stores what another goroutine encodes
// as an answer; all our icons are of one size, so a host still gets one of two).
var ours = regexp.MustCompile(` at 0x.*\n(  .*\n){0,3}  mcp-companion/`)

func (d *desk) findRaces(log string) {
	files, _ := filepath.Glob(log + ".*")
	for _, f := range files {
		data, _ := os.ReadFile(f)
		for report := range strings.SplitSeq(string(data), "==================") {
			if ours.MatchString(report) {
				d.t.Error(report)
			}
		}
	}
}

func (d *desk) item() *host.Item {
	d.t.Helper()
	it, err := host.Wait(d.conn, limit)
	if err != nil {
		d.t.Fatal(err)
	}
	return it
}

// reads waits for the program's next line.
func (d *desk) reads(want string) {
	d.t.Helper()
	got, err := d.out.ReadString('\n')
	if err != nil || strings.TrimSpace(got) != want {
		d.t.Fatalf("the program said %q, not %q (%v)", got, want, err)
	}
}

func (d *desk) click(it *host.Item, labels ...string) {
	d.t.Helper()
	if err := it.Click(labels...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) awaits(it *host.Item, ok func(*host.Node) bool) {
	d.t.Helper()
	if _, err := it.WaitFor(limit, ok); err != nil {
		d.t.Fatal(err)
	}
}

// until polls for something other than the menu.
func (d *desk) until(what string, ok func() bool) time.Duration {
	d.t.Helper()
	for start := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		if ok() {
			return time.Since(start)
		}
		if time.Since(start) > limit {
			d.t.Fatal("never:", what)
		}
	}
}

func visible(n *host.Node) bool { return n != nil && n.Visible }

func TestTrayShowsMenuIconAndWords(t *testing.T) {
	d := newDesk(t)
	d.startHost()
	d.startApp()
	it := d.item()
	d.awaits(it, func(m *host.Node) bool { return visible(m.Find("Servers (2 of 3 on)", "files")) })

	menu, err := it.Menu()
	if err != nil {
		t.Fatal(err)
	}
	want := `    Development, 2 servers working
    --------
[ ] All servers
[x] Development
[ ] Data
    --------
    Servers (2 of 3 on)
    [x] files
    [x] github
    [ ] notion
    Add a server…
    Open Companion
    Check now
    --------
    Quit
`
	if menu.String() != want {
		t.Errorf("the menu is\n%s", menu)
	}
	for name, want := range map[string]any{"Id": Name, "Title": Name, "ItemIsMenu": true} {
		if got, err := it.Prop(name); err != nil || got != want {
			t.Errorf("%s is %v (%v)", name, got, err)
		}
	}
	d.shows(it, companion.Healthy, "Companion – Development, 2 servers working")
}

// shows waits for the icon and tooltip, and returns how long it took.
func (d *desk) shows(it *host.Item, status companion.Status, tooltip string) time.Duration {
	d.t.Helper()
	want, err := png.Decode(bytes.NewReader(iconFor(status, anyPanel, ".png")))
	if err != nil {
		d.t.Fatal(err)
	}
	return d.until(tooltip, func() bool {
		tip, _ := it.ToolTip()
		icon, err := it.Icon()
		if err != nil || tip != tooltip || icon.Bounds() != want.Bounds() {
			return false
		}
		for y := range want.Bounds().Dy() {
			for x := range want.Bounds().Dx() {
				_, _, _, a := want.At(x, y).RGBA()
				if icon.NRGBAAt(x, y).A != uint8(a>>8) {
					return false
				}
			}
		}
		return true
	})
}

func TestTrayFollowsTheStateWithinHalfASecond(t *testing.T) {
	d := newDesk(t)
	d.startHost()
	d.startApp()
	it := d.item()
	d.shows(it, companion.Healthy, "Companion – Development, 2 servers working")
	var took []time.Duration
	for _, step := range []struct {
		name, tooltip string
		status        companion.Status
	}{
		{"starting", "Companion – Starting 2 servers", companion.Starting},
		{"several things", "Companion – 1 server is not working", companion.Failing},
		{"only a restart", "Companion – Restart Claude Desktop to finish", companion.NeedsYou},
		{"all off", "Companion – All servers off", companion.Off},
		{"too many", "Companion – 18 servers on", companion.Unknown},
	} {
		fmt.Fprintln(d.in, step.name)
		took = append(took, d.shows(it, step.status, step.tooltip))
	}
	slices.Sort(took)
	if took[len(took)/2] > 500*time.Millisecond { // one alone may be a busy machine's
		t.Errorf("the icon showed the states after %v", took)
	}
	d.awaits(it, func(m *host.Node) bool {
		return visible(m.Find("Servers (18 of 18 on)", "3 more…")) && visible(m.Find("Sets (not the same everywhere)", "F"))
	})
	fmt.Fprintln(d.in, "nothing yet")
	d.awaits(it, func(m *host.Node) bool {
		return m.String() == "    No servers yet\n    --------\n    Make a set…\n    --------\n    Add a server…\n    Open Companion\n    --------\n    Quit\n"
	})
}

func TestTrayDoesWhatIsClicked(t *testing.T) {
	d := newDesk(t)
	shown, err := host.Notifications(connect(t))
	if err != nil {
		t.Fatal(err)
	}
	d.startHost()
	d.startApp()
	it := d.item()
	d.awaits(it, func(m *host.Node) bool { return visible(m.Find("Servers (2 of 3 on)", "notion")) })

	d.click(it, "All servers")
	d.reads(`use "" for ""`)
	d.awaits(it, func(m *host.Node) bool { return m.Find("All servers").Checked && !m.Find("Development").Checked })
	if n := <-shown; n.Text != "All servers is on. Restart Claude Desktop to finish." {
		t.Errorf("the notification is %+v", n)
	}

	d.click(it, "Data")
	d.reads(`use "Data" for ""`)
	title := words.New(words.SetUnknown, nil, "Set", "Data").Title
	if n := <-shown; n.Title != title || n.Replaces == 0 {
		t.Errorf("the notification is %+v, not in place of the one before", n)
	}
	d.awaits(it, func(m *host.Node) bool { return visible(m.Find(short(title, maxLabel))) })

	d.click(it, "Development") // something is unusual: the window asks
	d.reads(`open "sets/use/Development"`)
	d.click(it, "Servers (2 of 3 on)", "notion")
	d.reads(`open "servers/notion"`)
	d.awaits(it, func(m *host.Node) bool { return visible(m.Find("2 servers working")) })
	d.click(it, "Add a server…")
	d.reads(`open "add"`)

	d.click(it, "Check now")
	d.reads("check []")
	d.awaits(it, func(m *host.Node) bool { return visible(m.Find("Checking the servers…")) })
	d.click(it, "Check now") // once more does nothing while the first one runs

	fmt.Fprintln(d.in, "only a restart")
	d.awaits(it, func(m *host.Node) bool { return visible(m.Find("! Restart Claude Desktop to finish")) })
	d.click(it, "! Restart Claude Desktop to finish")
	d.reads("restart claude-desktop")

	d.click(it, "Quit")
	d.reads("ended")
	if err := d.app.Wait(); err != nil {
		t.Error(err)
	}
}

func TestTrayFindsAHostThatComesLater(t *testing.T) {
	d := newDesk(t)
	if HasHost() {
		t.Error("a host before there is one")
	}
	d.startApp()
	d.until("the program waits for a host", func() bool {
		var rules map[string][]string
		err := d.conn.BusObject().Call("org.freedesktop.DBus.Debug.Stats.GetAllMatchRules", 0).Store(&rules)
		if err != nil {
			t.Skip("this dbus-daemon tells no match rules:", err)
		}
		return strings.Contains(fmt.Sprint(rules), "arg0='org.kde.StatusNotifierWatcher'")
	})
	d.startHost()
	if !HasHost() {
		t.Error("no host where there is one")
	}
	it := d.item()
	d.shows(it, companion.Healthy, "Companion – Development, 2 servers working")
	d.awaits(it, func(m *host.Node) bool { return visible(m.Find("Servers (2 of 3 on)", "files")) })

	if err := d.app.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	d.reads("ended")
	if err := d.app.Wait(); err != nil {
		t.Error(err)
	}
}

// forgetful is a host that has no item of those that register, until the second time.
type forgetful struct {
	mu    sync.Mutex
	asked []string
}

func (f *forgetful) RegisterStatusNotifierItem(service string, sender dbus.Sender) *dbus.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, string(sender)+service)
	return nil
}

func (f *forgetful) items() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[min(1, len(f.asked)):]
}

func (f *forgetful) Get(string, string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(f.items()), nil
}

// systray's one registration can be lost: while a host comes up, or before systray
// listens for it.
func TestTrayRegistersWhereItWasMissed(t *testing.T) {
	d := newDesk(t)
	f := &forgetful{}
	for _, of := range []string{"org.kde.StatusNotifierWatcher", "org.freedesktop.DBus.Properties"} {
		if err := d.conn.Export(f, "/StatusNotifierWatcher", of); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.conn.RequestName("org.kde.StatusNotifierWatcher", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	d.startApp()
	d.until("it registers a second time", func() bool { return len(f.items()) == 1 })
	if got := f.items(); !strings.HasSuffix(got[0], "/StatusNotifierItem") {
		t.Errorf("as %q", got)
	}
}

func TestTrayOutlivesTheBus(t *testing.T) {
	d := newDesk(t)
	d.startHost()
	d.startApp()
	d.shows(d.item(), companion.Healthy, "Companion – Development, 2 servers working")
	d.stop()
	fmt.Fprintln(d.in, "several things")
	fmt.Fprintln(d.in, "say")
	d.reads("said")
	if err := d.app.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	d.reads("ended")
	if err := d.app.Wait(); err != nil {
		t.Error(err)
	}
}
