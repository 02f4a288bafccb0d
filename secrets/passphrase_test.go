package secrets

import (
	"bytes"
	"errors"
	"testing"
)

func TestASealedTextIsOpenedByItsPassphraseAlone(t *testing.T) {
	plain := []byte("a text with a key: hunter2")
	sealed, err := Seal(plain, New("pass phrase"), 6)
	if err != nil || bytes.Contains(sealed, []byte("hunter2")) {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		pass string
		most int
		want error
	}{
		"right":         {sealed, "pass phrase", 100, nil},
		"wrong":         {sealed, "Pass phrase", 100, ErrPassphrase},
		"none":          {sealed, "", 100, ErrPassphrase},
		"too long":      {sealed, "pass phrase", 5, ErrDamaged},
		"cut":           {sealed[:len(sealed)-1], "pass phrase", 100, ErrDamaged},
		"nothing":       {nil, "pass phrase", 100, ErrDamaged},
		"another key's": {[]byte("age-encryption.org/v1\n-> X25519 AAAA\n"), "pass phrase", 100, ErrDamaged},
		"too much work": {bytes.Replace(sealed, []byte(" 6\n"), []byte(" 22\n"), 1), "pass phrase", 100, ErrDamaged},
	} {
		got, err := Unseal(c.data, New(c.pass), c.most)
		if !errors.Is(err, c.want) || c.want == nil && !bytes.Equal(got, plain) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
