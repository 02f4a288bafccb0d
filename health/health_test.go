package health

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"mcp-companion/files"
	"mcp-companion/launch"
	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// The test binary plays the servers, by its variable PLAY, and their guard.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "guard" {
		os.Exit(launch.Guard(os.Args[2:]))
	}
	if play := os.Getenv("PLAY"); play != "" {
		serve(play)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve speaks just enough of the protocol, line by line.
func serve(play string) {
	switch play {
	case "exit":
		fmt.Fprintln(os.Stderr, "cannot reach the database; the password is "+os.Getenv("PASSWORD"))
		os.Exit(3)
	case "chatty":
		fmt.Println("Starting server...")
		fmt.Println()
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var q struct {
			ID     json.RawMessage
			Method string
		}
		if json.Unmarshal(in.Bytes(), &q) != nil || q.ID == nil || play == "silent" {
			continue
		}
		result := `"error":{"code":-32601,"message":"Method not found"}`
		switch q.Method {
		case "initialize":
			result = `"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"old","version":"1"}}`
			if play == "modern" {
				result = `"error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"]}}`
			}
			if play == "notools" {
				result = strings.Replace(result, `"tools":{}`, "", 1)
			}
		case "server/discover":
			if play == "modern" {
				result = `"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"new","version":"2"}}`
			}
		case "tools/list":
			if play == "half" {
				os.Exit(1)
			}
			result = `"result":{"resultType":"complete","ttlMs":0,"cacheScope":"none","tools":[{"name":"a","inputSchema":{"type":"object"}},{"name":"b","inputSchema":{"type":"object"}}]}`
			if play == "broken" {
				result = `"error":{"code":-32000,"message":"no tools today"}`
			}
		}
		fmt.Printf(`{"jsonrpc":"2.0","id":%s,%s}`+"\n", q.ID, result)
	}
}

func probe(t *testing.T, play string, limit time.Duration) Report {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	store, ref := &secrets.Memory{}, secrets.Ref{Library: "lib", ID: "pw"}
	if err := store.Set(t.Context(), ref, secrets.New("hunter2-hunter2")); err != nil {
		t.Fatal(err)
	}
	s := &servers.Server{ID: "s1", Command: exe, Env: map[string]string{"PLAY": play, "PASSWORD": servers.SecretRef("pw")}}
	plan, err := launch.For(t.Context(), "it", s, "lib", store, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return Probe(ctx, plan)
}

func TestAProbeSaysWhatItFound(t *testing.T) {
	for play, want := range map[string]struct {
		status   Status
		code     words.Code
		tools    int
		protocol string
		stray    int
		detail   string
	}{
		"good":    {Healthy, "", 2, "2025-11-25", 0, ""},
		"modern":  {Healthy, "", 2, "2026-07-28", 0, ""},
		"chatty":  {Healthy, "", 2, "2025-11-25", 1, ""},
		"notools": {Healthy, "", 0, "2025-11-25", 0, ""},
		"exit":    {Failing, words.ClosedEarly, 0, "", 0, "cannot reach the database"},
		"half":    {Failing, words.ClosedEarly, 0, "2025-11-25", 0, "It said nothing"},
		"broken":  {Failing, words.Unknown, 0, "2025-11-25", 0, "no tools today"},
	} {
		t.Run(play, func(t *testing.T) {
			r := probe(t, play, 20*time.Second)
			if r.Status != want.status || r.Tools != want.tools || r.Protocol != want.protocol || r.Stray != want.stray {
				t.Errorf("%+v", r)
			}
			if want.code != "" && (!words.Has(r.Problem, want.code) || !strings.Contains(r.Problem.Detail, want.detail)) {
				t.Errorf("problem %v", r.Problem)
			}
			if text, _ := json.Marshal(r); strings.Contains(string(text), "hunter2") {
				t.Errorf("a secret got out: %s", text)
			}
		})
	}
}

func TestASilentServerIsGivenUpInTime(t *testing.T) {
	r := probe(t, "silent", 300*time.Millisecond)
	if r.Status != Failing || !words.Has(r.Problem, words.NoAnswer) {
		t.Errorf("%+v", r)
	}
}

func TestReportsAreKeptAndCountFailuresInARow(t *testing.T) {
	home := files.Home(t.TempDir())
	if _, err := ReadReport(home, "s1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	bad := Report{Version: 1, Server: "s1", Status: Failing, Problem: words.New(words.KeyMissing, nil, "Name", "it", "Key", "K")}
	for range 3 {
		if err := bad.Save(home); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ReadReport(home, "s1")
	if err != nil || r.Failures != 3 || r.Status != Failing || r.Problem.Error() != bad.Problem.Error() {
		t.Errorf("%v %+v", err, r)
	}
	if err := (Report{Version: 1, Server: "s1", Status: Healthy}).Save(home); err != nil {
		t.Fatal(err)
	}
	if r, _ := ReadReport(home, "s1"); r.Failures != 0 {
		t.Errorf("still %d failures", r.Failures)
	}
}

func TestTheVerdictTrustsSessionsFirst(t *testing.T) {
	good := &Report{Of: "x", Status: Healthy, Tools: 3}
	failed := &Report{Of: "x", Status: Failing, Problem: words.New(words.ClosedEarly, nil, "Name", "it", "Text", "?")}
	key := &Report{Of: "x", Status: Failing, Problem: words.New(words.KeyMissing, nil, "Name", "it", "Key", "K")}
	live := []launch.Session{{Status: launch.Healthy, Tools: 5}}
	begun := []launch.Session{{Status: launch.Starting}}
	for name, c := range map[string]struct {
		sessions []launch.Session
		report   *Report
		of       string
		status   Status
		tools    int
	}{
		"nothing known":       {nil, nil, "x", Unknown, 0},
		"good report":         {nil, good, "x", Healthy, 3},
		"old settings":        {nil, good, "y", Unknown, 0},
		"failed":              {nil, failed, "x", Failing, 0},
		"a key is missing":    {nil, key, "x", NeedsYou, 0},
		"lives":               {live, nil, "x", Healthy, 5},
		"lives, probe failed": {live, failed, "x", Healthy, 5},
		"starts":              {begun, nil, "x", Starting, 0},
		"starts, had failed":  {begun, failed, "x", Failing, 0},
		"one of two lives":    {append(begun, live...), nil, "x", Healthy, 5},
	} {
		v := Judge(c.sessions, c.report, c.of)
		if v.Status != c.status || v.Tools != c.tools || v.Summary == "" {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestWorstIsTheLastOfTheOrder(t *testing.T) {
	if Worst() != Off || Worst(Healthy, Failing, NeedsYou) != Failing || Worst(Healthy, Unknown) != Unknown {
		t.Error("order")
	}
	for s := Off; s <= Failing; s++ {
		var back Status
		text, _ := s.MarshalText()
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%v came back as %v", s, back)
		}
	}
}
