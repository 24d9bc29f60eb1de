package service

import (
	"patchbay/internal/fault"
)

// Problem is one thing wrong in a service file: where, what, and how to mend it.
type Problem struct {
	Pointer string `json:"pointer"`
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // the file works; somebody should still look
}

func (p Problem) String() string {
	if p.Pointer == "" {
		return "/: " + p.Message
	}
	return p.Pointer + ": " + p.Message
}

// Problems is everything found in one file, in the order of the file.
type Problems []Problem

// Errors is what keeps the file from being used.
func (ps Problems) Errors() Problems { return ps.only(false) }

// Warnings is the rest.
func (ps Problems) Warnings() Problems { return ps.only(true) }

func (ps Problems) only(warning bool) Problems {
	var out Problems
	for _, p := range ps {
		if p.Warning == warning {
			out = append(out, p)
		}
	}
	return out
}

// Err is nil when the file may be used, and otherwise one fault with every error.
func (ps Problems) Err() error {
	errs := ps.Errors()
	if len(errs) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, errs[0].Pointer, "%s", errs[0].Message)
	for _, p := range errs {
		e.Problems = append(e.Problems, fault.Problem{Pointer: p.Pointer, Message: p.Message})
	}
	return e
}
