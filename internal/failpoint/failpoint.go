//go:build !faults

// Package failpoint lets tests stop the program, or have it told of an error, at named places, and break it in named ways. A program
// that ships has none of it: its functions say nothing, and the compiler leaves them out.
package failpoint

// At is a place at which an error may be told of, or the program killed.
func At(string) error { return nil }

// Pass is a place at which the program may be killed.
func Pass(string) {}

// Bug reports whether the program has the mistake of that name.
func Bug(string) bool { return false }
