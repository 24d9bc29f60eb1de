// Package fault is an error that a caller may see: a code, the field, and a sentence to act on.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of mistake it is. The faces (HTTP, command line) map it; nobody else needs to.
type Code string

const (
	Invalid         Code = "invalid"         // the request cannot be carried out as it stands
	Unauthenticated Code = "unauthenticated" // no key, or one that is not ours
	Forbidden       Code = "forbidden"       // known, but not permitted
	NotFound        Code = "not_found"       // nothing of that id is visible to the caller
	Conflict        Code = "conflict"        // it contradicts what is already there
	TooLarge        Code = "too_large"       // over a stated limit
	TooMany         Code = "too_many"        // too often; the caller should come again later
	Unavailable     Code = "unavailable"     // we cannot keep it now; the caller should come again
	Internal        Code = "internal"        // our fault
)

// Error is one mistake with a place and a cure.
type Error struct {
	Code       Code
	Field      string        // the member that is wrong: a name, or a JSON pointer; may be empty
	Message    string        // what is wrong and how to mend it, in one sentence
	RetryAfter time.Duration // with TooMany, Unavailable or Conflict: when to come again; 0 says nothing
	Problems   []Problem     // more than one mistake in one body
}

// Problem is one mistake among several, at a JSON pointer.
type Problem struct {
	Pointer string `json:"pointer" doc:"Where: a JSON pointer into the body, or / and the name of a parameter."`
	Message string `json:"message" doc:"What is wrong there, and how to mend it."`
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// New makes an Error. The message is formatted with args.
func New(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the code of the first Error in err's chain, or Internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
