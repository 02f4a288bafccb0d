package projects

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"strings"
	"sync"
	"text/template"
	"unicode"

	"mcp-companion/assets"
)

// PackageName is what the project of a server called name is called where only
// some letters are allowed: as a package of npm or of Python, as a folder on
// every system. It always ends in "server", so that it is no package's the project
// is built from (npm refuses that), nor a device's of Windows.
func PackageName(name string) string {
	slug := strings.Trim(strangers().ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(slug) > 100 {
		slug = strings.TrimRight(slug[:100], "-")
	}
	switch {
	case slug == "", slug == "server":
		return "my-server"
	case strings.HasSuffix(slug, "-server"):
		return slug
	}
	return slug + "-server"
}

var strangers = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^a-z0-9]+`) })

// contents makes the texts of all files, by name, for a server called name.
func (k kind) contents(name string) (map[string]string, error) {
	dir := "templates/" + k.id
	list, err := assets.Templates.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	with := struct{ Name, Package string }{name, PackageName(name)}
	all := map[string]string{}
	for _, f := range list {
		t, err := template.New(f.Name()).Funcs(ways).ParseFS(assets.Templates, path.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		if err := t.Execute(&b, with); err != nil {
			return nil, err
		}
		file := strings.TrimSuffix(f.Name(), ".tmpl")
		if name, ok := strings.CutPrefix(file, "dot-"); ok {
			file = "." + name
		}
		all[file] = b.String()
	}
	return all, nil
}

// ways are how a template puts a value in.
var ways = template.FuncMap{"literal": literal, "plain": plain}

// literal is text between quotes as JSON writes it, which TOML, TypeScript and
// Python read alike.
func literal(text string) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return "", err
	}
	// DEL may not stand in TOML as it is.
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`), nil
}

// plain is text for a line that people read.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text)
}

// isControl reports whether r ends a line, or shows as nothing.
func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
