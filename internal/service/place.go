package service

import (
	"fmt"
	"time"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// The slots of a place's pattern.
const (
	placeSignature = iota
	placeTimestamp
	placeToken
)

// place is a spot whose text is a pattern that holds the signature, the time or the token.
type place struct {
	spot
	read    *pattern.Pattern
	write   *pattern.Pattern
	several *several // nil: it holds one signature
}

// placeMembers are the members of a check in which places stand.
var placeMembers = []struct {
	name string
	kind spotKind
}{{"headers", inHeaders}, {"query", inQuery}, {"parameters", inParameters}}

// places compiles where the variables of names stand.
func (l *loader) places(v tree.Value, ptr string, names ...int) (out []place) {
	vars := make([]pattern.Var, l.names.count)
	for i := range vars {
		vars[i].Name = noName
	}
	for _, slot := range names {
		switch slot {
		case placeSignature:
			vars[slot] = pattern.Var{Name: "signature", Use: pattern.First, Bytes: true}
		case placeTimestamp:
			vars[slot] = pattern.Var{Name: "timestamp", Use: pattern.First}
		case placeToken:
			vars[slot] = pattern.Var{Name: "token", Use: pattern.First}
		}
	}
	for i, p := range l.names.properties {
		vars[firstProperty+i] = pattern.Var{Name: p.Name, Known: true}
	}
	reads := pattern.NewScope(pattern.Scope{Direction: pattern.Reads, Vars: vars})
	writes := pattern.NewScope(pattern.Scope{Direction: pattern.Writes, Vars: vars})
	for _, where := range placeMembers {
		in := v.Get(where.name)
		if in.Kind() == tree.Absent {
			continue
		}
		l.spots(in, pointer(ptr, where.name), where.kind, func(s spot, v tree.Value, at string) {
			p := place{spot: s}
			text := l.text(v, at)
			if p.read = l.pattern(tree.Text(text), at, reads); p.read == nil {
				return
			}
			said := len(l.problems)
			if p.write = l.pattern(tree.Text(text), at, writes); p.write == nil {
				return
			}
			if j := joined(text, "signature"); j != nil {
				if p.read = l.several(&p, j, at, reads, writes); p.read == nil {
					return
				}
			}
			l.problems = l.problems[:said] // warnings, once more
			out = append(out, p)
		})
	}
	return out
}

// find is what the variable of slot is in the place.
func (p *place) find(b *Bound, cb *Callback, slot int) (tree.Value, bool) {
	return find(p.read, p.get(cb), b, slot)
}

// find is what the variable of slot is in text.
func find(p *pattern.Pattern, text string, b *Bound, slot int) (tree.Value, bool) {
	r := p.Read(tree.Text(wire.Clean(text)), &pattern.Input{Values: b.base})
	if !r.Matched || len(r.Events) != 1 {
		return tree.Value{}, false
	}
	v := r.Events[0].Get(slot)
	return v, v.Kind() != tree.Absent
}

// text is the place as values make it.
func (p *place) text(values []tree.Value) (string, error) {
	text, err := p.write.AppendText(nil, &pattern.Input{Values: values}, nil)
	return string(text), err
}

// uses reports whether one of the places holds the variable of slot.
func uses(places []place, slot int) bool {
	for i := range places {
		if places[i].read.Uses(slot) {
			return true
		}
	}
	return false
}

// times reads the time, which is part of what is written besides the signature, into values, and holds it to the tolerance.
func times(places []place, b *Bound, cb *Callback, values []tree.Value, tolerance time.Duration) error {
	for i := range places {
		p := &places[i]
		if !p.read.Uses(placeTimestamp) {
			continue
		}
		v, ok := p.find(b, cb, placeTimestamp)
		if !ok {
			return fmt.Errorf("the %s has no time in it", &p.spot)
		}
		values[placeTimestamp] = v
		if tolerance == 0 {
			continue
		}
		at := timeOf(v.Text())
		if age := cb.Now.Sub(at); at.IsZero() || age > tolerance || age < -tolerance {
			return fmt.Errorf("the %s says a time that is not within %v of now", &p.spot, tolerance)
		}
	}
	return nil
}
