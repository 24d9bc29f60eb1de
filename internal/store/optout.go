package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"patchbay/internal/failpoint"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	qOptedOut = sqlText("opted out", `SELECT CASE
		WHEN EXISTS (SELECT 1 FROM optouts WHERE org_id = $1 AND contact = $2 AND (number = $3 OR number = '')) THEN 2
		WHEN EXISTS (SELECT 1 FROM optouts WHERE org_id = $1 AND contact >= '`+veilPrefix+`' AND contact < '`+veilEnd+`') THEN 1 ELSE 0 END`)
	qOptOut = sqlText("opt out", `INSERT INTO optouts (org_id, contact, number, account_id, source, since_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (org_id, contact, number) DO NOTHING`)
	qOptIn = sqlText("opt in", `DELETE FROM optouts WHERE org_id = $1 AND contact = $2 AND number = $3`)
	// Who wants messages of one number again, after all were stopped, has stopped the others.
	qOptOutOfOthers = sqlText("opt out of the others", `INSERT INTO optouts (org_id, contact, number, account_id, source, since_at)
		SELECT o.org_id, o.contact, n.value, o.account_id, o.source, o.since_at FROM optouts o JOIN numbers n ON n.org_id = o.org_id
		WHERE o.org_id = $1 AND o.contact = $2 AND o.number = '' AND n.value <> $3
		ON CONFLICT (org_id, contact, number) DO NOTHING`)
	qOptInAll     = sqlText("opt in to all", `DELETE FROM optouts WHERE org_id = $1 AND contact = $2`)
	qRecordOptOut = sqlText("record opt-out", `INSERT INTO optout_events (account_id, org_id, contact, number, opted_out, source, by_whom, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)

	qOptOuts = sqlText("opt-outs", `SELECT account_id, org_id, number, contact, since_at, source FROM optouts
		WHERE org_id = $1 AND account_id = $2 AND (contact > $3 OR (contact = $3 AND number > $4)) AND ($5 = '' OR number = '' OR number = $5)
		AND ($6 = '' OR contact = $6 OR contact = $8) ORDER BY contact, number LIMIT $7`)
	qOptOutEvents = sqlText("opt-out events", `SELECT seq, account_id, org_id, number, contact, at, source, opted_out, by_whom FROM optout_events
		WHERE org_id = $1 AND account_id = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4`)
)

// isOptedOut reports whether the contact wants no messages of the number. Every message asks for it, so a digest is made only where an
// erased contact may be behind one.
func isOptedOut(db engine, v veil, orgID, number, contact string) (bool, error) {
	found, err := count(db, qOptedOut, orgID, contact, number)
	if err == nil && found == 1 {
		found, err = count(db, qOptedOut, orgID, v.of(orgID, contact), number)
	}
	return found == 2, err
}

// changeOptOut moves a contact on or off the list, for the record and for everybody to hear; nothing when it stands so already.
func changeOptOut(t *tx, o *message.OptOut, out bool, by string) (changed bool, err error) {
	if err := unveil(t, o.OrgID, o.Contact); err != nil {
		return false, err
	}
	var n, more int64
	switch {
	case out:
		n, err = t.exec(qOptOut, o.OrgID, o.Contact, o.Number, o.AccountID, o.Source, micros(o.Since))
	case o.Number == "":
		n, err = t.exec(qOptInAll, o.OrgID, o.Contact)
	default:
		if _, err = t.exec(qOptOutOfOthers, o.OrgID, o.Contact, o.Number); err == nil {
			if n, err = t.exec(qOptIn, o.OrgID, o.Contact, o.Number); err == nil {
				more, err = t.exec(qOptIn, o.OrgID, o.Contact, "")
			}
		}
	}
	if err != nil || n+more == 0 {
		return false, err
	}
	if _, err := t.exec(qRecordOptOut, o.AccountID, o.OrgID, o.Contact, o.Number, flag(out), o.Source, by, micros(o.Since)); err != nil {
		return false, err
	}
	data, err := json.Marshal(message.OptOutNews{OrgID: o.OrgID, Number: o.Number, Contact: o.Contact, OptedOut: out, Source: o.Source})
	if err != nil { // strings
		panic(err)
	}
	return true, notify(t, &message.Notification{AccountID: o.AccountID, OrgID: o.OrgID, NumberID: o.NumberID, Type: message.OptOutChanged,
		At: o.Since, Data: data}, 0)
}

// optOutMax bounds how many contacts one commit changes.
const optOutMax = 500

// ChangeOptOuts puts contacts on the opt-out list, or takes them off it, and says how many were not so before. by is the API key that asked.
func (s *Store) ChangeOptOuts(ctx context.Context, list []message.OptOut, out bool, by string) (changed int, err error) {
	for len(list) > 0 {
		some := list[:min(len(list), optOutMax)]
		list = list[len(some):]
		n := 0
		if err := s.write(ctx, func(t *tx) error {
			n = 0
			for i := range some {
				did, err := changeOptOut(t, &some[i], out, by)
				if err != nil {
					return err
				}
				if did {
					n++
				}
			}
			return nil
		}); err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

// IsOptedOut reports whether the contact wants no messages of the number.
func (s *Store) IsOptedOut(ctx context.Context, orgID, number, contact string) (out bool, err error) {
	err = s.read(ctx, func(db engine) error {
		out, err = isOptedOut(db, newVeil(s.box), orgID, number, contact)
		return err
	})
	return out, err
}

// OptOuts are the contacts of an organization who want no messages, in the order of their numbers.
func (s *Store) OptOuts(ctx context.Context, f message.OptOutFilter, p Page) (list []message.OptOut, next string, err error) {
	after, err := p.afterText()
	if err != nil {
		return nil, "", err
	}
	contact, number, _ := strings.Cut(after, " ")
	err = s.read(ctx, func(db engine) error {
		return db.each(qOptOuts, func(r *row) error {
			list = append(list, message.OptOut{AccountID: r.text(), OrgID: r.text(), Number: r.text(), Contact: r.text(), Since: r.time(), Source: r.text()})
			return nil
		}, f.OrgID, f.AccountID, contact, number, f.Number, f.Contact, p.size(), newVeil(s.box).of(f.OrgID, f.Contact))
	})
	list, next = cut(p, list, func(o *message.OptOut) string { return textCursor(o.Contact + " " + o.Number) })
	return list, next, err
}

// OptOutEvents are the changes of an organization's opt-out list, the newest first.
func (s *Store) OptOutEvents(ctx context.Context, accountID, orgID string, p Page) (list []message.OptOutEvent, next string, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, "", err
	}
	type numbered struct {
		seq int64
		message.OptOutEvent
	}
	var rows []numbered
	err = s.read(ctx, func(db engine) error {
		return db.each(qOptOutEvents, func(r *row) error {
			n := numbered{seq: r.int()}
			n.AccountID, n.OrgID, n.Number, n.Contact, n.At, n.Source = r.text(), r.text(), r.text(), r.text(), r.time(), r.text()
			n.Since, n.Out, n.By = n.At, r.bool(), r.text()
			rows = append(rows, n)
			return nil
		}, orgID, accountID, before, p.size())
	})
	rows, next = cut(p, rows, func(n *numbered) string { return seqCursor(n.seq) })
	for _, n := range rows {
		list = append(list, n.OptOutEvent)
	}
	return list, next, err
}

// codeOptedOut is why a message to a contact on the list failed.
const codeOptedOut = "opted_out"

// errOptedOut refuses a message to a contact who has opted out.
func errOptedOut(contact string) error {
	return fault.New(fault.Forbidden, "to", "%s has opted out of messages from this number: they can text START to it, or the opt-out list of the organization can be changed", contact)
}

// mustNotReach reports whether the message's contact has opted out, and it is none that reaches them nevertheless.
func mustNotReach(t *tx, m *stored) (bool, error) {
	if message.Reaches(m.Auto) || failpoint.Bug("optout") {
		return false, nil
	}
	return isOptedOut(t, t.veil, m.OrgID, m.From, m.To)
}

// endOptedOut ends a waiting message whose contact has opted out since it was accepted.
func endOptedOut(t *tx, m *stored, now time.Time) error {
	to := message.Failed
	if m.again { // an earlier attempt may have been taken: that none follows does not say that it was not
		to = message.Unclear
	}
	return endWaiting(t, m, to, codeOptedOut, "the contact has opted out of messages from this number", now)
}
