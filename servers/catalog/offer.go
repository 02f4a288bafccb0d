package catalog

import (
	"encoding/json"
	"slices"
)

// Offer is a server one could add: from the catalogue, or made of what was
// pasted or dropped.
type Offer struct {
	ID        string    `json:"id"` // of the catalogue; "" for one that was pasted
	Title     string    `json:"title"`
	Summary   string    `json:"summary"`
	Category  string    `json:"category"`
	Publisher Publisher `json:"publisher"`
	Homepage  string    `json:"homepage"`
	Docs      string    `json:"docs"`
	Status    Status    `json:"status"`
	Risk      Risk      `json:"risk"`
	Privacy   string    `json:"privacy"` // a sentence, where what is asked goes to somebody else
	Tags      []string  `json:"tags"`
	Known     []Known   `json:"recognise"`
	Options   []Option  `json:"options"` // at least one

	english struct{ title, summary string } // of the catalogue: Search knows them in every language

	// Of one that was pasted or dropped:

	Name   string   `json:"-"` // a name for the server, one that servers.CheckName takes
	Notes  []string `json:"-"` // sentences about what was found and what could not be kept
	Match  *Match   `json:"-"` // which offer of the catalogue it is, nil for none
	Off    bool     `json:"-"` // it was switched off where it stood
	Bundle *Bundle  `json:"-"` // what must be unpacked before the server starts, nil for nothing
}

// Bundle is a file with a server's program in it.
type Bundle struct {
	Path    string // of the file
	Folder  string // where its program is to lie; not there yet
	Version string
	Size    int64 // unpacked, in bytes
	Signed  bool  // it has a signature, which nobody has compared yet
}

// Publisher is who made a server.
type Publisher struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // vendor, reference, community; "" where nobody looked
}

// Status is how a server fares in the world.
type Status struct {
	State      string   `json:"state"` // active, preview, deprecated, archived
	Note       string   `json:"note"`
	ReplacedBy []string `json:"replacedBy"` // ids of offers
}

// Risk is what a server could do, for who is asked whether to add it.
type Risk struct {
	Level string `json:"level"` // low, medium, high
	Note  string `json:"note"`  // a sentence; "" for low
}

// Known is a package or an address by which an existing server is recognised.
type Known struct {
	Kind     string `json:"kind"` // npm, pypi, oci, url
	Value    string `json:"value"`
	Outdated bool   `json:"outdated"` // else it only looks alike
	Note     string `json:"note"`
}

// Official reports whether the company whose product it is, or the protocol's
// own project, made the server.
func (o *Offer) Official() bool {
	return o.Publisher.Kind == "vendor" || o.Publisher.Kind == "reference"
}

// IsArchived reports whether the offer is only there to be recognised.
func (o *Offer) IsArchived() bool { return o.Status.State == "archived" }

// Recommended is the way to run it that is best for most, the first where none
// is marked.
func (o *Offer) Recommended() *Option {
	for i := range o.Options {
		if o.Options[i].Recommended {
			return &o.Options[i]
		}
	}
	return &o.Options[0]
}

// Option finds a way to run it by its id; nil for none.
func (o *Offer) Option(id string) *Option {
	for i := range o.Options {
		if o.Options[i].ID == id {
			return &o.Options[i]
		}
	}
	return nil
}

// ProposedName is what to call the server in the library.
func (o *Offer) ProposedName() string {
	if o.Name != "" {
		return o.Name
	}
	return o.ID
}

// Option is one way to run an offer: a program, or an address.
type Option struct {
	ID          string   `json:"id"`
	Label       string   `json:"label"`
	Recommended bool     `json:"recommended"`
	Runtime     string   `json:"runtime"`   // npx, uvx, docker, binary, remote
	Transport   string   `json:"transport"` // stdio, streamable-http, sse
	State       string   `json:"state"`     // deprecated, or ""
	Package     *Package `json:"package"`   // nil for none

	Launch    Launch            `json:"launch"`
	Overrides map[string]Launch `json:"platformOverrides"` // by windows, macos, linux
	Cwd       string            `json:"-"`
	Env       map[string]string `json:"env"`

	URL     string            `json:"url"`
	Query   map[string]string `json:"query"`
	Headers map[string]string `json:"headers"`

	Fields    []Field       `json:"fields"` // required ones first, then the others, then Advanced
	OneOf     [][]string    `json:"requireOneOf"`
	Auth      Auth          `json:"auth"`
	Requires  []Requirement `json:"requires"`
	SlowStart bool          `json:"slowFirstStart"`
	Note      string        `json:"note"`

	StartTimeout, CallTimeout int  `json:"-"` // in seconds; 0 for the program's own
	Pinned                    bool `json:"-"` // the package at its checked version
}

// IsRemote reports whether the option is an address.
func (p *Option) IsRemote() bool { return p.URL != "" }

// Field finds one by its id; nil for none.
func (p *Option) Field(id string) *Field {
	for i := range p.Fields {
		if p.Fields[i].ID == id {
			return &p.Fields[i]
		}
	}
	return nil
}

// sort puts the required fields first and the advanced ones last, each group in
// its own order.
func (p *Option) sort() {
	rank := func(f Field) int {
		switch {
		case f.Advanced:
			return 2
		case f.Required && f.Default == "":
			return 0
		}
		return 1
	}
	slices.SortStableFunc(p.Fields, func(a, b Field) int { return rank(a) - rank(b) })
}

// Package is what a package manager would fetch.
type Package struct {
	Registry   string `json:"registry"` // npm, pypi, oci, git
	Name       string `json:"name"`
	Checked    string `json:"checkedVersion"`
	PreRelease bool   `json:"prerelease"`
}

// Launch is a program and its arguments, with ${field} where a field's value
// goes.
type Launch struct {
	Command string `json:"command"`
	Args    []Arg  `json:"args"`
}

// Arg is one argument (Text), or several that are there only when the field When
// is filled in, or once for each value of the field Each, as ${item}.
type Arg struct {
	Text   string
	When   string
	Equals string // narrows When to one value, "" for any
	Each   string
	Args   []string
}

// UnmarshalJSON reads a text or a group.
func (a *Arg) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &a.Text) == nil {
		return nil
	}
	var group struct {
		When   string   `json:"when"`
		Equals plain    `json:"equals"`
		Each   string   `json:"each"`
		Args   []string `json:"args"`
	}
	if err := json.Unmarshal(data, &group); err != nil {
		return err
	}
	*a = Arg{When: group.When, Equals: string(group.Equals), Each: group.Each, Args: group.Args}
	return nil
}

// Auth is how the server knows its user.
type Auth struct {
	Kind         string `json:"kind"` // none, apiKey, oauth, external
	Optional     bool   `json:"optional"`
	Registration string `json:"registration"` // dynamic, builtin, preregistered, allowlisted, unknown
	KeyURL       string `json:"keyUrl"`
	Command      string `json:"command"` // another tool's sign-in; run only on a click
	Note         string `json:"note"`
}

// Requirement is what must be on this computer, or at hand.
type Requirement struct {
	Kind string `json:"kind"` // node, uv, docker, app, cli, account
	Name string `json:"name"`
	Min  string `json:"min"`
	Note string `json:"note"`
	URL  string `json:"url"`
}
