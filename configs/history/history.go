// Package history applies Changes together and takes them back together.
//
// Its rules:
//   - a Transaction is journalled before its first write, so that after any
//     interruption the next start takes it back whole;
//   - what is taken back is the exact bytes where a file still is what we wrote,
//     else only the members we edited, and only where they still are what we
//     made of them; a file that fits neither is left alone and named;
//   - records are encrypted with age to a key whose private half lies in the
//     secret store: they hold pieces of files that may hold the user's keys.
//
// Whoever applies, undoes or recovers holds the home's ChangeLock.
package history

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// How many records are kept, and bytes of them; the first copies of files are kept
// for ever.
const (
	keep      = 200
	keepBytes = 50 << 20
)

// damaged ends the names of journals that can't be read. They may hold pieces of
// files, and are not sealed.
const damaged = ".damaged"

// History is the record of what we changed, in one home.
type History struct {
	Home  files.Home
	Store secrets.Store
	Key   secrets.Ref // where the private half of the records' key lies
}

// Record is what everybody may know of a transaction.
type Record struct {
	ID     string    `json:"id"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
	Files  []string  `json:"files"`
	Undoes string    `json:"undoes,omitempty"` // the transaction it took back
	Undone bool      `json:"undone,omitempty"`

	// Destroyed says that what it did is not kept any more: it can't be undone.
	Destroyed bool `json:"-"`
}

// step is one file's part of a transaction, in the journal and in a record.
type step struct {
	Path    string           `json:"path"`
	Format  configs.Format   `json:"format"`
	Lock    configs.LockKind `json:"lock,omitempty"`
	Existed bool             `json:"existed"`
	Exists  bool             `json:"exists"`
	Before  string           `json:"before"` // hashes
	After   string           `json:"after"`
	Patch   configs.Patch    `json:"patch"`
	Edits   []configs.Edit   `json:"edits"`
}

// journal is an unfinished transaction.
type journal struct {
	Record Record `json:"record"`
	Steps  []step `json:"steps"`
}

func stepOf(c *configs.Change) step {
	return step{
		Path: c.Path, Format: c.Format, Lock: c.Lock, Existed: c.Existed, Exists: c.Exists,
		Before: configs.Hash(c.Before, c.Existed), After: configs.Hash(c.After, c.Exists),
		Patch: c.Patch(), Edits: c.Edits,
	}
}

// Apply writes the changes, in their order, as one transaction, and returns its
// id; "" when there is nothing to do. After an error every file is what it
// was; configs.ErrChanged is in the error when a file is no longer what the
// change was made of.
func (h History) Apply(ctx context.Context, reason string, changes []*configs.Change) (string, error) {
	return h.apply(ctx, Record{Reason: reason}, changes)
}

func (h History) apply(ctx context.Context, r Record, changes []*configs.Change) (string, error) {
	changes = slices.DeleteFunc(slices.Clone(changes), (*configs.Change).IsEmpty)
	if len(changes) == 0 {
		return "", nil
	}
	seal, err := h.sealer(ctx)
	if err != nil {
		return "", err
	}
	r.Time = time.Now().UTC()
	r.ID = r.Time.Format("20060102-150405.000") + "-" + files.NewID()[:4]
	j := journal{Record: r}
	for _, c := range changes {
		j.Record.Files = append(j.Record.Files, c.Path)
		j.Steps = append(j.Steps, stepOf(c))
		if err := h.keepFirst(seal, c); err != nil {
			return "", fileProblem(h.Home.History(), err)
		}
	}
	if err := h.write(h.journalPath(r.ID), j); err != nil {
		return "", fileProblem(h.Home.History(), err)
	}
	for i, c := range changes {
		err := c.Write(ctx)
		if err == nil {
			err = c.Verify()
		}
		if err != nil {
			if back := h.rollBack(changes[:i+1]); back != nil {
				return "", errors.Join(fileProblem(c.Path, err), back) // the journal stays: the next start tries again
			}
			h.forget(r.ID)
			return "", fileProblem(c.Path, err)
		}
	}
	// Written: from here on the transaction stands. The record first, then the
	// journal's end: a journal beside its record is a finished one.
	if err := h.record(seal, j); err != nil {
		err = fileProblem(h.Home.History(), err)
		back := h.rollBack(changes)
		if back == nil {
			h.forget(r.ID)
		}
		return "", errors.Join(err, back)
	}
	if err := h.finish(j.Record); err != nil {
		return r.ID, fileProblem(h.Home.History(), err) // the journal stays: the next start marks it
	}
	h.prune()
	return r.ID, nil
}

// forget removes what is kept of a transaction that was taken back; the journal
// last, for it says that there is something to remove.
func (h History) forget(id string) {
	os.Remove(h.sealedPath(id))
	os.Remove(h.journalPath(id))
}

// finish marks what r took back, and ends its journal. It does no harm twice.
func (h History) finish(r Record) error {
	if r.Undoes != "" {
		first, err := h.mark(r.Undoes, true)
		if err == nil && first.Undoes != "" { // an undo is undone: what it took back stands again
			_, err = h.mark(first.Undoes, false)
		}
		if err != nil {
			return err
		}
	}
	os.Remove(h.journalPath(r.ID))
	return nil
}

// mark notes in a record whether its transaction is undone.
func (h History) mark(id string, undone bool) (r Record, err error) {
	data, err := os.ReadFile(h.recordPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil // forgotten since
	}
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err == nil && r.Undone != undone {
		r.Undone = undone
		err = h.write(h.recordPath(id), r)
	}
	return r, err
}

// rollBack takes back what was written, newest first. It must not be stopped by
// the context that stopped the transaction.
func (h History) rollBack(changes []*configs.Change) error {
	var errs []error
	for _, c := range slices.Backward(changes) {
		s := stepOf(c)
		if s.isBack() {
			continue
		}
		back, err := s.reverse(false)
		if err == nil {
			err = back.Write(context.Background())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("take %s back: %w", c.Path, err))
		}
	}
	return errors.Join(errs...)
}

// conflict says that a file fits neither rule of taking back: since is the edit
// that somebody made of what we had written; empty where the whole file is gone.
type conflict struct {
	path  string
	since configs.Edit
}

func (c *conflict) Error() string {
	if len(c.since.At) == 0 {
		return c.path + ": the file is gone"
	}
	return fmt.Sprintf("%s: changed since: %s", c.path, c.since.Diff())
}

// isBack reports whether the file is what it was before the step.
func (s step) isBack() bool {
	data, err := os.ReadFile(s.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false // there may be one
	}
	return configs.Hash(data, err == nil) == s.Before
}

// reverse is the Change that takes the step back, by the rule of undo.
func (s step) reverse(rest bool) (*configs.Change, error) {
	data, err := os.ReadFile(s.Path)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	c := &configs.Change{Path: s.Path, Format: s.Format, Lock: s.Lock, Existed: exists, Exists: s.Existed, Before: data}
	if configs.Hash(data, exists) == s.After {
		if c.After, err = s.Patch.Back(data); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Path, err)
		}
		if !s.Existed {
			c.After = nil
		}
		for _, e := range slices.Backward(s.Edits) {
			c.Edits = append(c.Edits, configs.Edit{At: e.At, Before: e.After, After: e.Before})
		}
		return c, nil
	}
	if !exists || !s.Exists {
		if c.Exists, c.After = exists, data; rest {
			return c, nil
		}
		return nil, &conflict{path: s.Path}
	}
	if len(s.Edits) == 0 && !rest { // a file that was repaired: there are no parts of it to tell apart
		return nil, &conflict{path: s.Path}
	}
	d, err := configs.Parse(s.Path, data, s.Format)
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(s.Edits) {
		now, ok := d.Value(e.At...)
		switch {
		case ok == (e.Before != nil) && (!ok || configs.SameValue(now, e.Before)):
			continue // already back
		case ok != (e.After != nil) || ok && !configs.SameValue(now, e.After):
			if !rest {
				return nil, &conflict{s.Path, configs.Edit{At: e.At, Before: e.After, After: now}}
			}
			continue
		case e.Before == nil:
			err = d.Remove(e.At...)
		default:
			err = d.Set(e.Before, e.At...)
		}
		if err != nil {
			return nil, err
		}
	}
	c.Exists, c.After = true, data
	c.Done(d)
	return c, nil
}

// List returns the transactions, newest first.
func (h History) List() ([]Record, error) {
	var list []Record
	for _, p := range files.Ending(h.Home.History(), ".json") {
		var r Record
		if data, err := os.ReadFile(p); err == nil && json.Unmarshal(data, &r) == nil && r.ID != "" {
			_, gone := os.Stat(h.sealedPath(r.ID))
			r.Destroyed = gone != nil
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Record) int { return cmp.Compare(b.ID, a.ID) })
	return list, nil
}

// Detail is one file's part of a transaction.
type Detail struct {
	Path  string
	Edits []configs.Edit
}

// Details is what a transaction did, in the order it did it.
func (h History) Details(ctx context.Context, id string) ([]Detail, error) {
	steps, err := h.open(ctx, id)
	if err != nil {
		return nil, err
	}
	var list []Detail
	for _, s := range steps {
		list = append(list, Detail{s.Path, s.Edits})
	}
	return list, nil
}

// Scrub destroys what is kept of a transaction, so that it can't be undone any
// more; of all of them, and of the files' first copies, when id is "". That it
// was stays listed.
func (h History) Scrub(id string) error {
	list, err := h.List()
	if err != nil {
		return err
	}
	found := id == ""
	for _, r := range list {
		if id == "" || r.ID == id {
			found = true
			if err := os.Remove(h.sealedPath(r.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if !found {
		return words.New(words.UndoUnknown, nil, "ID", id)
	}
	if id != "" {
		return nil
	}
	for _, p := range files.Ending(h.Home.History(), damaged) {
		if err := os.Remove(p); err != nil {
			return err
		}
	}
	return os.RemoveAll(filepath.Join(h.Home.History(), "first"))
}

// UndoOf is what taking the transaction back would change; id "" is the last one
// that was not undone and undoes nothing itself. An UndoConflict Problem names a
// file that somebody changed where we had.
// With rest, what was changed since is left as it is, and all else taken back.
func (h History) UndoOf(ctx context.Context, id string, rest bool) (Record, []*configs.Change, error) {
	list, err := h.List()
	if err != nil {
		return Record{}, nil, err
	}
	i := slices.IndexFunc(list, func(r Record) bool { return r.ID == id || id == "" && !r.Undone && r.Undoes == "" })
	if i < 0 || list[i].Undone {
		return Record{}, nil, words.New(words.UndoUnknown, nil, "ID", id)
	}
	steps, err := h.open(ctx, list[i].ID)
	if err != nil {
		return Record{}, nil, err
	}
	var changes []*configs.Change
	for _, s := range slices.Backward(steps) {
		c, err := s.reverse(rest)
		var con *conflict
		if errors.As(err, &con) {
			return Record{}, nil, words.New(words.UndoConflict, err, "File", s.Path)
		}
		if err != nil {
			return Record{}, nil, fileProblem(s.Path, err)
		}
		changes = append(changes, c)
	}
	return list[i], changes, nil
}

// PartOf is what taking back the transaction's part in the files at paths would
// change. A file that somebody changed where we had is left out.
func (h History) PartOf(ctx context.Context, id string, paths []string) ([]*configs.Change, error) {
	steps, err := h.open(ctx, id)
	if err != nil {
		return nil, err
	}
	var changes []*configs.Change
	for _, s := range slices.Backward(steps) {
		if !slices.Contains(paths, s.Path) {
			continue
		}
		c, err := s.reverse(false)
		switch {
		case err == nil:
			changes = append(changes, c)
		case !errors.As(err, new(*conflict)):
			return nil, fileProblem(s.Path, err)
		}
	}
	return changes, nil
}

// Undo applies what UndoOf gave, as a transaction that can be undone itself.
func (h History) Undo(ctx context.Context, r Record, reason string, changes []*configs.Change) (string, error) {
	id, err := h.apply(ctx, Record{Reason: reason, Undoes: r.ID}, changes)
	if id == "" && err == nil { // the files are back already
		err = h.finish(Record{Undoes: r.ID})
	}
	return id, err
}

// Recover takes back every transaction that was interrupted, and returns their
// reasons. A file that can't be taken back is in the error, a Problem; its journal
// stays. What a killed writer left beside its files is removed.
func (h History) Recover() (reasons []string, err error) {
	h.sweep()
	paths := files.Ending(h.Home.History(), ".journal")
	var errs []error
	for _, p := range slices.Backward(paths) {
		var j journal
		data, err := os.ReadFile(p)
		if err == nil {
			if err = json.Unmarshal(data, &j); err != nil {
				// Only a damaged disk makes one. It is said once, and must not stand in
				// the way for ever.
				os.Rename(p, p+damaged)
			}
		}
		if err != nil {
			errs = append(errs, fileProblem(p, err))
			continue
		}
		if _, err := os.Stat(h.recordPath(j.Record.ID)); err == nil {
			if err := h.finish(j.Record); err != nil {
				errs = append(errs, fileProblem(p, err))
			}
			continue
		}
		failed := false
		for _, s := range slices.Backward(j.Steps) {
			if err := s.takeBack(); err != nil {
				errs, failed = append(errs, fileProblem(s.Path, err)), true
			}
			configs.Sweep(s.Path)
		}
		if !failed {
			h.forget(j.Record.ID)
			reasons = append(reasons, j.Record.Reason)
		}
	}
	return reasons, errors.Join(errs...)
}

// takeBack makes the file what it was, unless somebody changed it where we had:
// that is then his.
func (s step) takeBack() error {
	if s.isBack() {
		return nil
	}
	back, err := s.reverse(false)
	if err == nil {
		err = back.Write(context.Background())
	}
	if errors.As(err, new(*conflict)) {
		return nil
	}
	return err
}

// sweep removes half-written files of ours that only the holder of the ChangeLock
// writes.
func (h History) sweep() {
	configs.Sweep(h.Home.Library())
	configs.Sweep(h.Home.Settings())
	for _, dir := range []string{h.Home.History(), filepath.Join(h.Home.History(), "first"), h.Home.Pending()} {
		for _, p := range files.Ending(dir, ".tmp") {
			os.Remove(p)
		}
	}
}

func (h History) journalPath(id string) string {
	return filepath.Join(h.Home.History(), id+".journal")
}
func (h History) recordPath(id string) string { return filepath.Join(h.Home.History(), id+".json") }
func (h History) sealedPath(id string) string { return filepath.Join(h.Home.History(), id+".age") }

func (h History) write(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return files.WriteOwn(path, append(data, '\n'))
}

// prune forgets the oldest records. Failures are left for the next time.
func (h History) prune() {
	list, _ := h.List()
	var bytes int64
	for n, r := range list {
		if i, err := os.Stat(h.sealedPath(r.ID)); err == nil {
			bytes += i.Size()
		}
		if n >= keep || n > 0 && bytes > keepBytes {
			os.Remove(h.sealedPath(r.ID))
			os.Remove(h.recordPath(r.ID))
		}
	}
}

// fileProblem puts an error about a settings file into the user's words.
func fileProblem(path string, err error) error {
	var s *configs.SyntaxError
	switch {
	case errors.As(err, new(*words.Problem)):
		return err
	case errors.As(err, &s):
		return words.New(words.FileBroken, err, "File", s.Path, "Line", s.Line, "Column", s.Column, "Text", s.Msg)
	case errors.Is(err, configs.ErrChanged):
		return words.New(words.FileChanged, err, "File", path)
	case errors.Is(err, configs.ErrBusy):
		return words.New(words.Busy, err, "File", path)
	case isFull(err):
		return words.New(words.DiskFull, err, "File", path)
	case errors.Is(err, fs.ErrPermission), isReadOnly(err):
		return words.New(words.FileLocked, err, "File", path)
	case errors.As(err, new(*fs.PathError)):
		return words.New(words.FileOdd, err, "File", path)
	}
	return fmt.Errorf("%s: %w", path, err)
}
