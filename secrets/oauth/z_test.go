package oauth

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// The last word: of all that was issued in these tests, nothing is in a file below
// a home, in an error, a problem, a grant, a step or a page. Each test has searched
// what it left; here it is seen that they did, and that a leak would be found.
func TestZNothingSecretIsLeftAnywhere(t *testing.T) {
	issued.Lock()
	values, searched, texts := len(issued.values), issued.files, issued.texts
	issued.Unlock()
	t.Logf("%d secrets, searched for in %d files and %d texts", values, searched, texts)
	if all := flag.Lookup("test.run").Value.String() == ""; all && (values < 200 || searched < 200 || texts < 500) {
		t.Error("the tests did not search")
	}
	w := newWorld(t)
	g := w.mustSignIn()
	kept := w.kept(g)
	w.c.Store = fileStore(w.c.Home)
	if err := w.c.keepTokens(t.Context(), g.ID, kept); err != nil {
		t.Fatal(err)
	}
	issued.Lock()
	defer issued.Unlock()
	if leakIn("x "+kept.Access) == "" || leakIn("x "+kept.Refresh) == "" {
		t.Error("a leak would not be found")
	}
	found := 0
	filepath.WalkDir(string(w.c.Home), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		data, err := os.ReadFile(path)
		if err != nil || bytes.Contains(data, []byte(kept.Access)) || bytes.Contains(data, []byte(kept.Refresh)) {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if found < 4 { // grant, registration, locks, secrets
		t.Errorf("found only %d files", found)
	}
	for _, v := range []any{kept, answer{access: kept.Access}, login{verifier: kept.Access}, w.r} {
		if text := fmt.Sprintf("%v %+v", v, v); leakIn(text) != "" {
			t.Errorf("prints itself: %T", v)
		}
	}
}
