package store

import (
	"context"
	"time"

	"patchbay/internal/message"
)

const pollColumns = `account_id, org_id, integration_id, what, epoch, failures, cursor, digest`

var (
	qDuePolls  = sqlText("due polls", `SELECT `+pollColumns+` FROM polls WHERE next_at <= $1 ORDER BY next_at LIMIT $2`)
	qNextPoll  = sqlText("next poll", `SELECT next_at FROM polls WHERE next_at > $1 ORDER BY next_at LIMIT 1`)
	qClaimPoll = sqlText("claim poll", `UPDATE polls SET next_at = $3, held = 1, epoch = epoch + 1 WHERE integration_id = $1 AND what = $2`)
	qRenewPoll = sqlText("renew poll", `UPDATE polls SET next_at = $4 WHERE integration_id = $1 AND what = $2 AND epoch = $3 AND held = 1`)
	qEndPoll   = sqlText("end poll", `UPDATE polls SET next_at = $4, held = 0, failures = $5, cursor = $6, digest = $7
		WHERE integration_id = $1 AND what = $2 AND epoch = $3 AND held = 1`)
	qKeepPoll = sqlText("keep poll", `UPDATE polls SET next_at = $4, failures = $5, cursor = $6, digest = $7
		WHERE integration_id = $1 AND what = $2 AND epoch = $3 AND held = 1`)
	qTakeBackPolls = sqlText("take polls back", `UPDATE polls SET next_at = 0, held = 0, epoch = epoch + 1 WHERE held = 1`)
	// Whoever is not held may be due sooner by this; a lease is never cut short.
	qAskPoll = sqlText("ask poll", `INSERT INTO polls (integration_id, what, account_id, org_id, next_at, held, epoch, failures, cursor, digest)
		VALUES ($1, $2, $3, $4, $5, 0, 0, 0, '', '') ON CONFLICT (integration_id, what) DO UPDATE SET next_at = excluded.next_at
		WHERE polls.held = 0 AND polls.next_at > excluded.next_at`)

	qWakePoll = sqlText("wake poll", `INSERT INTO polls (integration_id, what, account_id, org_id, next_at, held, epoch, failures, cursor, digest)
		VALUES ($1, $2, $3, $4, $5, 0, 0, 0, '', '') ON CONFLICT (integration_id, what) DO UPDATE SET next_at = excluded.next_at
		WHERE polls.held = 0 AND polls.next_at = $6`)

	qPolling = sqlText("integrations that are on", `SELECT account_id, org_id, id, service_id FROM integrations
		WHERE enabled = 1 AND deleted_at = 0 AND id > $1 ORDER BY id LIMIT $2`)

	qAwait = sqlText("await", `INSERT INTO awaited (message, integration_id, due_at, tries, until_at) VALUES ($1, $2, $3, 0, $4)
		ON CONFLICT (message) DO UPDATE SET due_at = excluded.due_at, until_at = excluded.until_at`)
	qAwaited = sqlText("awaited", `SELECT a.message, a.tries, a.until_at FROM awaited a WHERE a.integration_id = $1 AND a.due_at <= $2
		ORDER BY a.due_at LIMIT $3`)
	qNextAwaited = sqlText("next awaited", `SELECT COALESCE(MIN(due_at), 0) FROM awaited WHERE integration_id = $1`)
	qAwaitLonger = sqlText("await longer", `UPDATE awaited SET due_at = $2, tries = tries + 1 WHERE message = $1`)
	qAwaitNoMore = sqlText("await no more", `DELETE FROM awaited WHERE message = $1`)
	qDropCertain = sqlText("drop awaited that are certain", `DELETE FROM awaited WHERE integration_id = $1 AND due_at <= $2
		AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.seq = awaited.message AND m.rank < 4)`)
	qMessageStatus = sqlText("seq and rank of a message", `SELECT seq, rank FROM messages WHERE id = $1 AND account_id = $2`)
)

// never is when a poll that nobody needs at present is due.
var never = time.UnixMicro(1 << 62)

// PolledIntegrations are the integrations that are on, of all accounts, after one of them: those whose providers may have to be asked.
func (s *Store) PolledIntegrations(ctx context.Context, after string, n int) (list []message.Poll, services []string, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qPolling, func(r *row) error {
			list = append(list, message.Poll{AccountID: r.text(), OrgID: r.text(), IntegrationID: r.text()})
			services = append(services, r.text())
			return nil
		}, after, n)
	})
	return list, services, err
}

// WakePolls makes those due that are new or sleep; the others keep their time.
func (s *Store) WakePolls(ctx context.Context, list []message.Poll, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		for _, p := range list {
			if _, err := t.exec(qWakePoll, p.IntegrationID, p.What, p.AccountID, p.OrgID, micros(now), micros(never)); err != nil {
				return err
			}
		}
		return nil
	})
}

// AskPolls makes these due now.
func (s *Store) AskPolls(ctx context.Context, list []message.Poll, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		for _, p := range list {
			if _, err := t.exec(qAskPoll, p.IntegrationID, p.What, p.AccountID, p.OrgID, micros(now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ClaimPolls hands out up to n turns that are due, and says when the next one is.
func (s *Store) ClaimPolls(ctx context.Context, now time.Time, n int) (list []message.Poll, next time.Time, err error) {
	look := func(db engine) error {
		list, next = nil, time.Time{}
		if err := db.each(qDuePolls, func(r *row) error {
			list = append(list, message.Poll{AccountID: r.text(), OrgID: r.text(), IntegrationID: r.text(), What: r.text(),
				Epoch: r.int(), Failures: int(r.int()), Cursor: r.text(), Digest: r.text()})
			return nil
		}, micros(now), n); err != nil {
			return err
		}
		at, err := count(db, qNextPoll, micros(now))
		next = fromMicros(at)
		return err
	}
	if n <= 0 {
		return nil, time.Time{}, nil
	}
	if err := s.followClock(ctx, now); err != nil {
		return nil, time.Time{}, err
	}
	if err := s.read(ctx, look); err != nil || len(list) == 0 { // to look costs nothing, to write a commit
		return nil, next, err
	}
	err = s.write(ctx, func(t *tx) error {
		if err := look(t); err != nil {
			return err
		}
		for i := range list {
			p := &list[i]
			if _, err := t.exec(qClaimPoll, p.IntegrationID, p.What, micros(now.Add(message.PollLease))); err != nil {
				return err
			}
			p.Epoch++
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return list, next, nil
}

// TakeAnswer keeps what an answer to a poll said and, in the same commit, how far the poll has come: neither is there without the other.
// c is the answer as a callback, applied as a says, or to be settled when its state is pending; nil where it said nothing new. With more
// the turn goes on; otherwise it ends, and the next is at nextAt.
func (s *Store) TakeAnswer(ctx context.Context, p message.Poll, c *message.Callback, a message.Applied, more bool, nextAt time.Time) error {
	poll := func(t *tx) error {
		q := qEndPoll
		if more {
			q, nextAt = qKeepPoll, time.Now().Add(message.PollLease)
		}
		n, err := t.exec(q, p.IntegrationID, p.What, p.Epoch, micros(nextAt), p.Failures, p.Cursor, p.Digest)
		if err == nil && n == 0 {
			err = ErrFenced
		}
		return err
	}
	if c == nil {
		return s.write(ctx, poll)
	}
	return s.keepCallback(ctx, c, func(t *tx) error {
		if err := poll(t); err != nil {
			return err
		}
		if c.State == message.CallbackPending {
			t.touched.Callbacks = true
			return nil
		}
		return s.apply(t, c.AccountID, &a)
	})
}

// SleepPoll ends a turn of an integration that cannot be asked at present: it is due again when WakePolls says so.
func (s *Store) SleepPoll(ctx context.Context, p message.Poll) error {
	return s.TakeAnswer(ctx, p, nil, message.Applied{}, false, never)
}

// await notes that the provider is to be asked about a message that has ended without its last word.
func await(t *tx, m *stored, st *message.Settlement) error {
	if st.AskAt.IsZero() || m.Status != message.Sent && m.Status != message.Unclear {
		return nil
	}
	if _, err := t.exec(qAwait, m.seq, m.IntegrationID, micros(st.AskAt), micros(st.Now.Add(message.AwaitReceipt))); err != nil {
		return err
	}
	_, err := t.exec(qAskPoll, m.IntegrationID, message.PollReceipts, m.AccountID, m.OrgID, micros(st.AskAt))
	return err
}

// Awaited are up to n messages of the turn's integration that are to be asked about now. What is known by now is dropped.
func (s *Store) Awaited(ctx context.Context, p message.Poll, now time.Time, n int) (list []message.Awaited, err error) {
	if err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(qDropCertain, p.IntegrationID, micros(now))
		return err
	}); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(db engine) error {
		list = nil
		var seqs []int64
		if err := db.each(qAwaited, func(r *row) error {
			seqs = append(seqs, r.int())
			list = append(list, message.Awaited{Tries: int(r.int()), Until: r.time()})
			return nil
		}, p.IntegrationID, micros(now), n); err != nil {
			return err
		}
		kept := list[:0]
		for i, seq := range seqs {
			m, err := oneMessage(db, qMessageBySeq, seq)
			if err != nil {
				return err
			}
			if m == nil || m.IntegrationID != p.IntegrationID {
				continue
			}
			list[i].Message = m.Message
			if list[i].Refs, err = openRefs(db, m); err != nil {
				return err
			}
			kept = append(kept, list[i])
		}
		list = kept
		return nil
	})
	return list, err
}

// openRefs are the provider's ids of a message of which nothing final is known.
func openRefs(db engine, m *stored) (open []string, err error) {
	var refs []string
	if _, err := one(db, qRefsOf, func(r *row) (err error) { refs, err = readRefs(r.text()); return err }, m.seq); err != nil {
		return nil, err
	}
	for _, ref := range refs {
		rank := int64(0)
		if _, err := one(db, qRef, func(r *row) error { r.text(); rank = r.int(); return nil }, m.IntegrationID, ref, m.seq); err != nil {
			return nil, err
		}
		if rank < int64(message.Failed.Rank()) {
			open = append(open, ref)
		}
	}
	return open, nil
}

// TakeReceipts keeps what the provider said about an awaited message, as its callbacks would have, and when it is asked again: never, once
// the message has its last word, or where again is zero. The turn is renewed.
func (s *Store) TakeReceipts(ctx context.Context, p message.Poll, messageID string, receipts []message.Receipt, again time.Time) error {
	now := time.Now()
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(qRenewPoll, p.IntegrationID, p.What, p.Epoch, micros(now.Add(message.PollLease)))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrFenced
		}
		for i := range receipts {
			rc := receipts[i]
			rc.AccountID, rc.IntegrationIDs = p.AccountID, []string{p.IntegrationID}
			if err := applyReceipt(t, &rc, message.NewID(), now); err != nil {
				return err
			}
		}
		var seq, rank int64
		if found, err := one(t, qMessageStatus, func(r *row) error { seq, rank = r.int(), r.int(); return nil }, messageID, p.AccountID); err != nil || !found {
			return err
		}
		if again.IsZero() || rank >= int64(message.Failed.Rank()) {
			_, err = t.exec(qAwaitNoMore, seq)
		} else {
			_, err = t.exec(qAwaitLonger, seq, micros(again))
		}
		return err
	})
}

// EndReceipts ends a turn of asking for receipts: the next is no sooner than notBefore, and when a message is to be asked about.
func (s *Store) EndReceipts(ctx context.Context, p message.Poll, notBefore time.Time) error {
	return s.write(ctx, func(t *tx) error {
		at, err := count(t, qNextAwaited, p.IntegrationID)
		if err != nil {
			return err
		}
		next := never
		if at > 0 {
			if next = fromMicros(at); next.Before(notBefore) {
				next = notBefore
			}
		}
		n, err := t.exec(qEndPoll, p.IntegrationID, p.What, p.Epoch, micros(next), p.Failures, p.Cursor, p.Digest)
		if err == nil && n == 0 {
			err = ErrFenced
		}
		return err
	})
}
