package media

import (
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

const maxName = 120 // bytes

// cleanName is what a sender called a file, as far as it is a name: no path, no control or direction characters, not endless.
func cleanName(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError, unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	if len(s) > maxName {
		end := extension(s)
		cut := maxName - len(end)
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + end
	}
	return s
}

// disposition is the header that names a file for whoever saves it, RFC 6266.
func disposition(kind, name string) string {
	how := "attachment"
	if Inline(kind) {
		how = "inline"
	}
	if name = cleanName(name); name == "" {
		name = "file"
	}
	if kind == octets {
		// Nothing that could be opened by its name alone: page.html becomes page.html.bin.
		if !strings.HasSuffix(strings.ToLower(name), ".bin") {
			name += ".bin"
		}
	} else if found := mimetype.Lookup(kind); found != nil && !agrees(found, typeOfName(name)) || extension(name) == "" {
		if found != nil {
			name += found.Extension()
		}
	}
	return mime.FormatMediaType(how, map[string]string{"filename": name})
}
