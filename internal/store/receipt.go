package store

import (
	"slices"
	"strings"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/message"
)

// keepParked is how long a receipt waits for the message that it is about.
const keepParked = 72 * time.Hour

var (
	qRefs = sqlText("messages of a provider id", `SELECT message, status, rank FROM message_refs WHERE integration_id = $1 AND ref = $2`)
	qRef  = sqlText("provider id", `SELECT status, rank FROM message_refs WHERE integration_id = $1 AND ref = $2 AND message = $3`)

	qRaiseRef = sqlText("raise provider id", `UPDATE message_refs SET status = $4, rank = $5
		WHERE integration_id = $1 AND ref = $2 AND message = $3 AND rank < $5`)
	qRefsOf = sqlText("provider ids of a message", `SELECT refs FROM messages WHERE seq = $1`)

	qPark = sqlText("park receipt", `INSERT INTO receipts (parcel, integration_id, ref, status, error_code, error_text, at, parked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	qParked = sqlText("parked receipts", `SELECT parcel, status, error_code, error_text, at FROM receipts
		WHERE integration_id = $1 AND ref = $2 ORDER BY seq`)
	qUnpark = sqlText("unpark", `DELETE FROM receipts WHERE parcel = $1`)
)

// applyReceipt moves the message that a receipt is about or, while nobody knows the provider's id, parks it.
func applyReceipt(t *tx, rc *message.Receipt, parcel string, now time.Time) error {
	switch rc.Status {
	case message.Sent, message.Failed, message.Delivered, message.Read:
	default:
		return nil // not a provider's to say
	}
	at, ref := rc.At, named(rc.Ref)
	if at.IsZero() {
		at = now
	}
	if rc.ID != "" {
		m, err := oneMessage(t, qMessageByID, rc.ID, rc.AccountID)
		if err != nil {
			return err
		}
		if m != nil && m.Direction == message.Outbound && slices.Contains(rc.IntegrationIDs, m.IntegrationID) {
			return raiseWhole(t, m, rc, at)
		}
		if m != nil && m.Direction == message.Outbound {
			// One that was given another way, because this provider had not taken it. That it failed there is known; anything better is news.
			if here, err := carried(t, m, rc.IntegrationIDs); err != nil {
				return err
			} else if here && rc.Status == message.Failed && m.waiting != idle {
				_, err := t.exec(qAppendHistory, m.seq, historyLine(rc.Status, at, rc.ErrorCode, rc.ErrorText, true))
				return err
			} else if here {
				return raiseWhole(t, m, rc, at)
			}
		}
	}
	if ref == "" {
		return nil
	}
	matched := false
	for _, id := range rc.IntegrationIDs {
		one, err := receiptOfRef(t, id, ref, rc.Status, rc.ErrorCode, rc.ErrorText, at, now)
		if err != nil {
			return err
		}
		matched = matched || one
	}
	if matched || failpoint.Bug("park") {
		return nil
	}
	// A receipt can overtake the answer to our own request: it waits for it.
	for _, id := range rc.IntegrationIDs {
		if _, err := t.exec(qPark, parcel, id, ref, string(rc.Status), rc.ErrorCode, rc.ErrorText, micros(at), micros(now)); err != nil {
			return err
		}
	}
	return nil
}

// raiseWhole applies a receipt that names our own id, so the whole message. Of one that the provider does not have whole
// yet it can only say that it failed.
func raiseWhole(t *tx, m *stored, rc *message.Receipt, at time.Time) error {
	if m.Parts > 1 && m.Part < m.Parts && rc.Status != message.Failed {
		_, err := t.exec(qAppendHistory, m.seq, t.said(rc.Status, at, rc.ErrorCode, rc.ErrorText, true))
		return err
	}
	return raise(t, m, rc.Status, rc.ErrorCode, rc.ErrorText, at)
}

// receiptOfRef applies a receipt to every message of the integration that has this provider id.
func receiptOfRef(t *tx, integrationID, ref string, status message.Status, code, text string, at, now time.Time) (matched bool, err error) {
	type target struct {
		seq  int64
		rank int64
	}
	var targets []target
	if err := t.each(qRefs, func(r *row) error {
		v := target{seq: r.int()}
		r.text()
		v.rank = r.int()
		targets = append(targets, v)
		return nil
	}, integrationID, ref); err != nil {
		return false, err
	}
	for _, v := range targets {
		if _, err := t.exec(qRaiseRef, integrationID, ref, v.seq, string(status), status.Rank()); err != nil {
			return false, err
		}
		m, err := oneMessage(t, qMessageBySeq, v.seq)
		if err != nil {
			return false, err
		}
		if m == nil {
			continue
		}
		matched = true
		refs, err := refsOf(t, v.seq)
		if err != nil {
			return false, err
		}
		switch {
		case status == message.Failed && v.rank <= int64(message.Failed.Rank()), m.Parts <= 1 && len(refs) <= 1:
			// One part that failed for good fails the message; the only part speaks for it.
			err = raise(t, m, status, code, text, at)
		default:
			err = sumUp(t, v.seq, at)
		}
		if err != nil {
			return false, err
		}
	}
	return matched, nil
}

func refsOf(t *tx, seq int64) (refs []string, err error) {
	_, err = one(t, qRefsOf, func(r *row) error {
		refs, err = readRefs(r.text())
		return err
	}, seq)
	return refs, err
}

// sumUp gives a message of several provider ids the lowest status that they have, once the provider has all of its parts.
func sumUp(t *tx, seq int64, at time.Time) error {
	m, err := oneMessage(t, qMessageBySeq, seq)
	if err != nil || m == nil || m.Part < m.Parts {
		return err
	}
	refs, err := refsOf(t, seq)
	if err != nil || len(refs) == 0 {
		return err
	}
	lowest := message.Read
	for _, ref := range refs {
		status := message.Sent
		if _, err := one(t, qRef, func(r *row) error { status = message.Status(r.text()); return nil }, m.IntegrationID, ref, seq); err != nil {
			return err
		}
		if status.Rank() < lowest.Rank() {
			lowest = status
		}
	}
	if !m.Status.MayBecome(lowest) {
		return nil // nothing new
	}
	return raise(t, m, lowest, "", "", at)
}

// claimParked applies the receipts that came before the provider's id was known.
func claimParked(t *tx, integrationID, ref string, now time.Time) error {
	type parked struct {
		parcel     string
		status     message.Status
		code, text string
		at         time.Time
	}
	var list []parked
	if err := t.each(qParked, func(r *row) error {
		list = append(list, parked{r.text(), message.Status(r.text()), r.text(), r.text(), r.time()})
		return nil
	}, integrationID, ref); err != nil {
		return err
	}
	defer func(by string) { t.callback = by }(t.callback)
	for _, p := range list {
		t.callback, _, _ = strings.Cut(p.parcel, "/")
		if _, err := receiptOfRef(t, integrationID, ref, p.status, p.code, p.text, p.at, now); err != nil {
			return err
		}
		if _, err := t.exec(qUnpark, p.parcel); err != nil {
			return err
		}
	}
	return nil
}
