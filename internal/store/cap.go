package store

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

// keepDailyCounts is how long it is known what was accepted in a day.
const keepDailyCounts = 40 * 24 * time.Hour

var (
	qDailyCount = sqlText("daily count", `SELECT messages, segments FROM daily_counts WHERE owner = $1 AND day = $2`)
	qCountDaily = sqlText("count daily", `INSERT INTO daily_counts (owner, day, org_id, messages, segments) VALUES ($1, $2, $3, 1, $4)
		ON CONFLICT (owner, day) DO UPDATE SET messages = daily_counts.messages + 1, segments = daily_counts.segments + excluded.segments`)
	qSweepDailyCounts = sqlText("sweep daily counts", `DELETE FROM daily_counts WHERE day < $1
		AND day IN (SELECT day FROM daily_counts ORDER BY day LIMIT $2)`)
)

// midnight is when the day of now began, in UTC: an organization has no zone of its own, and its numbers may be anywhere.
func midnight(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

func dailyCount(db engine, owner string, day time.Time) (used directory.Cap, err error) {
	_, err = one(db, qDailyCount, func(r *row) error { used = directory.Cap{Messages: r.int(), Segments: r.int()}; return nil }, owner, micros(day))
	return used, err
}

// segmentsOf is what a message counts for: files without a text are one.
func segmentsOf(m *message.Message) int64 { return max(int64(m.Segments), 1) }

// overCap is why a message is too much for today, or nil. It changes nothing, so a refusal costs nobody else's commit anything.
func overCap(t *tx, m *message.Message, caps []message.Capped, now time.Time) error {
	if message.Reaches(m.Auto) {
		return nil // it is counted, and owed all the same
	}
	day, segments := midnight(now), segmentsOf(m)
	for _, c := range caps {
		used, err := dailyCount(t, c.Owner, day)
		if err != nil {
			return err
		}
		var most int64
		var unit string
		switch {
		case c.Messages > 0 && used.Messages+1 > c.Messages:
			most, unit = c.Messages, "messages"
		case c.Segments > 0 && used.Segments+segments > c.Segments:
			most, unit = c.Segments, "segments"
		default:
			continue
		}
		f := fault.New(fault.TooMany, "from", "%s has a daily cap of %d %s, and this is one too many: send it after midnight UTC, or raise the cap", c.Name, most, unit)
		f.RetryAfter = day.Add(24 * time.Hour).Sub(now)
		return f
	}
	return nil
}

func countDaily(t *tx, m *message.Message, caps []message.Capped, now time.Time) error {
	for _, c := range caps {
		if err := t.later(qCountDaily, c.Owner, micros(midnight(now)), m.OrgID, segmentsOf(m)); err != nil {
			return err
		}
	}
	return nil
}

// DailyCount is what was accepted today of a number or an organization that has a cap.
func (s *Store) DailyCount(ctx context.Context, owner string, now time.Time) (used directory.Cap, err error) {
	err = s.read(ctx, func(db engine) error {
		used, err = dailyCount(db, owner, midnight(now))
		return err
	})
	return used, err
}
