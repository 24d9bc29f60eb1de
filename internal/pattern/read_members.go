package pattern

import (
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// everyMember reads every member that fits m's name and value, as if the object were a list.
func (r *reader) everyMember(m *member, v tree.Value, base int) bool {
	tries := r.tries()
	read := 0
	for _, c := range r.candidates(m, v) {
		a := r.begin()
		ok := tries.ended(a, r.name(m, c, base) && r.match(m.node, c.member.Value))
		if r.over != "" {
			return tries.end(m.node, v, false)
		}
		if ok {
			read++
		}
	}
	return r.endMembers(&tries, m, read > 0 || m.node.spares())
}

// endMembers ends tries on members, of which perhaps not one had a name that fits.
func (r *reader) endMembers(tries *tries, m *member, ok bool) bool {
	if r.trace != nil && !ok && tries.best == nil && !r.trace.found {
		r.trace.found = true
		r.trace.first = Difference{Pointer: m.node.pointer, Expected: "a member called " + describeParts(m.parts), Came: "none"}
	}
	return tries.end(m.node, tree.Value{}, ok)
}

// candidate is a member whose name may fit.
type candidate struct {
	member tree.Member
	number int
}

// candidates are the members that m's name may fit, those with a number in its order.
func (r *reader) candidates(m *member, v tree.Value) []candidate {
	var cs []candidate
	for _, vm := range v.Members() {
		if !r.spend(1) {
			return nil
		}
		if n, ok := r.numberIn(m, vm.Name); ok {
			cs = append(cs, candidate{vm, n})
		}
	}
	if m.counted {
		slices.SortStableFunc(cs, func(a, b candidate) int { return a.number - b.number })
	}
	return cs
}

// numberIn is the place, from 0, of the file that the name of a counted member names.
func (r *reader) numberIn(m *member, name string) (int, bool) {
	if !m.counted {
		return 0, true
	}
	number := -1
	ok := r.split(m.parts, name, func(p *part, chunk string) bool {
		if p.counter == nil {
			return true
		}
		if chunk == "" {
			number = 0
			return p.counter.optional
		}
		if len(chunk) > 6 || strings.Trim(chunk, "0123456789") != "" || chunk[0] == '0' && chunk != "0" {
			return false
		}
		n, _ := strconv.Atoi(chunk)
		number = n - p.counter.base
		return number >= 0 && number < r.scope.Limits.Values
	})
	return number, ok && number >= 0
}

// name reads the name of a candidate, whose value comes next.
func (r *reader) name(m *member, c candidate, base int) bool {
	if len(m.files) > 0 {
		if m.counted {
			r.alignFiles(m.files, base+c.number)
		} else {
			r.alignFiles(m.files, r.fileRows())
		}
	}
	return r.split(m.parts, c.member.Name, func(p *part, chunk string) bool {
		return p.counter != nil || r.variable(p.variable, tree.Text(chunk))
	})
}
