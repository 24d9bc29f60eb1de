package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"patchbay/internal/fault"
)

// shaped is a fault that HTTP has a status of its own for, which its code alone does not tell.
type shaped struct {
	status int
	fault  *fault.Error
}

func (s shaped) Error() string { return s.fault.Error() }
func (s shaped) Unwrap() error { return s.fault }

// malformed is a body that is not even JSON, or a request that is broken HTTP.
func malformed(f *fault.Error) error { return shaped{http.StatusBadRequest, f} }

// tooSlow is a body that did not arrive in time.
func tooSlow(f *fault.Error) error { return shaped{http.StatusRequestTimeout, f} }

// notAllowed is a method that the address does not take.
func notAllowed(f *fault.Error) error { return shaped{http.StatusMethodNotAllowed, f} }

// panicked is a panic that is already in the log under its id.
type panicked struct{ id string }

func (p panicked) Error() string { return "panic " + p.id }

// problem is RFC 9457's body, with the members that a program needs to act.
type problem struct {
	Type   string          `json:"type" doc:"about:blank: the title says it."`
	Title  string          `json:"title" doc:"The status in words."`
	Status int             `json:"status" doc:"The HTTP status."`
	Code   fault.Code      `json:"code" doc:"What kind of mistake it is."`
	Detail string          `json:"detail" doc:"What is wrong and how to mend it, in a sentence."`
	Errors []fault.Problem `json:"errors" doc:"Every mistake in what was sent, with its place; there may be none."`
	ID     string          `json:"id,omitempty" doc:"Of a fault of ours: the line in the server's log that tells more."`
}

// statusOf is where faults become HTTP, and the only place.
func statusOf(err error) int {
	var special shaped
	if errors.As(err, &special) {
		return special.status
	}
	switch fault.CodeOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// explain is err as a caller may see it. What is not a fault is ours: it is logged under an id, and only the id leaves.
func explain(log *slog.Logger, r *http.Request, err error) (problem, *fault.Error) {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = fault.New(fault.Unavailable, "", "the request was not carried out in time; come again")
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Code == fault.Internal {
		id := ""
		if p, ok := err.(panicked); ok {
			id = p.id
		} else {
			id = incident()
			log.Error("request failed", "id", id, "method", r.Method, "path", r.URL.Path, "error", err)
		}
		f = fault.New(fault.Internal, "", "something went wrong on our side; the log tells more under %s", id)
		return problem{
			Type: "about:blank", Title: http.StatusText(500), Status: 500, Code: f.Code, Detail: f.Message, Errors: []fault.Problem{}, ID: id,
		}, f
	}
	status := statusOf(err)
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: f.Code, Detail: f.Error(), Errors: f.Problems}
	if p.Errors == nil {
		p.Errors = []fault.Problem{}
		if f.Field != "" {
			p.Errors = append(p.Errors, fault.Problem{Pointer: pointer(f.Field), Message: f.Message})
		}
	}
	return p, f
}

// writeError answers err as problem+json.
func writeError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	p, f := explain(log, r, err)
	h := w.Header()
	setErrorHeaders(h, p.Status, f)
	h.Set("Content-Type", "application/problem+json")
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain strings and numbers
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func setErrorHeaders(h http.Header, status int, f *fault.Error) {
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="patchbay"`)
	case http.StatusServiceUnavailable:
		if f.RetryAfter <= 0 {
			h.Set("Retry-After", "1")
		}
	}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
	}
}

// readFault is why a body could not be read whole.
func readFault(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return fault.New(fault.TooLarge, "", "the body is larger than %d bytes", large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow(fault.New(fault.Invalid, "", "the body did not arrive in time"))
	}
	return malformed(fault.New(fault.Invalid, "", "the body ended before its end"))
}

// words is a list as people write it.
func words[T ~string](list []T) string {
	var b strings.Builder
	for i, w := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// pointer is a field's name as a JSON pointer; a pointer stays one.
func pointer(field string) string {
	if strings.HasPrefix(field, "/") {
		return field
	}
	return "/" + field
}

// incident is an id that ties an answer to a log line.
func incident() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
