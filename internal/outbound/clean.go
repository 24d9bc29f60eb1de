package outbound

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"patchbay/internal/fault"
)

const (
	maxLength  = 1600 // characters, unless the service file says otherwise
	maxURLs    = 10
	maxURLSize = 2048
	maxKeySize = 255
)

// clean decides once, at the door, what is not text: bytes that are no UTF-8 and U+0000 become U+FFFD. Nothing behind the
// door has to think of them.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// length counts characters as people do: code points.
func length(s string) int { return utf8.RuneCountInString(s) }

func (d Draft) clean() Draft {
	d.From, d.To = clean(strings.TrimSpace(d.From)), clean(strings.TrimSpace(d.To))
	d.Content = clean(d.Content)
	urls := make([]string, len(d.URLs))
	for i, u := range d.URLs {
		urls[i] = clean(strings.TrimSpace(u))
	}
	d.URLs = urls
	return d
}

// check is what can be said of a draft without knowing anybody.
func (d *Draft) check() error {
	if d.From == "" {
		return fault.New(fault.Invalid, "from", "say which of your numbers it goes out from, like +15551234000")
	}
	if d.To == "" {
		return fault.New(fault.Invalid, "to", "say whom it goes to, like +15551234000")
	}
	if d.Content == "" && len(d.URLs)+len(d.Files) == 0 {
		return fault.New(fault.Invalid, "content", "there is nothing to send: give a text in content, or files in urls")
	}
	if n := len(d.URLs) + len(d.Files); n > maxURLs {
		return fault.New(fault.Invalid, "urls", "%d files are too many for one message: at most %d", n, maxURLs)
	}
	for _, u := range d.URLs {
		if err := checkURL(u); err != nil {
			return err
		}
	}
	if len(d.IdempotencyKey) > maxKeySize || d.IdempotencyKey != clean(d.IdempotencyKey) {
		return fault.New(fault.Invalid, "Idempotency-Key", "at most %d characters of plain text", maxKeySize)
	}
	return nil
}

// checkURL wants an address that a provider can fetch. Whether it may be reached is the provider's affair: we do not go there.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fault.New(fault.Invalid, "urls", "%q is not the public address of a file: write it like https://example.com/cat.jpg", shorten(s))
	}
	if u.User != nil {
		return fault.New(fault.Invalid, "urls", "an address with a user name or password in it cannot be given to a provider")
	}
	if len(s) > maxURLSize {
		return fault.New(fault.Invalid, "urls", "an address of %d bytes is too long: at most %d", len(s), maxURLSize)
	}
	return nil
}

func shorten(s string) string {
	if len(s) <= 100 {
		return s
	}
	return clean(s[:100]) + "…"
}
