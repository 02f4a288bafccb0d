package launch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	maxSieved     = 16 << 20 // of a line that is looked at whole
	badParamsCode = -32602   // the specification's code for an unknown tool (server/tools)
)

// filters keep from the client what the user does not want it to see: lines that
// are not the protocol's, and some tools. All other lines pass as they came. Where
// tools are hidden, an answer is held back while the client waits for a list of
// them and the answer may be it; so is a call until its tool's name was seen.
//
// Of a list's answer the hidden tools' elements are cut out of the text, and no
// other byte changes: numbers, ids, blanks, unknown members stay. A call of a
// hidden tool is answered with an error and does not reach the server. Batches are
// passed as they are, also where they hold a list or a call, and so is a line of
// more than 16 MiB.
type filters struct {
	dropNotes bool
	hidden    map[string]bool
	names     [][]byte // the same
	out       *outlet
	watch     *watch
	answered  func(id string) // hears of a call that did not reach the server; nil for nobody

	mu    sync.Mutex
	lists map[string]bool // ids of the lists the client waits for
	due   atomic.Int32    // their number
}

// filter puts the plan's filters between the streams; without any these stay
// just as they are.
func (p *Plan) filter(in, out *stream, w *watch) *filters {
	f := p.sift(nil, w)
	if f == nil {
		return nil
	}
	out.sieve = &sieve{judge: f.ofServer}
	if len(f.hidden) > 0 {
		f.out = outletOf(out)
		in.sieve = &sieve{judge: f.ofClient}
		in.lines.see = func(l line) {
			m := look(l)
			w.seesClient(m, l)
			f.asks(m, l)
		}
	}
	return f
}

// sift is what filters for the plan, nil where nothing is to be.
func (p *Plan) sift(out *outlet, w *watch) *filters {
	if !p.DropNotes && len(p.HideTools) == 0 {
		return nil
	}
	f := &filters{dropNotes: p.DropNotes, hidden: map[string]bool{}, out: out, watch: w, lists: map[string]bool{}}
	for _, name := range p.HideTools {
		f.hidden[name] = true
		f.names = append(f.names, []byte(name))
	}
	return f
}

// asks looks at a line of the client's before it is forwarded, so that no list
// comes before its request is known.
func (f *filters) asks(m message, l line) {
	if m.method != "tools/list" && m.method != "notifications/cancelled" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case m.kind == request && len(f.lists) < maxPending:
		f.lists[m.id] = true
	case m.kind == notice:
		delete(f.lists, cancelled(l.head))
	}
	f.due.Store(int32(len(f.lists)))
}

// forget has no list of tools waited for under id.
func (f *filters) forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.lists, id)
	f.due.Store(int32(len(f.lists)))
}

// lineOf is the line that text is or begins; ok is false where a look at it would
// be too early.
func lineOf(text []byte, whole bool) (l line, ok bool) {
	text = bytes.TrimSuffix(text, []byte("\n"))
	l = line{head: text[:min(len(text), headLen)], length: len(text)}
	if whole {
		l.tail = text[max(0, len(text)-tailLen):]
	}
	return l, whole || len(text) > headLen
}

// ofServer judges the server's lines.
func (f *filters) ofServer(text []byte, whole bool) ([]byte, fate) {
	due := f.due.Load() > 0
	if !f.dropNotes && !due {
		return nil, passed
	}
	l, ok := lineOf(text, whole)
	if !ok {
		return nil, unknown
	}
	m := look(l)
	switch {
	case f.dropNotes && (m.kind == stray || m.kind == blank):
		return nil, dropped
	case !due || m.kind != answer && m.kind != refusal && m.kind != someword:
		return nil, passed
	case m.id != "" && !f.isDue(m.id):
		return nil, passed
	case len(text) > maxSieved:
		f.watch.unfiltered()
		return nil, passed
	case !whole:
		return nil, unknown
	}
	return f.without(text), passed
}

func (f *filters) isDue(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lists[id]
}

// without is the answer text without the hidden tools, nil where that is itself.
func (f *filters) without(text []byte) []byte {
	id, tools := listed(text)
	f.mu.Lock()
	due := f.lists[id]
	delete(f.lists, id)
	f.due.Store(int32(len(f.lists)))
	f.mu.Unlock()
	if !due || tools == nil || !json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		return nil
	}
	return cutElements(text, tools, func(tool []byte) bool {
		hidden := false
		members(tool, func(key, value []byte, _ bool) {
			hidden = hidden || string(key) == "name" && f.hidden[unquote(value)]
		})
		return hidden
	})
}

// ofClient judges the client's lines. A call that is dropped is answered.
func (f *filters) ofClient(text []byte, whole bool) ([]byte, fate) {
	if whole && !f.mayName(text) {
		return nil, passed
	}
	l, ok := lineOf(text, whole)
	if !ok {
		return nil, unknown
	}
	m := look(l)
	switch {
	case m.kind != request && m.kind != notice && m.kind != someword:
		return nil, passed
	case m.method != "" && m.method != "tools/call", len(text) > maxSieved:
		return nil, passed
	}
	method, id, name := called(text)
	switch {
	case method == "tools/call" && name != nil && !f.hidden[unquote(name)]:
		return nil, passed
	case !whole:
		return nil, unknown
	case method != "tools/call" || name == nil || !json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))):
		return nil, passed
	}
	if id != nil {
		f.refuse(id, name)
	}
	return nil, dropped
}

// mayName reports whether a hidden tool's name can stand in text: as it is, or in
// another spelling.
func (f *filters) mayName(text []byte) bool {
	if bytes.IndexByte(text, '\\') >= 0 {
		return true
	}
	return slices.ContainsFunc(f.names, func(name []byte) bool { return bytes.Contains(text, name) })
}

// refuse answers a call of a hidden tool in the words of the specification. Id and
// name stay as they were spelled.
func (f *filters) refuse(id, name []byte) {
	text := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":"Unknown tool: %s}}`+"\n", id, badParamsCode, name[1:])
	if f.answered != nil {
		f.answered(string(id))
	}
	f.watch.refused(string(id), len(text)-1)
	f.out.insert(text)
}

// outlet writes to the client what comes from the server, and between its lines
// what does not.
type outlet struct {
	mu     sync.Mutex
	put    func([]byte) bool // writes to the client; reports whether it still reads
	within bool              // a line of the server's is not at its end
	waits  []byte            // for that end
}

// outletOf puts an outlet between the stream and where it goes.
func outletOf(s *stream) *outlet {
	o := &outlet{put: s.send}
	s.send = o.write
	return o
}

// write takes the server's bytes, and reports whether the client still reads.
func (o *outlet) write(data []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.within = data[len(data)-1] != '\n'
	end := bytes.LastIndexByte(data, '\n') + 1
	if o.waits == nil || end == 0 {
		return o.put(data)
	}
	open := o.put(data[:end]) && o.put(o.waits) && o.put(data[end:])
	o.waits = nil
	return open
}

// insert writes a whole line of ours, as soon as none of the server's is cut by it.
func (o *outlet) insert(text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.within {
		o.waits = append(o.waits, text...)
		return
	}
	o.put(text)
}

// line writes a whole line.
func (o *outlet) line(text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if cap(text) > len(text) || len(text) < chunkLen {
		o.put(append(text, '\n'))
		return
	}
	if o.put(text) { // too long to be copied
		o.put([]byte{'\n'})
	}
}
