package service

import (
	"fmt"
	"slices"
)

// Coverage is how much of a file its own tests touch: every variant of a method, every entry that reads an answer, every model, and of a
// table (outcomes, events) every meaning that it gives.
type Coverage struct {
	Parts   int        `json:"parts"`
	Covered int        `json:"covered"`
	Missed  []Untested `json:"missed,omitempty"` // in the order of the file
}

// Untested is a part of a file that none of its tests touches.
type Untested struct {
	Pointer string `json:"pointer"`
	What    string `json:"what"`
}

// Percent is the covered share. A file without parts is covered.
func (c *Coverage) Percent() int {
	if c.Parts == 0 {
		return 100
	}
	return 100 * c.Covered / c.Parts
}

// touched is the parts that tests have come through, by the key of each. A nil one, which is everybody's but the tests', notes nothing.
type touched map[string]bool

func (t touched) note(key string) {
	if t != nil {
		t[key] = true
	}
}

func (t touched) method(m *method) { t.note(m.pointer) }

func (t touched) answer(a *answer) { t.note(a.pointer) }

func (t touched) outcome(a *answer, e effect) {
	if t != nil {
		t.note(a.pointer + "/outcomes " + e.word())
	}
}

func (t touched) model(m *model, kind EventType) {
	if t == nil {
		return
	}
	t.note(m.pointer)
	if m.table != nil {
		t.note(m.pointer + "/events " + string(kind))
	}
}

// word is the outcome as the file spells it.
func (e effect) word() string {
	for _, name := range effectNames {
		if effects[name] == e {
			return name
		}
	}
	return ""
}

// coverage holds what was touched against everything there is.
func (s *Service) coverage(t touched) Coverage {
	c := Coverage{}
	known := map[string]bool{}
	part := func(key, pointer, what string, args ...any) {
		if known[key] { // a default of API, which several methods have
			return
		}
		known[key] = true
		c.Parts++
		if t[key] {
			c.Covered++
		} else {
			c.Missed = append(c.Missed, Untested{Pointer: pointer, What: fmt.Sprintf(what, args...)})
		}
	}
	for _, m := range s.methods() {
		part(m.pointer, m.pointer, "no test sends by this %s", m.name)
		for _, a := range m.answers {
			part(a.pointer, a.pointer, "no test has an answer that this reads")
			for _, name := range meanings(a.outcomes, effect.word) {
				part(a.pointer+"/outcomes "+name, a.pointer+"/outcomes", "no test has an answer that this makes %q", name)
			}
		}
	}
	models := s.inOrder()
	for _, m := range s.methods() {
		models = append(models, m.models...)
	}
	for _, m := range models {
		part(m.pointer, m.pointer, "no test has a callback that this model reads")
		for _, name := range meanings(m.table, func(k EventType) string { return string(k) }) {
			part(m.pointer+"/events "+name, m.pointer+"/events", "no test has a callback that this makes %q", name)
		}
	}
	return c
}

// inOrder is the models as they stand in the file.
func (p *program) inOrder() []*model {
	models := slices.Clone(p.models)
	slices.SortStableFunc(models, func(a, b *model) int { return a.place - b.place })
	return models
}

// meanings is what a table gives, each once and by name.
func meanings[V any](table map[string]V, name func(V) string) []string {
	var out []string
	for _, v := range table {
		out = append(out, name(v))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
