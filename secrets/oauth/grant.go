package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// Grant is what an authorization server gave us for a Server, as far as it is
// public; grants/ID.json keeps it. The tokens lie in the Store.
type Grant struct {
	ID     string `json:"id"`
	Server string `json:"server"` // the Server's id
	Name   string `json:"name,omitempty"`

	Address  string `json:"address"`  // of the server the tokens may be sent to, without a query
	Resource string `json:"resource"` // what they are for, without a query
	Issuer   string `json:"issuer"`
	ClientID string `json:"clientId"`
	Account  string `json:"account"` // who signed in, as the service calls him; else a number
	Named    bool   `json:"named"`   // Account is the service's word

	Scopes []string `json:"scopes,omitempty"` // granted
	Asked  []string `json:"asked,omitempty"`

	Obtained  time.Time `json:"obtained"`           // by signing in
	Refreshed time.Time `json:"refreshed,omitzero"` // last; zero for never
	Expires   time.Time `json:"expires,omitzero"`   // of the access token; zero where nobody knows
	Ended     time.Time `json:"ended,omitzero"`     // when the service ended it; zero for a good one

	// Renewable says that new tokens come without the user.
	Renewable    bool         `json:"renewable"`
	Machine      bool         `json:"machine,omitempty"` // by a secret alone, which is all a renewal takes
	Generation   int          `json:"generation"`        // one more with each set of tokens
	Registration Registration `json:"registration"`
	Endpoints    Endpoints    `json:"endpoints"`
	NoResource   bool         `json:"noResource,omitempty"`
}

// Endpoints are where a Grant is renewed and ended.
type Endpoints struct {
	Token      string `json:"token"`
	Revocation string `json:"revocation,omitempty"`
}

// tokens are the secret half of a Grant, one item in the Store. What is in both
// halves counts as it is here: this one is written first.
type tokens struct {
	Generation int       `json:"generation"`
	Access     string    `json:"access"`
	Refresh    string    `json:"refresh,omitempty"`
	Secret     string    `json:"secret,omitempty"` // the client's
	Resource   string    `json:"resource,omitempty"`
	Obtained   time.Time `json:"obtained"`
	Renewed    bool      `json:"renewed,omitempty"` // by a refresh, not by a sign-in
	Expires    time.Time `json:"expires,omitzero"`

	// Extra is what a machine's request carries besides.
	Extra map[string]string `json:"extra,omitempty"`
}

// String keeps the tokens out of what prints them.
func (tokens) String() string { return "[tokens]" }

// Covers reports whether the Grant's tokens may be sent to the address: they are
// for one server, and no redirect takes them elsewhere.
func (g Grant) Covers(address string) bool {
	to, err := parseAddress(address)
	if err != nil {
		return false
	}
	from, err := parseAddress(g.Address)
	return err == nil && originOf(from) == originOf(to)
}

// Problem is what the user has to do about the Grant, nil for nothing.
func (g Grant) Problem() *words.Problem {
	if g.Ended.IsZero() {
		return nil
	}
	return words.New(words.SignInExpired, nil, "Name", g.Name)
}

// Grants lists all Grants, by id. Files that can't be read are left out.
func Grants(home files.Home) ([]Grant, error) {
	var list []Grant
	for _, path := range files.Ending(home.Grants(), ".json") {
		g, err := readGrant(path)
		if errors.Is(err, fs.ErrPermission) {
			return list, err
		}
		if err == nil {
			list = append(list, g)
		}
	}
	return list, nil
}

// GrantsOf lists the Grants of the Server with this id, the newest sign-in first.
func GrantsOf(home files.Home, serverID string) ([]Grant, error) {
	list, err := Grants(home)
	list = slices.DeleteFunc(list, func(g Grant) bool { return g.Server != serverID })
	slices.SortStableFunc(list, func(a, b Grant) int { return b.Obtained.Compare(a.Obtained) })
	return list, err
}

func readGrant(path string) (g Grant, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return g, err
	}
	if json.Unmarshal(data, &g) != nil || g.ID == "" || g.ID+".json" != filepath.Base(path) {
		return Grant{}, errors.New("not a grant: " + filepath.Base(path))
	}
	return g, nil
}

func (c Config) grantFile(id string) string { return filepath.Join(c.Home.Grants(), id+".json") }

func (c Config) writeGrant(g Grant) error {
	data, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		return err
	}
	return files.WriteOwn(c.grantFile(g.ID), data)
}

func (c Config) ref(id string) secrets.Ref {
	return secrets.Ref{Library: c.Library, ID: "grant-" + id}
}

// tokensOf reads the secret half. It fails with secrets.ErrNotFound where there is
// none, and with a Problem where the store can't be asked.
func (c Config) tokensOf(ctx context.Context, id string) (t tokens, err error) {
	value, err := c.Store.Get(ctx, c.ref(id))
	if err != nil {
		return t, secrets.Problem(err)
	}
	if json.Unmarshal([]byte(value.Reveal()), &t) != nil {
		return tokens{}, words.New(words.StoreDamaged, secrets.ErrDamaged)
	}
	return t, nil
}

func (c Config) keepTokens(ctx context.Context, id string, t tokens) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	err = c.Store.Set(ctx, c.ref(id), secrets.New(string(data)))
	if errors.Is(err, secrets.ErrTooLong) {
		return words.New(words.KeyTooLong, err)
	}
	return secrets.Problem(err)
}

// save makes a Grant of a sign-in's tokens, in the place of the one that it renews.
func (c Config) save(ctx context.Context, r Request, s service, g Registration, got answer) (Grant, error) {
	now := c.now()
	grant := Grant{
		ID: files.NewID(), Server: r.ServerID, Name: r.Name, Address: withoutQuery(r.URL), Resource: withoutQuery(s.resource),
		Issuer: s.Issuer, ClientID: g.ClientID, Scopes: granted(got, s.scopes), Asked: s.scopes, Obtained: now,
		Registration: g, Endpoints: Endpoints{s.Token, s.Revocation}, NoResource: r.NoResource, Machine: r.machine,
	}
	grant.Account = c.accountOf(ctx, s, got)
	grant.Named = grant.Account != ""
	old, err := c.renewed(r, grant)
	if err != nil {
		return Grant{}, err
	}
	if old.ID != "" {
		grant.ID, grant.Generation = old.ID, old.Generation
	}
	if !grant.Named {
		grant.Account = old.Account
	}
	lock, err := c.lock(ctx, grant.ID)
	if err != nil {
		return Grant{}, err
	}
	defer lock.Unlock()
	t := tokens{Refresh: got.refresh, Secret: g.secret.Reveal(), Resource: s.resource}
	if r.machine {
		t.Extra = r.Extra
	}
	grant, _, err = c.update(ctx, grant, t, got, now)
	return grant, err
}

// update puts an answer into both halves of a Grant and writes them, the secret one
// first. The caller holds the Grant's lock.
func (c Config) update(ctx context.Context, g Grant, t tokens, got answer, now time.Time) (Grant, tokens, error) {
	t.Access, t.Obtained, t.Expires = got.access, now, time.Time{}
	if got.refresh != "" {
		t.Refresh = got.refresh // none: the old one stays good
	}
	if got.life > 0 {
		t.Expires = now.Add(got.life)
	}
	t.Generation = max(t.Generation, g.Generation) + 1
	if err := c.keepTokens(ctx, g.ID, t); err != nil {
		return g, t, &unsaved{err}
	}
	g, err := c.publish(g, t)
	return g, t, err
}

// publish brings the public half up to the secret one.
func (c Config) publish(g Grant, t tokens) (Grant, error) {
	g.Generation, g.Expires, g.Ended = t.Generation, t.Expires, time.Time{}
	g.Renewable = t.Refresh != "" || g.Machine
	if t.Renewed {
		g.Refreshed = t.Obtained
	}
	return g, c.writeGrant(g)
}

// unsaved: the service gave new tokens, and the store did not take them.
type unsaved struct{ err error }

func (e *unsaved) Error() string { return e.err.Error() }
func (e *unsaved) Unwrap() error { return e.err }

// renewed is the Grant in whose place a new one comes: of the same server, issuer,
// resource, client id and account. Where the service names nobody it is the one
// asked for, or the only one; old.Account is then the number of the new one.
func (c Config) renewed(r Request, g Grant) (old Grant, err error) {
	all, err := GrantsOf(c.Home, g.Server)
	if err != nil {
		return Grant{}, err
	}
	var same []Grant
	for _, o := range all {
		if o.Issuer == g.Issuer && o.Resource == g.Resource && o.Address == g.Address && (o.ClientID == g.ClientID || o.Registration.Kind == kindDynamic && g.Registration.Kind == kindDynamic) {
			same = append(same, o)
		}
	}
	if g.Named {
		for _, o := range same {
			if o.Account == g.Account || !o.Named && r.Account == o.Account {
				return o, nil
			}
		}
		return Grant{}, nil
	}
	same = slices.DeleteFunc(same, func(o Grant) bool { return o.Named })
	for _, o := range same {
		if !r.Another && (o.Account == r.Account || r.Account == "" && len(same) == 1) {
			return o, nil
		}
	}
	for n := 1; ; n++ {
		free := strconv.Itoa(n)
		if !slices.ContainsFunc(same, func(o Grant) bool { return o.Account == free }) {
			return Grant{Account: free}, nil
		}
	}
}

// accountOf is who signed in, "" where the service doesn't say: the id token, which
// came from the token endpoint itself, else the userinfo place, where it is the
// issuer's own and was asked for.
func (c Config) accountOf(ctx context.Context, s service, got answer) string {
	if parts := strings.Split(got.idToken, "."); len(parts) == 3 {
		if body, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "=")); err == nil {
			if name := nameIn(reply{body: body}); name != "" {
				return name
			}
		}
	}
	if !slices.Contains(granted(got, s.scopes), "openid") {
		return ""
	}
	u, err := parseAddress(s.UserInfo)
	issuer, err2 := parseAddress(s.Issuer)
	if err != nil || err2 != nil || originOf(u) != originOf(issuer) {
		return ""
	}
	info, err := c.get(ctx, u, http.Header{"Authorization": {"Bearer " + got.access}})
	if err != nil || info.status != http.StatusOK {
		return ""
	}
	return nameIn(info)
}

func nameIn(r reply) string {
	var who struct {
		Email string `json:"email"`
		Name  string `json:"preferred_username"`
	}
	if !r.into(&who) {
		return ""
	}
	name := who.Email
	if name == "" {
		name = who.Name
	}
	return clip(strings.Map(plainRune, name), 100)
}

const lockLimit = callLimit + 15*time.Second // a holder makes one call

// lock takes the Grant's lock, in bounded time.
func (c Config) lock(ctx context.Context, id string) (*files.Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	return files.WaitLock(ctx, c.Home.GrantLock(id))
}

// Move takes the tokens of all Grants to another store. A Grant whose tokens can't be
// had there has ended: its user signs in again.
func (c Config) Move(ctx context.Context, to secrets.Store) error {
	list, err := Grants(c.Home)
	if err != nil {
		return err
	}
	var all error
	for _, g := range list {
		all = errors.Join(all, c.move(ctx, g.ID, to))
	}
	return all
}

func (c Config) move(ctx context.Context, id string, to secrets.Store) error {
	lock, err := c.lock(ctx, id)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	g, err := readGrant(c.grantFile(id))
	if err != nil {
		return err
	}
	value, err := c.Store.Get(ctx, c.ref(id))
	if err == nil {
		err = to.Set(ctx, c.ref(id), value)
	}
	if err == nil {
		return secrets.Problem(c.Store.Delete(ctx, c.ref(id)))
	}
	if g.Ended.IsZero() {
		g.Ended, g.Renewable = c.now(), false
	}
	return c.writeGrant(g)
}

// SignOut tells the service that the Grant is over, where it can be told, and
// forgets it. It is no error if there is none.
func (c Config) SignOut(ctx context.Context, id string) error {
	lock, err := c.lock(ctx, id)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	g, err := readGrant(c.grantFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		if t, err := c.tokensOf(ctx, id); err == nil {
			c.revoke(ctx, g, t)
		}
	}
	if err := c.Store.Delete(ctx, c.ref(id)); err != nil {
		return secrets.Problem(err)
	}
	if err := os.Remove(c.grantFile(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return c.dropUnused(ctx, g)
}

// holder is who got the Grant, with the secret that it has now.
func (c Config) holder(ctx context.Context, g Grant, t tokens) Registration {
	client := g.Registration
	client.secret = secrets.New(t.Secret)
	if client.Kind == kindOwn && c.OwnSecret != nil {
		if now, err := c.OwnSecret(ctx, g.Server, g.ClientID); err == nil && !now.IsEmpty() {
			client.secret = now
		}
	}
	return client
}

const revokeLimit = 10 * time.Second

// revoke ends the tokens at the service (RFC 7009), the refresh token first: most
// end the access token with it. It may fail, and is then left to their expiry.
func (c Config) revoke(ctx context.Context, g Grant, t tokens) {
	u, err := parseAddress(g.Endpoints.Revocation)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, revokeLimit)
	defer cancel()
	client := c.holder(ctx, g, t)
	for _, one := range []struct{ hint, token string }{{"refresh_token", t.Refresh}, {"access_token", t.Access}} {
		if one.token != "" {
			_, _ = c.postForm(ctx, u, client, url.Values{"token": {one.token}, "token_type_hint": {one.hint}})
		}
	}
}

// dropUnused forgets the registration of a Grant that is gone, where no other one
// came of it.
func (c Config) dropUnused(ctx context.Context, gone Grant) error {
	all, err := Grants(c.Home)
	if err != nil {
		return err
	}
	for at, g := range c.registrations() {
		if g.Issuer != gone.Issuer || g.ClientID != gone.ClientID {
			continue
		}
		used := slices.ContainsFunc(all, func(o Grant) bool { return o.Issuer == g.Issuer && o.ClientID == g.ClientID })
		if !used {
			if err := c.drop(ctx, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// isMissing reports whether the store has no such item; one that can't be asked is
// another matter.
func isMissing(err error) bool { return errors.Is(err, secrets.ErrNotFound) }
