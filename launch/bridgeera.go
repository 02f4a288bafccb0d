package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// forLegacy lets a client of the days before 2026-07-28 speak to a server that
// knows only what came then.
type forLegacy struct {
	b *bridge
	m *modern

	mu           sync.Mutex
	capabilities []byte // the client's
	client       []byte // what it calls itself
	offered      []byte // the server's capabilities
	level        []byte // of what it wants logged, nil for nothing said
	ready        bool
	uris         []string
	unlisten     context.CancelFunc
	asked        map[string]chan []byte // by our ids
}

func newForLegacy(b *bridge) *forLegacy {
	return &forLegacy{b: b, m: newModern(b), asked: map[string]chan []byte{}}
}

var empty = []byte("{}")

func (f *forLegacy) exchange(c *call, body []byte) ([]byte, error) {
	switch c.method {
	case "initialize":
		return f.open(c, body)
	case "ping": // this protocol has none
		return resultTo(c.id, empty), nil
	case "logging/setLevel":
		f.mu.Lock()
		f.level = bytes.Clone(valueAt(body, "params", "level"))
		f.mu.Unlock()
		return resultTo(c.id, empty), nil
	case "resources/subscribe", "resources/unsubscribe":
		f.follow(wordAt(body, "params", "uri"), c.method == "resources/subscribe")
		return resultTo(c.id, empty), nil
	}
	return f.rounds(c, f.meant(body))
}

// resultTo is an answer.
func resultTo(id string, result []byte) []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":%s}`, id, result)
}

// open answers initialize with what server/discover tells.
func (f *forLegacy) open(c *call, body []byte) ([]byte, error) {
	f.mu.Lock()
	f.capabilities, f.client = bytes.Clone(valueAt(body, "params", "capabilities")), bytes.Clone(valueAt(body, "params", "clientInfo"))
	f.mu.Unlock()
	o := ownCall(c.ctx, "server/discover")
	defer o.cancel()
	text, err := f.m.exchange(o, f.meant(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"server/discover","params":{}}`, o.id)))
	if err != nil {
		return nil, err
	}
	result := valueAt(text, "result")
	if lookWhole(text).kind != answer || !offersModern(result) {
		return nil, &answered{text}
	}
	version := wordAt(body, "params", "protocolVersion")
	if version == "" || version > legacyVersion {
		version = legacyVersion
	}
	list := []member{{"protocolVersion", quoted(version)}, {"capabilities", valueAt(result, "capabilities")}, {"serverInfo", valueAt(result, "_meta", metaServer)}}
	if list[1].value == nil {
		list[1].value = empty
	}
	if list[2].value == nil {
		if list[2].value = valueAt(result, "serverInfo"); list[2].value == nil {
			list[2].value = []byte(`{"name":"","version":""}`)
		}
	}
	if v := valueAt(result, "instructions"); v != nil {
		list = append(list, member{"instructions", v})
	}
	f.mu.Lock()
	f.offered = bytes.Clone(list[1].value)
	f.mu.Unlock()
	return resultTo(c.id, insert(empty, 0, list...)), nil
}

// offersModern reports whether a server/discover result names a version that can
// be spoken.
func offersModern(result []byte) bool {
	versions := valueAt(result, "supportedVersions")
	var list []string
	return versions == nil || json.Unmarshal(versions, &list) != nil || slices.ContainsFunc(list, isNewer)
}

func quoted(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return text
}

// meant is a request that says how it is meant.
func (f *forLegacy) meant(body []byte) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []member{{metaVersion, quoted(modernVersion)}, {metaCapabilities, empty}}
	if len(f.capabilities) > 0 && f.capabilities[0] == '{' {
		list[1].value = f.capabilities
	}
	if len(f.client) > 0 {
		list = append(list, member{metaClient, f.client})
	}
	if f.level != nil {
		list = append(list, member{metaLevel, f.level})
	}
	return set(body, []string{"params", "_meta"}, list...)
}

// maxRounds is how often a server may ask something about one request.
const maxRounds = 10

var errRounds = errors.New("the server asks without end")

// rounds has the request answered. What the server wants to know first is asked of
// the client in requests, as its protocol has it, and the request is sent again
// with the answers and the exact state (basic/patterns/mrtr).
func (f *forLegacy) rounds(c *call, body []byte) ([]byte, error) {
	text, err := f.m.exchange(c, body)
	for range maxRounds {
		if err != nil || wordAt(text, "result", "resultType") != "input_required" {
			if err == nil && lookWhole(text).id != c.id {
				text = withID(text, c.id)
			}
			return text, err
		}
		list := []member{}
		if wants := valueAt(text, "result", "inputRequests"); wants != nil {
			responses, refusal, err := f.askAll(c, wants)
			switch {
			case err != nil:
				return nil, err
			case refusal != nil:
				return withID(refusal, c.id), nil
			}
			list = append(list, member{"inputResponses", responses})
		}
		if state := valueAt(text, "result", "requestState"); state != nil {
			list = append(list, member{"requestState", state})
		}
		o := ownCall(c.ctx, c.method)
		again := set(withID(body, o.id), []string{"params"}, list...)
		text, err = f.m.exchange(o, again)
		o.cancel()
	}
	return nil, errRounds
}

// askAll asks the client all that the server wants to know, and returns the
// answers by the server's names; or the client's refusal of one.
func (f *forLegacy) askAll(c *call, wants []byte) (responses, refusal []byte, err error) {
	type question struct {
		key, id string
		got     chan []byte
	}
	var all []question
	if wants[0] == '{' {
		members(wants, func(key, value []byte, _ bool) {
			q := question{string(key), ourID(), make(chan []byte, 1)}
			all = append(all, q)
			f.mu.Lock()
			f.asked[q.id] = q.got
			f.mu.Unlock()
			f.b.pass(set(bytes.Clone(value), nil, member{"jsonrpc", []byte(`"2.0"`)}, member{"id", []byte(q.id)}))
		})
	}
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, q := range all {
			delete(f.asked, q.id)
		}
	}()
	list := []member{}
	for _, q := range all {
		select {
		case text := <-q.got:
			result := valueAt(text, "result")
			if result == nil {
				return nil, text, nil
			}
			list = append(list, member{q.key, result})
		case <-c.ctx.Done():
			return nil, nil, c.ctx.Err()
		}
	}
	return insert(empty, 0, list...), nil, nil
}

// send takes the client's answers to what was asked, and what opens it. Nothing
// else has a place in the server's protocol.
func (f *forLegacy) send(_ context.Context, m message, body []byte) error {
	switch {
	case m.kind == answer || m.kind == refusal:
		f.mu.Lock()
		if got := f.asked[m.id]; got != nil {
			got <- body
			delete(f.asked, m.id)
		}
		f.mu.Unlock()
	case m.method == "notifications/initialized":
		f.mu.Lock()
		f.ready = true
		f.mu.Unlock()
		f.listen()
	}
	return nil
}

// follow begins or ends to hear of changes of a resource.
func (f *forLegacy) follow(uri string, on bool) {
	f.mu.Lock()
	f.uris = slices.DeleteFunc(f.uris, func(u string) bool { return u == uri })
	if on {
		f.uris = append(f.uris, uri)
	}
	f.mu.Unlock()
	f.listen()
}

// listen asks for the notifications that the server offers; a stream that asks for
// others is ended.
func (f *forLegacy) listen() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unlisten != nil {
		f.unlisten()
		f.unlisten = nil
	}
	wants := f.wanted()
	if !f.ready || wants == nil {
		return
	}
	o := ownCall(f.b.life, "subscriptions/listen")
	f.unlisten = o.cancel
	f.b.busy.Go(func() {
		defer o.cancel()
		body := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"subscriptions/listen","params":{"notifications":%s}}`, o.id, wants)
		f.m.subscribe(o, f.meant(body), func(text []byte) {
			if lookWhole(text).method != "notifications/subscriptions/acknowledged" {
				f.b.pass(text)
			}
		})
	})
}

// wanted is what is asked for, nil for nothing.
func (f *forLegacy) wanted() []byte {
	var list []member
	for _, kind := range []string{"tools", "prompts", "resources"} {
		if string(valueAt(f.offered, kind, "listChanged")) == "true" {
			list = append(list, member{kind + "ListChanged", []byte("true")})
		}
	}
	if len(f.uris) > 0 {
		uris, _ := json.Marshal(f.uris)
		list = append(list, member{"resourceSubscriptions", uris})
	}
	if list == nil {
		return nil
	}
	return insert(empty, 0, list...)
}

func (f *forLegacy) cancel(c *call, _ []byte)  { c.cancel() }
func (f *forLegacy) close(ctx context.Context) { f.m.close(ctx) }

// forModern lets a client of 2026-07-28 speak to a server that wants initialize.
type forModern struct {
	b *bridge
	s *session

	mu      sync.Mutex
	subs    map[string]*subscription // by their ids as spelled
	errands map[string]*errand       // by the ids of the client's requests
	parked  map[string]*errand       // by their state
	level   string                   // of what the server logs; "" for nothing that the client hears
}

func newForModern(b *bridge, s *session) *forModern {
	return &forModern{b: b, s: s, subs: map[string]*subscription{}, errands: map[string]*errand{}, parked: map[string]*errand{}}
}

// subscription is what a client wants to be told.
type subscription struct {
	wants map[string]bool // by the notification's method
	uris  []string
}

// openingFor is the initialize that stands for what a request says of its client.
func openingFor(body []byte, id string) []byte {
	info := valueAt(body, "params", "_meta", metaClient)
	if info == nil {
		info = []byte(`{"name":"mcp-companion","version":"1"}`)
	}
	capabilities := valueAt(body, "params", "_meta", metaCapabilities)
	if len(capabilities) == 0 || capabilities[0] != '{' {
		capabilities = empty
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"initialize","params":{"protocolVersion":%q,"capabilities":%s,"clientInfo":%s}}`, id, legacyVersion, capabilities, info)
}

func (f *forModern) exchange(c *call, body []byte) ([]byte, error) {
	switch c.method {
	case "server/discover":
		return f.discover(c)
	case "subscriptions/listen":
		return f.subscribe(c, body)
	}
	f.logAt(c, wordAt(body, "params", "_meta", metaLevel))
	if mayAsk(c.method) {
		return f.run(c, body)
	}
	text, err := f.s.exchange(c, plainly(body))
	if err != nil || lookWhole(text).kind != answer {
		return text, err
	}
	return complete(text, c.method), nil
}

// logAt has the server log from this level on, as the client's request says; a
// server that is told nothing chooses itself, and its client hears nothing of it.
func (f *forModern) logAt(c *call, level string) {
	f.mu.Lock()
	was := f.level
	f.level = level
	f.mu.Unlock()
	if level == "" || level == was {
		return
	}
	o := ownCall(c.ctx, "logging/setLevel")
	defer o.cancel()
	_, _ = f.s.exchange(o, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"logging/setLevel","params":{"level":%s}}`, o.id, quoted(level))) // many can't
}

// plainly is a request without what only the new protocol has.
func plainly(body []byte) []byte {
	body = drop(body, []string{"params", "_meta"}, func(key string) bool { return strings.HasPrefix(key, metaPrefix) })
	if meta := valueAt(body, "params", "_meta"); len(meta) > 0 && meta[skipBlank(meta, 1)] == '}' {
		body = drop(body, []string{"params"}, func(key string) bool { return key == "_meta" })
	}
	return body
}

// complete is an answer with what the new protocol demands of one.
func complete(text []byte, method string) []byte {
	var list []member
	need := func(key, value string) {
		if valueAt(text, "result", key) == nil {
			list = append(list, member{key, []byte(value)})
		}
	}
	need("resultType", `"complete"`)
	if strings.HasSuffix(method, "/list") || method == "resources/read" || method == "server/discover" {
		need("ttlMs", "0")
		need("cacheScope", `"private"`)
	}
	if list == nil {
		return text
	}
	return set(text, []string{"result"}, list...)
}

// discover tells what the server said when it was opened.
func (f *forModern) discover(c *call) ([]byte, error) {
	if turn, isOpen := f.s.now(); !isOpen {
		if err := f.s.renew(c.ctx, turn); err != nil {
			return nil, err
		}
	}
	f.s.mu.Lock()
	opened := f.s.result
	f.s.mu.Unlock()
	list := []member{{"supportedVersions", fmt.Appendf(nil, "[%q]", modernVersion)}, {"capabilities", valueAt(opened, "capabilities")}}
	if list[1].value == nil {
		list[1].value = empty
	}
	if v := valueAt(opened, "instructions"); v != nil {
		list = append(list, member{"instructions", v})
	}
	if v := valueAt(opened, "serverInfo"); v != nil {
		list = append(list, member{"_meta", insert(empty, 0, member{metaServer, v})})
	}
	return complete(resultTo(c.id, insert(empty, 0, list...)), c.method), nil
}

// subscribe acknowledges, and lasts until the client cancels.
func (f *forModern) subscribe(c *call, body []byte) ([]byte, error) {
	wants := valueAt(body, "params", "notifications")
	if len(wants) == 0 || wants[0] != '{' {
		wants = empty
	}
	s := &subscription{wants: map[string]bool{}}
	for _, kind := range []string{"tools", "prompts", "resources"} {
		s.wants["notifications/"+kind+"/list_changed"] = string(valueAt(wants, kind+"ListChanged")) == "true"
	}
	json.Unmarshal(valueAt(wants, "resourceSubscriptions"), &s.uris)
	for _, uri := range s.uris {
		f.tellOfResource(c.ctx, "resources/subscribe", uri)
	}
	f.mu.Lock()
	f.subs[c.id] = s
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.subs, c.id)
		f.mu.Unlock()
		for _, uri := range s.uris {
			f.tellOfResource(f.b.life, "resources/unsubscribe", uri)
		}
	}()
	f.b.deliver(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{%q:%s},"notifications":%s}}`, metaSubscription, c.id, wants))
	<-c.ctx.Done()
	return nil, c.ctx.Err()
}

func (f *forModern) tellOfResource(ctx context.Context, method, uri string) {
	o := ownCall(ctx, method)
	defer o.cancel()
	f.s.exchange(o, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":%q,"params":{"uri":%s}}`, o.id, method, quoted(uri)))
}

// hear passes on what the server says of itself: changes to whoever subscribed to
// them, with that one's tag; requests to whoever can be asked.
func (f *forModern) hear(m message, text []byte, from *call) {
	switch {
	case m.kind == request && m.method == "ping":
		f.reply(resultTo(m.id, empty))
		return
	case m.kind == request && f.ask(from, text):
		return
	case m.kind == request:
		f.reply(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"Method not found"}}`, m.id))
		return
	case m.method == "notifications/message" && !f.logs():
		return
	case !strings.HasSuffix(m.method, "/list_changed") && m.method != "notifications/resources/updated":
		f.b.deliver(text)
		return
	}
	uri := wordAt(text, "params", "uri")
	f.mu.Lock()
	var ids []string
	for id, s := range f.subs {
		if s.wants[m.method] || m.method == "notifications/resources/updated" && slices.Contains(s.uris, uri) {
			ids = append(ids, id)
		}
	}
	f.mu.Unlock()
	slices.Sort(ids)
	for _, id := range ids {
		f.b.deliver(set(text, []string{"params", "_meta"}, member{metaSubscription, []byte(id)}))
	}
}

// logs reports whether the client wants to hear what the server logs.
func (f *forModern) logs() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.level != ""
}

func (f *forModern) reply(text []byte) {
	f.b.busy.Go(func() {
		ctx, cancel := context.WithTimeout(f.b.life, lingerTime)
		defer cancel()
		f.s.tube.send(ctx, text)
	})
}

func (f *forModern) send(ctx context.Context, m message, body []byte) error {
	if m.kind != notice {
		return nil
	}
	return f.s.send(ctx, m, plainly(body))
}

func (f *forModern) cancel(c *call, text []byte) {
	c.cancel()
	f.mu.Lock()
	e := f.errands[c.id]
	f.mu.Unlock()
	switch {
	case c.isLong():
	case e != nil:
		f.s.cancel(e.call, cancelNotice(e.call.id))
	default:
		f.s.cancel(c, plainly(text))
	}
}

func (f *forModern) close(ctx context.Context) { f.s.close(ctx) }
