package store

import (
	"context"
	"time"

	"patchbay/internal/message"
)

var (
	qNotify = sqlText("notify", `INSERT INTO notifications (account_id, org_id, number_id, user_id, type, message, status, at, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	qNotificationsAfter = sqlText("notifications after", `SELECT n.seq, n.account_id, n.org_id, n.number_id, n.user_id, n.type, n.message, n.status, n.at, n.data
		FROM notifications n WHERE n.account_id = $1 AND n.seq > $2 AND ($3 = '' OR n.org_id = $3)
		AND ($4 = '' OR (n.user_id IN ('', $4) AND EXISTS (SELECT 1 FROM number_users u WHERE u.number_id = n.number_id AND u.user_id = $4))
			OR (n.user_id = $4 AND n.number_id = ''))
		AND ($5 = '' OR $5 LIKE '%"' || n.type || '"%')
		ORDER BY n.seq LIMIT $6`)
	qLastNotification = sqlText("last notification", `SELECT COALESCE(MAX(seq), 0) FROM notifications`)
)

// notify tells programs and browsers, in the commit that it tells of.
func notify(t *tx, n *message.Notification, seq int64) error {
	t.touched.Notifications = true
	if t.notified == nil {
		t.notified = map[news]int{}
	}
	t.notified[news{n.AccountID, n.OrgID, n.Type}]++
	return t.later(qNotify, n.AccountID, n.OrgID, n.NumberID, n.UserID, n.Type, seq, string(n.Status), micros(n.At), string(n.Data))
}

// notifyStatus tells that a message has this status now.
func notifyStatus(t *tx, m *message.Message, seq int64, privateTo string, status message.Status, at time.Time) error {
	kind := message.MessageStatus
	if status == message.Received {
		kind = message.MessageReceived
	}
	return notify(t, &message.Notification{AccountID: m.AccountID, OrgID: m.OrgID, NumberID: m.NumberID, UserID: privateTo,
		Type: kind, Status: status, At: at}, seq)
}

// notificationsMax bounds what one read hands out.
const notificationsMax = 1000

// NotificationsAfter are those that the filter may see, in the order of the commits.
func (s *Store) NotificationsAfter(ctx context.Context, f message.NotificationFilter, afterSeq int64, limit int) (list []message.Notification, err error) {
	if limit <= 0 || limit > notificationsMax {
		limit = notificationsMax
	}
	err = s.read(ctx, func(db engine) (err error) {
		list, err = notificationsAfter(db, f, afterSeq, limit)
		return err
	})
	return list, err
}

func notificationsAfter(db engine, f message.NotificationFilter, afterSeq int64, limit int) (list []message.Notification, err error) {
	var about []int64
	err = db.each(qNotificationsAfter, func(r *row) error {
		n := message.Notification{Seq: r.int(), AccountID: r.text(), OrgID: r.text(), NumberID: r.text(), UserID: r.text(), Type: r.text()}
		about = append(about, r.int())
		n.Status, n.At, n.Data = message.Status(r.text()), r.time(), r.bytes()
		list = append(list, n)
		return nil
	}, f.AccountID, afterSeq, f.OrgID, f.UserID, textList(f.Types), limit)
	if err != nil {
		return nil, err
	}
	for i, seq := range about {
		if seq == 0 {
			continue
		}
		v, err := viewBySeq(db, seq, textsNone)
		if err != nil {
			return nil, err
		}
		if v != nil && (v.AccountID != list[i].AccountID || v.OrgID != list[i].OrgID) {
			v = nil // the message is gone with its organization, and its place in the table is another's
		}
		if v != nil && list[i].Status != "" {
			asOf(v, list[i].Status, list[i].At)
		}
		if list[i].Message = v; v != nil {
			list[i].MessageID = v.ID
		}
	}
	return list, nil
}

// asOf takes a message back to how it was when it got this status: who is told that it is queued must not read that it
// is delivered.
func asOf(v *message.View, status message.Status, at time.Time) {
	if v.Status == status {
		return
	}
	v.Status = status
	v.ErrorCode, v.ErrorText = "", ""
	for i, c := range v.History {
		if c.Status == status && !c.Late {
			v.ErrorCode, v.ErrorText = c.Code, c.Text
		}
		if c.At.After(at) {
			v.History = v.History[:i]
			break
		}
	}
}

// LastNotification is the newest one's Seq, or 0.
func (s *Store) LastNotification(ctx context.Context) (seq int64, err error) {
	err = s.read(ctx, func(db engine) error {
		seq, err = count(db, qLastNotification)
		return err
	})
	return seq, err
}
