package pattern

import (
	"slices"

	"patchbay/internal/tree"
)

// walk reads v with n, in which a list gives events: what stands outside that list is read first, then each element
// completes one event. left is v with only what nobody read.
func (r *reader) walk(n *node, v tree.Value) (left tree.Value, ok bool) {
	if !r.spend(1) {
		return left, false
	}
	switch n.op {
	case opObject:
		return r.walkObject(n, v)
	case opList:
		return r.walkList(n, v)
	case opAny:
		return r.walkAny(n, v)
	case opJSON:
		inner, ok := r.parsed(n, v)
		if !ok {
			if r.trace != nil {
				r.trace.note(n, v, false)
			}
			return left, false
		}
		if left, ok = r.walk(n.kids[0], inner); ok && left.Kind() != tree.Absent {
			left = tree.Text(string(r.scope.FormatJSON(left)))
			r.steps += len(left.Text()) / digitPerStep
		}
		return left, ok
	}
	return left, false // nothing else holds a list
}

// emit ends an event with what is bound now.
func (r *reader) emit() bool {
	if len(r.events) >= r.scope.Limits.Events {
		r.over = "events"
		return false
	}
	values := slices.Clone(r.values)
	r.steps += len(values) / namesPerStep
	if !r.join(values) {
		return false
	}
	for i, v := range values {
		if v.Kind() == tree.List {
			values[i] = clipped(v)
		}
	}
	r.events = append(r.events, Event{pattern: r.pattern, values: values})
	return true
}

func (r *reader) walkObject(n *node, v tree.Value) (left tree.Value, ok bool) {
	last := &n.members[n.reads[len(n.reads)-1]] // the member with the events
	if !r.object(n, v, n.reads[:len(n.reads)-1]) {
		if r.trace == nil || v.Kind() != tree.Object {
			return left, false
		}
		r.walkMember(last, v) // only to see how much fits
		return left, false
	}
	if v.Kind() != tree.Object {
		return left, r.emit()
	}
	return r.walkMember(last, v)
}

func (r *reader) walkMember(m *member, v tree.Value) (left tree.Value, ok bool) {
	if m.repeats() {
		return left, r.walkEveryMember(m, v)
	}
	left, ok = r.walk(m.node, r.memberOf(v, m))
	if !ok || left.Kind() == tree.Absent {
		return left, ok
	}
	ms := make([]tree.Member, 0, len(v.Members()))
	at := -1
	for _, vm := range v.Members() {
		if vm.Name == m.name {
			if at < 0 {
				at = len(ms)
				ms = append(ms, tree.Member{Name: m.name, Value: left})
			}
			continue
		}
		ms = append(ms, vm)
	}
	return tree.ObjectOf(ms...), true
}

// walkEveryMember gives one event per member that fits. Members that fit nothing are merely not named: nobody misses them.
func (r *reader) walkEveryMember(m *member, v tree.Value) bool {
	tries := r.tries()
	read := 0
	for _, c := range r.candidates(m, v) {
		a := r.begin()
		ok := r.name(m, c, r.fileRows())
		if ok {
			_, ok = r.complete(m.node, c.member.Value)
		}
		ok = tries.event(a, ok)
		if r.over != "" {
			return tries.end(m.node, v, false)
		}
		if ok {
			read++
		}
	}
	return r.endMembers(&tries, m, read > 0 || len(v.Members()) == 0)
}

func (r *reader) walkList(n *node, v tree.Value) (left tree.Value, ok bool) {
	if v.IsEmpty() && v.Kind() != tree.List && (n.spares() || v.Kind() != tree.String) {
		if r.trace != nil {
			r.trace.note(n, v, n.spares())
		}
		return left, n.spares() && r.emit() // the list may be missing, what stands outside is an event all the same
	}
	var one [1]tree.Value
	elements := v.List()
	if v.Kind() != tree.List {
		one[0] = v
		elements = one[:]
	}
	tries := r.tries()
	var unread []tree.Value
	read := 0
	for _, e := range elements {
		leaves, ok := r.walkElement(n, e, &tries)
		if r.over != "" || !ok && r.scope.EveryElement {
			return left, tries.end(n, v, false)
		}
		if ok {
			read++
		} else {
			leaves = e
		}
		if leaves.Kind() != tree.Absent {
			unread = append(unread, leaves)
		}
	}
	if v.Kind() == tree.String && v.IsEmpty() {
		return left, tries.end(n, v, true)
	}
	if read == 0 && len(elements) > 0 {
		return left, tries.end(n, v, false)
	}
	if len(unread) > 0 {
		left = tree.ListOf(unread...)
	}
	return left, tries.end(n, v, true)
}

func (r *reader) walkElement(n *node, e tree.Value, tries *tries) (left tree.Value, ok bool) {
	for _, k := range n.kids {
		a := r.begin()
		if len(k.files) > 0 {
			r.alignFiles(k.files, r.fileRows())
		}
		left, ok = r.complete(k, e)
		if tries.event(a, ok) || r.over != "" {
			return left, ok
		}
	}
	return tree.Value{}, false
}

// complete reads what completes an event, or the list inside it whose elements do.
func (r *reader) complete(n *node, v tree.Value) (left tree.Value, ok bool) {
	if n.events {
		return r.walk(n, v)
	}
	return tree.Value{}, r.match(n, v) && r.emit()
}

func (r *reader) walkAny(n *node, v tree.Value) (left tree.Value, ok bool) {
	tries := r.tries()
	for _, k := range n.kids {
		a := r.begin()
		left, ok = r.complete(k, v)
		if tries.ended(a, ok) || r.over != "" {
			break
		}
	}
	return left, tries.end(n, v, ok)
}
