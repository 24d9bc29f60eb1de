package pattern

import (
	"errors"
	"fmt"

	"patchbay/internal/tree"
)

var errTooMuch = errors.New("what would be written is over the limits")

// Write puts the values in. A pattern whose variables are all optional and empty gives an absent value.
func (p *Pattern) Write(in *Input) (tree.Value, error) {
	w := writer{scope: p.scope, in: in, file: -1, count: -1}
	v, how := w.node(p.root)
	if w.err != nil {
		return tree.Value{}, w.err
	}
	if how == leftOut {
		return tree.Value{}, nil
	}
	return v, nil
}

// AppendText writes a pattern that is a string, and appends its bytes to dst: a URL, a header, what a signature is over.
// The text of each variable goes through escape, when it is not nil; the literal parts do not.
func (p *Pattern) AppendText(dst []byte, in *Input, escape func(string) string) ([]byte, error) {
	w := writer{scope: p.scope, in: in, file: -1, count: -1}
	n := p.root
	switch n.op {
	case opLiteral:
		dst = append(dst, n.text...)
	case opVariable:
		one := [1]part{{variable: n.variable}}
		dst, _ = w.text(dst, one[:], escape)
	case opText:
		dst, _ = w.text(dst, n.parts, escape)
	default:
		return dst, fmt.Errorf("%s: not a text", n.pointer)
	}
	return dst, w.err
}

// state says what came of writing a node.
type state uint8

const (
	leftOut state = iota
	written       // but no variable in it had a value
	filled
)

type writer struct {
	scope *Scope
	in    *Input
	file  int // which file's values per-file variables have now; -1: none
	count int // how many files there are; -1: not yet counted
	nodes int
	bytes int
	err   error
}

func (w *writer) node(n *node) (tree.Value, state) {
	if !w.visit() {
		return tree.Value{}, leftOut
	}
	switch n.op {
	case opLiteral:
		return n.value, written
	case opVariable:
		return w.leaf(n.variable)
	case opText:
		text, how := w.text(nil, n.parts, nil)
		if len(text) == 0 && how == written && n.optional {
			return tree.Value{}, leftOut
		}
		return tree.Text(string(text)), how
	case opObject:
		return w.object(n)
	case opList:
		return w.list(n)
	case opJSON:
		v, how := w.node(n.kids[0])
		if how == leftOut || w.err != nil {
			return v, leftOut
		}
		text := string(w.scope.FormatJSON(v))
		w.spend(len(text))
		return tree.Text(text), how
	}
	return tree.Nil, written // opNull; the operators that only read do not compile here
}

// visit counts a node, and reports whether there is still room for it.
func (w *writer) visit() bool {
	if w.nodes++; w.nodes > w.scope.Limits.Nodes && w.err == nil {
		w.err = errTooMuch
	}
	return w.err == nil
}

func (w *writer) spend(bytes int) {
	if w.bytes += bytes; w.bytes > w.scope.Limits.Bytes && w.err == nil {
		w.err = errTooMuch
	}
}

func (w *writer) object(n *node) (tree.Value, state) {
	ms := make([]tree.Member, 0, len(n.members))
	how := written
	for i := range n.members {
		m := &n.members[i]
		if m.parts != nil {
			var h state
			ms, h = w.named(ms, m)
			how = max(how, h)
			continue
		}
		v, ok := w.usual(m.node)
		h := filled
		if !ok {
			if v, h = w.node(m.node); h == leftOut {
				continue
			}
		}
		how = max(how, h)
		ms = append(ms, tree.Member{Name: m.name, Value: v})
	}
	if how != filled && n.spares() {
		return tree.Value{}, leftOut
	}
	return tree.ObjectOf(ms...), how
}

// usual is what nearly every member is, without the detour: the text of a variable that is written as it is.
func (w *writer) usual(n *node) (tree.Value, bool) {
	if n.op != opVariable || !n.variable.plain || w.in == nil || n.variable.slot >= len(w.in.Values) || w.file > 0 && n.variable.def.FirstFile {
		return tree.Value{}, false
	}
	v := w.in.Values[n.variable.slot]
	if v.Kind() != tree.String || v.Text() == "" || !w.visit() {
		return tree.Value{}, false
	}
	w.spend(len(v.Text()))
	return v, true
}

// named writes a member whose name has variables: once, or once per file.
func (w *writer) named(ms []tree.Member, m *member) ([]tree.Member, state) {
	if !m.perFile || w.file >= 0 {
		return w.namedOnce(ms, m)
	}
	how := written
	for w.file = range w.files() {
		var h state
		ms, h = w.namedOnce(ms, m)
		how = max(how, h)
	}
	w.file = -1
	return ms, how
}

func (w *writer) namedOnce(ms []tree.Member, m *member) ([]tree.Member, state) {
	name, _ := w.text(nil, m.parts, nil)
	if len(name) == 0 {
		return ms, leftOut
	}
	v, how := w.node(m.node)
	if how == leftOut {
		return ms, leftOut
	}
	return append(ms, tree.Member{Name: string(name), Value: v}), how
}

func (w *writer) list(n *node) (tree.Value, state) {
	vs := make([]tree.Value, 0, len(n.kids))
	how := written
	add := func(v tree.Value, h state) {
		if h != leftOut {
			vs = append(vs, v)
			how = max(how, h)
		}
	}
	for _, k := range n.kids {
		switch {
		case k.op == opVariable:
			w.values(k.variable, add)
		case w.perFile(k):
			for w.file = range w.files() {
				add(w.node(k))
			}
			w.file = -1
		default:
			add(w.node(k))
		}
	}
	if how != filled && n.spares() {
		return tree.Value{}, leftOut
	}
	w.nodes += len(vs)
	return tree.ListOf(vs...), how
}

// values gives each value of a variable that stands in a list: a list variable has several, or none.
func (w *writer) values(u *variable, add func(tree.Value, state)) {
	v, how := w.leaf(u)
	if v.Kind() != tree.List {
		add(v, how)
		return
	}
	for _, e := range v.List() {
		add(e, how)
	}
}

// perFile reports whether the element k of a list is written once per file from here on.
func (w *writer) perFile(k *node) bool {
	return k.perFile && w.file < 0 && (w.files() > 0 || !k.always)
}

// files counts the files of the message: every per-file variable has one value for each.
func (w *writer) files() int {
	if w.count >= 0 {
		return w.count
	}
	w.count = 0
	for _, slot := range w.scope.files {
		v := w.value(slot)
		switch {
		case v.Kind() == tree.List:
			w.count = max(w.count, len(v.List()))
		case !v.IsEmpty():
			w.count = max(w.count, 1)
		}
	}
	return w.count
}

func (w *writer) value(slot int) tree.Value {
	if w.in != nil && slot < len(w.in.Values) {
		return w.in.Values[slot]
	}
	return tree.Value{}
}

func (w *writer) env() any {
	if w.in == nil {
		return nil
	}
	return w.in.Env
}
