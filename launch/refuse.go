package launch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"mcp-companion/words"
)

const (
	refusalCode   = -32000   // JSON-RPC leaves it to the server's own errors
	maxRefusedLen = 32 << 20 // of a first request; a longer line gets no answer
)

// Refuse says the problem on errout and answers the client's first request read
// from in with a JSON-RPC error that says it too. Notifications before it are
// ignored. It returns after that answer, or at the end of in.
func Refuse(in io.Reader, out, errout io.Writer, p *words.Problem) {
	fmt.Fprintln(errout, "mcp-companion:", p.Error())
	r := bufio.NewReader(in)
	for {
		text, err := readLine(r)
		if reply := refusalOf(text, p); reply != nil {
			out.Write(reply)
			return
		}
		if err != nil {
			return
		}
	}
}

// readLine is the next line, empty for one that is too long.
func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for tooLong := false; ; {
		part, err := r.ReadSlice('\n')
		if tooLong = tooLong || len(text)+len(part) > maxRefusedLen; tooLong {
			text = nil
		} else {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}

// refusalOf is the answer to a line's request or requests, nil where it has none.
func refusalOf(text []byte, p *words.Problem) []byte {
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil
	}
	if text[0] != '[' {
		if id := requestID(text); id != nil {
			return append(refusalTo(id, p), '\n')
		}
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return nil
	}
	var replies [][]byte
	for _, one := range list {
		if id := requestID(one); id != nil {
			replies = append(replies, refusalTo(id, p))
		}
	}
	if replies == nil {
		return nil
	}
	return append(append([]byte{'['}, bytes.Join(replies, []byte{','})...), "]\n"...)
}

// requestID is the id as it was spelled, nil where text is no request. A map,
// because a struct would take "ID" for "id".
func requestID(text []byte) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(text, &m) != nil || m["method"] == nil {
		return nil
	}
	return m["id"]
}

// refusalTo is put together by hand: an encoder would spell the id anew.
func refusalTo(id json.RawMessage, p *words.Problem) []byte {
	said, err := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data"`
	}{refusalCode, p.Error(), map[string]words.Code{"problem": p.Code}})
	if err != nil {
		panic(err) // two strings and a number
	}
	return bytes.Join([][]byte{[]byte(`{"jsonrpc":"2.0","id":`), id, []byte(`,"error":`), said, []byte(`}`)}, nil)
}
