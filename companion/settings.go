package companion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"mcp-companion/configs"
	"mcp-companion/files"
	"mcp-companion/secrets"
	"mcp-companion/words"
)

// Settings are the program's own choices, settings.json. Members it doesn't know
// are kept.
type Settings struct {
	secrets.Choice
	Language string `json:"language,omitempty"` // a BCP 47 tag; "" follows the system
	Quiet    bool   `json:"quiet,omitempty"`    // the tray notifies of nothing
	// TextSize is how large the window draws, in percent; 0 for 100.
	TextSize int `json:"textSize,omitempty"`
	// Welcomed says that the page of the first start was left for later.
	Welcomed bool `json:"welcomed,omitempty"`
	// ClientMetadata is the address of a client id metadata document that stands for
	// us at services which take one.
	ClientMetadata string `json:"clientMetadata,omitempty"`
}

// ReadSettings reads settings.json; a missing one is all defaults.
func ReadSettings(home files.Home) (Settings, error) {
	var s Settings
	data, err := os.ReadFile(home.Settings())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if _, err := configs.Parse(home.Settings(), data, configs.JSON); err != nil {
		var at *configs.SyntaxError
		errors.As(err, &at)
		return s, words.New(words.FileBroken, err, "File", at.Path, "Line", at.Line, "Column", at.Column, "Text", at.Msg)
	}
	if data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))); len(data) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("%s: %w", home.Settings(), err)
	}
	return s, nil
}

// choose writes the store that MCP_COMPANION_SECRETS names into settings.json,
// where none was chosen: what is kept there must be found again without the
// variable. Callers hold the ChangeLock.
func (c *Companion) choose() error {
	use := secrets.Override()
	if use == "" {
		return nil
	}
	s, err := ReadSettings(c.home)
	if err != nil || s.Secrets != "" {
		return err
	}
	return c.setSetting("secrets", use)
}

// UseFileStore keeps secrets in an encrypted file from now on. What is in a
// keychain stays there; the history's key and the sign-ins are taken along. Where the
// key can't be had the records to come get a new one; where a sign-in can't, it has
// ended.
func (c *Companion) UseFileStore(ctx context.Context) error {
	return c.locked(ctx, func() error {
		lib, err := c.Library()
		if err != nil {
			return err
		}
		limited, cancel := context.WithTimeout(ctx, secretLimit)
		defer cancel()
		h := c.history(lib)
		key, missing := h.Store.Get(limited, h.Key)
		signIns := c.oauth(lib)
		if err := c.setSetting("secrets", secrets.UseFile); err != nil {
			return err
		}
		if err := signIns.Move(limited, c.store()); err != nil {
			return err
		}
		if missing != nil {
			return c.history(lib).NewKey()
		}
		return secrets.Problem(c.store().Set(limited, h.Key, key))
	})
}

// SettingsState is the program's own choices, as they can be shown.
type SettingsState struct {
	Language  string
	Quiet     bool
	Autostart bool
	TextSize  int    // in percent
	InFile    bool   // keys lie in the encrypted file, not in the keychain
	Home      string // the folder with everything of ours
}

// settingsState reads them; what can't be read is as at first.
func (c *Companion) settingsState() SettingsState {
	s, _ := ReadSettings(c.home) // whoever needs it says what is wrong with it
	return SettingsState{Language: s.Language, Quiet: s.Quiet, Autostart: c.Autostart(), TextSize: s.Size(), InFile: s.Secrets == secrets.UseFile, Home: string(c.home)}
}

// SetLanguage chooses the language of what is started from now on, by its BCP 47
// tag; "" follows the system.
func (c *Companion) SetLanguage(ctx context.Context, tag string) error {
	return c.locked(ctx, func() error { return c.setSetting("language", tag) })
}

// Size is TextSize within what a window can be used at.
func (s Settings) Size() int {
	if s.TextSize == 0 {
		return 100
	}
	return min(max(s.TextSize, 50), 300)
}

// SetTextSize chooses how large a window that is opened from now on draws, in percent.
func (c *Companion) SetTextSize(ctx context.Context, percent int) error {
	return c.locked(ctx, func() error { return c.setSetting("textSize", percent) })
}

// SetQuiet has the tray notify of nothing, or again of what gets worse.
func (c *Companion) SetQuiet(ctx context.Context, quiet bool) error {
	return c.locked(ctx, func() error { return c.setSetting("quiet", quiet) })
}

// SetWelcomed has the page of the first start not come by itself any more.
func (c *Companion) SetWelcomed(ctx context.Context) error {
	return c.locked(ctx, func() error { return c.setSetting("welcomed", true) })
}

// IsFirstStart reports whether there is nothing of ours yet, and nobody has left the
// page of the first start for later.
func (c *Companion) IsFirstStart() bool {
	if _, err := os.Stat(c.home.Library()); err == nil {
		return false
	}
	s, err := ReadSettings(c.home)
	return err == nil && !s.Welcomed
}

func (c *Companion) setSetting(name string, value any) error {
	if err := c.home.Make(); err != nil {
		return err
	}
	change, d, err := configs.Read(c.home.Settings(), configs.JSON)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := d.Set(text, name); err != nil {
		return err
	}
	return files.WriteOwn(change.Path, d.Bytes())
}
