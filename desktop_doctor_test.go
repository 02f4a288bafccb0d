//go:build desktop && linux

package main_test

import (
	"bytes"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Five servers fail, each for another reason; the doctor's page names them, and one
// press mends them all.
func TestDesktopTheDoctorMendsFiveFailures(t *testing.T) {
	p := sitDown(t)
	server := buildServer(t)
	p.put("tools/envserver", string(mustRead(t, server)))
	if err := os.Chmod(p.path("tools/envserver"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.run("add", "joined", "--", server+" --tool one")                      // a whole line where the program belongs
	p.run("add", "quoted", "--", "\u201c"+server+"\u201d", "--tool", "two") // quotes of a word processor
	p.run("add", "tilde", "--", "~/tools/envserver", "--tool", "three")     // a shell would know
	p.run("add", "slow", "--start-timeout", "1", "--", server, "--slow", "3s", "--tool", "four")
	p.run("add", "chatty", "--", server, "--note")
	if out, err := p.try("check"); err == nil {
		t.Errorf("nothing fails: %s", out)
	}
	codes := func() (list []string) {
		out, _ := p.command(companion, "doctor", "--json").Output()
		var found struct {
			Findings []struct{ Code, Server string }
		}
		if err := json.Unmarshal(out, &found); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, f := range found.Findings {
			list = append(list, f.Server+" "+f.Code)
		}
		slices.Sort(list)
		return list
	}
	if got, want := codes(), []string{"chatty chatter", "joined command-joined", "quoted value-quoted", "slow no-answer", "tilde path-relative"}; !slices.Equal(got, want) {
		t.Errorf("found %q\nwant  %q", got, want)
	}

	p.start(itsWindow, "window", "doctor")
	w := p.window()
	p.still()
	p.look("doctor, five failures")
	p.after("Mend all", func() { p.click(w, 833, 110) })
	p.still()
	p.look("doctor, what would change")
	p.press("Return")
	p.until("every server well", func() bool { return strings.Count(p.run("list"), "healthy") == 5 })
	if out := p.run("doctor"); !strings.Contains(out, "All is well") {
		t.Error(out)
	}
	p.still()
	p.look("doctor, all mended")

	// and one press takes it back
	p.run("undo")
	if lib := p.text(".config/mcp-companion/library.json"); !strings.Contains(lib, `--tool one"`) || strings.Contains(lib, "dropNotes") {
		t.Errorf("%s", lib)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The tray's icon and tooltip through a day: all well, one fails, is mended, one
// needs its user, and the app is closed.
func TestDesktopTheTrayTellsHowTheServersFare(t *testing.T) {
	s := &story{person: sitDown(t)}
	s.put(codeFile, `{"mcpServers": {}}`)
	s.server, s.flag = buildServer(t), s.path("fail")
	s.run("add", "one", "--", s.server, "--fail-if", s.flag)
	s.run("add", "two", "--", s.server)
	s.run("apply", "--client", "claude-code")
	s.run("check")
	s.start(companion, "tray")
	item := s.tray()
	var record []string
	seen := func(what, tip string, same *image.NRGBA) *image.NRGBA {
		t.Helper()
		text := s.tip(item, tip)
		var icon *image.NRGBA
		s.until("the icon for "+what, func() bool {
			icon = s.icon(item)
			return same == nil || bytes.Equal(icon.Pix, same.Pix)
		})
		record = append(record, what+": "+text)
		return icon
	}
	well := seen("all well", "2 servers working", nil)
	s.put("fail", "")
	_, _ = s.try("check", "one")
	bad := seen("one fails", "not working", nil)
	s.until("another icon", func() bool { bad = s.icon(item); return !bytes.Equal(bad.Pix, well.Pix) })
	if err := os.Remove(s.flag); err != nil {
		t.Fatal(err)
	}
	s.run("check", "one")
	seen("mended", "2 servers working", well)

	s.put("snippet.json", `{"mcpServers": {"keyed": {"command": "`+s.server+`", "env": {"API_KEY": "YOUR_API_KEY"}}}}`)
	s.run("import", s.path("snippet.json"))
	s.run("apply")
	_, _ = s.try("check", "keyed")
	amber := seen("one needs its key", "needs its key", nil)
	s.until("an icon of its own", func() bool {
		amber = s.icon(item)
		return !bytes.Equal(amber.Pix, well.Pix) && !bytes.Equal(amber.Pix, bad.Pix)
	})
	s.run("remove", "keyed")
	s.run("apply")
	seen("without it", "2 servers working", well)

	client := s.stripped(s.server, "--hold", "HOME", filepath.Join(s.home, ".config/mcp-companion/bin/mcp-companion"), "run", "two", "--for", "claude-code")
	client.Stdout = new(bytes.Buffer)
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	s.until("the session", func() bool { return len(s.sessions()) == 1 })
	seen("an app uses one", "2 servers working", well)
	_ = client.Process.Kill()
	_ = client.Wait()
	s.until("the session's end", func() bool { return len(s.sessions()) == 0 })
	seen("the app is closed", "2 servers working", well)
	t.Log("\n" + strings.Join(record, "\n"))
}
