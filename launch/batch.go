package launch

import (
	"errors"
	"strings"
	"unicode"
)

var errBatchText = errors.New("a line break can't be handed to a batch file")

// isBatch reports whether Windows starts path through cmd.exe, as npx.cmd.
func isBatch(path string) bool {
	path = strings.ToLower(path)
	return strings.HasSuffix(path, ".bat") || strings.HasSuffix(path, ".cmd")
}

// batchLine is the command line that has cmd.exe run the batch file script with
// exactly these arguments. cmd.exe reads a line by rules of its own, so that with
// the usual quoting an argument could start programs (CVE-2024-24576). These are the
// rules of Rust's standard library: all but plain words in quotes, a quote
// doubled, and % kept from naming a variable by an empty part of %cd% before it,
// which needs /e:ON (rust-lang/rust: library/std/src/sys/args/windows.rs).
func batchLine(script string, args []string) (string, error) {
	if strings.ContainsAny(script, "\"\r\n\x00") || strings.HasSuffix(script, `\`) {
		return "", errBatchText
	}
	words := []string{`"` + script + `"`}
	for _, a := range args {
		if strings.ContainsAny(a, "\r\n\x00") {
			return "", errBatchText
		}
		words = append(words, batchWord(a))
	}
	return `cmd.exe /e:ON /v:OFF /d /c "` + strings.Join(words, " ") + `"`, nil
}

func batchWord(arg string) string {
	if arg != "" && !strings.HasSuffix(arg, `\`) && strings.IndexFunc(arg, needsQuotes) < 0 {
		return arg
	}
	var b strings.Builder
	slashes := 0 // a \ counts only before a quote, where it has to be doubled
	for _, c := range []byte(arg) {
		switch c {
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes) + `"`)
		case '%':
			b.WriteString(`%%cd:~,`)
		}
		if c == '\\' {
			slashes++
		} else {
			slashes = 0
		}
		b.WriteByte(c)
	}
	return `"` + b.String() + strings.Repeat(`\`, slashes) + `"`
}

func needsQuotes(r rune) bool {
	plain := r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(`#$*+-./:?@\_`, r))
	return !plain && (r < 0x80 || unicode.IsControl(r))
}
