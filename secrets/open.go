package secrets

import (
	"fmt"
	"os"

	"mcp-companion/files"
)

// The two stores a user can choose, as settings.json and MCP_COMPANION_SECRETS
// spell them.
const (
	UseKeychain = "keychain"
	UseFile     = "file"
)

// Choice is the part of settings.json that says where secrets are kept.
type Choice struct {
	Secrets  string `json:"secrets,omitempty"`  // UseKeychain, UseFile, or none chosen yet: the keychain
	Identity string `json:"identity,omitempty"` // the encrypted file's key, where the user moved it
}

// Override returns MCP_COMPANION_SECRETS, which overrides the choice for one process.
func Override() string { return os.Getenv("MCP_COMPANION_SECRETS") }

// Open returns the chosen store. It touches nothing yet: whether a keychain is
// there shows at the first call.
func Open(home files.Home, c Choice) (Store, error) {
	use := c.Secrets
	if o := Override(); o != "" {
		use = o
	}
	switch use {
	case UseKeychain, "":
		return Keychain{}, nil
	case UseFile:
		id := c.Identity
		if id == "" {
			id = home.Identity()
		}
		return File{Path: home.SecretsFile(), Identity: id}, nil
	}
	return nil, fmt.Errorf("secrets are kept in %q: want %q or %q", use, UseKeychain, UseFile)
}
