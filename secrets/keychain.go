package secrets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zalando/go-keyring"
)

// service is the name our items have in the keychain.
const service = "mcp-companion"

// partLen is the most bytes one keychain item may hold: Windows takes 2560, macOS's
// `security -i` a line of 4095 after base64 (zalando/go-keyring v0.2.8).
const partLen = 2400

// Keychain is the system's: Secret Service, Windows Credential Manager, macOS
// Keychain. A longer value lies in parts ACCOUNT#N.SUM, and the item ACCOUNT then
// names them, "chunked:v1:COUNT:SUM"; it is deleted first and written last, so
// that a broken write reads as absent, never as a mixture.
type Keychain struct{}

const header = "chunked:v1:"

func (k Keychain) Get(ctx context.Context, r Ref) (Secret, error) {
	var value string
	err := ask(ctx, func() (err error) { value, err = read(r.account()); return })
	if err != nil {
		return Secret{}, err // value may still be written to
	}
	return New(value), nil
}

func (k Keychain) Set(ctx context.Context, r Ref, s Secret) error {
	if len(s.Reveal()) > maxLen {
		return ErrTooLong
	}
	return ask(ctx, func() error { return write(r.account(), s.Reveal()) })
}

func (k Keychain) Delete(ctx context.Context, r Ref) error {
	return ask(ctx, func() error { return remove(r.account()) })
}

func read(account string) (string, error) {
	value, err := keyring.Get(service, account)
	if err != nil {
		return "", err
	}
	n, sum, ok := parts(value)
	if !ok {
		return value, nil
	}
	var b strings.Builder
	for i := range n {
		part, err := keyring.Get(service, partAccount(account, i, sum))
		if errors.Is(err, keyring.ErrNotFound) {
			return "", fmt.Errorf("%w: part %d of %d is missing", ErrDamaged, i+1, n)
		}
		if err != nil {
			return "", err
		}
		b.WriteString(part)
	}
	if checksum(b.String()) != sum {
		return "", fmt.Errorf("%w: its parts don't belong together", ErrDamaged)
	}
	return b.String(), nil
}

func write(account, value string) error {
	old, err := keyring.Get(service, account)
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	// A value that looks like a header is kept in parts, or it would be read as one.
	if len(value) <= partLen && !strings.HasPrefix(value, header) {
		if err := keyring.Set(service, account, value); err != nil {
			return err
		}
		return removeParts(account, old)
	}
	sum := checksum(value)
	n := (len(value) + partLen - 1) / partLen
	if err == nil {
		if err := keyring.Delete(service, account); err != nil {
			return err
		}
	}
	if o, s, ok := parts(old); ok && (s != sum || o != n) {
		if err := removeParts(account, old); err != nil {
			return err
		}
	}
	for i := range n {
		part := value[i*partLen : min((i+1)*partLen, len(value))]
		if err := keyring.Set(service, partAccount(account, i, sum), part); err != nil {
			return err
		}
	}
	return keyring.Set(service, account, header+strconv.Itoa(n)+":"+sum)
}

func remove(account string) error {
	old, err := keyring.Get(service, account)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := keyring.Delete(service, account); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	return removeParts(account, old)
}

func removeParts(account, value string) error {
	n, sum, _ := parts(value)
	for i := range n {
		if err := keyring.Delete(service, partAccount(account, i, sum)); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return err
		}
	}
	return nil
}

// parts reads a header item.
func parts(value string) (n int, sum string, ok bool) {
	rest, ok := strings.CutPrefix(value, header)
	if !ok {
		return 0, "", false
	}
	count, sum, ok := strings.Cut(rest, ":")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 || n > maxLen/partLen+1 {
		return 0, "", false
	}
	return n, sum, true
}

func partAccount(account string, i int, sum string) string {
	return fmt.Sprintf("%s#%d.%s", account, i, sum)
}

func checksum(value string) string {
	h := sha256.Sum256([]byte(value))
	return hex.EncodeToString(h[:4])
}

// ask runs f with the context's limit: a locked keychain shows its own question
// and answers when the user does, and go-keyring takes no context. The call
// goes on behind; its answer is then dropped.
func ask(ctx context.Context, f func() error) error {
	if err := reach(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return meaning(err)
	case <-ctx.Done():
		return fmt.Errorf("%w: no answer: %w", ErrLocked, ctx.Err())
	}
}

// meaning turns go-keyring's errors, most of them plain text, into ours.
func meaning(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrDamaged):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case isLocked(err.Error()):
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func isLocked(text string) bool {
	// The last two are macOS's "interaction not allowed" and "authorization failed", as
	// /usr/bin/security's exit status (its error's low byte).
	for _, s := range []string{"failed to unlock", "rompt dismissed", "prompt was dismissed", "is locked", "exit status 36", "exit status 51"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
