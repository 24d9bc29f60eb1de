package pattern

import (
	"regexp"

	"patchbay/internal/tree"
)

type op uint8

const (
	opLiteral op = iota
	opNull
	opVariable // a string that is exactly one variable
	opText     // a string of variables and literals
	opObject
	opList
	opAny
	opAll
	opNot
	opMatch
	opJSON
	opCompare
)

// node is one value of a compiled pattern.
type node struct {
	op      op
	pointer string

	*literal           // opLiteral
	*test              // opMatch, opCompare
	variable *variable // opVariable
	parts    []part    // opText
	members  []member  // opObject: in the file's order
	reads    []int     // opObject: members in the order of reading, the one with events last
	kids     []*node   // opList: kinds; opAny: alternatives; opAll: what must all fit; opNot, opJSON: the one inside

	holds    bool  // variables stand in it
	optional bool  // all of them are optional
	key      bool  // a key stands in it
	events   bool  // a list that gives events stands in it
	perFile  bool  // it uses $urls$, outside lists and names that are themselves written per file
	always   bool  // perFile, and without a file it is written once: only optional variables miss one
	files    []int // dense places of the per-file variables in it
}

// literal is what a value in the file is to a writer and to a reader.
type literal struct {
	value tree.Value // as it is written
	text  string     // as it is compared
	json  string     // as it stands in JSON
}

// test is what a text or a number must be.
type test struct {
	regexp *regexp.Regexp
	weighs int         // how much work the expression is at each byte
	groups []*variable // by subexpression, nil where it has no name
	above  *float64
	below  *float64
}

// member is one member of an object pattern.
type member struct {
	name    string // when parts is nil
	json    string // the name as it stands in JSON, and its colon
	parts   []part // a name with variables
	node    *node
	counted bool // its name has $n$
	perFile bool // it is written once per file
	files   []int
}

// repeats reports whether reading tries m on every member of an object.
func (m *member) repeats() bool { return m.parts != nil }

// part is a piece of a string: a literal, a variable or, in the name of a member, the number of a file.
type part struct {
	literal  string
	variable *variable
	counter  *counter
}

// isLiteral reports whether p is a literal to a reader: written so, or a property.
func (p *part) isLiteral() bool {
	return p.counter == nil && (p.variable == nil || p.variable.known)
}

// counter is $n$ (from 1) or $n0$ (from 0); with ? the first has no number.
type counter struct {
	base     int
	optional bool
	source   string
}

// variable is one use of a variable.
type variable struct {
	slot     int
	place    int
	optional bool
	known    bool // a literal when read: a property, or fixed
	fixed    tree.Value
	def      *Var
	source   string
	codecs   []codec
	fills    bool // some filter makes something of nothing
	decides  bool // some filter sets the spelling of a number
	whole    bool // some filter takes a list as one value
	readable bool // every filter reads
	decodes  bool // written by reading: Scope.Decodes
	plain    bool // written as it is, whatever the file
	pointer  string
}

type codec struct {
	Codec
	name string
}

// becomesText reports whether n is written as text, and read from a scalar.
func (n *node) becomesText() bool {
	return n.op == opText || n.op == opVariable || n.op == opLiteral
}

// spares reports whether n reads what is not there.
func (n *node) spares() bool { return n.holds && n.optional }
