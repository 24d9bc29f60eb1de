package pattern

import (
	"errors"

	"patchbay/internal/tree"
)

var errNoJSON = errors.New("the patterns of this scope are not written as JSON")

// AppendJSON is Write, and its value as JSON appended to dst: the same bytes, and the same errors, without the tree between.
// Nothing is appended where Write gives an absent value. A pattern that is a single $file$ has no JSON: see IsText.
func (p *Pattern) AppendJSON(dst []byte, in *Input) ([]byte, error) {
	if p.scope.AppendJSON == nil {
		return dst, errNoJSON
	}
	w := writer{scope: p.scope, in: in, file: -1, count: -1}
	out, how := w.json(dst, p.root)
	if w.err != nil || how == leftOut {
		return dst, w.err
	}
	return out, nil
}

// json appends what node gives. What is left out may have appended something all the same: callers take that back.
func (w *writer) json(dst []byte, n *node) ([]byte, state) {
	switch n.op {
	case opLiteral:
		w.visit()
		return append(dst, n.json...), written
	case opObject:
		return w.jsonObject(dst, n)
	case opList:
		return w.jsonList(dst, n)
	}
	v, how := w.node(n)
	if how == leftOut {
		return dst, leftOut
	}
	return w.scope.AppendJSON(dst, v), how
}

func (w *writer) jsonObject(dst []byte, n *node) ([]byte, state) {
	if !w.visit() {
		return dst, leftOut
	}
	dst = append(dst, '{')
	start, how := len(dst), written
	for i := range n.members {
		m := &n.members[i]
		if m.parts != nil {
			ms, h := w.named(nil, m)
			for _, m := range ms {
				dst = w.scope.AppendJSON(comma(dst, start), tree.Text(m.Name))
				dst = w.scope.AppendJSON(append(dst, ':'), m.Value)
			}
			how = max(how, h)
			continue
		}
		before := len(dst)
		dst = append(comma(dst, start), m.json...)
		if v, ok := w.usual(m.node); ok {
			dst, how = w.scope.AppendJSON(dst, v), filled
			continue
		}
		var h state
		if dst, h = w.json(dst, m.node); h == leftOut {
			dst = dst[:before]
			continue
		}
		how = max(how, h)
	}
	if how != filled && n.spares() {
		return dst, leftOut
	}
	return append(dst, '}'), how
}

func (w *writer) jsonList(dst []byte, n *node) ([]byte, state) {
	if !w.visit() {
		return dst, leftOut
	}
	dst = append(dst, '[')
	start, how, count := len(dst), written, 0
	value := func(v tree.Value, h state) {
		if h != leftOut {
			dst = w.scope.AppendJSON(comma(dst, start), v)
			how = max(how, h)
			count++
		}
	}
	element := func(k *node) {
		before := len(dst)
		var h state
		if dst, h = w.json(comma(dst, start), k); h == leftOut {
			dst = dst[:before]
			return
		}
		how = max(how, h)
		count++
	}
	for _, k := range n.kids {
		switch {
		case k.op == opVariable:
			w.values(k.variable, value)
		case w.perFile(k):
			for w.file = range w.files() {
				element(k)
			}
			w.file = -1
		default:
			element(k)
		}
	}
	if how != filled && n.spares() {
		return dst, leftOut
	}
	w.nodes += count
	return append(dst, ']'), how
}

// comma separates what follows from what stands since start.
func comma(dst []byte, start int) []byte {
	if len(dst) > start {
		return append(dst, ',')
	}
	return dst
}
