package catalog

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mcp-companion/assets"
	"mcp-companion/servers"
	"mcp-companion/words"

	"github.com/google/jsonschema-go/jsonschema"
)

func TestTheCatalogueIsWhatItsSchemaSays(t *testing.T) {
	data, err := os.ReadFile("../../assets/catalog.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if err := json.Unmarshal([]byte(assets.Catalog), &value); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(value); err != nil {
		t.Error(err)
	}
	value["servers"].([]any)[0].(map[string]any)["surprise"] = true
	if resolved.Validate(value) == nil {
		t.Error("the schema takes anything")
	}
}

// samples are values that every kind of field takes.
func sample(f Field) []string {
	switch {
	case f.Kind == Choice:
		return []string{f.Choices[0].Value}
	case f.Kind == YesNo:
		return []string{"true"}
	case f.Kind == Number:
		return []string{"1024"}
	case f.Kind == Address:
		return []string{"https://team.example.com/"}
	case f.Multiple:
		return []string{"/a/folder with blanks", "/another"}
	case f.Kind == Folder || f.Kind == File:
		return []string{"/a/place"}
	case f.Kind == Secret:
		return []string{"sample-key-" + f.ID}
	case f.Default != "":
		return []string{f.Default}
	case strings.Contains(f.Placeholder, "/"):
		return []string{f.Placeholder}
	case f.ID == "region":
		return []string{"eu-west-1"}
	}
	return []string{"sample1"}
}

func samples(p *Option) map[string][]string {
	values := map[string][]string{}
	for _, f := range p.Fields {
		values[f.ID] = sample(f)
	}
	return values
}

func TestEveryOptionBuildsOnEverySystemWithoutAKeyInSight(t *testing.T) {
	for _, o := range load().Offers {
		for i := range o.Options {
			p := &o.Options[i]
			for _, system := range []string{"windows", "darwin", "macos", "linux"} {
				at := o.ID + "/" + p.ID + " on " + system
				s, keys, err := p.Build(system, samples(p))
				if err != nil {
					t.Errorf("%s: %v", at, err)
					continue
				}
				text, _ := json.Marshal(s)
				if strings.Contains(string(text), "sample-key-") {
					t.Errorf("%s: holds a key: %s", at, text)
				}
				if visible := strings.Join(s.Args, " ") + s.URL + s.Command; strings.Contains(visible, "${") {
					t.Errorf("%s: left something to fill in, or refers to a key: %s", at, visible)
				}
				for _, id := range s.SecretIDs() {
					if keys[id] == "" {
						t.Errorf("%s: refers to %s, which has no value", at, id)
					}
				}
				for _, f := range p.Fields {
					if f.Kind == Secret && f.OAuthClient == "" && keys[f.ID] == "" {
						t.Errorf("%s: %s goes nowhere", at, f.ID)
					}
				}
			}
		}
	}
}

func TestEveryFieldIsUsedAndEveryNameKnown(t *testing.T) {
	for _, o := range load().Offers {
		for i := range o.Options {
			p := &o.Options[i]
			raw, _ := json.Marshal([]any{p.Launch, p.Overrides, p.URL, p.Query, p.Headers, p.Env})
			for _, f := range p.Fields {
				used := strings.Contains(string(raw), "${"+f.ID+"}") || f.OAuthClient != "" ||
					slices.ContainsFunc(p.Launch.Args, func(a Arg) bool { return a.When == f.ID || a.Each == f.ID })
				if !used {
					t.Errorf("%s/%s: field %s is not used", o.ID, p.ID, f.ID)
				}
				for _, rule := range []string{f.Pattern, f.LooksLike} {
					if _, err := regexp.Compile(rule); err != nil {
						t.Errorf("%s/%s: %s: %v", o.ID, p.ID, f.ID, err)
					}
				}
				if f.Default != "" && f.Check(f.Default) != nil {
					t.Errorf("%s/%s: %s: its default can't be: %v", o.ID, p.ID, f.ID, f.Check(f.Default))
				}
			}
			for _, m := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(string(raw), -1) {
				if m[1] != "item" && m[1] != "package" && p.Field(m[1]) == nil {
					t.Errorf("%s/%s: %s is no field", o.ID, p.ID, m[1])
				}
			}
			for _, a := range p.Launch.Args {
				m := regexp.MustCompile(`\$\{(\w+)\}`).FindStringSubmatch(a.Text)
				if m != nil && m[1] != "package" && !p.Field(m[1]).Required && p.Field(m[1]).Default == "" {
					t.Errorf("%s/%s: %q may be empty and has no guard", o.ID, p.ID, a.Text)
				}
			}
		}
	}
}

func TestIdsAreUniqueAndNamesWork(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range load().Offers {
		if seen[o.ID] {
			t.Errorf("%s twice", o.ID)
		}
		seen[o.ID] = true
		if err := servers.CheckName(o.ProposedName()); err != nil {
			t.Error(err)
		}
		recommended, ids := 0, map[string]bool{}
		for _, p := range o.Options {
			if ids[p.ID] {
				t.Errorf("%s/%s twice", o.ID, p.ID)
			}
			ids[p.ID] = true
			if p.Recommended {
				recommended++
			}
			fields := map[string]bool{}
			for _, f := range p.Fields {
				if fields[f.ID] {
					t.Errorf("%s/%s: field %s twice", o.ID, p.ID, f.ID)
				}
				fields[f.ID] = true
			}
		}
		if recommended != 1 && !o.IsArchived() {
			t.Errorf("%s recommends %d options", o.ID, recommended)
		}
		if !slices.ContainsFunc(load().Categories, func(c Category) bool { return c.ID == o.Category }) {
			t.Errorf("%s: no category %s", o.ID, o.Category)
		}
		for _, id := range o.Status.ReplacedBy {
			if Find(id) == nil || Find(id).IsArchived() {
				t.Errorf("%s is replaced by %s", o.ID, id)
			}
		}
	}
	for _, set := range Sets() {
		for _, id := range set.Servers {
			if o := Find(id); o == nil || o.IsArchived() {
				t.Errorf("set %s has %s", set.ID, id)
			}
		}
	}
	if n := len(All()); n < 70 || len(Categories()) < 8 {
		t.Errorf("only %d offers", n)
	}
	if Find("nothing") != nil || Find("puppeteer") == nil || slices.Contains(All(), Find("puppeteer")) {
		t.Error("archived offers are to be found, and not to be added")
	}
}

func TestEveryBadgeHasWords(t *testing.T) {
	for _, b := range []Badge{Ready, Fill, SignIn, NeedsKey, NeedsProgram, SignInThere, ForAdmins} {
		if b.Say() == "offer.badge."+string(b) {
			t.Errorf("badge %s has no words", b)
		}
	}
}

func TestBadgesSayWhatItTakes(t *testing.T) {
	for at, want := range map[string]Badge{
		"time/local": Ready, "filesystem/local": Fill, "notion/remote": SignIn, "notion/local": NeedsKey, "github/remote-token": NeedsKey,
		"github/binary": NeedsProgram, "github/remote-login": ForAdmins, "figma/remote": SignInThere, "azure/local": NeedsProgram, "context7/remote": Ready,
	} {
		id, option, _ := strings.Cut(at, "/")
		o := Find(id)
		if p := o.Option(option); p == nil || p.Badge() != want {
			t.Errorf("%s: want %s: %+v", at, want, p)
		}
	}
}

func TestNobodyKnowsYetWhatAnAddressAsks(t *testing.T) {
	if b := (&Option{URL: "https://h/mcp"}).Badge(); b != "" || b.Say() != "" {
		t.Errorf("%q says %q", b, b.Say())
	}
}

func TestSearchPutsTheBestFirst(t *testing.T) {
	for text, want := range map[string]string{
		"git": "git", "github": "github", "GitHub": "github", "notion": "notion", "postgres": "postgres-mcp", "files": "filesystem", "wiki": "notion",
		"web page": "fetch", "brave": "brave-search", "Kubernetes pods": "kubernetes", "microsoft learn": "microsoft-learn", "@notionhq/notion-mcp-server": "notion", "sla": "slack",
	} {
		found := Search(text)
		if len(found) == 0 || found[0].ID != want {
			var ids []string
			for _, o := range found {
				ids = append(ids, o.ID)
			}
			t.Errorf("%q: %v, want %s", text, ids, want)
		}
	}
	if n := len(Search("  ")); n != len(All()) {
		t.Errorf("no text finds %d", n)
	}
	if found := Search("zzzz"); len(found) != 0 {
		t.Errorf("nonsense finds %s", found[0].ID)
	}
	if found := Search("puppeteer"); len(found) > 0 && found[0].IsArchived() {
		t.Error("an archived server is offered")
	}
}

func TestFieldsAreChecked(t *testing.T) {
	five := 5.0
	for name, c := range map[string]struct {
		field Field
		value string
		code  words.Code // "" for fine
	}{
		"empty":           {Field{Kind: Number}, "", ""},
		"number":          {Field{Kind: Number, Min: &five}, "5", ""},
		"too small":       {Field{Kind: Number, Min: &five}, "4", words.ValueNumber},
		"too large":       {Field{Kind: Number, Max: &five}, "5.1", words.ValueNumber},
		"no number":       {Field{Kind: Number}, "five", words.ValueNumber},
		"not a number":    {Field{Kind: Number}, "NaN", words.ValueNumber},
		"endless":         {Field{Kind: Number}, "Inf", words.ValueNumber},
		"yes":             {Field{Kind: YesNo}, "true", ""},
		"maybe":           {Field{Kind: YesNo}, "maybe", words.ValueBad},
		"chosen":          {Field{Kind: Choice, Choices: []Selection{{"a", "A"}}}, "a", ""},
		"not a choice":    {Field{Kind: Choice, Choices: []Selection{{"a", "A"}}}, "b", words.ValueChoice},
		"address":         {Field{Kind: Address}, " https://h/x ", ""},
		"half an address": {Field{Kind: Address}, "example.com", words.ValueAddress},
		"other scheme":    {Field{Kind: Address}, "ftp://h", words.ValueAddress},
		"folder":          {Field{Kind: Folder}, "/a", ""},
		"windows folder":  {Field{Kind: Folder}, `C:\a`, ""},
		"share":           {Field{Kind: Folder}, `\\host\a`, ""},
		"quoted folder":   {Field{Kind: Folder}, `"/a b"`, ""},
		"half a path":     {Field{Kind: Folder}, "a/b", words.PathRelative},
		"home's short":    {Field{Kind: File}, "~/a", words.PathRelative},
		"pattern":         {Field{Kind: Text, Pattern: "^[a-z]+$"}, "abc", ""},
		"not the pattern": {Field{Kind: Text, Pattern: "^[a-z]+$"}, "ABC", words.ValueShape},
		"two lines":       {Field{Kind: Text}, "a\nb", words.ValueShape},
		"a long key":      {Field{Kind: Secret}, "-----BEGIN\nx", ""},
		"another's key":   {Field{Kind: Text}, "x${secret:abc}", words.ValueShape},
		"nothing":         {Field{Kind: Secret}, "a\x00b", words.ValueShape},
	} {
		c.field.Label = "Thing"
		err := c.field.Check(c.value)
		if (c.code == "") != (err == nil) || err != nil && !words.Has(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
		if p := words.For(err); p != nil && (p.Title == "" || p.Do == "" || strings.Contains(p.Error(), "no value")) {
			t.Errorf("%s: %q", name, p.Error())
		}
		if c.field.Kind == Secret && err != nil && strings.Contains(err.Error(), "a\x00") {
			t.Errorf("%s: tells the secret", name)
		}
	}
}

func TestWhatIsOddIsSaidAndAllowed(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		field Field
		value string
		warns bool
	}{
		"key":                {Field{Kind: Secret, LooksLike: "^ghp_"}, "ghp_1", false},
		"other key":          {Field{Kind: Secret, LooksLike: "^ghp_"}, "abc", true},
		"folder":             {Field{Kind: Folder}, dir, false},
		"no folder":          {Field{Kind: Folder}, dir + "/none", true},
		"folder without git": {Field{Kind: Folder, MustContain: ".git"}, dir, true},
		"file":               {Field{Kind: File}, dir + "/none", true},
		"new file":           {Field{Kind: File, SaveAs: true}, dir + "/none", false},
		"ending":             {Field{Kind: File, SaveAs: true, Extensions: []string{"db"}}, dir + "/a.txt", true},
		"right ending":       {Field{Kind: File, SaveAs: true, Extensions: []string{"db"}}, dir + "/a.DB", false},
		"open address":       {Field{Kind: Address}, "http://h.example", true},
		"own address":        {Field{Kind: Address}, "http://localhost:3000", false},
		"empty":              {Field{Kind: Folder}, "", false},
	} {
		c.field.Label = "Thing"
		if w := c.field.Warn(c.value); (w != "") != c.warns || strings.HasPrefix(w, "offer.") {
			t.Errorf("%s: %q", name, w)
		}
	}
}

func TestCopiedValuesAreCleaned(t *testing.T) {
	for in, want := range map[string]string{" \"ghp_1\"\n": "ghp_1", "`a`": "a", "\u201cb\u201d": "b", `"`: `"`, `""`: "", "'\"c\"'": "c"} {
		if got := (&Field{Kind: Secret}).Clean(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := (&Field{Kind: Text}).Clean(` "x" `); got != `"x"` {
		t.Errorf("a text lost its quotes: %q", got)
	}
}

func TestWhatIsGivenNeverPrints(t *testing.T) {
	f := Field{ID: "token", Given: Given{"ghp_secret"}}
	data, err := json.Marshal(f)
	for _, text := range []string{sprint("%v", f), sprint("%+v", f), sprint("%#v", f), sprint("%s", f.Given), sprint("%q", f.Given), string(data)} {
		if err != nil || strings.Contains(text, "ghp_") {
			t.Errorf("%s %v", text, err)
		}
	}
}
