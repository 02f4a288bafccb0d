package health

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mcp-companion/clients"
	"mcp-companion/launch"
	"mcp-companion/words"
)

// A day's morning, and what was seen so many minutes before it.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func ago(minutes float64) time.Time {
	return noon.Add(-time.Duration(minutes * float64(time.Minute)))
}

func probed(minutes float64, status Status, p *words.Problem) *Report {
	r := &Report{Of: "x", Name: "it", Time: ago(minutes), Status: status, Problem: p}
	if status == Healthy {
		r.Tools = 3
	}
	return r
}

func lives(client string, since float64, tools int) launch.Session {
	return launch.Session{Name: "it", Client: client, Started: ago(since), Status: launch.Healthy, Answers: 5, Tools: tools}
}

func refuses(client string, since, failed float64, code words.Code) launch.Session {
	s := lives(client, since, 5)
	s.Remote = launch.Remote{Problem: code, At: ago(failed)}
	return s
}

func answers(s launch.Session, minutes float64) launch.Session {
	s.AnsweredAt = ago(minutes)
	return s
}

func closed(s launch.Session, minutes float64) launch.Session {
	s.Status, s.EndedAt = launch.Ended, ago(minutes)
	return s
}

func unopened(s launch.Session) launch.Session {
	s.Status, s.Answers, s.Tools = launch.Starting, 0, 0
	return s
}

func begins(client string, since float64, pending int) launch.Session {
	return launch.Session{Name: "it", Client: client, Started: ago(since), Status: launch.Starting, Pending: pending}
}

func was(client, status string, started, ended float64, answers int64, said ...string) launch.Session {
	return launch.Session{Name: "it", Client: client, Started: ago(started), EndedAt: ago(ended), Status: status, Answers: answers, Tools: 4, Stderr: said}
}

func logs(client string, kind clients.LogKind, minutes float64, seconds int) clients.LogEvent {
	return clients.LogEvent{Client: client, Key: "it", Kind: kind, Time: ago(minutes), Text: "token=raw-s3cret", Seconds: seconds}
}

func TestTheVerdictOfAllWitnesses(t *testing.T) {
	failed := words.New(words.NoAnswer, nil, "Name", "it", "Seconds", 60)
	key := words.New(words.KeyMissing, nil, "Name", "it", "Key", "K")
	const desktop, code = "claude-desktop", "claude-code"
	type (
		live   = []launch.Session
		ended  = []launch.Session
		events = []clients.LogEvent
	)
	starting := func(minutes float64, p Phase, before *words.Problem) *Report {
		r := probed(minutes, Starting, before)
		r.Phase, r.Until = p, ago(minutes).Add(11*time.Minute)
		return r
	}
	for name, c := range map[string]struct {
		known   Known
		status  Status
		code    words.Code
		tools   int
		summary string // a part of it
		reasons []string
	}{
		"nothing known": {Known{}, Unknown, "", 0, "Not checked yet", nil},
		"probed well": {Known{Report: probed(3, Healthy, nil)}, Healthy, "", 3, "3 tools", []string{
			"It starts fine here, with 3 tools.",
		}},
		"probed well with other settings": {Known{Report: probed(3, Healthy, nil), Of: "y"}, Unknown, "", 0, "Not checked yet", nil},
		"probed well long ago": {Known{Report: probed(13*60, Healthy, nil)}, Healthy, "", 3, "3 tools", []string{
			"It starts fine here, with 3 tools.", "Not checked lately.",
		}},
		"probe failed": {Known{Report: probed(3, Failing, failed)}, Failing, words.NoAnswer, 0, "didn't answer", []string{
			"Our own check says: it didn't answer within 60 seconds.",
		}},
		"a key is missing": {Known{Report: probed(3, Failing, key)}, NeedsYou, words.KeyMissing, 0, "needs its key", []string{
			"Our own check says: it needs its key K.",
		}},
		"a key is missing, so it stops": {Known{Report: probed(30, Failing, key), Log: events{logs(desktop, clients.LogClosed, 3, 0)}}, NeedsYou, words.KeyMissing, 0, "needs its key", []string{
			"Our own check says: it needs its key K.", "Claude Desktop writes that it stopped by itself.",
		}},
		"a key was missing, it worked since": {Known{Report: probed(30, Failing, key), Ended: ended{was(code, launch.Ended, 20, 10, 9)}}, Healthy, "", 0, "Working", []string{
			"It worked when Claude Code last had it.", "Our own check says: it needs its key K.",
		}},
		"downloading": {Known{Report: starting(1, Downloading, nil)}, Starting, "", 0, "Downloading (first time only", []string{
			"Downloading (first time only, can take a few minutes)",
		}},
		"downloading again after a failure": {Known{Report: starting(1, Downloading, failed)}, Starting, "", 0, "Downloading", []string{
			"Downloading (first time only, can take a few minutes)",
		}},
		"looked at again after a failure": {Known{Report: starting(1, Asking, failed)}, Failing, words.NoAnswer, 0, "didn't answer", []string{
			"Asking what it can do…",
		}},
		"a probe that died": {Known{Report: starting(12, Downloading, nil)}, Unknown, "", 0, "Not checked yet", nil},
		"lives": {Known{Live: live{lives(code, 9, 5)}}, Healthy, "", 5, "5 tools", []string{
			"Claude Code has it now, with 5 tools.",
		}},
		"lives in two apps, twice in one": {Known{Live: live{lives(code, 9, 5), lives(desktop, 8, 0), lives(desktop, 8, 0)}}, Healthy, "", 5, "5 tools", []string{
			"Claude Code has it now, with 5 tools.", "Claude Desktop has it now.",
		}},
		"lives, the probe failed": {Known{Live: live{lives(code, 9, 5)}, Report: probed(3, Failing, failed)}, Healthy, "", 5, "5 tools", []string{
			"Claude Code has it now, with 5 tools.", "It works there, though our own check says: it didn't answer within 60 seconds.",
		}},
		"lives after it had stopped": {Known{Live: live{lives(code, 2, 5)}, Ended: ended{was(code, launch.Failed, 9, 8, 0)}}, Healthy, "", 5, "5 tools", []string{
			"Claude Code has it now, with 5 tools.", "It stopped by itself when Claude Code had it.",
		}},
		"starts": {Known{Live: live{begins(desktop, 0.2, 1)}}, Starting, "", 0, "Starting", []string{
			"Claude Desktop is starting it.",
		}},
		"starts, the probe failed": {Known{Live: live{begins(desktop, 0.2, 1)}, Report: probed(3, Failing, failed)}, Failing, words.NoAnswer, 0, "didn't answer", []string{
			"Claude Desktop is starting it.", "Our own check says: it didn't answer within 60 seconds.",
		}},
		"starts beside one that lives": {Known{Live: live{begins(desktop, 0.2, 1), lives(code, 9, 5)}}, Healthy, "", 5, "5 tools", []string{
			"Claude Desktop is starting it.", "Claude Code has it now, with 5 tools.",
		}},
		"an app waits and waits": {Known{Live: live{begins(desktop, 6, 1)}, Report: probed(30, Healthy, nil)}, Failing, words.NoAnswer, 3, "didn't answer within 360 seconds", []string{
			"Claude Desktop has waited for its first answer for 360 seconds.", "It starts fine here, with 3 tools.",
		}},
		"an app started it and asks nothing": {Known{Live: live{begins(desktop, 60, 0)}, Report: probed(3, Healthy, nil)}, Healthy, "", 3, "3 tools", []string{
			"It starts fine here, with 3 tools.",
		}},
		"the last session stopped": {Known{Ended: ended{was(code, launch.Failed, 9, 8, 0, "booting", "no database", " ")}}, Failing, words.ClosedEarly, 0, "stopped right after", []string{
			"It stopped by itself when Claude Code had it.",
		}},
		"stopped after a good probe": {Known{Ended: ended{was(code, launch.Failed, 9, 8, 0)}, Report: probed(30, Healthy, nil)}, Failing, words.ClosedEarly, 3, "stopped right after", []string{
			"Starts fine here, but stopped by itself when Claude Code had it.",
		}},
		"stopped, a later probe is good": {Known{Ended: ended{was(code, launch.Failed, 9, 8, 0)}, Report: probed(3, Healthy, nil)}, Healthy, "", 3, "3 tools", []string{
			"Starts fine here, but stopped by itself when Claude Code had it.",
		}},
		"asks to sign in": {Known{Live: live{refuses(code, 9, 2, words.SignIn)}, Report: probed(30, Healthy, nil)}, NeedsYou, words.SignIn, 3, "Sign in to it", []string{
			"Claude Code gets no answer from it.", "It starts fine here, with 3 tools.",
		}},
		"asks one app to sign in, as it will the other": {Known{Live: live{lives(desktop, 9, 5), refuses(code, 9, 2, words.SignInExpired)}}, NeedsYou, words.SignInExpired, 0, "has ended", []string{
			"Claude Desktop has it now, with 5 tools.", "Claude Code gets no answer from it.",
		}},
		"asked to sign in, the later probe is good": {Known{Live: live{refuses(code, 9, 5, words.SignIn)}, Report: probed(3, Healthy, nil)}, Healthy, "", 5, "5 tools", []string{
			"Claude Code has it now, with 5 tools.", "It starts fine here, with 3 tools.",
		}},
		"refused at its start, the later probe is good": {Known{Live: live{unopened(refuses(code, 2, 1, words.SignIn))}, Report: probed(0.5, Healthy, nil)}, Healthy, "", 3, "3 tools", []string{
			"It starts fine here, with 3 tools.",
		}},
		"asked to sign in, and the app was closed": {Known{Report: probed(30, Healthy, nil), Ended: ended{closed(refuses(code, 9, 4, words.SignInExpired), 2)}}, NeedsYou, words.SignInExpired, 3, "has ended", []string{
			"Claude Code got no answer from it at the end.", "It starts fine here, with 3 tools.",
		}},
		"signed out while an app has it": {Known{Live: live{answers(lives(code, 9, 5), 5)}, Report: probed(3, Failing, words.New(words.SignIn, nil, "Name", "it"))}, NeedsYou, words.SignIn, 0, "Sign in to it", []string{
			"Claude Code has it now, with 5 tools.", "Our own check says: Sign in to it to use it.",
		}},
		"signed out, and the app was closed": {Known{Ended: ended{closed(answers(lives(code, 9, 5), 5), 1)}, Report: probed(3, Failing, words.New(words.SignIn, nil, "Name", "it"))}, NeedsYou, words.SignIn, 0, "Sign in to it", []string{
			"It worked when Claude Code last had it.", "Our own check says: Sign in to it to use it.",
		}},
		"can't be reached": {Known{Live: live{refuses(code, 9, 2, words.Offline)}}, Failing, words.Offline, 0, "", []string{
			"Claude Code gets no answer from it.",
		}},
		"stopped yesterday": {Known{Ended: ended{was(code, launch.Failed, 1500, 1499, 0)}}, Unknown, "", 0, "Not checked yet", nil},
		"stopped, a later session was well": {Known{Ended: ended{was(code, launch.Failed, 9, 8, 0), was(code, launch.Ended, 7, 2, 3)}}, Healthy, "", 4, "4 tools", []string{
			"It worked when Claude Code last had it.",
		}},
		"a later session answered nothing": {Known{Ended: ended{was(code, launch.Ended, 7, 2, 0)}, Report: probed(30, Failing, failed)}, Failing, words.NoAnswer, 0, "didn't answer", []string{
			"Our own check says: it didn't answer within 60 seconds.",
		}},
		"keeps stopping": {Known{Ended: ended{was(code, launch.Failed, 4, 3, 0, "third"), was(code, launch.Failed, 6, 5, 0), was(code, launch.Failed, 8, 7, 0), was(code, launch.Ended, 90, 80, 5)}}, Failing, words.KeepsStopping, 0, "stopped 3 times", []string{
			"Claude Code started it 3 times in 5 minutes and it stopped each time.",
		}},
		"keeps stopping and starts again": {Known{Live: live{begins(code, 0.1, 1)}, Ended: ended{was(code, launch.Failed, 4, 3, 0), was(code, launch.Failed, 6, 5, 0), was(code, launch.Failed, 8, 7, 0)}}, Failing, words.KeepsStopping, 0, "stopped 3 times", []string{
			"Claude Code is starting it.", "Claude Code started it 3 times in 5 minutes and it stopped each time.",
		}},
		"kept stopping, works now": {Known{Live: live{lives(code, 1, 5)}, Ended: ended{was(code, launch.Failed, 4, 3, 0), was(code, launch.Failed, 6, 5, 0), was(code, launch.Failed, 8, 7, 0)}}, Healthy, "", 5, "5 tools", []string{
			"Claude Code has it now, with 5 tools.", "Claude Code started it 3 times in 5 minutes and it stopped each time.",
		}},
		"stopped three times, far apart": {Known{Ended: ended{was(code, launch.Failed, 4, 3, 0), was(code, launch.Failed, 60, 59, 0), was(code, launch.Failed, 120, 119, 0)}}, Failing, words.ClosedEarly, 0, "stopped right after", []string{
			"It stopped by itself when Claude Code had it.",
		}},
		"an app gave up before the last good probe": {Known{Report: probed(3, Healthy, nil), Log: events{logs(desktop, clients.LogGaveUp, 9, 60)}}, Healthy, "", 3, "3 tools", []string{
			"Starts fine here, but Claude Desktop gave up after 60 seconds.",
		}},
		"an app gave up after the last good probe": {Known{Report: probed(30, Healthy, nil), Log: events{logs(desktop, clients.LogGaveUp, 9, 60), logs(desktop, clients.LogClosed, 9, 0)}}, Failing, words.GaveUp, 3, "Claude Desktop gave up waiting", []string{
			"Starts fine here, but Claude Desktop gave up after 60 seconds.",
		}},
		"an app gave up, nobody knows when": {Known{Log: events{logs(desktop, clients.LogGaveUp, 9, 0)}}, Failing, words.GaveUp, 0, "gave up waiting", []string{
			"Claude Desktop gave up waiting for it.",
		}},
		"what answers after the app gave up is not well": {Known{Log: events{logs(desktop, clients.LogGaveUp, 9, 60)}, Ended: ended{was(desktop, launch.Ended, 10, 8.95, 1)}}, Failing, words.GaveUp, 0, "gave up waiting", []string{
			"Claude Desktop gave up after 60 seconds.",
		}},
		"an app can't start it": {Known{Report: probed(30, Healthy, nil), Log: events{logs(desktop, clients.LogSpawnFailed, 9, 0)}}, Failing, words.AppCantStart, 3, "couldn't start", []string{
			"It starts fine here, with 3 tools.", "Claude Desktop writes that it couldn't start it.",
		}},
		"a log tells of a session's end: the session tells more": {Known{Ended: ended{was(desktop, launch.Failed, 9, 8, 0, "no database")}, Log: events{logs(desktop, clients.LogClosed, 8, 0)}}, Failing, words.ClosedEarly, 0, "stopped", []string{
			"It stopped by itself when Claude Desktop had it.",
		}},
		"a log alone tells that it stopped": {Known{Log: events{logs("", clients.LogClosed, 8, 0)}}, Failing, words.ClosedEarly, 0, "stopped", []string{
			"An AI app writes that it stopped by itself.",
		}},
		"an app leaves its entry out": {Known{Report: probed(3, Healthy, nil), Log: events{logs(desktop, clients.LogSkipped, 9, 0), logs(desktop, clients.LogSkipped, 8, 0)}}, Healthy, "", 3, "3 tools", []string{
			"It starts fine here, with 3 tools.", "Claude Desktop doesn't understand its entry and leaves it out.",
		}},
	} {
		k := c.known
		k.Now = noon
		if k.Of == "" {
			k.Of = "x"
		}
		if k.Name == "" && k.Live == nil && k.Ended == nil && k.Report == nil {
			k.Name = "it"
		}
		v := k.Judge()
		var code words.Code
		if v.Problem != nil {
			code = v.Problem.Code
		}
		if v.Status != c.status || code != c.code || v.Tools != c.tools || !strings.Contains(v.Summary, c.summary) {
			t.Errorf("%s: %+v", name, v)
		}
		var got []string
		for _, r := range v.Reasons {
			got = append(got, r.Text)
		}
		if !slices.Equal(got, c.reasons) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.reasons)
		}
		if text := strings.Join(got, " ") + v.Summary + asText(v.Problem); strings.Contains(text, "s3cret") || strings.Contains(text, "<no value>") || strings.Contains(text, "health.") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func asText(p *words.Problem) string {
	if p == nil {
		return ""
	}
	return p.Error()
}

// What a session ended with is said with its own last words.
func TestASessionsLastWordsAreTheProblems(t *testing.T) {
	k := Known{Ended: []launch.Session{was("claude-code", launch.Failed, 9, 8, 0, "booting", "no database", " ")}, Of: "x", Now: noon}
	if v := k.Judge(); v.Problem == nil || v.Problem.Detail != "no database" {
		t.Errorf("%+v", v)
	}
}
