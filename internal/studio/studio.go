// Package studio is the tools for whoever writes a service file: what is wrong and where, the requests that a message becomes, what an
// answer says, why a callback is read as it is, and a draft from callbacks. The command line and the API both stand on it. It reaches no
// network and no disk, and keeps nothing.
package studio

import (
	"context"
	"errors"

	"patchbay/internal/fault"
	"patchbay/internal/service"
)

// Linted is what a text shows when it is read as a service file.
type Linted struct {
	Service  *service.Service // nil: it cannot be used
	Problems []service.Finding
}

// Lint reads a text and says where it is wrong.
func Lint(text []byte) Linted {
	s, found := service.Parse(text)
	return Linted{Service: s, Problems: service.Find(text, found)}
}

// Tested is what the tests inside a file show.
type Tested struct {
	Linted
	Tests    []service.TestResult
	Coverage service.Coverage
}

// Passed reports whether the file can be used and none of its tests failed.
func (t *Tested) Passed() bool {
	if t.Service == nil {
		return false
	}
	for i := range t.Tests {
		if !t.Tests[i].Passed() {
			return false
		}
	}
	return true
}

// Test reads a text and runs the tests in it, until ctx ends.
func Test(ctx context.Context, text []byte) (Tested, error) {
	t := Tested{Linted: Lint(text)}
	if t.Service == nil {
		return t, nil
	}
	var err error
	t.Tests, t.Coverage, err = t.Service.ProveWithin(ctx)
	return t, err
}

// Spans is where the members stand that tests and their coverage speak of.
func (t *Tested) Spans(text []byte) map[string]service.Span {
	var pointers []string
	for i := range t.Tests {
		pointers = append(pointers, t.Tests[i].Pointer)
		for _, f := range t.Tests[i].Failures {
			pointers = append(pointers, f.Pointer)
		}
	}
	for _, m := range t.Coverage.Missed {
		pointers = append(pointers, m.Pointer)
	}
	return service.Spans(text, pointers)
}

// Format is a text in canonical form, or nil and where it is no JSON.
func Format(text []byte) ([]byte, []service.Finding) {
	out, err := service.Format(text)
	if err == nil {
		return out, nil
	}
	p := service.Problem{Message: err.Error()}
	var f *fault.Error
	if errors.As(err, &f) {
		p = service.Problem{Pointer: f.Field, Message: f.Message}
	}
	return nil, service.Find(text, service.Problems{p})
}
