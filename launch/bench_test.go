//go:build linux

package launch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mcp-companion/files"
)

// The benchmarks compare a server behind `run` with the same server alone, in
// turns, so that both see the same weather. bench.sh runs them as an ordinary
// user; BENCH.md keeps the figures.

var smallCall = []byte(`{"jsonrpc":"2.0","id":12345,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2}}}` + "\n")

// peer is a started server, alone or behind run, on blocking pipes.
type peer struct {
	process *os.Process
	in, out *os.File
	lines   *bufio.Reader
}

// The ways a server is started here; behind run it is always traced. A relay is
// the least that stands between client and server: it copies, and does nothing else.
const (
	alone = iota
	behindRun
	behindSieve // run with both filters, and nothing to filter
	behindRelay
	ways
)

func startPeer(b *testing.B, way int, args ...string) *peer {
	b.Helper()
	inR, in, err := blockingPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, outW, _ := blockingPipe()
	null, _ := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	attr := &os.ProcAttr{Env: append(os.Environ(), roleVar+"=server"), Files: []*os.File{inR, outW, null}}
	argv := append([]string{os.Args[0]}, args...)
	switch way {
	case behindRelay:
		attr.Env[len(attr.Env)-1] = roleVar + "=relay"
	case behindRun, behindSieve:
		s := played(args...)
		if way == behindSieve {
			s.DropNotes, s.HideTools = true, []string{"none"}
		}
		server, _ := json.Marshal(s)
		attr.Env = append(os.Environ(), roleVar+"=run", serverVar+"="+string(server), homeVar+"="+b.TempDir())
		argv = argv[:1]
	}
	p, err := os.StartProcess(os.Args[0], argv, attr)
	if err != nil {
		b.Fatal(err)
	}
	inR.Close()
	outW.Close()
	null.Close()
	return &peer{p, in, out, bufio.NewReaderSize(out, 64<<10)}
}

func (p *peer) call(b *testing.B) {
	if _, err := p.in.Write(smallCall); err != nil {
		b.Fatal(err)
	}
	if _, err := p.lines.ReadSlice('\n'); err != nil {
		b.Fatal(err)
	}
}

func (p *peer) stop() {
	p.in.Close()
	p.process.Wait()
	p.out.Close()
}

// everyWay starts the server in all of them.
func everyWay(b *testing.B, args ...string) (peers [ways]*peer) {
	for way := range peers {
		peers[way] = startPeer(b, way, args...)
		b.Cleanup(peers[way].stop)
	}
	return peers
}

// turns calls measure in turns for each way, and returns the medians of what it took.
func turns(b *testing.B, measure func(way int)) (took [ways]time.Duration) {
	var all [ways][]time.Duration
	for n := 0; b.Loop(); n++ {
		for i := range all {
			way := (i + n) % len(all)
			at := time.Now()
			measure(way)
			all[way] = append(all[way], time.Since(at))
		}
	}
	for way, list := range all {
		took[way] = median(list)
	}
	return took
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func report(b *testing.B, took [ways]time.Duration) {
	us := func(way int) float64 { return took[way].Seconds() * 1e6 }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(us(alone), "us-alone")
	b.ReportMetric(us(behindRun)-us(alone), "us-added")
	b.ReportMetric(us(behindRun)/us(alone), "x-run")
	b.ReportMetric(us(behindSieve)/us(alone), "x-filters")
	b.ReportMetric(us(behindRelay)/us(alone), "x-relay")
}

func BenchmarkFirstAnswer(b *testing.B) {
	var started []*peer
	took := turns(b, func(way int) {
		p := startPeer(b, way, "echo")
		p.call(b)
		started = append(started, p)
	})
	report(b, took)
	for _, p := range started {
		p.stop()
	}
}

func BenchmarkSmallCall(b *testing.B) {
	peers := everyWay(b, "echo")
	report(b, turns(b, func(way int) { peers[way].call(b) }))
}

func Benchmark32InFlight(b *testing.B) {
	const inFlight, calls = 32, 3200
	peers := everyWay(b, "echo")
	took := turns(b, func(way int) {
		p := peers[way]
		slots := make(chan struct{}, inFlight)
		go func() {
			for range calls {
				slots <- struct{}{}
				p.in.Write(smallCall)
			}
		}()
		for range calls {
			if _, err := p.lines.ReadSlice('\n'); err != nil {
				b.Error(err)
				return
			}
			<-slots
		}
	})
	for way := range took {
		took[way] /= calls
	}
	report(b, took)
	b.ReportMetric(float64(took[alone])/float64(took[behindRun]), "rate-run")
	b.ReportMetric(float64(took[alone])/float64(took[behindSieve]), "rate-filters")
}

// BenchmarkLongLine moves long lines. All but the first server do nothing with them:
// what is compared is then pipes alone, with twice the copying.
func BenchmarkLongLine(b *testing.B) {
	for _, size := range []int{1 << 20, 16 << 20} {
		text := longMessage(size)
		order := []byte(strconv.Itoa(size) + "\n")
		for _, c := range []struct {
			name, server string
			send         []byte
		}{
			{"there and back, taken whole", "echo lines", text},
			{"there and back, as it flows", "echo", text},
			{"there", "swallow", text},
			{"back", "flood", order},
		} {
			b.Run(strconv.Itoa(size>>20)+" MiB "+c.name, func(b *testing.B) {
				peers := everyWay(b, c.server)
				report(b, turns(b, func(way int) {
					go peers[way].in.Write(c.send)
					if _, err := swallowLine(peers[way].lines); err != nil {
						b.Fatal(err)
					}
				}))
			})
		}
	}
}

// BenchmarkMemory tells what run and guard hold at rest, and after 16 MiB lines
// went both ways.
func BenchmarkMemory(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	p := startPeer(b, behindRun, "swallow")
	defer p.stop()
	p.call(b)
	time.Sleep(settled + 300*time.Millisecond) // the session is written, the guard waits
	b.ReportMetric(ours(p), "MB-at-rest")
	text := append(bytes.Repeat([]byte("a"), 16<<20-1), '\n')
	for range 10 {
		p.in.Write(text)
		p.lines.ReadSlice('\n')
	}
	b.ReportMetric(ours(p), "MB-after")
	b.ReportMetric(highestOf(p.process.Pid), "MB-run-RSS-peak")
}

// ours is the PSS of run and guard in MB: of the tree, all but the server.
func ours(p *peer) (mb float64) {
	pids := []int{p.process.Pid}
	for _, c := range processes() {
		if line, _ := os.ReadFile(procFile(c.pid, "cmdline")); c.parent == p.process.Pid && bytes.Contains(line, []byte("\x00guard\x00")) {
			pids = append(pids, c.pid)
		}
	}
	for _, pid := range pids {
		mb += field(procFile(pid, "smaps_rollup"), "Pss:")
	}
	return mb
}

// field reads a field in kB as MB.
func field(path, name string) float64 {
	data, _ := os.ReadFile(path)
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1000
		}
	}
	return 0
}

// BenchmarkWatch is what looking on costs, for a request and its answer.
func BenchmarkWatch(b *testing.B) {
	w := newWatch(Session{Status: Starting}, nil)
	in, out := lines{see: w.fromClient}, lines{see: w.fromServer}
	result := []byte(`{"result":{"content":[{"type":"text","text":"3"}]},"jsonrpc":"2.0","id":12345}` + "\n")
	b.ReportAllocs()
	var spare []mark
	for b.Loop() {
		in.feed(smallCall)
		out.feed(result)
		if len(w.journal.marks) == maxMarks { // as often as there is room for
			spare, _ = w.take(spare[:0])
		}
	}
}

// BenchmarkTrace is what writing costs, for as many events as there is room for
// between two looks: at most four times a second.
func BenchmarkTrace(b *testing.B) {
	w := newWatch(Session{ID: "one", Server: "srv"}, nil)
	tr := newTrace(files.Home(b.TempDir()), w, false)
	in, out := lines{see: w.fromClient}, lines{see: w.fromServer}
	result := []byte(`{"result":{"content":[{"type":"text","text":"3"}]},"jsonrpc":"2.0","id":12345}` + "\n")
	for b.Loop() {
		b.StopTimer()
		for range maxMarks {
			in.feed(smallCall)
			out.feed(result)
		}
		b.StartTimer()
		tr.write()
	}
}
