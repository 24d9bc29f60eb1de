package pattern

import (
	"crypto/subtle"
	"strings"

	"patchbay/internal/tree"
)

// variable reads v as u: compares it when u is known, binds it otherwise.
func (r *reader) variable(u *variable, v tree.Value) bool {
	if k, known := r.known(u); known {
		return r.compare(u, k, v)
	}
	if v.Kind() == tree.List && !u.whole {
		return r.several(u, v.List(), false)
	}
	return r.one(u, v)
}

func (r *reader) env() any {
	if r.in == nil {
		return nil
	}
	return r.in.Env
}

// known is the value that u has already, which makes it a literal.
func (r *reader) known(u *variable) (tree.Value, bool) {
	if u.fixed.Kind() != tree.Absent {
		return u.fixed, true
	}
	if r.in != nil && u.slot < len(r.in.Values) {
		if v := r.in.Values[u.slot]; v.Kind() != tree.Absent {
			return v, true
		}
	}
	return tree.Value{}, u.def.Known
}

// compare reports whether v is what u is known to be.
func (r *reader) compare(u *variable, known, v tree.Value) bool {
	if known.IsEmpty() {
		if u.def.Known {
			return u.optional // never a way in for who sends nothing
		}
		return v.IsEmpty()
	}
	if v.IsEmpty() && !u.def.Known && u.optional {
		return true
	}
	if v.Kind() == tree.List {
		if len(v.List()) == 0 {
			return false
		}
		v = v.List()[len(v.List())-1]
	}
	if !u.readable { // a digest is compared as it is written
		w := writer{scope: r.scope, in: r.in, file: -1, count: -1}
		want, ok := w.eval(u)
		got, scalar := v.Scalar()
		r.steps += filterSteps*len(u.codecs) + len(got)/bytesPerStep
		return ok && scalar && sameText(w.textOf(want), got)
	}
	got, ok := r.unfiltered(u, v)
	if !ok {
		return false
	}
	if known.Kind() == tree.List {
		for _, k := range known.List() {
			if r.same(u, k, got) {
				return true
			}
		}
		return false
	}
	return r.same(u, known, got)
}

func (r *reader) same(u *variable, a, b tree.Value) bool {
	r.steps += (size(a) + size(b)) / digitPerStep
	if u.def.Same != nil {
		return u.def.Same(r.env(), a, b)
	}
	if a.Kind() == tree.File || b.Kind() == tree.File {
		return sameText(bytesOf(a), bytesOf(b))
	}
	s, ok := a.Scalar()
	t, too := b.Scalar()
	return ok && too && sameText(s, t)
}

// sameText takes as long for a text that nearly fits as for any other: what is compared may be a secret.
func sameText(a, b string) bool {
	return len(a) == len(b) && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// several reads the values of a list as one variable. Converted: the filters have been at them.
func (r *reader) several(u *variable, vs []tree.Value, converted bool) bool {
	if len(vs) == 0 {
		return u.optional || u.def.Use == Each
	}
	switch u.def.Use {
	case Key:
		return r.value(u, vs[len(vs)-1], converted)
	case First:
		return r.value(u, vs[0], converted)
	}
	read := false
	ofFiles, row := u.def.PerFile || u.def.EachFile, count(r.values[u.place])
	for i, v := range vs {
		if v.Kind() == tree.List && u.def.Take == nil {
			continue // lists of lists are no values of anything
		}
		if !r.spend(1) {
			return false
		}
		mark := len(r.trail)
		if ofFiles { // lists side by side: what has no type keeps its place among the types
			r.alignFiles([]int{u.place}, row+i)
		}
		ok := r.value(u, v, converted)
		read = read || ok
		if !ok || ofFiles && count(r.values[u.place]) != row+i+1 {
			r.undo(mark)
		}
	}
	return read || u.optional
}

func (r *reader) value(u *variable, v tree.Value, converted bool) bool {
	if converted {
		return r.keep(u, v)
	}
	return r.one(u, v)
}

// one reads one value as u.
func (r *reader) one(u *variable, v tree.Value) bool {
	if v.IsEmpty() && !u.fills {
		return r.keep(u, v)
	}
	v, ok := r.unfiltered(u, v)
	if !ok {
		return u.optional
	}
	if v.Kind() == tree.List && u.whole { // a filter took it apart
		return r.several(u, v.List(), true)
	}
	return r.keep(u, v)
}

// keep binds what u takes of v, which the filters have left as it is inside.
func (r *reader) keep(u *variable, v tree.Value) bool {
	if v.IsEmpty() && (u.optional || v.Kind() != tree.String) {
		return u.optional
	}
	v, ok := r.take(u, v)
	if !ok && v.Kind() == tree.Object && u.def.Use == Join {
		return false // a text is here that cannot be read: to take it for nothing would lose it
	}
	if !ok || v.IsEmpty() && (u.optional || v.Kind() != tree.String) {
		return u.optional
	}
	return r.bind(u, v)
}

// take is what u keeps of v: what its owner says, else every scalar and file, and where all values count everything.
func (r *reader) take(u *variable, v tree.Value) (tree.Value, bool) {
	if v.Kind() == tree.Object {
		if text := v.Get(textMember); text.Kind() == tree.String {
			v = text // an element of XML that has attributes besides
		}
	}
	if u.def.Take != nil {
		r.steps += len(v.Text()) / bytesPerStep
		return u.def.Take(r.env(), v)
	}
	switch v.Kind() {
	case tree.Object, tree.List:
		return v, u.def.Use == Each
	}
	return v, true
}

// textMember is what stands inside an element of XML, where it has attributes or elements besides.
const textMember = "#text"

// unfiltered is v from the form that it has on the wire.
func (r *reader) unfiltered(u *variable, v tree.Value) (tree.Value, bool) {
	if len(u.codecs) == 0 {
		return v, true
	}
	for i := len(u.codecs) - 1; i >= 0; i-- {
		k := &u.codecs[i]
		if v.IsEmpty() && !k.Empties {
			continue
		}
		if k.Read == nil {
			return tree.Value{}, false // a pattern compiled for writing
		}
		if !r.spend(k.steps(v)) {
			return tree.Value{}, false
		}
		var ok bool
		if v, ok = convert(k.Read, k.Whole, r.env(), v); !ok {
			return tree.Value{}, false
		}
	}
	if u.def.Bytes && !v.IsEmpty() {
		if s, ok := v.Scalar(); ok {
			return tree.FileOf(&tree.Blob{Data: []byte(s)}), true
		}
		return v, true
	}
	return cleaned(v), true
}

// steps is what converting v costs.
func (k *codec) steps(v tree.Value) int {
	one := filterSteps + k.cost
	if v.Kind() == tree.List && !k.Whole {
		one *= len(v.List())
	}
	return one + size(v)/bytesPerStep
}

// bind puts v into the event, or adds it to what is there.
func (r *reader) bind(u *variable, v tree.Value) bool {
	now := r.values[u.place]
	if now.Kind() == tree.Absent {
		if v.Kind() == tree.List {
			v = clipped(v)
		}
		r.set(u.place, now, v)
		return true
	}
	switch u.def.Use {
	case Key:
		return r.same(u, now, v)
	case First:
		return true
	}
	return r.add(u.place, v) // Each, and Join until the event is whole
}

// join makes one text of the parts of each variable that joins, in the values of an event that is whole.
func (r *reader) join(values []tree.Value) bool {
	for _, p := range r.pattern.joins {
		parts := values[p].List()
		if len(parts) == 0 {
			continue
		}
		bytes := len(parts) - 1
		for _, v := range parts {
			bytes += len(v.Text())
		}
		if r.joined += bytes; r.joined > r.scope.Limits.Bytes {
			r.over = "bytes"
		}
		if !r.spend(bytes / bytesPerStep) {
			return false
		}
		var b strings.Builder
		b.Grow(bytes)
		for i, v := range parts {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(v.Text())
		}
		values[p] = tree.Text(b.String())
	}
	return true
}

// add appends v to the values of a place. It may use the room behind them: whoever is to see them as they were holds them clipped.
func (r *reader) add(place int, v tree.Value) bool {
	now := r.values[place]
	var all []tree.Value
	if now.Kind() == tree.List {
		all = now.List()
	} else if now.Kind() != tree.Absent {
		all = append(make([]tree.Value, 0, 4), now)
	}
	if len(all) >= r.scope.Limits.Values {
		r.over = "values of one variable"
		return false
	}
	r.set(place, now, tree.ListOf(append(all, v)...))
	return true
}

func (r *reader) set(place int, before, v tree.Value) {
	r.steps++
	if before.Kind() == tree.List {
		before = clipped(before)
	}
	r.trail = append(r.trail, undo{place, before})
	r.values[place] = v
}

// clipped is a list without room behind its elements.
func clipped(v tree.Value) tree.Value {
	l := v.List()
	return tree.ListOf(l[:len(l):len(l)]...)
}

func (r *reader) undo(mark int) {
	for i := len(r.trail) - 1; i >= mark; i-- {
		r.values[r.trail[i].place] = r.trail[i].value
	}
	r.trail = r.trail[:mark]
}

// fileRows is how many files have been read: the most values that any per-file variable has.
func (r *reader) fileRows() int {
	rows := 0
	for _, p := range r.pattern.filePlaces {
		rows = max(rows, count(r.values[p]))
	}
	return rows
}

func count(v tree.Value) int {
	switch v.Kind() {
	case tree.Absent:
		return 0
	case tree.List:
		return len(v.List())
	}
	return 1
}

// alignFiles makes the next values of places those of file number row, so that a file without a type does not get the next one's.
func (r *reader) alignFiles(places []int, row int) {
	for _, p := range places {
		for count(r.values[p]) < row && r.spend(0) {
			if r.values[p].Kind() == tree.Absent {
				r.set(p, tree.Value{}, tree.ListOf(tree.Value{}))
			} else if !r.add(p, tree.Value{}) {
				return
			}
		}
	}
}
