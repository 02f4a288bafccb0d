//go:build !windows

package companion

import "errors"

// The registry is Windows' alone.

func autostartIn(string) bool { return false }

func setAutostart(string, string, bool) error { return errors.ErrUnsupported }
