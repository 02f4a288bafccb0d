package health

import (
	"cmp"
	"slices"
	"time"

	"mcp-companion/clients"
	"mcp-companion/launch"
	"mcp-companion/words"
)

// Known is all that is known of one server.
type Known struct {
	Name string // the server's; "" takes it from a session or the report

	Live   []launch.Session   // that run now
	Ended  []launch.Session   // in any order
	Report *Report            // the last probe's, nil for none
	Of     string             // today's settings: a report on others counts for nothing
	Log    []clients.LogEvent // of the clients' own logs about it, in any order
	Now    time.Time
}

// Verdict is what is known of a server, in one.
type Verdict struct {
	Status  Status
	Summary string         // one line in words
	Problem *words.Problem // for NeedsYou and Failing
	Tools   int
	Checked time.Time // of the probe; zero when there was none
	Phase   Phase     // of a probe that is under way, "" for none
	Reasons []Reason  // what was seen, the weightiest first
}

// Reason is one thing that was seen, as a sentence.
type Reason struct {
	Status Status
	Text   string
	At     time.Time
}

// needsYou are the problems that are the user's to end, not failures.
var needsYou = map[words.Code]bool{
	words.KeyMissing: true, words.KeyRefused: true, words.KeychainLocked: true, words.KeychainAbsent: true,
	words.SignIn: true, words.SignInExpired: true, words.SignInUnfinished: true, words.SignInRefused: true, words.SignInMoved: true,
	words.RestartNeeded: true,
}

// How long what was seen counts.
const (
	recent   = 6 * time.Hour    // a failure that nothing came after
	patient  = 5 * time.Minute  // a session without an answer is starting
	often    = 5 * time.Minute  // in which so many ends
	tooOften = 3                // are no accident
	lately   = 12 * time.Hour   // a probe's finding is not old
	sameTime = 10 * time.Second // a session and a client's log tell of one thing
)

// Judge makes the verdict of all that is known. The clients come first: what one has
// now, then what the last one met; then the probe, the newer before the older; then
// what the clients' own logs say. A probe that fails beside a session that works
// is only a reason, and what needs the user stays that, whatever it led to.
func (k Known) Judge() Verdict {
	k = k.sorted()
	v := k.ofReport()
	live, bad := k.ofLive(), k.ofPast()
	if v.Problem != nil && k.lastGood().After(k.Report.Time) { // it has worked since
		v.Status, v.Problem, v.Summary = Healthy, nil, working(v.Tools)
	}
	has := live.status == Healthy && !k.isShutOut()
	switch {
	case has:
		v.Status, v.Problem, v.Tools = Healthy, nil, max(v.Tools, live.tools)
		v.Summary = working(v.Tools)
	case v.Status == NeedsYou:
	case live.problem != nil:
		v.fail(live.problem)
	case bad.problem != nil && (v.Problem == nil || bad.at.After(k.Report.Time)): // else the probe, which looked at it, knows more
		v.fail(bad.problem)
	case live.status == Starting && v.Status != Failing:
		v.Status, v.Summary = Starting, words.Say("health.starting")
	case v.Status == Unknown && !k.lastGood().IsZero():
		v.Status, v.Tools = Healthy, k.lastTools()
		v.Summary = working(v.Tools)
	}
	v.Reasons = slices.Concat(live.reasons, bad.reasons, k.reportReasons(has), k.logReasons())
	return v
}

func (v *Verdict) fail(p *words.Problem) {
	v.Status, v.Problem, v.Summary = statusOf(p.Code), p, p.Title
}

// statusOf is how a server with this problem is.
func statusOf(c words.Code) Status {
	if needsYou[c] {
		return NeedsYou
	}
	return Failing
}

// sorted puts the newest end first and the log's oldest event, drops a report that
// doesn't count, and finds the name.
func (k Known) sorted() Known {
	k.Ended = slices.SortedStableFunc(slices.Values(k.Ended), func(a, b launch.Session) int { return b.EndedAt.Compare(a.EndedAt) })
	k.Log = slices.SortedStableFunc(slices.Values(k.Log), func(a, b clients.LogEvent) int { return a.Time.Compare(b.Time) })
	for _, s := range slices.Concat(k.Live, k.Ended) {
		k.Name = cmp.Or(k.Name, s.Name)
	}
	if k.Report != nil {
		r := k.Report.At(k.Now)
		k.Name = cmp.Or(k.Name, r.Name)
		if k.Report = &r; r.Of != k.Of || r.Status == Unknown {
			k.Report = nil
		}
	}
	return k
}

// ofReport is the verdict of the report alone.
func (k Known) ofReport() Verdict {
	r := k.Report
	if r == nil {
		return Verdict{Status: Unknown, Summary: words.Say("health.unknown")}
	}
	v := Verdict{Status: r.Status, Tools: r.Tools, Checked: r.Time, Problem: r.Problem, Phase: r.Phase}
	switch {
	case r.Status == Starting && (r.Problem == nil || r.Phase == Downloading):
		v.Problem, v.Summary = nil, r.Phase.Say()
	case r.Problem == nil:
		v.Summary = working(r.Tools)
	default:
		v.fail(r.Problem)
	}
	return v
}

func working(tools int) string {
	if tools == 0 {
		return words.Say("health.working")
	}
	return words.Say("health.tools", "Count", tools)
}
