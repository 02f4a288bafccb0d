package imports

import (
	"encoding/json"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// dockerServer is the part of a server.yaml of Docker's catalogue that a form is
// made of. Source: docker/mcp-registry pkg/servers/types.go.
type dockerServer struct {
	Name  string `json:"name"`
	Image string `json:"image"`
	Type  string `json:"type"` // server, remote, poci
	About struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"about"`
	Run struct {
		Command []string          `json:"command"`
		Volumes []string          `json:"volumes"`
		User    string            `json:"user"`
		Env     map[string]string `json:"env"`
	} `json:"run"`
	Remote struct {
		Transport string            `json:"transport_type"`
		URL       string            `json:"url"`
		Headers   map[string]string `json:"headers"`
	} `json:"remote"`
	Config struct {
		Secrets []struct {
			Name        string `json:"name"`
			Env         string `json:"env"`
			Example     string `json:"example"`
			Description string `json:"description"`
			Required    *bool  `json:"required"`
		} `json:"secrets"`
		Env []struct {
			Name    string          `json:"name"`
			Example json.RawMessage `json:"example"`
			Value   json.RawMessage `json:"value"`
		} `json:"env"`
		Parameters struct {
			Properties map[string]property `json:"properties"`
			Required   []string            `json:"required"`
		} `json:"parameters"`
	} `json:"config"`
}

// property is the part of JSON Schema that a field can be made of.
type property struct {
	Type        string          `json:"type"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Default     json.RawMessage `json:"default"`
	Enum        []any           `json:"enum"`
	Format      string          `json:"format"`
	Minimum     *float64        `json:"minimum"`
	Maximum     *float64        `json:"maximum"`
}

// isDocker reports whether a document is a server.yaml.
func isDocker(d configs.Document) bool {
	names, _ := d.Names()
	has := func(n string) bool { return slices.Contains(names, n) }
	return has("name") && (has("image") || has("remote")) && (has("about") || has("config") || has("source") || has("meta"))
}

// isSmithery reports whether a document starts its server with a program of its
// own, which we never run to see what it would start.
func isSmithery(d configs.Document) bool {
	_, ok := d.Value("startCommand", "commandFunction")
	return ok
}

// ofDocker reads a server.yaml.
func ofDocker(d configs.Document) ([]raw, error) {
	all := map[string]json.RawMessage{}
	names, _ := d.Names()
	for _, n := range names {
		all[n], _ = d.Value(n)
	}
	var s dockerServer
	b, err := json.Marshal(all)
	if err != nil || json.Unmarshal(b, &s) != nil || s.Type == "poci" {
		return nil, words.New(words.ImportKind, nil)
	}
	r := raw{name: s.Name, title: s.About.Title, about: s.About.Description, asked: s.asked(), env: map[string]string{}, repeats: true}
	t := templates{raw: &r}
	if s.Image == "" {
		r.url, r.sse = t.fill(s.Remote.URL), s.Remote.Transport == "sse"
		r.headers = map[string]string{}
		for name, value := range s.Remote.Headers {
			r.headers[name] = s.refer(t.fill(value))
		}
	} else {
		r.command, r.args = "docker", s.args(&t)
	}
	if t.unknown {
		return nil, words.New(words.ImportKind, nil, "Text", words.Say("import.note.template"))
	}
	return []raw{r}, r.check()
}

// asked makes fields of the secrets and parameters.
func (s *dockerServer) asked() map[string]catalog.Field {
	asked := map[string]catalog.Field{}
	for _, x := range s.Config.Secrets {
		asked[x.Env] = ask(catalog.Field{
			Kind: catalog.Secret, Label: labelOf(x.Description, x.Env), Help: x.Description, Required: x.Required == nil || *x.Required,
		}, x.Env)
	}
	for name, p := range s.Config.Parameters.Properties {
		asked[name] = p.field(name, slices.Contains(s.Config.Parameters.Required, name))
	}
	return asked
}

// field makes a field of a property.
func (p property) field(name string, required bool) catalog.Field {
	f := catalog.Field{Kind: catalog.Text, Label: p.Title, Help: p.Description, Required: required, Default: typed(p.Default), Min: p.Minimum, Max: p.Maximum}
	if f.Label == "" {
		f.Label = labelOf(p.Description, name)
	}
	for _, e := range p.Enum {
		f.Choices = append(f.Choices, catalog.Selection{Value: plainText(e), Label: plainText(e)})
	}
	list := []string{}
	switch {
	case len(p.Enum) > 1:
		f.Kind = catalog.Choice
	case p.Type == "number" || p.Type == "integer":
		f.Kind = catalog.Number
	case p.Type == "boolean":
		f.Kind, f.EmitFalse = catalog.YesNo, true
	case p.Format == "password" || configs.LooksSecret(name, ""):
		f.Kind = catalog.Secret
	case p.Type == "array":
		f.Multiple = true
		if json.Unmarshal(p.Default, &list) == nil { // one of the author's own folders, most often
			f.Default = ""
		}
	}
	return ask(f, name)
}

// args are docker's, in the order in which docker wants them.
func (s *dockerServer) args(t *templates) []string {
	args := []string{"run", "-i", "--rm"}
	for _, v := range s.Run.Volumes {
		args = append(args, "-v", t.fill(v))
	}
	if s.Run.User != "" {
		args = append(args, "-u", t.fill(s.Run.User))
	}
	for _, name := range sorted(s.Run.Env) {
		t.env[name] = t.fill(s.Run.Env[name])
	}
	for _, e := range s.Config.Env {
		t.env[e.Name] = t.fill(typed(e.Value))
	}
	for _, x := range s.Config.Secrets {
		t.env[x.Env] = "${input:" + x.Env + "}"
	}
	for _, name := range sorted(t.env) {
		args = append(args, "-e", name)
	}
	args = append(args, s.Image)
	for _, c := range s.Run.Command {
		args = append(args, t.fill(c))
	}
	return args
}

// refer makes references of ${VARIABLE}s that are secrets.
func (s *dockerServer) refer(text string) string {
	for _, x := range s.Config.Secrets {
		text = strings.ReplaceAll(text, "${"+x.Env+"}", "${input:"+x.Env+"}")
	}
	return text
}

// templates fills in {{server.parameter|filter}}.
type templates struct {
	*raw
	unknown bool // there is a filter that we don't know
}

var template = configs.Pattern(`\{\{\s*([\w.-]+?)\s*((?:\|\s*[\w-]+\s*)*)\}\}`)

func (t *templates) fill(text string) string {
	return template().ReplaceAllStringFunc(text, func(m string) string {
		part := template().FindStringSubmatch(m)
		name := part[1][strings.IndexByte(part[1], '.')+1:]
		f, ok := t.asked[name]
		if !ok {
			f = catalog.Field{Kind: catalog.Text, Label: readable(name)}
		}
		ref := "${input:" + name + "}"
		out := ref
		for _, filter := range strings.FieldsFunc(part[2], func(r rune) bool { return r == '|' || r == ' ' }) {
			switch filter {
			case "volume":
				f.Kind, out = catalog.Folder, ref+":"+ref
			case "volume-target":
				f.Kind = catalog.Folder
			case "into": // a list becomes several arguments, as it does anyway
			default:
				t.unknown = true
			}
		}
		t.asked[name] = f
		return out
	})
}
