package wire

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// charset writes text in another charset than UTF-8, or as it is when it is nil. Read, a label means what the web means by it (ISO-8859-1 is
// windows-1252 there); written, it means what it says, and a character that it lacks is an error: nobody gets a text that we have changed.
type charset struct {
	name string
	enc  encoding.Encoding
}

// writerOf is the charset that a content type names for what is written.
func writerOf(contentType string) (*charset, error) {
	name := charsetOf(contentType)
	if name == "" || strings.EqualFold(name, "utf-8") {
		return nil, nil
	}
	enc, err := ianaindex.MIME.Encoding(name)
	if err != nil || enc == nil {
		return nil, &EncodeError{Format: FormatOf(contentType), Message: fmt.Sprintf("nobody here writes the charset %q; leave it out for UTF-8", name)}
	}
	if enc == unicode.UTF8 {
		return nil, nil
	}
	return &charset{name, enc}, nil
}

// bytes is s in the charset.
func (c *charset) bytes(s string, f Format) (string, error) {
	if c == nil {
		return s, nil
	}
	out, err := c.enc.NewEncoder().String(s)
	if err == nil {
		return out, nil
	}
	for _, r := range s {
		if _, err := c.enc.NewEncoder().String(string(r)); err != nil {
			return "", &EncodeError{Format: f, Message: fmt.Sprintf("the charset %s has no character %U", c.name, r)}
		}
	}
	return "", &EncodeError{Format: f, Message: fmt.Sprintf("the text cannot be written in %s", c.name)}
}

// IsUTF8 reports whether what is written under a content type is UTF-8.
func IsUTF8(contentType string) bool {
	c, err := writerOf(contentType)
	return c == nil && err == nil
}

// CheckContentType refuses a content type whose charset a body would not be written in: JSON, XML and multipart bodies are UTF-8, forms
// and texts whatever is known by name.
func CheckContentType(contentType string) error {
	c, err := writerOf(contentType)
	if err != nil {
		return err
	}
	switch f := FormatOf(contentType); f {
	case JSON, XML, Multipart:
		if c != nil {
			return &EncodeError{Format: f, Message: fmt.Sprintf("such a body is written in UTF-8, not in %s: leave the charset out", c.name)}
		}
	}
	return nil
}
