package words

import (
	"slices"
	"testing"
)

func TestTheEnvironmentNamesLanguagesAsGettextReadsIt(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
		ok   bool
	}{
		"nothing":            {nil, nil, false},
		"one":                {map[string]string{"LANG": "de_DE.UTF-8"}, []string{"de-DE"}, true},
		"with a modifier":    {map[string]string{"LANG": "de_AT@euro"}, []string{"de-AT"}, true},
		"the first counts":   {map[string]string{"LC_ALL": "fr_FR", "LC_MESSAGES": "es", "LANG": "de"}, []string{"fr-FR"}, true},
		"messages":           {map[string]string{"LC_MESSAGES": "es", "LANG": "de"}, []string{"es"}, true},
		"a list":             {map[string]string{"LANGUAGE": "fr:ja:", "LANG": "de_DE.UTF-8"}, []string{"fr", "ja", "de-DE"}, true},
		"C":                  {map[string]string{"LC_ALL": "C.UTF-8", "LANGUAGE": "fr", "LANG": "de"}, nil, true},
		"POSIX":              {map[string]string{"LANG": "POSIX"}, nil, true},
		"a list of no place": {map[string]string{"LANGUAGE": "fr"}, nil, false},
	} {
		tags, ok := ofEnvironment(func(name string) string { return c.env[name] })
		if !slices.Equal(tags, c.want) || ok != c.ok {
			t.Errorf("%s: got %q, %v", name, tags, ok)
		}
	}
}

func TestTheChosenLanguageComesBeforeTheAccounts(t *testing.T) {
	t.Cleanup(func() { Use() })
	for _, v := range []string{"LC_ALL", "LC_MESSAGES", "LANGUAGE"} {
		t.Setenv(v, "")
	}
	t.Setenv("LANG", "de_DE.UTF-8")
	for chosen, want := range map[string]string{"": "Abbrechen", "fr": "Annuler", "en": "Cancel", "xx": "Abbrechen"} {
		if UseChosen(chosen); Say("app.cancel") != want {
			t.Errorf("%q: %s", chosen, Say("app.cancel"))
		}
	}
}
