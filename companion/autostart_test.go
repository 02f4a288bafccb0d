package companion

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"
)

func TestTheTrayIsStartedAtLoginOnlyWhenItsUserWants(t *testing.T) {
	for _, system := range []string{"linux", "darwin"} {
		d := newDesk(t)
		d.system.OS = system
		if d.Autostart() {
			t.Fatal("at first")
		}
		for range 2 {
			if err := d.SetAutostart(true); err != nil || !d.Autostart() {
				t.Fatal(err)
			}
		}
		if now := text(t, d.autostartPath()); !strings.Contains(now, d.lean()) {
			t.Errorf("%s: %s", system, now)
		}
		for range 2 {
			if err := d.SetAutostart(false); err != nil || d.Autostart() {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(d.autostartPath()); err == nil {
			t.Error("its file stays")
		}
	}
}

func TestAProgramsPathIsQuotedAsEachSystemWants(t *testing.T) {
	if got := string(desktopEntry(`/opt/a "b" $c 100%/x`)); !strings.Contains(got, `Exec="/opt/a \\"b\\" \\$c 100%%/x" tray`) {
		t.Error(got)
	}
	var agent struct {
		Strings []string `xml:"dict>array>string"`
	}
	if err := xml.Unmarshal(launchAgent("/Applications/A & B.app/x"), &agent); err != nil || len(agent.Strings) != 2 || agent.Strings[0] != "/Applications/A & B.app/x" {
		t.Errorf("%v %q", err, agent.Strings)
	}
}
