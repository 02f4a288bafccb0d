package companion

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"mcp-companion/files"
	"mcp-companion/launch"
	"mcp-companion/secrets"
	"mcp-companion/secrets/oauth"
	"mcp-companion/servers"
)

// settleLimit is more than a service and a keychain take.
const settleLimit = 35 * time.Second

// Settle is what a process does last: it waits for tokens that are being renewed.
func Settle() { oauth.Settle(settleLimit) }

// authorize gives the plan of a remote server the account that client is to use,
// unless a header of the server's own says who asks.
func authorize(plan *launch.Plan, home files.Home, store secrets.Store, lib *servers.Library, s *servers.Server, client string) {
	if plan.URL == "" || hasAuthorization(s) {
		return
	}
	c := signIns(home, store, lib)
	plan.Auth = &account{config: c, server: s.ID, address: plan.URL, name: plan.Name, chosen: chosenGrant(lib, plan.Name, s, client), keyed: len((&servers.Server{Headers: s.Headers}).SecretIDs()) > 0}
}

// signIns is where the library's sign-ins are kept. What the user says of an app of
// his own counts as it is at each renewal.
func signIns(home files.Home, store secrets.Store, lib *servers.Library) oauth.Config {
	c := oauth.Config{Home: home, Store: store, Library: lib.ID}
	c.OwnSecret = func(ctx context.Context, serverID, clientID string) (secrets.Secret, error) {
		now, err := servers.Load(home)
		if err != nil {
			return secrets.Secret{}, err
		}
		for _, s := range now.Servers {
			if s.ID != serverID || s.SignIn == nil || s.SignIn.ClientID != clientID {
				continue
			}
			if ids := (&servers.Server{SignIn: s.SignIn}).SecretIDs(); len(ids) > 0 {
				return store.Get(ctx, secrets.Ref{Library: lib.ID, ID: ids[0]})
			}
		}
		return secrets.Secret{}, nil
	}
	return c
}

func hasAuthorization(s *servers.Server) bool {
	for name := range s.Headers {
		if strings.EqualFold(name, "Authorization") {
			return true
		}
	}
	return false
}

// grantInUse is the grant of the server that is used where no set chooses one.
func grantInUse(home files.Home, lib *servers.Library, name string, s *servers.Server) string {
	address := servers.Expand(s.URL, func(string) string { return "" })
	a := account{config: oauth.Config{Home: home}, server: s.ID, address: address, chosen: chosenGrant(lib, name, s, "")}
	return a.pick()
}

// chosenGrant is the account that the client's set chooses, else the server's own
// choice, "" for whichever was signed in last.
func chosenGrant(lib *servers.Library, name string, s *servers.Server, client string) string {
	if lc := lib.Clients[client]; lc != nil && lib.Sets[lc.Set] != nil {
		if id := lib.Sets[lc.Set].Accounts[name]; id != "" {
			return id
		}
	}
	if s.SignIn != nil {
		return s.SignIn.Grant
	}
	return ""
}

// account signs the requests to one server. Whose they are is looked up anew while
// nobody is signed in: a sign-in done meanwhile counts at once.
type account struct {
	config       oauth.Config
	server, name string
	address      string // a grant for another one counts for nothing
	chosen       string // a grant's id, "" for the newest
	keyed        bool   // a header of the server's own holds a key

	mu     sync.Mutex
	id     string
	source *oauth.Source
}

var _ launch.Authorizer = (*account)(nil)

// Header is nothing where nobody has signed in: the server may want nobody to.
func (a *account) Header(ctx context.Context) (string, error) {
	s := a.current()
	if s == nil {
		return "", nil
	}
	return s.Header(ctx)
}

func (a *account) Refused(ctx context.Context, status int, challenge, used string) (again bool, err error) {
	s := a.current()
	switch {
	case s == nil && status == 401 && !(a.keyed && !strings.Contains(challenge, "resource_metadata")): // else it is the key that was refused
		return false, oauth.NotSignedIn(a.name, challenge)
	case s == nil:
		return false, nil
	case used == "": // signed in meanwhile
		return true, nil
	}
	return s.Refused(ctx, status, challenge, used)
}

// current is the source of the chosen account, nil where there is none.
func (a *account) current() *oauth.Source {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := a.pick()
	if id == "" {
		a.id, a.source = "", nil
	} else if id != a.id {
		a.id, a.source = id, a.config.Source(id, a.name)
	}
	return a.source
}

// pick is the grant to use: the one in use while it is there and good.
func (a *account) pick() string {
	list, err := oauth.GrantsOf(a.config.Home, a.server)
	if err != nil {
		return a.id
	}
	list = slices.DeleteFunc(list, func(g oauth.Grant) bool { return !g.Covers(a.address) })
	has := func(id string) bool { return slices.ContainsFunc(list, func(g oauth.Grant) bool { return g.ID == id }) }
	switch {
	case a.chosen != "" && has(a.chosen):
		return a.chosen
	case a.chosen != "": // another's account is not what was chosen
		return ""
	case a.id != "" && has(a.id): // an ended one too: nobody is made somebody else while it runs
		return a.id
	}
	for _, g := range list {
		if g.Ended.IsZero() {
			return g.ID
		}
	}
	if len(list) > 0 { // ended: its source says so
		return list[0].ID
	}
	return ""
}
