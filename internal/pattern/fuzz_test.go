package pattern_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// seeds gives f every pattern of the goldens, with every value or body that follows it.
func seeds(f *testing.F, add func(pattern, kind, data string)) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		source := ""
		for _, part := range txtar.Parse(text).Files {
			switch part.Name {
			case "pattern":
				source = string(part.Data)
				add(source, "pattern", source)
			case "values", "data":
				add(source, part.Name, string(part.Data))
			}
		}
	}
}

func FuzzCompile(f *testing.F) {
	seeds(f, func(source, kind, _ string) { f.Add(source) })
	f.Fuzz(func(t *testing.T, source string) {
		v, err := parseJSON([]byte(source))
		if err != nil {
			v = tree.Text(source)
		}
		for _, scope := range []*pattern.Scope{writing, reading, raw, strict} {
			p, problems := pattern.Compile(v, scope)
			if p == nil && len(problems) == 0 {
				t.Fatal("neither a pattern nor a problem")
			}
			if w := (pattern.Weight{}); p != nil && (p.Weight().Literals < w.Literals || p.Weight().Variables < w.Variables) {
				t.Fatalf("weighs %+v", p.Weight())
			}
			for _, problem := range problems {
				if problem.Message == "" || p != nil && !problem.Warning {
					t.Fatalf("%+v", problem)
				}
			}
		}
	})
}

func FuzzWrite(f *testing.F) {
	seeds(f, func(source, kind, data string) {
		if kind == "values" {
			f.Add(source, data)
		}
	})
	f.Fuzz(func(t *testing.T, source, values string) {
		v, err := parseJSON([]byte(source))
		if err != nil {
			v = tree.Text(source)
		}
		named, err := parseJSON([]byte(values))
		if err != nil {
			named = tree.ObjectOf(tree.Member{Name: "content", Value: tree.Text(values)})
		}
		in := &pattern.Input{Values: make([]tree.Value, len(vars))}
		for _, m := range named.Members() {
			if slot := writing.Slot(m.Name); slot >= 0 {
				in.Values[slot] = m.Value
			}
		}
		if p, _ := pattern.Compile(v, writing); p != nil {
			got, err := p.Write(in)
			if body := formatJSON(got); err == nil && !json.Valid(body) {
				t.Fatalf("not JSON: %s", body)
			}
			again, err2 := p.Write(in)
			if !again.Equal(got) || (err == nil) != (err2 == nil) {
				t.Fatal("the same values written twice differ")
			}
		}
		if p, _ := pattern.Compile(v, raw); p != nil {
			if text, err := p.AppendText([]byte("x"), in, nil); err == nil && text[0] != 'x' {
				t.Fatalf("not appended: %q", text)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	seeds(f, func(source, kind, data string) {
		if kind == "data" {
			f.Add(source, data)
		}
	})
	f.Fuzz(func(t *testing.T, source, data string) {
		v, err := parseJSON([]byte(source))
		if err != nil {
			v = tree.Text(source)
		}
		d, err := parseJSON([]byte(data))
		if err != nil {
			d = tree.Text(data)
		}
		before := string(formatJSON(d))
		known := &pattern.Input{Values: make([]tree.Value, len(vars))}
		known.Values[reading.Slot("API key")] = tree.Text("s3")
		known.Values[reading.Slot("to")] = tree.Text("+1")
		for _, scope := range []*pattern.Scope{reading, strict} {
			p, _ := pattern.Compile(v, scope)
			if p == nil {
				continue
			}
			for _, in := range []*pattern.Input{nil, known} {
				r := p.Read(d, in)
				if len(r.Events) > pattern.DefaultLimits.Events {
					t.Fatalf("%d events", len(r.Events))
				}
				if e := p.Explain(d, in); e.Matched != r.Matched || !e.Matched && e.Expected == "" {
					t.Fatalf("read says %v, explain %+v", r.Matched, e)
				}
				again := p.Read(d, in)
				for i, e := range r.Events {
					if !named(scope, e).Equal(named(scope, again.Events[i])) {
						t.Fatalf("the same value read twice differs: %s", formatJSON(named(scope, e)))
					}
				}
				if p.Read(r.Left, in); r.Left.Kind() != tree.Absent && !json.Valid(formatJSON(r.Left)) {
					t.Fatalf("left is no value: %s", formatJSON(r.Left))
				}
			}
		}
		if after := string(formatJSON(d)); after != before {
			t.Fatalf("reading changed what it read: %s, was %s", after, before)
		}
	})
}
