package pattern

// weight is what must be there to be read: the optional counts nothing, of several ways the lightest does.
func (n *node) weight() Weight {
	if n.spares() {
		return Weight{}
	}
	var w Weight
	switch n.op {
	case opLiteral, opNull, opNot, opCompare:
		w.Literals = 1
	case opVariable:
		w.part(n.variable)
	case opText:
		w = partsWeight(n.parts)
	case opMatch:
		w.Literals = 1
		for _, v := range n.groups {
			if v != nil {
				w.part(v)
			}
		}
	case opObject:
		for i := range n.members {
			m := &n.members[i]
			if m.node.spares() {
				continue
			}
			w.add(m.node.weight())
			w.add(partsWeight(m.parts))
		}
	case opJSON:
		w = n.kids[0].weight()
	case opAll:
		for _, k := range n.kids {
			w.add(k.weight())
		}
	case opList, opAny:
		for i, k := range n.kids {
			if kw := k.weight(); i == 0 || kw.less(w) {
				w = kw
			}
		}
	}
	return w
}

func partsWeight(parts []part) (w Weight) {
	literals := false
	for _, p := range parts {
		if p.variable != nil {
			w.part(p.variable)
		} else if p.counter == nil {
			literals = true
		}
	}
	if literals {
		w.Literals++
	}
	return w
}

func (w *Weight) part(v *variable) {
	switch {
	case v.optional:
	case v.known:
		w.Literals++
	default:
		w.Variables++
	}
}

func (w *Weight) add(o Weight) {
	w.Literals += o.Literals
	w.Variables += o.Variables
}

func (w Weight) less(o Weight) bool {
	if w.Literals != o.Literals {
		return w.Literals < o.Literals
	}
	return w.Variables < o.Variables
}
