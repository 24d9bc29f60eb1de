package service

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"patchbay/internal/tree"
)

// signature is a signature over a text that is written from the request. Its place is a pattern that is read for the time, and then
// written with the signature as it should be: what came must equal that to the letter, so no second spelling of a signature passes.
type signature struct {
	scheme    scheme
	over      *over
	places    []place
	tolerance time.Duration
}

// scheme makes a signature over a text.
type scheme interface {
	make(b *Bound, cb *Callback, over []byte) (string, error)
	needs() []int
}

// judge is a scheme that can tell whether a signature holds, and not make it: whose key is public.
type judge interface {
	holds(b *Bound, over []byte, signature string) error
}

var hashes = []struct {
	name string
	make func() hash.Hash
}{{"sha256", sha256.New}, {"sha384", sha512.New384}, {"sha512", sha512.New}, {"sha1", sha1.New}, {"md5", md5.New}}

// algorithm is the hash function that a check names.
func (l *loader) algorithm(v tree.Value, ptr string) func() hash.Hash {
	name := l.text(v, ptr)
	var known []string
	for _, h := range hashes {
		known = append(known, h.name)
		if h.name == name {
			return h.make
		}
	}
	l.fail(ptr, "%q is no algorithm; there are %s", name, strings.Join(known, ", "))
	return nil
}

// macScheme is an HMAC.
type macScheme struct {
	hash func() hash.Hash
	key  secretKey
}

// mac compiles what every HMAC has.
func (l *loader) mac(v tree.Value, ptr string) *macScheme {
	return &macScheme{
		hash: l.algorithm(v.Get("algorithm"), ptr+"/algorithm"),
		key:  l.secretKey(v.Get("key"), ptr+"/key", `a signature needs a key, like "$Signing secret$"`),
	}
}

func compileHMAC(l *loader, v tree.Value, ptr string) check {
	m := l.mac(v, ptr)
	if s, ok := l.signature(m, v, ptr).(*signature); ok {
		return &keyedSignature{s, &m.key}
	}
	return nil
}

func (m *macScheme) make(b *Bound, _ *Callback, over []byte) (string, error) {
	key, err := m.key.value(b)
	if err != nil {
		return "", err
	}
	h := hmac.New(m.hash, []byte(key))
	h.Write(over)
	return string(h.Sum(nil)), nil
}

func (m *macScheme) needs() []int { return m.key.slots }

// digestScheme is a plain hash, which proves something only because a secret is part of what is hashed.
type digestScheme struct {
	hash func() hash.Hash
	over *over
}

func compileDigest(l *loader, v tree.Value, ptr string) check {
	d := &digestScheme{hash: l.algorithm(v.Get("algorithm"), ptr+"/algorithm")}
	c := l.signature(d, v, ptr)
	if s, ok := c.(*signature); ok {
		if d.over = s.over; len(d.over.slots) == 0 {
			l.fail(ptr+"/over", `a hash proves nothing unless a secret property is part of it, like "$Secret$$body$"`)
			return nil
		}
	}
	return c
}

func (d *digestScheme) make(b *Bound, _ *Callback, over []byte) (string, error) {
	if d.over.lacks(b) {
		return "", errNotMade
	}
	h := d.hash()
	h.Write(over)
	return string(h.Sum(nil)), nil
}

func (d *digestScheme) needs() []int { return d.over.slots }

// edScheme is Ed25519, of which the provider has the private key.
type edScheme struct{ key publicKey }

func compileEd25519(l *loader, v tree.Value, ptr string) check {
	e := &edScheme{}
	e.key = l.publicKey(v.Get("key"), ptr+"/key", edKey, `a signature needs the provider's public key, like "$Public key$"`)
	if s, ok := l.signature(e, v, ptr).(*signature); ok {
		return &keyedSignature{s, &e.key}
	}
	return nil
}

var errSignature = errors.New("it is not the signature of this request")

func (e *edScheme) holds(b *Bound, over []byte, signature string) error {
	key, err := e.key.of(b)
	if err != nil {
		return err
	}
	if !ed25519.Verify(key.(ed25519.PublicKey), over, []byte(signature)) {
		return errSignature
	}
	return nil
}

func (e *edScheme) make(_ *Bound, cb *Callback, over []byte) (string, error) {
	if cb.Signer == nil {
		return "", errNoSigner
	}
	sig, err := cb.Signer.Sign(rand.Reader, over, crypto.Hash(0))
	return string(sig), err
}

func (e *edScheme) needs() []int { return e.key.slots }

// signature compiles what every signature has: what it is over, where it stands, and how old it may be.
func (l *loader) signature(by scheme, v tree.Value, ptr string) check {
	s := &signature{scheme: by}
	if over := v.Get("over"); over.IsEmpty() {
		l.fail(ptr+"/over", `say what is signed, like "$body$"`)
	} else {
		s.over = l.over(over, ptr+"/over")
	}
	s.tolerance = l.duration(v.Get("tolerance"), ptr+"/tolerance", time.Second, 24*time.Hour)
	s.places = l.places(v, ptr, placeSignature, placeTimestamp)
	timed := uses(s.places, placeTimestamp)
	if !uses(s.places, placeSignature) {
		l.fail(ptr, `say where the signature stands, like "headers": {"X-Signature": "$signature|hex$"}`)
	}
	if s.tolerance > 0 && !timed {
		l.fail(ptr+"/tolerance", `say where the time stands, like "headers": {"X-Timestamp": "$timestamp|unix$"}`)
	}
	if s.tolerance == 0 && timed {
		l.warn(ptr, `the time is read, and without "tolerance" never looked at`)
	}
	if len(l.problems.Errors()) > 0 {
		return nil
	}
	return s
}

func (s *signature) verify(b *Bound, cb *Callback) error {
	if lack(b, s.needs()) {
		return errNotMade
	}
	values := append([]tree.Value(nil), b.base...)
	if err := times(s.places, b, cb, values, s.tolerance); err != nil {
		return err
	}
	over, err := s.over.write(b, cb)
	if err != nil {
		return err
	}
	judge, judges := s.scheme.(judge)
	var mac string
	if !judges {
		if mac, err = s.scheme.make(b, cb, over); err != nil {
			return err
		}
	}
	for i := range s.places {
		p := &s.places[i]
		if !p.read.Uses(placeSignature) {
			continue
		}
		candidates, err := p.candidates(cb, values)
		if err != nil {
			return err
		}
		holds := slices.ContainsFunc(candidates, func(c candidate) bool {
			if judges {
				v, ok := c.find(b)
				if mac = bytesOf(v); !ok || judge.holds(b, over, mac) != nil {
					return false
				}
			}
			values[placeSignature] = tree.Text(mac)
			want, err := c.wanted(values)
			return err == nil && same(want, c.text)
		})
		if !holds {
			return fmt.Errorf("the %s is not the signature of this request", &p.spot)
		}
	}
	return nil
}

// bytesOf is the bytes of what a filter decoded, or of a text.
func bytesOf(v tree.Value) string {
	if f := v.File(); f != nil {
		return string(f.Data)
	}
	return v.Text()
}

func (s *signature) sign(b *Bound, cb *Callback) error {
	if lack(b, s.needs()) {
		return errNotMade
	}
	values := append([]tree.Value(nil), b.base...)
	values[placeTimestamp] = moment(cb.Now.Truncate(time.Second))
	put := func(signed bool) error {
		for i := range s.places {
			p := &s.places[i]
			if p.read.Uses(placeSignature) != signed {
				continue
			}
			text, err := p.text(values)
			if err == nil {
				err = p.put(cb, text)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := put(false); err != nil { // what is signed may stand there
		return err
	}
	over, err := s.over.write(b, cb)
	if err != nil {
		return err
	}
	mac, err := s.scheme.make(b, cb, over)
	if err != nil {
		return err
	}
	values[placeSignature] = tree.Text(mac)
	return put(true)
}

func (s *signature) needs() []int { return s.scheme.needs() }

// lack reports whether a property has no value.
func lack(b *Bound, slots []int) bool {
	for _, slot := range slots {
		if b.base[slot].IsEmpty() {
			return true
		}
	}
	return false
}

// keyedSignature is a signature with its key.
type keyedSignature struct {
	*signature
	formed
}
