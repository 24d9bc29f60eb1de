package service

import (
	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// hollow warns about an entry that decides over an answer about no message at all: a list that has no elements satisfies every list, so
// {"messages": []} would be accepted, or refused.
func (l *loader) hollow(m *method, a *answer, body tree.Value) {
	if a.outcome == nil || a.body == nil || a.asText || len(a.headers) > 0 || a.outcome.outcome == effects["unclear"].outcome {
		return
	}
	nothing := emptied(body)
	if nothing.Kind() == tree.Absent || !a.body.Read(nothing, &pattern.Input{}).Matched {
		return
	}
	for _, before := range m.answers {
		if coversStatus(before.status, a.status) && len(before.headers) == 0 && !before.asText &&
			(before.body == nil || before.body.Read(nothing, &pattern.Input{}).Matched) {
			return
		}
	}
	cure := `ask for an element here, {"$all": [{"$not": null}, […]]}`
	if a.outcome.outcome == effects["accepted"].outcome {
		cure = `let an entry before this one take it, {"status": "2xx", "body": ` + clipTo(string(formatJSON(nulled(nothing))), 200) + `, "outcome": "unclear"}`
	}
	l.warn(a.pointer+"/body", "an answer about nothing, %s, fits too, for a list without elements fits every list: %s", clipTo(string(formatJSON(nothing)), 200), cure)
}

// emptied is the least that has every list of a pattern, each without elements; absent where the pattern has none.
func emptied(v tree.Value) tree.Value {
	switch {
	case v.Kind() == tree.List:
		return tree.ListOf()
	case v.Kind() != tree.Object || isOperator(v):
		return tree.Value{}
	}
	var ms []tree.Member
	for _, m := range v.Members() {
		if inside := emptied(m.Value); inside.Kind() != tree.Absent {
			ms = append(ms, tree.Member{Name: m.Name, Value: inside})
		}
	}
	if ms == nil {
		return tree.Value{}
	}
	return tree.ObjectOf(ms...)
}

// nulled is the pattern that reads it: null reads an empty list.
func nulled(v tree.Value) tree.Value {
	if v.Kind() == tree.List {
		return tree.Nil
	}
	var ms []tree.Member
	for _, m := range v.Members() {
		ms = append(ms, tree.Member{Name: m.Name, Value: nulled(m.Value)})
	}
	return tree.ObjectOf(ms...)
}
