package store

import (
	"context"
	"strings"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

const (
	// rerouteMax is how many messages one commit gives another way.
	rerouteMax = 500
	// rerouteHold keeps a lane that is being emptied from going on, should it take several commits.
	rerouteHold = 3 * time.Second
)

// numberColumnsOf are numberColumns of n.
var numberColumnsOf = "n." + strings.Join(strings.Fields(strings.ReplaceAll(numberColumns, ",", " ")), ", n.")

var (
	qMoveNumber = sqlText("move number", `UPDATE numbers SET former = integration_id, integration_id = $3, service_id = $4,
		failover = CASE WHEN failover = $3 THEN '' ELSE failover END WHERE account_id = $1 AND id = $2`)
	qFormerNumbers = sqlText("former numbers of an integration", `SELECT `+numberColumns+` FROM numbers
		WHERE account_id = $1 AND former = $2 AND former <> '' AND integration_id <> $2 ORDER BY id`)
	qLanesOf = sqlText("lanes of an integration", `SELECT `+laneColumns+`, key FROM lanes WHERE integration_id = $1 AND kind = 'send' AND pending > 0 ORDER BY seq`)
	// What may have been taken, or was in part, stays where it was.
	qMovable = sqlText("movable in lane", `SELECT `+messageColumns+` FROM messages
		WHERE lane = $1 AND waiting = 1 AND number_id = $2 AND seq <> $3 AND again = 0 AND part = 0 ORDER BY seq LIMIT $4`)
	qMovableAside = sqlText("movable behind contacts", `SELECT `+messageColumns+` FROM messages
		WHERE lane = $1 AND waiting = 2 AND number_id = $2 AND seq <> $3 AND again = 0 AND part = 0 ORDER BY seq LIMIT $4`)
	qReroute = sqlText("reroute message", `UPDATE messages SET lane = $2, waiting = 1, integration_id = $3, service_id = $4, service_version = $5,
		parts = $6, tries = 0 WHERE seq = $1`)
	qCameBy    = sqlText("attempts came by", `UPDATE attempts SET integration_id = $3 WHERE key BETWEEN $1 AND $2 AND integration_id = ''`)
	qLeaveMany = sqlText("leave lane, several", `UPDATE lanes SET pending = pending - $2, accepted = accepted - $2 WHERE seq = $1`)
	qUncount   = sqlText("uncount in lane", `UPDATE lanes SET accepted = accepted - 1 WHERE seq = $1`)
	qHoldLane  = sqlText("hold lane back", `UPDATE lanes SET free_at = $2, next_at = $2 WHERE seq = $1 AND in_flight = 0 AND free_at < $2`)
	qUnhold    = sqlText("let held back lane go", `UPDATE lanes SET free_at = $3, next_at = $3 WHERE seq = $1 AND in_flight = 0 AND free_at <= $2 AND free_at > $3`)

	qDetours = sqlText("numbers whose failover holds", `SELECT `+numberColumnsOf+` FROM pauses p JOIN numbers n ON n.integration_id = p.integration_id
		WHERE p.until_at > $1 AND n.failover <> '' AND EXISTS (SELECT 1 FROM lanes l WHERE l.integration_id = p.integration_id AND l.kind = 'send' AND l.pending > 0)
			AND NOT EXISTS (SELECT 1 FROM pauses q WHERE q.integration_id = n.failover) AND n.id > $2 ORDER BY n.id LIMIT $3`)
	qCarried = sqlText("attempt by an integration", `SELECT 1 FROM attempts WHERE key BETWEEN $1 AND $2 AND integration_id = $3 LIMIT 1`)
)

// reroute gives a waiting message another way: another integration, and its place by age in the lane there. from is the lane that it leaves,
// whose count is the caller's to change.
func (s *Store) reroute(t *tx, m *stored, way *message.Way, now time.Time) error {
	if m.Attempts > 0 {
		if _, err := t.exec(qCameBy, attemptKey(m.seq, 0), attemptKey(m.seq, attemptMax), m.IntegrationID); err != nil {
			return err
		}
	}
	t.goes(m, func() {
		m.IntegrationID, m.ServiceID, m.ServiceVersion, m.Parts = way.IntegrationID, way.ServiceID, way.ServiceVersion, max(way.Parts, 1)
	})
	lane, err := s.places.join(t, way.LaneKey, &m.Message, now)
	if err != nil {
		return err
	}
	m.waiting = inLane
	t.touched.Lanes = true
	_, err = t.exec(qReroute, m.seq, lane, m.IntegrationID, m.ServiceID, m.ServiceVersion, m.Parts)
	return err
}

// leave takes the message that the lane had in flight out of it, to another way.
func (s *Store) leave(t *tx, l *laneRow, m *stored, st *message.Settlement) error {
	if _, err := t.exec(qUncount, l.seq); err != nil {
		return err
	}
	l.pending--
	return s.reroute(t, m, st.Move, st.Now)
}

// Reroute gives the oldest waiting messages of a number another way, some at a time; more says that there may be others. With finally they are
// those that still go the old way once the number itself has moved to that integration, which the last of its commits does.
func (s *Store) Reroute(ctx context.Context, r message.Rerouting, finally string) (moved int, more bool, err error) {
	now := time.Now()
	err = s.write(ctx, func(t *tx) error {
		moved, more = 0, false
		var lanes []laneRow
		if err := t.each(qLanesOf, func(row *row) error {
			if l := readLane(row); r.Holds(row.text()) {
				lanes = append(lanes, l)
			}
			return nil
		}, r.From); err != nil {
			return err
		}
		hold := now.Add(rerouteHold)
		for i := range lanes {
			l := &lanes[i]
			n, left, err := s.rerouteLane(t, l, &r, rerouteMax-moved, now)
			if err != nil {
				return err
			}
			moved += n
			if left {
				more = true
				if finally != "" {
					if _, err := t.exec(qHoldLane, l.seq, micros(hold)); err != nil {
						return err
					}
				}
			} else if finally != "" {
				if _, err := t.exec(qUnhold, l.seq, micros(hold), micros(now)); err != nil {
					return err
				}
			}
		}
		if finally == "" || more {
			return nil
		}
		return moveNumber(t, r.AccountID, r.NumberID, finally)
	})
	return moved, more, err
}

// rerouteLane gives up to n of a lane's messages another way, those that stand in its queue before those behind contacts put aside.
func (s *Store) rerouteLane(t *tx, l *laneRow, r *message.Rerouting, n int, now time.Time) (moved int, left bool, err error) {
	var list []stored
	add := func(row *row) error {
		m, err := readMessage(row)
		list = append(list, m)
		return err
	}
	for _, q := range []*query{qMovable, qMovableAside} {
		if err := t.each(q, add, l.seq, r.NumberID, l.inFlight, n+1-len(list)); err != nil {
			return 0, false, err
		}
	}
	if left = len(list) > n; left {
		list = list[:n]
	}
	for i := range list {
		m := &list[i]
		way, err := r.Way(&m.Message)
		if err != nil {
			return 0, false, err
		}
		if way == nil {
			continue
		}
		if err := s.reroute(t, m, way, now); err != nil {
			return 0, false, err
		}
		moved++
	}
	if moved == 0 {
		return 0, left && n == 0, nil // of what was looked at nothing can go
	}
	_, err = t.exec(qLeaveMany, l.seq, moved)
	return moved, left, err
}

// moveNumber makes a number the other integration's, of the same organization.
func moveNumber(t *tx, accountID, numberID, integrationID string) error {
	t.directory = true
	var n directory.Number
	found, err := one(t, qNumber, func(r *row) error { n = readNumber(r); return nil }, accountID, numberID)
	if err != nil {
		return err
	}
	if !found {
		return notFound("number", numberID)
	}
	if n.IntegrationID == integrationID {
		return nil
	}
	service := ""
	owned, err := one(t, qOwnerOf, func(r *row) error { service = r.text(); return nil }, accountID, n.OrgID, integrationID)
	if err != nil {
		return err
	}
	if !owned {
		return fault.New(fault.Invalid, "service", "is not enabled for this organization; enable it first")
	}
	_, err = t.exec(qMoveNumber, accountID, numberID, integrationID, service)
	return err
}

// FormerNumbers are those that were the integration's before they moved to the one that they belong to now.
func (s *Store) FormerNumbers(ctx context.Context, accountID, integrationID string) ([]directory.Number, error) {
	list, err := cached(&s.cache, formerNumbersOf{accountID, integrationID}, func() (*[]directory.Number, error) {
		list, err := s.readNumbers(ctx, qFormerNumbers, accountID, integrationID)
		return &list, err
	})
	if err != nil {
		return nil, err
	}
	return append([]directory.Number(nil), *list...), nil
}

// Detours are numbers whose integration is paused, with messages waiting for it, and whose failover is not: those after one of them, by id.
func (s *Store) Detours(ctx context.Context, now time.Time, after string, limit int) ([]directory.Number, error) {
	return s.readNumbers(ctx, qDetours, micros(now), after, limit)
}

// carried reports whether an attempt at the message went by one of the integrations, before it was given another way.
func carried(t *tx, m *stored, integrationIDs []string) (bool, error) {
	if m.Attempts == 0 {
		return false, nil
	}
	for _, id := range integrationIDs {
		did, err := one(t, qCarried, func(*row) error { return nil }, attemptKey(m.seq, 0), attemptKey(m.seq, attemptMax), id)
		if err != nil || did {
			return did, err
		}
	}
	return false, nil
}
