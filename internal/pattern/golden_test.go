package pattern_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"patchbay/internal/pattern"
)

var update = flag.Bool("update", false, "write what came as what is wanted, for review")

// A golden file says in its first line how its patterns are compiled: "writing", "writing bytes", "reading" or "reading every element"; then
// why it is there. It goes on with -- pattern --, -- known --, -- values -- (written) or -- data -- (read), each followed by -- want -- or
// -- error --, as often as it likes. A -- pattern -- may be followed by -- error -- or -- want -- alone: what its compilation says.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			g := golden{t: t, scope: scopeOf(t, string(archive.Comment))}
			for i := range archive.Files {
				g.section(&archive.Files[i])
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func scopeOf(t *testing.T, comment string) *pattern.Scope {
	t.Helper()
	first, _, _ := strings.Cut(comment, "\n")
	switch strings.TrimSuffix(first, ":") {
	case "writing":
		return writing
	case "writing bytes":
		return raw
	case "reading":
		return reading
	case "reading every element":
		return strict
	}
	t.Fatalf("first line %q: want writing, writing bytes, reading or reading every element", first)
	return nil
}

type golden struct {
	t       *testing.T
	scope   *pattern.Scope
	pattern *pattern.Pattern
	known   string
	source  string // the section that got is of
	got     string
	failed  bool
}

func (g *golden) section(f *txtar.File) {
	t := g.t
	text := string(f.Data)
	switch f.Name {
	case "pattern":
		g.source, g.known = text, "{}"
		var problems []pattern.Problem
		g.pattern, problems = pattern.Compile(parse(t, text), g.scope)
		g.got, g.failed = "", g.pattern == nil
		for _, p := range problems {
			if p.Warning {
				g.got += "warning "
			}
			g.got += fmt.Sprintf("%s: %s\n", p.Pointer, p.Message)
		}
		if w := ""; g.pattern != nil {
			w = fmt.Sprintf("weight %d literals, %d variables\n", g.pattern.Weight().Literals, g.pattern.Weight().Variables)
			g.got += w
		}
	case "known":
		g.known = text
	case "values":
		g.source = text
		g.write(text)
	case "data":
		g.source = text
		g.read(text)
	case "want", "error":
		want := text
		if *update {
			f.Data = []byte(g.got)
		} else if diff := cmp.Diff(want, g.got); diff != "" {
			t.Errorf("%s(-want +got)\n%s", g.source, diff)
		}
		if g.failed != (f.Name == "error") {
			t.Errorf("%sends in -- %s --, and gave\n%s", g.source, f.Name, g.got)
		}
	default:
		t.Fatalf("no section is called %q", f.Name)
	}
}

func (g *golden) write(values string) {
	in := input(g.t, g.scope, parse(g.t, values))
	if g.scope.RawText {
		got, err := g.pattern.AppendText(nil, in, nil)
		g.got, g.failed = fmt.Sprintf("%q\n", got), err != nil
		if err != nil {
			g.got = err.Error() + "\n"
		}
		return
	}
	got, err := g.pattern.Write(in)
	if g.failed = err != nil; g.failed {
		g.got = err.Error() + "\n"
		return
	}
	g.got = string(formatJSON(got)) + "\n"
	if got.Kind() == 0 {
		g.got = "nothing\n"
	}
}

func (g *golden) read(data string) {
	in := input(g.t, g.scope, parse(g.t, g.known))
	v := parse(g.t, data)
	got := g.pattern.Read(v, in)
	d := g.pattern.Explain(v, in)
	if d.Matched != got.Matched {
		g.t.Errorf("%sread says %v, explain %v", data, got.Matched, d.Matched)
	}
	if g.failed = !got.Matched; g.failed {
		g.got = fmt.Sprintf("%s: want %s, came %s (near %d)\n", d.Pointer, d.Expected, d.Came, d.Near)
		return
	}
	g.got = ""
	for _, e := range got.Events {
		g.got += "event " + string(formatJSON(named(g.scope, e))) + "\n"
	}
	if len(got.Events) == 0 {
		g.got = "no events\n"
	}
	if got.Left.Kind() != 0 {
		g.got += "left " + string(formatJSON(got.Left)) + "\n"
	}
}
