package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// A sealed value is: version (1 byte) | key id (4) | nonce (12) | ciphertext and tag.
const (
	sealVersion = 1
	keySize     = 32
	keyIDSize   = 4
	nonceSize   = 12
	headSize    = 1 + keyIDSize + nonceSize
)

var (
	// ErrWrongKey says that a value was sealed with a key that this box does not hold.
	ErrWrongKey = errors.New("sealed with another key")
	// ErrUnsealable says that a value was changed, cut, or belongs to another place than the one named.
	ErrUnsealable = errors.New("cannot be opened: changed, or sealed for another place")
)

// Box seals values with AES-256-GCM. It holds one key or, during a rotation, several: the newest seals, all open.
type Box struct {
	keys []boxKey // newest first
}

type boxKey struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
	raw  [keySize]byte
}

// NewBox holds keys of 32 bytes each, newest first.
func NewBox(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("a box needs a key")
	}
	b := &Box{}
	for _, raw := range keys {
		if len(raw) != keySize {
			return nil, fmt.Errorf("a key has %d bytes, not %d", keySize, len(raw))
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		k := boxKey{raw: [keySize]byte(raw)}
		if k.aead, err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
		// The id comes from the key itself, so a key cannot be mistaken for another by being listed in its place.
		k.id = [keyIDSize]byte(derive(raw, "key id", keyIDSize))
		b.keys = append(b.keys, k)
	}
	return b, nil
}

// Seal hides plain and binds it to the place it is for: only Open with the same place gives it back, so that a value moved
// to another row is worthless there.
func (b *Box) Seal(plain []byte, place string) []byte {
	k := b.keys[0]
	out := make([]byte, headSize, headSize+len(plain)+k.aead.Overhead())
	out[0] = sealVersion
	copy(out[1:], k.id[:])
	nonce := out[1+keyIDSize : headSize]
	_, _ = rand.Read(nonce) // never fails: crypto/rand
	return k.aead.Seal(out, nonce, plain, bound(out[:1+keyIDSize], place))
}

// Open gives back what was sealed for place.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	if len(sealed) < headSize || sealed[0] != sealVersion {
		return nil, ErrUnsealable
	}
	for _, k := range b.keys {
		if k.id != [keyIDSize]byte(sealed[1:]) {
			continue
		}
		plain, err := k.aead.Open(nil, sealed[1+keyIDSize:headSize], sealed[headSize:], bound(sealed[:1+keyIDSize], place))
		if err != nil {
			return nil, ErrUnsealable
		}
		return plain, nil
	}
	return nil, ErrWrongKey
}

// IsCurrent reports whether the newest key sealed it. During a rotation everything else is opened and sealed again.
func (b *Box) IsCurrent(sealed []byte) bool {
	return len(sealed) >= headSize && sealed[0] == sealVersion && b.keys[0].id == [keyIDSize]byte(sealed[1:])
}

const checkPlace, checkText = "patchbay check value", "the key fits"

// Check is a value to keep beside what the box seals, so that Verify finds a wrong key at start and not at the first send.
func (b *Box) Check() []byte { return b.Seal([]byte(checkText), checkPlace) }

// Verify reports whether this box made the check value, or holds the key that did.
func (b *Box) Verify(check []byte) error {
	plain, err := b.Open(check, checkPlace)
	if err == nil && string(plain) != checkText {
		err = ErrUnsealable
	}
	if err != nil {
		return fmt.Errorf("the key file does not fit this database: bring back the key file that belongs to it: %w", err)
	}
	return nil
}

// Derive makes a key of 32 bytes for another purpose from each key, newest first: sign with the first, accept any.
func (b *Box) Derive(purpose string) [][]byte {
	var out [][]byte
	for _, k := range b.keys {
		out = append(out, derive(k.raw[:], "for "+purpose, 32))
	}
	return out
}

func derive(key []byte, purpose string, n int) []byte {
	out, err := hkdf.Key(sha256.New, key, nil, "patchbay "+purpose, n)
	if err != nil {
		panic(err) // only for lengths that no caller asks for
	}
	return out
}

// bound is what a sealed value is authenticated with: its own head, then the place.
func bound(head []byte, place string) []byte {
	return append(append(make([]byte, 0, len(head)+len(place)), head...), place...)
}
