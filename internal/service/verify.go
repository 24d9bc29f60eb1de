package service

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/pattern"
	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// check is one proof that a callback is the provider's.
type check interface {
	// verify is nil when the proof holds, errNotMade when a property that it needs has no value, otherwise why not.
	verify(b *Bound, cb *Callback) error
	// sign gives cb the proof, as the provider would: for tests and simulations.
	sign(b *Bound, cb *Callback) error
	// needs is the slots of the properties without which the check is not made.
	needs() []int
}

var errNotMade = errors.New("its property has no value")

// checkKind is one row of the table of checks.
type checkKind struct {
	name     string
	compile  func(l *loader, v tree.Value, ptr string) check // nil: of the format, but not in this version
	sentence string
}

// checkKinds is filled by init, because any and all hold checks themselves.
var checkKinds []checkKind

func init() {
	checkKinds = []checkKind{
		{"hmac", compileHMAC, "`algorithm`, `key`, `over` (written from the request), and the place of `$signature$` in `headers` or `query`; `tolerance` bounds the age of `$timestamp$`"},
		{"basic", compileBasic, "`username` and `password` of `Authorization: Basic`"},
		{"bearer", compileBearer, "`token` of `Authorization: Bearer`"},
		{"header", compileHeader, "headers by name, each equal to what its text says"},
		{"query", compileQuery, "members of the query by name, each equal to what its text says"},
		{"any", compileAny, "a list of checks, one of which must hold"},
		{"all", compileAll, "a list of checks, all of which must hold; several checks side by side mean the same"},
		{"digest", nil, ""}, {"ed25519", nil, ""}, {"jwt", nil, ""}, {"body", nil, ""}, {"cidr", nil, ""},
	}
}

// verify compiles an object of checks. It gives nil after a problem.
func (l *loader) verify(v tree.Value, ptr string) check {
	if !l.isObject(v, ptr) {
		return nil
	}
	if len(v.Members()) == 0 {
		l.fail(ptr, "no check is named here, so nothing would be verified; leave verify out to say so")
		return nil
	}
	names := make([]string, 0, len(checkKinds))
	for _, k := range checkKinds {
		names = append(names, k.name)
	}
	var all allOf
	for _, m := range v.Members() {
		at, found := pointer(ptr, m.Name), false
		for _, k := range checkKinds {
			if k.name != m.Name {
				continue
			}
			found = true
			if k.compile == nil {
				l.fail(at, "%s is not supported by this version, and callbacks must not be taken without it", m.Name)
				break
			}
			if c := k.compile(l, m.Value, at); c != nil {
				all = append(all, c)
				l.optionalKeys(c, at)
			}
		}
		if !found {
			l.fail(at, "%q is no check; there are %s%s", m.Name, strings.Join(names, ", "), hint(m.Name, names))
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// optionalKeys warns where leaving a property empty turns a check off.
func (l *loader) optionalKeys(c check, ptr string) {
	for _, slot := range c.needs() {
		if p := l.names.propertyOf(slot); p.Optional && p.Default == "" {
			l.warn(ptr, "where %q has no value this check is not made", p.Name)
		}
	}
}

// Verify is nil when the callback proves its sender, or the file asks for no proof; otherwise why not, for our log alone.
func (b *Bound) Verify(cb *Callback) error {
	if b.Service.verify == nil {
		return nil
	}
	if err := b.Service.verify.verify(b, cb); err != nil && !errors.Is(err, errNotMade) {
		return err
	}
	return nil
}

// Sign gives a callback the proof that Verify asks for, as the provider would: for tests and simulations.
func (b *Bound) Sign(cb *Callback) error {
	if b.Service.verify == nil {
		return nil
	}
	if cb.Request.Header == nil {
		cb.Request.Header = http.Header{}
	}
	if err := b.Service.verify.sign(b, cb); err != nil && !errors.Is(err, errNotMade) {
		return err
	}
	return nil
}

// allOf holds when each that is made holds.
type allOf []check

func (a allOf) verify(b *Bound, cb *Callback) error {
	made := false
	for _, c := range a {
		err := c.verify(b, cb)
		if err != nil && !errors.Is(err, errNotMade) {
			return err
		}
		made = made || err == nil
	}
	if !made {
		return errNotMade
	}
	return nil
}

func (a allOf) sign(b *Bound, cb *Callback) error {
	for _, c := range a {
		if err := c.sign(b, cb); err != nil && !errors.Is(err, errNotMade) {
			return err
		}
	}
	return nil
}

func (a allOf) needs() (slots []int) {
	for _, c := range a {
		slots = append(slots, c.needs()...)
	}
	return slots
}

// anyOf holds when one that is made holds.
type anyOf []check

func (a anyOf) verify(b *Bound, cb *Callback) error {
	why := errNotMade
	for _, c := range a {
		err := c.verify(b, cb)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errNotMade) {
			why = err
		}
	}
	return why
}

func (a anyOf) sign(b *Bound, cb *Callback) error {
	for _, c := range a {
		if err := c.sign(b, cb); !errors.Is(err, errNotMade) {
			return err
		}
	}
	return errNotMade
}

func (a anyOf) needs() []int { return allOf(a).needs() }

func compileAny(l *loader, v tree.Value, ptr string) check { return anyOf(l.checkList(v, ptr)) }
func compileAll(l *loader, v tree.Value, ptr string) check { return allOf(l.checkList(v, ptr)) }

func (l *loader) checkList(v tree.Value, ptr string) []check {
	if v.Kind() != tree.List || len(v.List()) == 0 {
		l.fail(ptr, "this must be a list of checks")
		return nil
	}
	var out []check
	for i, e := range v.List() {
		if c := l.verify(e, pointer(ptr, i)); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// secretText is a text of properties that must be there for a check to be made.
type secretText struct {
	pattern *pattern.Pattern
	slots   []int
}

func (l *loader) secretText(v tree.Value, ptr, what string) secretText {
	if v.Kind() == tree.Absent {
		l.fail(ptr, "%s", what)
		return secretText{}
	}
	s := secretText{pattern: l.pattern(tree.Text(l.text(v, ptr)), ptr, l.names.textScope())}
	if s.pattern != nil {
		s.slots = s.pattern.Slots()
		if len(s.slots) == 0 {
			l.warn(ptr, "this is written in the file, where everybody can read it; make it a property")
		}
	}
	return s
}

func (s *secretText) value(b *Bound) (string, error) {
	for _, slot := range s.slots {
		if b.base[slot].IsEmpty() {
			return "", errNotMade
		}
	}
	text, err := s.pattern.AppendText(nil, &pattern.Input{Values: b.base}, nil)
	if err == nil && len(text) == 0 {
		err = errNotMade
	}
	return string(text), err
}

// same compares without telling by its time how much is right.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// credentials is Authorization with a scheme.
type credentials struct {
	scheme string
	parts  []secretText
}

func compileBasic(l *loader, v tree.Value, ptr string) check {
	if !l.object(v, ptr, []string{"username", "password"}) {
		return nil
	}
	return &credentials{"Basic", []secretText{
		l.secretText(v.Get("username"), ptr+"/username", "basic needs a username"),
		l.secretText(v.Get("password"), ptr+"/password", "basic needs a password"),
	}}
}

func compileBearer(l *loader, v tree.Value, ptr string) check {
	if !l.object(v, ptr, []string{"token"}) {
		return nil
	}
	return &credentials{"Bearer", []secretText{l.secretText(v.Get("token"), ptr+"/token", "bearer needs a token")}}
}

func (c *credentials) want(b *Bound) (string, error) {
	values := make([]string, len(c.parts))
	for i := range c.parts {
		var err error
		if values[i], err = c.parts[i].value(b); err != nil {
			return "", err
		}
	}
	if c.scheme == "Basic" {
		return base64.StdEncoding.EncodeToString([]byte(strings.Join(values, ":"))), nil
	}
	return values[0], nil
}

func (c *credentials) verify(b *Bound, cb *Callback) error {
	want, err := c.want(b)
	if err != nil {
		return err
	}
	scheme, got, _ := strings.Cut(cb.Request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, c.scheme) || !same(want, got) {
		return fmt.Errorf("the Authorization header is not the %s credentials of this integration", c.scheme)
	}
	return nil
}

func (c *credentials) sign(b *Bound, cb *Callback) error {
	want, err := c.want(b)
	if err == nil {
		cb.Request.Header.Set("Authorization", c.scheme+" "+want)
	}
	return err
}

func (c *credentials) needs() (slots []int) {
	for _, p := range c.parts {
		slots = append(slots, p.slots...)
	}
	return slots
}

// tokens is secrets in headers or in the query.
type tokens struct {
	inQuery bool
	names   []string
	values  []secretText
}

func compileHeader(l *loader, v tree.Value, ptr string) check { return l.tokens(v, ptr, false) }
func compileQuery(l *loader, v tree.Value, ptr string) check  { return l.tokens(v, ptr, true) }

func (l *loader) tokens(v tree.Value, ptr string, inQuery bool) check {
	if !l.isObject(v, ptr) || len(v.Members()) == 0 {
		l.fail(ptr, `this must be an object like {"X-Secret": "$Webhook secret$"}`)
		return nil
	}
	t := &tokens{inQuery: inQuery}
	for _, m := range v.Members() {
		at := pointer(ptr, m.Name)
		name := m.Name
		if !inQuery {
			if err := wire.CheckHeader(name, ""); err != nil {
				l.fail(at, "%v", err)
				continue
			}
			name = http.CanonicalHeaderKey(name)
		}
		t.names = append(t.names, name)
		t.values = append(t.values, l.secretText(m.Value, at, ""))
	}
	return t
}

func (t *tokens) verify(b *Bound, cb *Callback) error {
	for i, name := range t.names {
		want, err := t.values[i].value(b)
		if err != nil {
			return err
		}
		got, where := cb.Request.Header.Get(name), "header"
		if t.inQuery {
			got, where = cb.decode().query.Get(name).Text(), "query member"
		}
		if !same(want, got) {
			return fmt.Errorf("the %s %s is not the secret of this integration", where, name)
		}
	}
	return nil
}

func (t *tokens) sign(b *Bound, cb *Callback) error {
	for i, name := range t.names {
		want, err := t.values[i].value(b)
		if err != nil {
			return err
		}
		if t.inQuery {
			cb.addQuery(name, want)
		} else {
			cb.Request.Header.Set(name, want)
		}
	}
	return nil
}

// addQuery adds a member to the URL, for signing.
func (cb *Callback) addQuery(name, value string) {
	sep := "?"
	if strings.Contains(cb.Request.URL, "?") {
		sep = "&"
	}
	cb.Request.URL += sep + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	cb.decoded = nil
}

func (t *tokens) needs() (slots []int) {
	for _, v := range t.values {
		slots = append(slots, v.slots...)
	}
	return slots
}
