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
)

// The benchmarks compare a server behind `run` with the same server alone, in
// turns, so that both see the same weather. bench.sh runs them as an ordinary
// user; BENCH.md keeps the figures.

var call = []byte(`{"jsonrpc":"2.0","id":12345,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2}}}` + "\n")

// peer is a started server, alone or behind run, on blocking pipes.
type peer struct {
	process *os.Process
	in, out *os.File
	lines   *bufio.Reader
}

func startPeer(b *testing.B, behindRun bool, args ...string) *peer {
	b.Helper()
	inR, in, err := blockingPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, outW, _ := blockingPipe()
	null, _ := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	attr := &os.ProcAttr{Env: append(os.Environ(), roleVar+"=server"), Files: []*os.File{inR, outW, null}}
	argv := append([]string{os.Args[0]}, args...)
	if behindRun {
		server, _ := json.Marshal(played(args...))
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
	if _, err := p.in.Write(call); err != nil {
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

// both starts the server alone and behind run.
func both(b *testing.B, args ...string) [2]*peer {
	list := [2]*peer{startPeer(b, false, args...), startPeer(b, true, args...)}
	for _, p := range list {
		b.Cleanup(p.stop)
		for range 100 {
			p.call(b)
		}
	}
	return list
}

// turns calls measure in turns for alone (0) and behind run (1), and returns the
// medians of what it took.
func turns(b *testing.B, measure func(i int)) (alone, run time.Duration) {
	var took [2][]time.Duration
	for n := 0; b.Loop(); n++ {
		for i := range 2 {
			i = (i + n) % 2
			at := time.Now()
			measure(i)
			took[i] = append(took[i], time.Since(at))
		}
	}
	return median(took[0]), median(took[1])
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func report(b *testing.B, alone, run time.Duration) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(alone.Seconds()*1e6, "alone-us")
	b.ReportMetric(run.Seconds()*1e6, "run-us")
	b.ReportMetric(float64(run)/float64(alone), "ratio")
	b.ReportMetric((run-alone).Seconds()*1e6, "added-us")
}

func BenchmarkFirstAnswer(b *testing.B) {
	var stop []*peer
	alone, run := turns(b, func(i int) {
		p := startPeer(b, i == 1, "echo")
		p.call(b)
		stop = append(stop, p)
	})
	report(b, alone, run)
	for _, p := range stop {
		p.stop()
	}
}

func BenchmarkSmallCall(b *testing.B) {
	peers := both(b, "echo")
	alone, run := turns(b, func(i int) { peers[i].call(b) })
	report(b, alone, run)
}

func Benchmark32InFlight(b *testing.B) {
	const inFlight, calls = 32, 3200
	peers := both(b, "echo")
	alone, run := turns(b, func(i int) {
		p := peers[i]
		slots := make(chan struct{}, inFlight)
		go func() {
			for range calls {
				slots <- struct{}{}
				p.in.Write(call)
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
	report(b, alone/calls, run/calls)
	b.ReportMetric(float64(alone)/float64(run), "rate-ratio")
}

// BenchmarkLongLine moves long lines. All but the first server do nothing with them:
// what is compared is then pipes alone, with twice the copying.
func BenchmarkLongLine(b *testing.B) {
	for _, size := range []int{1 << 20, 16 << 20} {
		text := append(bytes.Repeat([]byte("a"), size-1), '\n')
		order := []byte(strconv.Itoa(size) + "\n")
		for _, way := range []struct {
			name, server string
			send         []byte
		}{
			{"there and back, taken whole", "echo lines", text},
			{"there and back, as it flows", "echo", text},
			{"there", "swallow", text},
			{"back", "flood", order},
		} {
			b.Run(strconv.Itoa(size>>20)+" MiB "+way.name, func(b *testing.B) {
				var peers [2]*peer
				for i := range peers {
					peers[i] = startPeer(b, i == 1, way.server)
					b.Cleanup(peers[i].stop)
				}
				alone, run := turns(b, func(i int) {
					go peers[i].in.Write(way.send)
					if _, err := swallowLine(peers[i].lines); err != nil {
						b.Fatal(err)
					}
				})
				report(b, alone, run)
			})
		}
	}
}

// BenchmarkMemory tells what run and guard hold at rest, and after 16 MiB lines
// went both ways.
func BenchmarkMemory(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	p := startPeer(b, true, "swallow")
	defer p.stop()
	p.call(b)
	time.Sleep(300 * time.Millisecond) // the session is written, the guard waits
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
