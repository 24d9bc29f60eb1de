package infer

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/tree"
)

// cluster is the units of one kind, from which one model is made.
type cluster struct {
	class class
	units []*unit
	id    path                       // of $messageid$, where one has it
	at    set                        // where its units have values
	above set                        // what is above those: objects and lists
	order []path                     // of all units, in the order in which they came
	roles map[string]map[string]role // by path and variable
	words map[string]string          // the provider's words → events
	fixed map[string]*literal        // by path

	level int    // how much was given up, so that the model loads
	why   string // why there is no model
}

// literal is a place that must look so.
type literal struct {
	path   path
	values []tree.Value // one, or several of which any fits; none: nothing may stand there
	reason string
}

// maxModels is what a service file may have.
const maxModels = 200

// cluster puts units of a kind together: those that speak of the same thing in the same places.
func (d *drafter) cluster() {
	by := map[string][]*cluster{}
	for _, u := range d.units {
		d.assign(u)
		if why := u.lacks(); why != "" {
			d.unread(d.captures[u.capture].Name, "%s", why)
			continue
		}
		key := u.signature()
		var home *cluster
		for _, c := range by[key] {
			if c.takes(u) {
				home = c
				break
			}
		}
		if home == nil {
			if len(d.clusters) == maxModels {
				d.unread(d.captures[u.capture].Name, "a file has at most %d models, and these are as many already", maxModels)
				continue
			}
			home = &cluster{class: u.class}
			by[key] = append(by[key], home)
			d.clusters = append(d.clusters, home)
		}
		home.add(u)
	}
	for _, c := range d.clusters {
		c.settle()
	}
}

// lacks says why no model can be made of a unit alone.
func (u *unit) lacks() string {
	switch {
	case u.class == message && u.path("from") == nil:
		return "it looks like a message, and nothing in it looks like the number that it is from"
	case u.class == message && u.path("content") == nil && u.path("url") == nil && u.path("urls joined") == nil && u.path("file") == nil:
		return "it looks like a message, and nothing in it looks like a text or a file"
	case u.class == receipt && len(u.word) == 0:
		return "it looks like a receipt, and no word in it is known to say what became of the message"
	case u.class == receipt && u.path("messageid") == nil && u.path("id") == nil:
		return "it looks like a receipt, and nothing in it looks like the id of a message"
	}
	return ""
}

// signature is where the things stand that units of one kind have in common.
func (u *unit) signature() string {
	parts := []string{u.class.String(), u.path("from").key(), u.path("to").key()}
	if u.class == receipt {
		parts = []string{u.class.String(), u.path("messageid").key(), u.path("event_key").key(), u.path("receipt text").key()}
	}
	return strings.Join(parts, "\x01")
}

// takes reports whether a unit fits beside those of the cluster: no place is a value here and an object there, and the id stands nowhere else.
func (c *cluster) takes(u *unit) bool {
	if id := u.path("messageid"); id != nil && c.id != nil && !slices.Equal(id, c.id) {
		return false
	}
	at, above := u.places()
	return !overlap(at, c.above) && !overlap(above, c.at)
}

func (c *cluster) add(u *unit) {
	c.units = append(c.units, u)
	if id := u.path("messageid"); id != nil {
		c.id = id
	}
	at, above := u.places()
	if c.at == nil {
		c.at, c.above = set{}, set{}
	}
	maps.Copy(c.at, at)
	maps.Copy(c.above, above)
}

// places is where a unit has values, and what is above those.
func (u *unit) places() (at, above set) {
	at, above = set{}, set{}
	for _, l := range u.leaves {
		if !l.empty() {
			at[l.key] = true
		}
		for n := 1; n < len(l.path); n++ {
			above[l.path[:n].key()] = true
		}
	}
	return at, above
}

func overlap(a, b set) bool {
	for key := range a {
		if b[key] {
			return true
		}
	}
	return false
}

// settle gathers what the units know together: what differs varies, what is the same and names the kind is literal.
func (c *cluster) settle() {
	c.roles, c.words, c.fixed = map[string]map[string]role{}, map[string]string{}, map[string]*literal{}
	seen := map[string]bool{}
	for _, u := range c.units {
		for _, l := range u.leaves {
			key := l.key
			if !seen[key] {
				seen[key] = true
				c.order = append(c.order, l.path)
			}
			if r, ok := u.roles[key]; ok {
				if c.roles[key] == nil {
					c.roles[key] = map[string]role{}
				}
				c.roles[key][r.variable] = r
			}
		}
		maps.Copy(c.words, u.word)
	}
	for _, variable := range []string{"from", "to", "timestamp", "error_code", "error_text", "id"} {
		c.single(variable)
	}
	for _, roles := range c.roles {
		if _, both := roles["from"]; both {
			delete(roles, "to")
		}
	}
	for _, p := range c.order {
		if len(c.roles[p.key()]) == 0 {
			c.literal(p)
		}
	}
}

// single keeps a variable at the place where most units have it.
func (c *cluster) single(variable string) {
	var at []string
	for key, roles := range c.roles {
		if _, ok := roles[variable]; ok {
			at = append(at, key)
		}
	}
	if len(at) < 2 {
		return
	}
	count := func(key string) int {
		n := 0
		for _, u := range c.units {
			if u.roles[key].variable == variable {
				n++
			}
		}
		return n
	}
	slices.SortFunc(at, func(a, b string) int { return cmp.Or(count(b)-count(a), strings.Compare(a, b)) })
	for _, key := range at[1:] {
		if delete(c.roles[key], variable); len(c.roles[key]) == 0 {
			delete(c.roles, key)
		}
	}
}

// always reports whether something stands at the path in every unit.
func (c *cluster) always(p path) bool {
	key := p.key()
	return !slices.ContainsFunc(c.units, func(u *unit) bool { return u.at[key] == nil || u.at[key].empty() })
}

// never reports whether nothing stands at the path in any unit.
func (c *cluster) never(p path) bool {
	key := p.key()
	return !slices.ContainsFunc(c.units, func(u *unit) bool { return u.at[key] != nil && !u.at[key].empty() })
}

// values is the different values at a path.
func (c *cluster) values(p path) []tree.Value {
	var out []tree.Value
	key := p.key()
	for _, u := range c.units {
		if l := u.at[key]; l != nil {
			for _, v := range l.values {
				if !slices.ContainsFunc(out, func(o tree.Value) bool { return o.Text() == v.Text() }) {
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// ofEvent reports whether a place belongs to the event as a whole: in no list, or in the one whose elements are the events.
func (c *cluster) ofEvent(p path) bool {
	list := p.list()
	if len(list) == 0 {
		return true
	}
	for key, roles := range c.roles {
		for _, variable := range []string{"messageid", "from", "content"} {
			if _, ok := roles[variable]; ok && strings.HasPrefix(key, list.key()) {
				return c.class == message || variable == "messageid"
			}
		}
	}
	return false
}

const maxAlternatives = 6

// literal makes a place literal that says which kind of callback this is.
func (c *cluster) literal(p path) {
	if !c.ofEvent(p) || !c.always(p) {
		return
	}
	values := c.values(p)
	l := newLeaf(p, values...)
	own := l.own()
	names := kindNames.has(own) || receiptNames.has(own) || receiptNames[strings.Join(own, "")]
	if statusNames.has(own) && c.class == message {
		names = l.every(func(s string) bool { return inboundVocab.all(tokens(s)) }) // another status is that of something else
	}
	if !names || len(values) > maxAlternatives || l.every(isSize) {
		return
	}
	if !l.every(saysKind) && !(firmKinds.has(own) && l.every(isWord)) {
		return
	}
	c.fixed[p.key()] = &literal{p, values, c.sameness(len(values))}
}

// saysKind reports whether a value is a word of the trade, or a yes or no.
func saysKind(s string) bool {
	return s == "true" || s == "false" || isWord(s) && kindVocab.has(tokens(s))
}

func isWord(s string) bool {
	return len(s) <= 40 && !strings.ContainsAny(s, " \t\r\n") && !mediaShape.MatchString(s) && !uuidShape.MatchString(s) && len(tokens(s)) > 0
}

func (c *cluster) sameness(different int) string {
	switch {
	case different > 1:
		return "it says what kind of callback this is, in one of " + strconv.Itoa(different) + " words"
	case len(c.units) > 1:
		return "it says what kind of callback this is, the same in all " + strconv.Itoa(len(c.units))
	}
	return "it says what kind of callback this is; another of the same kind would tell whether it varies"
}

// require makes a place literal that tells this cluster from another one.
func (c *cluster) require(p path, values []tree.Value, reason string) {
	c.fixed[p.key()] = &literal{p, values, reason}
	if !slices.ContainsFunc(c.order, func(o path) bool { return slices.Equal(o, p) }) {
		c.order = append(c.order, p)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
