package oauth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"mcp-companion/words"
)

// The pace of RFC 8628 section 3.5.
const (
	pollEvery   = 5 * time.Second
	pollSlower  = 5 * time.Second
	slowestPoll = time.Minute
)

// SignInDevice signs in with a short code that the user enters on any machine
// (RFC 8628). progress is given the page's address and the code. It fails with a
// closed-club Problem where the service doesn't offer it.
func (c Config) SignInDevice(ctx context.Context, r Request, progress func(Step)) (Grant, error) {
	r.noBrowser = true
	return c.signIn(ctx, r, progress, way{
		name: func(Request) string { return "device" }, open: noDoor,
		walk: func(ctx context.Context, a attempt) (answer, func(error), error) {
			got, err := c.byDevice(ctx, a)
			return got, nil, err
		},
	})
}

// deviceCode is the service's answer to a device that wants in.
type deviceCode struct {
	Code     string `json:"device_code"`
	UserCode string `json:"user_code"`
	URL      string `json:"verification_uri"`
	Whole    string `json:"verification_uri_complete"`
	Life     number `json:"expires_in"`
	Interval number `json:"interval"`
	Error    string `json:"error"`
	Text     string `json:"error_description"`
}

func (c Config) byDevice(ctx context.Context, a attempt) (answer, error) {
	if a.Device == "" {
		return answer{}, words.New(words.SignInClosedClub, errors.New("no sign-in by a device's code"), "Name", a.Name)
	}
	code, err := c.deviceCode(ctx, a)
	if err != nil {
		return answer{}, err
	}
	page := cmp.Or(code.Whole, code.URL)
	if _, err := named(a.service.address, page); err != nil {
		return answer{}, distrust(a.Request, err)
	}
	a.tell(Step{Kind: Waiting, Text: words.Say("sign-in.device", "Name", a.Name), URL: page, Code: code.UserCode})
	return c.poll(ctx, a, code)
}

func (c Config) deviceCode(ctx context.Context, a attempt) (code deviceCode, err error) {
	u, err := named(a.service.address, a.Device)
	if err != nil {
		return code, distrust(a.Request, err)
	}
	form := url.Values{}
	a.ask(form)
	got, err := c.postForm(ctx, u, a.g, form)
	switch {
	case err != nil:
		return code, unreachable(a.Name, u.Hostname(), err)
	case got.status >= 500 || got.status == http.StatusTooManyRequests || !got.into(&code):
		return code, troubled(a.Name, u.Hostname(), got, "no code")
	case code.Error != "":
		return code, newRefusal(code.Error, code.Text, code.Code, a.g.secret.Reveal())
	case got.status != http.StatusOK || code.Code == "" || code.UserCode == "" || code.URL == "":
		return code, troubled(a.Name, u.Hostname(), got, "no code")
	}
	return code, nil
}

// poll asks until the user has entered the code, or it has run out.
func (c Config) poll(ctx context.Context, a attempt, code deviceCode) (answer, error) {
	every := max(lifeOf(code.Interval), time.Second)
	if code.Interval <= 0 {
		every = pollEvery
	}
	life := lifeOf(code.Life)
	if life == 0 {
		life = patience
	}
	form := url.Values{"grant_type": {grantDevice}, "device_code": {code.Code}}
	if !a.NoResource {
		form.Set("resource", a.resource)
	}
	for waited := time.Duration(0); waited <= life; waited += every {
		if err := c.wait(ctx, every); err != nil {
			return answer{}, unfinished(a.Request, err)
		}
		got, err := c.tokenCall(ctx, a.Name, a.Token, a.g, form)
		switch code := refusedAs(err); {
		case err == nil:
			return got, nil
		case code == "slow_down":
			every = min(every+pollSlower, slowestPoll)
		case errors.Is(err, ErrUnreachable): // RFC 8628: fewer questions after a failure
			every = min(2*every, slowestPoll)
		case code != "authorization_pending":
			return answer{}, err
		}
	}
	return answer{}, unfinished(a.Request, errors.New("the code has run out"))
}
