package configs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
)

// Patch is what a Change did to the bytes: at offset At, Old became New. It is
// kept to take the Change back without a copy of the whole file.
type Patch struct {
	At  int    `json:"at"`
	Old []byte `json:"old,omitempty"`
	New []byte `json:"new,omitempty"`
}

// Patch is the smallest single span that makes After of Before.
func (c *Change) Patch() Patch {
	a, b := c.Before, c.After
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	n := 0
	for n < len(a)-at && n < len(b)-at && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return Patch{at, a[at : len(a)-n], b[at : len(b)-n]}
}

// Back makes Before of after, which the caller knows by its hash.
func (p Patch) Back(after []byte) ([]byte, error) {
	if p.At < 0 || p.At+len(p.New) > len(after) || !slices.Equal(after[p.At:p.At+len(p.New)], p.New) {
		return nil, errors.New("the record does not fit the file")
	}
	return slices.Concat(after[:p.At], p.Old, after[p.At+len(p.New):]), nil
}

// Hash names bytes: SHA-256 in hexadecimal; "" for a file that is not there.
func Hash(data []byte, exists bool) string {
	if !exists {
		return ""
	}
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}
