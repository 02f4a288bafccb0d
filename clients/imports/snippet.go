package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// places are where clients keep their servers, nil for the top.
var places = [][]string{{"mcpServers"}, {"servers"}, {"mcp", "servers"}, {"mcp", "mcpServers"}, {"context_servers"}, {"mcp"}, {"amp.mcpServers"}, {"mcp_servers"}, {"extensions"}, nil}

// ofJSON reads a client's settings, or a part of them, as JSON with all the
// mistakes that pages have.
func ofJSON(text string) ([]raw, error) {
	text = strings.TrimRight(strings.TrimSpace(text), ", \n;")
	if strings.HasPrefix(text, "[") {
		text = `{"mcpServers": ` + text + "}"
	}
	d, mended, err := parseLoosely(text)
	if d == nil {
		return nil, brokenText(text, err)
	}
	list, none := ofDocument(d)
	switch {
	case none != nil && mended:
		return nil, brokenText(text, err)
	case none != nil:
		return nil, none
	case mended:
		for i := range list {
			list[i].note(words.Say("import.note.mended"))
		}
	}
	return list, nil
}

// brokenText says in which line a text can't be read. The parser's words end
// where they quote the text: what stands there may be a key.
func brokenText(text string, err error) error {
	var s *configs.SyntaxError
	if errors.As(err, &s) && strings.ContainsAny(text, "{}") {
		plain := *s
		plain.Msg, _, _ = strings.Cut(s.Msg, `"`)
		plain.Msg = shown(strings.TrimRight(plain.Msg, ": "))
		return words.New(words.FileBroken, &plain, "Line", s.Line, "Column", s.Column, "Text", plain.Msg)
	}
	return nothing()
}

// parseLoosely tries the text as it is, then with plain quotes, then as members
// without the braces around them, then without its typing mistakes: mended says
// so. The error is the first one's.
func parseLoosely(text string) (d configs.Document, mended bool, err error) {
	plain := straight(text)
	tries := []string{text, plain}
	if strings.HasPrefix(plain, `"`) {
		tries = append(tries, "{"+plain+"}", "{"+plain)
		plain = "{" + plain
	}
	for _, t := range tries {
		d, failed := configs.Parse("the text", []byte(t), configs.JSONC)
		if failed == nil {
			return d, false, nil
		}
		if err == nil {
			err = failed
		}
	}
	for _, t := range []string{text, plain} {
		if data, failed := configs.Repair("the text", []byte(t), configs.JSONC); failed == nil {
			d, failed = configs.Parse("the text", data, configs.JSONC)
			return d, failed == nil, err
		}
	}
	return nil, false, err
}

// ofDocument finds the servers in a document of any format.
func ofDocument(d configs.Document) ([]raw, error) {
	asked := inputsOf(d)
	var list []raw
	for _, at := range places {
		if value, ok := d.Value(at...); ok && len(at) > 0 && value[0] == '[' {
			list = listed(value)
		}
		names, _ := d.Names(at...)
		for _, n := range names {
			value, _ := d.Value(append(slices.Clone(at), n)...)
			if r, ok := spell(n, value); ok {
				r.asked = asked
				list = append(list, r)
			}
		}
		if len(list) > 0 {
			return list, nil
		}
	}
	if r, ok := whole(d); ok {
		r.asked = asked
		return []raw{r}, nil
	}
	return nil, words.New(words.ImportNothing, nil)
}

// listed reads servers that stand in a list, each with its name in it.
func listed(value []byte) []raw {
	var all []json.RawMessage
	if json.Unmarshal(value, &all) != nil {
		return nil
	}
	var list []raw
	for _, v := range all {
		var named struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(v, &named)
		if r, ok := spell(named.Name, v); ok {
			list = append(list, r)
		}
	}
	return list
}

// whole reads a document that is one server's value, with "name" or none.
func whole(d configs.Document) (raw, bool) {
	m := map[string]json.RawMessage{}
	names, _ := d.Names()
	for _, n := range names {
		m[n], _ = d.Value(n)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return raw{}, false
	}
	name := ""
	_ = json.Unmarshal(m["name"], &name)
	return spell(name, text)
}

// guess finds what a command line starts, or where an address leads: a name for
// it.
func guess(s servers.Server) string {
	if s.IsRemote() {
		_, host, _ := strings.Cut(s.URL, "://")
		host, _, _ = strings.Cut(host, "/")
		host, _, _ = strings.Cut(host, ":")
		if local().MatchString(host) {
			return "local"
		}
		labels := slices.DeleteFunc(strings.Split(host, "."), func(l string) bool {
			return slices.Contains([]string{"mcp", "www", "api", "com", "io", "ai", "dev", "app", "org", "net", "co", "sh", "server"}, l)
		})
		if len(labels) == 0 {
			return host
		}
		return labels[len(labels)-1]
	}
	if what := catalog.StartedBy(s); what.Kind != "" && what.Kind != "program" && what.Kind != "url" {
		return what.Name
	}
	for i, a := range s.Args {
		isValue := i > 0 && strings.HasPrefix(s.Args[i-1], "--") && !strings.Contains(s.Args[i-1], "=")
		if name := telling(a); name != "" && !strings.HasPrefix(a, "-") && !isValue {
			return name
		}
	}
	return s.Command[strings.LastIndexAny(s.Command, `/\`)+1:]
}

// telling is the last part of a path that says what it is, "" for none.
func telling(path string) string {
	if at := strings.LastIndexByte(path, '@'); at > 0 {
		path = path[:at]
	}
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' })
	for _, p := range slices.Backward(parts) {
		p = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(p, ".js"), ".py"), ".ts")
		if !slices.Contains(untelling, strings.ToLower(p)) {
			return p
		}
	}
	return ""
}

var untelling = []string{"run", "exec", "start", "x", "dlx", "tool", "mcp", "stdio", "serve", "server", "index", "main", "app", "cli", "dist", "build", "src", "bin", "out"}

// spelled is a server in any of the spellings that clients have for one.
type spelled struct {
	Command     json.RawMessage `json:"command"` // text; a list in opencode
	Cmd         string          `json:"cmd"`
	Args        args            `json:"args"`
	Env         map[string]any  `json:"env"`
	Environment map[string]any  `json:"environment"`
	Envs        map[string]any  `json:"envs"`
	Cwd         string          `json:"cwd"`
	Working     string          `json:"working_directory"`
	URL         string          `json:"url"`
	ServerURL   string          `json:"serverUrl"`
	HTTPURL     string          `json:"httpUrl"`
	URI         string          `json:"uri"`
	Headers     map[string]any  `json:"headers"`
	HTTPHeaders map[string]any  `json:"http_headers"`
	EnvHeaders  map[string]any  `json:"env_http_headers"`     // Codex: header to variable
	Bearer      string          `json:"bearer_token_env_var"` // likewise
	RequestOpts json.RawMessage `json:"requestOptions"`       // Continue
	Type        string          `json:"type"`
	Transport   json.RawMessage `json:"transport"` // Cline nests the server in it
	Description string          `json:"description"`
	StartLimit  float64         `json:"startup_timeout_sec"` // Codex
	CallLimit   float64         `json:"tool_timeout_sec"`
	Disabled    json.RawMessage `json:"disabled"`
	Enabled     json.RawMessage `json:"enabled"`
	Config      json.RawMessage `json:"config"` // some wrap the server in it
}

// args takes a list, in which numbers and yes/no may stand too, and one text.
type args []string

func (a *args) UnmarshalJSON(data []byte) error {
	var list []any
	text := ""
	switch {
	case json.Unmarshal(data, &text) == nil:
		*a, _ = splitWords(text)
		return nil
	case json.Unmarshal(data, &list) != nil:
		return nil // unusable; what is left may be a server yet
	}
	for _, v := range list {
		if v != nil {
			*a = append(*a, plainText(v))
		}
	}
	return nil
}

var lostSlash = configs.Pattern("^[A-Za-z]:[\b\f\n\r\t]")

// backslashed gives a Windows path its backslashes back, where JSON took one and
// the letter behind it for a tab or a line end: C:\temp.
func backslashed(text string) string {
	if !lostSlash().MatchString(text) {
		return text
	}
	return strings.NewReplacer("\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text)
}

func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return backslashed(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[string]any, []any:
		b, _ := json.Marshal(v)
		return string(b)
	}
	return fmt.Sprint(v)
}

// understood are the members that we have a place for, or need not keep.
var understood = []string{
	"command", "cmd", "args", "env", "environment", "envs", "cwd", "working_directory", "url", "serverUrl", "httpUrl", "uri", "headers", "http_headers",
	"env_http_headers", "bearer_token_env_var", "requestOptions", "type", "transport", "transportType", "description", "disabled", "enabled", "config", "name", "inputs",
	"display_name", "bundled", "env_keys", "$schema", "id", "source", "startup_timeout_sec", "tool_timeout_sec",
}

// Entry reads one server's value as a client spells it; ok is false where it is
// none.
func Entry(name string, value []byte) (f Found, ok bool) {
	r, ok := spell(name, value)
	return r.found(), ok
}

// spell reads one server's value.
func spell(name string, value []byte) (r raw, ok bool) {
	var s spelled
	if json.Unmarshal(value, &s) != nil {
		return raw{name: name}, false
	}
	for _, inner := range []json.RawMessage{s.Transport, s.Config} {
		var nested spelled
		if len(inner) > 0 && inner[0] == '{' && len(s.Command) == 0 && s.URL == "" && json.Unmarshal(inner, &nested) == nil {
			nested.Disabled, nested.Enabled, nested.Description = s.Disabled, s.Enabled, s.Description
			s = nested
		}
	}
	r = raw{name: name, about: s.Description, cwd: s.Cwd + s.Working, start: limit(s.StartLimit), call: limit(s.CallLimit)}
	r.command, r.args = command(s)
	for _, u := range []string{s.URL, s.ServerURL, s.HTTPURL, s.URI} {
		if r.url == "" {
			r.url = u
		}
	}
	r.env = merged(s.Env, s.Environment, s.Envs)
	r.headers = merged(s.Headers, s.HTTPHeaders, requestHeaders(s.RequestOpts))
	for header, variable := range merged(s.EnvHeaders) {
		r.header(header, "${env:"+variable+"}")
	}
	if s.Bearer != "" {
		r.header("Authorization", "Bearer ${env:"+s.Bearer+"}")
	}
	var transport string
	_ = json.Unmarshal(s.Transport, &transport)
	r.sse = strings.EqualFold(s.Type, "sse") || strings.EqualFold(transport, "sse")
	r.off = isTrue(s.Disabled) || isFalse(s.Enabled)
	if r.url != "" {
		r.command, r.args = "", nil
	}
	r.keepNames(value)
	return r, r.check() == nil
}

// limit is a number of seconds that can be one.
func limit(n float64) int {
	if n >= 1 && n <= 24*60*60 {
		return int(n)
	}
	return 0
}

func (r *raw) header(name, value string) {
	if r.headers == nil {
		r.headers = map[string]string{}
	}
	r.headers[name] = value
}

// keepNames notes the members that are lost.
func (r *raw) keepNames(value []byte) {
	m := map[string]json.RawMessage{}
	_ = json.Unmarshal(value, &m)
	for _, name := range sorted(m) {
		if !slices.Contains(understood, name) {
			r.ignored = append(r.ignored, name)
		}
	}
}

// isTrue and isFalse read yes and no, which some write as texts.
func isTrue(v json.RawMessage) bool  { return strings.Trim(string(v), `"`) == "true" }
func isFalse(v json.RawMessage) bool { return strings.Trim(string(v), `"`) == "false" }

func requestHeaders(options json.RawMessage) map[string]any {
	var o struct {
		Headers map[string]any `json:"headers"`
	}
	_ = json.Unmarshal(options, &o)
	return o.Headers
}

// command reads a command and its arguments: apart, as one list, or all in one
// text, as some links have it.
func command(s spelled) (string, []string) {
	var text string
	var list []string
	if json.Unmarshal(s.Command, &list) == nil && len(list) > 0 {
		return list[0], append(list[1:], s.Args...)
	}
	if json.Unmarshal(s.Command, &text) != nil || text == "" {
		text = s.Cmd
	}
	if l, ok := SplitLine(text); ok && len(s.Args) == 0 && len(l.Args) > 0 && commandWord().MatchString(l.Command) {
		return l.Command, l.Args
	}
	return text, s.Args
}

// found is a Found of what was spelled.
func (r *raw) found() Found {
	f := Found{Name: Name(r.name), Server: servers.Server{Command: r.command, Args: r.args, Cwd: r.cwd, URL: r.url}}
	f.Server.Env, f.Env = lift(r.env)
	f.Server.Headers, f.Headers = lift(r.headers)
	if r.name == "" && r.command != "" {
		f.Name = Name(guess(f.Server))
	}
	return f
}

// merged is all members as text: clients take numbers and yes/no as well.
func merged(maps ...map[string]any) map[string]string {
	out := map[string]string{}
	for _, m := range maps {
		for k, v := range m {
			if v != nil {
				out[k] = plainText(v)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// inputsOf reads what VS Code's settings ask for beside the servers.
func inputsOf(d configs.Document) map[string]catalog.Field {
	value, ok := d.Value("inputs")
	if !ok {
		if value, ok = d.Value("mcp", "inputs"); !ok {
			return nil
		}
	}
	return inputs(value)
}

func inputs(value []byte) map[string]catalog.Field {
	var list []struct {
		Type        string            `json:"type"`
		ID          string            `json:"id"`
		Description string            `json:"description"`
		Password    bool              `json:"password"`
		Default     json.RawMessage   `json:"default"`
		Options     []json.RawMessage `json:"options"`
	}
	if json.Unmarshal(value, &list) != nil {
		return nil
	}
	asked := map[string]catalog.Field{}
	for _, i := range list {
		f := catalog.Field{Kind: catalog.Text, Required: true, Label: labelOf(i.Description, i.ID), Default: typed(i.Default)}
		if f.Label != i.Description {
			f.Help = i.Description
		}
		for _, o := range i.Options {
			c := choice(o)
			f.Kind, f.Choices = catalog.Choice, append(f.Choices, c)
		}
		if i.Password || configs.LooksSecret(i.ID, "") {
			f.Kind = catalog.Secret
		}
		asked[i.ID] = ask(f, i.ID)
	}
	return asked
}

// ask puts a field right whose text says too little, or too much: a default that
// is a key is given, not shown.
func ask(f catalog.Field, name string) catalog.Field {
	if strings.Contains(f.Default, "${secret:") { // another server's
		f.Default = ""
	}
	if hasKey(f.Default) {
		f.Kind = catalog.Secret
	}
	f.Choices = slices.DeleteFunc(f.Choices, func(c catalog.Selection) bool { return hasKey(c.Value + " " + c.Label) })
	if f.Kind == catalog.Choice && len(f.Choices) == 0 {
		f.Kind = catalog.Text
	}
	if f.Kind == catalog.Secret {
		if f.Default != "" && !IsPlaceholder(f.Default) {
			f.Given = catalog.Given{f.Default}
		}
		f.Default, f.Choices, f.Multiple = "", nil, false
	}
	if f.Kind == catalog.Text {
		f.Kind = kindOf(name, f.Default)
	}
	if f.Kind == catalog.Choice && !slices.ContainsFunc(f.Choices, func(c catalog.Selection) bool { return c.Value == f.Default }) {
		f.Default = ""
	}
	if f.Check(f.Default) != nil {
		f.Placeholder, f.Default = f.Default, ""
	}
	f.Label, f.Help = shown(f.Label), shown(f.Help)
	if hasKey(f.Placeholder) {
		f.Placeholder = ""
	}
	return f
}

// choice is one of a list, as a text or with a label.
func choice(value json.RawMessage) catalog.Selection {
	var o struct {
		Value json.RawMessage `json:"value"`
		Label string          `json:"label"`
	}
	if json.Unmarshal(value, &o) == nil && len(o.Value) > 0 {
		if o.Label == "" {
			o.Label = typed(o.Value)
		}
		return catalog.Selection{Value: typed(o.Value), Label: o.Label}
	}
	return catalog.Selection{Value: typed(value), Label: typed(value)}
}

// typed is a JSON value as it would be typed, "" for none.
func typed(value json.RawMessage) string {
	var v any
	if len(value) == 0 || json.Unmarshal(value, &v) != nil || v == nil {
		return ""
	}
	return plainText(v)
}

// labelOf is the first sentence of a description where that is short, else the
// name made readable.
func labelOf(description, name string) string {
	first := strings.TrimSpace(sentence().Split(description, 2)[0])
	first = strings.TrimRight(first, ".: ")
	if first != "" && len([]rune(first)) <= 60 && !strings.ContainsAny(first, "\n\r`") {
		return first
	}
	return readable(name)
}

var sentence = configs.Pattern(`[.!?:] |\n|[.:]$`)
