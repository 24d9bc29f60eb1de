package directory

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// NewID makes the id of an organization, a user, a number and the like: the creation time in ms and 7 random digits,
// so that programs which know the Messaging API's ids find what they expect.
func NewID(now time.Time) string {
	var b [8]byte
	rand.Read(b[:])
	return fmt.Sprintf("%d%07d", now.UnixMilli(), binary.BigEndian.Uint64(b[:])%10_000_000)
}

// NewAccountID makes an account's id: 128 random bits. It stands in every webhook URL and must not be guessed.
func NewAccountID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
