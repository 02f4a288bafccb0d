package catalog

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Search lists the offers that fit every word of text, best first: by the title's
// beginning, its words, the publisher, the tags and the summary. Title and summary
// are found in the user's language and in English. No text is all of them.
func Search(text string) []*Offer {
	asked := wordsOf(text)
	if len(asked) == 0 {
		return All()
	}
	whole := strings.Join(asked, " ")
	type hit struct {
		offer *Offer
		score int
	}
	var hits []hit
	for _, o := range All() {
		if n := o.score(whole, asked); n > 0 {
			hits = append(hits, hit{o, n})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	var out []*Offer
	for _, h := range hits {
		out = append(out, h.offer)
	}
	return out
}

// score is how well an offer fits, 0 for not at all.
func (o *Offer) score(whole string, asked []string) int {
	total := 0
	for _, t := range []string{o.Title, o.english.title, o.ID} {
		switch title := strings.Join(wordsOf(t), " "); {
		case title == whole:
			total = 1000
		case strings.HasPrefix(title, whole):
			total = max(total, 500)
		}
	}
	for _, word := range asked {
		best, spaced := 0, isSpaced(word)
		for _, part := range []struct {
			text          string
			begins, whole int // for the beginning of a word, and for all of it
		}{
			{o.Title, 80, 100},
			{o.english.title, 80, 100},
			{o.ID, 70, 90},
			{o.Publisher.Name, 30, 40},
			{strings.Join(o.Tags, " "), 40, 60},
			{o.packages(), 30, 50},
			{o.Summary, 10, 20},
			{o.english.summary, 10, 20},
		} {
			for _, w := range wordsOf(part.text) {
				switch {
				case w == word && spaced:
					best = max(best, part.whole)
				case strings.HasPrefix(w, word) || !spaced && strings.Contains(w, word):
					best = max(best, part.begins)
				}
			}
		}
		if best == 0 {
			return 0
		}
		total += best
	}
	return total
}

func (o *Offer) packages() string {
	var all []string
	for _, p := range o.Options {
		if p.Package != nil {
			all = append(all, p.Package.Name)
		}
	}
	return strings.Join(all, " ")
}

// wordsOf is text in small letters, cut at what is neither letter nor digit.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// isSpaced reports whether a word's script puts blanks between words: Japanese and
// Chinese don't, so that a word of theirs may stand anywhere and has no beginning.
func isSpaced(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) })
}
