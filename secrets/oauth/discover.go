package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mcp-companion/words"
)

// service is where and how a server's sign-in is done.
type service struct {
	metadata
	address  *url.URL // the server's
	resource string   // what tokens are asked for, character for character
	scopes   []string // to ask for, nil to leave out
	guessed  bool     // the places of 2025-03-26, without any document
}

// metadata is what matters of an authorization server's document (RFC 8414).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Registration  string   `json:"registration_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Scopes        []string `json:"scopes_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Methods       []string `json:"token_endpoint_auth_methods_supported"`
	Grants        []string `json:"grant_types_supported"`
	CIMD          bool     `json:"client_id_metadata_document_supported"`
	SaysIssuer    bool     `json:"authorization_response_iss_parameter_supported"`
}

// resourceMetadata is what matters of a server's own document (RFC 9728).
type resourceMetadata struct {
	Resource string   `json:"resource"`
	Issuers  []string `json:"authorization_servers"`
	Scopes   []string `json:"scopes_supported"`
}

// errNoMetadata: the server publishes nothing about a sign-in.
var errNoMetadata = errors.New("no sign-in metadata")

// discover finds a server's sign-in. It fails with errNoMetadata in the chain where
// there is none, and guess does not allow the places of 2025-03-26.
func (c Config) discover(ctx context.Context, r Request, guess bool) (service, error) {
	address, err := parseAddress(r.URL)
	if err != nil {
		return service{}, distrust(r, err)
	}
	ch := readChallenge(r.Challenge)
	doc, found, err := c.resourceMetadata(ctx, r, address, ch)
	if err != nil {
		return service{}, err
	}
	s := service{address: address, resource: withoutFragment(r.URL)}
	issuers := doc.Issuers
	if found {
		s.resource = doc.Resource
	}
	if len(issuers) == 0 {
		issuers = []string{rootOf(address)} // 2025-03-26: the origin is the issuer
	}
	if s.metadata, err = c.firstIssuer(ctx, r, address, issuers); errors.Is(err, errNoMetadata) && len(doc.Issuers) == 0 && guess {
		s.metadata, err, s.guessed = oldPlaces(rootOf(address)), nil, true
	}
	if err != nil {
		return service{}, err
	}
	s.scopes = s.scopesFor(r, ch, doc)
	return s, nil
}

// scopesFor are the challenge's, else the resource's, else none: not all that the
// authorization server knows, which some refuse. offline_access is added where it
// is offered and other scopes are asked for; alone it would replace the default.
func (s service) scopesFor(r Request, ch challenge, doc resourceMetadata) []string {
	scopes := doc.Scopes
	if len(ch.scope) > 0 {
		scopes = ch.scope
	}
	if len(r.Scopes) > 0 {
		scopes = union(r.Scopes, ch.scope)
	}
	if len(scopes) > 0 && slices.Contains(s.Scopes, "offline_access") {
		scopes = union(scopes, []string{"offline_access"})
	}
	return slices.Clone(scopes)
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// resourceMetadata fetches the server's document: where the challenge says, else at
// the well-known place with the server's path, else at the one without.
func (c Config) resourceMetadata(ctx context.Context, r Request, address *url.URL, ch challenge) (doc resourceMetadata, found bool, err error) {
	const known = "/.well-known/oauth-protected-resource"
	places := []string{rootOf(address) + known + strings.TrimSuffix(address.EscapedPath(), "/"), rootOf(address) + known}
	if ch.metadata != "" {
		places = append([]string{ch.metadata}, places...)
	}
	for _, place := range slices.Compact(places) {
		u, err := named(address, place)
		if err != nil {
			return doc, false, distrust(r, err)
		}
		doc = resourceMetadata{}
		if found, err = c.document(ctx, r, u, &doc); err != nil {
			return doc, false, err
		}
		if !found {
			continue
		}
		if !covers(doc.Resource, address) {
			return doc, false, distrust(r, fmt.Errorf("%s is about %q, not about %s", u.Host, clip(withoutQuery(doc.Resource), 200), withoutQuery(r.URL)))
		}
		return doc, true, nil
	}
	return resourceMetadata{}, false, nil
}

// document fetches one; found is false where there is none, or something else.
func (c Config) document(ctx context.Context, r Request, u *url.URL, v any) (found bool, err error) {
	got, err := c.get(ctx, u, nil)
	switch {
	case errors.Is(err, errTooLong), errors.Is(err, errRedirect):
		return false, distrust(r, err)
	case err != nil:
		return false, unreachable(r.Name, u.Hostname(), err)
	case got.status >= 500 || got.status == http.StatusTooManyRequests:
		return false, troubled(r.Name, u.Hostname(), got, "no document")
	}
	if got.status != http.StatusOK || !got.isObject() {
		return false, nil // a missing document may come as a page
	}
	if !got.into(v) {
		return false, distrust(r, fmt.Errorf("%s answers with a document of another shape", u.Host))
	}
	return true, nil
}

// firstIssuer is the document of the first issuer that has a usable one; the one
// whom the user's own app is for comes first.
func (c Config) firstIssuer(ctx context.Context, r Request, address *url.URL, issuers []string) (metadata, error) {
	if r.ClientID != "" && r.Issuer != "" {
		at := slices.IndexFunc(issuers, func(i string) bool { return sameIssuer(i, r.Issuer) })
		if at < 0 {
			return metadata{}, words.New(words.SignInMoved, nil, "Name", r.Name, "Host", hostOf(issuers[0]), "Old", hostOf(r.Issuer))
		}
		issuers = issuers[at : at+1]
	}
	var first error
	for _, issuer := range issuers {
		m, err := c.issuerMetadata(ctx, r, address, issuer)
		if err == nil {
			return m, nil
		}
		if first == nil {
			first = err
		}
	}
	return metadata{}, first
}

func sameIssuer(a, b string) bool {
	return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") // accounts.google.com differs so
}

// issuerMetadata fetches the issuer's document, and refuses one that is another's.
func (c Config) issuerMetadata(ctx context.Context, r Request, address *url.URL, issuer string) (metadata, error) {
	u, err := named(address, issuer)
	if err != nil {
		return metadata{}, distrust(r, err)
	}
	wrong := error(nil)
	for _, place := range issuerPlaces(u) {
		at, err := url.Parse(place)
		if err != nil {
			return metadata{}, distrust(r, errors.New("issuer is not an address"))
		}
		var m metadata
		found, err := c.document(ctx, r, at, &m)
		if err != nil {
			return metadata{}, err
		}
		if !found {
			continue
		}
		if !sameIssuer(m.Issuer, issuer) {
			wrong = distrust(r, fmt.Errorf("%s speaks for %q, not for %s", at.Host, clip(withoutQuery(m.Issuer), 200), withoutQuery(issuer)))
			continue
		}
		return m, m.check(r, u)
	}
	if wrong != nil {
		return metadata{}, wrong
	}
	return metadata{}, words.New(words.SignInClosedClub, fmt.Errorf("%w at %s", errNoMetadata, u.Host), "Name", r.Name)
}

// issuerPlaces is where an issuer's document may lie, RFC 8414 before OpenID.
func issuerPlaces(issuer *url.URL) []string {
	const as, oidc = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	root, path := rootOf(issuer), strings.TrimSuffix(issuer.EscapedPath(), "/")
	if path == "" {
		return []string{root + as, root + oidc}
	}
	return []string{root + as + path, root + oidc + path, root + path + oidc}
}

// check says why a document of the issuer can't be used: PKCE with S256 is a must
// where a browser is used, and every address in it is one that may be called.
func (m metadata) check(r Request, issuer *url.URL) error {
	if !r.noBrowser && !slices.Contains(m.Challenges, "S256") {
		return distrust(r, fmt.Errorf("%s doesn't offer S256", issuer.Host))
	}
	if m.Authorization == "" && !r.noBrowser || m.Token == "" {
		return distrust(r, fmt.Errorf("%s names no place to sign in", issuer.Host))
	}
	for _, raw := range []string{m.Authorization, m.Token, m.Registration, m.Revocation, m.Device, m.UserInfo} {
		if raw == "" {
			continue
		}
		if _, err := named(issuer, raw); err != nil {
			return distrust(r, err)
		}
	}
	return nil
}

// oldPlaces are those of 2025-03-26, for a server with no document at all.
func oldPlaces(root string) metadata {
	return metadata{Issuer: root, Authorization: root + "/authorize", Token: root + "/token", Registration: root + "/register"}
}
