package service

import (
	"net/http"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// headers compares the headers that the test names; null wants none of that name.
func (r *testRun) headers(at string, want tree.Value, got http.Header) {
	for _, m := range want.Members() {
		r.same(pointer(at, m.Name), m.Value, got.Get(m.Name))
	}
}

// body compares text as bytes, and anything else as what it means: members in any order.
func (r *testRun) body(at string, want tree.Value, contentType string, got []byte) {
	switch want.Kind() {
	case tree.Absent:
	case tree.String, tree.Null:
		r.same(at, want, string(got))
	default:
		v, err := wire.Decode(contentType, got, wire.Limits{})
		if err != nil {
			r.broken(at, "the body is not what its content type says: %v", err)
		} else {
			r.value(at, want, v, wire.FormatOf(contentType) == wire.JSON)
		}
	}
}

// value compares two values and fails at the first place where they differ.
func (r *testRun) value(at string, want, got tree.Value, typed bool) bool {
	switch {
	case want.Kind() == tree.Object && got.Kind() == tree.Object:
		for _, m := range want.Members() {
			if !r.value(pointer(at, m.Name), m.Value, all(got, m.Name), typed) {
				return false
			}
		}
		for _, m := range got.Members() {
			if want.Get(m.Name).Kind() == tree.Absent {
				r.fail(pointer(at, m.Name), tree.Value{}, m.Value)
				return false
			}
		}
		return true
	case want.Kind() == tree.List && got.Kind() == tree.List && len(want.List()) == len(got.List()):
		for i, e := range want.List() {
			if !r.value(pointer(at, i), e, got.List()[i], typed) {
				return false
			}
		}
		return true
	case want.Kind() == tree.List && len(want.List()) == 1 && !typed:
		return r.value(pointer(at, 0), want.List()[0], got, typed)
	}
	a, aScalar := want.Scalar()
	b, bScalar := got.Scalar()
	if aScalar && bScalar && a == b && (!typed || want.Kind() == got.Kind()) || want.Kind() == tree.Null && got.Kind() == tree.Null {
		return true
	}
	r.fail(at, want, got)
	return false
}

// all is the value of a member, or the list of its values where a form repeats it.
func all(v tree.Value, name string) tree.Value {
	var list []tree.Value
	for _, m := range v.Members() {
		if m.Name == name {
			list = append(list, m.Value)
		}
	}
	switch len(list) {
	case 0:
		return tree.Value{}
	case 1:
		return list[0]
	}
	return tree.ListOf(list...)
}
