package service

import (
	"net/http"
	"slices"
	"sort"
	"strings"

	"patchbay/internal/tree"
)

// hidden warns about models, and words of their tables, that never read anything, because a model that is tried before takes all of it. Only
// what is certain is said: a model that could see one callback more is left in peace.
func (l *loader) hidden() {
	sources := map[*model]tree.Value{}
	for _, s := range l.looksOf {
		sources[s.model] = s.value
	}
	for i, m := range l.svc.models {
		words := []string{m.key}
		if m.table != nil {
			words = words[:0]
			for word := range m.table {
				if word != "*" {
					words = append(words, word)
				}
			}
			sort.Strings(words)
		}
		if m.kind == EventHandshake && m.table == nil && (m.guarded || l.svc.verify == nil) {
			continue // it comes before all models
		}
		by := make([]*model, len(words)) // which hides each word
		hides, whole := 0, (*model)(nil)
		for j, word := range words {
			for _, before := range l.svc.models[:i] {
				c := covering{l: l, a: before, b: m, word: word}
				if !leftBy(l.svc.models[:i], before) && c.covers(sources[before], sources[m]) {
					by[j], whole = before, before
					hides++
					break
				}
			}
		}
		if hides == len(words) && hides > 0 && (m.table == nil || whole.table != nil) { // the words that nobody knows go to the first table
			l.warn(m.pointer, "this model never reads anything: %s comes first and takes all of it", whole.pointer)
			continue
		}
		for j, before := range by {
			if before != nil {
				l.warn(pointer(m.pointer+"/events", words[j]), "this word is never read here: %s comes first and takes it", before.pointer)
			}
		}
	}
	for _, s := range l.looksOf {
		l.lostWords(s.model, s.value)
	}
}

// covering asks whether a reads everything that b reads where $event_key$ is word.
type covering struct {
	l    *loader
	a, b *model
	word string
	seen map[string]bool // variables that a has met: one that stands twice must be equal twice
	keys int             // parts of a in which keys stand
}

func (c *covering) covers(a, b tree.Value) bool {
	if c.a.verb != "" && c.a.verb != c.b.verb || c.leavesList() {
		return false
	}
	for _, member := range []string{"request_parameters", "query"} {
		p, q := a.Get(member), b.Get(member)
		switch {
		case p.Kind() == tree.Absent:
		case member == "request_parameters" && q.Kind() == tree.Absent:
			return false
		case !c.part(p, q):
			return false
		}
	}
	others := map[string]tree.Value{}
	for _, h := range b.Get("headers").Members() {
		others[http.CanonicalHeaderKey(h.Name)] = h.Value
	}
	for _, h := range a.Get("headers").Members() {
		if !c.part(h.Value, others[http.CanonicalHeaderKey(h.Name)]) {
			return false
		}
	}
	return c.keys <= 1 // a key that stands in two parts must be equal in both
}

// leftBy reports whether one of the models, not counting a, may take a part of a callback: what it leaves is another one than a has seen.
func leftBy(models []*model, a *model) bool {
	return slices.ContainsFunc(models, func(m *model) bool { return m != a && m.read.params != nil && m.read.params.ReadsList() })
}

// leavesList reports whether b may read a list that stands beside the one that a reads.
func (c *covering) leavesList() bool {
	if c.a.read.params == nil || c.b.read.params == nil || !c.b.read.params.ReadsList() || !c.a.read.params.ReadsList() {
		return false
	}
	p, known := c.a.read.params.ListPath()
	q, too := c.b.read.params.ListPath()
	return !known || !too || !slices.Equal(p, q)
}

// part compares a part of the two models: body, query or a header.
func (c *covering) part(a, b tree.Value) bool {
	c.seen = map[string]bool{}
	if !c.value(a, b) {
		return false
	}
	for _, key := range []string{"messageid", "id", "event_key", "from"} {
		if c.seen[key] {
			c.keys++
			break
		}
	}
	return true
}

func (c *covering) value(a, b tree.Value) bool {
	if isOperator(a) || isOperator(b) {
		return c.same(a, b)
	}
	switch a.Kind() {
	case tree.Object:
		return b.Kind() == tree.Object && c.object(a, b)
	case tree.List:
		return b.Kind() == tree.List && c.list(a, b)
	case tree.Null:
		return b.Kind() == tree.Null
	}
	text, _ := a.Scalar()
	if !strings.Contains(text, "$") {
		other, scalar := b.Scalar()
		return scalar && c.literal(other) == text && b.Kind() != tree.Null
	}
	name, bare := bareVariable(text)
	other, _ := b.Scalar()
	switch {
	case !bare || c.l.isProperty(name):
		return c.same(a, b)
	case c.seen[name]:
		return false
	case name == "event_key" && (c.a.key != "" || c.a.table != nil):
		c.seen[name] = true
		if text == "$event_key$" {
			word, fixed := c.fixed(other)
			return fixed && c.knows(word)
		}
		return other == text && c.knows(c.word)
	case b.Kind() == tree.Absent:
		c.seen[name] = true
		return strings.HasSuffix(text, "?$") && !isKeyName(name) && !isText(name)
	}
	return c.same(a, b)
}

func (c *covering) object(a, b tree.Value) bool {
	for _, m := range a.Members() {
		if strings.Contains(m.Name, "$") || !c.value(m.Value, b.Get(m.Name)) {
			return false
		}
	}
	return true
}

// list: what a leaves of a list is offered to b, so each kind of b's must be one of a's.
func (c *covering) list(a, b tree.Value) bool {
	for _, kind := range b.List() {
		taken, before := false, c.seen
		for _, k := range a.List() {
			c.seen = map[string]bool{}
			for name := range before {
				c.seen[name] = true
			}
			if taken = c.value(k, kind); taken {
				break
			}
		}
		if !taken {
			return false
		}
	}
	return true
}

// same is a pattern that stands in both as it is. A known word in it must be known to both.
func (c *covering) same(a, b tree.Value) bool {
	if !a.Equal(b) {
		return false
	}
	raw := string(formatJSON(a))
	for i := strings.IndexByte(raw, '$'); i >= 0 && i < len(raw); {
		end := variableEnd(raw, i)
		name, _, _ := strings.Cut(raw[i+1:max(end-1, i+1)], "|")
		if name = strings.TrimSuffix(name, "?"); !c.l.isProperty(name) {
			if c.seen[name] {
				return false
			}
			c.seen[name] = true
		}
		next := strings.IndexByte(raw[end:], '$')
		if next < 0 {
			break
		}
		i = end + next
	}
	return !strings.Contains(raw, "$event_key") || c.knows(c.word)
}

// literal is a text of b as it must stand in the callback, where that is fixed; else the pattern itself, which no literal equals.
func (c *covering) literal(text string) string {
	word, fixed := c.fixed(text)
	if !fixed {
		return "$"
	}
	return word
}

func (c *covering) fixed(text string) (string, bool) {
	switch {
	case text == "$event_key$" && (c.b.key != "" || c.b.table != nil):
		return c.word, true
	case strings.Contains(text, "$"):
		return "", false
	}
	return text, true
}

// knows reports whether a takes this word where it has a table or a word of its own.
func (c *covering) knows(word string) bool {
	if c.a.table == nil {
		return c.a.key == word
	}
	_, ok := c.a.table[word]
	return ok && word != "*"
}

func isOperator(v tree.Value) bool {
	m := v.Members()
	return len(m) == 1 && strings.HasPrefix(m[0].Name, "$") && !strings.HasPrefix(m[0].Name, "$$") && !strings.HasSuffix(m[0].Name, "$")
}

// bareVariable is the name of the first variable of a text, and whether that is the whole text.
func bareVariable(text string) (name string, bare bool) {
	i := strings.IndexByte(text, '$')
	end := variableEnd(text, i)
	name, _, _ = strings.Cut(text[i+1:max(end-1, i+1)], "|")
	return strings.TrimSuffix(name, "?"), i == 0 && end == len(text)
}

func isKeyName(name string) bool {
	return name == "messageid" || name == "id" || name == "event_key" || name == "from"
}

// isText: to these an object is something that was said and cannot be read, and so no fit.
func isText(name string) bool { return name == "content" || name == "text" }

func (l *loader) isProperty(name string) bool {
	_, known := l.svc.property(name)
	return known
}

// folds is the filters that leave of several words one.
var folds = map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper, "trim": strings.TrimSpace}

// lostWords warns about words that a filter never leaves standing.
func (l *loader) lostWords(m *model, v tree.Value) {
	var uses [][]string // the filters of each $event_key$
	var walk func(v tree.Value)
	walk = func(v tree.Value) {
		if s := v.Text(); v.Kind() == tree.String && strings.Contains(s, "$event_key") {
			if name, bare := bareVariable(s); name == "event_key" && bare {
				uses = append(uses, strings.Split(strings.TrimSuffix(s, "$"), "|")[1:])
			} else {
				uses = append(uses, nil)
			}
		}
		for _, e := range v.List() {
			walk(e)
		}
		for _, e := range v.Members() {
			walk(e.Value)
		}
	}
	for _, member := range []string{"request_parameters", "query", "headers"} {
		walk(v.Get(member))
	}
	if len(uses) != 1 {
		return
	}
	never := func(word, at string) {
		for _, name := range uses[0] {
			if f := folds[name]; f != nil && f(word) != word {
				l.warn(at, "%q never stands here: the filter %s makes it %q", word, name, f(word))
			} else if f == nil {
				return // another filter may make anything of it
			}
		}
	}
	if m.key != "" {
		never(m.key, m.pointer+"/event_key")
	}
	for _, word := range v.Get("events").Members() {
		if word.Name != "*" {
			never(word.Name, pointer(m.pointer+"/events", word.Name))
		}
	}
}
