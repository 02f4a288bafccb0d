package health

import (
	"cmp"
	"slices"
	"time"

	"mcp-companion/clients"
	"mcp-companion/launch"
	"mcp-companion/words"
)

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

// ofLive is what the sessions that run now tell.
func (k Known) ofLive() (s seen) {
	s.status = Off
	var has, begins, waits, refused []string // the clients that were told of
	for _, x := range k.Live {
		client, age := titleOf(x.Client), k.Now.Sub(x.Started)
		switch {
		case k.isRefused(x):
			if p := words.New(x.Remote.Problem, nil, "Name", k.Name); s.problem == nil || !needsYou[s.problem.Code] {
				s.problem, s.at = p, x.Remote.At
			}
			if isNew(&refused, client) {
				s.add(statusOf(x.Remote.Problem), x.Remote.At, words.Say("health.refused", "Client", client))
			}
		case x.Status == launch.Healthy:
			s.status, s.tools = Healthy, max(s.tools, x.Tools)
			if isNew(&has, client) {
				s.add(Healthy, x.Started, withTools("health.has", x.Tools, "Client", client))
			}
		case x.Remote.Problem != "": // it was refused before the probe, and has not asked again
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
	if len(refused) > 0 && s.status == Healthy { // as it will refuse the others
		s.status = statusOf(s.problem.Code)
	}
	return s
}

// isRefused reports whether a remote server can't be asked by x, as far as known: a
// probe that came later knows better.
func (k Known) isRefused(x launch.Session) bool {
	later := k.Report != nil && k.Report.Phase == "" && k.Report.Time.After(x.Remote.At)
	return x.Remote.Problem != "" && !later
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
	if len(k.Ended) > 0 {
		if last, r := k.Ended[0], k.Ended[0].Remote; r.Problem != "" && counts(r.At) {
			s.problem, s.at = words.New(r.Problem, nil, "Name", k.Name), r.At
			s.add(statusOf(r.Problem), r.At, words.Say("health.was-refused", "Client", titleOf(last.Client)))
		}
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
	if s.Status != launch.Ended || s.Answers == 0 || s.Remote.Problem != "" {
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
		if at := answeredAt(s); k.worked(s) && at.After(last) {
			last = at
		}
	}
	return last
}

// answeredAt is when the session's server last answered, as far as it is told.
func answeredAt(s launch.Session) time.Time {
	return cmp.Or(s.AnsweredAt, s.EndedAt, s.Started)
}

// isShutOut reports whether a remote server lets nobody in any more, though sessions
// had it: it asked the probe for a sign-in after its last answer to them.
func (k Known) isShutOut() bool {
	r := k.Report
	if r == nil || r.Problem == nil || r.Problem.Code != words.SignIn && r.Problem.Code != words.SignInExpired {
		return false
	}
	return !slices.ContainsFunc(k.Live, func(s launch.Session) bool { return answeredAt(s).After(r.Time) })
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
