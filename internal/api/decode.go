package api

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"patchbay/internal/fault"
)

// maxBody is the largest body of a call to /v1 and /api. A message has 1,600 characters; a service file has a megabyte.
const maxBody = 1 << 20

// decodeOptions is what the door forgives: bytes that are not UTF-8 and lone surrogates become U+FFFD, of a repeated name the last value counts.
var decodeOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// readBody reads at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		// Said at once, before the sender has spent the transfer.
		return nil, fault.New(fault.TooLarge, "", "the body is larger than %d bytes", limit)
	}
	body := http.MaxBytesReader(w, r.Body, limit)
	if n := r.ContentLength; n >= 0 {
		b := make([]byte, n)
		if _, err := io.ReadFull(body, b); err != nil {
			return nil, readFault(err)
		}
		return b, nil
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, readFault(err)
	}
	return b, nil
}

// decode reads a JSON object into a struct. Members that the struct does not have are ignored; one of a wrong type is named.
func decode(w http.ResponseWriter, r *http.Request, into any) ([]byte, error) {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return nil, err
	}
	return body, unmarshal(body, into)
}

// decodeIfAny is decode for a body that may be left out.
func decodeIfAny(w http.ResponseWriter, r *http.Request, into any) error {
	if r.ContentLength == 0 {
		return nil
	}
	_, err := decode(w, r, into)
	return err
}

func unmarshal(body []byte, into any) error {
	if len(strings.TrimSpace(string(body[:min(len(body), 64)]))) == 0 {
		return malformed(fault.New(fault.Invalid, "", "the body is empty; send a JSON object"))
	}
	replaceNUL(body)
	err := json.Unmarshal(body, into, decodeOptions)
	if err == nil {
		return nil
	}
	var wrong *json.SemanticError
	if errors.As(err, &wrong) {
		at := string(wrong.JSONPointer)
		if at == "" {
			return malformed(fault.New(fault.Invalid, "", "the body must be %s, not %s", kindWanted(wrong.GoType), kindFound(wrong.JSONKind)))
		}
		if wrong.GoType != nil && isNumber(wrong.GoType) && wrong.JSONKind == '0' {
			return fault.New(fault.Invalid, at, "must be %s of a sensible size", kindWanted(wrong.GoType))
		}
		return fault.New(fault.Invalid, at, "must be %s, not %s", kindWanted(wrong.GoType), kindFound(wrong.JSONKind))
	}
	var broken *jsontext.SyntacticError
	if errors.As(err, &broken) {
		return malformed(fault.New(fault.Invalid, string(broken.JSONPointer), "the body is not JSON: %s at byte %d", reason(broken), broken.ByteOffset))
	}
	return malformed(fault.New(fault.Invalid, "", "the body is not JSON"))
}

// reason is the decoder's own sentence without its prefix and position.
func reason(e *jsontext.SyntacticError) string {
	if e.Err == nil {
		return "it cannot be read"
	}
	return strings.TrimPrefix(e.Err.Error(), "jsontext: ")
}

// replaceNUL turns every escaped U+0000 into U+FFFD, in place: a database of the other kind could not hold it.
// A backslash in JSON stands only inside a string and always takes the next byte with it.
func replaceNUL(body []byte) {
	for i := 0; i+1 < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		if i+5 < len(body) && string(body[i+1:i+6]) == "u0000" {
			copy(body[i+2:], "fffd")
		}
		i++
	}
}

// clean is text from a path or a query as the rest of the program may see it.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func isNumber(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64
}

func kindWanted(t reflect.Type) string {
	if t == nil {
		return "something else"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindWanted(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	if isNumber(t) {
		return "a number"
	}
	return "something else"
}

func kindFound(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '[':
		return "a list"
	case '{':
		return "an object"
	}
	return "this"
}
