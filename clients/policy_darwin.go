package clients

import (
	"os"
	"os/exec"
	"strings"
)

// policy reads a yes or no that an organisation has set for an app.
func policy(bundle, _, name string) (value, set bool) {
	file := "/Library/Managed Preferences/" + bundle
	if _, err := os.Stat(file + ".plist"); err != nil {
		return false, false
	}
	out, err := exec.Command("/usr/bin/defaults", "read", file, name).Output()
	text := strings.TrimSpace(string(out))
	return text != "0" && text != "false", err == nil
}
