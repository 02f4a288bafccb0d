package companion

import (
	"os"
	"testing"

	"mcp-companion/secrets"
	"mcp-companion/words"
)

// At a first start there is no library yet whose id the history's key could stand
// under: what is taken over after the file was chosen can still be taken back.
func TestTheFileStoreIsChosenBeforeThereIsALibrary(t *testing.T) {
	d := newDesk(t)
	os.WriteFile(d.code, []byte(`{"mcpServers": {"github": `+githubEntry+`}}`), 0o600)
	before := text(t, d.code)
	d.Companion.open = func() (secrets.Store, error) {
		s, err := ReadSettings(d.Home())
		if err != nil || s.Secrets == "" {
			return secrets.Broken{Err: secrets.ErrUnavailable}, err
		}
		return secrets.Open(d.Home(), s.Choice)
	}
	inv, _ := d.Inventory(t.Context())
	if _, err := d.ProposeTakeOver(t.Context(), inv.Everything()); !words.Has(err, words.KeychainAbsent) {
		t.Fatal(err)
	}
	if err := d.UseFileStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := d.ProposeTakeOver(t.Context(), inv.Everything())
	r := d.must(t, p, err)
	if found := d.holding(t, []string{"ghp_0123456789abcdefghij"}); len(found) > 0 {
		t.Errorf("a key stands in %q", found)
	}
	if _, err := d.Undo(t.Context(), r.ID); err != nil || text(t, d.code) != before {
		t.Errorf("%v\n%s", err, text(t, d.code))
	}
}
