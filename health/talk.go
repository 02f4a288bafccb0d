package health

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// talk is a conversation with a server on stdio: one request at a time, lines of
// JSON-RPC 2.0. It is written here and not taken from the official SDK because
// that brings HTTP, OAuth and JSON Schema along, which every `run` would carry.
type talk struct {
	out  io.Writer
	meta map[string]any // of every request, since 2026-07-28
	next int

	mu      sync.Mutex
	stray   int
	waiting map[string]chan answer
	closed  bool
}

// answer is a line from the server.
type answer struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *refusal        `json:"error"`
}

// refusal is a JSON-RPC error.
type refusal struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%s (%d)", r.Message, r.Code) }

// errClosed says that the server closed the conversation.
var errClosed = errors.New("the server closed the connection")

// maxLine is the longest line that is read, as clients' limits are.
const maxLine = 16 << 20

func newTalk(out io.Writer, in io.Reader) *talk {
	t := &talk{out: out, waiting: map[string]chan answer{}}
	go t.read(in)
	return t
}

// strayed counts the lines on stdout that were no messages.
func (t *talk) strayed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stray
}

// ask sends a request and waits for its answer.
func (t *talk) ask(ctx context.Context, method string, params map[string]any, into any) error {
	if t.meta != nil {
		params["_meta"] = t.meta
	}
	t.next++
	id := strconv.Itoa(t.next)
	got := make(chan answer, 1)
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return errClosed
	}
	t.waiting[id] = got
	t.mu.Unlock()
	if err := t.send(map[string]any{"jsonrpc": "2.0", "id": t.next, "method": method, "params": params}); err != nil {
		return errors.Join(errClosed, err)
	}
	select {
	case a, ok := <-got:
		switch {
		case !ok:
			return errClosed
		case a.Error != nil:
			return a.Error
		}
		return json.Unmarshal(a.Result, into)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tell sends a notification.
func (t *talk) tell(method string) error {
	return t.send(map[string]any{"jsonrpc": "2.0", "method": method})
}

func (t *talk) send(message map[string]any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = t.out.Write(append(line, '\n'))
	return err
}

// read takes the server's lines apart until its stdout ends.
func (t *talk) read(in io.Reader) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		t.take(lines.Bytes())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, got := range t.waiting {
		close(got)
	}
	clear(t.waiting)
}

// take handles one line: an answer, a request of the server's, a notification, or
// none of them, which clients skip.
func (t *talk) take(line []byte) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	var a answer
	if json.Unmarshal(line, &a) != nil {
		t.mu.Lock()
		t.stray++
		t.mu.Unlock()
		return
	}
	switch {
	case a.Method == "ping" && a.ID != nil:
		_ = t.send(map[string]any{"jsonrpc": "2.0", "id": a.ID, "result": struct{}{}})
	case a.Method != "" && a.ID != nil: // roots, sampling, elicitation: a probe has none of them
		_ = t.send(map[string]any{"jsonrpc": "2.0", "id": a.ID, "error": map[string]any{"code": -32601, "message": "Method not found"}})
	case a.Method == "":
		t.mu.Lock()
		defer t.mu.Unlock()
		if got := t.waiting[string(a.ID)]; got != nil {
			got <- a
			delete(t.waiting, string(a.ID))
		}
	}
}
