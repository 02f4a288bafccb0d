package imports

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
)

// Taken is what a client's own entry says, as a server that does the same when it
// is started without that client. It is made of the values as they stand; nothing
// is proposed or mended.
type Taken struct {
	Name   string // made one that servers.CheckName takes
	Server servers.Server
	Keys   []Key // the Server refers to each as ${secret:ID}

	// Stays says why it can't be taken over; "" where it can.
	Stays Stay
}

// Key is a value that looks like a key. It stands nowhere in the Server.
type Key struct {
	ID    string
	Name  string // of its variable, header or flag
	Value string // "" where the entry has a placeholder()
}

// Value is the key that a reference names.
func (t Taken) Value(id string) string {
	i := slices.IndexFunc(t.Keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return ""
	}
	return t.Keys[i].Value
}

// Stay is why an entry is of no use without its client.
type Stay string

// The reasons.
const (
	StaysPart      Stay = "part"      // it is neither a program nor an address
	StaysUnread    Stay = "unread"    // its values are none a server can have
	StaysReference Stay = "reference" // the client fills in a value
	StaysExtra     Stay = "extra"     // a setting that only the client understands
	StaysKey       Stay = "key"       // a key stands where nothing can hide it
)

// filledIn is what clients replace before they start a server: ${VAR}, ${env:VAR},
// ${input:x}, opencode's {env:VAR}, and in some $VAR. The launcher does not.
var filledIn = configs.Pattern(`\$\{|\{(?:env|file):|(?:^|[/=:])\$[A-Za-z_]`)

// extras are settings without which the server would not be the same, and which a
// Server has no place for: who makes its headers, a file of variables, a sign-in of
// the client's own, keys that the client keeps.
var extras = []string{"headersHelper", "envFile", "oauth", "auth", "authProviderType", "env_keys", "sandbox", "dev"}

// ownFolder is how values name the account's folder, which is the same for whoever
// fills it in.
var ownFolder = configs.Pattern(`\$\{(?:env:)?(?:HOME|USERPROFILE)\}|\$\{userHome\}|\{env:HOME\}|\$HOME\b`)

// settle fills the account's folder in.
func (r *raw) settle(home string) {
	if home == "" {
		return
	}
	in := func(text string) string { return ownFolder().ReplaceAllLiteralString(text, home) }
	r.command, r.cwd, r.args = in(r.command), in(r.cwd), slices.Clone(r.args)
	for i, a := range r.args {
		r.args[i] = in(a)
	}
	for name, v := range r.env {
		r.env[name] = in(v)
	}
}

// Take reads one server's value as a client spells it. home is the account's folder,
// "" for unknown.
func Take(name string, value []byte, home string) Taken {
	r, ok := spell(name, value)
	r.settle(home)
	t := Taken{Name: Name(name)}
	switch {
	case r.command == "" && r.url == "":
		t.Stays = StaysPart
	case r.isFilledIn():
		t.Stays = StaysReference
	case !ok:
		t.Stays = StaysUnread
	case hasExtra(value):
		t.Stays = StaysExtra
	}
	if t.Stays != "" {
		return t
	}
	(&maker{raw: &r}).undocker()
	r.unuser()
	h := &hider{}
	t.Server = servers.Server{
		Command: r.command, Args: h.args(r.args), Cwd: r.cwd, URL: h.address(r.url),
		Env: h.named(r.env, ""), Headers: h.named(r.headers, inHeaders), StartTimeout: r.start, CallTimeout: r.call,
	}
	t.Keys = h.keys
	if b, err := json.Marshal(t.Server); err != nil || hasKey(unreferred(string(b))) || servers.HasSecret(r.whole()) {
		return Taken{Name: t.Name, Stays: StaysKey}
	}
	return t
}

// isFilledIn reports whether the client has to fill something in first.
func (r *raw) isFilledIn() bool {
	list := append([]string{r.command, r.cwd, r.url}, r.args...)
	for _, m := range []map[string]string{r.env, r.headers} {
		for _, v := range m {
			list = append(list, v)
		}
	}
	return slices.ContainsFunc(list, filledIn().MatchString)
}

// hasExtra reports whether one of the extras says something.
func hasExtra(value []byte) bool {
	m := map[string]json.RawMessage{}
	_ = json.Unmarshal(value, &m)
	return slices.ContainsFunc(extras, func(name string) bool {
		return !slices.Contains([]string{"", "null", "false", "[]", "{}", `""`}, string(m[name]))
	})
}

// hider puts references in the place of keys.
type hider struct{ keys []Key }

// hide is a reference to a key; one value that stands twice is one key.
func (h *hider) hide(name, value string) string {
	for _, k := range h.keys {
		if k.Value == value && value != "" && k.Name == name {
			return servers.SecretRef(k.ID)
		}
	}
	k := Key{"key" + strconv.Itoa(len(h.keys)+1), name, value}
	h.keys = append(h.keys, k)
	return servers.SecretRef(k.ID)
}

const inHeaders = "header"

// named hides keys among variables or headers.
func (h *hider) named(values map[string]string, where string) map[string]string {
	var out map[string]string
	for _, name := range sorted(values) {
		if out == nil {
			out = map[string]string{}
		}
		out[name] = h.value(name, values[name], where == inHeaders)
	}
	return out
}

// value hides a key that is all of a value, but for the word before it in a header.
func (h *hider) value(name, value string, header bool) string {
	word := ""
	if header {
		word = wordOfKeys().FindString(value)
	}
	rest := value[len(word):]
	switch {
	case rest == "": // meant so: it may be one that is not needed
	case configs.LooksSecret(name, "") && IsPlaceholder(rest) && !noKey().MatchString(rest):
		return word + h.hide(name, "")
	case isKey(name, rest), word != "", header && keyHeader().MatchString(name) && opaque().MatchString(rest):
		return word + h.hide(name, rest)
	case strings.Contains(value, "://"):
		return h.address(value)
	}
	return value
}

// args hides keys among arguments, by the flag or the name before them or by their
// looks.
func (h *hider) args(list []string) []string {
	var out []string
	for i := range list {
		name, value, before := namedArg(list, i)
		word := wordOfKeys().FindString(value)
		rest := value[len(word):]
		switch {
		case isKey(name, rest), word != "" && opaque().MatchString(rest):
			out = append(out, before+word+h.hide(firstOf(name, strings.TrimSpace(word)), rest))
		case strings.Contains(list[i], "://"):
			out = append(out, h.address(list[i]))
		default:
			out = append(out, list[i])
		}
	}
	return out
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

var (
	queryKey = configs.Pattern(`([?&])([\w.-]*(?i:key|token|secret|password|auth|sig)[\w.-]*)=([^&#\s"']+)`)
	userKey  = configs.Pattern(`(://[^/\s:@"']*:)([^/\s@"']+)(@)`)
	pathKey  = configs.Pattern(`/([A-Za-z0-9_-]{30,})\b`)
)

// address hides the keys in one: a password, parts of its query, a part of its path
// that is nothing but random.
func (h *hider) address(text string) string {
	text = userKey().ReplaceAllStringFunc(text, func(m string) string {
		p := userKey().FindStringSubmatch(m)
		return p[1] + h.hide("password", p[2]) + p[3]
	})
	text = queryKey().ReplaceAllStringFunc(text, func(m string) string {
		p := queryKey().FindStringSubmatch(m)
		if noKey().MatchString(p[3]) {
			return m
		}
		return p[1] + p[2] + "=" + h.hide(p[2], p[3])
	})
	return pathKey().ReplaceAllStringFunc(text, func(m string) string {
		if !isRandom(m[1:], text) {
			return m
		}
		return "/" + h.hide("URL", m[1:])
	})
}
