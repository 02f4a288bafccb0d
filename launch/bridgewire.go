package launch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"mcp-companion/secrets"
)

const (
	dialTime  = 10 * time.Second // for a connection
	maxRefuse = 64 << 10         // of a refusal's body, that is read
	maxWait   = 5 * time.Second  // that a server may ask us to wait before we try again
	maxSteps  = 3                // new Authorization headers for one request
)

// wire is HTTP to one server: one pool of connections, its headers, cookies and
// authorization.
type wire struct {
	plan *Plan
	hide secrets.Redactor
	url  string
	host string
	http http.Client
}

func newWire(p *Plan, hide secrets.Redactor) *wire {
	w := &wire{plan: p, hide: hide, url: p.URL, host: hostOf(p.URL)}
	w.http = http.Client{Transport: newTransport(), Jar: &jar{origin: originOf(p.URL)}, CheckRedirect: checkRedirect}
	return w
}

// newTransport is Go's own, with its proxies and certificates.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{
		Timeout: dialTime, Control: findDead,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 5},
	}).DialContext
	t.MaxIdleConnsPerHost = 32
	t.ReadBufferSize, t.WriteBufferSize = 16<<10, 16<<10
	// A connection that died while the computer slept is found out, also below a
	// stream on which nothing ever comes.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
	return t
}

// checkRedirect follows a server within its own origin, and never makes a POST a GET.
func checkRedirect(r *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) >= 5 || r.Method != first.Method || originOf(r.URL.String()) != originOf(first.URL.String()) {
		return http.ErrUseLastResponse
	}
	return nil
}

// jar keeps the cookies of one origin, in memory.
type jar struct {
	origin string
	once   sync.Once
	all    *cookiejar.Jar
}

func (j *jar) made() *cookiejar.Jar {
	j.once.Do(func() { j.all, _ = cookiejar.New(nil) })
	return j.all
}

func (j *jar) SetCookies(u *url.URL, list []*http.Cookie) {
	if originOf(u.String()) != j.origin {
		return
	}
	for _, c := range list {
		c.Domain = "" // for this host alone
	}
	j.made().SetCookies(u, list)
}

func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	if originOf(u.String()) != j.origin {
		return nil
	}
	return j.made().Cookies(u)
}

// originOf is an address's scheme, host and port.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	scheme := strings.ToLower(u.Scheme)
	if rest, ok := strings.CutPrefix(scheme, "ws"); ok { // a WebSocket begins as HTTP
		scheme = "http" + rest
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Hostname()
	}
	return ""
}

// parcel is what is sent.
type parcel struct {
	method string // GET, POST or DELETE
	url    string
	body   []byte
	header map[string]string
}

// post is the parcel that carries a message.
func (w *wire) post(body []byte, header map[string]string) parcel {
	return parcel{http.MethodPost, w.url, body, header}
}

// send sends p and returns the response to it, whose body the caller closes; what
// is not 2xx is an error: a *refused. It tries again where nothing was done yet:
// with a new Authorization header if the Authorizer has one, and after a short
// wait that the server asks for.
func (w *wire) send(ctx context.Context, p parcel) (*http.Response, error) {
	waited := false
	for step := 1; ; {
		used, err := w.authorization(ctx)
		if err != nil {
			return nil, err
		}
		resp, err := w.once(ctx, p, used)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode/100 == 2 {
			return resp, nil
		}
		r := refusedBy(resp)
		switch {
		case (r.status == http.StatusUnauthorized || r.status == http.StatusForbidden) && w.plan.Auth != nil && step <= maxSteps:
			again, err := w.plan.Auth.Refused(ctx, r.status, r.challenge, used)
			if err != nil {
				return nil, &unsigned{r, err}
			}
			if again && (step == 1 || r.status == http.StatusForbidden) {
				step++
				continue
			}
		case r.status == http.StatusTooManyRequests && !waited:
			if d, ok := r.wait(); ok && d <= maxWait && pause(ctx, d) {
				waited = true
				continue
			}
		}
		return nil, r
	}
}

func (w *wire) authorization(ctx context.Context) (string, error) {
	if w.plan.Auth == nil {
		return "", nil
	}
	value, err := w.plan.Auth.Header(ctx)
	if err != nil {
		return "", &unsigned{&refused{}, err}
	}
	return value, nil
}

// once sends p once.
func (w *wire) once(ctx context.Context, p parcel, authorization string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, p.method, p.url, nil)
	if err != nil {
		return nil, err
	}
	if p.body != nil {
		r.ContentLength = int64(len(p.body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.body)), nil }
		r.Body, _ = r.GetBody()
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
	}
	w.sign(r.Header, authorization)
	for k, v := range p.header {
		r.Header.Set(k, v)
	}
	return w.http.Do(r)
}

// sign sets the headers that each request has.
func (w *wire) sign(h http.Header, authorization string) {
	h.Set("User-Agent", "mcp-companion")
	for k, v := range w.plan.Headers {
		h.Set(k, v)
	}
	if authorization != "" {
		h.Set("Authorization", authorization)
	}
}

// hasOwnKey reports whether the user gave a header that authorizes.
func (w *wire) hasOwnKey() bool {
	for k := range w.plan.Headers {
		if k = strings.ToLower(k); k == "authorization" || strings.Contains(k, "key") || strings.Contains(k, "token") {
			return true
		}
	}
	return false
}

// refused is a response that is not 2xx.
type refused struct {
	status     int
	challenge  string
	retryAfter string
	location   string
	page       bool
	body       []byte // as much as is read of it
}

func (r *refused) Error() string { return "status " + strconv.Itoa(r.status) }

// unsigned is a request without a sign-in that it needs.
type unsigned struct {
	*refused
	err error
}

func (u *unsigned) Error() string { return u.err.Error() }
func (u *unsigned) Unwrap() error { return u.err }

// refusedBy reads and closes the response.
func refusedBy(resp *http.Response) *refused {
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefuse))
	return &refused{
		status:     resp.StatusCode,
		challenge:  strings.Join(resp.Header.Values("WWW-Authenticate"), ", "),
		retryAfter: resp.Header.Get("Retry-After"),
		location:   resp.Header.Get("Location"),
		page:       isPage(resp.Header, body),
		body:       body,
	}
}

// isPage reports whether the body is for people.
func isPage(h http.Header, body []byte) bool {
	kind := strings.ToLower(h.Get("Content-Type"))
	return strings.HasPrefix(kind, "text/html") || kind == "" && bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// wait is how long the server wants to be left alone; ok is false where it did not say.
func (r *refused) wait() (d time.Duration, ok bool) {
	if n, err := strconv.Atoi(r.retryAfter); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if t, err := http.ParseTime(r.retryAfter); err == nil {
		return max(0, time.Until(t)), true
	}
	return 0, false
}

// rpc is the JSON-RPC error that the body is, nil where it is none.
func (r *refused) rpc() []byte {
	text := flat(bytes.Clone(r.body))
	if len(text) == 0 || text[0] != '{' || len(r.body) == maxRefuse {
		return nil
	}
	if v := valueAt(text, "error"); len(v) == 0 || v[0] != '{' || valueAt(text, "error", "code") == nil || lookWhole(text).kind != refusal {
		return nil
	}
	return text
}

// pause waits for d; it reports whether ctx lasted as long.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// statusOf is the status of a refused request, 0 for another error.
func statusOf(err error) int {
	var r *refused
	if errors.As(err, &r) {
		return r.status
	}
	var u *unsigned
	if errors.As(err, &u) {
		return u.status
	}
	return 0
}
