package service

import (
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	members  []string                                        // of its object; nil: it is a list, or names are its own
	compile  func(l *loader, v tree.Value, ptr string) check // nil after a problem
	sentence string
	example  string // of its value; a test signs and verifies with it
}

// checkKinds is filled by init, because any and all hold checks themselves.
var checkKinds []checkKind

func init() {
	checkKinds = []checkKind{
		{"hmac", []string{"algorithm", "key", "over", "headers", "query", "parameters", "tolerance"}, compileHMAC,
			"`algorithm`, `key` (bytes, out of the form that its filters name), `over` (written from the request), and the place of `$signature$` in `headers`, `query` or `parameters`; `tolerance` bounds the age of `$timestamp$`",
			`{"algorithm": "sha256", "key": "$Secret$", "over": "$header.x-time$.$body$", "headers": {"X-Signature": "sha256=$signature|hex$", "X-Time": "$timestamp|unix$"}, "tolerance": "5m"}`},
		{"digest", []string{"algorithm", "over", "headers", "query", "parameters", "tolerance"}, compileDigest,
			"the same without `key`: a plain hash, in whose `over` a secret property stands",
			`{"algorithm": "sha512", "over": "$Secret$$path$$body$", "query": {"sig": "$signature|base64url$"}}`},
		{"ed25519", []string{"key", "over", "headers", "query", "parameters", "tolerance"}, compileEd25519,
			"the same without `algorithm`; `key` is the provider's public key in base64, hexadecimal or PEM",
			`{"key": "$Public key$", "over": "$header.x-time$|$body$", "headers": {"X-Signature": "$signature|base64$", "X-Time": "$timestamp|unix$"}, "tolerance": "5m"}`},
		{"jwt", []string{"algorithms", "key", "headers", "query", "parameters", "claims", "tolerance"}, compileJWT,
			"`algorithms` that are taken (" + algorithmNames() + "), `key`, the place of `$token$` in `headers`, `query` or `parameters`, and `claims`, each equal to what its text says, written from the request as `over` is; `exp` and `nbf` hold, give or take `tolerance` (1 minute)",
			`{"algorithms": ["HS256"], "key": "$Secret$", "headers": {"Authorization": "Bearer $token$"}, "claims": {"payload_hash": "$body?|sha256|hex$"}}`},
		{"basic", []string{"username", "password"}, compileBasic,
			"`username` and `password` of `Authorization: Basic`",
			`{"username": "patchbay", "password": "$Secret$"}`},
		{"bearer", []string{"token"}, compileBearer,
			"`token` of `Authorization: Bearer`",
			`{"token": "$Secret$"}`},
		{"header", nil, compileHeader, "headers by name, each equal to what its text says",
			`{"X-Secret": "$Secret$"}`},
		{"query", nil, compileQuery, "members of the query by name, each equal to what its text says",
			`{"key": "$Secret$"}`},
		{"body", nil, compileBody, "members of the body by name or path (`data.token`), each equal to what its text says",
			`{"auth.token": "$Secret$"}`},
		{"cidr", nil, compileCIDR, "a list of addresses and networks, of which the connection comes from one; a property may hold several with commas between. Behind a proxy of your own the connection is the proxy's",
			`["192.0.2.0/24", "$Addresses$"]`},
		{"any", nil, compileAny, "a list of checks, one of which must hold: while a secret is changed, one with the new and one with the old",
			`[{"header": {"X-Secret": "$Secret$"}}, {"header": {"X-Secret": "$Old secret$"}}]`},
		{"all", nil, compileAll, "a list of checks, all of which must hold; several checks side by side mean the same",
			`[{"bearer": {"token": "$Secret$"}}, {"cidr": ["192.0.2.0/24"]}]`},
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
			if k.members != nil && !l.object(m.Value, at, k.members) {
				continue
			}
			if c := k.compile(l, m.Value, at); c != nil {
				all = append(all, c)
				l.lapse(c, at)
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

// lapse notes a check that is not made where a property was left empty. Only webhook tells it, since a check beside it may make up for it.
func (l *loader) lapse(c check, ptr string) {
	switch c.(type) {
	case allOf, anyOf:
		return // each of them has said it
	}
	for _, slot := range c.needs() {
		if p := l.names.propertyOf(slot); p.Optional && p.Default == "" {
			l.lapses = append(l.lapses, Problem{Pointer: ptr, Message: fmt.Sprintf("where %q has no value this check is not made", p.Name), Warning: true})
		}
	}
}

// leaves calls f with every check that holds no others.
func leaves(c check, f func(check)) {
	switch c := c.(type) {
	case nil:
	case allOf:
		for _, e := range c {
			leaves(e, f)
		}
	case anyOf:
		for _, e := range c {
			leaves(e, f)
		}
	default:
		f(c)
	}
}

// particular is a check that wants a property of a certain form: a public key, addresses.
type particular interface {
	check
	formed
}

// formed wants a property of a certain form.
type formed interface {
	// fits says what is wrong with an integration's values, and with the property of which slot.
	fits(b *Bound) (slot int, err error)
	// examples gives values of the right form for properties that the tests of a file leave out, public keys with their private half.
	examples(give func(slot int, value string, private crypto.Signer))
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

func compileAll(l *loader, v tree.Value, ptr string) check { return allOf(l.checkList(v, ptr, nil)) }

// compileAny takes back what was noted of checks that may not be made, as soon as one beside them always is.
func compileAny(l *loader, v tree.Value, ptr string) check {
	noted, certain := len(l.lapses), false
	checks := l.checkList(v, ptr, func(lapsed bool) { certain = certain || !lapsed })
	switch own := l.lapses[noted:]; {
	case certain:
		l.lapses = l.lapses[:noted]
	case len(own) > 1 && !slices.ContainsFunc(own, func(p Problem) bool { return p.Message != own[0].Message }):
		own[0].Pointer = ptr // one property, one warning
		l.lapses = l.lapses[:noted+1]
	}
	return anyOf(checks)
}

// checkList compiles a list of checks, and says of each whether it may not be made.
func (l *loader) checkList(v tree.Value, ptr string, each func(lapsed bool)) []check {
	if v.Kind() != tree.List || len(v.List()) == 0 {
		l.fail(ptr, "this must be a list of checks")
		return nil
	}
	var out []check
	for i, e := range v.List() {
		noted := len(l.lapses)
		c := l.verify(e, pointer(ptr, i))
		if c == nil {
			continue
		}
		if out = append(out, c); each != nil {
			each(len(l.lapses) > noted)
		}
	}
	return out
}
