package store

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// confirmMax is how many addresses of one integration may wait to be called; confirmAgain is how soon one that failed for good may begin
// anew. Providers ask once, and again now and then until they are answered.
const (
	confirmMax   = 20
	confirmAgain = time.Hour
)

// urlMax is how long an address may be that is called: it is in an index.
const urlMax = 2000

const confirmationColumns = `id, account_id, org_id, integration_id, service_id, service_version, url, tries`

var (
	qPendingOf        = sqlText("pending confirmations", `SELECT COUNT(*) FROM confirmations WHERE integration_id = $1 AND state = 'pending'`)
	qKeepConfirmation = sqlText("keep confirmation", `INSERT INTO confirmations
		(id, account_id, org_id, integration_id, service_id, service_version, url, state, reason, tries, due_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', '', 0, $8, $8)
		ON CONFLICT (integration_id, url) DO UPDATE SET state = 'pending', reason = '', tries = 0, due_at = excluded.due_at
		WHERE confirmations.state = 'failed' AND confirmations.due_at < $9`)
	qDueConfirmation = sqlText("due confirmation", `SELECT 1 FROM confirmations WHERE state = 'pending' AND due_at <= $1 LIMIT 1`)
	// Begun before the call, so that a crash cannot make the calls endless; until the lease ends it is nobody else's.
	qClaimConfirmations = sqlText("claim confirmations", `UPDATE confirmations SET tries = tries + 1, due_at = $2
		WHERE id IN (SELECT id FROM confirmations WHERE state = 'pending' AND due_at <= $1 ORDER BY due_at LIMIT $3)
		AND state = 'pending' AND due_at <= $1 RETURNING `+confirmationColumns)
	qRetryConfirmation = sqlText("retry confirmation", `UPDATE confirmations SET due_at = $2, reason = $3 WHERE id = $1 AND state = 'pending'`)
	qEndConfirmation   = sqlText("end confirmation", `UPDATE confirmations SET state = $2, reason = $3, due_at = $4 WHERE id = $1 AND state = 'pending'`)
)

// keepConfirmation keeps an address to call, unless it was called, is about to be, or too many are.
func keepConfirmation(t *tx, account string, c *message.Confirmation, now time.Time) error {
	if n, err := count(t, qPendingOf, c.IntegrationID); err != nil || n >= confirmMax {
		return err
	}
	if len(c.URL) > urlMax {
		return nil
	}
	t.touched.Callbacks = true
	_, err := t.exec(qKeepConfirmation, c.ID, account, c.OrgID, c.IntegrationID, c.ServiceID, c.ServiceVersion, c.URL,
		micros(now), age(now, confirmAgain))
	return err
}

// ClaimConfirmations begins the next try of at most n addresses. One whose try is not settled within the lease is tried again.
func (s *Store) ClaimConfirmations(ctx context.Context, now time.Time, lease time.Duration, n int) (list []message.Confirmation, err error) {
	due := false
	if err := s.read(ctx, func(db engine) (err error) {
		due, err = one(db, qDueConfirmation, func(*row) error { return nil }, micros(now))
		return err
	}); err != nil || !due {
		return nil, err // no commit for nothing
	}
	err = s.write(ctx, func(t *tx) error {
		list = nil
		return t.each(qClaimConfirmations, func(r *row) error {
			list = append(list, message.Confirmation{ID: r.text(), AccountID: r.text(), OrgID: r.text(), IntegrationID: r.text(),
				ServiceID: r.text(), ServiceVersion: r.text(), URL: r.text(), Tries: int(r.int())})
			return nil
		}, micros(now), micros(now.Add(lease)), n)
	})
	return list, err
}

// SettleConfirmation ends a try: without a reason the address was called; with one it is called again at retryAt or, when that is zero,
// never, and the operator is told.
func (s *Store) SettleConfirmation(ctx context.Context, c message.Confirmation, reason string, retryAt time.Time) error {
	now := time.Now()
	return s.write(ctx, func(t *tx) error {
		switch {
		case reason == "":
			_, err := t.exec(qEndConfirmation, c.ID, "done", "", micros(now))
			return err
		case !retryAt.IsZero():
			_, err := t.exec(qRetryConfirmation, c.ID, micros(retryAt), reason)
			return err
		}
		n, err := t.exec(qEndConfirmation, c.ID, "failed", reason, micros(now))
		if err != nil || n == 0 {
			return err
		}
		of := subject{c.AccountID, c.OrgID, c.IntegrationID, c.ServiceID}
		return s.attend(t, of, directory.AboutWebhook, "the address that confirms our webhook URL could not be called: "+reason, now)
	})
}
