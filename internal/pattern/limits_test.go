package pattern_test

import (
	"fmt"
	"runtime"
	"slices"
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
		{`[{"id":"$content$"}]`, tree.ListOf(many[:30]...), ""},
		{`[{"id":"$content$"}]`, tree.ListOf(many[:50]...), "bytes"},
		{`[{"id":"$content$"}]`, tree.ListOf(many...), "values of one variable"},
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

// A text in many parts takes the memory of the text, however many they are: they were copied once for each part, and a body
// of some MB took GB.
func TestJoiningPartsCopiesEachOnce(t *testing.T) {
	const part = "a part of a text that somebody has cut very small"
	parts := func(n int) tree.Value {
		vs := make([]tree.Value, n)
		for i := range vs {
			vs[i] = tree.Text(part)
		}
		return tree.ObjectOf(tree.Member{Name: "parts", Value: tree.ListOf(vs...)})
	}
	p := compile(t, `{"parts":["$content$"]}`, reading)
	for _, c := range []struct {
		n    int
		over string
	}{{1, ""}, {200, ""}, {1000, ""}, {1001, "values of one variable"}, {8000, "values of one variable"}, {50_000, "values of one variable"}} {
		v := parts(c.n)
		var r pattern.Reading
		allocated := bytesOf(func() { r = p.Read(v, nil) })
		if r.Over != c.over || r.Matched != (c.over == "") {
			t.Fatalf("%d parts: got %q, matched %v; want %q", c.n, r.Over, r.Matched, c.over)
		}
		if allocated > 1<<20 {
			t.Errorf("%d parts: %d KiB were allocated for a text of %d KiB", c.n, allocated>>10, c.n*len(part)>>10)
		}
		if c.over != "" {
			continue
		}
		if got, want := r.Events[0].Get(reading.Slot("content")).Text(), strings.Repeat("\n"+part, c.n)[1:]; got != want {
			t.Errorf("%d parts: got %d bytes, want %d", c.n, len(got), len(want))
		}
	}
}

// bytesOf is how many bytes f allocates.
func bytesOf(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What stands outside a list of events is part of the text of each.
func TestEachEventJoinsItsOwnParts(t *testing.T) {
	p := compile(t, `{"head":"$content$","all":[{"id":"$messageid$","t":["$content?$"]}]}`, reading)
	r := p.Read(parse(t, `{"head":"h","all":[{"id":1,"t":["a","b"]},{"id":2},{"id":3,"t":"c"}]}`), nil)
	var got []string
	for _, e := range r.Events {
		got = append(got, e.Get(reading.Slot("content")).Text())
	}
	if want := []string{"h\na\nb", "h", "h\nc"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What takes a reader long counts as many steps, so that the limit on them is one on time: about a second for what is
// refused, on a slow machine. Each of these was far under the limit, and took from one second to hours.
func TestWhatTakesLongIsOverTheLimitOfSteps(t *testing.T) {
	members := make([]tree.Member, 49_000)
	for i := range members {
		members[i] = tree.Member{Name: fmt.Sprintf("member%06d", i), Value: tree.Text("x")}
	}
	wide := tree.ObjectOf(members...)
	numbered := make([]tree.Member, 49_000)
	for i := range numbered {
		numbered[i] = tree.Member{Name: "m999", Value: tree.ObjectOf(tree.Member{Name: "y", Value: tree.Text("x")})}
	}
	list := func(n int, s string) tree.Value {
		vs := make([]tree.Value, n)
		for i := range vs {
			vs[i] = tree.Text(s)
		}
		return tree.ListOf(vs...)
	}
	twice := tree.ObjectOf(tree.Member{Name: "a", Value: list(24_000, "y")}, tree.Member{Name: "a", Value: list(24_000, "y")})
	alternatives := func(n int, one string) string { return `{"$any":[` + strings.Repeat(one+",", n-1) + one + `]}` }
	long := strings.Repeat("ab", 5_000)
	for _, c := range []struct {
		name, pattern string
		value         tree.Value
	}{
		{"members of a wide object", alternatives(4000, `{"nember":"x"}`), wide},
		{"names with variables", alternatives(1000, `{"m$v$y":"z"}`), wide},
		{"long names", alternatives(30, `{"a$v$c":"x"}`), tree.ObjectOf(tree.Member{Name: strings.Repeat("b", 10<<20), Value: tree.Nil}, tree.Member{Name: strings.Repeat("a", 10<<20), Value: tree.Nil})},
		{"repeated lists", alternatives(3000, `{"a":{"$any":["x"]}}`), twice},
		{"a regular expression", `[{"$match":"(?:[a-c]*){300}x"}]`, list(1000, long)},
		{"many groups", `[{"$match":"` + strings.Repeat("(a*)", 200) + `x"}]`, list(1000, long)},
		{"JSON in texts", `[` + alternatives(100, `{"$json":{"a":"b"}}`) + `]`, list(1000, "["+strings.Repeat("0,", 500)+"0]")},
		{"filters", `[` + strings.Repeat(`"$v|date:rfc1123|base64$",`, 50) + `"$v|integer|hex$"]`, list(49_000, "abcdefghijkl")},
		{"numbered files", `{"m$n$":{"x":"$urls$","y":"$filename$"}}`, tree.ObjectOf(numbered...)},
		{"keys that differ", `{"a":"$from$","b":[` + strings.Repeat(`{"f":"$from$"},`, 9) + `{"f":"$from$"}]}`, tree.ObjectOf(
			tree.Member{Name: "a", Value: tree.Text(strings.Repeat("1", 1<<20))},
			tree.Member{Name: "b", Value: tree.ListOf(slices.Repeat([]tree.Value{tree.ObjectOf(tree.Member{Name: "f", Value: tree.Text(strings.Repeat("2", 1<<20))})}, 20)...)})},
	} {
		if r := compile(t, c.pattern, reading).Read(c.value, nil); r.Over != "comparisons" {
			t.Errorf("%s: got %q, matched %v", c.name, r.Over, r.Matched)
		}
	}
}

func TestReadingsThatShareStepsTakeNoMoreThanOne(t *testing.T) {
	p := compile(t, `{"a":["$v$"]}`, reading)
	v := parse(t, `{"a":[1,2,3,4,5]}`)
	steps := 50
	in := &pattern.Input{Steps: &steps}
	read := 0
	for p.Read(v, in).Matched {
		if read++; read > 50 {
			t.Fatal("no end")
		}
	}
	if read < 2 || steps > 0 {
		t.Errorf("%d readings, %d steps left", read, steps)
	}
	if r := p.Read(v, in); r.Over != "comparisons" {
		t.Errorf("with nothing left: got %q", r.Over)
	}
	if !p.Read(v, nil).Matched {
		t.Error("a reading that shares nothing is not read")
	}
}

// A text longer than any message fits no $match, and does not stop the rest.
func TestAFileFitsNoMatch(t *testing.T) {
	p := compile(t, `{"$any":[{"$match":"^a"},"$v$"]}`, reading)
	for n, want := range map[int]string{64 << 10: "", 64<<10 + 1: strings.Repeat("a", 64<<10+1)} {
		r := p.Read(tree.Text(strings.Repeat("a", n)), nil)
		if !r.Matched || r.Events[0].Get(reading.Slot("v")).Text() != want {
			t.Errorf("%d bytes: matched %v, over %q", n, r.Matched, r.Over)
		}
	}
}

// A filter may make more of a text. What several make of each other's is bounded while it is made, not when it is sent.
func TestFiltersThatGrowATextAreBounded(t *testing.T) {
	in := input(t, writing, tree.ObjectOf(tree.Member{Name: "text", Value: tree.Text(strings.Repeat("x", 1600))}))
	p := compile(t, `"$text`+strings.Repeat("|hex", 16)+`$"`, writing)
	if v, err := p.Write(in); err == nil {
		t.Errorf("wrote %d bytes", len(v.Text()))
	}
	if _, problems := pattern.Compile(tree.Text("$text"+strings.Repeat("|hex", 17)+"$"), writing); len(problems) != 1 || !strings.Contains(problems[0].Message, "17 filters") {
		t.Errorf("got %+v", problems)
	}
}

func TestWhatAPatternIsMadeOfIsBounded(t *testing.T) {
	long := tree.Text("x")
	for range 20 {
		long = tree.ObjectOf(tree.Member{Name: strings.Repeat("n", 100_000), Value: tree.ListOf(long, long)})
	}
	for name, c := range map[string]struct {
		v    tree.Value
		want string
	}{
		"variables in one text": {tree.Text(strings.Repeat("$v$,", 10_000)), "too large"},
		"filters":               {tree.ListOf(slices.Repeat([]tree.Value{tree.Text("$v" + strings.Repeat("|upper", 16) + "$")}, 1000)...), "too large"},
		"pointers":              {long, "too large"},
		"regular expressions":   {tree.ListOf(slices.Repeat([]tree.Value{parse(t, `{"$match":"[a-z]{1000}"}`)}, 6)...), "regular expressions are too large"},
		"pairs of a map":        {tree.Text("$v|map:" + strings.Repeat("a=b,", 1000) + "c=d$"), "at most 1000"},
		"a separator":           {tree.Text("$v|join:" + strings.Repeat("-", 65) + "$"), "at most 64 bytes"},
	} {
		p, problems := pattern.Compile(c.v, reading)
		if p != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, c.want) || len(problems[0].Pointer) > 1000 {
			t.Errorf("%s: got %d problems, the first %.200v; want one with %q", name, len(problems), problems, c.want)
		}
	}
}

func TestOnlySoManyProblemsAreListed(t *testing.T) {
	var vs []tree.Value
	for range 300 {
		vs = append(vs, tree.Text("100$"))
	}
	for range 250 {
		vs = append(vs, tree.Text("$unknown$"))
	}
	_, problems := pattern.Compile(tree.ListOf(vs...), reading)
	if len(problems) != 201 {
		t.Fatalf("got %d problems, want 100 warnings, 100 mistakes and how many more", len(problems))
	}
	if last := problems[200]; last.Warning || last.Message != "this pattern has 150 more mistakes and 200 more warnings, which are not listed" {
		t.Errorf("the last is %+v", last)
	}
	p, problems := pattern.Compile(tree.ListOf(vs[:300]...), reading)
	if p == nil || len(problems) != 101 || !problems[100].Warning {
		t.Errorf("300 warnings: got %d problems and pattern %v", len(problems), p != nil)
	}
}

func TestAPropertyThatIsCalledAsACounterIsToldSo(t *testing.T) {
	scope := newScope(pattern.Writes, func(s *pattern.Scope) { s.Vars = append(slices.Clone(vars), pattern.Var{Name: "n0"}) })
	for source, want := range map[string]string{"$n0$": "a property called n0 cannot be used", "$n$": "it has no place in a value"} {
		if _, problems := pattern.Compile(tree.Text(source), scope); len(problems) != 1 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: got %+v, want %q", source, problems, want)
		}
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
