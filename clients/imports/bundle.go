package imports

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// manifest is a bundle's manifest.json, of any version.
// Source: modelcontextprotocol/mcpb MANIFEST.md.
type manifest struct {
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Version     string `json:"version"`
	Description string `json:"description"`
	Homepage    string `json:"homepage"`
	Docs        string `json:"documentation"`
	Author      struct {
		Name string `json:"name"`
	} `json:"author"`
	Privacy json.RawMessage `json:"privacy_policies"`
	Server  struct {
		Type       string `json:"type"`
		EntryPoint string `json:"entry_point"`
		Config     struct {
			start
			Overrides map[string]start `json:"platform_overrides"`
		} `json:"mcp_config"`
	} `json:"server"`
	UserConfig    json.RawMessage `json:"user_config"`
	Compatibility struct {
		Platforms []string `json:"platforms"`
	} `json:"compatibility"`
}

// start is how a bundle's program is started.
type start struct {
	Command string         `json:"command"`
	Args    []string       `json:"args"`
	Env     map[string]any `json:"env"`
}

// platform is this system, as bundles call it.
var platform = map[string]string{"windows": "win32", "darwin": "darwin", "linux": "linux"}[runtime.GOOS]

// bundle makes an Offer of a bundle's manifest.
func bundle(path, bundles string) (catalog.Offer, error) {
	z, err := openBundle(path)
	if err != nil {
		return catalog.Offer{}, err
	}
	defer z.Close()
	size, err := z.check()
	if err != nil {
		return catalog.Offer{}, err
	}
	m, err := z.manifest()
	if err != nil {
		return catalog.Offer{}, err
	}
	if list := m.Compatibility.Platforms; len(list) > 0 && !slices.Contains(list, platform) {
		return catalog.Offer{}, words.New(words.BundlePlatform, nil, "Name", shown(m.title()))
	}
	folder := filepath.Join(bundles, Name(m.Name)+"-"+z.hash[:12])
	r := m.raw(folder)
	if err := r.check(); err != nil {
		return catalog.Offer{}, words.New(words.BundleBroken, err)
	}
	o, err := r.offer()
	if err != nil {
		return o, err
	}
	o.Publisher.Name = shown(m.Author.Name)
	if strings.HasPrefix(m.Homepage, "https://") && !hasKey(m.Homepage) {
		o.Homepage = m.Homepage
	}
	if strings.HasPrefix(m.Docs, "https://") && !hasKey(m.Docs) {
		o.Docs = m.Docs
	}
	o.Bundle = &catalog.Bundle{Path: path, Folder: folder, Version: m.Version, Size: size, Signed: z.signed}
	o.Notes = append(o.Notes, words.Say(map[bool]string{true: "import.note.signed", false: "import.note.unsigned"}[z.signed]))
	return o, nil
}

func (m *manifest) title() string {
	if m.DisplayName != "" {
		return m.DisplayName
	}
	return m.Name
}

// raw makes a raw of a manifest whose files will lie in folder.
func (m *manifest) raw(folder string) raw {
	s := m.Server.Config.start
	if own, ok := m.Server.Config.Overrides[platform]; ok { // in the place of, not added
		if own.Command != "" {
			s.Command = own.Command
		}
		if own.Args != nil {
			s.Args = own.Args
		}
		if own.Env != nil {
			s.Env = own.Env
		}
	}
	if s.Command == "" {
		s.Command, s.Args = m.usual()
	}
	v := variables(folder)
	r := raw{name: m.Name, title: m.title(), about: m.Description, command: v.Replace(s.Command), asked: m.asked(v)}
	if m.Server.Type == "binary" && !filepath.IsAbs(r.command) && strings.ContainsAny(r.command, `/\`) {
		r.command = filepath.Join(folder, filepath.FromSlash(r.command))
	}
	for _, a := range s.Args {
		r.args = append(r.args, v.Replace(a))
	}
	for name, value := range merged(s.Env) {
		if r.env == nil {
			r.env = map[string]string{}
		}
		r.env[name] = v.Replace(value)
	}
	return r
}

// usual is how a program of the type is started where the manifest doesn't say.
func (m *manifest) usual() (string, []string) {
	entry := "${__dirname}${/}" + strings.ReplaceAll(m.Server.EntryPoint, "/", "${/}")
	switch m.Server.Type {
	case "node":
		return "node", []string{entry}
	case "python":
		return "python3", []string{entry}
	case "uv":
		return "uv", []string{"run", "--directory", "${__dirname}", entry}
	}
	return entry, nil
}

// variables are what a manifest may refer to besides its user_config.
func variables(folder string) *strings.Replacer {
	home := homeDir()
	return strings.NewReplacer(
		"${__dirname}", folder, "${HOME}", home, "${/}", string(filepath.Separator), "${pathSeparator}", string(filepath.Separator),
		"${DESKTOP}", filepath.Join(home, "Desktop"), "${DOCUMENTS}", filepath.Join(home, "Documents"), "${DOWNLOADS}", filepath.Join(home, "Downloads"),
	)
}

// asked makes fields of the user_config, one of each.
func (m *manifest) asked(v *strings.Replacer) map[string]catalog.Field {
	type option struct {
		Type        string          `json:"type"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Required    loose           `json:"required"`
		Default     json.RawMessage `json:"default"`
		Multiple    loose           `json:"multiple"`
		Sensitive   loose           `json:"sensitive"`
		Min, Max    *float64
	}
	all := map[string]option{}
	if json.Unmarshal(m.UserConfig, &all) != nil {
		return nil
	}
	asked := map[string]catalog.Field{}
	for name, o := range all {
		f := catalog.Field{
			Kind: catalog.Kind(o.Type), Label: o.Title, Help: o.Description, Required: bool(o.Required), Multiple: bool(o.Multiple), Min: o.Min, Max: o.Max,
			EmitFalse: o.Type == "boolean",
		}
		if f.Label == "" {
			f.Label = labelOf(o.Description, name)
		}
		if o.Sensitive {
			f.Kind = catalog.Secret
		}
		if !slices.Contains([]catalog.Kind{catalog.Text, catalog.Secret, catalog.Folder, catalog.File, catalog.Number, catalog.YesNo}, f.Kind) {
			f.Kind = catalog.Text
		}
		list := []string{}
		if json.Unmarshal(o.Default, &list) == nil {
			for _, d := range list {
				f.Given = append(f.Given, v.Replace(d))
			}
		} else {
			f.Default = v.Replace(typed(o.Default))
		}
		kind := f.Kind
		if f = ask(f, name); kind == catalog.Text && f.Kind != catalog.Secret {
			f.Kind = kind // the manifest says what it is
		}
		asked[name] = f
	}
	return asked
}

// zipped is an open bundle.
type zipped struct {
	*zip.Reader
	io.Closer
	signed bool
	hash   string // of the whole file, in hex
}

// Where mcpb puts a signature: behind the archive.
// Source: modelcontextprotocol/mcpb src/node/sign.ts.
const (
	signatureBegins = "MCPB_SIG_V1"
	signatureEnds   = "MCPB_SIG_END"
)

func openBundle(path string) (*zipped, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	z := &zipped{Closer: f}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		f.Close()
		return nil, err
	}
	z.hash = hex.EncodeToString(h.Sum(nil))
	size := info.Size()
	if at := signature(f, size); at > 0 {
		z.signed, size = true, at
	}
	if z.Reader, err = zip.NewReader(f, size); err != nil {
		f.Close()
		return nil, err
	}
	return z, nil
}

// signature finds where a signature begins, 0 for none.
func signature(f io.ReaderAt, size int64) int64 {
	tail := make([]byte, min(size, 1<<20))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	if !bytes.HasSuffix(bytes.TrimRight(tail, "\x00\r\n"), []byte(signatureEnds)) {
		return 0
	}
	if at := bytes.LastIndex(tail, []byte(signatureBegins)); at >= 0 {
		return size - int64(len(tail)) + int64(at)
	}
	return 0
}

// mostManifest is how long a manifest may be, in bytes.
const mostManifest = 4 << 20

func (z *zipped) manifest() (*manifest, error) {
	for _, f := range z.File {
		if f.Name != "manifest.json" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, words.New(words.BundleBroken, err)
		}
		defer r.Close()
		data, err := io.ReadAll(io.LimitReader(r, mostManifest))
		if err != nil {
			return nil, words.New(words.BundleBroken, err)
		}
		m := &manifest{}
		if err := json.Unmarshal([]byte(decode(data)), m); err != nil || m.Name == "" {
			return nil, words.New(words.BundleBroken, err)
		}
		return m, nil
	}
	return nil, words.New(words.BundleBroken, nil)
}
