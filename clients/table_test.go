package clients

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mcp-companion/configs"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// samples are the clients' files that configs is tried on too.
const samples = "../configs/testdata/clients"

// linux names a file of each client's among the samples, and where it stands there.
const linux = "testdata/linux.json"

func placed(t *testing.T) (list map[string]struct{ Sample, Place string }) {
	t.Helper()
	data, err := os.ReadFile(linux)
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every client: its file is found, the entry is written in its spelling (the
// golden file shows it), read back as ours, switched off and on, and taken out
// with every other byte as it was.
func TestEveryClientsFileTakesOurEntryAndGivesItBack(t *testing.T) {
	list := placed(t)
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			s := computer(t, "linux")
			from, to := list[c.ID].Sample, list[c.ID].Place
			before, err := os.ReadFile(filepath.Join(samples, from))
			if err != nil {
				t.Fatal(err)
			}
			touch(t, s, to)
			os.WriteFile(s.home(to), before, 0o600)
			if !c.Installed(s) {
				t.Fatal("not found")
			}
			if files := c.Files(s, ""); !slices.Equal(files, []string{s.home(to)}) {
				t.Fatalf("files %v", files)
			}
			lib := library(t, nil, c.ID, "github")
			write := func(want ...Want) *Outcome {
				t.Helper()
				o, err := c.Plan(s.home(to), launcher, lib, want)
				if err != nil {
					t.Fatal(err)
				}
				if !o.Change.IsEmpty() {
					if err := o.Change.Write(t.Context()); err != nil {
						t.Fatal(err)
					}
					if err := o.Change.Verify(); err != nil {
						t.Fatal(err)
					}
				}
				lib.Clients[c.ID].Entries = o.Entries
				return o
			}
			want := Want{Name: "github", ID: "id-github"}
			users := write(want).Left
			after, _ := os.ReadFile(s.home(to))
			golden(t, filepath.Join("testdata", "added", c.ID+filepath.Ext(from)), after)
			entries, err := c.Entries(s.home(to), launcher, lib.Clients[c.ID].Entries)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(entries, func(e Entry) bool { return e.Key == "github" })
			if i < 0 || entries[i].Kind != Ours || entries[i].Run != "github" || entries[i].Off || len(entries) != users+1 {
				t.Errorf("read back: %+v", entries)
			}
			if !write(want).Change.IsEmpty() {
				t.Error("a second time something changed")
			}
			write()
			if now, _ := os.ReadFile(s.home(to)); !bytes.Equal(now, before) {
				t.Errorf("taken out:\n%s", now)
			}
			if len(lib.Clients[c.ID].Entries) != 0 {
				t.Errorf("entries left: %+v", lib.Clients[c.ID].Entries)
			}
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (%v):\n%s", path, err, got)
	}
}

// A switch of the client's own is used where the entry carries choices, whatever
// the switch is called.
func TestEverySwitchSwitchesOffAndOn(t *testing.T) {
	for _, c := range All() {
		if c.Switch.Member == "" {
			continue
		}
		lib := library(t, nil, c.ID, "github")
		p := filepath.Join(t.TempDir(), "f")
		step := func(want ...Want) string {
			t.Helper()
			o, err := c.Plan(p, launcher, lib, want)
			if err != nil {
				t.Fatalf("%s: %v", c.ID, err)
			}
			if err := o.Change.Write(t.Context()); err != nil && !o.Change.IsEmpty() {
				t.Fatalf("%s: %v", c.ID, err)
			}
			lib.Clients[c.ID].Entries = o.Entries
			data, _ := os.ReadFile(p)
			return string(data)
		}
		want := Want{Name: "github", ID: "id-github"}
		text := step(want)
		chosen := strings.Replace(text, `"args"`, `"timeout": 7, "args"`, 1)
		if chosen == text {
			chosen = strings.Replace(text, `"command"`, `"timeout": 7, "command"`, 1)
		}
		switch c.Format {
		case configs.TOML:
			chosen = text + "timeout = 7\n"
		case configs.YAML:
			chosen = strings.Replace(text, "timeout: 300", "timeout: 7", 1)
		}
		os.WriteFile(p, []byte(chosen), 0o600)
		off := step()
		on := step(want)
		isOff := func(text string) bool {
			return strings.Contains(strings.NewReplacer(`"`, "", " ", "", ":", "=").Replace(text), fmt.Sprintf("%s=%v", c.Switch.Member, c.Switch.Off))
		}
		sevens := func(text string) int { return strings.Count(text, "timeout") - strings.Count(text, "300") }
		if sevens(off) != 1 || sevens(on) != 1 || !isOff(off) || isOff(on) {
			t.Errorf("%s:\noff %s\non %s", c.ID, off, on)
		}
	}
}
