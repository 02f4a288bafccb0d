// Package servers is what the user has: Servers, Sets, and the Library that
// keeps both, with the names of the secrets they use and the clients they are
// written to. It never holds a secret's value.
package servers

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"mcp-companion/configs"
	"mcp-companion/words"
)

// Server is an MCP server the user has: a program (Command, Args, Env, Cwd) or
// an address (URL, Headers). Values may name secrets, as ${secret:ID}.
type Server struct {
	ID      string            `json:"id"`
	Command string            `json:"command,omitempty"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	Cwd     string            `json:"cwd,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`

	// SignIn says how to sign in to a remote server; nil where nothing is special.
	SignIn *SignIn `json:"signIn,omitempty"`

	// StartTimeout and CallTimeout are in seconds; 0 means the program's own.
	StartTimeout int `json:"startTimeout,omitempty"`
	CallTimeout  int `json:"callTimeout,omitempty"`

	// NoWatching makes `run` become the server where the system can (exec), with
	// neither guard nor session.
	NoWatching bool `json:"noWatching,omitempty"`

	// DropNotes keeps lines of a program's stdout that are not the protocol's from
	// the client, where that stumbles over them.
	DropNotes bool `json:"dropNotes,omitempty"`

	// HideTools names tools of a program that the client shall not see.
	HideTools []string `json:"hideTools,omitempty"`

	// Formerly holds the names the server had: a client that has not been
	// restarted since a rename still asks for the old one.
	Formerly []string `json:"formerly,omitempty"`

	extra extra // members of a later version, kept
}

// SignIn is what a remote server's sign-in needs that can't be found out, and which
// account is used.
type SignIn struct {
	Grant string `json:"grant,omitempty"` // of the account; "" for the one signed in last

	// ClientID and ClientSecret (a reference, ${secret:ID}) are of an app of the user's
	// own at the service, Issuer who that is.
	ClientID     string `json:"clientId,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty"`
	Issuer       string `json:"issuer,omitempty"`

	Scopes       []string          `json:"scopes,omitempty"`
	RedirectHost string            `json:"redirectHost,omitempty"` // "localhost" where 127.0.0.1 is refused
	Port         int               `json:"port,omitempty"`         // of the return address with an own ClientID
	NoResource   bool              `json:"noResource,omitempty"`   // for services that refuse the parameter
	Extra        map[string]string `json:"extra,omitempty"`        // parameters of the authorization request
	Machine      bool              `json:"machine,omitempty"`      // by ClientID and ClientSecret alone
}

// Clone copies s.
func (s *SignIn) Clone() *SignIn {
	c := *s
	c.Scopes, c.Extra = slices.Clone(s.Scopes), maps.Clone(s.Extra)
	return &c
}

// IsZero reports whether s says nothing.
func (s *SignIn) IsZero() bool { return reflect.DeepEqual(*s, SignIn{}) }

// IsRemote reports whether the server is an address, not a program.
func (s *Server) IsRemote() bool { return s.URL != "" }

// longest is a day, in seconds: a number of a hand's may be anything.
const longest = 24 * 60 * 60

// Start is StartTimeout as a duration, or def when none is set.
func (s *Server) Start(def time.Duration) time.Duration {
	return seconds(s.StartTimeout, def)
}

// Call is CallTimeout as a duration, or def when none is set.
func (s *Server) Call(def time.Duration) time.Duration {
	return seconds(s.CallTimeout, def)
}

func seconds(n int, def time.Duration) time.Duration {
	if n > 0 {
		return time.Duration(min(n, longest)) * time.Second
	}
	return def
}

var nameRule = configs.Pattern(`^[A-Za-z0-9][A-Za-z0-9-]{0,31}$`)

// CheckName says why name can't be a new server's or set's: every client must
// be able to carry it, and build tool names of 64 characters with it.
// A name that already stands in a library or a client's file is taken as it is.
func CheckName(name string) error {
	if !nameRule().MatchString(name) {
		return words.New(words.NameBad, nil, "Name", name)
	}
	return nil
}

// Numbered is name with a number that makes it another, as long as CheckName takes.
func Numbered(name string, n int) string {
	tail := "-" + strconv.Itoa(n)
	return name[:min(len(name), 32-len(tail))] + tail
}

// FreeName is name, or the first Numbered one that isn't taken.
func FreeName(name string, taken func(string) bool) string {
	free := name
	for n := 2; taken(free); n++ {
		free = Numbered(name, n)
	}
	return free
}

// Check says what of s can't be: neither program nor address, both, an address
// that is none, names that nothing can have.
func (s *Server) Check() error {
	switch {
	case s.Command == "" && s.URL == "":
		return words.New(words.ServerEmpty, nil)
	case s.Command != "" && s.URL != "":
		return words.New(words.ValueBad, nil, "Field", words.Say("field.url"), "Value", s.URL)
	case s.URL != "":
		u, err := url.Parse(s.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ws" && u.Scheme != "wss" {
			return words.New(words.ValueBad, nil, "Field", words.Say("field.url"), "Value", s.URL)
		}
	}
	for name, value := range s.Headers {
		if name == "" || strings.ContainsAny(name, " \t\r\n:\x00") || strings.ContainsAny(value, "\r\n\x00") {
			return words.New(words.ValueBad, nil, "Field", words.Say("field.header"), "Value", name)
		}
	}
	for name := range s.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return words.New(words.ValueBad, nil, "Field", words.Say("field.env"), "Value", name)
		}
	}
	for _, name := range s.HideTools {
		if strings.TrimSpace(name) == "" {
			return words.New(words.ValueBad, nil, "Field", words.Say("field.tool"), "Value", name)
		}
	}
	return nil
}

var refRule = configs.Pattern(`\$\{secret:([A-Za-z0-9_-]+)\}`)

// SecretRef is the text that stands for the secret id in a Server's values.
func SecretRef(id string) string { return "${secret:" + id + "}" }

// CutSecret cuts a value around the one secret it names; ok is false where it
// names none, or several.
func CutSecret(value string) (before, id, after string, ok bool) {
	at := refRule().FindAllStringSubmatchIndex(value, -1)
	if len(at) != 1 {
		return "", "", "", false
	}
	return value[:at[0][0]], value[at[0][2]:at[0][3]], value[at[0][1]:], true
}

// values calls f for every value of s that may name secrets.
func (s *Server) values(f func(string)) {
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for _, v := range m {
			f(v)
		}
	}
	f(s.URL)
	if s.SignIn != nil {
		f(s.SignIn.ClientSecret)
	}
	for _, a := range s.Args {
		f(a)
	}
}

// SecretIDs lists the secrets s names, sorted, each once.
func (s *Server) SecretIDs() []string {
	var ids []string
	s.values(func(v string) {
		for _, m := range refRule().FindAllStringSubmatch(v, -1) {
			ids = append(ids, m[1])
		}
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// HasSecret reports whether text names a secret of the store.
func HasSecret(text string) bool { return Expand(text, func(string) string { return "" }) != text }

// Expand replaces every ${secret:ID} of text by what value gives for ID.
func Expand(text string, value func(id string) string) string {
	if !strings.Contains(text, "${secret:") {
		return text
	}
	return refRule().ReplaceAllStringFunc(text, func(m string) string {
		return value(refRule().FindStringSubmatch(m)[1])
	})
}
