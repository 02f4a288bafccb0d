//go:build unix

package health

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mcp-companion/launch"
	"mcp-companion/words"
)

// npxPlan is the plan of `npx -y pack` in a folder of its own, where npm is this
// script and npx the server that the test binary plays.
func npxPlan(t *testing.T, npm, play string) (plan *launch.Plan, dir string) {
	t.Helper()
	dir = t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"npm": "#!/bin/sh\necho \"$@\" >>" + dir + "/log\necho \"key=$API_KEY\" >>" + dir + "/log\n" + npm + "\n",
		"npx": "#!/bin/sh\nPLAY='" + play + "' exec '" + exe + "'\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return &launch.Plan{
		Name: "it", ServerID: "s1", Path: filepath.Join(dir, "npx"), Args: []string{"-y", "pack"},
		Env: append(os.Environ(), "API_KEY=s3cret-s3cret"),
	}, dir
}

func logOf(dir string) string {
	data, _ := os.ReadFile(filepath.Join(dir, "log"))
	return string(data)
}

func TestAPackageIsDownloadedOnceAndBeforeTheStart(t *testing.T) {
	plan, dir := npxPlan(t, "exit 0", "good")
	var phases []Phase
	o := Options{Of: "now", Save: func(r Report) { phases = append(phases, r.Phase) }}
	r := o.Probe(t.Context(), plan)
	if r.Status != Healthy || !r.Prepared || !slices.Equal(phases, []Phase{Checking, Downloading, StartingUp, Asking}) {
		t.Errorf("%v %+v", phases, r)
	}
	if want := "exec --yes --fetch-retries=1 --package=pack -- node -e \nkey=\n"; logOf(dir) != want {
		t.Errorf("%q", logOf(dir))
	}
	for name, before := range map[string]Report{
		"it was well":               {Of: "now", Status: Healthy},
		"it failed, but not so far": {Of: "now", Status: Failing, Prepared: true},
	} {
		os.Remove(filepath.Join(dir, "log"))
		o.Before = &before
		if r := o.Probe(t.Context(), plan); r.Status != Healthy || !r.Prepared || logOf(dir) != "" {
			t.Errorf("%s: %+v %q", name, r, logOf(dir))
		}
	}
	o.Before = &Report{Of: "other settings", Status: Healthy}
	if o.Probe(t.Context(), plan); logOf(dir) == "" {
		t.Error("new settings were not prepared")
	}
}

func TestAFailedDownloadIsTheReasonOfAFailedStart(t *testing.T) {
	plan, _ := npxPlan(t, "echo 'npm error code E404' >&2; exit 1", "exit")
	if r := (Options{}).Probe(t.Context(), plan); r.Status != Failing || !words.Has(r.Problem, words.PackageUnknown) || r.Prepared {
		t.Errorf("%+v", r)
	}
	plan, _ = npxPlan(t, "echo 'something else' >&2; exit 1", "exit at once")
	if r := (Options{}).Probe(t.Context(), plan); r.Status != Failing || !words.Has(r.Problem, words.ClosedEarly) || r.Prepared {
		t.Errorf("%+v", r)
	}
	plan, _ = npxPlan(t, "echo 'npm error code E404' >&2; exit 1", "good") // from an older copy, say
	if r := (Options{}).Probe(t.Context(), plan); r.Status != Healthy || r.Problem != nil {
		t.Errorf("%+v", r)
	}
}

func TestADownloadEndsWithItsLimitAndItsContext(t *testing.T) {
	plan, dir := npxPlan(t, "sleep 60 & wait", "good")
	begun := time.Now()
	err := prepare(t.Context(), plan, func(Phase) {}, 100*time.Millisecond)
	if !words.Has(err, words.SlowStart) || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := Options{Save: func(r Report) {
		if r.Phase == Downloading {
			time.AfterFunc(50*time.Millisecond, cancel)
		}
	}}.Probe(ctx, plan)
	if r.Status != Unknown || r.Problem != nil {
		t.Errorf("%+v", r)
	}
	if n := strings.Count(logOf(dir), "exec"); n > 2 {
		t.Errorf("%d downloads", n)
	}
}
