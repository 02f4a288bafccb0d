package launch

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"mcp-companion/words"
)

var (
	errNotOpen = errors.New("nothing opened the session")
	errTooLong = errors.New("a message is too long")
	errCut     = errors.New("the connection ended before the answer")
	errGone    = errors.New("the server knows the session no more") // nothing was done
	errStrange = errors.New("the answer is no message")
	errAway    = errors.New("no stream of events came")
	errPage    = errors.New("a page for people came")
)

// trouble is why a request has no answer: in the user's words, or in the server's
// own, where it sent an error.
type trouble struct {
	problem *words.Problem
	rpc     []byte // nil for the problem
	remote  Remote
}

// trouble puts err into the user's words. No address stands in them, since that
// may hold a secret; the host may.
func (w *wire) trouble(err error) *trouble {
	var u *unsigned
	var r *refused
	var a *answered
	switch {
	case errors.As(err, &a):
		p := words.New(words.ServiceRefused, nil, "Name", w.plan.Name, "Text", showLine(w.hide, a.Error(), false))
		return &trouble{problem: p, rpc: a.rpc, remote: Remote{Problem: p.Code}}
	case errors.As(err, &u):
		p := w.broken(u.err) // a Problem is itself
		return &trouble{problem: p, remote: w.remote(u.refused, p)}
	case errors.As(err, &r):
		p := w.refusal(r)
		t := &trouble{problem: p, remote: w.remote(r, p)}
		if !isAuth(r.status) && r.status != http.StatusTooManyRequests {
			t.rpc = r.rpc()
		}
		return t
	}
	p := w.broken(err)
	return &trouble{problem: p, remote: Remote{Problem: p.Code, Page: errors.Is(err, errPage)}}
}

func isAuth(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// late is the trouble of a request that was not answered in time.
func (w *wire) late(limit time.Duration) *trouble {
	p := noAnswer(w.plan.Name, limit)
	return &trouble{problem: p, remote: Remote{Problem: p.Code}}
}

func (w *wire) remote(r *refused, p *words.Problem) Remote {
	return Remote{
		Problem: p.Code, Status: r.status, Page: r.page,
		Challenge:  showLine(w.hide, r.challenge, false),
		RetryAfter: showLine(w.hide, r.retryAfter, false),
	}
}

// refusal says what a status means.
func (w *wire) refusal(r *refused) *words.Problem {
	name := w.plan.Name
	switch s := r.status; {
	case isAuth(s) && w.hasOwnKey() && (w.plan.Auth == nil || !strings.Contains(r.challenge, "resource_metadata")):
		return words.New(words.KeyRefused, r, "Name", name)
	case s == http.StatusUnauthorized, s == http.StatusForbidden && r.challenge != "":
		return words.New(words.SignIn, r, "Name", name)
	case s == http.StatusTooManyRequests:
		pairs := []any{"Name", name}
		if d, ok := r.wait(); ok {
			pairs = append(pairs, "Time", time.Now().Add(d).Format("15:04"))
		}
		return words.New(words.TooMany, r, pairs...)
	case s == http.StatusNetworkAuthenticationRequired, s/100 == 3 && w.leadsAway(r.location):
		return words.New(words.WebPage, r, "Host", w.host)
	case s/100 == 5:
		return words.New(words.ServiceTrouble, r, "Host", w.host)
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed, s == http.StatusGone, s/100 == 3:
		return words.New(words.WrongAddress, r, "Name", name)
	}
	return words.New(words.ServiceRefused, r, "Name", name, "Status", r.status)
}

// leadsAway reports whether a redirect goes to another host, as a network's own
// sign-in page does.
func (w *wire) leadsAway(location string) bool {
	host := hostOf(location)
	return host != "" && host != w.host
}

// broken says why no response came, or none that can be used.
func (w *wire) broken(err error) *words.Problem {
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err // without the address
	}
	cause := errors.New(w.hide.Text(err.Error(), false))
	name, host := w.plan.Name, w.host
	var p *words.Problem
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errTooLong):
		return words.New(words.LineTooLong, cause, "Name", name, "Megabytes", maxMessage>>20)
	case errors.Is(err, errPage):
		return words.New(words.WebPage, cause, "Host", host)
	case errors.Is(err, errStrange):
		return words.New(words.WrongAddress, cause, "Name", name)
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return words.New(words.Proxy, cause, "Host", host)
	case errors.As(err, &dns) && dns.IsNotFound:
		return words.New(words.Offline, cause, "Host", host, "Name", name)
	case errors.As(err, &dns), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETDOWN):
		return words.New(words.Offline, cause, "Name", name)
	case isCertificate(err):
		return words.New(words.Certificate, cause, "Host", host, "Name", name, "Bad", isBadCertificate(err))
	case errors.As(err, &op) && op.Op == "dial", errors.Is(err, context.DeadlineExceeded):
		return words.New(words.NoAnswer, cause, "Host", host, "Name", name)
	case errors.Is(err, errCut), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled), errors.As(err, &op):
		return words.New(words.ConnectionLost, cause, "Name", name)
	}
	return words.New(words.ConnectionLost, cause, "Name", name)
}

func isCertificate(err error) bool {
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &unknown) || isBadCertificate(err)
}

func isBadCertificate(err error) bool {
	var host x509.HostnameError
	var bad x509.CertificateInvalidError
	return errors.As(err, &host) || errors.As(err, &bad)
}
