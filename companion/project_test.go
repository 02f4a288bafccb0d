package companion

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mcp-companion/words"
)

func (d *desk) client(t *testing.T, id string) ClientState {
	t.Helper()
	list := d.Closely().State(t.Context()).Clients
	i := slices.IndexFunc(list, func(c ClientState) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("there is no %s", id)
	}
	return list[i]
}

func TestAProjectIsKeptInStepInItsOwnFolder(t *testing.T) {
	d := newDesk(t)
	d.add(t, "github", "files")
	p, err := d.ProposeSet(t.Context(), SetDraft{Name: "Shop", Servers: []string{"files"}})
	d.must(t, p, err)
	shop := filepath.Join(filepath.Dir(d.code), "shop")
	file, id := filepath.Join(shop, ".mcp.json"), "claude-code:"+shop
	if _, err := d.ProposeManage(t.Context(), id, true); !words.Has(err, words.FolderMissing) {
		t.Fatalf("a folder that is not there: %v", err)
	}
	os.Mkdir(shop, 0o755)
	before := text(t, d.code)
	p, err = d.ProposeUse(t.Context(), "Shop", id)
	d.must(t, p, err)
	if now := text(t, file); !strings.Contains(now, `"files"`) || strings.Contains(now, "github") || !strings.Contains(now, `"claude-code"`) {
		t.Errorf("%s", now)
	}
	if text(t, d.code) != before {
		t.Error("the app's own file was written")
	}
	if c := d.client(t, id); !c.Managed || c.Set != "Shop" || c.Project != shop || c.Entries[0].Approval == "" || len(c.Notes) == 0 {
		t.Errorf("%+v", c)
	}
	// an action about all servers reaches the project too
	d.add(t, "web")
	p, err = d.ProposeSet(t.Context(), SetDraft{Was: "Shop", Name: "Shop", Servers: []string{"files", "web"}})
	d.must(t, p, err)
	if !strings.Contains(text(t, file), `"web"`) {
		t.Error("the project was left behind")
	}
	p, err = d.ProposeManage(t.Context(), id, false)
	d.must(t, p, err)
	if strings.Contains(text(t, file), "mcp-companion") {
		t.Error("our entries stayed")
	}
	if lib, _ := d.Library(); lib.Clients[id] != nil {
		t.Error("it is not forgotten")
	}
	if _, err := d.Undo(t.Context(), ""); err != nil || !strings.Contains(text(t, file), `"web"`) {
		t.Error("leaving it can't be taken back")
	}
}

func TestAProjectThatIsGoneStopsNothing(t *testing.T) {
	d := newDesk(t)
	d.add(t, "files")
	shop := filepath.Join(filepath.Dir(d.code), "shop")
	os.Mkdir(shop, 0o755)
	d.manage(t, "claude-code", "claude-code:"+shop)
	os.RemoveAll(shop)
	d.add(t, "web")
	if !strings.Contains(text(t, d.code), `"web"`) {
		t.Error("the app was left behind")
	}
	if _, err := os.Stat(shop); err == nil {
		t.Error("the project's folder was made again")
	}
	p, err := d.ProposeManage(t.Context(), "claude-code:"+shop, false)
	d.must(t, p, err)
	if lib, _ := d.Library(); lib.Clients["claude-code:"+shop] != nil {
		t.Error("it is not forgotten")
	}
}

// On macOS the system asks the user before one program reads another's folder.
func TestOnMacOSAnAppIsLookedIntoWhenItsUserAsks(t *testing.T) {
	d := newDesk(t)
	d.system.OS = "darwin"
	if c := d.client(t, "claude-code"); !c.Unread || c.Entries != nil || c.Elsewhere != nil {
		t.Errorf("%+v", c)
	}
	asked := make(chan State, 9)
	defer d.Closely().Subscribe(func(s State) { asked <- s })()
	<-asked
	d.LookInto("claude-code")
	if s := <-asked; slices.ContainsFunc(s.Clients, func(c ClientState) bool { return c.ID == "claude-code" && c.Unread }) {
		t.Error("still not looked into")
	}
}
