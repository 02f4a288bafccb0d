package imports

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"mcp-companion/configs"
)

// decode makes text of a file's bytes: UTF-8 or UTF-16, with or without a mark.
// Bytes that are neither become U+FFFD.
func decode(data []byte) string {
	order := binary.ByteOrder(nil)
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order, data = binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order, data = binary.BigEndian, data[2:]
	case len(data) > 3 && data[1] == 0 && data[3] == 0 && data[0] != 0:
		order = binary.LittleEndian
	case len(data) > 3 && data[0] == 0 && data[2] == 0 && data[1] != 0:
		order = binary.BigEndian
	default:
		return strings.ToValidUTF8(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))), string(utf8.RuneError))
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// tidy takes off what copying puts on: a mark, line ends of Windows, blanks that
// are none, and a comma at the end.
func tidy(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u200b", "", "\ufeff", "", "\x00", "").Replace(text)
	return strings.TrimSpace(text)
}

// straight makes plain quotes and dashes of typographic ones, which web pages and
// chat programs put in.
func straight(text string) string {
	return strings.NewReplacer("\u201c", `"`, "\u201d", `"`, "\u201e", `"`, "\u2018", "'", "\u2019", "'", "\u2013", "--", "\u2014", "--").Replace(text)
}

var fence = configs.Pattern("(?s)(?:```|~~~)[^\n]*\n(.*?)(?:\n[ \t]*(?:```|~~~)|$)")

// fenced lists what stands between Markdown's ``` lines.
func fenced(text string) []string {
	var list []string
	for _, m := range fence().FindAllStringSubmatch(text, -1) {
		if body := strings.TrimSpace(m[1]); body != "" {
			list = append(list, body)
		}
	}
	return list
}
