package imports

import (
	"encoding/json"
	"fmt"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Snippet reads the text a server's page tells its users to copy: a client's
// settings, a part of one, or one server's; with comments, trailing commas and
// Markdown fences. The error is a Problem that names the line.
func Snippet(text string) ([]Found, error) {
	text = unfence(text)
	d, err := configs.Parse("the text", []byte(text), configs.JSONC)
	if err != nil {
		// "name": {...} without the braces around it
		if wrapped, again := configs.Parse("the text", []byte("{"+text+"}"), configs.JSONC); again == nil {
			d, err = wrapped, nil
		}
	}
	if err != nil {
		if s, ok := err.(*configs.SyntaxError); ok && strings.ContainsAny(text, "{}") {
			return nil, words.New(words.FileBroken, err, "File", s.Path, "Line", s.Line, "Column", s.Column, "Text", s.Msg)
		}
		return nil, words.New(words.ImportNothing, err)
	}
	var list []Found
	for _, at := range [][]string{{"mcpServers"}, {"servers"}, {"mcp", "servers"}, {"context_servers"}, {"mcp"}, {"amp.mcpServers"}, nil} {
		names, _ := d.Names(at...)
		for _, n := range names {
			raw, _ := d.Value(append(append([]string{}, at...), n)...)
			if f, ok := Entry(n, raw); ok {
				list = append(list, f)
			}
		}
		if len(list) > 0 {
			return list, nil
		}
	}
	if top, ok := whole(d); ok {
		return []Found{top}, nil
	}
	return nil, words.New(words.ImportNothing, nil)
}

// whole reads a text that is one server's value, without a name.
func whole(d configs.Document) (Found, bool) {
	m := map[string]json.RawMessage{}
	names, _ := d.Names()
	for _, n := range names {
		m[n], _ = d.Value(n)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return Found{}, false
	}
	f, ok := Entry("", raw)
	if ok && f.Server.Command != "" {
		f.Name = Name(guess(f.Server))
	}
	return f, ok
}

// guess finds what a command line starts: the first argument that is no flag.
func guess(s servers.Server) string {
	for _, a := range s.Args {
		if !strings.HasPrefix(a, "-") {
			if at := strings.LastIndexByte(a, '@'); at > 0 {
				a = a[:at]
			}
			return a
		}
	}
	return s.Command
}

// unfence takes the text out of Markdown's ``` lines and makes plain quotes of
// typographic ones, which web pages and chat programs put in.
func unfence(text string) string {
	if _, rest, ok := strings.Cut(text, "```"); ok {
		if _, body, ok := strings.Cut(rest, "\n"); ok {
			text, _, _ = strings.Cut(body, "```")
		}
	}
	return strings.NewReplacer("\u201c", `"`, "\u201d", `"`, "\u00a0", " ").Replace(strings.TrimRight(strings.TrimSpace(text), ","))
}

// spelled is a server in any of the spellings that clients have for one.
type spelled struct {
	Command     json.RawMessage `json:"command"` // text; a list in opencode
	Cmd         string          `json:"cmd"`
	Args        []string        `json:"args"`
	Env         map[string]any  `json:"env"`
	Environment map[string]any  `json:"environment"`
	Envs        map[string]any  `json:"envs"`
	Cwd         string          `json:"cwd"`
	URL         string          `json:"url"`
	ServerURL   string          `json:"serverUrl"`
	HTTPURL     string          `json:"httpUrl"`
	URI         string          `json:"uri"`
	Headers     map[string]any  `json:"headers"`
	HTTPHeaders map[string]any  `json:"http_headers"`
	Transport   json.RawMessage `json:"transport"` // Cline nests the server in it
}

// Entry reads one server's value as a client spells it; ok is false where it is
// none.
func Entry(name string, raw []byte) (f Found, ok bool) {
	var s spelled
	if json.Unmarshal(raw, &s) != nil {
		return Found{}, false
	}
	var nested spelled
	if len(s.Transport) > 0 && s.Transport[0] == '{' && json.Unmarshal(s.Transport, &nested) == nil {
		s = nested
	}
	f.Name = Name(name)
	f.Server.Command, f.Server.Args = command(s)
	f.Server.Cwd = s.Cwd
	for _, u := range []string{s.URL, s.ServerURL, s.HTTPURL, s.URI} {
		if f.Server.URL == "" {
			f.Server.URL = u
		}
	}
	f.Server.Env, f.Env = lift(merged(s.Env, s.Environment, s.Envs))
	f.Server.Headers, f.Headers = lift(merged(s.Headers, s.HTTPHeaders))
	if f.Server.IsRemote() {
		f.Server.Command, f.Server.Args = "", nil
	}
	return f, f.Server.Check() == nil
}

func command(s spelled) (string, []string) {
	var text string
	var list []string
	switch {
	case json.Unmarshal(s.Command, &text) == nil && text != "":
		return text, s.Args
	case json.Unmarshal(s.Command, &list) == nil && len(list) > 0:
		return list[0], append(list[1:], s.Args...)
	}
	return s.Cmd, s.Args
}

// merged is all members as text: clients take numbers and yes/no as well.
func merged(maps ...map[string]any) map[string]string {
	out := map[string]string{}
	for _, m := range maps {
		for k, v := range m {
			if v != nil {
				out[k] = fmt.Sprint(v)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
