package store

import (
	"context"
	"time"
)

// deleteMax bounds one commit of a deletion.
const deleteMax = 200

var (
	qEndOrganization = sqlText("end organization", `UPDATE organizations SET deleted_at = $3
		WHERE account_id = $1 AND id = $2 AND deleted_at = 0`)
	// What an organization has in the directory goes at once: its numbers are free, its users and keys are nobody.
	endedRows = []*query{
		sqlText("delete assignments", `DELETE FROM number_users WHERE number_id IN (SELECT id FROM numbers WHERE org_id = $1)`),
		sqlText("delete numbers", `DELETE FROM numbers WHERE org_id = $1`),
		sqlText("delete users", `DELETE FROM users WHERE org_id = $1`),
		sqlText("delete organization's keys", `DELETE FROM keys WHERE org_id = $1 AND org_id <> ''`),
		sqlText("delete organization's sign-ins", `DELETE FROM signins WHERE org_id = $1 AND org_id <> ''`),
		sqlText("delete organization's invitations", `DELETE FROM invitations WHERE org_id = $1 AND org_id <> ''`),
		sqlText("delete organization's audit", `DELETE FROM audit WHERE org_id = $1 AND org_id <> ''`),
		sqlText("delete organization's credentials", `DELETE FROM credentials WHERE integration_id IN (SELECT id FROM integrations WHERE org_id = $1)`),
		sqlText("delete organization's authorizations", `DELETE FROM authorizations WHERE integration_id IN (SELECT id FROM integrations WHERE org_id = $1)`),
		sqlText("delete integrations", `DELETE FROM integrations WHERE org_id = $1`),
		sqlText("delete organization's attention", `DELETE FROM attention WHERE org_id = $1`),
		sqlText("delete organization's pauses", `DELETE FROM pauses WHERE org_id = $1`),
		sqlText("delete organization's daily counts", `DELETE FROM daily_counts WHERE org_id = $1`),
		qDeleteUsage, qDeleteFailures,
		sqlText("delete organization's polls", `DELETE FROM polls WHERE org_id = $1`),
		sqlText("delete organization's parts", `DELETE FROM parts WHERE org_id = $1`),
		sqlText("delete organization's confirmations", `DELETE FROM confirmations WHERE org_id = $1`),
		sqlText("delete organization's opt-outs", `DELETE FROM optouts WHERE org_id = $1`),
		sqlText("delete organization's opt-out events", `DELETE FROM optout_events WHERE org_id = $1`),
		sqlText("delete organization's replies", `DELETE FROM replies WHERE org_id = $1`),
		sqlText("delete organization's addresses", `DELETE FROM contact_addresses WHERE org_id = $1`),
		sqlText("delete organization's contacts", `DELETE FROM contacts WHERE org_id = $1`),
		sqlText("delete organization's deliveries", `DELETE FROM deliveries WHERE webhook_id IN (SELECT id FROM webhooks WHERE org_id = $1 AND org_id <> '')`),
		sqlText("delete organization's erasures", `DELETE FROM erasures WHERE org_id = $1`),
		sqlText("delete organization's sweep", `DELETE FROM sweeps WHERE name = 'media/' || CAST($1 AS TEXT)`),
		sqlText("delete organization's uploads", `DELETE FROM uploads WHERE org_id = $1 AND org_id <> ''`),
		sqlText("delete organization's dead letters", `DELETE FROM dead_letters WHERE webhook_id IN (SELECT id FROM webhooks WHERE org_id = $1 AND org_id <> '')`),
		sqlText("delete organization's webhooks", `DELETE FROM webhooks WHERE org_id = $1 AND org_id <> ''`),
		sqlText("delete organization's asides", `DELETE FROM asides WHERE lane IN (SELECT seq FROM lanes WHERE org_id = $1 AND org_id <> '')`),
		sqlText("delete organization's lanes", `DELETE FROM lanes WHERE org_id = $1 AND org_id <> ''`),
	}

	// Once more with the organization: what becomes of its last messages is still counted.
	qDeleteUsage    = sqlText("delete organization's usage", `DELETE FROM usage_days WHERE org_id = $1`)
	qDeleteFailures = sqlText("delete organization's failures", `DELETE FROM usage_failures WHERE org_id = $1`)

	qEnded        = sqlText("ended organizations", `SELECT id FROM organizations WHERE deleted_at <> 0`)
	qSomeMessages = sqlText("some messages", `SELECT seq, integration_id, refs FROM messages WHERE org_id = $1 ORDER BY seq LIMIT $2`)
	// What hangs on a message, then the message.
	qDeleteAttempts = sqlText("delete attempts", `DELETE FROM attempts WHERE key BETWEEN $1 AND $2`)
	qDeleteRef      = sqlText("delete provider id", `DELETE FROM message_refs WHERE integration_id = $1 AND ref = $2 AND message = $3`)
	qDeleteEdits    = sqlText("delete edits", `DELETE FROM message_edits WHERE message = $1`)
	qDeleteMedia    = sqlText("delete media", `DELETE FROM media WHERE message = $1`)
	qDeleteMessage  = sqlText("delete message", `DELETE FROM messages WHERE seq = $1`)

	qDeleteConversations = sqlText("delete conversations", `DELETE FROM conversations WHERE id IN
		(SELECT id FROM conversations WHERE org_id = $1 ORDER BY id LIMIT $2)`)
	qDeleteNotifications = sqlText("delete notifications", `DELETE FROM notifications WHERE account_id = $1 AND org_id = $2
		AND seq < (SELECT MAX(seq) FROM notifications)`)
	qDeleteOrganization = sqlText("delete organization", `DELETE FROM organizations WHERE id = $1`)
	qAccountOfEnded     = sqlText("account of an ended organization", `SELECT account_id FROM organizations WHERE id = $1`)
)

// DeleteOrganization ends an organization at once for everybody, then removes what it had. Cut off, it goes on at the
// next start or sweep.
func (s *Store) DeleteOrganization(ctx context.Context, accountID, id string) error {
	now := micros(time.Now())
	err := s.write(ctx, func(t *tx) error {
		t.directory = true
		t.rehook = append(t.rehook, accountID)
		n, err := t.exec(qEndOrganization, accountID, id, now)
		if err == nil && n == 0 {
			err = notFound("organization", id)
		}
		for _, q := range endedRows {
			if err == nil {
				_, err = t.exec(q, id)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.deleteRows(ctx, id)
}

// finishDeletions goes on with those that were cut off.
func (s *Store) finishDeletions(ctx context.Context) error {
	var ended []string
	if err := s.read(ctx, func(db engine) error {
		return db.each(qEnded, func(r *row) error { ended = append(ended, r.text()); return nil })
	}); err != nil {
		return err
	}
	for _, id := range ended {
		if err := s.deleteRows(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// deleteRows removes the messages and conversations of an ended organization, some with each commit, and at last itself.
func (s *Store) deleteRows(ctx context.Context, orgID string) error {
	for done := false; !done; {
		if err := s.write(ctx, func(t *tx) error {
			n, err := deleteMessages(t, orgID)
			if err != nil {
				return err
			}
			k, err := t.exec(qDeleteConversations, orgID, deleteMax)
			if err != nil {
				return err
			}
			if done = n < deleteMax && k < deleteMax; !done {
				return nil
			}
			account := ""
			if _, err := one(t, qAccountOfEnded, func(r *row) error { account = r.text(); return nil }, orgID); err != nil {
				return err
			}
			if _, err := t.exec(qDeleteNotifications, account, orgID); err != nil {
				return err
			}
			for _, q := range []*query{qDeleteUsage, qDeleteFailures, qDeleteOrganization} {
				if err == nil {
					_, err = t.exec(q, orgID)
				}
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func deleteMessages(t *tx, orgID string) (n int64, err error) {
	var list []hung
	if err := t.each(qSomeMessages, func(r *row) (err error) {
		h := hung{seq: r.int(), integration: r.text()}
		h.refs, err = readRefs(r.text())
		list = append(list, h)
		return err
	}, orgID, deleteMax); err != nil {
		return 0, err
	}
	for i := range list {
		if err := list[i].drop(t); err != nil {
			return 0, err
		}
	}
	return int64(len(list)), nil
}

// hung is a message and what it takes to find all that hangs on it.
type hung struct {
	seq         int64
	integration string
	refs        []string
}

// drop removes the message with all that hangs on it.
func (h *hung) drop(t *tx) error {
	if _, err := t.exec(qDeleteAttempts, attemptKey(h.seq, 0), attemptKey(h.seq, attemptMax)); err != nil {
		return err
	}
	for _, ref := range h.refs {
		if _, err := t.exec(qDeleteRef, h.integration, ref, h.seq); err != nil {
			return err
		}
	}
	for _, q := range []*query{qDeleteMedia, qDeleteEdits, qAwaitNoMore, qDeleteMessage} {
		if _, err := t.exec(q, h.seq); err != nil {
			return err
		}
	}
	return nil
}
