package doctor

import (
	"fmt"

	"mcp-companion/servers"
)

// otherPort gives the server the next port that nobody has.
func otherPort(f fixing) (Fix, bool) {
	return f.edit("other-port", false, func(s *servers.Server) bool {
		now := portOf(s)
		if now == 0 || f.pc.Free == nil {
			return false
		}
		for port := now + 1; port < now+50 && port < 65536; port++ {
			if f.pc.Free(port) {
				forPort(s, func(string) string { return fmt.Sprint(port) })
				return true
			}
		}
		return false
	})
}

// whoHasPort is the command that tells; finding out needs more rights than ours.
func whoHasPort(f fixing) (Fix, bool) {
	port := f.with("Port")
	if port == "" {
		return Fix{}, false
	}
	command := "lsof -nP -iTCP:" + port + " -sTCP:LISTEN"
	if f.pc.OS == "windows" {
		command = "netstat -ano | findstr :" + port
	}
	return do("who-has-port", CopyText, command)
}

func copyReturn(f fixing) (Fix, bool) {
	address := f.with("Redirect")
	if address == "" {
		return Fix{}, false
	}
	return do("copy-return", CopyText, address)
}

func fileStore(fixing) (Fix, bool) { return do("file-store", ChooseFileStore, "") }

func keychainHelp(f fixing) (Fix, bool) {
	return f.settings("keychain-help", map[string]string{"linux": "https://wiki.archlinux.org/title/GNOME/Keyring"})
}
