//go:build linux

package launch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The benchmarks of the bridge compare a client behind it with one that speaks
// HTTP itself, to the same server, in turns.

// benchServer answers at once; a call named "flood" with as many bytes as it says,
// where an Accept of theirs says so as events.
func benchServer(b *testing.B) *httptest.Server {
	big := bytes.Repeat([]byte("x"), 16<<20)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		var head [256]byte
		n, _ := io.ReadFull(r.Body, head[:])
		io.Copy(io.Discard, r.Body)
		text := string(head[:n])
		switch {
		case strings.Contains(text, `"initialize"`):
			w.Header().Set("Mcp-Session-Id", "s1")
			reply(w, "0", opened)
		case strings.Contains(text, `"flood"`):
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, `data: {"jsonrpc":"2.0","id":7,"result":"`)
			w.Write(big)
			io.WriteString(w, "\"}\n\n")
		case strings.Contains(text, `"id"`):
			reply(w, "7", `{"content":[{"type":"text","text":"3"}]}`)
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	b.Cleanup(s.Close)
	return s
}

// poster is a client that speaks HTTP itself.
type poster struct {
	url  string
	http http.Client
	buf  *bufio.Reader
}

func newPoster(url string) *poster {
	return &poster{url: url, http: http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}, buf: bufio.NewReaderSize(nil, 64<<10)}
}

func (p *poster) post(b *testing.B, body []byte) {
	r, _ := http.NewRequest(http.MethodPost, p.url, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := p.http.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	p.buf.Reset(resp.Body)
	io.Copy(io.Discard, p.buf)
	resp.Body.Close()
}

func startBridge(b *testing.B, url string) *peer {
	inR, in, _ := blockingPipe()
	out, outW, _ := blockingPipe()
	server, _ := json.Marshal(bridged(url))
	p, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{
		Env:   append(os.Environ(), roleVar+"=run", serverVar+"="+string(server), homeVar+"="+b.TempDir()),
		Files: []*os.File{inR, outW, os.Stderr},
	})
	if err != nil {
		b.Fatal(err)
	}
	inR.Close()
	outW.Close()
	return &peer{p, in, out, bufio.NewReaderSize(out, 64<<10)}
}

func (p *peer) ask(b *testing.B, text []byte) {
	go p.in.Write(text)
	if _, err := swallowLine(p.lines); err != nil {
		b.Fatal(err)
	}
}

// both calls the two in turns and reports what they took: p50, p95 and their ratios.
func both(b *testing.B, direct, behind func()) {
	var took [2][]time.Duration
	for n := 0; b.Loop(); n++ {
		for i := range took {
			way := (i + n) % 2
			at := time.Now()
			[]func(){direct, behind}[way]()
			took[way] = append(took[way], time.Since(at))
		}
	}
	at := func(way, percent int) float64 {
		slices.Sort(took[way])
		return took[way][len(took[way])*percent/100].Seconds() * 1e6
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(at(0, 50), "us-direct")
	b.ReportMetric(at(1, 50)-at(0, 50), "us-added")
	b.ReportMetric(at(1, 50)/at(0, 50), "x-p50")
	b.ReportMetric(at(1, 95)/at(0, 95), "x-p95")
}

func BenchmarkBridgeFirstAnswer(b *testing.B) {
	s := benchServer(b)
	var started []*peer
	both(b, func() { newPoster(s.URL).post(b, []byte(sayInit)) }, func() {
		p := startBridge(b, s.URL)
		p.ask(b, []byte(sayInit+"\n"))
		started = append(started, p)
	})
	for _, p := range started {
		p.stop()
	}
}

func BenchmarkBridgeSmallCall(b *testing.B) {
	s := benchServer(b)
	direct, p := newPoster(s.URL), startBridge(b, s.URL)
	defer p.stop()
	p.ask(b, []byte(sayInit+"\n"))
	text := []byte(sayCall + "\n")
	both(b, func() { direct.post(b, text[:len(text)-1]) }, func() {
		p.in.Write(text)
		p.lines.ReadSlice('\n')
	})
}

func BenchmarkBridgeLongMessage(b *testing.B) {
	s := benchServer(b)
	for _, size := range []int{1 << 20, 16 << 20} {
		there := []byte(`{"jsonrpc":"2.0","id":7,"method":"x","params":"` + strings.Repeat("x", size) + "\"}\n")
		back := []byte(`{"jsonrpc":"2.0","id":7,"method":"flood"}` + "\n")
		for name, text := range map[string][]byte{"there": there, "16 MiB back": back} {
			if size < 16<<20 && name != "there" {
				continue
			}
			b.Run(strconv.Itoa(size>>20)+" MiB, "+name, func(b *testing.B) {
				direct, p := newPoster(s.URL), startBridge(b, s.URL)
				defer p.stop()
				p.ask(b, []byte(sayInit+"\n"))
				both(b, func() { direct.post(b, text[:len(text)-1]) }, func() { p.ask(b, text) })
			})
		}
	}
}

// BenchmarkBridgeMemory tells what a bridge holds at rest, and after 16 MiB went
// both ways.
func BenchmarkBridgeMemory(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	s := benchServer(b)
	p := startBridge(b, s.URL)
	defer p.stop()
	p.ask(b, []byte(sayInit+"\n"))
	for range 100 {
		p.ask(b, []byte(sayCall+"\n"))
	}
	pss := func() float64 { return field(procFile(p.process.Pid, "smaps_rollup"), "Pss:") }
	b.ReportMetric(pss(), "MB-after-calls")
	time.Sleep(settled + 300*time.Millisecond)
	b.ReportMetric(pss(), "MB-at-rest")
	for range 5 {
		p.ask(b, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":7,"method":"x","params":"%s"}`+"\n", bytes.Repeat([]byte("x"), 16<<20)))
		p.ask(b, []byte(`{"jsonrpc":"2.0","id":7,"method":"flood"}`+"\n"))
	}
	b.ReportMetric(highestOf(p.process.Pid), "MB-RSS-peak")
	time.Sleep(settled + 500*time.Millisecond)
	b.ReportMetric(pss(), "MB-after")
}
