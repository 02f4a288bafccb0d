package imports

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// SetFile is a set as a file carries it to somebody else: the snippet that every
// program of this kind reads, with a member of ours beside it. It holds no key: where
// one goes stands ${input:ID}, and Asks says what that is.
type SetFile struct {
	Name, Icon string
	Servers    map[string]servers.Server
	Asks       []Ask
}

// Ask is something that whoever imports a set enters himself.
type Ask struct {
	ID, Label string
	Secret    bool
	Default   string // never of a secret
}

// setFileVersion is the newest file that we know.
const setFileVersion = 1

// mostServers is how many servers a set's file may have.
const mostServers = 500

// onDisk is the file's shape.
type onDisk struct {
	Servers map[string]entryOnDisk `json:"mcpServers"`
	Inputs  []inputOnDisk          `json:"inputs,omitempty"`
	Ours    *oursOnDisk            `json:"mcpCompanion"`
}

// entryOnDisk is a server as all programs spell it.
type entryOnDisk struct {
	Type    string            `json:"type,omitempty"`
	Command string            `json:"command,omitempty"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	Cwd     string            `json:"cwd,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// inputOnDisk is VS Code's way to ask.
type inputOnDisk struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Description string `json:"description"`
	Password    bool   `json:"password,omitempty"`
	Default     string `json:"default,omitempty"`
}

type oursOnDisk struct {
	Version int                   `json:"version"`
	Set     setOnDisk             `json:"set"`
	Servers map[string]moreOnDisk `json:"servers,omitempty"`
}

type setOnDisk struct {
	Name string `json:"name"`
	Icon string `json:"icon,omitempty"`
}

// moreOnDisk is what only we know of a server.
type moreOnDisk struct {
	StartTimeout int             `json:"startTimeout,omitempty"`
	CallTimeout  int             `json:"callTimeout,omitempty"`
	NoWatching   bool            `json:"noWatching,omitempty"`
	DropNotes    bool            `json:"dropNotes,omitempty"`
	HideTools    []string        `json:"hideTools,omitempty"`
	SignIn       *servers.SignIn `json:"signIn,omitempty"`
}

func (m moreOnDisk) isEmpty() bool {
	return m.StartTimeout == 0 && m.CallTimeout == 0 && !m.NoWatching && !m.DropNotes && len(m.HideTools) == 0 && m.SignIn == nil
}

// Text is the file. Of a sign-in it has only what is everybody's: neither the account
// nor the app of one's own.
func (f SetFile) Text() (string, error) {
	d := onDisk{Servers: map[string]entryOnDisk{}, Ours: &oursOnDisk{Version: setFileVersion, Set: setOnDisk{f.Name, f.Icon}, Servers: map[string]moreOnDisk{}}}
	for name, s := range f.Servers {
		e := entryOnDisk{Command: s.Command, Args: s.Args, Env: s.Env, Cwd: s.Cwd, URL: s.URL, Headers: s.Headers}
		if s.IsRemote() {
			e.Type = "http"
		}
		d.Servers[name] = e
		if m := moreOf(s); !m.isEmpty() {
			d.Ours.Servers[name] = m
		}
	}
	for _, a := range f.Asks {
		d.Inputs = append(d.Inputs, inputOnDisk{"promptString", a.ID, a.Label, a.Secret, a.Default})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(d)
	return b.String(), err
}

func moreOf(s servers.Server) moreOnDisk {
	m := moreOnDisk{s.StartTimeout, s.CallTimeout, s.NoWatching, s.DropNotes, s.HideTools, nil}
	if s.SignIn != nil {
		if in := everybodys(s.SignIn); !in.IsZero() {
			m.SignIn = in
		}
	}
	return m
}

// everybodys is what of a sign-in is true for everybody.
func everybodys(s *servers.SignIn) *servers.SignIn {
	return &servers.SignIn{Scopes: s.Scopes, RedirectHost: s.RedirectHost, NoResource: s.NoResource}
}

// ReadSetFile reads a set's file. Whatever stands in it was written by somebody else:
// its names are made ones that we take, and it can't refer to a key that is kept here.
// The error is a Problem.
func ReadSetFile(data []byte) (SetFile, error) {
	text := tidy(decode(data))
	var d onDisk
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		if _, broken := configs.Parse("the file", []byte(text), configs.JSON); broken != nil {
			return SetFile{}, brokenText(text, broken)
		}
		return SetFile{}, words.New(words.SetFileBad, nil) // the cause may quote a value
	}
	switch {
	case d.Ours == nil || d.Ours.Version < 1 || len(d.Servers) == 0 || len(d.Servers) > mostServers:
		return SetFile{}, words.New(words.SetFileBad, nil)
	case d.Ours.Version > setFileVersion:
		return SetFile{}, words.New(words.FileNewer, nil)
	}
	f := SetFile{Name: CheckedName(d.Ours.Set.Name), Icon: d.Ours.Set.Icon, Servers: map[string]servers.Server{}}
	if len(f.Icon) > 40 {
		f.Icon = ""
	}
	for _, name := range sorted(d.Servers) {
		s, err := d.Servers[name].server(d.Ours.Servers[name])
		if err != nil {
			return SetFile{}, err
		}
		own := CheckedName(name)
		for n := 2; f.Servers[own].Command+f.Servers[own].URL != ""; n++ {
			own = servers.Numbered(CheckedName(name), n)
		}
		f.Servers[own] = s
	}
	f.Asks = asksOf(d.Inputs, f.Servers)
	return f, nil
}

// asksOf are the inputs that the servers have a place for, each once. One that a key's
// place takes is a key, whatever the file says of it.
func asksOf(inputs []inputOnDisk, list map[string]servers.Server) []Ask {
	isKey, at := map[string]bool{}, map[string]int{}
	for _, s := range list {
		for id, key := range asked(s) {
			isKey[id] = isKey[id] || key
		}
	}
	var asks []Ask
	for _, i := range inputs {
		key, used := isKey[i.ID]
		if !used {
			continue
		}
		n, again := at[i.ID]
		if !again {
			n, at[i.ID] = len(asks), len(asks)
			asks = append(asks, Ask{ID: i.ID, Label: shown(cmp.Or(i.Description, i.ID)), Default: i.Default})
		}
		a := &asks[n]
		if a.Secret = a.Secret || key || i.Password || configs.LooksSecret(i.ID, ""); a.Secret {
			a.Default = ""
		}
	}
	return asks
}

// asked are the ids that a server asks for, and whether a key goes there: something is
// put in, to see whether it is hidden.
func asked(s servers.Server) map[string]bool {
	ids, isKey, sample := []string{}, map[string]bool{}, map[string]string{}
	s = Fill(s, func(id string) string {
		if sample[id] == "" {
			sample[id] = "sample-" + strconv.Itoa(len(ids)) + "-"
			ids, isKey[id] = append(ids, id), false
		}
		return sample[id]
	})
	Hide(s, func(_, key string) string {
		for _, m := range sampleRule().FindAllStringSubmatch(key, -1) {
			if n, err := strconv.Atoi(m[1]); err == nil && n < len(ids) {
				isKey[ids[n]] = true
			}
		}
		return ""
	})
	return isKey
}

var sampleRule = configs.Pattern(`sample-(\d+)-`)

// CheckedName is name, or one made of it that a server or a set can have.
func CheckedName(name string) string {
	if servers.CheckName(name) == nil {
		return name
	}
	return Name(name)
}

func (e entryOnDisk) server(m moreOnDisk) (servers.Server, error) {
	s := servers.Server{
		Command: e.Command, Args: e.Args, Env: e.Env, Cwd: e.Cwd, URL: e.URL, Headers: e.Headers,
		StartTimeout: m.StartTimeout, CallTimeout: m.CallTimeout, NoWatching: m.NoWatching, DropNotes: m.DropNotes, HideTools: m.HideTools,
	}
	if m.SignIn != nil {
		if in := everybodys(m.SignIn); !in.IsZero() {
			s.SignIn = in
		}
	}
	for _, text := range texts(s) {
		if servers.HasSecret(text) || strings.Contains(text, "\x00") {
			return s, words.New(words.SetFileBad, nil)
		}
	}
	plain := Fill(s, func(string) string { return "x" })
	return s, plain.Check()
}

// texts are all texts of a server.
func texts(s servers.Server) []string {
	list := append([]string{s.Command, s.Cwd, s.URL}, s.Args...)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		list = slices.Concat(list, slices.Collect(maps.Keys(m)), slices.Collect(maps.Values(m)))
	}
	return list
}

var inputRule = configs.Pattern(`\$\{input:([A-Za-z0-9_.-]{1,100})\}`)

// Input is the text that stands where what is asked for goes.
func Input(id string) string { return "${input:" + id + "}" }

// IsInput reports whether text is such a place and nothing else.
func IsInput(text string) bool { return text != "" && inputRule().FindString(text) == text }

// Fill replaces every ${input:ID} of the server by what value gives for ID.
func Fill(s servers.Server, value func(id string) string) servers.Server {
	return Each(s, func(text string) string { return fill(inputRule(), text, value) })
}

func fill(rule *regexp.Regexp, text string, value func(string) string) string {
	return rule.ReplaceAllStringFunc(text, func(m string) string { return value(rule.FindStringSubmatch(m)[1]) })
}

// Each is s with each of its values replaced; names stay.
func Each(s servers.Server, f func(string) string) servers.Server {
	s.Command, s.Cwd, s.URL = f(s.Command), f(s.Cwd), f(s.URL)
	s.Args = slices.Clone(s.Args)
	for i := range s.Args {
		s.Args[i] = f(s.Args[i])
	}
	s.Env, s.Headers = maps.Clone(s.Env), maps.Clone(s.Headers)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for _, k := range sorted(m) {
			m[k] = f(m[k])
		}
	}
	return s
}

// AsksOf lists what a server asks for, in the file's order.
func (f SetFile) AsksOf(name string) []Ask {
	ids := asked(f.Servers[name])
	return slices.DeleteFunc(slices.Clone(f.Asks), func(a Ask) bool {
		_, ok := ids[a.ID]
		return !ok
	})
}
