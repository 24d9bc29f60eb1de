package service

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"time"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// signature is an HMAC over parts of the request. Its place is a pattern that is read for the time, and then written with the signature
// as it should be: what came must equal that to the letter, so no second spelling of a signature passes.
type signature struct {
	hash      func() hash.Hash
	key       secretText
	over      *pattern.Pattern
	open      []openName // the names of over that are not in the table, by slot after it
	places    []place
	tolerance time.Duration
}

// place is a header or a member of the query that holds the signature, the time, or both.
type place struct {
	inQuery bool
	name    string
	read    *pattern.Pattern
	write   *pattern.Pattern
}

var hashes = []struct {
	name string
	make func() hash.Hash
}{{"sha256", sha256.New}, {"sha512", sha512.New}, {"sha1", sha1.New}, {"md5", md5.New}}

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
	{"json", "the body, read as JSON"},
	{"form", "the body, read as a form: for `sort`, `encoded` and `pairs`"},
}

// openName is $header.x$, $query.x$ or $body.x$.
type openName struct{ kind, name string }

// The slots of a place's pattern.
const (
	placeSignature = iota
	placeTimestamp
)

func compileHMAC(l *loader, v tree.Value, ptr string) check {
	if !l.object(v, ptr, []string{"algorithm", "key", "over", "headers", "query", "tolerance"}) {
		return nil
	}
	s := &signature{}
	algorithm := l.text(v.Get("algorithm"), ptr+"/algorithm")
	var known []string
	for _, h := range hashes {
		known = append(known, h.name)
		if h.name == algorithm {
			s.hash = h.make
		}
	}
	if s.hash == nil {
		l.fail(ptr+"/algorithm", "%q is no algorithm; there are %s", algorithm, strings.Join(known, ", "))
	}
	s.key = l.secretText(v.Get("key"), ptr+"/key", `a signature needs a key, like "$Signing secret$"`)
	over := l.text(v.Get("over"), ptr+"/over")
	if over == "" {
		l.fail(ptr+"/over", `say what is signed, like "$body$"`)
	} else {
		s.over = l.pattern(tree.Text(over), ptr+"/over", s.overScope(l.names))
	}
	s.tolerance = l.duration(v.Get("tolerance"), ptr+"/tolerance", time.Second, 24*time.Hour)
	l.places(s, v, ptr)
	if len(l.problems.Errors()) > 0 {
		return nil
	}
	return s
}

func (l *loader) places(s *signature, v tree.Value, ptr string) {
	vars := func() []pattern.Var {
		vars := make([]pattern.Var, l.names.count)
		for i := range vars {
			vars[i].Name = noName
		}
		vars[placeSignature] = pattern.Var{Name: "signature", Use: pattern.First, Bytes: true}
		vars[placeTimestamp] = pattern.Var{Name: "timestamp", Use: pattern.First}
		for i, p := range l.names.properties {
			vars[firstProperty+i] = pattern.Var{Name: p.Name, Known: true}
		}
		return vars
	}
	reads := pattern.NewScope(pattern.Scope{Direction: pattern.Reads, Vars: vars()})
	writes := pattern.NewScope(pattern.Scope{Direction: pattern.Writes, Vars: vars()})
	signed, timed := false, false
	for _, member := range []string{"headers", "query"} {
		where := v.Get(member)
		if where.Kind() == tree.Absent || !l.isObject(where, ptr+"/"+member) {
			continue
		}
		for _, m := range where.Members() {
			at := pointer(ptr+"/"+member, m.Name)
			p := place{inQuery: member == "query", name: m.Name}
			if !p.inQuery {
				p.name = http.CanonicalHeaderKey(m.Name)
				if err := wire.CheckHeader(m.Name, ""); err != nil {
					l.fail(at, "%v", err)
					continue
				}
			}
			text := tree.Text(l.text(m.Value, at))
			if p.read = l.pattern(text, at, reads); p.read == nil {
				continue
			}
			said := len(l.problems)
			p.write = l.pattern(text, at, writes)
			if p.write == nil {
				continue
			}
			l.problems = l.problems[:said] // warnings, once more
			signed = signed || p.read.Uses(placeSignature)
			timed = timed || p.read.Uses(placeTimestamp)
			s.places = append(s.places, p)
		}
	}
	if !signed {
		l.fail(ptr, `say where the signature stands, like "headers": {"X-Signature": "$signature|hex$"}`)
	}
	if s.tolerance > 0 && !timed {
		l.fail(ptr+"/tolerance", `say where the time stands, like "headers": {"X-Timestamp": "$timestamp|unix$"}`)
	}
	if s.tolerance == 0 && timed {
		l.warn(ptr, `the time is read, and without "tolerance" never looked at`)
	}
}

// overScope is what a signature is written from.
func (s *signature) overScope(n *names) *pattern.Scope {
	vars := make([]pattern.Var, 0, overFirst+len(n.properties))
	for _, row := range overNames {
		vars = append(vars, pattern.Var{Name: row.name})
	}
	for _, p := range n.properties {
		vars = append(vars, pattern.Var{Name: p.Name})
	}
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
			for i, o := range s.open {
				if o == (openName{kind, rest}) {
					return first + i, true
				}
			}
			s.open = append(s.open, openName{kind, rest})
			return first + len(s.open) - 1, true
		},
	})
}

// mac computes the signature that the callback should have.
func (s *signature) mac(b *Bound, cb *Callback) (string, error) {
	key, err := s.key.value(b)
	if err != nil {
		return "", err
	}
	first := overFirst + len(b.names.properties)
	values := make([]tree.Value, first+len(s.open))
	copy(values[overFirst:], b.base[firstProperty:])
	raw := cb.Request.URL
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("its URL cannot be read: %w", err)
	}
	values[overMethod], values[overURL] = tree.Text(cb.Request.Method), tree.Text(raw)
	values[overPath], values[overHost] = tree.Text(u.EscapedPath()), tree.Text(u.Host)
	d := cb.decode()
	values[overQuery] = textOrNothing(d.rawQuery)
	if len(cb.Request.Body) > 0 && s.over.Uses(overBody) {
		values[overBody] = tree.Text(string(cb.Request.Body))
	}
	if s.over.Uses(overJSON) && d.body.Kind() != tree.String {
		values[overJSON] = d.body
	}
	if s.over.Uses(overForm) && d.body.Kind() == tree.Object && wire.FormatOf(cb.Request.Header.Get("Content-Type")) == wire.Form {
		values[overForm] = d.body
	}
	for i, o := range s.open {
		switch o.kind {
		case "header":
			if got := cb.Request.Header[o.name]; len(got) > 0 {
				values[first+i] = tree.Text(got[0])
			}
		case "query":
			values[first+i] = d.query.Get(o.name)
		case "body":
			values[first+i] = member(d.body, o.name)
		}
	}
	over, err := s.over.AppendText(nil, &pattern.Input{Values: values}, nil)
	if err != nil {
		return "", fmt.Errorf("what it signs cannot be written: %w", err)
	}
	h := hmac.New(s.hash, []byte(key))
	h.Write(over)
	return string(h.Sum(nil)), nil
}

// member is a member of v by a path of names with dots.
func member(v tree.Value, path string) tree.Value {
	for name := range strings.SplitSeq(path, ".") {
		v = v.Get(name)
	}
	return v
}

func (p *place) get(cb *Callback) string {
	if p.inQuery {
		return cb.decode().query.Get(p.name).Text()
	}
	return cb.Request.Header.Get(p.name)
}

func (s *signature) verify(b *Bound, cb *Callback) error {
	mac, err := s.mac(b, cb)
	if err != nil {
		return err
	}
	values := append([]tree.Value(nil), b.base...)
	for i := range s.places { // first the time, which is part of what is written
		p := &s.places[i]
		if !p.read.Uses(placeTimestamp) {
			continue
		}
		in := pattern.Input{Values: b.base}
		r := p.read.Read(tree.Text(wire.Clean(p.get(cb))), &in)
		if !r.Matched || len(r.Events) != 1 {
			return fmt.Errorf("%s has no time in it", p.name)
		}
		values[placeTimestamp] = r.Events[0].Get(placeTimestamp)
		if s.tolerance == 0 {
			continue
		}
		at := timeOf(values[placeTimestamp].Text())
		if age := cb.Now.Sub(at); at.IsZero() || age > s.tolerance || age < -s.tolerance {
			return fmt.Errorf("%s says a time that is not within %v of now", p.name, s.tolerance)
		}
	}
	values[placeSignature] = tree.Text(mac)
	for i := range s.places {
		p := &s.places[i]
		if !p.read.Uses(placeSignature) {
			continue
		}
		want, err := p.write.AppendText(nil, &pattern.Input{Values: values}, nil)
		if err != nil {
			return fmt.Errorf("the signature cannot be written: %w", err)
		}
		if !same(string(want), p.get(cb)) {
			return fmt.Errorf("%s is not the signature of this request", p.name)
		}
	}
	return nil
}

func (s *signature) sign(b *Bound, cb *Callback) error {
	values := append([]tree.Value(nil), b.base...)
	values[placeTimestamp] = moment(cb.Now.Truncate(time.Second))
	put := func(p *place) error {
		text, err := p.write.AppendText(nil, &pattern.Input{Values: values}, nil)
		if err != nil {
			return err
		}
		if p.inQuery {
			cb.addQuery(p.name, string(text))
		} else {
			cb.Request.Header[p.name] = []string{string(text)}
		}
		return nil
	}
	for i := range s.places {
		if p := &s.places[i]; !p.read.Uses(placeSignature) {
			if err := put(p); err != nil {
				return err
			}
		}
	}
	mac, err := s.mac(b, cb)
	if err != nil {
		return err
	}
	values[placeSignature] = tree.Text(mac)
	for i := range s.places {
		if p := &s.places[i]; p.read.Uses(placeSignature) {
			if err := put(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *signature) needs() []int { return s.key.slots }
