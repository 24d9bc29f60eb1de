package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"patchbay/internal/lane"
)

const (
	// waitMax is more than anything waits on purpose: providers may ask for lane.MaxRetryAfter, webhooks wait up to four hours. A wait that is
	// longer was told by a clock that has been set back since. A pause that only a person ends is none; a provider whose file has it asked for
	// messages every so many hours is asked once more at a start, which does no harm.
	waitMax = 5 * time.Hour
	// stepMin is how far a clock goes back before it matters. NTP's small corrections do not.
	stepMin = time.Minute
)

var (
	qLateLanes = sqlText("bring lanes forward", `UPDATE lanes SET free_at = $1, next_at = CASE WHEN in_flight = 0 THEN CAST($1 AS BIGINT) ELSE CAST($2 AS BIGINT) END
		WHERE next_at > $3 AND next_at < $4`)
	qLateAsides = sqlText("bring contacts put aside forward", `UPDATE asides SET until_at = $1 WHERE until_at > $2`)
	qLatePolls  = sqlText("bring polls forward", `UPDATE polls SET next_at = $1 WHERE next_at > $2`)
	qLateAsked  = sqlText("bring questions for receipts forward", `UPDATE awaited SET due_at = $1
		WHERE integration_id IN (SELECT integration_id FROM polls) AND due_at > $2`)
	qLateMedia  = sqlText("bring files forward", `UPDATE media SET due_at = $1 WHERE state = 'pending' AND due_at > $2`)
	qLateParts  = sqlText("bring parts forward", `UPDATE parts SET due_at = $1 WHERE waiting = 1 AND due_at > $2`)
	qLateAnswer = sqlText("bring confirmations forward", `UPDATE confirmations SET due_at = $1 WHERE state = 'pending' AND due_at > $2`)
)

// clock notices that it is earlier than it was.
type clock struct {
	latest atomic.Int64 // the latest time that a claim named, in microseconds
}

// wentBack reports, once, that the clock has been set back.
func (c *clock) wentBack(now time.Time) bool {
	is := micros(now)
	for {
		was := c.latest.Load()
		if is >= was-stepMin.Microseconds() {
			if is <= was || c.latest.CompareAndSwap(was, is) {
				return false
			}
		} else if c.latest.CompareAndSwap(was, is) {
			return true
		}
	}
}

// followClock mends the waits when the clock has been set back since the last claim.
func (s *Store) followClock(ctx context.Context, now time.Time) error {
	if !s.clock.wentBack(now) {
		return nil
	}
	s.log.Warn("the clock was set back", "now", now)
	return s.endLongWaits(ctx, now)
}

// endLongWaits makes due what would wait longer than anything does on purpose: it was put off by a clock that was ahead, and would lie until
// it is that time again. Nobody knows how far the clock was ahead, so what waits less waits on.
func (s *Store) endLongWaits(ctx context.Context, now time.Time) error {
	far := now.Add(waitMax)
	mended := int64(0)
	err := s.write(ctx, func(t *tx) error {
		mended = 0
		exec := func(q *query, args ...any) error {
			n, err := t.exec(q, args...)
			mended += n
			return err
		}
		var late []pause
		if err := t.each(qPauses, func(r *row) error {
			if p := readPause(r); p.Until.After(far) && p.Until.Before(untilResumed) {
				late = append(late, p)
			}
			return nil
		}); err != nil {
			return err
		}
		for i := range late {
			was := late[i]
			late[i].Until = now
			if err := s.setPause(t, &was, &late[i], now); err != nil {
				return err
			}
		}
		if err := exec(qLateLanes, micros(now), micros(now.Add(lane.LeaseFor)), micros(far), micros(untilResumed)); err != nil {
			return err
		}
		for _, q := range []*query{qLateAsides, qLatePolls, qLateAsked, qLateMedia, qLateParts, qLateAnswer} {
			if err := exec(q, micros(now), micros(far)); err != nil {
				return err
			}
		}
		t.touched.Lanes, t.touched.Webhooks, t.touched.Media, t.touched.Callbacks = true, true, true, true
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for waits that a clock which was ahead made too long: %w", err)
	}
	if mended > 0 {
		s.log.Warn("what would have waited longer than anything may is due now: a clock was ahead when it was put off", "waits", mended)
	}
	return nil
}
