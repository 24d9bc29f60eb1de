// Package pattern turns a JSON pattern and values into a JSON value, and back. It can reach nothing else: no clock, no
// environment, no file, no network, and no input makes it recurse deeper than its pattern or give more than its limits.
package pattern

import "patchbay/internal/tree"

// Pattern is compiled: immutable, safe for use by many goroutines at once.
type Pattern struct {
	root   *node
	scope  *Scope
	slots  []int   // dense place in an event → slot of the scope
	places []int16 // slot of the scope → dense place in an event, or -1
	weight Weight
	files  bool
	text   bool

	filePlaces []int // dense places of the variables that differ from file to file
	joins      []int // and of those whose texts are joined
}

// Problem is one mistake in a pattern, at a JSON pointer inside it, with its cure.
type Problem struct {
	Pointer string
	Message string
	Warning bool // the pattern works all the same
}

// Weight orders patterns that read the same things: what is optional counts nothing.
type Weight struct {
	Literals  int
	Variables int
}

// Input is what the caller puts in: the values by slot, absent where there is none, and whatever its own filters need.
//
// Writing, a variable per file (Var.PerFile, Var.EachFile) has a list, one value for each file. Reading, a variable that
// has a value is known, and so a literal.
type Input struct {
	Values []tree.Value // by slot; may be shorter than the scope, or nil
	Env    any          // handed to the caller's filters and hooks, unseen

	// Steps, where it is not nil, is how many comparisons all readings that share it may still make together, so that many
	// patterns on one callback cost no more than one. Each reading has Limits.Steps besides, and takes off what it made.
	Steps *int
}

// Event is what was read of one event.
type Event struct {
	pattern *Pattern
	values  []tree.Value // by dense place
}

// Get is what slot was bound to: one value, or for a variable that collects with Each a list as soon as there are several
// (values of per-file variables stand in the same order, absent where a file had none). Absent when nothing was bound.
func (e Event) Get(slot int) tree.Value {
	if e.pattern == nil || slot < 0 || slot >= len(e.pattern.places) {
		return tree.Value{}
	}
	if p := e.pattern.places[slot]; p >= 0 {
		return e.values[p]
	}
	return tree.Value{}
}

// Each calls f with every slot that was bound, and its value.
func (e Event) Each(f func(slot int, v tree.Value)) {
	for i, v := range e.values {
		if v.Kind() != tree.Absent {
			f(e.pattern.slots[i], v)
		}
	}
}

// Reading is what a pattern made of a value.
type Reading struct {
	Matched bool    // false: the pattern does not read this value, and the rest says nothing
	Events  []Event // one, or one per element where a list gives events; none when that list had no elements
	// Left is the value that was read with only those elements of its event lists that no kind read: what other models
	// may still take. Absent when nothing is left.
	Left tree.Value
	Over string // which limit stopped the reading; Matched is false then
}

// Difference says where a value first departs from a pattern.
type Difference struct {
	Matched  bool
	Pointer  string // inside the pattern
	Expected string // what the pattern wants there
	Came     string // what stood there, shortened
	Near     int    // how many literals and variables fitted, Var.Tells before all: the nearest of several patterns has the most
}

// Compile reads v as a pattern over the names of scope. The pattern is nil when a problem is more than a warning.
func Compile(v tree.Value, scope *Scope) (*Pattern, []Problem) {
	c := compiler{scope: scope}
	return c.compile(v)
}

// Weight counts what a value must have to be read.
func (p *Pattern) Weight() Weight { return p.weight }

// Uses reports whether the variable of slot stands anywhere in the pattern.
func (p *Pattern) Uses(slot int) bool {
	return slot >= 0 && slot < len(p.places) && p.places[slot] >= 0
}

// Slots is the slots that the pattern uses.
func (p *Pattern) Slots() []int { return p.slots }

// TakesAllFiles reports whether one writing has a place for every file of a message ($urls$, or a name counted by $n$).
func (p *Pattern) TakesAllFiles() bool { return p.files }

// IsText reports whether the pattern is a string with variables or a literal, not an object or a list.
func (p *Pattern) IsText() bool { return p.text }
