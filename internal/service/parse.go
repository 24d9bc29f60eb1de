package service

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"patchbay/internal/tree"
)

// MaxSize is how large a service file may be.
const MaxSize = 1 << 20

// maxProblems is how many problems are told of one file: whoever has more begins with these.
const maxProblems = 200

// maxMessage is how long one problem is told: a file may quote itself without end.
const maxMessage = 1000

var fileMembers = []string{
	"$schema", "id", "name", "logo", "class", "documentation", "setup", "properties", "auth", "OAuth2", "API", "Webhook", "limits",
	"dedupe_window", "tests",
}

// Parse loads, lints and compiles a service file. The Service is nil when any problem is more than a warning. The tests inside the file
// are read, not run: see RunTests.
func Parse(data []byte) (*Service, Problems) {
	if len(data) > MaxSize {
		return nil, Problems{{Message: fmt.Sprintf("the file has %d bytes; a service file has at most %d", len(data), MaxSize)}}
	}
	strict, problems := strictly(data)
	l := &loader{svc: &Service{Source: strict}, problems: problems, asked: map[string]string{}}
	v, syntax := document(strict)
	if syntax != nil {
		l.problems = append(l.problems, *syntax)
		return nil, l.problems
	}
	if v.Kind() != tree.Object {
		l.fail("", "a service file is one object {…}, not %s", kindName(v))
		return nil, l.problems
	}
	sum := sha256.Sum256(strict)
	l.svc.Version = hex.EncodeToString(sum[:12])
	l.file(v)
	l.problems = distinct(l.problems)
	if len(l.problems.Errors()) > 0 {
		return nil, l.problems
	}
	return l.svc, l.problems
}

func (l *loader) file(v tree.Value) {
	l.object(v, "", fileMembers)
	l.heading(v)
	l.properties(v.Get("properties"))
	l.names = newNames(l.svc.Properties)
	l.svc.names = l.names
	l.auth(v)
	l.api(v.Get("API"))
	l.webhook(v.Get("Webhook"))
	l.tellings()
	l.limits(v.Get("limits"))
	l.tests(v.Get("tests"))
	l.unusedProperties(v)
	l.unreached(v)
	l.secrets(v)
	l.names.scopes = nil // patterns keep what they need of them
}

// distinct drops what is told twice (a default of API is compiled for each method) and what is too much. Errors and warnings are counted
// apart, so that no number of warnings hides an error.
func distinct(ps Problems) Problems {
	seen := map[Problem]bool{}
	told := map[bool]int{}
	out := ps[:0]
	for _, p := range ps {
		if len(p.Message) > maxMessage {
			p.Message = strings.ToValidUTF8(p.Message[:maxMessage], "") + "…"
		}
		if !seen[p] && told[p.Warning] < maxProblems {
			seen[p] = true
			told[p.Warning]++
			out = append(out, p)
		}
	}
	return out
}

// unusedProperties warns about properties that nothing in the file uses: a question nobody needs the answer of, or a misspelt name.
func (l *loader) unusedProperties(v tree.Value) {
	used := map[string]bool{}
	var walk func(v tree.Value)
	note := func(s string) {
		for i := 0; i < len(s); {
			if s[i] != '$' {
				i++
				continue
			}
			end := variableEnd(s, i)
			for _, p := range l.svc.Properties {
				if inside := s[i+1 : max(end-1, i+1)]; len(inside) >= len(p.Name) && inside[:len(p.Name)] == p.Name {
					used[p.Name] = true
				}
			}
			i = max(end, i+1)
		}
	}
	walk = func(v tree.Value) {
		if s, ok := v.Scalar(); ok {
			note(s)
		}
		for _, e := range v.List() {
			walk(e)
		}
		for _, m := range v.Members() {
			note(m.Name)
			used[m.Name] = true // in a "when" a property stands as a member
			walk(m.Value)
		}
	}
	for _, m := range v.Members() {
		if m.Name != "properties" && m.Name != "tests" {
			walk(m.Value)
		}
	}
	for _, p := range l.svc.Properties {
		if !used[p.Name] {
			l.warn(l.asked[p.Name], "nothing in the file uses $%s$", p.Name)
		}
	}
}
