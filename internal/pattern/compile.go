package pattern

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// What a service file from a stranger may make us keep. Each is far above what a provider needs.
const (
	maxProblems = 100     // listed mistakes, and as many warnings; the rest are counted
	maxPointers = 4 << 20 // bytes of all pointers together: a long name stands in the pointer of everything under it
	maxFilters  = 16      // of one variable
)

type compiler struct {
	scope    *Scope
	problems []Problem
	mistakes int
	warnings int
	nodes    int
	pointers int
	programs int     // instructions of all regular expressions
	places   []int16 // slot → dense place
	slots    []int
	counted  bool
	tooLarge bool
}

func (c *compiler) compile(v tree.Value) (*Pattern, []Problem) {
	c.places = make([]int16, len(c.scope.Vars))
	for i := range c.places {
		c.places[i] = -1
	}
	root := c.node(v, "", 0)
	c.more()
	if c.mistakes > 0 {
		return nil, c.problems
	}
	p := &Pattern{root: root, scope: c.scope.rules, slots: c.slots, places: c.places, files: c.counted}
	p.text = root.becomesText()
	p.weight = root.weight()
	for _, slot := range p.slots {
		d := c.def(slot)
		p.files = p.files || d.EachFile
		if d.EachFile || d.PerFile {
			p.filePlaces = append(p.filePlaces, int(p.places[slot]))
		}
		if d.Use == Join {
			p.joins = append(p.joins, int(p.places[slot]))
		}
	}
	return p, c.problems
}

func (c *compiler) fail(pointer, format string, args ...any) {
	if c.mistakes++; c.mistakes <= maxProblems {
		c.problems = append(c.problems, Problem{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
	}
}

func (c *compiler) warn(pointer, format string, args ...any) {
	if c.warnings++; c.warnings <= maxProblems {
		c.problems = append(c.problems, Problem{Pointer: pointer, Message: fmt.Sprintf(format, args...), Warning: true})
	}
}

// more says how many problems are not listed.
func (c *compiler) more() {
	mistakes, warnings := max(0, c.mistakes-maxProblems), max(0, c.warnings-maxProblems)
	if mistakes > 0 || warnings > 0 {
		c.problems = append(c.problems, Problem{
			Message: fmt.Sprintf("this pattern has %d more mistakes and %d more warnings, which are not listed", mistakes, warnings), Warning: mistakes == 0,
		})
	}
}

// spend counts n more nodes and a pointer, and reports whether the pattern is still of a size to be compiled.
func (c *compiler) spend(n int, pointer string, depth int) bool {
	c.nodes += n
	c.pointers += len(pointer)
	l := &c.scope.Limits
	if depth <= l.Depth && c.nodes <= l.Nodes && c.pointers <= maxPointers {
		return true
	}
	if !c.tooLarge {
		c.tooLarge = true
		c.fail(pointer[:min(len(pointer), 1000)], "the pattern is too large: at most %d levels and %d values, variables and pieces of text, under names of a few letters", l.Depth, l.Nodes)
	}
	return false
}

// node compiles v. After a problem it still gives a node, so that all problems of a file are found in one go.
func (c *compiler) node(v tree.Value, pointer string, depth int) *node {
	n := &node{pointer: pointer}
	if !c.spend(1, pointer, depth) {
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
		n.op, n.literal = opLiteral, &literal{value: v, text: v.Text()}
	}
	if n.op == opLiteral && n.literal != nil { // nil after a problem
		n.json = c.json(n.value)
	}
	return n
}

// json is v as it is written, made once.
func (c *compiler) json(v tree.Value) string {
	if c.scope.Direction != Writes || c.scope.AppendJSON == nil {
		return ""
	}
	return string(c.scope.AppendJSON(nil, v))
}

func (c *compiler) list(n *node, v tree.Value, depth int) {
	n.op = opList
	n.optional = true
	for i, e := range v.List() {
		if c.tooLarge {
			return
		}
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
		if c.tooLarge {
			return
		}
		pointer := n.pointer + "/" + EscapePointer(m.Name)
		parts := c.parts(m.Name, pointer, true)
		k := c.node(m.Value, pointer, depth+1)
		to := member{node: k}
		var name node
		if len(parts) == 1 && parts[0].variable == nil && parts[0].counter == nil {
			to.name = parts[0].literal
			to.json = c.json(tree.Text(to.name)) + ":"
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
