package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mcp-companion/secrets"
)

const (
	maxMetadata = 1 << 20   // bytes of a document
	maxTokens   = 256 << 10 // bytes of an answer of the token endpoint
	maxHops     = 5
	callLimit   = 30 * time.Second
)

var errTooLong = errors.New("answer is too long")

// reply is a whole, bounded answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// get fetches a document. Redirects are followed within its origin alone.
func (c Config) get(ctx context.Context, u *url.URL, header http.Header) (reply, error) {
	req, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return reply{}, bare(err)
	}
	req.Header = http.Header{"Accept": {"application/json"}}
	for name, values := range header {
		req.Header[name] = values
	}
	return c.do(ctx, req, maxMetadata, true)
}

// post sends a form, or JSON; no redirect is followed, or a token would go with it.
func (c Config) post(ctx context.Context, u *url.URL, kind string, body []byte, header http.Header) (reply, error) {
	req, err := http.NewRequest(http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return reply{}, bare(err)
	}
	req.Header = http.Header{"Accept": {"application/json"}, "Content-Type": {kind}}
	for name, values := range header {
		req.Header[name] = values
	}
	return c.do(ctx, req, maxTokens, false)
}

func (c Config) do(ctx context.Context, req *http.Request, limit int64, follow bool) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	resp, err := c.client(follow).Do(req.WithContext(ctx))
	if err != nil {
		return reply{}, bare(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return reply{}, bare(err)
	}
	if int64(len(body)) > limit {
		return reply{}, fmt.Errorf("%s: %w", req.URL.Host, errTooLong)
	}
	return reply{resp.StatusCode, resp.Header, body}, nil
}

var errRedirect = errors.New("redirected to another origin")

// client is the caller's transport with redirects as we want them.
func (c Config) client(follow bool) *http.Client {
	h := &http.Client{}
	if c.HTTP != nil {
		h.Transport, h.Timeout = c.HTTP.Transport, c.HTTP.Timeout
	}
	h.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case !follow:
			return http.ErrUseLastResponse
		case len(via) > maxHops:
			return errors.New("redirected too often")
		case originOf(req.URL) != originOf(via[0].URL): // hop by hop: each is the first's
			return fmt.Errorf("%w: %s", errRedirect, req.URL.Host)
		}
		return nil
	}
	return h
}

// bare is err without the address net/http puts before it, which may hold a key.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		if parsed, e := url.Parse(u.URL); e == nil {
			return fmt.Errorf("%s: %w", parsed.Host, bare(u.Err))
		}
		return bare(u.Err)
	}
	return err
}

// isObject reports whether the answer is a JSON object, whatever it calls itself.
func (r reply) isObject() bool {
	body := r.trimmed()
	return len(body) > 0 && body[0] == '{' && json.Valid(body)
}

// into decodes a JSON object, and reports whether it fits. The decoder's error
// would quote it, and is dropped.
func (r reply) into(v any) bool { return r.isObject() && json.Unmarshal(r.trimmed(), v) == nil }

func (r reply) trimmed() []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(r.body, []byte("\xef\xbb\xbf")))
}

// isForm reports whether the answer is a form, as GitHub's once were.
func (r reply) isForm() bool {
	kind, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// retryAfter is what the service asks for, 0 for nothing usable, an hour at most.
func (r reply) retryAfter() time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(r.header.Get("Retry-After")))
	if err != nil || n <= 0 {
		return 0
	}
	return time.Duration(min(n, 3600)) * time.Second
}

// refusal is an OAuth error of the service: it understood and said no.
type refusal struct {
	code string // invalid_grant, ...
	text string // its description, cleaned
}

func (r *refusal) Error() string {
	if r.text == "" {
		return r.code
	}
	return r.code + ": " + r.text
}

// refusedAs is the code of the refusal in err, "" when there is none.
func refusedAs(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	return ""
}

// newRefusal cleans what a service says: no sign but plain ones in the code, and
// nothing that we sent it in the text, for some answer with what they were asked.
func newRefusal(code, text string, sent ...string) *refusal {
	hide := secrets.NewRedactor(sent)
	return &refusal{clip(strings.Map(plainRune, hide.Text(code, false)), 60), clip(strings.Map(plainRune, hide.Text(text, false)), 200)}
}

func plainRune(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return -1
	}
	return r
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
