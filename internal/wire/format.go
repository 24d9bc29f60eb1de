package wire

import "strings"

// Format is a family of content types that are read and written alike.
type Format uint8

const (
	Unknown   Format = iota // no content type, or one that we have no rule for
	JSON                    // any type that contains "json"
	Form                    // application/x-www-form-urlencoded
	Multipart               // multipart/form-data and its relatives
	XML                     // any type that contains "xml"
	PlainText               // text/plain
)

var formatNames = [...]string{"body", "JSON", "form", "multipart", "XML", "text"}

func (f Format) String() string { return formatNames[f] }

// FormatOf is the format that a content type names.
func FormatOf(contentType string) Format {
	switch contentType { // what nearly every request carries, without any work
	case "application/json", "application/json; charset=utf-8":
		return JSON
	case "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8":
		return Form
	}
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	switch {
	case strings.Contains(t, "json"):
		return JSON
	case t == "application/x-www-form-urlencoded":
		return Form
	case strings.HasPrefix(t, "multipart/"):
		return Multipart
	case t == "application/xhtml+xml":
		return Unknown
	case strings.Contains(t, "xml"):
		return XML
	case t == "text/plain":
		return PlainText
	}
	return Unknown
}
