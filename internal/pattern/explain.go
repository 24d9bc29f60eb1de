package pattern

import (
	"strconv"
	"unicode/utf8"

	"patchbay/internal/tree"
)

// Explain reads v and says where it first differs. It is slow: for people, not for the flow.
func (p *Pattern) Explain(v tree.Value, in *Input) Difference {
	var t trace
	r := reader{pattern: p, scope: p.scope, in: in, values: make([]tree.Value, len(p.slots)), trace: &t}
	got := r.read(v)
	if got.Matched {
		return Difference{Matched: true, Near: t.near}
	}
	if got.Over != "" {
		return Difference{Expected: "at most so many " + got.Over + " as the limits allow", Came: "more", Near: t.near}
	}
	d := t.first
	d.Near = t.near
	return d
}

// trace remembers the first difference, and how much fits.
type trace struct {
	first Difference
	found bool
	near  int
}

func (t *trace) note(n *node, v tree.Value, ok bool) {
	if ok {
		if v.Kind() != tree.Absent {
			t.near += n.counts()
		}
		return
	}
	if !t.found {
		t.found = true
		t.first = Difference{Pointer: n.pointer, Expected: n.describe(), Came: describe(v)}
	}
}

// tells is how much a variable that tells what an event is counts: more than all that can stand beside it.
const tells = 1_000_000

// counts is how much n counts when it fits.
func (n *node) counts() int {
	if n.variable != nil && n.variable.def.Tells {
		return tells
	}
	for i := range n.parts {
		if u := n.parts[i].variable; u != nil && u.def.Tells {
			return tells
		}
	}
	return 1
}

var kindNames = [...]string{
	tree.Absent: "nothing", tree.Null: "null", tree.Bool: "a truth value", tree.Number: "a number",
	tree.String: "a text", tree.List: "a list", tree.Object: "an object", tree.File: "a file",
}

// describe is v for a person who looks for a mistake: what a scalar says, what a container is.
func describe(v tree.Value) string {
	const long = 80
	s, scalar := v.Scalar()
	if !scalar {
		name := kindNames[v.Kind()]
		if v.Kind() == tree.List {
			name += " of " + strconv.Itoa(len(v.List()))
		}
		return name
	}
	more := ""
	if len(s) > long {
		s, more = s[:long], "…"
		for len(s) > 0 && !utf8.ValidString(s) && len(s) > long-utf8.UTFMax {
			s = s[:len(s)-1]
		}
	}
	if v.Kind() == tree.String {
		return strconv.Quote(s) + more
	}
	return s + more
}

// describe is what n wants, without the value of any variable: it may be a secret.
func (n *node) describe() string {
	switch n.op {
	case opLiteral:
		return describe(n.value)
	case opNull:
		return "nothing, null or empty"
	case opVariable:
		return n.variable.source
	case opText:
		return describeParts(n.parts)
	case opObject:
		return "an object"
	case opList:
		if len(n.kids) == 0 {
			return "an empty list"
		}
		return "a list"
	case opAny:
		return "one of " + strconv.Itoa(len(n.kids)) + " alternatives"
	case opAll:
		return "what fits " + strconv.Itoa(len(n.kids)) + " patterns at once"
	case opNot:
		return "anything but " + n.kids[0].describe()
	case opMatch:
		return "a text that fits " + n.regexp.String()
	case opJSON:
		return "a text that holds JSON"
	}
	s := "a number"
	if n.above != nil {
		s += " above " + strconv.FormatFloat(*n.above, 'g', -1, 64)
	}
	if n.below != nil {
		s += " below " + strconv.FormatFloat(*n.below, 'g', -1, 64)
	}
	return s
}

// describeParts is a string as it was written.
func describeParts(parts []part) string {
	s := ""
	for _, p := range parts {
		switch {
		case p.variable != nil:
			s += p.variable.source
		case p.counter != nil:
			s += p.counter.source
		default:
			s += p.literal
		}
	}
	return strconv.Quote(s)
}
