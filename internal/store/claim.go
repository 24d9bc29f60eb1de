package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// spareMax is how many due lanes are ranked at once when there are more than slots.
const spareMax = 1024

var (
	qDueLanes = sqlText("due lanes", `SELECT `+laneColumns+` FROM lanes
		WHERE kind = $1 AND next_at <= $2 AND pending > 0 AND held = 0 ORDER BY next_at LIMIT $3`)
	// Every organization's first, then every organization's second: ten thousand due lanes of one hide nobody's.
	qRankLanes = sqlText("rank due lanes", `SELECT `+laneColumns+` FROM (
			SELECT `+laneColumns+`, ROW_NUMBER() OVER (PARTITION BY org_id ORDER BY next_at, seq) AS n
			FROM lanes WHERE kind = $1 AND next_at <= $2 AND pending > 0 AND held = 0) AS due
		ORDER BY n, next_at, seq LIMIT $3`)
	qNextLane = sqlText("next lane", `SELECT next_at FROM lanes WHERE kind = $1 AND next_at > $2 AND pending > 0 AND held = 0
		ORDER BY next_at LIMIT 1`)
	qLane = sqlText("lane", `SELECT `+laneColumns+` FROM lanes WHERE seq = $1 AND epoch = $2`)

	qSetLane = sqlText("set lane", `UPDATE lanes SET pending = $2, next_at = $3, free_at = $4, epoch = $5, in_flight = $6,
		attempt_at = $7, asides = $8, turn = $9, pauses = $10 WHERE seq = $1`)
	qRenewLane = sqlText("renew lane", `UPDATE lanes SET next_at = $3 WHERE seq = $1 AND epoch = $2 AND in_flight <> 0`)
	qTakeBack  = sqlText("take lanes back", `UPDATE lanes SET epoch = epoch + 1, next_at = 0 WHERE in_flight <> 0`)
	qInFlight  = sqlText("lanes in flight", `SELECT `+laneColumns+` FROM lanes WHERE in_flight <> 0 AND kind = $1 ORDER BY seq`)
)

func (l *laneRow) id() string { return strconv.FormatInt(l.seq, 10) }

func (l *laneRow) lane() lane.Lane {
	return lane.Lane{ID: l.id(), Kind: l.kind, AccountID: l.accountID, OrgID: l.orgID, Epoch: l.epoch}
}

// save writes what changed in the lane.
func (l *laneRow) save(t *tx) error {
	return t.later(qSetLane, l.seq, l.pending, micros(l.nextAt), micros(l.freeAt), l.epoch, l.inFlight, micros(l.attemptAt), l.asides, l.turn, l.pauses)
}

// dueLanes are lanes that are due, in the order in which organizations should get them; more than n when there are.
func (s *Store) dueLanes(t *tx, kind lane.Kind, now time.Time, n int) (due []laneRow, err error) {
	add := func(r *row) error { due = append(due, readLane(r)); return nil }
	if err := t.each(qDueLanes, add, string(kind), micros(now), n+1); err != nil || len(due) <= n {
		return due, err
	}
	// More than can be had. Ranking them reads them all, so what is left of a ranking is used for a while.
	due = due[:0]
	for _, l := range s.lanes.spare(kind, time.Now()) {
		if len(due) > 2*n { // enough to choose from
			break
		}
		if err := t.each(qLane, func(r *row) error {
			if l := readLane(r); l.pending > 0 && !l.held && !l.nextAt.After(now) {
				due = append(due, l)
			}
			return nil
		}, l.seq, l.epoch); err != nil {
			return nil, err
		}
	}
	if len(due) >= n {
		return due, nil
	}
	// The ranking is used up: its lanes were claimed since, and are due again under another epoch, or others are.
	due = due[:0]
	began := time.Now()
	if err := t.each(qRankLanes, add, string(kind), micros(now), max(spareMax, n+1)); err != nil {
		return nil, err
	}
	s.lanes.keepSpare(kind, due, time.Now(), time.Since(began))
	return due, nil
}

// claimLanes leases up to n due lanes fairly. begin begins the lane's next work and sets inFlight; when there is none to
// begin it returns nil, and sets nextAt to when there may be some.
func claimLanes[W any](ctx context.Context, s *Store, kind lane.Kind, now time.Time, n int, begin func(*tx, *laneRow) (*W, error)) (claimed []lane.Claimed[W], next time.Time, err error) {
	if n <= 0 {
		return nil, time.Time{}, nil
	}
	if s.cluster != nil {
		if err := s.cluster.clockTrouble(); err != nil {
			return nil, time.Time{}, err
		}
	}
	if err := s.followClock(ctx, now); err != nil {
		return nil, time.Time{}, err
	}
	if s.cluster != nil {
		// To look is free, to write is the others' turn.
		if due, next, err := s.anyDue(ctx, kind, now); err != nil || !due {
			return nil, next, err
		}
	}
	err = s.write(ctx, func(t *tx) error {
		claimed, next = nil, time.Time{}
		due, err := s.dueLanes(t, kind, now, n)
		if err != nil {
			return err
		}
		all := len(due)
		due = slices.DeleteFunc(due, func(l laneRow) bool { return l.inFlight != 0 && s.mayBeWorked(&l, now) })
		chosen := s.lanes.choose(kind, due, n, now)
		if len(chosen) == n && len(due) > n {
			next = now
		} else if len(chosen) < len(due) {
			next = now.Add(comeBack)
		} else if at, err := count(t, qNextLane, string(kind), micros(now)); err != nil {
			return err
		} else {
			next = fromMicros(at)
		}
		if soon := now.Add(time.Second); len(due) < all && (next.IsZero() || next.After(soon)) {
			next = soon
		}
		for i := range chosen {
			l := &chosen[i]
			if !failpoint.Bug("epoch") {
				l.epoch++
			}
			work, broke, err := contained(t, l, begin)
			if broke != nil {
				err = s.setPoisonAside(t, l, broke, now)
			}
			if err != nil {
				return fmt.Errorf("lane %s: %w", l.id(), err)
			}
			if work != nil {
				l.nextAt = now.Add(lane.LeaseFor)
				claimed = append(claimed, lane.Claimed[W]{Lane: l.lane(), Work: *work})
			} else if l.pending > 0 && (next.IsZero() || l.nextAt.Before(next)) {
				next = l.nextAt
			}
			if err := l.save(t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, c := range claimed {
		s.lanes.took(c.Lane)
	}
	return claimed, next, nil
}

// mayBeWorked reports whether a lane in flight whose lease is over is perhaps worked all the same: its holder could not renew it while the
// database was away. What our own workers have is not taken from them, and others get the time of a lease to come back.
func (s *Store) mayBeWorked(l *laneRow, now time.Time) bool {
	return s.lanes.works(l, now) || s.cluster != nil && s.cluster.justBack()
}

// anyDue looks whether a lane is due or, if not, when one will be.
func (s *Store) anyDue(ctx context.Context, kind lane.Kind, now time.Time) (due bool, next time.Time, err error) {
	err = s.read(ctx, func(db engine) error {
		if due, err = one(db, qDueLanes, func(*row) error { return nil }, string(kind), micros(now), 1); err != nil || due {
			return err
		}
		at, err := count(db, qNextLane, string(kind), micros(now))
		next = fromMicros(at)
		return err
	})
	return due, next, err
}

// ClaimSends leases up to n lanes that are due, fairly over organizations, and begins the next attempt of each in the
// same commit. next is when the earliest lane that was not claimed is due; zero when none is waiting.
func (s *Store) ClaimSends(ctx context.Context, now time.Time, n int) (claimed []lane.Claimed[message.Send], next time.Time, err error) {
	return claimLanes(ctx, s, lane.Sends, now, n, func(t *tx, l *laneRow) (*message.Send, error) { return s.beginNext(t, l, now) })
}

// takeLanesBack ends the leases of a process that is gone: the data directory's lock proves that nobody else lives.
// What was in flight is handed out again as unfinished.
func (s *Store) takeLanesBack(db engine) error {
	if _, err := db.exec(qTakeBackPolls); err != nil {
		return err
	}
	if _, err := db.exec(qTakeBackCredentials); err != nil {
		return err
	}
	_, err := db.exec(qTakeBack)
	return err
}

// OpenAttempts are the attempts that were begun and never ended. It is meant for the start, before the first claim: what
// is not settled by then is handed out by ClaimSends, as unfinished.
// On a database that several nodes share there are none to be found so: another node may be at them, and only the end of its lease
// says that it is not.
func (s *Store) OpenAttempts(ctx context.Context) (list []message.Send, err error) {
	if s.cluster != nil {
		return nil, nil
	}
	err = s.read(ctx, func(db engine) error {
		var lanes []laneRow
		if err := db.each(qInFlight, func(r *row) error { lanes = append(lanes, readLane(r)); return nil }, string(lane.Sends)); err != nil {
			return err
		}
		for i := range lanes {
			send, err := unfinished(db, &lanes[i])
			if err != nil {
				return err
			}
			if send != nil {
				list = append(list, *send)
			}
		}
		return nil
	})
	return list, err
}

// RenewLanes keeps claimed lanes until then, and names those that somebody else has taken.
func (s *Store) RenewLanes(ctx context.Context, lanes []lane.Lane, until time.Time) (lost []lane.Lane, err error) {
	s.lanes.keeps(lanes)
	err = s.write(ctx, func(t *tx) error {
		lost = nil
		for _, l := range lanes {
			seq, err := strconv.ParseInt(l.ID, 10, 64)
			if err != nil {
				return fmt.Errorf("lane %q: %w", l.ID, err)
			}
			if n, err := t.exec(qRenewLane, seq, l.Epoch, micros(until)); err != nil {
				return err
			} else if n == 0 {
				lost = append(lost, l)
			}
		}
		return nil
	})
	return lost, err
}
