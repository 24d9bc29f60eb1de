package pattern

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

const (
	// A regular expression of a service file is short; a longer one is a way to use up memory.
	maxRegexp = 1000
	// maxProgram is how many instructions the regular expressions of one pattern may come to.
	maxProgram = 10_000
)

// Operator is one row of the table of operators: each stands, alone in an object, in the place of a value.
type Operator struct {
	Name     string
	Sentence string // what it reads, for the reference
	Example  string // a pattern with it, as JSON; a test holds it to the next two
	Reads    string // a value that the example reads, as JSON
	Not      string // and one that it does not
}

// Operators is the table.
func Operators() []Operator { return operators[:] }

var operators = [...]Operator{
	{"$any", "the first of the patterns that fits; `null` among them is for what may be missing", `{"$any": [null, "sent", "queued"]}`, `"queued"`, `"failed"`},
	{"$all", "what each of the patterns reads: two variables from one value, or a variable that must also fit", `{"$all": ["$error_code$", {"$not": "0"}]}`, `"21610"`, `"0"`},
	{"$not", "anything that the pattern does not read, also nothing at all", `{"$not": "failed"}`, `"sent"`, `"failed"`},
	{"$match", "text with a match of an [RE2](https://github.com/google/re2/wiki/Syntax) expression; named groups bind variables", `{"$match": "^ID: (?P<messageid>\\w+)$"}`, `"ID: a1"`, `"ERR"`},
	{"$json", "a text that holds JSON, both directions", `{"$json": {"id": "$messageid$"}}`, `"{\"id\": \"a1\"}"`, `"id=a1"`},
	{"$gt", "a number above this one; beside `$lt` a range", `{"$gt": 1}`, `2`, `1`},
	{"$lt", "a number below this one", `{"$lt": 300}`, `"299"`, `300`},
}

func operatorNames() []string {
	names := make([]string, len(operators))
	for i, o := range operators {
		names[i] = o.Name
	}
	return names
}

// operator compiles v as an operator, and reports whether it is one, or was meant as one.
func (c *compiler) operator(n *node, v tree.Value, depth int) bool {
	ms := v.Members()
	for i, m := range ms {
		if len(m.Name) < 2 || m.Name[0] != '$' || strings.IndexByte(m.Name[1:], '$') >= 0 {
			continue
		}
		pointer := n.pointer + "/" + EscapePointer(m.Name)
		if names := operatorNames(); !slices.Contains(names, m.Name) {
			near := Nearest(m.Name, names)
			if near != "" {
				near = " (did you mean " + near + "?)"
			}
			c.fail(pointer, "unknown operator %s%s; a real member of this name is written $%s", m.Name, near, m.Name)
			return true
		}
		isRange := len(ms) == 2 && slices.ContainsFunc(ms, func(m tree.Member) bool { return m.Name == "$gt" }) &&
			slices.ContainsFunc(ms, func(m tree.Member) bool { return m.Name == "$lt" })
		if len(ms) > 1 && !isRange {
			c.fail(pointer, "operator %s stands alone in its object (only $gt and $lt go together); a real member of this name is written $%s", m.Name, m.Name)
			return true
		}
		if c.scope.Direction == Writes && m.Name != "$json" {
			c.fail(pointer, "operator %s only reads: it has no place in what is written", m.Name)
			return true
		}
		c.operate(n, m, pointer, depth)
		if isRange {
			c.operate(n, ms[1-i], n.pointer+"/"+ms[1-i].Name, depth)
		}
		return true
	}
	return false
}

func (c *compiler) operate(n *node, m tree.Member, pointer string, depth int) {
	switch m.Name {
	case "$any":
		n.op = opAny
		c.several(n, m, pointer, depth)
	case "$all":
		n.op = opAll
		c.several(n, m, pointer, depth)
	case "$not":
		n.op = opNot
		k := c.node(m.Value, pointer, depth+1)
		n.kids = []*node{k} // it binds nothing, so what it holds means nothing outside
	case "$match":
		c.match(n, m.Value, pointer)
	case "$json":
		n.op = opJSON
		if c.scope.ParseJSON == nil || c.scope.FormatJSON == nil {
			c.fail(pointer, "$json has no place here")
		}
		k := c.node(m.Value, pointer, depth+1)
		n.kids = []*node{k}
		n.optional = true
		n.absorb(k)
	case "$gt", "$lt":
		if n.op = opCompare; n.test == nil {
			n.test = &test{}
		}
		limit, ok := number(m.Value)
		if !ok {
			c.fail(pointer, "%s takes a number", m.Name)
		}
		if m.Name == "$gt" {
			n.above = &limit
		} else {
			n.below = &limit
		}
	}
}

// several compiles the patterns of $any and $all.
func (c *compiler) several(n *node, m tree.Member, pointer string, depth int) {
	n.optional = true
	if m.Value.Kind() != tree.List || len(m.Value.List()) == 0 {
		c.fail(pointer, "%s takes a list of patterns, at least one", m.Name)
		return
	}
	for i, e := range m.Value.List() {
		at := pointer + "/" + strconv.Itoa(i)
		k := c.node(e, at, depth+1)
		n.kids = append(n.kids, k)
		n.absorb(k)
		if n.op == opAny {
			n.optional = n.optional && k.spares()
		} else if k.events {
			c.fail(at, "a list that gives events has no place in $all, for its elements would be read twice: write the list, and $all inside its elements")
		}
	}
}

func (c *compiler) match(n *node, v tree.Value, pointer string) {
	n.op, n.test = opMatch, &test{}
	if v.Kind() != tree.String || len(v.Text()) > maxRegexp {
		c.fail(pointer, "$match takes a regular expression in a string, at most %d characters", maxRegexp)
		return
	}
	parsed, err := syntax.Parse(v.Text(), syntax.Perl)
	if err != nil {
		c.fail(pointer, "%s (the syntax is RE2's)", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return
	}
	size := programSize(parsed)
	if c.programs += size; c.programs > maxProgram {
		c.fail(pointer, "the regular expressions are too large: what is counted, as in a{100}, is there a hundred times; at most %d such pieces in one pattern", maxProgram)
		return
	}
	re := regexp.MustCompile(v.Text()) // it was parsed
	n.regexp, n.weighs = re, size*(1+re.NumSubexp()/16)
	var parts []part
	n.groups = make([]*variable, re.NumSubexp()+1)
	for i, name := range re.SubexpNames() {
		if name == "" {
			continue
		}
		p, ok := c.part(token{variable: true, name: name, source: "$" + name + "$"}, pointer, false)
		if ok {
			n.groups[i] = p.variable
			parts = append(parts, p)
		}
	}
	c.useParts(n, parts)
	n.perFile = false
}

// programSize is about how many instructions the program of re has. Each may be tried at each byte of a text.
func programSize(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += programSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
}
