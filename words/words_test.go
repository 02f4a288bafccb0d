package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

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
	list, err := os.ReadDir("../assets/translations")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		for id, m := range messages(t, strings.TrimSuffix(f.Name(), ".json")) {
			want := map[string]bool{}
			for _, n := range names.FindAllString(fmt.Sprint(english[id]), -1) {
				want[n] = true
			}
			for _, n := range names.FindAllString(fmt.Sprint(m), -1) {
				if !want[n] {
					t.Errorf("%s: %s: %s is not in English", f.Name(), id, n)
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
