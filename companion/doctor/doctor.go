// Package doctor recognises what is wrong and says how it is mended. There is one
// table for each kind of trouble, in the file of its name: helper programs,
// download and start, keys and sign-in, network, settings typed by hand, AI apps;
// what mends it is in the file beside.
//
// Its rules:
//   - it never writes: a Fix is a value, which the companion carries out, an edit
//     of the Library in its transaction, so that it can be undone;
//   - facts come first (files, the PATH, versions, ports, rights), then what is
//     structured (codes of a Problem, an exit, HTTP, OAuth), then text: the last
//     lines that the server said, whatever their case. The first rule of the tables
//     that fits wins, and only where none does a general one;
//   - text speaks of the past: what the settings or the disk prove to be mended
//     counts no more;
//   - an examination asks at most a few programs for their version, for at most
//     a few seconds, and each once;
//   - no secret gets into a Problem, a Finding, a Report.
package doctor

import (
	"context"
	"slices"
	"strings"
	"time"

	"mcp-companion/configs"
	"mcp-companion/health"
	"mcp-companion/launch"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// Case is all evidence about one server that fails or may. Of its fields only Name
// and Server must be set.
type Case struct {
	Name    string
	Server  servers.Server
	Report  *health.Report  // of the last probe
	Ended   *launch.Session // the last that ended
	Said    []string        // its last lines, of stderr and of the client's own log, redacted
	Problem *words.Problem  // what the launcher or the probe said
	Remote  Remote          // what the service behind an address answered

	// HasKey reports whether the secret has a value; nil where nobody may ask.
	HasKey func(secret string) (bool, error)
	// Stops are the times at which its last sessions ended with a failure.
	Stops []time.Time
	// Worked says that it has answered before, with these settings.
	Worked bool
	// Client is the title of the AI app in which it fails; "" for our own probe.
	Client string
}

// Remote is what came back from the service behind an address, as far as it is
// structured. The zero value says that nothing is known.
type Remote struct {
	URL         string // that was asked: evidence about another address is old
	Status      int    // of HTTP
	Challenge   string // the header WWW-Authenticate
	Page        bool   // the answer was a page for people (HTML)
	RetryAfter  string // the header: seconds, or a date
	OAuth       string // the error of an OAuth answer: "invalid_grant", ...
	Step        Step   // of the sign-in, where OAuth or Status is its answer
	Unsupported bool   // it lets no app register by itself
	Sent        Sent   // what the request carried
}

// Step is a part of a sign-in.
type Step string

// The steps at which a sign-in ends early.
const (
	Registering Step = "register"  // our app with the service
	Listening   Step = "listen"    // for the answer of the browser
	Authorizing Step = "authorize" // in the browser
	Exchanging  Step = "token"     // for the first token, or a newer one
)

// Sent is what a request carried to say who asks.
type Sent string

// The zero value is nothing.
const (
	SentKey   Sent = "key"   // that the user entered
	SentGrant Sent = "grant" // of a sign-in
)

// rule is one row of the tables: a problem, how it is recognised, how mended.
type rule struct {
	code words.Code

	fact test     // what can be seen on this computer and in the settings
	sign test     // what is structured
	said []string // what the server says then: see lines.find
	// more fills the sentences where said found a line, and refuses what only looks
	// like it. nil takes every line.
	more func(x *exam, line string) ([]any, bool)
	rest test // what is asked last, where no other rule fits

	fixes []remedy
}

// test reports whether a rule fits, with what fills its sentences.
type test func(x *exam) (with []any, fits bool)

// rules are all, in the order in which they are tried.
func rules() []rule {
	return slices.Concat(typedRules, helperRules, startRules, keyRules, networkRules, appRules, lastRules)
}

// fixesOf is what mends a problem. A code may have several rows; one of them has
// its fixes.
func fixesOf(code words.Code) []remedy {
	for _, r := range rules() {
		if r.code == code && r.fixes != nil {
			return r.fixes
		}
	}
	return otherFixes[code]
}

// general are the problems that say too little: each may be a more precise one.
var general = map[words.Code]bool{
	words.ProgramMissing: true, words.ClosedEarly: true, words.NoAnswer: true, words.NoPermission: true, words.Unknown: true,
}

// Diagnose returns the most precise Problem for the case, nil where nothing is
// wrong. What is already precise comes back as it is.
func Diagnose(ctx context.Context, pc Computer, c Case) *words.Problem {
	if !c.fails() {
		return nil
	}
	c.Problem = c.problem()
	if c.Problem != nil && !general[c.Problem.Code] {
		return c.Problem
	}
	return newExam(ctx, pc, c).diagnose()
}

func (x *exam) diagnose() *words.Problem {
	list := rules()
	for _, stage := range []func(rule) test{
		func(r rule) test { return r.fact },
		func(r rule) test { return r.sign },
		func(r rule) test { return r.saying },
		func(r rule) test { return r.rest },
	} {
		for _, r := range list {
			t := stage(r)
			if t == nil {
				continue
			}
			if with, fits := t(x); fits {
				return x.name(r.code, with)
			}
		}
	}
	return x.Problem
}

// saying is the test of what the server said.
func (r rule) saying(x *exam) ([]any, bool) {
	for _, pattern := range r.said {
		for _, line := range x.lines.find(pattern) {
			if r.more == nil {
				return nil, true
			}
			if with, fits := r.more(x, line); fits {
				return with, true
			}
		}
	}
	return nil, false
}

// name makes the Problem: what a rule found fills its sentences, then what the
// Problem before it knew.
func (x *exam) name(code words.Code, with []any) *words.Problem {
	all := append([]any{"Name", x.Name}, with...)
	for i, v := range all {
		if text, ok := v.(string); ok && i > 0 && all[i-1] == "Text" {
			all[i] = configs.Mask(text) // the launcher knew the server's keys; others' are known by their looks
		}
	}
	var cause error
	if p := x.Problem; p != nil {
		cause = p.Err
		if p.Code == code {
			for _, name := range p.Names() {
				all = withDefault(all, name, p.With(name))
			}
		}
	}
	if x.Client != "" {
		all = withDefault(all, "Client", x.Client)
	}
	return words.New(code, cause, all...)
}

func withDefault(pairs []any, name string, value any) []any {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs
		}
	}
	return append(pairs, name, value)
}

// fails reports whether anything says that the server does not work.
func (c Case) fails() bool {
	switch {
	case c.problem() != nil, c.Remote.Status >= 400, c.Remote.OAuth != "", c.Remote.Unsupported:
		return true
	case c.Report != nil:
		return c.Report.Status == health.Failing || c.Report.Status == health.NeedsYou
	}
	return c.Ended != nil && c.Ended.Status == launch.Failed
}

// problem is what is known before the examination.
func (c Case) problem() *words.Problem {
	if c.Problem == nil && c.Report != nil {
		return c.Report.Problem
	}
	return c.Problem
}

// lastRules are tried where nothing else fits.
var lastRules = []rule{
	{code: words.KeepsStopping, rest: keepsStopping, fixes: []remedy{showLog, once}},
	{code: words.ClosedEarly, rest: closedEarly, fixes: []remedy{showLog, again}},
	{code: words.NoAnswer, rest: noAnswer, fixes: []remedy{longer, again, showLog}},
	{code: words.Unknown, rest: unknown, fixes: []remedy{showLog, copyReport}},
}

// Three ends in five minutes are more than bad luck.
const (
	manyStops   = 3
	stopsWithin = 5 * time.Minute
)

func keepsStopping(x *exam) ([]any, bool) {
	if len(x.Stops) < manyStops {
		return nil, false
	}
	stops := slices.SortedFunc(slices.Values(x.Stops), time.Time.Compare)
	last := stops[len(stops)-manyStops:]
	if last[manyStops-1].Sub(last[0]) > stopsWithin {
		return nil, false
	}
	return []any{"Text", x.lines.last()}, true
}

func closedEarly(x *exam) ([]any, bool) {
	exited := x.Ended != nil && x.Ended.Exit != nil && *x.Ended.Exit != 0
	if !exited && !x.is(words.ClosedEarly) && len(x.lines.find(closing...)) == 0 {
		return nil, false
	}
	return []any{"Text", x.lines.last()}, true
}

// closing is what clients and libraries say when a server ended, whatever the
// reason.
var closing = []string{"connection closed", "(-32000)", "code: -32000", "transport closed", "process exiting early", "server disconnected"}

func noAnswer(x *exam) ([]any, bool) {
	return nil, x.is(words.NoAnswer) || len(x.lines.find(waiting...)) > 0
}

// waiting is what clients say when they gave up.
var waiting = []string{"(-32001)", "code: -32001", "request timed out"}

func unknown(x *exam) ([]any, bool) {
	text := x.lines.last()
	if p := x.Problem; p != nil && p.Err != nil {
		text = p.Err.Error()
		if len(x.lines.raw) > 0 && x.lines.last() != text {
			text += " – " + x.lines.last()
		}
	}
	return []any{"Text", strings.TrimSpace(text)}, true
}
