package oauth

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The grant types.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantMachine = "client_credentials"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

// longestLife is what a larger expires_in is taken for.
const longestLife = 10 * 365 * 24 * time.Hour

// answer is what the token endpoint gave.
type answer struct {
	access, refresh string
	idToken         string
	scopes          []string      // nil: as asked for
	life            time.Duration // 0: not known, neither never nor now
}

// String keeps the tokens out of what prints an answer.
func (answer) String() string { return "[tokens]" }

// tokenCall sends a form to the token endpoint, in the way the registration is to
// show itself. It fails with a *refusal where the service says no, whatever the
// status, and with ErrUnreachable where nothing usable came.
func (c Config) tokenCall(ctx context.Context, name, endpoint string, g Registration, form url.Values) (answer, error) {
	u, err := parseAddress(endpoint)
	if err != nil {
		return answer{}, err
	}
	got, err := c.postForm(ctx, u, g, form)
	if err != nil {
		return answer{}, unreachable(name, u.Hostname(), err)
	}
	return readAnswer(name, u.Hostname(), got, sentWith(g, form))
}

// postForm posts a form with the client's id, and its secret where it has one.
func (c Config) postForm(ctx context.Context, u *url.URL, g Registration, form url.Values) (reply, error) {
	header := http.Header{}
	switch g.Method {
	case methodBasic:
		// RFC 6749 section 2.3.1: both are form-encoded before base64.
		req := http.Request{Header: header}
		req.SetBasicAuth(url.QueryEscape(g.ClientID), url.QueryEscape(g.secret.Reveal()))
	case methodPost:
		form.Set("client_id", g.ClientID)
		form.Set("client_secret", g.secret.Reveal())
	default:
		form.Set("client_id", g.ClientID)
	}
	return c.post(ctx, u, "application/x-www-form-urlencoded", []byte(form.Encode()), header)
}

// sentWith is what of a form no text may repeat.
func sentWith(g Registration, form url.Values) []string {
	sent := []string{g.secret.Reveal()}
	for _, name := range []string{"code", "code_verifier", "refresh_token", "device_code", "token", "client_secret"} {
		sent = append(sent, form.Get(name))
	}
	return sent
}

// tokenDocument is the token endpoint's answer as it is sent.
type tokenDocument struct {
	Access  string          `json:"access_token"`
	Refresh string          `json:"refresh_token"`
	ID      string          `json:"id_token"`
	Scope   string          `json:"scope"`
	Life    number          `json:"expires_in"`
	Type    string          `json:"token_type"`
	Error   json.RawMessage `json:"error"` // some send an object
	Text    string          `json:"error_description"`
}

// read takes the answer as JSON or as a form, and reports whether it is one.
func (d *tokenDocument) read(got reply) bool {
	if !got.isForm() {
		return got.into(d)
	}
	v, err := url.ParseQuery(string(got.body))
	*d = tokenDocument{
		Access: v.Get("access_token"), Refresh: v.Get("refresh_token"), Type: v.Get("token_type"),
		Scope: v.Get("scope"), Error: json.RawMessage(v.Get("error")), Text: v.Get("error_description"),
	}
	_ = d.Life.UnmarshalJSON([]byte(v.Get("expires_in"))) // never fails
	return err == nil
}

// refusal is the code of an error, "" for none. It may come with any status.
func (d *tokenDocument) refusal() string {
	code := strings.Trim(string(d.Error), `"`)
	if code == "null" || code == "false" {
		return ""
	}
	return code
}

func readAnswer(name, host string, got reply, sent []string) (answer, error) {
	var doc tokenDocument
	isOne := doc.read(got)
	switch {
	case got.status >= 500 || got.status == http.StatusTooManyRequests:
		return answer{}, troubled(name, host, got, "no tokens")
	case !isOne:
		return answer{}, troubled(name, host, got, "an answer of another kind")
	case doc.refusal() != "":
		return answer{}, newRefusal(doc.refusal(), doc.Text, append(sent, doc.Access, doc.Refresh)...)
	case got.status/100 != 2, doc.Access == "", strings.ContainsFunc(doc.Access, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return answer{}, troubled(name, host, got, "an answer without a usable token")
	case doc.Type != "" && !strings.EqualFold(doc.Type, "bearer"):
		return answer{}, newRefusal("a token of another kind", "", sent...)
	}
	a := answer{access: doc.Access, refresh: doc.Refresh, idToken: doc.ID, life: lifeOf(doc.Life)}
	if doc.Scope != "" {
		a.scopes = strings.FieldsFunc(doc.Scope, func(r rune) bool { return r == ' ' || r == ',' }) // GitHub's commas
	}
	return a, nil
}

// lifeOf is how long a token lives. Absent, zero and negative say nothing: the
// token is used until it is refused.
func lifeOf(n number) time.Duration {
	switch seconds := float64(n); {
	case seconds <= 0:
		return 0
	case seconds > longestLife.Seconds() || math.IsInf(seconds, 0):
		return longestLife
	default:
		return time.Duration(seconds * float64(time.Second))
	}
}

// isAboutResource reports whether a service refuses the resource parameter: it is
// then to be left out. Microsoft Entra says it with a number.
func isAboutResource(r *refusal) bool {
	return r.code == "invalid_target" || strings.Contains(r.text, "AADSTS9010010") || strings.Contains(r.text, "AADSTS901002")
}
