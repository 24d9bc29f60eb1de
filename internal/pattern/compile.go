package pattern

import (
	"fmt"
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
