package service

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// The slots of what a signature is over; open names and properties have slots of their own.
const (
	overMethod = iota
	overURL
	overPath
	overQuery
	overHost
	overBody
	overJSON
	overForm
	overParameters
	overFirst
)

// overNames is the table of what a signature may be over.
var overNames = [overFirst]struct{ name, sentence string }{
	{"method", "the HTTP method"},
	{"url", "the public URL with its query, exactly as called"},
	{"path", "its path"},
	{"query", "its query, as it stands after the question mark"},
	{"host", "its host"},
	{"body", "the body, byte for byte"},
	{"json", "the body, read as JSON: for `ordered`"},
	{"form", "the body, read as a form: for `sort`, `encoded` and `pairs`"},
	{"parameters", "the members of the body, or of the query where there is none: for `without`, `replace`, `sort` and `pairs`"},
}

// openName is $header.x$, $query.x$ or $body.x$.
type openName struct{ kind, name string }

// over is a text that is written from a callback and the properties: what a signature is over, what a claim must say.
type over struct {
	pattern *pattern.Pattern
	more    []pattern.Var // names of this text's own, by slot after the properties
	open    []openName    // the names that are not in the table, by slot after those
	slots   []int         // the properties that it uses, as the file numbers them
}

// over compiles a text that is written from a callback, or from a request of ours. It gives nil after a problem.
func (l *loader) over(v tree.Value, ptr string, more ...pattern.Var) *over {
	return l.overTree(tree.Text(l.text(v, ptr)), ptr, more...)
}

// overTree is over for what is no text: the claims of a token.
func (l *loader) overTree(v tree.Value, ptr string, more ...pattern.Var) *over {
	o := &over{more: more}
	if o.pattern = l.pattern(v, ptr, o.scope(l.names)); o.pattern == nil {
		return nil
	}
	for _, slot := range o.pattern.Slots() {
		if slot >= overFirst && slot < overFirst+len(l.names.properties) {
			o.slots = append(o.slots, slot-overFirst+firstProperty)
		}
	}
	return o
}

func (o *over) scope(n *names) *pattern.Scope {
	vars := make([]pattern.Var, 0, overFirst+len(n.properties))
	for _, row := range overNames {
		vars = append(vars, pattern.Var{Name: row.name})
	}
	for _, p := range n.properties {
		vars = append(vars, pattern.Var{Name: p.Name})
	}
	vars = append(vars, o.more...)
	first := len(vars)
	return pattern.NewScope(pattern.Scope{
		Direction: pattern.Writes, Vars: vars, RawText: true, FormatJSON: formatJSON, ParseJSON: parseJSON,
		Resolve: func(name string) (int, bool) {
			kind, rest, ok := strings.Cut(name, ".")
			if !ok || rest == "" || kind != "header" && kind != "query" && kind != "body" {
				return 0, false
			}
			if kind == "header" {
				rest = http.CanonicalHeaderKey(rest)
			}
			for i, one := range o.open {
				if one == (openName{kind, rest}) {
					return first + i, true
				}
			}
			o.open = append(o.open, openName{kind, rest})
			return first + len(o.open) - 1, true
		},
	})
}

// write is the text, from this callback; more are the values of its own names.
func (o *over) write(b *Bound, cb *Callback, more ...tree.Value) ([]byte, error) {
	in, err := o.input(b, cb, more)
	if err != nil {
		return nil, err
	}
	text, err := o.pattern.AppendText(nil, in, nil)
	if err != nil {
		return nil, fmt.Errorf("what is signed cannot be written: %w", err)
	}
	return text, nil
}

func (o *over) input(b *Bound, cb *Callback, more []tree.Value) (*pattern.Input, error) {
	first := overFirst + len(b.names.properties) + len(o.more)
	values := make([]tree.Value, first+len(o.open))
	copy(values[overFirst:], b.base[firstProperty:])
	copy(values[first-len(o.more):first], more)
	raw := cb.Request.URL
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("its URL cannot be read: %w", err)
	}
	values[overMethod], values[overURL] = tree.Text(cb.Request.Method), tree.Text(raw)
	values[overPath], values[overHost] = tree.Text(u.EscapedPath()), tree.Text(u.Host)
	d := cb.decode()
	values[overQuery] = textOrNothing(d.rawQuery)
	if len(cb.Request.Body) > 0 && o.pattern.Uses(overBody) {
		values[overBody] = tree.Text(string(cb.Request.Body))
	}
	if d.body.Kind() != tree.String {
		values[overJSON] = d.body
	}
	if d.body.Kind() == tree.Object && wire.FormatOf(cb.Request.Header.Get("Content-Type")) == wire.Form {
		values[overForm] = d.body
	}
	if s := d.subject(); s.Kind() == tree.Object {
		values[overParameters] = s
	}
	for i, one := range o.open {
		switch one.kind {
		case "header":
			if got := cb.Request.Header[one.name]; len(got) > 0 {
				values[first+i] = tree.Text(got[0])
			}
		case "query":
			values[first+i] = d.query.Get(one.name)
		case "body":
			values[first+i] = member(d.body, one.name)
		}
	}
	return &pattern.Input{Values: values}, nil
}

// lacks reports whether a property that the text needs has no value.
func (o *over) lacks(b *Bound) bool {
	for _, slot := range o.slots {
		if b.base[slot].IsEmpty() {
			return true
		}
	}
	return false
}
