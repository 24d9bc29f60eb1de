package service

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that jwtAlgorithms name
	_ "crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// maxToken is how long a token may be: what is longer is nobody's.
const maxToken = 16 << 10

// jwtAlgorithms is the table of algorithms. Those with a public key and those with a secret are never taken by one check: a token
// could else be signed with the public key as if it were the secret.
var jwtAlgorithms = []struct {
	name   string
	hash   crypto.Hash
	public bool
}{{"HS256", crypto.SHA256, false}, {"HS384", crypto.SHA384, false}, {"HS512", crypto.SHA512, false}, {"RS256", crypto.SHA256, true}}

func algorithmNames() string {
	var names []string
	for _, a := range jwtAlgorithms {
		names = append(names, "`"+a.name+"`")
	}
	return strings.Join(names, ", ")
}

// webToken is a JSON Web Token (RFC 7519) in the compact form, which says things about the request that carries it.
type webToken struct {
	algorithms []string
	secret     secretKey  // of HS…
	public     *publicKey // of RS…, nil otherwise
	places     []place
	claims     []claim
	tolerance  time.Duration
}

// claim is one thing that a token must say.
type claim struct {
	name string
	over *over
}

func compileJWT(l *loader, v tree.Value, ptr string) check {
	t := &webToken{tolerance: time.Minute}
	public := t.compileAlgorithms(l, v.Get("algorithms"), ptr+"/algorithms")
	if public {
		key := l.publicKey(v.Get("key"), ptr+"/key", rsaKey, `a token needs the provider's public key, like "$Public key$"`)
		t.public = &key
	} else {
		t.secret = l.secretKey(v.Get("key"), ptr+"/key", `a token needs a key, like "$Signing secret$"`)
	}
	if v.Get("tolerance").Kind() != tree.Absent {
		t.tolerance = l.duration(v.Get("tolerance"), ptr+"/tolerance", time.Second, 24*time.Hour)
	}
	if t.places = l.places(v, ptr, placeToken); len(t.places) != 1 || !uses(t.places, placeToken) {
		l.fail(ptr, `say where the token stands, in one place, like "headers": {"Authorization": "Bearer $token$"}`)
	}
	if claims := v.Get("claims"); claims.Kind() != tree.Absent && l.isObject(claims, ptr+"/claims") {
		for _, m := range claims.Members() {
			at := pointer(ptr+"/claims", m.Name)
			switch m.Name {
			case "exp", "nbf", "iat":
				l.fail(at, `%s is a time, and looked at without being named; "tolerance" is for it`, m.Name)
				continue
			}
			if o := l.over(m.Value, at); o != nil {
				t.claims = append(t.claims, claim{m.Name, o})
			}
		}
	}
	if len(t.claims) == 0 {
		l.warn(ptr, `without "claims" the token says nothing about this request, so whoever has seen one can use it for another until it ends`)
	}
	if len(l.problems.Errors()) > 0 {
		return nil
	}
	return t
}

func (t *webToken) compileAlgorithms(l *loader, v tree.Value, ptr string) (public bool) {
	if v.IsEmpty() {
		l.fail(ptr, "say which algorithms are taken, like [\"HS256\"]; a token cannot say so itself. There are %s", strings.ReplaceAll(algorithmNames(), "`", ""))
	}
	kinds := map[bool]bool{}
	for i, name := range l.texts(v, ptr) {
		found := false
		for _, a := range jwtAlgorithms {
			if a.name == name {
				found, kinds[a.public] = true, true
			}
		}
		if !found {
			l.fail(pointer(ptr, i), "%q is not taken; there are %s", name, strings.ReplaceAll(algorithmNames(), "`", ""))
		}
		t.algorithms = append(t.algorithms, name)
	}
	if len(kinds) > 1 {
		l.fail(ptr, `a secret and a public key cannot be one key; make two checks in "any"`)
	}
	return kinds[true]
}

var errToken = errors.New("the token is none")

func (t *webToken) verify(b *Bound, cb *Callback) error {
	if lack(b, t.needs()) {
		return errNotMade
	}
	found, ok := t.places[0].find(b, cb, placeToken)
	if !ok {
		return fmt.Errorf("the %s has no token in it", &t.places[0].spot)
	}
	claims, err := t.open(b, found.Text())
	if err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		off  func(at time.Time) bool
	}{
		{"exp", func(at time.Time) bool { return cb.Now.After(at.Add(t.tolerance)) }},
		{"nbf", func(at time.Time) bool { return cb.Now.Before(at.Add(-t.tolerance)) }},
	} {
		at, there, err := numericDate(claims.Get(row.name))
		if err != nil || there && row.off(at) {
			return fmt.Errorf("the token's %s does not let it be used now", row.name)
		}
	}
	for i := range t.claims {
		c := &t.claims[i]
		if c.over.lacks(b) {
			continue // an integration that does not know it cannot hold the token to it
		}
		want, err := c.over.write(b, cb)
		if err != nil {
			return err
		}
		if !says(claims.Get(c.name), string(want)) {
			return fmt.Errorf("the token's %s is not that of this request", c.name)
		}
	}
	return nil
}

// says compares a claim: what is to be empty must not be said, and of a list (aud) one must be right.
func says(claim tree.Value, want string) bool {
	if claim.Kind() == tree.List {
		right := false
		for _, e := range claim.List() {
			text, scalar := e.Scalar()
			right = same(want, text) && scalar || right
		}
		return right
	}
	text, scalar := claim.Scalar()
	return same(want, text) && (scalar || claim.Kind() == tree.Absent)
}

// open checks a token's signature and gives its claims. Nothing in the token chooses how it is checked.
func (t *webToken) open(b *Bound, token string) (claims tree.Value, err error) {
	parts := strings.Split(token, ".")
	if len(token) > maxToken || len(parts) != 3 || strings.ContainsAny(token, "\r\n") { // which the decoder passes over
		return claims, errToken
	}
	header, err := tokenPart(parts[0])
	if err != nil || header.Get("crit").Kind() != tree.Absent {
		return claims, errToken
	}
	algorithm := header.Get("alg").Text()
	if !slices.Contains(t.algorithms, algorithm) {
		return claims, errors.New("the token is signed with an algorithm that is not taken")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return claims, errToken
	}
	if err := t.holds(b, algorithm, parts[0]+"."+parts[1], signature); err != nil {
		return claims, err
	}
	if claims, err = tokenPart(parts[1]); err != nil {
		return claims, errToken
	}
	return claims, nil
}

func (t *webToken) holds(b *Bound, algorithm, over string, signature []byte) error {
	for _, a := range jwtAlgorithms {
		switch {
		case a.name != algorithm:
		case a.public:
			key, err := t.public.of(b)
			if err != nil {
				return err
			}
			h := a.hash.New()
			h.Write([]byte(over))
			if rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), a.hash, h.Sum(nil), signature) == nil {
				return nil
			}
		default:
			want, err := t.mac(b, a.hash, over)
			if err != nil {
				return err
			}
			if hmac.Equal(want, signature) {
				return nil
			}
		}
	}
	return errors.New("the token's signature is not right")
}

func (t *webToken) mac(b *Bound, hash crypto.Hash, over string) ([]byte, error) {
	key, err := t.secret.value(b)
	if err != nil {
		return nil, err
	}
	h := hmac.New(hash.New, []byte(key))
	h.Write([]byte(over))
	return h.Sum(nil), nil
}

// tokenPart is one part of a token, an object: strict JSON, in which no member stands twice.
func tokenPart(s string) (tree.Value, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return tree.Value{}, errToken
	}
	v, problem := document(raw)
	if problem != nil || v.Kind() != tree.Object {
		return tree.Value{}, errToken
	}
	return v, nil
}

// numericDate is a time of a token: seconds since 1970, whole or not.
func numericDate(v tree.Value) (at time.Time, there bool, err error) {
	if v.Kind() == tree.Absent {
		return at, false, nil
	}
	seconds, err := strconv.ParseFloat(v.Text(), 64)
	if v.Kind() != tree.Number || err != nil || seconds < 0 || seconds > 1e11 {
		return at, true, errToken
	}
	return time.UnixMilli(int64(seconds * 1000)), true, nil
}

func (t *webToken) sign(b *Bound, cb *Callback) error {
	if lack(b, t.needs()) {
		return errNotMade
	}
	second := func(at time.Time) tree.Value { return tree.Digits(strconv.FormatInt(at.Unix(), 10)) }
	claims := []tree.Member{
		{Name: "iat", Value: second(cb.Now)}, {Name: "nbf", Value: second(cb.Now)}, {Name: "exp", Value: second(cb.Now.Add(time.Minute))},
	}
	for i := range t.claims {
		if t.claims[i].over.lacks(b) {
			continue
		}
		text, err := t.claims[i].over.write(b, cb)
		if err != nil {
			return err
		}
		if len(text) > 0 {
			claims = append(claims, tree.Member{Name: t.claims[i].name, Value: tree.Text(string(text))})
		}
	}
	encode := func(members ...tree.Member) string {
		return base64.RawURLEncoding.EncodeToString(wire.AppendJSON(nil, tree.ObjectOf(members...)))
	}
	over := encode(tree.Member{Name: "alg", Value: tree.Text(t.algorithms[0])}, tree.Member{Name: "typ", Value: tree.Text("JWT")}) + "." + encode(claims...)
	signature, err := t.make(b, cb, over)
	if err != nil {
		return err
	}
	values := append([]tree.Value(nil), b.base...)
	values[placeToken] = tree.Text(over + "." + base64.RawURLEncoding.EncodeToString(signature))
	text, err := t.places[0].text(values)
	if err != nil {
		return err
	}
	return t.places[0].put(cb, text)
}

func (t *webToken) make(b *Bound, cb *Callback, over string) ([]byte, error) {
	for _, a := range jwtAlgorithms {
		switch {
		case a.name != t.algorithms[0]:
		case !a.public:
			return t.mac(b, a.hash, over)
		case cb.Signer == nil:
			return nil, errNoSigner
		default:
			h := a.hash.New()
			h.Write([]byte(over))
			return cb.Signer.Sign(rand.Reader, h.Sum(nil), a.hash)
		}
	}
	return nil, errToken
}

func (t *webToken) needs() []int {
	if t.public != nil {
		return t.public.slots
	}
	return t.secret.slots
}

func (t *webToken) fits(b *Bound) (int, error) {
	if t.public == nil {
		return t.secret.fits(b)
	}
	return t.public.fits(b)
}

func (t *webToken) examples(give func(slot int, value string, private crypto.Signer)) {
	if t.public != nil {
		t.public.examples(give)
	} else {
		t.secret.examples(give)
	}
}
