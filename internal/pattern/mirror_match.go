package pattern

import (
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"

	"patchbay/internal/tree"
)

func numeral(x float64) tree.Value { return tree.Digits(strconv.FormatFloat(x, 'f', -1, 64)) }

// sample writes a text that a regular expression fits: its named groups have their values, the rest the shortest that will do. What only
// may be there is there when it holds a value.
func (m *mirror) sample(n *node) (tree.Value, bool) {
	parsed, err := syntax.Parse(n.regexp.String(), syntax.Perl)
	if err != nil { // it was parsed before
		m.fail(n, err.Error())
		return tree.Value{}, false
	}
	texts := map[int]string{}
	for i, u := range n.groups {
		if u == nil {
			continue
		}
		if v, ok := m.eval(u); ok {
			texts[i] = m.textOf(v)
		}
		m.err = nil
	}
	was := m.here()
	for _, inmost := range []bool{false, true} { // of groups in each other the outer value stands, or the inner ones do
		m.back(was)
		s := sampler{m: m, n: n, texts: texts, inmost: inmost}
		s.write(parsed)
		if text := s.b.String(); m.fits(n, text, &s) || inmost {
			return tree.Text(text), true
		}
	}
	return tree.Value{}, false
}

// fits reports whether the expression finds its values in a text, and says what it does not.
func (m *mirror) fits(n *node, text string, s *sampler) bool {
	at := n.regexp.FindStringSubmatchIndex(text)
	if at == nil {
		m.fail(n, "no text is known that this expression fits")
		return false
	}
	for _, i := range s.used {
		if at[2*i] < 0 || text[at[2*i]:at[2*i+1]] != s.texts[i] {
			m.fail(n, "the expression does not take the value of "+n.groups[i].source)
			return false
		}
		m.filled++
		if u := n.groups[i]; u.def.Use == Each || u.def.Use == Join {
			m.spent[u.slot] = u
		}
	}
	return true
}

// sampler walks an expression.
type sampler struct {
	m      *mirror
	n      *node
	b      strings.Builder
	texts  map[int]string // of groups that have a value
	inmost bool           // a group in which others with values stand has what they make of it
	used   []int
}

// holds reports whether a group with a value stands in re.
func (s *sampler) holds(re *syntax.Regexp) bool {
	if re.Op == syntax.OpCapture {
		if _, ok := s.texts[re.Cap]; ok {
			return true
		}
	}
	for _, sub := range re.Sub {
		if s.holds(sub) {
			return true
		}
	}
	return false
}

func (s *sampler) write(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		s.b.WriteString(string(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		s.b.WriteByte('x')
	case syntax.OpCharClass:
		s.b.WriteRune(oneOf(re.Rune))
	case syntax.OpCapture:
		if text, ok := s.texts[re.Cap]; ok && !(s.inmost && s.holds(re.Sub[0])) {
			s.b.WriteString(text)
			s.used = append(s.used, re.Cap)
			return
		}
		if u := s.n.groups[re.Cap]; u != nil && !s.holds(re) {
			s.m.fail(s.n, u.source+" has no value")
		}
		s.write(re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		if s.holds(re) {
			s.write(re.Sub[0])
		}
	case syntax.OpPlus:
		s.write(re.Sub[0])
	case syntax.OpRepeat:
		times := re.Min
		if times == 0 && s.holds(re) {
			times = 1
		}
		for range times {
			s.write(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			s.write(sub)
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if s.holds(sub) {
				s.write(sub)
				return
			}
		}
		s.write(re.Sub[0])
	}
}

// oneOf is a character of a class, given as pairs of bounds: a letter or digit where there is one.
func oneOf(bounds []rune) rune {
	for _, want := range "x0A -" {
		for i := 0; i+1 < len(bounds); i += 2 {
			if bounds[i] <= want && want <= bounds[i+1] {
				return want
			}
		}
	}
	for i := 0; i+1 < len(bounds); i += 2 {
		for r := bounds[i]; r <= bounds[i+1] && r < bounds[i]+256; r++ {
			if unicode.IsPrint(r) {
				return r
			}
		}
	}
	if len(bounds) > 0 {
		return bounds[0]
	}
	return 'x'
}
