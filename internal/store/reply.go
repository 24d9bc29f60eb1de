package store

import (
	"context"
	"time"

	"patchbay/internal/conversation"
	"patchbay/internal/message"
)

// keepReplies is how long an automatic answer is owed at most, and how long it is known that it was given.
const keepReplies = 24 * time.Hour

var (
	qNumberSettings = sqlText("settings of a number", `SELECT settings FROM numbers WHERE id = $1`)
	qOweReply       = sqlText("owe reply", `INSERT INTO replies (id, account_id, org_id, number_id, contact, user_id, kind, content, owed, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)`)
	qRepliesTo = sqlText("replies to a contact", `SELECT COUNT(*) FROM replies WHERE number_id = $1 AND contact = $2 AND at > $3 AND kind <> 'optout'`)
	qOwed      = sqlText("owed replies", `SELECT id, account_id, number_id, contact, user_id, kind, content, at FROM replies
		WHERE owed = 1 AND at > $1 ORDER BY at LIMIT $2`)
	qPayReply = sqlText("pay reply", `UPDATE replies SET owed = 0, content = '' WHERE id = $1 AND owed = 1`)
)

// react does what an inbound text asks for: the opt-out list, and an answer. Who is blocked gets none but the confirmation of a STOP.
func react(t *tx, m *message.Message, privateTo string, begins, blocked bool, now time.Time) error {
	settings := ""
	if found, err := one(t, qNumberSettings, func(r *row) error { settings = r.text(); return nil }, m.NumberID); err != nil || !found {
		return err
	}
	rules, err := conversation.ReadRules(settings)
	if err != nil {
		rules = conversation.Rules{} // of before settings were checked: the usual words hold
	}
	out, err := isOptedOut(t, t.veil, m.OrgID, m.To, m.From)
	if err == nil && out {
		err = unveil(t, m.OrgID, m.From) // who was erased has made themselves known again
	}
	if err != nil {
		return err
	}
	r := rules.React(m.Content, conversation.Known{OptedOut: out, Begins: begins})
	if r.Change != message.Unchanged {
		if _, err := changeOptOut(t, &message.OptOut{AccountID: m.AccountID, OrgID: m.OrgID, Number: m.To, NumberID: m.NumberID, Contact: m.From, Since: now,
			Source: message.ByKeyword}, r.Change == message.OptedOut, ""); err != nil {
			return err
		}
	}
	if r.Reply == "" || blocked && r.Kind != message.AutoOptOut {
		return nil
	}
	if r.Kind != message.AutoOptOut { // that one is given once by itself
		n, err := count(t, qRepliesTo, m.NumberID, m.From, age(now, conversation.AutoRepliesWhile))
		if err != nil || n >= conversation.AutoRepliesMax {
			return err
		}
	}
	t.touched.Replies = true
	_, err = t.exec(qOweReply, message.NewID(), m.AccountID, m.OrgID, m.NumberID, m.From, privateTo, r.Kind, r.Reply, micros(now))
	return err
}

// OwedReplies are the oldest automatic answers that are still to be accepted.
func (s *Store) OwedReplies(ctx context.Context, now time.Time, limit int) (list []message.OwedReply, err error) {
	err = s.read(ctx, func(db engine) error {
		return db.each(qOwed, func(r *row) error {
			list = append(list, message.OwedReply{ID: r.text(), AccountID: r.text(), NumberID: r.text(), Contact: r.text(), UserID: r.text(),
				Kind: r.text(), Text: r.text(), At: r.time()})
			return nil
		}, age(now, keepReplies), limit)
	})
	return list, err
}

// DropReply gives an automatic answer up: there is no way to give it.
func (s *Store) DropReply(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(qPayReply, id)
		return err
	})
}

// paid marks an automatic answer as given, and says whether it was before.
func paid(t *tx, id string) (before bool, err error) {
	n, err := t.exec(qPayReply, id)
	return err == nil && n == 0, err
}
