package store

import (
	"context"
	"time"

	"patchbay/internal/message"
)

var (
	qViewByID  = sqlText("view by id", `SELECT `+messageColumns+`, refs, history FROM messages WHERE account_id = $1 AND id = $2`)
	qViewBySeq = sqlText("view by seq", `SELECT `+messageColumns+`, refs, history FROM messages WHERE seq = $1`)

	qAttempts     = sqlText("attempts", `SELECT key, part, at, duration, outcome, again, error_code, error_text, request, response FROM attempts WHERE key BETWEEN $1 AND $2 ORDER BY key`)
	qAttemptHeads = sqlText("attempts without texts", `SELECT key, part, at, duration, outcome, again, error_code, error_text, '', '' FROM attempts WHERE key BETWEEN $1 AND $2 ORDER BY key`)

	qViewsOfAccount      = sqlText("views of an account", `SELECT `+messageColumns+`, refs, history FROM messages WHERE account_id = $1 AND seq < $2`+viewFilter)
	qViewsOfOrganization = sqlText("views of an organization", `SELECT `+messageColumns+`, refs, history FROM messages WHERE org_id = $1 AND seq < $2`+viewFilter)
	qViewsOfConversation = sqlText("views of a conversation", `SELECT `+messageColumns+`, refs, history FROM messages WHERE conversation_id = $1 AND seq < $2`+viewFilter)
)

// viewFilter is what the lists have in common; each begins with what its index knows.
const viewFilter = ` AND account_id = $3 AND ($4 = '' OR org_id = $4) AND ($5 = '' OR direction = $5) AND ($6 = '' OR "from" = $6)
	AND ($7 = '' OR "to" = $7) AND ($8 = '' OR status = $8)
	AND ($9 = '' OR (private_to IN ('', $9) AND EXISTS (SELECT 1 FROM number_users u WHERE u.number_id = messages.number_id AND u.user_id = $9))
		OR (private_to = $9 AND number_id = ''))
	ORDER BY seq DESC LIMIT $10`

// texts says how much of the attempts a view shows.
type texts int

const (
	textsNone  texts = iota // no attempts
	textsHeads              // without the recorded requests and responses
	textsAll
)

// Message is the account's message of this id with all that is known of it.
func (s *Store) Message(ctx context.Context, accountID, id string) (v *message.View, err error) {
	err = s.read(ctx, func(db engine) error {
		v, err = oneView(db, textsAll, qViewByID, accountID, id)
		return err
	})
	return found(v, err, "message", id)
}

// Messages are those that the filter picks, the newest first, their attempts without the recorded texts.
func (s *Store) Messages(ctx context.Context, f message.Filter, p Page) (list []message.View, next string, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, "", err
	}
	q, key := qViewsOfAccount, f.AccountID
	switch {
	case f.ConversationID != "":
		q, key = qViewsOfConversation, f.ConversationID
	case f.OrgID != "":
		q, key = qViewsOfOrganization, f.OrgID
	}
	var rows []storedView
	err = s.read(ctx, func(db engine) error {
		if err := db.each(q, func(r *row) error {
			v, err := readView(r)
			rows = append(rows, v)
			return err
		}, key, before, f.AccountID, f.OrgID, string(f.Direction), f.From, f.To, string(f.Status), f.UserID, p.size()); err != nil {
			return err
		}
		rows, next = cut(p, rows, func(v *storedView) string { return seqCursor(v.seq) })
		for i := range rows {
			if err := rows[i].complete(db, textsHeads); err != nil {
				return err
			}
			list = append(list, rows[i].View)
		}
		return nil
	})
	return list, next, err
}

func viewBySeq(db engine, seq int64, t texts) (*message.View, error) {
	return oneView(db, t, qViewBySeq, seq)
}

func oneView(db engine, t texts, q *query, args ...any) (*message.View, error) {
	var v *storedView
	if _, err := one(db, q, func(r *row) error {
		read, err := readView(r)
		v = &read
		return err
	}, args...); err != nil || v == nil {
		return nil, err
	}
	return &v.View, v.complete(db, t)
}

type storedView struct {
	message.View
	seq       int64
	waiting   int64
	attemptAt time.Time
	again     bool
}

func readView(r *row) (v storedView, err error) {
	m, err := readMessage(r)
	if err != nil {
		return v, err
	}
	v.Message, v.seq, v.waiting, v.attemptAt, v.again = m.Message, m.seq, m.waiting, m.attemptAt, m.again
	if v.MessageIDs, err = readRefs(r.text()); err != nil {
		return v, err
	}
	v.History, err = readHistory(r.text())
	return v, err
}

// complete adds what stands in other tables.
func (v *storedView) complete(db engine, t texts) error {
	if t != textsNone && v.Message.Attempts > 0 {
		q := qAttempts
		if t == textsHeads {
			q = qAttemptHeads
		}
		if err := db.each(q, func(r *row) error {
			v.Attempts = append(v.Attempts, message.Attempt{N: int(r.int() & attemptMax), Part: int(r.int()), At: r.time(), Duration: r.duration(),
				Outcome: message.Outcome(r.text()), Again: r.bool(), ErrorCode: r.text(), ErrorText: r.text(), Request: r.text(), Response: r.text()})
			return nil
		}, attemptKey(v.seq, 0), attemptKey(v.seq, attemptMax)); err != nil {
			return err
		}
		if v.waiting == inFlight {
			v.Attempts = append(v.Attempts, message.Attempt{N: v.Message.Attempts, Part: v.Part, At: v.attemptAt, Again: v.again})
		}
	}
	return db.each(qMediaOf, func(r *row) error { v.Media = append(v.Media, readMedia(r)); return nil }, v.seq)
}
