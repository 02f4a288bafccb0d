package imports

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// entry is a file of an archive.
type entry struct {
	name, text string
	mode       fs.FileMode
}

func archive(t *testing.T, list ...entry) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range list {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.mcpb")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const plainManifest = `{"manifest_version":"0.3","name":"thing","display_name":"The Thing","version":"1.2.3","description":"Does things","author":{"name":"Acme"},
"server":{"type":"node","entry_point":"server/index.js","mcp_config":{"command":"node","args":["${__dirname}/server/index.js"]}}}`

func offerOf(t *testing.T, path string) (catalog.Offer, string) {
	t.Helper()
	dir := t.TempDir()
	list, err := File(path, dir)
	if err != nil {
		t.Fatal(err)
	}
	return list[0], dir
}

func TestABundleIsOfferedAndUnpacked(t *testing.T) {
	path := archive(t, entry{"manifest.json", plainManifest, 0}, entry{"server/index.js", "hello", 0}, entry{"bin/tool", "#!", 0o755}, entry{"empty/", "", fs.ModeDir | 0o755}, entry{"./doc/read me.txt", "", 0})
	o, dir := offerOf(t, path)
	if o.Name != "thing" || o.Title != "The Thing" || o.Publisher.Name != "Acme" || o.Bundle == nil || o.Bundle.Signed || o.Bundle.Size != int64(len(plainManifest)+7) || o.Bundle.Version != "1.2.3" {
		t.Fatalf("%+v %+v", o, o.Bundle)
	}
	if _, err := os.Stat(o.Bundle.Folder); err == nil {
		t.Fatal("unpacked before anybody was asked")
	}
	s, _, err := o.Recommended().Build("linux", nil)
	if err != nil || s.Command != "node" || s.Args[0] != o.Bundle.Folder+"/server/index.js" || filepath.Dir(o.Bundle.Folder) != dir {
		t.Fatalf("%v %v", s, err)
	}
	for range 2 { // a second time, it takes the place of the first
		if err := Unpack(o.Bundle); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(o.Bundle.Folder, "server", "index.js"))
	if err != nil || string(text) != "hello" {
		t.Error(string(text), err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v %v lie about", left, err)
	}
}

func TestUserConfigBecomesFields(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	manifest := `{"dxt_version":"0.1","name":"files","version":"1","description":"d","author":{"name":"A"},
	"server":{"type":"node","entry_point":"i.js","mcp_config":{"command":"node",
	  "args":["${__dirname}${/}i.js","${user_config.folders}","--port=${user_config.port}","--deep","${user_config.depth}","--quiet","${user_config.quiet}"],
	  "env":{"API_KEY":"${user_config.api_key}","OPTIONAL":"${user_config.optional}","QUIET":"${user_config.quiet}","DB":"${HOME}/x.db"}}},
	"user_config":{
	  "folders":{"type":"directory","title":"Folders","description":"Which ones","required":true,"multiple":true,"default":["${HOME}/Desktop","${DOCUMENTS}"]},
	  "api_key":{"type":"string","title":"Key","sensitive":true,"required":true},
	  "optional":{"type":"string","title":"Optional"},
	  "port":{"type":"number","title":"Port","min":1,"max":10,"default":5},
	  "depth":{"type":"number","title":"Depth"},
	  "quiet":{"type":"boolean","title":"Quiet","default":false}}}`
	o, _ := offerOf(t, archive(t, entry{"manifest.json", manifest, 0}))
	p := o.Recommended()
	kinds := map[string]catalog.Kind{}
	for _, f := range p.Fields {
		kinds[f.ID] = f.Kind
	}
	want := map[string]catalog.Kind{"folders": catalog.Folder, "apiKey": catalog.Secret, "optional": catalog.Text, "port": catalog.Number, "depth": catalog.Number, "quiet": catalog.YesNo}
	for id, k := range want {
		if kinds[id] != k {
			t.Errorf("%s is %q", id, kinds[id])
		}
	}
	if _, _, err := p.Build("linux", nil); !words.Has(err, words.ValueMissing) {
		t.Errorf("built without its key: %v", err)
	}
	s, keys, err := p.Build("linux", map[string][]string{"apiKey": {"k"}})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal([]any{s.Args[1:], s.Env, keys})
	should, _ := json.Marshal([]any{
		[]string{filepath.Join(home, "Desktop"), filepath.Join(home, "Documents"), "--port=5", "--quiet", "false"},
		map[string]string{"API_KEY": "${secret:apiKey}", "DB": home + "/x.db", "QUIET": "false"},
		map[string]string{"apiKey": "k"},
	})
	if !bytes.Equal(got, should) {
		t.Errorf("\n got %s\nwant %s", got, should)
	}
}

// What a bundle has for this system takes the place of the rest.
func TestASystemsOwnStartTakesThePlace(t *testing.T) {
	manifest := `{"manifest_version":"0.2","name":"x","version":"1","description":"d","author":{"name":"A"},
	"server":{"type":"binary","entry_point":"bin/x","mcp_config":{"command":"bin/x","args":["a","b"],"env":{"E":"1"},
	  "platform_overrides":{"` + platform + `":{"command":"${__dirname}/bin/y","args":["c"]}}}}}`
	o, _ := offerOf(t, archive(t, entry{"manifest.json", manifest, 0}))
	s, _, err := o.Recommended().Build("linux", nil)
	if err != nil || !strings.HasSuffix(s.Command, "/bin/y") || strings.Join(s.Args, " ") != "c" || s.Env["E"] != "1" {
		t.Errorf("%+v %v", s, err)
	}
	for kind, want := range map[string]string{"python": "python3", "uv": "uv", "node": "node"} {
		o, _ := offerOf(t, archive(t, entry{"manifest.json", `{"manifest_version":"0.4","name":"x","version":"1","server":{"type":"` + kind + `","entry_point":"src/main.x"}}`, 0}))
		if s, _, err := o.Recommended().Build("linux", nil); err != nil || s.Command != want || !strings.Contains(s.Args[len(s.Args)-1], "main.x") {
			t.Errorf("%s: %+v %v", kind, s, err)
		}
	}
}

func TestBundlesForOthersAreRefused(t *testing.T) {
	manifest := strings.Replace(plainManifest, `"server":`, `"compatibility":{"platforms":["amiga"]},"server":`, 1)
	if _, err := File(archive(t, entry{"manifest.json", manifest, 0}), t.TempDir()); !words.Has(err, words.BundlePlatform) {
		t.Error(err)
	}
}

func TestHostileBundlesAreRefused(t *testing.T) {
	ours := entry{"manifest.json", plainManifest, 0}
	for name, list := range map[string][]entry{
		"out of the folder":        {ours, {"../evil", "x", 0}},
		"out of it, further in":    {ours, {"a/../../evil", "x", 0}},
		"out of it, windows":       {ours, {`..\evil`, "x", 0}},
		"absolute":                 {ours, {"/etc/evil", "x", 0}},
		"absolute, windows":        {ours, {`C:\evil`, "x", 0}},
		"drive":                    {ours, {"C:evil", "x", 0}},
		"stream":                   {ours, {"a.txt:evil", "x", 0}},
		"link":                     {ours, {"link", "/etc/passwd", fs.ModeSymlink | 0o777}},
		"device":                   {ours, {"dev", "", fs.ModeDevice | 0o600}},
		"pipe":                     {ours, {"pipe", "", fs.ModeNamedPipe | 0o600}},
		"the same twice":           {ours, {"a", "1", 0}, {"a", "2", 0}},
		"the same for some":        {ours, {"a", "1", 0}, {"A", "2", 0}},
		"dots in between":          {ours, {"a/./b", "1", 0}},
		"nothing":                  {ours, {"a//b", "1", 0}},
		"no description":           {{"a", "1", 0}},
		"description elsewhere":    {{"x/manifest.json", plainManifest, 0}},
		"description is no object": {{"manifest.json", "[]", 0}},
		"description has no name":  {{"manifest.json", "{}", 0}},
		"starts nothing":           {{"manifest.json", `{"name":"x","server":{"mcp_config":{"env":{"":"x"}}}}`, 0}},
	} {
		top := t.TempDir()
		dir := filepath.Join(top, "bundles")
		path := archive(t, list...)
		if _, err := File(path, dir); !words.Has(err, words.BundleUnsafe) && !words.Has(err, words.BundleBroken) {
			t.Errorf("%s: %v", name, err)
		}
		z, err := openBundle(path)
		if err != nil {
			t.Fatal(err)
		}
		b := &catalog.Bundle{Path: path, Folder: filepath.Join(dir, "x-"+z.hash[:12])}
		z.Close()
		if list[0] == ours {
			if err := Unpack(b); !words.Has(err, words.BundleUnsafe) {
				t.Errorf("%s: unpacked: %v", name, err)
			}
		}
		if left, _ := os.ReadDir(top); len(left) > 0 {
			t.Errorf("%s: wrote %v", name, left)
		}
	}
}

// An archive that says it holds more than we take, and one that holds more than
// it says.
func TestBombsAreRefused(t *testing.T) {
	path := archive(t, entry{"manifest.json", plainManifest, 0}, entry{"a", strings.Repeat("0", 1000), 0})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	for size, code := range map[uint32]words.Code{mostBytes + 1: words.BundleUnsafe, 10: words.BundleBroken} {
		bomb := bytes.Clone(data)
		binary.LittleEndian.PutUint32(bomb[at+24:], size)
		path := filepath.Join(t.TempDir(), "bomb.mcpb")
		if err := os.WriteFile(path, bomb, 0o600); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		list, err := File(path, dir)
		if err == nil {
			err = Unpack(list[0].Bundle)
		}
		if !words.Has(err, code) {
			t.Errorf("%d: %v", size, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%d: left %v", size, left)
		}
	}
	z, err := openBundle(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if _, err := unpackFile(z.File[1], filepath.Join(t.TempDir(), "a"), 999); !words.Has(err, words.BundleUnsafe) {
		t.Errorf("more than is left: %v", err)
	}
}

func TestABundleThatChangedIsNotUnpacked(t *testing.T) {
	path := archive(t, entry{"manifest.json", plainManifest, 0})
	o, dir := offerOf(t, path)
	other := archive(t, entry{"manifest.json", plainManifest, 0}, entry{"more", "x", 0})
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if err := Unpack(o.Bundle); !words.Has(err, words.BundleUnsafe) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Error(left)
	}
}

func TestASignatureIsSeenAndNotTakenForPart(t *testing.T) {
	path := archive(t, entry{"manifest.json", plainManifest, 0})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	signed := append(data, []byte("MCPB_SIG_V1\x04\x00\x00\x00abcdMCPB_SIG_END")...)
	if err := os.WriteFile(path, signed, 0o600); err != nil {
		t.Fatal(err)
	}
	o, _ := offerOf(t, path)
	if !o.Bundle.Signed {
		t.Error("the signature is overlooked")
	}
	if err := Unpack(o.Bundle); err != nil {
		t.Error(err)
	}
}
