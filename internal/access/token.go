package access

import (
	"crypto/rand"
	"encoding/base64"
)

// NewToken is what a sign-in's cookie or a one-time link holds: 256 random bits. Only its hash is kept.
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// WelcomePath is the page that a one-time link opens. The token stands behind #, which browsers send to nobody: it is in no log.
const WelcomePath = "/welcome"

// Link is a one-time link as a person opens it.
func Link(publicURL, token string) string { return publicURL + WelcomePath + "#" + token }
