package infer

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// path is the way from the root of a callback to a value. A step is a member (".name"), a member of a numbered family ("#prefix", which
// stands for prefix0, prefix1 …), the elements of a list ("["), or JSON inside a text ("{").
type path []string

func (p path) key() string { return strings.Join(p, "\x00") }

func (p path) with(step string) path { return append(p[:len(p):len(p)], step) }

// names is the names of the members, the last first.
func (p path) names() []string {
	var out []string
	for _, step := range slices.Backward(p) {
		if step[0] == '.' || step[0] == '#' {
			out = append(out, step[1:])
		}
	}
	return out
}

// parent is the path of the object that holds the value.
func (p path) parent() path {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i][0] == '.' || p[i][0] == '#' {
			return p[:i]
		}
	}
	return nil
}

// list is the path up to the last list in it.
func (p path) list() path {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] == "[" {
			return p[:i+1]
		}
	}
	return nil
}

func (p path) hasList() bool {
	return slices.ContainsFunc(p, func(s string) bool { return s[0] == '[' })
}

// pointer shows where in the callback the value stands.
func (p path) pointer() string {
	var b strings.Builder
	for _, step := range p {
		switch step[0] {
		case '.':
			b.WriteString("/" + pattern.EscapePointer(step[1:]))
		case '#':
			b.WriteString("/" + pattern.EscapePointer(step[1:]) + "0")
		case '[':
			b.WriteString("/0")
		}
	}
	return b.String()
}

// leaf is the values that stand at one path of a callback: several where a list or a repeated member is on the way.
type leaf struct {
	path   path
	key    string // of the path
	values []tree.Value
	names  [][]string // the names on the way in their tokens, its own first
}

func newLeaf(p path, values ...tree.Value) *leaf {
	l := &leaf{path: p, key: p.key(), values: values}
	for _, name := range p.names() {
		l.names = append(l.names, tokens(name))
	}
	return l
}

func (l *leaf) text() string { return l.values[0].Text() }

func (l *leaf) empty() bool {
	return !slices.ContainsFunc(l.values, func(v tree.Value) bool { return !v.IsEmpty() })
}

// every reports whether all values that are there are so.
func (l *leaf) every(f func(string) bool) bool {
	some := false
	for _, v := range l.values {
		if v.IsEmpty() {
			continue
		}
		some = true
		if v.Kind() == tree.File || !f(v.Text()) {
			return false
		}
	}
	return some
}

// unit is one event of a capture, as far as can be told: most captures are one.
type unit struct {
	capture int
	value   tree.Value
	leaves  []*leaf
	at      map[string]*leaf
	class   class
	roles   map[string]role // by path
	word    map[string]string
}

func newUnit(capture int, v tree.Value) *unit {
	u := &unit{capture: capture, value: v, at: map[string]*leaf{}, roles: map[string]role{}}
	u.flatten(v, nil)
	return u
}

func (u *unit) add(p path, v tree.Value) {
	key := p.key()
	if l := u.at[key]; l != nil {
		l.values = append(l.values, v)
		return
	}
	if len(u.leaves) >= maxLeaves {
		return
	}
	l := newLeaf(p, v)
	u.leaves, u.at[key] = append(u.leaves, l), l
}

var numbered = regexp.MustCompile(`^(.*[^0-9])[0-9]{1,2}$`)

func (u *unit) flatten(v tree.Value, p path) {
	switch v.Kind() {
	case tree.Absent:
	case tree.Object:
		for i, m := range v.Members() {
			if m.Name == "" {
				continue // a pattern cannot tell it from nothing
			}
			step := "." + m.Name
			if family := numbered.FindStringSubmatch(m.Name); family != nil && isFileWord(m.Value.Text()) {
				step = "#" + family[1]
			} else if repeatedLater(v.Members(), i) && !isAddress(m.Value.Text()) {
				continue // of a repeated member a scalar gets the last value
			}
			u.flatten(m.Value, p.with(step))
		}
	case tree.List:
		for _, e := range v.List() {
			u.flatten(e, p.with("["))
		}
	case tree.String:
		if s := strings.TrimSpace(v.Text()); len(s) > 1 && (s[0] == '{' || s[0] == '[') {
			if inner, err := wire.DecodeJSON([]byte(s), wire.Limits{Depth: 32, Nodes: maxLeaves}); err == nil && len(inner.Members())+len(inner.List()) > 0 {
				u.flatten(inner, p.with("{"))
				return
			}
		}
		u.add(p, v)
	default:
		u.add(p, v)
	}
}

func repeatedLater(ms []tree.Member, i int) bool {
	return slices.ContainsFunc(ms[i+1:], func(m tree.Member) bool { return m.Name == ms[i].Name })
}

// read decodes the captures and takes batches apart.
func (d *drafter) read() {
	signed := map[string]bool{}
	for i := range d.captures {
		c := &d.captures[i]
		for name := range c.Request.Header {
			if signatureHeader.MatchString(name) && !signed[name] {
				signed[name] = true
			}
		}
		v, why := subject(&c.Request)
		if why != "" {
			d.unread(c.Name, "%s", why)
			continue
		}
		for _, one := range batch(v) {
			u := newUnit(i, one)
			u.class = classify(u)
			if u.class == other {
				d.unread(c.Name, "it looks like neither a message nor a receipt: no text with two numbers, and no word that says what became of a message")
				continue
			}
			d.units = append(d.units, u)
		}
	}
	for _, name := range sortedKeys(signed) {
		d.result.Notes = append(d.result.Notes, "the header "+name+" looks like a proof of the sender: say in \"verify\" how it is made, as the provider documents it")
	}
}

var signatureHeader = regexp.MustCompile(`(?i)signature|hmac|^authorization$|webhook-secret|-token$`)

// subject is what a model would read: the body, or the query where there is none.
func subject(r *wire.Request) (v tree.Value, why string) {
	_, query, _ := strings.Cut(r.URL, "?")
	query, _, _ = strings.Cut(query, "#")
	v, err := wire.Decode(r.Header.Get("Content-Type"), r.Body, wire.Limits{})
	if err != nil {
		return v, "the body cannot be decoded: " + err.Error()
	}
	if v.Kind() == tree.Absent && query != "" {
		if v, err = wire.DecodeQuery(query, wire.Limits{}); err != nil {
			return v, "the query cannot be decoded: " + err.Error()
		}
		var ms []tree.Member
		for _, m := range v.Members() {
			if m.Name != "number" && m.Name != "key" { // ours
				ms = append(ms, m)
			}
		}
		v = tree.ObjectOf(ms...)
	}
	switch {
	case r.Method == http.MethodHead, v.Kind() == tree.Absent, v.IsEmpty(), v.Kind() == tree.Object && len(v.Members()) == 0:
		return v, "there is nothing in it"
	case v.Kind() != tree.Object && v.Kind() != tree.List:
		return v, "it is a text without members, which only a pattern with $match can read"
	}
	return v, ""
}

// batch takes a callback of several events apart: each comes with what stands around the list. A list is one of events when most of the
// callback is in it.
func batch(v tree.Value) []tree.Value {
	total := weigh(v)
	at, list := dominant(v, nil, total)
	if len(list) < 2 {
		return []tree.Value{v}
	}
	out := make([]tree.Value, 0, len(list))
	for _, e := range list[:min(len(list), maxElements)] {
		out = append(out, replace(v, at, tree.ListOf(e)))
	}
	return out
}

func weigh(v tree.Value) int {
	n := 0
	for _, m := range v.Members() {
		n += weigh(m.Value)
	}
	for _, e := range v.List() {
		n += weigh(e)
	}
	if v.Kind() != tree.Object && v.Kind() != tree.List {
		n = 1
	}
	return n
}

func dominant(v tree.Value, at []string, total int) ([]string, []tree.Value) {
	if weigh(v)*5 < total*3 {
		return nil, nil
	}
	if list := v.List(); len(list) > 0 {
		if slices.ContainsFunc(list, func(e tree.Value) bool { return e.Kind() != tree.Object }) {
			return nil, nil
		}
		return at, list
	}
	for _, m := range v.Members() {
		if where, list := dominant(m.Value, append(at[:len(at):len(at)], m.Name), total); list != nil {
			return where, list
		}
	}
	return nil, nil
}

// replace is v with another value at the end of a way of members.
func replace(v tree.Value, at []string, with tree.Value) tree.Value {
	if len(at) == 0 {
		return with
	}
	ms := slices.Clone(v.Members())
	for i := range ms {
		if ms[i].Name == at[0] {
			ms[i].Value = replace(ms[i].Value, at[1:], with)
		}
	}
	return tree.ObjectOf(ms...)
}
