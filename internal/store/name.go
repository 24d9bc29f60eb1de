package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	nameMax  = 512 // bytes of what an index holds: PostgreSQL's have room for 2,700 of all columns together
	nameKept = 400
)

// named bounds what strangers call things by: ids, senders, references. Nobody's are as long; one that is stays told from others.
func named(s string) string {
	if len(s) <= nameMax {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:nameKept], "") + "…" + hex.EncodeToString(sum[:])
}
