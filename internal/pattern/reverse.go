package pattern

import (
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// Reverse compiles v, which was written for the other direction, for the direction of scope: reading, as a provider reads our requests.
// What cannot be read (two variables that touch, a digest) is taken whatever it is; the problems say where, and why. The pattern is nil
// only when v is no pattern at all.
func Reverse(v tree.Value, scope *Scope) (*Pattern, []Problem) {
	var blind []Problem
	for range maxProblems {
		p, problems := Compile(v, scope)
		if p != nil {
			return p, blind
		}
		replaced := false
		for _, pr := range problems {
			if pr.Warning {
				continue
			}
			if changed, ok := replace(v, strings.Split(pr.Pointer, "/")[1:], anything); ok {
				v, replaced = changed, true
				blind = append(blind, pr)
			}
		}
		if !replaced {
			return nil, append(blind, problems...)
		}
	}
	return nil, blind
}

// anything is a pattern that reads whatever stands there, also nothing.
var anything = tree.ObjectOf(tree.Member{Name: "$not", Value: tree.Text("\x00")})

// replace is v with another value at a pointer; where that has been done, or no string stands there, the member's name is the trouble, and
// it is left out.
func replace(v tree.Value, path []string, by tree.Value) (tree.Value, bool) {
	if len(path) == 0 || v.Kind() == tree.String {
		return by, v.Kind() == tree.String
	}
	step := strings.NewReplacer("~1", "/", "~0", "~").Replace(path[0])
	switch v.Kind() {
	case tree.Object:
		for i, m := range v.Members() {
			if m.Name != step {
				continue
			}
			ms := append([]tree.Member(nil), v.Members()...)
			if len(path) == 1 && m.Value.Kind() != tree.String {
				return tree.ObjectOf(append(ms[:i], ms[i+1:]...)...), true
			}
			inner, ok := replace(m.Value, path[1:], by)
			ms[i].Value = inner
			return tree.ObjectOf(ms...), ok
		}
	case tree.List:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(v.List()) {
			return v, false
		}
		vs := append([]tree.Value(nil), v.List()...)
		inner, ok := replace(vs[i], path[1:], by)
		vs[i] = inner
		return tree.ListOf(vs...), ok
	}
	return v, false
}
