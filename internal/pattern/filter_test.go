package pattern_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

func TestEveryFilterKeepsItsExamples(t *testing.T) {
	slot := reading.Slot("v")
	for _, f := range pattern.Filters() {
		if f.Name == "" || !strings.HasSuffix(f.Sentence, ".") || len(f.Examples) == 0 {
			t.Errorf("filter %q: a row has a name, a sentence and an example", f.Name)
		}
		for _, e := range f.Examples {
			if !strings.Contains(e.Pattern, "|"+f.Name) {
				t.Errorf("filter %s: its example %s does not use it", f.Name, e.Pattern)
			}
			source := string(formatJSON(tree.Text(e.Pattern)))
			if e.Wire == "-" {
				continue
			}
			in := input(t, writing, tree.ObjectOf(tree.Member{Name: "v", Value: parse(t, e.Value)}))
			wire, err := compile(t, source, writing).Write(in)
			if diff := cmp.Diff(e.Wire, string(formatJSON(wire))); err != nil || diff != "" {
				t.Errorf("%s with %s: %v (-want +got)\n%s", e.Pattern, e.Value, err, diff)
			}
			p, problems := pattern.Compile(parse(t, source), reading)
			if e.Back == "-" {
				if p != nil {
					t.Errorf("%s: only writes, but compiles for reading", e.Pattern)
				}
				continue
			}
			if p == nil {
				t.Errorf("%s: %+v", e.Pattern, problems)
				continue
			}
			want := e.Back
			if want == "" {
				want = e.Value
			}
			var got string
			if r := p.Read(wire, nil); r.Matched {
				back := r.Events[0].Get(slot)
				if strings.HasPrefix(want, "[") && back.Kind() != tree.List {
					back = tree.ListOf(back) // one value is given alone
				}
				got = string(formatJSON(back))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s read from %s (-want +got)\n%s", e.Pattern, e.Wire, diff)
			}
		}
	}
}

func TestEveryOperatorKeepsItsExample(t *testing.T) {
	for _, o := range pattern.Operators() {
		if o.Sentence == "" || !strings.Contains(o.Example, `"`+o.Name+`"`) {
			t.Errorf("operator %s: a row has a sentence, and an example that uses it", o.Name)
		}
		p := compile(t, o.Example, reading)
		if !p.Read(parse(t, o.Reads), nil).Matched {
			t.Errorf("%s does not read %s", o.Example, o.Reads)
		}
		if p.Read(parse(t, o.Not), nil).Matched {
			t.Errorf("%s reads %s", o.Example, o.Not)
		}
	}
}

// Bytes that are no text become U+FFFD, one for each, out of a filter as at the door.
func TestAFilterThatGivesNoTextGivesU_FFFD(t *testing.T) {
	for _, c := range []struct{ pattern, wire, want string }{
		{`"$content|urlencode$"`, "caf%E9", "caf\uFFFD"},
		{`"$content|urlencode$"`, "%E9%E8x%00", "\uFFFD\uFFFDx\uFFFD"},
		{`"$content|hex$"`, "e9e8ff78", "\uFFFD\uFFFD\uFFFDx"},
	} {
		r := compile(t, c.pattern, reading).Read(tree.Text(c.wire), nil)
		if !r.Matched {
			t.Errorf("%s does not read %s", c.pattern, c.wire)
		} else if got := r.Events[0].Get(reading.Slot("content")).Text(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.wire, got, c.want)
		}
	}
}

func TestAFilterAndTheDoorCleanAlike(t *testing.T) {
	p := compile(t, `"$content|hex$"`, reading)
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "bytes")
		r := p.Read(tree.Text(hex.EncodeToString(b)), nil)
		if got, want := r.Events[0].Get(reading.Slot("content")).Text(), wire.Clean(string(b)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestArgumentsAreSplitOutsideQuotes(t *testing.T) {
	for _, c := range []struct {
		arg  string
		want []string
	}{
		{"a,b", []string{"a", "b"}}, {"'a,b',c", []string{"a,b", "c"}}, {"'',''", []string{"", ""}}, {"", []string{""}},
		{"'it''s', x ", []string{"it's", "x"}}, {"a'b,c'd", []string{"ab,cd"}}, {"'", []string{""}},
	} {
		var got []string
		for _, piece := range pattern.SplitArgument(c.arg, ',') {
			got = append(got, pattern.Unquote(piece))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.arg, diff)
		}
	}
}

func TestNearestIsWhatWasMeantOrNothing(t *testing.T) {
	names := []string{"from", "to", "content", "messageid", "API key", "event_key"}
	for _, c := range []struct{ name, want string }{
		{"form", "from"}, {"From", "from"}, {"api_key", "API key"}, {"conten", "content"}, {"message_id", "messageid"}, {"eventkey", "event_key"},
		{"mesageid", "messageid"}, {"xx", ""}, {"ot", ""}, {"", ""}, {"completely else", ""}, {strings.Repeat("from", 1000), ""}, {"TO", "to"},
	} {
		if got := pattern.Nearest(c.name, names); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestACallersFilterTakesPartAndSetsTheSpelling(t *testing.T) {
	shout := pattern.Filter{Name: "shout", Sentence: "Loud.", Decides: true, Compile: func(string, bool) (pattern.Codec, error) {
		return pattern.Codec{
			Write: func(env any, v tree.Value) (tree.Value, bool) { return tree.Text(v.Text() + env.(string)), true },
			Read: func(env any, v tree.Value) (tree.Value, bool) {
				return tree.Text(strings.TrimSuffix(v.Text(), env.(string))), true
			},
		}, nil
	}}
	give := []pattern.Var{{Name: "to", Give: func(env any, v tree.Value) tree.Value { return tree.Text("given " + v.Text()) }}}
	in := &pattern.Input{Values: []tree.Value{tree.Text("hey")}, Env: "!"}
	for _, c := range []struct{ pattern, want string }{
		{`"$to|shout$"`, `"hey!"`}, {`"$to$"`, `"given hey"`}, {`"$to|upper$"`, `"GIVEN HEY"`}, {`"<$to$>"`, `"<given hey>"`},
	} {
		p := compile(t, c.pattern, pattern.NewScope(pattern.Scope{Vars: give, Filters: []pattern.Filter{shout}}))
		v, err := p.Write(in)
		if got := string(formatJSON(v)); err != nil || got != c.want {
			t.Errorf("%s: got %s %v, want %s", c.pattern, got, err, c.want)
		}
	}
	scope := pattern.NewScope(pattern.Scope{Direction: pattern.Reads, Vars: give, Filters: []pattern.Filter{shout}})
	r := compile(t, `"$to|shout$"`, scope).Read(tree.Text("hey!"), &pattern.Input{Env: "!"})
	if got := r.Events[0].Get(0).Text(); got != "hey" {
		t.Errorf("read: got %q, want %q", got, "hey")
	}
}
