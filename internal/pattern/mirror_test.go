package pattern_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// What a mirror writes, and what it says of what it cannot write.
func TestAMirrorWritesWhatIsRead(t *testing.T) {
	const one = `{"messageid": "17", "event_key": "sent", "text": "Hi $to$", "API key": "k"}`
	const files = `{"urls": ["https://a", "https://b"], "url": ["https://a", "https://b"], "mimetype": ["image/png", ""], "text": "t"}`
	for _, c := range []struct{ pattern, values, want, problem string }{
		{`{"id": "$messageid$", "n": 201, "ok": true, "none": null, "t": "$text$", "x": {"deep": "$error_code?$"}}`, one, `{"id":"17","n":201,"ok":true,"t":"Hi $to$"}`, ""},
		{`"ID: $messageid$ ($event_key$)"`, one, `"ID: 17 (sent)"`, ""},
		{`{"id": "$messageid|integer$", "k": "$API key$", "b": "$text|base64$"}`, one, `{"id":17,"k":"k","b":"SGkgJHRvJA=="}`, ""},
		{`{"id": "$error_code$"}`, one, `{"id":""}`, "/id: $error_code$ has no value"},
		{`{"at": "$messageid|unix$"}`, one, `{"at":""}`, "/at: its value cannot be written as $messageid|unix$"},
		{`{"k": "$Hidden$"}`, one, `{"k":""}`, "/k: $Hidden$ has no value"},

		// One value has one place: read from two, it would be there twice.
		{`{"a": "$text?$", "b": {"c": "$text?$"}}`, one, `{"a":"Hi $to$"}`, ""},
		{`{"a": "$text$", "b": "$text$"}`, one, `{"a":"Hi $to$","b":"Hi $to$"}`, ""},

		{`[{"id": "$messageid$"}]`, one, `[{"id":"17"}]`, ""},
		{`{"list": [{"kind": "layout"}, {"kind": "text", "t": "$text$"}, {"kind": "file", "u": "$urls$"}]}`, one, `{"list":[{"kind":"text","t":"Hi $to$"}]}`, ""},
		{`{"list": [{"kind": "layout"}, {"kind": "text", "t": "$text$"}, {"kind": "file", "u": "$urls$", "m": "$mimetype?$"}]}`, files,
			`{"list":[{"kind":"text","t":"t"},{"kind":"file","u":"https://a","m":"image/png"},{"kind":"file","u":"https://b"}]}`, ""},
		{`{"list": ["OK"], "urls": "$urls?$", "u": ["$url?$"]}`, files, `{"list":["OK"],"urls":["https://a","https://b"],"u":["https://a","https://b"]}`, ""},
		{`{"m$n0$": "$url?$", "t$n0$": "$mimetype?$", "f$n?$": "$filename?$"}`, files, `{"m0":"https://a","m1":"https://b","t0":"image/png"}`, ""},
		{`{"m$n0$": "$url?$", "x": 1}`, one, `{"x":1}`, ""},
		{`{"$event_key$": {"id": "$messageid$"}}`, one, `{"sent":{"id":"17"}}`, ""},
		{`{"list": [{"u": "$url$"}]}`, one, `{"list":[{"u":""}]}`, "/list/0/u: $url$ has no value"},

		// The alternative with a place for most, and none that misses something.
		{`{"e": {"$any": [null, {"code": "$error_code$"}]}, "m": {"$any": ["a", "b"]}, "t": {"$any": ["$error_code$", "$text$"]}}`, one, `{"m":"a","t":"Hi $to$"}`, ""},
		{`{"e": {"$any": [null, {"code": "$messageid$"}]}}`, one, `{"e":{"code":"17"}}`, ""},
		{`{"e": {"$all": [{"$not": "0"}, "$messageid$", "$error_code?$"]}}`, one, `{"e":"17"}`, ""},
		{`{"e": {"$not": true}, "f": {"$not": null}, "g": {"$not": {"$any": [null, "x"]}}}`, one, `{"f":"x","g":1}`, ""},
		{`{"e": {"$gt": 3}, "f": {"$lt": 3}, "g": {"$gt": 1, "$lt": 2}}`, one, `{"e":4,"f":2,"g":1.5}`, ""},
		{`{"e": {"$json": {"id": "$messageid$"}}}`, one, `{"e":"{\"id\":\"17\"}"}`, ""},

		{`{"$match": "^ID: (?P<messageid>\\w+)$"}`, one, `"ID: 17"`, ""},
		{`{"$match": "\\bstat:(?P<event_key>\\w+)(?:.* err:(?P<error_code>\\w+))?"}`, one, `"stat:sent"`, ""},
		{`{"$match": "\\bstat:(?P<event_key>\\w+)(?:.* err:(?P<messageid>\\w+))?"}`, one, `"stat:sent err:17"`, ""},
		{`{"$match": "(?i)^sms[0-9a-f]{3}-\\d+[^a-z]\\.x?$"}`, one, `"SMS000-00."`, ""},
		{`{"$match": "^(?P<event_key>(?P<group>.+))$"}`, `{"event_key": "Failed", "group": "no"}`, `"Failed"`, ""},
		{`{"$match": "^(?P<text>ERR (?P<error_code>\\d+).*)$"}`, `{"text": "no", "error_code": "7"}`, `"ERR 7"`, ""},
		{`{"$match": "^(?:a|b(?P<messageid>\\d+))$"}`, one, `"b17"`, ""},
		{`{"$match": "^(?P<text>\\d+)$"}`, one, `"Hi $to$"`, ": no text is known that this expression fits"},
		{`{"$match": "^(?P<error_code>\\d+)$"}`, one, `"0"`, ": $error_code$ has no value"},
	} {
		p := compile(t, c.pattern, reading)
		in := input(t, reading, parse(t, c.values))
		got, problems := p.Mirror(in)
		problem := ""
		if len(problems) > 0 {
			problem = problems[0].Pointer + ": " + problems[0].Message
		}
		if text := string(formatJSON(got)); !sameJSON(t, text, c.want) || problem != c.problem {
			t.Errorf("%s of %s:\n got %s, %q\nwant %s, %q", c.pattern, c.values, text, problem, c.want, c.problem)
		}
		if c.problem == "" {
			if known := (&pattern.Input{Values: known(in)}); !p.Read(got, known).Matched {
				t.Errorf("%s does not read its mirror %s: %+v", c.pattern, formatJSON(got), p.Explain(got, known))
			}
		}
	}
}

// known is the values of the variables that are literals to a reader.
func known(in *pattern.Input) []tree.Value {
	out := make([]tree.Value, len(in.Values))
	for slot := range vars {
		if vars[slot].Known {
			out[slot] = in.Values[slot]
		}
	}
	return out
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	return string(formatJSON(parse(t, a))) == string(formatJSON(parse(t, b)))
}

// Whatever the pattern, what its mirror writes it reads, and gives the same values.
func TestAMirrorReadsBackTheSame(t *testing.T) {
	for _, f := range formats {
		t.Run(f.contentType, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := made{t: t, values: make([]tree.Value, len(roundVars)), text: texts(f.without), names: f.names, nested: f.nested}
				v := m.object(3)
				if f.root {
					v = tree.ObjectOf(tree.Member{Name: "root", Value: v})
				}
				p, problems := pattern.Compile(v, roundScopes[pattern.Reads])
				if p == nil {
					t.Fatalf("%s: %+v", formatJSON(v), problems)
				}
				written, unwritten := p.Mirror(&pattern.Input{Values: m.values})
				if len(unwritten) > 0 || written.Kind() == tree.Absent {
					t.Fatalf("%s of %v: %+v", formatJSON(v), m.values, unwritten)
				}
				if f.root && len(written.Members()) == 0 {
					return // everything in it is optional and empty, and XML has no document of nothing
				}
				body, header, err := wire.Encode(f.contentType, written)
				if err != nil {
					t.Fatalf("encode %s: %v", formatJSON(written), err)
				}
				decoded, err := wire.Decode(header, body, wire.Limits{})
				if err != nil {
					t.Fatalf("decode %q: %v", body, err)
				}
				r := p.Read(decoded, nil)
				if !r.Matched || len(r.Events) != 1 {
					t.Fatalf("%s\nmirrored %q\nnot read: %+v", formatJSON(v), body, p.Explain(decoded, nil))
				}
				for i, want := range m.values {
					if got := r.Events[0].Get(i).Text(); got != want.Text() {
						t.Fatalf("%s\nmirrored %q\n%s: got %q, want %q", formatJSON(v), body, roundVars[i].Name, got, want.Text())
					}
				}
			})
		})
	}
}

// A pattern for writing is read back: what cannot be is taken whatever it is, and said.
func TestARequestIsReadBackwards(t *testing.T) {
	source := `{"from": "$from|lower$", "to": ["$to$"], "t": "$text|truncate:3$", "two": "$extension$$domain$", "sum": {"x": ["$v|sha256|hex$"]}, "id": "$messageid$",
		"$text$$v$": 1, "$v|sort|join$": {"a": 1}}`
	p, blind := pattern.Reverse(parse(t, source), reading)
	if p == nil {
		t.Fatalf("%+v", blind)
	}
	var at []string
	for _, b := range blind {
		at = append(at, b.Pointer)
	}
	if want := "[/t /two /sum/x/0 /$text$$v$ /$v|sort|join$]"; fmt.Sprint(at) != want {
		t.Errorf("blind at %q, want %s", at, want)
	}
	request := parse(t, `{"from": "A", "to": ["+1"], "t": "any", "sum": {"x": ["whatever"]}, "id": 9}`)
	r := p.Read(request, nil)
	if !r.Matched || len(r.Events) != 1 {
		t.Fatalf("not read: %+v", p.Explain(request, nil))
	}
	if got := string(formatJSON(named(reading, r.Events[0]))); got != `{"from":"a","to":"+1","messageid":9}` {
		t.Errorf("read as %s", got)
	}
	if p, problems := pattern.Reverse(parse(t, `{"a": "$nobody$", "b": "$to$"}`), reading); p == nil || len(problems) != 1 {
		t.Errorf("an unknown name: %v", problems)
	}
}
