// Package secrets is where keys and tokens lie: a Store, which is the system's
// keychain, an encrypted file, or memory in tests.
//
// Its rules:
//   - a Secret never prints itself; Reveal is the only way out;
//   - a store that can't be asked is ErrUnavailable or ErrLocked, never "not
//     found": a failed read means unknown, not gone;
//   - the keychain may ask the user and wait, so every call takes a context and
//     never runs on a window's thread.
package secrets

import (
	"context"
	"errors"
	"log/slog"
)

// Errors a caller tells apart. Any other error of a Store is its own failure.
var (
	ErrNotFound    = errors.New("secret not found")
	ErrUnavailable = errors.New("no keychain here")
	ErrLocked      = errors.New("keychain is locked")
	ErrDamaged     = errors.New("stored secret is damaged")
	ErrTooLong     = errors.New("secret is longer than 50 KB")
)

// maxLen is the longest value a Store takes, in bytes.
const maxLen = 50_000

// Secret is a value that never prints itself: fmt, slog and JSON show
// "[secret]". It is behind a pointer because fmt looks into the unexported fields
// of a struct that holds one, and asks no method there.
type Secret struct{ value *string }

// New makes value a Secret.
func New(value string) Secret { return Secret{&value} }

// Reveal returns the value. Search for it to see every place where one gets out.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsEmpty reports whether there is no value.
func (s Secret) IsEmpty() bool { return s.Reveal() == "" }

const shown = "[secret]"

// String, GoString, LogValue and MarshalText show "[secret]".
func (Secret) String() string               { return shown }
func (Secret) GoString() string             { return shown }
func (Secret) LogValue() slog.Value         { return slog.StringValue(shown) }
func (Secret) MarshalText() ([]byte, error) { return []byte(shown), nil }

// Ref says where a value lies: Library is the library's id, ID the secret's.
type Ref struct{ Library, ID string }

// account is the keychain's account name for r.
func (r Ref) account() string { return r.Library + "/" + r.ID }

// Store keeps secrets. Get returns ErrNotFound for a missing one; Delete of a
// missing one is no error; Set replaces. All are safe from several goroutines
// and processes.
type Store interface {
	Get(context.Context, Ref) (Secret, error)
	Set(context.Context, Ref, Secret) error
	Delete(context.Context, Ref) error
}
