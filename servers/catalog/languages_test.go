package catalog

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mcp-companion/assets"
	"mcp-companion/words"
)

// same are the texts that another language says as English does: names of products
// everywhere (""), and what happens to be the same word.
var same = map[string]string{
	"": `Airtable, Asana, Azure, Azure DevOps, Box, Brave Search, Canva, ClickHouse, ClickUp, Cloudflare, DeepWiki, Desktop Commander, Elasticsearch,
		ElevenLabs, Exa, Firebase, Firecrawl, Firefox, GitHub, GitLab, Gmail, Google BigQuery, Google Chrome, Grafana, HubSpot, Hugging Face, Intercom,
		Kubernetes, Linear, Microsoft Edge, Miro, MongoDB, MySQL, Neon, Netlify, Notion, Obsidian, PayPal, Perplexity, PostgreSQL Pro, Redis, Sentry, Slack,
		Stripe, Supabase, Tavily, Terraform, Todoist, Vercel, Zapier, monday.com, Drive, Figma (Framelink)`,
	"de": "Browser, Chat, Docs, In Supabase: Project settings > General., Port, Region, Tasks",
	"es": "Chat",
	"fr": "Chat, Communication, Contacts, Docs, Forms, Port, Sheets, Slides, Tasks",
}

func isSame(tag, text string) bool {
	all := strings.FieldsFunc(same[""]+","+same[tag], func(r rune) bool { return strings.ContainsRune(",\n\t", r) })
	return slices.ContainsFunc(all, func(s string) bool { return strings.TrimSpace(s) == text })
}

// english are the catalogue's texts, each once.
func english() map[string]bool {
	all := map[string]bool{}
	read("en").texts(func(text *string) { all[*text] = true })
	return all
}

func TestEveryTextIsInEveryLanguage(t *testing.T) {
	texts := english()
	if len(texts) < 400 {
		t.Fatalf("only %d texts", len(texts))
	}
	for _, l := range words.Languages() {
		if l.Tag == "en" {
			continue
		}
		translated := translation(l.Tag)
		for text := range texts {
			switch other, ok := translated[text]; {
			case !ok:
				t.Errorf("%s lacks %q", l.Tag, text)
			case strings.TrimSpace(other) == "" || strings.TrimSpace(other) != other:
				t.Errorf("%s: %q is %q", l.Tag, text, other)
			case other == text && !isSame(l.Tag, text):
				t.Errorf("%s: %q is left in English", l.Tag, text)
			}
		}
		for text := range translated {
			if !texts[text] {
				t.Errorf("%s has %q, which the catalogue does not say", l.Tag, text)
			}
		}
	}
}

// What must be typed or found as it is written stays so: addresses, versions,
// beginnings of keys, names of programs and what stands on a service's page.
func TestTranslationsKeepWhatIsNoWord(t *testing.T) {
	kept := regexp.MustCompile(`\w+://[\w:@/.]*\w|[\w-]+\.[\w.-]+\.\w+|/workdir|xox[pb]-|rk_|\b[A-Z][A-Z_]{9,}\b|\b[a-z]+\.[a-z]+:[a-z]+|\b\d+(\.\d+)?\b|\b(?:MCP|API|REST|DNS|OAuth|Chrome|Docker|Python|Google|GitHub|Slack)\b`)
	for _, l := range words.Languages() {
		if l.Tag == "en" {
			continue
		}
		for text, other := range translation(l.Tag) {
			for _, want := range kept.FindAllString(text, -1) {
				if !strings.Contains(other, want) {
					t.Errorf("%s: %q lost %s: %q", l.Tag, text, want, other)
				}
			}
			if strings.Contains(other, "{{") || strings.Count(text, "%") != strings.Count(other, "%") || strings.ContainsAny(other, "\t\n\r\u200b\ufeff\ufffd") {
				t.Errorf("%s: %q", l.Tag, other)
			}
		}
	}
}

// A text that names a switch or a choice says it as the form does.
func TestTranslationsNameTheSameChoices(t *testing.T) {
	texts := english()
	for _, l := range words.Languages() {
		if l.Tag == "en" {
			continue
		}
		translated := translation(l.Tag)
		for text, other := range translated {
			for _, m := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(text, -1) {
				if name := m[1]; texts[name] && !strings.Contains(other, translated[name]) {
					t.Errorf("%s: %q does not say %q", l.Tag, other, translated[name])
				}
			}
		}
	}
}

// Files are compared by eye: sorted, and written one way.
func TestTranslationsAreSorted(t *testing.T) {
	for _, l := range words.Languages() {
		if l.Tag == "en" {
			continue
		}
		data, err := assets.CatalogTranslations.ReadFile("translations/catalog/" + l.Tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, m := range regexp.MustCompile(`(?m)^  ("(?:[^"\\]|\\.)*"): `).FindAllSubmatch(data, -1) {
			var key string
			if err := json.Unmarshal(m[1], &key); err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
		if want := slices.Sorted(maps.Keys(translation(l.Tag))); !slices.Equal(keys, want) {
			t.Errorf("%s is not sorted, or has a text twice", l.Tag)
		}
	}
}

func TestTheCatalogueSpeaksTheUsersLanguage(t *testing.T) {
	t.Cleanup(func() { words.Use() })
	for tag, want := range map[string][2]string{
		"de-AT": {"Dateien auf diesem Computer", "Im Alltag"}, "zh-CN": {"这台电脑上的文件", "日常工作"}, "": {"Files on this computer", "Everyday work"}, "xx": {"Files on this computer", "Everyday work"},
	} {
		words.Use(tag)
		var title string
		for _, c := range Categories() {
			if c.ID == "productivity" {
				title = c.Title
			}
		}
		if o := All()[0]; o.Title != want[0] || title != want[1] || o != Find("filesystem") {
			t.Errorf("%q: %s, %s", tag, o.Title, title)
		}
	}
}

func TestSearchKnowsTheUsersLanguageAndEnglish(t *testing.T) {
	t.Cleanup(func() { words.Use() })
	for tag, found := range map[string]map[string]string{
		"de": {"Dateien": "filesystem", "files on this": "filesystem", "Webseiten": "fetch", "web page": "fetch", "pull requests": "github", "uhr": "time", "clock": "time", "notion": "notion"},
		"fr": {"fichiers": "filesystem", "fuseaux": "time", "time zones": "time", "version control": "git"},
		"es": {"archivos": "filesystem", "hojas": "google-workspace", "sheets": "google-workspace"},
		"ja": {"ファイル": "filesystem", "ブラウザ": "playwright", "タイムゾーン": "time", "time": "time"},
		"zh": {"文件": "filesystem", "时区": "time", "浏览器": "playwright", "browser": "playwright"},
	} {
		words.Use(tag)
		for text, want := range found {
			if list := Search(text); len(list) == 0 || list[0].ID != want {
				t.Errorf("%s: %q finds %d, not %s first", tag, text, len(list), want)
			}
		}
		if len(Search("zzzz")) != 0 {
			t.Errorf("%s: nonsense finds something", tag)
		}
	}
}
