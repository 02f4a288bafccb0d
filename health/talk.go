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
	"strings"
	"sync"
	"time"
	"unicode"
)

// talk is a conversation with a server on stdio: one request at a time, lines of
// JSON-RPC 2.0. It is written here and not taken from the official SDK because
// that brings HTTP, OAuth and JSON Schema along, which every `run` would carry.
type talk struct {
	out  io.Writer
	gone <-chan struct{} // closed when the server has ended
	meta map[string]any  // of every request, since 2026-07-28
	next int

	mu      sync.Mutex
	heard   heard
	waiting map[string]chan answer
	end     error // why no more is heard; nil while it goes on
}

// heard is what came besides what was asked for. It is bounded, whatever comes.
type heard struct {
	answers   int
	stray     int    // lines that are no messages
	strayLine string // the first of them that has words, its beginning
	changed   int    // notices that a list has changed
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

var (
	errClosed = errors.New("the server closed the connection")
	errLong   = errors.New("the server sent more than is read")
)

const (
	maxLine  = 16 << 20 // that is read, as clients' limits are
	maxStray = 500      // bytes of a stray line that are kept
	lastTalk = 300 * time.Millisecond
)

func newTalk(out io.Writer, in io.Reader, gone <-chan struct{}) *talk {
	t := &talk{out: out, gone: gone, waiting: map[string]chan answer{}}
	go t.read(in)
	return t
}

// soFar is what was heard until now.
func (t *talk) soFar() heard {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.heard
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
	if t.end != nil {
		t.mu.Unlock()
		return t.end
	}
	t.waiting[id] = got
	t.mu.Unlock()
	if err := t.send(map[string]any{"jsonrpc": "2.0", "id": t.next, "method": method, "params": params}); err != nil && ctx.Err() == nil {
		return t.why(errors.Join(errClosed, err))
	}
	a, err := t.await(ctx, got)
	switch {
	case err != nil:
		return err
	case a.Error != nil:
		return a.Error
	}
	return json.Unmarshal(a.Result, into)
}

// await waits for the answer. A server that forks and exits leaves its pipes open
// and answers nothing: `run` ends with its first process, and so does this.
func (t *talk) await(ctx context.Context, got <-chan answer) (answer, error) {
	gone, late := t.gone, (<-chan time.Time)(nil)
	for {
		select {
		case a, ok := <-got:
			if !ok {
				return a, t.why(errClosed)
			}
			return a, nil
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-gone:
			gone, late = nil, time.After(lastTalk) // what it wrote before may still come
		case <-late:
			return answer{}, errClosed
		}
	}
}

// why is the reason for which the talk ended, else err.
func (t *talk) why(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end != nil && !errors.Is(t.end, errClosed) {
		return t.end
	}
	return err
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

// read takes the server's lines apart until its stdout ends, or a line is too long.
func (t *talk) read(in io.Reader) {
	r := bufio.NewReaderSize(in, 64<<10)
	var line []byte
	end := errClosed
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			end = errLong
			break
		}
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) || json.Valid(line) { // else a message that was cut
				t.take(line)
			}
			break
		}
		t.take(line)
		if line = line[:0]; cap(line) > 1<<20 {
			line = nil
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = end
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
	if json.Unmarshal(line, &a) != nil || a.Method == "" && a.ID == nil && a.Error == nil {
		t.stray(line)
		return
	}
	switch {
	case a.Method == "ping" && a.ID != nil:
		_ = t.send(map[string]any{"jsonrpc": "2.0", "id": a.ID, "result": struct{}{}})
	case a.Method != "" && a.ID != nil: // roots, sampling, elicitation: a probe has none of them
		_ = t.send(map[string]any{"jsonrpc": "2.0", "id": a.ID, "error": map[string]any{"code": -32601, "message": "Method not found"}})
	case a.Method != "":
		if strings.HasSuffix(a.Method, "/list_changed") {
			t.mu.Lock()
			t.heard.changed++
			t.mu.Unlock()
		}
	default:
		t.answered(a)
	}
}

func (t *talk) stray(line []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard.stray++
	if !strings.ContainsFunc(t.heard.strayLine, unicode.IsLetter) {
		t.heard.strayLine = string(bytes.ToValidUTF8(line[:min(len(line), maxStray)], []byte("\ufffd")))
	}
}

// answered hands an answer to whoever waits for it. An error without an id is about
// a request whose id the server didn't read: the one that is waited for.
func (t *talk) answered(a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := string(a.ID)
	if a.Error != nil && (id == "" || id == "null") && len(t.waiting) == 1 {
		for id = range t.waiting {
		}
	}
	if got := t.waiting[id]; got != nil {
		t.heard.answers++
		got <- a
		delete(t.waiting, id)
	}
}
