package pattern

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// A regular expression of a service file is short; a longer one is a way to use up memory.
const maxRegexp = 1000

type compiler struct {
	scope    *Scope
	problems []Problem
	nodes    int
	places   []int16 // slot → dense place
	slots    []int
	counted  bool
	failed   bool
	tooLarge bool
}

func (c *compiler) compile(v tree.Value) (*Pattern, []Problem) {
	c.places = make([]int16, len(c.scope.Vars))
	for i := range c.places {
		c.places[i] = -1
	}
	root := c.node(v, "", 0)
	if c.failed {
		return nil, c.problems
	}
	p := &Pattern{root: root, scope: c.scope, slots: c.slots, places: c.places, files: c.counted}
	p.text = root.becomesText()
	p.weight = root.weight()
	for _, slot := range p.slots {
		d := c.def(slot)
		p.files = p.files || d.EachFile
		if d.EachFile || d.PerFile {
			p.filePlaces = append(p.filePlaces, int(p.places[slot]))
		}
	}
	return p, c.problems
}

func (c *compiler) fail(pointer, format string, args ...any) {
	c.failed = true
	c.problems = append(c.problems, Problem{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) warn(pointer, format string, args ...any) {
	c.problems = append(c.problems, Problem{Pointer: pointer, Message: fmt.Sprintf(format, args...), Warning: true})
}

// node compiles v. After a problem it still gives a node, so that all problems of a file are found in one go.
func (c *compiler) node(v tree.Value, pointer string, depth int) *node {
	n := &node{pointer: pointer}
	c.nodes++
	if depth > c.scope.Limits.Depth || c.nodes > c.scope.Limits.Nodes {
		if !c.tooLarge {
			c.tooLarge = true
			c.fail(pointer, "the pattern is too large: at most %d levels and %d values", c.scope.Limits.Depth, c.scope.Limits.Nodes)
		}
		return n
	}
	switch v.Kind() {
	case tree.String:
		c.str(n, v)
	case tree.Object:
		if !c.operator(n, v, depth) {
			c.object(n, v, depth)
		}
	case tree.List:
		c.list(n, v, depth)
	case tree.Absent, tree.Null:
		n.op = opNull
	case tree.File:
		c.fail(pointer, "a file cannot stand in a pattern")
	default:
		n.op, n.value, n.text = opLiteral, v, v.Text()
	}
	return n
}

func (c *compiler) str(n *node, v tree.Value) {
	parts := c.parts(v.Text(), n.pointer, false)
	switch {
	case len(parts) == 0:
		n.op, n.value = opLiteral, tree.Text("")
	case len(parts) == 1 && parts[0].variable == nil:
		n.op, n.text, n.value = opLiteral, parts[0].literal, tree.Text(parts[0].literal)
	case len(parts) == 1:
		n.op, n.variable = opVariable, parts[0].variable
	default:
		n.op, n.parts = opText, parts
	}
	c.useParts(n, parts)
	if n.op == opVariable && n.variable.whole {
		n.perFile = false
	}
}

// useParts notes what the variables of parts mean for n, whose string or whose member's name they are.
func (c *compiler) useParts(n *node, parts []part) {
	required := 0
	for _, p := range parts {
		v := p.variable
		if v == nil {
			continue
		}
		n.holds = true
		if !v.optional {
			required++
		}
		n.key = n.key || v.isKey()
		if v.def.EachFile {
			n.always = v.optional && (n.always || !n.perFile)
			n.perFile = true
		}
		if v.def.EachFile || v.def.PerFile {
			n.files = append(n.files, v.place)
		}
	}
	n.optional = n.holds && required == 0
}

func (v *variable) isKey() bool { return v.def.Use == Key && !v.def.Known }

// parts compiles a string. In the name of a member, $n$ and $n0$ count files.
func (c *compiler) parts(s, pointer string, isName bool) []part {
	tokens, lone, err := scan(s)
	if err != nil {
		c.fail(pointer, "%s", err)
		return nil
	}
	if lone > 0 {
		c.warn(pointer, "a dollar sign that begins no $variable$ is taken as it is; write $$ for it")
	}
	parts := make([]part, 0, len(tokens))
	counters := 0
	for i, t := range tokens {
		if !t.variable {
			parts = append(parts, part{literal: t.literal})
			continue
		}
		p, ok := c.part(t, pointer, isName)
		if !ok {
			continue
		}
		if p.counter != nil {
			counters++
		}
		if c.scope.Direction == Reads && i > 0 && tokens[i-1].variable && touching(parts, p) {
			c.fail(pointer, "%s and %s touch: when read, nothing says where one ends; put text between them", tokens[i-1].source, t.source)
		}
		parts = append(parts, p)
	}
	if counters > 1 {
		c.fail(pointer, "one name counts once: more than one $n$")
	}
	return parts
}

func touching(before []part, p part) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	return !last.isLiteral() && !p.isLiteral()
}

func (c *compiler) part(t token, pointer string, isName bool) (part, bool) {
	if t.name == "n" || t.name == "n0" {
		if !isName {
			c.fail(pointer, "$%s$ counts files in the name of a member, as in \"media$%s$\": it has no place in a value", t.name, t.name)
			return part{}, false
		}
		if len(t.filters) > 0 {
			c.fail(pointer, "$%s$ takes no filters", t.name)
			return part{}, false
		}
		k := &counter{base: 1, optional: t.optional, source: t.source}
		if t.name == "n0" {
			k.base = 0
		}
		c.counted = true
		return part{counter: k}, true
	}
	slot, ok := c.scope.names[t.name]
	if !ok && c.scope.Resolve != nil {
		slot, ok = c.scope.Resolve(t.name)
	}
	if !ok || slot < 0 || slot > maxSlot {
		c.unknown(t, pointer)
		return part{}, false
	}
	if c.def(slot).Elsewhere {
		c.fail(pointer, "$%s$ has no value here", t.name)
		return part{}, false
	}
	v := &variable{slot: slot, optional: t.optional, def: c.def(slot), source: t.source, readable: true, pointer: pointer}
	v.place = c.place(slot)
	if fixed, ok := c.scope.fixed[slot]; ok {
		v.fixed = fixed
	}
	v.known = v.def.Known || v.fixed.Kind() != tree.Absent
	ok = c.filters(v, t, pointer)
	v.plain = len(v.codecs) == 0 && v.def.Give == nil && !v.def.PerFile && !v.def.EachFile && v.fixed.Kind() == tree.Absent
	return part{variable: v}, ok
}

const maxSlot = 1<<15 - 1

// resolved is what is known of a name that Scope.Resolve found: a text, whole.
var resolved = &Var{Use: Each}

func (c *compiler) def(slot int) *Var {
	if slot < len(c.scope.Vars) {
		return &c.scope.Vars[slot]
	}
	return resolved
}

func (c *compiler) place(slot int) int {
	for slot >= len(c.places) {
		c.places = append(c.places, -1)
	}
	if c.places[slot] < 0 {
		c.places[slot] = int16(len(c.slots))
		c.slots = append(c.slots, slot)
	}
	return int(c.places[slot])
}

func (c *compiler) unknown(t token, pointer string) {
	names := make([]string, 0, len(c.scope.Vars))
	for _, v := range c.scope.Vars {
		if !v.Elsewhere {
			names = append(names, v.Name)
		}
	}
	switch near := Nearest(t.name, names); {
	case near != "":
		c.fail(pointer, "unknown variable $%s$: did you mean $%s$?", t.name, near)
	case t.name == "":
		c.fail(pointer, "a variable without a name; write $$ for a dollar sign")
	default:
		c.fail(pointer, "unknown variable $%s$: it is neither one of the format nor a property; write $$ for a dollar sign", t.name)
	}
}

// filters compiles the filters of t, and checks that each has the direction it is used in and takes what the one before gives.
func (c *compiler) filters(v *variable, t token, pointer string) bool {
	bytes := "" // the filter whose result is no text
	for _, call := range t.filters {
		f := c.scope.filters[call.name]
		if f == nil {
			near := Nearest(call.name, c.scope.filterNames())
			if near != "" {
				near = ": did you mean " + near + "?"
			}
			c.fail(pointer, "unknown filter %q in %s%s", call.name, t.source, near)
			return false
		}
		if call.hasArg && f.Argument == "" {
			c.fail(pointer, "filter %s takes no argument: write $%s|%s$", f.Name, t.name, f.Name)
			return false
		}
		k, err := f.Compile(call.arg, call.hasArg)
		if err != nil {
			c.fail(pointer, "filter %s in %s: %s", f.Name, t.source, err)
			return false
		}
		if c.scope.Direction == Writes && k.Write == nil {
			c.fail(pointer, "filter %s only reads: it has no place in what is written", f.Name)
			return false
		}
		if c.scope.Direction == Reads && k.Read == nil && (!v.known || k.Write == nil) {
			c.fail(pointer, "filter %s only writes: what it makes cannot be read back", f.Name)
			return false
		}
		if bytes != "" && !k.Encodes && !k.ToBytes {
			c.fail(pointer, "%s gives bytes, which %s does not take: put hex or base64 between them", bytes, f.Name)
			return false
		}
		switch {
		case k.ToBytes:
			bytes = f.Name
		case k.Encodes:
			bytes = ""
		}
		v.codecs = append(v.codecs, codec{k, f.Name})
		v.fills = v.fills || k.Empties
		v.whole = v.whole || k.Whole
		v.decides = v.decides || f.Decides
		v.readable = v.readable && k.Read != nil
	}
	if bytes != "" && !c.scope.RawText {
		c.fail(pointer, "%s gives bytes, which are no text: add |hex or |base64", bytes)
		return false
	}
	return true
}

func (s *Scope) filterNames() []string {
	names := make([]string, 0, len(s.filters))
	for name := range s.filters {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *compiler) list(n *node, v tree.Value, depth int) {
	n.op = opList
	n.optional = true
	for i, e := range v.List() {
		k := c.node(e, n.pointer+"/"+strconv.Itoa(i), depth+1)
		n.kids = append(n.kids, k)
		n.absorb(k)
	}
	n.events = n.key
	// What uses $urls$ inside is written per file there, not once more for every file of the whole.
	n.perFile, n.always = false, false
}

// absorb notes what k, somewhere inside n, means for n.
func (n *node) absorb(k *node) {
	n.holds = n.holds || k.holds
	if k.holds {
		n.optional = n.optional && k.optional
	}
	n.key = n.key || k.key
	n.events = n.events || k.events
	if k.perFile {
		n.always = k.always && (n.always || !n.perFile)
		n.perFile = true
	}
	for _, p := range k.files {
		if !slices.Contains(n.files, p) {
			n.files = append(n.files, p)
		}
	}
}

func (c *compiler) object(n *node, v tree.Value, depth int) {
	n.op = opObject
	n.optional = true
	withEvents := ""
	last := -1
	for i, m := range v.Members() {
		pointer := n.pointer + "/" + EscapePointer(m.Name)
		parts := c.parts(m.Name, pointer, true)
		k := c.node(m.Value, pointer, depth+1)
		to := member{node: k}
		var name node
		if len(parts) == 1 && parts[0].variable == nil && parts[0].counter == nil {
			to.name = parts[0].literal
		} else if len(parts) > 0 {
			to.parts = parts
			c.useParts(&name, parts)
			to.counted = slices.ContainsFunc(parts, func(p part) bool { return p.counter != nil })
			// "$mediaclass$": {…} and "media$n$": … repeat by themselves, so they do not make the whole object repeat.
			to.perFile = to.counted || len(name.files) > 0
		}
		inner := *k
		if to.perFile {
			inner.perFile = false
		}
		n.absorb(&inner)
		name.perFile = false
		n.absorb(&name)
		to.files = slices.Concat(k.files, name.files)
		if k.events || to.repeats() && (k.key || name.key) {
			if withEvents != "" {
				c.fail(pointer, "two lists side by side that both give events (the other is %s): which of their elements belong together is not said", withEvents)
			}
			withEvents = pointer
			n.events = true
			last = i
		} else {
			n.reads = append(n.reads, i)
		}
		n.members = append(n.members, to)
	}
	if last >= 0 {
		n.reads = append(n.reads, last)
	}
}

// EscapePointer is name as one step of a JSON pointer.
func EscapePointer(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// operators is the names that stand, alone in an object, in the place of a value.
var operators = []string{"$any", "$not", "$match", "$json", "$gt", "$lt"}

// operator compiles v as an operator, and reports whether it is one, or was meant as one.
func (c *compiler) operator(n *node, v tree.Value, depth int) bool {
	ms := v.Members()
	for i, m := range ms {
		if len(m.Name) < 2 || m.Name[0] != '$' || strings.IndexByte(m.Name[1:], '$') >= 0 {
			continue
		}
		pointer := n.pointer + "/" + EscapePointer(m.Name)
		if !slices.Contains(operators, m.Name) {
			near := Nearest(m.Name, operators)
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
		c.any(n, m.Value, pointer, depth)
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
		n.op = opCompare
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

func (c *compiler) any(n *node, v tree.Value, pointer string, depth int) {
	n.op = opAny
	n.optional = true
	if v.Kind() != tree.List || len(v.List()) == 0 {
		c.fail(pointer, "$any takes a list of patterns, at least one")
		return
	}
	for i, e := range v.List() {
		k := c.node(e, pointer+"/"+strconv.Itoa(i), depth+1)
		n.kids = append(n.kids, k)
		n.absorb(k)
		n.optional = n.optional && k.spares()
	}
}

func (c *compiler) match(n *node, v tree.Value, pointer string) {
	n.op = opMatch
	if v.Kind() != tree.String || len(v.Text()) > maxRegexp {
		c.fail(pointer, "$match takes a regular expression in a string, at most %d characters", maxRegexp)
		return
	}
	re, err := regexp.Compile(v.Text())
	if err != nil {
		c.fail(pointer, "%s (the syntax is RE2's)", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return
	}
	n.regexp = re
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

// weight is what must be there to be read: the optional counts nothing, of several ways the lightest does.
func (n *node) weight() Weight {
	if n.spares() {
		return Weight{}
	}
	var w Weight
	switch n.op {
	case opLiteral, opNull, opNot, opCompare:
		w.Literals = 1
	case opVariable:
		w.part(n.variable)
	case opText:
		w = partsWeight(n.parts)
	case opMatch:
		w.Literals = 1
		for _, v := range n.groups {
			if v != nil {
				w.part(v)
			}
		}
	case opObject:
		for i := range n.members {
			m := &n.members[i]
			if m.node.spares() {
				continue
			}
			w.add(m.node.weight())
			w.add(partsWeight(m.parts))
		}
	case opJSON:
		w = n.kids[0].weight()
	case opList, opAny:
		for i, k := range n.kids {
			if kw := k.weight(); i == 0 || kw.less(w) {
				w = kw
			}
		}
	}
	return w
}

func partsWeight(parts []part) (w Weight) {
	literals := false
	for _, p := range parts {
		if p.variable != nil {
			w.part(p.variable)
		} else if p.counter == nil {
			literals = true
		}
	}
	if literals {
		w.Literals++
	}
	return w
}

func (w *Weight) part(v *variable) {
	switch {
	case v.optional:
	case v.known:
		w.Literals++
	default:
		w.Variables++
	}
}

func (w *Weight) add(o Weight) {
	w.Literals += o.Literals
	w.Variables += o.Variables
}

func (w Weight) less(o Weight) bool {
	if w.Literals != o.Literals {
		return w.Literals < o.Literals
	}
	return w.Variables < o.Variables
}
