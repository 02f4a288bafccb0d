// Package launch is `run`: secrets into the environment, the server started,
// watched, ended; or a bridge to a remote one.
//
// Its rules:
//   - bytes are forwarded as they came, each chunk at once, in both directions,
//     lines of any length; nothing of ours goes to stdout, nothing is injected; the
//     two filters a user may switch on for one server are the only exception;
//   - observing never blocks or changes the stream: a few hundred bytes of a
//     line are looked at, and what is kept is bounded;
//   - what is written down of a session tells what happened, never what was said,
//     unless the user asks for that, for a while and for one server;
//   - a secret's value is in the server's environment (and where it has no other
//     way, its arguments), never in our arguments, files, logs or errors;
//   - the server's whole tree of processes ends with us or with the client,
//     however either died;
//   - `run` waits for nobody: what it lacks it says, and leaves (Refuse); a bridge
//     says it to each request, stays, and tries again with the next;
//   - a bridge never sends twice what may have been done, and follows no server to
//     another address;
//   - what can be done after the server was started is not done before.
package launch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Plan is all that is needed to start a Server: path, arguments, environment; or
// to reach one: address and headers.
type Plan struct {
	Name     string   // the server's name in the library
	ServerID string   // its id, under which its logs are kept
	Path     string   // the program, absolute
	Args     []string // its arguments, without the program
	Env      []string // its whole environment, secrets included: never print it
	Dir      string   // where it is started; "" for where we were

	URL     string            // of a remote server, secrets included, as the headers: never print them
	Headers map[string]string // sent with each request
	Auth    Authorizer        // nil for no authorization, or one among the headers

	// NoWatching makes Run become the server where the system can and neither a filter
	// nor a CallTimeout is asked for; there is no trace then.
	NoWatching bool

	// CallTimeout is for an answer, 0 for no limit: a request without one for longer
	// is answered in the server's place. StartTimeout is the same for the opening; 0
	// for none, of a remote server for the bridge's own.
	CallTimeout, StartTimeout time.Duration

	DropNotes bool     // see servers.Server
	HideTools []string // see servers.Server

	hidden []string // the secrets' values, to be kept out of what is written
	known  string   // what a remote server's ways are remembered by
}

// Hide returns text without the keys that the server is given, and without what looks
// like one.
func (p *Plan) Hide(text string) string { return secrets.NewRedactor(p.hidden).Text(text, false) }

// For makes the Plan of server s, called name, of the library with this id.
// environ is the client's environment. All secrets are read at once within ctx's
// limit, while the program is looked for. What is missing is a words.Problem.
func For(ctx context.Context, name string, s *servers.Server, library string, store secrets.Store, environ []string) (*Plan, error) {
	switch {
	case s.IsRemote():
		return forRemote(ctx, name, s, library, store)
	case s.Command == "":
		return nil, words.New(words.ServerEmpty, nil, "Name", name)
	}
	keys := readKeys(ctx, neededKeys(s), library, store)

	here := thisSystem(environ)
	path := here.path(s.Env)
	if s.Cwd != "" && !here.isDir(s.Cwd) {
		return nil, words.New(words.FolderMissing, nil, "Name", name, "Path", s.Cwd)
	}
	program, err := here.find(s.Command, s.Cwd, path)
	if err != nil {
		return nil, programProblem(err, name, s.Command)
	}
	values := map[string]string{}
	p := &Plan{
		Name: name, ServerID: s.ID, Path: program, Dir: s.Cwd, NoWatching: s.NoWatching,
		CallTimeout: s.Call(0), StartTimeout: s.Start(0), DropNotes: s.DropNotes, HideTools: s.HideTools,
	}
	for _, k := range keys() {
		if k.err != nil {
			return nil, keyProblem(k.err, name, keyName(s, k.id))
		}
		values[k.id] = k.value.Reveal()
		p.hidden = append(p.hidden, values[k.id])
	}
	expand := func(text string) string { return servers.Expand(text, func(id string) string { return values[id] }) }
	own := make(map[string]string, len(s.Env))
	for k, v := range s.Env {
		own[k] = expand(v)
	}
	for _, a := range s.Args {
		p.Args = append(p.Args, expand(a))
	}
	p.Env = here.environment(path, own)
	return p, nil
}

// forRemote is For where the server is an address.
func forRemote(ctx context.Context, name string, s *servers.Server, library string, store secrets.Store) (*Plan, error) {
	of := sha256.Sum256([]byte(s.URL))
	p := &Plan{
		Name: name, ServerID: s.ID, Headers: map[string]string{}, NoWatching: s.NoWatching, known: hex.EncodeToString(of[:6]),
		CallTimeout: s.Call(0), StartTimeout: s.Start(0), DropNotes: s.DropNotes, HideTools: s.HideTools,
	}
	values := map[string]string{}
	ids := (&servers.Server{URL: s.URL, Headers: s.Headers}).SecretIDs()
	for _, k := range readKeys(ctx, ids, library, store)() {
		if k.err != nil {
			return nil, keyProblem(k.err, name, keyName(s, k.id))
		}
		values[k.id] = k.value.Reveal()
		p.hidden = append(p.hidden, values[k.id])
	}
	expand := func(text string) string { return servers.Expand(text, func(id string) string { return values[id] }) }
	p.URL = expand(s.URL)
	if u, err := url.Parse(p.URL); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "ws", "wss"}, strings.ToLower(u.Scheme)) {
		return nil, words.New(words.AddressScheme, nil, "Name", name) // it may hold a secret
	}
	for k, v := range s.Headers {
		p.Headers[k] = strings.TrimSpace(expand(v))
	}
	return p, nil
}

// programProblem says why the program command can't be started.
func programProblem(err error, name, command string) error {
	code := words.Unknown
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code = words.ProgramMissing
	case errors.Is(err, fs.ErrPermission):
		code = words.NoPermission
	case errors.Is(err, errBatchText):
		code = words.ValueBad
	}
	return words.New(code, err, "Name", name, "Command", command, "Path", command, "Text", err.Error(),
		"Field", words.Say("field.args"), "Value", `\n`)
}

// key is one secret as it was read.
type key struct {
	id    string
	value secrets.Secret
	err   error
}

// neededKeys lists the secrets a program needs: those of its environment and its
// arguments.
func neededKeys(s *servers.Server) []string {
	return (&servers.Server{Args: s.Args, Env: s.Env}).SecretIDs()
}

// readKeys begins to read all keys at once; the returned function waits for them.
func readKeys(ctx context.Context, ids []string, library string, store secrets.Store) func() []key {
	keys := make([]key, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			v, err := store.Get(ctx, secrets.Ref{Library: library, ID: id})
			keys[i] = key{id, v, err}
		})
	}
	return func() []key { all.Wait(); return keys }
}

// keyProblem says why the secret of variable key can't be had.
func keyProblem(err error, name, key string) error {
	code := words.Unknown
	switch {
	case errors.Is(err, secrets.ErrNotFound):
		code = words.KeyMissing
	case errors.Is(err, secrets.ErrLocked), errors.Is(err, context.DeadlineExceeded):
		code = words.KeychainLocked
	case errors.Is(err, secrets.ErrUnavailable):
		code = words.KeychainAbsent
	case errors.Is(err, secrets.ErrDamaged):
		code = words.StoreDamaged
	}
	return words.New(code, err, "Name", name, "Key", key, "Text", err.Error())
}

// keyName is what the user calls the secret id of s: its variable or header, else
// its place among the arguments.
func keyName(s *servers.Server, id string) string {
	ref := servers.SecretRef(id)
	var names []string
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for k, v := range m {
			if strings.Contains(v, ref) {
				names = append(names, k)
			}
		}
	}
	if len(names) > 0 {
		return slices.Min(names)
	}
	for i, a := range s.Args {
		if !strings.Contains(a, ref) {
			continue
		}
		if flag, _, ok := strings.Cut(a, "="); ok && strings.HasPrefix(flag, "-") {
			return flag
		}
		if i > 0 && strings.HasPrefix(s.Args[i-1], "-") {
			return s.Args[i-1]
		}
		return strconv.Itoa(i + 1)
	}
	return id
}
