package launch

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"testing"
)

const ask = `{"jsonrpc":"2.0","id":1,"method":"tools/call"}` + "\n"

// maxRSS is what run may take at its highest, in MB, whatever a server does.
const maxRSS = 24 * slack

// floodsStderr has the server write size bytes to stderr, and returns the most
// memory that run took.
func floodsStderr(t testing.TB, size int) (mb float64) {
	l := startRun(t, played("flood stderr", strconv.Itoa(size)), nil)
	l.say(ask)
	if got := l.line(); got != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Errorf("answered %.100s", got)
	}
	mb = highestOf(l.cmd.Process.Pid)
	l.end()
	s := l.ended()
	if s.Flood < int64(size) || s.Flood != l.stderr.len || len(s.Stderr) > tailLines+1 {
		t.Errorf("%d bytes told, %d came, %d lines kept", s.Flood, l.stderr.len, len(s.Stderr))
	}
	if s.Answers != 1 || s.Status != Ended {
		t.Errorf("%+v", s)
	}
	return mb
}

// passesALine moves a line of size bytes from and to the server, and returns the
// most memory that run took.
func passesALine(t testing.TB, size int) (mb float64) {
	for _, server := range []string{"flood", "swallow"} {
		l := startRun(t, played(server), nil)
		if server == "flood" {
			l.say(fmt.Sprintln(size))
			n := 0
			for {
				part, err := l.out.ReadSlice('\n')
				if n += len(part); err == nil {
					break
				}
			}
			if n != size {
				t.Errorf("%d bytes came of %d", n, size)
			}
		} else {
			go func() {
				chunk := bytes.Repeat([]byte("x"), 1<<16)
				for n := 0; n < size-1; n += len(chunk) {
					l.in.Write(chunk[:min(len(chunk), size-1-n)])
				}
				l.in.Write([]byte("\n"))
			}()
			if got := l.line(); got != fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{}}`, size) {
				t.Errorf("said %s", got)
			}
		}
		mb = max(mb, highestOf(l.cmd.Process.Pid))
		l.end()
		if s := l.ended(); s.Longest != size-1 {
			t.Errorf("the longest line told is %d", s.Longest)
		}
	}
	return mb
}

func TestAHostileServerTakesNoMemory(t *testing.T) {
	for name, mb := range map[string]float64{
		"stderr":    floodsStderr(t, 16<<20),
		"long line": passesALine(t, 24<<20),
	} {
		if mb > maxRSS {
			t.Errorf("%s: %.0f MB", name, mb)
		}
	}
}

// BenchmarkHostile is TestAHostileServerTakesNoMemory with all there may be.
func BenchmarkHostile(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(floodsStderr(b, 1<<30), "MB-stderr")
		b.ReportMetric(passesALine(b, 100<<20), "MB-line")
	}
}

func TestHalfAnAnswerIsForwardedAndEndsWithTheClient(t *testing.T) {
	l := startRun(t, played("half an answer"), nil)
	l.say(ask)
	half := make([]byte, len(`{"jsonrpc":"2.0","id":1,"res`))
	if _, err := io.ReadFull(l.out, half); err != nil {
		t.Fatal(err)
	}
	pids := childrenOf(l.cmd.Process.Pid)
	l.in.Close()
	allGone(t, append(pids, l.cmd.Process.Pid))
	l.end()
	list, _, err := Trace(l.home, "srv", Mark{}, 10)
	if err != nil || len(list) == 0 || list[len(list)-1].Kind != EventExit {
		t.Errorf("%+v %v", list, err)
	}
}

func TestAServerThatForksAndExitsEndsRunAndLeavesNothing(t *testing.T) {
	l := startRun(t, played("fork and exit"), nil)
	var pid int
	fmt.Sscanf(l.line(), "pid %d", &pid)
	allGone(t, []int{l.cmd.Process.Pid, pid}) // stdin stays open
	if code, _ := l.end(); code != 0 || l.ended().Status != Ended {
		t.Errorf("exit %d, %+v", code, l.ended())
	}
}
