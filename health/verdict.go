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
	words.SignIn: true, words.SignInExpired: true, words.SignInUnfinished: true,
	words.RestartNeeded: true, words.RemoteLater: true,
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

// Judge is Known's Judge for who knows no more than these.
func Judge(sessions []launch.Session, report *Report, of string) Verdict {
	return Known{Live: sessions, Report: report, Of: of, Now: time.Now()}.Judge()
}

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
	switch {
	case live.status == Healthy:
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
	v.Reasons = slices.Concat(live.reasons, bad.reasons, k.reportReasons(live.status == Healthy), k.logReasons())
	return v
}

func (v *Verdict) fail(p *words.Problem) { v.Status, v.Problem, v.Summary = Failing, p, p.Title }

// seen is what one kind of witness tells.
type seen struct {
	status  Status
	problem *words.Problem
	at      time.Time // of problem
	tools   int
	reasons []Reason
}

func (s *seen) add(status Status, at time.Time, text string) {
	s.reasons = append(s.reasons, Reason{status, text, at})
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
	case needsYou[r.Problem.Code]:
		v.Status, v.Summary = NeedsYou, r.Problem.Title
	default:
		v.fail(r.Problem)
	}
	return v
}

// ofLive is what the sessions that run now tell.
func (k Known) ofLive() (s seen) {
	s.status = Off
	var has, begins, waits []string // the clients that were told of
	for _, x := range k.Live {
		client, age := titleOf(x.Client), k.Now.Sub(x.Started)
		switch {
		case x.Status == launch.Healthy:
			s.status, s.tools = Healthy, max(s.tools, x.Tools)
			if isNew(&has, client) {
				s.add(Healthy, x.Started, withTools("health.has", x.Tools, "Client", client))
			}
		case x.Pending > 0 && age > patient:
			if isNew(&waits, client) {
				seconds := int(age.Seconds())
				s.add(Failing, x.Started, words.Say("health.waits", "Client", client, "Seconds", seconds))
				s.problem = words.New(words.NoAnswer, nil, "Name", k.Name, "Seconds", seconds)
			}
		case x.Pending == 0 && age > patient: // nobody has asked it anything
		default:
			s.status = max(s.status, Starting)
			if s.status != Healthy && isNew(&begins, client) {
				s.add(Starting, x.Started, words.Say("health.begins", "Client", client))
			}
		}
	}
	if len(has) > 0 {
		s.status = Healthy
	}
	return s
}

// isNew adds name to the list, and reports whether it was not there.
func isNew(list *[]string, name string) bool {
	if slices.Contains(*list, name) {
		return false
	}
	*list = append(*list, name)
	return true
}

// ofPast is what the last sessions ended with and the clients' logs say, where that
// is newer than the last time it is known to have worked.
func (k Known) ofPast() (s seen) {
	good := k.lastGood()
	counts := func(at time.Time) bool { return at.After(good) && k.Now.Sub(at) < recent }
	if n := k.failedEnds(); n > 0 {
		last := k.Ended[0]
		client := titleOf(last.Client)
		switch {
		case n >= tooOften:
			text := words.Say("health.stops", "Client", client, "Count", n, "Minutes", int(often.Minutes()))
			s.add(Failing, last.EndedAt, text)
			if counts(last.EndedAt) {
				s.at = last.EndedAt
				s.problem = words.New(words.KeepsStopping, nil, "Name", k.Name, "Times", n, "Text", lastLine(last))
			}
		case k.Now.Sub(last.EndedAt) < recent:
			s.add(Failing, last.EndedAt, words.Say(k.orFine("health.stopped"), "Client", client))
			if counts(last.EndedAt) {
				s.at = last.EndedAt
				s.problem = words.New(words.ClosedEarly, nil, "Name", k.Name, "Text", lastLine(last))
			}
		}
	} else if len(k.Ended) > 0 && k.worked(k.Ended[0]) {
		s.add(Healthy, k.Ended[0].EndedAt, words.Say("health.worked", "Client", titleOf(k.Ended[0].Client)))
	}
	if e := k.lastBad(); e != nil && s.problem == nil && counts(e.Time) {
		s.problem, s.at = k.problemOf(*e), e.Time
	}
	return s
}

// failedEnds counts the last sessions that ended failing, one after the other and
// within a few minutes of the last.
func (k Known) failedEnds() int {
	n := 0
	for _, x := range k.Ended {
		if x.Status != launch.Failed || k.Ended[0].EndedAt.Sub(x.EndedAt) > often {
			break
		}
		n++
	}
	return n
}

// worked reports whether the session's client got answers and did not give up.
func (k Known) worked(s launch.Session) bool {
	if s.Status != launch.Ended || s.Answers == 0 {
		return false
	}
	return !slices.ContainsFunc(k.Log, func(e clients.LogEvent) bool {
		return e.Kind == clients.LogGaveUp && e.Client == s.Client && !e.Time.Before(s.Started) && e.Time.Before(s.EndedAt.Add(sameTime))
	})
}

// lastGood is when it is last known to have worked, zero for never.
func (k Known) lastGood() time.Time {
	var last time.Time
	if k.Report != nil && k.Report.Status == Healthy {
		last = k.Report.Time
	}
	for _, s := range k.Ended {
		if k.worked(s) && s.EndedAt.After(last) {
			last = s.EndedAt
		}
	}
	return last
}

// lastTools is how many tools the last session that worked had.
func (k Known) lastTools() int {
	for _, s := range k.Ended {
		if k.worked(s) && s.Tools > 0 {
			return s.Tools
		}
	}
	return 0
}

// lastBad is the last failure that a client's log alone tells of, nil for none.
func (k Known) lastBad() *clients.LogEvent {
	for i, e := range slices.Backward(k.Log) {
		if isBad(e.Kind) && (e.Kind != clients.LogClosed || !k.isSessions(e)) && !k.isFollow(i) {
			return &k.Log[i]
		}
	}
	return nil
}

func isBad(kind clients.LogKind) bool {
	return kind == clients.LogGaveUp || kind == clients.LogSpawnFailed || kind == clients.LogClosed
}

// isSessions reports whether a session was there at the time: its own end tells more.
func (k Known) isSessions(e clients.LogEvent) bool {
	return slices.ContainsFunc(slices.Concat(k.Live, k.Ended), func(s launch.Session) bool {
		return s.Client == e.Client && !e.Time.Before(s.Started.Add(-sameTime)) && (s.EndedAt.IsZero() || !e.Time.After(s.EndedAt.Add(sameTime)))
	})
}

// isFollow reports whether an event only follows from another that tells more: a
// client that gives up closes the connection.
func (k Known) isFollow(i int) bool {
	e := k.Log[i]
	if e.Kind != clients.LogClosed {
		return false
	}
	return slices.ContainsFunc(k.Log[:i], func(before clients.LogEvent) bool {
		return before.Client == e.Client && (before.Kind == clients.LogGaveUp || before.Kind == clients.LogSpawnFailed) && e.Time.Sub(before.Time) < sameTime
	})
}

// problemOf says what a client's log tells. The log's own words may hold keys and
// are not said.
func (k Known) problemOf(e clients.LogEvent) *words.Problem {
	client := titleOf(e.Client)
	switch e.Kind {
	case clients.LogGaveUp:
		return words.New(words.GaveUp, nil, "Name", k.Name, "Client", client, "Text", gaveUp("", e))
	case clients.LogSpawnFailed:
		return words.New(words.AppCantStart, nil, "Name", k.Name, "Client", client)
	}
	return words.New(words.ClosedEarly, nil, "Name", k.Name, "Text", words.Say("health.log", "Client", client))
}

// reportReasons are what the probe found.
func (k Known) reportReasons(lives bool) []Reason {
	r := k.Report
	var s seen
	switch {
	case r == nil:
		return nil
	case r.Status == Starting:
		s.add(Starting, r.Time, r.Phase.Say())
	case r.Status == Failing && r.Problem != nil && lives:
		s.add(Failing, r.Time, words.Say("health.found.bad.but", "Title", r.Problem.Title))
	case r.Status == Failing && r.Problem != nil:
		s.add(Failing, r.Time, words.Say("health.found.bad", "Title", r.Problem.Title))
	case r.Status == Healthy && !k.isFineSaid():
		s.add(Healthy, r.Time, withTools("health.found", r.Tools))
	}
	if k.Now.Sub(r.Time) > lately {
		s.add(Unknown, r.Time, words.Say("health.old"))
	}
	return s.reasons
}

// isFineSaid reports whether another reason says already that it starts fine here.
func (k Known) isFineSaid() bool {
	e := k.lastBad()
	n := k.failedEnds()
	return n > 0 && n < tooOften && k.Now.Sub(k.Ended[0].EndedAt) < recent || e != nil && e.Kind == clients.LogGaveUp && k.Now.Sub(e.Time) < recent
}

// logReasons are what the clients' logs say, each client's last.
func (k Known) logReasons() []Reason {
	var s seen
	if e := k.lastBad(); e != nil && k.Now.Sub(e.Time) < recent {
		switch client := titleOf(e.Client); e.Kind {
		case clients.LogGaveUp:
			s.add(Failing, e.Time, gaveUp(k.orFine(""), *e))
		case clients.LogSpawnFailed:
			s.add(Failing, e.Time, words.Say("health.log.spawn", "Client", client))
		default:
			s.add(Failing, e.Time, words.Say("health.log.closed", "Client", client))
		}
	}
	var told []string
	for _, e := range slices.Backward(k.Log) {
		if client := titleOf(e.Client); e.Kind == clients.LogSkipped && k.Now.Sub(e.Time) < recent && isNew(&told, client) {
			s.add(Failing, e.Time, words.Say("health.log.skipped", "Client", client))
		}
	}
	return s.reasons
}

// orFine is id's sentence that begins with the probe's good finding, where there is one.
func (k Known) orFine(id string) string {
	if k.Report != nil && k.Report.Status == Healthy {
		return id + ".fine"
	}
	return id
}

func gaveUp(fine string, e clients.LogEvent) string {
	if e.Seconds > 0 {
		return words.Say("health.gaveup"+fine, "Client", titleOf(e.Client), "Count", e.Seconds)
	}
	return words.Say("health.gaveup.some"+fine, "Client", titleOf(e.Client))
}

// titleOf is what its user calls a client.
func titleOf(id string) string {
	if c := clients.Find(id); c != nil {
		return c.Title
	}
	return words.Say("health.someone")
}

// lastLine is the last that an ended server said; it is redacted already.
func lastLine(s launch.Session) string { return ending{stderr: s.Stderr}.lastWords(nil) }

// withTools is a sentence that tells how many tools, where that is known.
func withTools(id string, tools int, pairs ...any) string {
	if tools > 0 {
		return words.Say(id, append(pairs, "Count", tools)...)
	}
	return words.Say(id+".plain", pairs...)
}

func working(tools int) string {
	if tools == 0 {
		return words.Say("health.working")
	}
	return words.Say("health.tools", "Count", tools)
}
