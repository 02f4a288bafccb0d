package health

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"slices"
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

// planOf is the plan of a server that the test binary plays, with a secret.
func planOf(t *testing.T, play string) *launch.Plan {
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
	return plan
}

func TestAProbeSaysWhatItFound(t *testing.T) {
	type found struct {
		status   Status
		code     words.Code
		tools    int
		protocol string
		stray    int
		detail   string
	}
	const long, short = 30 * time.Second, time.Second
	for play, c := range map[string]struct {
		limit time.Duration
		want  found
	}{
		"good":             {long, found{Healthy, "", 2, "2025-11-25", 0, ""}},
		"only 2024-11-05":  {long, found{Healthy, "", 2, "2024-11-05", 0, ""}},
		"only 2026-07-28":  {long, found{Healthy, "", 2, "2026-07-28", 0, ""}},
		"newest, shy":      {long, found{Healthy, "", 2, "2026-07-28", 0, ""}},
		"chatty":           {long, found{Healthy, "", 2, "2025-11-25", 2, ""}},
		"no tools":         {long, found{Healthy, "", 0, "2025-11-25", 0, ""}},
		"5000 tools":       {long, found{Healthy, "", 5000, "2025-11-25", 0, ""}},
		"same page":        {long, found{Failing, words.ListEndless, 4, "2025-11-25", 0, ""}},
		"endless":          {long, found{Failing, words.ListEndless, 2 * (maxPages + 1), "2025-11-25", 0, ""}},
		"changes":          {long, found{Healthy, "", 2, "2025-11-25", 0, ""}},
		"floods stderr":    {long, found{Healthy, "", 2, "2025-11-25", 0, ""}},
		"ignores SIGTERM":  {long, found{Healthy, "", 2, "2025-11-25", 0, ""}},
		"prompts":          {long, found{Healthy, "", 2, "2025-11-25", 0, ""}},
		"exit":             {long, found{Failing, words.ClosedEarly, 0, "", 0, "cannot reach the database"}},
		"exit, usage":      {long, found{Failing, words.ClosedEarly, 0, "", 1, "usage: it FOLDER [secret]"}},
		"exit at once":     {long, found{Failing, words.ClosedEarly, 0, "", 0, "It said nothing"}},
		"forks and exits":  {long, found{Failing, words.ClosedEarly, 0, "", 0, ""}},
		"half":             {long, found{Failing, words.ClosedEarly, 0, "2025-11-25", 0, "It said nothing"}},
		"broken":           {long, found{Failing, words.Unknown, 0, "2025-11-25", 0, "no tools today"}},
		"error, no id":     {long, found{Failing, words.Unknown, 0, "", 0, "what was that"}},
		"a line of 100 MB": {long, found{Failing, words.LineTooLong, 0, "", 0, ""}},
		"garbage":          {short, found{Failing, words.Chatter, 0, "", 1, "what? [secret]"}},
		"half a line":      {short, found{Failing, words.NoAnswer, 0, "", 0, ""}},
		"silent":           {short, found{Failing, words.NoAnswer, 0, "", 0, ""}},
	} {
		t.Run(play, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			r := Options{Limit: c.limit}.Probe(t.Context(), planOf(t, play))
			got := found{r.Status, "", r.Tools, r.Protocol, r.Stray, c.want.detail}
			if r.Problem != nil {
				got.code = r.Problem.Code
			}
			if got != c.want || r.Problem != nil && !strings.Contains(r.Problem.Detail, c.want.detail) {
				t.Errorf("%+v\n%v", got, r.Problem)
			}
			if took := time.Since(begun); took > c.limit+3*time.Second {
				t.Errorf("took %v", took)
			}
			text, _ := json.Marshal(r)
			if strings.Contains(string(text), "hunter2") || len(text) > 1<<20 {
				t.Errorf("a secret got out, or too much: %.2000s", text)
			}
			if wantEra := map[bool]string{true: launch.Modern, false: launch.Legacy}[r.Protocol == modern]; r.Protocol != "" && r.Era != wantEra {
				t.Errorf("era %q of %s", r.Era, r.Protocol)
			}
		})
	}
}

func TestAReportNamesToolsAndCountsTheRest(t *testing.T) {
	r := Options{}.Probe(t.Context(), planOf(t, "5000 tools"))
	if len(r.ToolNames) != maxNames || r.ToolNames[1] != "tool1" || r.Tools != 5000 {
		t.Errorf("%d names of %d: %v", len(r.ToolNames), r.Tools, r.ToolNames[:2])
	}
	if r = (Options{}).Probe(t.Context(), planOf(t, "prompts")); r.Prompts != 3 || r.Resources != 0 || len(r.ToolNames[0]) != nameLen {
		t.Errorf("%+v", r)
	}
	if r = (Options{}).Probe(t.Context(), planOf(t, "changes")); r.Changed == 0 {
		t.Errorf("%+v", r)
	}
}

// A line that never ends costs no more than its limit.
func TestAProbesMemoryIsBounded(t *testing.T) {
	plan := planOf(t, "a line of 100 MB")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Options{}.Probe(t.Context(), plan)
	runtime.ReadMemStats(&after)
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 8*maxLine {
		t.Errorf("%d MB", cost>>20)
	}
}

func TestACancelledProbeFoundNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Save: func(r Report) {
		if r.Phase == StartingUp {
			cancel()
		}
	}}
	if r := o.Probe(ctx, planOf(t, "silent")); r.Status != Unknown || !r.Time.IsZero() || r.Problem != nil {
		t.Errorf("%+v", r)
	}
}

func TestAProbeSaysHowFarItIs(t *testing.T) {
	was := words.New(words.ClosedEarly, nil, "Name", "it", "Text", "?")
	for name, c := range map[string]struct {
		before *Report
		play   string
		want   []Phase
	}{
		"never seen":                    {nil, "good", []Phase{StartingUp, Asking}},
		"was seen with other settings":  {&Report{Of: "old", Status: Healthy}, "good", []Phase{StartingUp, Asking}},
		"failed":                        {&Report{Of: "now", Status: Failing, Problem: was}, "exit", []Phase{StartingUp}},
		"was well: nobody is disturbed": {&Report{Of: "now", Status: Healthy}, "good", nil},
	} {
		var phases []Phase
		r := Options{Before: c.before, Of: "now", Limit: time.Minute, Save: func(r Report) {
			phases = append(phases, r.Phase)
			left := time.Until(r.Until)
			if r.Status != Starting || r.Of != "now" || left < 30*time.Second || left > 2*time.Minute {
				t.Errorf("%s: %+v", name, r)
			}
			if (r.Problem != nil) != (c.before != nil && c.before.Problem != nil) {
				t.Errorf("%s: %v", name, r.Problem)
			}
		}}.Probe(t.Context(), planOf(t, c.play))
		if !slices.Equal(phases, c.want) || r.Of != "now" || !r.Until.IsZero() || r.Phase != "" {
			t.Errorf("%s: %v %+v", name, phases, r)
		}
	}
}

// Who is killed amid a probe leaves no server starting for ever.
func TestAProbeThatDiedIsUnknown(t *testing.T) {
	home := files.Home(t.TempDir())
	r := Report{Version: 1, Server: "s1", Name: "it", Time: time.Now(), Status: Failing}
	if err := r.Save(home); err != nil {
		t.Fatal(err)
	}
	r.Status, r.Phase, r.Until = Starting, Downloading, time.Now().Add(time.Minute)
	if err := r.Save(home); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadReport(home, "s1"); err != nil || got.Status != Starting || got.Failures != 1 {
		t.Errorf("%v %+v", err, got)
	}
	r.Until = time.Now().Add(-time.Second)
	if err := r.Save(home); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadReport(home, "s1"); err != nil || got.Status != Unknown || got.Failures != 1 || !got.Time.IsZero() {
		t.Errorf("%v %+v", err, got)
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
