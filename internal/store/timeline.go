package store

import (
	"cmp"
	"context"
	"math"
	"slices"

	"patchbay/internal/conversation"
	"patchbay/internal/fault"
	"patchbay/internal/message"
)

var (
	qViewsOf = sqlText("views of a conversation", `SELECT `+viewColumns+` FROM messages WHERE account_id = $1 AND conversation_id = $2
		AND seq < $3 AND seq > $4 ORDER BY seq DESC LIMIT $5`)
	qNotesOf = sqlText("notes of a conversation", `SELECT seq, id, account_id, org_id, conversation_id, user_id, content, created_at
		FROM notes WHERE account_id = $1 AND conversation_id = $2 AND seq < $3 AND seq > $4 ORDER BY seq DESC LIMIT $5`)
	qMediaOfAll = sqlLists("media of messages", `SELECT f.message, `+mediaColumns+` FROM media f JOIN messages m ON m.seq = f.message WHERE f.message IN NUMBERS $1 ORDER BY f.message, f.n`)
	qEditsOfAll = sqlLists("edits of messages", `SELECT message, at, deleted, content FROM message_edits WHERE message IN NUMBERS $1 ORDER BY message, n`)
	qNamesOf    = sqlLists("names of users", `SELECT id, name FROM users WHERE account_id = $1 AND id IN TEXTS $2`)
	qSeqOfEntry = sqlText("seq of an entry", `SELECT seq FROM messages WHERE account_id = $1 AND conversation_id = $2 AND id = $3
		UNION ALL SELECT seq FROM notes WHERE account_id = $1 AND conversation_id = $2 AND id = $3`)
)

// Entries are the messages and notes of a conversation, the newest first, each message without its attempts.
func (s *Store) Entries(ctx context.Context, accountID, id string, part conversation.Stretch, p Page) (list []conversation.Entry, next string, err error) {
	before, err := p.beforeSeq()
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(db engine) error {
		after := int64(0)
		end := int64(math.MaxInt64)
		for _, edge := range []struct {
			id, field string
			seq       *int64
		}{{part.After, "after", &after}, {part.Before, "before", &end}} {
			if edge.id == "" {
				continue
			}
			if *edge.seq, err = count(db, qSeqOfEntry, accountID, id, edge.id); err != nil {
				return err
			}
			if *edge.seq == 0 {
				return fault.New(fault.Invalid, edge.field, "%q is no message or note of this conversation", edge.id)
			}
		}
		found, err := entries(db, accountID, id, min(before, end), after, p.size())
		if err != nil {
			return err
		}
		found, next = cut(p, found, func(e *entry) string { return seqCursor(e.seq) })
		list, err = completeEntries(db, accountID, found)
		return err
	})
	return list, next, err
}

// entry is an Entry with its place.
type entry struct {
	seq  int64
	view *storedView
	note *conversation.Note
}

func entries(db engine, accountID, id string, before, after int64, n int) (list []entry, err error) {
	if err := db.each(qViewsOf, func(r *row) error {
		v, err := readView(r)
		list = append(list, entry{seq: v.seq, view: &v})
		return err
	}, accountID, id, before, after, n); err != nil {
		return nil, err
	}
	if err := db.each(qNotesOf, func(r *row) error {
		e := entry{seq: r.int()}
		e.note = &conversation.Note{ID: r.text(), AccountID: r.text(), OrgID: r.text(), ConversationID: r.text(),
			By: conversation.Who{ID: r.text()}, Content: r.text(), Created: r.time()}
		list = append(list, e)
		return nil
	}, accountID, id, before, after, n); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(b.seq, a.seq) })
	return list[:min(n, len(list))], nil
}

// completeEntries adds what stands in other tables, a query for each of them.
func completeEntries(db engine, accountID string, found []entry) ([]conversation.Entry, error) {
	views := map[int64]*storedView{}
	var seqs, edited []int64
	var users []string
	for _, e := range found {
		if e.view == nil {
			users = append(users, e.note.By.ID)
			continue
		}
		views[e.seq] = e.view
		seqs = append(seqs, e.seq)
		if e.view.edits > 0 {
			edited = append(edited, e.seq)
		}
		if e.view.UserID != "" {
			users = append(users, e.view.UserID)
		}
	}
	names := map[string]string{}
	for _, add := range []struct {
		q    *query
		keys string
		read func(*row) error
		args []any
	}{
		{qMediaOfAll, seqList(seqs), func(r *row) error {
			v := views[r.int()]
			v.Media = append(v.Media, readMedia(r))
			return nil
		}, nil},
		{qEditsOfAll, seqList(edited), func(r *row) error {
			v := views[r.int()]
			v.Edits = append(v.Edits, message.Edit{At: r.time(), Deleted: r.bool(), Content: r.text()})
			return nil
		}, nil},
		{qNamesOf, keyList(users), func(r *row) error {
			id := r.text()
			names[id] = r.text()
			return nil
		}, []any{accountID}},
	} {
		if add.keys == "" {
			continue
		}
		if err := db.each(add.q, add.read, append(add.args, add.keys)...); err != nil {
			return nil, err
		}
	}
	list := make([]conversation.Entry, len(found))
	for i, e := range found {
		if e.note != nil {
			e.note.By.Name = names[e.note.By.ID]
			list[i] = conversation.Entry{Note: e.note, By: e.note.By}
			continue
		}
		list[i] = conversation.Entry{Message: &e.view.View, By: conversation.Who{ID: e.view.UserID, Name: names[e.view.UserID]}}
	}
	return list, nil
}
