package tray

import (
	"testing"
	"time"

	"mcp-companion/companion"
)

func TestNewsIsOnlyWhatGotWorse(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	n := news{began: began}
	with := func(status companion.Status) companion.State {
		s := state(status, "files", "github")
		s.Servers[0].Status, s.Servers[0].Summary = companion.Healthy, "Working"
		s.Servers[1].Summary = status.String()
		return s
	}
	for i, step := range []struct {
		after  time.Duration
		status companion.Status
		want   string
	}{
		{time.Second, companion.Failing, ""},               // so it was found
		{10 * time.Second, companion.Healthy, ""},          // better
		{time.Minute, companion.Failing, ""},               // too soon after the start
		{3 * time.Minute, companion.Healthy, ""},           //
		{4 * time.Minute, companion.NeedsYou, "needs-you"}, // worse
		{5 * time.Minute, companion.Starting, ""},          //
		{6 * time.Minute, companion.NeedsYou, ""},          // as before
		{7 * time.Minute, companion.Healthy, ""},           //
		{8 * time.Minute, companion.Failing, ""},           // told lately
		{7 * time.Hour, companion.Healthy, ""},             //
		{8 * time.Hour, companion.Failing, "failing"},      // worse again
	} {
		title, text := n.of(with(step.status), began.Add(step.after))
		if text != step.want || step.want != "" && title != "github" {
			t.Errorf("step %d: %q %q, not %q", i, title, text, step.want)
		}
	}
}

func TestNewsIsFewAndTogether(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	n := news{began: began}
	s := state(companion.Healthy, "a", "b", "c", "d", "e", "f")
	n.of(s, began)
	var said []string
	fail := func(after time.Duration, indices ...int) {
		for _, i := range indices {
			s.Servers[i].Status, s.Servers[i].Summary = companion.Failing, s.Servers[i].Name+" stopped"
		}
		if _, text := n.of(s, began.Add(after)); text != "" {
			said = append(said, text)
		}
	}
	fail(3*time.Minute, 0, 1)
	fail(4*time.Minute, 2)
	fail(5*time.Minute, 3)
	fail(6*time.Minute, 4) // the fourth in an hour
	fail(70*time.Minute, 5)
	want := []string{"2 things need you", "c stopped", "d stopped", "f stopped"}
	if len(said) != len(want) {
		t.Fatalf("%q", said)
	}
	for i := range want {
		if said[i] != want[i] {
			t.Errorf("%q, not %q", said[i], want[i])
		}
	}
}

func TestASleepingComputerIsNoticed(t *testing.T) {
	for _, c := range []struct {
		wall, counted time.Duration
		want          bool
	}{{time.Hour, time.Second, true}, {time.Hour, time.Hour, false}, {time.Second, time.Second, false}, {-time.Hour, time.Second, false}, {40 * time.Second, 0, false}} {
		if slept(c.wall, c.counted) != c.want {
			t.Errorf("%+v", c)
		}
	}
}
