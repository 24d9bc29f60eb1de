package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/message"
)

const (
	retainLook = 500 // messages that one look reads
	retainDrop = 50  // and one commit drops: nobody waits longer for it than for a few others' writes

	// openHolds is how long after its files should have gone a message whose fate is open keeps the sweep of files from passing it. One
	// that nobody has decided by then keeps its files until it goes itself.
	openHolds = 7 * 24 * time.Hour
)

var (
	qRetentions = sqlText("retentions", `SELECT o.id, o.account_id, o.messages_days, o.media_days, o.callbacks_days, a.messages_days, a.media_days, a.callbacks_days
		FROM organizations o JOIN accounts a ON a.id = o.account_id WHERE o.deleted_at = 0 ORDER BY o.account_id, o.id`)
	qOldest = sqlText("oldest messages", `SELECT seq, created_at, status, waiting, conversation_id FROM messages
		WHERE org_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
	qHung = sqlText("what hangs on a message", `SELECT seq, integration_id, refs, lane, direction, conversation_id, status, waiting FROM messages WHERE seq = $1 AND org_id = $2`)

	qRemoved          = sqlText("count removed", `UPDATE lanes SET removed = removed + $2 WHERE seq = $1`)
	qDropNotes        = sqlText("drop notes", `DELETE FROM notes WHERE conversation_id = $1 AND created_at < $2`)
	qDropConversation = sqlText("drop conversation", `DELETE FROM conversations WHERE id = $1 AND last_at < $2
		AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = $1) AND NOT EXISTS (SELECT 1 FROM notes n WHERE n.conversation_id = $1)`)
	qDropFiles = sqlText("drop files", `UPDATE media SET state = 'failed', reason = $2, source_url = '', path = '', size = 0
		WHERE message = $1 AND (state = 'stored' OR state = 'pending')`)
	qHasFiles = sqlText("has files", `SELECT 1 FROM media WHERE message = $1 AND (state = 'stored' OR state = 'pending')`)

	qSwept    = sqlText("swept until", `SELECT seq FROM sweeps WHERE name = $1`)
	qSetSwept = sqlText("set swept until", `INSERT INTO sweeps (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`)
	qEndSweep = sqlText("end sweeps", `DELETE FROM sweeps WHERE name > $1 AND name < $2 AND name <> $3`)

	qOldCallbacks    = sqlText("old callbacks", `SELECT seq, at, state, integrations FROM callbacks WHERE account_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
	qDropCallback    = sqlText("drop callback", `DELETE FROM callbacks WHERE seq = $1 AND state <> 'pending'`)
	qIntegrationOrgs = sqlText("whose integrations", `SELECT id, org_id FROM integrations WHERE account_id = $1`)
)

// retained is how long an organization keeps things.
type retained struct {
	org, account string
	directory.Retention
	callbacksOfAccount int // what is nobody's is kept as the account says
}

// Retain drops what organizations keep no longer: old messages with all that hangs on them, files, and what providers said. It never touches
// a message whose fate is open. Cut off at any commit, it goes on with the next call.
func (s *Store) Retain(ctx context.Context, now time.Time) error {
	var list []retained
	if err := s.read(ctx, func(db engine) error {
		return db.each(qRetentions, func(r *row) error {
			k := retained{org: r.text(), account: r.text()}
			own, account := readRetention(r), readRetention(r)
			k.Retention, k.callbacksOfAccount = own.Of(account), max(account.Callbacks, 0)
			list = append(list, k)
			return nil
		})
	}); err != nil {
		return err
	}
	for _, k := range list {
		if k.Messages > 0 {
			if err := s.dropMessages(ctx, k.org, before(now, k.Messages)); err != nil {
				return fmt.Errorf("drop old messages: %w", err)
			}
		}
		if k.Media > 0 && (k.Messages == 0 || k.Media < k.Messages) {
			if err := s.dropFiles(ctx, k.org, before(now, k.Media), k.Media); err != nil {
				return fmt.Errorf("drop old files: %w", err)
			}
		}
	}
	return s.retainCallbacks(ctx, list, now)
}

func before(now time.Time, days int) time.Time { return now.Add(-time.Duration(days) * 24 * time.Hour) }

// isOpenStatus reports whether it is not known yet what becomes of a message.
func isOpenStatus(status message.Status, waiting int64) bool {
	return waiting != idle || status == message.Queued || status == message.Sending || status == message.Unclear
}

// oldest goes through an organization's messages from its oldest on until one comes that is not old, and shows what is settled, some at a
// time. reached is how far it need not look again: what is open there may be settled the next time.
func (s *Store) oldest(ctx context.Context, org string, after int64, cutoff time.Time, show func(seqs []int64, reached int64) error) error {
	reached, held := after, false
	for {
		var seqs []int64
		read, end := 0, false
		if err := s.read(ctx, func(db engine) error {
			return db.each(qOldest, func(r *row) error {
				seq, at, status, waiting := r.int(), r.time(), message.Status(r.text()), r.int()
				if end = end || !at.Before(cutoff); end {
					return nil
				}
				read, after = read+1, seq
				if !isOpenStatus(status, waiting) {
					seqs = append(seqs, seq)
				} else if at.After(cutoff.Add(-openHolds)) {
					held = true
				}
				if !held {
					reached = seq
				}
				return nil
			}, org, after, retainLook)
		}); err != nil {
			return err
		}
		if read > 0 {
			if err := show(seqs, reached); err != nil {
				return err
			}
		}
		if end || read < retainLook {
			return nil
		}
	}
}

func (s *Store) dropMessages(ctx context.Context, org string, cutoff time.Time) error {
	return s.oldest(ctx, org, 0, cutoff, func(seqs []int64, _ int64) error {
		for some := range slices.Chunk(seqs, retainDrop) {
			if err := s.write(ctx, func(t *tx) error { return dropSettled(t, org, some, cutoff) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropSettled removes messages whose fate is known, and the conversations and notes that end with them.
func dropSettled(t *tx, org string, seqs []int64, cutoff time.Time) error {
	_, conversations, err := dropThose(t, org, seqs, func(status message.Status, waiting int64) bool { return !isOpenStatus(status, waiting) })
	if err != nil {
		return err
	}
	for id := range conversations {
		if _, err := t.exec(qDropNotes, id, micros(cutoff)); err != nil {
			return err
		}
		if _, err := t.exec(qDropConversation, id, micros(cutoff)); err != nil {
			return err
		}
	}
	return nil
}

// dropThose removes the messages of an organization that may go, and says how many and of which conversations. Their lanes count them.
func dropThose(t *tx, org string, seqs []int64, may func(status message.Status, waiting int64) bool) (n int64, conversations map[string]bool, err error) {
	lanes := map[int64]int64{}
	conversations = map[string]bool{}
	for _, seq := range seqs {
		var h hung
		var lane, waiting int64
		var status message.Status
		var conversation string
		outbound := false
		found, err := one(t, qHung, func(r *row) (err error) {
			h.seq, h.integration = r.int(), r.text()
			if h.refs, err = readRefs(r.text()); err != nil {
				return err
			}
			lane, outbound, conversation, status, waiting = r.int(), r.text() == string(message.Outbound), r.text(), message.Status(r.text()), r.int()
			return nil
		}, seq, org)
		if err != nil {
			return 0, nil, err
		}
		if !found || !may(status, waiting) {
			continue // another node was faster
		}
		if err := h.drop(t); err != nil {
			return 0, nil, err
		}
		n++
		if conversations[conversation] = true; outbound && lane != 0 {
			lanes[lane]++
		}
	}
	for lane, k := range lanes {
		if err := t.later(qRemoved, lane, k); err != nil {
			return 0, nil, err
		}
	}
	return n, conversations, nil
}

// dropFiles forgets the files of old messages; what lay on the disk goes once no row tells of it.
func (s *Store) dropFiles(ctx context.Context, org string, cutoff time.Time, days int) error {
	name := "media/" + org
	from, err := s.sweptUntil(ctx, name)
	if err != nil {
		return err
	}
	reason := fmt.Sprintf("it was removed after %d days, as the organization keeps files", days)
	return s.oldest(ctx, org, from, cutoff, func(seqs []int64, reached int64) error {
		var with []int64
		if err := s.read(ctx, func(db engine) error {
			with = nil
			for _, seq := range seqs {
				if has, err := one(db, qHasFiles, func(*row) error { return nil }, seq); err != nil {
					return err
				} else if has {
					with = append(with, seq)
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if err := s.each(ctx, with, qDropFiles, reason); err != nil {
			return err
		}
		return s.write(ctx, func(t *tx) error { return t.later(qSetSwept, name, reached) })
	})
}

func (s *Store) sweptUntil(ctx context.Context, name string) (seq int64, err error) {
	err = s.read(ctx, func(db engine) error {
		seq, err = count(db, qSwept, name)
		return err
	})
	return seq, err
}

// retainCallbacks goes through each account's callbacks once for each number of days that somebody in it asks for.
func (s *Store) retainCallbacks(ctx context.Context, list []retained, now time.Time) error {
	for account, of := range byAccount(list) {
		days := map[int][]string{} // the organizations that ask for it; "": what is nobody's
		for _, k := range of {
			days[k.Callbacks] = append(days[k.Callbacks], k.org)
		}
		nobodys := of[0].callbacksOfAccount
		days[nobodys] = append(days[nobodys], "")
		for n, orgs := range days {
			if n == 0 || time.Duration(n)*24*time.Hour >= keepCallbacks { // they go then in any case
				continue
			}
			if err := s.dropCallbacks(ctx, account, n, orgs, before(now, n)); err != nil {
				return fmt.Errorf("drop old callbacks: %w", err)
			}
		}
	}
	return nil
}

func byAccount(list []retained) map[string][]retained {
	of := map[string][]retained{}
	for _, k := range list {
		of[k.account] = append(of[k.account], k)
	}
	return of
}

// dropCallbacks drops the old callbacks that are of these organizations and of no others. How far it has come is remembered for as long as
// the same ones ask for the same.
func (s *Store) dropCallbacks(ctx context.Context, account string, days int, orgs []string, cutoff time.Time) error {
	h := fnv.New64a()
	for _, org := range slices.Sorted(slices.Values(orgs)) {
		_, _ = io.WriteString(h, org+" ")
	}
	those := fmt.Sprintf("callbacks/%s/%d", account, days)
	name := fmt.Sprintf("%s/%x", those, h.Sum64())
	after, err := s.sweptUntil(ctx, name)
	if err != nil {
		return err
	}
	if after == 0 { // others asked before
		if err := s.write(ctx, func(t *tx) error { return t.later(qEndSweep, those+"/", those+"0", name) }); err != nil {
			return err
		}
	}
	for {
		var drop []int64
		read, end := 0, false
		if err := s.read(ctx, func(db engine) error {
			whose := map[string]string{}
			if err := db.each(qIntegrationOrgs, func(r *row) error { id := r.text(); whose[id] = r.text(); return nil }, account); err != nil {
				return err
			}
			return db.each(qOldCallbacks, func(r *row) error {
				seq, at, state := r.int(), r.time(), message.CallbackState(r.text())
				ids, err := readTextList(r.text())
				if err != nil {
					return err
				}
				if end = end || !at.Before(cutoff); end {
					return nil
				}
				read, after = read+1, seq
				theirs := len(ids) > 0 || slices.Contains(orgs, "")
				for _, id := range ids {
					theirs = theirs && slices.Contains(orgs, whose[id])
				}
				if theirs && state != message.CallbackPending {
					drop = append(drop, seq)
				}
				return nil
			}, account, after, retainLook)
		}); err != nil {
			return err
		}
		if err := s.each(ctx, drop, qDropCallback); err != nil {
			return err
		}
		if read > 0 {
			if err := s.write(ctx, func(t *tx) error { return t.later(qSetSwept, name, after) }); err != nil {
				return err
			}
		}
		if end || read < retainLook {
			return nil
		}
	}
}

// each runs a query of one row for some rows with each commit.
func (s *Store) each(ctx context.Context, seqs []int64, q *query, args ...any) error {
	for some := range slices.Chunk(seqs, retainDrop) {
		if err := s.write(ctx, func(t *tx) error {
			for _, seq := range some {
				if _, err := t.exec(q, append([]any{seq}, args...)...); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
