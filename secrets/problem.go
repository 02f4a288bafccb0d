package secrets

import (
	"errors"

	"mcp-companion/words"
)

// Problem puts a Store's error into the user's words; ErrNotFound and errors
// that are no Store's stay as they are.
func Problem(err error) error {
	switch {
	case errors.Is(err, ErrUnavailable):
		return words.New(words.KeychainAbsent, err)
	case errors.Is(err, ErrLocked):
		return words.New(words.KeychainLocked, err)
	case errors.Is(err, ErrDamaged):
		return words.New(words.StoreDamaged, err)
	}
	return err
}
