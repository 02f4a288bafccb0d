package history

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"

	"filippo.io/age"
)

// sealer returns the records' public key, from the file beside them. At the
// first transaction the pair is made and its private half goes to the store.
func (h History) sealer(ctx context.Context) (age.Recipient, error) {
	path := h.recipientPath()
	data, err := os.ReadFile(path)
	if err == nil {
		return age.ParseX25519Recipient(strings.TrimSpace(string(data)))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	if err := h.Store.Set(ctx, h.Key, secrets.New(id.String())); err != nil {
		return nil, secrets.Problem(err)
	}
	return id.Recipient(), files.WriteOwn(path, []byte(id.Recipient().String()+"\n"))
}

func (h History) recipientPath() string { return filepath.Join(h.Home.History(), "recipient.txt") }

// NewKey forgets the records' public key: the next transaction makes a new pair.
func (h History) NewKey() error {
	if err := os.Remove(h.recipientPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// record keeps a finished transaction: sealed what it did, and in the clear that
// it was.
func (h History) record(to age.Recipient, j journal) error {
	data, err := json.Marshal(j.Steps)
	if err != nil {
		return err
	}
	if err := h.seal(to, h.sealedPath(j.Record.ID), data); err != nil {
		return err
	}
	return h.write(h.recordPath(j.Record.ID), j.Record)
}

func (h History) seal(to age.Recipient, path string, data []byte) error {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return files.WriteOwn(path, b.Bytes())
}

// open reads what a transaction did.
func (h History) open(ctx context.Context, id string) ([]step, error) {
	data, err := os.ReadFile(h.sealedPath(id))
	if err != nil {
		return nil, words.New(words.UndoUnknown, err, "ID", id)
	}
	key, err := h.Store.Get(ctx, h.Key)
	if err != nil {
		return nil, secrets.Problem(err)
	}
	identity, err := age.ParseX25519Identity(key.Reveal())
	if err != nil {
		return nil, errors.New("the key of the history is damaged") // err would quote it
	}
	r, err := age.Decrypt(bytes.NewReader(data), identity)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var steps []step
	return steps, json.Unmarshal(plain, &steps)
}

// keepFirst keeps the file as it was before our first change of it, for ever.
// Our own library needs none.
func (h History) keepFirst(to age.Recipient, c *configs.Change) error {
	path := filepath.Join(h.Home.History(), "first", configs.Hash([]byte(c.Path), true)[:16]+".age")
	if _, err := os.Stat(path); err == nil || !c.Existed || c.Path == h.Home.Library() {
		return nil
	}
	data, err := json.Marshal(struct {
		Path string `json:"path"`
		Data []byte `json:"data"`
	}{c.Path, c.Before})
	if err != nil {
		return err
	}
	return h.seal(to, path, data)
}
