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
	plain  bool // no filters
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
	filters := ""
	if !m.plain {
		filters = rapid.SampledFrom(lossless).Draw(m.t, "filters")
	}
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

// Every file keeps its own name and type, however many there are and whichever of them are missing.
func TestFilesReadBackInTheirOrder(t *testing.T) {
	shapes := []struct{ contentType, pattern string }{
		{"application/json", `{"parts":[{"type":"TEXT","text":"$text?$"},{"type":"LINK","url":"$urls$","mime":"$mimetype?$","name":"$filename?$"}]}`},
		{"text/xml", `{"root":{"parts":[{"type":"TEXT","text":"$text?$"},{"type":"LINK","url":"$urls$","mime":"$mimetype?$","name":"$filename?$"}]}}`},
		{"application/x-www-form-urlencoded", `{"text":"$text?$","Url$n0$":"$urls?$","Type$n0$":"$mimetype?$","Name[$n$]":"$filename?$"}`},
		{"multipart/form-data", `{"text":"$text?$","m$n?$":"$urls?$","t$n?$":"$mimetype?$","n$n?$":"$filename?$"}`},
	}
	for _, shape := range shapes {
		t.Run(shape.contentType, func(t *testing.T) {
			there, back := compile(t, shape.pattern, writing), compile(t, shape.pattern, reading)
			columns := []int{writing.Slot("urls"), writing.Slot("mimetype"), writing.Slot("filename")}
			rapid.Check(t, func(t *rapid.T) {
				in := &pattern.Input{Values: make([]tree.Value, len(vars))}
				in.Values[writing.Slot("text")] = tree.Text("t")
				rows := make([][]tree.Value, len(columns))
				n := rapid.IntRange(0, 12).Draw(t, "files")
				for i := range n {
					rows[0] = append(rows[0], tree.Text(fmt.Sprint("https://a/", i)))
					rows[1] = append(rows[1], tree.Text(rapid.SampledFrom([]string{"", "image/png", "text/plain"}).Draw(t, "type")))
					rows[2] = append(rows[2], tree.Text(rapid.SampledFrom([]string{"", "a b.png", "é"}).Draw(t, "name")))
				}
				for i, slot := range columns {
					in.Values[slot] = tree.ListOf(rows[i]...)
				}
				v, err := there.Write(in)
				if err != nil {
					t.Fatal(err)
				}
				body, header, err := wire.Encode(shape.contentType, v)
				if err != nil {
					t.Fatal(err)
				}
				d, err := wire.Decode(header, body, wire.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				r := back.Read(d, nil)
				if !r.Matched {
					t.Fatalf("%q not read: %+v", body, back.Explain(d, nil))
				}
				for c, slot := range columns {
					got := r.Events[0].Get(slot)
					for i := range n {
						one := got
						if got.Kind() == tree.List {
							one = tree.Value{}
							if i < len(got.List()) {
								one = got.List()[i]
							}
						} else if i > 0 {
							one = tree.Value{}
						}
						if one.Text() != rows[c][i].Text() {
							t.Fatalf("%q: %s of file %d: got %q, want %q", body, vars[slot].Name, i, one.Text(), rows[c][i].Text())
						}
					}
				}
			})
		})
	}
}

// Of a batch, each element is either an event or left for the next model, and the next model finds it there.
func TestABatchIsReadByOneModelAfterAnother(t *testing.T) {
	first := compile(t, `{"account":"$v$","results":[{"type":"mo","id":"$messageid$"}]}`, reading)
	second := compile(t, `{"account":"$v$","results":[{"type":"dlr","ref":"$messageid$"}]}`, reading)
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"mo", "dlr", "other"}), 1, 20).Draw(t, "kinds")
		var want [3][]string
		var elements []tree.Value
		for i, k := range kinds {
			id := fmt.Sprint(i)
			name := map[string]string{"mo": "id", "dlr": "ref", "other": "x"}[k]
			elements = append(elements, tree.ObjectOf(tree.Member{Name: "type", Value: tree.Text(k)}, tree.Member{Name: name, Value: tree.Text(id)}))
			at := map[string]int{"mo": 0, "dlr": 1, "other": 2}[k]
			want[at] = append(want[at], id)
		}
		v := tree.ObjectOf(tree.Member{Name: "account", Value: tree.Text("a")}, tree.Member{Name: "results", Value: tree.ListOf(elements...)})
		var got [3][]string
		for i, p := range []*pattern.Pattern{first, second} {
			r := p.Read(v, nil)
			if r.Matched != (len(want[i]) > 0) {
				t.Fatalf("model %d of %s: matched %v", i, formatJSON(v), r.Matched)
			}
			if !r.Matched {
				continue
			}
			for _, e := range r.Events {
				got[i] = append(got[i], e.Get(reading.Slot("messageid")).Text())
				if e.Get(reading.Slot("v")).Text() != "a" {
					t.Fatalf("event %s lost what it shares", formatJSON(named(reading, e)))
				}
			}
			if v = r.Left; v.Kind() == tree.Absent {
				break
			}
		}
		for _, e := range v.Get("results").List() {
			got[2] = append(got[2], e.Get("x").Text())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%v (-want +got)\n%s", kinds, diff)
		}
	})
}
