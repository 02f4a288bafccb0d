//go:build unix

package launch

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// probe starts s as a probe does, values being its secrets.
func probe(t *testing.T, ctx context.Context, s *servers.Server, values map[string]string) *Process {
	t.Helper()
	var store secrets.Memory
	for id, v := range values {
		store.Set(ctx, secrets.Ref{Library: "lib", ID: id}, secrets.New(v))
	}
	plan, err := For(ctx, "test", s, "lib", &store, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func TestProbeTalksAndLearnsTheExit(t *testing.T) {
	s := played("say", "hello\n", "key is s3cret\n", "4")
	s.Env["KEY"] = servers.SecretRef("one")
	p := probe(t, t.Context(), s, map[string]string{"one": "s3cret"})
	if out, err := io.ReadAll(p.Stdout); string(out) != "hello\n" || err != nil {
		t.Errorf("%q %v", out, err)
	}
	if e := p.Wait(); e != (Exit{Code: 4}) {
		t.Errorf("%+v", e)
	}
	if got := p.Stderr(); !slices.Equal(got, []string{"key is [secret]"}) {
		t.Errorf("%q", got)
	}
	p.Stop()
	p.Stop()
	if e := probe(t, t.Context(), played("end by signal"), nil).Wait(); e != (Exit{137, "SIGKILL"}) {
		t.Errorf("%+v", e)
	}
}

func TestProbeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := probe(t, ctx, played("deaf"), nil)
	bufio.NewReader(p.Stdout).ReadString('\n')
	cancel()
	p.Wait()
}

// slow is a keychain that waits for its user.
type slow struct{ secrets.Memory }

func (*slow) Get(ctx context.Context, _ secrets.Ref) (secrets.Secret, error) {
	<-ctx.Done()
	return secrets.Secret{}, errors.Join(secrets.ErrLocked, ctx.Err())
}

// failing is a store with this error.
type failing struct {
	secrets.Memory
	err error
}

func (s *failing) Get(context.Context, secrets.Ref) (secrets.Secret, error) {
	return secrets.Secret{}, s.err
}

func TestPlanSaysWhyAKeyCantBeHad(t *testing.T) {
	s := played("echo", "--token", servers.SecretRef("arg"))
	s.Env["API_KEY"] = "Bearer " + servers.SecretRef("env")
	for want, store := range map[words.Code]secrets.Store{
		words.KeyMissing:     &failing{err: secrets.ErrNotFound},
		words.KeychainLocked: &slow{},
		words.KeychainAbsent: &failing{err: secrets.ErrUnavailable},
		words.StoreDamaged:   &failing{err: secrets.ErrDamaged},
		words.Unknown:        &failing{err: errors.New("else")},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := For(ctx, "test", s, "lib", store, os.Environ())
		cancel()
		if !words.Has(err, want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for id, want := range map[string]string{"env": "API_KEY", "arg": "--token", "other": "other"} {
		if got := keyName(s, id); got != want {
			t.Errorf("%s is called %s", id, got)
		}
	}
}

func TestPlanHoldsWhatTheServerNeeds(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "prog")
	os.WriteFile(program, []byte("echo \"$1\"\n"), 0o755) // no first line: sh runs it
	s := &servers.Server{
		ID: "srv", Command: "prog", Args: []string{"--key=" + servers.SecretRef("k")}, Cwd: dir,
		Env: map[string]string{"PATH": dir}, Headers: map[string]string{"X": servers.SecretRef("unread")},
	}
	var store secrets.Memory
	store.Set(t.Context(), secrets.Ref{Library: "lib", ID: "k"}, secrets.New("v"))
	p, err := For(t.Context(), "test", s, "lib", &store, []string{"HOME=" + dir, "PATH=/usr/bin:/bin"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Path != program || !slices.Equal(p.Args, []string{"--key=v"}) || p.Dir != dir || p.ServerID != "srv" || p.Name != "test" {
		t.Errorf("%+v", p)
	}
	ps, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer ps.Stop()
	if out, _ := io.ReadAll(ps.Stdout); string(out) != "--key=v\n" {
		t.Errorf("said %q, %q", out, ps.Stderr())
	}
}
