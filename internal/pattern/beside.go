package pattern

import "patchbay/internal/tree"

// ReadsList reports whether the pattern's events are the elements of a list.
func (p *Pattern) ReadsList() bool { return p.root.events }

// ListPath is where the list stands whose elements are the pattern's events: the names of the members that lead to it, one without a name
// for each list on the way. ok: it stands at a place that is known.
func (p *Pattern) ListPath() (path []string, ok bool) {
	for n := p.root; n.events; {
		switch n.op {
		case opObject:
			m := &n.members[n.reads[len(n.reads)-1]]
			if m.repeats() {
				return nil, false
			}
			path, n = append(path, m.name), m.node
		case opList:
			path = append(path, "")
			if len(n.kids) != 1 || !n.kids[0].events {
				return path, true
			}
			n = n.kids[0]
		default:
			return nil, false
		}
	}
	return nil, false
}

// Beside is what stands in v beside the lists whose elements p has read as events, where other lists of objects stand there: a batch may
// hold messages in one and receipts in another. Absent: nothing that could be an event.
func (p *Pattern) Beside(v tree.Value) tree.Value { return beside(p.root, v) }

func beside(n *node, v tree.Value) tree.Value {
	switch {
	case !n.events:
	case n.op == opObject && v.Kind() == tree.Object:
		return besideMember(&n.members[n.reads[len(n.reads)-1]], v)
	case n.op == opList && v.Kind() == tree.List && len(n.kids) == 1:
		var out []tree.Value
		for _, e := range v.List() {
			if rest := beside(n.kids[0], e); rest.Kind() != tree.Absent {
				out = append(out, rest)
			}
		}
		if len(out) > 0 {
			return tree.ListOf(out...)
		}
	}
	return tree.Value{}
}

func besideMember(m *member, v tree.Value) tree.Value {
	if m.repeats() {
		return tree.Value{}
	}
	var out []tree.Member
	found := false
	for _, vm := range v.Members() {
		if vm.Name == m.name {
			if vm.Value = beside(m.node, vm.Value); vm.Value.Kind() == tree.Absent {
				continue
			}
			found = true
		}
		found = found || holdsList(vm.Value)
		out = append(out, vm)
	}
	if !found {
		return tree.Value{}
	}
	return tree.ObjectOf(out...)
}

// holdsList reports whether a list with an object in it stands in v.
func holdsList(v tree.Value) bool {
	for _, e := range v.List() {
		if e.Kind() == tree.Object {
			return true
		}
	}
	for _, m := range v.Members() {
		if holdsList(m.Value) {
			return true
		}
	}
	return false
}
