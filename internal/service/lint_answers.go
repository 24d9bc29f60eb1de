package service

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// unreached warns about what no message and no answer can come to: variants after one that takes everything, entries behind one that
// reads whatever they read, words of a table that the pattern lets nobody say.
func (l *loader) unreached(file tree.Value) {
	if len(l.problems.Errors()) > 0 {
		return // what is there is not all
	}
	for _, k := range methodKinds {
		l.unreachedVariants(file.Get("API").Get(k.name), pointer("/API", k.name))
	}
	for _, m := range l.svc.methods() {
		for i, a := range m.answers {
			for _, before := range m.answers[:i] {
				if why := hides(file, before, a); why != "" {
					l.warn(a.pointer, "nothing reaches this: %s, which is tried before, %s; put this one first, or take it away", before.pointer, why)
					break
				}
			}
			l.unreachedWords(file, a)
		}
	}
}

func (l *loader) unreachedVariants(v tree.Value, ptr string) {
	always := ""
	for i, e := range v.List() {
		at := pointer(ptr, i)
		if i > 0 && always != "" && always != pointer(ptr, i-1) { // of the next one the loader has spoken
			l.warn(at, `this variant is never used: %s has no "when", so it takes everything`, always)
		}
		when := e.Get("when")
		if when.Kind() == tree.Absent && always == "" {
			always = at
		}
		for j, before := range v.List()[:i] {
			if when.Kind() != tree.Absent && before.Get("when").Equal(when) {
				l.warn(at, `this variant is never used: %s asks for the same and comes first`, pointer(ptr, j))
				break
			}
		}
	}
}

// hides says why b never reads anything that a, which comes first, leaves; "" when it may.
func hides(file tree.Value, a, b *answer) string {
	if !coversStatus(a.status, b.status) {
		return ""
	}
	if a.body == nil && len(a.headers) == 0 {
		return "reads every answer of this status"
	}
	headersA, headersB := at(file, a.pointer+"/headers"), at(file, b.pointer+"/headers")
	if !a.bodyIn(file).Equal(b.bodyIn(file)) || !headersA.Equal(headersB) {
		return ""
	}
	return "reads the same"
}

// bodyIn is the body of an entry as the file has it.
func (a *answer) bodyIn(file tree.Value) tree.Value {
	if strings.HasSuffix(a.pointer, "/response_map") {
		return at(file, a.pointer)
	}
	return at(file, a.pointer+"/body")
}

// coversStatus reports whether every status of b is one of a's.
func coversStatus(a, b []statusRange) bool {
	if len(a) == 0 {
		return true
	}
	if len(b) == 0 {
		return false
	}
	return !slices.ContainsFunc(b, func(r statusRange) bool {
		return !slices.ContainsFunc(a, func(s statusRange) bool { return s.lo <= r.lo && r.hi <= s.hi })
	})
}

// at is the value at a JSON pointer.
func at(v tree.Value, pointer string) tree.Value {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		if list := v.List(); v.Kind() == tree.List {
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(list) {
				return tree.Value{}
			}
			v = list[i]
		} else {
			v = v.Get(step)
		}
	}
	return v
}

// codePlace is a place of an entry in which $error_code$ stands, as far as it limits what the code can be.
type codePlace struct {
	shape *regexp.Regexp // nil: any
	not   []string
	fold  func(string) string // nil: as it came
}

var foldedCode = regexp.MustCompile(`\$error_code\??\|(lower|upper|trim)\b`)

// unreachedWords warns about codes of a table that its entry cannot read.
func (l *loader) unreachedWords(file tree.Value, a *answer) {
	if a.outcomes == nil {
		return
	}
	var places []codePlace
	codePlaces(at(file, a.pointer+"/body"), &places)
	codePlaces(at(file, a.pointer+"/headers"), &places)
	for _, m := range at(file, a.pointer+"/outcomes").Members() {
		ptr := pointer(a.pointer+"/outcomes", m.Name)
		switch {
		case m.Name == "*":
		case len(m.Name) > maxCode:
			l.warn(ptr, "no code is longer than %d bytes: what is longer is cut before it is looked up", maxCode)
		case len(places) > 0 && !slices.ContainsFunc(places, func(p codePlace) bool { return p.takes(m.Name) }):
			l.warn(ptr, "the pattern of this entry never reads the code %q", clip(m.Name))
		}
	}
}

func (p *codePlace) takes(code string) bool {
	if slices.Contains(p.not, code) || p.fold != nil && p.fold(code) != code {
		return false
	}
	return p.shape == nil || p.shape.MatchString(code)
}

// codePlaces gathers where $error_code$ stands.
func codePlaces(v tree.Value, out *[]codePlace) {
	switch v.Kind() {
	case tree.String:
		if strings.Contains(v.Text(), "$error_code") {
			p := codePlace{}
			if m := foldedCode.FindStringSubmatch(v.Text()); m != nil {
				p.fold = folds[m[1]]
			}
			*out = append(*out, p)
		}
	case tree.List:
		for _, e := range v.List() {
			codePlaces(e, out)
		}
	case tree.Object:
		if text := v.Get("$match"); text.Kind() == tree.String {
			if shape := groupShape(text.Text(), "error_code"); shape != nil {
				*out = append(*out, codePlace{shape: shape})
			}
			return
		}
		had := len(*out)
		for _, m := range v.Members() {
			codePlaces(m.Value, out)
		}
		if all := v.Get("$all"); all.Kind() == tree.List {
			for _, e := range all.List() {
				not := e.Get("$not")
				words := []tree.Value{not}
				if any := not.Get("$any"); any.Kind() == tree.List {
					words = any.List()
				}
				for _, w := range words {
					if s, scalar := w.Scalar(); scalar && w.Kind() != tree.Absent && !strings.Contains(s, "$") {
						for i := had; i < len(*out); i++ {
							(*out)[i].not = append((*out)[i].not, s)
						}
					}
				}
			}
		}
	}
}

// groupShape is what a named group of a regular expression takes, alone.
func groupShape(expression, name string) *regexp.Regexp {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	var find func(re *syntax.Regexp) *syntax.Regexp
	find = func(re *syntax.Regexp) *syntax.Regexp {
		if re.Op == syntax.OpCapture && re.Name == name {
			return re.Sub[0]
		}
		for _, sub := range re.Sub {
			if found := find(sub); found != nil {
				return found
			}
		}
		return nil
	}
	group := find(parsed)
	if group == nil {
		return nil
	}
	shape, err := regexp.Compile(`^(?:` + group.String() + `)$`)
	if err != nil {
		return nil
	}
	return shape
}
