// Package words holds every sentence a user reads. The sentences themselves are
// in assets/translations, one file a language; here they are found, filled in
// and, for what went wrong, made into a Problem.
//
// Its rules: a sentence says what happened, why, and what to do next, in plain
// words (AI app, server, key, settings file, sign in); no sentence is
// built from pieces; technical text goes into a Problem's Err alone.
package words

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"sync"

	"mcp-companion/assets"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Translations are read at the first sentence: `run`, whose start is counted in
// milliseconds, says nothing when all is well.
var state struct {
	sync.Mutex
	langs  func() []string // nil for English alone
	tags   []string        // those of them that there are, and English
	bundle *i18n.Bundle
	say    *i18n.Localizer
}

// Use chooses the languages, best first, as BCP 47 tags ("de", "pt-BR").
// English is always the last resort. Safe from any goroutine.
func Use(tags ...string) { use(func() []string { return tags }) }

// UseChosen chooses the language that the user did, "" for none, and after it those
// of the account. These are asked for at the first sentence.
func UseChosen(tag string) {
	use(func() []string {
		if tag != "" {
			return append([]string{tag}, system()...)
		}
		return system()
	})
}

func use(langs func() []string) {
	state.Lock()
	defer state.Unlock()
	state.bundle, state.langs, state.say = nil, langs, nil
}

// Chosen lists the languages that sentences are said in, best first, as their files
// are named. English, "en", is always among them.
func Chosen() []string {
	_, tags := localizer()
	return slices.Clone(tags)
}

func localizer() (*i18n.Localizer, []string) {
	state.Lock()
	defer state.Unlock()
	if state.bundle == nil {
		var langs []string
		if state.langs != nil {
			langs = fitting(state.langs())
		}
		if !slices.Contains(langs, "en") {
			langs = append(langs, "en")
		}
		b := i18n.NewBundle(language.English)
		b.RegisterUnmarshalFunc("json", json.Unmarshal)
		for _, tag := range langs {
			if _, err := b.LoadMessageFileFS(assets.Translations, path.Join("translations", tag+".json")); err != nil {
				panic(err) // embedded: only a broken build has none
			}
		}
		state.bundle, state.say, state.tags = b, i18n.NewLocalizer(b, langs...), langs
	}
	return state.say, state.tags
}

// fitting are the languages that there are of those that are wanted: a language of
// another script doesn't fit.
func fitting(wanted []string) (list []string) {
	var have []language.Tag
	all := Languages()
	for _, l := range all {
		have = append(have, language.MustParse(l.Tag))
	}
	matcher := language.NewMatcher(have)
	for _, w := range wanted {
		tag, err := language.Parse(w)
		if err != nil {
			continue
		}
		_, i, sure := matcher.Match(tag)
		if sure >= language.High && !slices.Contains(list, all[i].Tag) {
			list = append(list, all[i].Tag)
		}
	}
	return list
}

// Language is one that all sentences are there in.
type Language struct{ Tag, Name string } // the name in the language itself

// Languages lists them, by tag.
func Languages() []Language {
	names := map[string]string{"de": "Deutsch", "en": "English", "es": "Español", "fr": "Français", "ja": "日本語", "zh-Hans": "简体中文"}
	var list []Language
	files, _ := assets.Translations.ReadDir("translations")
	for _, f := range files {
		tag := strings.TrimSuffix(f.Name(), ".json")
		if names[tag] != "" {
			list = append(list, Language{tag, names[tag]})
		}
	}
	return list
}

// Say returns the sentence with this id, its {{.Name}} filled from pairs of
// name and value: Say("set-on", "Set", "Research"). A sentence with plural
// forms takes its number from the pair named "Count". An unknown id comes back
// as it is; a test keeps that from happening.
func Say(id string, pairs ...any) string {
	if s, ok := find(id, pairs); ok {
		return s
	}
	return id
}

func find(id string, pairs []any) (string, bool) {
	data := make(map[string]any, len(pairs)/2) // none: a sentence may ask whether it has a name to fill in
	c := &i18n.LocalizeConfig{MessageID: id, TemplateData: data}
	for i := 0; i+1 < len(pairs); i += 2 {
		name := pairs[i].(string)
		data[name] = pairs[i+1]
		if name == "Count" {
			c.PluralCount = pairs[i+1]
		}
	}
	say, _ := localizer()
	s, err := say.Localize(c)
	return s, err == nil || s != "" // with an error and a sentence, it is English's
}
