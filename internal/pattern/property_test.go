package pattern_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// mapped is v with every text, also inside JSON in a text, put through f.
func mapped(v tree.Value, f func(string) string) tree.Value {
	switch v.Kind() {
	case tree.String:
		if inner, err := parseJSON([]byte(v.Text())); err == nil && inner.Kind() == tree.Object {
			return tree.Text(string(formatJSON(mapped(inner, f))))
		}
		return tree.Text(f(v.Text()))
	case tree.List:
		var vs []tree.Value
		for _, e := range v.List() {
			vs = append(vs, mapped(e, f))
		}
		return tree.ListOf(vs...)
	case tree.Object:
		var ms []tree.Member
		for _, m := range v.Members() {
			ms = append(ms, tree.Member{Name: m.Name, Value: mapped(m.Value, f)})
		}
		return tree.ObjectOf(ms...)
	}
	return v
}

// Writing is putting in and nothing else: the request of a text is the request of any other text, with the one in the place of the other. No
// text is looked at for variables, filters, operators, quotes or anything else a file may hold.
func TestWhatIsPutInIsNeverScanned(t *testing.T) {
	looks := []string{"$name 1$", "$name 2|hex$", "$$", "$", "{{name 1}}", `{"$any": ["a"]}`, `{"a": "$name 1$"}`, "$n$", "a$name 3?$b", "|base64", `"`, `\`, "$API key$", "[]", "null", "0123"}
	rapid.Check(t, func(t *rapid.T) {
		m := made{t: t, values: make([]tree.Value, len(roundVars)), text: rapid.StringMatching(`[a-z ]{0,8}`), names: rapid.StringMatching(`[a-z]{0,4}`), nested: true, plain: true}
		source := m.object(3)
		p, problems := pattern.Compile(source, roundScopes[pattern.Writes])
		if p == nil {
			t.Fatal(problems)
		}
		marks, nasty := make([]tree.Value, len(roundVars)), make([]tree.Value, len(roundVars))
		var pairs []string
		for i := range roundVars {
			mark := fmt.Sprintf("<%d>", i)
			text := rapid.OneOf(rapid.SampledFrom(looks), texts("<>")).Draw(t, "text")
			if text == "" {
				text = "$"
			}
			marks[i], nasty[i] = tree.Text(mark), tree.Text(text)
			pairs = append(pairs, mark, text)
		}
		marked, err := p.Write(&pattern.Input{Values: marks})
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Write(&pattern.Input{Values: nasty})
		if err != nil {
			t.Fatal(err)
		}
		if want := mapped(marked, strings.NewReplacer(pairs...).Replace); !got.Equal(want) {
			t.Fatalf("%s\ngot  %s\nwant %s", formatJSON(source), formatJSON(got), formatJSON(want))
		}
	})
}

// small is what a pattern may do at most in the next test.
var small = pattern.Limits{Nodes: 40, Bytes: 300, Events: 4, Values: 4, Steps: 400}

// No pattern writes or reads more than its limits allow, whatever it is and whatever it is given.
func TestNothingPassesTheLimits(t *testing.T) {
	limited := func(d pattern.Direction) *pattern.Scope {
		return newScope(d, func(s *pattern.Scope) { s.Limits = small })
	}
	there, back := limited(pattern.Writes), limited(pattern.Reads)
	sources := rapid.SampledFrom([]string{
		`{"a": "$content$", "b": ["$urls$"], "c": [{"u": "$urls$", "t": "$text?$"}]}`, `["$content|hex|hex|hex$"]`, `"$content|base64$$text$"`, `{"m$n$": "$url$"}`,
		`{"x": {"$json": {"a": "$content$"}}}`, `[{"id": "$messageid$", "text": "$content?$"}, {"u": "$urls$"}]`, `{"a": ["$to$"], "$mimetype$": "$url$"}`,
		`{"$any": [{"id": "$messageid$"}, [{"id": "$messageid$"}]]}`, `{"a": {"$all": ["$error_code?$", {"$not": "x"}, {"$match": "^(a|b)*$"}]}}`, `["$content|join:','$"]`,
	})
	var value func(t *rapid.T, depth int) tree.Value
	value = func(t *rapid.T, depth int) tree.Value {
		switch n := rapid.IntRange(0, 4).Draw(t, "kind"); {
		case n == 0 && depth > 0:
			var vs []tree.Value
			for range rapid.IntRange(0, 12).Draw(t, "elements") {
				vs = append(vs, value(t, depth-1))
			}
			return tree.ListOf(vs...)
		case n == 1 && depth > 0:
			var ms []tree.Member
			for range rapid.IntRange(0, 8).Draw(t, "members") {
				ms = append(ms, tree.Member{Name: rapid.SampledFrom([]string{"a", "b", "c", "id", "u", "t", "text", "x", "m1", "m9", "m999", "image/png"}).Draw(t, "name"), Value: value(t, depth-1)})
			}
			return tree.ObjectOf(ms...)
		case n == 2:
			return tree.Nil
		}
		return tree.Text(rapid.SampledFrom([]string{"", "a", "https://a", `{"a": "b"}`, strings.Repeat("ab,", 60), strings.Repeat("x", 400)}).Draw(t, "text"))
	}
	rapid.Check(t, func(t *rapid.T) {
		source := parseFor(t, sources.Draw(t, "pattern"))
		if p, _ := pattern.Compile(source, there); p != nil {
			in := &pattern.Input{Values: make([]tree.Value, len(vars))}
			for i := range in.Values {
				in.Values[i] = value(t, 1)
			}
			if v, err := p.Write(in); err == nil {
				if n, bytes := sizes(v); n > 2*small.Nodes || bytes > 2*small.Bytes { // the file's own texts are not counted
					t.Fatalf("%s: %d values, %d bytes: %s", formatJSON(source), n, bytes, formatJSON(v))
				}
			}
		}
		p, _ := pattern.Compile(source, back)
		if p == nil {
			return
		}
		steps := small.Steps
		r := p.Read(value(t, 3), &pattern.Input{Steps: &steps})
		if len(r.Events) > small.Events {
			t.Fatalf("%d events", len(r.Events))
		}
		for _, e := range r.Events {
			e.Each(func(slot int, v tree.Value) {
				if len(v.List()) > small.Values || len(v.Text()) > 4*small.Bytes {
					t.Fatalf("%s: %d values, %d bytes", vars[slot].Name, len(v.List()), len(v.Text()))
				}
			})
		}
		if r.Matched && steps < 0 {
			t.Fatalf("it matched after %d steps too many", -steps)
		}
	})
}

func parseFor(t *rapid.T, source string) tree.Value {
	v, err := parseJSON([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sizes(v tree.Value) (nodes, bytes int) {
	nodes, bytes = 1, len(v.Text())
	add := func(e tree.Value) {
		n, b := sizes(e)
		nodes, bytes = nodes+n, bytes+b
	}
	for _, e := range v.List() {
		add(e)
	}
	for _, m := range v.Members() {
		add(m.Value)
	}
	return nodes, bytes
}

// An operator over one pattern is that pattern, or its opposite.
func TestOperatorsOverOnePattern(t *testing.T) {
	alone := func(name string, v tree.Value) tree.Value {
		if name != "$not" {
			v = tree.ListOf(v)
		}
		return tree.ObjectOf(tree.Member{Name: name, Value: v})
	}
	patterns := rapid.SampledFrom([]string{`"$content$"`, `"a$content$b"`, `"a"`, `null`, `{"a": "$content?$"}`, `{"a": "b", "c": "$text$"}`, `["$to$"]`, `{"$match": "(?P<content>a+)"}`, `{"$gt": 3}`, `{"$json": {"a": "$content$"}}`})
	values := rapid.SampledFrom([]string{`"a"`, `"axb"`, `""`, `null`, `{"a": "b"}`, `{"a": "b", "c": "d"}`, `["x", "y"]`, `[]`, `"aaa"`, `7`, `"{\"a\": 1}"`, `{}`, `true`})
	rapid.Check(t, func(t *rapid.T) {
		source, v := parseFor(t, patterns.Draw(t, "pattern")), parseFor(t, values.Draw(t, "value"))
		read := func(source tree.Value) pattern.Reading {
			p, problems := pattern.Compile(tree.ObjectOf(tree.Member{Name: "in", Value: source}), reading)
			if p == nil {
				t.Fatal(problems)
			}
			return p.Read(tree.ObjectOf(tree.Member{Name: "in", Value: v}), nil)
		}
		want := read(source)
		if read(alone("$not", source)).Matched == want.Matched {
			t.Fatalf("$not %s and %s itself agree about %s", formatJSON(source), formatJSON(source), formatJSON(v))
		}
		for _, name := range []string{"$any", "$all"} {
			got := read(alone(name, source))
			if got.Matched != want.Matched || got.Matched && !named(reading, got.Events[0]).Equal(named(reading, want.Events[0])) {
				t.Fatalf("%s of %s reads %s otherwise than %s itself", name, formatJSON(source), formatJSON(v), formatJSON(source))
			}
		}
	})
}
