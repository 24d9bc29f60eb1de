package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/lookup"
	"patchbay/internal/message"
)

const (
	searchLook    = 4    // texts looked at at once, as a multiple of the page
	searchMax     = 1000 // texts that one page looks at: the next page goes on
	searchBlocks  = 64   // blocks of the last level that one page looks into
	searchTokens  = 16   // of a query, for which the index is asked
	searchAny     = 200  // numbers or organizations that the index is asked for; of more, the rows decide
	searchRedo    = 256  // texts that were changed and are not indexed again yet, the newest: they are looked at whatever the index says
	foundContacts = 10
	likeMax       = 2000
)

// Kinds of tokens that say whose a text is.
const (
	tokenOrg     = 'o'
	tokenNumber  = 'n'
	tokenUser    = 'u' // of a conversation without a number
	tokenContact = 'c'
)

var (
	qTexts = sqlLists("texts of a search", `SELECT m.seq, COALESCE(e.content, m.content) FROM messages m
		LEFT JOIN message_edits e ON m.edits > 0 AND e.message = m.seq AND e.n = m.edits WHERE m.seq IN NUMBERS $1
		UNION ALL SELECT n.seq, n.content FROM notes n WHERE n.seq IN NUMBERS $1`)
	qHits = sqlLists("hits of a search", `SELECT m.seq, 0, m.id, m.org_id, m.conversation_id, m.number_id, m.contact, m.direction, m.user_id,
			COALESCE(w.name, ''), COALESCE(k.name, ''), m.created_at, COALESCE(e.content, m.content)
		FROM (SELECT x.*, CASE WHEN x.direction = 'inbound' THEN x."from" ELSE x."to" END AS contact FROM messages x WHERE x.seq IN NUMBERS $2) m
		LEFT JOIN message_edits e ON m.edits > 0 AND e.message = m.seq AND e.n = m.edits
		LEFT JOIN users w ON w.id = m.user_id AND m.user_id <> ''
		LEFT JOIN contacts k ON k.id = (SELECT y.id FROM contact_addresses a JOIN contacts y ON y.id = a.contact_id
			WHERE a.org_id = m.org_id AND a.address = m.contact ORDER BY CASE WHEN y.name = '' THEN 1 ELSE 0 END, y.id LIMIT 1)
		WHERE m.account_id = $1 AND m.kind = '' AND COALESCE(e.deleted, 0) = 0 AND ($3 = '' OR m.org_id = $3) AND ($4 = '' OR m.number_id = $4)
			AND ($5 = '' OR (m.private_to IN ('', $5) AND m.number_id IN (SELECT u.number_id FROM number_users u WHERE u.user_id = $5))
				OR (m.private_to = $5 AND m.number_id = ''))
		UNION ALL SELECT n.seq, 1, n.id, n.org_id, n.conversation_id, c.number_id, c.contact, '', n.user_id, COALESCE(w.name, ''), COALESCE(k.name, ''), n.created_at, n.content
		FROM notes n JOIN conversations c ON c.id = n.conversation_id
		LEFT JOIN users w ON w.id = n.user_id
		LEFT JOIN contacts k ON k.id = (SELECT y.id FROM contact_addresses a JOIN contacts y ON y.id = a.contact_id
			WHERE a.org_id = c.org_id AND a.address = c.contact ORDER BY CASE WHEN y.name = '' THEN 1 ELSE 0 END, y.id LIMIT 1)
		WHERE n.seq IN NUMBERS $2 AND n.account_id = $1 AND ($3 = '' OR n.org_id = $3) AND ($4 = '' OR c.number_id = $4)
			AND ($5 = '' OR (c.user_id IN ('', $5) AND c.number_id IN (SELECT u.number_id FROM number_users u WHERE u.user_id = $5))
				OR (c.user_id = $5 AND c.number_id = ''))`)
	qNumbersSeen  = sqlText("numbers that a user sees", `SELECT number_id FROM number_users WHERE user_id = $1`)
	qNumbersThere = sqlText("number of numbers", `SELECT COUNT(*) FROM numbers WHERE org_id = $1`)
	qFindContacts = sqlText("find contacts", `SELECT c.id, c.find FROM contacts c WHERE c.account_id = $1 AND c.org_id = $2 AND c.find LIKE $3 ESCAPE '!' ORDER BY c.id LIMIT $4`)
)

// Search finds what was said, the newest first, and on its first page whom the organization knows. What was said a moment ago may be
// missing yet.
func (s *Store) Search(ctx context.Context, f conversation.Search, p Page) (found *conversation.Found, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, err
	}
	q := lookup.Parse(f.Text)
	if q.Empty() {
		return &conversation.Found{}, nil
	}
	err = s.read(ctx, func(db engine) error {
		found = &conversation.Found{}
		sc, none, err := searchScope(db, f)
		if err != nil || none {
			return err
		}
		if err := s.findMessages(db, f, q, sc, before, p, found); err != nil {
			return err
		}
		if p.Cursor != "" || f.NumberID != "" || f.Contacts != nil {
			return nil
		}
		found.Contacts, err = findContacts(db, f, q)
		return err
	})
	return found, err
}

// scope is what the tokens of all that is asked for have in common, and of which each has one.
type scope struct{ all, any []lookup.Token }

// searchScope says of whom the texts may be. none: there is nothing to see.
func searchScope(db engine, f conversation.Search) (sc scope, none bool, err error) {
	if f.OrgID != "" {
		sc.all = append(sc.all, lookup.Of(tokenOrg, f.OrgID))
	}
	for _, c := range f.Contacts {
		sc.any = append(sc.any, lookup.Of(tokenContact, c))
	}
	if f.NumberID != "" {
		sc.all = append(sc.all, lookup.Of(tokenNumber, f.NumberID))
	}
	switch {
	case f.Contacts != nil:
		none = len(f.Contacts) == 0
	case f.NumberID != "":
	case f.UserID != "":
		sc.any = append(sc.any, lookup.Of(tokenUser, f.UserID))
		if err = db.each(qNumbersSeen, func(r *row) error { sc.any = append(sc.any, lookup.Of(tokenNumber, r.text())); return nil }, f.UserID); err != nil {
			return sc, false, err
		}
		var numbers int64
		if numbers, err = count(db, qNumbersThere, f.OrgID); int64(len(sc.any)) > 1+numbers/2 { // who sees most of it is served quicker by the rows
			sc.any = nil
		}
	case f.OrgID == "":
		none = true
		err = db.each(qOrganizationIDs, func(r *row) error { none = false; sc.any = append(sc.any, lookup.Of(tokenOrg, r.text())); return nil }, f.AccountID)
	}
	if len(sc.any) > searchAny {
		sc.any = nil
	}
	return sc, none, err
}

// findMessages fills a page: it compares what the index finds with the texts, then asks of whose these are.
func (s *Store) findMessages(db engine, f conversation.Search, q lookup.Query, sc scope, before int64, p Page, found *conversation.Found) error {
	sc.all = append(sc.all, q.Asked(searchTokens)...)
	c, err := s.candidates(db, sc, before)
	if err != nil {
		return err
	}
	want := p.size() - 1
	for looked := 0; ; {
		seqs, err := c.next(searchLook * want)
		if err != nil {
			return err
		}
		if len(seqs) == 0 {
			if c.more() {
				found.Next = seqCursor(c.before)
			}
			return nil
		}
		matched, err := matching(db, q, seqs)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(matched, want) {
			hits, err := readHits(db, f, some)
			if err != nil {
				return err
			}
			for _, seq := range some {
				h, ok := hits[seq]
				if !ok || f.Contacts != nil && !slices.Contains(f.Contacts, h.Contact) {
					continue
				}
				if found.Hits = append(found.Hits, h); len(found.Hits) == want {
					found.Next = seqCursor(seq)
					return nil
				}
			}
		}
		if looked += len(seqs); looked >= searchMax {
			found.Next = seqCursor(seqs[len(seqs)-1])
			return nil
		}
	}
}

// matching are those of the texts that have what is looked for, in the same order.
func matching(db engine, q lookup.Query, seqs []int64) (matched []int64, err error) {
	has := make(map[int64]bool, len(seqs))
	if err := db.each(qTexts, func(r *row) error { has[r.int()] = q.In(r.text()); return nil }, seqList(seqs)); err != nil {
		return nil, err
	}
	for _, seq := range seqs {
		if has[seq] {
			matched = append(matched, seq)
		}
	}
	return matched, nil
}

func readHits(db engine, f conversation.Search, seqs []int64) (map[int64]conversation.Hit, error) {
	hits := make(map[int64]conversation.Hit, len(seqs))
	err := db.each(qHits, func(r *row) error {
		seq := r.int()
		hits[seq] = conversation.Hit{Note: r.bool(), ID: r.text(), OrgID: r.text(), ConversationID: r.text(), NumberID: r.text(), Contact: r.text(),
			Direction: message.Direction(r.text()), By: conversation.Who{ID: r.text(), Name: r.text()}, ContactName: r.text(), At: r.time(), Content: r.text()}
		return nil
	}, f.AccountID, seqList(seqs), f.OrgID, f.NumberID, f.UserID)
	return hits, err
}

// findContacts are those whose name or number has what is looked for.
func findContacts(db engine, f conversation.Search, q lookup.Query) (list []directory.Contact, err error) {
	orgs := []string{f.OrgID}
	if f.OrgID == "" {
		orgs = nil
		if err := db.each(qOrganizationIDs, func(r *row) error { orgs = append(orgs, r.text()); return nil }, f.AccountID); err != nil {
			return nil, err
		}
	}
	for _, spelled := range []lookup.Query{q, lookup.Digits(f.Text)} {
		if spelled.Empty() {
			continue
		}
		for _, org := range orgs {
			var ids []string
			if err := db.each(qFindContacts, func(r *row) error {
				if id := r.text(); spelled.In(r.text()) && len(ids) < foundContacts {
					ids = append(ids, id)
				}
				return nil
			}, f.AccountID, org, "%"+likeText(spelled.Text())+"%", likeMax); err != nil {
				return nil, err
			}
			for _, id := range ids {
				if slices.ContainsFunc(list, func(c directory.Contact) bool { return c.ID == id }) || len(list) == foundContacts {
					continue
				}
				c, err := contacts(db, qContact, id, org, f.AccountID)
				if err != nil {
					return nil, err
				}
				list = append(list, c...)
			}
		}
	}
	slices.SortFunc(list, func(a, b directory.Contact) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// likeText is a text that LIKE takes as it is.
func likeText(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// finding is a contact as it is looked for.
func finding(c *directory.Contact) string {
	return lookup.Fold(c.Name+" "+strings.Join(c.Addresses, " ")) + " " // never empty: that would say that it is not written yet
}
