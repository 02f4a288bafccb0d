package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mcp-companion/files"
)

// speech is what a remote server was found to speak, as its file tells it.
type speech struct {
	Version   int    `json:"version"`
	Of        string `json:"of"`                  // the address, so that another one is looked at anew
	Transport string `json:"transport,omitempty"` // a word of below, "" for not known
	Only      string `json:"only,omitempty"`      // the one era it speaks, "" where it was not found to refuse the other
}

// The words of speech.Transport.
const (
	overHTTP   = "http"
	overEvents = "sse"
	overSocket = "websocket"
)

func (b *bridge) speechFile() string { return filepath.Join(b.home.Logs(b.plan.ServerID), "transport") }

// recall is what is known of the server. It is a help: whatever is tried first, all is tried.
func (b *bridge) recall() (w speech) {
	if b.home == "" || !isFolderName(b.plan.ServerID) {
		return w
	}
	if data, err := os.ReadFile(b.speechFile()); err != nil || json.Unmarshal(data, &w) != nil || w.Of != b.plan.known {
		return speech{}
	}
	return w
}

// remember keeps what was found.
func (b *bridge) remember(transport, only string) {
	now := speech{1, b.plan.known, transport, only}
	if b.home == "" || !isFolderName(b.plan.ServerID) || b.recall() == now {
		return
	}
	b.busy.Go(func() {
		data, err := json.Marshal(now)
		if err == nil && os.MkdirAll(filepath.Dir(b.speechFile()), 0o700) == nil {
			_ = files.WriteOwn(b.speechFile(), append(data, '\n')) // found out again, then
		}
	})
}

// openWith has c answered, which comes while nothing is open, and finds out on the
// way how the server is spoken to.
func (b *bridge) openWith(c *call) ([]byte, error) {
	switch {
	case c.method == "initialize":
		b.opening = c.text
		return b.openLegacy(c)
	case c.version != nil || c.method == "server/discover":
		return b.openModern(c)
	}
	if err := b.reopen(c); err != nil {
		return nil, err
	}
	b.busy.Go(func() { b.carry(c) })
	return nil, errLater
}

// reopen opens for c, whose client opened nothing or was refused when it did: that
// may be over.
func (b *bridge) reopen(c *call) error {
	if b.opening == nil {
		s := b.sessionOver(b.recall().Transport)
		if err := s.tube.connect(c.ctx); err != nil {
			return err
		}
		b.speak(s)
		return nil
	}
	o := ownCall(c.ctx, "initialize")
	defer o.cancel()
	o.text = withID(b.opening, o.id)
	text, err := b.openLegacy(o)
	switch {
	case err != nil:
		return err
	case lookWhole(text).kind != answer:
		return &answered{text}
	}
	return b.to().send(c.ctx, message{kind: notice, method: "notifications/initialized"}, initialized)
}

// sessionOver is a session over a way to carry it.
func (b *bridge) sessionOver(transport string) *session {
	switch {
	case b.isSocket():
		return newStreamed(b, dialSocket)
	case transport == overEvents:
		return newStreamed(b, dialEvents)
	}
	return newSession(b, &streamable{b: b})
}

func (b *bridge) isSocket() bool {
	return strings.HasPrefix(strings.ToLower(b.plan.URL), "ws")
}

// openLegacy opens a session as the client wants it, or stands in for one.
func (b *bridge) openLegacy(c *call) ([]byte, error) {
	known := b.recall()
	asModern := func() ([]byte, error) { return b.openAs(c, newForLegacy(b), overHTTP, Modern) }
	if known.Only == Modern && !b.isSocket() {
		if text, err := asModern(); err == nil || c.ctx.Err() != nil || !wasThere(err) {
			return text, err
		}
	}
	text, err := b.openSession(c, known, "")
	if err == nil && lookWhole(text).kind == answer || b.isSocket() || !mayBeModern(text, err) {
		return text, err
	}
	if reply, err := asModern(); err == nil {
		return reply, nil
	}
	return text, err
}

// openSession opens a session over what carries one.
func (b *bridge) openSession(c *call, known speech, only string) ([]byte, error) {
	if b.isSocket() {
		return b.openAs(c, b.sessionOver(""), overSocket, only)
	}
	if known.Only == Legacy {
		only = Legacy // a client that needs no more does not make us forget it
	}
	order := []string{overHTTP, overEvents}
	if known.Transport == overEvents {
		slices.Reverse(order)
	}
	text, err := b.openAs(c, b.sessionOver(order[0]), order[0], only)
	if err == nil || order[0] == overHTTP && !mayBeEvents(err) || c.ctx.Err() != nil {
		return text, err
	}
	if reply, second := b.openAs(c, b.sessionOver(order[1]), order[1], only); second == nil || order[0] == overEvents {
		return reply, second
	}
	return text, err
}

// openAs tries one way; if it is one, it is used from here on.
func (b *bridge) openAs(c *call, l link, transport, only string) ([]byte, error) {
	text, err := l.exchange(c, c.text)
	if err != nil || lookWhole(text).kind != answer {
		l.close(c.ctx)
		return text, err
	}
	old := b.to()
	b.inbound(l)
	b.speak(l)
	b.remember(transport, only)
	if old != nil { // the client opened it again
		b.busy.Go(func() {
			ctx, cancel := context.WithTimeout(b.life, farewell)
			defer cancel()
			old.close(ctx)
		})
	}
	return text, nil
}

// openModern has the first request of a client answered that needs no opening. One
// that is no server/discover waits for ours: it may take long, and what follows it
// shall not wait for it.
func (b *bridge) openModern(c *call) ([]byte, error) {
	if c.method != "server/discover" {
		o := ownCall(c.ctx, "server/discover")
		defer o.cancel()
		o.text = fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"server/discover","params":{"_meta":%s}}`, o.id, valueAt(c.text, "params", "_meta"))
		text, err := b.openModern(o)
		switch {
		case err != nil:
			return nil, err
		case lookWhole(text).kind != answer:
			return nil, &answered{text}
		}
		b.busy.Go(func() { b.carry(c) })
		return nil, errLater
	}
	known := b.recall()
	if known.Only == Legacy || b.isSocket() {
		if text, err := b.standIn(c, known); err == nil || c.ctx.Err() != nil || b.isSocket() || !wasThere(err) {
			return text, err
		}
	}
	m := newModern(b)
	text, err := m.exchange(c, c.text)
	if !mayBeLegacy(text, err) {
		if err == nil {
			b.inbound(m)
			b.speak(m)
			if known.Only == Legacy {
				known.Only = ""
			}
			b.remember(overHTTP, known.Only)
		}
		return text, err
	}
	if reply, second := b.standIn(c, known); second == nil {
		return reply, nil
	}
	return text, err
}

// standIn opens a session for a client that knows none, and answers its
// server/discover.
func (b *bridge) standIn(c *call, known speech) ([]byte, error) {
	o := ownCall(c.ctx, "initialize")
	defer o.cancel()
	o.text = openingFor(c.text, o.id)
	text, err := b.openSession(o, known, Legacy)
	switch {
	case err != nil:
		return nil, err
	case lookWhole(text).kind != answer:
		return nil, &answered{text}
	}
	f := newForModern(b, b.to().(*session))
	b.inbound(f)
	b.speak(f)
	if err := f.s.send(c.ctx, message{kind: notice, method: "notifications/initialized"}, initialized); err != nil {
		b.speak(nil)
		return nil, err
	}
	return f.discover(c)
}

// errLater says that the answer comes by another way.
var errLater = errors.New("it is answered later")

// inbound has l hear what the server says of itself, where that has to be changed.
func (b *bridge) inbound(l link) {
	var hear func(message, []byte, *call)
	if f, ok := l.(*forModern); ok {
		hear = f.hear
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = hear
}

// isAnswer reports whether err is what a server said, not that it can't be asked.
func isAnswer(err error) bool {
	var r *refused
	var a *answered
	return errors.As(err, &a) || errors.As(err, &r) && !isAuth(r.status) && r.status/100 == 4 && r.status != http.StatusTooManyRequests
}

// wasThere reports whether err came of a server that can be reached and asked
// otherwise.
func wasThere(err error) bool {
	return isAnswer(err) || errors.Is(err, errCut) || errors.Is(err, errStrange) || errors.Is(err, errAway)
}

// mayBeModern reports whether an answer to initialize may come from a server that
// knows only what came after it. A look at the body comes before the status
// (streamable-http, Backward Compatibility).
func mayBeModern(text []byte, err error) bool {
	if err != nil {
		return isAnswer(err) || errors.Is(err, errStrange)
	}
	switch codeAt(text) {
	case headerMismatch, missingCapability, unsupportedVersion, -32601, -32602, -32600:
		return true
	}
	return strings.Contains(string(valueAt(text, "error")), "2026-")
}

// mayBeEvents reports whether a refused initialize may come from a server of
// 2024-11-05.
func mayBeEvents(err error) bool {
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return codeIn(err) == 0 // such a server has only a stream at this address, and no words
	}
	return false
}

func isModernError(code int) bool {
	return code == headerMismatch || code == missingCapability || code == unsupportedVersion
}

// mayBeLegacy reports whether the answer to server/discover may come from
// a server that wants initialize first.
func mayBeLegacy(text []byte, err error) bool {
	if err != nil {
		var r *refused
		if !isAnswer(err) || !errors.As(err, &r) {
			return false
		}
		rpc := r.rpc()
		switch code := codeAt(rpc); {
		case code == unsupportedVersion:
			return !namesModern(valueAt(rpc, "error", "data", "supported"))
		case isModernError(code):
			return false
		}
		return true // also where the method is not known: no modern server is without it
	}
	if lookWhole(text).kind == refusal {
		return !isModernError(codeAt(text)) || codeAt(text) == unsupportedVersion && !namesModern(valueAt(text, "error", "data", "supported"))
	}
	return !offersModern(valueAt(text, "result"))
}

func namesModern(versions []byte) bool {
	var list []string
	return json.Unmarshal(versions, &list) != nil || slices.ContainsFunc(list, isNewer)
}
