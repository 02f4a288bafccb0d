package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	mathrand "math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"

	"mcp-companion/files"
	"mcp-companion/words"
)

// patience is how long a sign-in waits for the user.
const patience = 10 * time.Minute

// SignIn signs in through the browser of this computer: it listens, has the browser
// opened, and waits until the user is back, ctx ends, or ten minutes are over.
// progress, which may be nil, hears each step. Errors are Problems, or in the
// chain of ErrUnreachable.
func (c Config) SignIn(ctx context.Context, r Request, progress func(Step)) (Grant, error) {
	return c.signIn(ctx, r, progress, way{
		open: openDoor, name: hostFor,
		walk: func(ctx context.Context, a attempt) (answer, func(error), error) {
			return c.byCode(ctx, a, c.byBrowser)
		},
	})
}

// SignInManual signs in with a browser on any machine: progress is given the
// address to go to, and paste returns the address at which that browser ended. It
// may end on a page that can't be shown.
func (c Config) SignInManual(ctx context.Context, r Request, progress func(Step), paste func(context.Context) (string, error)) (Grant, error) {
	come := func(ctx context.Context, a attempt, l login) (arrival, error) { return byPaste(ctx, a, l, paste) }
	return c.signIn(ctx, r, progress, way{
		open: onlyAddress, name: hostFor,
		walk: func(ctx context.Context, a attempt) (answer, func(error), error) { return c.byCode(ctx, a, come) },
	})
}

// way is one of the ways to sign in.
type way struct {
	name func(Request) string              // keeps its registrations apart
	open func(Request, int) (*door, error) // where the user comes back, by port, 0 for any
	walk func(context.Context, attempt) (answer, func(error), error)
}

// attempt is one try of a sign-in.
type attempt struct {
	Request
	service
	g    Registration
	d    *door
	tell func(Step)
}

// signIn walks one way. A registration that vanished at the service is made anew,
// once.
func (c Config) signIn(ctx context.Context, r Request, progress func(Step), w way) (Grant, error) {
	lock, err := files.TryLock(c.Home.SignInLock())
	if errors.Is(err, files.ErrLocked) {
		return Grant{}, words.New(words.SignInBusy, err, "Name", r.Name)
	}
	if err != nil {
		return Grant{}, err
	}
	defer lock.Unlock()
	if progress == nil {
		progress = func(Step) {}
	}
	progress(Step{Kind: Looking, Text: words.Say("sign-in.looking", "Name", r.Name)})
	s, err := c.serviceFor(ctx, &r)
	if err != nil {
		return Grant{}, err
	}
	grant, err := c.once(ctx, r, s, w, progress, false)
	if errors.Is(err, errVanished) {
		grant, err = c.once(ctx, r, s, w, progress, true)
	}
	return grant, err
}

// serviceFor asks the server for what r doesn't say, and finds its sign-in.
func (c Config) serviceFor(ctx context.Context, r *Request) (service, error) {
	if r.ClientID != "" && r.Issuer == "" {
		r.Issuer = c.boundIssuer(*r)
	}
	if r.Challenge == "" {
		r.Challenge = c.challengeOf(ctx, *r)
	}
	return c.discover(ctx, *r, true)
}

// errVanished: the service no longer knows a registration that we kept.
var errVanished = errors.New("registration is unknown")

// once is one attempt, from the registration to the saved Grant.
func (c Config) once(ctx context.Context, r Request, s service, w way, progress func(Step), anew bool) (Grant, error) {
	progress(Step{Kind: Registering, Text: words.Say("sign-in.registering", "Name", r.Name)})
	g, d, err := c.enroll(ctx, r, s, w, anew)
	if err != nil {
		return Grant{}, err
	}
	defer d.close()
	got, done, err := w.walk(ctx, attempt{r, s, g, d, progress})
	var grant Grant
	if err == nil {
		grant, err = c.save(ctx, r, s, g, got)
	}
	cached := g.Kind == kindDynamic && !g.fresh
	switch code := refusedAs(err); {
	case cached && errors.Is(err, errLate):
		// It may have ended at a page that says "unknown app": the next one registers.
		_ = c.drop(context.WithoutCancel(ctx), place(s.Issuer, w.name(r)))
	case cached && slices.Contains([]string{"invalid_client", "unauthorized_client", "invalid_scope"}, code): // the last: it was made for less
		_ = c.drop(ctx, place(s.Issuer, w.name(r)))
		err = errors.Join(errVanished, said(r, err))
	case err != nil && !isSaid(err):
		err = said(r, err)
	}
	if done != nil {
		done(err)
	}
	return grant, err
}

// isSaid reports whether err is in the user's words already.
func isSaid(err error) bool {
	var p *words.Problem
	return errors.As(err, &p)
}

// login is what belongs to one trip through the browser; it is never kept.
type login struct {
	address  string
	state    string
	verifier string
}

func (login) String() string { return "[login]" }

// newLogin makes the authorization request.
func newLogin(a attempt) (login, error) {
	u, err := named(a.service.address, a.Authorization)
	if err != nil {
		return login{}, distrust(a.Request, err)
	}
	l := login{state: rand.Text(), verifier: rand.Text() + rand.Text()} // 52 signs: RFC 7636 wants 43
	sum := sha256.Sum256([]byte(l.verifier))
	q := u.Query()
	a.ask(q)
	for name, value := range map[string]string{
		"response_type": "code", "client_id": a.g.ClientID, "redirect_uri": a.d.uri, "state": l.state,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
	} {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	l.address = u.String()
	return l, nil
}

// ask adds what a request says of its own: what the user wants said, then whose
// tokens they are, and for how much.
func (a attempt) ask(q url.Values) {
	for name, value := range a.Extra {
		q.Set(name, value)
	}
	if !a.NoResource {
		q.Set("resource", a.resource)
	}
	if len(a.scopes) > 0 {
		q.Set("scope", strings.Join(a.scopes, " "))
	}
}

// byCode is the authorization code grant; come brings the user there and back.
func (c Config) byCode(ctx context.Context, a attempt, come func(context.Context, attempt, login) (arrival, error)) (answer, func(error), error) {
	l, err := newLogin(a)
	if err != nil {
		return answer{}, nil, err
	}
	back, err := come(ctx, a, l)
	if err != nil {
		return answer{}, nil, err
	}
	code, err := a.codeIn(back.values, l)
	if err != nil {
		return answer{}, back.done, err
	}
	a.tell(Step{Kind: Finishing, Text: words.Say("sign-in.finishing", "Name", a.Name)})
	form := url.Values{"grant_type": {grantCode}, "code": {code}, "redirect_uri": {a.d.uri}, "code_verifier": {l.verifier}}
	if !a.NoResource {
		form.Set("resource", a.resource)
	}
	got, err := c.tokenCall(ctx, a.Name, a.Token, a.g, form)
	return got, back.done, err
}

// codeIn is the code a user came back with. RFC 9207 first: of an answer that comes
// from another issuer nothing is shown, whatever it says.
func (a attempt) codeIn(values url.Values, l login) (string, error) {
	switch {
	case values.Has("iss") && values.Get("iss") != a.service.metadata.Issuer:
		return "", distrust(a.Request, errors.New("the answer comes from another issuer"))
	case !values.Has("iss") && a.SaysIssuer:
		return "", distrust(a.Request, errors.New("the answer doesn't say from whom it comes"))
	case values.Get("error") != "":
		return "", newRefusal(values.Get("error"), values.Get("error_description"), l.state, l.verifier, values.Get("code"))
	case values.Get("code") == "":
		return "", unfinished(a.Request, errors.New("came back without a code"))
	}
	return values.Get("code"), nil
}

// errLate: the user did not come back in time.
var errLate = errors.New("nobody came back")

// byBrowser opens the browser, with the door open already: a user who is signed in
// comes back at once. One that doesn't open is not the end: the address was told.
func (c Config) byBrowser(ctx context.Context, a attempt, l login) (arrival, error) {
	arrived := a.d.expect(l.state)
	a.tell(Step{Kind: Waiting, Text: words.Say("sign-in.waiting", "Name", a.Name), URL: l.address})
	opened := make(chan error, 1)
	if c.Open != nil {
		go func() { opened <- c.Open(l.address) }() // some return when the browser ends
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case back := <-arrived:
			return back, nil
		case err := <-opened:
			if err != nil {
				a.tell(Step{Kind: Waiting, Text: words.Say("sign-in.open-yourself"), URL: l.address})
			}
		case <-late.C:
			return arrival{}, unfinished(a.Request, errLate)
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return arrival{}, unfinished(a.Request, errors.Join(errLate, ctx.Err()))
			}
			return arrival{}, unfinished(a.Request, ctx.Err())
		}
	}
}

const pasteTries = 3

// byPaste asks for the address at which a browser elsewhere ended.
func byPaste(ctx context.Context, a attempt, l login, paste func(context.Context) (string, error)) (arrival, error) {
	text := words.Say("sign-in.elsewhere", "Name", a.Name)
	for range pasteTries {
		a.tell(Step{Kind: Waiting, Text: text, URL: l.address})
		pasted, err := paste(ctx)
		if err != nil {
			return arrival{}, unfinished(a.Request, err)
		}
		u, err := url.Parse(strings.TrimSpace(pasted))
		if err == nil && u.Query().Get("state") == l.state {
			return arrival{u.Query(), func(error) {}}, nil
		}
		text = words.Say("sign-in.elsewhere.again")
	}
	return arrival{}, unfinished(a.Request, errors.New("another address was pasted"))
}

// onlyAddress is a door that nobody listens at.
func onlyAddress(r Request, port int) (*door, error) {
	if port == 0 {
		port = lowestPort + mathrand.IntN(highestPort-lowestPort)
	}
	return &door{uri: returnURI(r, port)}, nil
}

// SignInMachine signs in with an own client id and secret alone, with nobody there
// (RFC 6749 section 4.4). The secret is kept with the Grant, to get new tokens.
func (c Config) SignInMachine(ctx context.Context, r Request) (Grant, error) {
	if r.ClientID == "" || r.ClientSecret.IsEmpty() {
		return Grant{}, words.New(words.KeyMissing, nil, "Name", r.Name)
	}
	r.noBrowser, r.machine = true, true
	w := way{name: func(Request) string { return "machine" }, open: noDoor}
	w.walk = func(ctx context.Context, a attempt) (answer, func(error), error) {
		form := url.Values{}
		a.ask(form)
		form.Set("grant_type", grantMachine)
		got, err := c.tokenCall(ctx, a.Name, a.Token, a.g, form)
		if code := refusedAs(err); code == "invalid_client" || code == "unauthorized_client" {
			err = words.New(words.KeyRefused, err, "Name", a.Name)
		}
		got.refresh = "" // the secret does what it would
		return got, nil, err
	}
	return c.signIn(ctx, r, nil, w)
}

// noDoor is where nobody comes back.
func noDoor(Request, int) (*door, error) { return &door{}, nil }

// granted are the scopes of an answer: those it names, else those asked for.
func granted(a answer, asked []string) []string {
	if a.scopes != nil {
		return a.scopes
	}
	return slices.Clone(asked)
}
