package imports

import (
	"encoding/json"
	"slices"
	"strconv"

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

// longestKey is how long a key may be that a store takes, in bytes.
const longestKey = 50_000

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
	keys := &taker{}
	t.Server = servers.Server{
		Command: r.command, Args: hider{keys.hide}.args(r.args), Cwd: r.cwd, URL: hider{keys.hide}.value("URL", r.url, inAddress),
		Env: keys.named(r.env, inEnv), Headers: keys.named(r.headers, inHeader), StartTimeout: r.start, CallTimeout: r.call,
	}
	t.Keys = keys.keys
	if slices.ContainsFunc(t.Keys, func(k Key) bool { return len(k.Value) > longestKey }) {
		return Taken{Name: t.Name, Stays: StaysKey}
	}
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

// taker puts references in the place of keys.
type taker struct{ keys []Key }

// hide is a reference to a key; one value that stands twice is one key.
func (t *taker) hide(name, value string) string {
	name = firstOf(name, "key")
	for _, k := range t.keys {
		if k.Value == value && value != "" && k.Name == name {
			return servers.SecretRef(k.ID)
		}
	}
	k := Key{"key" + strconv.Itoa(len(t.keys)+1), name, value}
	t.keys = append(t.keys, k)
	return servers.SecretRef(k.ID)
}

// named takes keys from variables or headers, also those that are still to be
// filled in.
func (t *taker) named(values map[string]string, at place) map[string]string {
	var out map[string]string
	for _, name := range sorted(values) {
		if out == nil {
			out = map[string]string{}
		}
		word := ""
		if at == inHeader {
			word = wordOfKeys().FindString(values[name])
		}
		rest := values[name][len(word):]
		switch {
		case rest == "": // meant so: it may be one that is not needed
			out[name] = values[name]
		case configs.LooksSecret(name, "") && IsPlaceholder(rest) && !noKey().MatchString(rest):
			out[name] = word + t.hide(name, "")
		default:
			out[name] = hider{t.hide}.value(name, values[name], at)
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
