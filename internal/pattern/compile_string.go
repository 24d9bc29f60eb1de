package pattern

import (
	"slices"

	"patchbay/internal/tree"
)

func (c *compiler) str(n *node, v tree.Value) {
	parts := c.parts(v.Text(), n.pointer, false)
	switch {
	case len(parts) == 0:
		n.op, n.literal = opLiteral, &literal{value: tree.Text("")}
	case len(parts) == 1 && parts[0].variable == nil:
		n.op, n.literal = opLiteral, &literal{text: parts[0].literal, value: tree.Text(parts[0].literal)}
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
	pieces := len(tokens) - 1 // the node itself counts as one
	for _, t := range tokens {
		pieces += len(t.filters)
	}
	if pieces > 0 && !c.spend(pieces, pointer, 0) {
		return nil
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
		if c.scope.Slot(t.name) >= 0 && !isName {
			c.fail(pointer, "$%s$ counts files in the name of a member, as in \"media$%s$\", so a property called %s cannot be used in a value: give it another name", t.name, t.name, t.name)
			return part{}, false
		}
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
	slot := c.scope.Slot(t.name)
	ok := slot >= 0
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
		return c.scope.own(slot)
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
	if c.mistakes >= maxProblems { // nobody will read which name is near
		c.fail(pointer, "unknown variable")
		return
	}
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
	if len(t.filters) > maxFilters {
		c.fail(pointer, "$%s$ has %d filters; at most %d can follow one another", t.name, len(t.filters), maxFilters)
		return false
	}
	bytes := "" // the filter whose result is no text
	for _, call := range t.filters {
		f := c.scope.filter(call.name)
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
	v.decodes = c.scope.Decodes && v.readable && len(v.codecs) > 0
	if bytes != "" && !c.scope.RawText {
		c.fail(pointer, "%s gives bytes, which are no text: add |hex or |base64", bytes)
		return false
	}
	return true
}

func (s *Scope) filterNames() []string {
	names := make([]string, 0, len(s.Filters)+len(builtin))
	for _, table := range [...][]Filter{s.Filters, builtin} {
		for i := range table {
			names = append(names, table[i].Name)
		}
	}
	slices.Sort(names)
	return names
}
