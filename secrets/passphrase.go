package secrets

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"
)

// ErrPassphrase says that a passphrase opens something else, or nothing.
var ErrPassphrase = errors.New("the passphrase doesn't fit")

// passphraseWork is age's work factor: what we write, and the most we read, since
// each step doubles the time and the memory (256 MB) that a file can demand.
const passphraseWork = 18

// Seal encrypts plain with age, so that pass opens it and nothing else does. work is
// age's work factor; 0 is the usual one, and a test takes less.
func Seal(plain []byte, pass Secret, work int) ([]byte, error) {
	to, err := age.NewScryptRecipient(pass.Reveal())
	if err != nil {
		return nil, err
	}
	if work == 0 {
		work = passphraseWork
	}
	to.SetWorkFactor(work)
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// Unseal opens what Seal made, if it holds at most most bytes. A passphrase that
// doesn't fit is ErrPassphrase; ErrDamaged is all else: no such file, a part of one, one
// that was changed, one that takes more work than ours.
func Unseal(data []byte, pass Secret, most int) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte("age-encryption.org/v1\n-> scrypt ")) {
		return nil, ErrDamaged
	}
	id, err := age.NewScryptIdentity(pass.Reveal())
	if err != nil { // an empty one
		return nil, ErrPassphrase
	}
	id.SetMaxWorkFactor(passphraseWork)
	r, err := age.Decrypt(bytes.NewReader(data), id)
	switch {
	case errors.As(err, new(*age.NoIdentityMatchError)):
		return nil, ErrPassphrase
	case err != nil:
		return nil, ErrDamaged
	}
	plain, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil || len(plain) > most {
		return nil, ErrDamaged
	}
	return plain, nil
}
