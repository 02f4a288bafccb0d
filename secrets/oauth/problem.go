package oauth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"mcp-companion/words"
)

// Errors a caller tells apart. In the chain of each is a *words.Problem.
var (
	// ErrSignIn: only the user can go on, by signing in. It is a *NeedsSignIn.
	ErrSignIn = errors.New("sign-in needed")
	// ErrUnreachable: the service can't be asked now; what we have is kept.
	ErrUnreachable = errors.New("sign-in service can't be reached")
)

// NeedsSignIn is ErrSignIn with what the sign-in has to ask for.
type NeedsSignIn struct {
	Problem   *words.Problem // sign-in, sign-in-expired or key-too-weak
	Grant     string         // the id of the Grant that no longer does; "" for none
	Scopes    []string       // for Request.Scopes; nil where the server's documents say
	Challenge string         // for Request.Challenge
}

func (e *NeedsSignIn) Error() string        { return e.Problem.Error() }
func (e *NeedsSignIn) Unwrap() error        { return e.Problem }
func (e *NeedsSignIn) Is(target error) bool { return target == ErrSignIn }

// NotSignedIn is the error of a server that asks for a sign-in, by this challenge,
// and has no Grant yet.
func NotSignedIn(name, challenge string) error {
	return &NeedsSignIn{Problem: words.New(words.SignIn, nil, "Name", name), Challenge: challenge}
}

// outage is ErrUnreachable.
type outage struct {
	problem *words.Problem
	wait    time.Duration // what the service asks for, 0 for nothing
}

func (e *outage) Error() string        { return e.problem.Error() }
func (e *outage) Unwrap() error        { return e.problem }
func (e *outage) Is(target error) bool { return target == ErrUnreachable }

// unreachable says why host could not be asked.
func unreachable(name, host string, err error) error {
	var (
		dns  *net.DNSError
		op   *net.OpError
		cert *tls.CertificateVerificationError
		late interface{ Timeout() bool }
	)
	code, pairs := words.ServiceTrouble, []any{"Host", host, "Name", name}
	switch {
	case errors.As(err, &cert):
		code, pairs = words.Certificate, append(pairs, "Bad", isBad(err))
	case errors.As(err, &op) && op.Op == "proxyconnect":
		code = words.Proxy
	case errors.As(err, &dns):
		code = words.Offline
	case errors.As(err, &late) && late.Timeout():
		code = words.NoAnswer
	}
	return &outage{problem: words.New(code, err, pairs...)}
}

// isBad tells a certificate that is wrong from one whose issuer is unknown here.
func isBad(err error) bool {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &host) || errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

// troubled is unreachable for a service that answered, but nothing of use.
func troubled(name, host string, r reply, what string) error {
	err := fmt.Errorf("%s: status %d: %s", host, r.status, what)
	return &outage{words.New(words.ServiceTrouble, err, "Host", host, "Name", name), r.retryAfter()}
}

func distrust(r Request, err error) error {
	return words.New(words.SignInUnsafe, err, "Name", r.Name)
}

func unfinished(r Request, err error) error {
	return words.New(words.SignInUnfinished, err, "Name", r.Name)
}

// said puts a service's refusal during a sign-in into the user's words.
func said(r Request, err error) error {
	if errors.Is(err, ErrUnreachable) {
		return err
	}
	var no *refusal
	if !errors.As(err, &no) {
		return unfinished(r, err)
	}
	switch no.code {
	case "access_denied", "expired_token", "invalid_grant", "login_required", "interaction_required", "consent_required":
		return unfinished(r, err)
	case "redirect_uri_mismatch", "invalid_redirect_uri":
		return words.New(words.ReturnAddress, err, "Name", r.Name)
	case "server_error", "temporarily_unavailable":
		return &outage{problem: words.New(words.ServiceTrouble, err, "Name", r.Name)}
	}
	return words.New(words.SignInRefused, err, "Name", r.Name, "Text", no.Error(), "Resource", isAboutResource(no))
}
