package pattern_test

import (
	"fmt"
	"strings"
	"testing"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

func limited(d pattern.Direction, l pattern.Limits) *pattern.Scope {
	return newScope(d, func(s *pattern.Scope) { s.Limits = l })
}

// deep is a value of n lists in each other. A person can write it down, so somebody will send it.
func deep(n int, inside tree.Value) tree.Value {
	for range n {
		inside = tree.ListOf(inside)
	}
	return inside
}

func TestAPatternHasADepthAndASize(t *testing.T) {
	wide := make([]tree.Value, pattern.DefaultLimits.Nodes+1)
	for i := range wide {
		wide[i] = tree.True
	}
	for name, v := range map[string]tree.Value{"deep": deep(100_000, tree.Nil), "wide": tree.ListOf(wide...)} {
		p, problems := pattern.Compile(v, reading)
		if p != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, "too large") {
			t.Errorf("%s: got %d problems, want the one that it is too large", name, len(problems))
		}
	}
}

func TestAValueDeeperThanItsPatternIsReadOnlySoDeep(t *testing.T) {
	v := tree.ObjectOf(tree.Member{Name: "a", Value: deep(100_000, tree.Text("x"))})
	for _, c := range []struct {
		pattern string
		want    bool
	}{
		{`{"a":"$v$"}`, false}, {`{"a":"$content$"}`, false}, {`{"a":[["$content$"]]}`, false}, {`{"a":"x"}`, false}, {`{"a":"$v|join$"}`, false},
		{`{"a":{"$not":"x"}}`, true}, {`{"a":{"$json":"$v$"}}`, false}, {`{"a":"x$v$"}`, false},
	} {
		if got := compile(t, c.pattern, reading).Read(v, nil).Matched; got != c.want {
			t.Errorf("%s: got %v, want %v", c.pattern, got, c.want)
		}
	}
}

func TestWritingIsBounded(t *testing.T) {
	files := make([]tree.Value, 1000)
	for i := range files {
		files[i] = tree.Text("https://a/" + fmt.Sprint(i))
	}
	scope := limited(pattern.Writes, pattern.Limits{Nodes: 100, Bytes: 1000})
	for _, c := range []struct {
		pattern, name string
		value         tree.Value
		ok            bool
	}{
		{`{"a":"$text$"}`, "text", tree.Text(strings.Repeat("x", 1000)), true},
		{`{"a":"$text$"}`, "text", tree.Text(strings.Repeat("x", 1001)), false},
		{`{"a":"<$text$>","b":"$text$"}`, "text", tree.Text(strings.Repeat("x", 501)), false},
		{`{"a":"$file$"}`, "file", tree.FileOf(&tree.Blob{Data: make([]byte, 1001)}), false},
		{`[{"a":"x","b":{"c":"$urls$"}}]`, "urls", tree.ListOf(files[:10]...), true},
		{`[{"a":"x","b":{"c":"$urls$"}}]`, "urls", tree.ListOf(files[:40]...), false},
		{`{"m$n$":"$urls$"}`, "urls", tree.ListOf(files...), false},
		{`{"a":{"$json":{"b":"$text$"}}}`, "text", tree.Text(strings.Repeat("x", 600)), false},
	} {
		v, err := compile(t, c.pattern, scope).Write(input(t, scope, tree.ObjectOf(tree.Member{Name: c.name, Value: c.value})))
		if (err == nil) != c.ok {
			t.Errorf("%s: got %v, want ok %v", c.pattern, err, c.ok)
		}
		if err != nil && v.Kind() != tree.Absent {
			t.Errorf("%s: an error and a value", c.pattern)
		}
	}
}

func TestReadingIsBounded(t *testing.T) {
	many := make([]tree.Value, 2000)
	for i := range many {
		many[i] = tree.ObjectOf(tree.Member{Name: "id", Value: tree.Digits(fmt.Sprint(i))})
	}
	scope := limited(pattern.Reads, pattern.Limits{Events: 100, Values: 100, Steps: 1000, Bytes: 100})
	for _, c := range []struct {
		pattern string
		value   tree.Value
		over    string
	}{
		{`[{"id":"$messageid$"}]`, tree.ListOf(many[:100]...), ""},
		{`[{"id":"$messageid$"}]`, tree.ListOf(many[:101]...), "events"},
		{`[{"id":"$v$"}]`, tree.ListOf(many[:100]...), ""},
		{`[{"id":"$v$"}]`, tree.ListOf(many[:101]...), "values of one variable"},
		{`[{"no":"$v?$"}]`, tree.ListOf(many...), "comparisons"},
		{`[{"id":"$content$"}]`, tree.ListOf(many...), "bytes"},
		{`[{"no":"$messageid?$"},{"$any":["x","y"]}]`, tree.ListOf(many...), "events"},
		{`{"$any":[["$messageid$"],[{"x":"$v$"}],{"$not":[{"y":1}]}]}`, tree.ListOf(many...), "comparisons"},
	} {
		r := compile(t, c.pattern, scope).Read(c.value, nil)
		if r.Over != c.over || r.Matched != (c.over == "") {
			t.Errorf("%s of %d: got %q, matched %v; want %q", c.pattern, len(c.value.List()), r.Over, r.Matched, c.over)
		}
		if d := compile(t, c.pattern, scope).Explain(c.value, nil); d.Matched != r.Matched {
			t.Errorf("%s: explain says %+v", c.pattern, d)
		}
	}
}

func TestJoiningManyPartsIsWorkToo(t *testing.T) {
	parts := make([]tree.Value, 50_000)
	for i := range parts {
		parts[i] = tree.Text("a part of a text that somebody has cut very small")
	}
	r := compile(t, `["$content$"]`, reading).Read(tree.ListOf(parts...), nil)
	if r.Over != "comparisons" {
		t.Errorf("got %q, want comparisons: 50,000 parts would be copied 60 GB", r.Over)
	}
	if r := compile(t, `["$content$"]`, reading).Read(tree.ListOf(parts[:200]...), nil); !r.Matched {
		t.Errorf("200 parts are a long text, not an attack: %q", r.Over)
	}
}

func TestAPatternUsedAgainstItsDirectionDoesNotPanic(t *testing.T) {
	source := `{"a":"$content|sha256|hex$ x","b":"$text|truncate:3$","m$n$":"$urls?$","c":"$from$$to$"}`
	p := compile(t, source, writing)
	if p.Read(parse(t, `{"a":"00 x","b":"x","m1":"https://a","c":"x"}`), nil).Matched {
		t.Error("read what cannot be read")
	}
	if _, err := compile(t, `{"a":{"$any":["x","$text$"]},"b":{"$gt":1}}`, reading).Write(nil); err != nil {
		t.Error(err)
	}
}

// Two models read one callback: what the first collects never shows in what the second has.
func TestReadingsShareNothingThatChanges(t *testing.T) {
	room := make([]tree.Value, 1, 8) // as a parser leaves it
	room[0] = tree.Text("https://shared")
	v := tree.ObjectOf(
		tree.Member{Name: "all", Value: tree.ListOf(room...)},
		tree.Member{Name: "one", Value: parse(t, `[{"id":1,"u":["https://1","https://1b"]},{"id":2,"u":"https://2"},{"id":3}]`)},
	)
	first := compile(t, `{"all":"$urls$","one":[{"id":"$messageid$","u":"$urls?$"}]}`, reading)
	second := compile(t, `{"all":["$urls$"],"one":[{"id":"$event_key$","u":["$urls?$"]}]}`, reading)
	before := string(formatJSON(v))
	want := []string{`["https://shared","https://1","https://1b"]`, `["https://shared","https://2"]`, `"https://shared"`}
	a, b := first.Read(v, nil), second.Read(v, nil)
	for name, r := range map[string]pattern.Reading{"first": a, "second": b} {
		for i, w := range want {
			got := r.Events[i].Get(reading.Slot("urls"))
			if s := string(formatJSON(got)); s != w && s != "["+w+"]" {
				t.Errorf("%s, event %d: got %s, want %s", name, i, s, w)
			}
		}
	}
	if after := string(formatJSON(v)); after != before {
		t.Errorf("the value that was read changed: %s, was %s", after, before)
	}
}

func TestAFixedVariableIsALiteralAndWeighsAsOne(t *testing.T) {
	scope := reading.Fix(reading.Slot("event_key"), tree.Text("message"))
	p := compile(t, `{"m":"$event_key|lower$","id":"$messageid$"}`, scope)
	if w := p.Weight(); w != (pattern.Weight{Literals: 1, Variables: 1}) {
		t.Errorf("got %+v, want one literal and one variable", w)
	}
	for data, want := range map[string]bool{`{"m":"MESSAGE","id":1}`: true, `{"m":"file","id":1}`: false, `{"id":1}`: false} {
		if got := p.Read(parse(t, data), nil).Matched; got != want {
			t.Errorf("%s: got %v, want %v", data, got, want)
		}
	}
	if p := compile(t, `{"m":"$event_key$"}`, reading); p.Weight().Literals != 0 {
		t.Error("fixing a variable changed the scope that it was fixed in")
	}
}

func TestNamesOfAnOpenSetAreResolvedWhileCompiling(t *testing.T) {
	found := map[string]int{}
	scope := newScope(pattern.Writes, func(s *pattern.Scope) {
		s.RawText = true
		s.Resolve = func(name string) (int, bool) {
			if !strings.HasPrefix(name, "header.") {
				return 0, false
			}
			if _, ok := found[name]; !ok {
				found[name] = len(s.Vars) + len(found)
			}
			return found[name], true
		}
	})
	p := compile(t, `"$header.x-time$.$content$.$header.x-a|hex$$header.x-time$"`, scope)
	in := input(t, scope, parse(t, `{"content":"c"}`))
	in.Values = append(in.Values, tree.Text("T"), tree.Text("a"))
	got, err := p.AppendText(nil, in, nil)
	if err != nil || string(got) != "T.c.61T" {
		t.Errorf("got %q %v, want %q", got, err, "T.c.61T")
	}
	if !p.Uses(found["header.x-a"]) || p.Uses(found["header.x-a"]+1) {
		t.Errorf("uses %v, want %v", p.Slots(), found)
	}
	if _, problems := pattern.Compile(tree.Text("$headr.x$"), scope); len(problems) != 1 {
		t.Errorf("got %+v, want an unknown variable", problems)
	}
}

func TestAPatternSaysWhetherOneRequestTakesAllFiles(t *testing.T) {
	for source, want := range map[string]bool{
		`{"a":"$url$"}`: false, `{"a":"$urls$"}`: true, `{"a$n0$":"$url$"}`: true, `{"$mediaclass$":"$url$"}`: false, `["x","$urls?|join:';'$"]`: true,
	} {
		if got := compile(t, source, writing).TakesAllFiles(); got != want {
			t.Errorf("%s: got %v, want %v", source, got, want)
		}
	}
}
