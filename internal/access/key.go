package access

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// keyPrefix makes a key that leaked into a log or a repository easy to recognise.
const keyPrefix = "pbk_"

// NewKey is a fresh API key of at least 128 random bits. It is shown once; only its hash is kept.
func NewKey() string { return keyPrefix + strings.ToLower(rand.Text()) }

// Hash is what is kept of a key. A key is random and long, so one SHA-256 is enough: there is nothing to guess from a dictionary.
func Hash(key string) [32]byte { return sha256.Sum256([]byte(key)) }

// Hint is the beginning of a key, by which its owner recognises it in a list: never more than a third of it.
func Hint(key string) string {
	n := min(len(keyPrefix)+4, len(key)/3)
	return key[:n] + "…"
}

// Bearer is the key of an Authorization header, or "". The scheme's name is compared without case (RFC 9110 §11.1).
func Bearer(header string) string {
	scheme, key, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}
