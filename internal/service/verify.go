package service

import (
	"errors"
	"net/http"
	"strings"

	"patchbay/internal/tree"
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
