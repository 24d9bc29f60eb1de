package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	qUpdateWebhook = sqlText("update webhook", `UPDATE webhooks SET url = $3, types = $4 WHERE account_id = $1 AND id = $2`)
	qRotateWebhook = sqlText("rotate webhook", `UPDATE webhooks SET old_secret = secret, old_until = $4, secret = $3 WHERE account_id = $1 AND id = $2`)
	qPauseWebhook  = sqlText("pause webhook", `UPDATE webhooks SET paused_at = $2, paused_why = $3 WHERE id = $1`)
	qPauseByHand   = sqlText("pause webhook by hand", `UPDATE webhooks SET paused_at = $3, paused_why = $4
		WHERE account_id = $1 AND id = $2 AND paused_at = 0 RETURNING lane, org_id`)
	qResumeWebhook = sqlText("resume webhook", `UPDATE webhooks SET paused_at = 0, paused_why = '', failures = 0, failing_since = 0
		WHERE account_id = $1 AND id = $2 AND paused_at > 0 RETURNING lane, org_id`)
	qHoldHookLane = sqlText("hold webhook lane", `UPDATE lanes SET held = $2 WHERE seq = $1`)
	// It has something to be told, at once; what is under way ends first.
	qRouseLane = sqlText("rouse lane", `UPDATE lanes SET held = 0, pending = 1, free_at = 0, next_at = CASE WHEN in_flight = 0 THEN 0 ELSE next_at END WHERE seq = $1`)

	qAgainRange = sqlText("range of notifications", `SELECT COALESCE(MIN(seq), 0), COALESCE(MAX(seq), 0) FROM notifications
		WHERE account_id = $1 AND at >= $2 AND at <= $3 AND seq <= $4`)
	qHookPlace = sqlText("webhook's place", `SELECT lane, cursor, again_to, paused_at FROM webhooks WHERE account_id = $1 AND id = $2`)
	qSetAgain  = sqlText("tell again", `UPDATE webhooks SET again_from = $2, again_to = $3 WHERE id = $1`)

	qInsertTry = sqlText("keep delivery", `INSERT INTO deliveries (account_id, org_id, webhook_id, notification, type, again, at, duration, status, error, response)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	qTries = sqlText("deliveries", `SELECT seq, notification, type, org_id, again, at, duration, status, error, response FROM deliveries
		WHERE webhook_id = $1 AND seq < $2 AND ($3 = 0 OR error <> '') ORDER BY seq DESC LIMIT $4`)
	qTrimTries = sqlText("trim deliveries", `DELETE FROM deliveries WHERE webhook_id = $1 AND seq <=
		(SELECT seq FROM deliveries WHERE webhook_id = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2)`)
	qDeleteTries = sqlText("delete deliveries", `DELETE FROM deliveries WHERE webhook_id = $1`)
	qSweepTries  = sqlText("sweep deliveries", `DELETE FROM deliveries WHERE at < $1 AND seq IN (SELECT seq FROM deliveries ORDER BY seq LIMIT $2)`)
)

// How much of a webhook's log is kept: the newest, trimmed every so many, for as long as the notifications themselves.
const (
	triesMax  = 1000
	triesTrim = 20
)

// UpdateWebhook replaces where a webhook is and what it is told.
func (s *Store) UpdateWebhook(ctx context.Context, w *directory.Webhook) error {
	return s.write(ctx, func(t *tx) error {
		t.rehook = append(t.rehook, w.AccountID)
		n, err := t.exec(qUpdateWebhook, w.AccountID, w.ID, w.URL, textList(w.Types))
		if err == nil && n == 0 {
			err = notFound("webhook", w.ID)
		}
		return err
	})
}

// RotateWebhook gives a webhook another secret. What it is told is signed with the one before, too, until then.
func (s *Store) RotateWebhook(ctx context.Context, accountID, id, secret string, until time.Time) error {
	sealed, err := s.seal(secret, place("webhook", accountID, id))
	if err != nil {
		return fmt.Errorf("seal the secret: %w", err)
	}
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(qRotateWebhook, accountID, id, sealed, micros(until))
		if err == nil && n == 0 {
			err = notFound("webhook", id)
		}
		return err
	})
}

// PauseWebhook has a webhook told nothing until somebody resumes it; what happens meanwhile is kept for it as long as for all. What it is
// being told ends first. One that is paused stays as it is.
func (s *Store) PauseWebhook(ctx context.Context, accountID, id, why string, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		lane, org := int64(0), ""
		if err := t.each(qPauseByHand, func(r *row) error { lane, org = r.int(), r.text(); return nil }, accountID, id, micros(now), why); err != nil {
			return err
		}
		if lane == 0 {
			return nil // it is paused already
		}
		t.rehook = append(t.rehook, accountID)
		if _, err := t.exec(qHoldHookLane, lane, 1); err != nil {
			return err
		}
		return tellOfWebhook(t, accountID, org, id, why, now)
	})
}

// ResumeWebhook has a paused webhook told again what happened meanwhile, as far as it is kept. One that is not paused stays as it is.
func (s *Store) ResumeWebhook(ctx context.Context, accountID, id string, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		lane, org := int64(0), ""
		if err := t.each(qResumeWebhook, func(r *row) error { lane, org = r.int(), r.text(); return nil }, accountID, id); err != nil {
			return err
		}
		if lane == 0 {
			return nil // it is not paused
		}
		t.rehook = append(t.rehook, accountID)
		t.touched.Webhooks = true
		if _, err := t.exec(qRouseLane, lane); err != nil {
			return err
		}
		return tellOfWebhook(t, accountID, org, id, "", now)
	})
}

// tellOfWebhook tells whoever listens that a webhook is told nothing any more; why empty: it is again.
func tellOfWebhook(t *tx, accountID, orgID, id, why string, now time.Time) error {
	data, err := json.Marshal(message.AttentionNews{WebhookID: id, About: directory.AboutEndpoint, Reason: why})
	if err != nil { // strings
		panic(err)
	}
	return notify(t, &message.Notification{AccountID: accountID, OrgID: orgID, Type: message.IntegrationAttention, At: now, Data: data}, 0)
}

// ReplayWebhook has a webhook told once more what happened from one time to another, in order, whenever there is nothing new. It says how
// far that reaches; nothing of what is still to be told for the first time is part of it.
func (s *Store) ReplayWebhook(ctx context.Context, accountID, id string, from, to time.Time) (any bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		var lane, cursor, again, paused int64
		found, err := one(t, qHookPlace, func(r *row) error { lane, cursor, again, paused = r.int(), r.int(), r.int(), r.int(); return nil }, accountID, id)
		switch {
		case err != nil:
			return err
		case !found:
			return notFound("webhook", id)
		case again > 0:
			return fault.New(fault.Conflict, "id", "it is being told once more already; wait until that has ended")
		case paused > 0:
			return fault.New(fault.Conflict, "id", "it is paused: resume it first")
		}
		first, last := int64(0), int64(0)
		if _, err := one(t, qAgainRange, func(r *row) error { first, last = r.int(), r.int(); return nil }, accountID, micros(from), micros(to), cursor); err != nil {
			return err
		}
		if any = last > 0; !any {
			return nil
		}
		t.rehook = append(t.rehook, accountID)
		t.touched.Webhooks = true
		if _, err := t.exec(qSetAgain, id, first-1, last); err != nil {
			return err
		}
		_, err = t.exec(qRouseLane, lane)
		return err
	})
	return any, err
}

// Deliveries are the requests to a webhook, the newest first; failed: only those that were not taken.
func (s *Store) Deliveries(ctx context.Context, webhookID string, failed bool, p Page) (list []message.DeliveryTry, next string, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) error {
		return db.each(qTries, func(r *row) error {
			list = append(list, message.DeliveryTry{Seq: r.int(), Notification: r.int(), Type: r.text(), OrgID: r.text(), Again: r.bool(), At: r.time(), Duration: r.duration(),
				Status: int(r.int()), Error: r.text(), Response: r.text()})
			return nil
		}, webhookID, before, flag(failed), p.size())
	})
	list, next = cut(p, list, func(d *message.DeliveryTry) string { return seqCursor(d.Seq) })
	return list, next, err
}

// keepTries writes a delivery's requests into the webhook's log. Only the writer's goroutine counts.
func (s *Store) keepTries(t *tx, accountID, webhookID string, list []message.DeliveryTry) error {
	for i := range list {
		d := &list[i]
		if err := t.later(qInsertTry, accountID, d.OrgID, webhookID, d.Notification, d.Type, flag(d.Again), micros(d.At), d.Duration.Microseconds(), d.Status, d.Error, d.Response); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	if s.logged == nil {
		s.logged = map[string]int{}
	}
	n := s.logged[webhookID]
	if s.logged[webhookID]++; n%triesTrim != 0 {
		return nil
	}
	_, err := t.exec(qTrimTries, webhookID, triesMax)
	return err
}
