package message

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// NewID makes a message's id: a UUID that begins with the time, so that ids made later sort later.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// NewConversationID makes a conversation's id: the time in ms and 18 random hex digits.
func NewConversationID(now time.Time) string {
	var b [9]byte
	rand.Read(b[:])
	return strconv.FormatInt(now.UnixMilli(), 10) + "-" + hex.EncodeToString(b[:])
}
