package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"mcp-companion/assets"
)

func messages(t *testing.T, lang string) map[string]any {
	t.Helper()
	data, err := assets.Translations.ReadFile("translations/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Every id that the code says is in the file, and every Code has its title and
// what to do.
func TestEverySentenceExists(t *testing.T) {
	english := messages(t, "en")
	codes, ids := map[string]bool{}, map[string]string{}
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && (strings.HasPrefix(e.Name(), ".") && e.Name() != "..") {
			if e != nil && e.IsDir() {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if isSay(n.Fun) && len(n.Args) > 0 {
					if l, ok := n.Args[0].(*ast.BasicLit); ok {
						id, _ := strconv.Unquote(l.Value)
						ids[id] = path
					}
				}
			case *ast.ValueSpec:
				if x, ok := n.Type.(*ast.Ident); ok && x.Name == "Code" && len(n.Values) == 1 {
					if l, ok := n.Values[0].(*ast.BasicLit); ok {
						code, _ := strconv.Unquote(l.Value)
						codes[code] = true
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(codes) < 30 || len(ids) < 4 {
		t.Fatalf("found only %d codes and %d ids", len(codes), len(ids))
	}
	for id, path := range ids {
		if _, ok := english[id]; !ok {
			t.Errorf("%s says %q, which no file has", path, id)
		}
	}
	for code := range codes {
		for _, part := range []string{".title", ".do"} {
			if _, ok := english["problem."+code+part]; !ok && !(code == string(NoTray) && part == ".do") {
				t.Errorf("problem %s has no %s", code, part)
			}
		}
	}
	for id := range english {
		if rest, ok := strings.CutPrefix(id, "problem."); ok && !codes[rest[:strings.LastIndexByte(rest, '.')]] {
			t.Errorf("%s is no code's", id)
		}
	}
}

func isSay(f ast.Expr) bool {
	s, ok := f.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Say" {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == "words"
}

// A sentence in another language fills in what English does.
func TestTranslationsFillInTheSameNames(t *testing.T) {
	english := messages(t, "en")
	names := regexp.MustCompile(`\{\{\.\w+\}\}`)
	for _, l := range Languages() {
		for id, m := range messages(t, l.Tag) {
			want := map[string]bool{}
			for _, n := range names.FindAllString(fmt.Sprint(english[id]), -1) {
				want[n] = true
			}
			for _, n := range names.FindAllString(fmt.Sprint(m), -1) {
				if !want[n] {
					t.Errorf("%s: %s: %s is not in English", l.Tag, id, n)
				}
			}
		}
	}
}

func TestProblemSaysWhatAndWhatToDoAndKeepsItsCause(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("wrapped: %w", New(KeyMissing, cause, "Name", "github", "Key", "TOKEN"))
	if !Has(err, KeyMissing) || Has(err, KeyUnknown) || !errors.Is(err, cause) {
		t.Error("lost its code or its cause")
	}
	p := For(err)
	if p.Title != "github needs its key TOKEN." || !strings.Contains(p.Do, "secret set github TOKEN") || strings.Contains(p.Error(), "{{") {
		t.Errorf("%+v", p)
	}
	if p := For(cause); p.Code != Unknown || !strings.Contains(p.Detail, "cause") {
		t.Errorf("%+v", p)
	}
	if For(nil) != nil {
		t.Error("nil is a problem")
	}
}

func TestProblemSurvivesAFile(t *testing.T) {
	before := New(KeyMissing, errors.New("cause"), "Name", "github", "Key", "TOKEN")
	data, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var after *Problem
	if err := json.Unmarshal(data, &after); err != nil || after.Error() != before.Error() || after.Err.Error() != "cause" || !Has(after, KeyMissing) {
		t.Errorf("%v: %s became %v", err, data, after)
	}
}

func TestProblemTellsWhatFillsIt(t *testing.T) {
	p := New(KeyMissing, nil, "Name", "github", "Port", 8000)
	if p.With("Name") != "github" || p.With("Port") != 8000 || p.With("Key") != nil || strings.Join(p.Names(), " ") != "Name Port" {
		t.Errorf("%v %v", p.With("Name"), p.Names())
	}
}

// Many a Problem is made where not all is known that its sentences could say.
func TestAProblemMakesSenseWithoutNames(t *testing.T) {
	for _, code := range []Code{KeyMissing, FolderMissing, NoPermission, ClosedEarly, NodeOld, Certificate} {
		if p := New(code, nil); strings.Contains(p.Error(), "<no value>") || strings.Contains(p.Error(), "  ") {
			t.Errorf("%s", p.Error())
		}
	}
}

func TestUnknownLanguageIsEnglish(t *testing.T) {
	Use("xx", "tlh-Latn")
	defer Use()
	if s := Say("field.url"); s != "The address" {
		t.Error(s)
	}
}

// Every language has every sentence, in each form that its numbers take (CLDR), and
// asks for no other name than English does.
func TestEveryLanguageIsWhole(t *testing.T) {
	forms := map[string][]string{
		"de": {"one", "other"}, "en": {"one", "other"}, "es": {"many", "one", "other"}, "fr": {"many", "one", "other"}, "ja": {"other"}, "zh-Hans": {"other"},
	}
	english := messages(t, "en")
	for _, l := range Languages() {
		have := messages(t, l.Tag)
		for id, m := range english {
			text, ok := have[id]
			if !ok {
				t.Errorf("%s lacks %s", l.Tag, id)
				continue
			}
			numbers, isNumbers := text.(map[string]any)
			if _, want := m.(map[string]any); want != isNumbers {
				t.Errorf("%s: %s: a number's forms, or none", l.Tag, id)
			}
			if isNumbers && !slices.Equal(slices.Sorted(maps.Keys(numbers)), forms[l.Tag]) {
				t.Errorf("%s: %s has the forms %q", l.Tag, id, slices.Sorted(maps.Keys(numbers)))
			}
			all := []any{text}
			if isNumbers {
				all = slices.Collect(maps.Values(numbers))
			}
			for _, x := range all {
				if _, err := template.New(id).Parse(x.(string)); err != nil || strings.TrimSpace(x.(string)) == "" {
					t.Errorf("%s: %s: %v", l.Tag, id, err)
				}
			}
		}
		for id := range have {
			if _, ok := english[id]; !ok {
				t.Errorf("%s has %s, which nobody says", l.Tag, id)
			}
		}
	}
}

func TestTheWantedLanguageIsSpoken(t *testing.T) {
	t.Cleanup(func() { Use() })
	for tags, want := range map[string]string{
		"de-AT": "Abbrechen", "ja-JP": "キャンセル", "zh-CN": "取消", "en-GB": "Cancel", "xx": "Cancel", "zh-TW": "Cancel", "": "Cancel", "pt-BR": "Cancel",
	} {
		if Use(tags); Say("app.cancel") != want {
			t.Errorf("%s: %q", tags, Say("app.cancel"))
		}
	}
}

func TestChosenNamesTheLanguagesThatThereAre(t *testing.T) {
	t.Cleanup(func() { Use() })
	for tags, want := range map[string]string{"": "en", "de-AT": "de en", "xx fr-CA zh-TW de": "fr de en", "en-GB es": "en es"} {
		if Use(strings.Fields(tags)...); strings.Join(Chosen(), " ") != want {
			t.Errorf("%s: %q", tags, Chosen())
		}
	}
}
