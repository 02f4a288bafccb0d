package launch

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The members of _meta that say how a request is meant, since 2026-07-28.
const (
	metaPrefix       = "io.modelcontextprotocol/"
	metaVersion      = metaPrefix + "protocolVersion"
	metaCapabilities = metaPrefix + "clientCapabilities"
	metaClient       = metaPrefix + "clientInfo"
	metaServer       = metaPrefix + "serverInfo"
	metaLevel        = metaPrefix + "logLevel"
	metaSubscription = metaPrefix + "subscriptionId"
)

const (
	modernVersion = "2026-07-28"
	legacyVersion = "2025-11-25"
)

// Errors that only servers of 2026-07-28 and later send.
const (
	headerMismatch     = -32020
	missingCapability  = -32021
	unsupportedVersion = -32022
)

// modern is Streamable HTTP since 2026-07-28: a POST for each message that says all
// in its headers too, no session, and a stream whose end is the cancellation.
type modern struct {
	b     *bridge
	tools annotations
}

func newModern(b *bridge) *modern { return &modern{b: b} }

func (m *modern) exchange(c *call, body []byte) ([]byte, error) {
	if c.isLong() {
		return m.subscribe(c, body, m.b.pass)
	}
	text, err := m.request(c, body)
	if err != nil && codeIn(err) == headerMismatch && c.method == "tools/call" {
		// The server rejected it before it did anything (streamable-http, Client Behavior).
		if m.relist(c, valueAt(body, "params", "_meta")) == nil {
			text, err = m.request(c, body)
		}
	}
	if err == nil && c.method == "tools/list" {
		text = m.learn(text)
	}
	return text, err
}

// request sends one request and reads its answer.
func (m *modern) request(c *call, body []byte) ([]byte, error) {
	resp, err := m.b.ask(c, m.b.wire.post(body, m.header(c.method, body)))
	if err != nil {
		return nil, err
	}
	return m.b.receive(c, resp, m.b.pass, nil)
}

// codeIn is the code of the JSON-RPC error that a refusal holds, 0 for none.
func codeIn(err error) int {
	var r *refused
	if !errors.As(err, &r) {
		return 0
	}
	return codeAt(r.rpc())
}

func codeAt(rpc []byte) int {
	n, _ := strconv.Atoi(string(valueAt(rpc, "error", "code")))
	return n
}

// header is what mirrors the message.
func (m *modern) header(method string, body []byte) map[string]string {
	h := map[string]string{versionHeader: modernVersion, "Mcp-Method": headerValue(method)}
	if v := wordAt(body, "params", "_meta", metaVersion); v != "" {
		h[versionHeader] = headerValue(v)
	}
	name := ""
	switch method {
	case "tools/call", "prompts/get":
		name = wordAt(body, "params", "name")
	case "resources/read":
		name = wordAt(body, "params", "uri")
	case "subscriptions/listen":
		h["Accept-Encoding"] = "identity"
	}
	if name != "" {
		h["Mcp-Name"] = headerValue(name)
	}
	if method == "tools/call" {
		m.tools.mirror(h, name, body)
	}
	return h
}

// headerValue is a value as a header can carry it.
func headerValue(s string) string {
	const before, after = "=?base64?", "?="
	plain := strings.TrimSpace(s) == s && !(strings.HasPrefix(s, before) && strings.HasSuffix(s, after))
	for _, c := range []byte(s) {
		plain = plain && (c >= ' ' && c <= '~' || c == '\t')
	}
	if plain {
		return s
	}
	return before + base64.StdEncoding.EncodeToString([]byte(s)) + after
}

// relist learns the tools again, as c's client would list them.
func (m *modern) relist(c *call, meta []byte) error {
	cursor := []byte(nil)
	for range 100 {
		o := ownCall(c.ctx, "tools/list")
		body := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"tools/list","params":{}}`, o.id)
		if cursor != nil {
			body = set(body, []string{"params"}, member{"cursor", cursor})
		}
		if meta != nil {
			body = set(body, []string{"params"}, member{"_meta", meta})
		}
		text, err := m.request(o, body)
		o.cancel()
		if err != nil {
			return err
		}
		m.learn(text)
		if cursor = valueAt(text, "result", "nextCursor"); len(cursor) < 2 || cursor[0] != '"' {
			return nil
		}
	}
	return nil
}

// learn remembers what the list says of headers, and returns it without the tools
// that say it wrongly (server/tools, x-mcp-header).
func (m *modern) learn(text []byte) []byte {
	_, tools := listed(text)
	if tools == nil {
		return text
	}
	if !bytes.Contains(text, []byte(annotation)) {
		m.tools.forget(text, tools)
		return text
	}
	out := cutElements(text, tools, func(tool []byte) bool {
		name, err := m.tools.learn(tool)
		if err != nil {
			m.b.note(fmt.Sprintf("the tool %s is left out: %v", name, err))
		}
		return err != nil
	})
	if out != nil {
		return out
	}
	return text
}

// subscribe keeps a stream open until the client cancels it or the server ends
// it; where it breaks it is asked for again, and the first word of the new one,
// which the client has heard already, is kept back.
func (m *modern) subscribe(c *call, body []byte, each func([]byte)) (text []byte, err error) {
	heard := false
	err = m.b.again(c.ctx, func() (time.Duration, error) {
		resp, err := m.b.ask(c, m.b.wire.post(body, m.header(c.method, body)))
		if err != nil {
			return 0, err
		}
		if isStream(resp.Header) {
			m.b.recovered()
		}
		text, err = m.b.receive(c, resp, func(text []byte) {
			if lookWhole(text).method == "notifications/subscriptions/acknowledged" {
				if heard {
					return
				}
				heard = true
			}
			each(text)
		}, nil)
		return 0, err
	})
	return text, err
}

// send drops what this protocol has no place for: a client says no more than its
// requests, and closing a stream cancels.
func (m *modern) send(ctx context.Context, msg message, body []byte) error {
	if msg.kind != notice {
		return nil
	}
	resp, err := m.b.wire.send(ctx, m.b.wire.post(body, m.header(msg.method, body)))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (m *modern) cancel(c *call, _ []byte) { c.cancel() }

func (m *modern) close(context.Context) {}

const annotation = "x-mcp-header"

// annotations says which arguments of which tools are mirrored into headers.
type annotations struct {
	mu  sync.Mutex
	all map[string][]binding
}

// binding is an argument, by its place, and its header.
type binding struct {
	path   []string
	header string
}

func (a *annotations) put(name string, list []binding) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(list) == 0 {
		delete(a.all, name)
		return
	}
	if a.all == nil {
		a.all = map[string][]binding{}
	}
	a.all[name] = list
}

// forget drops what was known of the tools listed, which mirror nothing.
func (a *annotations) forget(text []byte, tools []span) {
	a.mu.Lock()
	known := len(a.all) > 0
	a.mu.Unlock()
	if !known {
		return
	}
	for _, t := range tools {
		a.put(wordAt(text[t.from:t.to:t.to], "name"), nil)
	}
}

// learn reads a tool's annotations; an error says why they can't be.
func (a *annotations) learn(tool []byte) (name string, err error) {
	var t struct {
		Name        string
		InputSchema any
	}
	if json.Unmarshal(tool, &t) != nil {
		return "", nil
	}
	r := schemaReader{seen: map[string]bool{}}
	r.schema(t.InputSchema, nil, true)
	if r.err != nil {
		a.put(t.Name, nil)
		return t.Name, r.err
	}
	a.put(t.Name, r.list)
	return t.Name, nil
}

// schemaReader collects annotations out of a schema.
type schemaReader struct {
	list []binding
	seen map[string]bool
	err  error
}

// schema reads a schema; reachable says that only properties lead to it, and path
// is then their names.
func (r *schemaReader) schema(v any, path []string, reachable bool) {
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	if header, ok := object[annotation]; ok {
		r.annotated(header, object["type"], path, reachable)
	}
	for key, inner := range object {
		switch key {
		case annotation, "default", "const", "enum", "examples": // no schemas
		case "properties":
			named, _ := inner.(map[string]any)
			for name, s := range named {
				r.schema(s, append(slices.Clone(path), name), reachable)
			}
		case "patternProperties", "$defs", "definitions", "dependentSchemas":
			named, _ := inner.(map[string]any)
			for _, s := range named {
				r.schema(s, nil, false)
			}
		default:
			if list, ok := inner.([]any); ok {
				for _, s := range list {
					r.schema(s, nil, false)
				}
			}
			r.schema(inner, nil, false)
		}
	}
}

func (r *schemaReader) annotated(header, kind any, path []string, reachable bool) {
	name, _ := header.(string)
	low := strings.ToLower(name)
	var why string
	switch {
	case name == "" || strings.ContainsFunc(name, func(c rune) bool { return !isToken(c) }):
		why = "it names no header"
	case !reachable || len(path) == 0:
		why = "its header belongs to no argument"
	case kind != "string" && kind != "integer" && kind != "boolean":
		why = "its header belongs to no plain argument"
	case r.seen[low]:
		why = "it names a header twice"
	}
	if why != "" {
		r.err = errors.New(why)
		return
	}
	r.seen[low] = true
	r.list = append(r.list, binding{path, name})
}

// isToken reports whether c may stand in a header's name (RFC 9110, 5.6.2).
func isToken(c rune) bool {
	return c < 0x80 && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.ContainsRune("!#$%&'*+-.^_`|~", c))
}

// mirror adds the headers that the tool's arguments have.
func (a *annotations) mirror(h map[string]string, tool string, body []byte) {
	a.mu.Lock()
	list := a.all[tool]
	a.mu.Unlock()
	for _, b := range list {
		if text, ok := plainValue(valueAt(body, append([]string{"params", "arguments"}, b.path...)...)); ok {
			h["Mcp-Param-"+b.header] = headerValue(text)
		}
	}
}

// plainValue is a string, an integer or a boolean as text.
func plainValue(v []byte) (string, bool) {
	switch {
	case len(v) == 0:
		return "", false
	case v[0] == '"':
		var s string
		return s, json.Unmarshal(v, &s) == nil
	case string(v) == "true", string(v) == "false":
		return string(v), true
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53-1 {
		return "", false
	}
	return strconv.FormatInt(int64(n), 10), true
}
