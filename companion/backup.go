package companion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"mcp-companion/secrets"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// A backup is everything of the user's that can move to another computer: servers,
// sets, keys and choices. It is JSON, encrypted with age to a passphrase alone, so
// that age itself opens it too. What is bound to this computer isn't in it: which
// apps are kept in step, sign-ins, and the files of bundles.

// Limits of a backup.
const (
	backupVersion   = 1
	backupMost      = 32 << 20 // bytes of what is in it
	passphraseLeast = 8        // characters
)

// backupFile is what is encrypted.
type backupFile struct {
	Version  int                        `json:"version"`
	Made     time.Time                  `json:"made"`
	Home     string                     `json:"home"` // the user's folder there
	Servers  map[string]*servers.Server `json:"servers"`
	Sets     map[string]*servers.Set    `json:"sets"`
	Secrets  map[string]*servers.Label  `json:"secrets"`
	Values   keyValues                  `json:"values"` // of the secrets
	Settings map[string]json.RawMessage `json:"settings,omitempty"`
	Local    []string                   `json:"local,omitempty"` // servers whose program came with a file
}

// keyValues are keys, by the secret's id. They never print themselves.
type keyValues map[string]string

// Format writes how many there are, whatever the verb.
func (v keyValues) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "[%d keys]", len(v)) }

// BackupDone is what a backup has, and what it lacks.
type BackupDone struct {
	Servers, Sets, Keys int
	Missing             []string // keys without a value
	Local               []string // servers whose program files aren't in it
}

// Say tells what the backup has and what it lacks.
func (d BackupDone) Say() string {
	lines := []string{words.Say("backup.has", "Servers", d.Servers, "Sets", d.Sets, "Keys", d.Keys), words.Say("backup.signins")}
	return strings.Join(append(lines, lacks(d.Missing, d.Local)...), "\n")
}

// lacks says what is not in a backup.
func lacks(missing, local []string) []string {
	var lines []string
	if len(missing) > 0 {
		lines = append(lines, words.Say("backup.missing", "Names", strings.Join(missing, ", ")))
	}
	if len(local) > 0 {
		lines = append(lines, words.Say("cmd.set.local", "Names", strings.Join(local, ", ")))
	}
	return lines
}

// Backup writes everything that can move to another computer into the file at path,
// which only pass opens. A file that is there is only replaced where over says so.
// Keys that the store doesn't give are a Problem: a backup is whole or none.
func (c *Companion) Backup(ctx context.Context, path string, pass Secret, over bool) (BackupDone, error) {
	if err := CheckPassphrase(pass); err != nil {
		return BackupDone{}, err
	}
	lib, err := c.Library()
	if err != nil {
		return BackupDone{}, err
	}
	if lib.IsNewer() {
		return BackupDone{}, words.New(words.LibraryNewer, nil)
	}
	f := backupFile{
		Version: backupVersion, Made: time.Now().UTC().Truncate(time.Second), Home: c.system.Home,
		Servers: lib.Servers, Sets: lib.Sets, Secrets: maps.Clone(lib.Secrets), Values: keyValues{},
	}
	done := BackupDone{Servers: len(f.Servers), Sets: len(f.Sets)}
	if done.Missing, err = c.fillBackup(ctx, lib, &f); err != nil {
		return done, err
	}
	done.Keys, done.Local = len(f.Values), f.Local
	data, err := c.seal(f, pass)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return done, err
	}
	return done, writeNew(path, data, 0o600, over)
}

// CheckPassphrase is the Problem of one that is too short to keep anything.
func CheckPassphrase(pass Secret) error {
	if len([]rune(strings.TrimSpace(pass.Reveal()))) < passphraseLeast {
		return words.New(words.BackupWeak, nil, "Least", passphraseLeast)
	}
	return nil
}

// fillBackup adds the keys and the choices.
func (c *Companion) fillBackup(ctx context.Context, lib *servers.Library, f *backupFile) (missing []string, err error) {
	for _, name := range lib.Names() {
		s := lib.Servers[name]
		for _, id := range s.SecretIDs() {
			if f.Secrets[id] == nil {
				f.Secrets[id] = &servers.Label{Label: id}
			}
		}
		if slices.ContainsFunc(textsOf(*s), func(t string) bool { return strings.Contains(t, c.home.Bundles()) }) {
			f.Local = append(f.Local, name)
		}
	}
	limited, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	for _, id := range slices.Sorted(maps.Keys(f.Secrets)) {
		v, err := c.store().Get(limited, secrets.Ref{Library: lib.ID, ID: id})
		switch {
		case err == nil:
			f.Values[id] = v.Reveal()
		case !errors.Is(err, secrets.ErrNotFound):
			return nil, secrets.Problem(err)
		case len(lib.SecretUsers(id)) > 0:
			missing = append(missing, f.Secrets[id].Label)
		}
	}
	f.Settings, err = c.choices()
	return missing, err
}

// carried are the program's own choices that are the same on every computer.
var carried = []string{"language", "quiet", "clientMetadata"}

// choices are those that were made.
func (c *Companion) choices() (map[string]json.RawMessage, error) {
	s, err := ReadSettings(c.home)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	all, some := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	for _, name := range carried {
		if v, ok := all[name]; ok {
			some[name] = v
		}
	}
	return some, nil
}

// seal encrypts f to the passphrase.
func (c *Companion) seal(f backupFile, pass Secret) ([]byte, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	if len(plain) > backupMost {
		return nil, words.New(words.FileTooBig, nil)
	}
	return secrets.Seal(plain, pass, c.workFactor)
}
