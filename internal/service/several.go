package service

import (
	"fmt"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// several is a place that holds signatures with a separator between them, as providers send while a secret is changed: v1=a,v1=b. It is
// written like any list, $signature|hex|prefix:'v1='|join:','$, and one of them must hold; what the others are does not matter.
type several struct {
	before, after *pattern.Pattern // what stands around them, written
	read, write   *pattern.Pattern // one of them
	separator     string
}

// maxSignatures is how many are looked at: what is more, nobody sends.
const maxSignatures = 16

// joinedText is a text in which one variable ends in the filter join.
type joinedText struct{ before, one, after, separator string }

// joined takes text apart where its variable name is joined, or gives nil.
func joined(text, name string) *joinedText {
	for i := 0; i < len(text); {
		if text[i] != '$' {
			i++
			continue
		}
		end := variableEnd(text, i)
		pieces := pattern.SplitArgument(text[i+1:max(end-1, i+1)], '|')
		last := pieces[len(pieces)-1]
		filter, argument, has := strings.Cut(last, ":")
		if strings.TrimSuffix(pieces[0], "?") != name || len(pieces) < 2 || strings.TrimSpace(filter) != "join" {
			i = end
			continue
		}
		separator := ","
		if has {
			separator = pattern.Unquote(argument)
		}
		return &joinedText{text[:i], "$" + strings.Join(pieces[:len(pieces)-1], "|") + "$", text[end:], separator}
	}
	return nil
}

// several compiles the parts of a place, and gives the pattern that reads what stands around the signatures.
func (l *loader) several(p *place, j *joinedText, ptr string, reads, writes *pattern.Scope) *pattern.Pattern {
	s := &several{separator: j.separator}
	s.before, s.after = l.pattern(tree.Text(j.before), ptr, writes), l.pattern(tree.Text(j.after), ptr, writes)
	s.read, s.write = l.pattern(tree.Text(j.one), ptr, reads), l.pattern(tree.Text(j.one), ptr, writes)
	if s.before == nil || s.after == nil || s.read == nil || s.write == nil {
		return nil
	}
	p.several = s
	return l.pattern(tree.Text(j.before+"$signature$"+j.after), ptr, reads)
}

// candidate is one signature as it came, with what reads and writes such.
type candidate struct {
	text        string
	read, write *pattern.Pattern
}

// candidates is the signatures of the place. values has what else stands there: the time.
func (p *place) candidates(cb *Callback, values []tree.Value) ([]candidate, error) {
	text, s := p.get(cb), p.several
	if s == nil {
		return []candidate{{text, p.read, p.write}}, nil
	}
	var around [2][]byte
	for i, part := range []*pattern.Pattern{s.before, s.after} {
		var err error
		if around[i], err = part.AppendText(nil, &pattern.Input{Values: values}, nil); err != nil {
			return nil, fmt.Errorf("what stands around the signatures cannot be written: %w", err)
		}
	}
	before, after := len(around[0]), len(around[1])
	if len(text) < before+after || !same(text[:before]+text[len(text)-after:], string(around[0])+string(around[1])) {
		return nil, fmt.Errorf("the %s is not as the file says", &p.spot)
	}
	var out []candidate
	for one := range strings.SplitSeq(text[before:len(text)-after], s.separator) {
		if len(out) == maxSignatures {
			break
		}
		out = append(out, candidate{one, s.read, s.write})
	}
	return out, nil
}

// find is the signature, from the form that it came in.
func (c *candidate) find(b *Bound) (tree.Value, bool) { return find(c.read, c.text, b, placeSignature) }

// wanted is the text that the candidate must be, to the letter.
func (c *candidate) wanted(values []tree.Value) (string, error) {
	text, err := c.write.AppendText(nil, &pattern.Input{Values: values}, nil)
	return string(text), err
}
