// Package oauth signs in to remote servers and keeps what it got, the Grant,
// fresh: it finds out where a server's sign-in is done, registers there, walks
// the user through the browser (or without one), and renews tokens ahead of time.
//
// Its rules, drawn from MCP's authorization chapter and what servers really do:
//   - tokens, codes, verifiers and client secrets are in memory and in the
//     secrets.Store, never in a file, an error or a log; grants/ID.json holds what
//     is public;
//   - a document that is wrong (another server's, another issuer's) ends the
//     sign-in; it is no reason to guess on;
//   - one process renews a Grant at a time, under the grant's lock, and reads it
//     again first: a refresh token that is used twice ends the whole family;
//   - only the service's own invalid_grant ends a Grant. A network that is down
//     keeps it, and so does a clock;
//   - only a sign-in that the user asked for opens a browser.
//
// Nothing is done when the package is loaded: `run` links it.
package oauth

import (
	"context"
	"net/http"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
)

// Config is where sign-ins are kept and how the world is reached. It may be
// copied; its methods are safe from several goroutines and processes.
type Config struct {
	Home    files.Home
	Store   secrets.Store
	Library string // the library's id, part of every secret's place

	// HTTP carries every call; nil means Go's default transport, which obeys
	// HTTPS_PROXY, NO_PROXY and the system's certificates. Its CheckRedirect and
	// Jar are not used.
	HTTP *http.Client

	Now  func() time.Time           // nil: time.Now
	Open func(address string) error // the browser; given https and loopback addresses alone

	// OwnSecret returns the secret that the user's own app (clientID) has now at the
	// service of the Server with this id, empty for none. Without it, or where it
	// fails, the one that the sign-in was made with is used.
	OwnSecret func(ctx context.Context, serverID, clientID string) (secrets.Secret, error)

	pause func(context.Context, time.Duration) error // nil: by the clock
}

func (c Config) now() time.Time {
	if c.Now != nil {
		return c.Now().Round(0) // without the monotonic part: expiry is the wall clock's
	}
	return time.Now().Round(0)
}

// wait pauses for d, or until ctx ends.
func (c Config) wait(ctx context.Context, d time.Duration) error {
	if c.pause != nil {
		return c.pause(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Request says what to sign in to, and what the user chose for it. Only URL must
// be there.
type Request struct {
	ServerID string // the Server the Grant is for
	Name     string // what sentences call it
	URL      string // its address, as it is used

	// Challenge is the WWW-Authenticate header of the server's 401 or 403, several
	// joined by commas; without it the server is asked.
	Challenge string

	// Scopes are asked for instead of those the server's documents name. Those of
	// the Challenge are asked for as well.
	Scopes []string

	// ClientID and ClientSecret are of an app of the user's own at the service.
	// Issuer is whom they are for; empty: who the first sign-in with them found.
	ClientID     string
	ClientSecret secrets.Secret
	Issuer       string

	CIMD         string // the address of our client id metadata document; empty: not offered
	RedirectHost string // "localhost" for services that refuse 127.0.0.1, the default
	Port         int    // of the return address with an own ClientID or CIMD; 0: OwnPort
	NoResource   bool   // leave the resource parameter out (Microsoft Entra refuses it)

	// Extra are parameters some services want in the authorization request:
	// access_type and prompt at Google, audience at Auth0.
	Extra map[string]string

	// Account is whose Grant is signed in again, as Grant.Account tells it; Another
	// asks for one more beside those there are. Both matter only where the service
	// doesn't say who signed in.
	Account string
	Another bool

	noBrowser bool // by a device's code or a secret alone
	machine   bool // by a secret alone
}

// StepKind says how far a sign-in is.
type StepKind string

const (
	Looking     StepKind = "looking"     // asking the server how to sign in
	Registering StepKind = "registering" // introducing ourselves to the service
	Waiting     StepKind = "waiting"     // for the user, at Step.URL
	Finishing   StepKind = "finishing"   // getting the tokens
)

// Step is what a sign-in is doing. URL is where the user has to go and Code what
// to enter there, if anything; both are shown to the user and to nobody else.
type Step struct {
	Kind StepKind
	Text string // a sentence for the user
	URL  string
	Code string
}
