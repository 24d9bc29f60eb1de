package service

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"patchbay/internal/tree"
)

// keyKind is a kind of public key.
type keyKind struct {
	name string
	is   func(crypto.PublicKey) bool
	// pair makes a key pair, for the tests inside a file that leave the property out.
	pair func() (crypto.Signer, error)
}

var (
	edKey = &keyKind{"an Ed25519 public key",
		func(k crypto.PublicKey) bool { _, ok := k.(ed25519.PublicKey); return ok },
		sync.OnceValues(func() (crypto.Signer, error) {
			_, private, err := ed25519.GenerateKey(rand.Reader)
			return private, err
		})}
	rsaKey = &keyKind{"an RSA public key",
		func(k crypto.PublicKey) bool { _, ok := k.(*rsa.PublicKey); return ok },
		sync.OnceValues(func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) })}
)

// publicKey is a key of the provider's: a text of properties that is read once, when an integration gets its values.
type publicKey struct {
	secretText
	kind *keyKind
}

var (
	errNoSigner = errors.New("it is signed with the provider's private key, which is not here")
	errKeyForm  = errors.New("is not of that form")
)

func (l *loader) publicKey(v tree.Value, ptr string, kind *keyKind, what string) publicKey {
	k := publicKey{kind: kind}
	if v.Kind() == tree.Absent {
		l.fail(ptr, "%s", what)
		return k
	}
	if k.pattern = l.pattern(tree.Text(l.text(v, ptr)), ptr, l.names.textScope()); k.pattern == nil {
		return k
	}
	if k.slots = k.pattern.Slots(); len(k.slots) == 0 {
		if err := k.check(v.Text()); err != nil {
			l.fail(ptr, "%v", err)
		}
	}
	return k
}

// check says what is wrong with the text of a key.
func (k *publicKey) check(text string) error {
	_, err := k.parse(text)
	return err
}

func (k *publicKey) parse(text string) (crypto.PublicKey, error) {
	key, err := parsePublicKey(text)
	if err != nil || !k.kind.is(key) {
		return nil, fmt.Errorf("this must be %s: base64, hexadecimal or PEM, as the provider shows it", k.kind.name)
	}
	return key, nil
}

// of is the key with an integration's values.
func (k *publicKey) of(b *Bound) (crypto.PublicKey, error) {
	text, err := k.value(b)
	if err != nil {
		return nil, err
	}
	if known := b.keys[text]; known != nil && k.kind.is(known) {
		return known, nil
	}
	return k.parse(text)
}

// fits reads the key once, and says what is wrong with it.
func (k *publicKey) fits(b *Bound) (slot int, err error) {
	text, err := k.value(b)
	if err != nil || len(k.slots) == 0 {
		return 0, err
	}
	key, err := k.parse(text)
	if err == nil {
		b.keys[text] = key
	}
	return k.slots[0], err
}

func (k *publicKey) examples(give func(slot int, value string, private crypto.Signer)) {
	private, err := k.kind.pair()
	if err != nil {
		return
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return
	}
	for _, slot := range k.slots {
		give(slot, base64.StdEncoding.EncodeToString(der), private)
	}
}

// parsePublicKey reads the spellings in which providers show their keys: the 32 bytes of an Ed25519 key in base64 or hexadecimal, or
// any key as DER in base64, with the lines of PEM around it or without.
func parsePublicKey(text string) (crypto.PublicKey, error) {
	body := text
	if _, after, ok := strings.Cut(text, "-----BEGIN "); ok {
		_, after, _ = strings.Cut(after, "-----")
		body, _, _ = strings.Cut(after, "-----END")
	}
	body = strings.Join(strings.Fields(strings.ReplaceAll(body, `\n`, " ")), "")
	if len(body) == hex.EncodedLen(ed25519.PublicKeySize) {
		if raw, err := hex.DecodeString(body); err == nil {
			return ed25519.PublicKey(raw), nil
		}
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(body), "="))
	if err != nil {
		return nil, errKeyForm
	}
	if len(raw) == ed25519.PublicKeySize {
		return ed25519.PublicKey(raw), nil
	}
	if key, err := x509.ParsePKIXPublicKey(raw); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PublicKey(raw); err == nil {
		return key, nil
	}
	if cert, err := x509.ParseCertificate(raw); err == nil {
		return cert.PublicKey, nil
	}
	return nil, errKeyForm
}
