package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/conversation"
	"patchbay/internal/message"
)

// readMark is how far the reader $2 has read the conversation c, by seq.
const readMark = `COALESCE((SELECT r.seq FROM conversation_reads r WHERE r.conversation_id = c.id AND r.user_id = $2),
	(SELECT u.since FROM number_users u WHERE u.number_id = c.number_id AND u.user_id = $2), 0)`

const isBlockedHere = `EXISTS (SELECT 1 FROM contact_addresses b WHERE b.org_id = c.org_id AND b.address = c.contact AND b.blocked = 1)`

// inboxFilter is what the lists have in common; each begins with what its index knows. Whoever asks for no more is answered from the index alone.
const inboxFilter = ` AND c.closed = $3 AND (c.last_at, c.id) < ($4, $5) AND ($6 = '' OR c.number_id = $6)
	AND ($7 = '' OR (c.user_id IN ('', $7) AND c.number_id IN (SELECT u.number_id FROM number_users u WHERE u.user_id = $7))
		OR (c.user_id = $7 AND c.number_id = ''))
	AND ($8 = 0 OR ($2 <> '' AND (c.user_id = $2 OR c.claimed_by = $2)))
	AND ($9 = 0 OR (c.user_id = '' AND c.claimed_by = ''))`

const inboxUnread = ` AND $2 <> '' AND EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.direction = 'inbound' AND m.kept = 0
		AND m.seq > ` + readMark + `) AND NOT ` + isBlockedHere

const inboxOrder = ` ORDER BY c.last_at DESC, c.id DESC LIMIT $10`

const (
	ofOrganization = `SELECT c.id, c.last_at FROM conversations c WHERE c.org_id = $1` + inboxFilter
	withContact    = `SELECT c.id, c.last_at FROM conversations c WHERE c.org_id = $1 AND c.contact = $11` + inboxFilter
)

var (
	qInbox              = sqlText("inbox of an organization", ofOrganization+inboxOrder)
	qInboxUnread        = sqlText("unread inbox of an organization", ofOrganization+inboxUnread+inboxOrder)
	qInboxContact       = sqlText("inbox with a contact", withContact+inboxOrder)
	qInboxContactUnread = sqlText("unread inbox with a contact", withContact+inboxUnread+inboxOrder)

	// All that is shown of some conversations, in one round trip.
	qInboxItems = sqlLists("inbox items", `SELECT c.id, c.account_id, c.org_id, c.number_id, c.contact, c.user_id, c.closed, c.created_at, c.last_at, c.claimed_by, c.joined,
		COALESCE(n.value, ''), COALESCE(n.name, ''), COALESCE(k.id, ''), COALESCE(k.name, ''), COALESCE(h.name, ''),
		CASE WHEN $2 = '' THEN 0 ELSE (SELECT COUNT(*) FROM (SELECT 1 FROM messages x WHERE x.conversation_id = c.id AND x.direction = 'inbound' AND x.kept = 0
			AND x.seq > `+readMark+` LIMIT `+unreadMax+`) AS few) END,
		CASE WHEN EXISTS (SELECT 1 FROM optouts o WHERE o.org_id = c.org_id AND o.contact = c.contact AND o.number IN ('', n.value)) THEN 1 ELSE 0 END,
		CASE WHEN `+isBlockedHere+` THEN 1 ELSE 0 END,
		COALESCE(m.id, ''), COALESCE(m.direction, ''), COALESCE(CASE WHEN m.rank = 0 AND m.waiting > 0
			AND EXISTS (SELECT 1 FROM lanes l WHERE l.seq = m.lane AND l.in_flight = m.seq) THEN 'sending' ELSE m.status END, ''),
		COALESCE(m.kind, ''), COALESCE(e.content, m.content, ''), COALESCE(e.deleted, 0),
		CASE WHEN COALESCE(m.urls, '') <> '' OR EXISTS (SELECT 1 FROM media f WHERE f.message = m.seq) THEN 1 ELSE 0 END,
		COALESCE(m.user_id, ''), COALESCE(w.name, ''), COALESCE(m.created_at, 0)
		FROM conversations c
		LEFT JOIN numbers n ON n.id = c.number_id AND n.org_id = c.org_id
		LEFT JOIN users h ON h.id = c.claimed_by AND c.claimed_by <> ''
		LEFT JOIN contacts k ON k.id = (SELECT y.id FROM contact_addresses a JOIN contacts y ON y.id = a.contact_id
			WHERE a.org_id = c.org_id AND a.address = c.contact ORDER BY CASE WHEN y.name = '' THEN 1 ELSE 0 END, y.id LIMIT 1)
		LEFT JOIN messages m ON m.seq = (SELECT MAX(z.seq) FROM messages z WHERE z.conversation_id = c.id)
		LEFT JOIN message_edits e ON m.edits > 0 AND e.message = m.seq AND e.n = m.edits
		LEFT JOIN users w ON w.id = m.user_id AND m.user_id <> ''
		WHERE c.account_id = $1 AND c.id IN TEXTS $3`)
)

// unreadMax is conversation.UnreadMax, in a query.
var unreadMax = strconv.Itoa(conversation.UnreadMax)

func readItem(r *row) conversation.Item {
	it := conversation.Item{Conversation: readConversation(r), NumberValue: r.text(), NumberName: r.text(), ContactID: r.text(), ContactName: r.text()}
	it.Holder = conversation.Who{ID: it.ClaimedBy, Name: r.text()}
	it.Unread, it.OptedOut, it.Blocked = int(r.int()), r.bool(), r.bool()
	l := conversation.Last{ID: r.text(), Direction: message.Direction(r.text()), Status: message.Status(r.text()), Kind: r.text(),
		Content: r.text(), Deleted: r.bool(), Files: r.bool(), By: conversation.Who{ID: r.text(), Name: r.text()}, At: r.time()}
	if l.ID != "" {
		it.Last = &l
	}
	if it.Blocked {
		it.Unread = 0 // the organization does not want to hear of it
	}
	return it
}

// Inbox is the conversations that the filter picks, those first in which something was said last. A page goes on from where the one
// before ended, whatever has come since: what has come is at the top.
func (s *Store) Inbox(ctx context.Context, f conversation.Filter, p Page) (list []conversation.Item, next string, err error) {
	at, err := p.beforeStanding()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) error {
		picked, err := pickConversations(db, f, at, p.size())
		if err != nil {
			return err
		}
		picked, next = cut(p, picked, func(c *standing) string { return c.cursor() })
		list, err = inboxItems(db, f.AccountID, f.Reader, picked)
		return err
	})
	return list, next, err
}

// InboxItem is the account's conversation of this id as the reader's list shows it.
func (s *Store) InboxItem(ctx context.Context, accountID, id, reader string) (it *conversation.Item, err error) {
	if strings.ContainsAny(id, `,"\`) { // none of ours
		return nil, notFound("conversation", id)
	}
	err = s.read(ctx, func(db engine) error {
		list, err := inboxItems(db, accountID, reader, []standing{{id: id}})
		if len(list) > 0 {
			it = &list[0]
		}
		return err
	})
	return found(it, err, "conversation", id)
}

// standing is where a conversation stands among the others.
type standing struct {
	id   string
	last int64
}

func (c *standing) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte("l" + strconv.FormatInt(c.last, 10) + "/" + c.id))
}

// beforeStanding is where a list of conversations goes on.
func (p Page) beforeStanding() (standing, error) {
	if p.Cursor == "" {
		return standing{"~", math.MaxInt64}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || len(b) < 2 || b[0] != 'l' {
		return standing{}, errCursor
	}
	last, id, _ := strings.Cut(string(b[1:]), "/")
	n, err := strconv.ParseInt(last, 10, 64)
	if err != nil {
		return standing{}, errCursor
	}
	return standing{id, n}, nil
}

// pickConversations finds the first n after a standing. An account's are those of its organizations.
func pickConversations(db engine, f conversation.Filter, at standing, n int) (list []standing, err error) {
	orgs := []string{f.OrgID}
	if f.OrgID == "" {
		orgs = nil
		if err := db.each(qOrganizationIDs, func(r *row) error { orgs = append(orgs, r.text()); return nil }, f.AccountID); err != nil {
			return nil, err
		}
	}
	var states []int64
	if f.Open || !f.Closed {
		states = append(states, 0)
	}
	if f.Closed || !f.Open {
		states = append(states, 1)
	}
	q, with := qInbox, qInboxContact
	if f.Unread {
		q, with = qInboxUnread, qInboxContactUnread
	}
	add := func(r *row) error { list = append(list, standing{r.text(), r.int()}); return nil }
	for _, org := range orgs {
		for _, closed := range states {
			args := []any{org, f.Reader, closed, at.last, at.id, f.NumberID, f.UserID, flag(f.Mine), flag(f.Unclaimed), n}
			if f.Contacts == nil {
				err = db.each(q, add, args...)
			}
			for _, contact := range f.Contacts {
				if err == nil {
					err = db.each(with, add, append(args, contact)...)
				}
			}
			if err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(list, func(a, b standing) int { return cmp.Or(cmp.Compare(b.last, a.last), cmp.Compare(b.id, a.id)) })
	return list[:min(n, len(list))], nil
}

// inboxItems shows the conversations in the order of the places.
func inboxItems(db engine, accountID, reader string, at []standing) ([]conversation.Item, error) {
	order, ids := map[string]int{}, make([]string, len(at))
	for i, c := range at {
		order[c.id], ids[i] = i, c.id
	}
	var list []conversation.Item
	if len(ids) == 0 {
		return nil, nil
	}
	err := db.each(qInboxItems, func(r *row) error { list = append(list, readItem(r)); return nil }, accountID, reader, keyList(ids))
	slices.SortFunc(list, func(a, b conversation.Item) int { return cmp.Compare(order[a.ID], order[b.ID]) })
	return list, err
}
