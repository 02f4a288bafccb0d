package companion

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"mcp-companion/launch"
	"mcp-companion/secrets"
	"mcp-companion/secrets/oauth"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// GrantState is one account that is signed in to a remote server.
type GrantState struct {
	ID        string
	Server    string // the server's name; "" when it was removed
	Service   string // the host that did the sign-in
	Account   string // who, as the service calls him; "" where it doesn't say
	Scopes    []string
	Since     time.Time
	Refreshed time.Time // zero for never
	Expires   time.Time // of the present token; zero where nobody knows
	Renewable bool      // new tokens come without the user
	Ended     bool      // it has to be signed in again
	Used      bool      // it is the one that is used where a set chooses none
}

func (c *Companion) grantStates(lib *servers.Library) []GrantState {
	list, _ := oauth.Grants(c.home) // what can't be read is told by whoever needs it
	var states []GrantState
	for _, g := range list {
		s := GrantState{
			ID: g.ID, Service: hostOf(g.Issuer), Scopes: g.Scopes, Since: g.Obtained.Local(), Refreshed: g.Refreshed.Local(), Expires: g.Expires.Local(),
			Renewable: g.Renewable, Ended: !g.Ended.IsZero(),
		}
		if g.Refreshed.IsZero() {
			s.Refreshed = time.Time{}
		}
		if g.Expires.IsZero() {
			s.Expires = time.Time{}
		}
		if g.Named {
			s.Account = g.Account
		}
		if name, server, ok := lib.Find(g.Server); ok {
			s.Server = name
			s.Used = grantInUse(c.home, lib, name, server) == g.ID
		}
		states = append(states, s)
	}
	slices.SortFunc(states, func(a, b GrantState) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Account, b.Account), a.Since.Compare(b.Since))
	})
	return states
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}

// Step is how far a sign-in is: a sentence, the address where the user goes on, and a
// code to enter there.
type Step = oauth.Step

// SignInHow says how its user signs in. The zero value is through this computer's
// browser, into the account there is, or a first one.
type SignInHow struct {
	Another bool   // one more account
	Grant   string // the account to sign in again; "" for the one in use
	Device  bool   // with a code, on any other device
	// Paste returns the address at which a browser on another machine ended; nil for
	// this computer's browser.
	Paste func(context.Context) (string, error)
}

// SignIn signs in to the remote server called name, tells each step, and then looks
// at the server. Only the user starts it.
func (c *Companion) SignIn(ctx context.Context, name string, how SignInHow, tell func(Step)) (GrantState, error) {
	lib, err := c.Library()
	if err != nil {
		return GrantState{}, err
	}
	found, s, ok := lib.Find(name)
	switch {
	case !ok:
		return GrantState{}, words.New(words.ServerUnknown, nil, "Name", name)
	case !s.IsRemote():
		return GrantState{}, words.New(words.NoSignIn, nil, "Name", found)
	}
	// The tokens must be found again: by the library's id, in the store that was chosen.
	if err := c.locked(ctx, c.choose); err != nil {
		return GrantState{}, err
	}
	if lib, err = c.withID(ctx, lib); err != nil {
		return GrantState{}, err
	}
	config := c.oauth(lib)
	r, err := c.signInRequest(ctx, lib, found, s, how)
	if err != nil {
		return GrantState{}, err
	}
	var g oauth.Grant
	switch {
	case s.SignIn != nil && s.SignIn.Machine:
		g, err = config.SignInMachine(ctx, r)
	case how.Device:
		g, err = config.SignInDevice(ctx, r, tell)
	case how.Paste != nil:
		g, err = config.SignInManual(ctx, r, tell, how.Paste)
	default:
		g, err = config.SignIn(ctx, r, tell)
	}
	if err != nil {
		return GrantState{}, err
	}
	_ = c.forgetGone(ctx, lib)   // they are signed in: a choice left over is told where it is used
	_ = c.probeApart(ctx, found) // what it finds is in the State
	for _, state := range c.grantStates(lib) {
		if state.ID == g.ID {
			return state, nil
		}
	}
	return GrantState{ID: g.ID, Server: found}, nil
}

// withID is the library with its id written down: one that a hand wrote has none, and
// would have another at each reading.
func (c *Companion) withID(ctx context.Context, lib *servers.Library) (*servers.Library, error) {
	change, err := lib.Change()
	if err != nil || change.IsEmpty() {
		return lib, err
	}
	_, _, err = c.Do(ctx, func() (*Proposal, error) {
		return c.LibraryOnly().propose(words.Say("reason.id"), nil, scope{})
	})
	if err != nil {
		return nil, err
	}
	return c.Library()
}

// forgetGone takes back the choices of accounts that are gone: the usual one is used
// in their place.
func (c *Companion) forgetGone(ctx context.Context, lib *servers.Library) error {
	list, err := oauth.Grants(c.home)
	if err != nil {
		return nil // nobody knows
	}
	gone := func(id string) bool {
		return id != "" && !slices.ContainsFunc(list, func(g oauth.Grant) bool { return g.ID == id })
	}
	forget := func(lib *servers.Library) (any bool) {
		for _, set := range lib.Sets {
			for name, id := range set.Accounts {
				if gone(id) {
					set.Choose(name, "")
					any = true
				}
			}
		}
		for _, s := range lib.Servers {
			if s.SignIn != nil && gone(s.SignIn.Grant) {
				if s.SignIn.Grant, any = "", true; s.SignIn.IsZero() {
					s.SignIn = nil
				}
			}
		}
		return any
	}
	if !forget(lib) {
		return nil
	}
	_, _, err = c.Do(ctx, func() (*Proposal, error) {
		return c.LibraryOnly().propose(words.Say("reason.accounts"), func(lib *servers.Library, _ *Proposal) error {
			forget(lib)
			return nil
		}, scope{})
	})
	return err
}

// endedFor is the account of the server that has ended and that a client kept in step
// is to use, "" where there is none.
func endedFor(list []oauth.Grant, lib *servers.Library, name string, s *servers.Server) string {
	for id, lc := range lib.Clients {
		if !lc.Managed {
			continue
		}
		chosen := chosenGrant(lib, name, s, id)
		for _, g := range list {
			if g.ID == chosen && !g.Ended.IsZero() {
				return g.ID
			}
		}
	}
	return ""
}

func (c *Companion) oauth(lib *servers.Library) oauth.Config {
	config := signIns(c.home, c.store(), lib)
	config.Open = c.system.Browse
	return config
}

// signInRequest is what the server's own settings say of its sign-in.
func (c *Companion) signInRequest(ctx context.Context, lib *servers.Library, name string, s *servers.Server, how SignInHow) (oauth.Request, error) {
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	values := map[string]string{}
	for _, id := range (&servers.Server{URL: s.URL, SignIn: s.SignIn}).SecretIDs() {
		v, err := c.store().Get(limited, secrets.Ref{Library: lib.ID, ID: id})
		if errors.Is(err, secrets.ErrNotFound) {
			return oauth.Request{}, words.New(words.KeyMissing, err, "Name", name, "Key", lib.LabelOf(id))
		}
		if err != nil {
			return oauth.Request{}, secrets.Problem(err)
		}
		values[id] = v.Reveal()
	}
	fill := func(text string) string { return servers.Expand(text, func(id string) string { return values[id] }) }
	settings, err := ReadSettings(c.home)
	if err != nil {
		return oauth.Request{}, err
	}
	r := oauth.Request{ServerID: s.ID, Name: name, URL: fill(s.URL), CIMD: settings.ClientMetadata, Another: how.Another}
	if o := s.SignIn; o != nil {
		r.ClientID, r.ClientSecret, r.Issuer = o.ClientID, secrets.New(fill(o.ClientSecret)), o.Issuer
		r.Scopes, r.RedirectHost, r.Port, r.NoResource, r.Extra = o.Scopes, o.RedirectHost, o.Port, o.NoResource, o.Extra
	}
	live, _ := launch.Sessions(c.home) // what can't be read asks for nothing
	for _, x := range slices.Concat(live, c.ended(s.ID)) {
		if x.Server == s.ID && x.Remote.Problem == words.KeyTooWeak {
			r.Challenge = x.Remote.Challenge // it names what else is to be allowed
			break
		}
	}
	if how.Another {
		return r, nil
	}
	grants, _ := oauth.GrantsOf(c.home, s.ID)
	again := cmp.Or(how.Grant, endedFor(grants, lib, name, s), grantInUse(c.home, lib, name, s))
	for _, g := range grants {
		if g.ID == again {
			r.Account, r.Scopes = g.Account, append(slices.Clone(r.Scopes), g.Asked...)
		}
	}
	return r, nil
}

// SignOut tells the service that the account's sign-in is over, forgets it, and then
// looks at the server.
func (c *Companion) SignOut(ctx context.Context, grant string) error {
	lib, err := c.Library()
	if err != nil {
		return err
	}
	var name string
	for _, g := range c.grantStates(lib) {
		if g.ID == grant {
			name = g.Server
		}
	}
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	if err := c.oauth(lib).SignOut(limited, grant); err != nil {
		return err
	}
	_ = c.forgetGone(ctx, lib) // it is over: a choice left over is told where it is used
	if name != "" {
		_ = c.probeApart(ctx, name) // what it finds is in the State
	}
	return nil
}

// ProposeAccount computes what using another account of the server would change: in
// a set, or, for "", wherever no set chooses one.
func (c *Companion) ProposeAccount(_ context.Context, name, set, grant string) (*Proposal, error) {
	return c.propose(words.Say("reason.account", "Name", name), func(lib *servers.Library, _ *Proposal) error {
		found, s, ok := lib.Find(name)
		if !ok {
			return words.New(words.ServerUnknown, nil, "Name", name)
		}
		if set == "" {
			if s.SignIn == nil {
				s.SignIn = &servers.SignIn{}
			}
			s.SignIn.Grant = grant
			return nil
		}
		in, ok := lib.Sets[set]
		if !ok {
			return words.New(words.SetUnknown, nil, "Set", set)
		}
		in.Choose(found, grant)
		return nil
	}, scope{})
}

// Needs is what an address asks of its user.
type Needs struct {
	SignIn  bool // it tells where to sign in
	Key     bool // it refuses, and tells of no sign-in
	MCP     bool // it is a server
	Service string
	Problem *words.Problem // why signing in can't be done, though it is told of
}

// Look asks an address what it needs, before there is a server for it. It sends no
// key.
func (c *Companion) Look(ctx context.Context, address string) (Needs, error) {
	lib, err := c.Library()
	if err != nil {
		return Needs{}, err
	}
	n, err := c.oauth(lib).Probe(ctx, oauth.Request{Name: hostOf(address), URL: address})
	if err != nil {
		return Needs{}, err
	}
	return Needs{SignIn: n.Need == oauth.SignIn, Key: n.Need == oauth.Key, MCP: n.MCP, Service: hostOf(n.Issuer), Problem: words.For(n.Problem)}, nil
}
