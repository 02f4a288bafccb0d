package oauth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mcp-companion/words"
)

// Need is what an address asks of its user.
type Need string

const (
	Nothing Need = "nothing"
	Key     Need = "key"     // it refuses, and tells of no sign-in
	SignIn  Need = "sign-in" // it tells where to sign in
)

// Needs is what a look at an address found.
type Needs struct {
	Need   Need
	MCP    bool // it answered as an MCP server does, or refused as one
	Status int  // of its answer

	// Of a sign-in:
	Issuer    string   // who does it
	Register  bool     // we can register by ourselves: no client id of the user's own is needed
	Device    bool     // a code on another machine will do
	Scopes    []string // that will be asked for
	Challenge string   // for Request.Challenge
	Problem   error    // why the sign-in can't be done although it is told of; nil for none
}

const (
	probeLimit  = 20 * time.Second
	streamLimit = 5 * time.Second
	probeBytes  = 64 << 10
)

// opening is the first message of a session. A server that knows only later
// versions answers it with an error, which shows as well that it is one.
const opening = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mcp-companion","version":"1"}}}`

// Probe looks at an address without any key: whether it is an MCP server, and what
// it needs. It takes twenty seconds at most and fails only where the address can't
// be asked.
func (c Config) Probe(ctx context.Context, r Request) (Needs, error) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	u, err := parseAddress(r.URL)
	if err != nil {
		return Needs{}, distrust(r, err)
	}
	status, header, isMCP, err := c.knock(ctx, u)
	switch {
	case errors.Is(err, errRedirect):
		return Needs{}, words.New(words.WrongAddress, err, "Name", r.Name, "URL", withoutQuery(r.URL))
	case err != nil:
		return Needs{}, unreachable(r.Name, u.Hostname(), err)
	}
	n := Needs{Need: Nothing, MCP: isMCP, Status: status}
	switch status {
	case http.StatusUnauthorized:
		n.MCP = true
	case http.StatusForbidden:
		n.Need = Key
		return n, nil
	default:
		return n, nil
	}
	r.Challenge = strings.Join(header.Values("WWW-Authenticate"), ", ")
	return c.needsOf(ctx, r, n), nil
}

// needsOf finds out what a 401 wants.
func (c Config) needsOf(ctx context.Context, r Request, n Needs) Needs {
	n.Need, n.Challenge = SignIn, r.Challenge
	s, err := c.discover(ctx, r, false)
	switch {
	case errors.Is(err, errNoMetadata) && readChallenge(r.Challenge).metadata == "":
		n.Need = Key
	case err != nil:
		n.Problem = err
	default:
		n.Issuer, n.Device, n.Scopes = s.Issuer, s.Device != "", s.scopes
		n.Register = s.Registration != "" || s.CIMD && isDocumentID(r.CIMD)
		if !n.Register && r.ClientID == "" {
			n.Problem = words.New(words.SignInClosedClub, nil, "Name", r.Name)
		}
	}
	return n
}

// challengeOf is the challenge of the server, "" where it makes none.
func (c Config) challengeOf(ctx context.Context, r Request) string {
	u, err := parseAddress(r.URL)
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	status, header, _, err := c.knock(ctx, u)
	if err != nil || status != http.StatusUnauthorized {
		return ""
	}
	return strings.Join(header.Values("WWW-Authenticate"), ", ")
}

// knock opens a session and leaves. An older server (HTTP+SSE) takes no POST and is
// asked for its stream.
func (c Config) knock(ctx context.Context, u *url.URL) (status int, header http.Header, isMCP bool, err error) {
	req, err := http.NewRequest(http.MethodPost, u.String(), strings.NewReader(opening))
	if err != nil {
		return 0, nil, false, bare(err)
	}
	req.Header.Set("Content-Type", "application/json")
	status, header, body, err := c.glance(ctx, req)
	if err != nil {
		return 0, nil, false, err
	}
	isMCP = bytes.Contains(body, []byte(`"jsonrpc"`))
	if id := header.Get("Mcp-Session-Id"); id != "" && status == http.StatusOK {
		c.leave(ctx, u, id)
	}
	if isMCP || status != http.StatusBadRequest && status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
		return status, header, isMCP, nil
	}
	get, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return 0, nil, false, bare(err)
	}
	ctx, cancel := context.WithTimeout(ctx, streamLimit) // a stream may begin with silence
	defer cancel()
	s, h, body, err := c.glance(ctx, get)
	if err != nil || s != http.StatusUnauthorized && !bytes.Contains(body, []byte("endpoint")) {
		return status, header, false, nil
	}
	return s, h, s == http.StatusOK, nil
}

// glance makes a request and reads the beginning of the answer: up to the first
// event of a stream, which may never end.
func (c Config) glance(ctx context.Context, req *http.Request) (int, http.Header, []byte, error) {
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := c.client(true).Do(req.WithContext(ctx))
	if err != nil {
		return 0, nil, nil, bare(err)
	}
	defer resp.Body.Close()
	var body []byte
	buf := make([]byte, 4096)
	for len(body) < probeBytes {
		n, err := resp.Body.Read(buf)
		body = append(body, buf[:n]...)
		isStream := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
		if err != nil || isStream && (bytes.Contains(body, []byte("\n\n")) || bytes.Contains(body, []byte("\r\n\r\n"))) {
			if err != nil && err != io.EOF && len(body) == 0 {
				return 0, nil, nil, bare(err)
			}
			break
		}
	}
	return resp.StatusCode, resp.Header, body, nil
}

// leave ends a session that was opened only to look.
func (c Config) leave(ctx context.Context, u *url.URL, id string) {
	req, err := http.NewRequest(http.MethodDelete, u.String(), nil)
	if err != nil {
		return
	}
	req.Header.Set("Mcp-Session-Id", id)
	_, _ = c.do(ctx, req, maxMetadata, true)
}
