package oauth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// How we came to a client id.
const (
	kindOwn     = "own"     // the user's
	kindCIMD    = "cimd"    // our metadata document
	kindDynamic = "dynamic" // registered by ourselves (RFC 7591)
)

// How a client shows itself at the token endpoint.
const (
	methodNone  = "none"
	methodPost  = "client_secret_post"
	methodBasic = "client_secret_basic"
)

// Registration is what an issuer knows us by; never used with another issuer.
type Registration struct {
	Issuer      string    `json:"issuer"`
	ClientID    string    `json:"clientId"`
	Kind        string    `json:"kind"`                  // own, cimd, dynamic
	Method      string    `json:"method"`                // none, client_secret_post, client_secret_basic
	RedirectURI string    `json:"redirectUri,omitempty"` // the return address, with its port; "" for none
	Expires     time.Time `json:"expires,omitzero"`      // of its secret
	Server      string    `json:"server,omitempty"`      // of an own one: the Server it was entered for

	secret secrets.Secret // of the client
	fresh  bool           // made for this sign-in
}

// place is the file's and the secret's name of a registration at issuer, for a way
// to sign in: the host of the return address, or "device".
func place(issuer, way string) string {
	sum := sha256.Sum256([]byte(issuer + "\n" + way))
	return "registration-" + hex.EncodeToString(sum[:6])
}

func (c Config) registrationFile(place string) string {
	return filepath.Join(c.Home.Grants(), "registrations", place+".json")
}

// kept is the registration of that place, if there is one that is still good.
func (c Config) kept(ctx context.Context, place string) (Registration, bool, error) {
	var g Registration
	data, err := os.ReadFile(c.registrationFile(place))
	if err != nil || json.Unmarshal(data, &g) != nil || g.ClientID == "" {
		return Registration{}, false, nil // registering anew mends it
	}
	if !g.Expires.IsZero() && !c.now().Before(g.Expires) {
		return Registration{}, false, nil
	}
	if g.Method == methodNone {
		return g, true, nil
	}
	g.secret, err = c.Store.Get(ctx, secrets.Ref{Library: c.Library, ID: place})
	if errors.Is(err, secrets.ErrNotFound) {
		return Registration{}, false, nil
	}
	return g, err == nil, secrets.Problem(err)
}

// keep remembers a registration, its secret first.
func (c Config) keep(ctx context.Context, place string, g Registration) error {
	if g.Kind == kindDynamic && !g.secret.IsEmpty() {
		if err := c.Store.Set(ctx, secrets.Ref{Library: c.Library, ID: place}, g.secret); err != nil {
			return secrets.Problem(err)
		}
	}
	data, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		return err
	}
	return files.WriteOwn(c.registrationFile(place), data)
}

// drop forgets a registration.
func (c Config) drop(ctx context.Context, place string) error {
	if err := os.Remove(c.registrationFile(place)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return secrets.Problem(c.Store.Delete(ctx, secrets.Ref{Library: c.Library, ID: place}))
}

// registrations are all that are kept, by place, without their secrets.
func (c Config) registrations() map[string]Registration {
	all := map[string]Registration{}
	for _, path := range files.Ending(filepath.Join(c.Home.Grants(), "registrations"), ".json") {
		var g Registration
		if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &g) == nil {
			name := filepath.Base(path)
			all[name[:len(name)-len(".json")]] = g
		}
	}
	return all
}

// boundIssuer is whom the user's own client id was used with before, "" for nobody.
func (c Config) boundIssuer(r Request) string {
	for _, g := range c.registrations() {
		if g.Kind == kindOwn && g.ClientID == r.ClientID && g.Server == r.ServerID {
			return g.Issuer
		}
	}
	return ""
}

// enroll gives us a client id at the service, and the door to which the user comes
// back: the user's own id, else our metadata document, else a registration, kept
// or new. anew makes a new one although there may be another.
func (c Config) enroll(ctx context.Context, r Request, s service, way way, anew bool) (Registration, *door, error) {
	g := Registration{Issuer: s.Issuer}
	switch {
	case r.ClientID != "":
		g.Kind, g.ClientID, g.secret, g.Server = kindOwn, r.ClientID, r.ClientSecret, r.ServerID
		g.Method = s.methodFor(g.secret.IsEmpty())
	case s.CIMD && isDocumentID(r.CIMD):
		g.Kind, g.ClientID, g.Method = kindCIMD, r.CIMD, methodNone
	default:
		return c.registered(ctx, r, s, way, anew)
	}
	d, err := way.open(r, cmp.Or(r.Port, OwnPort))
	if err != nil {
		return g, nil, portBusy(r, err)
	}
	g.RedirectURI = d.uri
	if g.Kind == kindOwn {
		if err := c.keep(ctx, place("", "own "+r.ServerID), g); err != nil {
			d.close()
			return g, nil, err
		}
	}
	return g, d, nil
}

// isDocumentID reports whether an address can be a client id: https, with a path.
func isDocumentID(raw string) bool {
	u, err := parseAddress(raw)
	return err == nil && u.Scheme == "https" && len(u.Path) > 1
}

// methodFor is how an own client shows itself. A document that names no method
// means client_secret_basic (RFC 8414).
func (m metadata) methodFor(isPublic bool) string {
	switch {
	case isPublic:
		return methodNone
	case len(m.Methods) == 0 || slices.Contains(m.Methods, methodBasic):
		return methodBasic
	}
	return methodPost
}

// registered is the kept registration, with its port, or a new one: where there is
// none, or its port is taken, for a port that was never registered is refused.
func (c Config) registered(ctx context.Context, r Request, s service, way way, anew bool) (Registration, *door, error) {
	place := place(s.Issuer, way.name(r))
	g, ok, err := c.kept(ctx, place)
	if err != nil {
		return g, nil, err
	}
	if ok && !anew {
		if d, err := way.open(r, portOf(g.RedirectURI)); err == nil {
			return g, d, nil
		}
	}
	if s.Registration == "" {
		return g, nil, words.New(words.SignInClosedClub, errors.New("no way to register"), "Name", r.Name)
	}
	d, err := way.open(r, 0)
	if err != nil {
		return g, nil, portBusy(r, err)
	}
	if g, err = c.register(ctx, r, s, d.uri); err == nil {
		err = c.keep(ctx, place, g)
	}
	if err != nil {
		d.close()
		return g, nil, err
	}
	return g, d, nil
}

// registrationForm is what a registration says of us (RFC 7591).
type registrationForm struct {
	Name      string   `json:"client_name"`
	Type      string   `json:"application_type"`
	Redirects []string `json:"redirect_uris,omitempty"`
	Grants    []string `json:"grant_types"`
	Responses []string `json:"response_types,omitempty"`
	Method    string   `json:"token_endpoint_auth_method"`
	Scope     string   `json:"scope,omitempty"` // some refuse later what was not said here
}

// register introduces us to the service. What it returns is obeyed, the method
// above all.
func (c Config) register(ctx context.Context, r Request, s service, redirect string) (Registration, error) {
	endpoint, err := named(s.address, s.Registration)
	if err != nil {
		return Registration{}, distrust(r, err)
	}
	form := registrationForm{Name: "MCP Companion", Type: "native", Method: s.methodToRegister(), Scope: strings.Join(s.scopes, " "), Grants: []string{grantDevice, "refresh_token"}}
	if redirect != "" {
		form.Redirects, form.Grants, form.Responses = []string{redirect}, []string{"authorization_code", "refresh_token"}, []string{"code"}
	}
	body, err := json.Marshal(form)
	if err != nil {
		return Registration{}, err
	}
	got, err := c.post(ctx, endpoint, "application/json", body, nil)
	if err != nil {
		return Registration{}, unreachable(r.Name, endpoint.Hostname(), err)
	}
	return readRegistration(r, s, got, form)
}

// methodToRegister is the simplest that the service takes. It is always said: left
// out, it would be client_secret_basic.
func (m metadata) methodToRegister() string {
	for _, method := range []string{methodNone, methodPost, methodBasic} {
		if slices.Contains(m.Methods, method) {
			return method
		}
	}
	return methodNone
}

// registrationDocument is what a service registered.
type registrationDocument struct {
	ID        string   `json:"client_id"`
	Secret    string   `json:"client_secret"`
	Expires   number   `json:"client_secret_expires_at"`
	Redirects []string `json:"redirect_uris"`
	Method    string   `json:"token_endpoint_auth_method"`
	Error     string   `json:"error"`
	Text      string   `json:"error_description"`
}

// readRegistration takes a registration as it was made, or says why there is none.
func readRegistration(r Request, s service, got reply, form registrationForm) (Registration, error) {
	var doc registrationDocument
	ok := got.into(&doc)
	no := func(code words.Code, why string) (Registration, error) {
		return Registration{}, words.New(code, newRefusal(why, doc.Text, doc.Secret), "Name", r.Name)
	}
	g := Registration{Issuer: s.Issuer, ClientID: doc.ID, Kind: kindDynamic, Method: cmp.Or(doc.Method, form.Method), secret: secrets.New(doc.Secret), fresh: true}
	switch {
	case got.status >= 500 || got.status == http.StatusTooManyRequests:
		return Registration{}, troubled(r.Name, hostOf(s.Registration), got, "no registration")
	case doc.Error == "invalid_redirect_uri":
		return no(words.ReturnAddress, doc.Error)
	case got.status/100 != 2 || !ok || doc.ID == "":
		return no(words.SignInClosedClub, cmp.Or(doc.Error, "registration refused"))
	case len(form.Redirects) > 0 && len(doc.Redirects) > 0 && !slices.Contains(doc.Redirects, form.Redirects[0]):
		return no(words.ReturnAddress, "another address was registered")
	case !slices.Contains([]string{methodNone, methodPost, methodBasic}, g.Method):
		return no(words.SignInClosedClub, "unknown method "+g.Method)
	}
	if len(form.Redirects) > 0 {
		g.RedirectURI = form.Redirects[0]
	}
	if doc.Expires > 0 && doc.Secret != "" {
		g.Expires = time.Unix(int64(min(doc.Expires, 1<<40)), 0).UTC()
	}
	if doc.Secret == "" {
		g.Method = methodNone // whatever it says, there is nothing to show
	}
	return g, nil
}

func portBusy(r Request, err error) error {
	var busy *busyPort
	if errors.As(err, &busy) {
		return words.New(words.PortBusy, err, "Name", r.Name, "Port", busy.port)
	}
	return words.New(words.PortBusy, err, "Name", r.Name)
}
