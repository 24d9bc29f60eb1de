package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"patchbay/internal/fault"
)

// What a hash costs: argon2id with 19 MiB and two passes, the first of OWASP's equivalent choices. Other figures here change no
// password that is kept: each is hashed anew the next time that it is typed.
const (
	hashMemory = 19 << 10 // KiB
	hashPasses = 2
	hashLanes  = 1
	saltBytes  = 16
	hashBytes  = 32
)

// hashesAtOnce bounds the memory that passwords take, whoever asks.
const hashesAtOnce = 2

// What people may choose. PasswordMax, in bytes, holds for programs too: it is what a request may cost, far above what anybody types.
const (
	passwordMin = 10
	PasswordMax = 512
)

// Passwords makes and checks hashes, a few at a time; who comes while they are busy waits.
type Passwords struct {
	turns chan struct{}
	none  string // the hash of no password
}

// NewPasswords is ready to use.
func NewPasswords() *Passwords {
	return &Passwords{turns: make(chan struct{}, hashesAtOnce), none: written(random(saltBytes), random(hashBytes))}
}

// Acceptable says what is wrong with a password that a person chooses. names are what everybody knows of them.
func Acceptable(password, field string, names ...string) error {
	seen := map[rune]bool{}
	for _, r := range password {
		seen[r] = true
	}
	n := utf8.RuneCountInString(password)
	switch {
	case n < passwordMin:
		return fault.New(fault.Invalid, field, "has %d characters; choose at least %d, such as three or four words", n, passwordMin)
	case len(password) > PasswordMax:
		return fault.New(fault.Invalid, field, "has %d bytes; at most %d are taken", len(password), PasswordMax)
	case len(seen) < 5:
		return fault.New(fault.Invalid, field, "repeats too few characters; choose something that nobody guesses")
	}
	for _, name := range names {
		if name != "" && strings.EqualFold(name, password) {
			return fault.New(fault.Invalid, field, "is your name; choose something that nobody guesses")
		}
	}
	return nil
}

// Hash is what is kept of a password.
func (p *Passwords) Hash(ctx context.Context, password string) (hash string, err error) {
	err = p.inTurn(ctx, func() { hash = hashPassword(password) })
	return hash, err
}

// Check compares a password with a hash that is kept. With no hash it does the same work and says no, so that time does not tell who exists.
// stale is a right password whose hash was made with other figures than today's.
func (p *Passwords) Check(ctx context.Context, hash, password string) (right, stale bool, err error) {
	if len(password) > PasswordMax {
		password, hash = password[:PasswordMax], ""
	}
	there := hash != ""
	err = p.inTurn(ctx, func() {
		if !there {
			hash = p.none
		}
		right, stale = checkPassword(hash, password)
	})
	return right && there && err == nil, stale, err
}

// inTurn does work when there is room for it.
func (p *Passwords) inTurn(ctx context.Context, work func()) error {
	select {
	case p.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turns }()
	work()
	return nil
}

// typed is a password's bytes. The same letter can be typed in more than one way (é as one character or as two).
func typed(password string) []byte { return norm.NFC.Bytes([]byte(password)) }

var phc = base64.RawStdEncoding

// hashPassword is what is kept of a password: the hash with its figures, as a PHC string.
func hashPassword(password string) string {
	salt := random(saltBytes)
	return written(salt, argon2.IDKey(typed(password), salt, hashPasses, hashMemory, hashLanes, hashBytes))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func written(salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashLanes, phc.EncodeToString(salt), phc.EncodeToString(sum))
}

func checkPassword(hash, password string) (right, stale bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false
	}
	var version, memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil || version != argon2.Version || passes == 0 || lanes == 0 {
		return false, false
	}
	salt, err := phc.DecodeString(parts[4])
	if err != nil {
		return false, false
	}
	sum, err := phc.DecodeString(parts[5])
	if err != nil || len(sum) == 0 {
		return false, false
	}
	got := argon2.IDKey(typed(password), salt, passes, memory, lanes, uint32(len(sum)))
	right = subtle.ConstantTimeCompare(got, sum) == 1
	return right, right && (memory != hashMemory || passes != hashPasses || lanes != hashLanes || len(sum) != hashBytes)
}
