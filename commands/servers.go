package commands

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// serverRow is one server in --json. Members are only ever added.
type serverRow struct {
	Name    string   `json:"name"`
	Status  string   `json:"status"`
	Summary string   `json:"summary"`
	Command string   `json:"command,omitempty"`
	Args    []string `json:"args,omitempty"`
	URL     string   `json:"url,omitempty"`
	Tools   int      `json:"tools,omitempty"`
	InUse   bool     `json:"inUse"`
	Sets    []string `json:"sets,omitempty"`
	Live    []string `json:"live,omitempty"`
	Code    string   `json:"problem,omitempty"`
}

func rowOf(s companion.ServerState) serverRow {
	r := serverRow{Name: s.Name, Status: s.Status.String(), Summary: s.Summary, Command: s.Server.Command, Args: s.Server.Args, URL: s.Server.URL, Tools: s.Tools, InUse: s.InUse, Sets: s.Sets, Live: s.Live}
	if s.Problem != nil {
		r.Code = string(s.Problem.Code)
	}
	return r
}

func list(ctx context.Context, e *Env, args []string) error {
	asJSON, err := onlyJSON(args)
	if err != nil {
		return err
	}
	return e.printServers(e.State(ctx), asJSON, nil)
}

// printServers prints the servers, or the named ones.
func (e *Env) printServers(s companion.State, asJSON bool, only []string) error {
	if s.Problem != nil {
		if s.Servers == nil {
			return s.Problem
		}
		tell(e.Err, s.Problem)
	}
	rows := []serverRow{}
	for _, v := range s.Servers {
		if len(only) == 0 || slices.Contains(only, v.Name) {
			rows = append(rows, rowOf(v))
		}
	}
	if asJSON {
		return printJSON(e.Out, map[string]any{"servers": rows})
	}
	if len(rows) == 0 {
		fmt.Fprintln(e.Out, words.Say("cmd.noservers"))
		return nil
	}
	var text [][]string
	for _, r := range rows {
		text = append(text, []string{r.Name, r.Status, r.Summary})
	}
	return columns(e.Out, text)
}

// serverFlags are what add and edit have in common.
type serverFlags struct {
	env, headers   pairs
	secrets, unset many
	hide           many
	cwd, name      string
	start, call    int
	filter         string // "", "on" or "off"
}

func (sf *serverFlags) parse(args []string, isEdit bool) (before, behind []string, err error) {
	f := newFlags()
	sf.env, sf.headers = pairs{}, pairs{}
	f.Var(sf.env, "env", "")
	f.Var(&sf.secrets, "secret", "")
	f.Var(sf.headers, "header", "")
	f.StringVar(&sf.cwd, "cwd", "", "")
	f.Var(&sf.hide, "hide-tool", "")
	f.StringVar(&sf.filter, "filter-notes", "", "")
	f.IntVar(&sf.start, "start-timeout", -1, "")
	f.IntVar(&sf.call, "call-timeout", -1, "")
	if isEdit {
		f.Var(&sf.unset, "unset", "")
		f.StringVar(&sf.name, "name", "", "")
	}
	if before, behind, err = parse(f, args); err == nil && sf.filter != "" && sf.filter != "on" && sf.filter != "off" {
		err = usage(words.Say("cmd.many", "Text", "--filter-notes="+sf.filter))
	}
	return before, behind, err
}

// ask asks for the secrets, or reads them from stdin, one line each, in the order
// given.
func (sf *serverFlags) ask(ctx context.Context, e *Env, server string) (map[string]companion.Secret, error) {
	typed, ask := map[string]companion.Secret{}, newAsker(e)
	for _, k := range sf.secrets {
		v, err := ask.secret(ctx, server, k)
		if err != nil {
			return nil, err
		}
		typed[k] = v
	}
	return typed, nil
}

// into puts the flags, and the secrets that were typed, into a draft.
func (sf *serverFlags) into(d *companion.Draft, typed map[string]companion.Secret, behind []string, url string) {
	s := &d.Server
	s.Env, s.Headers = maps.Clone(s.Env), maps.Clone(s.Headers)
	switch {
	case len(behind) > 0:
		s.Command, s.Args, s.URL = behind[0], behind[1:], ""
	case url != "":
		s.URL, s.Command, s.Args = url, "", nil
	}
	if sf.cwd != "" {
		s.Cwd = sf.cwd
	}
	if sf.start >= 0 {
		s.StartTimeout = sf.start
	}
	if sf.call >= 0 {
		s.CallTimeout = sf.call
	}
	if sf.filter != "" {
		s.DropNotes = sf.filter == "on"
	}
	if len(sf.hide) > 0 {
		s.HideTools = slices.DeleteFunc(slices.Clone(sf.hide), func(n string) bool { return n == "" }) // "" shows all again
	}
	for _, k := range sf.unset {
		delete(s.Env, k)
		delete(s.Headers, k)
	}
	sf.env.into(&s.Env)
	sf.headers.into(&s.Headers)
	if s.IsRemote() {
		d.Headers = typed
	} else {
		d.Env = typed
	}
}

// pairs is a flag NAME=VALUE that may be given more than once.
type pairs map[string]string

func (p pairs) String() string { return "" }

func (p pairs) Set(text string) error {
	k, v, ok := strings.Cut(text, "=")
	if !ok || k == "" {
		return errors.New(words.Say("cmd.pair", "Text", text))
	}
	p[k] = v
	return nil
}

func (p pairs) into(m *map[string]string) {
	if *m == nil && len(p) > 0 {
		*m = map[string]string{}
	}
	maps.Copy(*m, p)
}

func add(ctx context.Context, e *Env, args []string) error {
	var sf serverFlags
	before, behind, err := sf.parse(args, false)
	if err != nil {
		return err
	}
	url := ""
	if behind == nil && len(before) == 2 {
		url, before = before[1], before[:1]
	}
	if err := exactly(before, 1, 1); err != nil {
		return err
	}
	if url == "" && len(behind) == 0 {
		return usage(words.Say("cmd.few"))
	}
	d := companion.Draft{Name: before[0]}
	if err := servers.CheckName(d.Name); err != nil {
		return err // before anything is asked for
	}
	typed, err := sf.ask(ctx, e, d.Name)
	if err != nil {
		return err
	}
	sf.into(&d, typed, behind, url)
	return e.act(ctx, func() (*companion.Proposal, error) { return e.LibraryOnly().ProposeServer(ctx, d) })
}

func editServer(ctx context.Context, e *Env, args []string) error {
	var sf serverFlags
	before, behind, err := sf.parse(args, true)
	if err != nil {
		return err
	}
	url := ""
	if len(before) == 2 {
		url, before = before[1], before[:1]
	}
	if err := exactly(before, 1, 1); err != nil {
		return err
	}
	d, err := e.draftOf(before[0])
	if err != nil {
		return err
	}
	typed, err := sf.ask(ctx, e, d.Name)
	if err != nil {
		return err
	}
	return e.act(ctx, func() (*companion.Proposal, error) {
		d, err := e.draftOf(before[0]) // as it is now: a person was asked meanwhile
		if err != nil {
			return nil, err
		}
		if sf.name != "" {
			d.Name = sf.name
		}
		sf.into(&d, typed, behind, url)
		return e.LibraryOnly().ProposeServer(ctx, d)
	})
}

// draftOf is the server as it is.
func (e *Env) draftOf(name string) (companion.Draft, error) {
	lib, err := e.Library()
	if err != nil {
		return companion.Draft{}, err
	}
	found, s, ok := lib.Find(name)
	if !ok {
		return companion.Draft{}, words.New(words.ServerUnknown, nil, "Name", name)
	}
	return companion.Draft{Was: found, Name: found, Server: *s, Sets: lib.SetsOf(found)}, nil
}

func remove(ctx context.Context, e *Env, args []string) error {
	if err := exactly(args, 1, 1); err != nil {
		return err
	}
	return e.act(ctx, func() (*companion.Proposal, error) { return e.LibraryOnly().ProposeRemove(ctx, args[0]) })
}

func check(ctx context.Context, e *Env, args []string) error {
	f := newFlags()
	asJSON := f.Bool("json", false, "")
	names, _, err := parse(f, args)
	if err != nil {
		return err
	}
	for i, n := range names {
		d, err := e.draftOf(n)
		if err != nil {
			return err
		}
		names[i] = d.Name
	}
	if len(names) != 1 {
		err = e.Check(ctx, names...)
	} else {
		// One server is probed right here: this is what the clock and Check start.
		_, err = e.Probe(ctx, names[0])
	}
	if err != nil {
		return err
	}
	s := e.State(ctx)
	if err := e.printServers(s, *asJSON, names); err != nil {
		return err
	}
	bad := false
	for _, v := range s.Servers {
		if v.Problem != nil && (len(names) == 0 && v.InUse || slices.Contains(names, v.Name)) {
			bad = true
			if !*asJSON {
				fmt.Fprintf(e.Err, "%s: ", v.Name)
				tell(e.Err, v.Problem)
			}
		}
	}
	if bad {
		return errSilent
	}
	return nil
}
