package patchbay_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/reliability.md again")

// claim is a block of docs/faults.txt: a fault, what must happen, what proves it, and what is left.
type claim struct {
	id, fault, must string
	tests           []proof
	notYet          []string
}

// proof is a test, and how much of the claim it proves where that is not all.
type proof struct{ room, test, row, part string }

// part of the page: a heading, or claims.
type section struct {
	title, prose string
	claims       []claim
}

// catalogue is every id there is. A fault is never left out because nothing proves it.
func catalogue() (ids []string) {
	for _, s := range []struct {
		letter string
		n      int
	}{{"A", 19}, {"B", 24}, {"C", 22}, {"D", 19}, {"E", 17}, {"", 85}} {
		for i := range s.n {
			ids = append(ids, fmt.Sprint(s.letter, i+1))
		}
	}
	return ids
}

// readFaults parses docs/faults.txt, whose head says how it is written.
func readFaults(t *testing.T) (out []section) {
	t.Helper()
	b, err := os.ReadFile("docs/faults.txt")
	if err != nil {
		t.Fatal(err)
	}
	opens := regexp.MustCompile(`^([A-E]?[0-9]+) (.+)$`)
	for n, line := range strings.Split(string(b), "\n") {
		wrong := func(what string) { t.Fatalf("docs/faults.txt:%d: %s: %q", n+1, what, line) }
		var here *section
		var last *claim
		if len(out) > 0 {
			here = &out[len(out)-1]
			if len(here.claims) > 0 {
				last = &here.claims[len(here.claims)-1]
			}
		}
		word, rest, _ := strings.Cut(strings.TrimPrefix(line, "  "), " ")
		indented := strings.HasPrefix(line, "  ")
		switch m := opens.FindStringSubmatch(line); {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "= "):
			out = append(out, section{title: line[2:]})
		case here == nil:
			wrong("it stands before the first heading")
		case strings.HasPrefix(line, "|"):
			here.prose += strings.TrimPrefix(line[1:], " ") + "\n"
		case m != nil:
			here.claims = append(here.claims, claim{id: m[1], fault: m[2]})
		case last == nil || !indented || rest == "":
			wrong("it is neither a heading, a fault nor something about one")
		case word == "must":
			last.must = rest
		case word == "test":
			last.tests = append(last.tests, proofOf(rest))
		case word == "not" && strings.HasPrefix(rest, "yet: "):
			last.notYet = append(last.notYet, strings.TrimPrefix(rest, "yet: "))
		default:
			wrong("it says nothing that is known")
		}
	}
	return out
}

// proofOf reads "room TestName", "room TestName/row" or "suite row", each with " -- which part" where it proves a part.
func proofOf(s string) (p proof) {
	s, p.part, _ = strings.Cut(s, " -- ")
	p.room, s, _ = strings.Cut(s, " ")
	if p.room == "suite" {
		return proof{room: "internal/store/storetest", test: "Run", row: s, part: p.part}
	}
	p.test, p.row, _ = strings.Cut(s, "/")
	return p
}

func (p proof) String() string {
	s := "`" + p.test + "` in `" + p.room + "`"
	switch {
	case p.test == "Run":
		s = "the store's suite, on both databases: “" + p.row + "”"
	case p.row != "":
		s = "`" + p.test + "` in `" + p.room + "`: “" + p.row + "”"
	}
	if p.part != "" {
		s += " (" + p.part + ")"
	}
	return s
}

// tested is what the tests of a room are called, and what is written in each.
type tested struct {
	functions map[string]bool
	literals  map[string]bool
}

func testsOf(t *testing.T, room string) tested {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(room, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	if room == "internal/store/storetest" {
		paths = []string{filepath.Join(room, "suite.go")}
	}
	found := tested{map[string]bool{}, map[string]bool{}}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil {
					found.functions[n.Name.Name] = true
				}
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					found.literals[s] = true
				}
			}
			return true
		})
	}
	return found
}

// Every fault is listed in its order, says something, and whatever is said to prove it is there. A test that is renamed or deleted is missed.
func TestReliabilityNamesEveryFaultAndTestsThatExist(t *testing.T) {
	want, rooms, n := catalogue(), map[string]tested{}, 0
	for _, s := range readFaults(t) {
		for _, c := range s.claims {
			if n >= len(want) || c.id != want[n] {
				t.Fatalf("after %d faults comes %s; all of them, in their order, are A1 to E17 and 1 to 85", n, c.id)
			}
			n++
			if c.must == "" || len(c.tests) == 0 && len(c.notYet) == 0 {
				t.Errorf("%s: it says neither what must happen nor what proves it or why nothing does", c.id)
			}
			for _, p := range c.tests {
				if _, ok := rooms[p.room]; !ok {
					rooms[p.room] = testsOf(t, p.room)
				}
				if found := rooms[p.room]; !found.functions[p.test] {
					t.Errorf("%s names %s in %s, which does not exist", c.id, p.test, p.room)
				} else if p.row != "" && !found.literals[p.row] {
					t.Errorf("%s names the row %q of %s in %s, which does not exist", c.id, p.row, p.test, p.room)
				}
			}
		}
	}
	if n != len(want) {
		t.Errorf("%d of %d faults", n, len(want))
	}
}

func TestReliabilityPageIsInStep(t *testing.T) {
	const path = "docs/reliability.md"
	sections := readFaults(t)
	whole, part, none := 0, 0, 0
	var rows bytes.Buffer
	cell := strings.NewReplacer("|", "\\|", "<", "&lt;", "$", "\\$")
	for _, s := range sections[1:] {
		fmt.Fprintf(&rows, "\n## %s\n", s.title)
		if s.prose != "" {
			rows.WriteString("\n" + s.prose)
		}
		rows.WriteString("\n| | fault | what must happen | proven by | not yet |\n|---|---|---|---|---|\n")
		for _, c := range s.claims {
			switch {
			case len(c.tests) == 0:
				none++
			case len(c.notYet) > 0:
				part++
			default:
				whole++
			}
			var by []string
			for _, p := range c.tests {
				by = append(by, cell.Replace(p.String()))
			}
			fmt.Fprintf(&rows, "| %s | %s | %s | %s | %s |\n", c.id, cell.Replace(c.fault), cell.Replace(c.must),
				strings.Join(by, "<br>"), cell.Replace(strings.Join(c.notYet, "; ")))
		}
	}
	var page bytes.Buffer
	fmt.Fprintf(&page, "# %s\n\n%s", sections[0].title, sections[0].prose)
	fmt.Fprintf(&page, "\n%d faults and checks: %d are proven, %d in part, %d not yet.\n", whole+part+none, whole, part, none)
	page.Write(rows.Bytes())
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page.Bytes(), have) {
		t.Errorf("%s is not what docs/faults.txt says; write it again: make generate", path)
	}
}
