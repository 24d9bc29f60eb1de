package pattern_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// leaves is strings of every kind: what is written as it is, what may be empty, what there is one of for each file.
var leaves = []string{"", "literal \"é\"", "$content$", "$text?$", "$from$", "$v$", "$v?$", "to $to$ and $text?$", "$text?|upper$", "$v|integer$", "$v?|join:';'$",
	"$url$", "$urls$", "$urls?$", "$urls|join$", "$mimetype$", "$filename?$", "$file$", "file $filename?$ at $url$", "$API key$", "$content|sha256|hex$"}

var memberNames = []string{"a", "b", "\"é\n", "$text?$", "x $v$", "$mediaclass$", "media$n$", "m[$n0$]", "url$n?$"}

func anyPattern(t *rapid.T, depth int) tree.Value {
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth == 0 || kind > 4 {
		return tree.Text(rapid.SampledFrom(leaves).Draw(t, "leaf"))
	}
	n := rapid.IntRange(0, 4).Draw(t, "n")
	switch kind {
	case 0:
		return rapid.SampledFrom([]tree.Value{tree.Nil, tree.True, tree.Digits("12345678901234567890")}).Draw(t, "literal")
	case 1:
		return tree.ObjectOf(tree.Member{Name: "$json", Value: anyPattern(t, depth-1)})
	case 2:
		vs := make([]tree.Value, n)
		for i := range vs {
			vs[i] = anyPattern(t, depth-1)
		}
		return tree.ListOf(vs...)
	}
	ms := make([]tree.Member, n)
	for i := range ms {
		ms[i] = tree.Member{Name: rapid.SampledFrom(memberNames).Draw(t, "name"), Value: anyPattern(t, depth-1)}
	}
	return tree.ObjectOf(ms...)
}

func anyValue(t *rapid.T) tree.Value {
	texts := rapid.OneOf(rapid.SampledFrom(nasty), rapid.String(), rapid.SampledFrom([]string{"17", "a\x00b", "stray \xff"}))
	switch rapid.IntRange(0, 8).Draw(t, "value") {
	case 0:
		return tree.Value{}
	case 1:
		return tree.Nil
	case 2:
		return tree.Digits(rapid.SampledFrom([]string{"1", "-0.5e3", "no number"}).Draw(t, "number"))
	case 3:
		return tree.FileOf(&tree.Blob{Name: "f", Data: []byte(texts.Draw(t, "data"))})
	case 4, 5:
		vs := make([]tree.Value, rapid.IntRange(0, 3).Draw(t, "files"))
		for i := range vs {
			vs[i] = rapid.SampledFrom([]tree.Value{{}, tree.Nil, tree.Text(""), tree.Text("https://a/"), tree.Digits("1"), tree.ListOf(tree.True)}).Draw(t, "one")
		}
		return tree.ListOf(vs...)
	}
	return tree.Text(texts.Draw(t, "text"))
}

// Whatever the pattern, the values and the limits: with or without the tree between, the same bytes or the same error.
func TestAppendedJSONIsTheTreesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := anyPattern(t, 4)
		limits := pattern.Limits{Nodes: rapid.SampledFrom([]int{0, 0, 0, 3, 5, 8, 12, 20}).Draw(t, "nodes"), Bytes: rapid.SampledFrom([]int{0, 0, 0, 100}).Draw(t, "bytes")}
		appends := rapid.Bool().Draw(t, "appends")
		scope := newScope(pattern.Writes, func(s *pattern.Scope) {
			s.Limits = limits
			if !appends {
				s.AppendJSON = nil
			}
		})
		p, _ := pattern.Compile(source, scope)
		if p == nil {
			t.Skip("no pattern")
		}
		in := &pattern.Input{Values: make([]tree.Value, rapid.SampledFrom([]int{len(vars), len(vars), 5}).Draw(t, "slots"))}
		for i := range in.Values {
			in.Values[i] = anyValue(t)
		}
		want := []byte("before")
		v, wantErr := p.Write(in)
		if wantErr == nil && v.Kind() != tree.Absent {
			want = wire.AppendJSON(want, v)
		}
		got, err := p.AppendJSON([]byte("before"), in)
		if string(got) != string(want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("%s\n got %s, %v\nwant %s, %v", formatJSON(source), got, err, want, wantErr)
		}
	})
}

func TestJSONOfAScopeWithoutItIsAnError(t *testing.T) {
	p := compile(t, `{"a":"$v$"}`, pattern.NewScope(pattern.Scope{Vars: []pattern.Var{{Name: "v"}}}))
	if _, err := p.AppendJSON(nil, nil); err == nil {
		t.Error("no error")
	}
}
