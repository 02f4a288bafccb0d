package secrets

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"mcp-companion/files"

	"github.com/zalando/go-keyring"
)

func TestSecretNeverPrintsItself(t *testing.T) {
	s := New("hunter2")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "p", &s, "in", struct{ S Secret }{s})
	j, _ := json.Marshal(map[string]any{"s": s, "p": &s})
	hidden := struct {
		s Secret
		m map[string]Secret
	}{s, map[string]Secret{"k": s}}
	all := fmt.Sprint(s, &s, hidden, &hidden) + fmt.Sprintf("%+v %#v", hidden, &hidden) + fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s) + log.String() + string(j)
	if strings.Contains(all, "hunter2") || strings.Contains(all, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("a secret got out: %s", all)
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal lost it")
	}
}

func stores(t *testing.T) map[string]Store {
	keyring.MockInit()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	dir := t.TempDir()
	return map[string]Store{
		"memory":   &Memory{},
		"keychain": Keychain{},
		"file":     File{Path: filepath.Join(dir, "s.age"), Identity: filepath.Join(dir, "id")},
	}
}

func TestEveryStoreKeepsWhatItWasGiven(t *testing.T) {
	values := map[string]string{
		"short": "k", "empty": "", "newline": "a\nb\r\n", "bytes": "\x00\xff\xfe", "part": strings.Repeat("a", partLen),
		"part and one": strings.Repeat("b", partLen+1), "long": strings.Repeat("0123456789", 5000), "like a header": "chunked:v1:3:abcdef01",
	}
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			ctx, ref := t.Context(), Ref{"lib", "one"}
			if v, err := s.Get(ctx, ref); !errors.Is(err, ErrNotFound) || v != (Secret{}) {
				t.Errorf("missing: %v", err)
			}
			if err := s.Delete(ctx, ref); err != nil {
				t.Errorf("delete of a missing one: %v", err)
			}
			for what, v := range values {
				if name == "file" && what == "bytes" {
					continue // JSON holds text; keys and tokens are text
				}
				if err := s.Set(ctx, ref, New(v)); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got, err := s.Get(ctx, ref); err != nil || got.Reveal() != v {
					t.Errorf("%s: %d bytes back, %v", what, len(got.Reveal()), err)
				}
				if _, err := s.Get(ctx, Ref{"other", "one"}); !errors.Is(err, ErrNotFound) {
					t.Errorf("another library's: %v", err)
				}
			}
			if err := s.Set(ctx, ref, New(strings.Repeat("x", maxLen+1))); !errors.Is(err, ErrTooLong) {
				t.Errorf("too long: %v", err)
			}
			if err := s.Delete(ctx, ref); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Get(ctx, ref); !errors.Is(err, ErrNotFound) {
				t.Errorf("deleted: %v", err)
			}
		})
	}
}

func TestKeychainPartsAreMissedNotMixed(t *testing.T) {
	s, ctx, ref := stores(t)["keychain"], t.Context(), Ref{"lib", "big"}
	long := strings.Repeat("long value ", 1000)
	if err := s.Set(ctx, ref, New(long)); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Delete(service, partAccount(ref.account(), 1, checksum(long))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, ref); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	if err := s.Set(ctx, ref, New("short")); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Get(service, partAccount(ref.account(), 0, checksum(long))); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("an old part was left: %v", err)
	}
}

func TestKeychainErrorsKeepTheirMeaning(t *testing.T) {
	for text, want := range map[string]error{
		"The name org.freedesktop.secrets was not provided by any .service files":        ErrUnavailable,
		"failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'": ErrLocked,
		"dial unix /run/user/1000/bus: connect: no such file or directory":               ErrUnavailable,
	} {
		keyring.MockInitWithError(errors.New(text))
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
		if _, err := (Keychain{}).Get(t.Context(), Ref{"l", "s"}); !errors.Is(err, want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestFileIsEncryptedPrivateAndNeverLosesItsKeySilently(t *testing.T) {
	dir := t.TempDir()
	s := File{Path: filepath.Join(dir, "s.age"), Identity: filepath.Join(dir, "id")}
	if err := s.Set(t.Context(), Ref{"l", "s"}, New("hunter2")); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(s.Path)
	if strings.Contains(string(data), "hunter2") {
		t.Error("plain text in the file")
	}
	for _, p := range []string{s.Path, s.Identity} {
		if i, err := os.Stat(p); err != nil || runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", p, i.Mode(), err)
		}
	}
	os.Remove(s.Identity)
	if err := s.Set(t.Context(), Ref{"l", "t"}, New("x")); !errors.Is(err, ErrDamaged) {
		t.Errorf("without its key: %v", err)
	}
	if now, _ := os.ReadFile(s.Path); string(now) != string(data) {
		t.Error("the file was changed")
	}
}

func TestFileTakesManyWriters(t *testing.T) {
	dir := t.TempDir()
	s := File{Path: filepath.Join(dir, "s.age"), Identity: filepath.Join(dir, "id")}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := s.Set(t.Context(), Ref{"l", fmt.Sprint(i)}, New(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		if v, err := s.Get(t.Context(), Ref{"l", fmt.Sprint(i)}); err != nil || v.Reveal() != fmt.Sprint(i) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestOpenFollowsChoiceAndOverride(t *testing.T) {
	t.Setenv("MCP_COMPANION_SECRETS", "")
	home := files.Home(t.TempDir())
	if s, err := Open(home, Choice{}); err != nil || s != (Keychain{}) {
		t.Errorf("%v %v", s, err)
	}
	if s, err := Open(home, Choice{Secrets: UseFile, Identity: "/k"}); err != nil || s.(File).Identity != "/k" {
		t.Errorf("%v %v", s, err)
	}
	t.Setenv("MCP_COMPANION_SECRETS", "file")
	if s, err := Open(home, Choice{Secrets: UseKeychain}); err != nil || s.(File).Path != home.SecretsFile() {
		t.Errorf("%v %v", s, err)
	}
	t.Setenv("MCP_COMPANION_SECRETS", "plain")
	if _, err := Open(home, Choice{}); err == nil {
		t.Error("an unknown store was accepted")
	}
}
