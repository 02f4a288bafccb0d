package imports

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/servers/catalog"
	"mcp-companion/words"
)

// raw is a server as a text spells it, before keys and placeholders are found in
// it. Every reader makes raws; offer makes an Offer of one.
type raw struct {
	name, title, about string

	command string
	args    []string
	cwd     string
	env     map[string]string

	url     string
	headers map[string]string
	sse     bool

	// asked is what the text itself asks for, by the names that ${input:NAME} refers
	// to.
	asked map[string]catalog.Field

	start, call int // time limits, in seconds; 0 for none

	repeats bool // a flag before a list stands before each of its values

	label   string // of the option, where there are several
	notes   []string
	ignored []string // members that we have no place for
	off     bool
}

// check is servers.Server's, on what was written.
func (r *raw) check() error {
	s := servers.Server{Command: r.command, Args: r.args, Env: r.env, URL: r.url, Headers: r.headers}
	if strings.Contains(s.URL, "${") || strings.ContainsAny(s.URL, "<>{}") { // what is filled in later
		s.URL = "https://filled.in.later"
	}
	err := s.Check()
	if err != nil && hasKey(err.Error()) {
		return words.New(words.ImportKey, nil)
	}
	return err
}

// note adds a sentence once.
func (r *raw) note(text string) {
	if text != "" && !slices.Contains(r.notes, text) {
		r.notes = append(r.notes, text)
	}
}

// offer makes an Offer with one option. The error is a Problem: a key stands
// where nothing can hide it, or what is left is no server.
func (r raw) offer() (catalog.Offer, error) {
	o := catalog.Offer{Title: shown(r.title), Summary: shown(r.about), Status: catalog.Status{State: "active"}, Off: r.off}
	option, moved, err := r.option()
	if err != nil {
		return o, err
	}
	o.Options = []catalog.Option{option}
	if moved > 0 {
		o.Notes = append(o.Notes, words.Say("import.note.keys", "Count", moved))
	}
	o.Notes = append(o.Notes, r.notes...)
	if len(r.ignored) > 0 {
		o.Notes = append(o.Notes, words.Say("import.note.ignored", "Names", shown(strings.Join(r.ignored, ", "))))
	}
	known(&o, &o.Options[0])
	o.Name = r.proposed(&o)
	if o.Title == "" {
		o.Title = o.Name
	}
	return o, nil
}

// proposed is the name to give the server.
func (r *raw) proposed(o *catalog.Offer) string {
	name := Name(r.name)
	if r.name == "" {
		s, _, err := o.Options[0].Sketch("linux", nil)
		switch {
		case err != nil:
		case o.Match != nil && !o.Match.LooksAlike:
			name = o.Match.Offer.ID
		default:
			name = Name(guess(s))
		}
	}
	if configs.LooksSecret("", name) || hasKey(r.name) {
		return "server"
	}
	return name
}

// option fills in a catalog.Option; moved is how many keys were taken out.
func (r *raw) option() (p catalog.Option, moved int, err error) {
	m := &maker{raw: r}
	if m.isBridge() {
		m.text = r.whole()
	}
	p = catalog.Option{ID: "pasted", Label: r.label, Recommended: true, Transport: "stdio", StartTimeout: r.start, CallTimeout: r.call}
	if p.Label == "" {
		p.Label = words.Say("import.option")
	}
	if r.url != "" {
		p.Runtime, p.Transport = "remote", "streamable-http"
		if r.sse {
			p.Transport = "sse"
		}
		r.unuser()
		p.URL = m.template("", r.url, inAddress)
		p.Headers = m.templates(r.headers, inHeader)
	} else {
		m.undocker()
		p.Launch.Command = m.template("command", r.command, inPath)
		p.Launch.Args = m.arguments(r.args)
		p.Cwd = m.template("cwd", r.cwd, inPath)
		p.Env = m.templates(r.env, inEnv)
		p.Runtime, p.Requires = needs(r.command, r.args)
	}
	p.Fields = m.sorted()
	if m.stuck || leaks(&p, r.env, r.headers) {
		return p, 0, words.New(words.ImportKey, nil)
	}
	return p, m.moved, nil
}

// unuser makes a header of the name and password in an address: there they would
// be seen, and few servers take them there.
func (r *raw) unuser() {
	u, err := url.Parse(r.url)
	if err != nil || u.User == nil {
		return
	}
	password, ok := u.User.Password()
	if !ok || r.headers["Authorization"] != "" {
		return
	}
	r.header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	u.User = nil
	r.url = u.String()
}

// whole is everything that the text says, to see which names are taken in it.
func (r *raw) whole() string {
	b, _ := json.Marshal([]any{r.command, r.args, r.cwd, r.env, r.url, r.headers})
	return string(b)
}

// leaks reports whether a key would still stand in the server, or a name in it
// is one.
func leaks(p *catalog.Option, env, headers map[string]string) bool {
	for _, m := range []map[string]string{env, headers} {
		for name := range m {
			if hasKey(name) {
				return true
			}
		}
	}
	s, _, err := p.Sketch("linux", nil)
	b, _ := json.Marshal(s)
	return err != nil || hasKey(unreferred(string(b)))
}

// unreferred is text without the ids of the secrets it refers to, which may be
// named after anything.
func unreferred(text string) string {
	return servers.Expand(text, func(string) string { return "" })
}

// needs says how a program is run and what must be here for it.
func needs(command string, args []string) (runtime string, list []catalog.Requirement) {
	name := strings.ToLower(command[strings.LastIndexAny(command, `/\`)+1:])
	name, _, _ = strings.Cut(name, ".")
	if name == "cmd" && len(args) > 1 && strings.EqualFold(args[0], "/c") {
		return needs(args[1], args[2:])
	}
	switch name {
	case "npx", "node", "npm":
		return map[bool]string{true: "npx", false: "binary"}[name == "npx"], []catalog.Requirement{{Kind: "node"}}
	case "uvx", "uv":
		return "uvx", []catalog.Requirement{{Kind: "uv"}}
	case "docker":
		return "docker", []catalog.Requirement{{Kind: "docker"}}
	}
	return "binary", nil
}

// known looks the offer up in the catalogue, and says what it knows.
func known(o *catalog.Offer, p *catalog.Option) {
	s, _, err := p.Sketch("linux", nil)
	if err != nil {
		return
	}
	if m, ok := catalog.Recognise(s); ok {
		o.Match = &m
		o.Notes = append(o.Notes, matchWords(m)...)
		if !m.LooksAlike {
			o.Risk, o.Privacy, o.Homepage, o.Category = m.Offer.Risk, m.Offer.Privacy, m.Offer.Homepage, m.Offer.Category
		}
		return
	}
	what := catalog.StartedBy(s)
	if meant, ok := catalog.DidYouMean(what.Kind, what.Name); ok {
		o.Notes = append(o.Notes, words.Say("import.note.meant", "Name", shown(what.Name), "Package", meant.Package, "Title", meant.Offer.Title))
	}
}

func matchWords(m catalog.Match) []string {
	var list []string
	switch {
	case m.LooksAlike:
		list = append(list, words.Say("import.note.alike", "Title", m.Offer.Title))
	case m.Retired:
		list = append(list, words.Say("import.note.retired", "Title", m.Offer.Title))
	case m.Outdated && m.MoveTo != nil:
		list = append(list, words.Say("import.note.outdated", "Title", m.MoveTo.Title, "Option", m.Move.Label))
	}
	if m.Note != "" {
		list = append(list, m.Note)
	}
	return list
}
