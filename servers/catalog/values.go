package catalog

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"mcp-companion/servers"
)

// ValuesOf reads an existing server's values back into the option's fields, to
// show it in its form. Of a server that the option is, every field is told, and
// is empty where the server has nothing for it; of another, which may move to the
// option, only what its variables, headers and flags tell. Secrets come as they
// stand in the server: references, which Build keeps.
func (p *Option) ValuesOf(s servers.Server) map[string][]string {
	r := &reading{Option: p, values: map[string][]string{}}
	r.named(p.Env, s.Env)
	r.named(p.Headers, s.Headers)
	isThis := p.starts(StartedBy(s))
	if isThis && p.IsRemote() {
		r.address(s.URL)
	}
	if isThis {
		r.args(p.bestArgs(s.Args), s.Args)
		r.rest()
	} else {
		r.flags(s.Args)
	}
	return r.values
}

// reading is a server being read back.
type reading struct {
	*Option
	values map[string][]string
}

// add notes a value; yes/no by what it is called.
func (r *reading) add(id, value string) {
	f := r.Field(id)
	if f == nil {
		return
	}
	if f.Kind == YesNo && f.TrueValue != "" && value == f.TrueValue {
		value = "true"
	}
	r.values[id] = append(r.values[id], value)
}

func (r *reading) named(templates, have map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		if id, v, ok := unfill(templates[name], have[name]); ok && len(r.values[id]) == 0 {
			r.add(id, v)
		}
	}
}

// address reads the fields of the address and its query.
func (r *reading) address(text string) {
	u, err := url.Parse(text)
	if err != nil {
		return
	}
	for name, t := range r.Query {
		if id, v, ok := unfill(t, u.Query().Get(name)); ok {
			r.add(id, v)
		}
	}
	text, _, _ = strings.Cut(text, "?")
	if id, v, ok := unfill(r.URL, text); ok {
		if plain, err := url.PathUnescape(v); err == nil {
			v = plain
		}
		r.add(id, v)
	}
}

// bestArgs are the templates of the system whose arguments fit, by their number
// of equal texts.
func (p *Option) bestArgs(args []string) []Arg {
	best, most := p.Launch.Args, -1
	for _, system := range append(slices.Sorted(maps.Keys(p.Overrides)), "") {
		list, n := p.launch(system).Args, 0
		for _, a := range list {
			if a.Text != "" && slices.Contains(args, a.Text) {
				n++
			}
		}
		if n >= most { // the usual ones win a draw
			best, most = list, n
		}
	}
	return best
}

// args walks templates and arguments together. What fits no template is passed
// over.
func (r *reading) args(templates []Arg, args []string) {
	for i, t := range templates {
		switch {
		case len(args) == 0:
			return
		case t.Each != "":
			args = r.each(t, templates[i+1:], args)
		case t.When != "":
			args = r.group(t, args)
		default:
			if id, v, ok := unfill(t.Text, args[0]); ok && id != "package" {
				r.add(id, v)
			}
			args = args[1:]
		}
	}
}

// each takes a value of a list as long as no later template begins with it.
func (r *reading) each(t Arg, later []Arg, args []string) []string {
	for len(args) >= len(t.Args) && !slices.ContainsFunc(later, func(a Arg) bool {
		return a.Text == args[0] && a.Text != "" || len(a.Args) > 0 && a.Args[0] == args[0]
	}) {
		for i, text := range t.Args {
			if id, v, ok := unfill(text, args[i]); ok && id == "item" {
				r.add(t.Each, v)
			}
		}
		args = args[len(t.Args):]
	}
	return args
}

// group takes arguments that are there only with a field.
func (r *reading) group(t Arg, args []string) []string {
	if len(args) < len(t.Args) {
		return args
	}
	for i, text := range t.Args {
		if _, _, ok := unfill(text, args[i]); !ok && text != args[i] {
			return args
		}
	}
	told := false
	for i, text := range t.Args {
		if id, v, ok := unfill(text, args[i]); ok {
			r.add(id, v)
			told = told || id == t.When
		}
	}
	if f := r.Field(t.When); !told && f != nil && f.Kind == YesNo {
		r.add(t.When, "true")
	}
	return args[len(t.Args):]
}

// flags finds the option's flags among another server's arguments.
func (r *reading) flags(args []string) {
	for _, t := range r.Launch.Args {
		if t.When == "" || !strings.HasPrefix(t.Args[0], "-") {
			continue
		}
		if at := slices.Index(args, t.Args[0]); at >= 0 {
			r.group(t, args[at:])
		}
	}
}

// rest says of the fields that were not found that they are empty, but for those
// that no server tells.
func (r *reading) rest() {
	for _, f := range r.Fields {
		if _, ok := r.values[f.ID]; ok || f.OAuthClient != "" {
			continue
		}
		r.values[f.ID] = []string{}
		if f.Kind == YesNo && !f.EmitFalse {
			r.values[f.ID] = []string{"false"}
		}
	}
}

// unfill finds the value that a template with one field became.
func unfill(template, text string) (id, value string, ok bool) {
	at := fieldRule().FindAllStringSubmatchIndex(template, -1)
	if len(at) != 1 || text == "" {
		return "", "", false
	}
	before, after := template[:at[0][0]], template[at[0][1]:]
	if !strings.HasPrefix(text, before) || !strings.HasSuffix(text, after) || len(text) <= len(before)+len(after) {
		return "", "", false
	}
	return template[at[0][2]:at[0][3]], text[len(before) : len(text)-len(after)], true
}
