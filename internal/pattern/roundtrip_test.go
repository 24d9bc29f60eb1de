package pattern_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// made is a random pattern together with the values that are put into it.
type made struct {
	t      *rapid.T
	next   int
	values []tree.Value
	text   *rapid.Generator[string]
	names  *rapid.Generator[string]
	nested bool // the format has objects in objects, lists and $json
}

// Ten variables, each used once, so that what is read can be compared with what was written.
var roundVars = func() []pattern.Var {
	vs := make([]pattern.Var, 10)
	for i := range vs {
		vs[i] = pattern.Var{Name: fmt.Sprintf("name %d", i), Use: pattern.First}
	}
	return vs
}()

var roundScopes = [...]*pattern.Scope{
	pattern.Writes: pattern.NewScope(pattern.Scope{Direction: pattern.Writes, Vars: roundVars, ParseJSON: parseJSON, FormatJSON: formatJSON}),
	pattern.Reads:  pattern.NewScope(pattern.Scope{Direction: pattern.Reads, Vars: roundVars, ParseJSON: parseJSON, FormatJSON: formatJSON}),
}

// lossless is the filters that any text comes through and back.
var lossless = []string{"", "", "", "|base64", "|base64url", "|hex", "|utf16|hex", "|urlencode", "|prefix:'$|'", "|urlencode|prefix:x|base64"}

// separator stands in no value, so that reading two variables in one string has one answer.
const separator = "⸻"

func (m *made) variable() string {
	optional := rapid.SampledFrom([]string{"", "?"}).Draw(m.t, "optional")
	filters := rapid.SampledFrom(lossless).Draw(m.t, "filters")
	s := fmt.Sprintf("$%s%s%s$", roundVars[m.next].Name, optional, filters)
	m.values[m.next] = tree.Text(m.text.Draw(m.t, "value"))
	m.next++
	return s
}

func (m *made) literal() string {
	return strings.ReplaceAll(m.text.Draw(m.t, "literal"), "$", "$$")
}

func (m *made) leaf() tree.Value {
	left := len(m.values) - m.next
	switch n := rapid.IntRange(0, 4).Draw(m.t, "leaf"); {
	case n == 0 || left == 0:
		return tree.Text(m.literal())
	case n == 1 && left > 1:
		return tree.Text("<" + m.literal() + m.variable() + separator + m.variable() + ">" + m.literal())
	case n == 2:
		return tree.Text("<" + m.literal() + m.variable() + m.literal() + ">")
	}
	return tree.Text(m.variable())
}

func (m *made) object(depth int) tree.Value {
	var ms []tree.Member
	for i := range rapid.IntRange(1, 4).Draw(m.t, "members") {
		name := fmt.Sprintf("m%d", i) + strings.ReplaceAll(m.names.Draw(m.t, "member"), "$", "$$")
		ms = append(ms, tree.Member{Name: name, Value: m.value(depth)})
	}
	return tree.ObjectOf(ms...)
}

func (m *made) value(depth int) tree.Value {
	if !m.nested || depth == 0 {
		return m.leaf()
	}
	switch rapid.IntRange(0, 5).Draw(m.t, "value") {
	case 0:
		return m.object(depth - 1)
	case 1: // kinds that a literal tells apart
		var vs []tree.Value
		for i := range rapid.IntRange(1, 3).Draw(m.t, "kinds") {
			vs = append(vs, tree.ObjectOf(tree.Member{Name: "kind", Value: tree.Text(fmt.Sprint("k", i))}, tree.Member{Name: "value", Value: m.value(depth - 1)}))
		}
		return tree.ListOf(vs...)
	case 2:
		return tree.ObjectOf(tree.Member{Name: "$json", Value: m.object(depth - 1)})
	}
	return m.leaf()
}

// texts draws what people text: the nasty ones, and any other that the door lets in.
func texts(without string) *rapid.Generator[string] {
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(without+separator, r) {
				return -1
			}
			return r
		}, wire.Clean(s))
	}
	return rapid.Map(rapid.OneOf(rapid.SampledFrom(nasty), rapid.String()), clean)
}

// A format is a body format, and the trees that it can hold.
type format struct {
	contentType string
	nested      bool
	root        bool   // it holds one root element
	without     string // characters that it has no spelling for
	names       *rapid.Generator[string]
}

var controls = func() string {
	var b strings.Builder
	for r := rune(1); r < 0x20; r++ {
		if r != '\n' && r != '\t' && r != '\r' {
			b.WriteRune(r)
		}
	}
	return b.String() + "\uFFFE\uFFFF"
}()

var formats = []format{
	{contentType: "application/json", nested: true, names: texts("")},
	{contentType: "application/x-www-form-urlencoded", names: texts("")},
	{contentType: "multipart/form-data", names: texts(controls + "\t\r\n\x7f")}, // names stand in a header
	{contentType: "text/xml", nested: true, root: true, without: controls, names: rapid.StringMatching(`[A-Za-z0-9_.-]{0,8}`)},
}

// What is written and read back with the same pattern gives the same values, through every body format, and leaves the rest of the body
// as the pattern has it: it could not be read again otherwise, for its literals must be found.
func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	for _, f := range formats {
		t.Run(f.contentType, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := made{t: t, values: make([]tree.Value, len(roundVars)), text: texts(f.without), names: f.names, nested: f.nested}
				v := m.object(3)
				if f.root {
					v = tree.ObjectOf(tree.Member{Name: "root", Value: v})
				}
				there, problems := pattern.Compile(v, roundScopes[pattern.Writes])
				back, more := pattern.Compile(v, roundScopes[pattern.Reads])
				if there == nil || back == nil {
					t.Fatalf("%s: %+v %+v", formatJSON(v), problems, more)
				}
				tree1, err := there.Write(&pattern.Input{Values: m.values})
				if err != nil {
					t.Fatalf("%s: %v", formatJSON(v), err)
				}
				if tree1.Kind() == tree.Absent {
					return // everything in it is optional and empty
				}
				body, header, err := wire.Encode(f.contentType, tree1)
				if err != nil {
					t.Fatalf("encode %s: %v", formatJSON(tree1), err)
				}
				tree2, err := wire.Decode(header, body, wire.Limits{})
				if err != nil {
					t.Fatalf("decode %q: %v", body, err)
				}
				r := back.Read(tree2, nil)
				if !r.Matched || len(r.Events) != 1 {
					t.Fatalf("%s\nwritten %q\nnot read: %+v", formatJSON(v), body, back.Explain(tree2, nil))
				}
				for i, want := range m.values {
					if got := r.Events[0].Get(i).Text(); got != want.Text() {
						t.Fatalf("%s\nwritten %q\n%s: got %q, want %q", formatJSON(v), body, roundVars[i].Name, got, want.Text())
					}
				}
			})
		})
	}
}

// Whatever bytes a value has, the body parses, the value is all that changes, and what is no text has become U+FFFD.
func TestAnyBytesLeaveTheRestOfTheBodyAlone(t *testing.T) {
	p := compile(t, `{"a":"before","b":"$text$","c":"x $text$ y","d":[{"t":"$text$"}],"e":{"after":1}}`, writing)
	check := func(t interface{ Fatalf(string, ...any) }, s string) {
		in := &pattern.Input{Values: make([]tree.Value, len(vars))}
		in.Values[writing.Slot("text")] = tree.Text(s)
		v, err := p.Write(in)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		body, _, err := wire.Encode("application/json", v)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		var got, want any
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%q: %s: %v", s, body, err)
		}
		c := wire.Clean(s)
		want = map[string]any{"a": "before", "b": c, "c": "x " + c + " y", "d": []any{map[string]any{"t": c}}, "e": map[string]any{"after": 1.0}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got)\n%s", s, diff)
		}
	}
	for _, s := range append(nasty, "\x00", "a\xffb", "\xed\xa0\x80", "\u2028") {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))) })
}

// The query of a URL and a path segment are written by AppendText, each value escaped for its place.
func TestEscapingFollowsThePlace(t *testing.T) {
	query := compile(t, `"a=1&text=$text$&to=$to$"`, writing)
	path := compile(t, `"/v1/$to$/x"`, writing)
	for _, s := range nasty {
		in := input(t, writing, tree.ObjectOf(tree.Member{Name: "text", Value: tree.Text(s)}, tree.Member{Name: "to", Value: tree.Text(s)}))
		q, err := query.AppendText(nil, in, wire.EscapeQuery)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.DecodeQuery(string(q), wire.Limits{})
		if err != nil || got.Get("a").Text() != "1" || got.Get("text").Text() != s || got.Get("to").Text() != s || len(got.Members()) != 3 {
			t.Errorf("%q: %s reads as %s %v", s, q, formatJSON(got), err)
		}
		seg, err := path.AppendText([]byte("https://h"), in, wire.EscapeSegment)
		if err != nil {
			t.Fatal(err)
		}
		rest, ok := strings.CutPrefix(string(seg), "https://h/v1/")
		if !ok || strings.Count(rest, "/") != 1 || strings.ContainsAny(rest, "?# \n") {
			t.Errorf("%q: %s", s, seg)
		}
	}
}
