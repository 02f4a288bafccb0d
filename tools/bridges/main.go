// Command bridges measures programs that stand between a client on stdin and stdout
// and a remote server: how long until the first answer, what a small call takes,
// what memory they hold, and how long 16 MiB take. They take turns, with a client
// that speaks HTTP itself as the measure.
//
//	bridges 'COMMAND ARG...' ...     in each, URL stands for the server's address
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	starts = 10
	calls  = 1000
)

func main() {
	s := httptest.NewServer(http.HandlerFunc(serve))
	defer s.Close()
	d := &direct{url: s.URL + "/mcp"}
	fmt.Printf("%-28s %10s %10s %10s %10s %10s %12s\n", "", "first, ms", "p50, us", "p95, us", "rest, MB", "after, MB", "16 MiB, ms")
	all := []*row{{name: "direct", open: func() talker { return d }}}
	for _, text := range os.Args[1:] {
		args := strings.Fields(strings.ReplaceAll(text, "URL", d.url))
		all = append(all, &row{name: filepath.Base(args[0]) + " " + filepath.Base(args[min(1, len(args)-1)]), open: func() talker { return start(args) }})
	}
	for range starts {
		for _, r := range all {
			at := time.Now()
			t := r.open()
			t.ask(opening)
			r.first = append(r.first, time.Since(at))
			t.end()
		}
	}
	for _, r := range all {
		r.t = r.open()
		r.t.ask(opening)
		r.t.tell(ready)
	}
	for range calls {
		for _, r := range all {
			at := time.Now()
			r.t.ask(call)
			r.small = append(r.small, time.Since(at))
		}
	}
	time.Sleep(3 * time.Second)
	for _, r := range all {
		r.rest = r.t.memory()
		for range 5 {
			at := time.Now()
			r.t.ask(flood)
			r.long = append(r.long, time.Since(at))
		}
	}
	time.Sleep(3 * time.Second)
	for _, r := range all {
		fmt.Printf("%-28s %10.1f %10.0f %10.0f %10.1f %10.1f %12.0f\n", r.name, at(r.first, 50)/1e3, at(r.small, 50), at(r.small, 95), r.rest, r.t.memory(), at(r.long, 50)/1e3)
		r.t.end()
	}
}

// row is one way to the server, and what it took.
type row struct {
	name               string
	open               func() talker
	t                  talker
	first, small, long []time.Duration
	rest               float64
}

// at is a percentile in microseconds.
func at(list []time.Duration, percent int) float64 {
	slices.Sort(list)
	return float64(list[len(list)*percent/100].Microseconds())
}

const (
	opening = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
	ready   = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	call    = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{}}}`
	flood   = `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"flood","arguments":{}}}`
)

var (
	big    = strings.Repeat("x", 16<<20)
	idRule = regexp.MustCompile(`"id":\s*("[^"]*"|[0-9]+)`)
)

// serve is a server of 2025-11-25 that answers at once.
func serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	id := idRule.FindSubmatch(body)
	switch {
	case r.Method != http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case bytes.Contains(body, []byte(`"server/discover"`)):
		w.WriteHeader(http.StatusBadRequest)
		return
	case id == nil:
		w.WriteHeader(http.StatusAccepted)
		return
	}
	result := `{"content":[{"type":"text","text":"3"}]}`
	switch {
	case bytes.Contains(body, []byte(`"initialize"`)):
		w.Header().Set("Mcp-Session-Id", "s1")
		result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"r","version":"1"}}`
	case bytes.Contains(body, []byte(`"flood"`)):
		result = `{"content":[{"type":"text","text":"` + big + `"}]}`
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, id[1], result)
}

// talker is one who asks the server.
type talker interface {
	ask(text string)
	tell(text string)
	memory() float64 // MB
	end()
}

// direct speaks HTTP itself.
type direct struct{ url string }

func (d *direct) ask(text string) {
	r, _ := http.NewRequest(http.MethodPost, d.url, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func (d *direct) tell(text string) { d.ask(text) }
func (d *direct) memory() float64  { return 0 }
func (d *direct) end()             {}

// bridge is a program that speaks it for us.
type bridge struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(args []string) *bridge {
	b := &bridge{cmd: exec.Command(args[0], args[1:]...)}
	b.in, _ = b.cmd.StdinPipe()
	out, _ := b.cmd.StdoutPipe()
	b.out = bufio.NewReaderSize(out, 64<<10)
	if err := b.cmd.Start(); err != nil {
		panic(err)
	}
	return b
}

func (b *bridge) ask(text string) {
	b.tell(text)
	for {
		_, err := b.out.ReadSlice('\n')
		if err == nil {
			return
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			panic(err)
		}
	}
}

func (b *bridge) tell(text string) { io.WriteString(b.in, text+"\n") }

func (b *bridge) end() {
	b.in.Close()
	late := time.AfterFunc(3*time.Second, func() { b.cmd.Process.Kill() })
	b.cmd.Wait()
	late.Stop()
}

// memory is the PSS of the program and those it started.
func (b *bridge) memory() (mb float64) {
	for _, pid := range tree(b.cmd.Process.Pid) {
		data, _ := os.ReadFile(filepath.Join("/proc", pid, "smaps_rollup"))
		for line := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
				mb += kb / 1000
			}
		}
	}
	return mb
}

func tree(pid int) []string {
	all := []string{strconv.Itoa(pid)}
	for i := 0; i < len(all); i++ {
		files, _ := filepath.Glob(filepath.Join("/proc", all[i], "task/*/children"))
		for _, f := range files {
			data, _ := os.ReadFile(f)
			all = append(all, strings.Fields(string(data))...)
		}
	}
	return all
}
