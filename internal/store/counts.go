package store

import "context"

var (
	// What was written to a contact who lives in a program, and what programs bring of the past, was never in a lane.
	qCountMessages = sqlText("count messages", `SELECT direction || '/' || status, COUNT(*) FROM (
		SELECT CASE WHEN direction = 'outbound' AND lane = 0 THEN 'kept' ELSE direction END AS direction, CASE WHEN rank = 0 AND waiting > 0 AND `+isOpen+` THEN 'sending' ELSE status END AS status FROM messages) AS m
		GROUP BY direction, status`)
	qCountCallbacks = sqlText("count callbacks", `SELECT 'callbacks/' || state, COUNT(*) FROM callbacks GROUP BY state`)
	qCountLanes     = sqlText("count lanes", `SELECT COALESCE(SUM(accepted), 0), COALESCE(SUM(pending), 0), COALESCE(SUM(removed), 0) FROM lanes WHERE kind = 'send'`)
	qCountWaiting   = sqlText("count waiting", `SELECT COUNT(*) FROM messages WHERE waiting > 0`)
	qCountOpen      = sqlText("count open attempts", `SELECT COUNT(*) FROM lanes WHERE kind = 'send' AND in_flight <> 0`)
	qCountAttempts  = sqlText("count attempts", `SELECT COUNT(*) FROM attempts`)
	qCountParked    = sqlText("count parked receipts", `SELECT COUNT(DISTINCT parcel) FROM receipts`)
)

// Counts are how many there are of everything. Conservation: "accepted", which the lanes count as they accept, is the sum
// of all "outbound/…" and of "removed", which retention and erasure took away since; "pending", which the lanes count, too, is "waiting", the messages that have something to do.
func (s *Store) Counts(ctx context.Context) (counts map[string]int64, err error) {
	counts = map[string]int64{}
	err = s.read(ctx, func(db engine) error {
		for _, q := range []*query{qCountMessages, qCountCallbacks} {
			if err := db.each(q, func(r *row) error {
				name := r.text()
				counts[name] = r.int()
				return nil
			}); err != nil {
				return err
			}
		}
		if _, err := one(db, qCountLanes, func(r *row) error {
			counts["accepted"], counts["pending"], counts["removed"] = r.int(), r.int(), r.int()
			return nil
		}); err != nil {
			return err
		}
		for name, q := range map[string]*query{"waiting": qCountWaiting, "attempts/open": qCountOpen, "attempts/ended": qCountAttempts, "receipts/parked": qCountParked} {
			if counts[name], err = count(db, q); err != nil {
				return err
			}
		}
		return nil
	})
	return counts, err
}
