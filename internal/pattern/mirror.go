package pattern

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// Mirror writes what the pattern, which was compiled for reading, reads: a provider's answer or callback, made of values. A variable
// without a value is left out where it may be. Of alternatives it takes the one that has a place for most of the values.
//
// The problems say what could not be written and where; the value is then only near. Whoever needs certainty reads it with the pattern.
func (p *Pattern) Mirror(in *Input) (tree.Value, []Problem) {
	m := mirror{writer: writer{scope: p.scope, in: in, file: -1, count: -1}, pattern: p, spent: map[int]*variable{}}
	v, ok := m.node(p.root)
	if !ok && p.root.op == opObject { // what may be left out as a part is still there as the whole
		v = m.members(p.root)
	}
	return v, m.problems
}

// mirror is a writer of what reads.
type mirror struct {
	writer
	pattern  *Pattern
	problems []Problem
	filled   int               // variables that had a value
	spent    map[int]*variable // slot → the place that had the values: those that collect would be read twice from two
}

// stand is where a mirror stood, to come back to.
type stand struct {
	problems, filled int
	spent            map[int]*variable
}

func (m *mirror) here() stand { return stand{len(m.problems), m.filled, maps.Clone(m.spent)} }

func (m *mirror) back(a stand) {
	m.problems, m.filled, m.spent, m.err = m.problems[:a.problems], a.filled, a.spent, nil
}

func (m *mirror) fail(n *node, message string) {
	m.problems = append(m.problems, Problem{Pointer: n.pointer, Message: message})
}

// node writes n, or says that it is left out.
func (m *mirror) node(n *node) (tree.Value, bool) {
	if !m.visit() {
		m.fail(n, errTooMuch.Error())
		return tree.Value{}, false
	}
	switch n.op {
	case opLiteral:
		return n.value, true
	case opVariable:
		return m.variable(n, n.variable)
	case opText:
		return m.text(n)
	case opObject:
		return m.object(n)
	case opList:
		return m.list(n)
	case opAny:
		return m.any(n)
	case opAll:
		return m.all(n)
	case opNot:
		return m.not(n)
	case opMatch:
		return m.sample(n)
	case opJSON:
		v, ok := m.node(n.kids[0])
		if !ok {
			return v, false
		}
		return tree.Text(string(m.scope.FormatJSON(v))), true
	case opCompare:
		return between(n), true
	}
	return tree.Value{}, false // opNull reads what is not there
}

// variable writes one use of a variable. False: it has no value, and need not have one.
func (m *mirror) variable(n *node, u *variable) (tree.Value, bool) {
	collects := u.def.Use == Each || u.def.Use == Join
	if first := m.spent[u.slot]; collects && u.optional && first != nil && first != u {
		return tree.Value{}, false
	}
	v, ok := m.eval(u)
	switch {
	case m.err != nil:
		m.fail(n, "its value cannot be written as "+u.source)
		m.err = nil
		return tree.Text(""), true
	case ok, v.Kind() == tree.String && !u.optional: // an empty text is a value, too, where it was given
		if m.filled++; collects {
			m.spent[u.slot] = u
		}
		return v, true
	case u.optional:
		return tree.Value{}, false
	}
	m.fail(n, u.source+" has no value")
	return tree.Text(""), true
}

// text writes a string of literals and variables. One whose variables may all be empty, and are, is left out.
func (m *mirror) text(n *node) (tree.Value, bool) {
	before := m.filled
	text, _ := m.parts(n, n.parts)
	return tree.Text(text), m.filled > before || !n.spares()
}

// parts writes the pieces of a string, and says whether each of its variables had a value.
func (m *mirror) parts(n *node, parts []part) (string, bool) {
	var b strings.Builder
	whole := true
	for i := range parts {
		switch p := &parts[i]; {
		case p.variable != nil:
			v, ok := m.variable(n, p.variable)
			whole = whole && ok
			b.WriteString(m.textOf(v))
		case p.counter != nil:
			if m.file > 0 || !p.counter.optional {
				b.WriteString(strconv.Itoa(m.file + p.counter.base))
			}
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String(), whole
}

func (m *mirror) object(n *node) (tree.Value, bool) {
	before := m.filled
	v := m.members(n)
	return v, m.filled > before || !n.spares()
}

func (m *mirror) members(n *node) tree.Value {
	ms := make([]tree.Member, 0, len(n.members))
	write := func(to *member) {
		name, named := to.name, true
		if to.parts != nil {
			name, named = m.parts(to.node, to.parts)
		}
		if v, ok := m.node(to.node); ok && named {
			ms = append(ms, tree.Member{Name: name, Value: v})
		}
	}
	for i := range n.members {
		to := &n.members[i]
		if to.parts == nil || m.file >= 0 || len(to.files) == 0 {
			write(to)
			continue
		}
		if m.files() == 0 && !to.node.spares() {
			m.fail(to.node, "there is no file to write")
		}
		for m.file = range m.files() {
			write(to)
		}
		m.file = -1
	}
	return tree.ObjectOf(ms...)
}

// list writes one element of every kind that has a value to hold, and of each kind that a file stands in, one for every file. Where no kind
// has one, an element without variables stands for what must be there.
func (m *mirror) list(n *node) (tree.Value, bool) {
	var vs []tree.Value
	add := func(k *node) bool {
		was := m.here()
		v, ok := m.node(k)
		if !ok || m.filled == was.filled || len(m.problems) > was.problems {
			m.back(was)
			return false
		}
		if v.Kind() == tree.List && k.op == opVariable { // a list variable has all its values
			vs = append(vs, v.List()...)
		} else {
			vs = append(vs, v)
		}
		return true
	}
	for _, k := range n.kids {
		if k.op == opVariable && k.variable.def.EachFile || len(k.files) == 0 || m.file >= 0 || m.files() == 0 {
			add(k)
			continue
		}
		for m.file = range m.files() {
			add(k)
		}
		m.file = -1
	}
	switch {
	case len(vs) > 0:
		return tree.ListOf(vs...), true
	case n.spares():
		return tree.Value{}, false
	}
	plain := slices.IndexFunc(n.kids, func(k *node) bool { return !k.holds })
	for i, k := range n.kids {
		if plain == i || plain < 0 && i == 0 { // the problems of the first kind are those of the list
			if v, ok := m.node(k); ok {
				vs = append(vs, v)
			}
		}
	}
	return tree.ListOf(vs...), true
}

func (m *mirror) any(n *node) (tree.Value, bool) {
	start := m.here()
	best, bestProblems, bestFilled := -1, 0, 0
	for i, k := range n.kids {
		m.node(k)
		problems, filled := len(m.problems)-start.problems, m.filled-start.filled
		m.back(stand{start.problems, start.filled, maps.Clone(start.spent)})
		if best < 0 || problems < bestProblems || problems == bestProblems && filled > bestFilled {
			best, bestProblems, bestFilled = i, problems, filled
		}
	}
	return m.node(n.kids[best])
}

// all writes what the first of the patterns with a value reads. That the others read it too is for the reader to see.
func (m *mirror) all(n *node) (tree.Value, bool) {
	for _, k := range n.kids {
		was := m.here()
		v, ok := m.node(k)
		if ok && m.filled > was.filled {
			for _, other := range n.kids { // their variables are bound to the same value, and need no place of their own
				if other.op == opVariable {
					m.spent[other.variable.slot] = other.variable
				}
			}
			return v, true
		}
		m.back(was)
	}
	if n.spares() {
		return tree.Value{}, false
	}
	return m.node(n.kids[0])
}

// not leaves the value out where nothing at all is right, and tries some otherwise.
func (m *mirror) not(n *node) (tree.Value, bool) {
	for _, v := range []tree.Value{{}, tree.Text("x"), tree.Digits("1"), tree.Truth(true)} {
		r := reader{pattern: m.pattern, scope: m.scope, in: m.in, values: make([]tree.Value, len(m.pattern.slots)), limit: m.scope.Limits.Steps}
		if r.not(n, v) && r.over == "" {
			return v, v.Kind() != tree.Absent
		}
	}
	m.fail(n, "nothing is known that this does not exclude")
	return tree.Value{}, false
}

// between is a number inside the limits.
func between(n *node) tree.Value {
	switch {
	case n.above != nil && n.below != nil:
		return numeral((*n.above + *n.below) / 2)
	case n.above != nil:
		return numeral(*n.above + 1)
	}
	return numeral(*n.below - 1)
}
