// Package wire turns the bytes of HTTP bodies and queries into trees and back: JSON, forms, multipart, XML and text, each with its own
// escaping. It bounds what it reads, and decides once what bytes that are no text become. It knows no pattern and no provider.
package wire

import (
	"errors"
	"fmt"

	"patchbay/internal/tree"
)

// Limits bounds what Decode builds. A zero field takes its default.
type Limits struct {
	Bytes int // of the body; default 12 MiB, the largest that any face lets in
	Depth int // of lists and objects in each other; default 64
	Nodes int // values, all levels together; default 50,000
}

const (
	defaultBytes = 12 << 20
	defaultDepth = 64
	defaultNodes = 50_000
)

func (l Limits) orDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Nodes <= 0 {
		l.Nodes = defaultNodes
	}
	return l
}

// ErrLimit is in the chain of every error that says a body is larger, deeper or of more members than the Limits allow.
var ErrLimit = errors.New("over the limit")

// DecodeError says where a body stops being what it claims to be.
type DecodeError struct {
	Format  Format
	Offset  int // in bytes from the start of the decoded text; -1 where it means nothing
	Message string
	Err     error // ErrLimit, or what a library said; may be nil
}

func (e *DecodeError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("%s: %s", e.Format, e.Message)
	}
	return fmt.Sprintf("%s: %s at byte %d", e.Format, e.Message, e.Offset)
}

func (e *DecodeError) Unwrap() error { return e.Err }

// EncodeError says which part of a tree a format has no place for.
type EncodeError struct {
	Format  Format
	Pointer string // JSON pointer into the tree
	Message string
}

func (e *EncodeError) Error() string {
	if e.Pointer == "" {
		return fmt.Sprintf("%s: %s", e.Format, e.Message)
	}
	return fmt.Sprintf("%s: %s: %s", e.Format, e.Pointer, e.Message)
}

// Decode reads a body by its content type.
//
//   - A body of white space only is an absent Value.
//   - Names that repeat (JSON keys, form fields, XML elements) stay repeated members, in order: whoever reads a scalar takes the last,
//     whoever reads a list takes all (tree.Value.Get, service-file.md §2.9).
//   - Forms, queries, XML and multipart bodies carry only text, so every scalar of them is a String; a multipart file is a File.
//   - Invalid UTF-8, lone surrogates and NUL become U+FFFD. A charset named by the content type or a byte order mark is obeyed.
//   - When the content type is missing, names no format, or is not what the body is, the body decides: JSON when it begins with { or [
//     and is JSON to its end; XML when it begins with < and is XML to its end; a form when it looks like one; else text. So a
//     text/plain body that is JSON is read as JSON: whoever wants its text whatever it looks like calls Text.
func Decode(contentType string, body []byte, lim Limits) (tree.Value, error) {
	return decode(contentType, body, lim.orDefaults())
}

// Encode writes v as the content type says and returns the Content-Type header to send with it: the one given, or with what only we
// know (a multipart boundary, a charset) added. An absent v is no body.
//
// A File at the top is its raw bytes in any format. A File inside a format that holds only text is its base64.
func Encode(contentType string, v tree.Value) (body []byte, header string, err error) {
	return encode(contentType, v)
}

func limitError(f Format, offset int, what string, n int) error {
	return &DecodeError{Format: f, Offset: offset, Message: fmt.Sprintf("more than %d %s", n, what), Err: ErrLimit}
}

func isLimit(err error) bool { return errors.Is(err, ErrLimit) }
