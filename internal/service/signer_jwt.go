package service

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/tree"
	"patchbay/internal/wire"
)

// jwtSigner makes a JSON Web Token (RFC 7519) for each request, with the private half of what the check of that name has.
type jwtSigner struct {
	algorithm string
	hash      crypto.Hash
	rsa       bool
	secret    secretKey  // of HS…
	private   secretText // of RS…
	keyID     *over      // nil: none
	claims    *over      // nil: none but the times and the id
	ownID     bool       // claims have a jti
	lifetime  time.Duration
	added     []added
}

func compileJWTSigner(l *loader, a *auth, v tree.Value) {
	ptr := a.pointer
	s := &jwtSigner{algorithm: l.text(v.Get("algorithm"), ptr+"/algorithm"), lifetime: 5 * time.Minute}
	for _, alg := range jwtAlgorithms {
		if alg.name == s.algorithm {
			s.hash, s.rsa = alg.hash, alg.public
		}
	}
	if s.hash == 0 {
		l.fail(ptr+"/algorithm", "%q is no algorithm; there are %s", s.algorithm, strings.ReplaceAll(algorithmNames(), "`", ""))
	}
	if s.rsa {
		s.private = l.secretText(v.Get("key"), ptr+"/key", `a token needs a private key, like "$Private key$"`)
		if s.private.pattern != nil && len(s.private.slots) == 0 {
			if _, err := parsePrivateKey(v.Get("key").Text()); err != nil {
				l.fail(ptr+"/key", "%v", err)
			}
		}
	} else {
		s.secret = l.secretKey(v.Get("key"), ptr+"/key", `a token needs a key, like "$API secret$"`)
	}
	if id := v.Get("key_id"); id.Kind() != tree.Absent {
		s.keyID = l.over(id, ptr+"/key_id")
	}
	if v.Get("lifetime").Kind() != tree.Absent {
		s.lifetime = l.duration(v.Get("lifetime"), ptr+"/lifetime", time.Second, 24*time.Hour)
	}
	if claims := v.Get("claims"); claims.Kind() != tree.Absent && l.isObject(claims, ptr+"/claims") {
		for _, m := range claims.Members() {
			switch m.Name {
			case "exp", "nbf", "iat":
				l.fail(pointer(ptr+"/claims", m.Name), `%s is a time, and written without being named; "lifetime" is for it`, m.Name)
			case "jti":
				s.ownID = true
			}
		}
		s.claims = l.overTree(claims, ptr+"/claims", timestampVar, uuidVar)
	}
	if v.Get("headers").Kind() == tree.Absent && v.Get("query").Kind() == tree.Absent {
		v = tree.ObjectOf(tree.Member{Name: "headers", Value: tree.ObjectOf(tree.Member{Name: "Authorization", Value: tree.Text("Bearer $token$")})})
	}
	if s.added = l.added(v, ptr, tokenVar); !proves(s.added) {
		l.fail(ptr, `say where the token goes, like "headers": {"Authorization": "Bearer $token$"}, which is the default`)
	}
	a.signer = s
}

func (s *jwtSigner) sign(b *Bound, r *wire.Request, at Attempt) error {
	cb := leaving(r, at)
	if err := put(s.added, b, cb, at, tree.Value{}); err != nil {
		return err
	}
	token, err := s.token(b, cb, at)
	if err != nil {
		return err
	}
	if err := put(s.added, b, cb, at, tree.Text(token)); err != nil {
		return err
	}
	*r = cb.Request
	r.Secrets = append(r.Secrets, token) // for its lifetime it opens the door to whoever has it
	return nil
}

func (s *jwtSigner) token(b *Bound, cb *Callback, at Attempt) (string, error) {
	head := []tree.Member{{Name: "alg", Value: tree.Text(s.algorithm)}, {Name: "typ", Value: tree.Text("JWT")}}
	if s.keyID != nil {
		id, err := s.keyID.write(b, cb)
		if err != nil {
			return "", err
		}
		if len(id) > 0 {
			head = append(head, tree.Member{Name: "kid", Value: tree.Text(string(id))})
		}
	}
	second := func(at time.Time) tree.Value { return tree.Digits(strconv.FormatInt(at.Unix(), 10)) }
	var claims []tree.Member
	if s.claims != nil {
		in, err := s.claims.input(b, cb, stamps(at))
		if err != nil {
			return "", err
		}
		v, err := s.claims.pattern.Write(in)
		if err != nil {
			return "", err
		}
		claims = append(claims, v.Members()...)
	}
	claims = append(claims, tree.Member{Name: "iat", Value: second(at.Now)}, tree.Member{Name: "exp", Value: second(at.Now.Add(s.lifetime))})
	if !s.ownID && at.UUID != "" {
		claims = append(claims, tree.Member{Name: "jti", Value: tree.Text(at.UUID)})
	}
	over := tokenText(head) + "." + tokenText(claims)
	signature, err := s.make(b, over)
	return over + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// tokenText is one part of a token.
func tokenText(members []tree.Member) string {
	return base64.RawURLEncoding.EncodeToString(wire.AppendJSON(nil, tree.ObjectOf(members...)))
}

func (s *jwtSigner) make(b *Bound, over string) ([]byte, error) {
	if !s.rsa {
		return (&webToken{secret: s.secret}).mac(b, s.hash, over)
	}
	if b.private == nil {
		return nil, errors.New("its private key has no value")
	}
	h := s.hash.New()
	h.Write([]byte(over))
	return b.private.Sign(rand.Reader, h.Sum(nil), s.hash)
}

// fits reads the private key once, when an integration gets its values.
func (s *jwtSigner) fits(b *Bound) (slot int, err error) {
	if !s.rsa {
		return s.secret.fits(b)
	}
	text, err := s.private.value(b)
	if err == nil {
		var key *rsa.PrivateKey
		if key, err = parsePrivateKey(text); err == nil {
			b.private = key
		}
	}
	if len(s.private.slots) > 0 {
		slot = s.private.slots[0]
	}
	return slot, err
}

// examples gives tests inside files that leave the property out a private key that is the same everywhere, so that they can say the whole
// token. It opens nothing.
func (s *jwtSigner) examples(give func(slot int, value string, private crypto.Signer)) {
	if !s.rsa {
		s.secret.examples(give)
		return
	}
	for _, slot := range s.private.slots {
		give(slot, testPrivateKey, nil)
	}
}

var errPrivateKey = errors.New("this must be an RSA private key in PEM, as the provider gave it (-----BEGIN PRIVATE KEY-----)")

// parsePrivateKey reads an RSA key as PKCS #8 or PKCS #1, in PEM or in the base64 inside it.
func parsePrivateKey(text string) (*rsa.PrivateKey, error) {
	text = strings.ReplaceAll(text, `\n`, "\n")
	var der []byte
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der = block.Bytes
	} else {
		// What a form field made of the lines.
		body := text
		if _, after, ok := strings.Cut(text, "-----BEGIN "); ok {
			_, after, _ = strings.Cut(after, "-----")
			body, _, _ = strings.Cut(after, "-----END")
		}
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
		if err != nil {
			return nil, errPrivateKey
		}
		der = raw
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if k, ok := key.(*rsa.PrivateKey); ok {
			return k, nil
		}
		return nil, errPrivateKey
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	return nil, errPrivateKey
}
