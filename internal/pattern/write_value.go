package pattern

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

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
	switch {
	case u.def.PerFile || u.def.EachFile:
		v = w.ofFile(u, v)
	case w.file > 0 && u.def.FirstFile:
		v = tree.Value{}
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
	if u.decodes {
		return w.decoded(u, v)
	}
	for i := range u.codecs {
		k := &u.codecs[i]
		if v.IsEmpty() && (!k.Empties || u.optional && k.ToBytes) {
			continue // $body?|sha256$ is the digest of nothing only without the question mark
		}
		if i > 0 {
			if w.spend(size(v)); w.err != nil { // what comes of the last, its user counts
				return tree.Value{}, false
			}
		}
		made, ok := v, false
		if k.Write != nil {
			made, ok = convert(k.Write, k.Whole, w.env(), v)
		}
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

// decoded is v, which has the form that the filters of u name, without it.
func (w *writer) decoded(u *variable, v tree.Value) (tree.Value, bool) {
	for i := len(u.codecs) - 1; i >= 0; i-- {
		k := &u.codecs[i]
		if v.IsEmpty() && !k.Empties {
			continue
		}
		made, ok := convert(k.Read, k.Whole, w.env(), v)
		if !ok {
			if w.err == nil {
				w.err = fmt.Errorf("%s: the value for %s has not the form of filter %s", u.pointer, u.source, k.name)
			}
			return tree.Value{}, false
		}
		v = made
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
			if size(v) > w.scope.Limits.Bytes && w.err == nil {
				w.err = errTooMuch
			}
			if w.err != nil {
				return dst, written
			}
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
			n += size(e)
		}
		return n
	case tree.Object:
		n := 0
		for _, m := range v.Members() {
			n += len(m.Name) + size(m.Value)
		}
		return n
	}
	return len(v.Text())
}

// cleaned is v without bytes that are no text: filters can make such, and the door has let none in.
func cleaned(v tree.Value) tree.Value {
	if v.Kind() == tree.String {
		if s := v.Text(); !tree.IsClean(s) {
			return tree.Text(tree.Clean(s))
		}
		return v
	}
	if v.Kind() == tree.List {
		for i, e := range v.List() {
			if e.Kind() != tree.String || tree.IsClean(e.Text()) {
				continue
			}
			clean := slices.Clone(v.List())
			for j := i; j < len(clean); j++ {
				if clean[j].Kind() == tree.String {
					clean[j] = tree.Text(tree.Clean(clean[j].Text()))
				}
			}
			return tree.ListOf(clean...)
		}
	}
	return v
}
