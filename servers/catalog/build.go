package catalog

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mcp-companion/servers"
	"mcp-companion/words"
)

// Build makes the server that the option is with these values, by field; a field
// that is not among them has what the text gave, else its default. os is
// windows, linux, darwin or macos.
//
// A secret stands in the server as servers.SecretRef of its field's id, and its
// value, where it has one, is in secrets under that id: whoever keeps it gives
// both a new id (Relabel). A secret's value may be such a reference itself, to one
// that is kept already: it stays. The error is a Problem that names the field.
func (p *Option) Build(os string, values map[string][]string) (s servers.Server, secrets map[string]string, err error) {
	b := p.filled(values)
	s, err = b.whole(os)
	return s, b.secrets, err
}

// BuildWaiting is Build where keys may be missing yet. waiting lists the required
// secret fields without a value: the server refers to them all the same, and can't
// start before they are there.
func (p *Option) BuildWaiting(os string, values map[string][]string) (s servers.Server, secrets map[string]string, waiting []string, err error) {
	b := p.filled(values)
	b.waits = true
	s, err = b.whole(os)
	waiting, _ = p.Missing(values)
	return s, b.secrets, waiting, err
}

// Missing lists the required fields that have no value: the keys, as BuildWaiting's
// waiting, and all others.
func (p *Option) Missing(values map[string][]string) (keys, others []string) {
	b := p.filled(values)
	b.waits = true
	for i := range b.Fields {
		switch f := &b.Fields[i]; {
		case !f.Required || len(b.values[f.ID]) > 0:
		case b.mayWait(f):
			keys = append(keys, f.ID)
		default:
			others = append(others, f.ID)
		}
	}
	return keys, others
}

// whole is the server, of values that are complete.
func (b *building) whole(os string) (s servers.Server, err error) {
	if err = b.check(); err == nil {
		s, err = b.server(os)
	}
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		b.secrets = nil
		return servers.Server{}, err
	}
	return s, nil
}

// mayWait reports whether a required field may be filled in later: a key of the
// server's, not one of its sign-in.
func (b *building) mayWait(f *Field) bool {
	return b.waits && f.Required && f.Kind == Secret && f.OAuthClient == ""
}

// foreign is an error where s refers to a secret that is none of the option's
// fields: a text that was pasted must not reach for another server's key.
func (b *building) foreign(s servers.Server) error {
	for _, id := range s.SecretIDs() {
		if f := b.Field(id); (f == nil || f.Kind != Secret) && !slices.Contains(b.kept, id) {
			return fmt.Errorf("a value refers to a key of another server")
		}
	}
	return nil
}

// Sketch is Build for values that are not complete yet: to show what will run,
// and to keep what was pasted before all of it is known. A required secret that
// is missing is referred to and not in secrets; another required value stands as
// its example.
func (p *Option) Sketch(os string, values map[string][]string) (s servers.Server, secrets map[string]string, err error) {
	b := p.filled(values)
	b.sketch = true
	s, err = b.server(os)
	return s, b.secrets, err
}

// Client is what the option's own sign-in client is called and its secret, both
// "" where it has none. They are not for the server.
func (p *Option) Client(values map[string][]string) (id, secret string) {
	b := p.filled(values)
	for _, f := range p.Fields {
		switch f.OAuthClient {
		case "id":
			id = b.text(&f)
		case "secret":
			secret = b.text(&f)
		}
	}
	return id, secret
}

// Relabel is s with every secret it refers to under the id that f gives it.
func Relabel(s servers.Server, f func(id string) string) servers.Server {
	anew := func(text string) string {
		return servers.Expand(text, func(id string) string { return servers.SecretRef(f(id)) })
	}
	s.Env, s.Headers, s.Args = maps.Clone(s.Env), maps.Clone(s.Headers), slices.Clone(s.Args)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for k, v := range m {
			m[k] = anew(v)
		}
	}
	for i, a := range s.Args {
		s.Args[i] = anew(a)
	}
	s.URL = anew(s.URL)
	return s
}

// building is an option being filled in.
type building struct {
	*Option
	values  map[string][]string // what is not empty, by field
	secrets map[string]string
	kept    []string // ids of secrets that values refer to
	sketch  bool
	waits   bool // required keys may be missing
}

func (p *Option) filled(typed map[string][]string) *building {
	b := &building{Option: p, values: map[string][]string{}, secrets: map[string]string{}}
	for i := range p.Fields {
		f := &p.Fields[i]
		list, ok := typed[f.ID]
		if f.Kind == Secret && len(list) == 1 {
			if before, id, after, is := servers.CutSecret(list[0]); is && before+after == "" {
				b.values[f.ID], b.kept = list, append(b.kept, id)
				continue
			}
		}
		if !ok {
			list = f.Given
		}
		if !ok && len(list) == 0 && f.Default != "" {
			list = []string{f.Default}
		}
		for _, v := range list {
			if v = f.Clean(v); v != "" {
				b.values[f.ID] = append(b.values[f.ID], v)
			}
		}
	}
	return b
}

// check says what is missing or can't be.
func (b *building) check() error {
	for i := range b.Fields {
		f := &b.Fields[i]
		if f.Required && len(b.values[f.ID]) == 0 && !b.mayWait(f) {
			return words.New(words.ValueMissing, nil, "Field", f.Label)
		}
		for _, v := range b.values[f.ID] {
			if b.isKept(v) {
				continue
			}
			if err := f.Check(v); err != nil {
				return err
			}
		}
	}
	for _, group := range b.OneOf {
		if slices.ContainsFunc(group, func(id string) bool { return len(b.values[id]) > 0 }) {
			continue
		}
		var labels []string
		for _, id := range group {
			labels = append(labels, b.Field(id).Label)
		}
		return words.New(words.ValueOneOf, nil, "Fields", strings.Join(labels, ", "))
	}
	return nil
}

func (b *building) server(os string) (servers.Server, error) {
	s := servers.Server{StartTimeout: b.StartTimeout, CallTimeout: b.CallTimeout}
	var err error
	if b.IsRemote() {
		if s.URL, err = b.address(); err == nil {
			s.Headers, err = b.named(b.Headers)
		}
		return s, errors.Join(err, b.foreign(s))
	}
	launch := b.launch(os)
	if s.Command, _, err = b.expand(launch.Command, visible, nil); err != nil {
		return s, err
	}
	if s.Args, err = b.args(launch.Args); err != nil {
		return s, err
	}
	if s.Cwd, _, err = b.expand(b.Cwd, nowhere, nil); err != nil {
		return s, err
	}
	s.Env, err = b.named(b.Env)
	return s, errors.Join(err, b.foreign(s))
}

// launch is the program for a system: an override takes the place of the whole
// list, it adds nothing.
func (p *Option) launch(os string) Launch {
	if os == "darwin" {
		os = "macos"
	}
	l, own := p.Launch, p.Overrides[os]
	if own.Command != "" {
		l.Command = own.Command
	}
	if own.Args != nil {
		l.Args = own.Args
	}
	return l
}

// args builds the arguments. One that holds an empty field is left out.
func (b *building) args(list []Arg) ([]string, error) {
	var out []string
	add := func(text, item string) error {
		after := ""
		if len(out) > 0 {
			after = out[len(out)-1]
		}
		a, ok, err := b.expand(text, visible, map[string]string{"item": item, "after": after})
		if ok {
			out = append(out, a)
		}
		return err
	}
	for _, a := range list {
		texts, items := a.Args, []string{""}
		switch {
		case a.When == "" && a.Each == "":
			texts = []string{a.Text}
		case a.When != "" && !b.has(a.When, a.Equals):
			continue
		case a.Each != "":
			items = b.each(a.Each)
		}
		for _, item := range items {
			for _, t := range texts {
				if err := add(t, item); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// has reports whether a field is filled in, and with value where one is given.
func (b *building) has(id, value string) bool {
	f := b.Field(id)
	if f == nil {
		return false
	}
	text := b.text(f)
	return text != "" && (value == "" || text == value)
}

// each lists a field's values; in a sketch, its example where it needs one.
func (b *building) each(id string) []string {
	f := b.Field(id)
	if list := b.values[id]; len(list) > 0 || f == nil {
		return list
	}
	if example := b.text(f); example != "" {
		return []string{example}
	}
	return nil
}

// text is a field's value as a server gets it, "" for one that is left out.
func (b *building) text(f *Field) string {
	list := b.values[f.ID]
	switch {
	case f.Kind == YesNo && slices.Equal(list, []string{"false"}) && !f.EmitFalse:
		return ""
	case f.Kind == YesNo && slices.Equal(list, []string{"true"}) && f.TrueValue != "":
		return f.TrueValue
	case len(list) > 0 || !b.sketch || !f.Required || f.Kind == Secret:
		return strings.Join(list, ",")
	case f.Placeholder != "" && !strings.ContainsAny(f.Placeholder, " \t\r\n\x00"):
		return f.Placeholder
	}
	return "<" + f.Label + ">"
}

// named builds variables or headers. One that holds an empty field is left out.
func (b *building) named(templates map[string]string) (map[string]string, error) {
	var out map[string]string
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		v, ok, err := b.expand(templates[name], hidden, nil)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = v
	}
	return out, nil
}

// address builds the URL and its query.
func (b *building) address() (string, error) {
	base, _, err := b.expand(b.URL, address, nil)
	if err != nil {
		return "", err
	}
	var query []string
	for _, name := range slices.Sorted(maps.Keys(b.Query)) {
		v, ok, err := b.expand("?"+b.Query[name], address, nil)
		if err != nil {
			return "", err
		}
		if ok {
			query = append(query, url.QueryEscape(name)+"="+v[1:])
		}
	}
	if len(query) == 0 {
		return base, nil
	}
	glue := "?"
	if strings.Contains(base, "?") {
		glue = "&"
	}
	return base + glue + strings.Join(query, "&"), nil
}

// place says where a template's text goes, and so what it may hold.
type place int

const (
	hidden  place = iota // a variable or a header: keys may stand there
	visible              // the command line: only keys that have no other way
	address              // likewise; values are escaped
	nowhere              // no keys at all
)

var fieldRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([a-z][A-Za-z0-9]{0,39})\}`) })

// expand puts values in the place of ${field}; what names no field stays as it
// is. ok is false where a field is empty, so that the whole is left out.
func (b *building) expand(template string, at place, more map[string]string) (text string, ok bool, err error) {
	var out strings.Builder
	ok = true
	for {
		m := fieldRule().FindStringSubmatchIndex(template)
		if m == nil {
			break
		}
		before, id, rest := template[:m[0]], template[m[2]:m[3]], template[m[1]:]
		out.WriteString(before)
		v, known, problem := b.value(id, at, out.String(), rest, more)
		switch {
		case problem != nil:
			return "", false, problem
		case !known:
			v = template[m[0]:m[1]]
		case v == "":
			ok = false
		}
		out.WriteString(v)
		template = rest
	}
	out.WriteString(template)
	return out.String(), ok, nil
}

// value is what ${id} stands for between before and rest.
func (b *building) value(id string, at place, before, rest string, more map[string]string) (v string, known bool, err error) {
	f := b.Field(id)
	switch item, isItem := more[id]; {
	case id == "package" && b.Package != nil:
		return b.Package.spec(b.Pinned, more["after"] == "--from"), true, nil
	case id == "item" && isItem:
		return item, true, nil
	case f == nil:
		return "", false, nil
	case f.Kind == Secret && (at == nowhere || at != hidden && !f.Exposed):
		return "", true, fmt.Errorf("field %s is secret and would be seen", id)
	case f.Kind == Secret:
		return b.secret(f, at), true, nil
	}
	v = b.text(f)
	switch {
	case at != address, len(b.values[f.ID]) == 0: // an example is shown as it is
	case before == "": // the whole beginning
		if strings.HasPrefix(rest, "/") {
			v = strings.TrimRight(v, "/")
		}
	case strings.Contains(before, "?"):
		v = url.QueryEscape(v)
	default:
		v = url.PathEscape(v)
	}
	return v, true, nil
}

// secret is the reference to a field's secret, and "" where it has none.
func (b *building) secret(f *Field, at place) string {
	v := b.text(f)
	if v == "" {
		if b.sketch && f.Required || b.mayWait(f) {
			return servers.SecretRef(f.ID)
		}
		return ""
	}
	if b.isKept(v) {
		return v
	}
	if at == address {
		v = url.QueryEscape(v)
	}
	b.secrets[f.ID] = v
	return servers.SecretRef(f.ID)
}

// isKept reports whether a value is a reference to a secret that is kept already.
func (b *building) isKept(v string) bool {
	return slices.ContainsFunc(b.kept, func(id string) bool { return v == servers.SecretRef(id) })
}

// spec is the package as its manager wants it named.
func (p *Package) spec(pinned, afterFrom bool) string {
	switch {
	case p.Checked == "" || !pinned && !p.PreRelease:
		return p.Name
	case p.Registry == "oci":
		return p.Name + ":" + p.Checked
	case p.Registry == "pypi" && afterFrom:
		return p.Name + "==" + p.Checked
	}
	return p.Name + "@" + p.Checked
}
