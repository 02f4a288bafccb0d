// Package health makes one verdict of what is known about a server: the sessions
// that run now and those that ended, the last probe, and the clients' own logs.
//
// Its rules:
//   - what a client has now beats all; else the newest finding counts;
//   - a probe talks to a server of its own and never to one that a client has;
//   - whatever a server sends, time and memory are bounded;
//   - no secret is kept: what is written down is the server's words without what
//     only it was given.
package health

// Status says how a server fares. The values are ordered, least to worst, so
// that the icon is the worst of all.
type Status int

// NeedsYou is not a failure: it carries a Problem that one click of the user's
// ends (a key, a sign-in, a restart), and is amber, not red.
const (
	Off Status = iota
	Healthy
	Unknown
	Starting
	NeedsYou
	Failing
)

var statusNames = [...]string{"off", "healthy", "unknown", "starting", "needs-you", "failing"}

// String is the status as --json and files spell it; it is not translated.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return "unknown"
	}
	return statusNames[s]
}

// MarshalText and UnmarshalText use String's spelling; an unknown one reads as
// Unknown.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s *Status) UnmarshalText(text []byte) error {
	*s = Unknown
	for i, n := range statusNames {
		if n == string(text) {
			*s = Status(i)
		}
	}
	return nil
}

// Worst returns the worst of all, Off for none.
func Worst(all ...Status) Status {
	worst := Off
	for _, s := range all {
		worst = max(worst, s)
	}
	return worst
}
