package launch

import (
	"context"
	"net/http"
	"net/url"
)

// dialEvents opens HTTP+SSE of 2024-11-05: the stream's first event names the
// address that messages are posted to; all answers come on the stream.
func dialEvents(ctx context.Context, b *bridge) (*oneStream, error) {
	life, stop := context.WithCancel(b.life)
	unhook := context.AfterFunc(ctx, stop)
	resp, err := b.wire.send(life, parcel{method: http.MethodGet, url: b.wire.url, header: map[string]string{
		"Accept": eventStream, "Accept-Encoding": "identity",
	}})
	if err != nil {
		stop()
		return nil, err
	}
	e := newEvents(resp.Body)
	to, err := endpointOf(b.wire.url, resp, e)
	if err != nil || !unhook() {
		stop()
		resp.Body.Close()
		return nil, errAway
	}
	l := &oneStream{stop: stop, over: make(chan struct{})}
	l.send = func(ctx context.Context, body []byte) error {
		p := b.wire.post(body, nil)
		p.url = to
		resp, err := b.wire.send(ctx, p)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	b.busy.Go(func() {
		defer close(l.over)
		defer resp.Body.Close()
		for {
			ev, err := e.next()
			if err != nil {
				return
			}
			l.hear(b, ev.data)
		}
	})
	return l, nil
}

// endpointOf is the address that the stream's first event names, of the same origin.
func endpointOf(base string, resp *http.Response, e *events) (string, error) {
	if !isStream(resp.Header) {
		return "", errAway
	}
	ev, err := e.next()
	if err != nil || ev.name != "endpoint" {
		return "", errAway
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	to, err := u.Parse(string(ev.data))
	if err != nil || originOf(to.String()) != originOf(base) {
		return "", errAway
	}
	return to.String(), nil
}
