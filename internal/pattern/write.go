package pattern

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

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
	if w.nodes++; w.nodes > w.scope.Limits.Nodes && w.err == nil {
		w.err = errTooMuch
	}
	if w.err != nil {
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
			if ms, h = w.named(ms, m); h == filled {
				how = filled
			}
			continue
		}
		if k := m.node; k.op == opVariable && k.variable.plain && w.in != nil && k.variable.slot < len(w.in.Values) {
			// What nearly every member is, without the detour.
			if v := w.in.Values[k.variable.slot]; v.Kind() == tree.String && v.Text() != "" {
				w.nodes++
				w.spend(len(v.Text()))
				how = filled
				ms = append(ms, tree.Member{Name: m.name, Value: v})
				continue
			}
		}
		v, h := w.node(m.node)
		if h == leftOut {
			continue
		}
		if h == filled {
			how = filled
		}
		ms = append(ms, tree.Member{Name: m.name, Value: v})
	}
	if how != filled && n.spares() {
		return tree.Value{}, leftOut
	}
	return tree.ObjectOf(ms...), how
}

// named writes a member whose name has variables: once, or once per file.
func (w *writer) named(ms []tree.Member, m *member) ([]tree.Member, state) {
	if !m.perFile || w.file >= 0 {
		return w.namedOnce(ms, m)
	}
	how := written
	for w.file = range w.files() {
		var h state
		if ms, h = w.namedOnce(ms, m); h == filled {
			how = filled
		}
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
		}
		if h == filled {
			how = filled
		}
	}
	for _, k := range n.kids {
		switch {
		case k.op == opVariable:
			// A list variable gives all its values, and none where it has none.
			v, h := w.leaf(k.variable)
			if v.Kind() != tree.List {
				add(v, h)
				break
			}
			for _, e := range v.List() {
				add(e, h)
			}
		case k.perFile && w.file < 0 && (w.files() > 0 || !k.always):
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

// leaf is a variable that is a whole value: it keeps its type.
func (w *writer) leaf(u *variable) (tree.Value, state) {
	v, ok := w.eval(u)
	if ok {
		w.spend(size(v))
		return v, filled
	}
	if u.optional || w.err != nil {
		return tree.Value{}, leftOut
	}
	if v.Kind() == tree.List || u.def.List && w.file < 0 && !u.whole {
		return tree.ListOf(), written
	}
	return tree.Text(""), written
}

// eval is the value of u in the form that it has on the wire, and whether it has one: it is not empty.
func (w *writer) eval(u *variable) (tree.Value, bool) {
	v := u.fixed
	if v.Kind() == tree.Absent {
		v = w.value(u.slot)
	}
	if u.def.PerFile || u.def.EachFile {
		v = w.ofFile(u, v)
	}
	if len(u.codecs) == 0 && u.def.Give == nil {
		return v, !v.IsEmpty()
	}
	if v.IsEmpty() && !u.fills {
		return v, false
	}
	if u.def.Give != nil && !u.decides && !v.IsEmpty() {
		v, _ = convert(func(env any, v tree.Value) (tree.Value, bool) { return u.def.Give(env, v), true }, false, w.env(), v)
	}
	for i := range u.codecs {
		k := &u.codecs[i]
		if v.IsEmpty() && !k.Empties {
			continue
		}
		made, ok := convert(k.Write, k.Whole, w.env(), v)
		if !ok {
			if !u.optional && w.err == nil {
				w.err = fmt.Errorf("%s: the value for %s cannot be written by filter %s", u.pointer, u.source, k.name)
			}
			return tree.Value{}, false
		}
		v = made
	}
	if !w.scope.RawText {
		v = cleaned(v)
	}
	return v, !v.IsEmpty()
}

// ofFile picks the present file's value from those of all files.
func (w *writer) ofFile(u *variable, v tree.Value) tree.Value {
	if w.file < 0 {
		if u.def.EachFile || v.Kind() != tree.List {
			return v
		}
		return at(v, 0)
	}
	if v.Kind() == tree.List {
		return at(v, w.file)
	}
	if w.file > 0 {
		return tree.Value{}
	}
	return v
}

func at(v tree.Value, i int) tree.Value {
	if l := v.List(); i < len(l) {
		return l[i]
	}
	return tree.Value{}
}

// convert puts v through one direction of a filter, element by element unless it takes lists whole.
func convert(f func(any, tree.Value) (tree.Value, bool), whole bool, env any, v tree.Value) (tree.Value, bool) {
	if v.Kind() != tree.List || whole {
		return f(env, v)
	}
	made := make([]tree.Value, 0, len(v.List()))
	for _, e := range v.List() {
		m, ok := f(env, e)
		if !ok {
			return tree.Value{}, false
		}
		made = append(made, m)
	}
	return tree.ListOf(made...), true
}

// text appends a string with variables to dst. What is put in is never looked at again.
func (w *writer) text(dst []byte, parts []part, escape func(string) string) ([]byte, state) {
	how := written
	for i := range parts {
		p := &parts[i]
		switch {
		case p.variable != nil:
			v, ok := w.eval(p.variable)
			if !ok {
				continue
			}
			how = filled
			s := w.textOf(v)
			if escape != nil {
				s = escape(s)
			}
			w.spend(len(s))
			if w.err != nil {
				return dst, written
			}
			dst = append(dst, s...)
		case p.counter != nil:
			if w.file > 0 || !p.counter.optional {
				dst = strconv.AppendInt(dst, int64(w.file+p.counter.base), 10)
			}
		default:
			dst = append(dst, p.literal...)
		}
	}
	return dst, how
}

// textOf is v where text surrounds it.
func (w *writer) textOf(v tree.Value) string {
	switch v.Kind() {
	case tree.List:
		texts := make([]string, len(v.List()))
		for i, e := range v.List() {
			if e.Kind() == tree.List {
				continue // lists of lists have no text
			}
			texts[i] = w.textOf(e)
		}
		return strings.Join(texts, ",")
	case tree.Object:
		if w.scope.FormatJSON != nil {
			return string(w.scope.FormatJSON(v))
		}
	case tree.File:
		if w.scope.RawText {
			return string(v.File().Data)
		}
		return base64.StdEncoding.EncodeToString(v.File().Data)
	}
	return v.Text()
}

// size is how much a value weighs when it is sent, roughly.
func size(v tree.Value) int {
	switch v.Kind() {
	case tree.File:
		return len(v.File().Data)
	case tree.List:
		n := 0
		for _, e := range v.List() {
			n += len(e.Text())
			if e.Kind() == tree.File {
				n += len(e.File().Data)
			}
		}
		return n
	}
	return len(v.Text())
}

// cleaned is v without bytes that are no text: filters can make such, and the door has let none in.
func cleaned(v tree.Value) tree.Value {
	if v.Kind() == tree.String {
		if s := v.Text(); !isText(s) {
			return tree.Text(cleanText(s))
		}
		return v
	}
	if v.Kind() == tree.List {
		for i, e := range v.List() {
			if e.Kind() == tree.String && !isText(e.Text()) {
				clean := make([]tree.Value, len(v.List()))
				copy(clean, v.List())
				for j := i; j < len(clean); j++ {
					if clean[j].Kind() == tree.String {
						clean[j] = tree.Text(cleanText(clean[j].Text()))
					}
				}
				return tree.ListOf(clean...)
			}
		}
	}
	return v
}

func isText(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

func cleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
