package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"patchbay/internal/lane"
	"patchbay/internal/message"
)

var (
	// A status moves by rank; what came too late goes into the history alone.
	qSettle = sqlText("settle", `UPDATE messages SET status = $2, rank = $3, waiting = $4, part = $5, attempts = $6, tries = $7, again = $8,
		error_code = $9, error_text = $10, refs = refs || $11, history = history || $12
		WHERE seq = $1 AND rank <= $3 AND rank = $13 AND waiting = $14 AND attempts = $6 - 1`)
	qInsertAttempt = sqlText("insert attempt", `INSERT INTO attempts
		(key, part, at, duration, outcome, again, error_code, error_text, request, response)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	qAttempt   = sqlText("attempt", `SELECT 1 FROM attempts WHERE key = $1`)
	qInsertRef = sqlText("insert provider id", `INSERT INTO message_refs (integration_id, ref, message, status, rank)
		VALUES ($1, $2, $3, 'sent', 3) ON CONFLICT (integration_id, ref, message) DO NOTHING`)
)

// SettleSend ends an attempt and, in the same commit, moves the message by rank, keeps the provider's ids and matches the
// receipts that overtook them, tells, and gives the lane back or begins its next attempt. A settlement of a lane that was
// taken over changes nothing: ErrFenced.
func (s *Store) SettleSend(ctx context.Context, st message.Settlement) (next *lane.Claimed[message.Send], err error) {
	seq, err := strconv.ParseInt(st.LaneID, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("lane %q: %w", st.LaneID, err)
	}
	err = s.write(ctx, func(t *tx) error {
		next = nil
		l, err := holdLane(t, seq, st.Epoch)
		if err != nil {
			return err
		}
		t.lane = l
		m := s.flight.of(l)
		if m != nil && m.ID == st.MessageID && m.Attempts+1 == st.Attempt.N {
			err = settleMessage(t, l, m, &st)
		} else {
			err = errChanged
		}
		if err == errChanged {
			if m, err = oneMessage(t, qMessageBySeq, l.inFlight); err != nil {
				return err
			}
			if m == nil || m.ID != st.MessageID || m.waiting == idle || m.Attempts+1 != st.Attempt.N {
				next, err = goneOn(t, l, m, &st)
				return err
			}
			err = settleMessage(t, l, m, &st)
		}
		if err != nil {
			return fmt.Errorf("settle message %s: %w", st.MessageID, err)
		}
		if err := s.attendTo(t, m, &st); err != nil {
			return err
		}
		if err := await(t, m, &st); err != nil {
			return err
		}
		t.flights = append(t.flights, took{l.seq, nil})
		if err := s.judge(t, l, m, &st); err != nil {
			return err
		}
		if st.Move != nil && m.waiting != idle {
			if err := s.leave(t, l, m, &st); err != nil {
				return fmt.Errorf("give message %s another way: %w", st.MessageID, err)
			}
		}
		if next, err = s.passOn(t, l, &st); err != nil {
			return err
		}
		return l.save(t)
	})
	if err == nil && next == nil || err == ErrFenced {
		s.lanes.gave(st.LaneID)
	}
	return next, err
}

// goneOn is for a settlement whose commit happened though its answer was lost. The epoch says that nobody else has had the lane: the
// attempt that is open there is the one that the commit began for the caller, who never heard of it and so has not made it.
func goneOn(t *tx, l *laneRow, m *stored, st *message.Settlement) (*lane.Claimed[message.Send], error) {
	if !st.Repeated || m == nil || m.waiting == idle {
		return nil, ErrFenced
	}
	var seq int64
	if _, err := one(t, qMessageStatus, func(r *row) error { seq = r.int(); return nil }, st.MessageID, l.accountID); err != nil {
		return nil, err
	}
	if settled, err := one(t, qAttempt, func(*row) error { return nil }, attemptKey(seq, st.Attempt.N)); err != nil || !settled {
		return nil, cmp.Or(err, ErrFenced)
	}
	if !st.More {
		l.inFlight, l.attemptAt, l.nextAt = 0, time.Time{}, l.freeAt
		t.touched.Lanes = true
		return nil, l.save(t)
	}
	send, err := toSend(l, m)
	if err != nil {
		return nil, err
	}
	l.nextAt = st.Now.Add(lane.LeaseFor)
	return &lane.Claimed[message.Send]{Lane: l.lane(), Work: *send}, l.save(t)
}

// holdLane reads a lane that the caller claimed, or refuses.
func holdLane(t *tx, seq, epoch int64) (*laneRow, error) {
	var l laneRow
	found, err := one(t, qLane, func(r *row) error { l = readLane(r); return nil }, seq, epoch)
	if err == nil && (!found || l.inFlight == 0) {
		err = ErrFenced
	}
	return &l, err
}

// errChanged says that a message is not as it was when its attempt began.
var errChanged = errors.New("it has changed since")

// settleMessage is what the attempt means for its message.
func settleMessage(t *tx, l *laneRow, m *stored, st *message.Settlement) error {
	part, tries := m.Part, m.tries+1
	if st.PartTaken {
		part, tries = m.Part+1, 0
	}
	history, rank, was := "", m.Status.Rank(), m.waiting
	before, code := m.Status, m.ErrorCode
	if m.Status.MayBecome(message.Sending) {
		m.Status = message.Sending
		history = historyLine(message.Sending, l.attemptAt, "", "", false)
	}
	goesOn := st.Status == message.Sending
	moved := m.Status.MayBecome(st.Status)
	m.waiting = idle // a message that a receipt has settled meanwhile is not tried again
	switch {
	case moved:
		m.Status, m.ErrorCode, m.ErrorText = st.Status, st.ErrorCode, st.ErrorText
		history += historyLine(st.Status, st.Now, st.ErrorCode, st.ErrorText, false)
	case goesOn && m.Status == message.Sending:
		m.ErrorCode, m.ErrorText = st.ErrorCode, st.ErrorText
		var err error
		if m.waiting, err = wait(t, l, m, was, st); err != nil {
			return err
		}
	case !goesOn:
		history += historyLine(st.Status, st.Now, st.ErrorCode, st.ErrorText, true)
	}
	n, err := t.exec(qSettle, m.seq, string(m.Status), m.Status.Rank(), m.waiting, part, st.Attempt.N, tries, flag(st.Again), m.ErrorCode, m.ErrorText,
		refLines(st.MessageIDs), history, rank, was)
	if err == nil && n == 0 {
		err = errChanged
	}
	if err != nil {
		return err
	}
	t.became(m, before, code, m.Status, m.ErrorCode)
	first := m.Attempts == 0
	m.Part, m.Attempts = part, st.Attempt.N
	if m.waiting == idle {
		l.pending--
	}
	a := &st.Attempt
	if err := t.later(qInsertAttempt, attemptKey(m.seq, a.N), a.Part, micros(l.attemptAt), a.Duration.Microseconds(), string(a.Outcome),
		flag(a.Again || m.again), a.ErrorCode, a.ErrorText, a.Request, a.Response); err != nil {
		return err
	}
	if moved || first && m.waiting != idle && !st.PartTaken {
		// A first try that was not the last is worth telling: until now the message was on its way without delay.
		if err := notifyStatus(t, &m.Message, m.seq, m.privateTo, st.Status, st.Now); err != nil {
			return err
		}
	}
	if st.OptedOut {
		if _, err := changeOptOut(t, &message.OptOut{AccountID: m.AccountID, OrgID: m.OrgID, Number: m.From, NumberID: m.NumberID, Contact: m.To, Since: st.Now,
			Source: message.ByProvider}, true, ""); err != nil {
			return err
		}
	}
	l.inFlight = 0 // what the receipts that were early say finds it ended
	return keepRefs(t, m, st.MessageIDs, st.Now)
}

// wait says where a message that goes on does so: where it was, first in the lane's queue or behind its contact, or behind
// its contact from now on.
func wait(t *tx, l *laneRow, m *stored, was int64, st *message.Settlement) (int64, error) {
	if st.Aside && st.RetryAt.After(st.Now) {
		return putAside, putContactAside(t, l, m.To, st.RetryAt)
	}
	return was, nil
}

// passOn gives the lane back or, when it may go on at once, begins its next attempt.
func (s *Store) passOn(t *tx, l *laneRow, st *message.Settlement) (*lane.Claimed[message.Send], error) {
	l.inFlight, l.attemptAt, l.pauses = 0, time.Time{}, st.Pauses
	l.freeAt = st.PaceAt
	if st.Status == message.Sending && !st.Aside && st.RetryAt.After(l.freeAt) {
		l.freeAt = st.RetryAt
	}
	if l.nextAt = l.freeAt; l.nextAt.Before(st.Now) {
		l.nextAt = st.Now // behind the lanes that have waited meanwhile
	}
	if !st.More || l.held || l.pending == 0 || l.freeAt.After(st.Now) {
		t.touched.Lanes = t.touched.Lanes || l.pending > 0
		return nil, nil
	}
	send, err := s.beginNext(t, l, st.Now)
	if err != nil || send == nil {
		return nil, err
	}
	l.nextAt = st.Now.Add(lane.LeaseFor)
	return &lane.Claimed[message.Send]{Lane: l.lane(), Work: *send}, nil
}

// keepRefs keeps the provider's ids and applies the receipts that came before them.
func keepRefs(t *tx, m *stored, refs []string, now time.Time) error {
	for _, ref := range refs {
		if err := t.later(qInsertRef, m.IntegrationID, ref, m.seq); err != nil {
			return err
		}
	}
	for _, ref := range refs {
		if err := claimParked(t, m.IntegrationID, ref, now); err != nil {
			return err
		}
	}
	if len(refs) > 0 && m.Parts > 1 {
		return sumUp(t, m.seq, now) // all of the earlier parts may have their receipts already
	}
	return nil
}
