package pattern

import (
	"strings"

	"patchbay/internal/tree"
)

// maxMatched is how long a text may be that $match fits: what is longer is a file, not a word or a message.
const maxMatched = 64 << 10

func (r *reader) regexp(n *node, v tree.Value) bool {
	text, ok := scalarOf(v)
	if !ok || len(text) > maxMatched {
		return false
	}
	if !r.spend(len(text) * n.weighs / 8) {
		return false
	}
	at := n.regexp.FindStringSubmatchIndex(text)
	if at == nil {
		return false
	}
	for i, u := range n.groups {
		if u != nil && at[2*i] >= 0 && !r.variable(u, tree.Text(text[at[2*i]:at[2*i+1]])) {
			return false
		}
	}
	return true
}

func (r *reader) json(n *node, v tree.Value) bool {
	inner, ok := r.parsed(n, v)
	if !ok {
		if r.trace != nil {
			r.trace.note(n, v, false)
		}
		return false
	}
	return r.match(n.kids[0], inner)
}

// parsed is the value that the text of v holds as JSON.
func (r *reader) parsed(n *node, v tree.Value) (tree.Value, bool) {
	if v.IsEmpty() {
		return tree.Value{}, n.spares()
	}
	text, ok := scalarOf(v)
	if !ok {
		return tree.Value{}, false
	}
	if !r.spend(len(text) / jsonPerStep) {
		return tree.Value{}, false
	}
	inner, err := r.scope.ParseJSON([]byte(text))
	return inner, err == nil
}

func (r *reader) text(n *node, v tree.Value) bool {
	text, ok := scalarOf(v)
	if !ok {
		return n.spares() && v.IsEmpty()
	}
	return r.split(n.parts, text, func(p *part, chunk string) bool {
		return r.variable(p.variable, tree.Text(chunk))
	})
}

// split matches the literals of parts in s and gives what stands between them to bind: shortest first, the last takes the rest.
func (r *reader) split(parts []part, s string, bind func(*part, string) bool) bool {
	r.steps += len(s) / bytesPerStep
	for i := range parts {
		p := &parts[i]
		if p.isLiteral() {
			literal, ok := r.literal(p)
			if !ok || len(s) < len(literal) || !sameText(s[:len(literal)], literal) {
				return false
			}
			s = s[len(literal):]
			continue
		}
		chunk := s
		if i+1 < len(parts) {
			next, ok := r.literal(&parts[i+1]) // two variables never touch
			at := strings.Index(s, next)
			if i+2 == len(parts) {
				at = len(s) - len(next)
				ok = ok && strings.HasSuffix(s, next)
			}
			if !ok || at < 0 {
				return false
			}
			chunk = s[:at]
		}
		if !bind(p, chunk) {
			return false
		}
		s = s[len(chunk):]
	}
	return s == ""
}

// literal is the text of a part that is one to a reader, and whether anything fits it: an empty property fits nothing.
func (r *reader) literal(p *part) (string, bool) {
	if p.variable == nil {
		return p.literal, true
	}
	w := writer{scope: r.scope, in: r.in, file: -1, count: -1}
	v, ok := w.eval(p.variable)
	text := w.textOf(v)
	r.steps += filterSteps*len(p.variable.codecs) + len(text)/bytesPerStep
	return text, ok || p.variable.optional
}
