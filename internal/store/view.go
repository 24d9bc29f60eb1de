package store

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"patchbay/internal/message"
)

var (
	qViewByID  = sqlText("view by id", `SELECT `+viewColumns+` FROM messages WHERE account_id = $1 AND id = $2`)
	qViewBySeq = sqlText("view by seq", `SELECT `+viewColumns+` FROM messages WHERE seq = $1`)

	qAttempts = sqlText("attempts", `SELECT key, part, at, duration, outcome, again, error_code, error_text, request, response, integration_id,
		COALESCE((SELECT i.service_id FROM integrations i WHERE i.id = attempts.integration_id), '') FROM attempts WHERE key BETWEEN $1 AND $2 ORDER BY key`)
	qAttemptHeads = sqlText("attempts without texts", `SELECT key, part, at, duration, outcome, again, error_code, error_text, '', '', integration_id,
		COALESCE((SELECT i.service_id FROM integrations i WHERE i.id = attempts.integration_id), '') FROM attempts WHERE key BETWEEN $1 AND $2 ORDER BY key`)

	qSeqsOfOrganization = sqlText("messages of an organization", `SELECT seq FROM messages WHERE org_id = $1 AND seq < $2`+viewFilter+viewOrder)
	qTroubledSeqs       = sqlText("messages of an organization that did not get through", `SELECT seq FROM messages
		WHERE org_id = $1 AND seq < $2 AND (rank = 2 OR rank = 4)`+viewFilter+`
		AND ($19 = '' OR conversation_id = $19)`+unresolved+viewOrder)
	qSeqsOfConversation = sqlText("messages of a conversation", `SELECT seq FROM messages WHERE conversation_id = $1 AND seq < $2`+viewFilter+viewOrder)
	qOrganizationIDs    = sqlText("ids of organizations", `SELECT id FROM organizations WHERE account_id = $1 AND deleted_at = 0`)
)

// isOpen: an attempt at the message is open. With it a message is sending, before its row says so.
const isOpen = `EXISTS (SELECT 1 FROM lanes l WHERE l.seq = messages.lane AND l.in_flight = messages.seq)`

const viewColumns = messageColumns + `, refs, history, CASE WHEN error_code = 'dismissed' THEN 1 ELSE dismissed END,
	COALESCE((SELECT l.attempt_at FROM lanes l WHERE l.seq = messages.lane AND l.in_flight = messages.seq), 0)`

// viewFilter is what the lists have in common; each begins with what its index knows.
const viewFilter = ` AND account_id = $3 AND ($4 = '' OR org_id = $4) AND ($5 = '' OR direction = $5) AND ($6 = '' OR "from" = $6)
	AND ($7 = '' OR "to" = $7)
	AND ($8 = '' OR $8 LIKE '%,' || CASE WHEN rank = 0 AND waiting > 0 AND ` + isOpen + ` THEN 'sending' ELSE status END || ',%')
	AND ($9 = '' OR (private_to IN ('', $9) AND EXISTS (SELECT 1 FROM number_users u WHERE u.number_id = messages.number_id AND u.user_id = $9))
		OR (private_to = $9 AND number_id = ''))
	AND ($11 = '' OR CASE WHEN direction = 'inbound' THEN "to" ELSE "from" END = $11) AND ($12 = '' OR service_id = $12)
	AND ($13 = '' OR integration_id = $13) AND ($14 = '' OR user_id = $14) AND ($15 = '' OR error_code = $15)
	AND ($16 = '' OR EXISTS (SELECT 1 FROM attempts a WHERE a.key BETWEEN messages.seq * 1048576 AND messages.seq * 1048576 + 1048575 AND a.outcome = $16))
	AND created_at >= $17 AND created_at < $18`

// unresolved is what is left to somebody: nobody has sent it again or dismissed it.
const unresolved = ` AND ($20 = 0 OR (error_code <> 'dismissed' AND dismissed = 0 AND NOT EXISTS (SELECT 1 FROM messages r WHERE r.resend_of = messages.id AND r.resend_of <> '')))`

const viewOrder = ` ORDER BY seq DESC LIMIT $10`

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

// Messages are those that the filter picks, the newest first, their attempts without the recorded texts. Where a text is looked for, what was
// said a moment ago may be missing yet, and a page may be shorter than asked for though it has a next one.
func (s *Store) Messages(ctx context.Context, f message.Filter, p Page) (list []message.View, next string, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) error {
		list, next = nil, ""
		var seqs []int64
		if f.Text != "" {
			var goOn int64
			if seqs, goOn, err = s.searchMessages(db, f, before, p.size()-1); err != nil {
				return err
			}
			if goOn > 0 {
				next = seqCursor(goOn)
			}
		} else {
			if seqs, err = pickMessages(db, f, before, p.size()); err != nil {
				return err
			}
			seqs, next = cut(p, seqs, func(seq *int64) string { return seqCursor(*seq) })
		}
		for _, seq := range seqs {
			v, err := viewBySeq(db, seq, textsHeads)
			if err != nil {
				return err
			}
			list = append(list, *v)
		}
		return nil
	})
	return list, next, err
}

// pickMessages finds the newest messages of the filter. An account's are the newest of its organizations': they have an
// index, and another one for the account would cost every message.
func pickMessages(db engine, f message.Filter, before int64, n int) (seqs []int64, err error) {
	q, keys, byOrganization := qSeqsOfOrganization, []string{f.OrgID}, true
	var more []any // what only the few that did not get through are asked
	until := int64(math.MaxInt64)
	if !f.Until.IsZero() {
		until = micros(f.Until)
	}
	switch {
	case f.Unresolved, f.ConversationID == "" && isTroubled(f.Statuses):
		q, more = qTroubledSeqs, []any{f.ConversationID, flag(f.Unresolved)}
	case f.ConversationID != "":
		q, keys, byOrganization = qSeqsOfConversation, []string{f.ConversationID}, false
	}
	if byOrganization && f.OrgID == "" {
		keys = nil
		if err := db.each(qOrganizationIDs, func(r *row) error { keys = append(keys, r.text()); return nil }, f.AccountID); err != nil {
			return nil, err
		}
	}
	for _, key := range keys {
		if err := db.each(q, func(r *row) error { seqs = append(seqs, r.int()); return nil },
			append([]any{key, before, f.AccountID, f.OrgID, string(f.Direction), f.From, f.To, oneOf(f.Statuses), f.UserID, n, f.Number, f.ServiceID,
				f.IntegrationID, f.Writer, f.ErrorCode, string(f.Outcome), micros(f.Since), until}, more...)...); err != nil {
			return nil, err
		}
		if len(seqs) > 100*n {
			seqs = newest(seqs, n)
		}
	}
	return newest(seqs, n), nil
}

// isTroubled reports whether all that is asked for is among the few messages that did not get through, which have an index of their own.
func isTroubled(list []message.Status) bool {
	for _, s := range list {
		if s != message.Unclear && s.Rank() != message.Failed.Rank() {
			return false
		}
	}
	return len(list) > 0
}

// oneOf is statuses as the filter compares them; none is any.
func oneOf(list []message.Status) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte(',')
	for _, s := range list {
		b.WriteString(string(s))
		b.WriteByte(',')
	}
	return b.String()
}

func newest(seqs []int64, n int) []int64 {
	slices.SortFunc(seqs, func(a, b int64) int { return cmp.Compare(b, a) })
	return seqs[:min(n, len(seqs))]
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
	seq    int64
	edits  int
	opened time.Time // when its open attempt began; zero: it has none
	again  bool
}

func readView(r *row) (v storedView, err error) {
	m, err := readMessage(r)
	if err != nil {
		return v, err
	}
	v.Message, v.seq, v.again, v.edits = m.Message, m.seq, m.again, m.edits
	if v.MessageIDs, err = readRefs(r.text()); err != nil {
		return v, err
	}
	if v.History, err = readHistory(r.text()); err != nil {
		return v, err
	}
	v.Dismissed = r.bool()
	if v.opened = r.time(); !v.opened.IsZero() {
		if v.Status.MayBecome(message.Sending) {
			v.History = append(v.History, message.Change{Status: message.Sending, At: v.opened})
		}
		begun(&v.Message)
	}
	return v, nil
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
				Outcome: message.Outcome(r.text()), Again: r.bool(), ErrorCode: r.text(), ErrorText: r.text(), Request: r.text(), Response: r.text(),
				IntegrationID: r.text(), ServiceID: r.text()})
			return nil
		}, attemptKey(v.seq, 0), attemptKey(v.seq, attemptMax)); err != nil {
			return err
		}
		for i := range v.Attempts {
			if a := &v.Attempts[i]; a.IntegrationID == "" {
				a.IntegrationID, a.ServiceID = v.IntegrationID, v.ServiceID
			}
		}
		if !v.opened.IsZero() {
			v.Attempts = append(v.Attempts, message.Attempt{N: v.Message.Attempts, Part: v.Part, At: v.opened, Again: v.again,
				IntegrationID: v.IntegrationID, ServiceID: v.ServiceID})
		}
	}
	if v.edits > 0 {
		if err := db.each(qEdits, func(r *row) error {
			v.Edits = append(v.Edits, message.Edit{At: r.time(), Deleted: r.bool(), Content: r.text()})
			return nil
		}, v.seq); err != nil {
			return err
		}
	}
	return db.each(qMediaOf, func(r *row) error { v.Media = append(v.Media, readMedia(r)); return nil }, v.seq)
}
