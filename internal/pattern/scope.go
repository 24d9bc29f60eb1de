package pattern

import (
	"slices"

	"patchbay/internal/tree"
)

// Direction is what a pattern is compiled for. Filters and operators may have only one.
type Direction uint8

const (
	Writes Direction = iota // puts values in: a request
	Reads                   // takes values out: a response, a callback
)

// Use is what reading does when a variable is read a second time in one event.
type Use uint8

const (
	Each  Use = iota // all values are kept, in order: $urls$, $to$
	Key              // it tells events apart: $messageid$, $from$. A list that holds one gives events; read twice, it must be equal
	First            // the first counts: $error_code$
	Join             // texts are joined by a line break: $content$
)

// Var is one name that a pattern may use. Its slot is its place in Scope.Vars.
type Var struct {
	Name string
	Use  Use

	// Known variables are literals to a reader whatever happens: properties. Without a value they match nothing, so that
	// an empty secret never opens a door; written $name?$, they are then not asked for.
	Known bool

	// EachFile: an element of a list that uses it is written once per file: $urls$. Where it is not in such an element,
	// it is the list of all. It is a list also when empty.
	EachFile bool
	// PerFile: inside such an element, and under a member name with $n$, the value of that file; elsewhere that of the first:
	// $mimetype$. Read, all values are kept (Use is Each), in the order of the files.
	PerFile bool

	// FirstFile: inside an element that is written once per file it stands in the first alone, and is empty in the others: a caption.
	FirstFile bool

	// Elsewhere: the name is one of the format, but means nothing where this scope's patterns stand. Using it is an error that says so.
	Elsewhere bool

	List  bool // empty, it is written as [], not as "" (EachFile implies it)
	Bytes bool // what filters decode for it is kept as a File, not made into text: $file$, $signature$

	// Tells: it says what an event is, so that of several patterns the one in which it fits is nearer than any in which it does not.
	Tells bool

	// Take is what of a value that was read this variable keeps; false is as if it were absent. Nil keeps every scalar and
	// file (Each: everything).
	Take func(env any, v tree.Value) (tree.Value, bool)
	// Give is how a value is written where no filter decides (Filter.Decides): a number's outbound format. Nil changes nothing.
	Give func(env any, v tree.Value) tree.Value
	// Same compares a value that was read with the one already known; nil compares their texts.
	Same func(env any, known, read tree.Value) bool
}

// Scope is the names and filters that patterns of one kind may use. Make it once with NewScope; it does not change after.
type Scope struct {
	Direction Direction
	Vars      []Var    // by slot
	Filters   []Filter // besides the built-in table: those that need more than this package has

	// Resolve finds names that are not in Vars (an open set such as $header.x-name$) and gives them slots after those of Vars.
	// It is asked only while compiling; It need not know how many there will be.
	Resolve func(name string) (slot int, ok bool)

	// EveryElement: a list is read only when each of its elements is (responses). Otherwise elements that no kind reads
	// fall away, or are left to others (callbacks).
	EveryElement bool
	// Decodes: values come in the form that filters name, so a chain of filters that all read is read, not written: the keys of signatures.
	Decodes bool
	// RawText: what is written may be any bytes, for it is signed or hashed, not sent as text.
	RawText bool

	ParseJSON  func([]byte) (tree.Value, error) // for $json and objects in texts; nil: no $json
	FormatJSON func(tree.Value) []byte
	AppendJSON func(dst []byte, v tree.Value) []byte // the same bytes, appended: for Pattern.AppendJSON; nil goes by FormatJSON

	Limits Limits

	fixed map[int]tree.Value
	files []int  // slots of the variables that differ from file to file
	used  []*Var // by slot, the rows that patterns use
	rules *Scope // what a pattern needs of the scope once it is compiled: neither rows nor filters, for a gateway holds many patterns
}

// Limits bound every compilation, writing and reading. A zero field has the value in DefaultLimits.
type Limits struct {
	Depth  int // how deep a pattern nests
	Nodes  int // how many nodes a pattern has, and how many values a writing makes
	Bytes  int // how many bytes of text and files a writing makes
	Events int // how many events a reading gives
	Values int // how many values one variable collects in an event, and the highest $n$ that is read
	Steps  int // how many comparisons a reading makes; what takes longer than one counts as several
}

// DefaultLimits are far above what providers need and far below what hurts.
var DefaultLimits = Limits{Depth: 32, Nodes: 10_000, Bytes: 64 << 20, Events: 1_000, Values: 1_000, Steps: 1_000_000}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		is  *int
		def int
	}{
		{&l.Depth, DefaultLimits.Depth}, {&l.Nodes, DefaultLimits.Nodes}, {&l.Bytes, DefaultLimits.Bytes},
		{&l.Events, DefaultLimits.Events}, {&l.Values, DefaultLimits.Values}, {&l.Steps, DefaultLimits.Steps},
	} {
		if *f.is <= 0 {
			*f.is = f.def
		}
	}
	return l
}

// NewScope makes s ready for use. Of two variables or filters of one name, the later hides the earlier.
func NewScope(s Scope) *Scope {
	s.Limits = s.Limits.withDefaults()
	s.Vars = slices.Clone(s.Vars)
	if s.AppendJSON == nil && s.FormatJSON != nil {
		format := s.FormatJSON
		s.AppendJSON = func(dst []byte, v tree.Value) []byte { return append(dst, format(v)...) }
	}
	for i, v := range s.Vars {
		if v.EachFile {
			s.Vars[i].List = true
		}
		if v.EachFile || v.PerFile {
			s.files = append(s.files, i)
			s.Vars[i].Use = Each
		}
	}
	s.used = make([]*Var, len(s.Vars))
	s.rules = &Scope{
		Direction: s.Direction, EveryElement: s.EveryElement, RawText: s.RawText, ParseJSON: s.ParseJSON, FormatJSON: s.FormatJSON,
		AppendJSON: s.AppendJSON, Limits: s.Limits, files: s.files,
	}
	return &s
}

// own is the row of slot for patterns to keep, all of them the same one.
func (s *Scope) own(slot int) *Var {
	if s.used[slot] == nil {
		v := s.Vars[slot]
		s.used[slot] = &v
	}
	return s.used[slot]
}

// filter is the filter of a name, or nil. Names are looked through: only compiling asks, and a map would outlive it with the scope.
func (s *Scope) filter(name string) *Filter {
	for _, table := range [...][]Filter{s.Filters, builtin} {
		for i := len(table) - 1; i >= 0; i-- {
			if table[i].Name == name {
				return &table[i]
			}
		}
	}
	return nil
}

// Fix is s with the variable of slot fixed to value: a literal wherever it stands, and counted as one. A model's event_key.
func (s *Scope) Fix(slot int, value tree.Value) *Scope {
	t := *s
	t.fixed = make(map[int]tree.Value, len(s.fixed)+1)
	for k, v := range s.fixed {
		t.fixed[k] = v
	}
	t.fixed[slot] = value
	return &t
}

// Slot is the slot of name, or -1.
func (s *Scope) Slot(name string) int {
	for i := len(s.Vars) - 1; i >= 0; i-- {
		if s.Vars[i].Name == name {
			return i
		}
	}
	return -1
}
