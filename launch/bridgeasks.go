package launch

import (
	"context"
	"fmt"
	"time"

	"mcp-companion/files"
)

// parkTime is how long a request waits at a server for a client that was asked
// something and comes back.
const parkTime = 10 * time.Minute

// errand is a request at a server that may ask something before it answers. Its
// client has no requests to answer: it is told what is asked in a result, and comes
// again with the answers (basic/patterns/mrtr); the server's own request waits
// meanwhile.
type errand struct {
	call *call       // to the server
	asks chan []byte // the server's requests
	done chan struct{}
	text []byte // the answer, once done is closed
	err  error  // or why there is none

	asked string // the id of the request that the client was told of
}

// mayAsk reports whether a result of method may ask something.
func mayAsk(method string) bool {
	return method == "tools/call" || method == "prompts/get" || method == "resources/read"
}

// question is the name of what the client is asked; there is one at a time.
const question = "question"

// run has the server answer c, or takes up what c comes back to.
func (f *forModern) run(c *call, body []byte) ([]byte, error) {
	if e := f.unpark(wordAt(body, "params", "requestState")); e != nil {
		f.note(c, e)
		reply := []byte(`{"code":-32603,"message":"not answered"}`)
		kind := "error"
		if v := valueAt(body, "params", "inputResponses", question); v != nil {
			kind, reply = "result", v
		}
		text := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,%q:%s}`, e.asked, kind, reply)
		if err := f.s.tube.send(c.ctx, text); err != nil {
			return nil, err
		}
		return f.await(c, e)
	}
	e := &errand{call: &call{message: c.message}, asks: make(chan []byte, 16), done: make(chan struct{})}
	e.call.ctx, e.call.cancel = context.WithCancel(f.b.life)
	f.note(c, e)
	f.b.busy.Go(func() {
		defer e.call.cancel()
		e.text, e.err = f.s.exchange(e.call, plainly(body))
		f.mu.Lock()
		for id, one := range f.errands {
			if one == e {
				delete(f.errands, id)
			}
		}
		f.mu.Unlock()
		close(e.done)
	})
	return f.await(c, e)
}

// note keeps which request of the client's waits for r.
func (f *forModern) note(c *call, e *errand) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errands[c.id] = e
}

// await waits for an answer to c, or for something to ask.
func (f *forModern) await(c *call, e *errand) ([]byte, error) {
	select {
	case <-e.done:
		if e.err != nil || lookWhole(e.text).kind != answer {
			return e.text, e.err
		}
		text := e.text
		if c.id != e.call.id {
			text = withID(text, c.id)
		}
		return complete(text, c.method), nil
	case text := <-e.asks:
		return f.park(c, e, text), nil
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

// park is the result that asks the client what the server asks.
func (f *forModern) park(c *call, e *errand, text []byte) []byte {
	e.asked = lookWhole(text).id
	ask := drop(text, nil, func(key string) bool { return key == "id" || key == "jsonrpc" })
	state := files.NewID()
	f.mu.Lock()
	f.parked[state] = e
	f.mu.Unlock()
	time.AfterFunc(parkTime, func() {
		if f.unpark(state) != nil { // it never came back
			f.s.cancel(e.call, cancelNotice(e.call.id))
		}
	})
	return resultTo(c.id, fmt.Appendf(nil, `{"resultType":"input_required","inputRequests":{%q:%s},"requestState":%q}`, question, ask, state))
}

// unpark returns what waits under state, nil for nothing.
func (f *forModern) unpark(state string) *errand {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.parked[state]
	delete(f.parked, state)
	return e
}

// ask hands a request of the server's to the one of the client's that it belongs
// to: on whose stream it came, or the only one there is. It reports whether there is one.
func (f *forModern) ask(from *call, text []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[*errand]bool{}
	for _, e := range f.errands {
		all[e] = true
	}
	for e := range all {
		if e.call == from || from == nil && len(all) == 1 {
			select {
			case e.asks <- text:
				return true
			default:
				return false
			}
		}
	}
	return false
}
