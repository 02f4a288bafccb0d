//go:build windows || darwin

package words

import "github.com/jeandeaual/go-locale"

// ofSystem asks the system; programs started by the desktop have no LANG there.
func ofSystem() []string {
	tags, err := locale.GetLocales()
	if err != nil {
		return nil
	}
	return tags
}
