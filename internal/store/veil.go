package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"patchbay/internal/secret"
)

// veil hides the numbers of contacts who were erased. A STOP must hold for ever, so that something has to stay by which the contact is known
// when they come up again: a digest of the number, keyed with what is not in the database, since there are too few numbers for a plain one
// to hide any.
type veil []byte

// Every digest begins with the one, and sorts before the other. No contact does.
const (
	veilPrefix = "erased:"
	veilEnd    = "erased;"
)

// newVeil is the oldest key's: it stays when a new one comes first.
func newVeil(b *secret.Box) veil {
	if b == nil { // `patchbay verify`, which asks for nobody
		return nil
	}
	keys := b.Derive("erased contacts")
	return keys[len(keys)-1]
}

// of is what stands for a contact of an organization.
func (v veil) of(orgID, contact string) string {
	h := hmac.New(sha256.New, v)
	h.Write([]byte(orgID))
	h.Write([]byte{0})
	h.Write([]byte(contact))
	return veilPrefix + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

var (
	qVeil = sqlText("veil an opt-out", `UPDATE optouts SET contact = $3 WHERE org_id = $1 AND contact = $2
		AND NOT EXISTS (SELECT 1 FROM optouts o WHERE o.org_id = $1 AND o.contact = $3 AND o.number = optouts.number)`)
	qVeiled     = sqlText("veiled", `SELECT 1 FROM optouts WHERE org_id = $1 AND contact = $2`)
	qVeilRest   = sqlText("drop what is veiled already", `DELETE FROM optouts WHERE org_id = $1 AND contact = $2`)
	qVeilEvents = sqlText("veil opt-out events", `UPDATE optout_events SET contact = $3 WHERE org_id = $1 AND contact = $2`)
)

// hide puts the digest in the place of a contact on the opt-out list and in its record.
func hide(t *tx, orgID, contact string) error {
	return exchange(t, orgID, contact, t.veil.of(orgID, contact))
}

// unveil puts a contact in the place of their digest: they are known again.
func unveil(t *tx, orgID, contact string) error {
	digest := t.veil.of(orgID, contact)
	if known, err := one(t, qVeiled, func(*row) error { return nil }, orgID, digest); err != nil || !known {
		return err
	}
	return exchange(t, orgID, digest, contact)
}

func exchange(t *tx, orgID, from, to string) error {
	for _, q := range []*query{qVeil, qVeilEvents} {
		if _, err := t.exec(q, orgID, from, to); err != nil {
			return err
		}
	}
	_, err := t.exec(qVeilRest, orgID, from)
	return err
}
