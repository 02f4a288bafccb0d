package launch

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// pingEvery finds out that a WebSocket's other end is gone.
const pingEvery = 30 * time.Second

// dialSocket opens a WebSocket, each message of which is one of the protocol's.
func dialSocket(ctx context.Context, b *bridge) (*oneStream, error) {
	authorization, err := b.wire.authorization(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := b.wire.socket(ctx, authorization)
	if err != nil && statusOf(err) != 0 && b.plan.Auth != nil && isAuth(statusOf(err)) {
		var r *refused
		errors.As(err, &r)
		again, refusal := b.plan.Auth.Refused(ctx, r.status, r.challenge, authorization)
		if refusal != nil {
			return nil, &unsigned{r, refusal}
		}
		if again {
			if authorization, err = b.wire.authorization(ctx); err != nil {
				return nil, err
			}
			conn, err = b.wire.socket(ctx, authorization)
		}
	}
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	life, stop := context.WithCancel(b.life)
	l := &oneStream{over: make(chan struct{})}
	l.stop = func() {
		conn.Close(websocket.StatusNormalClosure, "")
		stop()
	}
	l.send = func(ctx context.Context, body []byte) error {
		if err := conn.Write(ctx, websocket.MessageText, body); err != nil {
			return errors.Join(errCut, err)
		}
		return nil
	}
	b.busy.Go(func() {
		defer close(l.over)
		defer stop()
		defer conn.CloseNow()
		for {
			_, text, err := conn.Read(life)
			if err != nil {
				return
			}
			l.hear(b, text)
		}
	})
	b.busy.Go(func() {
		for pause(life, pingEvery) {
			ctx, cancel := context.WithTimeout(life, pingEvery/2)
			err := conn.Ping(ctx)
			cancel()
			if err != nil {
				stop()
			}
		}
	})
	return l, nil
}

// socket opens a WebSocket. It needs HTTP/1.1, so it has a transport of its own.
func (w *wire) socket(ctx context.Context, authorization string) (*websocket.Conn, error) {
	t := newTransport()
	t.ForceAttemptHTTP2, t.HTTP2, t.Protocols = false, nil, new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	header := http.Header{}
	w.sign(header, authorization)
	conn, resp, err := websocket.Dial(ctx, w.url, &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: t, Jar: w.http.Jar, CheckRedirect: checkRedirect},
		HTTPHeader:   header,
		Subprotocols: []string{"mcp"},
	})
	if err != nil && resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, refusedBy(resp)
	}
	return conn, err
}
