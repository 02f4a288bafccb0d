package secrets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"mcp-companion/files"

	"filippo.io/age"
)

// File keeps all secrets in one file encrypted with age to the X25519 identity
// in another. There is no passphrase, so that `run` can read it with nobody
// there: it protects copies and backups of the file, not against a program that
// runs as the user and reads both. It is chosen by the user, never silently.
type File struct {
	Path     string // the encrypted file
	Identity string // the identity file, 0600; made at the first Set
}

// Get reads the file anew, so it sees what other processes wrote.
func (s File) Get(_ context.Context, r Ref) (Secret, error) {
	all, err := s.load()
	if err != nil {
		return Secret{}, err
	}
	v, ok := all[r.account()]
	if !ok {
		return Secret{}, ErrNotFound
	}
	return New(v), nil
}

func (s File) Set(ctx context.Context, r Ref, v Secret) error {
	if len(v.Reveal()) > maxLen {
		return ErrTooLong
	}
	return s.change(ctx, func(all map[string]string) { all[r.account()] = v.Reveal() })
}

func (s File) Delete(ctx context.Context, r Ref) error {
	return s.change(ctx, func(all map[string]string) { delete(all, r.account()) })
}

func (s File) change(ctx context.Context, edit func(map[string]string)) error {
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o700); err != nil {
		return err
	}
	l, err := files.WaitLock(ctx, s.Path+".lock")
	if err != nil {
		return err
	}
	defer l.Unlock()
	files.Sweep(s.Path)
	files.Sweep(s.Identity)
	all, err := s.load()
	if err != nil {
		return err
	}
	id, err := s.identity(true)
	if err != nil {
		return err
	}
	edit(all)
	plain, err := json.Marshal(all)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	if err != nil {
		return err
	}
	if _, err = w.Write(plain); err != nil {
		return err
	}
	if err = w.Close(); err != nil {
		return err
	}
	return files.WriteOwn(s.Path, b.Bytes())
}

func (s File) load() (map[string]string, error) {
	all := map[string]string{}
	data, err := os.ReadFile(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := s.identity(false)
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(data), id)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, s.Path, err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, s.Path, err)
	}
	if err := json.Unmarshal(plain, &all); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, s.Path) // the JSON error may quote a secret
	}
	return all, nil
}

// identity reads the key; create makes one where there is none.
func (s File) identity(create bool) (*age.X25519Identity, error) {
	data, err := os.ReadFile(s.Identity)
	if errors.Is(err, fs.ErrNotExist) && create {
		if _, err := os.Stat(s.Path); err == nil {
			// A new key could not read the old file, and would lose what is in it.
			return nil, fmt.Errorf("%w: its key file %s is missing", ErrDamaged, s.Identity)
		}
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, err
		}
		return id, files.WriteOwn(s.Identity, []byte(id.String()+"\n"))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: its key file: %w", ErrDamaged, err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(data))
	if err != nil || len(ids) == 0 {
		return nil, fmt.Errorf("%w: %s is not an age key file", ErrDamaged, s.Identity)
	}
	id, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return nil, fmt.Errorf("%w: %s is not an X25519 key file", ErrDamaged, s.Identity)
	}
	return id, nil
}
