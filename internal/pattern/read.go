package pattern

import (
	"strconv"
	"strings"
	"sync"

	"patchbay/internal/tree"
)

// Read takes values out of v.
func (p *Pattern) Read(v tree.Value, in *Input) Reading {
	r := readers.Get().(*reader)
	r.pattern, r.scope, r.in = p, p.scope, in
	if cap(r.values) < len(p.slots) {
		r.values = make([]tree.Value, len(p.slots))
	}
	r.values = r.values[:len(p.slots)]
	out := r.read(v)
	if len(out.Events) > 0 && !p.root.events {
		r.values = nil // they are the event's
	}
	if cap(r.values) <= mostKept && cap(r.trail) <= mostKept {
		clear(r.values)
		clear(r.trail[:cap(r.trail)])
		*r = reader{values: r.values[:0], trail: r.trail[:0]}
		readers.Put(r)
	}
	return out
}

// mostKept is how much room a reader that is kept may have: more is somebody's large callback.
const mostKept = 128

// readers are kept, because of most patterns that are tried on a callback nothing is left but their room.
var readers = sync.Pool{New: func() any { return &reader{trail: make([]undo, 0, 8)} }}

// What a step stands for: about a quarter of a microsecond, so that a million of them take less than a second.
const (
	namesPerStep = 16 // names looked at, or values moved
	bytesPerStep = 64 // bytes searched or copied
	digitPerStep = 16 // bytes compared digit by digit, or written as JSON
	jsonPerStep  = 4  // bytes parsed as JSON: [0,0,0 is a value every two
	filterSteps  = 4  // besides its bytes
)

// spend counts n more steps, and reports whether there were so many left.
func (r *reader) spend(n int) bool {
	if r.steps += n; r.steps > r.limit {
		r.over = "comparisons"
	}
	return r.over == ""
}

type reader struct {
	pattern *Pattern
	scope   *Scope
	in      *Input
	values  []tree.Value // what is bound now, by dense place
	trail   []undo       // how to unbind it
	events  []Event
	steps   int
	limit   int // of steps
	joined  int // bytes of all texts that were joined
	over    string
	trace   *trace // nil but for Explain
}

// undo is what a place held before it was bound.
type undo struct {
	place int
	value tree.Value
}

func (r *reader) read(v tree.Value) Reading {
	r.limit = r.scope.Limits.Steps
	if r.in != nil && r.in.Steps != nil {
		r.limit = min(r.limit, *r.in.Steps)
		defer func() { *r.in.Steps -= r.steps }()
	}
	root := r.pattern.root
	if root.events {
		left, ok := r.walk(root, v)
		if !ok || r.over != "" {
			return Reading{Over: r.over}
		}
		return Reading{Matched: true, Events: r.events, Left: left}
	}
	if !r.match(root, v) || !r.join(r.values) || r.over != "" {
		return Reading{Over: r.over}
	}
	return Reading{Matched: true, Events: []Event{{pattern: r.pattern, values: r.values}}}
}

// match reads v with n, and binds what it finds. When it does not match, some of it may be bound: callers that go on undo that.
func (r *reader) match(n *node, v tree.Value) bool {
	if !r.spend(1) {
		return false
	}
	ok := false
	switch n.op {
	case opLiteral:
		text, scalar := scalarOf(v)
		r.steps += len(n.text) / bytesPerStep
		ok = scalar && text == n.text
	case opNull:
		ok = v.IsEmpty()
	case opVariable:
		ok = r.variable(n.variable, v)
	case opText:
		ok = r.text(n, v)
	case opObject:
		return r.object(n, v, n.reads)
	case opList:
		return r.list(n, v)
	case opAny:
		return r.any(n, v)
	case opAll:
		return r.all(n, v)
	case opNot:
		ok = r.not(n, v)
	case opMatch:
		ok = r.regexp(n, v)
	case opJSON:
		return r.json(n, v)
	case opCompare:
		x, isNumber := number(v)
		ok = isNumber && (n.above == nil || x > *n.above) && (n.below == nil || x < *n.below)
	}
	if r.trace != nil {
		r.trace.note(n, v, ok)
	}
	return ok
}

func number(v tree.Value) (float64, bool) {
	text, ok := scalarOf(v)
	if !ok || len(text) > 400 {
		return 0, false
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return x, err == nil && x == x
}

// scalarOf is the text of a scalar, or of the last of several: a key that a form repeats has all its values in a list.
func scalarOf(v tree.Value) (string, bool) {
	if v.Kind() == tree.List {
		l := v.List()
		if len(l) == 0 {
			return "", false
		}
		v = l[len(l)-1]
	}
	return v.Scalar()
}

// object reads the members at reads, in that order.
func (r *reader) object(n *node, v tree.Value, reads []int) bool {
	if v.Kind() != tree.Object {
		ok := n.spares() && v.IsEmpty()
		if r.trace != nil {
			r.trace.note(n, v, ok)
		}
		return ok
	}
	all := true
	base := 0
	if len(r.pattern.filePlaces) > 0 {
		base = r.fileRows()
	}
	for _, i := range reads {
		m := &n.members[i]
		var ok bool
		if m.repeats() {
			ok = r.everyMember(m, v, base)
		} else {
			ok = r.match(m.node, r.memberOf(v, m))
		}
		if !ok {
			if r.trace == nil {
				return false
			}
			all = false // go on: how many others fit says how near this pattern is
		}
	}
	return all
}

// memberOf is the value that m reads in v: of a repeated name the last, and all of them to a list.
func (r *reader) memberOf(v tree.Value, m *member) tree.Value {
	ms := v.Members()
	r.steps += len(ms) * (1 + len(m.name)/bytesPerStep) / namesPerStep
	for i := len(ms) - 1; i >= 0; i-- {
		if ms[i].Name != m.name {
			continue
		}
		if k := m.node; k.op == opList || k.op == opVariable && k.variable.def.Use == Each || k.op == opAny || k.op == opAll {
			for j := range ms[:i] {
				if ms[j].Name == m.name {
					all := gathered(ms, m.name)
					r.steps += len(all) / namesPerStep
					return tree.ListOf(all...)
				}
			}
		}
		return ms[i].Value
	}
	return tree.Value{}
}

func gathered(ms []tree.Member, name string) []tree.Value {
	var all []tree.Value
	for _, m := range ms {
		switch {
		case m.Name != name:
		case m.Value.Kind() == tree.List:
			all = append(all, m.Value.List()...)
		default:
			all = append(all, m.Value)
		}
	}
	return all
}

// list reads each element with the first kind that fits; everything is bound in one event.
func (r *reader) list(n *node, v tree.Value) bool {
	if v.IsEmpty() && v.Kind() != tree.List && (n.spares() || v.Kind() != tree.String) {
		if r.trace != nil {
			r.trace.note(n, v, n.spares())
		}
		return n.spares()
	}
	var one [1]tree.Value
	elements := v.List()
	if v.Kind() != tree.List {
		one[0] = v // a lone value is a list of one
		elements = one[:]
	}
	tries := r.tries()
	read := 0
	for _, e := range elements {
		ok := false
		for _, k := range n.kids {
			a := r.begin()
			if ok = tries.ended(a, r.element(k, e)); ok {
				break
			}
		}
		if r.over != "" || !ok && r.scope.EveryElement {
			return tries.end(n, v, false)
		}
		if ok {
			read++
		}
	}
	if v.Kind() == tree.String && v.IsEmpty() {
		return tries.end(n, v, true) // <items/> and items= have no elements
	}
	return tries.end(n, v, read > 0 || len(elements) == 0 || n.spares())
}

func (r *reader) element(k *node, e tree.Value) bool {
	if len(k.files) > 0 {
		r.alignFiles(k.files, r.fileRows())
	}
	return r.match(k, e)
}

func (r *reader) any(n *node, v tree.Value) bool {
	tries := r.tries()
	for _, k := range n.kids {
		a := r.begin()
		if tries.ended(a, r.match(k, v)) {
			return tries.end(n, v, true)
		}
	}
	return tries.end(n, v, false)
}

// all reads v with every kid: two variables may be bound to one text.
func (r *reader) all(n *node, v tree.Value) bool {
	for _, k := range n.kids {
		if !r.match(k, v) {
			return false
		}
	}
	return true
}

func (r *reader) not(n *node, v tree.Value) bool {
	mark, t := len(r.trail), r.trace
	r.trace = nil
	matched := r.match(n.kids[0], v)
	r.trace = t
	r.undo(mark)
	return !matched
}
