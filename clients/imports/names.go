package imports

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mcp-companion/servers/catalog"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// capitals are words that are written in capitals whatever a name does.
var capitals = map[string]string{
	"api": "API", "url": "URL", "uri": "URI", "id": "ID", "aws": "AWS", "mcp": "MCP", "db": "DB", "dsn": "DSN", "sql": "SQL", "ssh": "SSH", "tls": "TLS",
	"ssl": "SSL", "http": "HTTP", "https": "HTTPS", "ip": "IP", "pat": "PAT", "gcp": "GCP", "json": "JSON", "csv": "CSV", "pdf": "PDF", "ai": "AI",
	"github": "GitHub", "gitlab": "GitLab", "openai": "OpenAI", "youtube": "YouTube", "mongodb": "MongoDB", "mysql": "MySQL", "postgresql": "PostgreSQL", "hubspot": "HubSpot",
}

// readable makes a label of a variable's name or a placeholder: BRAVE_API_KEY
// becomes "Brave API key".
func readable(name string) string {
	var list []string
	for i, w := range parts(name) {
		w = strings.ToLower(w)
		switch {
		case capitals[w] != "":
			w = capitals[w]
		case i == 0:
			r := []rune(w)
			w = string(unicode.ToUpper(r[0])) + string(r[1:])
		}
		list = append(list, w)
	}
	text := strings.Join(list, " ")
	if r := []rune(text); len(r) > 60 {
		text = strings.TrimSpace(string(r[:59])) + "…"
	}
	return text
}

// parts cuts a name at what is neither letter nor digit, and where a small letter
// is followed by a capital one.
func parts(name string) []string {
	var list []string
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		start, r := 0, []rune(w)
		for i := 1; i < len(r); i++ {
			if unicode.IsUpper(r[i]) && unicode.IsLower(r[i-1]) {
				list = append(list, string(r[start:i]))
				start = i
			}
		}
		list = append(list, string(r[start:]))
	}
	return list
}

// freeID makes a field's id of a name: letters and digits, and none that the
// text uses for something else.
func (m *maker) freeID(name string) string {
	var b strings.Builder
	for _, w := range parts(name) {
		w = strings.Map(func(r rune) rune {
			if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				return unicode.ToLower(r)
			}
			return -1
		}, w)
		if b.Len() > 0 && w != "" {
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		b.WriteString(w)
	}
	id := strings.TrimLeft(b.String(), "0123456789")
	if id == "" || hasKey(name) {
		id = "value"
	}
	id = strings.ToLower(id[:1]) + id[1:min(len(id), 34)]
	taken := func(id string) bool {
		return id == "package" || id == "item" || strings.Contains(m.text, "${"+id+"}") ||
			slices.ContainsFunc(m.fields, func(f catalog.Field) bool { return f.ID == id })
	}
	if !taken(id) {
		return id
	}
	for i := 2; ; i++ {
		if n := id + strconv.Itoa(i); !taken(n) {
			return n
		}
	}
}

// kindOf guesses how to ask for a value by what it is called.
func kindOf(name, example string) catalog.Kind {
	all := parts(strings.ToLower(name))
	has := func(list ...string) bool {
		return slices.ContainsFunc(all, func(w string) bool { return slices.Contains(list, w) })
	}
	switch {
	case has("directory", "dir", "folder", "folders", "directories", "workspace") && !has("id", "name"):
		return catalog.Folder
	case has("file", "filepath", "filename") && has("path", "file") && !has("id", "name"):
		return catalog.File
	case has("path") && fileEnding().MatchString(example):
		return catalog.File
	case has("path") && !strings.Contains(example, "://"):
		return catalog.Folder
	}
	return catalog.Text
}
