package service

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// spotKind is a part of a request in which a secret or a signature may stand.
type spotKind uint8

const (
	inHeaders spotKind = iota
	inQuery
	inBody
	inParameters // the body, or the query where there is none
)

// what people call it, one of it
var spotNames = [...]string{inHeaders: "header", inQuery: "query member", inBody: "body member", inParameters: "member"}

// spot is one header, or one member of the query or of the body.
type spot struct {
	kind spotKind
	name string // canonical for a header; of a body: a name, or a path of names with dots
}

// spots reads the names of an object's members as spots; what stands at each is for the caller.
func (l *loader) spots(v tree.Value, ptr string, kind spotKind, each func(s spot, v tree.Value, at string)) {
	if !l.isObject(v, ptr) {
		return
	}
	for _, m := range v.Members() {
		at, s := pointer(ptr, m.Name), spot{kind, m.Name}
		if kind == inHeaders {
			if err := wire.CheckHeader(m.Name, ""); err != nil {
				l.fail(at, "%v", err)
				continue
			}
			s.name = http.CanonicalHeaderKey(m.Name)
		}
		each(s, m.Value, at)
	}
}

func (s *spot) String() string { return spotNames[s.kind] + " " + s.name }

// get is what stands there, "" for nothing.
func (s *spot) get(cb *Callback) string {
	switch s.kind {
	case inHeaders:
		return cb.Request.Header.Get(s.name)
	case inQuery:
		return cb.decode().query.Get(s.name).Text()
	case inBody:
		return member(cb.decode().body, s.name).Text()
	}
	return member(cb.decode().subject(), s.name).Text()
}

var errNoPlace = errors.New("the body has no members, so nothing can be put into it")

// put writes there, as a provider would: for tests and simulations.
func (s *spot) put(cb *Callback, value string) error {
	d := cb.decode()
	switch {
	case s.kind == inHeaders:
		if cb.Request.Header == nil {
			cb.Request.Header = http.Header{}
		}
		cb.Request.Header[s.name] = []string{value}
		return nil
	case s.kind == inQuery, s.kind == inParameters && d.body.Kind() == tree.Absent:
		cb.addQuery(s.name, value)
		return nil
	case d.body.Kind() != tree.Object:
		return errNoPlace
	}
	body := with(d.body, strings.Split(s.name, "."), tree.Text(value))
	if wire.FormatOf(cb.Request.Header.Get("Content-Type")) == wire.Form {
		encoded, err := wire.EncodeForm(body)
		if err != nil {
			return err
		}
		cb.Request.Body = encoded
	} else {
		cb.Request.Body = wire.AppendJSON(nil, body)
	}
	cb.decoded = nil
	return nil
}

// addQuery adds a member to the URL, in place of one that is there.
func (cb *Callback) addQuery(name, value string) {
	address, _, _ := strings.Cut(cb.Request.URL, "#") // what stands behind it is never sent
	before, query, _ := strings.Cut(address, "?")
	pairs := []string{}
	for pair := range strings.SplitSeq(query, "&") {
		if n, _, _ := strings.Cut(pair, "="); pair != "" && n != url.QueryEscape(name) {
			pairs = append(pairs, pair)
		}
	}
	pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value))
	cb.Request.URL = before + "?" + strings.Join(pairs, "&")
	cb.decoded = nil
}

// member is a member of v by its name, or by a path of names with dots.
func member(v tree.Value, path string) tree.Value {
	if one := v.Get(path); one.Kind() != tree.Absent {
		return one
	}
	for name := range strings.SplitSeq(path, ".") {
		v = v.Get(name)
	}
	return v
}

// with is v with value at the end of a path.
func with(v tree.Value, path []string, value tree.Value) tree.Value {
	if len(path) > 1 {
		value = with(v.Get(path[0]), path[1:], value)
	}
	var members []tree.Member
	found := false
	for _, m := range v.Members() {
		if m.Name == path[0] {
			m.Value, found = value, true
		}
		members = append(members, m)
	}
	if !found {
		members = append(members, tree.Member{Name: path[0], Value: value})
	}
	return tree.ObjectOf(members...)
}
