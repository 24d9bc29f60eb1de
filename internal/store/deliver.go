package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

// deliveryMax is how many notifications one delivery carries.
const deliveryMax = 400

var (
	qHookOfLane = sqlText("webhook of a lane", `SELECT `+webhookColumns+`, cursor, failures, again_from, again_to FROM webhooks WHERE lane = $1`)
	qMoveHook   = sqlText("move webhook", `UPDATE webhooks SET cursor = $2, failures = $3, failing_since = $4 WHERE id = $1`)
	qHookState  = sqlText("webhook's state", `SELECT account_id, org_id, types, cursor, failures, failing_since, again_from, again_to
		FROM webhooks WHERE id = $1 AND lane = $2`)
	qMoreFor = sqlText("more for a webhook", `SELECT n.seq FROM notifications n WHERE n.account_id = $1 AND n.seq > $2
		AND ($3 = '' OR n.org_id = $3) AND ($4 = '' OR $4 LIKE '%"' || n.type || '"%') ORDER BY n.seq LIMIT 1`)
	qLastOf     = sqlText("an account's last notification", `SELECT COALESCE(MAX(seq), 0) FROM notifications WHERE account_id = $1`)
	qDeadLetter = sqlText("dead letter", `INSERT INTO dead_letters (account_id, webhook_id, notification, at, reason) VALUES ($1, $2, $3, $4, $5)`)
)

// ClaimDeliveries leases up to n webhooks that have something to be told, as ClaimSends does.
func (s *Store) ClaimDeliveries(ctx context.Context, now time.Time, n int) (list []lane.Claimed[message.Delivery], next time.Time, err error) {
	claimed, next, err := claimLanes(ctx, s, lane.Deliveries, now, n, func(t *tx, l *laneRow) (*message.Delivery, error) {
		l.inFlight = 1
		return &message.Delivery{LaneID: l.id(), Epoch: l.epoch}, nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	for i := range claimed {
		c, err := s.load(ctx, &claimed[i], now)
		if err != nil {
			return nil, time.Time{}, err // the lease ends, and it is claimed again
		}
		if c != nil {
			list = append(list, *c)
		}
	}
	return list, next, nil
}

// load reads what a claimed webhook is to be told: beside the writer, for it may be much. A webhook that has nothing to
// be told is given back, and is no claim.
func (s *Store) load(ctx context.Context, c *lane.Claimed[message.Delivery], now time.Time) (*lane.Claimed[message.Delivery], error) {
	d := &c.Work
	seq, err := strconv.ParseInt(c.Lane.ID, 10, 64)
	if err != nil {
		return nil, err
	}
	var hook *directory.Webhook
	var through int64
	err = s.read(ctx, func(db engine) error {
		var cursor, againFrom, againTo int64
		if _, err := one(db, qHookOfLane, func(r *row) error {
			w, err := s.readWebhook(r)
			hook, cursor, d.Failures, againFrom, againTo = &w, r.int(), int(r.int()), r.int(), r.int()
			d.FailingSince = w.FailingSince
			return err
		}, seq); err != nil || hook == nil {
			return err
		}
		if through, err = count(db, qLastOf, hook.AccountID); err != nil {
			return err
		}
		f := message.NotificationFilter{AccountID: hook.AccountID, OrgID: hook.OrgID, Types: hook.Types}
		if d.Notifications, err = notificationsAfter(db, f, cursor, deliveryMax); err != nil || len(d.Notifications) > 0 || againTo == 0 {
			return err
		}
		// Nothing new: then what is to be told once more.
		d.Again, through = true, againTo
		d.Notifications, err = notificationsAfter(db, f, againFrom, deliveryMax)
		d.Notifications = slices.DeleteFunc(d.Notifications, func(n message.Notification) bool { return n.Seq > againTo })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load delivery: %w", err)
	}
	if hook == nil { // deleted, and its lane with it
		s.lanes.gave(c.Lane.ID)
		return nil, nil
	}
	d.WebhookID, d.AccountID, d.OrgID, d.URL, d.Format, d.Secret, d.Token = hook.ID, hook.AccountID, hook.OrgID, hook.URL, hook.Format, hook.Secret, hook.Token
	d.OldSecret = hook.OldSecret
	if len(d.Notifications) > 0 {
		return c, nil
	}
	_, err = s.SettleDelivery(ctx, message.DeliverySettlement{LaneID: d.LaneID, Epoch: d.Epoch, WebhookID: d.WebhookID, Now: now, Cursor: through, Again: d.Again})
	if err == ErrFenced {
		err = nil
	}
	return nil, err
}

// SettleDelivery moves the webhook's cursor and gives its lane back, or begins the next delivery.
func (s *Store) SettleDelivery(ctx context.Context, d message.DeliverySettlement) (next *lane.Claimed[message.Delivery], err error) {
	seq, err := strconv.ParseInt(d.LaneID, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("lane %q: %w", d.LaneID, err)
	}
	err = s.write(ctx, func(t *tx) error {
		next = nil
		l, err := holdLane(t, seq, d.Epoch)
		if err != nil {
			return err
		}
		more, err := s.settleHook(t, l, &d)
		if err != nil {
			return err
		}
		l.freeAt = d.RetryAt
		switch {
		case more && d.More && !l.held && d.Pause == "" && !d.RetryAt.After(d.Now):
			l.nextAt = d.Now.Add(lane.LeaseFor)
			next = &lane.Claimed[message.Delivery]{Lane: l.lane(), Work: message.Delivery{LaneID: d.LaneID, Epoch: d.Epoch}}
		default:
			l.inFlight, l.nextAt = 0, l.freeAt
			t.touched.Webhooks = t.touched.Webhooks || more
		}
		return l.save(t)
	})
	if next == nil || err != nil {
		s.lanes.gave(d.LaneID)
		return nil, err
	}
	return s.load(ctx, next, d.Now)
}

// settleHook moves the cursor and counts failures. It says whether there may be more to tell.
func (s *Store) settleHook(t *tx, l *laneRow, d *message.DeliverySettlement) (more bool, err error) {
	var account, org, types string
	var cursor, failures, againFrom, againTo int64
	var since time.Time
	found, err := one(t, qHookState, func(r *row) error {
		account, org, types, cursor, failures, since = r.text(), r.text(), r.text(), r.int(), r.int(), r.time()
		againFrom, againTo = r.int(), r.int()
		return nil
	}, d.WebhookID, l.seq)
	if err != nil {
		return false, err
	}
	if !found {
		return false, ErrFenced
	}
	if err := s.keepTries(t, account, d.WebhookID, d.Tries); err != nil {
		return false, err
	}
	if d.Again {
		if d.Cursor > againFrom {
			againFrom, failures, since = d.Cursor, 0, time.Time{}
		}
		if againFrom >= againTo {
			againFrom, againTo = 0, 0
		}
		if err := t.later(qSetAgain, d.WebhookID, againFrom, againTo); err != nil {
			return false, err
		}
	} else if d.Cursor > cursor {
		cursor, failures, since = d.Cursor, 0, time.Time{}
	}
	if !d.RetryAt.IsZero() {
		if failures++; since.IsZero() {
			since = d.Now
		}
	}
	if d.DeadLetter != nil {
		if _, err := t.exec(qDeadLetter, account, d.WebhookID, d.DeadLetter.Seq, micros(d.Now), d.DeadLetter.Reason); err != nil {
			return false, err
		}
	}
	if more, err = one(t, qMoreFor, func(*row) error { return nil }, account, cursor, org, types); err != nil {
		return false, err
	}
	if d.Pause != "" {
		if err := t.later(qPauseWebhook, d.WebhookID, micros(d.Now), d.Pause); err != nil {
			return false, err
		}
		if err := t.later(qHoldHookLane, l.seq, 1); err != nil {
			return false, err
		}
		if err := tellOfWebhook(t, account, org, d.WebhookID, d.Pause, d.Now); err != nil {
			return false, err
		}
		more = true // it wants to be told of that, too
	}
	fresh := more
	more = more || againTo > 0
	if l.pending = flag(more); !fresh {
		if !more {
			t.asleep = append(t.asleep, l.seq)
		}
		last, err := count(t, qLastOf, account)
		if err != nil {
			return false, err
		}
		cursor = max(cursor, last) // nothing in between is for it
	}
	_, err = t.exec(qMoveHook, d.WebhookID, cursor, failures, micros(since))
	return more, err
}
