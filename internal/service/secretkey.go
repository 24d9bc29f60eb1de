package service

import (
	"crypto"
	"errors"
	"fmt"
	"strings"

	"patchbay/internal/tree"
)

// secretKey is the key of a signature. Its filters name the form in which the provider shows the secret, so they are read: $Secret|base64$
// is the bytes that the base64 of the property stands for. A chain with a digest, which nothing reads, is written as everywhere.
type secretKey struct {
	secretText
	forms string // the text, when it has filters
}

func (l *loader) secretKey(v tree.Value, ptr, what string) secretKey {
	k := secretKey{secretText: l.secretOf(v, ptr, what, l.names.keyScope())}
	if strings.Contains(v.Text(), "|") {
		k.forms = v.Text()
	}
	return k
}

// fits says which property has a value that is not of the form that the file says.
func (k *secretKey) fits(b *Bound) (slot int, err error) {
	if _, err = k.value(b); err == nil || errors.Is(err, errNotMade) || len(k.slots) == 0 {
		return 0, err
	}
	return k.slots[0], fmt.Errorf("this must have the form %s, as the provider shows it", k.forms)
}

// exampleKey is hexadecimal, and base64 too.
const exampleKey = "74657374"

func (k *secretKey) examples(give func(slot int, value string, private crypto.Signer)) {
	if k.forms == "" {
		return
	}
	for _, slot := range k.slots {
		give(slot, exampleKey, nil)
	}
}
