//go:build acceptance && !desktop

package main_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"mcp-companion/app"
	"mcp-companion/clients"
	"mcp-companion/companion"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// fewest is how many servers of the catalogue have to be healthy.
const fewest = 10

// forReal are servers of the catalogue that npm has and that need neither a key nor
// an account or a cluster to start, with what their required field is given, and the
// option where it isn't the recommended one.
var forReal = []struct{ id, option, value string }{
	{id: "filesystem", value: "HOME"},
	{id: "memory"},
	{id: "sequential-thinking"},
	{id: "everything"},
	{id: "playwright"},
	{id: "chrome-devtools"},
	{id: "context7", option: "local"},
	{id: "desktop-commander"},
	{id: "pdf"},
	{id: "charts"},
	{id: "netlify", option: "local"},
	{id: "firecrawl", option: "local"},
}

// TestAcceptanceCatalogueServersWorkAsTheWindowAddsThem adds servers in the window,
// as hands would, and looks at each as it starts for real: npx fetches it from npm.
//
//	make lean && CGO_ENABLED=0 go test -count=1 -timeout 30m -tags 'headless acceptance' -run TestAcceptance -v .
func TestAcceptanceCatalogueServersWorkAsTheWindowAddsThem(t *testing.T) {
	w := sitBefore(t)
	healthy := 0
	for _, want := range forReal {
		began := time.Now()
		s := w.add(t, want.id, want.option, want.value)
		if s.Status == companion.Healthy {
			healthy++
		}
		t.Logf("%-20s  %-10s  %3d tools  %5.1f s  %s", want.id, s.Status, s.Tools, time.Since(began).Seconds(), s.Summary)
		if s.Problem != nil {
			t.Logf("%22s%s (%v)", "", s.Problem, s.Problem.Err)
		}
	}
	t.Logf("%d of %d are healthy", healthy, len(forReal))
	if healthy < fewest {
		t.Errorf("%d are healthy, fewer than %d", healthy, fewest)
	}
}

// seat is a window on a home of its own.
type seat struct {
	*companion.Companion
	win *app.Window
	dir string
}

func sitBefore(t *testing.T) *seat {
	t.Helper()
	program, err := filepath.Abs("bin/mcp-companion")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		t.Fatalf("%v: run make lean first", err)
	}
	dir := t.TempDir()
	home := files.Home(filepath.Join(dir, "companion"))
	for name, value := range map[string]string{"HOME": dir, "XDG_CONFIG_HOME": "", "MCP_COMPANION_HOME": string(home), "MCP_COMPANION_SECRETS": "file"} {
		t.Setenv(name, value)
	}
	c := companion.New(companion.Options{Home: home, System: clients.This(), Exe: program, Store: func() (secrets.Store, error) {
		return secrets.Open(home, secrets.Choice{Secrets: secrets.UseFile})
	}})
	s := &seat{Companion: c, dir: dir}
	s.win = app.New(test.NewTempApp(t), c, app.Options{Go: func(do func()) { do() }})
	s.win.Render(c.State(t.Context()))
	return s
}

// add finds the offer by its title, fills in its form and saves, all with the
// keyboard, and returns what became of it.
func (s *seat) add(t *testing.T, id, option, value string) companion.ServerState {
	t.Helper()
	o := catalog.Find(id)
	if o == nil {
		t.Fatalf("the catalogue has no %s", id)
	}
	canvas := s.win.Fyne().Canvas()
	press := func(name fyne.KeyName) { canvas.OnTypedKey()(&fyne.KeyEvent{Name: name}) }
	typed := func(text string) { // into the field with the cursor, else the next empty one
		for range 20 {
			if f, ok := canvas.Focused().(interface{ SetText(string) }); ok && reflect.ValueOf(f).Elem().FieldByName("Text").String() == "" {
				f.SetText(text)
				return
			}
			canvas.FocusNext()
		}
		t.Fatalf("%s: there is no field for %q", id, text)
	}
	s.win.Show("add")
	typed(o.Title)
	canvas.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if option != "" {
		order := slices.Clone(o.Options)
		slices.SortStableFunc(order, func(a, b catalog.Option) int {
			return map[bool]int{true: -1}[a.ID == o.Recommended().ID] - map[bool]int{true: -1}[b.ID == o.Recommended().ID]
		})
		for range slices.IndexFunc(order, func(p catalog.Option) bool { return p.ID == option }) {
			canvas.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
		}
	}
	if value == "HOME" {
		value = s.dir
	}
	if value != "" {
		typed(value)
	}
	canvas.Unfocus()
	press(fyne.KeyReturn) // the form's Save; in the preview Enter would mean Back
	tap(t, canvas.Content(), words.Say("app.save"))
	state := s.State(t.Context())
	s.win.Render(state)
	i := slices.IndexFunc(state.Servers, func(v companion.ServerState) bool { return v.Name == id })
	if i < 0 {
		t.Fatalf("%s was not added", id)
	}
	return state.Servers[i]
}

// A server of one's own, from the button to its first answer: npm fetches what it is
// built from.
func TestAcceptanceAServerOfOnesOwnIsMadeInTheWindow(t *testing.T) {
	s := sitBefore(t)
	canvas := s.win.Fyne().Canvas()
	s.win.Show("add")
	tap(t, canvas.Content(), words.Say("app.add.own"))
	canvas.Focused().(interface{ SetText(string) }).SetText("Weather")
	canvas.Unfocus()
	canvas.OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyReturn})
	tap(t, canvas.Overlays().Top(), words.Say("app.project.ask.yes"))
	tap(t, canvas.Content(), words.Say("app.save"))
	state := s.State(t.Context())
	if len(state.Servers) != 1 || state.Servers[0].Status != companion.Healthy || state.Servers[0].Tools != 1 {
		t.Fatalf("there are %d servers: %+v", len(state.Servers), state.Servers)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "mcp-servers", "weather-server", "server.ts")); err != nil {
		t.Error(err)
	}
}

// tap presses the button with this text below root.
func tap(t *testing.T, root fyne.CanvasObject, text string) {
	t.Helper()
	if !tapped(root, text) {
		t.Fatalf("there is no button %q", text)
	}
}

func tapped(o fyne.CanvasObject, text string) bool {
	if b, ok := o.(fyne.Tappable); ok && o.Visible() {
		if v := reflect.ValueOf(o).Elem(); v.Kind() == reflect.Struct {
			if f := v.FieldByName("Text"); f.IsValid() && f.Kind() == reflect.String && f.String() == text {
				b.Tapped(nil)
				return true
			}
		}
	}
	var below []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		below = o.Objects
	case *container.Scroll:
		below = []fyne.CanvasObject{o.Content}
	case fyne.Widget:
		below = test.WidgetRenderer(o).Objects()
	}
	return o.Visible() && slices.ContainsFunc(below, func(child fyne.CanvasObject) bool { return tapped(child, text) })
}
