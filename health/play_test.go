package health

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What a played server's list of tools and its tools answer.
const (
	twoTools   = `"tools":[{"name":"a","inputSchema":{"type":"object"}},{"name":"b","inputSchema":{"type":"object"}}]`
	legacyOpen = `"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"old","version":"1"}}`
	modernOpen = `"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"new","version":"2"}}`
	unknown    = `"error":{"code":-32601,"message":"Method not found"}`
	realTools  = `"tools":[
		{"name":"echo","title":"Echo","description":"Says it again","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}},"annotations":{"readOnlyHint":true}},
		{"name":"get_picture","inputSchema":{"type":"object"}},{"name":"count","inputSchema":{"type":"object"}},
		{"name":"ask","inputSchema":{"type":"object"}},{"name":"refuse","inputSchema":{"type":"object"}},{"name":"fail","inputSchema":{"type":"object"}}]`
)

// question is a line to a played server.
type question struct {
	ID     json.RawMessage
	Method string
	Params struct {
		Cursor    string
		Name      string
		Arguments struct{ Text string }
	}
}

// player is one played server.
type player struct {
	play string
	mu   sync.Mutex // of stdout
}

func (p *player) print(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(os.Stdout, format, args...)
}

// serve speaks just enough of the protocol, line by line.
func serve(play string) {
	p := &player{play: play}
	p.begin()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var q question
		if json.Unmarshal(in.Bytes(), &q) != nil || q.ID == nil {
			continue
		}
		if a := p.answer(q); a != "" {
			id := q.ID
			if play == "error, no id" {
				id = json.RawMessage("null")
			}
			p.print(`{"jsonrpc":"2.0","id":%s,%s}`+"\n", id, strings.ReplaceAll(a, "\n", ""))
		}
	}
	if play == "ignores SIGTERM" {
		time.Sleep(time.Minute)
	}
}

// begin does what the server does before it is asked anything.
func (p *player) begin() {
	switch p.play {
	case "exit":
		fmt.Fprintln(os.Stderr, "cannot reach the database; the password is "+os.Getenv("PASSWORD"))
		os.Exit(3)
	case "exit, usage":
		p.print("usage: it FOLDER %s\n", os.Getenv("PASSWORD"))
		os.Exit(2)
	case "exit at once":
		os.Exit(0)
	case "forks and exits":
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PLAY=silent")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		os.Exit(0)
	case "chatty":
		p.print("Starting server...\n\n" + `{"level":"info","msg":"started"}` + "\n")
	case "garbage":
		p.print("what? %s\n", os.Getenv("PASSWORD"))
	case "half a line":
		p.print(`{"jsonrpc":"2.0","id":1,"res`)
	case "a line of 100 MB":
		part := bytes.Repeat([]byte("x"), 1<<20)
		for range 100 {
			os.Stdout.Write(part)
		}
	case "floods stderr":
		line := append(bytes.Repeat([]byte("y"), 1<<10), '\n')
		for range 16 << 10 {
			os.Stderr.Write(line)
		}
	case "ignores SIGTERM":
		signal.Ignore(syscall.SIGTERM)
	}
}

// answer is the answer without its id, "" for none.
func (p *player) answer(q question) string {
	switch p.play {
	case "silent", "garbage", "half a line", "a line of 100 MB":
		return ""
	case "error, no id":
		return `"error":{"code":-32700,"message":"what was that"}`
	}
	switch q.Method {
	case "initialize":
		return p.open()
	case "server/discover":
		if strings.HasPrefix(p.play, "only 2026") || strings.HasPrefix(p.play, "newest") {
			return modernOpen
		}
	case "tools/list":
		return p.tools(q)
	case "tools/call":
		return p.call(q)
	case "prompts/list":
		return `"result":{"prompts":[{"name":"x"},{"name":"y"},{"name":"z"}]}`
	}
	return unknown
}

func (p *player) open() string {
	switch p.play {
	case "only 2026-07-28", "newest tools":
		return `"error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"]}}`
	case "newest, shy":
		return unknown
	case "only 2024-11-05":
		return strings.Replace(legacyOpen, "2025-11-25", "2024-11-05", 1)
	case "no tools":
		return strings.Replace(legacyOpen, `"tools":{}`, "", 1)
	case "prompts":
		return strings.Replace(legacyOpen, `"tools":{}`, `"tools":{},"prompts":{},"resources":{}`, 1)
	}
	return legacyOpen
}

func (p *player) tools(q question) string {
	switch p.play {
	case "half":
		os.Exit(1)
	case "broken":
		return `"error":{"code":-32000,"message":"no tools today"}`
	case "tools", "newest tools":
		return `"result":{"resultType":"complete",` + realTools + `}`
	case "prompts":
		return `"result":{` + strings.Replace(twoTools, `"name":"a"`, `"name":"`+strings.Repeat("n", 1000)+`"`, 1) + `}`
	case "same page":
		return `"result":{"nextCursor":"again",` + twoTools + `}`
	case "endless":
		return `"result":{"nextCursor":"` + q.Params.Cursor[:len(q.Params.Cursor)%50] + string(q.ID) + `",` + twoTools + `}`
	case "changes":
		go func() {
			for {
				p.print(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}` + "\n")
			}
		}()
		for range 100 {
			p.print(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}` + "\n")
		}
	case "5000 tools":
		return p.manyTools(q)
	}
	return `"result":{"resultType":"complete",` + twoTools + `}`
}

// manyTools is a page of a hundred, and the number of the next.
func (p *player) manyTools(q question) string {
	var from int
	fmt.Sscan(q.Params.Cursor, &from)
	var list []string
	for i := from; i < from+100; i++ {
		list = append(list, fmt.Sprintf(`{"name":"tool%d","inputSchema":{"type":"object"}}`, i))
	}
	next := ""
	if from+100 < 5000 {
		next = fmt.Sprintf(`"nextCursor":"%d",`, from+100)
	}
	return `"result":{` + next + `"tools":[` + strings.Join(list, ",") + `]}`
}

func (p *player) call(q question) string {
	switch q.Params.Name {
	case "echo":
		text, _ := json.Marshal(q.Params.Arguments.Text)
		return `"result":{"content":[{"type":"text","text":` + string(text) + `},{"type":"text","text":"\u001b[31mred"}]}`
	case "get_picture":
		return `"result":{"content":[{"type":"image","mimeType":"image/png","data":"` + strings.Repeat("AAAA", 4<<10) + `"},{"type":"resource_link","uri":"file:///x","name":"x"},{"type":"audio","mimeType":"audio/wav","data":"AA=="}]}`
	case "count":
		return `"result":{"structuredContent":{"n":9007199254740993},"content":[]}`
	case "ask":
		return `"result":{"resultType":"input_required","inputRequests":{}}`
	case "refuse":
		return `"error":{"code":-32602,"message":"text is missing; password ` + os.Getenv("PASSWORD") + `"}`
	}
	return `"result":{"isError":true,"content":[{"type":"text","text":"no such city"}]}`
}
