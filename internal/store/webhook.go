package store

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/directory"
)

const webhookColumns = `id, account_id, org_id, url, types, format, created_at, secret, token, old_secret, old_until, paused_at, paused_why, failing_since, again_to`

var (
	qInsertWebhook = sqlText("insert webhook", `INSERT INTO webhooks (id, account_id, org_id, url, types, format, created_at, secret, token, lane, cursor, failures, failing_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, (SELECT COALESCE(MAX(seq), 0) FROM notifications), 0, 0)`)
	qInsertHookLane = sqlText("insert webhook lane", `INSERT INTO lanes
		(kind, key, account_id, org_id, integration_id, pending, accepted, held, next_at, free_at, epoch, in_flight, attempt_at, asides, turn, pauses)
		VALUES ('deliver', $1, $2, $3, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING seq`)
	qWebhook        = sqlText("webhook", `SELECT `+webhookColumns+` FROM webhooks WHERE account_id = $1 AND id = $2`)
	qWebhooks       = sqlText("webhooks", `SELECT `+webhookColumns+` FROM webhooks WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`)
	qDeleteWebhook  = sqlText("delete webhook", `DELETE FROM webhooks WHERE account_id = $1 AND id = $2`)
	qDeleteHookLane = sqlText("delete webhook lane", `DELETE FROM lanes WHERE kind = 'deliver' AND key = $1`)
	qDeleteLetters  = sqlText("delete dead letters", `DELETE FROM dead_letters WHERE webhook_id = $1`)
)

// CreateWebhook keeps a webhook. It is told what happens from now on. An empty ID gets one.
func (s *Store) CreateWebhook(ctx context.Context, w *directory.Webhook) error {
	if w.Created.IsZero() {
		w.Created = time.Now()
	}
	if w.ID == "" {
		w.ID = directory.NewID(w.Created)
	}
	sealed, err := s.seal(w.Secret, place("webhook", w.AccountID, w.ID))
	if err != nil {
		return fmt.Errorf("seal the secret: %w", err)
	}
	token := []byte{}
	if w.Token != "" {
		if token, err = s.seal(w.Token, place("webhook token", w.AccountID, w.ID)); err != nil {
			return fmt.Errorf("seal the token: %w", err)
		}
	}
	return s.write(ctx, func(t *tx) error {
		t.rehook = append(t.rehook, w.AccountID)
		if w.OrgID != "" {
			if err := requireOrganization(t, w.AccountID, w.OrgID); err != nil {
				return err
			}
		}
		var lane int64
		if err := t.each(qInsertHookLane, func(r *row) error { lane = r.int(); return nil }, w.ID, w.AccountID, w.OrgID); err != nil {
			return err
		}
		_, err := t.exec(qInsertWebhook, w.ID, w.AccountID, w.OrgID, w.URL, textList(w.Types), w.Format, micros(w.Created), sealed, token, lane)
		return err
	})
}

func (s *Store) readWebhook(r *row) (w directory.Webhook, err error) {
	w = directory.Webhook{ID: r.text(), AccountID: r.text(), OrgID: r.text(), URL: r.text()}
	if w.Types, err = readTextList(r.text()); err != nil {
		return w, fmt.Errorf("types of webhook %s: %w", w.ID, err)
	}
	w.Format, w.Created = r.text(), r.time()
	if err := s.open(r.bytes(), place("webhook", w.AccountID, w.ID), &w.Secret); err != nil {
		return w, fmt.Errorf("open the secret of webhook %s: %w", w.ID, err)
	}
	if token := r.bytes(); len(token) > 0 {
		if err := s.open(token, place("webhook token", w.AccountID, w.ID), &w.Token); err != nil {
			return w, fmt.Errorf("open the token of webhook %s: %w", w.ID, err)
		}
	}
	old := r.bytes()
	w.OldUntil, w.Paused, w.PausedWhy, w.FailingSince, w.Again = r.time(), r.time(), r.text(), r.time(), r.int() > 0
	if len(old) > 0 && w.OldUntil.After(time.Now()) {
		if err := s.open(old, place("webhook", w.AccountID, w.ID), &w.OldSecret); err != nil {
			return w, fmt.Errorf("open the old secret of webhook %s: %w", w.ID, err)
		}
	} else {
		w.OldUntil = time.Time{}
	}
	return w, nil
}

func (s *Store) readWebhooks(ctx context.Context, q *query, args ...any) (list []directory.Webhook, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(q, func(r *row) error {
			w, err := s.readWebhook(r)
			list = append(list, w)
			return err
		}, args...)
	})
	return list, err
}

// Webhook is the account's webhook of this id.
func (s *Store) Webhook(ctx context.Context, accountID, id string) (*directory.Webhook, error) {
	list, err := s.readWebhooks(ctx, qWebhook, accountID, id)
	if err != nil || len(list) == 0 {
		return found[directory.Webhook](nil, err, "webhook", id)
	}
	return &list[0], nil
}

// Webhooks are an account's webhooks, the oldest first.
func (s *Store) Webhooks(ctx context.Context, accountID string, p Page) (list []directory.Webhook, next string, err error) {
	after, err := p.afterText()
	if err != nil {
		return nil, "", err
	}
	list, err = s.readWebhooks(ctx, qWebhooks, accountID, after, p.size())
	list, next = cut(p, list, func(w *directory.Webhook) string { return textCursor(w.ID) })
	return list, next, err
}

// DeleteWebhook ends a webhook, with what it was still to be told.
func (s *Store) DeleteWebhook(ctx context.Context, accountID, id string) error {
	return s.write(ctx, func(t *tx) error {
		t.rehook = append(t.rehook, accountID)
		n, err := t.exec(qDeleteWebhook, accountID, id)
		if err == nil && n == 0 {
			err = notFound("webhook", id)
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(qDeleteHookLane, id); err != nil {
			return err
		}
		if _, err = t.exec(qDeleteLetters, id); err != nil {
			return err
		}
		_, err = t.exec(qDeleteTries, id)
		return err
	})
}
