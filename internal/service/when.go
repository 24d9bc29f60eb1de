package service

import (
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// when is the condition of a variant: a pattern over the sending variables and the properties, as members of one object.
type when struct {
	pattern    *pattern.Pattern
	slots      bits  // the variables that it asks about
	properties []int // and the properties, by number
}

// decision is what the properties alone say about a variant.
type decision uint8

const (
	open decision = iota // the message decides
	always
	never
)

func (l *loader) when(v tree.Value, ptr string) *when {
	l.whenNames(v, ptr)
	w := &when{pattern: l.pattern(v, ptr, l.names.whenScope())}
	if w.pattern == nil {
		return nil
	}
	asked := func(name string) bool {
		for _, m := range v.Members() {
			if m.Name == name || strings.HasPrefix(m.Name, "$") { // an operator over the whole may ask about anything
				return true
			}
		}
		return false
	}
	for i, p := range l.names.properties {
		if asked(p.Name) {
			w.properties = append(w.properties, i)
		}
	}
	for slot, row := range variables {
		if row.places&inSend != 0 && asked(row.name) && l.names.property(row.name) < 0 { // a property hides a variable of the same name
			w.slots |= 1 << slot
		}
	}
	return w
}

// whenNames checks that a when asks about things that exist.
func (l *loader) whenNames(v tree.Value, ptr string) {
	var known []string
	for _, row := range variables {
		if row.places&inSend != 0 {
			known = append(known, row.name)
		}
	}
	known = append(known, l.names.propertyNames()...)
	for _, m := range v.Members() {
		if !strings.HasPrefix(m.Name, "$") && !contains(known, m.Name) {
			l.fail(pointer(ptr, m.Name), "%q is neither a sending variable nor a property%s", m.Name, hint(m.Name, known))
		}
	}
}

// decide asks about a variant once, when an integration gets its values.
func (b *Bound) decide(m *method) decision {
	switch {
	case m.when == nil:
		return always
	case m.when.slots != 0:
		return open
	case b.fits(m, &Sending{}, step{method: m}):
		return always
	}
	return never
}

// variant is the first variant that takes the step.
func (b *Bound) variant(variants []*method, m *Sending, s step) (*method, error) {
	for _, v := range variants {
		switch b.fixed[v].decided {
		case always:
			return v, nil
		case open:
			if s.method = v; b.fits(v, m, s) {
				return v, nil
			}
		}
	}
	return nil, fault.New(fault.Invalid, "content", "%s has no variant of %s for this message: none of its \"when\" fits", b.Name, variants[0].name)
}

// fits reports whether a variant takes the step.
func (b *Bound) fits(v *method, m *Sending, s step) bool {
	in := b.input(m, s, Attempt{}, v.when.slots)
	defer release(in)
	members := make([]tree.Member, 0, 8)
	for slot := range variables {
		if !v.when.slots.has(slot) || in.values[slot].Kind() == tree.Absent {
			continue
		}
		value := in.values[slot]
		if value.Kind() == tree.List && slot != slotURLs { // per file it has the first
			value = value.List()[0]
		}
		members = append(members, tree.Member{Name: variables[slot].name, Value: value})
	}
	for _, i := range v.when.properties {
		members = append(members, tree.Member{Name: b.Properties[i].Name, Value: in.values[firstProperty+i]})
	}
	return v.when.pattern.Read(tree.ObjectOf(members...), &in.Input).Matched
}
