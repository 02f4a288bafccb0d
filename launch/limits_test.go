package launch

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limited is a pair of streams with limits between them, and what comes out.
type limited struct {
	in, out          *stream
	watch            *watch
	toServer, client transcript
}

// transcript keeps all that is written.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func newLimited(p *Plan) *limited {
	l := &limited{in: newStream(nil, nil), out: newStream(nil, nil), watch: newWatch(Session{}, nil)}
	l.in.send = func(b []byte) bool { l.toServer.Write(b); return true }
	l.out.send = func(b []byte) bool { l.client.Write(b); return true }
	l.in.lines = &lines{see: l.watch.fromClient}
	l.out.lines = &lines{see: l.watch.fromServer, want: l.watch.want}
	p.limit(l.in, l.out, l.watch, p.filter(l.in, l.out, l.watch))
	return l
}

// ask has text come from the client.
func (l *limited) ask(text string) { l.chunk(l.in, text) }

// say has text come from the server, in chunks of this size.
func (l *limited) say(text string, size int) {
	for chunk := range slices.Chunk([]byte(text), size) {
		l.chunk(l.out, string(bytes.Clone(chunk)))
	}
}

func (l *limited) chunk(s *stream, text string) {
	s.lines.feed([]byte(text))
	s.forward([]byte(text))
}

// pass lets time pass, and all it causes be done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func noAnswerTo(id string) string {
	return string(refusalTo([]byte(id), noAnswer("srv", time.Minute))) + "\n"
}

const (
	askCall = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a"}}` + "\n"
	askNext = `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"a"}}` + "\n"
)

var (
	minute     = &Plan{Name: "srv", CallTimeout: time.Minute}
	longText   = strings.Repeat("x", 3*headLen)
	longAnswer = `{"result":{"text":"` + longText + `"},"jsonrpc":"2.0","id":7}` + "\n"
	idFirst    = `{"jsonrpc":"2.0","id":7,"result":{"text":"` + longText + `"}}` + "\n"
)

func TestARequestLeftAloneIsAnsweredInTheServersPlace(t *testing.T) {
	for name, late := range map[string]string{
		"short": anAnswer, "id at the end": longAnswer, "id first": idFirst,
		"an error": `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"no"}}` + "\n",
	} {
		for _, size := range []int{1, 300, 511, 1 << 20} {
			synctest.Test(t, func(t *testing.T) {
				l := newLimited(minute)
				l.ask(askCall)
				pass(time.Minute - 1)
				if l.client.String() != "" {
					t.Fatalf("%s, too early: %s", name, l.client.String())
				}
				pass(1)
				l.ask(askNext)
				next := strings.Replace(late, `"id":7`, `"id":8`, 1)
				l.say(aNotice+late+next+"note\n"+late, size)
				if got, want := l.client.String(), noAnswerTo("7")+aNotice+next+"note\n"+late; got != want {
					t.Errorf("%s, chunks of %d: the client got\n%.900s\nand not\n%.900s", name, size, got, want)
				}
				if got, want := l.toServer.String(), askCall+string(cancelNotice("7"))+"\n"+askNext; got != want {
					t.Errorf("%s: the server got %s", name, got)
				}
				if s := l.watch.snapshot(0); s.TimedOut != 1 || s.Pending != 0 {
					t.Errorf("%s: %+v", name, s)
				}
				pass(time.Hour)
				if strings.Contains(l.client.String(), `"id":8,"error"`) && !strings.Contains(late, "error") {
					t.Error("an answered request was answered again")
				}
			})
		}
	}
}

// An answer that has begun when the time is over is the answer.
func TestAnAnswerOnItsWayIsNotAnsweredTwice(t *testing.T) {
	for name, text := range map[string]string{"id at the end": longAnswer, "id first": idFirst} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimited(minute)
			l.ask(askCall + askNext)
			l.say(text[:2*headLen], chunkLen)
			pass(time.Minute)
			before := noAnswerTo("8") // it waits for the line's end
			l.say(text[2*headLen:], chunkLen)
			pass(0)
			if got := l.client.String(); got != text+before {
				t.Errorf("%s: got %.300s ... %s", name, got, got[max(0, len(got)-300):])
			}
		})
	}
}

func TestAHugeLateAnswerPassesRatherThanFillTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimited(minute)
		l.ask(askCall)
		pass(time.Minute)
		text := strings.Replace(longAnswer, longText, strings.Repeat("x", maxSieved+chunkLen), 1)
		l.say(text, chunkLen)
		if got := l.client.String(); len(got) != len(noAnswerTo("7"))+len(text) || len(l.out.sieve.held) > 0 {
			t.Errorf("%d bytes of %d came, %d are held", len(got), len(text), len(l.out.sieve.held))
		}
	})
}

func TestTheOpeningHasALimitOfItsOwnAndIsNeverCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimited(&Plan{Name: "srv", StartTimeout: time.Minute})
		opening := `{"jsonrpc":"2.0","id":"a\/b","method":"initialize","params":{}}` + "\n"
		l.ask(opening + askCall)
		pass(time.Hour)
		if got := l.client.String(); got != noAnswerTo(`"a\/b"`) {
			t.Error(got)
		}
		if got := l.toServer.String(); got != opening+askCall {
			t.Error(got)
		}
	})
}

func TestNoTimeRunsWhileTheClientIsAsked(t *testing.T) {
	for name, question := range map[string]string{
		"short": `{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{}}` + "\n",
		"long":  `{"method":"elicitation/create","params":{"message":"` + longText + `"},"jsonrpc":"2.0","id":1}` + "\n",
	} {
		for how, end := range map[string]func(l *limited){
			"answered": func(l *limited) { l.ask(`{"jsonrpc":"2.0","id":1,"result":{}}` + "\n") },
			"refused":  func(l *limited) { l.ask(`{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":""}}` + "\n") },
			"withdrawn": func(l *limited) {
				l.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`+"\n", chunkLen)
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				l := newLimited(minute)
				l.ask(askCall)
				pass(time.Minute - 1)
				l.say(question, 300)
				pass(askTime - 1)
				end(l)
				pass(time.Minute - 1)
				if strings.Contains(l.client.String(), "error") {
					t.Fatalf("%s, %s: %s", name, how, l.client.String())
				}
				pass(1)
				if !strings.HasSuffix(l.client.String(), noAnswerTo("7")) {
					t.Errorf("%s, %s: never again in time-out: %s", name, how, l.client.String())
				}
			})
		}
	}
}

func TestAQuestionThatNobodyAnswersStopsNoClockForGood(t *testing.T) {
	for name, c := range map[string]struct {
		question string
		after    time.Duration
	}{
		"a ping":     {`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n", time.Minute},
		"a real one": {`{"jsonrpc":"2.0","id":1,"method":"roots/list"}` + "\n", askTime + time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimited(minute)
			l.ask(askCall)
			l.say(c.question, chunkLen)
			pass(c.after - 1)
			if strings.Contains(l.client.String(), "error") {
				t.Fatalf("%s: too early", name)
			}
			pass(1)
			if !strings.HasSuffix(l.client.String(), noAnswerTo("7")) {
				t.Errorf("%s: never in time-out", name)
			}
		})
	}
}

func TestWhatIsAnsweredOrCancelledHasNoLimitAnyMore(t *testing.T) {
	for name, end := range map[string]func(l *limited){
		"answered":  func(l *limited) { l.say(anAnswer, 1) },
		"long":      func(l *limited) { l.say(longAnswer, 300) },
		"cancelled": func(l *limited) { l.ask(string(cancelNotice("7")) + "\n") },
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimited(minute)
			l.ask(askCall)
			end(l)
			before := l.client.String()
			pass(time.Hour)
			if l.client.String() != before {
				t.Errorf("%s: %s", name, l.client.String())
			}
		})
	}
}

func TestAnIDUsedAnewIsMeasuredAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimited(minute)
		l.ask(askCall)
		pass(time.Minute)
		l.ask(askCall)
		l.say(anAnswer, chunkLen)
		pass(time.Hour)
		if got := l.client.String(); got != noAnswerTo("7")+anAnswer {
			t.Error(got)
		}
	})
}

func TestLimitsAndFiltersTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimited(&Plan{Name: "srv", CallTimeout: time.Minute, DropNotes: true, HideTools: []string{"b"}})
		list := `{"id":1,"result":{"tools":[{"name":"b"},{"name":"a"}]}}` + "\n"
		l.ask(askList)
		l.say("note\n"+list, 7)
		hidden := `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"b"}}` + "\n"
		l.ask(hidden) // never reaches the server: answered at once, and once
		l.ask(`{"jsonrpc":"2.0","id":3,"method":"tools/list"}` + "\n")
		pass(time.Minute)
		l.say(strings.Replace(list, `"id":1`, `"id":3`, 1)+anAnswer, 7)
		want := strings.Replace(list, `{"name":"b"},`, "", 1) +
			`{"jsonrpc":"2.0","id":9,"error":{"code":-32602,"message":"Unknown tool: b"}}` + "\n" + noAnswerTo("3") + anAnswer
		if got := l.client.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestWithoutLimitsTheStreamsStayAsTheyAre(t *testing.T) {
	if l := newLimited(&Plan{}); l.out.early || l.out.sieve != nil || l.in.sieve != nil {
		t.Error("something stands between")
	}
}

func TestABridgesTimeStandsStillWhileTheClientIsAsked(t *testing.T) {
	replied := make(chan struct{})
	s := startRemote(t, func(w http.ResponseWriter, r *http.Request, s sent) {
		switch {
		case s.method == "tools/call":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, `data: {"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{}}`+"\n\n")
			w.(http.Flusher).Flush()
			<-replied
			fmt.Fprint(w, `data: {"jsonrpc":"2.0","id":7,"result":{}}`+"\n\n")
		case s.id == "1":
			close(replied)
			w.WriteHeader(http.StatusAccepted)
		default:
			ordinary(w, s)
		}
	})
	const limit = 50 * time.Millisecond
	k := talk(t, &Plan{URL: s.URL, CallTimeout: limit})
	k.open()
	if got := k.ask(sayCall); !strings.Contains(got, "elicitation/create") {
		t.Fatal(got)
	}
	time.Sleep(3 * limit) // as long as a person takes
	k.say(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	if got := k.line(); got != `{"jsonrpc":"2.0","id":7,"result":{}}` {
		t.Error(got)
	}
}
