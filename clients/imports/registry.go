package imports

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// published is a registry's server.json, in any shape that was published. Those
// before 2025-09-16 write names with underscores; they are put right first.
type published struct {
	Name        string    `json:"name"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	WebsiteURL  string    `json:"websiteUrl"`
	Status      string    `json:"status"`
	Packages    []release `json:"packages"`
	Remotes     []far     `json:"remotes"`
	Repository  struct {
		URL string `json:"url"`
	} `json:"repository"`
}

// release is one package of it.
type release struct {
	Registry   string  `json:"registryType"`
	Identifier string  `json:"identifier"`
	Name       string  `json:"name"` // the identifier, in the oldest shape
	Version    string  `json:"version"`
	Runtime    string  `json:"runtimeHint"`
	RuntimeA   []input `json:"runtimeArguments"`
	PackageA   []input `json:"packageArguments"`
	Env        []input `json:"environmentVariables"`
	Transport  far     `json:"transport"`
}

// far is an address.
type far struct {
	Type      string           `json:"type"`
	URL       string           `json:"url"`
	Headers   []input          `json:"headers"`
	Variables map[string]input `json:"variables"`
}

// input is an argument, a variable or a header, with what is to be filled in.
type input struct {
	Type        string           `json:"type"` // positional, named
	Name        string           `json:"name"`
	ValueHint   string           `json:"valueHint"`
	IsRepeated  bool             `json:"isRepeated"`
	Description string           `json:"description"`
	IsRequired  loose            `json:"isRequired"`
	IsSecret    loose            `json:"isSecret"`
	Default     json.RawMessage  `json:"default"`
	Choices     []any            `json:"choices"`
	Format      string           `json:"format"`
	Placeholder string           `json:"placeholder"`
	Value       string           `json:"value"`
	Variables   map[string]input `json:"variables"`
}

// loose is yes or no, which some write as a text.
type loose bool

func (l *loose) UnmarshalJSON(data []byte) error {
	*l = loose(isTrue(data))
	return nil
}

// oldNames are the names with underscores, and what they are called today.
var oldNames = map[string]string{
	"registry_type": "registryType", "registry_name": "registryType", "registryName": "registryType", "registry_base_url": "registryBaseUrl", "runtime_hint": "runtimeHint",
	"runtime_arguments": "runtimeArguments", "package_arguments": "packageArguments", "environment_variables": "environmentVariables", "file_sha256": "fileSha256",
	"transport_type": "type", "is_required": "isRequired", "is_secret": "isSecret", "is_repeated": "isRepeated", "value_hint": "valueHint",
	"website_url": "websiteUrl",
}

// renamed puts today's names into a value, but for the variables' own.
func renamed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if name == "variables" {
				if m, ok := value.(map[string]any); ok {
					for k := range m {
						m[k] = renamed(m[k])
					}
				}
				continue
			}
			value = renamed(value)
			if now := oldNames[name]; now != "" {
				delete(v, name)
				name = now
			}
			if name == "transport" {
				if text, ok := value.(string); ok { // the oldest shape
					value = map[string]any{"type": text}
				}
			}
			v[name] = value
		}
	case []any:
		for i := range v {
			v[i] = renamed(v[i])
		}
	}
	return v
}

// ofRegistry reads a server.json, a registry's answer around one, or its list.
func ofRegistry(data []byte) ([]catalog.Offer, error) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, nothing()
	}
	top, _ := v.(map[string]any)
	all, isList := top["servers"].([]any)
	if !isList {
		all = []any{top}
	}
	var out []catalog.Offer
	err := nothing()
	for _, one := range all {
		m, _ := one.(map[string]any)
		if inner, ok := m["server"].(map[string]any); ok {
			m = inner
		}
		o, wrong := ofPublished(m)
		if wrong != nil {
			err = wrong
			continue
		}
		out = append(out, o)
	}
	if len(out) == 0 {
		return nil, err
	}
	return out, nil
}

func ofPublished(m map[string]any) (catalog.Offer, error) {
	b, err := json.Marshal(renamed(m))
	if err != nil {
		return catalog.Offer{}, err
	}
	var p published
	if err := json.Unmarshal(b, &p); err != nil {
		return catalog.Offer{}, nothing()
	}
	var raws []raw
	var notes []string
	for _, r := range p.Packages {
		one, note := r.raw()
		if note != "" {
			notes = append(notes, note)
			continue
		}
		raws = append(raws, one)
	}
	for _, f := range p.Remotes {
		if one, ok := f.raw(); ok {
			raws = append(raws, one)
		}
	}
	o, err := p.offer(raws, notes)
	if err != nil && len(notes) > 0 && len(raws) == 0 {
		return o, words.New(words.ImportKind, nil, "Text", strings.Join(notes, " "))
	}
	return o, err
}

// offer makes one Offer of all the ways to run the server.
func (p *published) offer(raws []raw, notes []string) (catalog.Offer, error) {
	var whole catalog.Offer
	err := nothing()
	for i, r := range raws {
		r.name, r.title, r.about = shortName(p.Name), p.Title, p.Description
		if r.title == "" {
			r.title = readable(shortName(p.Name))
		}
		o, wrong := r.offer()
		if wrong != nil {
			err = wrong
			continue
		}
		option := o.Options[0]
		option.ID, option.Recommended = fmt.Sprintf("option%d", i+1), len(whole.Options) == 0
		if whole.Options == nil {
			whole = o
			whole.Options = nil
		} else {
			notes = append(notes, o.Notes...)
			if whole.Match == nil {
				whole.Match = o.Match
			}
		}
		whole.Options = append(whole.Options, option)
	}
	if len(whole.Options) == 0 {
		return whole, err
	}
	for _, n := range notes {
		if !slices.Contains(whole.Notes, n) {
			whole.Notes = append(whole.Notes, n)
		}
	}
	for _, page := range []string{p.WebsiteURL, p.Repository.URL} {
		if whole.Homepage == "" && strings.HasPrefix(page, "https://") && !hasKey(page) {
			whole.Homepage = page
		}
	}
	if p.Status == "deprecated" || p.Status == "deleted" {
		whole.Status.State = "deprecated"
		whole.Notes = append(whole.Notes, words.Say("import.note.deprecated"))
	}
	return whole, nil
}

// shortName is what of a registry's name tells servers apart: "io.github.someone/
// notes-mcp" is notes-mcp, and "com.notion/mcp" is notion.
func shortName(name string) string {
	owner, last, ok := strings.Cut(name, "/")
	if ok && slices.Contains([]string{"mcp", "server", "mcp-server"}, last) {
		return owner[strings.LastIndexByte(owner, '.')+1:]
	}
	if ok {
		return last
	}
	return name
}

// runners are the programs that fetch and run a registry's packages.
var runners = map[string]struct {
	program string
	first   []string
	flags   []string // that the program itself takes; others in front are the package's
}{
	"npm":   {"npx", []string{"-y"}, []string{"-y", "--yes", "-p", "--package", "-q", "--quiet", "-c", "--call", "--registry", "--prefer-offline"}},
	"pypi":  {"uvx", nil, []string{"--from", "--with", "--python", "-p", "--index-url", "--index", "--extra-index-url", "--prerelease", "--refresh", "-q", "--isolated"}},
	"oci":   {"docker", []string{"run", "-i", "--rm"}, nil},
	"nuget": {"dnx", nil, []string{"--yes", "-y", "--source", "--prerelease"}},
}

// raw makes a raw of a package; note is a sentence where it can't be.
func (p *release) raw() (r raw, note string) {
	if p.Identifier == "" {
		p.Identifier = p.Name
	}
	kind := strings.ToLower(p.Registry)
	if kind == "docker" || kind == "docker-hub" || kind == "dockerhub" {
		kind = "oci"
	}
	run, ok := runners[kind]
	switch {
	case kind == "mcpb":
		return r, words.Say("import.note.bundle")
	case !ok || p.Identifier == "":
		return r, words.Say("import.note.kind", "Kind", shown(p.Registry))
	case p.Transport.Type != "" && p.Transport.Type != "stdio":
		return r, words.Say("import.note.listens")
	}
	r = raw{command: run.program, repeats: true, label: words.Say("import.option." + kind), asked: map[string]catalog.Field{}, env: map[string]string{}}
	front, behind := r.inputArgs(p.RuntimeA), r.inputArgs(p.PackageA)
	if kind != "oci" {
		front, behind = misplaced(front, behind, run.flags)
	}
	r.args = withFirst(run.first, front)
	var names []string
	for _, e := range p.Env {
		if e.Name == "" {
			continue
		}
		r.env[e.Name] = r.inputValue(e, e.Name)
		names = append(names, e.Name)
	}
	if kind == "oci" {
		for _, n := range names {
			if !slices.Contains(r.args, n) {
				r.args = append(r.args, "-e", n)
			}
		}
	}
	r.args = append(append(r.args, p.spec(kind)), behind...)
	return r, ""
}

// unresolved is a version that its publisher's tools were to fill in.
var unresolved = configs.Pattern(`(?i)[:@]v?(\$\{?\w*version\}?|\{\{\s*\w*version\s*\}\})$`)

// spec names the package, with its version where that is one.
func (p *release) spec(kind string) string {
	p.Identifier = unresolved().ReplaceAllString(p.Identifier, "")
	v := strings.TrimPrefix(p.Version, "v")
	if v == "" || v == "latest" || strings.ContainsAny(v, "${}^~<> *") {
		return p.Identifier
	}
	if kind == "oci" {
		if at := strings.LastIndexByte(p.Identifier, ':'); at > strings.LastIndexByte(p.Identifier, '/') || strings.Contains(p.Identifier, "@") {
			return p.Identifier
		}
		return p.Identifier + ":" + p.Version
	}
	return p.Identifier + "@" + v
}

// withFirst is the arguments a program always gets, and those of the text that
// are not among them.
func withFirst(first, rest []string) []string {
	out := slices.Clone(first)
	for i, a := range rest {
		if slices.Contains(first, a) && (i < len(first) || a != "-e") || a == "--yes" && slices.Contains(first, "-y") || a == "--interactive" && slices.Contains(first, "-i") {
			continue
		}
		out = append(out, a)
	}
	return out
}

// misplaced moves what the program in front does not know to the package behind.
func misplaced(front, behind, known []string) ([]string, []string) {
	var keep, move []string
	for i := 0; i < len(front); i++ {
		to := &move
		if name, _, _ := strings.Cut(front[i], "="); slices.Contains(known, name) {
			to = &keep
		}
		*to = append(*to, front[i])
		if strings.HasPrefix(front[i], "-") && !strings.Contains(front[i], "=") && i+1 < len(front) && !strings.HasPrefix(front[i+1], "-") && front[i] != "-y" && front[i] != "-q" {
			i++
			*to = append(*to, front[i])
		}
	}
	return keep, append(move, behind...)
}

// inputArgs makes arguments, in which ${input:...} stands for what is to be
// filled in.
func (r *raw) inputArgs(list []input) []string {
	var out []string
	for n, in := range list {
		key := in.ValueHint
		if in.Type == "named" || key == "" {
			key = strings.TrimLeft(in.Name, "-")
		}
		if key == "" {
			key = fmt.Sprintf("value%d", n+1)
		}
		for _, taken := r.asked[key]; taken; _, taken = r.asked[key] {
			key += " 2"
		}
		isNamed := in.Type == "named" || in.Type == "" && strings.HasPrefix(in.Name, "-")
		hasInput := in.Value != "" || len(in.Default) > 0 || in.ValueHint != "" || in.Placeholder != "" || bool(in.IsSecret) || len(in.Choices) > 0 || in.Format != ""
		switch {
		case isNamed && in.Format == "boolean" && in.Value == "":
			r.ask(key, in, catalog.YesNo)
			out = append(out, "${input:"+key+"}")
			f := r.asked[key]
			f.TrueValue, f.EmitFalse, f.Required = in.Name, false, false
			r.asked[key] = f
		case isNamed && !hasInput && in.Description == "":
			out = append(out, in.Name)
		case isNamed:
			if in.Name != "" {
				out = append(out, in.Name)
			}
			out = append(out, r.inputValue(in, key))
		default:
			out = append(out, r.inputValue(in, key))
		}
	}
	return out
}

var curly = configs.Pattern(`\{([A-Za-z_][\w.-]*)\}`)

// inputValue is a fixed value with its variables to be filled in, or what is to
// be filled in itself.
func (r *raw) inputValue(in input, key string) string {
	value := in.Value
	if value == "" || isReference(value) {
		r.ask(key, in, "")
		return "${input:" + key + "}"
	}
	return r.curlies(value, in.Variables, bool(in.IsSecret), in.Description)
}

// isReference reports whether a fixed value is only a variable of the author's.
func isReference(text string) bool {
	return strings.HasPrefix(text, "$") && strings.HasSuffix(text, "}") && strings.Count(text, "$") == 1
}

// curlies puts a reference in the place of each {variable}.
func (r *raw) curlies(value string, variables map[string]input, secret bool, about string) string {
	return curly().ReplaceAllStringFunc(value, func(m string) string {
		name := m[1 : len(m)-1]
		v, ok := variables[name]
		if !ok {
			v = input{IsRequired: true, IsSecret: loose(secret), Description: about}
		}
		r.ask(name, v, "")
		return "${input:" + name + "}"
	})
}

// ask makes a field of an input.
func (r *raw) ask(key string, in input, kind catalog.Kind) {
	f := catalog.Field{
		Kind: kind, Label: labelOf(in.Description, key), Help: in.Description, Placeholder: in.Placeholder,
		Required: bool(in.IsRequired), Default: typed(in.Default), Multiple: in.IsRepeated,
	}
	if f.Help == f.Label {
		f.Help = ""
	}
	for _, c := range in.Choices {
		f.Choices = append(f.Choices, catalog.Selection{Value: plainText(c), Label: plainText(c)})
	}
	if kind == "" {
		f.Kind = kindOfInput(in, key)
	}
	r.asked[key] = ask(f, key)
}

func kindOfInput(in input, key string) catalog.Kind {
	hint := strings.ToLower(in.ValueHint + " " + key)
	switch {
	case bool(in.IsSecret), configs.LooksSecret(key, "") && len(in.Choices) == 0 && in.Format != "boolean" && in.Format != "number" && in.Format != "filepath" && !aboutKeys().MatchString(key):
		return catalog.Secret
	case len(in.Choices) > 1:
		return catalog.Choice
	case in.Format == "number":
		return catalog.Number
	case in.Format == "boolean":
		return catalog.YesNo
	case in.Format == "filepath" && (strings.Contains(hint, "dir") || strings.Contains(hint, "folder") || strings.Contains(hint, "root") || strings.Contains(hint, "path")) && !strings.Contains(hint, "file"):
		return catalog.Folder
	case in.Format == "filepath":
		return catalog.File
	}
	return catalog.Text
}

// raw makes a raw of an address.
func (f *far) raw() (raw, bool) {
	r := raw{asked: map[string]catalog.Field{}, label: words.Say("import.option.remote"), headers: map[string]string{}}
	r.sse = f.Type == "sse" && !strings.HasSuffix(f.URL, "/mcp")
	r.url = r.curlies(f.URL, f.Variables, false, "")
	for _, h := range f.Headers {
		if h.Name != "" {
			r.headers[h.Name] = r.inputValue(h, h.Name)
		}
	}
	return r, f.URL != "" && r.check() == nil
}
