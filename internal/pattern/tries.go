package pattern

import "patchbay/internal/tree"

// tries is a row of attempts of which each that fails leaves nothing behind: kinds on elements, alternatives.
// For Explain, the difference of the attempt that came nearest stands for all of them, if in the end none is enough.
type tries struct {
	r    *reader
	near int    // before the first
	best *trace // of the attempt that came nearest
}

// attempt is where one began.
type attempt struct {
	trail, events int
	before        trace
}

func (r *reader) tries() tries {
	t := tries{r: r}
	if r.trace != nil {
		t.near = r.trace.near
	}
	return t
}

func (r *reader) begin() attempt {
	a := attempt{trail: len(r.trail), events: len(r.events)}
	if r.trace != nil {
		a.before = *r.trace
		r.trace.found = false
	}
	return a
}

// ended notes how an attempt ended. What a failed one bound and gave is taken back.
func (t *tries) ended(a attempt, ok bool) bool {
	r := t.r
	if !ok {
		r.undo(a.trail)
		r.events = r.events[:a.events]
	}
	if r.trace == nil {
		return ok
	}
	after := *r.trace
	*r.trace = a.before
	gain := after.near - a.before.near
	switch {
	case ok:
		r.trace.near = after.near
	case after.found && (t.best == nil || gain > t.best.near):
		after.near = gain
		t.best = &after
	}
	return ok
}

// event is ended for an attempt at an event: nothing stays bound, whatever came of it.
func (t *tries) event(a attempt, ok bool) bool {
	ok = t.ended(a, ok)
	t.r.undo(a.trail)
	return ok
}

// end gives ok back, and when it is false notes the difference of the nearest attempt, or that n found nothing to try in v.
func (t *tries) end(n *node, v tree.Value, ok bool) bool {
	tr := t.r.trace
	if tr == nil || ok {
		return ok
	}
	if t.best == nil {
		tr.note(n, v, false)
	} else {
		if !tr.found {
			tr.first, tr.found = t.best.first, true
		}
		tr.near = max(tr.near, t.near+t.best.near)
	}
	return ok
}
