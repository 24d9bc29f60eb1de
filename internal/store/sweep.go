package store

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

// How long what has done its work is kept.
const (
	keepCallbacks     = 30 * 24 * time.Hour
	keepNotifications = 7 * 24 * time.Hour
	keepParts         = keepCallbacks // what is known to have come can come again by a replay, as long as there is something to replay
)

// Each deletes a bounded number of the oldest rows, so that nobody waits long for a sweep's commit. The newest
// notification stays: the next one's number must be higher.
var (
	qSweepReceipts = sqlText("sweep receipts", `DELETE FROM receipts WHERE parked_at < $1
		AND seq IN (SELECT seq FROM receipts ORDER BY seq LIMIT $2)`)
	qSweepIdempotency = sqlText("sweep idempotency keys", `DELETE FROM idempotency WHERE at < $1
		AND seq IN (SELECT seq FROM idempotency ORDER BY seq LIMIT $2)`)
	// Done and unmatched ones at once: swept apart, each would find the oldest rows to be the other's and stop.
	qSweepCallbacks = sqlText("sweep callbacks", `DELETE FROM callbacks WHERE state <> 'pending' AND at < $1
		AND seq IN (SELECT seq FROM callbacks WHERE state <> 'pending' ORDER BY seq LIMIT $2)`)
	qSweepNotifications = sqlText("sweep notifications", `DELETE FROM notifications WHERE at < $1
		AND seq IN (SELECT seq FROM notifications ORDER BY seq LIMIT $2) AND seq < (SELECT MAX(seq) FROM notifications)`)
	qSweepParts = sqlText("sweep parts", `DELETE FROM parts WHERE waiting = 0 AND due_at < $1
		AND id IN (SELECT id FROM parts WHERE waiting = 0 ORDER BY due_at LIMIT $2)`)
	qSweepConfirmations = sqlText("sweep confirmations", `DELETE FROM confirmations WHERE state <> 'pending' AND created_at < $1
		AND id IN (SELECT id FROM confirmations WHERE state <> 'pending' ORDER BY created_at LIMIT $2)`)
	qSweepReplies = sqlText("sweep replies", `DELETE FROM replies WHERE at < $1 AND id IN (SELECT id FROM replies ORDER BY at LIMIT $2)`)
)

const sweepMax = 1000

// Sweep drops what has been kept long enough. It may be called at any time and as often as one likes.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	for _, one := range []struct {
		q    *query
		keep time.Duration
	}{
		{qSweepReceipts, keepParked},
		{qSweepIdempotency, keepIdempotency},
		{qSweepCallbacks, keepCallbacks},
		{qSweepNotifications, keepNotifications},
		{qSweepParts, keepParts},
		{qSweepConfirmations, keepCallbacks},
		{qSweepAuthorizations, 0},
		{qSweepReplies, keepReplies},
		{qSweepUploads, message.KeepUploads},
		{qSweepTries, keepNotifications},
		{qSweepInvitations, 0},
		{qSweepSignIns, directory.SignInIdle},
		{qSweepOldSignIns, directory.SignInLife},
		{qSweepAudit, keepAudit},
		{qSweepDailyCounts, keepDailyCounts},
		{qSweepFailures, keepFailures},
	} {
		for n := int64(sweepMax); n == sweepMax; {
			if err := s.write(ctx, func(t *tx) (err error) {
				n, err = t.exec(one.q, age(now, one.keep), sweepMax)
				return err
			}); err != nil {
				return err
			}
		}
	}
	return s.finishDeletions(ctx)
}
