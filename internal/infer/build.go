package infer

import (
	"slices"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
)

// node is a pattern in the making.
type node struct {
	names []string
	kids  map[string]*node // by step
	leaf  *tree.Value
}

// put sets what stands at the end of a path. It refuses what has another shape there.
func (n *node) put(p path, v tree.Value) bool {
	if len(p) == 0 {
		if n.leaf != nil || len(n.kids) > 0 {
			return false
		}
		n.leaf = &v
		return true
	}
	if n.leaf != nil {
		return false
	}
	// A list, JSON in a text and an object exclude each other.
	if len(n.names) > 0 && (isMember(n.names[0]) != isMember(p[0]) || !isMember(p[0]) && n.names[0] != p[0]) {
		return false
	}
	kid := n.kids[p[0]]
	if kid == nil {
		kid = &node{}
		if n.kids == nil {
			n.kids = map[string]*node{}
		}
		n.kids[p[0]] = kid
		n.names = append(n.names, p[0])
	}
	return kid.put(p[1:], v)
}

func isMember(step string) bool { return step[0] == '.' || step[0] == '#' }

func (n *node) value() tree.Value {
	if n.leaf != nil {
		return *n.leaf
	}
	if len(n.names) == 1 && n.names[0] == "[" {
		return tree.ListOf(n.kids["["].value())
	}
	if len(n.names) == 1 && n.names[0] == "{" {
		return object("$json", n.kids["{"].value())
	}
	ms := make([]tree.Member, 0, len(n.names))
	for _, step := range n.names {
		ms = append(ms, tree.Member{Name: memberName(step), Value: n.kids[step].value()})
	}
	return tree.ObjectOf(ms...)
}

// memberName is the name of a member as a pattern spells it.
func memberName(step string) string {
	name := escape(step[1:])
	if step[0] == '#' {
		name += "$n0$"
	}
	return name
}

// escape keeps a text what it is: a dollar sign begins a variable.
func escape(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// inModel is the pointer of a path's place in a model.
func (p path) inModel() string {
	var b strings.Builder
	b.WriteString("/request_parameters")
	for _, step := range p {
		switch step[0] {
		case '[':
			b.WriteString("/0")
		case '{':
			b.WriteString("/$json")
		default:
			b.WriteString("/" + pattern.EscapePointer(memberName(step)))
		}
	}
	return b.String()
}

func object(pairs ...any) tree.Value {
	var ms []tree.Member
	for i := 0; i+1 < len(pairs); i += 2 {
		v, ok := pairs[i+1].(tree.Value)
		if !ok {
			v = tree.Text(pairs[i+1].(string))
		}
		ms = append(ms, tree.Member{Name: pairs[i].(string), Value: v})
	}
	return tree.ObjectOf(ms...)
}

// What is given up, level by level, when a model does not load.
const (
	noExtras  = 1 // times, names and types of files, codes, parts, our ids
	noParties = 2 // of receipts; alternatives of literals
	noModel   = 3
)

var extras = set{"timestamp": true, "filename": true, "mimetype": true, "id": true, "error_code": true, "error_text": true, "part": true, "parts": true, "part_ref": true}

// draft makes the model.
func (c *cluster) draft() Model {
	m := Model{Tells: c.class.String()}
	root := &node{}
	for _, p := range c.order {
		key := p.key()
		v, became, reason := tree.Value{}, "", ""
		if fixed := c.fixed[key]; fixed != nil {
			v, became, reason = fixed.value()
			if c.level >= noParties && len(fixed.values) > 1 {
				continue
			}
		} else if roles := c.roles[key]; len(roles) > 0 {
			v, reason = c.variable(p, roles)
			became, _ = v.Scalar()
		}
		if v.Kind() == tree.Absent || !root.put(p, v) {
			if len(m.LeftOut) < maxLeaves {
				m.LeftOut = append(m.LeftOut, p.pointer())
			}
			continue
		}
		if became == "" {
			became = spell(v)
		}
		m.Choices = append(m.Choices, Choice{Pointer: p.inModel(), Became: became, Reason: reason})
	}
	if c.class == message {
		m.source = object("event_type", "message", "request_parameters", root.value())
		return m
	}
	var words []tree.Member
	for _, word := range sortedKeys(c.words) {
		words = append(words, tree.Member{Name: word, Value: tree.Text(c.words[word])})
		m.Choices = append(m.Choices, Choice{
			Pointer: "/events/" + pattern.EscapePointer(word), Became: c.words[word], Reason: wordReason(c.words[word]),
		})
	}
	m.source = object("events", tree.ObjectOf(words...), "request_parameters", root.value())
	return m
}

func wordReason(kind string) string {
	if kind == "ignore" {
		return "the word says nothing final; when it does at this provider, say so here"
	}
	return "what the word says"
}

func (l *literal) value() (v tree.Value, became, reason string) {
	var list []tree.Value
	for _, one := range l.values {
		if one.Kind() == tree.String {
			one = tree.Text(escape(one.Text()))
		}
		list = append(list, one)
	}
	switch len(list) {
	case 0:
		return tree.Nil, "null", l.reason
	case 1:
		return list[0], spell(list[0]), l.reason
	}
	v = object("$any", tree.ListOf(list...))
	return v, spell(v), l.reason
}

// variable is the text of the variables that stand at a path.
func (c *cluster) variable(p path, roles map[string]role) (v tree.Value, reason string) {
	required := c.always(p)
	write := func(name, filter string, must bool) tree.Value {
		if !must {
			name += "?"
		}
		if filter != "" {
			name += "|" + filter
		}
		return tree.Text("$" + name + "$")
	}
	if c.level >= noExtras && slices.ContainsFunc(sortedKeys(roles), func(name string) bool { return extras[name] }) {
		return tree.Value{}, ""
	}
	names := sortedKeys(roles)
	reason = roles[names[0]].reason
	if len(names) > 1 {
		if _, ok := roles["content"]; ok {
			file := write("url", "", true)
			if _, joined := roles["urls joined"]; joined {
				file = write("urls", "join:','", true)
			}
			return object("$any", tree.ListOf(file, write("content", "", required))), "the address of a file in some callbacks, a text in others"
		}
		if _, joined := roles["urls joined"]; joined {
			names = []string{"urls joined"}
		}
	}
	switch name := names[0]; name {
	case "from", "to":
		if c.class == receipt {
			if c.level >= noParties {
				return tree.Value{}, ""
			}
			required = false
		}
		return write(name, "", required), reason
	case "messageid", "event_key":
		return write(name, "", required), reason
	case "content":
		if !required {
			reason += "; some have none, so it may be empty"
		}
		return write(name, "", required), reason
	case "url":
		if p.hasList() || c.repeats(p) {
			name = "urls"
		}
		return write(name, "", false), reason
	case "urls joined":
		return write("urls", "join:','", false), reason
	case "receipt text":
		return object("$match", `(?is)\bstat:\s*(?P<event_key>\w+).*\berr:\s*(?P<error_code>\w+)`), reason
	case "timestamp":
		if filter := timeFilter(newLeaf(p, c.values(p)...)); filter != "" {
			return write(name, filter, false), reason
		}
		return tree.Value{}, ""
	default:
		return write(name, "", false), reason
	}
}

// repeats reports whether a member stands several times in one callback.
func (c *cluster) repeats(p path) bool {
	key := p.key()
	return p[len(p)-1][0] != '#' && slices.ContainsFunc(c.units, func(u *unit) bool { return u.at[key] != nil && len(u.at[key].values) > 1 })
}
